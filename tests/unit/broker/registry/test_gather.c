/* Many answers, one callback. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "broker/registry/gather.h"

struct result {
	int		 count, status;
	const char	*error;		/* of what is expected */
	size_t		 done;
};

static void
on_all(int status, const char *error, size_t done, void *arg)
{
	struct result *r = arg;

	r->count++;
	r->status = status;
	r->done = done;
	if (r->error == NULL)
		assert_null(error);
	else
		assert_string_equal(error, r->error);
}

static void
test_nobody_is_asked(void **state)
{
	struct result r = { 0 };

	(void)state;
	gather_done(200, NULL, 0, gather_new(on_all, &r));
	assert_int_equal(r.count, 1);
	assert_int_equal(r.status, 200);
	assert_int_equal(r.done, 0);
}

static void
test_the_last_answer_calls_back(void **state)
{
	struct result r = { 0 };
	struct gather *g = gather_new(on_all, &r);

	(void)state;
	gather_more(g);
	gather_more(g);
	gather_done(200, NULL, 3, g);
	gather_done(200, NULL, 0, g);
	assert_int_equal(r.count, 0);
	gather_done(200, NULL, 4, g);
	assert_int_equal(r.count, 1);
	assert_int_equal(r.status, 200);
	assert_int_equal(r.done, 7);
}

/* An answer may come at once, before the next is asked. */
static void
test_answers_while_it_is_filled(void **state)
{
	struct result r = { 0 };
	struct gather *g = gather_new(on_all, &r);

	(void)state;
	for (int i = 0; i < 3; i++) {
		gather_more(g);
		gather_done(200, NULL, 1, g);
		assert_int_equal(r.count, 0);
	}
	gather_done(200, NULL, 0, g);
	assert_int_equal(r.count, 1);
	assert_int_equal(r.done, 3);
}

static void
test_the_first_failure_is_told(void **state)
{
	struct result r = { .error = "out of order" };
	char error[] = "out of order";
	struct gather *g = gather_new(on_all, &r);

	(void)state;
	for (int i = 0; i < 3; i++)
		gather_more(g);
	gather_done(200, NULL, 1, g);
	gather_done(500, error, 2, g);
	error[0] = '\0';	/* It is kept as it was. */
	gather_done(504, "too late", 0, g);
	gather_done(200, NULL, 1, g);
	assert_int_equal(r.count, 1);
	assert_int_equal(r.status, 500);
	assert_int_equal(r.done, 4);
}

static void
test_a_failure_without_a_word(void **state)
{
	struct result r = { .error = "" };

	(void)state;
	gather_done(503, NULL, 0, gather_new(on_all, &r));
	assert_int_equal(r.count, 1);
	assert_int_equal(r.status, 503);
}

/* One may gather for another. */
static void
test_one_in_another(void **state)
{
	struct result r = { .error = "no" };
	struct gather *outer = gather_new(on_all, &r);
	struct gather *inner = gather_new(gather_done, outer);

	(void)state;
	gather_more(outer);
	gather_done(200, NULL, 1, outer);
	gather_more(inner);
	gather_done(404, "no", 2, inner);
	assert_int_equal(r.count, 0);
	gather_done(200, NULL, 3, inner);
	assert_int_equal(r.count, 1);
	assert_int_equal(r.status, 404);
	assert_int_equal(r.done, 6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody_is_asked),
		cmocka_unit_test(test_the_last_answer_calls_back),
		cmocka_unit_test(test_answers_while_it_is_filled),
		cmocka_unit_test(test_the_first_failure_is_told),
		cmocka_unit_test(test_a_failure_without_a_word),
		cmocka_unit_test(test_one_in_another),
	};

	return cmocka_run_group_tests_name("gather", tests, NULL, NULL);
}
