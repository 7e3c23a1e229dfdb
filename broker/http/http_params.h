#ifndef LULL_HTTP_PARAMS_H
#define LULL_HTTP_PARAMS_H

#include <stdbool.h>

/*
 * These pure functions read the texts within a request. Parameters are
 * key=value&key&… as in a query or in a form
 * (application/x-www-form-urlencoded).
 */
struct http_param;

/* A query of NULL has no parameters; `*params` is NULL before. Returns -1 if
 * one has a NUL in it or is not UTF-8: nothing is to be sought then, but
 * `*params` is to be freed all the same. */
int	http_params_parse(struct http_param **params, const char *query);
void	http_params_free(struct http_param *);	/* NULL is fine */
/* Returns the first of that name; NULL if there is none. */
const char	*http_params_find(const struct http_param *, const char *key);

/* Returns NULL if it decodes to a text with a NUL in it, or to what is not
 * UTF-8. A plus is a space if `is_query`. What is no %XX stays as it is. The
 * caller frees the text. */
char	*http_percent_decode(const char *, bool is_query);

/* Returns the media type of a Content-Type header (or NULL), in lower case and
 * without parameters; "" if there is none. The caller frees it. */
char	*http_media_type(const char *header);

#endif
