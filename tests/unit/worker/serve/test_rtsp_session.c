/* What a client of ours is sent, over a connection of this host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "serve_clients.h"

static void
test_describe(void **state)
{
	(void)state;
	send_picture(true, 1);
	open_client();
	assert_int_equal(ask("OPTIONS", URI, ""), 200);
	assert_int_equal(ask("DESCRIBE", URI "?video", ""), 200);
	assert_non_null(strstr(client.answer, "Content-Base: " URI
	    "?video/\r\n"));
	assert_non_null(strstr(client.answer, "IN IP4 127.0.0.1\r\n"));
	assert_non_null(strstr(client.answer, ";profile-level-id=42c00a;"
	    "sprop-parameter-sets=Z0LACtoKN+TARAAAAwAEAAADAHg8SJqA,"
	    "aM4DnIA=\r\n"));
	assert_null(strstr(client.answer, "m=audio"));
	assert_int_equal(ask("DESCRIBE", URI, ""), 200);
	assert_non_null(strstr(client.answer, "m=audio"));
	assert_int_equal(ask("DESCRIBE", URI "?video=h265", ""), 404);
}

static bool
has_both(void)
{
	return strcmp(client.log, "1:200 2:200 ") == 0;
}

/* The camera is being connected to; what is asked meanwhile waits. */
static void
test_describe_waits(void **state)
{
	(void)state;
	open_client();
	told.media = 0;
	request("DESCRIBE", URI, "");
	request("OPTIONS", URI, "");
	for (int i = 0; i < 5; i++) {
		turn();
		rtsp_sessions_tell(&all);
	}
	assert_int_equal(client.status, 0);
	told.media = 200;
	rtsp_sessions_tell(&all);
	assert_true(await(has_both));
}

static void
test_describe_too_late(void **state)
{
	(void)state;
	times.describe_ms = 10;
	open_client();
	told.media = 0;
	told.late = 503;
	assert_int_equal(ask("DESCRIBE", URI, ""), 503);
	told.late = 200;
	assert_int_equal(ask("DESCRIBE", URI, ""), 200);
	assert_non_null(strstr(client.answer, "m=video"));
}

/* The client goes while it waits. */
static void
test_who_goes_while_it_waits(void **state)
{
	(void)state;
	open_client();
	told.media = 0;
	request("DESCRIBE", URI, "");
	turn();
	shutdown(client.fd, SHUT_RDWR);
	assert_true(await(has_ended));
	assert_int_equal(told.state, IPC_SESSION_CLOSED);
	rtsp_sessions_tell(&all);
}

static void
assert_report(size_t i, int channel)
{
	assert_int_equal(client.packet[i].channel, channel);
	assert_int_equal(client.packet[i].data[1], 200);
}

static void
assert_picture(size_t i, int number)
{
	assert_int_equal(client.packet[i].channel, 0);
	assert_int_equal(client.packet[i].len, 12 + PART);
	assert_int_equal(client.packet[i].data[1] & 0x7f, 96);
	assert_int_equal(get32(client.packet[i].data + 12 + 4), number);
}

static uint16_t
sequence(size_t i)
{
	return get16(client.packet[i].data + 2);
}

/* The value behind a name in the answer. */
static unsigned long
told_number(const char *name)
{
	const char *p = strstr(client.answer, name);

	assert_non_null(p);
	return strtoul(p + strlen(name), NULL, 10);
}

/* The cache's pictures come first, behind a report; then what is live. */
static void
test_play(void **state)
{
	int first = n_pictures + 1;

	(void)state;
	send_picture(true, 2);
	send_picture(false, 1);
	open_client();
	play_by_tcp();
	assert_int_equal(told.state, IPC_SESSION_CONNECTED);
	await_packets(5);
	assert_report(0, 1);
	assert_int_equal(client.packet[1].channel, 0);
	assert_int_equal(client.packet[1].len, 12 + sizeof sets);
	assert_int_equal(sequence(1), told_number("trackID=0;seq="));
	assert_in_range(get32(client.packet[1].data + 4) -
	    (uint32_t)told_number(";rtptime="), 0, 90000);
	assert_picture(2, first);
	assert_picture(3, first);
	assert_picture(4, first + 1);
	send_picture(false, 1);
	send_sound();
	send_sound();
	await_packets(10);
	assert_picture(5, first + 2);
	assert_report(6, 1);
	assert_report(7, 3);
	for (size_t i = 8; i < 10; i++) {
		assert_int_equal(client.packet[i].channel, 2);
		assert_int_equal(client.packet[i].data[1] & 0x7f, 97);
		assert_int_equal(client.packet[i].len, 12 + 80);
	}
	assert_int_equal(sequence(8), told_number("trackID=1;seq="));
}

static void
test_only_what_is_set_up(void **state)
{
	(void)state;
	send_picture(true, 2);
	open_client();
	assert_int_equal(ask("DESCRIBE", URI, ""), 200);
	assert_int_equal(ask("SETUP", URI "/trackID=1", "Transport: "
	    "RTP/AVP/TCP;unicast;interleaved=4-5\r\n"), 200);
	assert_int_equal(ask("PLAY", URI, ""), 200);
	send_picture(true, 2);
	send_sound();
	await_packets(2);
	assert_report(0, 5);
	assert_int_equal(client.packet[1].channel, 4);
}

/* Not a byte comes, and the connection stays. */
static void
test_pause_from_here(void **state)
{
	struct viewer *v;
	int key;

	(void)state;
	send_picture(true, 2);
	open_client();
	v = rtsp_session_viewer(session);
	play_by_tcp();
	await_packets(4);
	fanout_pause(fanout, v);
	key = n_pictures + 1;
	send_picture(true, 3);
	send_picture(false, 2);
	send_sound();
	v->kind->tick(v, clock_now_us(), 1000000);
	assert_int_equal(ask("GET_PARAMETER", URI, ""), 200);
	await_packets(4);
	fanout_resume(fanout, v);
	await_packets(10);
	assert_int_equal(sequence(4), (uint16_t)(sequence(3) + 1));
	assert_int_equal(client.packet[4].data[12], 0x78);
	for (size_t i = 5; i < 8; i++)
		assert_picture(i, key);
	assert_picture(8, key + 1);
	v->kind->tick(v, clock_now_us(), 1000000);
	await_packets(11);
	assert_report(10, 1);
}

static void
test_paused_at_first(void **state)
{
	struct viewer *v;

	(void)state;
	send_picture(true, 2);
	open_session(true);
	connect_from("127.0.0.1");
	v = rtsp_session_viewer(session);
	play_by_tcp();
	send_picture(true, 2);
	assert_int_equal(ask("OPTIONS", URI, ""), 200);
	assert_int_equal(client.n_packets, 0);
	fanout_resume(fanout, v);
	await_packets(4);
	assert_report(0, 1);
	assert_picture(2, n_pictures);
}

static void
test_pause_from_there(void **state)
{
	(void)state;
	send_picture(true, 1);
	open_client();
	play_by_tcp();
	await_packets(3);
	assert_int_equal(ask("PAUSE", URI, ""), 200);
	send_picture(false, 1);
	send_sound();
	assert_int_equal(ask("OPTIONS", URI, ""), 200);
	assert_int_equal(client.n_packets, 3);
	assert_int_equal(ask("PLAY", URI, ""), 200);
	send_sound();		/* None before the picture. */
	await_packets(7);
	assert_report(3, 1);
	assert_int_equal(client.packet[4].data[12], 0x78);
	assert_picture(6, n_pictures);
	assert_int_equal(told.states, 1);
}

static void
test_teardown_and_anew(void **state)
{
	(void)state;
	send_picture(true, 1);
	open_client();
	play_by_tcp();
	await_packets(3);
	assert_int_equal(ask("TEARDOWN", URI, ""), 200);
	send_picture(true, 1);
	assert_int_equal(ask("OPTIONS", URI, ""), 200);
	assert_int_equal(client.n_packets, 3);
	play_by_tcp();
	await_packets(6);
	assert_report(3, 1);
	assert_picture(5, n_pictures);
}

static void
test_closed_from_here(void **state)
{
	(void)state;
	send_picture(true, 1);
	open_client();
	play_by_tcp();
	await_packets(3);
	fanout_remove(fanout, rtsp_session_viewer(session));
	assert_true(await(has_ended));
	assert_int_equal(client.n_packets, 4);
	assert_int_equal(client.packet[3].channel, 1);
	assert_int_equal(told.states, 1);
}

static void
test_closed_from_there(void **state)
{
	(void)state;
	send_picture(true, 1);
	open_client();
	play_by_tcp();
	await_packets(3);
	shutdown(client.fd, SHUT_WR);
	assert_true(await(has_ended));
	assert_null(session);
	assert_string_equal(told.reason,
	    "the client has closed the connection");
}

/* The sound has another codec. */
static void
test_media_that_change(void **state)
{
	(void)state;
	send_picture(true, 1);
	open_client();
	play_by_tcp();
	rtsp_sessions_tell(&all);
	assert_non_null(session);
	told.audio = MEDIA_PCMA;
	rtsp_sessions_tell(&all);
	assert_null(session);
	assert_string_equal(told.reason, "the camera's media have changed");
	assert_true(await(has_ended));
}

/* Who asked for the picture alone does not care. */
static void
test_media_that_matter_not(void **state)
{
	(void)state;
	send_picture(true, 1);
	open_client();
	assert_int_equal(ask("DESCRIBE", URI "?video", ""), 200);
	assert_int_equal(ask("SETUP", URI "?video/trackID=0", "Transport: "
	    "RTP/AVP/TCP;unicast;interleaved=0-1\r\n"), 200);
	assert_int_equal(ask("PLAY", URI "?video/", ""), 200);
	told.audio = MEDIA_PCMA;
	rtsp_sessions_tell(&all);
	assert_non_null(session);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_describe),
		TEST(test_describe_waits),
		TEST(test_describe_too_late),
		TEST(test_who_goes_while_it_waits),
		TEST(test_play),
		TEST(test_only_what_is_set_up),
		TEST(test_pause_from_here),
		TEST(test_paused_at_first),
		TEST(test_pause_from_there),
		TEST(test_teardown_and_anew),
		TEST(test_closed_from_here),
		TEST(test_closed_from_there),
		TEST(test_media_that_change),
		TEST(test_media_that_matter_not),
	};

	return cmocka_run_group_tests_name("rtsp_session", tests, NULL, NULL);
}
