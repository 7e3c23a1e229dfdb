/*
 * The payloads of a camera's H265 (h265_depay.h), the units that come of them,
 * and what the cleaner (h265_cleaner.h) makes of these. The first byte of an
 * input says whether the rest is payloads, each behind its flags and its
 * length, or units in Annex B for the cleaner alone, each behind its length.
 * Whatever is clean has to come back whole from the packets that viewers get.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "fuzz.h"
#include "worker/media/h265.h"
#include "worker/media/packetise.h"
#include "worker/rtsp/assembly.h"
#include "worker/rtsp/h265_depay.h"
#include "worker/rtsp/rtp_track.h"
#include "xalloc.h"

#define MAX_PAYLOAD	64	/* to viewers: small, for many fragments */

enum { UNITS = 1, ENDS = 2 };		/* bits of the first byte */
enum { LOST = 1, MARKER = 2, RESTART = 4, TIME = 8 };	/* of a payload's */

struct camera {
	struct assembly	*assembly;
	struct depay	 depay;
	void		*cleaner;
	bool		 ends;		/* with its first unit */
	bool		 ended;
};

struct viewer {
	const struct video_picture *pic;
	size_t			 at;	/* NAL units that have come */
};

static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_h265_depay: %s\n", what);
	abort();
}

/* What a viewer has is what was clean, though a camera's first slices may be of
 * several pictures. */
static int
on_viewer_unit(const struct assembly_unit *u, void *arg)
{
	struct viewer *v = arg;
	struct video_nal nal;
	size_t pos = 0;

	while (nal_next(u->data, u->len, &pos, &nal)) {
		const struct video_nal *sent = &v->pic->nals[v->at];

		must(v->at++ < v->pic->n_nals,
		    "a viewer has a NAL unit too many");
		must(nal.len == sent->len &&
		    memcmp(nal.data, sent->data, nal.len) == 0,
		    "a viewer has another NAL unit");
	}
	return 0;
}

static void
take_packets(struct depay *d, const struct rtp_unit *u)
{
	/* The first slice of another picture ends it. */
	static const uint8_t next[] = { 0x02, 0x01, 0xd0 };
	struct rtp_in in = { .data = next, .len = sizeof next, .time = 3600 };

	for (size_t i = 0; i < u->count; i++) {
		struct rtp_in one = { .data = u->bytes + u->offset[i],
			.len = u->offset[i + 1] - u->offset[i] };

		must(one.len <= MAX_PAYLOAD, "a payload is too large");
		h265_depay.take(d, &one);
	}
	h265_depay.take(d, &in);
}

static void
judge_packets(const struct video_picture *pic, const uint8_t *data)
{
	struct media_unit *m = media_unit_new(MEDIA_VIDEO, MEDIA_H265, data,
	    pic->len);
	struct viewer v = { .pic = pic };
	struct depay d = { .assembly = assembly_new(&h265_codec,
	    on_viewer_unit, &v) };
	struct rtp_unit *u;

	m->nals = xmemdup(pic->nals, pic->n_nals * sizeof *pic->nals);
	m->n_nals = pic->n_nals;
	u = packetise(m, MAX_PAYLOAD);
	must(u != NULL, "it cannot be sent");
	take_packets(&d, u);
	must(v.at == pic->n_nals, "a viewer lacks a NAL unit");
	rtp_unit_unref(u);
	assembly_free(d.assembly);
	media_unit_free(m);
}

static void
judge_nals(const struct video_picture *pic, const uint8_t *out)
{
	size_t pos = 0;
	struct video_nal nal;

	for (size_t i = 0; i < pic->n_nals; i++) {
		must(h265_next_nal(out, pic->len, &pos, &nal) &&
		    nal.data == pic->nals[i].data &&
		    nal.len == pic->nals[i].len, "a NAL unit is elsewhere");
		must(nal.type == H265_NAL_VPS || nal.type == H265_NAL_SPS ||
		    nal.type == H265_NAL_PPS || h265_is_slice(nal.type),
		    "there is what viewers are not sent");
		must(h265_layer(nal.data) == 0, "there is another layer");
	}
	must(!h265_next_nal(out, pic->len, &pos, &nal), "there are more");
	must(!pic->key || pic->has_b || pic->nals[0].type == H265_NAL_VPS,
	    "a key frame lacks its sets");
}

static void
clean(struct camera *c, const uint8_t *au, size_t len)
{
	uint8_t *out = xcalloc(1, len + h265_codec.room);
	struct video_picture pic;

	if (h265_codec.clean(c->cleaner, au, len, out, &pic) == 0 &&
	    pic.len > 0) {
		must(!pic.lost && pic.len <= len + h265_codec.room,
		    "it is lost, or too long");
		must(pic.width > 0 && pic.height > 0, "it has no size");
		judge_nals(&pic, out);
		judge_packets(&pic, out);
	}
	free(out);
}

static int
on_unit(const struct assembly_unit *u, void *arg)
{
	struct camera *c = arg;

	must(!c->ended, "who wants no more is given more");
	must(u->damaged || u->len > 0, "it is nothing");
	must(u->len == 0 || (u->len > 4 &&
	    memcmp(u->data, "\0\0\0\1", 4) == 0), "it is no Annex B");
	if (u->damaged)
		h265_codec.miss(c->cleaner);
	else
		clean(c, u->data, u->len);
	c->ended = c->ends;
	return c->ended ? -1 : 0;
}

/* The end of the payload is the end of its memory. */
static void
send_payload(struct camera *c, const uint8_t *data, size_t len, int flags,
    int64_t time)
{
	uint8_t *exact = xcalloc(len > 0 ? len : 1, 1);
	struct rtp_in in = {
		.data = exact, .len = len, .time = time,
		.marker = flags & MARKER, .restart = flags & RESTART,
		.lost = flags & LOST && !(flags & RESTART),
	};
	int ret;

	memcpy(exact, data, len);
	ret = h265_depay.take(&c->depay, &in);
	must((ret != 0) == c->ended, "its answer is not given back");
	free(exact);
}

static void
run_payloads(struct camera *c, const uint8_t *data, size_t len)
{
	int64_t time = 0;
	size_t n;

	for (; !c->ended && len >= 2; data += 2 + n, len -= 2 + n) {
		n = data[1] < len - 2 ? data[1] : len - 2;
		time += data[0] & TIME ? 3600 : 0;
		send_payload(c, data + 2, n, data[0], time);
	}
}

static void
run_units(struct camera *c, const uint8_t *data, size_t len)
{
	size_t n;

	for (; len >= 2; data += 2 + n, len -= 2 + n) {
		n = get16(data) < len - 2 ? get16(data) : len - 2;
		clean(c, data + 2, n);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct camera c = { 0 };

	if (len < 1)
		return 0;
	c.ends = data[0] & ENDS;
	c.cleaner = h265_codec.cleaner_new();
	c.depay.assembly = c.assembly = assembly_new(&h265_codec, on_unit, &c);
	if (data[0] & UNITS)
		run_units(&c, data + 1, len - 1);
	else
		run_payloads(&c, data + 1, len - 1);
	assembly_free(c.assembly);
	h265_codec.cleaner_free(c.cleaner);
	return 0;
}
