/* The requests, what is made of the answers, and what comes in between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "clients.h"

#define TRANSPORT(channels) "Transport: RTP/AVP/TCP;unicast;interleaved=" \
	channels "\r\n"

static void
check_line(const char *text, const char *format, int port)
{
	char line[256];

	snprintf(line, sizeof line, format, port);
	check_has(text, line);
}

static void
test_requests_come_in_order(void **state)
{
	struct fixture *f = *state;
	int port = f->camera.port;
	char number[32];

	start_and_play(f);
	assert_string_equal(f->camera.heard,
	    "OPTIONS DESCRIBE SETUP SETUP PLAY ");
	for (int i = 0; i < f->n_requests; i++) {
		snprintf(number, sizeof number, "\r\nCSeq: %d\r\n", i + 1);
		check_has(f->requests[i], number);
		check_has(f->requests[i], "\r\nUser-Agent: lull/");
		check_has_not(f->requests[i], "Authorization");
		check_has_not(f->requests[i], "hush");
	}
	check_line(request(f, "OPTIONS", 0),
	    "OPTIONS rtsp://127.0.0.1:%d/cam RTSP/1.0\r\n", port);
	check_line(request(f, "DESCRIBE", 0),
	    "DESCRIBE rtsp://127.0.0.1:%d/cam RTSP/1.0\r\n", port);
	check_has(request(f, "DESCRIBE", 0),
	    "\r\nAccept: application/sdp\r\n");
	check_line(request(f, "SETUP", 0),
	    "SETUP rtsp://127.0.0.1:%d/cam/track=0 RTSP/1.0\r\n", port);
	check_has(request(f, "SETUP", 0), "\r\n" TRANSPORT("0-1"));
	check_has_not(request(f, "SETUP", 0), "Session:");
	check_line(request(f, "SETUP", 1),
	    "SETUP rtsp://127.0.0.1:%d/cam/track=1 RTSP/1.0\r\n", port);
	check_has(request(f, "SETUP", 1), "\r\n" TRANSPORT("2-3"));
	check_has(request(f, "SETUP", 1), "\r\nSession: 1\r\n");
	check_line(request(f, "PLAY", 0),
	    "PLAY rtsp://127.0.0.1:%d/cam RTSP/1.0\r\n", port);
	check_has(request(f, "PLAY", 0), "\r\nRange: npt=0.000-\r\n");
	check_has(request(f, "PLAY", 0), "\r\nSession: 1\r\n");
	assert_int_equal(f->n_ready, 1);
	assert_false(f->udp);
}

static void
test_only_tracks_that_are_wanted_are_set_up(void **state)
{
	struct fixture *f = *state;

	f->wants = 1;
	start_and_play(f);
	assert_string_equal(f->camera.heard, "OPTIONS DESCRIBE SETUP PLAY ");
}

/* Whoever said that nothing is wanted hears nothing more. */
static void
test_without_a_track_the_client_falls_silent(void **state)
{
	struct fixture *f = *state;

	f->wants = 0;
	f->config.timeout_ms = SHORT_MS;
	start(f);
	UNTIL(f, count(f, "DESCRIBE") == 1);
	for (int i = 0; i < 4; i++)
		event_base_loop(f->base, EVLOOP_NONBLOCK);
	hang_up(&f->camera);
	for (int i = 0; i < 10; i++)
		event_base_loop(f->base, EVLOOP_NONBLOCK);
	assert_int_equal(f->n_ended, 0);
	assert_int_equal(f->n_requests, 2);
}

static void
describe(struct fixture *f, const char *headers, const char *sdp)
{
	say(f, "DESCRIBE", 1, true, xasprintf("RTSP/1.0 200 OK\r\nCSeq: ^\r\n"
	    "%sContent-Length: %zu\r\n\r\n%s", headers, strlen(sdp), sdp));
}

static void
test_controls_are_relative_to_the_base(void **state)
{
	struct fixture *f = *state;

	describe(f, "Content-Base: rtsp://cam.test/base/\r\n",
	    SDP_HEAD "a=control:*\r\n" SDP_VIDEO
	    "m=audio 0 RTP/AVP 0\r\na=control:rtsp://other.test/a?b\r\n");
	start_and_play(f);
	check_has(request(f, "SETUP", 0),
	    "SETUP rtsp://cam.test/base/track=0 RTSP/1.0\r\n");
	check_has(request(f, "SETUP", 1),
	    "SETUP rtsp://other.test/a?b RTSP/1.0\r\n");
	check_has(request(f, "PLAY", 0),
	    "PLAY rtsp://cam.test/base/ RTSP/1.0\r\n");
	stop(f);
	describe(f, "Content-Location: rtsp://cam.test/x\r\n",
	    SDP_HEAD "a=control:rtsp://cam.test/all\r\n" SDP_VIDEO);
	start_and_play(f);
	check_has(request(f, "SETUP", 0),
	    "SETUP rtsp://cam.test/x/track=0 RTSP/1.0\r\n");
	check_has(request(f, "PLAY", 0),
	    "PLAY rtsp://cam.test/all RTSP/1.0\r\n");
}

static void
test_the_other_transport_is_asked_for(void **state)
{
	struct fixture *f = *state;
	const char *at;
	int port, next;

	f->camera.only_udp = true;
	start_and_play(f);
	assert_true(f->udp);
	assert_string_equal(f->camera.heard,
	    "OPTIONS DESCRIBE SETUP SETUP SETUP PLAY ");
	at = strstr(request(f, "SETUP", 1),
	    "\r\nTransport: RTP/AVP;unicast;client_port=");
	assert_non_null(at);
	assert_int_equal(sscanf(strchr(at, '='), "=%d-%d\r\n", &port, &next),
	    2);
	assert_int_equal(next, port + 1);
	stop(f);
	f->camera.only_udp = false;
	f->camera.only_tcp = f->config.udp = true;
	start_and_play(f);
	assert_false(f->udp);
	check_has(request(f, "SETUP", 0), "client_port=");
	check_has(request(f, "SETUP", 1), "interleaved=0-1\r\n");
	stop(f);
	f->camera.only_udp = true;
	until_ended(f, RTSP_END_REFUSED);
	assert_int_equal(f->why.status, 461);
	assert_int_equal(count(f, "SETUP"), 2);
}

/* Of 400 nobody knows what it means, so that it is the end of the second. */
static void
test_a_bad_request_may_be_the_transport(void **state)
{
	struct fixture *f = *state;

	answer(f, "SETUP", "400 Bad Request", "");
	start_and_play(f);
	assert_true(f->udp);
	check_has(request(f, "SETUP", 0), "interleaved=0-1\r\n");
	check_has(request(f, "SETUP", 1), "client_port=");
	stop(f);
	f->camera.refuse_at = "SETUP";
	f->camera.status = "400 Bad Request";
	until_ended(f, RTSP_END_REFUSED);
	assert_int_equal(f->why.status, 400);
	assert_int_equal(count(f, "SETUP"), 2);
	stop(f);
	f->camera.refuse_at = NULL;
	answer(f, "SETUP", "200 OK", "Session: 7\r\n");
	answer(f, "SETUP", "400 Bad Request", "");
	until_ended(f, RTSP_END_REFUSED);
	assert_int_equal(count(f, "SETUP"), 2);
}

static void
play_on_channels(struct fake_camera *c, void *arg)
{
	static const char packets[] =
	    "$\x0a\0\x0c" "video packet" "$\x0b\0\x0a" "video rtcp"
	    "$\x06\0\x0b" "what is it?" "$\x04\0\x0c" "sound packet"
	    "$\x05\0\x0a" "sound rtcp";

	(void)arg;
	bufferevent_write(c->client, packets, sizeof packets - 1);
}

static void
check_packet(const struct packet *p, int track, bool rtcp, const char *data)
{
	assert_int_equal(p->track, track);
	assert_int_equal(p->rtcp, rtcp);
	assert_int_equal(p->len, strlen(data));
	assert_memory_equal(p->data, data, p->len);
}

static void
test_channels_are_those_that_the_camera_tells(void **state)
{
	struct fixture *f = *state;

	answer(f, "SETUP", "200 OK", "Session: 7\r\n" TRANSPORT("10-11"));
	answer(f, "SETUP", "200 OK", "Session: 7\r\n" TRANSPORT("4-5"));
	f->camera.play = play_on_channels;
	start_and_play(f);
	UNTIL(f, f->n_packets >= 4);
	assert_int_equal(f->n_packets, 4);
	check_packet(&f->packets[0], 0, false, "video packet");
	check_packet(&f->packets[1], 0, true, "video rtcp");
	check_packet(&f->packets[2], 1, false, "sound packet");
	check_packet(&f->packets[3], 1, true, "sound rtcp");
}

/* A camera that tells none has those that it was asked for. */
static void
test_channels_need_not_be_told(void **state)
{
	struct fixture *f = *state;

	answer(f, "SETUP", "200 OK", "Session: 7\r\n");
	answer(f, "SETUP", "200 OK", "Session: 7\r\nTransport: RTP\r\n");
	start_and_play(f);
	write_saying(&f->camera, "$\x02", 0);
	bufferevent_write(f->camera.client, "\0\x05sound", 7);
	UNTIL(f, f->n_packets == 1);
	check_packet(&f->packets[0], 1, false, "sound");
	bufferevent_write(f->camera.client, "$\x01\0\x04rtcp", 8);
	UNTIL(f, f->n_packets == 2);
	check_packet(&f->packets[1], 0, true, "rtcp");
}

/* What the client sends interleaved comes on the channel of RTCP. */
static void
test_rtcp_goes_by_the_connection(void **state)
{
	struct fixture *f = *state;
	struct evbuffer *in;
	uint8_t long_one[RTSP_CLIENT_RTCP_MAX + 1] = { 0 };

	answer(f, "SETUP", "200 OK", "Session: 7\r\n" TRANSPORT("10-11"));
	f->wants = 1;
	f->camera.silent_at = "PLAY";
	start(f);
	UNTIL(f, count(f, "PLAY") == 1);
	bufferevent_disable(f->camera.client, EV_READ);
	rtsp_client_send_rtcp(f->client, 0, "early", 5);
	write_saying(&f->camera, "RTSP/1.0 200 OK\r\nCSeq: 4\r\n\r\n", 4);
	UNTIL(f, rtsp_client_is_playing(f->client));
	rtsp_client_send_rtcp(f->client, 0, long_one, sizeof long_one);
	rtsp_client_send_rtcp(f->client, 0, "12345678", 8);
	rtsp_client_send_rtcp(f->client, 0, long_one, sizeof long_one - 1);
	bufferevent_setcb(f->camera.client, NULL, NULL, NULL, NULL);
	bufferevent_enable(f->camera.client, EV_READ);
	in = bufferevent_get_input(f->camera.client);
	UNTIL(f, evbuffer_get_length(in) >= 12 + 4 + RTSP_CLIENT_RTCP_MAX);
	assert_memory_equal(evbuffer_pullup(in, 16),
	    "$\x0b\0\x08" "12345678" "$\x0b\x01\0", 16);
}

static void
play_by_udp(struct fake_camera *c, void *arg)
{
	(void)arg;
	fake_camera_send(c, 0, 96, 0, "picture", 7);
}

/* Some cameras do not say where they send from. */
static void
test_packets_come_by_udp(void **state)
{
	static const char *const transports[] = {
		"Transport: RTP/AVP;unicast;server_port=6970-6971\r\n",
		"Transport: RTP/AVP;unicast\r\n", "",
	};
	struct fixture *f = *state;

	f->wants = 1;
	f->config.udp = true;
	f->camera.play = play_by_udp;
	for (int i = 0; i < 3; i++) {
		char *headers = xasprintf("Session: 1\r\n%s", transports[i]);

		answer(f, "SETUP", "200 OK", headers);
		free(headers);
		start(f);
		UNTIL(f, count(f, "SETUP") == 1);
		f->camera.udp_to[0] = (struct sockaddr_in){
			.sin_family = AF_INET,
			.sin_port = htons(atoi(strstr(request(f, "SETUP", 0),
			    "client_port=") + 12)),
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		};
		UNTIL(f, f->n_packets > 0);
		assert_int_equal(f->packets[0].len, 12 + 7);
		assert_memory_equal(f->packets[0].data + 12, "picture", 7);
		assert_int_equal(f->packets[0].track, 0);
		stop(f);
	}
}

/* The camera sends before it answers PLAY. */
static void
test_packets_may_come_before_the_answer_to_play(void **state)
{
	struct fixture *f = *state;

	f->camera.silent_at = "PLAY";
	start(f);
	UNTIL(f, count(f, "PLAY") == 1);
	fake_camera_send(&f->camera, 1, 0, 0, "sound", 5);
	UNTIL(f, f->n_packets == 1);
	assert_int_equal(f->packets[0].track, 1);
	assert_int_equal(f->n_ready, 1);
	assert_false(rtsp_client_is_playing(f->client));
}

static void
test_what_the_camera_asks_is_answered(void **state)
{
	struct fixture *f = *state;

	start_and_play(f);
	write_saying(&f->camera,
	    "OPTIONS rtsp://x RTSP/1.0\r\nCSeq: 77\r\n\r\n"
	    "GET_PARAMETER rtsp://x RTSP/1.0\r\nCSeq: 78\r\n\r\n"
	    "SET_PARAMETER rtsp://x RTSP/1.0\r\nCSeq: 79\r\n\r\n"
	    "ANNOUNCE rtsp://x RTSP/1.0\r\nCSeq: 80\r\n\r\n", 0);
	UNTIL(f, count(f, "RTSP/1.0") == 4);
	assert_string_equal(request(f, "RTSP/1.0", 0),
	    "RTSP/1.0 200 OK\r\nCSeq: 77\r\n\r\n");
	assert_string_equal(request(f, "RTSP/1.0", 1),
	    "RTSP/1.0 200 OK\r\nCSeq: 78\r\n\r\n");
	assert_string_equal(request(f, "RTSP/1.0", 2),
	    "RTSP/1.0 200 OK\r\nCSeq: 79\r\n\r\n");
	assert_string_equal(request(f, "RTSP/1.0", 3),
	    "RTSP/1.0 501 Not Implemented\r\nCSeq: 80\r\n\r\n");
}

/* Answers that are late, repeated or preliminary stand for nothing. */
static void
test_answers_to_nothing_are_passed_over(void **state)
{
	static const char *const methods[] = {
		"OPTIONS", "DESCRIBE", "SETUP", "PLAY",
	};
	struct fixture *f = *state;

	for (int i = 0; i < 4; i++)
		say(f, methods[i], 1, false, xstrdup(
		    "RTSP/1.0 100 Continue\r\nCSeq: ^\r\n\r\n"
		    "RTSP/1.0 404 Not Found\r\nCSeq: 0\r\n\r\n"
		    "RTSP/1.0 404 Not Found\r\nCSeq: 1^\r\n\r\n"));
	start_and_play(f);
	assert_string_equal(f->camera.heard,
	    "OPTIONS DESCRIBE SETUP SETUP PLAY ");
}

static void
test_answers_may_come_twice_or_without_a_number(void **state)
{
	struct fixture *f = *state;

	say(f, "OPTIONS", 1, true, xstrdup("RTSP/1.0 200 OK\r\n\r\n"));
	say(f, "SETUP", 1, true, xstrdup("RTSP/1.0 200 OK\r\nCSeq: ^\r\n"
	    "Session: 5\r\n\r\n"
	    "RTSP/1.0 400 Bad Request\r\nCSeq: ^\r\n\r\n"));
	say(f, "PLAY", 1, true, xstrdup("RTSP/1.0 200 OK\r\n\r\n"));
	start_and_play(f);
	assert_string_equal(f->camera.heard,
	    "OPTIONS DESCRIBE SETUP SETUP PLAY ");
	check_has(request(f, "PLAY", 0), "Session: 5\r\n");
}

/* Some servers do not know OPTIONS. */
static void
test_options_need_not_be_known(void **state)
{
	struct fixture *f = *state;

	answer(f, "OPTIONS", "501 Not Implemented", "");
	start_and_play(f);
	assert_string_equal(f->camera.heard,
	    "OPTIONS DESCRIBE SETUP SETUP PLAY ");
}

static void
test_junk_is_skipped_but_at_the_beginning(void **state)
{
	struct fixture *f = *state;

	say(f, "OPTIONS", 1, false, xstrdup("\r\n\r\n"));
	say(f, "DESCRIBE", 1, false, xstrdup("abc$\177\177junk\r\n"));
	say(f, "PLAY", 1, false, xstrdup("some more junk"));
	start_and_play(f);
	stop(f);
	say(f, "OPTIONS", 1, false, xstrdup("SSH-2.0-x\r\n"));
	until_ended(f, RTSP_END_NONSENSE);
	assert_string_equal(f->why.method, "OPTIONS");
	assert_false(f->why.playing);
	stop(f);
	describe(f, "", "<html>");
	until_ended(f, RTSP_END_NONSENSE);
	assert_string_equal(f->why.method, "DESCRIBE");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_requests_come_in_order),
		TEST(test_only_tracks_that_are_wanted_are_set_up),
		TEST(test_without_a_track_the_client_falls_silent),
		TEST(test_controls_are_relative_to_the_base),
		TEST(test_the_other_transport_is_asked_for),
		TEST(test_a_bad_request_may_be_the_transport),
		TEST(test_channels_are_those_that_the_camera_tells),
		TEST(test_channels_need_not_be_told),
		TEST(test_rtcp_goes_by_the_connection),
		TEST(test_packets_come_by_udp),
		TEST(test_packets_may_come_before_the_answer_to_play),
		TEST(test_what_the_camera_asks_is_answered),
		TEST(test_answers_to_nothing_are_passed_over),
		TEST(test_answers_may_come_twice_or_without_a_number),
		TEST(test_options_need_not_be_known),
		TEST(test_junk_is_skipped_but_at_the_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
