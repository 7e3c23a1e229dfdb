/*
 * Payloads of at most MTU bytes as libavformat hands them out: NAL units
 * with start codes, or what goes on with one. Of each unit the log has its
 * NAL types, '!' if it is damaged, and its time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/worker/h264_writer.h"
#include "worker/camera/assembly.h"
#include "worker/media/h264.h"

#define MTU	100
#define STEP	40000
#define LONG	250	/* of a slice: three packets, the last not full */
#define FULL	(5 + 3 * (MTU - 5))	/* each packet is full */

struct fixture {
	struct assembly	*a;
	char		 log[1024];
	uint8_t		 data[4096];	/* of the last unit */
	size_t		 len;
	int		 answer;	/* of the callback */
	int64_t		 now;
};

static int
on_unit(const struct assembly_unit *u, void *arg)
{
	struct fixture *f = arg;
	struct video_nal nal;
	size_t pos = 0, n = strlen(f->log);

	while (u->len > 0 && h264_next_nal(u->data, u->len, &pos, &nal))
		n += snprintf(f->log + n, sizeof f->log - n, "%d ", nal.type);
	snprintf(f->log + n, sizeof f->log - n, "%s@%d, ",
	    u->damaged ? "!" : "", (int)u->time_us);
	f->len = u->len < sizeof f->data ? u->len : sizeof f->data;
	if (u->len > 0)
		memcpy(f->data, u->data, f->len);
	return f->answer;
}

static int
setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof f);
	f.a = assembly_new(&h264_codec, on_unit, &f);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	assembly_free(f->a);
	return 0;
}

/* What came out since the last time. */
static const char *
seen(struct fixture *f)
{
	static char copy[sizeof f->log];

	memcpy(copy, f->log, sizeof copy);
	f->log[0] = '\0';
	return copy;
}

/* A NAL unit with its start code. */
static size_t
write_nal(uint8_t *out, int type, int first_mb, size_t len)
{
	struct writer w = { .bits = 0 };

	memset(out, 0x55, len);
	memcpy(out, "\0\0\0\1", 4);
	put(&w, 3 << 5 | type, 8);
	if (first_mb >= 0) {
		put_ue(&w, first_mb);
		put_ue(&w, 7);		/* slice_type */
		put_ue(&w, 0);		/* pic_parameter_set_id */
	}
	finish(&w, out + 4);
	return len;
}

/* In packets of `mtu`, as an encoder's slices are. */
static int
cut(struct fixture *f, const uint8_t *nal, size_t len, size_t mtu, int64_t t)
{
	size_t n = len < mtu ? len : mtu, done = 0;
	int ret = 0;

	while (ret == 0 && done < len) {
		ret = assembly_add(f->a, nal + done, n, t, false);
		done += n;
		n = len - done < mtu - 5 ? len - done : mtu - 5;
	}
	return ret;
}

static int
slice(struct fixture *f, int type, int first_mb, size_t len, int64_t t)
{
	uint8_t nal[1024];

	write_nal(nal, type, first_mb, len);
	return cut(f, nal, len, MTU, t);
}

static int
other(struct fixture *f, int type, int64_t t)
{
	return slice(f, type, -1, 16, t);
}

static void
lost_slice(struct fixture *f, int type, int first_mb, int64_t t)
{
	uint8_t nal[64];

	write_nal(nal, type, first_mb, sizeof nal);
	assembly_add(f->a, nal, sizeof nal, t, true);
}

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

/* Byte for byte, whether it came in many packets or in one. */
static void
test_whole(void **state)
{
	struct fixture *f = *state;
	uint8_t unit[1024];
	size_t len;

	len = write_nal(unit, 7, -1, 16);
	len += write_nal(unit + len, 5, 0, 60);
	len += write_nal(unit + len, 5, 9, FULL);
	assembly_add(f->a, unit, 76, 10, false);
	cut(f, unit + 76, FULL, MTU, 10);
	other(f, 9, 20);
	assert_string_equal(seen(f), "7 5 5 @10, ");
	assert_int_equal(f->len, len);
	assert_memory_equal(f->data, unit, len);
	assembly_add(f->a, unit, len, 30, false);
	other(f, 9, 40);
	assert_string_equal(seen(f), "9 7 5 5 @30, ");
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

/* The first sender report shifts all times, also within a picture. */
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
	static const uint8_t rest[] = "rest";
	struct fixture *f = *state;

	assembly_add(f->a, rest, 4, 10, false);
	slice(f, 5, 0, 40, 20);
	slice(f, 5, 0, 40, 30);
	assert_string_equal(seen(f), "5 @20, ");
	assert_int_equal(f->len, 40);
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
	assembly_add(f->a, (const uint8_t *)"rest", 4, 70, true);
	assert_string_equal(seen(f), "9 1 !@60, ");
	other(f, 9, 80);
	assert_string_equal(seen(f), "");
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
test_unreadable_slices(void **state)
{
	static const uint8_t nal[] = { 0, 0, 0, 1, 0x65, 0, 0, 0, 0 };
	struct fixture *f = *state;

	assembly_add(f->a, nal, sizeof nal, 10, false);
	assembly_add(f->a, nal, sizeof nal, 10, false);
	assembly_add(f->a, nal, sizeof nal, 20, false);
	assert_string_equal(seen(f), "5 5 !@10, ");
	slice(f, 1, 0, 40, 30);
	assert_string_equal(seen(f), "5 !@20, ");
}

static void
test_too_large(void **state)
{
	static uint8_t much[1 << 20];
	struct fixture *f = *state;

	slice(f, 5, 0, MTU, 10);
	for (int i = 0; i < 10; i++)
		assembly_add(f->a, much, sizeof much, 10, false);
	other(f, 9, 20);
	assert_string_equal(seen(f), "5 !@10, ");
	slice(f, 5, 0, MTU, 20);
	other(f, 9, 30);
	assert_string_equal(seen(f), "9 5 @20, ");
}

static void
test_answer(void **state)
{
	struct fixture *f = *state;

	f->answer = -1;
	assert_int_equal(slice(f, 5, 0, 40, 10), 0);
	assert_int_equal(other(f, 9, 20), -1);
}

/* A picture of two slices; returns what has been seen of it before the
 * next. */
static const char *
picture(struct fixture *f, int type, size_t len)
{
	f->now += STEP;
	other(f, 9, f->now);
	seen(f);
	slice(f, type, 0, 40, f->now);
	slice(f, type, 20, len, f->now);
	return seen(f);
}

static void
learn(struct fixture *f)
{
	for (int i = 0; i < ASSEMBLY_LEARN_KEYS; i++)
		assert_string_equal(picture(f, 5, LONG), "");
	for (int i = 0; i < ASSEMBLY_LEARN; i++)
		assert_string_equal(picture(f, 1, LONG), "");
	f->now = 0;
}

static void
test_habit(void **state)
{
	struct fixture *f = *state;

	learn(f);
	assert_string_equal(picture(f, 1, LONG), "9 1 1 @40000, ");
	assert_string_equal(picture(f, 5, LONG), "9 5 5 @80000, ");
	/* also of a slice in one packet */
	assert_string_equal(picture(f, 1, MTU - 1), "9 1 1 @120000, ");
	/* what may follow a picture goes with the next */
	slice(f, 6, -1, LONG, f->now);
	assert_string_equal(seen(f), "");
	assert_string_equal(picture(f, 1, LONG), "6 9 1 1 @160000, ");
}

/* A full packet may be one of more. */
static void
test_habit_full_packet(void **state)
{
	struct fixture *f = *state;

	learn(f);
	assert_string_equal(picture(f, 1, FULL), "");
	other(f, 9, f->now + STEP);
	assert_string_equal(seen(f), "9 1 1 @40000, ");
	assert_string_equal(picture(f, 1, MTU), "");
	assert_string_equal(picture(f, 1, LONG), "9 1 1 @120000, ");
}

/* Of key frames nothing is known yet. */
static void
test_habit_of_key_frames(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < ASSEMBLY_LEARN; i++)
		assert_string_equal(picture(f, 1, LONG), "");
	f->now = 0;
	for (int i = 0; i < ASSEMBLY_LEARN_KEYS; i++)
		assert_string_equal(picture(f, 5, LONG), "");
	assert_string_equal(picture(f, 5, LONG), "9 5 5 @160000, ");
}

static void
test_no_habit_of_slices(void **state)
{
	struct fixture *f = *state;

	learn(f);
	assert_string_equal(picture(f, 1, LONG), "9 1 1 @40000, ");
	slice(f, 1, 0, LONG, f->now + 1);
	for (int i = 0; i < 3 * ASSEMBLY_LEARN; i++)
		assert_string_equal(picture(f, 1, LONG), "");
}

static void
test_no_habit_of_packets(void **state)
{
	struct fixture *f = *state;
	uint8_t nal[LONG];

	slice(f, 1, 0, 40, 1);
	write_nal(nal, 1, 20, LONG);
	cut(f, nal, LONG, MTU - 10, 1);
	for (int i = 0; i < 3 * ASSEMBLY_LEARN; i++)
		assert_string_equal(picture(f, 1, LONG), "");
}

/* Nothing is known of one that is damaged; the habit outlives it. */
static void
test_habit_and_loss(void **state)
{
	struct fixture *f = *state;

	learn(f);
	other(f, 9, 1);
	seen(f);
	slice(f, 1, 0, 40, 1);
	assembly_add(f->a, (const uint8_t *)"rest", 4, 1, true);
	assert_string_equal(seen(f), "");
	other(f, 9, 2);
	assert_string_equal(seen(f), "9 1 !@1, ");
	assert_string_equal(picture(f, 1, LONG), "9 9 1 1 @40000, ");
	lost_slice(f, 1, 20, f->now + 1);
	assert_string_equal(seen(f), "!@40001, ");
}

static void
breaks_habit(struct fixture *f)
{
	other(f, 9, f->now + STEP);
	assert_string_equal(seen(f), "");
	for (int i = 0; i < 3 * ASSEMBLY_LEARN; i++)
		assert_string_equal(picture(f, 1, LONG), "");
}

/* The picture has been given away: it is told to be damaged, once it is
 * known, and no other is given away. */
static void
test_late_slice(void **state)
{
	struct fixture *f = *state;

	learn(f);
	assert_string_equal(picture(f, 1, LONG), "9 1 1 @40000, ");
	other(f, 8, f->now);
	slice(f, 1, 40, 40, f->now);
	assert_string_equal(seen(f), "!@40000, ");
	breaks_habit(f);
}

static void
test_late_fragment(void **state)
{
	struct fixture *f = *state;

	learn(f);
	assert_string_equal(picture(f, 1, LONG), "9 1 1 @40000, ");
	assembly_add(f->a, (const uint8_t *)"rest", 4, f->now, false);
	assert_string_equal(seen(f), "!@40000, ");
	breaks_habit(f);
}

/* Nothing of the late picture stands in front of the next one. */
static void
test_the_unit_after_a_late_slice_is_whole(void **state)
{
	struct fixture *f = *state;

	learn(f);
	picture(f, 1, LONG);
	other(f, 8, f->now);
	slice(f, 1, 40, 40, f->now);
	seen(f);
	slice(f, 1, 0, 40, f->now + STEP);
	slice(f, 1, 20, 40, f->now + STEP);
	other(f, 9, f->now + 2 * STEP);
	assert_string_equal(seen(f), "1 1 @80000, ");
	assert_int_equal(f->len, 80);
}

static void
test_habit_of_one_slice(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < ASSEMBLY_LEARN_KEYS; i++)
		slice(f, 5, 0, LONG, i);
	for (int i = 0; i < ASSEMBLY_LEARN; i++)
		slice(f, 1, 0, LONG, 100 + i);
	slice(f, 1, 0, LONG, 998);
	seen(f);
	for (int i = 0; i < 5; i++) {
		slice(f, 1, 0, LONG, 999);
		assert_string_equal(seen(f), "1 @999, ");
	}
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
test_a_start_code_of_three_bytes_begins_a_unit(void **state)
{
	static const uint8_t delimiter[] = { 0, 0, 1, 9 };
	struct fixture *f = *state;

	slice(f, 5, 0, 40, 10);
	assembly_add(f->a, delimiter, sizeof delimiter, 20, false);
	slice(f, 1, 0, 40, 20);
	assert_string_equal(seen(f), "5 @10, ");
	assert_int_equal(f->len, 40);
	other(f, 9, 30);
	assert_string_equal(seen(f), "9 1 @20, ");
}

static void
test_a_loss_before_a_packet_of_two_nal_units_is_one(void **state)
{
	struct fixture *f = *state;
	uint8_t sets[32];

	write_nal(sets, 7, -1, 16);
	write_nal(sets + 16, 8, -1, 16);
	assembly_add(f->a, sets, sizeof sets, 10, true);
	assert_string_equal(seen(f), "!@10, ");
	slice(f, 5, 0, 40, 10);
	other(f, 9, 20);
	assert_string_equal(seen(f), "7 8 5 @10, ");
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
		uint8_t data[24] = { 0, 0, 1 };
		size_t len = (seed >> 8) % (sizeof data + 1);

		for (size_t k = i % 4 ? 3 : 0; k < len; k++) {
			seed = seed * 1103515245 + 12345;
			data[k] = likely[(seed >> 16) % sizeof likely];
		}
		seed = seed * 1103515245 + 12345;
		assembly_add(a, data, len, i / 8, (seed >> 16) % 32 == 0);
	}
	assembly_free(a);
	assert_true(n > 1000);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_parameter_sets_between_slices),
		TEST(test_whole),
		TEST(test_pictures_of_one_time),
		TEST(test_times_of_one_picture),
		TEST(test_parameter_sets_of_another_time),
		TEST(test_begins_within_a_picture),
		TEST(test_begins_between_slices),
		TEST(test_lost),
		TEST(test_lost_before_all),
		TEST(test_unreadable_slices),
		TEST(test_too_large),
		TEST(test_answer),
		TEST(test_habit),
		TEST(test_habit_full_packet),
		TEST(test_habit_of_key_frames),
		TEST(test_no_habit_of_slices),
		TEST(test_no_habit_of_packets),
		TEST(test_habit_and_loss),
		TEST(test_late_slice),
		TEST(test_late_fragment),
		TEST(test_the_unit_after_a_late_slice_is_whole),
		TEST(test_habit_of_one_slice),
		TEST(test_a_slice_that_goes_back_begins_a_unit),
		TEST(test_a_start_code_of_three_bytes_begins_a_unit),
		TEST(test_a_loss_before_a_packet_of_two_nal_units_is_one),
		cmocka_unit_test(test_nothing_can_be_freed),
		cmocka_unit_test(test_garbage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
