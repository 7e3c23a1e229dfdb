#ifndef LULL_JSON_H
#define LULL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "error.h"

/* These never fail: they return the default when the key is missing or of
 * another type. Strings stay the object's. */
const char	*json_get_string(const json_t *o, const char *key,
		    const char *dflt);
bool	json_get_bool(const json_t *o, const char *key, bool dflt);
json_int_t	json_get_int(const json_t *o, const char *key,
		    json_int_t dflt);

/* Parses a whole text. Returns NULL with a reason in `err` ("line 3, column 1:
 * ...") if that cannot be. */
json_t	*json_parse(const void *text, size_t len, struct error *err);

/* Tells whether the text is UTF-8. Only then may it stand in JSON, and so in a
 * message between the programs. */
bool	json_is_utf8(const char *);
/* Returns a string of a text for people. If the text is not UTF-8, "?" stands
 * for each byte that is not ASCII. */
json_t	*json_prose(const char *);

/* Writes compact JSON with sorted keys and a newline at the end. `len` may be
 * NULL. The caller frees the text. */
char	*json_text(const json_t *o, size_t *len);

#endif
