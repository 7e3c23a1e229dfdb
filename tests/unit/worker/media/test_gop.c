#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/worker/rtp_units.h"
#include "worker/media/gop.h"

#define FRAME_US	40000

static const struct gop_limits roomy = { 1 << 20, 30000 };

static void
add(struct gop *g, bool key, int64_t time_us, size_t bytes)
{
	struct rtp_unit *u = unit_new(key, time_us, 1, bytes);

	gop_add(g, u);
	rtp_unit_unref(u);
}

/* A key frame and n - 1 others. */
static void
add_group(struct gop *g, int64_t time_us, int n)
{
	for (int i = 0; i < n; i++)
		add(g, i == 0, time_us + i * FRAME_US, 100);
}

static void
test_nothing_before_a_key_frame(void **state)
{
	struct gop *g = gop_new(&roomy);
	struct gop_cursor c;

	(void)state;
	assert_null(gop_start(g, &c));
	add(g, false, 0, 100);
	assert_null(gop_start(g, &c));
	assert_int_equal(gop_bytes_left(g, &c), 0);
	gop_free(g);
}

static void
test_all_since_the_key_frame_in_order(void **state)
{
	struct gop *g = gop_new(&roomy);
	struct gop_cursor c;
	struct rtp_unit *u;

	(void)state;
	add_group(g, 0, 5);
	add_group(g, 1000000, 3);
	assert_int_equal(gop_start(g, &c)->time_us, 1000000);
	assert_int_equal(gop_bytes_left(g, &c), 300);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(gop_read(g, &c, &u), GOP_UNIT);
		assert_int_equal(u->time_us, 1000000 + i * FRAME_US);
		assert_int_equal(u->key, i == 0);
		assert_int_equal(gop_bytes_left(g, &c), 200 - 100 * i);
	}
	assert_int_equal(gop_read(g, &c, &u), GOP_LIVE);
	add(g, false, 1000000 + 3 * FRAME_US, 100);
	assert_int_equal(gop_read(g, &c, &u), GOP_UNIT);
	assert_int_equal(gop_read(g, &c, &u), GOP_LIVE);
	gop_free(g);
}

/* A reader in the old group goes on with the new key frame, never with a
 * picture in the middle of it. */
static void
test_a_reader_that_is_overtaken(void **state)
{
	struct gop *g = gop_new(&roomy);
	struct gop_cursor c;
	struct rtp_unit *u;

	(void)state;
	add_group(g, 0, 5);
	gop_start(g, &c);
	gop_read(g, &c, &u);
	gop_read(g, &c, &u);
	add_group(g, 1000000, 4);
	assert_int_equal(gop_bytes_left(g, &c), 400);
	assert_int_equal(gop_read(g, &c, &u), GOP_UNIT);
	assert_true(u->key);
	assert_int_equal(u->time_us, 1000000);
	gop_clear(g);
	assert_int_equal(gop_read(g, &c, &u), GOP_CUT);
	gop_free(g);
}

static void
check_cut(struct gop *g)
{
	struct gop_cursor c;
	struct rtp_unit *u;

	assert_non_null(gop_start(g, &c));
	assert_int_equal(gop_read(g, &c, &u), GOP_UNIT);
	assert_true(u->key);
	assert_int_equal(gop_read(g, &c, &u), GOP_CUT);
	add(g, false, 90000000, 100);
	assert_int_equal(gop_read(g, &c, &u), GOP_CUT);
	/* The next key frame makes it whole again. */
	add_group(g, 99000000, 2);
	assert_int_equal(gop_read(g, &c, &u), GOP_UNIT);
	assert_int_equal(u->time_us, 99000000);
	assert_int_equal(gop_read(g, &c, &u), GOP_UNIT);
	assert_int_equal(gop_read(g, &c, &u), GOP_LIVE);
}

static void
test_a_group_that_just_fits_is_whole(void **state)
{
	static const struct gop_limits limits = { 500, 160 };
	struct gop *g = gop_new(&limits);
	struct gop_cursor c;
	struct rtp_unit *u;

	(void)state;
	add_group(g, 0, 5);		/* 500 bytes in 160 ms */
	assert_non_null(gop_start(g, &c));
	for (int i = 0; i < 5; i++)
		assert_int_equal(gop_read(g, &c, &u), GOP_UNIT);
	assert_int_equal(gop_read(g, &c, &u), GOP_LIVE);
	gop_free(g);
}

/* The second picture is the first that can make a group too large. */
static void
test_a_large_second_picture_cuts_the_group(void **state)
{
	static const struct gop_limits limits = { 500, 30000 };
	struct gop *g = gop_new(&limits);

	(void)state;
	add(g, true, 0, 100);
	add(g, false, FRAME_US, 401);
	check_cut(g);
	gop_free(g);
}

static void
test_a_cursor_at_the_end_reads_what_is_added_next(void **state)
{
	struct gop *g = gop_new(&roomy);
	struct gop_cursor c = { 0, 0 };
	struct rtp_unit *u;

	(void)state;
	add_group(g, 0, 3);
	gop_end(g, &c);
	assert_int_equal(gop_bytes_left(g, &c), 0);
	assert_int_equal(gop_read(g, &c, &u), GOP_LIVE);
	add(g, false, 3 * FRAME_US, 100);
	assert_int_equal(gop_read(g, &c, &u), GOP_UNIT);
	assert_int_equal(u->time_us, 3 * FRAME_US);
	gop_free(g);
}

static void
test_outgrown_by_bytes_keeps_the_key_frame_alone(void **state)
{
	static const struct gop_limits limits = { 500, 30000 };
	struct gop *g = gop_new(&limits);

	(void)state;
	add_group(g, 0, 6);
	check_cut(g);
	gop_free(g);
}

static void
test_outgrown_by_time_keeps_the_key_frame_alone(void **state)
{
	static const struct gop_limits limits = { 1 << 20, 100 };
	struct gop *g = gop_new(&limits);
	struct gop_cursor c;

	(void)state;
	add_group(g, 0, 3);		/* 80 ms */
	gop_start(g, &c);
	assert_int_equal(gop_bytes_left(g, &c), 300);
	add(g, false, 3 * FRAME_US, 100);
	check_cut(g);
	gop_free(g);
}

/* A single key frame over the bound is kept: there is nothing smaller. */
static void
test_a_key_frame_larger_than_the_bound(void **state)
{
	static const struct gop_limits limits = { 500, 30000 };
	struct gop *g = gop_new(&limits);
	struct gop_cursor c;
	struct rtp_unit *u;

	(void)state;
	add(g, true, 0, 5000);
	assert_non_null(gop_start(g, &c));
	assert_int_equal(gop_read(g, &c, &u), GOP_UNIT);
	assert_int_equal(gop_read(g, &c, &u), GOP_LIVE);
	gop_free(g);
}

/* What is cached is shared, not copied, and given back. */
static void
test_references(void **state)
{
	struct gop *g = gop_new(&roomy);
	struct rtp_unit *u = unit_new(true, 0, 1, 10);

	(void)state;
	gop_add(g, u);
	assert_int_equal(u->refs, 2);
	gop_clear(g);
	assert_int_equal(u->refs, 1);
	gop_add(g, u);
	gop_free(g);
	assert_int_equal(u->refs, 1);
	rtp_unit_unref(u);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_before_a_key_frame),
		cmocka_unit_test(test_all_since_the_key_frame_in_order),
		cmocka_unit_test(test_a_reader_that_is_overtaken),
		cmocka_unit_test(test_a_group_that_just_fits_is_whole),
		cmocka_unit_test(test_a_large_second_picture_cuts_the_group),
		cmocka_unit_test(
		    test_a_cursor_at_the_end_reads_what_is_added_next),
		cmocka_unit_test(
		    test_outgrown_by_bytes_keeps_the_key_frame_alone),
		cmocka_unit_test(
		    test_outgrown_by_time_keeps_the_key_frame_alone),
		cmocka_unit_test(test_a_key_frame_larger_than_the_bound),
		cmocka_unit_test(test_references),
	};

	return cmocka_run_group_tests_name("gop", tests, NULL, NULL);
}
