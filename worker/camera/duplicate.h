#ifndef LULL_DUPLICATE_H
#define LULL_DUPLICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Finds packets that a network has delivered twice, as bonded and meshed
 * networks do. It is pure. libavformat drops a duplicate that comes late, but
 * hands on one that follows its original: the same payload with the same time.
 */
struct duplicate {
	uint8_t	*data;		/* the last payload */
	size_t	 len, room;
	int64_t	 time_us;
};

/* Is this payload the last one once more? From now on it is the last one. An
 * empty one is neither. */
bool	duplicate_is(struct duplicate *, const uint8_t *data, size_t len,
	    int64_t time_us);

/* Is the payload nothing but the same few bytes over and over? Fragments of a
 * flat picture are: they look like duplicates, and all of them are needed. */
bool	duplicate_is_flat(const uint8_t *data, size_t len);

/* Forgets the last payload and frees it. */
void	duplicate_clear(struct duplicate *);

#endif
