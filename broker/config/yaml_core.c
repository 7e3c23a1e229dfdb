#include "yaml_core.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* YAML 1.2.2, section 10.3.2, has these words of the core schema. */
static const struct {
	const char *word;
	json_type type;
} core_words[] = {
	{ "", JSON_NULL },
	{ "~", JSON_NULL },
	{ "null", JSON_NULL },
	{ "Null", JSON_NULL },
	{ "NULL", JSON_NULL },
	{ "true", JSON_TRUE },
	{ "True", JSON_TRUE },
	{ "TRUE", JSON_TRUE },
	{ "false", JSON_FALSE },
	{ "False", JSON_FALSE },
	{ "FALSE", JSON_FALSE },
};

static json_t *
yaml_core_word(const char *s)
{
	for (size_t i = 0; i < sizeof core_words / sizeof core_words[0]; i++) {
		if (strcmp(core_words[i].word, s) != 0)
			continue;
		if (core_words[i].type == JSON_NULL)
			return json_null();
		return json_boolean(core_words[i].type == JSON_TRUE);
	}
	return NULL;
}

/* An integer has digits and nothing else after a prefix: 0o17, 0x1f, [-+]17. */
static json_t *
yaml_core_integer(const char *s)
{
	const char *digits = s, *set = "0123456789";
	long long v;
	int base = 10;

	if (strncmp(s, "0o", 2) == 0) {
		base = 8;
		set = "01234567";
		digits = s + 2;
	} else if (strncmp(s, "0x", 2) == 0) {
		base = 16;
		set = "0123456789abcdefABCDEF";
		digits = s + 2;
	} else if (*s == '-' || *s == '+') {
		digits = s + 1;
	}
	if (*digits == '\0' || digits[strspn(digits, set)] != '\0')
		return NULL;
	errno = 0;
	v = strtoll(base == 10 ? s : digits, NULL, base);
	return errno == 0 ? json_integer(v) : NULL;
}

/* A number is
 * [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool
yaml_core_is_number(const char *s)
{
	const char *digits = "0123456789";
	size_t whole, fraction = 0;

	s += *s == '-' || *s == '+';
	whole = strspn(s, digits);
	s += whole;
	if (*s == '.') {
		fraction = strspn(++s, digits);
		s += fraction;
	}
	if (whole + fraction == 0)
		return false;
	if (*s != 'e' && *s != 'E')
		return *s == '\0';
	s++;
	s += *s == '-' || *s == '+';
	return *s != '\0' && s[strspn(s, digits)] == '\0';
}

json_t *
yaml_core_value(const char *s)
{
	json_t *v;

	if ((v = yaml_core_word(s)) != NULL ||
	    (v = yaml_core_integer(s)) != NULL)
		return v;
	return yaml_core_is_number(s) ? json_real(strtod(s, NULL)) : NULL;
}
