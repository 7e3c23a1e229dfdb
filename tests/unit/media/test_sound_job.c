#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/media/sounds.h"
#include "tests/unit/media/heard.h"

#define MAX_ERROR_S	0.003
#define TONE		.begin_s = 1, .end_s = 1.1

#define AAC16	{ .coder = "aac", .rate = 16000, .channels = 1, TONE }
#define PCMA8	{ .coder = "pcm_alaw", .rate = 8000, .channels = 1, TONE }
#define MP2_48	{ .coder = "mp2", .rate = 48000, .channels = 2, TONE }

static const struct track tracks[] = {
	AAC16,
	{ .coder = "aac", .rate = 48000, .channels = 2, TONE },
	{ .coder = "aac", .rate = 44100, .channels = 2, TONE },
	MP2_48,
	PCMA8,
	{ .coder = "mp2", .rate = 16000, .channels = 1, TONE },
	{ .coder = "mp3", .encoder = "libmp3lame", .rate = 44100,
	    .channels = 2, TONE },
	{ .coder = "adpcm_g726", .encoder = "g726", .rate = 8000,
	    .channels = 1, .bits = 4, .chunk = 80, TONE },
	{ .coder = "adpcm_g726le", .encoder = "g726le", .rate = 8000,
	    .channels = 1, .bits = 4, .chunk = 80, TONE },
	{ .coder = "adpcm_g726le", .encoder = "g726le", .rate = 8000,
	    .channels = 1, .bits = 2, .chunk = 40, TONE },
	{ .coder = "pcm_s16be", .rate = 16000, .channels = 1, TONE },
	{ .coder = "pcm_s16be", .rate = 48000, .channels = 2, TONE },
	{ .coder = "pcm_alaw", .rate = 16000, .channels = 1, TONE },
	{ .coder = "pcm_mulaw", .rate = 8000, .channels = 2, TONE },
	{ .coder = "adpcm_g722", .encoder = "g722", .rate = 16000,
	    .channels = 1, TONE },
	{ .coder = "opus", .encoder = "libopus", .rate = 48000,
	    .channels = 2, TONE },
};
#define N_TRACKS	(sizeof tracks / sizeof tracks[0])

static const struct track pcma8 = PCMA8, mp2_48 = MP2_48;

/* The tone is there, where it was, as high and as loud, and every step is of
 * 20 ms. */
static void
check_tone(const struct heard *h, const struct track *t)
{
	double length_s = t->end_s - t->begin_s;
	double error_s = h->centre_s - (t->begin_s + t->end_s) / 2;
	int at, periods = (int)lrint(length_s * TONE_HZ);

	if (fabs(error_s) > MAX_ERROR_S)
		fail_msg("%s at %d Hz is %.1f ms late", t->coder, t->rate,
		    1000 * error_s);
	assert_in_range(h->crossings, periods - 5, periods + 3);
	assert_true(h->energy[0] > 0.6 * length_s / 8);
	assert_true(h->energy[0] < 1.4 * length_s / 8);
	assert_int_equal(heard_odd_steps(h, &at), 0);
	assert_in_range(h->n, 96, 110);
}

static void
test_opus_has_the_time_of_its_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_TRACKS; i++) {
		struct wire in = { 0 }, out;
		struct heard h;

		out = helper_does(track_make(&tracks[i], "opus", &in), &in);
		h = hear("opus", tracks[i].channels, &out);
		check_tone(&h, &tracks[i]);
		assert_int_equal(h.stereo, tracks[i].channels == 2 ? h.n : 0);
	}
}

static void
test_g711_has_the_time_of_its_sound(void **state)
{
	static const char *const targets[] = { "pcm_alaw", "pcm_mulaw" };

	(void)state;
	for (size_t i = 0; i < 2 * N_TRACKS; i++) {
		const struct track *t = &tracks[i / 2];
		struct wire in = { 0 }, out;
		struct heard h;

		out = helper_does(track_make(t, targets[i % 2], &in), &in);
		h = hear(targets[i % 2], 1, &out);
		check_tone(&h, t);
	}
}

/* Each message of `in`, with another time. */
static struct wire
shift(struct wire *in, int64_t (*time_us)(int64_t us, int i))
{
	struct wire out = { 0 };
	struct media_wire m;
	size_t at = 0;

	for (int i = 0; wire_next(in, &at, &m); i++)
		wire_say(&out, time_us(m.time_us, i), m.data, m.len);
	free(in->bytes);
	return out;
}

static struct heard
hear_shifted(const struct track *t, int64_t (*time_us)(int64_t us, int i))
{
	struct wire in = { 0 }, out;
	json_t *what = track_make(t, "pcm_alaw", &in);

	in = shift(&in, time_us);
	out = helper_does(what, &in);
	return hear("pcm_alaw", 1, &out);
}

static int64_t
jitter(int64_t us, int i)
{
	return us + (i > 0 ? i * 7919 % 95000 - 45000 : 0);
}

static int64_t
no_time_after_first(int64_t us, int i)
{
	return i == 0 ? us : i % 2 ? INT64_MAX : MEDIA_WIRE_NO_TIME;
}

static void
test_jitter_and_no_time_are_as_if_all_were_well(void **state)
{
	struct heard h;

	(void)state;
	h = hear_shifted(&pcma8, jitter);
	check_tone(&h, &pcma8);
	h = hear_shifted(&pcma8, no_time_after_first);
	check_tone(&h, &pcma8);
}

static int64_t
no_time_before_tenth(int64_t us, int i)
{
	return i < 10 ? MEDIA_WIRE_NO_TIME : us;
}

static void
test_sound_before_any_time_is_left_out(void **state)
{
	struct heard h = hear_shifted(&pcma8, no_time_before_tenth);
	int at;

	(void)state;
	assert_int_equal(h.times[0], BEGIN_US + 10 * STEP_US);
	assert_int_equal(heard_odd_steps(&h, &at), 0);
	assert_true(fabs(h.centre_s - 1.05) < MAX_ERROR_S);
}

static int64_t
gap_after_half_a_second(int64_t us, int i)
{
	(void)i;
	return us < BEGIN_US + 500000 ? us : us + 3010000;
}

/* Nothing is made up for it but what is wanting to the last frame of 20 ms, and
 * what comes then is in its place. The frames of AAC are of 64 ms, from -64 ms
 * on. The resampler has a little of L16 that no frame follows. */
static void
test_a_gap_stays_a_gap(void **state)
{
	static const struct {
		struct track track;
		int64_t end_us, next_us;
	} cases[] = {
		{ PCMA8, 500000, 3510000 },
		{ { .coder = "pcm_s16be", .rate = 16000, .channels = 1, TONE },
		    500000, 3510000 },
		{ AAC16, 516000, 3522000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct heard h = hear_shifted(&cases[i].track,
		    gap_after_half_a_second);
		int at = -1;

		assert_int_equal(heard_odd_steps(&h, &at), 1);
		assert_int_equal(h.times[at] + STEP_US - BEGIN_US,
		    cases[i].end_us);
		assert_int_equal(h.times[at + 1] - BEGIN_US,
		    cases[i].next_us);
		assert_true(fabs(h.centre_s - 4.06) < MAX_ERROR_S);
	}
}

static bool
is_silent(uint8_t alaw)
{
	return (alaw | 0x80) == 0xd5;
}

/* Of the last frame 16 ms are of the camera, with what the resampler had of
 * them. */
static void
test_before_a_gap_is_silence(void **state)
{
	static const struct track loud = { .coder = "aac", .rate = 16000,
		.channels = 1, .begin_s = 0, .end_s = 9 };
	struct wire in = { 0 }, out;
	json_t *what = track_make(&loud, "pcm_alaw", &in);
	struct media_wire m, last = { 0 };
	size_t at = 0;
	int i, silent = 0;

	(void)state;
	in = shift(&in, gap_after_half_a_second);
	out = helper_does(what, &in);
	while (wire_next(&out, &at, &m) && m.time_us < BEGIN_US + 1000000)
		last = m;
	assert_int_equal(last.time_us, BEGIN_US + 496000);
	for (i = 114; i < 126; i++)
		silent += is_silent(last.data[i]);
	assert_true(silent < 3);
	for (i = 130; i < 160; i++)
		assert_true(is_silent(last.data[i]));
	free(out.bytes);
}

static int64_t
back_after_half_a_second(int64_t us, int i)
{
	(void)i;
	return us < BEGIN_US + 500000 ? us : us - 10000000;
}

static void
test_time_jumps_back(void **state)
{
	struct heard h = hear_shifted(&pcma8, back_after_half_a_second);
	int at = -1;

	(void)state;
	assert_int_equal(heard_odd_steps(&h, &at), 1);
	assert_int_equal(h.times[at], BEGIN_US + 480000);
	assert_int_equal(h.times[at + 1], BEGIN_US + 500000 - 10000000);
	assert_true(fabs(h.centre_s + 10 - 1.05) < MAX_ERROR_S);
}

/* HE-AAC: its config says 24 kHz and, behind that, 48 kHz (ISO 14496-3, 1.6).
 * The frames are of plain AAC, which that allows. */
static void
test_frames_know_the_rate_better(void **state)
{
	static const struct track sbr = { .coder = "aac", .rate = 24000,
		.channels = 1, .config = "KwmIAA==", TONE };
	struct wire in = { 0 }, out;
	struct heard h;

	(void)state;
	out = helper_does(track_make(&sbr, "opus", &in), &in);
	h = hear("opus", 1, &out);
	assert_in_range(h.crossings, 55, 63);
	assert_in_range(h.n, 96, 101);
	/* The filters of SBR take 20 ms. Whether a camera's times allow for
	 * that is the camera's secret. */
	assert_true(fabs(h.centre_s - 1.05) < 0.025);
}

static const struct track silent = { .coder = "mp2", .rate = 48000,
	.channels = 2 };

/* Two tracks, the second where the first ends: after `n` frames. The encoders
 * look ahead, each for another time, so `*second_s` is when its first sample
 * was. */
static struct heard
hear_change(const struct track *a, const struct track *b, int n,
    double *second_s)
{
	AVCodecContext *first = track_encoder(a), *second = track_encoder(b);
	json_t *what = track_what(a, first, "opus");
	struct track cut = *a;
	struct wire in = { 0 }, out;
	int64_t us = BEGIN_US;

	cut.length_s = (double)n * first->frame_size / a->rate;
	track_encode(&cut, first, us, &in);
	us += (int64_t)n * first->frame_size * 1000000 / a->rate -
	    (int64_t)first->initial_padding * 1000000 / a->rate +
	    (int64_t)second->initial_padding * 1000000 / b->rate;
	*second_s = (double)(us - BEGIN_US) / 1000000;
	track_encode(b, second, us, &in);
	avcodec_free_context(&first);
	avcodec_free_context(&second);
	out = helper_does(what, &in);
	return hear("opus", 2, &out);
}

/* The clock of MPEG audio in RTP is 90 kHz, whatever the rate (RFC 2250). */
static void
test_a_rate_that_is_none(void **state)
{
	struct wire in = { 0 }, out;
	json_t *what = track_make(&mp2_48, "opus", &in);
	struct heard h;

	(void)state;
	json_object_set_new(what, "rate", json_integer(90000));
	out = helper_does(what, &in);
	h = hear("opus", 2, &out);
	check_tone(&h, &mp2_48);
}

static void
test_another_rate_leaves_no_gap(void **state)
{
	static const struct track other = { .coder = "mp2", .rate = 32000,
		.channels = 2, TONE };
	double second_s;
	struct heard h = hear_change(&silent, &other, 50, &second_s);
	int at;

	(void)state;
	assert_int_equal(heard_odd_steps(&h, &at), 0);
	assert_in_range(h.crossings, 55, 63);
	assert_true(fabs(h.centre_s - second_s - 1.05) < MAX_ERROR_S);
	assert_int_equal(h.stereo, h.n);
}

/* At the change less than a frame is lost. */
static void
test_other_channels(void **state)
{
	static const struct track mono = { .coder = "mp2", .rate = 48000,
		.channels = 1, TONE };
	double second_s;
	struct heard h = hear_change(&silent, &mono, 71, &second_s);
	int at = -1;

	(void)state;
	assert_int_equal(heard_odd_steps(&h, &at), 1);
	assert_in_range(h.times[at + 1] - h.times[at], STEP_US + 1,
	    2 * STEP_US - 1);
	assert_int_equal(h.stereo, at + 1);
	assert_in_range(h.n - h.stereo, 96, 101);
	assert_in_range(h.crossings, 55, 63);
	assert_true(fabs(h.centre_s - second_s - 1.05) < MAX_ERROR_S);
}

static void
test_left_stays_left(void **state)
{
	static const struct track left = { .coder = "aac", .rate = 48000,
		.channels = 2, .left = true, TONE };
	struct wire in = { 0 }, out;
	struct heard h;

	(void)state;
	out = helper_does(track_make(&left, "opus", &in), &in);
	h = hear("opus", 2, &out);
	assert_true(h.energy[0] > 100 * h.energy[1]);
}

static void
test_six_channels_become_two(void **state)
{
	static const struct track six = { .coder = "aac", .rate = 48000,
		.channels = 6, TONE };
	struct wire in = { 0 }, out;
	struct heard h;

	(void)state;
	out = helper_does(track_make(&six, "opus", &in), &in);
	h = hear("opus", 2, &out);
	assert_int_equal(h.stereo, h.n);
	assert_in_range(h.n, 96, 101);
	assert_true(h.energy[1] > 0.001);
	assert_true(fabs(h.centre_s - 1.05) < MAX_ERROR_S);
}

/* Waits until the sound up to `until_us` has come. A helper that keeps it back
 * until more comes in makes this give up. */
static void
await_sound(struct helper *h, struct wire *out, size_t *at, int64_t *heard_us,
    int64_t until_us)
{
	struct media_wire m;
	size_t wanted;
	ptrdiff_t n;

	while (*heard_us < until_us) {
		n = media_wire_read(out->bytes + *at, out->len - *at, &m,
		    &wanted);
		if (n > 0) {
			*at += (size_t)n;
			*heard_us = m.time_us + STEP_US;
		} else
			assert_true(helper_read(h, out));
	}
}

/* Frame by frame: what has come has left, but for one frame of 20 ms, what
 * the encoder looks ahead, 6.5 ms, and the resampler, 2.5 ms. */
static void
check_latency(const struct track *t, const char *to)
{
	struct wire in = { 0 }, out = { 0 };
	json_t *what = track_make(t, to, &in);
	size_t from = 0, end = 0, at = 0;
	int64_t heard_us = 0;
	struct media_wire m;
	struct helper h;

	helper_start(&h, what);
	while (wire_next(&in, &end, &m)) {
		if (from == 0)
			heard_us = m.time_us - 6500;
		else
			await_sound(&h, &out, &at, &heard_us,
			    m.time_us - STEP_US - 6500 - 2500);
		assert_int_equal(send(h.fd, in.bytes + from, end - from,
		    MSG_NOSIGNAL), end - from);
		from = end;
	}
	helper_end(&h);
	free(in.bytes);
	free(out.bytes);
}

static void
test_nothing_is_kept_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_TRACKS; i++) {
		check_latency(&tracks[i], "opus");
		check_latency(&tracks[i], "pcm_mulaw");
	}
}

#define TEST(f)	cmocka_unit_test(f)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_opus_has_the_time_of_its_sound),
		TEST(test_g711_has_the_time_of_its_sound),
		TEST(test_jitter_and_no_time_are_as_if_all_were_well),
		TEST(test_sound_before_any_time_is_left_out),
		TEST(test_a_gap_stays_a_gap),
		TEST(test_before_a_gap_is_silence),
		TEST(test_time_jumps_back),
		TEST(test_frames_know_the_rate_better),
		TEST(test_a_rate_that_is_none),
		TEST(test_another_rate_leaves_no_gap),
		TEST(test_other_channels),
		TEST(test_left_stays_left),
		TEST(test_six_channels_become_two),
		TEST(test_nothing_is_kept_back),
	};

	av_log_set_level(AV_LOG_QUIET);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
