/*
 * The payloads of a camera's H264 (h264_depay.h), and the units that come of
 * them (assembly.h). The first byte of an input says whether the rest is
 * payloads as they are, each behind its flags and its length, or steps of three
 * bytes: a NAL unit each, sent in a way of RFC 6184, of which packets may be
 * lost. Of those it is known what has to come out.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "fuzz.h"
#include "tests/unit/worker/h264_writer.h"
#include "worker/media/h264.h"
#include "worker/rtsp/assembly.h"
#include "worker/rtsp/h264_depay.h"
#include "worker/rtsp/rtp_track.h"
#include "xalloc.h"

#define STEP		3
#define MAX_NALS	512
#define ID_AT		8	/* bytes of a NAL unit in front of its number */
#define SHORT		12
#define LONG		40
#define PIECES		3	/* of one that comes in fragments */

enum { RAW = 1, ENDS = 2 };		/* bits of the first byte */
enum { LOST = 1, MARKER = 2, RESTART = 4, TIME = 8 };	/* of a payload's */

struct sent {
	uint8_t	nal[LONG];
	size_t	len;
	int64_t	time;
	bool	slice;
};

struct camera {
	struct assembly		*assembly;
	struct depay	 depay;
	uint8_t			 how;
	int			 left;		/* units until it ends */
	bool			 ended;
	int64_t			 time;
	bool			 lost;		/* since the last packet */

	struct sent		 sent[MAX_NALS];
	size_t			 n_sent, next;
	bool			 told;	/* of damage, since the last unit */
	bool			 owed;	/* that is to be told of */
};

static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_h264_depay: %s\n", what);
	abort();
}

static const struct sent *
judge_nal(struct camera *c, const struct video_nal *nal)
{
	size_t id;

	must(nal->len > ID_AT + 1, "a NAL unit lacks its beginning");
	id = (nal->data[ID_AT] & 0x7fu) << 7 | (nal->data[ID_AT + 1] & 0x7fu);
	must(id < c->n_sent && nal->len <= c->sent[id].len &&
	    memcmp(nal->data, c->sent[id].nal, nal->len) == 0,
	    "it is not as it was sent");
	must(id == c->next || (id > c->next && c->told),
	    "NAL units are missing, and nobody is told");
	c->next = id + 1;
	return &c->sent[id];
}

/* One that is not damaged has all that was sent since the last one. Its last
 * slice may lack its end, if the camera's marker was wrong: that is told of
 * before the next one. */
static void
judge_unit(struct camera *c, const struct assembly_unit *u)
{
	const struct sent *s = NULL;
	struct video_nal nal;
	size_t pos = 0, slices = 0;

	must(!c->owed || c->told, "half a slice is not told of");
	c->owed = false;
	while (h264_next_nal(u->data, u->len, &pos, &nal)) {
		must(!c->owed, "there is half a slice");
		s = judge_nal(c, &nal);
		if (s->slice && slices++ == 0)
			must(s->time == u->time, "its time is another's");
		c->owed = s->slice && nal.len < s->len;
		c->told |= nal.len == s->len ? false : !s->slice;
	}
	must(s != NULL && s->slice, "it does not end with a slice");
	c->told = false;
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
		c->told = true;
	else if (!(c->how & RAW))
		judge_unit(c, u);
	c->ended = c->how & ENDS && --c->left <= 0;
	return c->ended ? -1 : 0;
}

static void
send_payload(struct camera *c, const uint8_t *data, size_t len, int flags)
{
	uint8_t *exact = xcalloc(len > 0 ? len : 1, 1);
	struct rtp_in in = {
		.data = exact, .len = len, .time = c->time,
		.marker = flags & MARKER, .restart = flags & RESTART,
		.lost = c->lost && !(flags & RESTART),
	};
	int ret;

	if (len > 0)
		memcpy(exact, data, len);
	c->lost = false;
	if (in.restart)
		c->told = true;
	ret = h264_depay.take(&c->depay, &in);
	must((ret != 0) == c->ended, "its answer is not given back");
	free(exact);
}

static void
run_raw(struct camera *c, const uint8_t *data, size_t len)
{
	size_t n;

	for (; !c->ended && len >= 2; data += 2 + n, len -= 2 + n) {
		n = data[1] < len - 2 ? data[1] : len - 2;
		c->lost = data[0] & LOST;
		c->time += data[0] & TIME ? 3600 : 0;
		send_payload(c, data + 2, n, data[0] & (MARKER | RESTART));
	}
}

static struct sent *
write_nal(struct camera *c, int type, unsigned place, size_t len)
{
	struct sent *s = &c->sent[c->n_sent];
	struct writer w = { .bits = 0 };

	memset(s->nal, 0x55, sizeof s->nal);
	s->len = len;
	s->time = c->time;
	s->slice = type == H264_NAL_SLICE || type == H264_NAL_IDR;
	put(&w, 3 << 5 | (unsigned)type, 8);
	if (s->slice) {
		put_ue(&w, place);
		put_ue(&w, 7);		/* slice_type */
		put_ue(&w, 0);		/* pic_parameter_set_id */
	}
	finish(&w, s->nal);
	s->nal[ID_AT] = (uint8_t)(0x80 | c->n_sent >> 7);
	s->nal[ID_AT + 1] = (uint8_t)(0x80 | c->n_sent);
	c->n_sent++;
	return s;
}

/* A packet of those that a step sends; `i` is its bit in both. */
static void
send_one(struct camera *c, const uint8_t *data, size_t len, int i,
    const uint8_t *step)
{
	if (c->ended)
		return;
	if (step[0] >> 5 & 1 << i)
		c->lost = true;
	else
		send_payload(c, data, len, (step[2] & 1 << i ? MARKER : 0) |
		    (i == 0 && step[2] == 0xf8 ? RESTART : 0));
}

static void
send_fragments(struct camera *c, const struct sent *s, const uint8_t *step)
{
	size_t done = 1, n;

	for (int i = 0; i < PIECES; i++) {
		uint8_t p[2 + LONG] = { (s->nal[0] & 0xe0) | 28,
			(uint8_t)((i == 0 ? 0x80 : 0) |
			(i == PIECES - 1 ? 0x40 : 0) | (s->nal[0] & 0x1f)) };

		n = i == 0 ? ID_AT + 1 : i == 1 ? 1 : s->len - done;
		memcpy(p + 2, s->nal + done, n);
		send_one(c, p, 2 + n, i, step);
		done += n;
	}
}

/* With a delimiter behind it. */
static void
send_aggregate(struct camera *c, const struct sent *s, const uint8_t *step)
{
	const struct sent *last = write_nal(c, H264_NAL_AUD, 0, SHORT);
	uint8_t p[1 + 2 + LONG + 2 + SHORT] = { 24 };

	put16(p + 1, (uint16_t)s->len);
	memcpy(p + 3, s->nal, s->len);
	put16(p + 3 + s->len, SHORT);
	memcpy(p + 5 + s->len, last->nal, SHORT);
	send_one(c, p, 5 + s->len + SHORT, 0, step);
}

/* The first byte is the type, the way and what is lost; the second the place
 * and the time; the third where the marker is, and the length. */
static void
run_steps(struct camera *c, const uint8_t *data, size_t len)
{
	static const uint8_t types[] = {
		H264_NAL_SLICE, H264_NAL_IDR, H264_NAL_SPS, H264_NAL_PPS,
		H264_NAL_SEI, H264_NAL_AUD, H264_NAL_SLICE, H264_NAL_SLICE,
	};

	for (; !c->ended && len >= STEP && c->n_sent + 2 <= MAX_NALS;
	    data += STEP, len -= STEP) {
		const struct sent *s;

		c->time += (data[1] >> 4) % 4 * 100;
		s = write_nal(c, types[data[0] & 7], data[1] & 0xf,
		    data[2] & 8 ? LONG : SHORT);
		switch (data[0] >> 3 & 3) {
		case 0: send_one(c, s->nal, s->len, 0, data); break;
		case 1: send_aggregate(c, s, data); break;
		default: send_fragments(c, s, data); break;
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct camera *c;

	if (len < 1)
		return 0;
	c = xcalloc(1, sizeof *c);
	c->how = data[0];
	c->left = 1 + (data[0] >> 2) % 16;
	c->assembly = assembly_new(&h264_codec, on_unit, c);
	c->depay.assembly = c->assembly;
	if (c->how & RAW)
		run_raw(c, data + 1, len - 1);
	else
		run_steps(c, data + 1, len - 1);
	assembly_free(c->assembly);
	free(c);
	return 0;
}
