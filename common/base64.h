#ifndef LULL_BASE64_H
#define LULL_BASE64_H

#include <stddef.h>

/* This is the base64 of RFC 4648, section 4. Both functions return a string,
 * which the caller frees. base64_decode() returns NULL for what is not base64,
 * or has a NUL in it; a space counts as the `+` that a form has turned into
 * one. */
char	*base64_encode(const void *data, size_t len);
char	*base64_decode(const char *text);

#endif
