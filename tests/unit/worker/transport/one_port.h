#ifndef LULL_TEST_ONE_PORT_H
#define LULL_TEST_ONE_PORT_H

/*
 * A worker's end of a connection on the one port, and a viewer's sockets; the
 * test is the broker. Its clock is the test's. For tests with cmocka, whose
 * headers come first.
 */
#include <stdlib.h>

#include "flow_pairs.h"
#include "ice_ends.h"
#include "rundir.h"
#include "stun_messages.h"
#include "tests/unit/worker/fake_clock.h"
#include "worker/transport/media_port.h"

#define SECOND		1000000LL
#define THEIR_UFRAG	"them"
#define THEIR_PWD	"0123456789abcdef012345"

static char folder[] = "/tmp/lull-test-one-port-XXXXXX";
static struct media_port *port;
static int broker;		/* its end of the door */
static struct end end;
static char ufrag[FIRST_CHECK_UFRAG + 1], pwd[30];	/* of the end */

/* The viewer checks by these from now on. */
static inline void
learn_credentials(void)
{
	snprintf(ufrag, sizeof ufrag, "%s", ice_ufrag(end.ice));
	snprintf(pwd, sizeof pwd, "%s", ice_pwd(end.ice));
}

/* With a port of its own, too, if that is not 0. */
static inline void
open_end(int own_port)
{
	struct ice_config config = {
		.addresses = { "127.0.0.1" }, .media_port = port,
		.port = own_port, .times = ends_times,
	};
	struct error err;

	memset(&end, 0, sizeof end);
	end.ice = ice_new(ends_base, &config, &end_handler, &end, &err);
	assert_non_null(end.ice);
	assert_int_equal(ice_set_remote(end.ice, THEIR_UFRAG, THEIR_PWD), 0);
	learn_credentials();
}

static inline int
open_port(void **state)
{
	static const char *const announced[] = { NULL };
	const struct media_port_config config = {
		.folder = folder, .address = "", .port = 8555, .udp = true,
		.tcp = true, .announced = announced,
	};
	char tag[FIRST_CHECK_UFRAG + 1], *door;
	struct error err;

	ends_set_up(state);
	now_us = 1000 * SECOND;
	port = media_port_open(ends_base, &config, &err);
	assert_non_null(port);
	media_port_ufrag(port, tag);
	tag[FIRST_CHECK_TAG] = '\0';
	door = rundir_door(folder, tag);
	broker = handover_connect(door);
	free(door);
	assert_int_not_equal(broker, -1);
	event_base_loop(ends_base, EVLOOP_ONCE);
	open_end(0);
	return 0;
}

static inline int
close_port(void **state)
{
	ice_free(end.ice);
	close(broker);
	media_port_close(port);
	return ends_tear_down(state);
}

static inline int
make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL;
}

static inline int
remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static inline size_t
write_check(uint8_t buf[STUN_ROOM], bool nominates)
{
	char name[100];

	snprintf(name, sizeof name, "%s:" THEIR_UFRAG, ufrag);
	return stun_write_check(buf, name, pwd, nominates);
}

/* The broker hands our socket over, with that check. */
static inline void
hand_over(struct pair *p, bool nominates)
{
	static struct handover h;
	uint8_t buf[STUN_ROOM];
	size_t len = write_check(buf, nominates);

	pair_handover(p, &h, buf, len);
	assert_int_equal(handover_send(broker, &h), 0);
	close(h.fd);
}

/* All that waits is read. */
static inline void
turn(void)
{
	for (int i = 0; i < 3; i++)
		event_base_loop(ends_base, EVLOOP_NONBLOCK);
}

static inline bool
is_readable(const struct pair *p)
{
	struct pollfd in = { .fd = p->viewer, .events = POLLIN };

	return poll(&in, 1, 0) == 1;
}

/* The next datagram that the viewer gets there. */
static inline size_t
expect(const struct pair *p, uint8_t buf[2048])
{
	size_t n;

	ends_run_until(is_readable(p));
	if (!p->tcp)
		return pair_receive(p, buf, 2048);
	assert_int_equal(pair_receive(p, buf, 2), 2);
	n = (size_t)buf[0] << 8 | buf[1];
	assert_int_equal(pair_receive(p, buf, n), n);
	return n;
}

static inline void
expect_answer(const struct pair *p)
{
	uint8_t buf[2048];

	assert_in_range(expect(p, buf), 20, 700);
	assert_memory_equal(buf, "\1\1", 2);
}

static inline void
assert_silent(const struct pair *p)
{
	uint8_t buf[2048];

	turn();
	assert_int_equal(pair_receive(p, buf, sizeof buf), 0);
}

/* A check of the viewer, by a socket that was handed over. */
static inline void
check(const struct pair *p, bool nominates)
{
	uint8_t buf[STUN_ROOM];
	size_t len = write_check(buf, nominates);

	pair_send(p, buf, len);
	expect_answer(p);
}

/* A new socket of the viewer, by which it checks for the first time. */
static inline void
come(struct pair *p, bool tcp, bool nominates)
{
	if (tcp)
		pair_open_tcp(p, "127.0.0.1");
	else
		pair_open_udp(p, "127.0.0.1");
	hand_over(p, nominates);
	expect_answer(p);
}

/* It is asked there, by a check of ours, and answers. */
static inline void
answer_ask(const struct pair *p)
{
	uint8_t buf[2048], answer[STUN_ROOM];
	size_t len = expect(p, buf);

	assert_memory_equal(buf, "\0\1", 2);
	len = stun_write_answer(answer, buf, len, THEIR_PWD);
	assert_true(len > 0);
	pair_send(p, answer, len);
}

static inline bool
is_at(const struct pair *p)
{
	char text[SOCKET_ADDRESS_TEXT];

	socket_address_text(&p->remote, text);
	return strcmp(ice_remote(end.ice), text) == 0;
}

/* What is sent comes out there, and what comes from there is heard. */
static inline void
assert_path(const struct pair *p)
{
	uint8_t buf[2048];

	assert_true(is_at(p));
	assert_int_equal(end_send(end.ice, "\x80hello", 6), 0);
	assert_int_equal(expect(p, buf), 6);
	assert_memory_equal(buf, "\x80hello", 6);
	end.n_data = 0;
	pair_send(p, "\x80media", 6);
	ends_run_until(end.n_data == 1);
	assert_memory_equal(end.data, "\x80media", 6);
}

#endif
