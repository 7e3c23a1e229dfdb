#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

const char *
json_get_string(const json_t *o, const char *key, const char *dflt)
{
	const json_t *v = json_object_get(o, key);

	return json_is_string(v) ? json_string_value(v) : dflt;
}

bool
json_get_bool(const json_t *o, const char *key, bool dflt)
{
	const json_t *v = json_object_get(o, key);

	return json_is_boolean(v) ? json_is_true(v) : dflt;
}

json_int_t
json_get_int(const json_t *o, const char *key, json_int_t dflt)
{
	const json_t *v = json_object_get(o, key);

	return json_is_integer(v) ? json_integer_value(v) : dflt;
}

json_t *
json_parse(const void *text, size_t len, struct error *err)
{
	json_error_t e;
	json_t *o;

	o = json_loadb(text, len, JSON_REJECT_DUPLICATES, &e);
	if (o == NULL)
		error_set(err, "line %d, column %d: %s", e.line,
		    e.column, e.text);
	return o;
}

bool
json_is_utf8(const char *s)
{
	json_t *text = json_string(s);

	json_decref(text);
	return text != NULL;
}

json_t *
json_prose(const char *s)
{
	json_t *text = json_string(s);
	char *plain;

	if (text != NULL)
		return text;
	/* The text quotes what is not UTF-8, or was cut within a letter. */
	plain = xstrdup(s);
	for (char *p = plain; *p != '\0'; p++)
		*p = (*p & 0x80) != 0 ? '?' : *p;
	text = json_string(plain);
	free(plain);
	return text;
}

char *
json_text(const json_t *o, size_t *len)
{
	char *s = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS |
	    JSON_ENCODE_ANY);
	size_t n;

	if (s == NULL)
		s = xstrdup("null");
	n = strlen(s);
	s = xrealloc(s, n + 2);
	memcpy(s + n, "\n", 2);
	if (len != NULL)
		*len = n + 1;
	return s;
}
