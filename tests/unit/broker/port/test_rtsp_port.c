/* Who comes to the port of RTSP, what is looked at, and where it goes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <poll.h>
#include <sys/resource.h>

#include "broker/port/rtsp_port.h"
#include "clock.h"
#include "port_door.h"

#define DESCRIBE	"DESCRIBE rtsp://127.0.0.1/door?video RTSP/1.0\r\n" \
			"CSeq: 2\r\nUser-Agent: test\r\n\r\n"
#define OPTIONS		"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"
#define WAIT_US		10000000LL

static struct rtsp_port *port;
static struct rtsp_port_times times;
static union socket_address here;
static struct rtsp_newcomer *came;
static struct rtsp_first first;
static int n_came;
static char heard[1000];

static void
on_come(struct rtsp_newcomer *c, const struct rtsp_first *f,
    const union socket_address *remote, void *arg)
{
	assert_ptr_equal(arg, &port);
	assert_int_equal(remote->any.sa_family, AF_INET);
	came = c;
	first = *f;
	n_came++;
}

static void
open_port(void)
{
	socklen_t len = sizeof here;
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0), no = 0;

	/* As the broker has it: one socket for both. */
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
	assert_true(socket_address_parse(&here, "::", 0));
	assert_int_equal(bind(fd, &here.any, sizeof here.v6), 0);
	assert_int_equal(listen(fd, 500), 0);
	getsockname(fd, &here.any, &len);
	assert_true(socket_address_parse(&here, "127.0.0.1",
	    socket_address_port(&here)));
	port = rtsp_port_new(base, &fd, 1, door_folder, &times, on_come,
	    &port);
}

static int
set_up(void **state)
{
	int rc = door_begin(state);

	times = rtsp_port_times;
	came = NULL;
	n_came = 0;
	open_port();
	return rc;
}

static int
tear_down(void **state)
{
	rtsp_port_free(port);
	return door_end(state);
}

static int
come(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, &here.any, sizeof here.v4), 0);
	return fd;
}

static void
say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
	    strlen(text));
}

static void
await_newcomer(void)
{
	int64_t until_us = clock_now_us() + WAIT_US;

	while (came == NULL) {
		assert_true(clock_now_us() < until_us);
		event_base_loop(base, EVLOOP_ONCE);
	}
}

/* What is said to the client up to the end. */
static const char *
hear_all(int fd)
{
	int64_t until_us = clock_now_us() + WAIT_US;
	size_t n = 0;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t got;

		assert_true(clock_now_us() < until_us);
		event_base_loop(base, EVLOOP_NONBLOCK);
		if (poll(&p, 1, 5) == 0)
			continue;
		got = recv(fd, heard + n, sizeof heard - 1 - n, MSG_DONTWAIT);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	heard[n] = '\0';
	close(fd);
	return heard;
}

static void
test_what_is_said(void **state)
{
	int fd = come();

	(void)state;
	say(fd, DESCRIBE);
	await_newcomer();
	assert_string_equal(first.path, "door");
	assert_string_equal(first.query, "video");
	assert_string_equal(first.user_agent, "test");
	rtsp_port_refuse(came, 404);
	assert_string_equal(hear_all(fd), "RTSP/1.0 404 Not Found\r\n"
	    "CSeq: 2\r\nServer: lull\r\n\r\n");
}

/* All that was sent is still in the socket, and the rest goes there. */
static void
test_it_goes_to_the_worker(void **state)
{
	struct handover h;
	char data[1000];
	int fd = come();
	ssize_t n;

	(void)state;
	say(fd, DESCRIBE "more");
	await_newcomer();
	rtsp_port_pass(came, DOOR_UFRAG);
	assert_true(door_take(&h));
	assert_int_equal(h.kind, HANDOVER_RTSP);
	assert_int_equal(h.len, strlen(DOOR_UFRAG));
	assert_memory_equal(h.data, DOOR_UFRAG, h.len);
	assert_int_equal(h.remote.any.sa_family, AF_INET);
	n = recv(h.fd, data, sizeof data, 0);
	assert_int_equal(n, strlen(DESCRIBE "more"));
	assert_memory_equal(data, DESCRIBE "more", n);
	say(fd, "x");
	assert_int_equal(recv(h.fd, data, sizeof data, 0), 1);
	close(h.fd);
	assert_string_equal(hear_all(fd), "");
}

static void
test_a_worker_that_is_not_there(void **state)
{
	static const char *const names[] = { "NONE23456789", "", "TAGa",
		"../x23456789", "TAGa234567890" };

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		int fd = come();

		say(fd, DESCRIBE);
		await_newcomer();
		rtsp_port_pass(came, names[i]);
		came = NULL;
		assert_memory_equal(hear_all(fd), "RTSP/1.0 503 ", 13);
	}
}

static void
test_piece_by_piece(void **state)
{
	int fd = come();

	(void)state;
	for (const char *p = DESCRIBE; *p != '\0'; p++) {
		assert_null(came);
		assert_int_equal(send(fd, p, 1, 0), 1);
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	await_newcomer();
	rtsp_port_refuse(came, 404);
	assert_memory_equal(hear_all(fd), "RTSP/1.0 404 ", 13);
}

static void
note_end(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	*(bool *)arg = true;
}

/* While one says half of a request, nobody looks again and again. */
static void
test_no_spinning(void **state)
{
	struct timeval tv = { 0, 100000 };
	bool over = false;
	int fd = come(), n_turns = 0;

	(void)state;
	say(fd, "DESCRIBE rtsp://127");
	event_base_once(base, -1, EV_TIMEOUT, note_end, &over, &tv);
	while (!over) {
		event_base_loop(base, EVLOOP_ONCE);
		n_turns++;
	}
	assert_true(n_turns < 10);
	close(fd);
}

/* It names no stream yet; what comes behind does. */
static void
test_options_of_nothing(void **state)
{
	int fd = come();

	(void)state;
	say(fd, OPTIONS DESCRIBE);
	await_newcomer();
	assert_string_equal(first.path, "door");
	rtsp_port_refuse(came, 404);
	assert_non_null(strstr(hear_all(fd), "Public: "));
	assert_non_null(strstr(heard, "CSeq: 1\r\n"));
	assert_non_null(strstr(heard, "RTSP/1.0 404 Not Found\r\nCSeq: 2"));
}

static void
test_junk(void **state)
{
	static const struct {
		const char *text, *answer;
	} junk[] = {
		{ "GET / HTTP/1.1\r\nHost: h\r\n\r\n", "RTSP/1.0 400 " },
		{ "DESCRIBE rtsp://h/ RTSP/1.0\r\n\r\n", "RTSP/1.0 404 " },
		{ "SETUP * RTSP/1.0\r\n\r\n", "RTSP/1.0 404 " },
	};
	char *endless = xcalloc(RTSP_FIRST_MAX + 1, 1);

	(void)state;
	for (size_t i = 0; i < sizeof junk / sizeof junk[0]; i++) {
		int fd = come();

		say(fd, junk[i].text);
		assert_memory_equal(hear_all(fd), junk[i].answer, 13);
	}
	memset(endless, 'a', RTSP_FIRST_MAX);
	for (int i = 0, fd = come(); i < 1; i++) {
		say(fd, endless);
		assert_memory_equal(hear_all(fd), "RTSP/1.0 400 ", 13);
	}
	free(endless);
	assert_int_equal(n_came, 0);
}

static void
test_silence(void **state)
{
	int fd;

	(void)state;
	times.first_ms = 50;
	fd = come();
	say(fd, "DESCRIBE ");
	assert_string_equal(hear_all(fd), "");
	assert_int_equal(n_came, 0);
}

static void
test_who_goes(void **state)
{
	int fd = come();

	(void)state;
	say(fd, "DESCRIBE ");
	event_base_loop(base, EVLOOP_ONCE);
	shutdown(fd, SHUT_WR);
	assert_string_equal(hear_all(fd), "");
}

static bool
is_closed(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

/* The oldest of those that said nothing makes room. */
static void
test_too_many(void **state)
{
	int fd[RTSP_PORT_MAX + 1];
	int64_t until_us = clock_now_us() + WAIT_US;

	(void)state;
	fd[0] = come();
	say(fd[0], DESCRIBE);
	await_newcomer();
	for (int i = 1; i <= RTSP_PORT_MAX; i++)
		fd[i] = come();
	while (!is_closed(fd[1])) {
		assert_true(clock_now_us() < until_us);
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	assert_false(is_closed(fd[0]));
	assert_false(is_closed(fd[2]));
	rtsp_port_refuse(came, 404);
	assert_memory_equal(hear_all(fd[0]), "RTSP/1.0 404 ", 13);
	for (int i = 1; i <= RTSP_PORT_MAX; i++)
		close(fd[i]);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_said),
		TEST(test_it_goes_to_the_worker),
		TEST(test_a_worker_that_is_not_there),
		TEST(test_piece_by_piece),
		TEST(test_no_spinning),
		TEST(test_options_of_nothing),
		TEST(test_junk),
		TEST(test_silence),
		TEST(test_who_goes),
		TEST(test_too_many),
	};

	return cmocka_run_group_tests_name("rtsp_port", tests, NULL, NULL);
}
