#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "worker/camera/intake.h"
#include "worker/media/h264.h"

#define SC		0, 0, 0, 1
/* x264's for 160x90 */
#define SPS		0x67, 0x42, 0xc0, 0x0a, 0xda, 0x0a, 0x37, 0xe4, 0xc0, \
			0x44, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00, 0x00, 0x03, \
			0x00, 0x78, 0x3c, 0x48, 0x9a, 0x80
/* 64x48, level 1: no cropping, no VUI */
#define SPS_SMALL	0x67, 0x42, 0xc0, 0x0a, 0xda, 0x11, 0xe4
#define PPS		0x68, 0xce, 0x03, 0x9c, 0x80
/* first_mb 0, slice_type 7 (I), 5 (P) or 6 (B), pps 0 */
#define IDR		0x65, 0x88, 0x84, 0x11
#define P		0x41, 0x9a, 0x12, 0x34
#define B		0x01, 0x9e, 0x12, 0x34
#define B_REFERENCE	0x41, 0x9e, 0x12, 0x34

#define VIDEO(in, t, ...)	video(in, t, false, \
	(const uint8_t[]){ __VA_ARGS__ }, \
	sizeof (const uint8_t[]){ __VA_ARGS__ })
#define DAMAGED(in, t, ...)	video(in, t, true, \
	(const uint8_t[]){ __VA_ARGS__ }, \
	sizeof (const uint8_t[]){ __VA_ARGS__ })
#define KEY		SC, SPS, SC, PPS, SC, IDR
#define DELTA		SC, P

static const struct sound_format pcmu = { .coder = "pcm_mulaw", .rate = 8000,
    .channels = 1 };
static const struct sound_format opus = { .coder = "opus", .rate = 48000,
    .channels = 2 };

/* In place of common/clock.c: it stands still but when a test turns it. */
static int64_t now_us = 1000000000;

int64_t
clock_now_us(void)
{
	return now_us;
}

static const struct intake_times short_times = {
	.key_wait_ms = 3000, .count_ms = 2000,
};

struct fixture {
	struct intake		*in;
	char			 log[256];	/* K P A: units, with r for
						   restart; states: c l x u */
	char			 types[64];	/* of the last unit's NAL
						   units */
	int64_t			 times[64];
	int			 n;
	enum media_codec	 codec;		/* of the last unit */
	size_t			 len;
	struct feed_status	 status;
};

static void
note(struct fixture *f, char what)
{
	size_t len = strlen(f->log);

	if (len + 1 < sizeof f->log)
		f->log[len] = what;
}

/* A NAL unit that does not stand in the unit's own bytes has no type. */
static void
note_types(struct fixture *f, const struct media_unit *u)
{
	size_t at = 0;

	f->types[0] = '\0';
	for (size_t i = 0; i < u->n_nals && at + 4 < sizeof f->types; i++) {
		const struct video_nal *nal = &u->nals[i];
		bool inside = nal->data >= u->data &&
		    nal->data + nal->len <= u->data + u->len;

		at += sprintf(f->types + at, "%d ", inside ? nal->type : 0);
	}
}

static void
on_unit(struct media_unit *u, void *arg)
{
	struct fixture *f = arg;

	note_types(f, u);
	f->codec = u->codec;
	f->len = u->len;
	note(f, u->kind == MEDIA_AUDIO ? 'A' : u->key ? 'K' : 'P');
	if (u->restart)
		note(f, 'r');
	if (f->n < 64)
		f->times[f->n++] = u->time_us;
	media_unit_free(u);
}

static void
on_status(const struct feed_status *st, void *arg)
{
	static const char names[] = {
		[IPC_SOURCE_IDLE] = 'i', [IPC_SOURCE_CONNECTING] = 'c',
		[IPC_SOURCE_LIVE] = 'l', [IPC_SOURCE_LOST] = 'x',
		[IPC_SOURCE_UNSUPPORTED] = 'u',
	};
	struct fixture *f = arg;

	f->status = *st;
	note(f, names[st->state]);
}

static int
setup(void **state)
{
	static const struct feed_handler handler = { on_unit, on_status };
	static struct fixture f;

	memset(&f, 0, sizeof f);
	f.in = intake_new(&handler, &f, &short_times);
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

/* What came out since the last time. */
static const char *
seen(struct fixture *f)
{
	static char copy[256];

	memcpy(copy, f->log, sizeof copy);
	memset(f->log, 0, sizeof f->log);
	return copy;
}

static void
video(struct intake *in, int64_t t, bool damaged, const uint8_t *data,
    size_t len)
{
	intake_video(in, data, len, t, damaged);
}

static void
test_units_tell_where_their_nal_units_stand(void **state)
{
	struct fixture *f = *state;

	intake_begin(f->in, &h264_codec, NULL, "", NULL, 0);
	VIDEO(f->in, 0, SC, 9, 0xf0, KEY, SC, 0x65, 0x42, 0x22, 0x22);
	seen(f);
	assert_string_equal(f->types, "7 8 5 5 ");
	VIDEO(f->in, 40000, DELTA);
	seen(f);
	assert_string_equal(f->types, "1 ");
}

static void
test_begins_with_key(void **state)
{
	struct fixture *f = *state;

	intake_begin(f->in, &h264_codec, &pcmu, "note", NULL, 0);
	assert_string_equal(seen(f), "c");
	intake_audio(f->in, "x", 1, 5);
	VIDEO(f->in, 10, DELTA);
	VIDEO(f->in, 20, SC, IDR);	/* of no known parameter sets */
	intake_audio(f->in, "x", 1, 25);
	assert_string_equal(seen(f), "");
	VIDEO(f->in, 30, KEY);
	VIDEO(f->in, 40, DELTA);
	intake_audio(f->in, "x", 1, 45);
	assert_string_equal(seen(f), "KrlPA");
	assert_int_equal(f->times[0], 30);
	assert_int_equal(f->times[2], 45);
	assert_int_equal(f->status.audio, MEDIA_PCMU);
	assert_int_equal(f->status.width, 160);
	assert_int_equal(f->status.profile, 66);
	assert_int_equal(f->status.height, 90);
	assert_string_equal(f->status.note, "note");
}

static void
test_parameters_from_outside(void **state)
{
	static const uint8_t params[] = { SC, SPS, SC, PPS };
	struct fixture *f = *state;

	intake_begin(f->in, &h264_codec, NULL, "", params, sizeof params);
	VIDEO(f->in, 10, SC, IDR);
	assert_string_equal(seen(f), "ccKrl");
}

static void
test_damage(void **state)
{
	struct fixture *f = *state;

	intake_begin(f->in, &h264_codec, NULL, "", NULL, 0);
	VIDEO(f->in, 10, KEY);
	DAMAGED(f->in, 20, DELTA);
	VIDEO(f->in, 30, DELTA);
	DAMAGED(f->in, 40, KEY);
	VIDEO(f->in, 50, DELTA);
	VIDEO(f->in, 60, KEY);
	VIDEO(f->in, 70, DELTA);
	VIDEO(f->in, 80, 'j', 'u', 'n', 'k');
	VIDEO(f->in, 90, DELTA);
	assert_string_equal(seen(f), "cKrlKP");
}

/* A picture one of whose slices no decoder can read: as one that is not
 * there, which the next one needs. */
static void
test_unreadable_slices(void **state)
{
	struct fixture *f = *state;

	intake_begin(f->in, &h264_codec, NULL, "", NULL, 0);
	VIDEO(f->in, 10, KEY);
	VIDEO(f->in, 20, SC, 0x41, 0xd0, 0x12, 0x34);	/* of PPS 1 */
	VIDEO(f->in, 30, DELTA);
	VIDEO(f->in, 40, KEY);
	VIDEO(f->in, 50, DELTA, SC, 0x41, 0, 0, 1);
	VIDEO(f->in, 60, DELTA);
	VIDEO(f->in, 70, KEY);
	VIDEO(f->in, 80, DELTA);
	assert_string_equal(seen(f), "cKrlKKP");
}

static void
test_reconnect(void **state)
{
	struct fixture *f = *state;

	intake_begin(f->in, &h264_codec, NULL, "", NULL, 0);
	VIDEO(f->in, 10, KEY);
	assert_string_equal(seen(f), "cKrl");
	intake_end(f->in, IPC_SOURCE_LOST, "gone %d", 1);
	assert_string_equal(seen(f), "x");
	intake_end(f->in, IPC_SOURCE_LOST, "gone %d", 1);
	assert_string_equal(seen(f), "");
	intake_end(f->in, IPC_SOURCE_LOST, "gone %d", 2);
	assert_string_equal(seen(f), "x");
	assert_string_equal(f->status.error, "gone 2");
	intake_begin(f->in, &h264_codec, NULL, "", NULL, 0);
	VIDEO(f->in, 5, DELTA);
	VIDEO(f->in, 7, KEY);
	assert_string_equal(seen(f), "Krl");
	intake_restart(f->in);
	VIDEO(f->in, 8, DELTA);
	VIDEO(f->in, 9, KEY);
	assert_string_equal(seen(f), "Kr");
}

/* Each 120 ms a picture, and two B-frames that are left out. */
static void
play_disposable(struct fixture *f, int times)
{
	for (int i = 0; i < times; i++) {
		VIDEO(f->in, 100, DELTA);
		VIDEO(f->in, 80, SC, B);
		VIDEO(f->in, 90, SC, B);
		now_us += 120000;
	}
}

/* What no picture refers to is left out; that is said, with how much of it
 * is left. The note of the sound stays. */
static void
test_disposable_b_frames(void **state)
{
	struct fixture *f = *state;

	intake_begin(f->in, &h264_codec, &pcmu, "note", NULL, 0);
	VIDEO(f->in, 10, KEY);
	VIDEO(f->in, 40, DELTA);
	VIDEO(f->in, 20, SC, B);
	VIDEO(f->in, 30, SC, B);
	VIDEO(f->in, 70, DELTA);
	assert_string_equal(seen(f), "cKrlPP");
	assert_string_equal(f->status.note, "note");
	play_disposable(f, 25);
	assert_string_equal(seen(f), "PPPPPPPPPPPPPPPPPPlPPPPPPP");
	assert_string_equal(f->status.note, "note; B-frames left out: 9 of 27 "
	    "pictures a second are shown");
	assert_int_equal(f->status.state, IPC_SOURCE_LIVE);
}

/* While a key frame is waited for, nothing is shown for another reason: that
 * time does not count. */
static void
test_disposable_b_frames_at_the_gate(void **state)
{
	static const uint8_t params[] = { SC, SPS, SC, PPS };
	struct fixture *f = *state;

	intake_begin(f->in, &h264_codec, NULL, "", params, sizeof params);
	play_disposable(f, 25);
	VIDEO(f->in, 10, KEY);
	assert_string_equal(seen(f), "ccKrl");
	assert_string_equal(f->status.note, "");
	play_disposable(f, 10);
	DAMAGED(f->in, 10, DELTA);
	play_disposable(f, 10);
	VIDEO(f->in, 10, KEY);
	assert_string_equal(seen(f), "PPPPPPPPPPK");
	play_disposable(f, 25);
	assert_string_equal(seen(f), "PPPPPPPPlPPPPPPPPPPPPPPPPP");
	assert_string_equal(f->status.note, "B-frames left out: 9 of 26 "
	    "pictures a second are shown");
}

/* Others refer to them: eight, and it is the camera's habit. What it sends is
 * foreign from the next key frame on, B-frames and all, and on the next try
 * from the first. When it sends none for a whole connection the next is as
 * ever. */
static void
test_b_frames(void **state)
{
	struct fixture *f = *state;

	intake_begin(f->in, &h264_codec, NULL, "", NULL, 0);
	VIDEO(f->in, 10, KEY);
	VIDEO(f->in, 20, DELTA);
	for (int i = 0; i < 8; i++) {
		VIDEO(f->in, 15, SC, B_REFERENCE);
		VIDEO(f->in, 25, DELTA);
	}
	assert_string_equal(seen(f), "cKrlP");
	assert_int_equal(f->status.video, MEDIA_H264);
	VIDEO(f->in, 30, KEY);
	VIDEO(f->in, 50, DELTA);
	VIDEO(f->in, 40, SC, B_REFERENCE);
	VIDEO(f->in, 45, SC, B);
	assert_string_equal(seen(f), "KrlPPP");
	assert_int_equal(f->codec, MEDIA_FOREIGN);
	assert_int_equal(f->status.video, MEDIA_FOREIGN);
	assert_string_equal(f->status.coder, "h264");
	intake_begin(f->in, &h264_codec, NULL, "", NULL, 0);
	VIDEO(f->in, 10, KEY);
	assert_string_equal(seen(f), "Kr");
	assert_int_equal(f->codec, MEDIA_FOREIGN);
	intake_begin(f->in, &h264_codec, NULL, "", NULL, 0);
	VIDEO(f->in, 10, KEY);
	assert_string_equal(seen(f), "Krl");
	assert_int_equal(f->codec, MEDIA_H264);
	assert_int_equal(f->status.video, MEDIA_H264);
}

/* What no viewer is sent is given as it comes, behind its configuration. */
static void
test_foreign_video(void **state)
{
	struct fixture *f = *state;

	intake_begin_foreign(f->in, "mjpeg", &pcmu, "note", NULL, 0);
	assert_string_equal(seen(f), "cc");
	assert_int_equal(f->status.video, MEDIA_FOREIGN);
	assert_string_equal(f->status.coder, "mjpeg");
	VIDEO(f->in, 10, 1, 2, 3);
	intake_audio(f->in, "x", 1, 20);
	VIDEO(f->in, 30, 1, 2);
	assert_string_equal(seen(f), "KrlAK");
	assert_int_equal(f->codec, MEDIA_FOREIGN);
	assert_int_equal(f->len, 2);
	assert_string_equal(f->status.note, "note");
	intake_begin_foreign(f->in, "mpeg4", NULL, "", "conf", 4);
	VIDEO(f->in, 10, 1, 2, 3);
	assert_int_equal(f->len, 7);
	assert_string_equal(f->status.coder, "mpeg4");
}

/* Damage looks like anything: a few of them now and then are no habit. The
 * picture waits for a key frame, as it does after any loss. */
static void
test_odd_b_frames(void **state)
{
	struct fixture *f = *state;

	intake_begin(f->in, &h264_codec, NULL, "", NULL, 0);
	for (int i = 0; i < 30; i++) {
		VIDEO(f->in, 10, KEY);
		VIDEO(f->in, 20, DELTA);
		VIDEO(f->in, 30, SC, B_REFERENCE);
		VIDEO(f->in, 40, DELTA);
		VIDEO(f->in, 50, KEY);
		VIDEO(f->in, 60, DELTA);
		assert_string_equal(seen(f), i == 0 ? "cKrlPKP" : "KPKP");
	}
}

static void
test_a_b_frame_in_each_group_is_a_habit(void **state)
{
	struct fixture *f = *state;

	intake_begin(f->in, &h264_codec, NULL, "", NULL, 0);
	for (int i = 0; i < 8; i++) {
		VIDEO(f->in, 10, KEY);
		VIDEO(f->in, 20, SC, B_REFERENCE);
		assert_int_equal(f->status.video, MEDIA_H264);
	}
	VIDEO(f->in, 10, KEY);
	assert_int_equal(f->status.video, MEDIA_FOREIGN);
}

/* An IDR without them is no key frame, and that is why nothing comes. */
static void
test_no_parameter_sets(void **state)
{
	struct fixture *f = *state;

	intake_begin(f->in, &h264_codec, NULL, "", NULL, 0);
	VIDEO(f->in, 10, DELTA);
	assert_string_equal(seen(f), "c");
	VIDEO(f->in, 20, SC, IDR);
	VIDEO(f->in, 30, DELTA);
	assert_string_equal(seen(f), "");
	VIDEO(f->in, 40, SC, IDR);
	assert_string_equal(seen(f), "x");
	assert_non_null(strstr(f->status.error, "SPS and PPS"));
	VIDEO(f->in, 40, SC, SPS, SC, PPS, SC, IDR);
	VIDEO(f->in, 50, DELTA);
	assert_string_equal(seen(f), "KrlP");
}

/* Pictures come, and no key frame: it is waited for, with the reason, on the
 * same connection, for it may be the next. */
static void
test_long_wait(void **state)
{
	struct fixture *f = *state;

	intake_begin(f->in, &h264_codec, NULL, "", NULL, 0);
	VIDEO(f->in, 0, DELTA);
	now_us += 2999999;
	VIDEO(f->in, 1, DELTA);
	assert_string_equal(seen(f), "c");
	now_us += 1;
	VIDEO(f->in, 2, DELTA);
	assert_string_equal(seen(f), "x");
	assert_string_equal(f->status.error, "no key frame for 3 s, waiting "
	    "for one: set a shorter key frame (I-frame) interval in the "
	    "camera");
	VIDEO(f->in, 3, KEY);
	VIDEO(f->in, 4, DELTA);
	assert_string_equal(seen(f), "KrlP");
	assert_string_equal(f->status.error, "");
}

static void
test_new_size(void **state)
{
	struct fixture *f = *state;

	intake_begin(f->in, &h264_codec, NULL, "", NULL, 0);
	VIDEO(f->in, 10, KEY);
	VIDEO(f->in, 20, KEY);
	VIDEO(f->in, 30, SC, SPS_SMALL, SC, PPS, SC, IDR);
	assert_string_equal(seen(f), "cKrlKKl");
	assert_int_equal(f->status.width, 64);
	assert_int_equal(f->status.height, 48);
}

/* Pictures without a time are timed by their arrival; the camera's clock,
 * once it comes, goes on from there. */
static void
test_no_time(void **state)
{
	struct fixture *f = *state;

	intake_begin(f->in, &h264_codec, &opus, "", NULL, 0);
	VIDEO(f->in, INTAKE_NO_TIME, KEY);
	intake_audio(f->in, "x", 1, 100);
	VIDEO(f->in, 1000, DELTA);
	VIDEO(f->in, 41000, DELTA);
	intake_audio(f->in, "x", 1, 42000);
	VIDEO(f->in, INTAKE_NO_TIME, DELTA);
	assert_string_equal(seen(f), "cKrlPPAP");
	assert_true(f->times[1] >= f->times[0]);
	assert_int_equal(f->times[2] - f->times[1], 40000);
	assert_int_equal(f->times[3] - f->times[1], 41000);
	assert_true(f->times[4] >= f->times[2]);
	assert_true(f->times[4] < f->times[2] + 60000000);
}

static void
test_too_large(void **state)
{
	static uint8_t huge[MEDIA_MAX_UNIT + 1] = { KEY };
	struct fixture *f = *state;

	intake_begin(f->in, &h264_codec, NULL, "", NULL, 0);
	intake_video(f->in, huge, sizeof huge, 1, false);
	assert_string_equal(seen(f), "c");
	intake_video(f->in, huge, sizeof huge - 1, 1, false);
	assert_string_equal(seen(f), "Krl");
}

static void
test_how_long_a_connection_has_given_pictures(void **state)
{
	struct fixture *f = *state;
	int64_t last;

	intake_begin(f->in, &h264_codec, NULL, "", NULL, 0);
	VIDEO(f->in, 0, DELTA);
	assert_int_equal(intake_live_us(f->in), 0);
	assert_int_equal(intake_last_us(f->in), 0);
	VIDEO(f->in, 0, KEY);
	now_us += 5000000;
	VIDEO(f->in, 1, DELTA);
	last = now_us;
	assert_int_equal(intake_live_us(f->in), 5000000);
	assert_int_equal(intake_last_us(f->in), last);
	now_us += 1000000;
	intake_begin(f->in, &h264_codec, NULL, "", NULL, 0);
	assert_int_equal(intake_live_us(f->in), 0);
	assert_int_equal(intake_last_us(f->in), last);
}

static void
test_a_refused_password_is_forgotten_by_the_next_end(void **state)
{
	struct fixture *f = *state;

	assert_false(intake_is_denied(f->in));
	intake_end(f->in, IPC_SOURCE_LOST, "refused");
	intake_deny(f->in);
	assert_true(intake_is_denied(f->in));
	intake_end(f->in, IPC_SOURCE_LOST, "refused");
	assert_false(intake_is_denied(f->in));
}

static void
test_sound_without_bytes_time_or_bounds_is_left_out(void **state)
{
	static uint8_t huge[MEDIA_MAX_UNIT + 1];
	struct fixture *f = *state;

	intake_begin(f->in, &h264_codec, &opus, "", NULL, 0);
	VIDEO(f->in, 0, KEY);
	intake_audio(f->in, "x", 0, 1);
	intake_audio(f->in, "x", 1, INTAKE_NO_TIME);
	intake_audio(f->in, huge, sizeof huge, 1);
	assert_string_equal(seen(f), "cKrl");
	intake_audio(f->in, huge, sizeof huge - 1, 1);
	assert_string_equal(seen(f), "A");
}

/* The next connection is another one: its B-frames, its key frames and its
 * clock count from its own begin. */
static void
test_a_connection_begins_with_nothing_counted(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 3; i++) {
		intake_begin(f->in, &h264_codec, NULL, "", NULL, 0);
		VIDEO(f->in, 10, SC, IDR);
		now_us += 2900000;
		VIDEO(f->in, 20, DELTA);
		assert_string_equal(seen(f), i == 0 ? "c" : "");
	}
	intake_begin(f->in, &h264_codec, NULL, "", NULL, 0);
	VIDEO(f->in, 10, KEY);
	for (int i = 0; i < 7; i++)
		VIDEO(f->in, 15, SC, B_REFERENCE);
	intake_begin(f->in, &h264_codec, NULL, "", NULL, 0);
	VIDEO(f->in, 10, KEY);
	VIDEO(f->in, 15, SC, B_REFERENCE);
	assert_string_equal(seen(f), "KrlKr");
	assert_int_equal(f->status.state, IPC_SOURCE_LIVE);
}

static void
test_a_connection_begins_with_its_own_clock_and_count(void **state)
{
	struct fixture *f = *state;

	intake_begin(f->in, &h264_codec, NULL, "", NULL, 0);
	VIDEO(f->in, INTAKE_NO_TIME, KEY);
	VIDEO(f->in, 30, DELTA);
	play_disposable(f, 10);
	seen(f);
	f->n = 0;
	intake_begin(f->in, &h264_codec, NULL, "", NULL, 0);
	VIDEO(f->in, 30, KEY);
	play_disposable(f, 10);
	assert_string_equal(seen(f), "KrPPPPPPPPPP");
	assert_int_equal(f->times[0], 30);
	assert_int_equal(f->times[1], 100);
	assert_string_equal(f->status.note, "");
	play_disposable(f, 10);
	assert_string_not_equal(seen(f), "PPPPPPPPPP");
	assert_string_not_equal(f->status.note, "");
	intake_begin(f->in, &h264_codec, NULL, "", NULL, 0);
	VIDEO(f->in, 30, KEY);
	assert_string_equal(seen(f), "Krl");
	assert_string_equal(f->status.note, "");
}

/* Each may be long; the one of the B-frames is never cut. */
static void
test_a_long_note_of_sound_leaves_room_for_b_frames(void **state)
{
	struct fixture *f = *state;
	char note[256];

	memset(note, 'x', sizeof note);
	note[255] = '\0';
	intake_begin(f->in, &h264_codec, NULL, note, NULL, 0);
	VIDEO(f->in, 10, KEY);
	play_disposable(f, 25);
	seen(f);
	assert_memory_equal(f->status.note + 180, "; B-frames left out: ", 21);
	assert_non_null(strstr(f->status.note, "a second are shown"));
}

static void
test_a_unit_without_slices_is_no_picture(void **state)
{
	struct fixture *f = *state;

	intake_begin(f->in, &h264_codec, NULL, "", NULL, 0);
	VIDEO(f->in, 10, KEY);
	VIDEO(f->in, 20, SC, 9, 0xf0);
	VIDEO(f->in, 30, DELTA);
	assert_string_equal(seen(f), "cKrlP");
}

static void
test_each_part_of_the_state_is_news(void **state)
{
	struct fixture *f = *state;

	intake_begin(f->in, &h264_codec, NULL, "", NULL, 0);
	VIDEO(f->in, 10, KEY);
	assert_string_equal(seen(f), "cKrl");
	intake_begin(f->in, &h264_codec, &pcmu, "", NULL, 0);
	VIDEO(f->in, 10, KEY);
	assert_string_equal(seen(f), "Krl");
	intake_begin(f->in, &h264_codec, &pcmu, "note", NULL, 0);
	VIDEO(f->in, 10, KEY);
	assert_string_equal(seen(f), "Krl");
	intake_begin(f->in, &h264_codec, &pcmu, "note", NULL, 0);
	VIDEO(f->in, 10, KEY);
	assert_string_equal(seen(f), "Kr");
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_units_tell_where_their_nal_units_stand),
		TEST(test_begins_with_key),
		TEST(test_parameters_from_outside),
		TEST(test_damage),
		TEST(test_unreadable_slices),
		TEST(test_reconnect),
		TEST(test_disposable_b_frames),
		TEST(test_disposable_b_frames_at_the_gate),
		TEST(test_b_frames),
		TEST(test_foreign_video),
		TEST(test_odd_b_frames),
		TEST(test_a_b_frame_in_each_group_is_a_habit),
		TEST(test_no_parameter_sets),
		TEST(test_long_wait),
		TEST(test_new_size),
		TEST(test_no_time),
		TEST(test_too_large),
		TEST(test_how_long_a_connection_has_given_pictures),
		TEST(test_a_refused_password_is_forgotten_by_the_next_end),
		TEST(test_sound_without_bytes_time_or_bounds_is_left_out),
		TEST(test_a_connection_begins_with_nothing_counted),
		TEST(test_a_connection_begins_with_its_own_clock_and_count),
		TEST(test_a_long_note_of_sound_leaves_room_for_b_frames),
		TEST(test_a_unit_without_slices_is_no_picture),
		TEST(test_each_part_of_the_state_is_news),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
