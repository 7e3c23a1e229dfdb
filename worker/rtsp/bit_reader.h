#ifndef LULL_BIT_READER_H
#define LULL_BIT_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads numbers of some bits each, the highest bit first. Behind the end there
 * are zeros only, and `over` says that it was passed.
 */
struct bit_reader {
	const uint8_t	*data;
	size_t		 bits;		/* of all */
	size_t		 pos;		/* bits that are read */
	bool		 over;
};

static inline struct bit_reader
bit_reader_of(const uint8_t *data, size_t len)
{
	return (struct bit_reader){ .data = data, .bits = 8 * len };
}

static inline size_t
bit_reader_left(const struct bit_reader *b)
{
	return b->bits - b->pos;
}

/* `n` is 32 at most. */
static inline uint32_t
bit_reader_get(struct bit_reader *b, unsigned n)
{
	uint32_t v = 0;

	if (n > bit_reader_left(b)) {
		b->pos = b->bits;
		b->over = true;
		return 0;
	}
	for (; n > 0; n--, b->pos++)
		v = v << 1 | (b->data[b->pos / 8] >> (7 - b->pos % 8) & 1);
	return v;
}

static inline void
bit_reader_skip(struct bit_reader *b, size_t n)
{
	if (n > bit_reader_left(b)) {
		n = bit_reader_left(b);
		b->over = true;
	}
	b->pos += n;
}

#endif
