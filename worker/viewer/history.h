#ifndef LULL_HISTORY_H
#define LULL_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "worker/media/packetise.h"

/*
 * What was sent to one viewer last, by sequence number, to be sent again
 * when it says so (NACK, RFC 4585 section 6.2.1). It holds references to
 * the shared units and the few bytes that were this viewer's own: a packet
 * sent again verbatim must be the same to the last bit.
 */
#define HISTORY_UNITS	256		/* ten seconds at 25 a second */
#define HISTORY_PACKETS	PACKETISE_MAX_COUNT	/* holds any one unit */
#define HISTORY_BYTES	(16 << 20)

struct history_entry {
	struct rtp_unit	*unit;
	uint16_t	 sequence;	/* of its first payload */
	uint32_t	 timestamp;	/* RTP, as sent */
	uint32_t	 extension;	/* the header's, as first sent */
};

struct history {
	struct history_entry	*entry;	/* a ring, made with the first unit */
	size_t			 head, n;
	size_t			 packets, bytes;	/* held */
};

/* Takes a reference; forgets the oldest while a bound is passed. The
 * newest is kept in any case. */
void	history_add(struct history *, const struct history_entry *);

/* The entry and payload index that a sequence number was sent in; NULL if it
 * never was, or is forgotten. */
const struct history_entry	*history_find(const struct history *,
				    uint16_t sequence, size_t *index);

void	history_clear(struct history *);	/* and frees what it holds */

#endif
