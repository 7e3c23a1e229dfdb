#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdlib.h>

#include "worker/media/param_sets.h"
#include "xalloc.h"

enum { VPS = 32, SPS = 33 };

struct fixture {
	struct param_sets p;
	struct nal_list	  list;
	uint8_t		  out[PARAM_SETS_ROOM];
};

static int
setup(void **state)
{
	*state = xcalloc(1, sizeof (struct fixture));
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	param_sets_clear(&f->p);
	free(f->list.nals);
	free(f);
	return 0;
}

/* A set of `len` bytes, all of them `fill`. */
static bool
keep(struct fixture *f, uint8_t type, unsigned id, uint8_t fill, size_t len)
{
	uint8_t *data = xcalloc(1, len);
	struct video_nal nal = { data, len, type };
	bool ret;

	memset(data, fill, len);
	ret = param_sets_keep(&f->p, &nal, id, id + 1);
	free(data);
	return ret;
}

static void
test_a_set_is_kept_until_another_comes(void **state)
{
	struct fixture *f = *state;
	const struct param_set *s;

	assert_null(param_sets_find(&f->p, SPS, 1));
	assert_true(keep(f, SPS, 1, 5, 10));
	assert_false(keep(f, SPS, 1, 5, 10));
	assert_null(param_sets_find(&f->p, VPS, 1));
	assert_null(param_sets_find(&f->p, SPS, 2));
	s = param_sets_find(&f->p, SPS, 1);
	assert_int_equal(s->len, 10);
	assert_int_equal(s->of, 2);
	assert_true(keep(f, SPS, 1, 5, 11));
	assert_true(keep(f, SPS, 1, 6, 11));
	s = param_sets_find(&f->p, SPS, 1);
	assert_int_equal(s->data[10], 6);
	assert_int_equal(f->p.n, 1);
}

static void
test_sets_are_written_by_type_once_or_all(void **state)
{
	struct fixture *f = *state;

	keep(f, SPS, 0, 5, 2);
	keep(f, VPS, 0, 6, 1);
	keep(f, SPS, 1, 7, 1);
	assert_int_equal(param_sets_write(&f->p, SPS, false, &f->list,
	    f->out), 9);
	assert_memory_equal(f->out, "\0\0\1\5\5\0\0\1\7", 9);
	assert_int_equal(f->list.n, 2);
	assert_int_equal(f->list.nals[1].type, SPS);
	assert_int_equal(param_sets_write(&f->p, SPS, false, &f->list,
	    f->out), 0);
	assert_int_equal(param_sets_write(&f->p, SPS, true, &f->list,
	    f->out), 9);
	keep(f, SPS, 0, 8, 1);
	assert_int_equal(param_sets_write(&f->p, SPS, false, &f->list,
	    f->out), 4);
	assert_memory_equal(f->out, "\0\0\1\x8", 4);
	assert_int_equal(param_sets_write(&f->p, VPS, false, &f->list,
	    f->out), 4);
}

static void
test_too_many_sets_start_over(void **state)
{
	struct fixture *f = *state;

	for (unsigned id = 0; id < PARAM_SETS_MAX; id++)
		keep(f, SPS, id, 1, 1);
	assert_int_equal(f->p.n, PARAM_SETS_MAX);
	keep(f, SPS, 7, 2, 1);
	assert_int_equal(f->p.n, PARAM_SETS_MAX);
	keep(f, VPS, 7, 2, 1);
	assert_int_equal(f->p.n, 1);
	assert_non_null(param_sets_find(&f->p, VPS, 7));
}

static void
test_sets_fill_the_room_and_no_more(void **state)
{
	struct fixture *f = *state;

	assert_false(keep(f, SPS, 0, 1, PARAM_SETS_ROOM - 2));
	assert_int_equal(f->p.n, 0);
	assert_true(keep(f, SPS, 0, 1, PARAM_SETS_ROOM - 3 - 13));
	assert_true(keep(f, VPS, 0, 1, 10));
	assert_int_equal(param_sets_write(&f->p, SPS, true, &f->list, f->out) +
	    param_sets_write(&f->p, VPS, true, &f->list, f->out),
	    PARAM_SETS_ROOM);
	assert_true(keep(f, VPS, 0, 2, 11));
	assert_int_equal(f->p.n, 1);
	assert_int_equal(f->p.bytes, 14);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_set_is_kept_until_another_comes),
		TEST(test_sets_are_written_by_type_once_or_all),
		TEST(test_too_many_sets_start_over),
		TEST(test_sets_fill_the_room_and_no_more),
	};

	return cmocka_run_group_tests_name("param_sets", tests, NULL, NULL);
}
