/*
 * Frames come from the worker one by one and go through
 *
 *	decoder -> graph -> fifo -> encoder -> worker
 *
 * at once, as far as they get: the graph makes the target's rate and channels
 * of the decoder's, and keeps a few samples that it needs of the next frame;
 * the fifo keeps what is no whole frame of the target. The fifo outlives the
 * graph, so that a camera that changes its rate leaves no gap.
 */
#include "sound_job.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/audio_fifo.h>

#include "base64.h"
#include "job.h"
#include "json.h"
#include "log.h"
#include "sound_clock.h"

#define AREA		"sound"
#define MIN_RATE	4000	/* samples a second, of what a camera sends */
#define MAX_RATE	192000
#define MAX_CHANNELS	8
#define MAX_FRAME	65536	/* bytes: RTP has no larger packets */
#define MAX_SAMPLES	65536	/* of one frame, each with all channels */
#define MAX_BAD		50	/* frames in a row that do not decode */

/* Of Opus: 0 does not look for sharp sounds and smears them; 5 costs a third
 * more. */
#define COMPLEXITY	1

/* What viewers take. */
static const struct target {
	const char *name;	/* the worker's */
	const char *encoder;	/* libavcodec's */
	int rate;
	int channels;	/* at most */
	int samples;	/* of a frame: 20 ms */
	int bit_rate;	/* of each channel; 0: it has no choice */
} targets[] = {
	{ "opus", "libopus", 48000, 2, 960, 32000 },
	{ "pcm_alaw", "pcm_alaw", 8000, 1, 160, 0 },
	{ "pcm_mulaw", "pcm_mulaw", 8000, 1, 160, 0 },
};
#define N_TARGETS	(sizeof targets / sizeof targets[0])

struct sound {
	struct job		*job;
	const char		*coder;
	const struct target	*to;

	AVCodecContext		*decoder;
	AVCodecContext		*encoder;	/* NULL before the first frame:
						   it has as many channels */
	AVFilterGraph		*graph;		/* as the frame before had it,
						   or NULL */
	AVFilterContext		*source, *sink;
	int			 format, rate;	/* what goes into the graph */
	AVChannelLayout		 layout;
	AVAudioFifo		*fifo;		/* NULL without the encoder */
	struct sound_clock	 clock;		/* came: into the fifo; went:
						   into the encoder */
	AVPacket		*packet;
	AVFrame			*decoded, *filtered, *frame;
	int			 bad;		/* frames in a row */
};

/* The decoder */

/* The camera's RTP tells no layer of MPEG audio from another; one decoder does
 * all three. */
static const AVCodec *
find_decoder(const char *coder)
{
	const AVCodecDescriptor *d = avcodec_descriptor_get_by_name(coder);

	if (d == NULL || d->type != AVMEDIA_TYPE_AUDIO)
		return NULL;
	if (d->id == AV_CODEC_ID_MP1 || d->id == AV_CODEC_ID_MP2)
		return avcodec_find_decoder(AV_CODEC_ID_MP3);
	return avcodec_find_decoder(d->id);
}

/* A text that is no base64 is as if there were none: whether the decoder can
 * do without, it says itself. */
static void
set_config(AVCodecContext *c, const char *text)
{
	size_t n = 0;
	uint8_t *config = base64_decode_bytes(text, strlen(text), &n);

	if (config != NULL)
		c->extradata = av_mallocz(n + AV_INPUT_BUFFER_PADDING_SIZE);
	if (c->extradata != NULL) {
		memcpy(c->extradata, config, n);
		c->extradata_size = (int)n;
	}
	free(config);
}

static int
open_decoder(struct sound *s, const AVCodec *codec, const json_t *what)
{
	AVCodecContext *c = avcodec_alloc_context3(codec);

	s->decoder = c;
	if (c == NULL)
		return AVERROR(ENOMEM);
	c->sample_rate = (int)json_get_int(what, "rate", 0);
	av_channel_layout_default(&c->ch_layout,
	    (int)json_get_int(what, "channels", 0));
	c->bits_per_coded_sample = (int)json_get_int(what, "bits", 0);
	c->pkt_timebase = (AVRational){ 1, 1000000 };
	c->thread_count = 1;
	c->max_samples = MAX_SAMPLES;
	set_config(c, json_get_string(what, "config", ""));
	return avcodec_open2(c, codec, NULL);
}

static bool
can_decode(struct sound *s, const json_t *what)
{
	json_int_t rate = json_get_int(what, "rate", 0);
	json_int_t channels = json_get_int(what, "channels", 0);
	json_int_t bits = json_get_int(what, "bits", 0);
	const AVCodec *codec = find_decoder(s->coder);
	int ret;

	if (codec == NULL)
		job_fail(s->job, "unsupported", "audio %s cannot be decoded: "
		    "libavcodec has no decoder for it", s->coder);
	else if (rate < MIN_RATE || rate > MAX_RATE || channels < 1 ||
	    channels > MAX_CHANNELS || bits < 0 || bits > 64)
		job_fail(s->job, "unsupported", "audio %s cannot be decoded: "
		    "%lld Hz, %lld channels and %lld bits a sample are not "
		    "what sound has", s->coder, (long long)rate,
		    (long long)channels, (long long)bits);
	else if ((ret = open_decoder(s, codec, what)) < 0)
		job_fail(s->job, "unsupported", "audio %s cannot be decoded: "
		    "its decoder says: %s", s->coder, av_err2str(ret));
	else
		return true;
	return false;
}

/* The encoder */

static bool
can_encode(struct sound *s, const char *name)
{
	for (size_t i = 0; i < N_TARGETS && s->to == NULL; i++)
		if (strcmp(targets[i].name, name) == 0)
			s->to = &targets[i];
	if (s->to == NULL)
		job_fail(s->job, "unsupported", "audio %s cannot be made %s: "
		    "it can be made opus, pcm_alaw and pcm_mulaw", s->coder,
		    name[0] != '\0' ? name : "what nobody names");
	else if (avcodec_find_encoder_by_name(s->to->encoder) == NULL)
		job_fail(s->job, "unsupported", "audio %s cannot be made %s: "
		    "libavcodec has no %s", s->coder, name, s->to->encoder);
	else
		return true;
	return false;
}

static void
close_encoder(struct sound *s)
{
	avcodec_free_context(&s->encoder);
	av_frame_free(&s->frame);
	av_audio_fifo_free(s->fifo);
	s->fifo = NULL;
}

static int
open_codec(struct sound *s, int channels)
{
	const AVCodec *codec = avcodec_find_encoder_by_name(s->to->encoder);
	AVCodecContext *c = avcodec_alloc_context3(codec);
	AVDictionary *options = NULL;
	int ret;

	s->encoder = c;
	if (c == NULL)
		return AVERROR(ENOMEM);
	c->sample_fmt = AV_SAMPLE_FMT_S16;
	c->sample_rate = s->to->rate;
	c->time_base = (AVRational){ 1, s->to->rate };
	c->bit_rate = (int64_t)s->to->bit_rate * channels;
	c->thread_count = 1;
	c->compression_level = COMPLEXITY;
	av_channel_layout_default(&c->ch_layout, channels);
	av_dict_set(&options, "application", "audio", 0);
	av_dict_set(&options, "frame_duration", "20", 0);
	ret = avcodec_open2(c, codec, &options);
	av_dict_free(&options);	/* G.711 has left those in it */
	if (ret >= 0 && c->frame_size != 0 && c->frame_size != s->to->samples)
		ret = AVERROR_BUG;
	return ret;
}

/* Opens it with all that goes into it. */
static int
open_encoder(struct sound *s, int channels)
{
	int ret = open_codec(s, channels);

	s->fifo = av_audio_fifo_alloc(AV_SAMPLE_FMT_S16, channels,
	    2 * s->to->samples);
	s->frame = av_frame_alloc();
	if (ret >= 0 && (s->fifo == NULL || s->frame == NULL))
		ret = AVERROR(ENOMEM);
	if (ret >= 0) {
		s->frame->format = AV_SAMPLE_FMT_S16;
		s->frame->sample_rate = s->to->rate;
		s->frame->nb_samples = s->to->samples;
		s->frame->pts = 0;
		av_channel_layout_default(&s->frame->ch_layout, channels);
		ret = av_frame_get_buffer(s->frame, 0);
	}
	if (ret < 0)
		close_encoder(s);
	return ret;
}

/* A worker that is gone is noticed when the next frame is asked for. */
static void
send_packet(struct sound *s, int64_t time_us)
{
	const struct media_wire m = {
		.kind = MEDIA_WIRE_AUDIO, .time_us = time_us,
		.data = s->packet->data, .len = (size_t)s->packet->size,
	};

	job_send(s->job, &m);
	av_packet_unref(s->packet);
}

/* Encodes the frame that begins at the clock's time. Each of these encoders
 * makes one packet of one frame. What comes out of Opus is late by what the
 * encoder looks ahead, 312 samples. */
static int
encode(struct sound *s)
{
	int64_t time_us = sound_clock_going_us(&s->clock) -
	    av_rescale(s->encoder->initial_padding, 1000000, s->to->rate);
	int ret = avcodec_send_frame(s->encoder, s->frame);

	s->frame->pts += s->to->samples;
	s->clock.went += s->to->samples;
	while (ret >= 0) {
		ret = avcodec_receive_packet(s->encoder, s->packet);
		if (ret >= 0)
			send_packet(s, time_us);
	}
	return ret == AVERROR(EAGAIN) ? 0 : ret;
}

/* Encodes `n` samples of the fifo, and silence behind them if they are no
 * whole frame. */
static int
encode_from_fifo(struct sound *s, int n)
{
	int ret = av_frame_make_writable(s->frame);

	if (ret < 0)
		return ret;
	av_audio_fifo_read(s->fifo, (void **)s->frame->extended_data, n);
	av_samples_set_silence(s->frame->extended_data, n, s->to->samples - n,
	    s->frame->ch_layout.nb_channels, AV_SAMPLE_FMT_S16);
	return encode(s);
}

static int
encode_whole_frames(struct sound *s)
{
	int ret = 0;

	while (ret >= 0 && av_audio_fifo_size(s->fifo) >= s->to->samples)
		ret = encode_from_fifo(s, s->to->samples);
	return ret;
}

/* The graph */

static int
add_filter(struct sound *s, AVFilterContext **f, const char *name,
    const char *args)
{
	return avfilter_graph_create_filter(f, avfilter_get_by_name(name),
	    name, args, NULL, s->graph);
}

/* The rates, formats and channels of both ends are all that it is told: it
 * puts a resampler between, where there is need of one. */
static int
configure_graph(struct sound *s)
{
	AVFilterContext *format;
	char in[128], out[128];
	int ret;

	snprintf(in, sizeof in, "time_base=1/%d:sample_rate=%d:sample_fmt=%s:"
	    "channel_layout=0x%" PRIx64, s->rate, s->rate,
	    av_get_sample_fmt_name(s->format), s->layout.u.mask);
	snprintf(out, sizeof out, "sample_fmts=s16:sample_rates=%d:"
	    "channel_layouts=%s", s->to->rate,
	    s->encoder->ch_layout.nb_channels == 1 ? "mono" : "stereo");
	if ((ret = add_filter(s, &s->source, "abuffer", in)) < 0 ||
	    (ret = add_filter(s, &format, "aformat", out)) < 0 ||
	    (ret = add_filter(s, &s->sink, "abuffersink", NULL)) < 0 ||
	    (ret = avfilter_link(s->source, 0, format, 0)) < 0 ||
	    (ret = avfilter_link(format, 0, s->sink, 0)) < 0)
		return ret;
	return avfilter_graph_config(s->graph, NULL);
}

static int
open_graph(struct sound *s, const AVFrame *f)
{
	int ret = av_channel_layout_copy(&s->layout, &f->ch_layout);

	s->format = f->format;
	s->rate = f->sample_rate;
	s->graph = avfilter_graph_alloc();
	if (s->graph == NULL)
		return AVERROR(ENOMEM);
	s->graph->nb_threads = 1;
	if (ret >= 0)
		ret = configure_graph(s);
	if (ret < 0)
		avfilter_graph_free(&s->graph);
	return ret;
}

/* Takes all that has come out of the graph. */
static int
pull(struct sound *s)
{
	int ret;

	while ((ret = av_buffersink_get_frame(s->sink, s->filtered)) >= 0) {
		int n = s->filtered->nb_samples;

		ret = av_audio_fifo_write(s->fifo,
		    (void **)s->filtered->extended_data, n);
		av_frame_unref(s->filtered);
		if (ret < 0)
			return ret;
		s->clock.came += n;
	}
	return ret == AVERROR(EAGAIN) || ret == AVERROR_EOF ? 0 : ret;
}

/* Takes the last samples out of the graph and ends it. */
static int
drain_graph(struct sound *s)
{
	int ret;

	if (s->graph == NULL)
		return 0;
	ret = av_buffersrc_add_frame(s->source, NULL);
	if (ret >= 0)
		ret = pull(s);
	avfilter_graph_free(&s->graph);
	return ret < 0 ? ret : encode_whole_frames(s);
}

/* From one frame to the next */

static bool
graph_takes(const struct sound *s, const AVFrame *f)
{
	return s->graph != NULL && s->format == f->format &&
	    s->rate == f->sample_rate &&
	    av_channel_layout_compare(&s->layout, &f->ch_layout) == 0;
}

/* Ends the count and begins it anew. What is no whole frame yet becomes one,
 * with silence; a gap is longer than that. */
static int
begin_again(struct sound *s, int64_t time_us)
{
	int ret = drain_graph(s), rest;

	if (ret >= 0 && s->fifo != NULL &&
	    (rest = av_audio_fifo_size(s->fifo)) > 0)
		ret = encode_from_fifo(s, rest);
	if (s->clock.runs)
		log_debug(AREA, "time parts from the count of samples by "
		    "%" PRId64 " ms", (time_us -
		    sound_clock_coming_us(&s->clock)) / 1000);
	if (s->fifo != NULL)
		av_audio_fifo_reset(s->fifo);
	sound_clock_begin(&s->clock, time_us);
	return ret;
}

/* Another number of channels is another encoder, and the last samples before,
 * less than a frame, are lost. */
static int
prepare_encoder(struct sound *s, int channels)
{
	if (channels > s->to->channels)
		channels = s->to->channels;
	if (s->encoder != NULL &&
	    s->encoder->ch_layout.nb_channels == channels)
		return 0;
	if (s->encoder != NULL)
		sound_clock_begin(&s->clock,
		    sound_clock_coming_us(&s->clock));
	close_encoder(s);
	return open_encoder(s, channels);
}

/* The decoder of MPEG audio sets the rate of a frame before it has read it:
 * the context's is that of the frame. And only a layout that has a mask can be
 * mixed. */
static int
check_frame(const struct sound *s, AVFrame *f)
{
	int n = f->ch_layout.nb_channels;

	f->sample_rate = s->decoder->sample_rate;
	if (f->sample_rate < MIN_RATE || f->sample_rate > MAX_RATE ||
	    n < 1 || n > MAX_CHANNELS)
		return AVERROR_INVALIDDATA;
	if (f->ch_layout.order != AV_CHANNEL_ORDER_NATIVE) {
		av_channel_layout_uninit(&f->ch_layout);
		av_channel_layout_default(&f->ch_layout, n);
	}
	return f->ch_layout.order == AV_CHANNEL_ORDER_NATIVE ? 0 :
	    AVERROR_INVALIDDATA;
}

/* Gets ready for a decoded frame: for its time, its rate and its channels. */
static int
prepare(struct sound *s, AVFrame *f)
{
	int ret = check_frame(s, f);

	if (ret < 0)
		return ret;
	if (sound_clock_is_time(f->pts) &&
	    sound_clock_parts(&s->clock, f->pts) &&
	    (ret = begin_again(s, f->pts)) < 0)
		return ret;
	if (graph_takes(s, f))
		return 0;
	if ((ret = drain_graph(s)) < 0 ||
	    (ret = prepare_encoder(s, f->ch_layout.nb_channels)) < 0)
		return ret;
	return open_graph(s, f);
}

/* Sound that comes before any time is known is left out. */
static int
hear(struct sound *s, AVFrame *f)
{
	int ret;

	if (!s->clock.runs && !sound_clock_is_time(f->pts))
		return 0;
	ret = prepare(s, f);
	if (ret < 0)
		return ret;
	f->pts = AV_NOPTS_VALUE;
	ret = av_buffersrc_add_frame(s->source, f);
	if (ret >= 0)
		ret = pull(s);
	return ret < 0 ? ret : encode_whole_frames(s);
}

/* Hears all frames that the decoder has made. An error does not matter where
 * some could be heard: there may be anything behind a frame. */
static int
hear_all(struct sound *s)
{
	int ret, error = AVERROR_INVALIDDATA;
	bool heard = false;

	while ((ret = avcodec_receive_frame(s->decoder, s->decoded)) >= 0) {
		ret = hear(s, s->decoded);
		av_frame_unref(s->decoded);
		if (ret < 0)
			error = ret;
		else
			heard = true;
	}
	if (heard)
		return 0;
	return ret == AVERROR(EAGAIN) ? error : ret;
}

static int
decode(struct sound *s, const struct media_wire *m)
{
	int ret;

	if (m->len == 0 || m->len > MAX_FRAME)
		return AVERROR_INVALIDDATA;
	if ((ret = av_new_packet(s->packet, (int)m->len)) < 0)
		return ret;
	memcpy(s->packet->data, m->data, m->len);
	s->packet->pts = s->packet->dts = sound_clock_is_time(m->time_us) ?
	    m->time_us : AV_NOPTS_VALUE;
	ret = avcodec_send_packet(s->decoder, s->packet);
	av_packet_unref(s->packet);
	return ret < 0 ? ret : hear_all(s);
}

/* Returns -1 if there is no use in going on. */
static int
take(struct sound *s, const struct media_wire *m)
{
	int ret = decode(s, m);

	if (ret >= 0) {
		s->bad = 0;
		return 0;
	}
	log_debug(AREA, "a frame of %zu bytes left out: %s", m->len,
	    av_err2str(ret));
	if (++s->bad < MAX_BAD)
		return 0;
	job_fail(s->job, "unsupported", "audio %s cannot be decoded: of %d "
	    "frames in a row, none could be: %s", s->coder, s->bad,
	    av_err2str(ret));
	return -1;
}

static void
run(struct sound *s)
{
	struct media_wire m;

	s->packet = av_packet_alloc();
	s->decoded = av_frame_alloc();
	s->filtered = av_frame_alloc();
	if (s->packet == NULL || s->decoded == NULL || s->filtered == NULL)
		return;
	s->clock.rate = s->to->rate;
	while (job_receive(s->job, -1, &m) == 1)
		if (m.kind == MEDIA_WIRE_AUDIO && take(s, &m) == -1)
			break;
}

void
job_sound(struct job *job, const json_t *what)
{
	struct sound s = {
		.job = job, .coder = json_get_string(what, "coder", ""),
	};

	if (can_decode(&s, what) &&
	    can_encode(&s, json_get_string(what, "to", "")))
		run(&s);
	close_encoder(&s);
	avfilter_graph_free(&s.graph);
	av_channel_layout_uninit(&s.layout);
	avcodec_free_context(&s.decoder);
	av_packet_free(&s.packet);
	av_frame_free(&s.decoded);
	av_frame_free(&s.filtered);
}
