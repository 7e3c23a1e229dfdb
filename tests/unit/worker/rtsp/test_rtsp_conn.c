#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "clock.h"
#include "descriptors.h"
#include "names.h"
#include "worker/rtsp/rtsp_conn.h"

#define GIVE_UP_S	30
#define LONG_MS		20000
#define MANY		(8 * 1024 * 1024)	/* bytes; no buffer has it */

/* What is received next is this error, as of a cable that was pulled. */
static int receive_error;

ssize_t
recv(int fd, void *data, size_t len, int flags)
{
	if (receive_error == 0)
		return recvfrom(fd, data, len, flags, NULL, NULL);
	errno = receive_error;
	return -1;
}

/* The camera is a plain socket of the test, which blocks. */
struct fixture {
	struct event_base	*base;
	struct event		*give_up;
	struct rtsp_conn_config	 config;
	struct rtsp_conn	*conn;
	int			 listener, camera;
	int			 n_open, n_gone, n_data;
	enum rtsp_conn_end	 how;
	int			 error;
	char			 why[128];
	size_t			 keep;		/* so many are not taken */
	size_t			 len, total;	/* last given; taken in all */
	uint8_t			 data[64];	/* the beginning of those */
};

#define UNTIL(f, what) do { \
	while (!(what)) \
		event_base_loop((f)->base, EVLOOP_ONCE); \
} while (0)

static void
on_give_up(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	fail_msg("nothing more comes");
}

static void
on_open(void *arg)
{
	((struct fixture *)arg)->n_open++;
}

static size_t
on_data(const uint8_t *data, size_t len, void *arg)
{
	struct fixture *f = arg;
	size_t taken = len > f->keep ? len - f->keep : 0;

	f->n_data++;
	f->len = len;
	f->total += taken;
	memcpy(f->data, data, len < sizeof f->data ? len : sizeof f->data);
	return taken;
}

static void
on_gone(enum rtsp_conn_end how, int error, const char *why, void *arg)
{
	struct fixture *f = arg;

	f->n_gone++;
	f->how = how;
	f->error = error;
	snprintf(f->why, sizeof f->why, "%s", why);
}

static int
setup(void **state)
{
	static struct fixture f;
	struct timeval tv = { GIVE_UP_S, 0 };
	union socket_address a;
	socklen_t len = sizeof a;

	f = (struct fixture){ .base = event_base_new(), .camera = -1 };
	f.give_up = evtimer_new(f.base, on_give_up, NULL);
	event_add(f.give_up, &tv);
	f.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(socket_address_parse(&a, "127.0.0.1", 0));
	assert_int_equal(bind(f.listener, &a.any, sizeof a.v4), 0);
	assert_int_equal(listen(f.listener, 1), 0);
	getsockname(f.listener, &a.any, &len);
	f.config = (struct rtsp_conn_config){
		.host = "127.0.0.1", .port = socket_address_port(&a),
		.connect_ms = LONG_MS,
	};
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	rtsp_conn_free(f->conn);
	if (f->camera != -1)
		close(f->camera);
	if (f->listener != -1)
		close(f->listener);
	event_free(f->give_up);
	event_base_free(f->base);
	return 0;
}

static void
start(struct fixture *f)
{
	static const struct rtsp_conn_handler handler = {
		on_open, on_data, on_gone
	};

	f->conn = rtsp_conn_open(f->base, &f->config, &handler, f);
	assert_non_null(f->conn);
}

static void
start_and_open(struct fixture *f)
{
	start(f);
	UNTIL(f, f->n_open + f->n_gone > 0);
	assert_int_equal(f->n_open, 1);
	f->camera = accept(f->listener, NULL, NULL);
	assert_int_not_equal(f->camera, -1);
}

static void
until_gone(struct fixture *f, enum rtsp_conn_end how, int error)
{
	UNTIL(f, f->n_gone > 0);
	assert_int_equal(f->how, how);
	assert_int_equal(f->error, error);
}

static void
write_all(int fd, const void *data, size_t len)
{
	assert_int_equal(write(fd, data, len), len);
}

static void
test_both_ways(void **state)
{
	struct fixture *f = *state;
	union socket_address local, remote;
	socklen_t len = sizeof remote;
	char text[16];

	start_and_open(f);
	rtsp_conn_send(f->conn, "hello", 5);
	assert_int_equal(read(f->camera, text, sizeof text), 5);
	assert_memory_equal(text, "hello", 5);
	rtsp_conn_send(f->conn, "!", 1);
	assert_int_equal(read(f->camera, text, sizeof text), 1);
	write_all(f->camera, "world", 5);
	UNTIL(f, f->total == 5);
	assert_memory_equal(f->data, "world", 5);
	getsockname(f->camera, &remote.any, &len);
	assert_true(socket_address_is(rtsp_conn_remote(f->conn),
	    &remote.any));
	getpeername(f->camera, &remote.any, &len);
	rtsp_conn_local(f->conn, &local);
	assert_true(socket_address_is(&local, &remote.any));
	assert_int_equal(f->n_gone, 0);
}

static void
test_refused(void **state)
{
	struct fixture *f = *state;

	close(f->listener);
	f->listener = -1;
	start(f);
	until_gone(f, RTSP_CONN_FAILED, ECONNREFUSED);
	assert_int_equal(f->n_open, 0);
	f->camera = dup(1);	/* has the number that was given back */
	rtsp_conn_free(f->conn);
	f->conn = NULL;
	assert_int_not_equal(fcntl(f->camera, F_GETFD), -1);
}

/* TCP goes to no broadcast address: the kernel says so at once. */
static void
test_an_address_that_cannot_be(void **state)
{
	struct fixture *f = *state;

	f->config.host = "255.255.255.255";
	start(f);
	UNTIL(f, f->n_open + f->n_gone > 0);
	until_gone(f, RTSP_CONN_FAILED, f->error);
	assert_int_not_equal(f->error, 0);
}

static void
test_no_descriptor_can_be_had(void **state)
{
	struct fixture *f = *state;

	start(f);
	forbid_descriptors(true);
	UNTIL(f, f->n_gone > 0);
	forbid_descriptors(false);
	until_gone(f, RTSP_CONN_FAILED, EMFILE);
}

static void
test_a_name_without_an_address(void **state)
{
	struct fixture *f = *state;

	f->config.host = "nobody.test";
	start(f);
	until_gone(f, RTSP_CONN_LOOKUP, 0);
	assert_string_equal(f->why, gai_strerror(EAI_NONAME));
}

/* The first refuses, and the last is the one. */
static void
test_each_address_is_tried(void **state)
{
	static const char *const addresses[] = {
		"127.0.0.2", "::1", "127.0.0.1", NULL
	};
	struct fixture *f = *state;
	char text[SOCKET_ADDRESS_IP];

	name_addresses = addresses;
	f->config.host = "cam.test";
	start_and_open(f);
	socket_address_ip(rtsp_conn_remote(f->conn), text);
	assert_string_equal(text, "127.0.0.1");
	rtsp_conn_free(f->conn);
	close(f->camera);
	close(f->listener);
	f->listener = -1;
	f->n_open = 0;
	start(f);
	until_gone(f, RTSP_CONN_FAILED, ECONNREFUSED);
	assert_int_equal(f->n_open, 0);
	assert_int_equal(f->n_gone, 1);
}

/* A listener whose queue is full answers nobody, like a host that is off. */
static void
fill_queue(const struct fixture *f, int fds[4])
{
	union socket_address a;
	socklen_t len = sizeof a;

	getsockname(f->listener, &a.any, &len);
	for (int i = 0; i < 4; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(fds[i], &a.any, sizeof a.v4);
	}
}

/* One that does not answer leaves time for the others. */
static void
test_the_addresses_share_the_time(void **state)
{
	static const char *const addresses[] = {
		"127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.2", NULL
	};
	struct fixture *f = *state;
	int64_t begin_us = clock_now_us();
	int fds[4];

	fill_queue(f, fds);
	name_addresses = addresses;
	f->config.host = "cam.test";
	f->config.connect_ms = 800;
	start(f);
	until_gone(f, RTSP_CONN_FAILED, ECONNREFUSED);
	assert_in_range(clock_now_us() - begin_us, 590000, 1600000);
	rtsp_conn_free(f->conn);
	f->config.host = "127.0.0.1";
	f->config.connect_ms = 50;
	f->n_gone = 0;
	start(f);
	until_gone(f, RTSP_CONN_FAILED, ETIMEDOUT);
	for (int i = 0; i < 4; i++)
		close(fds[i]);
}

static void
test_closed(void **state)
{
	struct fixture *f = *state;

	start_and_open(f);
	write_all(f->camera, "last", 4);
	close(f->camera);
	f->camera = -1;
	until_gone(f, RTSP_CONN_CLOSED, 0);
	assert_int_equal(f->total, 4);
	rtsp_conn_send(f->conn, "nobody", 6);
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	assert_int_equal(f->n_gone, 1);
}

static void
test_reset(void **state)
{
	const struct linger at_once = { .l_onoff = 1 };
	struct fixture *f = *state;

	start_and_open(f);
	setsockopt(f->camera, SOL_SOCKET, SO_LINGER, &at_once,
	    sizeof at_once);
	close(f->camera);
	f->camera = -1;
	until_gone(f, RTSP_CONN_CLOSED, ECONNRESET);
}

static void
test_unreachable(void **state)
{
	struct fixture *f = *state;

	start_and_open(f);
	write_all(f->camera, "x", 1);
	receive_error = EHOSTUNREACH;
	UNTIL(f, f->n_gone > 0);
	receive_error = 0;
	until_gone(f, RTSP_CONN_FAILED, EHOSTUNREACH);
	assert_int_equal(f->total, 0);
}

/* Gone may come out of the very call that sends. */
static void
test_sent_to_one_that_has_reset(void **state)
{
	const struct linger at_once = { .l_onoff = 1 };
	struct fixture *f = *state;

	start_and_open(f);
	setsockopt(f->camera, SOL_SOCKET, SO_LINGER, &at_once,
	    sizeof at_once);
	close(f->camera);
	f->camera = -1;
	rtsp_conn_send(f->conn, "nobody", 6);
	until_gone(f, RTSP_CONN_CLOSED, f->error);
	assert_true(f->error == EPIPE || f->error == ECONNRESET);
	assert_int_equal(f->n_gone, 1);
}

static void
test_what_is_not_taken_is_given_again(void **state)
{
	struct fixture *f = *state;

	start_and_open(f);
	f->keep = 3;
	write_all(f->camera, "abcdef", 6);
	UNTIL(f, f->n_data == 1);
	assert_int_equal(f->len, 6);
	write_all(f->camera, "gh", 2);
	UNTIL(f, f->n_data == 2);
	assert_int_equal(f->len, 5);
	assert_memory_equal(f->data, "defgh", 5);
	f->keep = 0;
	write_all(f->camera, "i", 1);
	UNTIL(f, f->n_data == 3);
	assert_int_equal(f->len, 4);
	assert_memory_equal(f->data, "fghi", 4);
	assert_int_equal(f->total, 9);
}

static void
fill(int fd, size_t len)
{
	static uint8_t data[4096];

	for (; len > 0; len -= sizeof data)
		write_all(fd, data, sizeof data);
}

static void
test_all_is_full_and_nothing_is_taken(void **state)
{
	struct fixture *f = *state;

	start_and_open(f);
	f->keep = SIZE_MAX;
	for (size_t sent = 16384; sent < RTSP_CONN_ROOM; sent += 16384) {
		fill(f->camera, 16384);
		UNTIL(f, f->len == sent);
	}
	assert_int_equal(f->n_gone, 0);
	fill(f->camera, 16384);
	until_gone(f, RTSP_CONN_FAILED, ENOBUFS);
	assert_int_equal(f->total, 0);
}

/* The camera reads slowly: what it was sent waits, in order, up to a bound. */
static void
test_a_slow_reader_gets_all_that_was_queued(void **state)
{
	static uint8_t data[65536];
	struct fixture *f = *state;
	size_t sent = 0, got = 0;
	uint32_t number = 0, want = 0;
	char block[1000];
	ssize_t n;

	start_and_open(f);
	for (; sent < MANY; sent += sizeof block, number++) {
		memset(block, (int)number, sizeof block);
		rtsp_conn_send(f->conn, block, sizeof block);
	}
	fcntl(f->camera, F_SETFL, O_NONBLOCK);
	for (int idle = 0; idle < 20;) {
		event_base_loop(f->base, EVLOOP_NONBLOCK);
		n = read(f->camera, data, sizeof data);
		idle = n > 0 ? 0 : idle + 1;
		if (n <= 0)
			usleep(1000);
		for (ssize_t i = 0; i < n; i++, got++) {
			want = (uint32_t)(got / sizeof block);
			assert_int_equal(data[i], (uint8_t)want);
		}
	}
	assert_int_equal(got % sizeof block, 0);
	assert_in_range(got, 256 * 1024 - sizeof block, MANY - 1);
	assert_int_equal(f->n_gone, 0);
	rtsp_conn_send(f->conn, "now", 3);
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	assert_int_equal(read(f->camera, data, sizeof data), 3);
}

/* A loop is no one's alone: a turn reads four times at most. */
static void
test_a_turn_ends(void **state)
{
	struct fixture *f = *state;

	start_and_open(f);
	f->keep = RTSP_CONN_ROOM - 4096;
	fcntl(f->camera, F_SETFL, O_NONBLOCK);
	for (size_t sent = 0; sent < RTSP_CONN_ROOM - 4096; sent += 4096) {
		fill(f->camera, 4096);
		UNTIL(f, f->len == sent + 4096);
	}
	for (int i = 0; i < 8; i++)
		fill(f->camera, 4096);
	f->n_data = 0;
	event_base_loop(f->base, EVLOOP_ONCE);
	assert_in_range(f->n_data, 1, 4);
	UNTIL(f, f->total >= 8 * 4096);
}

static void
test_no_descriptor_stays(void **state)
{
	static const char *const addresses[] = {
		"127.0.0.2", "127.0.0.3", "127.0.0.1", NULL
	};
	static const struct rtsp_conn_handler nothing;
	struct fixture *f = *state;
	int before = count_descriptors();

	name_addresses = addresses;
	f->config.host = "cam.test";
	for (int turns = 0; turns < 6; turns++) {
		f->n_open = f->n_gone = 0;
		start(f);
		for (int i = 0; i < turns; i++)
			event_base_loop(f->base, i == 0 ? EVLOOP_ONCE :
			    EVLOOP_NONBLOCK);
		rtsp_conn_free(f->conn);
		f->conn = NULL;
	}
	for (int i = 0; i < 2000 && count_descriptors() > before; i++)
		usleep(1000);	/* a thread that looks a name up */
	assert_int_equal(count_descriptors(), before);
	rtsp_conn_free(NULL);
	forbid_descriptors(true);
	f->conn = rtsp_conn_open(f->base, &f->config, &nothing, f);
	forbid_descriptors(false);
	assert_null(f->conn);
}

/* What was sent last is heard, though nobody has read what came. */
static void
test_the_last_words_are_heard(void **state)
{
	struct fixture *f = *state;
	char text[16];

	start_and_open(f);
	fill(f->camera, 262144);
	write_all(f->camera, "x", 1);
	rtsp_conn_send(f->conn, "goodbye", 7);
	rtsp_conn_free(f->conn);
	f->conn = NULL;
	assert_int_equal(read(f->camera, text, sizeof text), 7);
	assert_int_equal(read(f->camera, text, sizeof text), 0);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_both_ways),
		TEST(test_refused),
		TEST(test_an_address_that_cannot_be),
		TEST(test_no_descriptor_can_be_had),
		TEST(test_a_name_without_an_address),
		TEST(test_each_address_is_tried),
		TEST(test_the_addresses_share_the_time),
		TEST(test_closed),
		TEST(test_reset),
		TEST(test_unreachable),
		TEST(test_sent_to_one_that_has_reset),
		TEST(test_what_is_not_taken_is_given_again),
		TEST(test_all_is_full_and_nothing_is_taken),
		TEST(test_a_slow_reader_gets_all_that_was_queued),
		TEST(test_a_turn_ends),
		TEST(test_no_descriptor_stays),
		TEST(test_the_last_words_are_heard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
