/*
 * The sound that FFmpeg and GStreamer send, from the packets to what a decoder
 * makes of the frames: tests/fixtures/rtp/make.py has recorded it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <libavcodec/avcodec.h>

#include "sounds.h"
#include "tests/unit/fixture.h"

#define TONE_HZ		440
#define ADTS_HEADER	7
#define SAMPLES_MAX	200000

/* The samples of the first channel. */
struct heard {
	float	 sample[SAMPLES_MAX];
	int	 n;
	int	 rate, channels;
};

static bool
keep(const struct rtp_in *in, void *arg)
{
	struct sounds *s = arg;

	sound_depay_take(s->depay, in);
	return true;
}

/* Without the packets whose bits are set in `lost`, of each 32. */
static void
play(struct sounds *s, const char *name, uint32_t lost)
{
	char path[64];
	size_t len, n;
	uint8_t *data, *p, *end;
	struct rtp_track_config config = { .in_order = true };
	struct rtp_track *track;
	int i = 0;

	snprintf(path, sizeof path, "rtp/%s.rtp", name);
	data = fixture_read(path, &len);
	p = (uint8_t *)strstr((char *)data, "\n\n") + 2;
	end = data + len;
	sounds_begin(s, (char *)data, (size_t)(p - data));
	config.type = s->sdp.tracks[0].type;
	config.clock = s->sdp.tracks[0].clock;
	track = rtp_track_new(&config, keep, s);
	for (; p < end; p += 2 + n, i++) {
		n = get16(p);
		assert_true(n <= (size_t)(end - p) - 2);
		if (!(lost >> i % 32 & 1))
			rtp_track_take(track, p + 2, n, i * 1000);
	}
	rtp_track_free(track);
	free(data);
}

/* The codec's own packets */

static size_t
adts_len(const uint8_t *p)
{
	return (p[3] & 3u) << 11 | get16(p + 4) >> 5;
}

/* The frames are those of the file, and so are their times. FFmpeg does not
 * send the last ones, which wait for more. */
static void
assert_of_adts(const struct sounds *s, const char *file, int unsent)
{
	size_t len, n;
	uint8_t *data = fixture_read(file, &len), *p = data;
	int i = 0;

	for (; p < data + len; p += n, i++) {
		n = adts_len(p);
		if (i >= s->n)
			continue;
		assert_int_equal(s->frame[i].len, n - ADTS_HEADER);
		assert_memory_equal(s->frame[i].data, p + ADTS_HEADER,
		    n - ADTS_HEADER);
		assert_int_equal(s->frame[i].time - s->frame[0].time, i * 1024);
	}
	assert_int_equal(i, s->n + unsent);
	free(data);
}

static void
test_access_units_of_aac(void **state)
{
	static const struct {
		const char *name, *file;
		int unsent;
	} cases[] = {
		{ "aac", "rtp/tone.aac", 0 },
		{ "aac_small", "rtp/tone.aac", 0 },
		{ "aac_ffmpeg", "rtp/tone_stereo.aac", 2 },
		{ "latm", "rtp/tone.aac", 0 },
		{ "latm_small", "rtp/tone.aac", 0 },
		{ "latm_ffmpeg", "rtp/tone.aac", 0 },
	};
	struct sounds s;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		play(&s, cases[i].name, 0);
		assert_of_adts(&s, cases[i].file, cases[i].unsent);
		sounds_end(&s);
	}
}

static void
test_frames_of_mpeg_audio(void **state)
{
	static const struct {
		const char *name, *file;
		size_t unsent;		/* bytes */
	} cases[] = {
		{ "mp2", "rtp/tone.mp2", 0 },
		{ "mp2_small", "rtp/tone.mp2", 0 },
		{ "mp2_ffmpeg", "rtp/tone.mp2", 384 },
		{ "mp3_ffmpeg", "rtp/tone.mp3", 192 },
	};
	struct sounds s;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		size_t len, pos = 0;
		uint8_t *data = fixture_read(cases[i].file, &len);

		play(&s, cases[i].name, 0);
		/* The file of layer 3 begins with tags, which are not sent. */
		while (memcmp(data + pos, s.frame[0].data, s.frame[0].len) != 0)
			assert_true(++pos + s.frame[0].len < len);
		for (int k = 0; k < s.n; k++) {
			assert_memory_equal(data + pos, s.frame[k].data,
			    s.frame[k].len);
			pos += s.frame[k].len;
			assert_in_range(s.frame[k].time - s.frame[0].time + 1,
			    k * 2160, k * 2160 + 2);
		}
		assert_int_equal(pos + cases[i].unsent, len);
		free(data);
		sounds_end(&s);
	}
}

/* What is heard */

static AVCodecContext *
open_decoder(const struct sound_format *f)
{
	const AVCodecDescriptor *d = avcodec_descriptor_get_by_name(f->coder);
	AVCodecContext *av;

	assert_non_null(d);
	av = avcodec_alloc_context3(avcodec_find_decoder(d->id));
	av->sample_rate = f->rate;
	av_channel_layout_default(&av->ch_layout, f->channels);
	av->bits_per_coded_sample = f->bits;
	if (f->config_len > 0) {
		av->extradata = av_mallocz(f->config_len +
		    AV_INPUT_BUFFER_PADDING_SIZE);
		memcpy(av->extradata, f->config, f->config_len);
		av->extradata_size = (int)f->config_len;
	}
	assert_int_equal(avcodec_open2(av, NULL, NULL), 0);
	return av;
}

static void
hear(struct heard *h, const AVFrame *f)
{
	bool is_float = f->format == AV_SAMPLE_FMT_FLT ||
	    f->format == AV_SAMPLE_FMT_FLTP;
	int step = av_sample_fmt_is_planar(f->format) ? 1 :
	    f->ch_layout.nb_channels;

	assert_true(is_float || f->format == AV_SAMPLE_FMT_S16 ||
	    f->format == AV_SAMPLE_FMT_S16P);
	h->rate = f->sample_rate;
	h->channels = f->ch_layout.nb_channels;
	for (int i = 0; i < f->nb_samples; i++) {
		assert_true(h->n < SAMPLES_MAX);
		h->sample[h->n++] = is_float ?
		    ((float *)f->data[0])[i * step] :
		    (float)((int16_t *)f->data[0])[i * step] / 32768;
	}
}

static struct heard *
decode(const struct sounds *s)
{
	struct heard *h = xcalloc(1, sizeof *h);
	AVCodecContext *av = open_decoder(&s->format);
	AVPacket *p = av_packet_alloc();
	AVFrame *f = av_frame_alloc();

	for (int i = 0; i < s->n; i++) {
		assert_int_equal(av_new_packet(p, (int)s->frame[i].len), 0);
		memcpy(p->data, s->frame[i].data, s->frame[i].len);
		assert_int_equal(avcodec_send_packet(av, p), 0);
		av_packet_unref(p);
		while (avcodec_receive_frame(av, f) == 0)
			hear(h, f);
	}
	av_frame_free(&f);
	av_packet_free(&p);
	avcodec_free_context(&av);
	return h;
}

/* Returns how much of the sound's energy is the tone's, once the coder has
 * begun. Bytes that are out of place leave nothing of it. */
static double
tone_of(const struct heard *h)
{
	int begin = h->n / 8, n = 7 * h->n / 8 - begin;
	double in = 0, out = 0, all = 0;

	n -= n % (h->rate / 20);	/* whole waves */
	for (int i = 0; i < n; i++) {
		double v = h->sample[begin + i];
		double phase = 2 * M_PI * TONE_HZ * i / h->rate;

		in += v * cos(phase);
		out += v * sin(phase);
		all += v * v;
	}
	assert_true(n > 0 && all / n > 1e-4);
	return 2 * (in * in + out * out) / n / all;
}

static const struct {
	const char *name;
	int rate, channels, samples;	/* at least */
	double tone;
} recordings[] = {
	{ "aac", 16000, 1, 16000, 0.99 },
	{ "aac_small", 16000, 1, 16000, 0.99 },
	{ "aac_ffmpeg", 48000, 2, 47000, 0.99 },
	{ "latm", 16000, 1, 16000, 0.99 },
	{ "latm_encoder", 24000, 1, 24000, 0.95 },
	{ "latm_small", 16000, 1, 16000, 0.99 },
	{ "latm_ffmpeg", 16000, 1, 16000, 0.99 },
	{ "mp2", 48000, 2, 47000, 0.99 },
	{ "mp2_small", 48000, 2, 47000, 0.99 },
	{ "mp2_ffmpeg", 48000, 2, 47000, 0.99 },
	{ "mp3_ffmpeg", 24000, 1, 12000, 0.98 },
	{ "l16", 44100, 2, 8820, 0.9999 },
	{ "g722", 16000, 1, 16000, 0.99 },
	{ "pcma", 8000, 1, 8000, 0.99 },
	{ "g726_16", 8000, 1, 8000, 0.85 },
	{ "g726_24", 8000, 1, 8000, 0.97 },
	{ "g726_32", 8000, 1, 8000, 0.99 },
	{ "g726_40", 8000, 1, 8000, 0.99 },
	{ "g726_32_gst", 8000, 1, 8000, 0.99 },
	{ "g726_16_aal2", 8000, 1, 8000, 0.85 },
	{ "g726_24_aal2", 8000, 1, 8000, 0.97 },
	{ "g726_32_aal2", 8000, 1, 8000, 0.99 },
	{ "g726_40_aal2", 8000, 1, 8000, 0.99 },
};
#define N_RECORDINGS	(sizeof recordings / sizeof recordings[0])

static void
test_the_tone_is_heard(void **state)
{
	struct sounds s;

	(void)state;
	for (size_t i = 0; i < N_RECORDINGS; i++) {
		struct heard *h;
		double tone;

		play(&s, recordings[i].name, 0);
		h = decode(&s);
		tone = tone_of(h);
		print_message("%s: %d frames, %d samples, tone %.4f\n",
		    recordings[i].name, s.n, h->n, tone);
		assert_int_equal(h->rate, recordings[i].rate);
		assert_int_equal(h->channels, recordings[i].channels);
		assert_true(h->n >= recordings[i].samples);
		assert_true(tone > recordings[i].tone);
		free(h);
		sounds_end(&s);
	}
}

/* Of each frame that is given all is there. */
static void
test_what_lacks_a_packet_is_not_given(void **state)
{
	static const char *const names[] = {
		"aac_small", "latm_small", "mp2_small",
	};
	struct sounds whole, s;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		int k = 0;

		play(&whole, names[i], 0);
		play(&s, names[i], 0x00800080);
		assert_in_range(s.n, whole.n / 3, whole.n - 1);
		for (int at = 0; at < s.n; at++) {
			while (whole.frame[k].time != s.frame[at].time)
				assert_true(++k < whole.n);
			assert_int_equal(s.frame[at].len, whole.frame[k].len);
			assert_memory_equal(s.frame[at].data,
			    whole.frame[k].data, whole.frame[k].len);
		}
		sounds_end(&s);
		sounds_end(&whole);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_access_units_of_aac),
		cmocka_unit_test(test_frames_of_mpeg_audio),
		cmocka_unit_test(test_the_tone_is_heard),
		cmocka_unit_test(test_what_lacks_a_packet_is_not_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
