/* What a client asks, and what it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/worker/serve/requests.h"
#include "worker/serve/rtsp_serve.h"
#include "xalloc.h"

#define URI	"rtsp://192.0.2.1:8554/door"

static struct rtsp_serve *serve;
static char *answer;
static char session[128];	/* the header's line */
static int cseq;
static int open_status;
static struct rtsp_way opened[SERVE_TRACKS];
static int n_opened;

static int
on_open(int track, struct rtsp_way *way, void *arg)
{
	assert_ptr_equal(arg, &serve);
	assert_in_range(track, 0, SERVE_TRACKS - 1);
	way->ssrc = 0xabc + (uint32_t)track;
	if (!way->tcp) {
		way->server_port[0] = 7000 + 2 * track;
		way->server_port[1] = 7001 + 2 * track;
	}
	opened[track] = *way;
	n_opened++;
	return open_status;
}

static void
on_begin(int track, struct rtsp_begin *b, void *arg)
{
	assert_ptr_equal(arg, &serve);
	*b = (struct rtsp_begin){ (uint16_t)(100 + track), track == 0, 4711 };
}

static const struct rtsp_serve_handler handler = { on_open, on_begin };

static int
set_up(void **state)
{
	(void)state;
	serve = rtsp_serve_new(NULL, NULL, &handler, &serve);
	cseq = n_opened = 0;
	open_status = 200;
	session[0] = '\0';
	answer = NULL;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	rtsp_serve_free(serve);
	free(answer);
	return 0;
}

static void
begin_anew(void)
{
	tear_down(NULL);
	set_up(NULL);
}

/* `headers` are whole lines. */
static enum rtsp_serve_act
ask(const char *method, const char *uri, const char *headers)
{
	char *text = xasprintf("%s %s RTSP/1.0\r\nCSeq: %d\r\n%s\r\n", method,
	    uri, ++cseq, headers);
	enum rtsp_serve_act act;
	struct rtsp_message m;

	read_message(text, &m);
	free(answer);
	act = rtsp_serve_take(serve, &m, &answer);
	free(text);
	assert_true((answer == NULL) == (act == RTSP_SERVE_DESCRIBE));
	return act;
}

/* The answer's status; it has the request's CSeq. */
static int
status(void)
{
	struct rtsp_message m;

	read_message(answer, &m);
	assert_int_equal(m.kind, RTSP_ANSWER);
	assert_int_equal(m.cseq, cseq);
	return m.status;
}

/* Copies a header of the answer, "" if it has none. */
static const char *
header(const char *name)
{
	static char value[512];
	const struct rtsp_text *t;
	struct rtsp_message m;

	read_message(answer, &m);
	t = rtsp_header(&m, name, 0);
	snprintf(value, sizeof value, "%.*s", t != NULL ? (int)t->len : 0,
	    t != NULL ? t->data : "");
	return value;
}

static void
describe(enum media_codec audio)
{
	const struct media_description media = { MEDIA_H264, audio, 0, 0, 0 };
	struct serve_tracks tracks;

	assert_int_equal(ask("DESCRIBE", URI, ""), RTSP_SERVE_DESCRIBE);
	serve_tracks_choose(&media, NULL, &tracks);
	answer = rtsp_serve_described(serve, &tracks, "v=0\r\n", 200);
	assert_int_equal(status(), 200);
}

static void
note_session(void)
{
	snprintf(session, sizeof session, "Session: %.*s\r\n",
	    (int)strcspn(header("Session"), ";"), header("Session"));
}

static int
setup(const char *track, const char *transport)
{
	char *uri = xasprintf(URI "%s", track);
	char *headers = xasprintf("%sTransport: %s\r\n", session, transport);

	assert_int_equal(ask("SETUP", uri, headers), RTSP_SERVE_ANSWER);
	free(uri);
	free(headers);
	return status();
}

static void
test_options(void **state)
{
	(void)state;
	assert_int_equal(ask("OPTIONS", "*", ""), RTSP_SERVE_ANSWER);
	assert_int_equal(status(), 200);
	assert_string_equal(header("Public"), "OPTIONS, DESCRIBE, SETUP, "
	    "PLAY, PAUSE, GET_PARAMETER, SET_PARAMETER, TEARDOWN");
}

static void
test_describe(void **state)
{
	struct rtsp_message m;

	(void)state;
	describe(MEDIA_OPUS);
	assert_string_equal(header("Content-Base"), URI "/");
	assert_string_equal(header("Content-Type"), "application/sdp");
	read_message(answer, &m);
	assert_int_equal(m.body_len, 5);
	assert_memory_equal(m.body, "v=0\r\n", 5);
}

/* Where the tracks are is not told with two slashes. */
static void
test_describe_with_a_slash(void **state)
{
	struct serve_tracks none = { .n = 0 };

	(void)state;
	assert_int_equal(ask("DESCRIBE", URI "/", ""), RTSP_SERVE_DESCRIBE);
	answer = rtsp_serve_described(serve, &none, "v=0\r\n", 200);
	assert_string_equal(header("Content-Base"), URI "/");
	assert_int_equal(ask("DESCRIBE", URI "?video/", ""),
	    RTSP_SERVE_DESCRIBE);
	assert_string_equal(rtsp_serve_query(serve), "video");
	answer = rtsp_serve_described(serve, &none, "v=0\r\n", 200);
	assert_string_equal(header("Content-Base"), URI "?video/");
}

static void
test_describe_fails(void **state)
{
	(void)state;
	assert_int_equal(ask("DESCRIBE", URI "?video=h264&paused=true", ""),
	    RTSP_SERVE_DESCRIBE);
	assert_string_equal(rtsp_serve_query(serve), "video=h264&paused=true");
	answer = rtsp_serve_described(serve, NULL, NULL, 503);
	assert_int_equal(status(), 503);
	assert_int_equal(setup("/trackID=0", "RTP/AVP/TCP"), 455);
	assert_int_equal(ask("DESCRIBE", URI, ""), RTSP_SERVE_DESCRIBE);
	assert_null(rtsp_serve_query(serve));
	answer = rtsp_serve_described(serve, NULL, NULL, 404);
	assert_int_equal(status(), 404);
}

static void
test_tcp(void **state)
{
	const char *want;

	(void)state;
	describe(MEDIA_OPUS);
	assert_int_equal(setup("/trackID=0",
	    "RTP/AVP/TCP;unicast;interleaved=0-1"), 200);
	assert_string_equal(header("Transport"),
	    "RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=00000ABC");
	assert_non_null(strstr(header("Session"), ";timeout=60"));
	note_session();
	assert_int_equal(setup("/trackID=1",
	    "RTP/AVP/TCP;unicast;interleaved=8-9"), 200);
	assert_int_equal(n_opened, 2);
	assert_int_equal(rtsp_serve_way(serve, 1)->channel[1], 9);
	assert_int_equal(ask("PLAY", URI "/", session), RTSP_SERVE_PLAY);
	assert_int_equal(status(), 200);
	assert_string_equal(header("Range"), "npt=now-");
	want = "url=" URI "/trackID=0;seq=100;rtptime=4711,"
	    "url=" URI "/trackID=1;seq=101";
	assert_string_equal(header("RTP-Info"), want);
	assert_int_equal(ask("PAUSE", URI, session), RTSP_SERVE_PAUSE);
	assert_int_equal(status(), 200);
	assert_int_equal(ask("PAUSE", URI, session), RTSP_SERVE_ANSWER);
	assert_int_equal(status(), 200);
	assert_int_equal(ask("PLAY", URI "/trackID=0", session),
	    RTSP_SERVE_PLAY);
	assert_string_equal(header("RTP-Info"), want);
	assert_int_equal(ask("PLAY", URI, session), RTSP_SERVE_ANSWER);
	assert_int_equal(status(), 200);
	assert_int_equal(ask("TEARDOWN", URI, session), RTSP_SERVE_TEARDOWN);
	assert_int_equal(status(), 200);
	assert_null(rtsp_serve_way(serve, 0));
}

/* A player that no packet reaches by UDP begins anew by TCP. */
static void
test_udp_and_then_tcp(void **state)
{
	(void)state;
	describe(MEDIA_OPUS);
	assert_int_equal(setup("/trackID=0",
	    "RTP/AVP/UDP;unicast;client_port=5000-5001"), 200);
	assert_string_equal(header("Transport"), "RTP/AVP;unicast;"
	    "client_port=5000-5001;server_port=7000-7001;ssrc=00000ABC");
	note_session();
	assert_int_equal(setup("/trackID=1",
	    "RTP/AVP;unicast;client_port=5002-5003;mode=\"PLAY\""), 200);
	assert_string_equal(header("Transport"), "RTP/AVP;unicast;"
	    "client_port=5002-5003;server_port=7002-7003;ssrc=00000ABD");
	assert_int_equal(ask("PLAY", URI, session), RTSP_SERVE_PLAY);
	assert_int_equal(setup("/trackID=0", "RTP/AVP/TCP"), 455);
	assert_int_equal(ask("TEARDOWN", URI, session), RTSP_SERVE_TEARDOWN);
	session[0] = '\0';
	assert_int_equal(setup("/trackID=0", "RTP/AVP/TCP"), 200);
	assert_string_equal(header("Transport"),
	    "RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=00000ABC");
	note_session();
	assert_int_equal(ask("PLAY", URI, session), RTSP_SERVE_PLAY);
	assert_string_equal(header("RTP-Info"),
	    "url=" URI "/trackID=0;seq=100;rtptime=4711");
}

static const struct {
	const char *transport, *want;	/* NULL: 461 */
} transports[] = {
	{ "RTP/AVP/TCP;interleaved=4-5", "interleaved=4-5" },
	{ "rtp/avp/tcp;INTERLEAVED=4-5", "interleaved=4-5" },
	{ "RTP/AVP/TCP;interleaved=254-255", "interleaved=254-255" },
	{ "RTP/AVP/TCP;interleaved=4", "interleaved=4-5" },
	{ "RTP/AVP/TCP", "interleaved=0-1" },
	{ "RTP/AVP/TCP;interleaved=255-256", "interleaved=0-1" },
	{ "RTP/AVP/TCP;interleaved=3-3", "interleaved=0-1" },
	{ "RTP/AVP/TCP;interleaved=-1-2", "interleaved=0-1" },
	{ "RTP/AVP/TCP;interleaved=1-x", "interleaved=0-1" },
	{ "RTP/AVP/TCP;interleaved=", "interleaved=0-1" },
	{ "RTP/AVP/TCP;interleaved=11111111111111111", "interleaved=0-1" },
	{ "RTP/AVP/TCP;interleaved=0000000000000007", "interleaved=0-1" },
	{ "RTP/AVP/TCP;interleaved=255-254", "interleaved=255-254" },
	{ "RTP/AVP;unicast;client_port=6000-6001",
	    "client_port=6000-6001;server_port=7000-7001" },
	{ "RTP/AVP;client_port=6000",
	    "client_port=6000-6001;server_port=7000-7001" },
	{ "RTP/AVP;unicast;client_port=65535", NULL },
	{ "RTP/AVP;unicast;client_port=0-1", NULL },
	{ "RTP/AVP;unicast;client_port=6000-99999", NULL },
	{ "RTP/AVP;unicast", NULL },
	{ "RTP/AVP;multicast;client_port=6000-6001", NULL },
	{ "RTP/AVP", NULL },
	{ "RTP/SAVP;unicast;client_port=6000-6001", NULL },
	{ "RTP/AVP/TCP;mode=record", NULL },
	{ "RTP/AVP/TCP;mode=\"RECORD\"", NULL },
	{ "", NULL },
	{ ",", NULL },
	{ "RAW/RAW/UDP;unicast, RTP/AVP/TCP;unicast;interleaved=2-3",
	    "interleaved=2-3" },
	{ "RTP/AVP;multicast,RTP/AVP;unicast;client_port=8000-8001,"
	    "RTP/AVP/TCP", "client_port=8000-8001;server_port=7000-7001" },
};

static void
test_transports(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof transports / sizeof transports[0]; i++) {
		int want = transports[i].want != NULL ? 200 : 461;

		begin_anew();
		describe(MEDIA_NONE);
		assert_int_equal(setup("/trackID=0", transports[i].transport),
		    want);
		assert_int_equal(n_opened, want == 200);
		if (want == 200 && strstr(header("Transport"),
		    transports[i].want) == NULL)
			fail_msg("%s: %s", transports[i].transport,
			    header("Transport"));
	}
}

static void
test_channels_of_another_track(void **state)
{
	(void)state;
	describe(MEDIA_OPUS);
	assert_int_equal(setup("/trackID=0", "RTP/AVP/TCP;interleaved=2-3"),
	    200);
	assert_int_equal(setup("/trackID=1", "RTP/AVP/TCP;interleaved=3-4"),
	    200);
	assert_non_null(strstr(header("Transport"), "interleaved=4-5"));
	/* Its own it may have again. */
	assert_int_equal(setup("/trackID=1", "RTP/AVP/TCP;interleaved=4-5"),
	    200);
	assert_non_null(strstr(header("Transport"), "interleaved=4-5"));
}

static void
test_one_way_for_all(void **state)
{
	(void)state;
	describe(MEDIA_OPUS);
	assert_int_equal(setup("/trackID=0", "RTP/AVP/TCP"), 200);
	assert_int_equal(setup("/trackID=1",
	    "RTP/AVP;unicast;client_port=6000-6001"), 461);
	assert_int_equal(setup("/trackID=1",
	    "RTP/AVP;unicast;client_port=6000-6001,RTP/AVP/TCP"), 200);
	assert_true(rtsp_serve_way(serve, 1)->tcp);
}

static void
test_tracks(void **state)
{
	(void)state;
	describe(MEDIA_OPUS);
	assert_int_equal(setup("", "RTP/AVP/TCP"), 459);
	assert_int_equal(setup("/", "RTP/AVP/TCP"), 459);
	assert_int_equal(setup("/trackID=2", "RTP/AVP/TCP"), 459);
	assert_int_equal(setup("/trackID=00", "RTP/AVP/TCP"), 459);
	assert_int_equal(setup("/trackID=-", "RTP/AVP/TCP"), 459);
	assert_int_equal(setup("?video/trackID=1", "RTP/AVP/TCP"), 200);
	assert_int_equal(n_opened, 1);
	begin_anew();
	describe(MEDIA_NONE);
	assert_int_equal(setup("/trackID=1", "RTP/AVP/TCP"), 404);
	assert_int_equal(setup("", "RTP/AVP/TCP"), 200);
}

static void
test_no_ports_left(void **state)
{
	(void)state;
	describe(MEDIA_NONE);
	open_status = 503;
	assert_int_equal(setup("", "RTP/AVP;client_port=6000-6001"), 503);
	assert_null(rtsp_serve_way(serve, 0));
	assert_int_equal(ask("PLAY", URI, ""), RTSP_SERVE_ANSWER);
	assert_int_equal(status(), 455);
}

static void
test_what_is_not_due(void **state)
{
	(void)state;
	assert_int_equal(setup("/trackID=0", "RTP/AVP/TCP"), 455);
	ask("PLAY", URI, "");
	assert_int_equal(status(), 455);
	ask("PAUSE", URI, "");
	assert_int_equal(status(), 455);
	assert_int_equal(ask("TEARDOWN", URI, ""), RTSP_SERVE_TEARDOWN);
	assert_int_equal(status(), 200);
}

static void
test_another_session(void **state)
{
	(void)state;
	describe(MEDIA_NONE);
	assert_int_equal(setup("", "RTP/AVP/TCP"), 200);
	note_session();
	ask("PLAY", URI, "");
	assert_int_equal(status(), 454);
	ask("PLAY", URI, "Session: 4711\r\n");
	assert_int_equal(status(), 454);
	ask("TEARDOWN", URI, "Session: 4711\r\n");
	assert_int_equal(status(), 454);
	ask("GET_PARAMETER", URI, "Session: 4711\r\n");
	assert_int_equal(status(), 454);
	session[strlen(session) - 2] = '\0';
	strcat(session, "0\r\n");
	ask("PLAY", URI, session);
	assert_int_equal(status(), 454);
	session[strlen(session) - 3] = '\0';
	strcat(session, ";timeout=60\r\n");
	assert_int_equal(ask("PLAY", URI, session), RTSP_SERVE_PLAY);
	assert_int_equal(status(), 200);
}

static void
test_signs_of_life(void **state)
{
	(void)state;
	ask("GET_PARAMETER", URI, "");
	assert_int_equal(status(), 200);
	assert_string_equal(header("Session"), "");
	describe(MEDIA_NONE);
	assert_int_equal(setup("", "RTP/AVP/TCP"), 200);
	note_session();
	assert_int_equal(ask("GET_PARAMETER", URI, session),
	    RTSP_SERVE_ANSWER);
	assert_int_equal(status(), 200);
	assert_string_not_equal(header("Session"), "");
	ask("SET_PARAMETER", URI, session);
	assert_int_equal(status(), 200);
	ask("OPTIONS", URI, session);
	assert_int_equal(status(), 200);
}

/* "barparam: barstuff" and the like is nothing that we have. */
static void
test_parameters(void **state)
{
	struct rtsp_message m;

	(void)state;
	read_message("GET_PARAMETER " URI " RTSP/1.0\r\nCSeq: 1\r\n"
	    "Content-Length: 8\r\n\r\npackets\n", &m);
	cseq = 1;
	rtsp_serve_take(serve, &m, &answer);
	assert_int_equal(status(), 451);
}

static void
test_what_is_unknown(void **state)
{
	(void)state;
	ask("ANNOUNCE", URI, "");
	assert_int_equal(status(), 405);
	assert_non_null(strstr(header("Allow"), "DESCRIBE"));
	ask("RECORD", URI, "");
	assert_int_equal(status(), 405);
	ask("DESCRIBE", URI, "Require: www.onvif.org/ver20/backchannel\r\n");
	assert_int_equal(status(), 551);
	assert_string_equal(header("Unsupported"),
	    "www.onvif.org/ver20/backchannel");
}

static void
test_what_cannot_be_read(void **state)
{
	char uri[2000];
	struct rtsp_message m;
	char *text;

	(void)state;
	read_message("OPTIONS * RTSP/1.0\r\n\r\n", &m);
	rtsp_serve_take(serve, &m, &answer);
	cseq = -1;
	assert_int_equal(status(), 400);
	memset(uri, 'a', sizeof uri - 1);
	uri[sizeof uri - 1] = '\0';
	cseq = 0;
	uri[1025] = '\0';
	ask("DESCRIBE", uri, "");
	assert_int_equal(status(), 414);
	uri[1024] = '\0';
	assert_int_equal(ask("DESCRIBE", uri, ""), RTSP_SERVE_DESCRIBE);
	answer = rtsp_serve_described(serve, NULL, NULL, 404);
	text = rtsp_serve_refuse(413);
	assert_string_equal(text, "RTSP/1.0 413 Request Entity Too Large\r\n"
	    "Server: lull\r\n\r\n");
	free(text);
}

static void
test_a_description_again(void **state)
{
	(void)state;
	describe(MEDIA_OPUS);
	describe(MEDIA_OPUS);
	assert_int_equal(setup("/trackID=1", "RTP/AVP/TCP"), 200);
	assert_int_equal(ask("DESCRIBE", URI, ""), RTSP_SERVE_ANSWER);
	assert_int_equal(status(), 200);
	assert_string_equal(header("Content-Type"), "application/sdp");
	assert_int_equal(rtsp_serve_tracks(serve)->n, 2);
}

static void
test_password(void **state)
{
	const char *wrong;
	char *line, nonce[64];

	(void)state;
	rtsp_serve_free(serve);
	serve = rtsp_serve_new("me", "secret", &handler, &serve);
	ask("OPTIONS", URI, "");
	assert_int_equal(status(), 200);
	assert_false(rtsp_serve_is_open(serve));
	for (const char *const *m = (const char *const[]) { "DESCRIBE",
	    "SETUP", "PLAY", "PAUSE", "GET_PARAMETER", "SET_PARAMETER",
	    "TEARDOWN", NULL }; *m != NULL; m++) {
		assert_int_equal(ask(*m, URI, ""), RTSP_SERVE_ANSWER);
		assert_int_equal(status(), 401);
		assert_non_null(strstr(header("WWW-Authenticate"),
		    "Digest realm=\"lull\", nonce=\""));
	}
	wrong = strstr(answer, "nonce=\"") + 7;
	snprintf(nonce, sizeof nonce, "%.*s", ID_HEX_LEN, wrong);
	line = xasprintf("Authorization: Digest username=\"me\", "
	    "nonce=\"%s\", uri=\"" URI "\", "
	    "response=\"00000000000000000000000000000000\"\r\n", nonce);
	for (int i = 1; i < RTSP_GUARD_WRONG; i++)
		assert_int_equal(ask("DESCRIBE", URI, line),
		    RTSP_SERVE_ANSWER);
	assert_int_equal(ask("DESCRIBE", URI, line), RTSP_SERVE_END);
	assert_int_equal(status(), 401);
	assert_false(rtsp_serve_is_open(serve));
	free(line);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_options),
		TEST(test_describe),
		TEST(test_describe_with_a_slash),
		TEST(test_describe_fails),
		TEST(test_tcp),
		TEST(test_udp_and_then_tcp),
		TEST(test_transports),
		TEST(test_channels_of_another_track),
		TEST(test_one_way_for_all),
		TEST(test_tracks),
		TEST(test_no_ports_left),
		TEST(test_what_is_not_due),
		TEST(test_another_session),
		TEST(test_signs_of_life),
		TEST(test_parameters),
		TEST(test_what_is_unknown),
		TEST(test_what_cannot_be_read),
		TEST(test_a_description_again),
		TEST(test_password),
	};

	return cmocka_run_group_tests_name("rtsp_serve", tests, NULL, NULL);
}
