/*
 * The packets of a camera's track (rtp_track.h), and its RTCP. The first byte
 * of an input is what the track is, and whether the rest is packets as they
 * are, each behind its length, or steps of four bytes: of those packets it is
 * known what has to come out.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "fuzz.h"
#include "worker/rtsp/rtp_track.h"
#include "xalloc.h"

#define TYPE	96
#define HEADER	12
#define STEP	4
#define LEAST_US	(RTP_TRACK_WAIT_MS * 1000)

enum {				/* bits of the first byte */
	IN_ORDER = 1, RAW = 2, ENDS = 4, FREES = 8,
};

struct camera {
	struct rtp_track	*track;		/* NULL: freed */
	uint8_t			 how;
	int			 left;		/* until no more is wanted */
	bool			 ended;
	uint16_t		 sequence;	/* of the last that was given */
	uint32_t		 timestamp, ssrc;
	int64_t			 time, now_us;
	uint64_t		 given;
};

static volatile uint8_t	read_sum;

static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_rtp_track: %s\n", what);
	abort();
}

/* A step's payload is its own header. */
static void
judge_step(struct camera *c, const struct rtp_in *in)
{
	uint16_t sequence = get16(in->data + 2);
	int16_t by = (int16_t)(sequence - c->sequence);
	uint32_t timestamp = get32(in->data + 4);

	must(in->len == HEADER, "a payload is not what was sent");
	must(in->restart || c->ssrc == get32(in->data + 8),
	    "another SSRC is the same track");
	must(in->restart || (by > 0 && by <= RTP_TRACK_JUMP + RTP_TRACK_HELD),
	    "packets are not in order");
	must(in->restart || in->lost == (by > 1),
	    "a loss is not told, or is none");
	must(in->restart ? in->time == 0 :
	    in->time == c->time + (int32_t)(timestamp - c->timestamp),
	    "the time is wrong");
	c->sequence = sequence;
	c->timestamp = timestamp;
	c->ssrc = get32(in->data + 8);
}

static bool
take(const struct rtp_in *in, void *arg)
{
	struct camera *c = arg;
	uint8_t sum = 0;

	must(!c->ended, "more is given than is wanted");
	must(in->restart || c->given > 0, "the first one does not begin it");
	must(!in->lost || !in->restart, "what is lost is of another track");
	if (!(c->how & RAW))
		judge_step(c, in);
	c->time = in->time;
	c->given++;
	if (!(c->how & ENDS) || --c->left > 0) {
		must(rtp_track_stats(c->track)->packets == c->given,
		    "packets are not counted");
		return true;
	}
	c->ended = true;
	if (c->how & FREES) {
		rtp_track_free(c->track);
		c->track = NULL;
	}
	for (size_t i = 0; i < in->len; i++)	/* it is still there */
		sum ^= in->data[i];
	read_sum = sum;
	return false;
}

static void
judge_result(struct camera *c, bool wanted)
{
	must(wanted == !c->ended, "who wants no more is not heard");
}

static void
judge_rtcp(struct camera *c)
{
	uint8_t out[RTP_TRACK_RTCP_MAX];
	size_t n, at = 0;
	struct rtp_track_report r;

	n = rtp_track_write_rtcp(c->track, 1, c->given % 2 == 0, c->now_us,
	    out);
	must(n <= sizeof out && (n > 0 || c->given == 0),
	    "there is no report, or a long one");
	while (at < n)
		at += 4 * ((size_t)get16(out + at + 2) + 1);
	must(at == n, "a report's lengths are wrong");
	if (rtp_track_report(c->track, &r))
		must(r.ntp_us >= 0, "a time is before 1900");
}

static void
wait_ms(struct camera *c, int ms)
{
	c->now_us += ms * 1000;
	if (rtp_track_due_us(c->track) <= c->now_us || ms % 2 == 0)
		judge_result(c, rtp_track_expire(c->track, c->now_us));
	if (c->track != NULL && !c->ended)
		must(rtp_track_due_us(c->track) > c->now_us,
		    "what is due is not given");
}

static void
send_packet(struct camera *c, const uint8_t *data, size_t len)
{
	uint8_t *exact = xcalloc(len > 0 ? len : 1, 1);

	if (len > 0)
		memcpy(exact, data, len);
	judge_result(c, rtp_track_take(c->track, exact, len, c->now_us));
	if (c->track != NULL)
		rtp_track_take_rtcp(c->track, exact, len, c->now_us);
	free(exact);
	if (c->track != NULL && !c->ended)
		must(rtp_track_due_us(c->track) <= c->now_us + LEAST_US ||
		    rtp_track_due_us(c->track) == INT64_MAX,
		    "one waits too long");
}

/* A step: the number, as far from the last as the first two bytes say; the
 * third is the SSRC's or a time to wait, the fourth moves the timestamp. */
static void
send_step(struct camera *c, const uint8_t *step, uint16_t *last)
{
	uint8_t p[2 * HEADER] = { 0x80, TYPE };

	if (step[2] >= 128) {
		wait_ms(c, step[2] - 128);
		return;
	}
	*last = (uint16_t)(*last + get16(step));
	put16(p + 2, *last);
	put32(p + 4, *last * 3600u + ((uint32_t)step[3] << 24));
	put32(p + 8, step[2] >= 120);
	memcpy(p + HEADER, p, HEADER);
	send_packet(c, p, sizeof p);
}

static void
run(struct camera *c, const uint8_t *data, size_t len)
{
	uint16_t last = 0;
	size_t n = STEP;

	for (; c->track != NULL && len >= STEP; data += n, len -= n) {
		if (c->how & RAW) {
			n = 1 + (size_t)data[0];
			n = n < len ? n : len;
			send_packet(c, data + 1, n - 1);
			if (c->track != NULL && n % 16 == 1)
				wait_ms(c, (int)n);
		} else
			send_step(c, data, &last);
		if (c->track != NULL)
			judge_rtcp(c);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct camera c = { .now_us = 1000000 };
	struct rtp_track_config config = { TYPE, 90000, false };

	if (len < 1)
		return 0;
	c.how = data[0];
	c.left = 1 + (data[0] >> 4);
	config.in_order = c.how & IN_ORDER;
	c.track = rtp_track_new(&config, take, &c);
	run(&c, data + 1, len - 1);
	rtp_track_free(c.track);
	return 0;
}
