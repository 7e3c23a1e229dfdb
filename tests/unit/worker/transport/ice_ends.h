#ifndef LULL_TEST_ICE_ENDS_H
#define LULL_TEST_ICE_ENDS_H

/*
 * Two ends of a connection in one process and on one loop. For tests with
 * cmocka, whose headers come first.
 */
#include <arpa/inet.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "worker/transport/ice.h"

#define ENDS_DEADLINE_S	20	/* against a hang; nothing is timed */

/* As browsers name their own address. */
#define ENDS_LOCAL	"candidate:1 1 udp 2113937151 " \
    "0a1b2c3d-0000-4000-8000-123456789abc.local 50000 typ host " \
    "generation 0 ufrag abcd network-cost 999"

struct end {
	struct ice	*ice;
	int		 n_connected, n_failed, n_data, n_candidates, n_moved;
	size_t		 len;
	uint8_t		 data[1500];
	char		 candidate[300];
	bool		 free_when_connected, free_when_data;
};

static struct event_base *ends_base;
static bool ends_late;
static const struct ice_times *ends_times;	/* of those opened from now */

static inline int
end_send(struct ice *ice, const void *data, size_t len)
{
	struct transport t = ice_transport(ice);

	return t.send(t.arg, data, len);
}

static inline void
end_on_state(enum ice_state state, void *arg)
{
	struct end *e = arg;

	e->n_connected += state == ICE_CONNECTED;
	e->n_failed += state == ICE_FAILED;
	if (state == ICE_CONNECTED && e->free_when_connected) {
		ice_free(e->ice);
		e->ice = NULL;
	}
}

static inline void
end_on_data(const uint8_t *data, size_t len, void *arg)
{
	struct end *e = arg;

	assert_in_range(len, 1, sizeof e->data);
	e->n_data++;
	e->len = len;
	memcpy(e->data, data, len);
	if (e->free_when_data) {
		ice_free(e->ice);
		e->ice = NULL;
	}
}

static inline void
end_on_candidate(const char *candidate, void *arg)
{
	struct end *e = arg;

	e->n_candidates++;
	snprintf(e->candidate, sizeof e->candidate, "%s", candidate);
}

static inline void
end_on_moved(void *arg)
{
	struct end *e = arg;

	e->n_moved++;
}

static const struct ice_handler end_handler = {
	end_on_state, end_on_data, end_on_candidate, end_on_moved
};

union ends_address {
	struct sockaddr		any;
	struct sockaddr_in	v4;
	struct sockaddr_in6	v6;
};

/* Returns its length. */
static inline socklen_t
ends_read_address(union ends_address *a, const char *text, int port)
{
	memset(a, 0, sizeof *a);
	if (inet_pton(AF_INET, text, &a->v4.sin_addr) == 1) {
		a->v4.sin_family = AF_INET;
		a->v4.sin_port = htons((uint16_t)port);
		return sizeof a->v4;
	}
	assert_int_equal(inet_pton(AF_INET6, text, &a->v6.sin6_addr), 1);
	a->v6.sin6_family = AF_INET6;
	a->v6.sin6_port = htons((uint16_t)port);
	return sizeof a->v6;
}

/* A socket that has this port of the address; -1: it cannot be had. */
static inline int
ends_bind_to(const char *address, int port)
{
	union ends_address a;
	socklen_t len = ends_read_address(&a, address, port);
	int fd = socket(a.any.sa_family, SOCK_DGRAM, 0);

	if (fd != -1 && bind(fd, &a.any, len) == 0)
		return fd;
	close(fd);
	return -1;
}

/* A socket on a port that the kernel picks. */
static inline int
ends_bind(const char *address, int *port)
{
	union ends_address a;
	socklen_t len = sizeof a;
	int fd = ends_bind_to(address, 0);

	assert_int_not_equal(fd, -1);
	assert_int_equal(getsockname(fd, &a.any, &len), 0);
	*port = ntohs(a.any.sa_family == AF_INET ? a.v4.sin_port :
	    a.v6.sin6_port);
	return fd;
}

/* One that is free. */
static inline int
ends_port(const char *address)
{
	int port, fd = ends_bind(address, &port);

	close(fd);
	return port;
}

static inline void
end_open(struct end *e, const char *address, bool controlling)
{
	struct ice_config config = {
		.addresses = { address }, .port = ends_port(address),
		.controlling = controlling, .times = ends_times,
	};
	struct error err;

	memset(e, 0, sizeof *e);
	e->ice = ice_new(ends_base, &config, &end_handler, e, &err);
	assert_non_null(e->ice);
}

static inline void
end_introduce(struct end *a, struct end *b)
{
	assert_int_equal(ice_set_remote(a->ice, ice_ufrag(b->ice),
	    ice_pwd(b->ice)), 0);
}

static inline void
end_give_candidates(struct end *from, struct end *to)
{
	for (const char *const *c = ice_candidates(from->ice); *c != NULL; c++)
		assert_int_equal(ice_add_candidate(to->ice, *c), 0);
}

/* Each is told all of the other. */
static inline void
ends_meet(struct end *a, struct end *b)
{
	end_introduce(a, b);
	end_introduce(b, a);
	end_give_candidates(a, b);
	end_give_candidates(b, a);
}

static inline void
ends_free(struct end *a, struct end *b)
{
	ice_free(a->ice);
	ice_free(b->ice);
}

static inline void
ends_on_late(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	ends_late = true;
}

#define ends_run_until(condition) do {					\
	struct timeval tv_ = { ENDS_DEADLINE_S, 0 };			\
	struct event *e_ = evtimer_new(ends_base, ends_on_late, NULL);	\
									\
	event_add(e_, &tv_);						\
	ends_late = false;						\
	while (!(condition) && !ends_late &&				\
	    event_base_loop(ends_base, EVLOOP_ONCE) != -1)		\
		;							\
	event_free(e_);							\
	assert_true(condition);						\
} while (0)

static inline void
ends_pass_data(struct end *a, struct end *b)
{
	uint8_t big[1200];

	memset(big, 0x80, sizeof big);
	a->n_data = b->n_data = 0;
	assert_int_equal(end_send(a->ice, big, sizeof big), 0);
	ends_run_until(b->n_data == 1);
	assert_int_equal(b->len, sizeof big);
	assert_memory_equal(b->data, big, sizeof big);
	big[0] = 22;
	assert_int_equal(end_send(b->ice, big, 100), 0);
	ends_run_until(a->n_data == 1);
	assert_int_equal(a->len, 100);
	assert_memory_equal(a->data, big, 100);
}

static inline void
ends_connect_on(const char *address)
{
	struct end a, b;
	char want[80];

	end_open(&a, address, true);
	end_open(&b, address, false);
	assert_string_equal(ice_remote(a.ice), "");
	assert_int_equal(end_send(a.ice, "x", 1), -1);
	assert_string_not_equal(ice_ufrag(a.ice), ice_ufrag(b.ice));
	assert_string_not_equal(ice_pwd(a.ice), ice_pwd(b.ice));
	ends_meet(&a, &b);
	assert_int_equal(ice_add_candidate(a.ice, ""), 0);
	assert_int_equal(ice_add_candidate(b.ice, ""), 0);
	assert_int_equal(a.n_connected, 0);	/* from the loop only */
	ends_run_until(a.n_connected && b.n_connected);
	assert_int_equal(a.n_failed + b.n_failed, 0);
	snprintf(want, sizeof want, strchr(address, ':') ? "[%s]:" : "%s:",
	    address);
	assert_memory_equal(ice_remote(a.ice), want, strlen(want));
	assert_memory_equal(ice_remote(b.ice), want, strlen(want));
	ends_pass_data(&a, &b);
	assert_int_equal(a.n_connected, 1);
	ends_free(&a, &b);
}

static inline int
ends_set_up(void **state)
{
	(void)state;
	ends_base = event_base_new();
	return ends_base == NULL;
}

static inline int
ends_tear_down(void **state)
{
	(void)state;
	event_base_free(ends_base);
	return 0;
}

#endif
