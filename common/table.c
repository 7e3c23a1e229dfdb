#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

#define uthash_malloc(n)	xcalloc(1, n)
#define uthash_fatal(what)	abort()
#include <uthash.h>

struct entry {
	UT_hash_handle	 hh;
	void		*value;
};

struct table {
	struct entry	*head;
};

struct table *
table_new(void)
{
	return xcalloc(1, sizeof(struct table));
}

static void
entry_free(struct table *t, struct entry *e)
{
	HASH_DEL(t->head, e);
	free(e);
}

void
table_free(struct table *t)
{
	if (t == NULL)
		return;
	while (t->head != NULL)
		entry_free(t, t->head);
	free(t);
}

static struct entry *
table_find(const struct table *t, const char *key)
{
	struct entry *e;

	HASH_FIND_STR(t->head, key, e);
	return e;
}

void
table_put(struct table *t, const char *key, void *value)
{
	struct entry *e;

	table_remove(t, key);
	e = xcalloc(1, sizeof *e);
	e->value = value;
	HASH_ADD_KEYPTR(hh, t->head, key, strlen(key), e);
}

void *
table_get(const struct table *t, const char *key)
{
	const struct entry *e = table_find(t, key);

	return e != NULL ? e->value : NULL;
}

void
table_remove(struct table *t, const char *key)
{
	struct entry *e = table_find(t, key);

	if (e != NULL)
		entry_free(t, e);
}

size_t
table_count(const struct table *t)
{
	return HASH_COUNT(t->head);
}
