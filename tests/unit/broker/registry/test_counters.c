/* What the workers count of sessions, and which of them do not say it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "broker/registry/counters.h"
#include "json.h"
#include "tests/unit/broker/workers.h"

static char good[] = "good", liar[] = "liar", other[] = "other",
    silent[] = "silent";
static struct workers *w;
static json_t *none;		/* the streams whose workers are silent */
static json_t *collected;
static int n_collected;

static int
set_up(void **state)
{
	static char *names[] = { good, liar, other, silent, NULL };

	(void)state;
	w = workers_open(names);
	w->replies.ms[IPC_STATS] = 100;
	none = json_array();
	collected = NULL;
	n_collected = 0;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	json_decref(collected);
	json_decref(none);
	workers_close(w);
	return 0;
}

static void
on_stats(json_t *stats, void *arg)
{
	assert_ptr_equal(arg, w);
	json_decref(collected);
	collected = json_incref(stats);
	n_collected++;
}

/* The packets that are counted for it; -1 if there are no counters of it. */
static int
packets_of(const struct session *s)
{
	return (int)json_get_int(json_object_get(collected, s->id),
	    "packets_sent", -1);
}

static void
ask(struct session *const *s, size_t n)
{
	int before = n_collected;

	counters_ask(s, n, none, on_stats, w);
	workers_run(w, &n_collected, before + 1);
	assert_int_equal(n_collected, before + 1);
}

static void
test_nobody_is_asked(void **state)
{
	(void)state;
	counters_ask(NULL, 0, none, on_stats, w);
	assert_int_equal(n_collected, 1);
	assert_int_equal(json_object_size(collected), 0);
	assert_int_equal(json_array_size(none), 0);
}

static void
test_several_streams_are_one_answer(void **state)
{
	struct session *s[] = {
		workers_session(w, good, NULL), workers_session(w, other, NULL),
		workers_session(w, good, NULL), workers_session(w, good, NULL),
	};

	(void)state;
	ask(s, 3);
	assert_int_equal(json_object_size(collected), 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(packets_of(s[i]), 1);
	assert_int_equal(json_array_size(none), 0);
}

/* It is asked once for all its sessions, and not again. */
static void
test_a_silent_worker_is_named_once(void **state)
{
	struct session *s[] = {
		workers_session(w, silent, NULL),
		workers_session(w, good, NULL),
		workers_session(w, silent, NULL),
	};

	(void)state;
	ask(s, 3);
	assert_int_equal(json_object_size(collected), 1);
	assert_int_equal(packets_of(s[1]), 1);
	assert_int_equal(json_array_size(none), 1);
	assert_string_equal(json_string_value(json_array_get(none, 0)), silent);

	counters_ask(s, 1, none, on_stats, w);
	assert_int_equal(n_collected, 2);
	assert_int_equal(json_object_size(collected), 0);
	ask(s, 3);
	assert_int_equal(packets_of(s[1]), 1);
	assert_int_equal(json_array_size(none), 1);
}

/* The other's worker does not answer, so that nothing hides a lie. */
static void
test_a_worker_is_believed_of_its_own_only(void **state)
{
	struct session *victim = workers_session(w, silent, NULL);
	struct session *s = workers_session(w, liar, NULL);
	struct session *both[] = { s, victim };
	char *order = xasprintf("other %s", victim->id);

	(void)state;
	workers_order(w, s, order);
	free(order);
	ask(both, 2);
	assert_int_equal(json_object_size(collected), 1);
	assert_int_equal(packets_of(s), 7);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nobody_is_asked),
		TEST(test_several_streams_are_one_answer),
		TEST(test_a_silent_worker_is_named_once),
		TEST(test_a_worker_is_believed_of_its_own_only),
	};

	return cmocka_run_group_tests_name("counters", tests, workers_begin,
	    workers_end);
}
