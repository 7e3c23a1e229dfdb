#include "serve_ways.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/sockios.h>

#include <event2/event.h>

#include "bytes.h"
#include "interleave.h"
#include "worker/rtsp/rtsp_udp.h"
#include "worker/transport/transport.h"
#include "worker/transport/udp.h"
#include "worker/viewer/sender.h"
#include "xalloc.h"

#define SEND_BUFFER	(256 * 1024)	/* autotuning would queue seconds */
#define SILENT_MS	15000		/* unacknowledged for so long: gone */

struct serve_ways {
	struct event_base	*base;
	int			 fd;
	union socket_address	 remote, local;
	struct sender		*sender;
	const struct rtsp_serve	*serve;
	struct serve_ways_handler handler;
	void			*arg;
	struct event		*writable;
	struct interleave	 out;
	struct rtsp_udp		*udp[SERVE_TRACKS];
	bool			 whole;		/* as udp_send() wants it */
	bool			 reported[SERVE_TRACKS];
};

/* The track of an SSRC, or -1. */
static int
track_of(const struct serve_ways *w, uint32_t ssrc)
{
	const struct serve_tracks *t = rtsp_serve_tracks(w->serve);
	bool audio = ssrc == sender_ssrc(w->sender, SENDER_AUDIO);

	for (size_t i = 0; i < t->n; i++)
		if (media_is_audio(t->track[i].codec) == audio)
			return (int)i;
	return -1;
}

static void
flush_later(struct serve_ways *w)
{
	if (interleave_waiting(&w->out) > 0)
		event_add(w->writable, NULL);
}

/* RTCP goes out alone, and RTP by way_send_many(). */
static int
way_send(void *arg, const void *data, size_t len)
{
	struct serve_ways *w = arg;
	int track = track_of(w, get32((const uint8_t *)data + 4));
	const struct rtsp_way *way = track != -1 ?
	    rtsp_serve_way(w->serve, track) : NULL;
	uint16_t one = (uint16_t)len;
	size_t n = 1;

	if (way == NULL)
		return -1;
	if (way->tcp) {
		n = interleave_send(&w->out, w->fd, way->channel[1], data,
		    &one, 1);
		flush_later(w);
	} else {
		rtsp_udp_send_rtcp(w->udp[track], data, len);
	}
	return n == 1 ? 0 : -1;
}

/* A track's first packet is behind a report, which tells a player from the
 * beginning how the tracks belong together. */
static size_t
way_send_many(void *arg, const uint8_t *data, const uint16_t *len, size_t n)
{
	struct serve_ways *w = arg;
	int track = track_of(w, get32(data + 8));
	const struct rtsp_way *way = track != -1 ?
	    rtsp_serve_way(w->serve, track) : NULL;
	const union socket_address *to;

	if (way == NULL)
		return n;
	if (!w->reported[track]) {
		w->reported[track] = true;
		sender_report(w->sender);
	}
	if (way->tcp) {
		n = interleave_send(&w->out, w->fd, way->channel[0], data,
		    len, n);
		flush_later(w);
		return n;
	}
	to = rtsp_udp_remote(w->udp[track]);
	return udp_send(rtsp_udp_fd(w->udp[track]), &to->any,
	    socket_address_len(&to->any), data, len, n, &w->whole);
}

bool
serve_ways_are_tcp(const struct serve_ways *w)
{
	for (int i = 0; i < SERVE_TRACKS; i++) {
		const struct rtsp_way *way = rtsp_serve_way(w->serve, i);

		if (way != NULL)
			return way->tcp;
	}
	return true;
}

static int64_t
way_queued(void *arg)
{
	struct serve_ways *w = arg;
	int n = 0;

	if (!serve_ways_are_tcp(w))
		return -1;
	if (ioctl(w->fd, SIOCOUTQ, &n) == -1)
		n = 0;
	return n + (int64_t)interleave_waiting(&w->out);
}

static void
on_udp(bool rtcp, const uint8_t *data, size_t len, void *arg)
{
	struct serve_ways *w = arg;

	if (rtcp)
		w->handler.rtcp(data, len, w->arg);
}

int
serve_ways_open(struct serve_ways *w, int track, struct rtsp_way *way)
{
	struct rtsp_udp *u;

	rtsp_udp_free(w->udp[track]);
	w->udp[track] = NULL;
	if (way->tcp)
		return 200;
	u = rtsp_udp_open(w->base, &w->local, on_udp, w);
	if (u == NULL)
		return 503;
	w->udp[track] = u;
	rtsp_udp_meet(u, &w->remote, way->client_port[0],
	    way->client_port[1]);
	way->server_port[0] = rtsp_udp_port(u);
	way->server_port[1] = rtsp_udp_port(u) + 1;
	return 200;
}

void
serve_ways_start(struct serve_ways *w)
{
	const struct serve_tracks *t = rtsp_serve_tracks(w->serve);
	const struct transport transport = {
		.send = way_send, .send_many = way_send_many,
		.queued = way_queued, .arg = w,
	};
	struct media_types types;

	media_types_clear(&types);
	for (size_t i = 0; i < t->n; i++)
		if (rtsp_serve_way(w->serve, (int)i) != NULL)
			types.pt[t->track[i].codec] = t->track[i].payload_type;
	sender_set_types(w->sender, &types);
	sender_start(w->sender, NULL, &transport);
	memset(w->reported, 0, sizeof w->reported);
}

/* The rest of a packet goes first. */
void
serve_ways_say(struct serve_ways *w, char *answer)
{
	if (answer != NULL)
		interleave_put(&w->out, answer, strlen(answer));
	free(answer);
	interleave_flush(&w->out, w->fd);
	flush_later(w);
}

bool
serve_ways_are_clear(const struct serve_ways *w)
{
	return interleave_waiting(&w->out) == 0;
}

const union socket_address *
serve_ways_local(const struct serve_ways *w)
{
	return &w->local;
}

/* A connection that is broken says so to who writes, too. */
static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct serve_ways *w = arg;

	(void)what;
	errno = EAGAIN;
	if (interleave_flush(&w->out, (int)fd))
		w->handler.flushed(0, w->arg);
	else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
		event_add(w->writable, NULL);
	else
		w->handler.flushed(errno, w->arg);
}

/* What is sent has to be recent: better left out by us, who know what a
 * picture is, than late. Of one that is sent nothing the kernel asks whether it
 * is there. */
static void
set_options(int fd)
{
	const int size = SEND_BUFFER, one = 1, silent = SILENT_MS;
	const int idle_s = SILENT_MS / 1000, apart_s = 5, probes = 3;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silent, sizeof silent);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &apart_s, sizeof apart_s);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

struct serve_ways *
serve_ways_new(struct event_base *base, int fd,
    const union socket_address *remote, struct sender *sender,
    const struct rtsp_serve *serve, const struct serve_ways_handler *h,
    void *arg)
{
	struct serve_ways *w = xcalloc(1, sizeof *w);
	socklen_t len = sizeof w->local;

	w->base = base;
	w->fd = fd;
	w->remote = *remote;
	w->sender = sender;
	w->serve = serve;
	w->handler = *h;
	w->arg = arg;
	if (getsockname(fd, &w->local.any, &len) == -1)
		w->local = (union socket_address){ 0 };
	socket_address_unmap(&w->local);
	socket_address_unmap(&w->remote);
	evutil_make_socket_nonblocking(fd);
	set_options(fd);
	w->writable = event_new(base, fd, EV_WRITE, on_writable, w);
	return w;
}

void
serve_ways_free(struct serve_ways *w)
{
	if (w == NULL)
		return;
	event_free(w->writable);
	for (int i = 0; i < SERVE_TRACKS; i++)
		rtsp_udp_free(w->udp[i]);
	interleave_clear(&w->out);
	free(w);
}
