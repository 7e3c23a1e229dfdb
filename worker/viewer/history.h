#ifndef LULL_HISTORY_H
#define LULL_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "worker/media/packetise.h"

/*
 * The history finds the packets that one viewer was sent last, by sequence
 * number, so that they can be sent again when the viewer asks for them (NACK,
 * RFC 4585, section 6.2.1). It holds references to the shared units and the
 * few header fields that were this viewer's own: a packet that is sent again
 * verbatim must be the same to the last bit.
 */
#define HISTORY_US	3000000	/* nobody asks for what was sent before */
#define HISTORY_UNITS	256
#define HISTORY_PACKETS	PACKETISE_MAX_COUNT /* no unit has more packets */
#define HISTORY_BYTES	(16 << 20)	/* of payload */

struct history_entry {
	struct rtp_unit	*unit;
	uint16_t	 sequence;	/* of the unit's first packet */
	uint32_t	 timestamp;	/* RTP ticks, as sent */
	uint32_t	 extension;	/* of the first packet's RTP header */
	int64_t		 sent_us;
};

struct history {
	struct history_entry	*entry;	/* a ring, made with the first unit */
	size_t			 head, n; /* the next to write; how many */
	size_t			 packets, bytes;	/* of all entries */
};

/* The history takes a reference to the unit, and forgets its oldest entries
 * while it is over a bound. It keeps the newest one in any case. */
void	history_add(struct history *, const struct history_entry *);

/* Returns the entry that a sequence number was sent in and sets *index to its
 * payload; NULL if it never was sent, or is forgotten. */
const struct history_entry	*history_find(const struct history *,
				    uint16_t sequence, size_t *index);

/* Forgets all entries and frees the ring. */
void	history_clear(struct history *);

#endif
