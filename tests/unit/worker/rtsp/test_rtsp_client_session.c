/* Passwords, signs of life, redirects, and how a session ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>

#include "clients.h"
#include "clock.h"
#include "descriptors.h"

#define DIGEST(nonce)	"WWW-Authenticate: Digest realm=\"cam\", nonce=\"" \
	nonce "\"\r\n"
#define SESSION_1_S	"Session: 4711;timeout=1\r\n"

static const char *const methods[] = { "OPTIONS", "DESCRIBE", "SETUP", "PLAY" };
#define N_METHODS	4

/* The address of a request is what its digest is of. */
static void
check_digest(const char *text, const char *nonce)
{
	char uri[256] = "", part[300];

	sscanf(text, "%*s %255s", uri);
	check_has(text, "\r\nAuthorization: Digest ");
	check_has(text, "username=\"joe\"");
	check_has(text, "response=\"");
	snprintf(part, sizeof part, "uri=\"%s\"", uri);
	check_has(text, part);
	snprintf(part, sizeof part, "nonce=\"%s\"", nonce);
	check_has(text, part);
	check_has_not(text, "hush");
}

static void
test_a_challenge_may_come_at_any_step(void **state)
{
	struct fixture *f = *state;

	f->wants = 1;
	for (int i = 0; i < N_METHODS; i++) {
		answer(f, methods[i], "401 Unauthorized", DIGEST("n1"));
		start_and_play(f);
		assert_int_equal(f->n_requests, 5);
		for (int j = 0; j <= i; j++)
			check_has_not(f->requests[j], "Authorization");
		for (int j = i + 1; j < f->n_requests; j++)
			check_digest(f->requests[j], "n1");
		assert_int_equal(count(f, methods[i]), 2);
		stop(f);
	}
}

static void
test_a_wrong_password_is_tried_once(void **state)
{
	struct fixture *f = *state;

	say(f, "DESCRIBE", 5, true, xstrdup(
	    "RTSP/1.0 401 Unauthorized\r\nCSeq: ^\r\n" DIGEST("n1") "\r\n"));
	until_ended(f, RTSP_END_PASSWORD);
	assert_int_equal(f->why.status, 401);
	assert_int_equal(f->why.auth, RTSP_AUTH_WRONG);
	assert_string_equal(f->why.method, "DESCRIBE");
	assert_int_equal(count(f, "DESCRIBE"), 2);
	stop(f);
	answer(f, "DESCRIBE", "401 Unauthorized",
	    "WWW-Authenticate: Negotiate\r\n");
	until_ended(f, RTSP_END_PASSWORD);
	assert_int_equal(f->why.auth, RTSP_AUTH_UNKNOWN);
	assert_string_equal(f->why_text, "Negotiate");
}

static void
test_a_nonce_may_be_stale(void **state)
{
	struct fixture *f = *state;

	answer(f, "DESCRIBE", "401 Unauthorized", DIGEST("n1"));
	answer(f, "PLAY", "401 Unauthorized", "WWW-Authenticate: Digest "
	    "realm=\"cam\", nonce=\"n2\", stale=true\r\n");
	start_and_play(f);
	check_digest(request(f, "SETUP", 1), "n1");
	check_digest(request(f, "PLAY", 0), "n1");
	check_digest(request(f, "PLAY", 1), "n2");
}

/* Signs of life */

static void
test_signs_of_life_are_of_a_kind_that_the_camera_knows(void **state)
{
	struct fixture *f = *state;
	int64_t begin_us;

	answer(f, "SETUP", "200 OK", SESSION_1_S);
	start_and_play(f);
	begin_us = clock_now_us();
	UNTIL(f, count(f, "OPTIONS") == 3);
	assert_in_range(clock_now_us() - begin_us, 500000, 3000000);
	check_has(request(f, "OPTIONS", 1), "\r\nSession: 4711\r\n");
	check_has(request(f, "OPTIONS", 1), "\r\nCSeq: 6\r\n");
	check_has(request(f, "OPTIONS", 2), "\r\nCSeq: 7\r\n");
	stop(f);
	answer(f, "OPTIONS", "200 OK", "Public: DESCRIBE, GET_PARAMETER\r\n");
	answer(f, "SETUP", "200 OK", SESSION_1_S);
	start_and_play(f);
	UNTIL(f, count(f, "GET_PARAMETER") == 1);
	assert_int_equal(count(f, "OPTIONS"), 1);
	check_has(request(f, "GET_PARAMETER", 0), "\r\nSession: 4711\r\n");
	assert_int_equal(f->n_ended, 0);
}

/* They would never play again, and no other answer told of it. */
static void
test_a_session_that_the_camera_has_forgotten_ends(void **state)
{
	struct fixture *f = *state;

	answer(f, "OPTIONS", "200 OK", "Public: GET_PARAMETER\r\n");
	answer(f, "SETUP", "200 OK", SESSION_1_S);
	answer(f, "GET_PARAMETER", "400 Bad Request", "");
	answer(f, "GET_PARAMETER", "454 Session Not Found", "");
	until_ended(f, RTSP_END_REFUSED);
	assert_int_equal(f->why.status, 454);
	assert_true(f->why.playing);
	assert_int_equal(count(f, "GET_PARAMETER"), 2);
}

static void
test_a_sign_of_life_is_sent_again_with_a_new_nonce(void **state)
{
	struct fixture *f = *state;

	answer(f, "OPTIONS", "401 Unauthorized", DIGEST("n1"));
	answer(f, "SETUP", "200 OK", SESSION_1_S);
	start_and_play(f);
	answer(f, "OPTIONS", "401 Unauthorized", DIGEST("n2"));
	UNTIL(f, count(f, "OPTIONS") == 4);
	check_digest(request(f, "OPTIONS", 2), "n1");
	check_digest(request(f, "OPTIONS", 3), "n2");
	leave(f);
	UNTIL(f, count(f, "TEARDOWN") == 1);
	check_digest(request(f, "TEARDOWN", 0), "n2");
}

static void
on_late(evutil_socket_t fd, short what, void *arg)
{
	struct fixture *f = arg;

	(void)fd;
	(void)what;
	write_saying(&f->camera, "RTSP/1.0 200 OK\r\nCSeq: 5\r\n\r\n", 0);
}

/* A sign of life meanwhile would take the number that the answer has. */
/* Without a Range, which would wind a film back; and until it is refused. */
static void
test_a_camera_may_be_told_to_play_again(void **state)
{
	struct fixture *f = *state;

	start(f);
	rtsp_client_play_again(f->client);	/* it does not play yet */
	UNTIL(f, rtsp_client_is_playing(f->client));
	assert_int_equal(count(f, "PLAY"), 1);
	rtsp_client_play_again(f->client);
	UNTIL(f, count(f, "PLAY") == 2);
	check_has_not(request(f, "PLAY", 1), "Range");
	check_has(request(f, "PLAY", 1), "\r\nSession: 1\r\n");
	answer(f, "PLAY", "455 Method Not Valid in This State", "");
	rtsp_client_play_again(f->client);
	UNTIL(f, count(f, "PLAY") == 3);
	bufferevent_write(f->camera.client, "$\0\0\4last", 8);
	UNTIL(f, f->n_packets > 0);	/* and the answer before it */
	rtsp_client_play_again(f->client);
	for (int i = 0; i < 10; i++)
		event_base_loop(f->base, EVLOOP_NONBLOCK);
	assert_int_equal(count(f, "PLAY"), 3);
	assert_true(rtsp_client_is_playing(f->client));
	assert_int_equal(f->n_ended, 0);
}

static void
test_a_camera_may_be_slow_to_play(void **state)
{
	struct timeval tv = { 0, 750000 };	/* more than half of 1 s */
	struct fixture *f = *state;
	struct event *late;

	answer(f, "SETUP", "200 OK", SESSION_1_S);
	f->camera.silent_at = "PLAY";
	start(f);
	UNTIL(f, count(f, "PLAY") == 1);
	say(f, "OPTIONS", 1000, true, xstrdup(""));
	late = evtimer_new(f->base, on_late, f);
	event_add(late, &tv);
	UNTIL(f, rtsp_client_is_playing(f->client));
	assert_int_equal(count(f, "OPTIONS"), 1);
	event_free(late);
}

/* Redirects */

static void
send_to(struct fixture *f, const char *method, const char *where, int port)
{
	char *location = xasprintf(where, port);
	char *headers = xasprintf("Location: %s\r\n", location);

	answer(f, method, "302 Moved Temporarily", headers);
	free(location);
	free(headers);
}

static void
test_another_port_of_the_host_is_gone_to(void **state)
{
	struct fixture *f = *state;
	char line[128];

	for (int i = 0; i < 2; i++) {
		send_to(f, methods[i], "rtsp://127.0.0.1:%d/new?x",
		    f->other.port);
		f->other.heard[0] = '\0';
		start_and_play(f);
		assert_string_equal(f->other.heard,
		    "OPTIONS DESCRIBE SETUP SETUP PLAY ");
		snprintf(line, sizeof line,
		    "OPTIONS rtsp://127.0.0.1:%d/new?x RTSP", f->other.port);
		check_has(request(f, "OPTIONS", 1), line);
		assert_int_equal(count(f, "TEARDOWN"), 0);
		stop(f);
	}
}

static void
test_another_host_is_not_gone_to(void **state)
{
	static const char *const places[] = {
		"rtsp://joe:hush@127.0.0.2:%d/new", "rtsps://127.0.0.1:%d/new",
	};
	struct fixture *f = *state;
	char want[64];

	for (int i = 0; i < 2; i++) {
		send_to(f, "DESCRIBE", places[i], f->other.port);
		until_ended(f, RTSP_END_REDIRECT);
		snprintf(want, sizeof want, i == 0 ?
		    "rtsp://127.0.0.2:%d/new" : "rtsps://127.0.0.1:%d/new",
		    f->other.port);
		assert_string_equal(f->why_text, want);
		assert_int_equal(f->n_requests, 2);
		stop(f);
	}
	assert_null(f->other.client);
}

static void
test_endless_redirects_end(void **state)
{
	struct fixture *f = *state;

	say(f, "OPTIONS", 50, true, xasprintf("RTSP/1.0 301 Moved\r\nCSeq: ^"
	    "\r\nLocation: rtsp://127.0.0.1:%d/cam\r\n\r\n",
	    f->camera.port));
	until_ended(f, RTSP_END_REDIRECT);
	assert_int_equal(count(f, "OPTIONS"), 6);
}

static void
test_redirects_to_nowhere_are_refusals(void **state)
{
	struct fixture *f = *state;

	answer(f, "DESCRIBE", "302 Moved", "");
	until_ended(f, RTSP_END_REFUSED);
	assert_int_equal(f->why.status, 302);
	stop(f);
	send_to(f, "SETUP", "rtsp://127.0.0.1:%d/new", f->other.port);
	until_ended(f, RTSP_END_REFUSED);
	assert_int_equal(f->why.status, 302);
	assert_null(f->other.client);
}

/* Ends */

static void
test_silence_ends_each_step(void **state)
{
	struct fixture *f = *state;

	f->config.timeout_ms = SHORT_MS;
	for (int i = 0; i < N_METHODS; i++) {
		f->camera.silent_at = methods[i];
		until_ended(f, RTSP_END_SILENT);
		assert_string_equal(f->why.method, methods[i]);
		assert_false(f->why.answering);
		assert_false(f->why.playing);
		stop(f);
	}
	f->camera.silent_at = NULL;
	say(f, "DESCRIBE", 1, true, xstrdup("RTSP/1.0 200 OK\r\nCSeq"));
	until_ended(f, RTSP_END_SILENT);
	assert_string_equal(f->why.method, "DESCRIBE");
	assert_true(f->why.answering);
}

static void
test_a_camera_that_plays_may_be_silent(void **state)
{
	struct timeval tv = { 0, 3000L * SHORT_MS };
	struct fixture *f = *state;

	f->config.timeout_ms = SHORT_MS;
	start_and_play(f);
	event_base_loopexit(f->base, &tv);
	event_base_dispatch(f->base);
	assert_int_equal(f->n_ended, 0);
}

static void
test_a_camera_may_hang_up_at_each_step(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < N_METHODS; i++) {
		f->camera.hang_up_at = methods[i];
		until_ended(f, RTSP_END_CONN);
		assert_int_equal(f->why.conn, RTSP_CONN_CLOSED);
		assert_string_equal(f->why.method, methods[i]);
		stop(f);
	}
	f->camera.hang_up_at = NULL;
	start_and_play(f);
	hang_up(&f->camera);
	UNTIL(f, f->n_ended > 0);
	assert_int_equal(f->why.conn, RTSP_CONN_CLOSED);
	assert_true(f->why.playing);
	assert_int_equal(f->n_ended, 1);
}

static void
test_a_camera_may_refuse_at_each_step(void **state)
{
	struct fixture *f = *state;

	f->camera.status = "453 Not Enough Bandwidth";
	for (int i = 1; i < N_METHODS; i++) {
		f->camera.refuse_at = methods[i];
		until_ended(f, RTSP_END_REFUSED);
		assert_int_equal(f->why.status, 453);
		assert_string_equal(f->why.method, methods[i]);
		assert_int_equal(count(f, methods[i]), 1);
		stop(f);
	}
}

/* What HTTP says is told as such: no request of RTSP has been sent. */
static void
test_http_may_refuse(void **state)
{
	static const struct {
		const char *answer;
		enum rtsp_client_end end;
		int status;
	} cases[] = {
		{ "HTTP/1.0 404 Not Found\r\n\r\n", RTSP_END_NO_TUNNEL, 404 },
		{ "RTSP/1.0 501 No\r\n\r\n", RTSP_END_NO_TUNNEL, 0 },
		{ "HTTP/1.0 401 No\r\nWWW-Authenticate: Magic\r\n\r\n",
		    RTSP_END_PASSWORD, 401 },
	};
	struct fixture *f = *state;

	f->config.http = true;
	f->config.udp = true;	/* which is not looked at */
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		say(f, "GET", 1, true, xstrdup(cases[i].answer));
		until_ended(f, cases[i].end);
		check_has(request(f, "GET", 0), "GET /cam HTTP/1.0\r\n");
		assert_int_equal(f->why.status, cases[i].status);
		assert_string_equal(f->why.method, "");
		if (cases[i].status == 401) {
			assert_int_equal(f->why.auth, RTSP_AUTH_UNKNOWN);
			assert_string_equal(f->why_text, "Magic");
		}
		stop(f);
	}
	f->camera.hang_up_at = "GET";
	until_ended(f, RTSP_END_NO_TUNNEL);
	stop(f);
	f->camera.hang_up_at = NULL;
	f->config.timeout_ms = SHORT_MS;
	say(f, "GET", 1, true, xstrdup("HTTP/1.0 200 OK\r\n"));
	until_ended(f, RTSP_END_SILENT);
}

static void
test_nobody_may_listen(void **state)
{
	struct fixture *f = *state;

	fake_camera_close(&f->camera);
	until_ended(f, RTSP_END_CONN);
	assert_int_equal(f->why.conn, RTSP_CONN_FAILED);
	assert_int_equal(f->why.error, ECONNREFUSED);
	assert_string_equal(f->why.method, "");
	fake_camera_open(&f->camera, f->base);	/* to be closed again */
}

/* A listener whose queue is full answers nobody, like a host that is off: that
 * is another end than a camera's silence. */
static void
test_nobody_may_be_there(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof sin;
	int fds[4];

	for (int i = 0; i < 4; i++)
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(fds[0], (struct sockaddr *)&sin, len), 0);
	assert_int_equal(listen(fds[0], 1), 0);
	getsockname(fds[0], (struct sockaddr *)&sin, &len);
	for (int i = 1; i < 4; i++)
		connect(fds[i], (struct sockaddr *)&sin, len);
	f->camera.port = ntohs(sin.sin_port);
	f->config.timeout_ms = SHORT_MS;
	until_ended(f, RTSP_END_CONN);
	assert_int_equal(f->why.conn, RTSP_CONN_FAILED);
	assert_int_equal(f->why.error, ETIMEDOUT);
	for (int i = 0; i < 4; i++)
		close(fds[i]);
}

/* No descriptor is left once the tracks are known. */
static int
described_by_the_last(const struct camera_sdp *sdp,
    int wanted[RTSP_CLIENT_TRACKS], void *arg)
{
	forbid_descriptors(true);
	return on_described(sdp, wanted, arg);
}

static void
test_ports_may_be_lacking(void **state)
{
	const struct rtsp_client_handler handler = {
		described_by_the_last, on_ready, on_packet, on_ended
	};
	struct fixture *f = *state;

	f->config.udp = true;
	start(f);
	rtsp_client_free(f->client);
	f->client = rtsp_client_open(f->base, &f->config, &handler, f);
	UNTIL(f, f->n_ended > 0);
	forbid_descriptors(false);
	assert_int_equal(f->why.end, RTSP_END_NO_PORTS);
	assert_int_equal(f->why.error, EMFILE);
	rtsp_client_free(f->client);
	forbid_descriptors(true);
	f->client = rtsp_client_open(f->base, &f->config, &handler, f);
	forbid_descriptors(false);
	assert_null(f->client);
}

/* Goodbye */

static void
test_the_camera_is_told_goodbye_once_there_is_a_session(void **state)
{
	struct fixture *f = *state;
	char line[128];

	answer(f, "SETUP", "200 OK", "Session: a.b \r\n");
	start_and_play(f);
	leave(f);
	UNTIL(f, count(f, "TEARDOWN") == 1);
	snprintf(line, sizeof line, "TEARDOWN rtsp://127.0.0.1:%d/cam RTSP",
	    f->camera.port);
	check_has(request(f, "TEARDOWN", 0), line);
	check_has(request(f, "TEARDOWN", 0), "\r\nSession: a.b\r\n");
	stop(f);
	f->camera.refuse_at = "PLAY";
	f->camera.status = "500 Oops";
	until_ended(f, RTSP_END_REFUSED);
	leave(f);
	UNTIL(f, count(f, "TEARDOWN") == 1);
}

/* More than the sockets' buffers take: the client leaves in the middle. */
static void
play_much(struct fake_camera *c, void *arg)
{
	static const uint8_t packet[64] = { '$', 0, 0, 60 };

	(void)arg;
	for (int i = 0; i < 200000; i++)
		bufferevent_write(c->client, packet, sizeof packet);
}

static void
test_goodbye_is_heard_though_packets_stream_in(void **state)
{
	struct fixture *f = *state;

	f->camera.play = play_much;
	start(f);
	UNTIL(f, f->n_packets > 0);
	leave(f);
	UNTIL(f, count(f, "TEARDOWN") == 1);
}

/* Of nothing that was begun is anything left: the sanitizer looks. */
static void
test_a_client_may_be_freed_at_each_step(void **state)
{
	struct fixture *f = *state;

	start(f);
	stop(f);
	for (int udp = 0; udp < 2; udp++) {
		f->config.udp = udp == 1;
		for (int i = 1; i <= 5; i++) {
			start(f);
			UNTIL(f, f->n_requests >= i);
			leave(f);
			event_base_loop(f->base, EVLOOP_NONBLOCK);
			stop(f);
			start(f);
			UNTIL(f, f->n_requests >= i);
			event_base_loop(f->base, EVLOOP_NONBLOCK);
			stop(f);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_challenge_may_come_at_any_step),
		TEST(test_a_wrong_password_is_tried_once),
		TEST(test_a_nonce_may_be_stale),
		TEST(test_signs_of_life_are_of_a_kind_that_the_camera_knows),
		TEST(test_a_session_that_the_camera_has_forgotten_ends),
		TEST(test_a_sign_of_life_is_sent_again_with_a_new_nonce),
		TEST(test_a_camera_may_be_told_to_play_again),
		TEST(test_a_camera_may_be_slow_to_play),
		TEST(test_another_port_of_the_host_is_gone_to),
		TEST(test_another_host_is_not_gone_to),
		TEST(test_endless_redirects_end),
		TEST(test_redirects_to_nowhere_are_refusals),
		TEST(test_silence_ends_each_step),
		TEST(test_a_camera_that_plays_may_be_silent),
		TEST(test_a_camera_may_hang_up_at_each_step),
		TEST(test_a_camera_may_refuse_at_each_step),
		TEST(test_http_may_refuse),
		TEST(test_nobody_may_listen),
		TEST(test_nobody_may_be_there),
		TEST(test_ports_may_be_lacking),
		TEST(test_the_camera_is_told_goodbye_once_there_is_a_session),
		TEST(test_goodbye_is_heard_though_packets_stream_in),
		TEST(test_a_client_may_be_freed_at_each_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
