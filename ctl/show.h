#ifndef LULL_SHOW_H
#define LULL_SHOW_H

#include <stdio.h>
#include <jansson.h>

/*
 * What the broker said, written for people (aligned columns) or for
 * scripts (its JSON, on one line). Replies are objects.
 */
struct show {
	void	(*sessions)(FILE *, const json_t *reply);
	void	(*streams)(FILE *, const json_t *reply);
	/* {"lullctl": version, "broker": reply of GET /api, if any} */
	void	(*version)(FILE *, const json_t *versions);
	/* Something was done; `summary` says it in words. */
	void	(*done)(FILE *, const json_t *reply, const char *summary);
	/* It was not; the words are on stderr. */
	void	(*failed)(FILE *, const json_t *reply);
};

extern const struct show	show_text;
extern const struct show	show_json;

/* `s` made fit for a terminal: what is not printable, or would reorder
 * what follows, is '?'. UTF-8 by LC_CTYPE. Caller frees. */
char	*show_clean(const char *s);

#endif
