/*
 * A camera for the benchmark: H264 of 2 Mbit/s at 25 fps, 1280x720, with
 * enough noise in it that the encoder needs them, as an Annex B file.
 */
#include <stdio.h>
#include <stdlib.h>

#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavutil/opt.h>

#define FPS		25
#define BIT_RATE	2000000
#define VBV_BITS	(BIT_RATE / 2)

struct clip {
	AVFilterGraph	*graph;
	AVFilterContext	*sink;
	AVCodecContext	*encoder;
	AVFrame		*frame;
	AVPacket	*packet;
	FILE		*file;
};

static void
die(const char *what)
{
	fprintf(stderr, "clip: %s\n", what);
	exit(1);
}

static AVFilterContext *
add_filter(struct clip *c, AVFilterContext *last, const char *name,
    const char *args)
{
	AVFilterContext *f = NULL;
	const AVFilter *filter = avfilter_get_by_name(name);

	if (filter == NULL || avfilter_graph_create_filter(&f, filter, name,
	    args, NULL, c->graph) < 0 ||
	    (last != NULL && avfilter_link(last, 0, f, 0) < 0))
		die("libavfilter cannot make the picture");
	return f;
}

static void
open_graph(struct clip *c)
{
	AVFilterContext *f;

	c->graph = avfilter_graph_alloc();
	f = add_filter(c, NULL, "testsrc2", "size=1280x720:rate=25");
	f = add_filter(c, f, "noise", "alls=12:allf=t");
	f = add_filter(c, f, "format", "pix_fmts=yuv420p");
	c->sink = add_filter(c, f, "buffersink", NULL);
	if (avfilter_graph_config(c->graph, NULL) < 0)
		die("libavfilter cannot make the picture");
}

static void
open_encoder(struct clip *c, int gop)
{
	const AVCodec *codec = avcodec_find_encoder_by_name("libx264");
	AVDictionary *options = NULL;
	AVCodecContext *e;

	if (codec == NULL)
		die("libavcodec has no libx264");
	e = c->encoder = avcodec_alloc_context3(codec);
	e->width = 1280;
	e->height = 720;
	e->pix_fmt = AV_PIX_FMT_YUV420P;
	e->time_base = (AVRational){ 1, FPS };
	e->framerate = (AVRational){ FPS, 1 };
	e->gop_size = e->keyint_min = gop;
	e->max_b_frames = 0;
	e->thread_count = 1;	/* or it cuts pictures into slices */
	e->bit_rate = e->rc_max_rate = e->rc_min_rate = BIT_RATE;
	e->rc_buffer_size = VBV_BITS;
	av_dict_set(&options, "preset", "ultrafast", 0);
	av_dict_set(&options, "tune", "zerolatency", 0);
	av_dict_set(&options, "profile", "baseline", 0);
	av_dict_set(&options, "sc_threshold", "0", 0);
	if (avcodec_open2(e, codec, &options) < 0)
		die("libx264 does not start");
	av_dict_free(&options);
}

/* `frame` NULL: what is left in the encoder. */
static void
encode(struct clip *c, AVFrame *frame)
{
	if (avcodec_send_frame(c->encoder, frame) < 0)
		die("libx264 fails");
	while (avcodec_receive_packet(c->encoder, c->packet) == 0) {
		fwrite(c->packet->data, (size_t)c->packet->size, 1, c->file);
		av_packet_unref(c->packet);
	}
}

static void
write_frames(struct clip *c, int count)
{
	for (int i = 0; i < count; i++) {
		if (av_buffersink_get_frame(c->sink, c->frame) < 0)
			die("libavfilter fails");
		c->frame->pts = i;
		c->frame->pict_type = AV_PICTURE_TYPE_NONE;
		encode(c, c->frame);
		av_frame_unref(c->frame);
	}
	encode(c, NULL);
}

int
main(int argc, char **argv)
{
	struct clip c = { 0 };
	int gop = argc == 4 ? atoi(argv[1]) : 0;
	int seconds = argc == 4 ? atoi(argv[2]) : 0;

	if (gop < 1 || seconds < 1) {
		fprintf(stderr, "usage: clip GOP-IN-FRAMES SECONDS FILE\n");
		return 2;
	}
	av_log_set_level(AV_LOG_ERROR);
	c.file = fopen(argv[3], "wb");
	if (c.file == NULL)
		die("cannot write the file");
	c.frame = av_frame_alloc();
	c.packet = av_packet_alloc();
	open_graph(&c);
	open_encoder(&c, gop);
	write_frames(&c, seconds * FPS);
	avfilter_graph_free(&c.graph);
	avcodec_free_context(&c.encoder);
	av_frame_free(&c.frame);
	av_packet_free(&c.packet);
	if (fclose(c.file) != 0)
		die("cannot write the file");
	return 0;
}
