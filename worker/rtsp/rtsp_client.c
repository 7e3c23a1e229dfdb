#include "rtsp_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <event2/event.h>

#include "clock.h"
#include "rtsp_answer.h"
#include "rtsp_auth.h"
#include "rtsp_link.h"
#include "rtsp_message.h"
#include "rtsp_udp.h"
#include "xalloc.h"

#define MAX_REDIRECTS	5
#define CHANNELS	(2 * RTSP_CLIENT_TRACKS)
#define MAX_EMPTY	4	/* bytes before the first answer */
#define AGENT		"lull/" PACKAGE_VERSION

enum step { OPTIONS, DESCRIBE, SETUP, PLAY, PLAYING };

static const char *const methods[] = {
	"OPTIONS", "DESCRIBE", "SETUP", "PLAY", "",
};

struct track {
	struct rtsp_client	*client;
	int			 index;
	char			*url;
	int			 channel;	/* of RTP; RTCP has the next */
	struct rtsp_udp		*udp;		/* NULL: not asked for */
};

struct rtsp_client {
	struct event_base	*base;
	struct rtsp_client_config config;
	struct rtsp_client_handler handler;
	void			*arg;
	struct rtsp_link	*link;
	struct rtsp_reader	 reader;
	struct rtsp_auth	*auth;
	enum step		 step;
	int			 setup;		/* the track that is set up */
	char			*base_url;	/* of the SDP's controls */
	char			*play_url;
	char			*session;	/* its id; NULL: none yet */
	struct track		 tracks[RTSP_CLIENT_TRACKS];
	int			 n_tracks;
	int			 cseq;
	bool			 udp, other_tried;
	bool			 answering;	/* since the last request */
	bool			 answered;	/* that request was */
	bool			 can_get_parameter;
	int			 again;		/* the CSeq of a second PLAY */
	bool			 refuses_again;
	int			 redirects, moves_to;	/* a port; 0: nowhere */
	struct event		*deadline, *beat, *over;
	struct rtsp_client_why	 why;
	char			 why_text[256];
	bool			 ended;
};

/* Nothing is told any more. */
static void
fall_silent(struct rtsp_client *c)
{
	c->ended = true;
	event_del(c->deadline);
	event_del(c->beat);
}

/* The end is told from the loop, so that whoever is told may free all that was
 * at work. */
static void
end(struct rtsp_client *c, const struct rtsp_client_why *why)
{
	if (c->ended)
		return;
	fall_silent(c);
	c->why = *why;
	snprintf(c->why_text, sizeof c->why_text, "%s",
	    why->why != NULL ? why->why : "");
	c->why.why = c->why_text;
	c->why.method = c->cseq > 0 ? methods[c->step] : "";
	c->why.answering = c->answering;
	c->why.playing = c->step == PLAYING;
	event_active(c->over, EV_TIMEOUT, 0);
}

static void
end_simply(struct rtsp_client *c, enum rtsp_client_end how)
{
	struct rtsp_client_why why = { .end = how };

	end(c, &why);
}

/* Requests */

static void
on_udp(bool rtcp, const uint8_t *data, size_t len, void *arg)
{
	struct track *t = arg;

	if (!t->client->ended)
		t->client->handler.packet(t->index, rtcp, data, len,
		    t->client->arg);
}

static void
send_request(struct rtsp_client *c, const char *method, const char *url,
    const char *headers)
{
	char *auth = rtsp_auth_header(c->auth, method, url);
	char *text = xasprintf("%s %s RTSP/1.0\r\nCSeq: %d\r\n"
	    "User-Agent: " AGENT "\r\n%s%s%s%s%s\r\n", method, url, ++c->cseq,
	    auth != NULL ? auth : "",
	    c->session != NULL ? "Session: " : "",
	    c->session != NULL ? c->session : "",
	    c->session != NULL ? "\r\n" : "", headers);

	rtsp_link_send(c->link, text, strlen(text));
	if (auth != NULL)
		explicit_bzero(auth, strlen(auth));
	free(auth);
	explicit_bzero(text, strlen(text));
	free(text);
}

static void
ask_setup(struct rtsp_client *c)
{
	struct track *t = &c->tracks[c->setup];
	union socket_address local;
	char headers[128];

	if (!c->udp) {
		snprintf(headers, sizeof headers, "Transport: RTP/AVP/TCP;"
		    "unicast;interleaved=%d-%d\r\n", t->channel,
		    t->channel + 1);
		send_request(c, "SETUP", t->url, headers);
		return;
	}
	rtsp_link_local(c->link, &local);
	if (t->udp == NULL)
		t->udp = rtsp_udp_open(c->base, &local, on_udp, t);
	if (t->udp == NULL) {
		struct rtsp_client_why why = {
			.end = RTSP_END_NO_PORTS, .error = errno,
		};

		end(c, &why);
		return;
	}
	snprintf(headers, sizeof headers, "Transport: RTP/AVP;unicast;"
	    "client_port=%d-%d\r\n", rtsp_udp_port(t->udp),
	    rtsp_udp_port(t->udp) + 1);
	send_request(c, "SETUP", t->url, headers);
}

/* Sends the request of this step. */
static void
ask(struct rtsp_client *c)
{
	struct timeval tv = clock_timeval(c->config.timeout_ms * 1000LL);

	c->answering = c->answered = false;
	event_add(c->deadline, &tv);
	switch (c->step) {
	case OPTIONS:
		send_request(c, "OPTIONS", c->base_url, "");
		break;
	case DESCRIBE:
		send_request(c, "DESCRIBE", c->base_url,
		    "Accept: application/sdp\r\n");
		break;
	case SETUP:
		ask_setup(c);
		break;
	case PLAY:
		send_request(c, "PLAY", c->play_url,
		    "Range: npt=0.000-\r\n");
		break;
	case PLAYING:
		break;
	}
}

static void
go_on(struct rtsp_client *c, enum step step)
{
	c->step = step;
	ask(c);
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	end_simply(arg, RTSP_END_SILENT);
}

/* A session ends unless it hears something within its timeout: GET_PARAMETER
 * where the camera knows it, since some take OPTIONS for no sign of life. Until
 * it plays, the requests of the steps are signs enough, and the answer to one
 * is known by its number alone. */
static void
on_beat(evutil_socket_t fd, short what, void *arg)
{
	struct rtsp_client *c = arg;

	(void)fd;
	(void)what;
	if (c->step != PLAYING)
		return;
	c->answered = false;
	send_request(c, c->can_get_parameter ? "GET_PARAMETER" : "OPTIONS",
	    c->play_url, "");
}

/* Answers */

static void
refuse(struct rtsp_client *c, int status)
{
	struct rtsp_client_why why = {
		.end = RTSP_END_REFUSED, .status = status,
	};

	end(c, &why);
}

static void
answer_challenge(struct rtsp_client *c, const struct rtsp_message *m)
{
	struct rtsp_client_why why = {
		.end = RTSP_END_PASSWORD, .status = 401,
	};

	why.auth = (int)rtsp_auth_take(c->auth, m);
	why.why = rtsp_auth_wanted(c->auth);
	if (why.auth != RTSP_AUTH_TRY)
		end(c, &why);
	else if (c->step == PLAYING)
		on_beat(-1, 0, c);
	else
		ask(c);
}

static void
take_options(struct rtsp_client *c, const struct rtsp_message *m)
{
	c->can_get_parameter = rtsp_answer_knows(m, "GET_PARAMETER");
	go_on(c, DESCRIBE);
}

static void
take_base(struct rtsp_client *c, const struct rtsp_message *m)
{
	char *base = rtsp_answer_base(m);

	if (base == NULL)
		return;
	free(c->base_url);
	c->base_url = base;
}

static void
choose(struct rtsp_client *c, const struct camera_sdp *sdp)
{
	int wanted[RTSP_CLIENT_TRACKS];

	c->n_tracks = c->handler.described(sdp, wanted, c->arg);
	c->play_url = camera_sdp_url(c->base_url, sdp->control);
	for (int i = 0; i < c->n_tracks; i++)
		c->tracks[i].url = camera_sdp_url(c->base_url,
		    sdp->tracks[wanted[i]].control);
}

static void
take_description(struct rtsp_client *c, const struct rtsp_message *m)
{
	struct camera_sdp sdp;

	if (m->status != 200) {
		refuse(c, m->status);
		return;
	}
	take_base(c, m);
	if (camera_sdp_read((const char *)m->body, m->body_len, &sdp) == -1) {
		end_simply(c, RTSP_END_NONSENSE);
		return;
	}
	choose(c, &sdp);
	camera_sdp_clear(&sdp);
	if (c->n_tracks > 0)
		go_on(c, SETUP);
	else
		fall_silent(c);
}

static void
take_session(struct rtsp_client *c, const struct rtsp_message *m)
{
	struct timeval tv;
	int timeout_s;

	if (c->session != NULL)
		return;
	c->session = rtsp_answer_session(m, &timeout_s);
	if (c->session == NULL)
		return;
	tv = clock_timeval(timeout_s * 500000LL);
	event_add(c->beat, &tv);
}

/* The camera may name channels of its own. Where it does not name its ports,
 * nothing is sent to it. */
static void
take_transport(struct rtsp_client *c, struct track *t,
    const struct rtsp_message *m)
{
	int channel, rtp, rtcp;

	if (!c->udp) {
		channel = rtsp_answer_channel(m);
		if (channel != -1)
			t->channel = channel;
		return;
	}
	rtsp_answer_ports(m, &rtp, &rtcp);
	rtsp_udp_connect(t->udp, rtsp_link_remote(c->link), rtp, rtcp);
}

/* TLS and HTTP bring their media themselves. */
static bool
can_udp(const struct rtsp_client *c)
{
	return !c->config.url->tls && !c->config.http;
}

/* Some servers do not even know how to say that they do not do it. */
static bool
wants_other_transport(const struct rtsp_client *c, int status)
{
	return (status == 461 || status == 400) && !c->other_tried &&
	    c->setup == 0 && (c->udp || can_udp(c));
}

static void
take_setup(struct rtsp_client *c, const struct rtsp_message *m)
{
	if (wants_other_transport(c, m->status)) {
		c->other_tried = true;
		c->udp = !c->udp;
		ask(c);
		return;
	}
	if (m->status != 200) {
		refuse(c, m->status);
		return;
	}
	take_session(c, m);
	take_transport(c, &c->tracks[c->setup], m);
	if (++c->setup < c->n_tracks) {
		ask(c);
		return;
	}
	c->handler.ready(c->udp, c->arg);
	go_on(c, PLAY);
}

static void
take_play(struct rtsp_client *c, const struct rtsp_message *m)
{
	if (m->status != 200) {
		refuse(c, m->status);
		return;
	}
	event_del(c->deadline);
	c->step = PLAYING;
}

/* A session that the camera does not know any more gives no packets. */
static void
take_beat(struct rtsp_client *c, const struct rtsp_message *m)
{
	if (m->status == 454)
		refuse(c, m->status);
	else if (m->status != 200 && c->cseq == c->again)
		c->refuses_again = true;
}

static void	(*const takes[])(struct rtsp_client *,
		    const struct rtsp_message *) = {
	[OPTIONS] = take_options, [DESCRIBE] = take_description,
	[SETUP] = take_setup, [PLAY] = take_play, [PLAYING] = take_beat,
};

/* Only to another address of the same host: the password is for that one. */
static void
redirect(struct rtsp_client *c, const struct rtsp_message *m)
{
	struct rtsp_client_why why = { .end = RTSP_END_REDIRECT };
	struct rtsp_url to;

	if (rtsp_answer_location(m, &to) == -1) {
		refuse(c, m->status);
		return;
	}
	why.why = to.request;
	if (strcasecmp(to.host, c->config.url->host) != 0 ||
	    to.tls != c->config.url->tls || ++c->redirects > MAX_REDIRECTS) {
		end(c, &why);
	} else {
		free(c->base_url);
		c->base_url = xstrdup(to.request);
		c->moves_to = to.port;
		event_active(c->over, EV_TIMEOUT, 0);
	}
	rtsp_url_clear(&to);
}

static void
on_answer(struct rtsp_client *c, const struct rtsp_message *m)
{
	if (m->status < 200 || c->answered ||
	    (m->cseq != -1 && m->cseq != c->cseq))
		return;
	c->answered = true;
	if (m->status == 401)
		answer_challenge(c, m);
	else if (m->status / 100 == 3 && c->step <= DESCRIBE)
		redirect(c, m);
	else
		takes[c->step](c, m);
}

/* What a camera asks is whether we are there. */
static void
on_request(struct rtsp_client *c, const struct rtsp_message *m)
{
	bool known = rtsp_text_is(&m->method, "OPTIONS") ||
	    rtsp_text_is(&m->method, "GET_PARAMETER") ||
	    rtsp_text_is(&m->method, "SET_PARAMETER");
	char text[96];

	snprintf(text, sizeof text, "RTSP/1.0 %s\r\nCSeq: %d\r\n\r\n",
	    known ? "200 OK" : "501 Not Implemented", m->cseq);
	rtsp_link_send(c->link, text, strlen(text));
}

static void
on_packet(struct rtsp_client *c, const struct rtsp_message *m)
{
	for (int i = 0; i < c->n_tracks && c->step >= PLAY; i++) {
		int at = m->channel - c->tracks[i].channel;

		if (!c->udp && (at == 0 || at == 1))
			c->handler.packet(i, at == 1, m->body, m->body_len,
			    c->arg);
	}
}

static void
take_message(struct rtsp_client *c, const struct rtsp_message *m)
{
	switch (m->kind) {
	case RTSP_PACKET:
		on_packet(c, m);
		break;
	case RTSP_ANSWER:
		on_answer(c, m);
		break;
	case RTSP_REQUEST:
		on_request(c, m);
		break;
	}
}

/* The connection */

static int
count_channels(const struct rtsp_client *c)
{
	int n = CHANNELS;

	for (int i = 0; i < c->n_tracks; i++)
		if (c->tracks[i].channel + 2 > n)
			n = c->tracks[i].channel + 2;
	return n;
}

static size_t
on_data(const uint8_t *data, size_t len, void *arg)
{
	struct rtsp_client *c = arg;
	struct rtsp_message m;
	size_t done = 0, skip;
	long n;

	c->answering = true;
	while (!c->ended && c->moves_to == 0 && done < len) {
		c->reader.channels = count_channels(c);
		n = rtsp_read(&c->reader, data + done, len - done, &m, &skip);
		if (n == -1 || (c->cseq == 1 && skip > MAX_EMPTY))
			end_simply(c, RTSP_END_NONSENSE);
		if (n == 0)
			done += skip;
		if (n <= 0 || c->ended)
			break;
		done += (size_t)n;
		take_message(c, &m);
	}
	return c->ended || c->moves_to != 0 ? len : done;
}

static void
on_open(void *arg)
{
	ask(arg);
}

static void
on_gone(enum rtsp_conn_end how, int error, const char *text, void *arg)
{
	struct rtsp_client_why why = {
		.end = RTSP_END_CONN, .conn = how, .error = error, .why = text,
	};

	end(arg, &why);
}

static void
on_refused(const struct rtsp_tunnel_refusal *r, void *arg)
{
	struct rtsp_client_why why = {
		.end = r->status == 401 ? RTSP_END_PASSWORD :
		    RTSP_END_NO_TUNNEL,
		.status = r->status, .auth = r->auth, .why = r->wanted,
	};

	end(arg, &why);
}

/* The name and the handshake have as much time as the addresses, of which the
 * connection knows better what became of them. */
static int
open_link(struct rtsp_client *c, int port)
{
	static const struct rtsp_tunnel_handler handler = {
		{ on_open, on_data, on_gone }, on_refused
	};
	struct rtsp_tunnel_config config = {
		.conn = {
			.host = c->config.url->host, .port = port,
			.tls = c->config.url->tls, .trust = c->config.trust,
			.connect_ms = c->config.timeout_ms,
		},
		.url = c->base_url, .user = c->config.url->user,
		.password = c->config.url->password,
	};
	struct timeval tv = clock_timeval(2 * c->config.timeout_ms * 1000LL);

	event_add(c->deadline, &tv);
	c->link = rtsp_link_open(c->base, c->config.http, &config, &handler,
	    c);
	return c->link != NULL ? 0 : -1;
}

static void
on_over(evutil_socket_t fd, short what, void *arg)
{
	struct rtsp_client *c = arg;
	int port = c->moves_to;

	(void)fd;
	(void)what;
	if (c->ended) {
		c->handler.ended(&c->why, c->arg);
		return;
	}
	c->moves_to = 0;
	rtsp_link_free(c->link);
	c->step = OPTIONS;
	if (open_link(c, port) == -1)
		end_simply(c, RTSP_END_SILENT);
}

struct rtsp_client *
rtsp_client_open(struct event_base *base,
    const struct rtsp_client_config *config,
    const struct rtsp_client_handler *handler, void *arg)
{
	struct rtsp_client *c = xcalloc(1, sizeof *c);

	c->base = base;
	c->config = *config;
	c->handler = *handler;
	c->arg = arg;
	c->udp = config->udp && can_udp(c);
	c->base_url = xstrdup(config->url->request);
	c->auth = rtsp_auth_new(config->url->user, config->url->password);
	c->deadline = evtimer_new(base, on_deadline, c);
	c->beat = event_new(base, -1, EV_PERSIST, on_beat, c);
	c->over = evtimer_new(base, on_over, c);
	for (int i = 0; i < RTSP_CLIENT_TRACKS; i++) {
		c->tracks[i].client = c;
		c->tracks[i].index = i;
		c->tracks[i].channel = 2 * i;
	}
	if (open_link(c, config->url->port) == 0)
		return c;
	rtsp_client_free(c);
	return NULL;
}

static void
say_goodbye(struct rtsp_client *c)
{
	if (c->link != NULL && c->session != NULL &&
	    !(c->ended && c->why.end == RTSP_END_CONN))
		send_request(c, "TEARDOWN", c->play_url, "");
}

void
rtsp_client_free(struct rtsp_client *c)
{
	if (c == NULL)
		return;
	say_goodbye(c);
	for (int i = 0; i < RTSP_CLIENT_TRACKS; i++) {
		rtsp_udp_free(c->tracks[i].udp);
		free(c->tracks[i].url);
	}
	rtsp_link_free(c->link);
	rtsp_auth_free(c->auth);
	event_free(c->deadline);
	event_free(c->beat);
	event_free(c->over);
	free(c->base_url);
	free(c->play_url);
	free(c->session);
	free(c);
}

bool
rtsp_client_is_playing(const struct rtsp_client *c)
{
	return c->step == PLAYING;
}

/* Without a Range: there is nowhere to go back to, and where there is, as in a
 * file, the camera stays where it is. */
void
rtsp_client_play_again(struct rtsp_client *c)
{
	if (c->ended || c->step != PLAYING || c->refuses_again)
		return;
	c->answered = false;
	send_request(c, "PLAY", c->play_url, "");
	c->again = c->cseq;
}

/* Over the connection a packet has a channel and a length in front (RFC 2326,
 * section 10.12). Through HTTP there go requests alone: live555, which is in
 * many cameras, takes a packet there for the beginning of the next request, and
 * hears no sign of life. */
void
rtsp_client_send_rtcp(struct rtsp_client *c, int track, const void *data,
    size_t len)
{
	struct track *t = &c->tracks[track];
	uint8_t frame[RTSP_CLIENT_RTCP_MAX + 4] = {
		'$', (uint8_t)(t->channel + 1), (uint8_t)(len >> 8),
		(uint8_t)len,
	};

	if (c->step != PLAYING || len > RTSP_CLIENT_RTCP_MAX || c->config.http)
		return;
	if (t->udp != NULL && c->udp) {
		rtsp_udp_send_rtcp(t->udp, data, len);
		return;
	}
	memcpy(frame + 4, data, len);
	rtsp_link_send(c->link, frame, len + 4);
}
