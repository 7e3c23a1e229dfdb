#ifndef LULL_TABLE_H
#define LULL_TABLE_H

#include <stddef.h>

/*
 * A table finds a value by a string. The string is the value's own, and stays
 * as it is while the value is in the table. This is the only user of uthash.
 */
struct table;

struct table	*table_new(void);
void	table_free(struct table *);	/* not the values; NULL is fine */

/* The value takes the place of one that has the same key. */
void	table_put(struct table *, const char *key, void *value);
void	*table_get(const struct table *, const char *key);	/* or NULL */
void	table_remove(struct table *, const char *key);	/* if it is there */
size_t	table_count(const struct table *);

#endif
