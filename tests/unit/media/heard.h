#ifndef LULL_TEST_HEARD_H
#define LULL_TEST_HEARD_H

/* What a viewer hears of what the job "sound" sends. For tests with cmocka,
 * after sounds.h. */

#define MAX_HEARD	1024	/* frames */
#define STEP_US		20000
#define QUIET		0.03	/* what a coder may make of silence */

struct heard {
	int64_t	 times[MAX_HEARD];
	int	 n;		/* frames */
	int	 stereo;	/* frames of Opus whose own words say so */
	double	 energy[2];	/* of each channel */
	double	 centre_s;	/* of the energy; 0 is BEGIN_US */
	int	 crossings;	/* of zero in the first channel, upwards, from
				   one loud sample to another */
	bool	 low;		/* what the last loud sample was */
};

/* `samples` are float or s16, `step` from one to the next. */
static inline double
heard_sample(const AVFrame *f, int i, int k)
{
	int n = f->ch_layout.nb_channels;

	if (f->format == AV_SAMPLE_FMT_FLTP)
		return ((const float *)(const void *)f->data[k])[i];
	if (f->format == AV_SAMPLE_FMT_FLT)
		return ((const float *)(const void *)f->data[0])[i * n + k];
	return ((const int16_t *)(const void *)f->data[0])[i * n + k] /
	    32768.0;
}

static inline void
heard_add(struct heard *h, const AVFrame *f, int64_t time_us)
{
	int n = f->ch_layout.nb_channels;

	assert_true(f->format == AV_SAMPLE_FMT_FLTP ||
	    f->format == AV_SAMPLE_FMT_FLT || f->format == AV_SAMPLE_FMT_S16);
	for (int i = 0; i < f->nb_samples; i++) {
		double s = (double)(time_us - BEGIN_US) / 1000000 +
		    (double)i / f->sample_rate;

		for (int k = 0; k < n; k++) {
			double v = heard_sample(f, i, k);

			if (fabs(v) < QUIET)
				continue;
			h->energy[k] += v * v / f->sample_rate;
			h->centre_s += v * v / f->sample_rate * s;
			if (k == 0 && fabs(v) > 0.1) {
				h->crossings += h->low && v > 0;
				h->low = v < 0;
			}
		}
	}
}

/* Opus tells in the first byte how long it is and whether it is stereo: 20 ms,
 * one frame (RFC 6716, section 3.1). */
static inline void
heard_check(struct heard *h, const char *coder, const struct media_wire *m)
{
	assert_int_equal(m->kind, MEDIA_WIRE_AUDIO);
	assert_true(h->n < MAX_HEARD);
	h->times[h->n++] = m->time_us;
	if (strcmp(coder, "opus") != 0) {
		assert_int_equal(m->len, 160);
		return;
	}
	assert_in_range(m->len, 1, 1275);
	assert_int_equal(m->data[0] & 3, 0);
	if (m->data[0] & 0x80)
		assert_int_equal(m->data[0] >> 3 & 3, 3);
	else if (m->data[0] & 0x40)	/* hybrid, then SILK */
		assert_int_equal(m->data[0] >> 3 & 1, 1);
	else
		assert_int_equal(m->data[0] >> 3 & 3, 1);
	h->stereo += (m->data[0] & 4) != 0;
}

static inline AVCodecContext *
heard_decoder(const char *coder, int channels)
{
	bool opus = strcmp(coder, "opus") == 0;
	const AVCodec *codec = avcodec_find_decoder_by_name(opus ? "libopus" :
	    coder);
	AVCodecContext *c = avcodec_alloc_context3(codec);

	assert_non_null(codec);
	c->sample_rate = opus ? 48000 : 8000;
	c->thread_count = 1;
	av_channel_layout_default(&c->ch_layout, channels);
	assert_true(avcodec_open2(c, codec, NULL) >= 0);
	return c;
}

static inline void
heard_decode(struct heard *h, AVCodecContext *c, const struct media_wire *m)
{
	AVPacket *p = av_packet_alloc();
	AVFrame *f = av_frame_alloc();

	assert_true(av_new_packet(p, (int)m->len) >= 0);
	memcpy(p->data, m->data, m->len);
	assert_true(avcodec_send_packet(c, p) >= 0);
	while (avcodec_receive_frame(c, f) >= 0)
		heard_add(h, f, m->time_us);
	av_packet_free(&p);
	av_frame_free(&f);
}

/* Frees what is in `out`, where there are nothing but frames. */
static inline struct heard
hear(const char *coder, int channels, struct wire *out)
{
	AVCodecContext *c = heard_decoder(coder, channels);
	struct heard h = { 0 };
	struct media_wire m;
	size_t at = 0;

	while (wire_next(out, &at, &m)) {
		heard_check(&h, coder, &m);
		heard_decode(&h, c, &m);
	}
	if (h.energy[0] + h.energy[1] > 0)
		h.centre_s /= h.energy[0] + h.energy[1];
	avcodec_free_context(&c);
	free(out->bytes);
	*out = (struct wire){ 0 };
	return h;
}

/* How many steps from frame to frame are not 20 ms; `*at`: after which frame
 * the last of them is. */
static inline int
heard_odd_steps(const struct heard *h, int *at)
{
	int odd = 0;

	for (int i = 0; i + 1 < h->n; i++)
		if (h->times[i + 1] - h->times[i] != STEP_US) {
			odd++;
			*at = i;
		}
	return odd;
}

#endif
