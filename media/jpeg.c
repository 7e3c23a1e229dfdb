#include "jpeg.h"

#include <stdlib.h>

#include <libavcodec/avcodec.h>

#include "xalloc.h"

#define QUALITY	(4 * FF_QP2LAMBDA)	/* 2 is the best, 31 the worst */

struct jpeg {
	AVCodecContext	*av;	/* for pictures of its size, or NULL */
	AVFrame		*frame;
	AVPacket	*packet;
};

struct jpeg *
jpeg_new(void)
{
	struct jpeg *j = xcalloc(1, sizeof *j);

	j->frame = av_frame_alloc();
	j->packet = av_packet_alloc();
	return j;
}

void
jpeg_free(struct jpeg *j)
{
	avcodec_free_context(&j->av);
	av_frame_free(&j->frame);
	av_packet_free(&j->packet);
	free(j);
}

static int
open_encoder(struct jpeg *j, int width, int height)
{
	const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_MJPEG);

	if (j->av != NULL && j->av->width == width && j->av->height == height)
		return 0;
	avcodec_free_context(&j->av);
	if (codec == NULL || (j->av = avcodec_alloc_context3(codec)) == NULL)
		return -1;
	j->av->width = width;
	j->av->height = height;
	j->av->pix_fmt = AV_PIX_FMT_YUV420P;
	j->av->color_range = AVCOL_RANGE_JPEG;
	j->av->time_base = (AVRational){ 1, 25 };
	j->av->flags |= AV_CODEC_FLAG_QSCALE;
	j->av->global_quality = QUALITY;
	j->av->thread_count = 1;
	if (avcodec_open2(j->av, codec, NULL) == 0)
		return 0;
	avcodec_free_context(&j->av);
	return -1;
}

int
jpeg_write(struct jpeg *j, const struct AVFrame *f, struct media_wire *m)
{
	int ret;

	av_packet_unref(j->packet);
	if (open_encoder(j, f->width, f->height) == -1 ||
	    av_frame_ref(j->frame, f) < 0)
		return -1;
	j->frame->quality = QUALITY;
	j->frame->pts = AV_NOPTS_VALUE;
	ret = avcodec_send_frame(j->av, j->frame);
	av_frame_unref(j->frame);
	if (ret < 0 || avcodec_receive_packet(j->av, j->packet) < 0 ||
	    j->packet->size > MEDIA_WIRE_MAX)
		return -1;
	*m = (struct media_wire){
		.kind = MEDIA_WIRE_PICTURE, .flags = MEDIA_WIRE_KEY,
		.time_us = f->pts,
		.data = j->packet->data, .len = (size_t)j->packet->size,
	};
	return 0;
}
