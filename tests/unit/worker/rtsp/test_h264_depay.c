/*
 * The payloads of RFC 6184. Of each unit that comes out the log has its NAL
 * units in hex, '!' if it is damaged, and its time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "worker/media/h264.h"
#include "worker/rtsp/assembly.h"
#include "worker/rtsp/h264_depay.h"
#include "worker/rtsp/rtp_track.h"
#include "xalloc.h"

#define SPS	"\x67\x42"
#define PPS	"\x68\xce"
#define AUD	"\x09\xf0"
#define IDR	"\x65\x88\x84"		/* first_mb 0 */
#define IDR_1	"\x65\x44\x21"		/* first_mb 1 */
#define P	"\x41\x9a\x12"		/* first_mb 0 */
#define P_1	"\x41\x47\x21"		/* first_mb 1 */

enum { LOST = 1, MARKER = 2, RESTART = 4 };

struct fixture {
	struct assembly		*a;
	struct depay	 d;
	char			 log[1024];
	size_t			 len;		/* of the last unit */
	int			 answer;	/* of the callback */
};

static int
on_unit(const struct assembly_unit *u, void *arg)
{
	struct fixture *f = arg;
	struct video_nal nal;
	size_t pos = 0, n = strlen(f->log);

	while (u->len > 0 && h264_next_nal(u->data, u->len, &pos, &nal)) {
		for (size_t i = 0; i < nal.len; i++)
			n += snprintf(f->log + n, sizeof f->log - n, "%02x",
			    nal.data[i]);
		n += snprintf(f->log + n, sizeof f->log - n, " ");
	}
	snprintf(f->log + n, sizeof f->log - n, "%s@%d, ",
	    u->damaged ? "!" : "", (int)u->time);
	f->len = u->len;
	return f->answer;
}

static int
setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof f);
	f.d.assembly = f.a = assembly_new(&h264_codec, on_unit, &f);
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

/* The end of the payload is the end of its memory. */
static int
take(struct fixture *f, const char *data, size_t len, int64_t t, int flags)
{
	uint8_t *copy = xmemdup(data, len > 0 ? len : 1);
	struct rtp_in in = {
		.data = copy, .len = len, .time = t, .lost = flags & LOST,
		.marker = flags & MARKER, .restart = flags & RESTART,
	};
	int ret;

	if (len == 0)
		in.data = NULL;
	ret = h264_depay.take(&f->d, &in);
	free(copy);
	return ret;
}
#define TAKE(data, t, flags)	take(f, data, sizeof (data) - 1, t, flags)

/* The picture before ends. */
static const char *
end(struct fixture *f, int64_t t)
{
	TAKE(AUD, t, 0);
	return seen(f);
}

/* The marker is known to be right, and nothing waits. */
static void
learn(struct fixture *f)
{
	TAKE(P, 1, MARKER);
	TAKE(P, 2, MARKER);
	assert_string_equal(seen(f), "419a12 @1, 419a12 @2, ");
}

static void
test_single_units(void **state)
{
	struct fixture *f = *state;

	TAKE(SPS, 10, 0);
	TAKE(PPS, 10, 0);
	TAKE(IDR, 10, 0);
	TAKE("\x45\x44\x21", 10, 0);
	assert_string_equal(end(f, 20), "6742 68ce 658884 454421 @10, ");
	TAKE("\x01", 20, 0);		/* nothing but a header */
	assert_string_equal(end(f, 30), "09f0 01 !@20, ");
}

/* Of one that is no slice, and of one that is nothing. */
static void
test_types(void **state)
{
	static const uint8_t odd[] = { 0, 25, 26, 27, 29, 30, 31, 0xe0 | 31 };
	struct fixture *f = *state;
	char data[] = "?abc", want[64];

	for (int type = 6; type < 24; type++) {
		data[0] = (char)(0x60 | type);
		TAKE(data, 10, 0);
		TAKE(IDR, 10, 0);
		snprintf(want, sizeof want, "%02x616263 658884 @10, ",
		    0x60 | type);
		TAKE(P, 20, 0);
		assert_string_equal(seen(f), want);
		assembly_restart(f->a);
	}
	for (size_t i = 0; i < sizeof odd; i++) {
		data[0] = (char)odd[i];
		TAKE(IDR, 10, 0);
		assert_int_equal(TAKE(data, 10, MARKER), 0);
		TAKE(IDR_1, 10, 0);
		TAKE(P, 20, 0);
		assert_string_equal(seen(f), "658884 654421 !@10, ");
		TAKE(P, 30, 0);		/* it is told once */
		assert_string_equal(seen(f), "419a12 @20, ");
		assembly_restart(f->a);
	}
}

static void
test_empty(void **state)
{
	struct fixture *f = *state;

	TAKE(IDR, 10, 0);
	assert_int_equal(TAKE("", 10, MARKER), 0);
	TAKE(IDR_1, 10, 0);
	assert_string_equal(end(f, 20), "658884 654421 @10, ");
	/* What is lost before one is lost before the next one. */
	TAKE("", 20, LOST);
	TAKE(IDR, 20, 0);
	assert_string_equal(end(f, 30), "09f0 658884 !@20, ");
}

/* STAP-A */

static void
test_aggregates(void **state)
{
	struct fixture *f = *state;

	TAKE("\x78\0\2" SPS "\0\2" PPS "\0\3" IDR, 10, 0);
	TAKE("\x18\0\3" IDR_1 "\0\1\x06", 10, 0);
	TAKE("\x18\0\1\x0a", 10, 0);
	TAKE("\x65\x34\x21", 10, 0);		/* first_mb 5 */
	assert_string_equal(end(f, 20),
	    "6742 68ce 658884 654421 06 0a 653421 @10, ");
	/* two pictures in one */
	TAKE("\x18\0\3" P "\0\3" P, 20, 0);
	assert_string_equal(seen(f), "09f0 419a12 @20, ");
	assert_string_equal(end(f, 30), "419a12 @20, ");
}

static void
test_an_aggregate_with_a_long_unit(void **state)
{
	char data[4 + 300] = "\x18\x01\x2c\x65\x88\x84";
	struct fixture *f = *state;

	memset(data + 6, 0x55, sizeof data - 6);
	take(f, data, 3 + 300, 10, 0);
	TAKE(P, 20, 0);
	assert_int_equal(strlen(f->log), 2 * 300 + strlen(" @10, "));
	f->log[0] = '\0';
	assert_string_equal(end(f, 30), "419a12 @20, ");
}

/* The NAL units before one that is cut off are whole. */
static void
test_an_aggregate_that_is_cut_off(void **state)
{
	static const char *const lengths[] = { "\0\4", "\xff\xff", "\1\3" };
	struct fixture *f = *state;

	for (size_t i = 0; i < 3; i++) {
		char data[] = "\x18\0\2" SPS "??" IDR;

		memcpy(data + 5, lengths[i], 2);
		TAKE(data, 10, MARKER);
		TAKE(IDR, 10, 0);
		TAKE(P, 20, 0);
		assert_string_equal(seen(f), "6742 658884 !@10, ");
		TAKE(P, 30, 0);
		assert_string_equal(seen(f), "419a12 @20, ");
		assembly_restart(f->a);
	}
}

static void
test_an_aggregate_of_nothing(void **state)
{
	struct fixture *f = *state;

	TAKE(IDR, 10, 0);
	TAKE("\x18", 10, MARKER);
	TAKE("\x18\0", 10, MARKER);
	TAKE("\x18\0\0", 10, MARKER);
	TAKE("\x18\0\0\0\0\0\3" IDR_1 "\0\0", 10, 0);
	assert_string_equal(end(f, 20), "658884 654421 @10, ");
	assert_int_equal(f->len, 2 * (4 + 3));
	/* stuffing */
	TAKE("\x18\0\3" P "\xff", 20, 0);
	TAKE("\x18\0\3" P_1 "\xff\xff", 20, 0);
	assert_string_equal(end(f, 30), "09f0 419a12 414721 @20, ");
}

static void
test_a_loss_before_an_aggregate_is_one(void **state)
{
	struct fixture *f = *state;

	TAKE("\x18\0\2" SPS "\0\2" PPS, 10, LOST);
	assert_string_equal(seen(f), "!@10, ");
	TAKE(IDR, 10, 0);
	assert_string_equal(end(f, 20), "6742 68ce 658884 @10, ");
	TAKE(IDR, 20, 0);
	seen(f);
	TAKE("\x18\0\3" P "\0\3" P, 30, LOST);
	assert_string_equal(seen(f), "09f0 658884 !@20, 419a12 @30, ");
}

/* FU-A */

static void
test_fragments(void **state)
{
	struct fixture *f = *state;

	TAKE("\x7c\x85\x88\x84", 10, 0);
	assert_int_equal(TAKE("\x7c\x05\x12\x34", 10, 0), 0);
	TAKE("\x7c\x45\x56", 10, 0);
	TAKE("\x1c\x81\x47\x21", 10, 0);
	TAKE("\x1c\x41\x78", 10, 0);
	assert_string_equal(end(f, 20), "658884123456 01472178 @10, ");
	/* Its flags are the indicator's, and its type the header's. */
	TAKE("\xfc\xa1\x9a\x12", 20, 0);
	TAKE("\xfc\x41\x34", 20, 0);
	assert_string_equal(end(f, 30), "09f0 e19a1234 @20, ");
}

static void
test_fragments_that_are_cut_off(void **state)
{
	struct fixture *f = *state;

	TAKE("\x7c\x85\x88\x84", 10, 0);
	TAKE("\x7c", 10, 0);
	TAKE("\x7c\x45\x12", 10, 0);
	assert_string_equal(end(f, 20), "65888412 !@10, ");
	TAKE("\x7c\x85\x88\x84", 20, 0);
	TAKE("\x7c\x05", 20, 0);
	TAKE("\x7c\x45\x12", 20, 0);
	assert_string_equal(end(f, 30), "09f0 65888412 !@20, ");
}

/* Without a loss, too: the camera has not sent it. */
static void
test_a_fragment_without_a_start(void **state)
{
	struct fixture *f = *state;

	TAKE("\x7c\x05\x84", 10, 0);
	assert_string_equal(seen(f), "!@10, ");
	TAKE("\x7c\x45\x12", 10, 0);
	assert_string_equal(seen(f), "");
	/* behind a slice, an aggregate and what is unknown */
	TAKE(IDR, 20, 0);
	TAKE("\x7c\x45\x12", 20, 0);
	assert_string_equal(end(f, 30), "65888412 !@20, ");
	TAKE("\x18\0\3" P, 30, 0);
	TAKE("\x7c\x45\x12", 30, 0);
	assert_string_equal(end(f, 40), "09f0 419a1212 !@30, ");
}

static void
test_lost_fragments(void **state)
{
	struct fixture *f = *state;

	TAKE("\x7c\x85\x88\x84", 10, 0);
	TAKE("\x7c\x05\x12", 10, LOST);
	TAKE("\x7c\x45\x34", 10, 0);
	assert_string_equal(end(f, 20), "6588841234 !@10, ");
	/* with the beginning of the next picture */
	TAKE("\x7c\x85\x88\x84", 20, 0);
	TAKE("\x7c\x05\x12", 30, LOST);
	TAKE("\x7c\x45\x34", 30, 0);
	assert_string_equal(seen(f), "09f0 658884 !@20, ");
	TAKE(IDR, 40, 0);
	assert_string_equal(end(f, 50), "658884 @40, ");
}

/* The marker */

static void
test_the_marker_of_a_unit(void **state)
{
	struct fixture *f = *state;

	learn(f);
	TAKE(P, 10, MARKER);
	assert_string_equal(seen(f), "419a12 @10, ");
	TAKE(P, 20, 0);
	assert_string_equal(seen(f), "");
	TAKE(P_1, 20, MARKER);
	assert_string_equal(seen(f), "419a12 414721 @20, ");
}

/* It is the last one's. */
static void
test_the_marker_of_an_aggregate(void **state)
{
	static const char *const ends[] = { "", "\0", "\xff\xff" };
	struct fixture *f = *state;

	for (size_t i = 0; i < 3; i++) {
		char data[] = "\x18\0\2" SPS "\0\3" P "\0\3" P_1 "??";

		memcpy(data + sizeof data - 3, ends[i], i);
		learn(f);
		take(f, data, sizeof data - 3 + i, 10, MARKER);
		assert_string_equal(seen(f), "6742 419a12 414721 @10, ");
		take(f, data, sizeof data - 3 + i, 20, 0);
		assert_string_equal(seen(f), "");
		TAKE(P, 30, MARKER);
		assert_string_equal(seen(f),
		    "6742 419a12 414721 @20, 419a12 @30, ");
	}
}

static void
test_the_marker_of_fragments(void **state)
{
	struct fixture *f = *state;

	learn(f);
	TAKE("\x7c\x85\x88\x84", 10, 0);
	TAKE("\x7c\x05\x12", 10, 0);
	assert_string_equal(seen(f), "");
	TAKE("\x7c\x45\x34", 10, MARKER);
	assert_string_equal(seen(f), "6588841234 @10, ");
	TAKE("\x7c\x85\x88\x84", 20, 0);
	TAKE("\x7c\x45\x34", 20, MARKER);
	assert_string_equal(seen(f), "65888434 @20, ");
}

/* Fragments of a picture of which the beginning is lost are no late ones of
 * the picture before: that would unlearn the marker for ever. */
static void
test_the_marker_outlives_a_loss(void **state)
{
	struct fixture *f = *state;

	learn(f);
	TAKE("\x7c\x05\x12", 10, LOST);
	TAKE("\x7c\x05\x12", 10, 0);
	TAKE("\x7c\x45\x34", 10, MARKER);
	assert_string_equal(seen(f), "!@10, ");
	TAKE(P, 20, MARKER);
	assert_string_equal(seen(f), "419a12 @20, ");
}

/* A track that begins anew has no part of the one before: neither the half of a
 * picture, nor its time, nor its losses. */
static void
test_restart(void **state)
{
	struct fixture *f = *state;

	TAKE("\x7c\x85\x88\x84", 90000, 0);
	TAKE("\x7c\x05\x12", 0, RESTART);
	assert_string_equal(seen(f), "!@0, ");
	TAKE("\x7c\x45\x34", 0, 0);
	TAKE(IDR, 10, 0);
	assert_string_equal(end(f, 20), "658884 @10, ");
	TAKE("\x7c\x85\x88\x84", 90000, 0);
	seen(f);
	TAKE("\x3f", 90000, 0);
	TAKE(IDR, 0, RESTART);
	assert_string_equal(seen(f), "");
	assert_string_equal(end(f, 10), "658884 @0, ");
}

static void
test_answer(void **state)
{
	struct fixture *f = *state;

	f->answer = -2;
	TAKE(P, 10, 0);
	assert_int_equal(TAKE(P, 20, 0), -2);
	assert_int_equal(TAKE("\x1c\x81\x9a\x12", 30, 0), -2);
	assert_int_equal(TAKE("\x18\0\3" P "\0\3" P, 40, 0), -2);
	assert_string_equal(seen(f), "419a12 @10, 419a12 @20, 019a12 @30, ");
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_single_units),
		TEST(test_types),
		TEST(test_empty),
		TEST(test_aggregates),
		TEST(test_an_aggregate_with_a_long_unit),
		TEST(test_an_aggregate_that_is_cut_off),
		TEST(test_an_aggregate_of_nothing),
		TEST(test_a_loss_before_an_aggregate_is_one),
		TEST(test_fragments),
		TEST(test_fragments_that_are_cut_off),
		TEST(test_a_fragment_without_a_start),
		TEST(test_lost_fragments),
		TEST(test_the_marker_of_a_unit),
		TEST(test_the_marker_of_an_aggregate),
		TEST(test_the_marker_of_fragments),
		TEST(test_the_marker_outlives_a_loss),
		TEST(test_restart),
		TEST(test_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
