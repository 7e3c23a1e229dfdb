#include "sound_depay.h"

#include <stdlib.h>
#include <string.h>

#include "aac_depay.h"
#include "camera_sdp.h"
#include "latm_depay.h"
#include "mpa_depay.h"
#include "rtp_track.h"
#include "xalloc.h"

#define CUT_ABOVE_MS	120	/* a packet that is longer, */
#define CUT_MS		20	/* into so long ones: RFC 3551, section 4.2 */

/* Sound of which so many bytes are so many ticks. */
struct samples {
	size_t	block;		/* bytes: the least that is whole samples */
	int64_t	ticks;		/* of a block */
	int64_t	clock;		/* ticks a second */
};

struct sound_depay {
	const struct kind	*kind;
	struct sound_sink	 sink;
	union {
		struct aac_depay	aac;
		struct latm_depay	latm;
		struct mpa_depay	mpa;
		struct samples		samples;
	} u;
};

struct kind {
	const char	*coder;
	const char	*codec;		/* in a=rtpmap; NULL: any */
	void		(*begin)(struct sound_depay *,
			    const struct camera_track *,
			    const struct sound_format *);
	void		(*take)(struct sound_depay *, const struct rtp_in *);
	int		bits;		/* of a sample; 0: by the format */
};

static void
begin_aac(struct sound_depay *d, const struct camera_track *t,
    const struct sound_format *s)
{
	aac_depay_begin(&d->u.aac, t->fmtp, t->clock, s);
}

static void
take_aac(struct sound_depay *d, const struct rtp_in *in)
{
	aac_depay_take(&d->u.aac, in, &d->sink);
}

static void
begin_latm(struct sound_depay *d, const struct camera_track *t,
    const struct sound_format *s)
{
	(void)s;
	latm_depay_begin(&d->u.latm, t->fmtp, t->clock);
}

static void
take_latm(struct sound_depay *d, const struct rtp_in *in)
{
	latm_depay_take(&d->u.latm, in, &d->sink);
}

static void
begin_mpa(struct sound_depay *d, const struct camera_track *t,
    const struct sound_format *s)
{
	(void)s;
	mpa_depay_begin(&d->u.mpa, t->clock);
}

static void
take_mpa(struct sound_depay *d, const struct rtp_in *in)
{
	mpa_depay_take(&d->u.mpa, in, &d->sink);
}

static void
begin_whole(struct sound_depay *d, const struct camera_track *t,
    const struct sound_format *s)
{
	(void)d;
	(void)t;
	(void)s;
}

static void
take_whole(struct sound_depay *d, const struct rtp_in *in)
{
	sound_sink_give(&d->sink, in->data, in->len, in->time);
}

/* A block is the least number of samples that fill bytes. */
static void
begin_samples(struct sound_depay *d, const struct camera_track *t,
    const struct sound_format *s)
{
	struct samples *p = &d->u.samples;
	int bits = (d->kind->bits != 0 ? d->kind->bits : s->bits) *
	    s->channels, samples = 1;

	while (samples * bits % 8 != 0)
		samples *= 2;
	p->block = (size_t)(samples * bits / 8);
	p->clock = t->clock;
	/* G722's clock is half of its rate (RFC 3551, section 4.5.2), and its
	 * bits are counted by that. */
	p->ticks = samples;
}

/* How many blocks go into one frame of `n`. */
static size_t
blocks_of_frame(const struct samples *p, size_t n)
{
	size_t most = SOUND_FRAME_MAX / p->block;
	size_t cut = (size_t)(p->clock * CUT_MS / 1000 / p->ticks);

	if (n <= most &&
	    (int64_t)n * p->ticks * 1000 <= p->clock * CUT_ABOVE_MS)
		return n;
	return cut == 0 ? 1 : cut < most ? cut : most;
}

static void
take_samples(struct sound_depay *d, const struct rtp_in *in)
{
	const struct samples *p = &d->u.samples;
	size_t all = in->len / p->block, each = blocks_of_frame(p, all), n;

	for (size_t done = 0; done < all; done += n) {
		n = all - done < each ? all - done : each;
		sound_sink_give(&d->sink, in->data + done * p->block,
		    n * p->block, in->time + (int64_t)done * p->ticks);
	}
}

static const struct kind kinds[] = {
	{ "opus", NULL, begin_whole, take_whole, 0 },
	{ "pcm_mulaw", NULL, begin_samples, take_samples, 8 },
	{ "pcm_alaw", NULL, begin_samples, take_samples, 8 },
	{ "pcm_s16be", NULL, begin_samples, take_samples, 16 },
	{ "pcm_s24be", NULL, begin_samples, take_samples, 24 },
	{ "adpcm_g722", NULL, begin_samples, take_samples, 8 },
	{ "adpcm_g726", NULL, begin_samples, take_samples, 0 },
	{ "adpcm_g726le", NULL, begin_samples, take_samples, 0 },
	{ "aac", "MPEG4-GENERIC", begin_aac, take_aac, 0 },
	{ "aac", "MP4A-LATM", begin_latm, take_latm, 0 },
	{ "mp2", NULL, begin_mpa, take_mpa, 0 },
	{ "mp3", NULL, begin_mpa, take_mpa, 0 },
};
#define N_KINDS	(sizeof kinds / sizeof kinds[0])

struct sound_depay *
sound_depay_new(const struct camera_track *t, const struct sound_format *s,
    sound_frame_cb *cb, void *arg)
{
	struct sound_depay *d = xcalloc(1, sizeof *d);

	d->sink = (struct sound_sink){ cb, arg };
	for (size_t i = 0; i < N_KINDS && d->kind == NULL; i++)
		if (strcmp(kinds[i].coder, s->coder) == 0 &&
		    (kinds[i].codec == NULL ||
		    strcmp(kinds[i].codec, t->codec) == 0))
			d->kind = &kinds[i];
	if (d->kind != NULL)
		d->kind->begin(d, t, s);
	return d;
}

void
sound_depay_free(struct sound_depay *d)
{
	free(d);
}

void
sound_depay_take(struct sound_depay *d, const struct rtp_in *in)
{
	if (d->kind != NULL)
		d->kind->take(d, in);
}
