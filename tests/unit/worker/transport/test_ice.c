#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock.h"
#include "ice_ends.h"
#include "stun_seal.h"

static void
test_loopback(void **state)
{
	(void)state;
	ends_connect_on("127.0.0.1");
}

/* Only one end knows where to send: the other meets it as peer-reflexive,
 * whether it was told the end of candidates, .local names or nothing. */
static void
connect_one_sided(const char *const *given, bool answerer_blind)
{
	struct end a, b;
	struct end *sees, *blind;

	end_open(&a, "127.0.0.1", true);
	end_open(&b, "127.0.0.1", false);
	sees = answerer_blind ? &a : &b;
	blind = answerer_blind ? &b : &a;
	end_introduce(&a, &b);
	end_introduce(&b, &a);
	for (; *given != NULL; given++)
		assert_int_equal(ice_add_candidate(blind->ice, *given), 0);
	end_give_candidates(blind, sees);
	ends_run_until(a.n_connected && b.n_connected);
	ends_pass_data(&a, &b);
	/* Told afterwards it stays up. */
	end_give_candidates(sees, blind);
	assert_int_equal(ice_add_candidate(blind->ice, ""), 0);
	assert_int_equal(ice_add_candidate(sees->ice, ""), 0);
	ends_pass_data(&b, &a);
	assert_int_equal(a.n_failed + b.n_failed, 0);
	ends_free(&a, &b);
}

static void
test_peer_reflexive(void **state)
{
	static const char *const nothing[] = { NULL };
	static const char *const end[] = { "", NULL };
	static const char *const names[] = { ENDS_LOCAL, ENDS_LOCAL, "", NULL };

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
	end_open(&a, "127.0.0.1", true);
	end_open(&b, "127.0.0.1", false);
	end_introduce(&b, &a);
	end_introduce(&a, &b);
	assert_int_equal(ice_add_candidate(a.ice, ENDS_LOCAL), 0);
	assert_int_equal(ice_add_candidate(b.ice, ENDS_LOCAL), 0);
	event_base_loop(ends_base, EVLOOP_NONBLOCK);
	assert_int_equal(a.n_connected + b.n_connected, 0);
	end_give_candidates(&a, &b);
	end_give_candidates(&b, &a);
	ends_run_until(a.n_connected && b.n_connected);
	ends_pass_data(&a, &b);
	ends_free(&a, &b);
}

#define NOBODY	"candidate:1 1 udp 1 127.0.0.1 9 typ host"

/* Failure needs the end of candidates; told later, it is known at once. */
static void
test_failed(void **state)
{
	static const struct ice_times quick = {
		.idle_ms = 200, .silent_ms = 2000,
	};
	struct end told, untold, slow, late_end;

	(void)state;
	ends_times = &quick;
	end_open(&told, "127.0.0.1", false);
	end_open(&untold, "127.0.0.1", false);
	end_open(&late_end, "127.0.0.1", true);
	end_open(&slow, "127.0.0.1", false);
	end_introduce(&told, &untold);
	end_introduce(&slow, &untold);
	end_introduce(&untold, &late_end);
	end_introduce(&late_end, &untold);
	assert_int_equal(ice_add_candidate(untold.ice, NOBODY), 0);
	assert_int_equal(ice_add_candidate(slow.ice, NOBODY), 0);
	event_base_loop(ends_base, EVLOOP_NONBLOCK);
	assert_int_equal(ice_add_candidate(told.ice, NOBODY), 0);
	assert_int_equal(ice_add_candidate(told.ice, ""), 0);
	ends_run_until(told.n_failed == 1);
	assert_int_equal(told.n_connected, 0);
	assert_int_equal(untold.n_failed + slow.n_failed, 0);
	assert_int_equal(ice_add_candidate(slow.ice, ""), 0);
	ends_run_until(slow.n_failed == 1);
	end_give_candidates(&untold, &late_end);
	ends_run_until(untold.n_connected && late_end.n_connected);
	ends_pass_data(&untold, &late_end);
	assert_int_equal(untold.n_failed, 0);
	ice_free(told.ice);
	ice_free(slow.ice);
	ice_free(untold.ice);
	ice_free(late_end.ice);
	ends_times = NULL;
}

/* A flood is cut off at 64 and a good one among those still connects. */
static void
test_thousand_candidates(void **state)
{
	struct end a, b;
	char text[100];
	int taken = 0;

	(void)state;
	end_open(&a, "127.0.0.1", true);
	end_open(&b, "127.0.0.1", false);
	end_introduce(&a, &b);
	end_introduce(&b, &a);
	end_give_candidates(&a, &b);
	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof text, "candidate:%d 1 udp %d 127.0.0.%d "
		    "%d typ host", i, 1000 + i, 1 + i % 200, 42000 + i);
		taken += ice_add_candidate(b.ice, text) == 0;
	}
	assert_int_equal(taken, 63);
	end_give_candidates(&b, &a);
	ends_run_until(a.n_connected && b.n_connected);
	ends_pass_data(&a, &b);
	ends_free(&a, &b);
}

static void
test_credentials(void **state)
{
	char big[300];
	struct end e;

	(void)state;
	memset(big, 'a', sizeof big);
	big[sizeof big - 1] = '\0';
	end_open(&e, "127.0.0.1", false);
	assert_int_equal(ice_set_remote(e.ice, "", "pwd"), -1);
	assert_int_equal(ice_set_remote(e.ice, "ufrag", ""), -1);
	assert_int_equal(ice_set_remote(e.ice, big, "pwd"), -1);
	assert_int_equal(ice_set_remote(e.ice, "ufrag", big), -1);
	assert_in_range(strlen(ice_ufrag(e.ice)), 4, 256);
	assert_in_range(strlen(ice_pwd(e.ice)), 22, 256);
	ice_free(e.ice);
}

/* Whatever looks like STUN is none of the data (RFC 7983, section 7). */
static void
test_stun_is_no_data(void **state)
{
	struct end a, b;

	(void)state;
	end_open(&a, "127.0.0.1", true);
	end_open(&b, "127.0.0.1", false);
	ends_meet(&a, &b);
	ends_run_until(a.n_connected && b.n_connected);
	assert_int_equal(end_send(a.ice, "\0junk", 5), 0);
	assert_int_equal(end_send(a.ice, "\3junk", 5), 0);
	assert_int_equal(end_send(a.ice, "\4data", 5), 0);
	ends_run_until(b.n_data == 1);
	assert_memory_equal(b.data, "\4data", 5);
	ends_free(&a, &b);
}

/* A check with a name of that length, and the right password. */
static size_t
write_long_check(uint8_t *p, size_t name, const struct ice *ice)
{
	const char *ufrag = ice_ufrag(ice);

	memcpy(p, "\0\1\0\0\x21\x12\xa4\x42" "transaction.", 20);
	put16(p + 20, 0x0006);
	put16(p + 22, (uint32_t)name);
	memset(p + 24, ':', name);
	memcpy(p + 24, ufrag, strlen(ufrag));
	return stun_seal(p, 24 + (name + 3) / 4 * 4, ice_pwd(ice));
}

/* Whatever length its name has, a check ends nothing. */
static void
test_long_names(void **state)
{
	union ends_address to;
	struct end a, b;
	uint8_t p[2000];
	socklen_t to_len;
	unsigned port;
	int fd;

	(void)state;
	end_open(&a, "127.0.0.1", true);
	end_open(&b, "127.0.0.1", false);
	end_introduce(&b, &a);
	assert_int_equal(sscanf(ice_candidates(b.ice)[0],
	    "%*s %*s %*s %*s %*s %u", &port), 1);
	to_len = ends_read_address(&to, "127.0.0.1", (int)port);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	for (size_t name = 20; name < 1400; name += 4) {
		memset(p, 0, sizeof p);
		sendto(fd, p, write_long_check(p, name, b.ice), 0, &to.any,
		    to_len);
		event_base_loop(ends_base, EVLOOP_NONBLOCK);
	}
	ends_meet(&a, &b);
	ends_run_until(a.n_connected && b.n_connected);
	ends_pass_data(&a, &b);
	ends_free(&a, &b);
	close(fd);
}

static void
on_enough(evutil_socket_t fd, short what, void *arg)
{
	bool *enough = arg;

	(void)fd;
	(void)what;
	*enough = true;
}

/* While nothing comes, the loop is woken by the agents' timers alone. */
static void
test_idle(void **state)
{
	const struct timeval while_ = { 0, 200000 };
	bool enough = false;
	struct event *e = evtimer_new(ends_base, on_enough, &enough);
	struct end a, b;
	int n = 0;

	(void)state;
	end_open(&a, "127.0.0.1", true);
	end_open(&b, "127.0.0.1", false);
	ends_meet(&a, &b);
	ends_run_until(a.n_connected && b.n_connected);
	event_add(e, &while_);
	while (!enough) {
		assert_int_equal(event_base_loop(ends_base, EVLOOP_ONCE), 0);
		n++;
	}
	assert_in_range(n, 1, 200);
	event_free(e);
	ends_free(&a, &b);
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
	end_send(e->ice, indication, sizeof indication);
	end_send(e->ice, "\x80", 1);
}

/* What anybody could send is no sign of life; an answer is, and stays out of
 * the data. Neither end of these two checks by itself. */
static void
test_heard(void **state)
{
	const struct timeval beat = { 0, 20000 };
	struct event *ev;
	struct end a, b;
	int64_t start, heard;

	(void)state;
	start = clock_now_us();
	end_open(&a, "127.0.0.1", true);
	end_open(&b, "127.0.0.1", false);
	assert_in_range(ice_heard_us(a.ice), start, clock_now_us());
	ice_tick(b.ice, true);		/* nobody is there */
	ends_meet(&a, &b);
	ends_run_until(a.n_connected && b.n_connected);
	ev = event_new(ends_base, -1, EV_PERSIST, on_beat, &a);
	event_add(ev, &beat);
	ends_run_until(b.n_data == 20);	/* the last checks are through */
	heard = ice_heard_us(b.ice);
	ends_run_until(b.n_data == 40);
	assert_int_equal(ice_heard_us(b.ice), heard);
	event_free(ev);
	for (int i = 0; i < 3; i++) {
		heard = ice_heard_us(b.ice);
		b.n_data = 0;
		ice_tick(b.ice, true);
		ends_run_until(ice_heard_us(b.ice) > heard);
		assert_int_equal(b.n_data, 0);
	}
	heard = ice_heard_us(a.ice);
	ice_tick(a.ice, true);		/* the controlling one may as well */
	ends_run_until(ice_heard_us(a.ice) > heard);
	ends_free(&a, &b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_peer_reflexive),
		cmocka_unit_test(test_late_trickle),
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_thousand_candidates),
		cmocka_unit_test(test_credentials),
		cmocka_unit_test(test_stun_is_no_data),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_heard),
	};

	return cmocka_run_group_tests(tests, ends_set_up, ends_tear_down);
}
