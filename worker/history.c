#include "history.h"

#include <stdlib.h>

#include "packetise.h"
#include "xalloc.h"

void
history_add(struct history *h, const struct history_entry *e)
{
	struct history_entry *slot;

	if (h->entry == NULL)
		h->entry = xcalloc(HISTORY_UNITS, sizeof h->entry[0]);
	slot = &h->entry[h->head];
	if (h->n == HISTORY_UNITS)
		rtp_unit_unref(slot->unit);
	else
		h->n++;
	*slot = *e;
	rtp_unit_ref(e->unit);
	h->head = (h->head + 1) % HISTORY_UNITS;
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
	for (size_t i = 1; i <= h->n; i++)
		rtp_unit_unref(h->entry[(h->head + HISTORY_UNITS - i) %
		    HISTORY_UNITS].unit);
	free(h->entry);
	h->entry = NULL;
	h->head = h->n = 0;
}
