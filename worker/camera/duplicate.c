#include "duplicate.h"

#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

#define MAX_PERIOD	4	/* bytes */

bool
duplicate_is(struct duplicate *d, const uint8_t *data, size_t len,
    int64_t time_us)
{
	if (len == 0)
		return false;
	if (d->len == len && d->time_us == time_us &&
	    memcmp(d->data, data, len) == 0)
		return true;
	if (d->room < len) {
		d->room = len;
		d->data = xrealloc(d->data, d->room);
	}
	memcpy(d->data, data, len);
	d->len = len;
	d->time_us = time_us;
	return false;
}

bool
duplicate_is_flat(const uint8_t *data, size_t len)
{
	for (size_t n = 1; n <= MAX_PERIOD && n < len; n++)
		if (memcmp(data, data + n, len - n) == 0)
			return true;
	return false;
}

void
duplicate_clear(struct duplicate *d)
{
	free(d->data);
	*d = (struct duplicate){ 0 };
}
