/*
 * Real sources on a loop: the demo, the files of fixtures/media (ffmpeg's
 * test picture, 96x64, 20 fps, half a second, a key frame every 5), and
 * servers that refuse or say nothing. A camera that plays is the business
 * of tests/e2e.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "log.h"
#include "worker/camera/intake.h"
#include "worker/camera/source.h"
#include "worker/helper/helper.h"
#include "worker/media/h264.h"
#include "xalloc.h"

#define GIVE_UP_S	60	/* nothing here takes longer unless it hangs */
#define MAX_UNITS	256

struct run {
	struct event_base	*base;
	struct source		*source;
	struct event		*give_up;
	struct feed_status	 status;	/* the last one */
	int			 n_statuses;
	struct media_unit	*units[MAX_UNITS];
	int			 n_units, n_video, n_audio, n_restarts;

	/* When it is enough. */
	int			 want_units;
	enum ipc_source_state	 want_state;
	bool			 want_note;
	const char		*want_coder;

	/* A server that answers each request with one line, or not. */
	struct evconnlistener	*listener;
	struct bufferevent	*client;
	const char		*answer;
	int			 port, n_clients;
	bool			 hung_up;	/* the client */
};

static void
on_unit(struct media_unit *u, void *arg)
{
	struct run *r = arg;

	assert_true(r->n_statuses > 0);
	if (r->n_units == MAX_UNITS) {
		media_unit_free(u);
		return;
	}
	r->units[r->n_units++] = u;
	r->n_video += u->kind == MEDIA_VIDEO;
	r->n_audio += u->kind == MEDIA_AUDIO;
	r->n_restarts += u->restart;
	if (r->n_units == r->want_units)
		event_base_loopbreak(r->base);
}

static void
on_status(const struct feed_status *st, void *arg)
{
	struct run *r = arg;

	r->n_statuses++;
	r->status = *st;
	if (st->state == r->want_state ||
	    (r->want_note && st->note[0] != '\0') ||
	    (r->want_coder != NULL && strcmp(st->coder, r->want_coder) == 0))
		event_base_loopbreak(r->base);
}

static const struct intake_times intake = {
	.key_wait_ms = 30000, .count_ms = 200,
};
static const struct source_settings settings = {
	.helper = "./lull-media", .file_pace = 8, .intake = &intake,
};
static const struct feed_handler handler = { on_unit, on_status };

static void
on_give_up(evutil_socket_t fd, short what, void *arg)
{
	struct run *r = arg;

	(void)fd;
	(void)what;
	fail_msg("nothing more: %d units, state %d, %s", r->n_units,
	    r->status.state, r->status.error);
}

static int
setup(void **state)
{
	static struct run run;
	struct timeval tv = { GIVE_UP_S, 0 };

	log_open(LOG_LEVEL_OFF, NULL);
	run = (struct run){ .base = event_base_new() };
	run.give_up = event_new(run.base, -1, 0, on_give_up, &run);
	event_add(run.give_up, &tv);
	*state = &run;
	return 0;
}

static int
teardown(void **state)
{
	struct run *r = *state;

	if (r->source != NULL)
		source_close(r->source);
	if (r->client != NULL)
		bufferevent_free(r->client);
	if (r->listener != NULL)
		evconnlistener_free(r->listener);
	for (int i = 0; i < r->n_units; i++)
		media_unit_free(r->units[i]);
	event_free(r->give_up);
	helper_exit();
	event_base_free(r->base);
	return 0;
}

static void
start(struct run *r, const char *url)
{
	struct error err;

	r->source = source_open(r->base, url, &settings, &handler, r, &err);
	assert_non_null(r->source);
}

static void
start_file(struct run *r, const char *name)
{
	const char *top = getenv("LULL_SRCDIR");
	char *url = xasprintf("file:%s/tests/fixtures/%s", top ? top : ".",
	    name);

	start(r, url);
	free(url);
}

static void
until_units(struct run *r, int n)
{
	r->want_units = n;
	event_base_dispatch(r->base);
	assert_true(r->n_units >= n);	/* more may have come with the last */
}

static void
until_state(struct run *r, enum ipc_source_state state)
{
	r->want_state = state;
	event_base_dispatch(r->base);
	assert_int_equal(r->status.state, state);
}

static void
until_note(struct run *r)
{
	r->want_note = true;
	event_base_dispatch(r->base);
	assert_string_not_equal(r->status.note, "");
}

/* A clean access unit: Annex B, and a key frame begins with its SPS. */
static void
check_picture(const struct media_unit *u)
{
	struct video_nal nal;
	struct h264_sps sps;
	size_t pos = 0;
	bool first = true;

	assert_int_equal(u->codec, MEDIA_H264);
	while (h264_next_nal(u->data, u->len, &pos, &nal)) {
		assert_int_not_equal(nal.type, H264_NAL_AUD);
		assert_int_not_equal(nal.type, H264_NAL_SEI);
		assert_int_equal(u->key, nal.type != H264_NAL_SLICE);
		assert_int_equal(u->key && first, nal.type == H264_NAL_SPS);
		if (nal.type == H264_NAL_SPS)
			assert_int_equal(h264_parse_sps(nal.data, nal.len,
			    &sps), 0);
		first = false;
	}
	assert_false(first);
}

/* Pictures begin with a key frame, have one each `gop` and follow one
 * another at `step_us`; sound does at `audio_us`, but for `slack_us`. */
static void
check_units(const struct run *r, int gop, int64_t step_us, int64_t audio_us,
    int64_t slack_us)
{
	int64_t last[2] = { INT64_MIN, INT64_MIN };
	int64_t step[2] = { step_us, audio_us };
	int n = 0;

	assert_true(r->n_video > 0);
	for (int i = 0; i < r->n_units; i++) {
		const struct media_unit *u = r->units[i];

		if (last[u->kind] != INT64_MIN)
			assert_in_range(u->time_us - last[u->kind] -
			    step[u->kind] + slack_us, 0, 2 * slack_us);
		last[u->kind] = u->time_us;
		if (u->kind == MEDIA_AUDIO)
			continue;
		assert_int_equal(u->key, n % gop == 0);
		check_picture(u);
		n++;
	}
	assert_int_equal(r->units[0]->kind, MEDIA_VIDEO);
	assert_true(r->units[0]->restart);
}

static void
test_demo(void **state)
{
	struct run *r = *state;

	start(r, "demo:?size=96x64&fps=40&gop=0.25");
	until_units(r, 60);
	check_units(r, 10, 25000, 20000, 1);
	assert_int_equal(r->n_restarts, 1);
	assert_true(r->n_audio > 20);
	assert_int_equal(r->units[1]->kind, MEDIA_AUDIO);
	assert_int_equal(r->units[1]->codec, MEDIA_OPUS);
	assert_int_equal(r->status.state, IPC_SOURCE_LIVE);
	assert_int_equal(r->status.video, MEDIA_H264);
	assert_int_equal(r->status.audio, MEDIA_OPUS);
	assert_int_equal(r->status.width, 96);
	assert_int_equal(r->status.height, 64);
	assert_string_equal(r->status.note, "");
}

/* Three times round: the times go on, each round is told. */
static void
test_file_loop(void **state)
{
	struct run *r = *state;

	start_file(r, "media/opus.mp4");
	until_units(r, 96);
	check_units(r, 5, 50000, 20000, 21000);
	assert_in_range(r->n_restarts, 3, 4);
	assert_int_equal(r->status.state, IPC_SOURCE_LIVE);
	assert_int_equal(r->status.audio, MEDIA_OPUS);
	assert_int_equal(r->status.width, 96);
	assert_int_equal(r->status.height, 64);
}

static void
test_file_raw(void **state)
{
	struct run *r = *state;

	start_file(r, "h264/baseline.h264");
	until_units(r, 13);
	for (int i = 0; i < r->n_units; i++)
		check_picture(r->units[i]);
	check_units(r, 6, 1000000 / 15, 0, 2);
	assert_in_range(r->n_restarts, 2, 3);
	assert_int_equal(r->status.audio, MEDIA_NONE);
}

static void
test_file_pcmu(void **state)
{
	struct run *r = *state;

	start_file(r, "media/pcmu.mkv");
	until_units(r, 50);
	assert_true(r->n_audio > 10);
	for (int i = 0; i < r->n_units; i++) {
		if (r->units[i]->kind != MEDIA_AUDIO)
			continue;
		assert_int_equal(r->units[i]->codec, MEDIA_PCMU);
		assert_in_range(r->units[i]->len, 1, 160);
	}
	assert_int_equal(r->status.audio, MEDIA_PCMU);
}

/* It has to be coded anew, and comes with what that needs. */
static void
test_file_other_audio(void **state)
{
	struct run *r = *state;

	start_file(r, "media/aac.mp4");
	until_units(r, 12);
	assert_true(r->n_audio > 0);
	assert_int_equal(r->status.state, IPC_SOURCE_LIVE);
	assert_int_equal(r->status.audio, MEDIA_FOREIGN);
	assert_string_equal(r->status.sound.coder, "aac");
	assert_true(r->status.sound.config_len >= 2);
	assert_string_equal(r->status.note, "");
}

/* No picture refers to these B-frames. It is told how many of the pictures are
 * left. */
static void
test_file_b_frames(void **state)
{
	struct run *r = *state;

	start_file(r, "media/bframes.mp4");
	until_note(r);
	assert_int_equal(r->status.state, IPC_SOURCE_LIVE);
	assert_non_null(strstr(r->status.note, "B-frames left out"));
	assert_null(strstr(r->status.note, "left out: 0 of"));
}

/* They have to be coded anew: B-frames that others refer to, another codec. */
static void
test_file_foreign(void **state)
{
	static const struct {
		const char *file, *coder;
	} cases[] = {
		{ "h264/bframes.h264", "h264" },
		{ "media/mjpeg.mp4", "mjpeg" },
	};
	struct run *r = *state;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		r->want_coder = cases[i].coder;
		start_file(r, cases[i].file);
		event_base_dispatch(r->base);
		assert_int_equal(r->status.video, MEDIA_FOREIGN);
		assert_string_equal(r->status.coder, cases[i].coder);
		source_close(r->source);
		r->source = NULL;
	}
}

static void
test_bad_files(void **state)
{
	struct run *r = *state;

	start_file(r, "media/missing.mp4");
	until_state(r, IPC_SOURCE_LOST);
	assert_non_null(strstr(r->status.error, "missing.mp4: no such file"));
	source_close(r->source);
	r->n_statuses = 0;
	start_file(r, "../unit/worker/camera/test_source.c");
	until_state(r, IPC_SOURCE_LOST);
	assert_non_null(strstr(r->status.error, "not a media file"));
}

/* Servers */

static void
on_request(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct run *r = arg;
	char *request, *cseq;

	if (evbuffer_search(in, "\r\n\r\n", 4, NULL).pos == -1)
		return;
	evbuffer_add(in, "", 1);
	request = (char *)evbuffer_pullup(in, -1);
	cseq = strcasestr(request, "CSeq:");
	if (r->answer != NULL && cseq != NULL)
		evbuffer_add_printf(bufferevent_get_output(bev),
		    "RTSP/1.0 %s\r\nCSeq: %d\r\n\r\n",
		    strncmp(request, "OPTIONS", 7) == 0 ? "200 OK" :
		    r->answer, atoi(cseq + 5));
	evbuffer_drain(in, evbuffer_get_length(in));
}

static void
on_hang_up(struct bufferevent *bev, short what, void *arg)
{
	struct run *r = arg;

	(void)bev;
	(void)what;
	r->hung_up = true;
	if (r->source == NULL)
		event_base_loopbreak(r->base);
}

static void
on_client(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa,
    int len, void *arg)
{
	struct run *r = arg;

	(void)l;
	(void)sa;
	(void)len;
	r->n_clients++;
	if (r->client != NULL)
		bufferevent_free(r->client);
	r->client = bufferevent_socket_new(r->base, fd,
	    BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(r->client, on_request, NULL, on_hang_up, r);
	bufferevent_enable(r->client, EV_READ);
	if (r->want_state == IPC_SOURCE_IDLE && r->want_units == 0)
		event_base_loopbreak(r->base);
}

/* Listens on r->port, or on a free one, which r->port then is. */
static void
serve(struct run *r)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET, .sin_port = htons(r->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof sin;

	r->listener = evconnlistener_new_bind(r->base, on_client, r,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, -1,
	    (struct sockaddr *)&sin, sizeof sin);
	assert_non_null(r->listener);
	getsockname(evconnlistener_get_fd(r->listener),
	    (struct sockaddr *)&sin, &len);
	r->port = ntohs(sin.sin_port);
}

static void
start_rtsp(struct run *r, const char *options)
{
	char *url = xasprintf("rtsp://joe:hush%%20x@127.0.0.1:%d/cam%s",
	    r->port, options);

	start(r, url);
	free(url);
}

static void
test_refusals(void **state)
{
	static const struct {
		const char *answer, *why;
	} cases[] = {
		{ "401 Unauthorized", "401 Unauthorized: check user" },
		{ "401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"x\", "
		    "nonce=\"y\", algorithm=SHA-512-256",
		    "asks for Digest SHA-512-256, which is not known here" },
		{ "403 Forbidden", "403 Forbidden" },
		{ "404 Not Found", "404 Not Found: no such path" },
		{ "453 Not Enough Bandwidth", "453 Not Enough Bandwidth: the" },
		{ "451 Parameter", "refuses the request (451 at DESCRIBE)" },
		{ "503 Service Unavailable", "503 Service Unavailable: the" },
		{ "505 Version", "the camera fails (505 at DESCRIBE)" },
		{ "nonsense", "answers to DESCRIBE is no RTSP: restart it" },
	};
	struct run *r = *state;

	serve(r);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		r->answer = cases[i].answer;
		r->n_statuses = 0;
		start_rtsp(r, "");
		until_state(r, IPC_SOURCE_LOST);
		if (strstr(r->status.error, cases[i].why) == NULL)
			fail_msg("%s", r->status.error);
		assert_null(strstr(r->status.error, "hush"));
		assert_null(strstr(r->status.error, "joe"));
		source_close(r->source);
		r->source = NULL;
	}
}

static void
test_silence(void **state)
{
	struct run *r = *state;

	serve(r);
	start_rtsp(r, "#timeout=1");
	until_state(r, IPC_SOURCE_LOST);
	assert_string_equal(r->status.error, "no answer for 1 s");
}

/* Nobody listens, then somebody does: it comes back by itself. */
static void
test_reconnect(void **state)
{
	struct run *r = *state;

	serve(r);
	evconnlistener_free(r->listener);
	r->listener = NULL;
	start_rtsp(r, "");
	until_state(r, IPC_SOURCE_LOST);
	assert_non_null(strstr(r->status.error, "connection refused"));
	serve(r);
	r->answer = "404 Not Found";
	until_state(r, IPC_SOURCE_LOST);
	assert_non_null(strstr(r->status.error, "404"));
	assert_true(r->n_clients >= 1);
}

/* In the middle of a read that would take minutes. */
static void
test_close_while_it_waits(void **state)
{
	struct run *r = *state;

	serve(r);
	start_rtsp(r, "#timeout=300");
	event_base_dispatch(r->base);
	assert_int_equal(r->n_clients, 1);
	if (r->n_statuses == 0)
		until_state(r, IPC_SOURCE_CONNECTING);
	assert_int_equal(r->status.state, IPC_SOURCE_CONNECTING);
	source_close(r->source);
	r->source = NULL;
	event_base_dispatch(r->base);
	assert_true(r->hung_up);
	assert_int_not_equal(r->status.state, IPC_SOURCE_LOST);
}

static void
test_bad_address(void **state)
{
	struct run *r = *state;
	struct error err;

	assert_null(source_open(r->base, "gopher://joe:hush@x", &settings,
	    &handler, r, &err));
	assert_non_null(strstr(err.text, "unknown scheme gopher"));
	assert_null(strstr(err.text, "hush"));
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_demo),
		TEST(test_file_loop),
		TEST(test_file_raw),
		TEST(test_file_pcmu),
		TEST(test_file_other_audio),
		TEST(test_file_b_frames),
		TEST(test_file_foreign),
		TEST(test_bad_files),
		TEST(test_refusals),
		TEST(test_silence),
		TEST(test_reconnect),
		TEST(test_close_while_it_waits),
		TEST(test_bad_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
