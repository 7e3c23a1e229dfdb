#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "bytes.h"
#include "worker/transport/framing.h"

#define MAX_GOT		20000
#define PREFIX		2
#define TURN_BYTES	(64 * 1024)	/* read in one turn */

/* The datagrams that came, and what the reader asks for. */
static struct {
	size_t	len;
	uint8_t	first, last;
} got[MAX_GOT];
static int n_got, enough;	/* it asks for no more after so many */
static bool go_on;

static struct framing *ours, *theirs;
static int fd, other;

/* A connection that takes so many bytes more, in place of the kernel's. */
static size_t most = SIZE_MAX;

ssize_t
sendmsg(int to, const struct msghdr *m, int flags)
{
	static uint8_t bytes[256 * (PREFIX + FRAMING_MAX)];
	size_t n = 0;

	for (size_t i = 0; i < m->msg_iovlen && n < most; i++) {
		const struct iovec *v = &m->msg_iov[i];
		size_t some = v->iov_len < most - n ? v->iov_len : most - n;

		assert_true(n + some <= sizeof bytes);
		memcpy(bytes + n, v->iov_base, some);
		n += some;
	}
	if (n == 0) {
		errno = EAGAIN;
		return -1;
	}
	most -= most == SIZE_MAX ? 0 : n;
	return send(to, bytes, n, flags);
}

static int
set_up(void **state)
{
	int pair[2];

	(void)state;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
		return 1;
	fd = pair[0];
	other = pair[1];
	ours = calloc(1, sizeof *ours);
	theirs = calloc(1, sizeof *theirs);
	n_got = 0;
	enough = MAX_GOT;
	go_on = true;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	close(fd);
	close(other);
	free(ours);
	free(theirs);
	return 0;
}

static void
on_frame(const uint8_t *data, size_t len, void *arg)
{
	assert_ptr_equal(arg, &n_got);
	assert_in_range(n_got, 0, MAX_GOT - 1);
	assert_true(len > 0);
	got[n_got].len = len;
	got[n_got].first = data[0];
	got[n_got].last = data[len - 1];
	if (++n_got == enough)
		go_on = false;
}

static bool
read_all(void)
{
	return framing_read(ours, fd, on_frame, &n_got, &go_on);
}

static void
put(const void *data, size_t len)
{
	assert_int_equal(send(other, data, len, 0), len);
}

static size_t
write_frame(uint8_t *to, size_t len, uint8_t fill)
{
	put16(to, (uint32_t)len);
	memset(to + PREFIX, fill, len);
	return PREFIX + len;
}

static void
put_frame(size_t len, uint8_t fill)
{
	static uint8_t frame[PREFIX + UINT16_MAX];

	put(frame, write_frame(frame, len, fill));
}

static void
assert_got(int i, size_t len, uint8_t fill)
{
	assert_true(i < n_got);
	assert_int_equal(got[i].len, len);
	assert_int_equal(got[i].first, fill);
	assert_int_equal(got[i].last, fill);
}

static void
test_one_byte_at_a_time(void **state)
{
	uint8_t bytes[PREFIX * 3 + 1 + 300 + 7];
	size_t n = write_frame(bytes, 1, 'a');

	(void)state;
	n += write_frame(bytes + n, 300, 'b');
	n += write_frame(bytes + n, 7, 'c');
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(n_got, (i > 2) + (i > 304) + (i > 313));
		put(bytes + i, 1);
		assert_true(read_all());
	}
	assert_int_equal(n_got, 3);
	assert_got(0, 1, 'a');
	assert_got(1, 300, 'b');
	assert_got(2, 7, 'c');
	assert_true(read_all());
	assert_int_equal(n_got, 3);
}

/* Many in one piece: all of them are given in one call. */
static void
test_many_at_once(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++)
		put_frame(100 + (size_t)i, (uint8_t)i);
	assert_true(read_all());
	assert_int_equal(n_got, 40);
	for (int i = 0; i < 40; i++)
		assert_got(i, 100 + (size_t)i, (uint8_t)i);
}

/* It is a datagram like any other, but there is nothing in it. */
static void
test_empty_frames(void **state)
{
	(void)state;
	put("\0\0\0\0", 4);
	put_frame(3, 'x');
	put("\0\0", 2);
	assert_true(read_all());
	assert_int_equal(n_got, 1);
	assert_got(0, 3, 'x');
}

static void
test_the_longest_frame(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		put_frame(FRAMING_MAX, (uint8_t)i);
	assert_true(read_all());
	assert_int_equal(n_got, 5);
	for (int i = 0; i < 5; i++)
		assert_got(i, FRAMING_MAX, (uint8_t)i);
}

/* The connection is of no use any more; what was before it counts. */
static void
test_frames_that_are_too_long(void **state)
{
	static const uint32_t lens[] = { FRAMING_MAX + 1, UINT16_MAX };
	uint8_t prefix[PREFIX];

	for (size_t i = 0; i < 2; i++) {
		put_frame(9, 'y');
		put16(prefix, lens[i]);
		put(prefix, sizeof prefix);
		assert_false(read_all());
		assert_int_equal(n_got, 1);
		assert_got(0, 9, 'y');
		tear_down(state);
		set_up(state);
	}
}

static void
test_the_end_of_a_connection(void **state)
{
	(void)state;
	put_frame(9, 'y');
	put("\0\7abc", 5);		/* a frame that is cut off */
	close(other);
	assert_true(read_all());
	assert_int_equal(n_got, 1);
	assert_false(read_all());
	assert_int_equal(n_got, 1);
}

static void
test_a_broken_connection(void **state)
{
	(void)state;
	assert_true(read_all());	/* nothing there is no end */
	close(fd);
	assert_false(read_all());
	fd = -1;
}

/* Who asks for no more gets no more, be it in the same piece or a later one. */
static void
test_no_more(void **state)
{
	(void)state;
	for (int i = 0; i < 30; i++)
		put_frame(1000, (uint8_t)i);
	enough = 2;
	assert_true(read_all());
	assert_int_equal(n_got, 2);
	go_on = true;
	enough = MAX_GOT;
	while (n_got < 30) {
		int before = n_got;

		assert_true(read_all());
		assert_true(n_got > before);
	}
	for (int i = 0; i < 30; i++)
		assert_got(i, 1000, (uint8_t)i);
}

/* One connection does not keep the loop for itself. */
static void
test_a_turn_ends(void **state)
{
	static const int big = 1 << 20;
	int n = 0;

	(void)state;
	setsockopt(other, SOL_SOCKET, SO_SNDBUF, &big, sizeof big);
	for (; n < 150; n++)
		put_frame(FRAMING_MAX, 'x');
	assert_true(read_all());
	assert_int_equal(n_got, TURN_BYTES / FRAMING_MAX);
	while (n_got < n)
		assert_true(read_all());
}

static void
assert_taken(size_t taken, const uint8_t *data, const uint16_t *len, size_t n)
{
	assert_int_equal(framing_send(theirs, other, data, len, n), taken);
}

static void
test_send(void **state)
{
	static const uint16_t len[] = { 1, 1200, 1200, 300, FRAMING_MAX };
	uint8_t data[1 + 1200 + 1200 + 300 + FRAMING_MAX];
	size_t at = 0;

	(void)state;
	for (int i = 0; i < 5; at += len[i++])
		memset(data + at, 'a' + i, len[i]);
	assert_taken(5, data, len, 5);
	assert_true(framing_flush(theirs, other));
	while (n_got < 5)
		assert_true(read_all());
	for (int i = 0; i < 5; i++)
		assert_got(i, len[i], (uint8_t)('a' + i));
	assert_taken(0, data, len, 0);
}

/* More than one sendmsg() takes. */
static void
test_send_many(void **state)
{
	static uint8_t data[400 * 10];
	uint16_t len[400];

	(void)state;
	for (int i = 0; i < 400; i++) {
		len[i] = 10;
		memset(data + 10 * i, i, 10);
	}
	assert_taken(400, data, len, 400);
	while (n_got < 400)
		assert_true(read_all());
	for (int i = 0; i < 400; i++)
		assert_got(i, 10, (uint8_t)i);
}

static void
test_send_what_is_too_long(void **state)
{
	static uint8_t data[10 + FRAMING_MAX + 1 + 10];
	static const uint16_t len[] = { 10, FRAMING_MAX + 1, 10 };

	(void)state;
	assert_taken(1, data, len, 3);
	assert_taken(0, data, len + 1, 2);
	assert_true(read_all());
	assert_int_equal(n_got, 1);
}

static void
test_send_on_a_broken_connection(void **state)
{
	static const uint16_t len[] = { 10, 10 };

	(void)state;
	close(fd);
	fd = -1;
	assert_taken(0, (const uint8_t *)"01234567890123456789", len, 2);
	assert_true(framing_flush(theirs, other));
}

/* Returns how many frames of that length the connection takes. */
static int
fill_up(uint16_t len)
{
	static uint8_t data[FRAMING_MAX];
	int n = 0;

	memset(data, 'f', len);
	while (framing_send(theirs, other, data, &len, 1) == 1)
		assert_in_range(++n, 1, MAX_GOT);
	return n;
}

/* A frame is taken whole or not at all, wherever the connection cuts it. */
static void
test_a_full_connection(void **state)
{
	static const uint16_t lens[] = { 700, 1200, 1399, FRAMING_MAX };
	int n, small = 20000;

	for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
		setsockopt(other, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
		n = fill_up(lens[i]);
		while (n_got < n) {
			assert_true(read_all());
			framing_flush(theirs, other);
		}
		assert_true(framing_flush(theirs, other));
		assert_true(read_all());
		assert_int_equal(n_got, n);
		for (int k = 0; k < n; k++)
			assert_got(k, lens[i], 'f');
		tear_down(state);
		set_up(state);
	}
}

/* A stream whose buffer takes any number of bytes: TCP, on the loopback. */
static void
connect_by_tcp(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int door = socket(AF_INET, SOCK_STREAM, 0), small = 4608;
	socklen_t len = sizeof a;

	close(fd);
	close(other);
	setsockopt(door, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	assert_int_equal(bind(door, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(door, 1), 0);
	assert_int_equal(getsockname(door, (struct sockaddr *)&a, &len), 0);
	other = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(other, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
	assert_int_equal(connect(other, (struct sockaddr *)&a, len), 0);
	fd = accept(door, NULL, NULL);
	close(door);
}

static void
wait_for_bytes(void)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	assert_int_equal(poll(&p, 1, 20000), 1);
}

/* Sends until a frame is cut, and returns how many were taken. */
static int
send_until_cut(const uint8_t *data, const uint16_t *len)
{
	int n = 0;

	while (framing_flush(theirs, other)) {
		size_t taken = framing_send(theirs, other, data, len, 2);

		n += (int)taken;
		if (taken == 0)		/* it is full between two frames */
			assert_true(read_all());
	}
	return n;
}

/* The rest of a frame that was cut goes first, and nothing before it. */
static void
test_a_cut_frame(void **state)
{
	static uint8_t data[2 * FRAMING_MAX];
	static const uint16_t len[] = { 1500, 1500 };
	int n = 0;

	(void)state;
	connect_by_tcp();
	memset(data, 'c', sizeof data);
	for (int round = 0; round < 20; round++) {
		n += send_until_cut(data, len);
		assert_taken(0, data, len, 2);	/* there is a rest */
		while (!framing_flush(theirs, other)) {
			wait_for_bytes();
			assert_true(read_all());
		}
	}
	while (n_got < n) {
		wait_for_bytes();
		assert_true(read_all());
	}
	for (int i = 0; i < n; i++)
		assert_got(i, 1500, 'c');
}

/* Two frames, cut behind each of their bytes: what was begun is taken. */
static void
test_each_cut(void **state)
{
	static const uint8_t data[] = "firstsecond";
	static const uint16_t len[] = { 5, 6, 4 };
	const size_t one = PREFIX + 5, both = one + PREFIX + 6;

	(void)state;
	for (size_t cut = 0; cut <= both; cut++) {
		n_got = 0;
		most = cut;
		assert_taken((size_t)(cut > 0) + (cut > one), data, len, 2);
		most = SIZE_MAX;
		assert_true(framing_flush(theirs, other));
		assert_taken(1, (const uint8_t *)"next", len + 2, 1);
		assert_true(read_all());
		assert_int_equal(n_got, 1 + (cut > 0) + (cut > one));
		assert_int_equal(got[n_got - 1].first, 'n');
		if (cut > 0)
			assert_int_equal(got[0].last, 't');
		if (cut > one)
			assert_int_equal(got[1].last, 'd');
	}
}

/* A rest that cannot be sent any more stays one. */
static void
test_a_rest_on_a_broken_connection(void **state)
{
	static uint8_t data[2 * FRAMING_MAX];
	static const uint16_t len[] = { 1500, 1500 };

	(void)state;
	connect_by_tcp();
	send_until_cut(data, len);
	close(fd);
	fd = -1;
	assert_false(framing_flush(theirs, other));
	assert_taken(0, data, len, 1);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_byte_at_a_time),
		TEST(test_many_at_once),
		TEST(test_empty_frames),
		TEST(test_the_longest_frame),
		TEST(test_frames_that_are_too_long),
		TEST(test_the_end_of_a_connection),
		TEST(test_a_broken_connection),
		TEST(test_no_more),
		TEST(test_a_turn_ends),
		TEST(test_send),
		TEST(test_send_many),
		TEST(test_send_what_is_too_long),
		TEST(test_send_on_a_broken_connection),
		TEST(test_a_full_connection),
		TEST(test_a_cut_frame),
		TEST(test_each_cut),
		TEST(test_a_rest_on_a_broken_connection),
	};

	return cmocka_run_group_tests_name("framing", tests, NULL, NULL);
}
