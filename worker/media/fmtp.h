#ifndef LULL_FMTP_H
#define LULL_FMTP_H

#include <stdbool.h>
#include <stddef.h>

/* These read the parameters of an a=fmtp, "a=1; b=2" (RFC 8866, section 6.15),
 * and are pure. */

/* Returns what stands behind `key`, whatever its case, and sets `*len` to the
 * value's bytes, which more may follow; "" and 0 if there is none. */
const char	*fmtp_value(const char *fmtp, const char *key, size_t *len);

/* Tells whether that is `value`, whatever the case. */
bool	fmtp_is(const char *fmtp, const char *key, const char *value);

#endif
