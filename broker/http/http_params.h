#ifndef LULL_HTTP_PARAMS_H
#define LULL_HTTP_PARAMS_H

#include <stdbool.h>

/*
 * Pure: the texts within a request. key=value&key&… as in a query or in a
 * form (application/x-www-form-urlencoded).
 */
struct http_param;

/* NULL is no parameters. -1: one has a NUL in it or is not UTF-8;
 * `*params`, which is to be freed all the same, has those before it. */
int	http_params_parse(struct http_param **params, const char *query);
void	http_params_free(struct http_param *);	/* NULL is fine */
/* The first of that name; NULL if there is none. */
const char	*http_params_find(const struct http_param *, const char *key);

/* NULL if it decodes to a text with a NUL in it, or that is not UTF-8; a
 * plus is a space if `is_query`. What is no %XX stays as it is. Caller
 * frees. */
char	*http_percent_decode(const char *, bool is_query);

/* Of a Content-Type header (or NULL): in lower case, without parameters;
 * "" if none. Caller frees. */
char	*http_media_type(const char *header);

#endif
