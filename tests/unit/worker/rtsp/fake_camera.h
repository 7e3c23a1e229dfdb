#ifndef LULL_TEST_FAKE_CAMERA_H
#define LULL_TEST_FAKE_CAMERA_H

/*
 * A camera that speaks RTSP (RFC 2326) on a test's loop. It answers what it is
 * asked and, once it has been told to play, calls `play`, which sends packets.
 * Each may be sent over the connection or over UDP, as the reader has asked.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#define FAKE_CAMERA_TRACKS	3
#define FAKE_CAMERA_TIME	100000	/* libavformat takes 0 for none */

struct fake_camera {
	struct event_base	*base;
	struct evconnlistener	*listener;
	struct bufferevent	*client;
	int			 port;
	int			 udp_fd;
	struct sockaddr_in	 udp_to[FAKE_CAMERA_TRACKS];
	uint16_t		 seq[FAKE_CAMERA_TRACKS];
	char			 heard[256];	/* methods, each with a blank */
	char			 last_heard[32];

	/* What a test sets. */
	const char	*sdp;
	const char	*silent_at;	/* a method that gets no answer */
	const char	*hang_up_at;	/* a method; its connection is closed */
	const char	*refuse_at;	/* a method that gets `status` */
	const char	*status;
	bool		 only_udp, only_tcp;
	bool		 talks_nonsense;
	/* Is shown each request. True if it has answered in place of the
	 * camera. */
	bool		(*asked)(struct fake_camera *, const char *request,
			    int cseq, void *arg);
	void		(*play)(struct fake_camera *, void *arg);
	void		*arg;
};

/* Is `method` the one that is asked now? */
static inline bool
fake_camera_at(const char *method, const char *request)
{
	return method != NULL &&
	    strncmp(request, method, strlen(method)) == 0;
}

static inline void
fake_camera_answer(struct fake_camera *c, const char *status, int cseq,
    const char *headers, const char *body)
{
	evbuffer_add_printf(bufferevent_get_output(c->client),
	    "RTSP/1.0 %s\r\nCSeq: %d\r\n%sContent-Length: %zu\r\n\r\n%s",
	    status, cseq, headers, strlen(body), body);
}

/* The track is the digit behind "track=" in the address. */
static inline void
fake_camera_set_up(struct fake_camera *c, const char *request, int cseq)
{
	const char *at = strstr(request, "track=");
	const char *ports = strstr(request, "client_port=");
	bool udp = ports != NULL;
	int track = at != NULL ? at[6] - '0' : 0;
	char headers[256];

	if (udp ? c->only_tcp : c->only_udp) {
		fake_camera_answer(c, "461 Unsupported Transport", cseq, "",
		    "");
		return;
	}
	if (udp) {
		c->udp_to[track] = (struct sockaddr_in){
			.sin_family = AF_INET,
			.sin_port = htons(atoi(ports + 12)),
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		};
		snprintf(headers, sizeof headers, "Session: 1\r\nTransport: "
		    "RTP/AVP;unicast;client_port=%d-%d;server_port=%d-%d\r\n",
		    atoi(ports + 12), atoi(ports + 12) + 1, 6970, 6971);
	} else {
		snprintf(headers, sizeof headers, "Session: 1\r\nTransport: "
		    "RTP/AVP/TCP;unicast;interleaved=%d-%d\r\n", 2 * track,
		    2 * track + 1);
	}
	fake_camera_answer(c, "200 OK", cseq, headers, "");
}

static inline void
fake_camera_reply(struct fake_camera *c, const char *request, int cseq)
{
	if (fake_camera_at(c->refuse_at, request))
		fake_camera_answer(c, c->status, cseq, "", "");
	else if (fake_camera_at("DESCRIBE", request))
		fake_camera_answer(c, "200 OK", cseq,
		    "Content-Type: application/sdp\r\n", c->sdp);
	else if (fake_camera_at("SETUP", request))
		fake_camera_set_up(c, request, cseq);
	else
		fake_camera_answer(c, "200 OK", cseq, "Session: 1\r\n", "");
	if (fake_camera_at("PLAY", request) && c->play != NULL)
		c->play(c, c->arg);
}

/* What comes interleaved is RTCP, which is not looked at. */
static inline void
fake_camera_skip_packets(struct evbuffer *in)
{
	uint8_t head[4];

	while (evbuffer_copyout(in, head, 4) == 4 && head[0] == '$')
		evbuffer_drain(in, 4 + (size_t)(head[2] << 8 | head[3]));
}

static inline void
fake_camera_take(struct fake_camera *c, const char *request)
{
	const char *number = strcasestr(request, "CSeq:");
	int cseq = number != NULL ? atoi(number + 5) : 0;

	sscanf(request, "%31s", c->last_heard);
	snprintf(c->heard + strlen(c->heard),
	    sizeof c->heard - strlen(c->heard), "%s ", c->last_heard);
	if (c->asked != NULL && c->asked(c, request, cseq, c->arg))
		return;
	if (fake_camera_at(c->hang_up_at, request)) {
		bufferevent_free(c->client);
		c->client = NULL;
	} else if (c->talks_nonsense) {
		evbuffer_add_printf(bufferevent_get_output(c->client),
		    "SSH-2.0-x\r\n\r\n");
	} else if (!fake_camera_at(c->silent_at, request)) {
		fake_camera_reply(c, request, cseq);
	}
}

static inline void
fake_camera_on_request(struct bufferevent *bev, void *arg)
{
	struct fake_camera *c = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	struct evbuffer_ptr end;
	char request[2048];

	while (c->client == bev) {
		fake_camera_skip_packets(in);
		end = evbuffer_search(in, "\r\n\r\n", 4, NULL);
		if (end.pos == -1 || (size_t)end.pos + 4 >= sizeof request)
			return;
		evbuffer_remove(in, request, (size_t)end.pos + 4);
		request[end.pos + 4] = '\0';
		fake_camera_take(c, request);
	}
}

static inline void
fake_camera_on_client(struct evconnlistener *l, evutil_socket_t fd,
    struct sockaddr *sa, int len, void *arg)
{
	struct fake_camera *c = arg;

	(void)l;
	(void)sa;
	(void)len;
	if (c->client != NULL)
		bufferevent_free(c->client);
	c->client = bufferevent_socket_new(c->base, fd,
	    BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(c->client, fake_camera_on_request, NULL, NULL, c);
	bufferevent_enable(c->client, EV_READ);
}

/* Listens on a free port of this host, c->port. */
static inline void
fake_camera_open(struct fake_camera *c, struct event_base *base)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof sin;

	signal(SIGPIPE, SIG_IGN);	/* whoever it writes to may be gone */
	*c = (struct fake_camera){ .base = base };
	c->udp_fd = socket(AF_INET, SOCK_DGRAM, 0);
	c->listener = evconnlistener_new_bind(base, fake_camera_on_client, c,
	    LEV_OPT_CLOSE_ON_FREE, -1, (struct sockaddr *)&sin, sizeof sin);
	assert_non_null(c->listener);
	getsockname(evconnlistener_get_fd(c->listener),
	    (struct sockaddr *)&sin, &len);
	c->port = ntohs(sin.sin_port);
}

static inline void
fake_camera_close(struct fake_camera *c)
{
	if (c->client != NULL)
		bufferevent_free(c->client);
	evconnlistener_free(c->listener);
	close(c->udp_fd);
}

/* Sends a packet (RFC 3550, section 5.1), numbered by c->seq[track], which it
 * then counts on. The timestamp is counted from FAKE_CAMERA_TIME. */
static inline void
fake_camera_send(struct fake_camera *c, int track, int payload_type,
    uint32_t ts, const void *payload, size_t len)
{
	uint32_t rtp = FAKE_CAMERA_TIME + ts;
	uint8_t head[16] = {
		'$', (uint8_t)(2 * track), (uint8_t)((12 + len) >> 8),
		(uint8_t)(12 + len), 0x80, (uint8_t)payload_type,
		(uint8_t)(c->seq[track] >> 8), (uint8_t)c->seq[track],
		(uint8_t)(rtp >> 24), (uint8_t)(rtp >> 16),
		(uint8_t)(rtp >> 8), (uint8_t)rtp, 0, 0, 0,
		(uint8_t)(track + 1),
	};
	uint8_t packet[2048];

	c->seq[track]++;
	if (c->udp_to[track].sin_port == 0) {
		bufferevent_write(c->client, head, sizeof head);
		bufferevent_write(c->client, payload, len);
		return;
	}
	memcpy(packet, head + 4, 12);
	memcpy(packet + 12, payload, len);
	sendto(c->udp_fd, packet, 12 + len, 0,
	    (struct sockaddr *)&c->udp_to[track], sizeof c->udp_to[track]);
}

#endif
