#ifndef LULL_JPEG_H
#define LULL_JPEG_H

#include <stddef.h>
#include <stdint.h>

/*
 * A JPEG is shared, counted, by those who keep it and those to whom it is being
 * sent: slow readers of one picture cost no more than a fast one. Its bytes
 * count in a pool until the last has let go of it.
 */
struct jpeg_pool;

struct jpeg {
	const uint8_t	*data;
	size_t		 len;
	unsigned	 refs;
	struct jpeg_pool *pool;
};

struct jpeg_pool	*jpeg_pool_new(void);
/* What is still held stays valid, and frees the pool in the end. */
void	jpeg_pool_free(struct jpeg_pool *);
/* Returns the bytes of all that is held. */
size_t	jpeg_pool_bytes(const struct jpeg_pool *);

/* Takes over `data`, of malloc(), with one reference for the caller. */
struct jpeg	*jpeg_new(struct jpeg_pool *, uint8_t *data, size_t len);
struct jpeg	*jpeg_ref(struct jpeg *);
void	jpeg_unref(struct jpeg *);		/* NULL is fine */

#endif
