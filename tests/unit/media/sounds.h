#ifndef LULL_TEST_SOUNDS_H
#define LULL_TEST_SOUNDS_H

/*
 * The job "sound" in a thread, as it runs in lull-media, with what a camera
 * would send it: sound that libavcodec has encoded. For tests with cmocka,
 * whose headers come first.
 */
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <jansson.h>
#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>

#include "base64.h"
#include "media/job.h"
#include "media/sound_job.h"
#include "media_wire.h"
#include "xalloc.h"

#define BEGIN_US	5000000	/* the time of the first sample of an input */
#define TONE_HZ		600
#define GIVE_UP_MS	60000	/* nothing here takes longer unless it hangs */

/* Bytes on their way: messages one behind the other. */
struct wire {
	uint8_t	*bytes;
	size_t	 len, room;
};

static inline void
wire_add(struct wire *w, const void *bytes, size_t len)
{
	if (w->len + len > w->room) {
		w->room = 2 * (w->len + len);
		w->bytes = xrealloc(w->bytes, w->room);
	}
	if (len > 0)
		memcpy(w->bytes + w->len, bytes, len);
	w->len += len;
}

static inline void
wire_say(struct wire *w, int64_t time_us, const void *data, size_t len)
{
	const struct media_wire m = { .kind = MEDIA_WIRE_AUDIO,
		.time_us = time_us, .len = len };
	uint8_t header[MEDIA_WIRE_HEADER];

	media_wire_write(&m, header);
	wire_add(w, header, sizeof header);
	wire_add(w, data, len);
}

/* The next message from `*at` on; false behind the last. */
static inline bool
wire_next(const struct wire *w, size_t *at, struct media_wire *m)
{
	size_t wanted;
	ptrdiff_t n = media_wire_read(w->bytes + *at, w->len - *at, m,
	    &wanted);

	assert_true(n > 0 || *at == w->len);
	*at += (size_t)n;
	return n > 0;
}

/* What a camera sends */

struct track {
	const char	*coder;		/* as the worker calls it */
	const char	*encoder;	/* libavcodec's, if it is another */
	int		 rate, channels, bits;
	int		 chunk;		/* bytes; 0: the encoder's packets */
	const char	*config;	/* base64; NULL: the encoder's */
	double		 begin_s, end_s;	/* of the tone; silence else */
	bool		 left;		/* the tone is in one channel only */
	double		 length_s;	/* 0: 2 s */
};

static inline double
track_sample(const struct track *t, int64_t i, int channel)
{
	double s = (double)i / t->rate;

	if (s < t->begin_s || s >= t->end_s || (t->left && channel > 0))
		return 0;
	return 0.5 * sin(2 * M_PI * TONE_HZ * s);
}

static inline void
track_draw(const struct track *t, AVFrame *f)
{
	int n = f->ch_layout.nb_channels;

	assert_true(av_frame_make_writable(f) >= 0);
	for (int i = 0; i < f->nb_samples; i++)
		for (int k = 0; k < n; k++) {
			double v = track_sample(t, f->pts + i, k);

			if (f->format == AV_SAMPLE_FMT_FLTP)
				((float *)(void *)f->data[k])[i] = (float)v;
			else
				((int16_t *)(void *)f->data[0])[i * n + k] =
				    (int16_t)lrint(32767 * v);
		}
}

/* The two that track_draw() draws. */
static inline enum AVSampleFormat
track_format(const AVCodec *codec)
{
	for (const enum AVSampleFormat *f = codec->sample_fmts; *f != -1; f++)
		if (*f == AV_SAMPLE_FMT_FLTP || *f == AV_SAMPLE_FMT_S16)
			return *f;
	fail_msg("%s encodes no samples that are drawn here", codec->name);
	return AV_SAMPLE_FMT_NONE;
}

static inline AVCodecContext *
track_encoder(const struct track *t)
{
	const AVCodec *codec = avcodec_find_encoder_by_name(
	    t->encoder != NULL ? t->encoder : t->coder);
	AVCodecContext *c = avcodec_alloc_context3(codec);

	assert_non_null(codec);
	c->sample_fmt = track_format(codec);
	c->sample_rate = t->rate;
	c->time_base = (AVRational){ 1, t->rate };
	if (t->bits > 0)
		av_opt_set_int(c->priv_data, "code_size", t->bits, 0);
	c->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
	c->thread_count = 1;
	if (t->channels == 2 && strcmp(t->coder, "pcm_s16be") != 0)
		c->bit_rate = 128000;
	av_channel_layout_default(&c->ch_layout, t->channels);
	assert_true(avcodec_open2(c, codec, NULL) >= 0);
	return c;
}

/* Says what the encoder has made, in chunks if it makes longer packets than a
 * camera does. */
static inline void
track_say(const struct track *t, AVCodecContext *c, AVPacket *p,
    int64_t begin_us, struct wire *w)
{
	while (avcodec_receive_packet(c, p) >= 0) {
		int step = t->chunk > 0 ? t->chunk : p->size;

		for (int at = 0; at < p->size; at += step) {
			int n = p->size - at < step ? p->size - at : step;

			wire_say(w, begin_us + av_rescale(p->pts, 1000000,
			    t->rate) + av_rescale(av_rescale(p->duration,
			    1000000, t->rate), at, p->size), p->data + at,
			    (size_t)n);
		}
		av_packet_unref(p);
	}
}

/* Says the whole of it; its first sample is of `begin_us`. */
static inline void
track_encode(const struct track *t, AVCodecContext *c, int64_t begin_us,
    struct wire *w)
{
	int64_t n = (int64_t)((t->length_s > 0 ? t->length_s : 2) * t->rate);
	AVPacket *p = av_packet_alloc();
	AVFrame *f = av_frame_alloc();

	f->format = c->sample_fmt;
	f->sample_rate = t->rate;
	f->nb_samples = c->frame_size > 0 ? c->frame_size : t->rate / 50;
	assert_true(av_channel_layout_copy(&f->ch_layout,
	    &c->ch_layout) >= 0);
	assert_true(av_frame_get_buffer(f, 0) >= 0);
	for (f->pts = 0; f->pts < n; f->pts += f->nb_samples) {
		track_draw(t, f);
		assert_true(avcodec_send_frame(c, f) >= 0);
		track_say(t, c, p, begin_us, w);
	}
	av_frame_free(&f);
	av_packet_free(&p);
}

/* Returns what the worker would ask for. */
static inline json_t *
track_what(const struct track *t, const AVCodecContext *c, const char *to)
{
	char *config = t->config != NULL ? xstrdup(t->config) :
	    base64_encode(c->extradata, (size_t)c->extradata_size);
	json_t *what = json_pack("{s:s,s:s,s:i,s:i,s:i,s:s,s:s}", "job",
	    "sound", "coder", t->coder, "rate", t->rate, "channels",
	    t->channels, "bits", t->bits, "config", config, "to", to);

	free(config);
	return what;
}

/* Returns what to ask for, and puts the sound into `w`. */
static inline json_t *
track_make(const struct track *t, const char *to, struct wire *w)
{
	AVCodecContext *c = track_encoder(t);
	json_t *what = track_what(t, c, to);

	track_encode(t, c, BEGIN_US, w);
	avcodec_free_context(&c);
	return what;
}

/* The helper */

struct helper {
	pthread_t	 thread;
	int		 fd;	/* the worker's end */
	struct job	*job;
	json_t		*what;
};

static inline void *
helper_run(void *arg)
{
	struct helper *h = arg;

	job_sound(h->job, h->what);
	job_free(h->job);
	return NULL;
}

/* Takes the reference. */
static inline void
helper_start(struct helper *h, json_t *what)
{
	int fds[2];

	assert_non_null(what);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    fds), 0);
	h->fd = fds[0];
	h->job = job_new(fds[1]);
	h->what = what;
	assert_int_equal(pthread_create(&h->thread, NULL, helper_run, h), 0);
}

static inline void
helper_end(struct helper *h)
{
	close(h->fd);
	pthread_join(h->thread, NULL);
	json_decref(h->what);
}

/* Adds what is there to `out`, and waits if nothing is. Returns false at the
 * end. */
static inline bool
helper_read(struct helper *h, struct wire *out)
{
	struct pollfd p = { .fd = h->fd, .events = POLLIN };
	uint8_t buf[65536];
	ssize_t n;

	assert_int_equal(poll(&p, 1, GIVE_UP_MS), 1);
	n = read(h->fd, buf, sizeof buf);
	if (n > 0)
		wire_add(out, buf, (size_t)n);
	return n > 0;	/* what it left unread resets the connection */
}

/* Sends all, while reading, until the helper ends: at the end of `in`, or
 * before. */
static inline void
helper_feed(struct helper *h, const struct wire *in, struct wire *out)
{
	size_t sent = 0;

	while (sent < in->len) {
		struct pollfd p = { .fd = h->fd, .events = POLLIN | POLLOUT };
		ssize_t n = 0;

		assert_int_equal(poll(&p, 1, GIVE_UP_MS), 1);
		if (p.revents & POLLOUT)
			n = send(h->fd, in->bytes + sent, in->len - sent,
			    MSG_DONTWAIT | MSG_NOSIGNAL);
		sent += n > 0 ? (size_t)n : 0;
		if (p.revents & ~POLLOUT && !helper_read(h, out))
			return;
	}
	shutdown(h->fd, SHUT_WR);
	while (helper_read(h, out))
		;
}

/* Takes the reference, and what is in `in`. */
static inline struct wire
helper_does(json_t *what, struct wire *in)
{
	struct wire out = { 0 };
	struct helper h;

	helper_start(&h, what);
	helper_feed(&h, in, &out);
	helper_end(&h);
	free(in->bytes);
	*in = (struct wire){ 0 };
	return out;
}

#endif
