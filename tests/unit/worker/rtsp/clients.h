#ifndef LULL_TEST_CLIENTS_H
#define LULL_TEST_CLIENTS_H

/*
 * A client and the camera that the test plays for it, on one loop. The camera
 * does as fake_camera.h says, but for what a test has it say in place of that
 * or before it, once each.
 */
#include "fake_camera.h"

#include "worker/rtsp/rtsp_auth.h"
#include "worker/rtsp/rtsp_client.h"
#include "xalloc.h"

#define GIVE_UP_S	30	/* nothing here takes longer unless it hangs */
#define MAX_REQUESTS	64
#define MAX_SAYINGS	16
#define MAX_PACKETS	32
#define LONG_MS		20000	/* of waiting for an answer */
#define SHORT_MS	100

#define SDP_HEAD	"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\n"
#define SDP_VIDEO	"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n" \
			"a=control:track=0\r\n"
#define SDP_AUDIO	"m=audio 0 RTP/AVP 0\r\na=control:track=1\r\n"

struct saying {
	const char	*method;
	char		*text;		/* with ^ for the request's CSeq */
	bool		 alone;		/* else the camera answers as well */
	int		 times;
};

struct packet {
	int	 track;
	bool	 rtcp;
	size_t	 len;
	uint8_t	 data[64];
};

struct fixture {
	struct event_base	*base;
	struct event		*give_up;
	struct fake_camera	 camera, other;
	struct rtsp_url		 url;
	struct rtsp_client_config config;
	struct rtsp_client	*client;
	int			 wants;		/* tracks */
	struct saying		 sayings[MAX_SAYINGS];
	int			 n_sayings;
	char			 requests[MAX_REQUESTS][1024];
	int			 n_requests;
	int			 n_ready, n_packets, n_ended;
	bool			 udp;
	struct packet		 packets[MAX_PACKETS];
	struct rtsp_client_why	 why;
	char			 why_text[256];
};

#define UNTIL(f, what) do { \
	while (!(what)) \
		event_base_loop((f)->base, EVLOOP_ONCE); \
} while (0)

static inline int
on_described(const struct camera_sdp *sdp, int wanted[RTSP_CLIENT_TRACKS],
    void *arg)
{
	struct fixture *f = arg;

	for (int i = 0; i < f->wants; i++)
		wanted[i] = i;
	return f->wants < (int)sdp->n_tracks ? f->wants : (int)sdp->n_tracks;
}

static inline void
on_ready(bool udp, void *arg)
{
	struct fixture *f = arg;

	f->n_ready++;
	f->udp = udp;
}

static inline void
on_packet(int track, bool rtcp, const uint8_t *data, size_t len, void *arg)
{
	struct fixture *f = arg;
	struct packet *p = &f->packets[f->n_packets];

	if (f->n_packets == MAX_PACKETS)
		return;
	assert_in_range(len, 1, sizeof p->data);
	p->track = track;
	p->rtcp = rtcp;
	p->len = len;
	memcpy(p->data, data, len);
	f->n_packets++;
}

static inline void
on_ended(const struct rtsp_client_why *why, void *arg)
{
	struct fixture *f = arg;

	f->n_ended++;
	f->why = *why;
	snprintf(f->why_text, sizeof f->why_text, "%s", why->why);
}

static inline void
on_give_up(evutil_socket_t fd, short what, void *arg)
{
	struct fixture *f = arg;

	(void)fd;
	(void)what;
	fail_msg("nothing more: heard %s, %d packets, end %d (%d)",
	    f->camera.heard, f->n_packets, f->n_ended, (int)f->why.end);
}

static inline void
write_saying(struct fake_camera *c, const char *text, int cseq)
{
	struct evbuffer *out = bufferevent_get_output(c->client);

	for (; *text != '\0'; text++)
		if (*text == '^')
			evbuffer_add_printf(out, "%d", cseq);
		else
			evbuffer_add(out, text, 1);
}

static inline bool
on_asked(struct fake_camera *c, const char *request, int cseq, void *arg)
{
	struct fixture *f = arg;

	assert_in_range(f->n_requests, 0, MAX_REQUESTS - 1);
	snprintf(f->requests[f->n_requests++], sizeof f->requests[0], "%s",
	    request);
	for (int i = 0; i < f->n_sayings; i++) {
		struct saying *s = &f->sayings[i];

		if (s->times == 0 || !fake_camera_at(s->method, request))
			continue;
		s->times--;
		write_saying(c, s->text, cseq);
		if (s->alone)
			return true;
	}
	return fake_camera_at("RTSP/", request);
}

/* So many requests of that method get `text`, before the camera's own answer or
 * in place of it. */
static inline void
say(struct fixture *f, const char *method, int times, bool alone, char *text)
{
	assert_in_range(f->n_sayings, 0, MAX_SAYINGS - 1);
	f->sayings[f->n_sayings++] = (struct saying){
		.method = method, .text = text, .alone = alone, .times = times,
	};
}

static inline void
answer(struct fixture *f, const char *method, const char *status,
    const char *headers)
{
	say(f, method, 1, true, xasprintf("RTSP/1.0 %s\r\nCSeq: ^\r\n%s\r\n",
	    status, headers));
}

static inline int
setup(void **state)
{
	static struct fixture f;
	struct timeval tv = { GIVE_UP_S, 0 };

	f = (struct fixture){ .base = event_base_new(), .wants = 2 };
	f.give_up = event_new(f.base, -1, 0, on_give_up, &f);
	event_add(f.give_up, &tv);
	fake_camera_open(&f.camera, f.base);
	fake_camera_open(&f.other, f.base);
	f.camera.sdp = f.other.sdp = SDP_HEAD SDP_VIDEO SDP_AUDIO;
	f.camera.asked = f.other.asked = on_asked;
	f.camera.arg = f.other.arg = &f;
	f.config.timeout_ms = LONG_MS;
	*state = &f;
	return 0;
}

static inline void
leave(struct fixture *f)
{
	rtsp_client_free(f->client);
	f->client = NULL;
}

static inline void
hang_up(struct fake_camera *c)
{
	if (c->client != NULL)
		bufferevent_free(c->client);
	c->client = NULL;
}

/* Forgets the client, its connections and all that was said. */
static inline void
stop(struct fixture *f)
{
	leave(f);
	hang_up(&f->camera);
	hang_up(&f->other);
	rtsp_url_clear(&f->url);
	for (int i = 0; i < f->n_sayings; i++)
		free(f->sayings[i].text);
	f->n_sayings = f->n_requests = 0;
	f->n_ready = f->n_packets = f->n_ended = 0;
	f->camera.heard[0] = '\0';
	memset(f->camera.udp_to, 0, sizeof f->camera.udp_to);
}

static inline int
teardown(void **state)
{
	struct fixture *f = *state;

	stop(f);
	fake_camera_close(&f->camera);
	fake_camera_close(&f->other);
	event_free(f->give_up);
	event_base_free(f->base);
	return 0;
}

static inline void
start(struct fixture *f)
{
	static const struct rtsp_client_handler handler = {
		on_described, on_ready, on_packet, on_ended
	};
	char *url = xasprintf("rtsp://joe:hush@127.0.0.1:%d/cam",
	    f->camera.port);

	assert_int_equal(rtsp_url_parse(url, &f->url), 0);
	free(url);
	f->config.url = &f->url;
	f->client = rtsp_client_open(f->base, &f->config, &handler, f);
	assert_non_null(f->client);
}

static inline void
start_and_play(struct fixture *f)
{
	start(f);
	UNTIL(f, f->n_ended > 0 || rtsp_client_is_playing(f->client));
	if (f->n_ended > 0)
		fail_msg("ended by %d, status %d, at %s", (int)f->why.end,
		    f->why.status, f->why.method);
}

static inline void
until_ended(struct fixture *f, enum rtsp_client_end how)
{
	start(f);
	UNTIL(f, f->n_ended > 0);
	assert_int_equal(f->why.end, how);
}

/* The n-th request of that method, from 0. */
static inline const char *
request(const struct fixture *f, const char *method, int n)
{
	for (int i = 0; i < f->n_requests; i++)
		if (fake_camera_at(method, f->requests[i]) && n-- == 0)
			return f->requests[i];
	fail_msg("no such %s: heard %s", method, f->camera.heard);
	return "";
}

static inline int
count(const struct fixture *f, const char *method)
{
	int n = 0;

	for (int i = 0; i < f->n_requests; i++)
		n += fake_camera_at(method, f->requests[i]);
	return n;
}

static inline void
check_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("no %s in %s", part, text);
}

static inline void
check_has_not(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		fail_msg("%s in %s", part, text);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
