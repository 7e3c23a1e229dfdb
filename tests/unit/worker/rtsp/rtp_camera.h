#ifndef LULL_TEST_RTP_CAMERA_H
#define LULL_TEST_RTP_CAMERA_H

/*
 * A track, the packets that a camera sends for it, and a list of what came out:
 * "100" is the packet of that sequence number, which is its payload, "!100" one
 * before which some are lost, "^100" one that begins the track. For tests with
 * cmocka, whose headers come first.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "worker/rtsp/rtp_track.h"
#include "xalloc.h"

#define TYPE	96
#define SSRC	0x11223344
#define MS	((int64_t)1000)		/* us */

struct camera {
	struct rtp_track	*track;
	char			 given[32000];
	size_t			 len;		/* of `given` */
	int			 left;		/* until no more is wanted */
	bool			 frees;		/* the track, then */
	bool			 again;		/* takes within the callback */
	struct rtp_in		 last;		/* without its data */
	uint32_t		 ssrc;		/* it sends */
	int64_t			 now_us;
};

static inline bool
camera_given(const struct rtp_in *in, void *arg)
{
	struct camera *c = arg;
	bool frees = c->frees && c->left == 1;

	if (frees) {
		rtp_track_free(c->track);
		c->track = NULL;
	}
	if (c->again)
		assert_false(rtp_track_expire(c->track, INT64_MAX));
	c->len += (size_t)snprintf(c->given + c->len,
	    sizeof c->given - c->len, "%s%s%s%.*s", c->len > 0 ? " " : "",
	    in->lost ? "!" : "", in->restart ? "^" : "", (int)in->len,
	    (const char *)in->data);
	assert_true(c->len < sizeof c->given);
	c->last = *in;
	c->last.data = NULL;
	return --c->left != 0;
}

/* It is at 1 s. The track knows the camera by its address. */
static inline void
camera_begin(struct camera *c, bool in_order)
{
	struct rtp_track_config config = { TYPE, 90000, in_order };

	*c = (struct camera){ .ssrc = SSRC, .now_us = 1000 * MS };
	c->track = rtp_track_new(&config, camera_given, c);
}

/* The end of the bytes is the end of their memory, and they are no more when
 * this returns. */
static inline bool
camera_send_bytes(struct camera *c, const void *bytes, size_t len)
{
	uint8_t *exact = xcalloc(len > 0 ? len : 1, 1);
	bool wanted;

	memcpy(exact, bytes, len);
	wanted = rtp_track_take(c->track, exact, len, c->now_us);
	memset(exact, 'x', len);
	free(exact);
	return wanted;
}

static inline bool
camera_send_at(struct camera *c, int sequence, uint32_t timestamp)
{
	uint8_t p[12 + 8] = { 0x80, TYPE };
	int n;

	put16(p + 2, (uint32_t)sequence);
	put32(p + 4, timestamp);
	put32(p + 8, c->ssrc);
	n = snprintf((char *)p + 12, 8, "%d", sequence & 0xffff);
	return camera_send_bytes(c, p, 12 + (size_t)n);
}

/* Its time is in proportion to the sequence number. */
static inline bool
camera_send(struct camera *c, int sequence)
{
	return camera_send_at(c, sequence, (uint32_t)sequence * 3600);
}

static inline void
camera_send_some(struct camera *c, int first, int last)
{
	for (int i = first; i <= last; i++)
		assert_true(camera_send(c, i));
}

/* Since it was asked last. */
static inline void
camera_gave(struct camera *c, const char *wanted)
{
	c->given[c->len] = '\0';
	assert_string_equal(c->given, wanted);
	c->len = 0;
}

static inline void
camera_end(struct camera *c)
{
	rtp_track_free(c->track);
}

#endif
