/*
 * NAL units in packets of at most MTU bytes. Of each unit the log has its NAL
 * types, '!' if it is damaged, and its time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "assemblies.h"

static void
test_parameter_sets_between_slices(void **state)
{
	struct fixture *f = *state;

	other(f, 9, 10);
	for (int i = 0; i < 4; i++) {
		other(f, 7, 10);
		other(f, 8, 10);
		slice(f, 5, i * 20, 40 * i + 40, 10);
	}
	assert_string_equal(seen(f), "");
	other(f, 9, 20);
	assert_string_equal(seen(f), "9 7 8 5 7 8 5 7 8 5 7 8 5 @10, ");
	slice(f, 1, 0, 40, 20);
	slice(f, 1, 20, 40, 20);
	slice(f, 1, 0, 40, 30);
	assert_string_equal(seen(f), "9 1 1 @20, ");
}

/* Byte for byte, with a start code each, whether a NAL unit came in one packet
 * or in many, and whether its header came with its data. */
static void
test_whole(void **state)
{
	struct fixture *f = *state;
	uint8_t want[1024];
	size_t len = 0, begin = 0;

	for (int i = 0; i < 4; i++) {
		struct assembly_piece p = { .begins = true, .time = 10 };

		memcpy(want + len, "\0\0\0\1", 4);
		begin = len + 4;
		len = begin + write_nal(want + begin, i == 0 ? 7 : 5,
		    i - 1, 60 * i + 20);
		if (i < 3) {
			add_all(f, want + begin, len - begin, i == 1 ? 7 : 500,
			    10, 0);
			continue;
		}
		p.header[0] = want[begin];
		p.header_len = 1;
		p.data = want + begin + 1;
		p.len = 100;
		assembly_add(f->a, &p);
		add(f, want + begin + 101, len - begin - 101, 10, 0);
	}
	other(f, 9, 20);
	assert_string_equal(seen(f), "7 5 5 5 @10, ");
	assert_int_equal(f->len, len);
	assert_memory_equal(f->data, want, len);
}

/* The header of a NAL unit that came without it is its first byte, and what it
 * is is read from both. */
static void
test_a_header_of_its_own_is_read(void **state)
{
	static const uint8_t first[] = { 0x88, 0x84 };	/* first_mb 0 */
	static const uint8_t second[] = { 0x44, 0x21 };	/* 1 */
	struct assembly_piece p = { .begins = true, .header = { 0x65 },
		.header_len = 1, .time = 10, .data = first, .len = 2 };
	struct fixture *f = *state;

	assembly_add(f->a, &p);
	p.data = second;
	assembly_add(f->a, &p);
	assert_string_equal(seen(f), "");
	p.data = first;
	assembly_add(f->a, &p);
	assert_string_equal(seen(f), "5 5 @10, ");
	assert_memory_equal(f->data, "\0\0\0\1\x65\x88\x84\0\0\0\1\x65\x44\x21",
	    14);
}

/* Two fields, or a clock that stands still. */
static void
test_pictures_of_one_time(void **state)
{
	struct fixture *f = *state;

	slice(f, 1, 0, 40, 10);
	slice(f, 1, 20, 40, 10);
	other(f, 7, 10);
	other(f, 8, 10);
	assert_string_equal(seen(f), "");
	slice(f, 5, 0, 40, 10);
	assert_string_equal(seen(f), "1 1 @10, ");
	slice(f, 1, 0, 40, 10);
	assert_string_equal(seen(f), "7 8 5 @10, ");
}

static void
test_times_of_one_picture(void **state)
{
	struct fixture *f = *state;

	slice(f, 5, 0, 40, 10);
	slice(f, 5, 20, 40, 5000);
	slice(f, 5, 40, 40, 5000);
	other(f, 9, 5040);
	assert_string_equal(seen(f), "5 5 5 @10, ");
}

static void
test_parameter_sets_of_another_time(void **state)
{
	struct fixture *f = *state;

	other(f, 7, 10);
	other(f, 8, 10);
	slice(f, 5, 0, 40, 20);
	other(f, 7, 20);
	slice(f, 5, 0, 40, 30);
	assert_string_equal(seen(f), "7 8 5 @20, ");
	other(f, 9, 40);
	assert_string_equal(seen(f), "7 5 @30, ");
}

static void
test_begins_within_a_picture(void **state)
{
	struct fixture *f = *state;

	rest(f, 10, 0);
	slice(f, 5, 0, 40, 20);
	slice(f, 5, 0, 40, 30);
	assert_string_equal(seen(f), "5 @20, ");
	assert_int_equal(f->len, 44);
}

static void
test_begins_between_slices(void **state)
{
	struct fixture *f = *state;

	slice(f, 5, 40, 40, 10);
	slice(f, 5, 0, 40, 20);
	other(f, 9, 30);
	assert_string_equal(seen(f), "5 !@10, 5 @20, ");
}

static void
test_a_slice_that_goes_back_begins_a_unit(void **state)
{
	struct fixture *f = *state;

	slice(f, 1, 0, 40, 10);
	slice(f, 1, 40, 40, 10);
	slice(f, 1, 41, 40, 10);
	assert_string_equal(seen(f), "");
	slice(f, 1, 20, 40, 10);
	assert_string_equal(seen(f), "1 1 1 @10, ");
	slice(f, 1, 20, 40, 10);
	assert_string_equal(seen(f), "1 !@10, ");
}

static void
test_unreadable_slices(void **state)
{
	struct fixture *f = *state;

	unreadable(f, 10, 0);
	unreadable(f, 10, 0);
	unreadable(f, 20, 0);
	assert_string_equal(seen(f), "5 5 !@10, ");
	slice(f, 1, 0, 40, 30);
	assert_string_equal(seen(f), "5 !@20, ");
	unreadable(f, 30, 0);
	assert_string_equal(seen(f), "");
	unreadable(f, 40, 0);
	assert_string_equal(seen(f), "1 5 @30, ");
	/* nothing but the header, and the header and a half */
	add(f, (const uint8_t *)"\x65", 1, 50, BEGINS);
	assert_string_equal(seen(f), "5 !@40, ");
	slice(f, 5, 0, 40, 60);
	assert_string_equal(seen(f), "5 !@50, ");
	add(f, (const uint8_t *)"\x65\x88", 2, 70, BEGINS);
	other(f, 9, 80);
	assert_string_equal(seen(f), "5 @60, 5 !@70, ");
}

/* Losses */

static void
test_lost(void **state)
{
	struct fixture *f = *state;

	/* within a picture, */
	slice(f, 1, 0, 40, 10);
	lost_slice(f, 1, 40, 10);
	other(f, 9, 20);
	assert_string_equal(seen(f), "1 1 !@10, ");
	/* between two, */
	slice(f, 1, 0, 40, 20);
	lost_slice(f, 1, 0, 30);
	assert_string_equal(seen(f), "9 1 !@20, ");
	other(f, 9, 40);
	assert_string_equal(seen(f), "1 @30, ");
	/* with the beginning of the next, */
	slice(f, 1, 0, 40, 40);
	lost_slice(f, 1, 40, 50);
	assert_string_equal(seen(f), "9 1 !@40, ");
	other(f, 9, 60);
	assert_string_equal(seen(f), "1 !@50, ");
	/* and in the middle of one of which the rest comes. */
	slice(f, 1, 0, 40, 60);
	rest(f, 70, LOST);
	rest(f, 70, 0);
	assert_string_equal(seen(f), "9 1 !@60, ");
	other(f, 9, 80);
	slice(f, 1, 0, 40, 80);
	other(f, 9, 90);
	assert_string_equal(seen(f), "9 1 @80, ");
}

static void
test_lost_before_all(void **state)
{
	struct fixture *f = *state;

	lost_slice(f, 1, 0, 10);
	assert_string_equal(seen(f), "!@10, ");
	other(f, 9, 20);
	assert_string_equal(seen(f), "1 @10, ");
}

static void
test_lost_behind_parameter_sets(void **state)
{
	struct fixture *f = *state;

	other(f, 7, 10);
	lost_slice(f, 5, 0, 10);
	other(f, 9, 20);
	assert_string_equal(seen(f), "7 5 !@10, ");
}

/* Viewers get parameter sets as they stand here. */
static void
test_what_lost_its_beginning_is_not_put_behind_a_set(void **state)
{
	struct fixture *f = *state;

	other(f, 8, 10);
	rest(f, 10, LOST);
	rest(f, 10, 0);
	slice(f, 1, 0, 40, 20);
	other(f, 9, 30);
	assert_string_equal(seen(f), "8 1 !@20, ");
	assert_int_equal(f->len, 4 + OTHER + 4 + 40);
	/* nor where it has ended a picture */
	slice(f, 1, 0, 40, 30);
	other(f, 8, 30);
	rest(f, 40, LOST);
	rest(f, 40, 0);
	assert_string_equal(seen(f), "9 1 !@30, ");
	slice(f, 1, 0, 40, 50);
	other(f, 9, 60);
	assert_string_equal(seen(f), "8 1 @50, ");
	assert_int_equal(f->len, 4 + OTHER + 4 + 40);
}

/* Sizes */

static void
test_too_large(void **state)
{
	static uint8_t much[1 << 20];
	struct fixture *f = *state;

	slice(f, 5, 0, MTU, 10);
	for (int i = 0; i < 10; i++)
		add(f, much, sizeof much, 10, 0);
	other(f, 9, 20);
	assert_string_equal(seen(f), "5 !@10, ");
	slice(f, 5, 0, MTU, 20);
	other(f, 9, 30);
	assert_string_equal(seen(f), "9 5 @20, ");
}

/* The largest there may be, start code and all. */
static void
test_the_largest(void **state)
{
	static uint8_t nal[MEDIA_MAX_UNIT + 1];
	struct fixture *f = *state;

	write_nal(nal, 5, 0, sizeof nal);
	add(f, nal, MEDIA_MAX_UNIT - 4, 10, BEGINS);
	other(f, 9, 20);
	assert_string_equal(seen(f), "5 @10, ");
	assert_int_equal(f->unit_len, MEDIA_MAX_UNIT);
	slice(f, 5, 0, 40, 20);
	slice(f, 5, 0, 40, 30);
	seen(f);
	add(f, nal, MEDIA_MAX_UNIT - 3, 40, BEGINS);
	other(f, 9, 50);
	assert_string_equal(seen(f), "5 @30, !@40, ");
	assert_int_equal(f->unit_len, 0);
}

/* Whatever the size of what is there already. */
static void
test_it_grows_in_time(void **state)
{
	static uint8_t data[1 << 17];
	struct assembly_piece p = { .data = data, .begins = true,
		.header = { 0x65 }, .header_len = 1 };
	struct fixture *f = *state;

	memset(data, 0x88, sizeof data);
	for (int i = 0; i < 16; i++) {
		assembly_free(f->a);
		f->a = assembly_new(&h264_codec, on_unit, f);
		p.len = (1 << 16) - i;
		assembly_add(f->a, &p);
		add(f, data, i, 0, 0);
		other(f, 9, 1);
		assert_string_equal(seen(f), "5 @0, ");
		assert_int_equal(f->unit_len, 5 + (1 << 16));
	}
}

/* What is no picture does not fill it for ever. */
static void
test_too_large_without_a_slice(void **state)
{
	static uint8_t much[1 << 20];
	struct fixture *f = *state;

	for (int k = 0; k < 2; k++) {
		other(f, 6, 10);
		for (int i = 0; i < 10; i++)
			add(f, much, sizeof much, 10, 0);
		slice(f, 5, 0, 40, 20);
		slice(f, 5, 0, 40, 30);
		assert_string_equal(seen(f), k == 0 ? "5 !@20, " :
		    "5 @30, 5 !@20, ");
		slice(f, 5, 0, 40, 30);
		assert_string_equal(seen(f), "5 @30, ");
	}
}

static void
test_answer(void **state)
{
	struct fixture *f = *state;

	f->answer = -1;
	assert_int_equal(slice(f, 5, 0, 40, 10), 0);
	assert_int_equal(other(f, 9, 20), -1);
	assert_string_equal(seen(f), "5 @10, ");
	f->answer = 0;
	assert_int_equal(last_slice(f, 5, 0, 40, 20), 0);
	assert_int_equal(last_slice(f, 5, 0, 40, 30), 0);
	f->answer = -2;
	assert_int_equal(last_slice(f, 5, 0, 40, 40), -2);
	assert_int_equal(rest(f, 40, 0), -2);
	assert_string_equal(seen(f), "9 5 @20, 5 @30, 5 @40, !@40, ");
}

/* Who ends by a loss before all is not asked a second time, for the unit. */
static void
test_answer_to_a_loss(void **state)
{
	struct fixture *f = *state;

	last_slice(f, 5, 0, 40, 10);
	last_slice(f, 5, 0, 40, 20);
	assert_string_equal(seen(f), "5 @10, 5 @20, ");
	f->answer = -3;
	assert_int_equal(slice_flags(f, 5, 0, 40, 30, LOST | MARKER), -3);
	assert_string_equal(seen(f), "!@30, ");
}

/* What has come of a track that has begun anew is no part of it. */
static void
test_restart(void **state)
{
	struct fixture *f = *state;

	slice(f, 5, 40, 40, 90000);
	lost_slice(f, 5, 60, 90000);
	other(f, 8, 90000);
	assembly_restart(f->a);
	rest(f, 0, 0);
	assert_string_equal(seen(f), "");
	slice(f, 5, 0, 40, 10);
	slice(f, 5, 80, 40, 10);
	other(f, 9, 20);
	assert_string_equal(seen(f), "5 5 @10, ");
	assert_int_equal(f->len, 88);
}

static void
test_nothing_can_be_freed(void **state)
{
	(void)state;
	assembly_free(NULL);
}

/* Nothing that a camera sends makes a unit without bytes, but for damage. */
static int
on_any_unit(const struct assembly_unit *u, void *arg)
{
	int *n = arg;

	assert_true(u->damaged || u->len > 0);
	*n += u->len > 0;
	return 0;
}

static void
test_garbage(void **state)
{
	static const uint8_t likely[] = { 0, 0, 0, 0, 1, 1, 0x65, 0x41, 0x67,
		0x88, 0x9a, 0xff };
	struct assembly *a;
	uint32_t seed = 1;
	int n = 0;

	(void)state;
	a = assembly_new(&h264_codec, on_any_unit, &n);
	for (int i = 0; i < 50000; i++) {
		uint8_t data[24];
		struct assembly_piece p = { .data = data, .time = i / 8 };

		for (size_t k = 0; k < sizeof data; k++) {
			seed = seed * 1103515245 + 12345;
			data[k] = likely[(seed >> 16) % sizeof likely];
		}
		seed = seed * 1103515245 + 12345;
		p.len = (seed >> 16) % (sizeof data + 1);
		p.begins = (seed >> 21) % 4 > 0;
		p.lost = (seed >> 23) % 32 == 0;
		p.marker = (seed >> 28) % 8 == 0;
		if (p.begins && (seed >> 18) % 2 > 0) {
			p.header[0] = 0x65;
			p.header_len = 1;
		}
		assembly_add(a, &p);
	}
	assembly_free(a);
	assert_true(n > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_parameter_sets_between_slices),
		TEST(test_whole),
		TEST(test_a_header_of_its_own_is_read),
		TEST(test_pictures_of_one_time),
		TEST(test_times_of_one_picture),
		TEST(test_parameter_sets_of_another_time),
		TEST(test_begins_within_a_picture),
		TEST(test_begins_between_slices),
		TEST(test_a_slice_that_goes_back_begins_a_unit),
		TEST(test_unreadable_slices),
		TEST(test_lost),
		TEST(test_lost_before_all),
		TEST(test_lost_behind_parameter_sets),
		TEST(test_what_lost_its_beginning_is_not_put_behind_a_set),
		TEST(test_too_large),
		TEST(test_the_largest),
		TEST(test_it_grows_in_time),
		TEST(test_too_large_without_a_slice),
		TEST(test_answer),
		TEST(test_answer_to_a_loss),
		TEST(test_restart),
		cmocka_unit_test(test_nothing_can_be_freed),
		cmocka_unit_test(test_garbage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
