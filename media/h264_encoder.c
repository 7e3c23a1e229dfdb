#include "h264_encoder.h"

#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavutil/hwcontext.h>
#include <libavutil/opt.h>

#include "xalloc.h"

#define GOP		250	/* pictures */
#define RATE		25	/* pictures/s, which most cameras have */
#define MAX_HELD	32	/* pictures that an encoder may hold back */

/*
 * The last one, which is software, is what is left when no hardware works.
 * None of the hardware has been tried yet: what is here is as libavcodec
 * describes it, and no more than a probe that fails well.
 */
static const struct maker {
	const char		*hardware, *encoder;
	enum AVHWDeviceType	 device;	/* that the pictures go to */
	const char		*options;
} makers[] = {
	{ "vaapi", "h264_vaapi", AV_HWDEVICE_TYPE_VAAPI, "async_depth=1" },
	{ "qsv", "h264_qsv", AV_HWDEVICE_TYPE_NONE,
	    "forced_idr=1,async_depth=1" },
	{ "cuda", "h264_nvenc", AV_HWDEVICE_TYPE_NONE,
	    "forced-idr=1,delay=0,zerolatency=1" },
	{ "v4l2m2m", "h264_v4l2m2m", AV_HWDEVICE_TYPE_NONE, "" },
	{ "", "libx264", AV_HWDEVICE_TYPE_NONE,
	    "preset=superfast,tune=zerolatency,forced-idr=1,crf=23,"
	    "x264-params=scenecut=0" },
};
#define N_MAKERS	(sizeof makers / sizeof makers[0])

/* Bits a second, by the number of pixels. */
static const struct {
	int	pixels, most;
} bit_rates[] = {
	{ 640 * 360, 1000000 },
	{ 854 * 480, 1500000 },
	{ 1280 * 720, 2500000 },
	{ 1920 * 1088, 5000000 },
	{ 2560 * 1440, 8000000 },
	{ INT32_MAX, 12000000 },
};

struct h264_encoder {
	const struct maker	*maker;
	AVCodecContext		*av;
	AVBufferRef		*frames;	/* the hardware's, or NULL */
	AVFrame			*frame;
	AVPacket		*packet;
	int64_t			 n;		/* pictures given */
	int64_t			 times[MAX_HELD];	/* of the last ones */
};

static bool
is_hardware(const struct maker *m)
{
	return m->hardware[0] != '\0';
}

static int
bits_of(int width, int height)
{
	size_t i = 0;

	while (bit_rates[i].pixels < width * height)
		i++;
	return bit_rates[i].most;
}

/* Opening */

static void
set_format(const struct maker *m, AVCodecContext *av, const AVFrame *like)
{
	av->width = like->width;
	av->height = like->height;
	av->pix_fmt = is_hardware(m) ? AV_PIX_FMT_NV12 : AV_PIX_FMT_YUV420P;
	av->sample_aspect_ratio = (AVRational){ 1, 1 };
	av->colorspace = like->colorspace;
	av->color_primaries = like->color_primaries;
	av->color_trc = like->color_trc;
	av->color_range = AVCOL_RANGE_MPEG;
	av->time_base = (AVRational){ 1, RATE };
	av->framerate = (AVRational){ RATE, 1 };
	av->gop_size = GOP;
	av->max_b_frames = 0;
	av->thread_count = 1;	/* or it cuts pictures into slices */
	av->rc_max_rate = bits_of(av->width, av->height);
	av->rc_buffer_size = (int)av->rc_max_rate / 2;
	if (is_hardware(m))
		av->bit_rate = av->rc_max_rate;
}

/* Pictures for such hardware are in a memory of its own. */
static int
open_frames(struct h264_encoder *e)
{
	AVBufferRef *device = NULL;
	AVHWFramesContext *frames;

	if (e->maker->device == AV_HWDEVICE_TYPE_NONE)
		return 0;
	if (av_hwdevice_ctx_create(&device, e->maker->device, NULL, NULL,
	    0) < 0)
		return -1;
	e->frames = av_hwframe_ctx_alloc(device);
	av_buffer_unref(&device);
	if (e->frames == NULL)
		return -1;
	frames = (AVHWFramesContext *)(void *)e->frames->data;
	frames->format = e->av->pix_fmt = AV_PIX_FMT_VAAPI;
	frames->sw_format = AV_PIX_FMT_NV12;
	frames->width = e->av->width;
	frames->height = e->av->height;
	frames->initial_pool_size = 8;
	if (av_hwframe_ctx_init(e->frames) < 0)
		return -1;
	e->av->hw_frames_ctx = av_buffer_ref(e->frames);
	return 0;
}

static int
open_with(struct h264_encoder *e, const AVFrame *like, int profile)
{
	const AVCodec *codec = avcodec_find_encoder_by_name(e->maker->encoder);
	AVDictionary *options = NULL;
	int ret = -1;

	if (codec == NULL || (e->av = avcodec_alloc_context3(codec)) == NULL)
		return -1;
	set_format(e->maker, e->av, like);
	e->av->profile = profile;
	if (open_frames(e) == 0 &&
	    av_dict_parse_string(&options, e->maker->options, "=", ",",
	    0) >= 0)
		ret = avcodec_open2(e->av, codec, &options);
	av_dict_free(&options);
	if (ret < 0) {
		avcodec_free_context(&e->av);
		av_buffer_unref(&e->frames);
	}
	return ret;
}

static struct h264_encoder *
open_maker(const struct maker *m, const AVFrame *like)
{
	struct h264_encoder *e = xcalloc(1, sizeof *e);

	e->maker = m;
	e->frame = av_frame_alloc();
	e->packet = av_packet_alloc();
	if (open_with(e, like, FF_PROFILE_H264_MAIN) == 0 ||
	    open_with(e, like, FF_PROFILE_H264_CONSTRAINED_BASELINE) == 0)
		return e;
	h264_encoder_free(e);
	return NULL;
}

/* What opens may still not encode. */
static bool
does_work(const struct maker *m, const AVFrame *like)
{
	struct h264_encoder *e = open_maker(m, like);
	struct media_wire wire;
	bool works;

	if (e == NULL)
		return false;
	works = h264_encoder_give(e, like, true) == 0;
	if (works) {
		avcodec_send_frame(e->av, NULL);
		works = h264_encoder_take(e, &wire) == 1;
	}
	h264_encoder_free(e);
	return works;
}

struct h264_encoder *
h264_encoder_new(const char *hardware, const struct AVFrame *like)
{
	for (const struct maker *m = makers; m < makers + N_MAKERS; m++) {
		if (!is_hardware(m))
			return open_maker(m, like);
		if ((strcmp(hardware, "auto") == 0 ||
		    strcmp(hardware, m->hardware) == 0) && does_work(m, like))
			return open_maker(m, like);
	}
	return NULL;
}

void
h264_encoder_free(struct h264_encoder *e)
{
	if (e == NULL)
		return;
	avcodec_free_context(&e->av);
	av_buffer_unref(&e->frames);
	av_frame_free(&e->frame);
	av_packet_free(&e->packet);
	free(e);
}

const char *
h264_encoder_name(const struct h264_encoder *e)
{
	return e->maker->encoder;
}

struct picture_size
h264_encoder_size(const struct h264_encoder *e)
{
	return (struct picture_size){ e->av->width, e->av->height };
}

/* Encoding */

static void
weave(uint8_t *out, const uint8_t *cb, const uint8_t *cr, int n)
{
	for (int i = 0; i < n; i++) {
		out[2 * i] = cb[i];
		out[2 * i + 1] = cr[i];
	}
}

/* Into `e->frame`: NV12 has the two colours in one plane. */
static int
make_nv12(struct h264_encoder *e, const AVFrame *f)
{
	AVFrame *to = e->frame;

	to->format = AV_PIX_FMT_NV12;
	to->width = f->width;
	to->height = f->height;
	if (av_frame_get_buffer(to, 0) < 0 || av_frame_copy_props(to, f) < 0)
		return -1;
	for (int y = 0; y < f->height; y++)
		memcpy(to->data[0] + y * to->linesize[0],
		    f->data[0] + y * f->linesize[0], (size_t)f->width);
	for (int y = 0; y < f->height / 2; y++)
		weave(to->data[1] + y * to->linesize[1],
		    f->data[1] + y * f->linesize[1],
		    f->data[2] + y * f->linesize[2], f->width / 2);
	return 0;
}

/* Moves `e->frame` there. */
static int
upload(struct h264_encoder *e)
{
	AVFrame *there = av_frame_alloc();
	int ret = -1;

	if (av_hwframe_get_buffer(e->frames, there, 0) == 0 &&
	    av_hwframe_transfer_data(there, e->frame, 0) == 0) {
		av_frame_unref(e->frame);
		av_frame_move_ref(e->frame, there);
		ret = 0;
	}
	av_frame_free(&there);
	return ret;
}

static int
set_frame(struct h264_encoder *e, const AVFrame *f)
{
	if (!is_hardware(e->maker))
		return av_frame_ref(e->frame, f);
	if (make_nv12(e, f) == -1)
		return -1;
	return e->frames != NULL ? upload(e) : 0;
}

/* The encoder counts pictures, so that no clock of a camera disturbs it. */
int
h264_encoder_give(struct h264_encoder *e, const struct AVFrame *f, bool key)
{
	int ret = set_frame(e, f);

	if (ret == 0) {
		e->times[e->n % MAX_HELD] = f->pts;
		e->frame->pts = e->n++;
		e->frame->pict_type = key ? AV_PICTURE_TYPE_I :
		    AV_PICTURE_TYPE_NONE;
		ret = avcodec_send_frame(e->av, e->frame);
	}
	av_frame_unref(e->frame);
	return ret < 0 ? -1 : 0;
}

int
h264_encoder_take(struct h264_encoder *e, struct media_wire *m)
{
	AVPacket *p = e->packet;

	av_packet_unref(p);
	if (avcodec_receive_packet(e->av, p) < 0)
		return 0;
	*m = (struct media_wire){
		.kind = MEDIA_WIRE_VIDEO,
		.flags = (p->flags & AV_PKT_FLAG_KEY) != 0 ?
		    MEDIA_WIRE_KEY : 0,
		.time_us = e->times[(uint64_t)p->pts % MAX_HELD],
		.data = p->data, .len = (size_t)p->size,
	};
	return 1;
}
