/* Clients that are slow, silent, strangers or no clients at all; and UDP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "serve_clients.h"
#include "worker/rtsp/rtsp_auth.h"

static void
tick(int64_t later_ms)
{
	struct viewer *v = rtsp_session_viewer(session);

	v->kind->tick(v, clock_now_us() + later_ms * 1000, 1000000);
}

static void
test_no_connection(void **state)
{
	(void)state;
	open_session(false);
	rtsp_sessions_tell(&all);
	tick(times.take_ms - 1000);
	assert_non_null(session);
	tick(times.take_ms + 1000);
	assert_null(session);
	assert_string_equal(told.reason,
	    "the client's connection did not come");
}

static void
test_a_second_connection(void **state)
{
	int first;

	(void)state;
	open_client();
	first = client.fd;
	connect_from("127.0.0.1");
	assert_true(await(has_ended));
	close(client.fd);
	client.fd = first;
	client.ended = false;
	assert_int_equal(ask("OPTIONS", URI, ""), 200);
}

/* Requests without end do not count. */
static void
test_who_never_plays(void **state)
{
	(void)state;
	open_client();
	tick(times.play_ms - 1000);
	assert_int_equal(ask("OPTIONS", URI, ""), 200);
	tick(times.play_ms + 1000);
	assert_null(session);
	assert_true(await(has_ended));
}

static void
test_who_is_silent(void **state)
{
	(void)state;
	send_picture(true, 1);
	open_client();
	play_by_tcp();
	/* On a connection the kernel knows. */
	tick(1000000);
	assert_non_null(session);
	assert_int_equal(ask("PAUSE", URI, ""), 200);
	tick(times.silent_ms - 1000);
	assert_non_null(session);
	tick(times.silent_ms + 1000);
	assert_null(session);
}

static const char *const junk[] = {
	"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
	"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
	"OPTIONS * RTSP/1.0\r\nContent-Length: 70000\r\n\r\n",
	"OPTIONS * RTSP/1.0\r\nContent-Length: x\r\n\r\n",
};

static void
test_junk(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof junk / sizeof junk[0]; i++) {
		tear_down(NULL);
		set_up(NULL);
		open_client();
		say(junk[i]);
		assert_true(await(has_answer));
		assert_int_equal(client.status, 400);
		assert_true(await(has_ended));
		assert_string_equal(told.reason,
		    "the client sends what is no RTSP");
	}
}

/* A head without an end is bounded. */
static void
test_a_head_without_end(void **state)
{
	char line[1025];

	(void)state;
	open_client();
	memset(line, 'a', sizeof line);
	memcpy(line, "X: ", 3);
	line[sizeof line - 2] = '\n';
	line[sizeof line - 1] = '\0';
	say("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n");
	for (int i = 0; i < 64 && !client.ended; i++) {
		send(client.fd, line, sizeof line - 1, MSG_NOSIGNAL |
		    MSG_DONTWAIT);
		turn();
	}
	assert_true(await(has_ended));
	assert_null(session);
}

static void
test_byte_by_byte(void **state)
{
	static const char text[] = "OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n";

	(void)state;
	open_client();
	for (const char *p = text; *p != '\0'; p++) {
		const char one[] = { *p, '\0' };

		say(one);
		turn();
	}
	assert_true(await(has_answer));
	assert_non_null(strstr(client.answer, "CSeq: 7\r\n"));
}

static void
test_password(void **state)
{
	struct rtsp_auth *auth = rtsp_auth_new("me", "secret");
	struct rtsp_reader r = { .channels = 0 };
	struct rtsp_message m;
	size_t skip;
	char *header;

	(void)state;
	username = "me";
	password = "secret";
	open_session(false);
	connect_from("192.0.2.9");
	assert_int_equal(ask("OPTIONS", URI, ""), 200);
	assert_int_equal(ask("DESCRIBE", URI, ""), 401);
	assert_true(rtsp_read(&r, (const uint8_t *)client.answer,
	    strlen(client.answer), &m, &skip) > 0);
	assert_int_equal(rtsp_auth_take(auth, &m), RTSP_AUTH_TRY);
	header = rtsp_auth_header(auth, "DESCRIBE", URI);
	assert_int_equal(ask("DESCRIBE", URI, header), 200);
	free(header);
	rtsp_auth_free(auth);
}

static void
test_wrong_passwords(void **state)
{
	(void)state;
	username = "me";
	password = "secret";
	open_session(false);
	connect_from("192.0.2.9");
	assert_int_equal(ask("DESCRIBE", URI, ""), 401);
	for (int i = 0; i < 6; i++) {
		const char *nonce = strstr(client.answer, "nonce=\"") + 7;
		char *header = xasprintf("Authorization: Digest "
		    "username=\"me\", nonce=\"%.32s\", uri=\"" URI "\", "
		    "response=\"00000000000000000000000000000000\"\r\n",
		    nonce);

		assert_non_null(session);
		assert_int_equal(ask("DESCRIBE", URI, header), 401);
		free(header);
	}
	assert_true(await(has_ended));
	assert_string_equal(told.reason,
	    "the password was wrong too often");
}

static void
test_this_host_needs_none(void **state)
{
	static const char *const here[] = { "127.0.0.1", "127.9.9.9", "::1",
		"::ffff:127.0.0.1" };
	static const char *const there[] = { "192.0.2.127", "::2",
		"::ffff:192.0.2.1", "2001:db8::7f00:1" };

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		tear_down(NULL);
		set_up(NULL);
		password = "secret";
		open_session(false);
		connect_from(i < 4 ? here[i] : there[i - 4]);
		assert_int_equal(ask("DESCRIBE", URI, ""), i < 4 ? 200 : 401);
	}
}

/* Of a client that does not read no more is kept than its socket has; what it
 * gets at last are whole pictures, and behind a gap a key frame. */
static void
assert_whole_pictures(void)
{
	uint32_t number = 0, before = 0;
	int parts = 0, due = 0;

	for (size_t i = 0; i < client.n_packets; i++) {
		const uint8_t *p = client.packet[i].data;

		if (client.packet[i].channel != 0 || p[12] == 0x78)
			continue;
		number = get32(p + 12 + 4);
		if (number != before) {
			assert_int_equal(parts, due);
			assert_true(number == before + 1 || p[12 + 8] == 1);
			due = p[12 + 9];
			parts = 0;
		}
		before = number;
		parts++;
	}
	assert_int_equal(parts, due);
	assert_int_equal(number, n_pictures);
}

static bool
has_the_last(void)
{
	const uint8_t *p = client.n_packets > 0 ?
	    client.packet[client.n_packets - 1].data : NULL;

	if (p != NULL && (p[1] & 0x80) && get32(p + 12 + 4) ==
	    (uint32_t)n_pictures)
		return true;
	return false;
}

static void
test_who_does_not_read(void **state)
{
	struct viewer_stats st;
	struct viewer *v;
	uint64_t all_bytes = 0;

	(void)state;
	n_pictures = 0;
	send_picture(true, 40);
	open_client();
	v = rtsp_session_viewer(session);
	play_by_tcp();
	assert_true(await(has_the_last));
	for (int i = 1; i < 1000; i++) {
		send_picture(i % 50 == 0, i % 50 == 0 ? 40 : 10);
		all_bytes += (i % 50 == 0 ? 40 : 10) * PART;
		event_base_loop(base, EVLOOP_NONBLOCK);
		if (i % 25 == 0)
			v->kind->tick(v, clock_now_us(), 2000000);
	}
	assert_true(sender_queued(v->show.sender) > 0);
	v->kind->stats(v, &st);
	assert_true(st.tcp);
	/* Its socket's buffers hold the rest: ours, and the client's. */
	assert_true(st.sender.bytes < 8 * 1024 * 1024);
	assert_true(st.sender.bytes < all_bytes);
	send_picture(true, 40);
	assert_true(await(has_the_last));
	assert_whole_pictures();
}

/* UDP */

static int ports[4];

static int
bind_any(int *port)
{
	union socket_address a;
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	assert_true(socket_address_parse(&a, "127.0.0.1", 0));
	assert_int_equal(bind(fd, &a.any, sizeof a.v4), 0);
	getsockname(fd, &a.any, &len);
	*port = socket_address_port(&a);
	return fd;
}

static uint8_t datagram[2000];
static size_t datagram_len;
static int datagram_fd;

static bool
has_datagram(void)
{
	ssize_t n = recv(datagram_fd, datagram, sizeof datagram, 0);

	if (n <= 0)
		return false;
	datagram_len = (size_t)n;
	return true;
}

static void
await_datagram(int fd)
{
	datagram_fd = fd;
	assert_true(await(has_datagram));
}

static int
told_port(int which)
{
	const char *p = strstr(client.answer, "server_port=");
	int port[2];

	assert_non_null(p);
	assert_int_equal(sscanf(p, "server_port=%d-%d", &port[0], &port[1]),
	    2);
	assert_int_equal(port[0] % 2, 0);
	assert_int_equal(port[1], port[0] + 1);
	return port[which];
}

static void
send_to_port(int fd, int port, const void *data, size_t len)
{
	union socket_address a;

	assert_true(socket_address_parse(&a, "127.0.0.1", port));
	assert_int_equal(sendto(fd, data, len, 0, &a.any, sizeof a.v4), len);
}

static bool
has_report(void)
{
	struct viewer_stats st;
	struct viewer *v = rtsp_session_viewer(session);

	v->kind->stats(v, &st);
	return st.sender.packets_lost == 5;
}

/* RFC 3550, section 6.4.2: one block, on what that sender report is of. */
static void
write_report(uint8_t rr[32], const uint8_t *sr)
{
	memset(rr, 0, 32);
	rr[0] = 0x81;
	rr[1] = 201;
	rr[3] = 7;
	memcpy(rr + 8, sr + 4, 4);
	rr[15] = 5;
}

static void
report_lost(int fd, int port)
{
	uint8_t rr[32];

	write_report(rr, datagram);
	send_to_port(fd, port, rr, sizeof rr);
}

/* On its channel, and on another that nobody told. */
static void
test_a_report_by_tcp(void **state)
{
	static const uint8_t channels[] = { 0, 9, 1 };
	uint8_t packet[4 + 32] = { '$', 0, 0, 32 };

	(void)state;
	send_picture(true, 1);
	open_client();
	play_by_tcp();
	await_packets(3);
	write_report(packet + 4, client.packet[0].data);
	for (int i = 0; i < 3; i++) {
		assert_false(has_report());
		packet[1] = channels[i];
		assert_int_equal(send(client.fd, packet, sizeof packet, 0),
		    sizeof packet);
		assert_int_equal(ask("OPTIONS", URI, ""), 200);
	}
	assert_true(has_report());
}

static int n_asked;

static bool
has_all_answers(void)
{
	char last[32];

	snprintf(last, sizeof last, "CSeq: %d\r\n", n_asked);
	return client.answer != NULL && strstr(client.answer, last) != NULL;
}

/* More than there is room for is asked while one waits for a description: it
 * waits in the socket. */
static void
test_many_requests_at_once(void **state)
{
	(void)state;
	told.media = 0;
	open_client();
	n_asked = 400;
	request("DESCRIBE", URI, "");
	while (client.cseq < n_asked) {
		request("OPTIONS", URI, "X: 01234567890123456789\r\n");
		turn();
	}
	assert_int_equal(client.status, 0);
	told.media = 200;
	rtsp_sessions_tell(&all);
	assert_true(await(has_all_answers));
}

static void
test_udp(void **state)
{
	int rtp, rtcp, server, key;
	char *transport;

	(void)state;
	send_picture(true, 1);
	key = n_pictures;
	open_client();
	rtp = bind_any(&ports[0]);
	rtcp = bind_any(&ports[1]);
	transport = xasprintf("Transport: RTP/AVP;unicast;client_port=%d-%d"
	    "\r\n", ports[0], ports[1]);
	assert_int_equal(ask("DESCRIBE", URI, ""), 200);
	assert_int_equal(ask("SETUP", URI "/trackID=0", transport), 200);
	server = told_port(1);
	assert_int_equal(ask("PLAY", URI, ""), 200);
	await_datagram(rtp);
	assert_int_equal(datagram[12], 0x78);
	await_datagram(rtp);
	assert_int_equal(datagram_len, 12 + PART);
	assert_int_equal(get32(datagram + 12 + 4), key);
	await_datagram(rtcp);
	assert_int_equal(datagram[1], 200);
	report_lost(rtcp, server);
	assert_true(await(has_report));
	assert_int_equal(client.n_packets, 0);
	assert_int_equal(sender_queued(rtsp_session_viewer(session)->
	    show.sender), -1);
	/* A sign of life by RTCP is one. */
	tick(times.silent_ms - 1000);
	assert_non_null(session);
	tick(times.silent_ms + 1000);
	assert_null(session);
	await_datagram(rtcp);
	free(transport);
	close(rtp);
	close(rtcp);
}

/* A player that gets nothing by UDP takes TCP. */
static void
test_udp_then_tcp(void **state)
{
	(void)state;
	send_picture(true, 1);
	open_client();
	assert_int_equal(ask("DESCRIBE", URI, ""), 200);
	assert_int_equal(ask("SETUP", URI "/trackID=0",
	    "Transport: RTP/AVP;unicast;client_port=9-10\r\n"), 200);
	assert_int_equal(ask("PLAY", URI, ""), 200);
	assert_int_equal(ask("TEARDOWN", URI, ""), 200);
	play_by_tcp();
	await_packets(3);
	tick(times.silent_ms + 1000);
	assert_non_null(session);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_no_connection),
		TEST(test_a_second_connection),
		TEST(test_who_never_plays),
		TEST(test_who_is_silent),
		TEST(test_junk),
		TEST(test_a_head_without_end),
		TEST(test_byte_by_byte),
		TEST(test_password),
		TEST(test_wrong_passwords),
		TEST(test_this_host_needs_none),
		TEST(test_who_does_not_read),
		TEST(test_a_report_by_tcp),
		TEST(test_many_requests_at_once),
		TEST(test_udp),
		TEST(test_udp_then_tcp),
	};

	return cmocka_run_group_tests_name("rtsp_session_faults", tests, NULL,
	    NULL);
}
