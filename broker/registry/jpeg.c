#include "jpeg.h"

#include <stdlib.h>

#include "xalloc.h"

struct jpeg_pool {
	size_t	bytes;
	size_t	refs;		/* the owner and each JPEG */
};

static void
pool_unref(struct jpeg_pool *p)
{
	if (--p->refs == 0)
		free(p);
}

struct jpeg_pool *
jpeg_pool_new(void)
{
	struct jpeg_pool *p = xcalloc(1, sizeof *p);

	p->refs = 1;
	return p;
}

void
jpeg_pool_free(struct jpeg_pool *p)
{
	pool_unref(p);
}

size_t
jpeg_pool_bytes(const struct jpeg_pool *p)
{
	return p->bytes;
}

struct jpeg *
jpeg_new(struct jpeg_pool *pool, uint8_t *data, size_t len)
{
	struct jpeg *j = xcalloc(1, sizeof *j);

	*j = (struct jpeg){ .data = data, .len = len, .refs = 1,
		.pool = pool };
	pool->bytes += len;
	pool->refs++;
	return j;
}

struct jpeg *
jpeg_ref(struct jpeg *j)
{
	j->refs++;
	return j;
}

void
jpeg_unref(struct jpeg *j)
{
	if (j == NULL || --j->refs > 0)
		return;
	j->pool->bytes -= j->len;
	pool_unref(j->pool);
	free((uint8_t *)j->data);
	free(j);
}
