#include "tests/unit/media/coded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>

#include "base64.h"
#include "xalloc.h"

static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "coded: %s\n", what);
	exit(1);
}

int
coded_luma(int number)
{
	return 40 + number % 10 * 20;
}

/* What stands in the picture for that luma. */
static int
level(const AVFrame *f, int luma)
{
	return f->format == AV_PIX_FMT_YUVJ420P ? (luma - 16) * 255 / 219 :
	    luma;
}

/* Red of BT.709, in limited range: Y 63, Cb 102, Cr 240. */
static void
paint(AVFrame *f, const struct coded_how *how, int number)
{
	static unsigned seed = 1;

	for (int y = 0; y < f->height; y++)
		for (int x = 0; x < f->width; x++) {
			uint8_t *p = f->data[0] + y * f->linesize[0] + x;

			if (x < f->width / 2)
				*p = (uint8_t)level(f, coded_luma(number));
			else if (how->red)
				*p = 63;
			else if (how->noise)
				*p = (uint8_t)(16 + (seed = seed * 1103515245 +
				    12345) / 65536 % 220);
			else
				*p = (uint8_t)(16 + (x + y + number * 3) %
				    200);
		}
	for (int plane = 1; plane < 3; plane++)
		for (int y = 0; y < (f->height + 1) / 2; y++)
			for (int x = 0; x < (f->width + 1) / 2; x++)
				f->data[plane][y * f->linesize[plane] + x] =
				    how->red && x >= f->width / 4 ?
				    plane == 1 ? 102 : 240 : 128;
}

static AVCodecContext *
open_encoder(const struct coded_how *how)
{
	const AVCodec *codec = avcodec_find_encoder_by_name(how->encoder);
	AVCodecContext *av = avcodec_alloc_context3(codec);
	AVDictionary *options = NULL;

	must(codec != NULL && av != NULL, how->encoder);
	av->width = how->width;
	av->height = how->height;
	av->pix_fmt = codec->id == AV_CODEC_ID_MJPEG ? AV_PIX_FMT_YUVJ420P :
	    AV_PIX_FMT_YUV420P;
	av->time_base = (AVRational){ 1, 25 };
	av->framerate = (AVRational){ 25, 1 };
	av->thread_count = 1;
	av->sample_aspect_ratio = (AVRational){ how->aspect_num,
		how->aspect_den > 0 ? how->aspect_den : 1 };
	if (how->options != NULL)
		must(av_dict_parse_string(&options, how->options, "=", ",",
		    0) == 0, how->options);
	must(avcodec_open2(av, codec, &options) == 0, "avcodec_open2");
	must(av_dict_count(options) == 0, how->options);
	av_dict_free(&options);
	return av;
}

static void
take_units(struct coded *c, AVCodecContext *av, AVPacket *p)
{
	while (avcodec_receive_packet(av, p) == 0) {
		struct coded_unit *u = &c->unit[c->n++];

		must(c->n < CODED_MAX, "too many");
		u->data = xmemdup(p->data, (size_t)p->size);
		u->len = (size_t)p->size;
		u->key = (p->flags & AV_PKT_FLAG_KEY) != 0;
		u->time_us = p->pts * CODED_STEP_US;
		av_packet_unref(p);
	}
}

struct coded *
coded_make(const struct coded_how *how)
{
	AVCodecContext *av = open_encoder(how);
	struct coded *c = xcalloc(1, sizeof *c);
	AVPacket *packet = av_packet_alloc();
	AVFrame *f = av_frame_alloc();

	f->width = how->width;
	f->height = how->height;
	f->format = av->pix_fmt;
	must(av_frame_get_buffer(f, 0) == 0, "av_frame_get_buffer");
	for (int i = 0; i < how->n; i++) {
		must(av_frame_make_writable(f) == 0, "a picture");
		paint(f, how, i);
		f->pts = i;
		must(avcodec_send_frame(av, f) == 0, "avcodec_send_frame");
		take_units(c, av, packet);
	}
	must(avcodec_send_frame(av, NULL) == 0, "its end");
	take_units(c, av, packet);
	c->config = av->extradata_size > 0 ?
	    base64_encode(av->extradata, (size_t)av->extradata_size) :
	    xstrdup("");
	av_frame_free(&f);
	av_packet_free(&packet);
	avcodec_free_context(&av);
	return c;
}

void
coded_free(struct coded *c)
{
	for (int i = 0; i < c->n; i++)
		free(c->unit[i].data);
	free(c->config);
	free(c);
}

struct AVFrame *
coded_decode(const char *coder, const uint8_t *data, size_t len)
{
	const AVCodec *codec = avcodec_find_decoder_by_name(coder);
	AVCodecContext *av = avcodec_alloc_context3(codec);
	AVPacket *p = av_packet_alloc();
	AVFrame *f = av_frame_alloc();

	av->thread_count = 1;
	must(avcodec_open2(av, codec, NULL) == 0, coder);
	must(av_new_packet(p, (int)len) == 0, "av_new_packet");
	memcpy(p->data, data, len);
	avcodec_send_packet(av, p);
	avcodec_send_packet(av, NULL);
	if (avcodec_receive_frame(av, f) != 0)
		av_frame_free(&f);
	av_packet_free(&p);
	avcodec_free_context(&av);
	return f;
}

int
coded_read_luma(const struct AVFrame *f)
{
	int y = f->data[0][f->height / 2 * f->linesize[0] + f->width / 4];

	if (f->format == AV_PIX_FMT_YUVJ420P)
		return 16 + (y * 219 + 127) / 255;
	return y;
}

int
coded_difference(const struct AVFrame *f, const struct coded_how *how,
    int number)
{
	AVFrame *want = av_frame_alloc();
	int64_t sum = 0;

	want->width = how->width;
	want->height = how->height;
	want->format = AV_PIX_FMT_YUV420P;
	must(f->width == how->width && f->height == how->height, "size");
	must(av_frame_get_buffer(want, 0) == 0, "av_frame_get_buffer");
	paint(want, how, number);
	for (int y = 0; y < f->height; y++)
		for (int x = 0; x < f->width; x++)
			sum += abs(f->data[0][y * f->linesize[0] + x] -
			    want->data[0][y * want->linesize[0] + x]);
	av_frame_free(&want);
	return (int)(sum / (f->width * f->height));
}
