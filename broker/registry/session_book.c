#include "session_book.h"

#include "ports.h"
#include "table.h"

void
session_book_init(struct session_book *b, struct ports *ports)
{
	TAILQ_INIT(&b->list);
	b->by_id = table_new();
	b->ports = ports;
	b->n_ever = 0;
}

void
session_book_clear(struct session_book *b)
{
	table_free(b->by_id);
}

void
session_book_add(struct session_book *b, struct session *s)
{
	id_session(s->id);
	s->connection_id = ++b->n_ever;
	table_put(b->by_id, s->id, s);
	TAILQ_INSERT_TAIL(&b->list, s, entry);
}

void
session_book_remove(struct session_book *b, struct session *s)
{
	if (s->port != 0)
		ports_give(b->ports, s->port);
	table_remove(b->by_id, s->id);
	TAILQ_REMOVE(&b->list, s, entry);
}

struct session *
session_book_find(const struct session_book *b, const char *id)
{
	return table_get(b->by_id, id);
}

size_t
session_book_count(const struct session_book *b)
{
	return table_count(b->by_id);
}
