/*
 * What is shown of a camera of H265. Of each unit the log has K for a key frame
 * or P.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "clock.h"
#include "tests/unit/fixture.h"
#include "tests/unit/worker/h265_writer.h"
#include "worker/camera/intake.h"
#include "worker/media/h265.h"

/* In place of common/clock.c: it stands still but when a test turns it. */
static int64_t now_us = 1000000000;

int64_t
clock_now_us(void)
{
	return now_us;
}

struct fixture {
	struct intake		*in;
	char			 log[256];
	enum media_codec	 codec;		/* of the last unit */
	struct feed_status	 status;
};

static void
on_unit(struct media_unit *u, void *arg)
{
	struct fixture *f = arg;
	size_t len = strlen(f->log);

	f->codec = u->codec;
	if (len + 1 < sizeof f->log)
		f->log[len] = u->key ? 'K' : 'P';
	media_unit_free(u);
}

static void
on_status(const struct feed_status *st, void *arg)
{
	struct fixture *f = arg;

	f->status = *st;
}

static int
setup(void **state)
{
	static const struct feed_handler handler = { on_unit, on_status };
	static struct fixture f;

	memset(&f, 0, sizeof f);
	f.in = intake_new(&handler, &f, &intake_times);
	intake_begin(f.in, &h265_codec, NULL, "", NULL, 0);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	intake_free(f->in);
	return 0;
}

static void
take(struct fixture *f, const uint8_t *au, size_t len, bool damaged)
{
	now_us += 1000000 / 15;
	intake_video(f->in, au, len, now_us, damaged);
}

/* All pictures of a fixture, so often. */
static void
take_stream(struct fixture *f, const char *name, int times)
{
	static const uint8_t aud[] = { 0, 0, 0, 1, 0x46 };
	size_t len;
	uint8_t *buf = fixture_read(name, &len), *end;

	while (times-- > 0)
		for (uint8_t *au = buf; au < buf + len; au = end) {
			end = memmem(au + 4, (size_t)(buf + len - au) - 4, aud,
			    sizeof aud);
			if (end == NULL)
				end = buf + len;
			take(f, au, (size_t)(end - au), false);
		}
	free(buf);
}

static void
test_profile_tier_and_level_are_told(void **state)
{
	struct fixture *f = *state;

	take_stream(f, "h265/low.h265", 1);
	assert_string_equal(f->log, "KPPPPPKPPPPP");
	assert_int_equal(f->codec, MEDIA_H265);
	assert_int_equal(f->status.state, IPC_SOURCE_LIVE);
	assert_int_equal(f->status.video, MEDIA_H265);
	assert_int_equal(f->status.width, 160);
	assert_int_equal(f->status.height, 90);
	assert_int_equal(f->status.profile, 1);
	assert_int_equal(f->status.tier, 0);
	assert_int_equal(f->status.level, 30);
}

/* The RASL pictures of a CRA among them, of the first as of any other. */
static void
test_b_frames_that_none_refers_to_are_left_out(void **state)
{
	struct fixture *f = *state;

	take_stream(f, "h265/bframes.h265", 2);
	assert_string_equal(f->log, "KPPPKPPPPKPPPKPPPP");
	assert_string_equal(f->status.note, "B-frames left out: 5 of 15 "
	    "pictures a second are shown");
}

static void
test_b_frames_that_others_refer_to_are_foreign(void **state)
{
	struct fixture *f = *state;

	take_stream(f, "h265/pyramid.h265", 9);
	assert_int_equal(f->codec, MEDIA_FOREIGN);
	assert_int_equal(f->status.video, MEDIA_FOREIGN);
	assert_string_equal(f->status.coder, "hevc");
}

/* Order counts of four bits, of which a loss may take more than half. */
static size_t
picture(unsigned type, unsigned lsb, uint8_t *au)
{
	const struct h265_fields sps = { .profile = 1, .level = 93,
		.chroma = 1, .w = 64, .h = 64 };
	const struct h265_header h = { .type = type, .lsb = lsb % 16,
		.order_bits = 4 };
	uint8_t nal[H265_NAL_ROOM];
	size_t n = 0, len[4];

	for (int i = type == 20 ? 0 : 3; i < 4; i++) {
		len[i] = i == 0 ? write_vps(0, nal) : i == 1 ?
		    write_sps(&sps, nal) : i == 2 ?
		    write_pps(0, 0, 0, 0, nal) : write_slice(&h, nal);
		memcpy(au + n, "\0\0\1", 3);
		memcpy(au + n + 3, nal, len[i]);
		n += 3 + len[i];
	}
	return n;
}

static void
test_a_loss_is_not_taken_for_b_frames(void **state)
{
	struct fixture *f = *state;
	uint8_t au[2 * H265_NAL_ROOM];

	for (int way = 0; way < 2; way++) {
		take(f, au, picture(20, 0, au), false);
		for (unsigned i = 1; i < 4; i++)
			take(f, au, picture(1, i, au), false);
		if (way == 0)
			take(f, au, picture(1, 4, au), true);
		else
			intake_restart(f->in);
		for (unsigned i = 13; i < 30; i++)
			take(f, au, picture(1, i, au), false);
	}
	assert_int_equal(f->status.state, IPC_SOURCE_LIVE);
	assert_string_equal(f->log, "KPPPKPPP");
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_profile_tier_and_level_are_told),
		TEST(test_b_frames_that_none_refers_to_are_left_out),
		TEST(test_b_frames_that_others_refer_to_are_foreign),
		TEST(test_a_loss_is_not_taken_for_b_frames),
	};

	return cmocka_run_group_tests_name("intake_h265", tests, NULL, NULL);
}
