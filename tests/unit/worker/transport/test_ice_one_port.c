/* A viewer that comes by the one port. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <cmocka.h>

#include "one_port.h"

static void
test_what_is_offered(void **state)
{
	const char *const *c = ice_candidates(end.ice);

	(void)state;
	assert_true(ice_is_lite(end.ice));
	assert_true(first_check_is_ufrag(ice_ufrag(end.ice),
	    strlen(ice_ufrag(end.ice))));
	assert_int_equal(strlen(ice_pwd(end.ice)), 24);
	assert_non_null(strstr(c[0], " udp "));
	assert_non_null(strstr(c[0], " 127.0.0.1 8555 typ host"));
	assert_non_null(strstr(c[1], " tcp "));
	assert_null(c[2]);
}

/* Nobody is told that another port might do, since no port is at fault. */
static void
test_nothing_to_offer(void **state)
{
	struct ice_config config = { .media_port = port };
	struct error err = { "" };

	(void)state;
	errno = EADDRINUSE;
	assert_null(ice_new(ends_base, &config, &end_handler, &end, &err));
	assert_string_equal(err.text, "no network address to offer");
	assert_int_not_equal(errno, EADDRINUSE);
}

static void
select_by(bool tcp)
{
	struct pair p;

	come(&p, tcp, false);
	assert_int_equal(end.n_connected, 0);
	assert_string_equal(ice_remote(end.ice), "");
	assert_int_equal(end_send(end.ice, "\x80hello", 6), -1);
	check(&p, true);
	assert_int_equal(end.n_connected, 1);
	assert_path(&p);
	check(&p, true);
	assert_int_equal(end.n_connected, 1);
	assert_int_equal(end.n_moved, 0);
	pair_close(&p);
}

static void
test_a_nomination_selects(void **state)
{
	(void)state;
	select_by(false);
}

static void
test_a_nomination_selects_a_connection(void **state)
{
	(void)state;
	select_by(true);
}

/* The very first check may nominate, as Chromium's do. */
static void
test_the_first_check_selects(void **state)
{
	struct pair a, b;

	(void)state;
	come(&a, false, true);
	assert_int_equal(end.n_connected, 1);
	come(&b, false, true);	/* another one does not, at once */
	assert_path(&a);
	assert_int_equal(end.n_connected, 1);
	pair_close(&a);
	pair_close(&b);
}

/* Its nomination may come late, or be lost. */
static void
test_data_selects(void **state)
{
	struct pair a, b;

	(void)state;
	come(&a, false, false);
	come(&b, false, false);
	pair_send(&b, "\x16hello", 6);
	ends_run_until(end.n_data == 1);
	assert_int_equal(end.n_connected, 1);
	assert_path(&b);
	/* Data by another flow is taken, and selects nothing. */
	pair_send(&a, "\x80media", 6);
	ends_run_until(end.n_data == 2);
	assert_path(&b);
	pair_close(&a);
	pair_close(&b);
}

static void
test_stun_is_no_data(void **state)
{
	struct pair p;

	(void)state;
	come(&p, false, false);
	pair_send(&p, "\3junk", 5);
	pair_send(&p, "\0junk", 5);
	turn();
	assert_int_equal(end.n_data + end.n_connected, 0);
	pair_send(&p, "\4data", 5);
	ends_run_until(end.n_data == 1);
	pair_close(&p);
}

static void
test_freed_when_connected(void **state)
{
	struct pair p;

	come(&p, false, false);
	end.free_when_connected = true;
	pair_send(&p, "\x16hello", 6);
	ends_run_until(end.ice == NULL);
	assert_int_equal(end.n_data, 0);
	pair_close(&p);
	close_port(state);

	open_port(state);
	end.free_when_connected = true;
	pair_open_udp(&p, "127.0.0.1");
	hand_over(&p, true);
	ends_run_until(end.ice == NULL);
	pair_close(&p);
}

static void
test_freed_by_data(void **state)
{
	struct pair p;

	(void)state;
	come(&p, true, true);
	end.free_when_data = true;
	for (int i = 0; i < 3; i++)
		pair_send(&p, "\x80media", 6);
	ends_run_until(end.ice == NULL);
	turn();
	assert_int_equal(end.n_data, 1);
	pair_close(&p);
}

/* Who knows a name, and no password, takes no place; nor is he answered. */
static void
test_strangers(void **state)
{
	static struct handover h;
	int before = count_descriptors();
	struct pair p;

	(void)state;
	snprintf(pwd, sizeof pwd, "wrong");
	for (int i = 0; i < 3; i++) {
		pair_open_udp(&p, "127.0.0.1");
		hand_over(&p, true);
		assert_silent(&p);
		pair_close(&p);
		assert_int_equal(count_descriptors(), before);
	}
	h = (struct handover){ .kind = HANDOVER_MORE, .fd = -1 };
	h.len = write_check(h.data, true);
	assert_int_equal(handover_send(broker, &h), 0);
	turn();
	assert_int_equal(end.n_connected, 0);
	learn_credentials();
	come(&p, false, false);
	snprintf(pwd, sizeof pwd, "wrong");
	pair_send(&p, h.data, write_check(h.data, true));
	assert_silent(&p);
	assert_int_equal(end.n_connected, 0);
	pair_close(&p);
}

/* A datagram that the broker read, though the viewer has a socket here. */
static void
test_one_more_datagram(void **state)
{
	static struct handover h;
	struct pair p;

	(void)state;
	come(&p, false, false);
	h = (struct handover){ .kind = HANDOVER_MORE, .fd = -1,
		.local = p.local, .remote = p.remote };
	h.len = write_check(h.data, true);
	assert_int_equal(handover_send(broker, &h), 0);
	expect_answer(&p);
	assert_path(&p);
	/* That of an address that has none here is for nobody. */
	assert_true(socket_address_parse(&h.remote, "192.0.2.7", 5000));
	assert_int_equal(handover_send(broker, &h), 0);
	assert_silent(&p);
	pair_close(&p);
}

/* The viewer nominates another flow, and is there when it is asked. */
static void
test_it_moves(void **state)
{
	struct pair a, b;

	(void)state;
	come(&a, false, true);
	now_us += 5 * SECOND;
	come(&b, true, true);
	assert_path(&a);	/* not yet */
	answer_ask(&b);
	ends_run_until(end.n_moved == 1);
	assert_path(&b);
	assert_int_equal(end.n_connected, 1);
	pair_close(&a);
	pair_close(&b);
}

/* The same address with another socket of ours is no move. */
static void
test_the_same_address_again(void **state)
{
	struct pair p;

	(void)state;
	come(&p, false, true);
	p.ours = pair_again(&p);
	hand_over(&p, true);
	expect_answer(&p);
	assert_path(&p);
	assert_int_equal(end.n_moved, 0);
	pair_close(&p);
}

/* The connection that was the path ends: nothing has failed, and the viewer is
 * followed to the next one at once. */
static void
test_a_connection_that_is_lost(void **state)
{
	int before = count_descriptors();
	struct pair a, b;

	(void)state;
	come(&a, true, true);
	assert_path(&a);
	pair_close(&a);
	ends_run_until(count_descriptors() == before);
	assert_int_equal(end_send(end.ice, "\x80hello", 6), -1);
	assert_int_equal(end.n_failed, 0);
	assert_int_equal(ice_transport(end.ice).queued(end.ice), -1);
	ice_tick(end.ice, true);
	come(&b, true, true);
	answer_ask(&b);
	ends_run_until(end.n_moved == 1);
	assert_path(&b);
	pair_close(&b);
}

/* It had checked another one before: it is asked there when the first ends. */
static void
test_the_other_flow_of_a_lost_connection(void **state)
{
	struct pair a, b;

	(void)state;
	come(&a, true, true);
	now_us += 3 * SECOND;
	check(&a, true);
	come(&b, false, false);
	now_us += 4 * SECOND;
	pair_close(&a);
	answer_ask(&b);
	ends_run_until(end.n_moved == 1);
	assert_path(&b);
	pair_close(&b);
}

/* Consent (RFC 7675): asked when told so, by the flow, and heard. */
static void
test_asked(void **state)
{
	struct pair p;
	int64_t heard;

	(void)state;
	ice_tick(end.ice, true);	/* nobody is there */
	for (int tcp = 0; tcp < 2; tcp++) {
		come(&p, tcp, true);
		if (tcp == 1) {
			answer_ask(&p);
			ends_run_until(end.n_moved == 1);
		}
		heard = ice_heard_us(end.ice);
		assert_int_equal(heard, now_us);
		now_us += SECOND;
		ice_tick(end.ice, false);
		assert_silent(&p);
		ice_tick(end.ice, true);
		answer_ask(&p);
		ends_run_until(ice_heard_us(end.ice) == heard + SECOND);
		now_us += 5 * SECOND;
		pair_close(&p);
	}
}

static void
test_silent_flows_are_closed(void **state)
{
	struct pair a, b;
	int open;

	(void)state;
	come(&a, false, true);
	open = count_descriptors();
	come(&b, false, false);
	now_us += 30 * SECOND;
	ice_tick(end.ice, false);
	assert_int_equal(count_descriptors(), open + 2);
	now_us += SECOND;
	ice_tick(end.ice, false);
	assert_int_equal(count_descriptors(), open + 1);
	assert_path(&a);
	pair_close(&a);
	pair_close(&b);
}

/* One that checks by it is not silent. */
static void
test_a_flow_that_is_kept_warm(void **state)
{
	struct pair a, b;
	int open;

	(void)state;
	come(&a, false, true);
	come(&b, false, false);
	open = count_descriptors();
	for (int i = 0; i < 8; i++) {
		now_us += 10 * SECOND;
		check(&a, true);
		check(&b, false);
		ice_tick(end.ice, false);
	}
	assert_int_equal(count_descriptors(), open);
	pair_close(&a);
	pair_close(&b);
}

/* What waits on a connection can be told; of UDP nothing waits. */
static void
test_queued(void **state)
{
	static const uint8_t data[1200] = { 0x80 };
	struct transport t = ice_transport(end.ice);
	struct pair udp, tcp;

	(void)state;
	assert_int_equal(t.queued(t.arg), -1);
	come(&udp, false, true);
	assert_int_equal(t.queued(t.arg), -1);
	now_us += 5 * SECOND;
	come(&tcp, true, true);
	answer_ask(&tcp);
	ends_run_until(end.n_moved == 1);
	assert_in_range(t.queued(t.arg), 0, 1000);
	while (t.send(t.arg, data, sizeof data) == 0)
		;
	assert_in_range(t.queued(t.arg), 10000, 10000000);
	pair_close(&udp);
	pair_close(&tcp);
}

static void
test_candidates_of_the_viewer(void **state)
{
	struct ice *ice = end.ice;

	(void)state;
	assert_int_equal(ice_add_candidate(ice, ENDS_LOCAL), 0);
	assert_int_equal(ice_add_candidate(ice,
	    "a=candidate:1 1 udp 1 127.0.0.1 9 typ host"), 0);
	assert_int_equal(ice_add_candidate(ice, ""), 0);
	assert_int_equal(ice_add_candidate(ice, "a="), 0);
	assert_int_equal(ice_add_candidate(ice, "junk"), -1);
	for (int i = 2; i < 64; i++)
		assert_int_equal(ice_add_candidate(ice, ENDS_LOCAL), 0);
	assert_int_equal(ice_add_candidate(ice, ENDS_LOCAL), -1);
	turn();
	assert_int_equal(end.n_failed, 0);
	/* Those of the ICE before do not count. */
	assert_int_equal(ice_restart(ice, THEIR_UFRAG, THEIR_PWD), 0);
	assert_int_equal(ice_add_candidate(ice, ENDS_LOCAL), 0);
}

/* After it is freed nobody is found by its names, and nothing is open. */
static void
test_it_is_freed(void **state)
{
	int before = count_descriptors();
	struct pair a, b;

	(void)state;
	come(&a, false, true);
	come(&b, true, false);
	assert_int_equal(ice_restart(end.ice, THEIR_UFRAG, THEIR_PWD), 0);
	ice_free(end.ice);
	end.ice = NULL;
	pair_close(&a);
	pair_close(&b);
	assert_int_equal(count_descriptors(), before);
	pair_open_udp(&a, "127.0.0.1");
	hand_over(&a, true);
	assert_silent(&a);
	pair_close(&a);
	assert_int_equal(count_descriptors(), before);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, open_port, close_port)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_offered),
		TEST(test_nothing_to_offer),
		TEST(test_a_nomination_selects),
		TEST(test_a_nomination_selects_a_connection),
		TEST(test_the_first_check_selects),
		TEST(test_data_selects),
		TEST(test_stun_is_no_data),
		TEST(test_freed_when_connected),
		TEST(test_freed_by_data),
		TEST(test_strangers),
		TEST(test_one_more_datagram),
		TEST(test_it_moves),
		TEST(test_the_same_address_again),
		TEST(test_a_connection_that_is_lost),
		TEST(test_the_other_flow_of_a_lost_connection),
		TEST(test_asked),
		TEST(test_silent_flows_are_closed),
		TEST(test_a_flow_that_is_kept_warm),
		TEST(test_queued),
		TEST(test_candidates_of_the_viewer),
		TEST(test_it_is_freed),
	};

	return cmocka_run_group_tests_name("ice_one_port", tests,
	    make_folder, remove_folder);
}
