#ifndef LULL_TEST_OPENER_AT_DOOR_H
#define LULL_TEST_OPENER_AT_DOOR_H

/* What opens viewers' sockets, at a worker's door. Included by one file of a
 * test program, after cmocka. */
#include "broker/port/flow_opener.h"
#include "port_door.h"

static struct doors *doors;
static struct flow_opener *opener;
static const struct flow_opener_stats *stats;
static int64_t now_us;
static union socket_address port;	/* where all viewers come to */
static uint8_t check[HANDOVER_MAX];
static size_t check_len;

static inline union socket_address
address_of(int fd)
{
	union socket_address a = { 0 };
	socklen_t len = sizeof a;

	assert_int_equal(getsockname(fd, &a.any, &len), 0);
	return a;
}

static inline union socket_address
peer_of(int fd)
{
	union socket_address a = { 0 };
	socklen_t len = sizeof a;

	assert_int_equal(getpeername(fd, &a.any, &len), 0);
	return a;
}

static inline void
expect_address(union socket_address got, const union socket_address *want)
{
	char a[SOCKET_ADDRESS_TEXT], b[SOCKET_ADDRESS_TEXT];

	socket_address_text(&got, a);
	socket_address_text(want, b);
	assert_string_equal(a, b);
}

static inline int
open_udp(const char *ip)
{
	union socket_address a;
	int fd;

	socket_address_parse(&a, ip, 0);
	fd = socket(a.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	assert_int_equal(bind(fd, &a.any, socket_address_len(&a.any)), 0);
	return fd;
}

/* An address whose port is free. */
static inline union socket_address
free_address(const char *ip)
{
	int fd = open_udp(ip);
	union socket_address a = address_of(fd);

	close(fd);
	return a;
}

/* Set-up and tear-down of a test. */
static inline int
opener_begin(void **state)
{
	int rc = door_begin(state);

	doors = doors_new(base, door_folder);
	opener = flow_opener_new(doors);
	stats = flow_opener_stats(opener);
	now_us = 1000000000;
	port = free_address("127.0.0.1");
	check_len = check_write(check, DOOR_UFRAG ":abcd", 0);
	return rc;
}

static inline int
opener_end(void **state)
{
	flow_opener_free(opener);
	doors_free(doors);
	return door_end(state);
}

static inline void
take(const union socket_address *remote)
{
	flow_opener_take(opener, &port, remote, check, check_len, now_us);
}

static inline void
expect_stats(unsigned long opened, unsigned long more, unsigned long dropped)
{
	assert_int_equal(stats->opened, opened);
	assert_int_equal(stats->more, more);
	assert_int_equal(stats->dropped, dropped);
}

/* The socket that the worker has got, with that check. */
static inline int
expect_flow(const union socket_address *remote)
{
	struct handover h;

	assert_true(door_take(&h));
	assert_int_equal(h.kind, HANDOVER_UDP);
	assert_int_equal(h.len, check_len);
	assert_memory_equal(h.data, check, check_len);
	expect_address(h.local, &port);
	expect_address(h.remote, remote);
	expect_address(peer_of(h.fd), remote);
	return h.fd;
}

static inline void
expect_more(const union socket_address *remote)
{
	struct handover h;

	assert_true(door_take(&h));
	assert_int_equal(h.kind, HANDOVER_MORE);
	assert_int_equal(h.len, check_len);
	assert_memory_equal(h.data, check, check_len);
	expect_address(h.local, &port);
	expect_address(h.remote, remote);
}

static inline void
expect_nothing(void)
{
	struct handover h;

	assert_false(door_take(&h));
}

/* The n-th of many viewers. */
static inline union socket_address
viewer(int n)
{
	union socket_address a;

	socket_address_parse(&a, "127.0.1.1", 1024 + n);
	return a;
}

#endif
