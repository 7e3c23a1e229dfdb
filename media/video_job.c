#include "video_job.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include <libavutil/frame.h>

#include "backlog.h"
#include "decoder.h"
#include "h264_encoder.h"
#include "job.h"
#include "json.h"
#include "scaler.h"

#define RESTART_US	1000000	/* a clock that goes back so far is another */
#define MAX_TURN	100	/* messages between two pictures */

/* Level 5.1 of H264 ends there; browsers decode no more. */
static const struct picture_size most = { 4096, 2304 };

struct video_job {
	struct job		*job;
	struct backlog		*backlog;
	struct decoder		*decoder;
	struct scaler		*scaler;
	struct h264_encoder	*encoder;	/* NULL until a picture came */
	const char		*hardware;
	struct picture_size	 wanted;	/* 0: as it is */
	int64_t			 last_us;	/* of the picture sent last */
	bool			 sent;		/* there is such a one */
	bool			 key;		/* the next is to be one */
	bool			 over;
};

/* In */

static void
take_control(struct video_job *v, const struct media_wire *m)
{
	struct error err;
	json_t *o = json_parse(m->data, m->len, &err);

	if (json_get_bool(o, "key", false))
		v->key = true;
	json_decref(o);
}

static void
take_message(struct video_job *v, const struct media_wire *m)
{
	if (m->kind == MEDIA_WIRE_CONTROL)
		take_control(v, m);
	else if (m->kind == MEDIA_WIRE_VIDEO)
		backlog_put(v->backlog, m);
}

/* Takes what has come; waits only if there is nothing to be done. */
static void
receive(struct video_job *v)
{
	struct media_wire m;
	int ret = 1;

	for (int i = 0; i < MAX_TURN && ret == 1; i++) {
		ret = job_receive(v->job, backlog_is_empty(v->backlog) ? -1 :
		    0, &m);
		if (ret == 1)
			take_message(v, &m);
	}
	if (ret == -1)
		v->over = true;
}

/* Out */

static struct picture_size
size_for(const struct video_job *v, const AVFrame *f)
{
	const AVRational aspect = f->sample_aspect_ratio;
	struct picture_size wanted = v->wanted;

	if (wanted.height > f->height)
		wanted.height = 0;
	if (wanted.width > f->width)
		wanted.width = 0;
	return picture_size_even(picture_size_fit(picture_size_shown(f->width,
	    f->height, aspect.num, aspect.den), wanted, most));
}

static void
open_encoder(struct video_job *v, const AVFrame *f)
{
	h264_encoder_free(v->encoder);
	v->encoder = h264_encoder_new(v->hardware, f);
	if (v->encoder == NULL) {
		job_fail(v->job, "unsupported", "libavcodec cannot encode "
		    "%dx%d pixels in H264: it needs libx264", f->width,
		    f->height);
		v->over = true;
		return;
	}
	job_tell(v->job, json_pack("{s:s,s:s,s:i,s:i,s:s}",
	    "event", "begin", "coder", "h264", "width", f->width,
	    "height", f->height, "encoder", h264_encoder_name(v->encoder)));
}

static bool
has_encoder_for(const struct video_job *v, const AVFrame *f)
{
	struct picture_size s;

	if (v->encoder == NULL)
		return false;
	s = h264_encoder_size(v->encoder);
	return s.width == f->width && s.height == f->height;
}

static void
encode(struct video_job *v, const AVFrame *f)
{
	struct media_wire m;

	if (!has_encoder_for(v, f))
		open_encoder(v, f);
	if (v->over)
		return;
	if (h264_encoder_give(v->encoder, f, v->key) == -1) {
		job_fail(v->job, "lost", "the encoder %s failed",
		    h264_encoder_name(v->encoder));
		v->over = true;
		return;
	}
	v->key = false;
	while (h264_encoder_take(v->encoder, &m) == 1)
		job_send(v->job, &m);
}

/* One is that comes too late, or again. */
static bool
is_left_out(const struct video_job *v, const AVFrame *f)
{
	if (backlog_is_late(v->backlog) || f->pts == AV_NOPTS_VALUE)
		return true;
	return v->sent && f->pts <= v->last_us &&
	    v->last_us - f->pts < RESTART_US;
}

static void
show(struct video_job *v, const AVFrame *f)
{
	const AVFrame *scaled;

	if (is_left_out(v, f))
		return;
	scaled = scaler_scale(v->scaler, f, size_for(v, f));
	if (scaled == NULL)
		return;
	v->last_us = f->pts;
	v->sent = true;
	encode(v, scaled);
}

/* What is damaged would smear, and so would all that refers to it. */
static void
decode(struct video_job *v, const struct media_wire *m, bool skipped)
{
	const AVFrame *f;
	bool damaged = (m->flags & MEDIA_WIRE_DAMAGED) != 0;

	if (skipped || damaged)
		decoder_restart(v->decoder);
	if (damaged)
		return;
	decoder_hurry(v->decoder, backlog_is_late(v->backlog));
	decoder_give(v->decoder, m);
	while (!v->over && (f = decoder_take(v->decoder)) != NULL)
		show(v, f);
}

static void
run(struct video_job *v)
{
	struct media_wire m;
	bool skipped;

	while (!v->over) {
		receive(v);
		if (backlog_take(v->backlog, &m, &skipped) == 1)
			decode(v, &m, skipped);
	}
}

static int
side_of(const json_t *what, const char *name, int longest)
{
	json_int_t n = json_get_int(what, name, 0);

	return n < 0 || n > longest ? 0 : (int)n;
}

void
job_video(struct job *job, const json_t *what)
{
	const char *coder = json_get_string(what, "coder", "");
	struct video_job v = {
		.job = job, .backlog = backlog_new(),
		.scaler = scaler_new(SCALER_VIDEO),
		.decoder = decoder_new(coder,
		    json_get_string(what, "config", "")),
		.hardware = json_get_string(what, "hardware", ""),
		.wanted = {
			side_of(what, "width", most.width),
			side_of(what, "height", most.height),
		},
	};

	if (v.decoder == NULL)
		job_fail(job, "unsupported", "there is no decoder for %s",
		    coder);
	else
		run(&v);
	h264_encoder_free(v.encoder);
	scaler_free(v.scaler);
	decoder_free(v.decoder);
	backlog_free(v.backlog);
}
