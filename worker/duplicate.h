#ifndef LULL_DUPLICATE_H
#define LULL_DUPLICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Packets that a network delivers twice, as bonded and meshed ones do. Pure.
 * Those that come late are libavformat's to drop, but it hands on one that
 * follows its original: the payload before once more, at the same time.
 */
struct duplicate {
	uint8_t	*data;		/* the last payload */
	size_t	 len, room;
	int64_t	 time_us;
};

/* Is this one the last one once more? It is remembered as the last. */
bool	duplicate_is(struct duplicate *, const uint8_t *data, size_t len,
	    int64_t time_us);

/* Is it but the same few bytes over and over? So are fragments of a flat
 * picture, which are alike and of one time, and all of which are needed. */
bool	duplicate_is_flat(const uint8_t *data, size_t len);

/* Nothing has come yet. */
void	duplicate_clear(struct duplicate *);

#endif
