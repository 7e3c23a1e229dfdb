#ifndef LULL_FMTP_H
#define LULL_FMTP_H

#include <stdbool.h>
#include <stddef.h>

/* The parameters of an a=fmtp, "a=1; b=2" (RFC 8866, section 6.15). Pure. */

/* What stands behind `key`, whatever the case, without what follows its
 * `*len` bytes; "" if there is none. */
const char	*fmtp_value(const char *fmtp, const char *key, size_t *len);

/* Whether that is `value`, whatever the case. */
bool	fmtp_is(const char *fmtp, const char *key, const char *value);

#endif
