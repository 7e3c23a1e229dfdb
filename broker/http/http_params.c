#include "http_params.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "xalloc.h"

struct http_param {
	char			*key, *value;
	struct http_param	*next;
};

static int
hex(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c != '\0' ? strchr(digits, tolower((unsigned char)c)) :
	    NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

char *
http_percent_decode(const char *s, bool is_query)
{
	char *text = xcalloc(strlen(s) + 1, 1), *out = text;

	for (; *s != '\0'; s++) {
		int high = *s == '%' ? hex(s[1]) : -1;
		int low = high != -1 ? hex(s[2]) : -1;

		if (low != -1) {
			*out = (char)(high << 4 | low);
			s += 2;
		} else
			*out = *s == '+' && is_query ? ' ' : *s;
		if (*out++ == '\0') {
			free(text);
			return NULL;
		}
	}
	if (json_is_utf8(text))
		return text;
	free(text);
	return NULL;
}

int
http_params_parse(struct http_param **tail, const char *query)
{
	char *copy = xstrdup(query != NULL ? query : ""), *rest = copy, *s;
	int rc = 0;

	while ((s = strsep(&rest, "&")) != NULL && rc == 0) {
		struct http_param *p;
		char *value = s, *key = strsep(&value, "=");

		if (*key == '\0')
			continue;
		p = *tail = xcalloc(1, sizeof *p);
		tail = &p->next;
		p->key = http_percent_decode(key, true);
		p->value = http_percent_decode(value != NULL ? value : "",
		    true);
		if (p->key == NULL || p->value == NULL)
			rc = -1;
	}
	free(copy);
	return rc;
}

void
http_params_free(struct http_param *p)
{
	while (p != NULL) {
		struct http_param *next = p->next;

		free(p->key);
		free(p->value);
		free(p);
		p = next;
	}
}

const char *
http_params_find(const struct http_param *p, const char *key)
{
	for (; p != NULL; p = p->next)
		if (strcmp(p->key, key) == 0)
			return p->value;
	return NULL;
}

char *
http_media_type(const char *header)
{
	char *s, *p;

	header = header != NULL ? header : "";
	header += strspn(header, " \t");
	s = xstrdup(header);
	s[strcspn(s, "; \t,")] = '\0';
	for (p = s; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return s;
}
