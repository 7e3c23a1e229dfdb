#include "history.h"

#include <stdlib.h>

#include "xalloc.h"

/* The newest entry is 1 back, the oldest h->n. */
static const struct history_entry *
entry(const struct history *h, size_t back)
{
	return &h->entry[(h->head + HISTORY_UNITS - back) % HISTORY_UNITS];
}

static void
forget_oldest(struct history *h)
{
	struct rtp_unit *u = entry(h, h->n)->unit;

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
	    h->packets > HISTORY_PACKETS || h->bytes > HISTORY_BYTES ||
	    entry(h, h->n)->sent_us < e->sent_us - HISTORY_US))
		forget_oldest(h);
	h->entry[h->head] = *e;
	rtp_unit_ref(e->unit);
	h->head = (h->head + 1) % HISTORY_UNITS;
	h->n++;
}

/* One NACK may ask a thousand times for packets that never were, which must
 * not cost a search each. The numbers that are held have no gaps. */
static bool
may_have(const struct history *h, uint16_t sequence)
{
	const struct history_entry *oldest, *newest;

	if (h->n == 0)
		return false;
	oldest = entry(h, h->n);
	newest = entry(h, 1);
	return (uint16_t)(sequence - oldest->sequence) <
	    (uint16_t)(newest->sequence - oldest->sequence) +
	    newest->unit->count;
}

/* The search begins with the newest: most that viewers miss was sent a moment
 * ago. */
const struct history_entry *
history_find(const struct history *h, uint16_t sequence, size_t *index)
{
	if (!may_have(h, sequence))
		return NULL;
	for (size_t i = 1; i <= h->n; i++) {
		const struct history_entry *e = entry(h, i);
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
}
