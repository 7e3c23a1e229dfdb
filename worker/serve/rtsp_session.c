#include "rtsp_session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "clock.h"
#include "parameter_sets.h"
#include "rtsp_serve.h"
#include "serve_ways.h"
#include "worker/transport/media_port.h"
#include "worker/viewer/rtcp.h"
#include "xalloc.h"

#define ROOM		16384		/* bytes of what a client asks */
#define CNAME		"lull"

const struct rtsp_session_times rtsp_session_times = {
	.take_ms = 10000, .describe_ms = 5000, .play_ms = 30000,
	.silent_ms = (RTSP_SERVE_TIMEOUT_S + 15) * 1000,
};

struct rtsp_session {
	struct viewer		 viewer;	/* the first: see viewer.h */
	LIST_ENTRY(rtsp_session) entry;
	struct event_base	*base;
	struct rtsp_session_config config;
	const struct rtsp_session_times *times;
	struct rtsp_session_handler handler;
	void			*arg;
	int			 fd;		/* -1: not here yet */
	char			 remote_text[SOCKET_ADDRESS_TEXT];
	char			 door[FIRST_CHECK_UFRAG + 1];	/* "": none */
	struct event		*readable, *late;
	struct rtsp_serve	*serve;
	struct rtsp_reader	 reader;
	struct serve_ways	*ways;
	struct sender		*sender;
	bool			 describing;	/* the client waits */
	bool			 playing, played, closed;
	bool			 busy, freed;	/* freed once not busy */
	int64_t			 since_us;	/* it does not play */
	int64_t			 heard_us;
	size_t			 n_in;
	uint8_t			 in[ROOM];
};

static void
leave_door(struct rtsp_session *s)
{
	if (s->door[0] != '\0')
		media_port_remove(s->config.door, s->door);
	s->door[0] = '\0';
}

static void
destroy(struct rtsp_session *s)
{
	LIST_REMOVE(s, entry);
	leave_door(s);
	if (s->playing)
		sender_bye(s->sender);
	serve_ways_free(s->ways);
	if (s->fd != -1) {
		event_free(s->readable);
		event_free(s->late);
		close(s->fd);
	}
	sender_free(s->sender);
	rtsp_serve_free(s->serve);
	free(s);
}

/* Ends the session once. The handler may free it, so the caller touches nothing
 * of it afterwards. */
static void
session_end(struct rtsp_session *s, const char *reason)
{
	if (s->closed)
		return;
	s->closed = true;
	show_close(&s->viewer.show);
	if (s->fd != -1)
		event_del(s->readable);
	s->handler.state(s, IPC_SESSION_CLOSED, reason, s->arg);
}

/* What the client asks for. */

static int
serve_open(int track, struct rtsp_way *way, void *arg)
{
	struct rtsp_session *s = arg;
	const struct serve_track *t =
	    &rtsp_serve_tracks(s->serve)->track[track];

	way->ssrc = sender_ssrc(s->sender, media_is_audio(t->codec) ?
	    SENDER_AUDIO : SENDER_VIDEO);
	return serve_ways_open(s->ways, track, way);
}

/* Sound's timestamps are its stream's, which are not known in advance. */
static void
serve_begin(int track, struct rtsp_begin *b, void *arg)
{
	struct rtsp_session *s = arg;
	bool audio = media_is_audio(
	    rtsp_serve_tracks(s->serve)->track[track].codec);

	b->sequence = sender_next(s->sender, audio ? SENDER_AUDIO :
	    SENDER_VIDEO);
	b->has_time = !audio;
	b->timestamp = sender_timestamp(s->sender, clock_now_us());
}

static const struct rtsp_serve_handler serve_handler = {
	serve_open, serve_begin
};

static void
on_report(const struct rtcp_report *r, void *arg)
{
	struct rtsp_session *s = arg;

	sender_take_report(s->sender, r);
	if (r->ssrc == sender_ssrc(s->sender, SENDER_VIDEO))
		show_report(&s->viewer.show, r, clock_now_us());
}

static void
take_rtcp(struct rtsp_session *s, const uint8_t *data, size_t len)
{
	static const struct rtcp_handler handler = { .report = on_report };

	s->heard_us = clock_now_us();
	rtcp_read(data, len, &handler, s);
}

static void
on_rtcp(const uint8_t *data, size_t len, void *arg)
{
	struct rtsp_session *s = arg;

	if (!s->closed)
		take_rtcp(s, data, len);
}

/* What is not set up is not coded anew for it. */
static void
learn_tracks(struct rtsp_session *s)
{
	const struct serve_tracks *t = rtsp_serve_tracks(s->serve);

	s->viewer.video = s->viewer.sound = MEDIA_NONE;
	for (size_t i = 0; i < t->n; i++) {
		if (rtsp_serve_way(s->serve, (int)i) == NULL)
			continue;
		if (media_is_audio(t->track[i].codec))
			s->viewer.sound = t->track[i].codec;
		else
			s->viewer.video = t->track[i].codec;
	}
}

static void
session_play(struct rtsp_session *s)
{
	s->playing = true;
	learn_tracks(s);
	serve_ways_start(s->ways);
	show_open(&s->viewer.show);
	if (!s->played)
		s->handler.state(s, IPC_SESSION_CONNECTED, NULL, s->arg);
	s->played = true;
	s->handler.picture(s, s->arg);
}

static void
session_stop(struct rtsp_session *s)
{
	if (!s->playing)
		return;
	s->playing = false;
	s->since_us = clock_now_us();
	sender_continue(s->sender, SIZE_MAX);
	sender_forget(s->sender);
	show_close(&s->viewer.show);
	s->handler.picture(s, s->arg);
}

static char *
write_sdp(struct rtsp_session *s, const struct media_description *media,
    const struct rtp_unit *key, struct serve_tracks *tracks)
{
	struct parameter_sets sets;
	char address[SOCKET_ADDRESS_IP];
	struct serve_description d = {
		.tracks = tracks, .sets = &sets, .address = address,
		.origin = sender_ssrc(s->sender, SENDER_VIDEO),
	};

	serve_tracks_choose(media, rtsp_serve_query(s->serve), tracks);
	if (tracks->n == 0)
		return NULL;
	parameter_sets_find(key, &sets);
	socket_address_ip(serve_ways_local(s->ways), address);
	return serve_sdp_write(&d);
}

/* Answers who waits for a description if there is one. */
static void
try_to_describe(struct rtsp_session *s, bool late)
{
	struct media_description media;
	const struct rtp_unit *key = NULL;
	struct serve_tracks tracks;
	int status = s->handler.media(&media, &key, late, s->arg);
	char *sdp;

	if (status == 0)
		return;
	event_del(s->late);
	sdp = status == 200 ? write_sdp(s, &media, key, &tracks) : NULL;
	s->describing = false;
	serve_ways_say(s->ways, rtsp_serve_described(s->serve, &tracks, sdp,
	    status == 200 ? 404 : status));
	free(sdp);
}

static void
session_describe(struct rtsp_session *s)
{
	struct timeval tv = clock_timeval(s->times->describe_ms * 1000LL);

	s->describing = true;
	event_add(s->late, &tv);
	try_to_describe(s, false);
}

/* What is to end ends before the answer, and what begins begins behind it. */
static void
serve_request(struct rtsp_session *s, const struct rtsp_message *m)
{
	char *answer;
	enum rtsp_serve_act act;

	s->heard_us = clock_now_us();
	act = rtsp_serve_take(s->serve, m, &answer);
	if (act == RTSP_SERVE_PAUSE || act == RTSP_SERVE_TEARDOWN)
		session_stop(s);
	serve_ways_say(s->ways, answer);
	if (act == RTSP_SERVE_DESCRIBE)
		session_describe(s);
	else if (act == RTSP_SERVE_PLAY)
		session_play(s);
	else if (act == RTSP_SERVE_END)
		session_end(s, "the password was wrong too often");
}

/* Receiver reports come on the channels that we told, others are junk. */
static void
take_packet(struct rtsp_session *s, const struct rtsp_message *m)
{
	for (int i = 0; i < SERVE_TRACKS; i++) {
		const struct rtsp_way *way = rtsp_serve_way(s->serve, i);

		if (way != NULL && way->tcp && way->channel[1] == m->channel)
			take_rtcp(s, m->body, m->body_len);
	}
}

/* What a client sends is in step: one that is not is no player. */
static void
session_refuse(struct rtsp_session *s, const char *reason)
{
	serve_ways_say(s->ways, rtsp_serve_refuse(400));
	session_end(s, reason);
}

/* Takes one message of what has come. Returns its length; 0: there is no whole
 * one. */
static size_t
take_message(struct rtsp_session *s, size_t at)
{
	struct rtsp_message m;
	size_t skip;
	long n = rtsp_read(&s->reader, s->in + at, s->n_in - at, &m, &skip);

	if (n == -1 || s->reader.lost ||
	    (n == 0 && at == 0 && s->n_in == sizeof s->in)) {
		session_refuse(s, "the client sends what is no RTSP");
		return 0;
	}
	if (n > 0 && m.kind == RTSP_REQUEST)
		serve_request(s, &m);
	else if (n > 0 && m.kind == RTSP_PACKET)
		take_packet(s, &m);
	return (size_t)n;
}

/* A client that does not take the answers is not read, nor is one that waits
 * for a description. What does not fit meanwhile waits in the socket. */
static void
take_messages(struct rtsp_session *s)
{
	size_t at = 0, n = 1;

	s->busy = true;
	while (n > 0 && at < s->n_in && !s->closed && !s->describing &&
	    serve_ways_are_clear(s->ways)) {
		n = take_message(s, at);
		at += n;
	}
	s->busy = false;
	if (s->freed) {
		destroy(s);
		return;
	}
	s->n_in -= at;
	memmove(s->in, s->in + at, s->n_in);
	if (s->n_in == sizeof s->in)
		event_del(s->readable);
	else if (!s->closed)
		event_add(s->readable, NULL);
}

static bool
would_block(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static const char *
reason_of(int error)
{
	return error == EPIPE || error == ECONNRESET ?
	    "the client has closed the connection" : strerror(error);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct rtsp_session *s = arg;
	ssize_t n = recv((int)fd, s->in + s->n_in, sizeof s->in - s->n_in,
	    MSG_DONTWAIT);

	(void)what;
	if (n == -1 && would_block())
		return;
	if (n <= 0) {
		session_end(s, reason_of(n == 0 ? EPIPE : errno));
		return;
	}
	s->n_in += (size_t)n;
	take_messages(s);
}

static void
on_flushed(int error, void *arg)
{
	struct rtsp_session *s = arg;

	if (error == 0)
		take_messages(s);
	else
		session_end(s, reason_of(error));
}

static const struct serve_ways_handler ways_handler = {
	on_rtcp, on_flushed
};

static void
on_late(evutil_socket_t fd, short what, void *arg)
{
	struct rtsp_session *s = arg;

	(void)fd;
	(void)what;
	try_to_describe(s, true);
	take_messages(s);
}

/* What of the stream was told is true no more, as its sound has another codec:
 * the client has to ask anew. */
static bool
is_outdated(const struct rtsp_session *s)
{
	const struct serve_tracks *was;
	struct media_description media;
	const struct rtp_unit *key;
	struct serve_tracks is;

	if (!s->playing || s->handler.media(&media, &key, true, s->arg) != 200)
		return false;
	was = rtsp_serve_tracks(s->serve);
	serve_tracks_choose(&media, rtsp_serve_query(s->serve), &is);
	if (is.n != was->n)
		return true;
	for (size_t i = 0; i < is.n; i++)
		if (is.track[i].codec != was->track[i].codec)
			return true;
	return false;
}

void
rtsp_sessions_tell(struct rtsp_sessions *all)
{
	struct rtsp_session *s, *next;

	for (s = LIST_FIRST(all); s != NULL; s = next) {
		next = LIST_NEXT(s, entry);
		if (s->closed || s->busy)
			continue;
		if (s->describing) {
			try_to_describe(s, false);
			take_messages(s);
		} else if (is_outdated(s)) {
			session_end(s, "the camera's media have changed");
		}
	}
}

size_t
rtsp_sessions_count(const struct rtsp_sessions *all)
{
	const struct rtsp_session *s;
	size_t n = 0;

	LIST_FOREACH(s, all, entry)
		n++;
	return n;
}

/* It is a viewer. */

static struct rtsp_session *
session_of(struct viewer *v)
{
	return (struct rtsp_session *)v;
}

static const struct rtsp_session *
const_session_of(const struct viewer *v)
{
	return (const struct rtsp_session *)v;
}

static void
session_free(struct viewer *v)
{
	struct rtsp_session *s = session_of(v);

	s->closed = s->freed = true;
	if (!s->busy)
		destroy(s);
}

/* Why it has to end, or NULL. On a connection that takes what is sent the
 * kernel sees whether the client is there. */
static const char *
fault_of(const struct rtsp_session *s, int64_t now_us)
{
	int64_t silent_us = now_us - s->heard_us;
	int64_t idle_us = now_us - s->since_us;

	if (s->fd == -1)
		return idle_us > s->times->take_ms * 1000LL ?
		    "the client's connection did not come" : NULL;
	if (s->playing)
		return !serve_ways_are_tcp(s->ways) &&
		    silent_us > s->times->silent_ms * 1000LL ?
		    "nothing heard from the client for too long" : NULL;
	if (!s->played)
		return idle_us > s->times->play_ms * 1000LL ?
		    "the client did not begin to play" : NULL;
	return silent_us > s->times->silent_ms * 1000LL ?
	    "the client does not play any more" : NULL;
}

static void
session_tick(struct viewer *v, int64_t now_us, int64_t stream_bps)
{
	struct rtsp_session *s = session_of(v);
	const char *fault = s->closed ? NULL : fault_of(s, now_us);

	if (fault != NULL) {
		session_end(s, fault);
		return;
	}
	if (s->closed || !s->playing || v->show.paused)
		return;
	sender_report(s->sender);
	if (viewer_judge(v, now_us, stream_bps))
		s->handler.state(s, v->slow ? IPC_SESSION_SLOW :
		    IPC_SESSION_CONNECTED, NULL, s->arg);
}

static enum ipc_session_state
session_state(const struct viewer *v)
{
	const struct rtsp_session *s = const_session_of(v);

	if (s->closed)
		return IPC_SESSION_CLOSED;
	if (!s->played)
		return IPC_SESSION_CONNECTING;
	return v->slow ? IPC_SESSION_SLOW : IPC_SESSION_CONNECTED;
}

static const char *
session_remote(const struct viewer *v)
{
	return const_session_of(v)->remote_text;
}

static void
session_stats(const struct viewer *v, struct viewer_stats *out)
{
	const struct rtsp_session *s = const_session_of(v);

	*out = (struct viewer_stats){
		.fraction_lost = link_loss(&v->show.link),
		.tcp = s->ways == NULL || serve_ways_are_tcp(s->ways),
	};
	sender_get_stats(s->sender, &out->sender);
}

static const struct viewer_kind session_kind = {
	session_free, session_tick, session_state, session_remote,
	session_stats, NULL
};

const char *
rtsp_session_door(const struct rtsp_session *s)
{
	return s->door[0] != '\0' ? s->door : NULL;
}

struct viewer *
rtsp_session_viewer(struct rtsp_session *s)
{
	return &s->viewer;
}

static void
on_handover(const struct handover *h, void *arg)
{
	struct rtsp_session *s = arg;

	if (h->kind == HANDOVER_RTSP) {
		leave_door(s);
		rtsp_session_take(s, h->fd, &h->remote);
	} else if (h->fd != -1) {
		close(h->fd);
	}
}

struct rtsp_session *
rtsp_session_new(struct event_base *base, const struct rtsp_session_config *c,
    const struct rtsp_session_times *times,
    const struct rtsp_session_handler *h, void *arg)
{
	struct rtsp_session *s = xcalloc(1, sizeof *s);
	struct sender_config sender = { .rtx = -1, .cname = CNAME };

	s->viewer.kind = &session_kind;
	snprintf(s->viewer.id, sizeof s->viewer.id, "%s", c->id);
	s->base = base;
	s->config = *c;
	s->times = times;
	s->handler = *h;
	s->arg = arg;
	s->fd = -1;
	s->since_us = s->heard_us = clock_now_us();
	s->reader.channels = 256;
	media_types_clear(&sender.types);
	s->sender = sender_new(&sender);
	show_init(&s->viewer.show, s->sender, c->paused);
	LIST_INSERT_HEAD(c->all, s, entry);
	if (c->door != NULL) {
		media_port_ufrag(c->door, s->door);
		media_port_add(c->door, s->door, on_handover, s);
	}
	return s;
}

static bool
is_loopback(const union socket_address *a)
{
	union socket_address plain = *a;

	socket_address_unmap(&plain);
	if (plain.any.sa_family == AF_INET)
		return ntohl(plain.v4.sin_addr.s_addr) >> 24 == 127;
	return plain.any.sa_family == AF_INET6 &&
	    IN6_IS_ADDR_LOOPBACK(&plain.v6.sin6_addr);
}

void
rtsp_session_take(struct rtsp_session *s, int fd,
    const union socket_address *remote)
{
	bool known = is_loopback(remote);

	if (s->fd != -1 || s->closed) {
		close(fd);
		return;
	}
	s->fd = fd;
	socket_address_text(remote, s->remote_text);
	s->since_us = s->heard_us = clock_now_us();
	s->serve = rtsp_serve_new(known ? NULL : s->config.username,
	    known ? NULL : s->config.password, &serve_handler, s);
	s->ways = serve_ways_new(s->base, fd, remote, s->sender, s->serve,
	    &ways_handler, s);
	s->readable = event_new(s->base, fd, EV_READ | EV_PERSIST,
	    on_readable, s);
	s->late = evtimer_new(s->base, on_late, s);
	event_add(s->readable, NULL);
}
