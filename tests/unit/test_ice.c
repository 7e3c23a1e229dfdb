#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "../../common/clock.h"
#include "../../worker/ice.h"
#include "../../worker/ice_candidate.h"

#define PORT_MIN	41000
#define PORT_MAX	41999
#define DEADLINE_S	20	/* against a hang; nothing is timed */

struct end {
	struct ice	*ice;
	int		 n_connected, n_failed, n_data, n_candidates;
	size_t		 len;
	uint8_t		 data[1500];
	char		 candidate[300];
	bool		 free_when_connected, free_when_data;
};

static struct event_base *base;
static bool late;

static void
on_state(enum ice_state state, void *arg)
{
	struct end *e = arg;

	e->n_connected += state == ICE_CONNECTED;
	e->n_failed += state == ICE_FAILED;
	if (state == ICE_CONNECTED && e->free_when_connected) {
		ice_free(e->ice);
		e->ice = NULL;
	}
}

static void
on_data(const uint8_t *data, size_t len, void *arg)
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

static void
on_candidate(const char *candidate, void *arg)
{
	struct end *e = arg;

	e->n_candidates++;
	snprintf(e->candidate, sizeof e->candidate, "%s", candidate);
}

static const struct ice_handler handler = { on_state, on_data, on_candidate };

static void
open_end(struct end *e, const char *address, bool controlling)
{
	struct ice_config config = {
		.addresses = { address }, .port_min = PORT_MIN,
		.port_max = PORT_MAX, .controlling = controlling,
	};
	char err[100];

	memset(e, 0, sizeof *e);
	e->ice = ice_new(base, &config, &handler, e, err, sizeof err);
	assert_non_null(e->ice);
}

static void
introduce(struct end *a, struct end *b)
{
	assert_int_equal(ice_set_remote(a->ice, ice_ufrag(b->ice),
	    ice_pwd(b->ice)), 0);
}

static void
give_candidates(struct end *from, struct end *to)
{
	for (const char *const *c = ice_candidates(from->ice); *c != NULL; c++)
		assert_int_equal(ice_add_candidate(to->ice, *c), 0);
}

static void
on_late(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	late = true;
}

#define run_until(condition) do {					\
	struct timeval tv_ = { DEADLINE_S, 0 };				\
	struct event *e_ = evtimer_new(base, on_late, NULL);		\
									\
	event_add(e_, &tv_);						\
	late = false;							\
	while (!(condition) && !late)					\
		event_base_loop(base, EVLOOP_ONCE);			\
	event_free(e_);							\
	assert_true(condition);						\
} while (0)

static void
pass_data(struct end *a, struct end *b)
{
	uint8_t big[1200];

	memset(big, 0x80, sizeof big);
	a->n_data = b->n_data = 0;
	assert_int_equal(ice_send(a->ice, big, sizeof big), 0);
	run_until(b->n_data == 1);
	assert_int_equal(b->len, sizeof big);
	assert_memory_equal(b->data, big, sizeof big);
	big[0] = 22;
	assert_int_equal(ice_send(b->ice, big, 100), 0);
	run_until(a->n_data == 1);
	assert_int_equal(a->len, 100);
	assert_memory_equal(a->data, big, 100);
}

static void
connect_on(const char *address)
{
	struct end a, b;
	char want[80];

	open_end(&a, address, true);
	open_end(&b, address, false);
	assert_string_equal(ice_remote(a.ice), "");
	assert_int_equal(ice_send(a.ice, "x", 1), -1);
	assert_string_not_equal(ice_ufrag(a.ice), ice_ufrag(b.ice));
	assert_string_not_equal(ice_pwd(a.ice), ice_pwd(b.ice));
	introduce(&a, &b);
	introduce(&b, &a);
	give_candidates(&a, &b);
	give_candidates(&b, &a);
	assert_int_equal(ice_add_candidate(a.ice, ""), 0);
	assert_int_equal(ice_add_candidate(b.ice, ""), 0);
	assert_int_equal(a.n_connected, 0);	/* from the loop only */
	run_until(a.n_connected && b.n_connected);
	assert_int_equal(a.n_failed + b.n_failed, 0);
	snprintf(want, sizeof want, strchr(address, ':') ? "[%s]:" : "%s:",
	    address);
	assert_memory_equal(ice_remote(a.ice), want, strlen(want));
	assert_memory_equal(ice_remote(b.ice), want, strlen(want));
	pass_data(&a, &b);
	assert_int_equal(a.n_connected, 1);
	ice_free(a.ice);
	ice_free(b.ice);
}

static void
test_loopback(void **state)
{
	(void)state;
	connect_on("127.0.0.1");
}

static void
test_host_addresses(void **state)
{
	struct ice_config config;
	struct ice_addresses *store = ice_addresses_new(&config, false);

	(void)state;
	assert_non_null(config.addresses[0]);
	for (int i = 0; config.addresses[i] != NULL; i++)
		connect_on(config.addresses[i]);
	ice_addresses_free(store);
}

/* All of the host's addresses and 127.0.0.1, at both ends. */
static void
test_all_addresses(void **state)
{
	struct ice_config config = {
		.port_min = PORT_MIN, .port_max = PORT_MAX
	};
	struct ice_addresses *store = ice_addresses_new(&config, true);
	struct end ends[2];
	char err[100];
	int n = 0;

	(void)state;
	memset(ends, 0, sizeof ends);
	while (config.addresses[n] != NULL)
		n++;
	for (int i = 0; i < 2; i++) {
		int have = 0;

		config.controlling = i == 0;
		ends[i].ice = ice_new(base, &config, &handler, &ends[i], err,
		    sizeof err);
		assert_non_null(ends[i].ice);
		while (ice_candidates(ends[i].ice)[have] != NULL)
			have++;
		assert_int_equal(have, n);
	}
	ice_addresses_free(store);
	introduce(&ends[0], &ends[1]);
	introduce(&ends[1], &ends[0]);
	give_candidates(&ends[0], &ends[1]);
	give_candidates(&ends[1], &ends[0]);
	run_until(ends[0].n_connected && ends[1].n_connected);
	pass_data(&ends[0], &ends[1]);
	ice_free(ends[0].ice);
	ice_free(ends[1].ice);
}

static void
test_addresses(void **state)
{
	struct ice_config plain, loop;
	struct ice_addresses *a = ice_addresses_new(&plain, false);
	struct ice_addresses *b = ice_addresses_new(&loop, true);
	int n = 0, n_loop = 0;

	(void)state;
	for (; plain.addresses[n] != NULL; n++) {
		assert_null(strstr(plain.addresses[n], "fe80:"));
		assert_int_not_equal(strncmp(plain.addresses[n], "169.254.",
		    8), 0);
	}
	for (int i = 0; loop.addresses[i] != NULL; i++)
		n_loop += strcmp(loop.addresses[i], "127.0.0.1") == 0 ||
		    strcmp(loop.addresses[i], "::1") == 0;
	assert_in_range(n, 1, ICE_MAX_ADDRESSES);
	assert_int_equal(n_loop, 1);
	ice_addresses_free(a);
	ice_addresses_free(b);
	ice_addresses_free(NULL);
}

/* Only one end knows where to send: the other meets it as peer-reflexive,
 * whether it was told the end of candidates, .local names or nothing. */
static void
connect_one_sided(const char *const *given, bool answerer_blind)
{
	struct end a, b;
	struct end *sees, *blind;

	open_end(&a, "127.0.0.1", true);
	open_end(&b, "127.0.0.1", false);
	sees = answerer_blind ? &a : &b;
	blind = answerer_blind ? &b : &a;
	introduce(&a, &b);
	introduce(&b, &a);
	for (; *given != NULL; given++)
		assert_int_equal(ice_add_candidate(blind->ice, *given), 0);
	give_candidates(blind, sees);
	run_until(a.n_connected && b.n_connected);
	pass_data(&a, &b);
	/* Told afterwards it stays up. */
	give_candidates(sees, blind);
	assert_int_equal(ice_add_candidate(blind->ice, ""), 0);
	assert_int_equal(ice_add_candidate(sees->ice, ""), 0);
	pass_data(&b, &a);
	assert_int_equal(a.n_failed + b.n_failed, 0);
	ice_free(a.ice);
	ice_free(b.ice);
}

#define LOCAL	"candidate:1 1 udp 2113937151 " \
    "0a1b2c3d-0000-4000-8000-123456789abc.local 50000 typ host " \
    "generation 0 ufrag abcd network-cost 999"

static void
test_peer_reflexive(void **state)
{
	static const char *const nothing[] = { NULL };
	static const char *const end[] = { "", NULL };
	static const char *const names[] = { LOCAL, LOCAL, "", NULL };

	(void)state;
	connect_one_sided(nothing, true);
	connect_one_sided(end, true);
	connect_one_sided(names, true);
	connect_one_sided(names, false);
}

/* A check may come before the viewer's candidates, and those late. */
static void
test_late_trickle(void **state)
{
	struct end a, b;

	(void)state;
	open_end(&a, "127.0.0.1", true);
	open_end(&b, "127.0.0.1", false);
	introduce(&b, &a);
	introduce(&a, &b);
	assert_int_equal(ice_add_candidate(a.ice, LOCAL), 0);
	assert_int_equal(ice_add_candidate(b.ice, LOCAL), 0);
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(a.n_connected + b.n_connected, 0);
	give_candidates(&a, &b);
	give_candidates(&b, &a);
	run_until(a.n_connected && b.n_connected);
	pass_data(&a, &b);
	ice_free(a.ice);
	ice_free(b.ice);
}

#define NOBODY	"candidate:1 1 udp 1 127.0.0.1 9 typ host"

/* Failure needs the end of candidates; told later, it is known at once. */
static void
test_failed(void **state)
{
	struct end told, untold, slow, late_end;

	(void)state;
	open_end(&told, "127.0.0.1", false);
	open_end(&untold, "127.0.0.1", false);
	open_end(&late_end, "127.0.0.1", true);
	open_end(&slow, "127.0.0.1", false);
	introduce(&told, &untold);
	introduce(&slow, &untold);
	introduce(&untold, &late_end);
	introduce(&late_end, &untold);
	assert_int_equal(ice_add_candidate(untold.ice, NOBODY), 0);
	assert_int_equal(ice_add_candidate(slow.ice, NOBODY), 0);
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(ice_add_candidate(told.ice, NOBODY), 0);
	assert_int_equal(ice_add_candidate(told.ice, ""), 0);
	run_until(told.n_failed == 1);
	assert_int_equal(told.n_connected, 0);
	assert_int_equal(untold.n_failed + slow.n_failed, 0);
	assert_int_equal(ice_add_candidate(slow.ice, ""), 0);
	run_until(slow.n_failed == 1);
	give_candidates(&untold, &late_end);
	run_until(untold.n_connected && late_end.n_connected);
	pass_data(&untold, &late_end);
	assert_int_equal(untold.n_failed, 0);
	ice_free(told.ice);
	ice_free(slow.ice);
	ice_free(untold.ice);
	ice_free(late_end.ice);
}

/* A socket on a port of 127.0.0.1 that the kernel picks. */
static int
bind_socket(int *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof sin;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, sizeof sin), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	*port = ntohs(sin.sin_port);
	return fd;
}

static void
test_ports(void **state)
{
	struct ice_config config = { .addresses = { "127.0.0.1" } };
	struct end e = { 0 };
	char err[100] = "", want[100];
	int port, fd = bind_socket(&port);

	(void)state;
	config.port_min = config.port_max = port;
	assert_null(ice_new(base, &config, &handler, &e, err, sizeof err));
	snprintf(want, sizeof want, "no free UDP port in %d-%d", port, port);
	assert_string_equal(err, want);

	close(fd);
	e.ice = ice_new(base, &config, &handler, &e, err, sizeof err);
	assert_non_null(e.ice);
	snprintf(want, sizeof want, " 127.0.0.1 %d typ host", port);
	assert_non_null(strstr(ice_candidates(e.ice)[0], want));
	assert_memory_equal(ice_candidates(e.ice)[0], "candidate:", 10);
	assert_null(ice_candidates(e.ice)[1]);
	ice_free(e.ice);

	config.addresses[0] = NULL;
	assert_null(ice_new(base, &config, &handler, &e, err, sizeof err));
	assert_non_null(strstr(err, "address"));
}

static const struct {
	const char *text;
	enum ice_use use;
} candidates[] = {
	{ "candidate:1 1 udp 2113937151 192.0.2.9 50000 typ host",
	    ICE_CANDIDATE_USE },
	{ "candidate:a+/9 1 UDP 1 192.0.2.9 1 typ srflx raddr 0.0.0.0 rport 0",
	    ICE_CANDIDATE_USE },
	{ "candidate:1 1 udp 4294967295 2001:db8::1 65535 typ relay "
	    "raddr ::1 rport 9 generation 0", ICE_CANDIDATE_USE },
	{ LOCAL, ICE_CANDIDATE_IGNORE },
	{ "candidate:1 1 tcp 1518280447 192.0.2.9 9 typ host tcptype active",
	    ICE_CANDIDATE_IGNORE },
	{ "candidate:1 2 udp 1 192.0.2.9 5000 typ host",
	    ICE_CANDIDATE_IGNORE },
	{ "candidate:1 1 udp 1 host.example 5000 typ host",
	    ICE_CANDIDATE_IGNORE },
	{ "candidate:1 1 udp 1 224.0.0.1 5000 typ host",
	    ICE_CANDIDATE_IGNORE },
	{ "candidate:1 1 udp 1 255.255.255.255 5000 typ host",
	    ICE_CANDIDATE_IGNORE },
	{ "candidate:1 1 udp 1 0.0.0.0 5000 typ host", ICE_CANDIDATE_IGNORE },
	{ "candidate:1 1 udp 1 ff02::1 5000 typ host", ICE_CANDIDATE_IGNORE },
	{ "candidate:1 1 udp 1 :: 5000 typ host", ICE_CANDIDATE_IGNORE },
	{ "candidate:1 1 udp 1 fe80::1 5000 typ host", ICE_CANDIDATE_IGNORE },
	{ "candidate:1 1 udp 1 192.0.2.9 0 typ host", ICE_CANDIDATE_IGNORE },
	{ "candidate:1 1 udp 1 192.0.2.9 5000 typ new", ICE_CANDIDATE_IGNORE },
	{ "candidate:", ICE_CANDIDATE_BAD },
	{ "candidate:1", ICE_CANDIDATE_BAD },
	{ "candidat:1 1 udp 1 192.0.2.9 5000 typ host", ICE_CANDIDATE_BAD },
	{ "candidate:1 1 udp 1 192.0.2.9 5000 typ", ICE_CANDIDATE_BAD },
	{ "candidate:1 1 udp 1 192.0.2.9 5000 type host", ICE_CANDIDATE_BAD },
	{ "candidate:1 1 udp 1 192.0.2.9 65536 typ host", ICE_CANDIDATE_BAD },
	{ "candidate:1 1 udp 1 192.0.2.9 -1 typ host", ICE_CANDIDATE_BAD },
	{ "candidate:1 1 udp 4294967296 192.0.2.9 1 typ host",
	    ICE_CANDIDATE_BAD },
	{ "candidate:1 1 udp 99999999999999999999 192.0.2.9 1 typ host",
	    ICE_CANDIDATE_BAD },
	{ "candidate:1 257 udp 1 192.0.2.9 5000 typ host", ICE_CANDIDATE_BAD },
	{ "candidate:1  1 udp 1 192.0.2.9 5000 typ host", ICE_CANDIDATE_BAD },
	{ "candidate:1 1 udp 1 192.0.2.9 5000 typ host\r\na=x",
	    ICE_CANDIDATE_BAD },
	{ "candidate:123456789012345678901234567890123 1 udp 1 192.0.2.9 1 "
	    "typ host", ICE_CANDIDATE_BAD },
};

static void
test_candidates(void **state)
{
	char big[2000] = "candidate:1 1 udp 1 192.0.2.9 5000 typ host ";
	struct end e;
	size_t n = strlen(big);

	(void)state;
	open_end(&e, "127.0.0.1", false);
	assert_int_equal(ice_set_remote(e.ice, "abcd",
	    "0123456789012345678901"), 0);
	for (size_t i = 0; i < sizeof candidates / sizeof candidates[0]; i++) {
		enum ice_use use = ice_candidate_check(candidates[i].text);

		if (use != candidates[i].use)
			print_error("%s\n", candidates[i].text);
		assert_int_equal(use, candidates[i].use);
		assert_int_equal(ice_add_candidate(e.ice, candidates[i].text),
		    use == ICE_CANDIDATE_BAD ? -1 : 0);
	}
	memset(big + n, 'x', sizeof big - n - 1);
	assert_int_equal(ice_add_candidate(e.ice, big), -1);
	assert_int_equal(ice_add_candidate(e.ice,
	    "a=candidate:1 1 udp 1 192.0.2.9 5000 typ host"), 0);
	ice_free(e.ice);
}

static void
test_credentials(void **state)
{
	char big[300];
	struct end e;

	(void)state;
	memset(big, 'a', sizeof big);
	big[sizeof big - 1] = '\0';
	open_end(&e, "127.0.0.1", false);
	assert_int_equal(ice_set_remote(e.ice, "", "pwd"), -1);
	assert_int_equal(ice_set_remote(e.ice, "ufrag", ""), -1);
	assert_int_equal(ice_set_remote(e.ice, big, "pwd"), -1);
	assert_int_equal(ice_set_remote(e.ice, "ufrag", big), -1);
	assert_in_range(strlen(ice_ufrag(e.ice)), 4, 256);
	assert_in_range(strlen(ice_pwd(e.ice)), 22, 256);
	ice_free(e.ice);
}

/* A flood is cut off at 64 and a good one among those still connects. */
static void
test_thousand_candidates(void **state)
{
	struct end a, b;
	char text[100];
	int taken = 0;

	(void)state;
	open_end(&a, "127.0.0.1", true);
	open_end(&b, "127.0.0.1", false);
	introduce(&a, &b);
	introduce(&b, &a);
	give_candidates(&a, &b);
	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof text, "candidate:%d 1 udp %d 127.0.0.%d "
		    "%d typ host", i, 1000 + i, 1 + i % 200, 42000 + i);
		taken += ice_add_candidate(b.ice, text) == 0;
	}
	assert_int_equal(taken, 63);
	give_candidates(&b, &a);
	run_until(a.n_connected && b.n_connected);
	pass_data(&a, &b);
	ice_free(a.ice);
	ice_free(b.ice);
}

static int
count_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static void
test_free_in_callback(void **state)
{
	struct end a, b;

	(void)state;
	open_end(&a, "127.0.0.1", true);
	open_end(&b, "127.0.0.1", false);
	introduce(&a, &b);
	introduce(&b, &a);
	give_candidates(&a, &b);
	give_candidates(&b, &a);
	run_until(a.n_connected && b.n_connected);
	b.free_when_data = true;
	for (int i = 0; i < 5; i++)
		assert_int_equal(ice_send(a.ice, "hello", 5), 0);
	run_until(b.ice == NULL);
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(b.n_data, 1);
	ice_free(a.ice);

	open_end(&a, "127.0.0.1", true);
	open_end(&b, "127.0.0.1", false);
	a.free_when_connected = b.free_when_connected = true;
	introduce(&a, &b);
	introduce(&b, &a);
	give_candidates(&a, &b);
	give_candidates(&b, &a);
	run_until(a.ice == NULL);
	ice_free(b.ice);
	ice_free(NULL);
}

static int
count_connected(const struct end *a, const struct end *b, int n)
{
	int connected = 0;

	for (int i = 0; i < n; i++)
		connected += a[i].n_connected && b[i].n_connected;
	return connected;
}

/* In every stage of life, two hundred times; nothing is left of them. */
static void
test_many(void **state)
{
	static struct end a[100], b[100];
	int before = count_descriptors();

	(void)state;
	for (int i = 0; i < 100; i++) {
		open_end(&a[i], "127.0.0.1", true);
		open_end(&b[i], "127.0.0.1", false);
		if (i % 10 == 9)
			continue;
		introduce(&a[i], &b[i]);
		introduce(&b[i], &a[i]);
		give_candidates(&a[i], &b[i]);
		if (i % 10 == 8)
			continue;
		give_candidates(&b[i], &a[i]);
		if (i % 10 == 7)
			ice_free(b[i].ice);
		b[i].ice = i % 10 == 7 ? NULL : b[i].ice;
	}
	assert_true(count_descriptors() > before + 100);
	/* 70 must; those of one direction may, as peer reflexive. */
	run_until(count_connected(a, b, 100) >= 70);
	for (int i = 0; i < 100; i++) {
		ice_free(a[i].ice);
		ice_free(b[i].ice);
	}
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(count_descriptors(), before);
}

static void
on_beat(evutil_socket_t fd, short what, void *arg)
{
	static const uint8_t indication[20] = {	/* binding, RFC 8489, 5 */
		0x00, 0x11, 0, 0, 0x21, 0x12, 0xa4, 0x42
	};
	struct end *e = arg;

	(void)fd;
	(void)what;
	ice_send(e->ice, indication, sizeof indication);
}

/* STUN alone keeps ice_heard_us() fresh, and stays out of the data. */
static void
test_heard(void **state)
{
	const struct timeval beat = { 0, 20000 };
	struct event *ev;
	struct end a, b;
	int64_t start, heard;

	(void)state;
	start = clock_now_us();
	open_end(&a, "127.0.0.1", true);
	open_end(&b, "127.0.0.1", false);
	assert_in_range(ice_heard_us(a.ice), start, clock_now_us());
	introduce(&a, &b);
	introduce(&b, &a);
	give_candidates(&a, &b);
	give_candidates(&b, &a);
	run_until(a.n_connected && b.n_connected);
	heard = ice_heard_us(b.ice);
	assert_in_range(heard, start, clock_now_us());
	ev = event_new(base, -1, EV_PERSIST, on_beat, &a);
	event_add(ev, &beat);
	run_until(ice_heard_us(b.ice) > heard + 1000000);
	assert_int_equal(b.n_data, 0);
	event_free(ev);
	ice_free(a.ice);
	ice_free(b.ice);
}

/* A binding response that says 203.0.113.5:4660 (RFC 8489, 14.2). */
static void
on_stun(evutil_socket_t fd, short what, void *arg)
{
	static const uint8_t mapped[12] = {
		0x00, 0x20, 0, 8, 0, 1, 0x12 ^ 0x21, 0x34 ^ 0x12,
		203 ^ 0x21, 0 ^ 0x12, 113 ^ 0xa4, 5 ^ 0x42
	};
	int *asked = arg;
	struct sockaddr_in from;
	socklen_t len = sizeof from;
	uint8_t buf[600];
	ssize_t n;

	(void)what;
	n = recvfrom(fd, buf, sizeof buf, 0, (struct sockaddr *)&from, &len);
	assert_true(n >= 20);
	++*asked;
	buf[0] = 0x01;
	buf[2] = 0;
	buf[3] = sizeof mapped;
	memcpy(buf + 20, mapped, sizeof mapped);
	sendto(fd, buf, 20 + sizeof mapped, 0, (struct sockaddr *)&from, len);
}

static void
test_stun(void **state)
{
	struct ice_config config = {
		.addresses = { "127.0.0.1" }, .port_min = PORT_MIN,
		.port_max = PORT_MAX, .stun_host = "127.0.0.1",
	};
	struct end e = { 0 };
	struct event *ev;
	char err[100];
	int asked = 0, fd = bind_socket(&config.stun_port);

	(void)state;
	ev = event_new(base, fd, EV_READ | EV_PERSIST, on_stun, &asked);
	event_add(ev, NULL);
	e.ice = ice_new(base, &config, &handler, &e, err, sizeof err);
	assert_non_null(e.ice);
	assert_non_null(ice_candidates(e.ice)[0]);
	assert_null(ice_candidates(e.ice)[1]);	/* at once: the host's own */
	run_until(e.n_candidates == 1);
	assert_non_null(strstr(e.candidate, " 203.0.113.5 4660 typ srflx"));
	assert_memory_equal(e.candidate, "candidate:", 10);
	assert_true(asked > 0);
	ice_free(e.ice);
	event_free(ev);
	close(fd);
}

/* Nobody listens where the STUN server should be. */
static void
test_stun_silent(void **state)
{
	struct ice_config config = {
		.addresses = { "127.0.0.1" }, .port_min = PORT_MIN,
		.port_max = PORT_MAX, .stun_host = "127.0.0.1", .stun_port = 9,
	};
	struct end a, b = { 0 };
	char err[100];

	(void)state;
	open_end(&a, "127.0.0.1", true);
	b.ice = ice_new(base, &config, &handler, &b, err, sizeof err);
	assert_non_null(b.ice);
	introduce(&a, &b);
	introduce(&b, &a);
	give_candidates(&a, &b);
	give_candidates(&b, &a);
	run_until(a.n_connected && b.n_connected);
	pass_data(&a, &b);
	assert_int_equal(b.n_candidates, 0);
	ice_free(a.ice);
	ice_free(b.ice);
}

static int
set_up(void **state)
{
	(void)state;
	base = event_base_new();
	return base == NULL;
}

static int
tear_down(void **state)
{
	(void)state;
	event_base_free(base);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_host_addresses),
		cmocka_unit_test(test_all_addresses),
		cmocka_unit_test(test_peer_reflexive),
		cmocka_unit_test(test_late_trickle),
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_candidates),
		cmocka_unit_test(test_credentials),
		cmocka_unit_test(test_thousand_candidates),
		cmocka_unit_test(test_free_in_callback),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_heard),
		cmocka_unit_test(test_stun),
		cmocka_unit_test(test_stun_silent),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
