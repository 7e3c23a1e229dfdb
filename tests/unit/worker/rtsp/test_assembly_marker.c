/*
 * What the marker of RTP tells. A picture ends by it at once, so that viewers
 * have it an interval of pictures earlier.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "assemblies.h"

#define STEP	40000

/* Slices of a picture, of which `flags` says where the marker is. */
enum { FIRST = 1, LAST = 2, SETS = 4 };

/* A picture of two slices; returns what has been seen of it before the next
 * one. */
static const char *
picture(struct fixture *f, int type, int marked)
{
	f->now += STEP;
	slice_flags(f, 9, -1, OTHER, f->now, marked & SETS ? MARKER : 0);
	seen(f);
	slice_flags(f, type, 0, 40, f->now, marked & FIRST ? MARKER : 0);
	slice_flags(f, type, 20, LONG, f->now, marked & LAST ? MARKER : 0);
	return seen(f);
}

/* The first picture waits for the second, and no other does. */
static void
learn(struct fixture *f)
{
	assert_string_equal(picture(f, 5, LAST), "");
	assert_string_equal(picture(f, 1, LAST), "9 1 1 @80000, ");
	f->now = 0;
}

/* None is given before the next one begins, and all are whole. */
static void
pictures_wait(struct fixture *f, int marked)
{
	char want[32];

	for (int i = 0; i < 10; i++) {
		assert_string_equal(picture(f, 1, marked), "");
		other(f, 9, f->now + 1);
		snprintf(want, sizeof want, "9 %s1 1 @%d, ",
		    i == 0 ? "" : "9 ", (int)f->now);
		assert_string_equal(seen(f), want);
	}
}

static void
test_right_from_the_first_picture_on(void **state)
{
	struct fixture *f = *state;

	learn(f);
	assert_string_equal(picture(f, 1, LAST), "9 1 1 @40000, ");
	assert_string_equal(picture(f, 5, LAST), "9 5 5 @80000, ");
	/* what may follow a picture goes with the next */
	slice(f, 6, -1, LONG, f->now);
	assert_string_equal(seen(f), "");
	assert_string_equal(picture(f, 1, LAST), "6 9 1 1 @120000, ");
	assert_int_equal(f->len, 4 + LONG + 4 + OTHER + 4 + 40 + 4 + LONG);
}

static void
test_the_picture_that_waits_is_not_lost(void **state)
{
	struct fixture *f = *state;

	last_slice(f, 5, 0, LONG, 10);
	assert_string_equal(seen(f), "");
	last_slice(f, 1, 0, LONG, 20);
	assert_string_equal(seen(f), "5 @10, 1 @20, ");
	for (int i = 0; i < 5; i++) {
		last_slice(f, 1, 0, LONG, 20);	/* a clock that stands still */
		assert_string_equal(seen(f), "1 @20, ");
	}
}

static void
test_never(void **state)
{
	pictures_wait(*state, 0);
}

/* A picture without one waits for the next; the others do not. */
static void
test_not_always(void **state)
{
	struct fixture *f = *state;

	learn(f);
	assert_string_equal(picture(f, 1, 0), "");
	other(f, 8, f->now + 1);
	assert_string_equal(seen(f), "9 1 1 @40000, ");
	assert_string_equal(picture(f, 1, LAST), "8 9 1 1 @80000, ");
}

static void
test_on_every_nal_unit(void **state)
{
	pictures_wait(*state, FIRST | LAST | SETS);
}

static void
test_on_every_first_slice(void **state)
{
	pictures_wait(*state, FIRST);
}

static void
test_on_every_packet(void **state)
{
	struct fixture *f = *state;

	for (int t = 10; t < 100; t += 10) {
		uint8_t nal[LONG];

		write_nal(nal, 1, 0, LONG);
		add(f, nal, MTU, t, BEGINS | MARKER);
		add(f, nal + MTU, MTU, t, MARKER);
		assert_int_equal(strlen(seen(f)), t == 10 ? 0 : 7);
		add(f, nal + 2 * MTU, LONG - 2 * MTU, t, MARKER);
		assert_string_equal(seen(f), "");
	}
	assert_int_equal(f->len, 4 + LONG);
}

/* It is of another packet than the slices', and says nothing. */
static void
test_on_parameter_sets(void **state)
{
	struct fixture *f = *state;

	pictures_wait(f, SETS);
	f->now = 0;
	assert_string_equal(picture(f, 1, LAST | SETS), "");
	assert_string_equal(picture(f, 1, LAST | SETS), "9 1 1 @80000, ");
	assert_string_equal(picture(f, 1, LAST | SETS), "9 1 1 @120000, ");
	/* between slices, too */
	slice(f, 1, 0, 40, 130000);
	slice_flags(f, 8, -1, OTHER, 130000, MARKER);
	last_slice(f, 1, 20, 40, 130000);
	assert_string_equal(seen(f), "1 8 1 @130000, ");
}

/* Those that come before it is known whether the marker was right. */
static void
test_what_stands_behind_a_picture_does_not_judge(void **state)
{
	struct fixture *f = *state;

	last_slice(f, 5, 0, 40, 10);
	slice(f, 6, -1, LONG, 10);	/* in four packets */
	add(f, (const uint8_t *)"\x65\x88\x84", 3, 10, 0);
	assert_string_equal(seen(f), "");
	last_slice(f, 1, 0, 40, 20);
	assert_string_equal(seen(f), "5 @10, 6 1 @20, ");
	/* nor does it hide what was wrong */
	assembly_free(f->a);
	f->a = assembly_new(&h264_codec, on_unit, f);
	last_slice(f, 5, 0, 40, 10);
	other(f, 8, 10);
	last_slice(f, 5, 20, 40, 10);
	f->now = 0;
	other(f, 9, 20);
	assert_string_equal(seen(f), "5 8 5 @10, ");
	slice(f, 1, 0, 40, 20);
	pictures_wait(f, LAST);
}

/* Wrong after all */

static void
test_wrong_once_is_wrong_for_ever(void **state)
{
	struct fixture *f = *state;

	slice_flags(f, 1, 0, 40, 1, MARKER);
	last_slice(f, 1, 20, 40, 1);
	other(f, 9, 2);
	assert_string_equal(seen(f), "1 1 @1, ");
	slice(f, 1, 0, 40, 2);
	pictures_wait(f, LAST);
}

/* The picture has been given away: it is told to be damaged, once that is
 * known, and no other is given away. */
static void
test_late_slice(void **state)
{
	struct fixture *f = *state;

	learn(f);
	assert_string_equal(picture(f, 1, LAST), "9 1 1 @40000, ");
	other(f, 8, f->now);
	last_slice(f, 1, 40, 40, f->now);
	assert_string_equal(seen(f), "!@40000, ");
	last_slice(f, 1, 60, LONG, f->now);
	assert_string_equal(seen(f), "!@40000, !@40000, !@40000, ");
	/* Nothing of it stands in front of the next one. */
	slice(f, 1, 0, 40, f->now + 1);
	last_slice(f, 1, 20, 40, f->now + 1);
	assert_string_equal(seen(f), "");
	other(f, 9, f->now + 2);
	assert_string_equal(seen(f), "1 1 @40001, ");
	assert_int_equal(f->len, 88);
	slice(f, 1, 0, 40, f->now + 2);
	pictures_wait(f, LAST);
}

/* The camera's pictures had one slice each until then. */
static void
test_a_second_slice_is_late(void **state)
{
	struct fixture *f = *state;

	last_slice(f, 1, 0, 40, 10);
	last_slice(f, 1, 0, 40, 20);
	last_slice(f, 1, 20, 40, 20);
	assert_string_equal(seen(f), "1 @10, 1 @20, !@20, ");
	slice(f, 1, 0, 40, 30);
	pictures_wait(f, LAST);
}

static void
test_late_fragment(void **state)
{
	struct fixture *f = *state;

	learn(f);
	assert_string_equal(picture(f, 1, LAST), "9 1 1 @40000, ");
	rest(f, f->now, 0);
	assert_string_equal(seen(f), "!@40000, ");
	slice(f, 1, 0, 40, f->now + 1);
	other(f, 9, f->now + 2);
	assert_string_equal(seen(f), "1 @40001, ");
	assert_int_equal(f->len, 44);
	slice(f, 1, 0, 40, f->now + 2);
	pictures_wait(f, LAST);
}

/* A slice that is where the picture's last one was is the next picture's. */
static void
test_the_next_picture_is_not_late(void **state)
{
	struct fixture *f = *state;

	learn(f);
	assert_string_equal(picture(f, 1, LAST), "9 1 1 @40000, ");
	last_slice(f, 1, 20, 40, f->now);
	assert_string_equal(seen(f), "1 !@40000, ");
	assert_string_equal(picture(f, 1, LAST), "9 1 1 @80000, ");
}

/* Of one that cannot be read nobody can tell what follows it. */
static void
test_nothing_is_late_behind_an_unreadable_slice(void **state)
{
	struct fixture *f = *state;

	learn(f);
	unreadable(f, 10, MARKER);
	assert_string_equal(seen(f), "5 !@10, ");
	last_slice(f, 1, 0, 40, 20);
	assert_string_equal(seen(f), "1 @20, ");
	unreadable(f, 30, MARKER);
	assert_string_equal(seen(f), "5 !@30, ");
	assert_string_equal(picture(f, 1, LAST), "9 1 1 @40000, ");
}

/* Losses */

static void
test_the_marker_is_lost(void **state)
{
	struct fixture *f = *state;

	learn(f);
	slice(f, 1, 0, 40, 10);
	assert_string_equal(seen(f), "");
	slice_flags(f, 9, -1, OTHER, 20, LOST);
	assert_string_equal(seen(f), "1 !@10, ");
	assert_string_equal(picture(f, 1, LAST), "9 9 1 1 @40000, ");
}

/* A fragment of the next picture is no late one of the last. */
static void
test_the_beginning_of_a_picture_is_lost(void **state)
{
	struct fixture *f = *state;

	learn(f);
	assert_string_equal(picture(f, 1, LAST), "9 1 1 @40000, ");
	rest(f, f->now + 1, LOST);
	rest(f, f->now + 1, 0);
	rest(f, f->now + 1, MARKER);
	assert_string_equal(seen(f), "!@40001, ");
	assert_string_equal(picture(f, 1, LAST), "9 1 1 @80000, ");
	/* nor is a slice behind one that is lost */
	slice_flags(f, 6, -1, OTHER, f->now + 1, LOST);
	last_slice(f, 1, 40, 40, f->now + 1);
	assert_string_equal(seen(f), "!@80001, 6 1 !@80001, ");
	lost_slice(f, 1, 60, f->now + 2);
	assert_string_equal(seen(f), "!@80002, ");
	assert_string_equal(picture(f, 1, LAST), "9 1 1 @120000, ");
}

static void
test_a_loss_within_a_picture(void **state)
{
	struct fixture *f = *state;

	learn(f);
	slice(f, 1, 0, 40, 10);
	slice_flags(f, 1, 20, 40, 10, LOST | MARKER);
	assert_string_equal(seen(f), "1 1 !@10, ");
	assert_string_equal(picture(f, 1, LAST), "9 1 1 @40000, ");
}

/* The packets between the marker and what comes next are not known. */
static void
test_no_marker_is_judged_by_what_follows_a_loss(void **state)
{
	struct fixture *f = *state;

	last_slice(f, 1, 0, 40, 10);
	slice_flags(f, 1, 20, 40, 10, LOST | MARKER);
	other(f, 9, 20);
	assert_string_equal(seen(f), "1 1 !@10, ");
	last_slice(f, 1, 0, 40, 20);
	assert_string_equal(seen(f), "9 1 @20, ");
	assembly_free(f->a);
	f->a = assembly_new(&h264_codec, on_unit, f);
	last_slice(f, 1, 0, 40, 10);
	slice_flags(f, 1, 0, 40, 20, LOST | MARKER);
	assert_string_equal(seen(f), "1 !@10, ");
	assert_string_equal(picture(f, 1, LAST), "9 1 1 @40000, ");
}

/* What is known of the marker outlives it. */
static void
test_restart(void **state)
{
	struct fixture *f = *state;

	learn(f);
	assert_string_equal(picture(f, 1, LAST), "9 1 1 @40000, ");
	assembly_restart(f->a);
	rest(f, 0, 0);
	last_slice(f, 1, 40, 40, 0);
	assert_string_equal(seen(f), "1 !@0, ");
	assert_string_equal(picture(f, 1, LAST), "9 1 1 @80000, ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_right_from_the_first_picture_on),
		TEST(test_the_picture_that_waits_is_not_lost),
		TEST(test_never),
		TEST(test_not_always),
		TEST(test_on_every_nal_unit),
		TEST(test_on_every_first_slice),
		TEST(test_on_every_packet),
		TEST(test_on_parameter_sets),
		TEST(test_what_stands_behind_a_picture_does_not_judge),
		TEST(test_wrong_once_is_wrong_for_ever),
		TEST(test_late_slice),
		TEST(test_a_second_slice_is_late),
		TEST(test_late_fragment),
		TEST(test_the_next_picture_is_not_late),
		TEST(test_nothing_is_late_behind_an_unreadable_slice),
		TEST(test_the_marker_is_lost),
		TEST(test_the_beginning_of_a_picture_is_lost),
		TEST(test_a_loss_within_a_picture),
		TEST(test_no_marker_is_judged_by_what_follows_a_loss),
		TEST(test_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
