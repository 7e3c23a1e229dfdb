#ifndef BENCH_TRACK_H
#define BENCH_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypt.h"

/*
 * What one viewer receives: packets and frames counted, gaps in the
 * sequence numbers, and, while it waits for a picture, the first whole
 * key frame. Pure.
 */
struct track {
	uint64_t	packets;	/* of any kind */
	uint64_t	bytes;		/* of those, as in the datagrams */
	uint32_t	frames;		/* of video, by their markers */
	/* video alone */
	uint32_t	ssrc;		/* 0: none yet */
	uint32_t	first, high;	/* sequence numbers, with roll-overs */
	uint32_t	received;
	uint32_t	timestamp;	/* the highest */
	int64_t		media_us;	/* that on a clock that never wraps */
	int64_t		lag_us;		/* arrival of the last marker - media */
	int64_t		heard_us;	/* the last; 0: none since expected */
	int64_t		gap_us;		/* the longest between two */
	/* the key frame that is waited for */
	bool		waits, in_key;
	uint32_t	key_timestamp, key_first, key_got;
	uint32_t	forged;		/* not authentic */
};

enum track_news {		/* what a packet brought, or'ed */
	TRACK_NOTHING = 0,
	TRACK_PACKET = 1,	/* video */
	TRACK_PICTURE = 2,	/* all of a key frame; no longer waits */
};

/* From now on, look for a key frame; the time until then is no gap. */
void	track_expect(struct track *);
/* `packet` is decrypted in place if it has to be looked into. */
unsigned	track_input(struct track *, const struct srtp_keys *,
		    int payload_type, uint8_t *packet, size_t len,
		    int64_t now_us);
/* How many of the video are missing so far; 0 before the first. */
uint32_t	track_lost(const struct track *);

#endif
