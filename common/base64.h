#ifndef LULL_BASE64_H
#define LULL_BASE64_H

#include <stddef.h>
#include <stdint.h>

/* This is the base64 of RFC 4648, section 4. The first two return a string,
 * which the caller frees. base64_decode() returns NULL for what is not base64,
 * or has a NUL in it; a space counts as the `+` that a form has turned into
 * one. */
char	*base64_encode(const void *data, size_t len);
char	*base64_decode(const char *text);

/* Returns the bytes that `len` characters stand for, and sets `*n` to their
 * number; the caller frees them. White space, and a padding that is missing,
 * do not matter. NULL if it is not base64. */
uint8_t	*base64_decode_bytes(const char *text, size_t len, size_t *n);

#endif
