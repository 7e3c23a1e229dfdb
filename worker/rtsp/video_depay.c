#include "video_depay.h"

#include <stdlib.h>
#include <string.h>

#include "camera_media.h"
#include "camera_sdp.h"
#include "depay.h"
#include "jpeg_depay.h"
#include "rtp_track.h"
#include "worker/media/video.h"
#include "xalloc.h"

struct nal_units {
	struct depay			 depay;
	const struct depay_codec	*codec;
};

struct video_depay {
	const struct kind	*kind;
	assembly_cb		 cb;
	void			*arg;
	union {
		struct nal_units	 nals;
		struct jpeg_depay	*jpeg;
	} u;
};

struct kind {
	const char	*coder;		/* NULL: of NAL units */
	void		(*begin)(struct video_depay *,
			    const struct camera_track *, enum media_codec);
	void		(*take)(struct video_depay *, const struct rtp_in *);
	void		(*end)(struct video_depay *);
	uint8_t		*(*config)(const char *fmtp, enum media_codec,
			    size_t *len);
};

/* H264 and H265 */

static void
begin_nals(struct video_depay *d, const struct camera_track *t,
    enum media_codec codec)
{
	(void)t;
	d->u.nals.codec = depay_codec(codec);
	d->u.nals.depay.assembly = assembly_new(video_codec(codec), d->cb,
	    d->arg);
}

static void
take_nals(struct video_depay *d, const struct rtp_in *in)
{
	d->u.nals.codec->take(&d->u.nals.depay, in);
}

static void
end_nals(struct video_depay *d)
{
	assembly_free(d->u.nals.depay.assembly);
}

static uint8_t *
config_nals(const char *fmtp, enum media_codec codec, size_t *len)
{
	return depay_codec(codec)->sets(fmtp, len);
}

/* JPEG */

static void
on_jpeg(const struct jpeg_picture *pic, void *arg)
{
	struct video_depay *d = arg;
	struct assembly_unit u = {
		.data = pic->data, .len = pic->len, .time = pic->time,
	};

	d->cb(&u, d->arg);
}

static void
begin_jpeg(struct video_depay *d, const struct camera_track *t,
    enum media_codec codec)
{
	(void)codec;
	d->u.jpeg = jpeg_depay_new(t->width, t->height, on_jpeg, d);
}

static void
take_jpeg(struct video_depay *d, const struct rtp_in *in)
{
	jpeg_depay_take(d->u.jpeg, in);
}

static void
end_jpeg(struct video_depay *d)
{
	jpeg_depay_free(d->u.jpeg);
}

/* Each picture has all that there is. */
static uint8_t *
config_none(const char *fmtp, enum media_codec codec, size_t *len)
{
	(void)fmtp;
	(void)codec;
	*len = 0;
	return NULL;
}

static const struct kind nal_units = {
	NULL, begin_nals, take_nals, end_nals, config_nals
};
static const struct kind others[] = {
	{ "mjpeg", begin_jpeg, take_jpeg, end_jpeg, config_none },
};
#define N_OTHERS	(sizeof others / sizeof others[0])

static const struct kind *
kind_of(const struct camera_media *m)
{
	for (size_t i = 0; i < N_OTHERS; i++)
		if (strcmp(others[i].coder, m->coder) == 0)
			return &others[i];
	return &nal_units;
}

struct video_depay *
video_depay_new(const struct camera_track *t, const struct camera_media *m,
    assembly_cb cb, void *arg)
{
	struct video_depay *d = xcalloc(1, sizeof *d);

	d->kind = kind_of(m);
	d->cb = cb;
	d->arg = arg;
	d->kind->begin(d, t, m->video);
	return d;
}

void
video_depay_free(struct video_depay *d)
{
	if (d == NULL)
		return;
	d->kind->end(d);
	free(d);
}

void
video_depay_take(struct video_depay *d, const struct rtp_in *in)
{
	d->kind->take(d, in);
}

uint8_t *
video_depay_config(const struct camera_track *t, const struct camera_media *m,
    size_t *len)
{
	return kind_of(m)->config(t->fmtp, m->video, len);
}
