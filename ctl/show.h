#ifndef LULL_SHOW_H
#define LULL_SHOW_H

#include <stdio.h>
#include <jansson.h>

/*
 * These write what the broker said, for people (aligned columns) or for
 * scripts (its JSON, on one line). A reply is an object.
 */
struct show {
	void	(*sessions)(FILE *, const json_t *reply);
	void	(*streams)(FILE *, const json_t *reply);
	/* {"lullctl": version, "broker": reply of GET /api, if any} */
	void	(*version)(FILE *, const json_t *versions);
	/* Something was done, and `summary` says it in words. */
	void	(*done)(FILE *, const json_t *reply, const char *summary);
	/* Nothing was done. The words are on stderr. */
	void	(*failed)(FILE *, const json_t *reply);
};

extern const struct show	show_text;
extern const struct show	show_json;

/* Returns `s` made fit for a terminal: '?' stands for each character that is
 * not printable or would reorder what follows. LC_CTYPE has to be of UTF-8. The
 * caller frees the text. */
char	*show_clean(const char *s);

#endif
