/* Packets and answers on a connection that takes them bit by bit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "bytes.h"
#include "worker/serve/interleave.h"
#include "xalloc.h"

#define PACKETS		3000
#define MAX_LEN		1400
#define ANSWER		"RTSP/1.0 200 OK\r\n\r\n"

static int ends[2];
static struct interleave il;
static unsigned seed;
static uint8_t got[1 << 16];
static size_t n_got;
static int packets, answers;	/* that came whole */

static unsigned
roll(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return seed / 65536 % n;
}

static int
set_up(void **state)
{
	const int small = 4096;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    ends), 0);
	setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
	memset(&il, 0, sizeof il);
	seed = 1;
	n_got = 0;
	packets = answers = 0;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	interleave_clear(&il);
	close(ends[0]);
	close(ends[1]);
	return 0;
}

/* Packet i has its number, and a length and a channel by that. */
static uint16_t
packet_len(int i)
{
	return (uint16_t)(4 + (unsigned)i * 7919 % (MAX_LEN - 4));
}

static int
packet_channel(int i)
{
	return i / 5 % 3;
}

static size_t
put_packet(uint8_t *to, int i)
{
	memset(to, i, packet_len(i));
	put32(to, (uint32_t)i);
	return packet_len(i);
}

static size_t
take_one(const uint8_t *p, size_t len)
{
	uint8_t want[MAX_LEN];

	if (p[0] != '$') {
		size_t n = strlen(ANSWER);

		if (len < n)
			return 0;
		assert_memory_equal(p, ANSWER, n);
		answers++;
		return n;
	}
	if (len < 4 || len < 4 + (size_t)get16(p + 2))
		return 0;
	assert_int_equal(p[1], packet_channel(packets));
	assert_int_equal(get16(p + 2), put_packet(want, packets));
	assert_memory_equal(p + 4, want, get16(p + 2));
	packets++;
	return 4 + get16(p + 2);
}

static void
read_some(size_t most)
{
	size_t at = 0, n;
	ssize_t len;

	if (most > sizeof got - n_got)
		most = sizeof got - n_got;
	len = recv(ends[1], got + n_got, most, MSG_DONTWAIT);
	n_got += len > 0 ? (size_t)len : 0;
	while (at < n_got && (n = take_one(got + at, n_got - at)) > 0)
		at += n;
	n_got -= at;
	memmove(got, got + at, n_got);
}

/* Up to `most` packets of one channel from the i-th on; how many were taken. */
static size_t
send_packets(int i, size_t most)
{
	static uint8_t data[64 * MAX_LEN];
	uint16_t len[64];
	size_t n = 0, at = 0;

	while (n < most && i + (int)n < PACKETS &&
	    packet_channel(i + (int)n) == packet_channel(i)) {
		at += put_packet(data + at, i + (int)n);
		len[n] = packet_len(i + (int)n);
		n++;
	}
	return interleave_send(&il, ends[0], packet_channel(i), data, len, n);
}

/* Whatever is cut, the other end finds all in step. */
static void
test_in_step(void **state)
{
	int sent = 0, said = 0;

	(void)state;
	while (packets < PACKETS || answers < said) {
		sent += (int)send_packets(sent, 1 + roll(5));
		if (roll(7) == 0 && sent < PACKETS) {
			interleave_put(&il, ANSWER, strlen(ANSWER));
			said++;
		}
		read_some(1 + roll(3000));
		/* Of packets no more waits than one. */
		assert_true(interleave_waiting(&il) < 4 + MAX_LEN +
		    strlen(ANSWER) * (size_t)(said + 1));
		if (roll(2) == 0 || sent == PACKETS)
			interleave_flush(&il, ends[0]);
	}
	assert_int_equal(sent, PACKETS);
	assert_true(said > 100);
	assert_int_equal(interleave_waiting(&il), 0);
	assert_int_equal(n_got, 0);
}

static void
test_a_full_connection(void **state)
{
	size_t waits;
	int sent = 0, more;

	(void)state;
	while ((more = (int)send_packets(sent, 5)) > 0)
		sent += more;
	assert_in_range(sent, 1, PACKETS - 1);
	waits = interleave_waiting(&il);
	assert_true(waits < 4 + MAX_LEN);
	interleave_put(&il, ANSWER, strlen(ANSWER));
	assert_int_equal(interleave_waiting(&il), waits + strlen(ANSWER));
	assert_false(interleave_flush(&il, ends[0]));
	assert_int_equal(send_packets(sent, 5), 0);
	while (answers == 0) {
		read_some(sizeof got);
		interleave_flush(&il, ends[0]);
	}
	assert_int_equal(packets, sent);
	assert_true(interleave_flush(&il, ends[0]));
}

static void
test_a_broken_connection(void **state)
{
	(void)state;
	close(ends[1]);
	ends[1] = -1;
	assert_int_equal(send_packets(0, 5), 0);
	assert_int_equal(interleave_waiting(&il), 0);
	interleave_put(&il, ANSWER, strlen(ANSWER));
	assert_false(interleave_flush(&il, ends[0]));
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_in_step),
		TEST(test_a_full_connection),
		TEST(test_a_broken_connection),
	};

	return cmocka_run_group_tests_name("interleave", tests, NULL, NULL);
}
