#ifndef LULL_FIRST_CHECK_H
#define LULL_FIRST_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads for whom a viewer's connectivity check is, without its password: a STUN
 * Binding request whose USERNAME is "our ufrag:its ufrag" (RFC 8489, section 5;
 * RFC 8445, section 7.2.2). Pure. Nothing is proven by it: whoever has the
 * password verifies MESSAGE-INTEGRITY.
 */
#define FIRST_CHECK_TAG		4	/* letters of the worker, in front */
#define FIRST_CHECK_UFRAG	12	/* letters of a whole ufrag of ours */

/* False if it is none, or its name begins with no ufrag of ours. */
bool	first_check_read(const uint8_t *, size_t len,
	    char ufrag[FIRST_CHECK_UFRAG + 1]);

/* Is it what a ufrag of ours looks like? Letters and digits alone, so that
 * it may be part of a file's name. */
bool	first_check_is_ufrag(const char *, size_t len);

#endif
