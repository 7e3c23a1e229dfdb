#ifndef LULL_TEST_CAMERAS_H
#define LULL_TEST_CAMERAS_H

/*
 * A connection to a camera that the test plays, both on the loop of the test.
 */
#include <signal.h>

#include "tests/unit/worker/rtsp/fake_camera.h"

#include "camera_url.h"
#include "error.h"
#include "log.h"
#include "worker/camera/feed.h"
#include "worker/camera/intake.h"
#include "worker/media/media.h"
#include "worker/camera/rtsp_camera.h"
#include "xalloc.h"

#define GIVE_UP_S	60	/* nothing here takes longer unless it hangs */
#define MAX_UNITS	256
#define FRAME		3600	/* RTP ticks: 40 ms */
#define PT_VIDEO	96
#define PT_PCMU		0
#define PT_AAC		97

#define SDP_HEAD	"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\n"
#define SDP_H264	"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n" \
			"a=fmtp:96 packetization-mode=1\r\n" \
			"a=control:track=0\r\n"
#define SDP_PCMU	"m=audio 0 RTP/AVP 0\r\na=control:track=1\r\n"
#define SDP_SPEEX	"m=audio 0 RTP/AVP 97\r\n" \
			"a=rtpmap:97 speex/16000\r\n" \
			"a=control:track=2\r\n"
#define SDP_AAC		"m=audio 0 RTP/AVP 97\r\n" \
			"a=rtpmap:97 MPEG4-GENERIC/16000/1\r\n" \
			"a=fmtp:97 mode=AAC-hbr;config=1408\r\n" \
			"a=control:track=1\r\n"

/* x264's for 160x90; then first_mb 0 and slice_type 7 (I) or 5 (P). */
static const uint8_t sps[] = {
	0x67, 0x42, 0xc0, 0x0a, 0xda, 0x0a, 0x37, 0xe4, 0xc0, 0x44, 0, 0, 3,
	0, 4, 0, 0, 3, 0, 0x78, 0x3c, 0x48, 0x9a, 0x80,
};
static const uint8_t pps[] = { 0x68, 0xce, 0x03, 0x9c, 0x80 };
static const uint8_t idr[] = { 0x65, 0x88, 0x84, 0x11 };
static const uint8_t p_slice[] = { 0x41, 0x9a, 0x12, 0x34 };

struct fixture {
	struct event_base	*base;
	struct event		*give_up;
	struct intake		*intake;
	struct camera_url	 url;
	struct rtsp_camera	*connection;	/* NULL: it has ended */
	struct fake_camera	 camera;

	struct media_unit	*units[MAX_UNITS];
	int			 n_units, want_units;
	struct feed_status	 status;
	struct event		*tick;		/* sends sound */
};

static inline void
on_unit(struct media_unit *u, void *arg)
{
	struct fixture *f = arg;

	if (f->n_units == MAX_UNITS) {
		media_unit_free(u);
		return;
	}
	f->units[f->n_units++] = u;
	if (f->n_units == f->want_units)
		event_base_loopbreak(f->base);
}

static inline void
on_status(const struct feed_status *st, void *arg)
{
	struct fixture *f = arg;

	f->status = *st;
}

static inline void
on_give_up(evutil_socket_t fd, short what, void *arg)
{
	struct fixture *f = arg;

	(void)fd;
	(void)what;
	fail_msg("nothing more: %d units, state %d, %s", f->n_units,
	    f->status.state, f->status.error);
}

static inline void
on_ended(void *arg)
{
	struct fixture *f = arg;

	rtsp_camera_close(f->connection);
	f->connection = NULL;
	event_base_loopbreak(f->base);
}

static inline int
setup(void **state)
{
	static const struct feed_handler handler = { on_unit, on_status };
	static struct fixture f;
	struct timeval tv = { GIVE_UP_S, 0 };

	log_open(LOG_LEVEL_OFF, NULL);
	signal(SIGPIPE, SIG_IGN);	/* of the camera's writes */
	f = (struct fixture){ .base = event_base_new() };
	f.give_up = event_new(f.base, -1, 0, on_give_up, &f);
	event_add(f.give_up, &tv);
	f.intake = intake_new(&handler, &f, &intake_times);
	fake_camera_open(&f.camera, f.base);
	f.camera.sdp = SDP_HEAD SDP_H264 SDP_PCMU;
	f.camera.arg = &f;
	*state = &f;
	return 0;
}

static inline void
until_ended(struct fixture *f)
{
	f->want_units = 0;
	while (f->connection != NULL)
		event_base_loop(f->base, EVLOOP_ONCE);
	event_base_loop(f->base, EVLOOP_NONBLOCK);	/* what it said last */
}

static inline void
stop(struct fixture *f)
{
	rtsp_camera_close(f->connection);
	f->connection = NULL;
}

static inline int
teardown(void **state)
{
	struct fixture *f = *state;

	rtsp_camera_close(f->connection);
	if (f->tick != NULL)
		event_free(f->tick);
	fake_camera_close(&f->camera);
	intake_free(f->intake);
	for (int i = 0; i < f->n_units; i++)
		media_unit_free(f->units[i]);
	camera_url_clear(&f->url);
	event_free(f->give_up);
	event_base_free(f->base);
	return 0;
}

/* A connection begins, over TCP unless `options` of the address tell
 * otherwise. */
static inline void
start(struct fixture *f, const char *options)
{
	char *url = xasprintf("rtsp://joe:hush@127.0.0.1:%d/cam%s",
	    f->camera.port, options);
	struct error err;

	camera_url_clear(&f->url);
	assert_int_equal(camera_url_parse(url, &f->url, &err), 0);
	free(url);
	f->connection = rtsp_camera_open(f->base, &f->url, f->intake, on_ended,
	    f);
}

static inline void
until_units(struct fixture *f, int n)
{
	f->want_units = n;
	while (f->n_units < n && f->connection != NULL)
		event_base_loop(f->base, EVLOOP_ONCE);
	if (f->n_units < n)
		fail_msg("%d units, %s", f->n_units, f->status.error);
}

/* Units as letters: K P A, with r for a restart. */
static inline const char *
seen(const struct fixture *f)
{
	static char text[2 * MAX_UNITS + 1];
	size_t n = 0;

	for (int i = 0; i < f->n_units; i++) {
		const struct media_unit *u = f->units[i];

		text[n++] = u->kind == MEDIA_AUDIO ? 'A' : u->key ? 'K' : 'P';
		if (u->restart)
			text[n++] = 'r';
	}
	text[n] = '\0';
	return text;
}

static inline void
send_key(struct fake_camera *c, uint32_t ts)
{
	fake_camera_send(c, 0, PT_VIDEO, ts, sps, sizeof sps);
	fake_camera_send(c, 0, PT_VIDEO, ts, pps, sizeof pps);
	fake_camera_send(c, 0, PT_VIDEO, ts, idr, sizeof idr);
}

static inline void
send_delta(struct fake_camera *c, uint32_t ts)
{
	fake_camera_send(c, 0, PT_VIDEO, ts, p_slice, sizeof p_slice);
}

static inline void
play_some(struct fake_camera *c, void *arg)
{
	(void)arg;
	send_delta(c, 0);
	send_key(c, FRAME);
	for (uint32_t i = 2; i < 6; i++)
		send_delta(c, i * FRAME);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
