/* A viewer that may come by the one port and by sockets of its own, and ICE
 * that starts anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "one_port.h"

/* The end has sockets of its own as well. */
static int
open_both(void **state)
{
	open_port(state);
	ice_free(end.ice);
	open_end(ends_port("127.0.0.1"));
	return 0;
}

/* A viewer with ICE of its own, which knows the end's own port. */
static void
open_viewer(struct end *viewer)
{
	end_open(viewer, "127.0.0.1", true);
	end_introduce(viewer, &end);
	end_introduce(&end, viewer);
	for (const char *const *c = ice_candidates(end.ice); *c != NULL; c++)
		if (strstr(*c, " 8555 ") == NULL)
			assert_int_equal(ice_add_candidate(viewer->ice, *c),
			    0);
	end_give_candidates(viewer, &end);
}

static void
test_both_are_offered(void **state)
{
	const char *const *c = ice_candidates(end.ice);

	(void)state;
	assert_false(ice_is_lite(end.ice));
	assert_non_null(strstr(c[0], " udp 2130706431 127.0.0.1 8555 "));
	assert_non_null(strstr(c[1], " 8555 typ host tcptype passive"));
	assert_non_null(strstr(c[2], " 127.0.0.1 "));
	assert_null(strstr(c[2], " 8555 "));
	assert_true(first_check_is_ufrag(ufrag, strlen(ufrag)));
}

/* By its own sockets it connects as if there were no other. */
static void
test_its_own_sockets(void **state)
{
	struct end viewer;

	(void)state;
	open_viewer(&viewer);
	ends_run_until(viewer.n_connected && end.n_connected);
	ends_pass_data(&viewer, &end);
	assert_int_equal(end.n_connected, 1);
	assert_int_equal(end.n_failed, 0);
	ice_free(viewer.ice);
}

/* The viewer nominated a flow of the one port: what the agent selects after it
 * changes nothing. */
static void
test_a_flow_comes_first(void **state)
{
	struct end viewer;
	struct pair p;

	(void)state;
	come(&p, false, true);
	assert_path(&p);
	open_viewer(&viewer);
	ends_run_until(viewer.n_connected);
	turn();
	assert_int_equal(end.n_connected, 1);
	assert_true(is_at(&p));
	/* Data by it is taken all the same. */
	end.n_data = 0;
	assert_int_equal(end_send(viewer.ice, "\x80media", 6), 0);
	ends_run_until(end.n_data == 1);
	ice_free(viewer.ice);
	pair_close(&p);
}

/* From the agent's pair to a flow: the viewer nominates that, and is there. */
static void
test_from_its_own_sockets_to_a_flow(void **state)
{
	struct end viewer;
	struct pair p;

	(void)state;
	open_viewer(&viewer);
	ends_run_until(viewer.n_connected && end.n_connected);
	assert_int_equal(ice_set_remote(end.ice, THEIR_UFRAG, THEIR_PWD), 0);
	ice_free(viewer.ice);
	now_us += 5 * SECOND;
	come(&p, true, true);
	answer_ask(&p);
	ends_run_until(end.n_moved == 1);
	assert_path(&p);
	assert_int_equal(end.n_connected, 1);
	pair_close(&p);
}

/* Where the agent finds nobody the viewer may still come by the one port. */
static void
test_an_agent_that_fails(void **state)
{
	static const struct ice_times quick = { .idle_ms = 100,
		.silent_ms = 2000 };
	struct end alone;
	struct pair p;

	(void)state;
	ends_times = &quick;
	ice_free(end.ice);
	end.ice = NULL;
	open_end(ends_port("127.0.0.1"));
	end_open(&alone, "127.0.0.1", false);
	assert_int_equal(ice_set_remote(alone.ice, THEIR_UFRAG, THEIR_PWD), 0);
	for (int i = 0; i < 2; i++) {
		struct ice *ice = i == 0 ? end.ice : alone.ice;

		assert_int_equal(ice_add_candidate(ice,
		    "candidate:1 1 udp 1 127.0.0.1 9 typ host"), 0);
		assert_int_equal(ice_add_candidate(ice, ""), 0);
	}
	ends_run_until(alone.n_failed == 1);
	turn();
	assert_int_equal(end.n_failed, 0);
	come(&p, false, true);
	assert_int_equal(end.n_connected, 1);
	assert_path(&p);
	pair_close(&p);
	ice_free(alone.ice);
	ends_times = NULL;
}

/* Restarts, with the viewer's other credentials, and learns ours. */
static void
restart(void)
{
	assert_int_equal(ice_restart(end.ice, THEIR_UFRAG, THEIR_PWD), 0);
	learn_credentials();
}

/* Those by which the viewer checks. */
struct credentials {
	char	ufrag[sizeof ufrag], pwd[sizeof pwd];
};

static struct credentials
known(void)
{
	struct credentials c;

	memcpy(c.ufrag, ufrag, sizeof ufrag);
	memcpy(c.pwd, pwd, sizeof pwd);
	return c;
}

static void
use(const struct credentials *c)
{
	memcpy(ufrag, c->ufrag, sizeof ufrag);
	memcpy(pwd, c->pwd, sizeof pwd);
}

/* All goes on by the path that there is, and checks by both credentials are
 * answered: those that are on their way, and the new ones. */
static void
test_restart(void **state)
{
	struct credentials old = known();
	struct pair p, again;

	(void)state;
	come(&p, false, true);
	restart();
	assert_string_not_equal(ufrag, old.ufrag);
	assert_string_not_equal(pwd, old.pwd);
	assert_memory_equal(ufrag, old.ufrag, FIRST_CHECK_TAG);
	assert_path(&p);
	check(&p, true);
	come(&again, false, false);
	pair_close(&again);
	use(&old);
	check(&p, true);
	come(&again, false, false);
	assert_path(&p);
	assert_int_equal(end.n_connected, 1);
	assert_int_equal(end.n_moved, 0);
	pair_close(&again);
	pair_close(&p);
}

/* The name of the one goes with the password of the same. */
static void
test_credentials_are_not_mixed(void **state)
{
	struct credentials old = known();
	uint8_t buf[STUN_ROOM];
	struct pair p;

	(void)state;
	come(&p, false, true);
	restart();
	memcpy(pwd, old.pwd, sizeof pwd);
	pair_send(&p, buf, write_check(buf, true));
	assert_silent(&p);
	pair_close(&p);
}

/* Those of two restarts ago are nobody's any more. */
static void
test_two_restarts(void **state)
{
	struct credentials first = known();
	int before = count_descriptors();
	uint8_t buf[STUN_ROOM];
	struct pair p, again;

	(void)state;
	come(&p, true, true);
	restart();
	restart();
	check(&p, true);
	use(&first);
	pair_send(&p, buf, write_check(buf, true));
	assert_silent(&p);
	pair_open_udp(&again, "127.0.0.1");
	hand_over(&again, true);
	assert_silent(&again);
	pair_close(&again);
	assert_path(&p);
	pair_close(&p);
	ends_run_until(count_descriptors() == before);
}

/* After a restart the viewer nominates another path, and is asked there by its
 * new credentials. */
static void
test_a_restart_and_another_path(void **state)
{
	struct pair a, b;

	(void)state;
	come(&a, true, true);
	now_us += 3 * SECOND;
	restart();
	come(&b, false, true);
	answer_ask(&b);
	ends_run_until(end.n_moved == 1);
	assert_path(&b);
	pair_close(&a);
	pair_close(&b);
}

static void
test_a_restart_that_is_refused(void **state)
{
	char big[300];
	struct pair p;

	(void)state;
	memset(big, 'a', sizeof big);
	big[sizeof big - 1] = '\0';
	come(&p, false, true);
	assert_int_equal(ice_restart(end.ice, "", THEIR_PWD), -1);
	assert_int_equal(ice_restart(end.ice, THEIR_UFRAG, ""), -1);
	assert_int_equal(ice_restart(end.ice, big, THEIR_PWD), -1);
	assert_int_equal(ice_restart(end.ice, THEIR_UFRAG, big), -1);
	assert_string_equal(ice_ufrag(end.ice), ufrag);
	check(&p, true);
	pair_close(&p);
}

/* The agent's checks go by the new credentials as well. */
static void
test_a_restart_of_an_agent(void **state)
{
	struct end viewer;

	(void)state;
	open_viewer(&viewer);
	ends_run_until(viewer.n_connected && end.n_connected);
	ice_free(viewer.ice);
	restart();
	end.n_connected = 0;
	open_viewer(&viewer);
	ends_run_until(viewer.n_connected);
	ends_pass_data(&viewer, &end);
	ice_free(viewer.ice);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, open_port, close_port)
#define TEST_BOTH(f) cmocka_unit_test_setup_teardown(f, open_both, close_port)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_BOTH(test_both_are_offered),
		TEST_BOTH(test_its_own_sockets),
		TEST_BOTH(test_a_flow_comes_first),
		TEST_BOTH(test_from_its_own_sockets_to_a_flow),
		TEST_BOTH(test_an_agent_that_fails),
		TEST(test_restart),
		TEST(test_credentials_are_not_mixed),
		TEST(test_two_restarts),
		TEST(test_a_restart_and_another_path),
		TEST(test_a_restart_that_is_refused),
		TEST_BOTH(test_a_restart_of_an_agent),
	};

	return cmocka_run_group_tests_name("ice_both", tests, make_folder,
	    remove_folder);
}
