#include "scaler.h"

#include <stdbool.h>
#include <stdlib.h>

#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/frame.h>

#include "xalloc.h"

#define HD_HEIGHT	720	/* lines: what says nothing is BT.709 then */

/* What a graph is for; another needs another graph. */
struct way {
	int			width, height, format;
	enum AVColorSpace	matrix;
	enum AVColorRange	range;
	struct picture_size	to;
};

static const struct {
	const char *flags, *range;
} kinds[] = {
	[SCALER_VIDEO] = { "bilinear", "limited" },
	[SCALER_JPEG] = { "bilinear", "full" },
};

struct scaler {
	enum scaler_for	 what;
	struct way	 way;
	AVFilterGraph	*graph;
	AVFilterContext	*source, *sink;
	AVFrame		*in, *out;
};

struct scaler *
scaler_new(enum scaler_for what)
{
	struct scaler *s = xcalloc(1, sizeof *s);

	s->what = what;
	s->in = av_frame_alloc();
	s->out = av_frame_alloc();
	return s;
}

void
scaler_free(struct scaler *s)
{
	if (s == NULL)
		return;
	avfilter_graph_free(&s->graph);
	av_frame_free(&s->in);
	av_frame_free(&s->out);
	free(s);
}

/* What players take for granted, if the stream does not say it. */
static enum AVColorSpace
matrix_of(const AVFrame *f)
{
	if (f->colorspace != AVCOL_SPC_UNSPECIFIED)
		return f->colorspace;
	return f->height >= HD_HEIGHT ? AVCOL_SPC_BT709 :
	    AVCOL_SPC_SMPTE170M;
}

/* Returns the matrix that the scaler is to change to, or NULL if none. */
static const char *
other_matrix(const struct scaler *s, const struct way *way)
{
	switch (way->matrix) {
	case AVCOL_SPC_BT470BG:
	case AVCOL_SPC_SMPTE170M:
		return NULL;
	case AVCOL_SPC_BT709:
		return s->what == SCALER_JPEG ? "bt601" : NULL;
	default:
		return s->what == SCALER_JPEG ? "bt601" : "bt709";
	}
}

/* Cameras that use the full range in video say so. Video that is right stays
 * as it is, without a copy, if its range is not mentioned. */
static bool
names_range(const struct scaler *s, const struct way *way)
{
	return s->what == SCALER_JPEG || way->range == AVCOL_RANGE_JPEG;
}

static char *
describe_graph(const struct scaler *s, const struct way *way)
{
	const char *matrix = other_matrix(s, way);
	bool range = names_range(s, way);

	return xasprintf("buffer@in=video_size=%dx%d:pix_fmt=%d:"
	    "time_base=1/1000000,scale=w=%d:h=%d:flags=%s%s%s%s%s,"
	    "format=pix_fmts=yuv420p,buffersink@out",
	    way->width, way->height, way->format,
	    way->to.width, way->to.height, kinds[s->what].flags,
	    matrix != NULL ? ":out_color_matrix=" : "",
	    matrix != NULL ? matrix : "", range ? ":out_range=" : "",
	    range ? kinds[s->what].range : "");
}

static int
open_graph(struct scaler *s, const struct way *way)
{
	AVFilterInOut *in = NULL, *out = NULL;
	char *text = describe_graph(s, way);
	int ret;

	avfilter_graph_free(&s->graph);
	s->graph = avfilter_graph_alloc();
	s->graph->nb_threads = 1;
	ret = avfilter_graph_parse2(s->graph, text, &in, &out);
	free(text);
	avfilter_inout_free(&in);
	avfilter_inout_free(&out);
	if (ret < 0 || avfilter_graph_config(s->graph, NULL) < 0) {
		avfilter_graph_free(&s->graph);
		return -1;
	}
	s->source = avfilter_graph_get_filter(s->graph, "buffer@in");
	s->sink = avfilter_graph_get_filter(s->graph, "buffersink@out");
	s->way = *way;
	return 0;
}

static bool
is_same_way(const struct way *a, const struct way *b)
{
	return a->width == b->width && a->height == b->height &&
	    a->format == b->format && a->matrix == b->matrix &&
	    a->range == b->range && a->to.width == b->to.width &&
	    a->to.height == b->to.height;
}

static int
set_way(struct scaler *s, const AVFrame *f, struct picture_size to)
{
	const struct way way = {
		.width = f->width, .height = f->height, .format = f->format,
		.matrix = matrix_of(f), .range = f->color_range, .to = to,
	};

	if (s->graph != NULL && is_same_way(&way, &s->way))
		return 0;
	return open_graph(s, &way);
}

struct AVFrame *
scaler_scale(struct scaler *s, const struct AVFrame *f,
    struct picture_size to)
{
	av_frame_unref(s->out);
	if (set_way(s, f, to) == -1 || av_frame_ref(s->in, f) < 0)
		return NULL;
	s->in->colorspace = s->way.matrix;
	if (av_buffersrc_add_frame(s->source, s->in) < 0) {
		av_frame_unref(s->in);
		return NULL;
	}
	if (av_buffersink_get_frame(s->sink, s->out) < 0)
		return NULL;
	return s->out;
}
