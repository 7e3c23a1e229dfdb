#include "demo.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavutil/opt.h>

#include "camera_url.h"
#include "clock.h"
#include "job.h"
#include "xalloc.h"

#define FONT	"/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"
#define TEXT	"%{localtime:%Y-%m-%d %T}  %{n}"
#define TEXT_LEN	28	/* characters of it, about */

#define MAX_RATE	2000000	/* bit/s */
#define TONE_HZ		440
#define TONE_LEVEL	0.1	/* of full scale */
#define SOUND_RATE	48000
#define SOUND_SAMPLES	960	/* 20 ms */
#define SOUND_BIT_RATE	32000
#define MAX_LATE_US	1000000	/* what is later is not made up for */

struct demo {
	struct job		*job;
	int			 width, height, fps;
	double			 gop_s;

	AVFilterGraph		*graph;
	AVFilterContext		*sink;
	AVCodecContext		*video, *audio;
	AVFrame			*picture, *sound;
	AVPacket		*packet;
	int64_t			 pictures, sounds;	/* made so far */
	int64_t			 begin_us;	/* of both, clock_now_us() */
};

/* Parameters */

static int
set_size(struct demo *d, const char *value)
{
	char end;

	if (sscanf(value, "%4dx%4d%c", &d->width, &d->height, &end) != 2)
		return -1;
	return d->width >= 64 && d->width <= 1920 && d->width % 2 == 0 &&
	    d->height >= 64 && d->height <= 1080 && d->height % 2 == 0 ?
	    0 : -1;
}

static int
set_fps(struct demo *d, const char *value)
{
	char end;

	if (sscanf(value, "%4d%c", &d->fps, &end) != 1)
		return -1;
	return d->fps >= 1 && d->fps <= 60 ? 0 : -1;
}

static int
set_gop(struct demo *d, const char *value)
{
	char end;

	if (sscanf(value, "%lf%c", &d->gop_s, &end) != 1)
		return -1;
	return d->gop_s >= 0.1 && d->gop_s <= 60 ? 0 : -1;
}

static const struct {
	const char *name;
	int (*set)(struct demo *, const char *value);
	const char *want;
} params[] = {
	{ "size", set_size, "WxH, even, 64x64 to 1920x1080" },
	{ "fps", set_fps, "1 to 60" },
	{ "gop", set_gop, "seconds, 0.1 to 60" },
};
#define N_PARAMS	(sizeof params / sizeof params[0])

static int
set_param(struct demo *d, char *param)
{
	const char *name = strsep(&param, "=");

	for (size_t i = 0; i < N_PARAMS; i++) {
		if (strcmp(params[i].name, name) != 0)
			continue;
		if (param != NULL && params[i].set(d, param) == 0)
			return 0;
		job_fail(d->job, "unsupported",
		    "demo: %s wants %s", name, params[i].want);
		return -1;
	}
	job_fail(d->job, "unsupported",
	    "demo: knows size, fps and gop, as in demo:?fps=10&gop=1");
	return -1;
}

static int
set_params(struct demo *d, const char *url)
{
	char *copy = xstrdup(url + strlen("demo:")), *rest, *param;
	int ret = 0;

	rest = copy + strspn(copy, "/?");
	while (ret == 0 && (param = strsep(&rest, "&")) != NULL)
		if (*param != '\0')
			ret = set_param(d, param);
	free(copy);
	return ret;
}

/* The picture */

/* Adds the filter behind `last`, without avfilter_graph_parse(), since its
 * quoting and the text's own do not go well together. */
static AVFilterContext *
add_filter(struct demo *d, AVFilterContext *last, const char *name,
    const char *const *options)
{
	AVFilterContext *f = avfilter_graph_alloc_filter(d->graph,
	    avfilter_get_by_name(name), name);

	if (f == NULL)
		return NULL;
	for (; *options != NULL; options += 2)
		if (av_opt_set(f, options[0], options[1],
		    AV_OPT_SEARCH_CHILDREN) < 0)
			return NULL;
	if (avfilter_init_str(f, NULL) < 0 ||
	    (last != NULL && avfilter_link(last, 0, f, 0) < 0))
		return NULL;
	return f;
}

/* Returns NULL if there is no font, or no libfreetype in libavfilter. */
static AVFilterContext *
add_text(struct demo *d, AVFilterContext *last)
{
	int by_width = d->width * 10 / 6 / TEXT_LEN;
	int by_height = d->height / 12;
	char *size = xasprintf("%d", by_width < by_height ? by_width :
	    by_height);
	const char *const options[] = {
		"text", TEXT, "fontsize", size, "fontcolor", "white",
		"box", "1", "boxcolor", "black@0.6", "boxborderw", "4",
		"x", "(w-tw)/2", "y", "h-2*lh",
		access(FONT, R_OK) == 0 ? "fontfile" : NULL, FONT, NULL
	};
	AVFilterContext *f = add_filter(d, last, "drawtext", options);

	free(size);
	return f;
}

static int
open_graph(struct demo *d, bool text)
{
	char *size = xasprintf("%dx%d", d->width, d->height);
	char *rate = xasprintf("%d", d->fps);
	const char *const source[] = { "size", size, "rate", rate, NULL };
	const char *const format[] = { "pix_fmts", "yuv420p", NULL };
	const char *const none[] = { NULL };
	AVFilterContext *f;

	d->graph = avfilter_graph_alloc();
	avfilter_graph_set_auto_convert(d->graph, AVFILTER_AUTO_CONVERT_ALL);
	d->graph->nb_threads = 1;
	f = add_filter(d, NULL, "testsrc2", source);
	if (f != NULL && text)
		f = add_text(d, f);
	if (f != NULL)
		f = add_filter(d, f, "format", format);
	if (f != NULL)
		f = d->sink = add_filter(d, f, "buffersink", none);
	free(size);
	free(rate);
	if (f != NULL && avfilter_graph_config(d->graph, NULL) >= 0)
		return 0;
	avfilter_graph_free(&d->graph);
	return -1;
}

static int
open_video(struct demo *d)
{
	const AVCodec *codec = avcodec_find_encoder_by_name("libx264");
	AVDictionary *options = NULL;
	int ret;

	if (codec == NULL)
		return -1;
	d->video = avcodec_alloc_context3(codec);
	d->video->width = d->width;
	d->video->height = d->height;
	d->video->pix_fmt = AV_PIX_FMT_YUV420P;
	d->video->time_base = (AVRational){ 1, d->fps };
	d->video->framerate = (AVRational){ d->fps, 1 };
	d->video->gop_size = (int)ceil(d->fps * d->gop_s);
	d->video->max_b_frames = 0;
	d->video->thread_count = 1;	/* or it cuts pictures into slices */
	d->video->rc_max_rate = MAX_RATE;
	d->video->rc_buffer_size = MAX_RATE / 2;
	av_dict_set(&options, "preset", "ultrafast", 0); /* no scenecut */
	av_dict_set(&options, "tune", "zerolatency", 0);
	av_dict_set(&options, "profile", "baseline", 0);
	av_dict_set(&options, "crf", "26", 0);
	ret = avcodec_open2(d->video, codec, &options);
	av_dict_free(&options);
	return ret;
}

/* The tone */

static int
open_audio(struct demo *d)
{
	const AVCodec *codec = avcodec_find_encoder_by_name("libopus");

	if (codec == NULL)
		return -1;
	d->audio = avcodec_alloc_context3(codec);
	d->audio->sample_fmt = AV_SAMPLE_FMT_FLT;
	d->audio->sample_rate = SOUND_RATE;
	d->audio->bit_rate = SOUND_BIT_RATE;
	av_channel_layout_default(&d->audio->ch_layout, 1);
	if (avcodec_open2(d->audio, codec, NULL) < 0 ||
	    d->audio->frame_size != SOUND_SAMPLES)
		return -1;
	d->sound->format = AV_SAMPLE_FMT_FLT;
	d->sound->sample_rate = SOUND_RATE;
	d->sound->nb_samples = SOUND_SAMPLES;
	av_channel_layout_default(&d->sound->ch_layout, 1);
	return av_frame_get_buffer(d->sound, 0);
}

static int
draw_sound(struct demo *d)
{
	int64_t first = d->sounds * SOUND_SAMPLES;
	float *out;

	if (av_frame_make_writable(d->sound) < 0)
		return -1;
	out = (float *)(void *)d->sound->data[0];
	for (int i = 0; i < SOUND_SAMPLES; i++) {
		int64_t n = (first + i) % SOUND_RATE * TONE_HZ % SOUND_RATE;

		out[i] = (float)(TONE_LEVEL *
		    sin(2 * M_PI * (double)n / SOUND_RATE));
	}
	d->sound->pts = first;
	return 0;
}

/* One after the other */

static int64_t
picture_due(const struct demo *d)
{
	return d->begin_us + d->pictures * 1000000 / d->fps;
}

static int64_t
sound_due(const struct demo *d)
{
	return d->begin_us + d->sounds * SOUND_SAMPLES * 1000000LL /
	    SOUND_RATE;
}

static int
give(struct demo *d, enum media_wire_kind kind, int64_t time_us)
{
	struct media_wire m = {
		.kind = kind, .time_us = time_us,
		.data = d->packet->data, .len = (size_t)d->packet->size,
	};
	int ret;

	if ((d->packet->flags & AV_PKT_FLAG_KEY) != 0)
		m.flags = MEDIA_WIRE_KEY;
	ret = job_send(d->job, &m);
	av_packet_unref(d->packet);
	return ret;
}

static int
make_picture(struct demo *d)
{
	int64_t due = picture_due(d);
	int ret = av_buffersink_get_frame(d->sink, d->picture);

	if (ret < 0)
		return ret;
	d->picture->pts = d->pictures++;
	d->picture->pict_type = AV_PICTURE_TYPE_NONE;
	ret = avcodec_send_frame(d->video, d->picture);
	av_frame_unref(d->picture);
	while (ret >= 0 &&
	    avcodec_receive_packet(d->video, d->packet) == 0) {
		ret = give(d, MEDIA_WIRE_VIDEO, due);
	}
	return ret;
}

static int
make_sound(struct demo *d)
{
	int64_t due = sound_due(d);
	int ret = draw_sound(d);

	if (ret >= 0)
		ret = avcodec_send_frame(d->audio, d->sound);
	d->sounds++;
	while (ret >= 0 &&
	    avcodec_receive_packet(d->audio, d->packet) == 0) {
		ret = give(d, MEDIA_WIRE_AUDIO, due);
	}
	return ret;
}

static int
make_next(struct demo *d)
{
	bool picture = picture_due(d) <= sound_due(d);
	int64_t due = picture ? picture_due(d) : sound_due(d);
	int64_t left = due - clock_now_us();

	if (left < -MAX_LATE_US)
		d->begin_us -= left;
	if (left > 0 && job_sleep(d->job, (int)(left + 999) / 1000) == -1)
		return 0;
	return picture ? make_picture(d) : make_sound(d);
}

static int
open_all(struct demo *d)
{
	d->picture = av_frame_alloc();
	d->sound = av_frame_alloc();
	d->packet = av_packet_alloc();
	if (open_graph(d, true) == -1 && open_graph(d, false) == -1)
		job_fail(d->job, "lost",
		    "demo: libavfilter cannot make the picture");
	else if (open_video(d) < 0)
		job_fail(d->job, "lost",
		    "demo: libavcodec cannot encode H264: it needs libx264");
	else if (open_audio(d) < 0)
		job_fail(d->job, "lost",
		    "demo: libavcodec cannot encode Opus: it needs libopus");
	else
		return 0;
	return -1;
}

static void
close_all(struct demo *d)
{
	avfilter_graph_free(&d->graph);
	avcodec_free_context(&d->video);
	avcodec_free_context(&d->audio);
	av_frame_free(&d->picture);
	av_frame_free(&d->sound);
	av_packet_free(&d->packet);
}

static int
describe(struct demo *d)
{
	return job_tell(d->job, json_pack("{s:s,s:s,s:{s:s,s:i,s:i}}",
	    "event", "begin", "video", "h264", "sound", "coder", "opus",
	    "rate", SOUND_RATE, "channels", 1));
}

struct demo *
demo_new(struct job *job, const struct camera_url *url)
{
	struct demo *d = xcalloc(1, sizeof *d);

	*d = (struct demo){
		.job = job, .width = 640, .height = 360, .fps = 25, .gop_s = 2,
	};
	if (set_params(d, url->url) == 0 && open_all(d) == 0)
		return d;
	demo_free(d);
	return NULL;
}

void
demo_run(struct demo *d)
{
	int ret = describe(d);

	d->begin_us = clock_now_us();
	while (ret >= 0 && !job_is_over(d->job))
		ret = make_next(d);
	job_fail(d->job, "lost", "demo: encoding failed");
}

void
demo_free(struct demo *d)
{
	if (d == NULL)
		return;
	close_all(d);
	free(d);
}
