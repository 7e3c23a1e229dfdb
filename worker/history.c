#include "history.h"

#include <stdlib.h>

#include "packetise.h"
#include "xalloc.h"

static void
forget_oldest(struct history *h)
{
	struct rtp_unit *u = h->entry[(h->head + HISTORY_UNITS - h->n) %
	    HISTORY_UNITS].unit;

	h->packets -= u->count;
	h->bytes -= u->offset[u->count];
	h->n--;
	rtp_unit_unref(u);
}

void
history_add(struct history *h, const struct history_entry *e)
{
	if (h->entry == NULL)
		h->entry = xcalloc(HISTORY_UNITS, sizeof h->entry[0]);
	h->packets += e->unit->count;
	h->bytes += e->unit->offset[e->unit->count];
	while (h->n > 0 && (h->n == HISTORY_UNITS ||
	    h->packets > HISTORY_PACKETS || h->bytes > HISTORY_BYTES))
		forget_oldest(h);
	h->entry[h->head] = *e;
	rtp_unit_ref(e->unit);
	h->head = (h->head + 1) % HISTORY_UNITS;
	h->n++;
}

/* From the newest back: what is missed was sent a moment ago. */
const struct history_entry *
history_find(const struct history *h, uint16_t sequence, size_t *index)
{
	for (size_t i = 1; i <= h->n; i++) {
		const struct history_entry *e = &h->entry[
		    (h->head + HISTORY_UNITS - i) % HISTORY_UNITS];
		uint16_t distance = (uint16_t)(sequence - e->sequence);

		if (distance < e->unit->count) {
			*index = distance;
			return e;
		}
	}
	return NULL;
}

void
history_clear(struct history *h)
{
	while (h->n > 0)
		forget_oldest(h);
	free(h->entry);
	h->entry = NULL;
	h->head = 0;
}
