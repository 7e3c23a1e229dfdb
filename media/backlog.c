#include "backlog.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "xalloc.h"

#define MAX_BYTES	(64u * 1024 * 1024)
#define MAX_TIME	(INT64_C(1) << 60)
#define RESTART_US	1000000	/* a clock that goes back so far is another */

struct unit {
	TAILQ_ENTRY(unit)	 entry;
	struct media_wire	 wire;	/* its data are the unit's */
	int64_t			 due_us;	/* the highest time up to it */
};
TAILQ_HEAD(units, unit);

struct backlog {
	struct units	 units;
	struct unit	*taken;		/* last, or NULL */
	int		 n;
	size_t		 bytes;
	int64_t		 due_us;	/* of the newest that came */
	bool		 gap;		/* units are missing before the next */
};

struct backlog *
backlog_new(void)
{
	struct backlog *b = xcalloc(1, sizeof *b);

	TAILQ_INIT(&b->units);
	return b;
}

static void
free_unit(struct unit *u)
{
	if (u == NULL)
		return;
	free((void *)(uintptr_t)u->wire.data);
	free(u);
}

static struct unit *
take_first(struct backlog *b)
{
	struct unit *u = TAILQ_FIRST(&b->units);

	TAILQ_REMOVE(&b->units, u, entry);
	b->n--;
	b->bytes -= u->wire.len;
	return u;
}

/* Frees all before `end`, which may be NULL. */
static void
leave_out(struct backlog *b, const struct unit *end)
{
	while (TAILQ_FIRST(&b->units) != end) {
		free_unit(take_first(b));
		b->gap = true;
	}
}

void
backlog_free(struct backlog *b)
{
	leave_out(b, NULL);
	free_unit(b->taken);
	free(b);
}

static bool
is_key(const struct media_wire *m)
{
	return (m->flags & MEDIA_WIRE_KEY) != 0 &&
	    (m->flags & MEDIA_WIRE_DAMAGED) == 0;
}

void
backlog_put(struct backlog *b, const struct media_wire *m)
{
	struct unit *u;

	if (m->time_us > MAX_TIME || m->time_us < -MAX_TIME)
		return;
	if (m->time_us > b->due_us || b->due_us - m->time_us > RESTART_US)
		b->due_us = m->time_us;
	if (b->n == BACKLOG_MAX_UNITS || b->bytes + m->len > MAX_BYTES)
		leave_out(b, NULL);
	if (b->gap && b->n == 0 && !is_key(m))
		return;
	u = xcalloc(1, sizeof *u);
	u->wire = *m;
	u->wire.data = xmemdup(m->data, m->len);
	u->due_us = b->due_us;
	TAILQ_INSERT_TAIL(&b->units, u, entry);
	b->n++;
	b->bytes += m->len;
}

bool
backlog_is_empty(const struct backlog *b)
{
	return TAILQ_EMPTY(&b->units);
}

static bool
is_late(const struct backlog *b, const struct unit *u)
{
	return u != NULL && b->due_us - u->due_us > BACKLOG_LATE_US;
}

bool
backlog_is_late(const struct backlog *b)
{
	return is_late(b, b->taken);
}

static const struct unit *
newest_key(const struct backlog *b)
{
	const struct unit *u;

	TAILQ_FOREACH_REVERSE(u, &b->units, units, entry)
		if (is_key(&u->wire))
			return u;
	return NULL;
}

int
backlog_take(struct backlog *b, struct media_wire *m, bool *skipped)
{
	const struct unit *first = TAILQ_FIRST(&b->units), *key;

	if (first == NULL)
		return 0;
	if (is_late(b, first) && (key = newest_key(b)) != NULL)
		leave_out(b, key);
	free_unit(b->taken);
	b->taken = take_first(b);
	*m = b->taken->wire;
	*skipped = b->gap;
	b->gap = false;
	return 1;
}
