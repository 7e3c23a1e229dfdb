#include "picture_job.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include <libavutil/frame.h>

#include "decoder.h"
#include "job.h"
#include "jpeg.h"
#include "json.h"
#include "scaler.h"

#define MAX_SIDE	8192	/* pixels */
#define MAX_UNITS	100000	/* an hour of pictures */

struct picture_job {
	struct job		*job;
	struct decoder		*decoder;	/* NULL: none, or unknown */
	struct scaler		*scaler;
	struct jpeg		*jpeg;
	AVFrame			*last;		/* picture of this request */
	struct picture_size	 wanted;
	int			 units;		/* still to come */
};

static void
tell_failed(struct picture_job *p, const char *why)
{
	job_tell(p->job, json_pack("{s:s,s:o}", "event", "failed", "error",
	    json_prose(why)));
}

/* A request */

static void
set_decoder(struct picture_job *p, const json_t *request)
{
	const char *coder = json_get_string(request, "coder", "");
	const char *config = json_get_string(request, "config", "");

	if (p->decoder != NULL && decoder_is_for(p->decoder, coder, config)) {
		decoder_restart(p->decoder);
		return;
	}
	decoder_free(p->decoder);
	p->decoder = decoder_new(coder, config);
}

static int
side(const json_t *request, const char *key)
{
	json_int_t n = json_get_int(request, key, 0);

	return n < 0 ? 0 : n > MAX_SIDE ? MAX_SIDE : (int)n;
}

static void
begin_request(struct picture_job *p, const json_t *request)
{
	json_int_t units = json_get_int(request, "units", 0);

	if (p->units > 0)
		tell_failed(p, "the pictures did not come");
	p->units = 0;
	av_frame_unref(p->last);
	if (units < 1 || units > MAX_UNITS) {
		tell_failed(p, "no number of pictures");
		return;
	}
	p->units = (int)units;
	p->wanted.width = side(request, "width");
	p->wanted.height = side(request, "height");
	set_decoder(p, request);
}

/* Its units */

static void
keep_last(struct picture_job *p)
{
	const AVFrame *f;

	while ((f = decoder_take(p->decoder)) != NULL) {
		av_frame_unref(p->last);
		av_frame_ref(p->last, f);
	}
}

static int
send_picture(struct picture_job *p)
{
	static const struct picture_size most = { MAX_SIDE, MAX_SIDE };
	const AVFrame *f = p->last;
	const AVRational aspect = f->sample_aspect_ratio;
	struct media_wire m;
	AVFrame *scaled;

	scaled = scaler_scale(p->scaler, f, picture_size_fit(
	    picture_size_shown(f->width, f->height, aspect.num, aspect.den),
	    p->wanted, most));
	if (scaled == NULL || jpeg_write(p->jpeg, scaled, &m) == -1)
		return -1;
	job_send(p->job, &m);
	return 0;
}

/* A decoder that was given nonsense is not kept. */
static void
end_request(struct picture_job *p)
{
	if (p->decoder == NULL) {
		tell_failed(p, "there is no decoder for this");
		return;
	}
	decoder_end(p->decoder);
	keep_last(p);
	if (p->last->width == 0) {
		tell_failed(p, "no picture can be decoded");
		decoder_free(p->decoder);
		p->decoder = NULL;
	} else if (send_picture(p) == -1)
		tell_failed(p, "the picture cannot be made a JPEG");
	av_frame_unref(p->last);
}

/* What is damaged is decoded too: it may be after the last whole one. */
static void
take_unit(struct picture_job *p, const struct media_wire *m)
{
	if (p->units == 0)
		return;
	if (p->decoder != NULL) {
		decoder_give(p->decoder, m);
		keep_last(p);
	}
	if (--p->units == 0)
		end_request(p);
}

static void
take_control(struct picture_job *p, const struct media_wire *m)
{
	struct error err;
	json_t *o = json_parse(m->data, m->len, &err);
	const json_t *request = json_object_get(o, "picture");

	if (request != NULL)
		begin_request(p, request);
	json_decref(o);
}

void
job_picture(struct job *job, const json_t *what)
{
	struct picture_job p = {
		.job = job, .scaler = scaler_new(SCALER_JPEG),
		.jpeg = jpeg_new(), .last = av_frame_alloc(),
	};
	struct media_wire m;

	(void)what;
	while (job_receive(job, -1, &m) == 1) {
		if (m.kind == MEDIA_WIRE_CONTROL)
			take_control(&p, &m);
		else if (m.kind == MEDIA_WIRE_VIDEO)
			take_unit(&p, &m);
	}
	decoder_free(p.decoder);
	scaler_free(p.scaler);
	jpeg_free(p.jpeg);
	av_frame_free(&p.last);
}
