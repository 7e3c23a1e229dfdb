#ifndef LULL_ICE_CHECK_H
#define LULL_ICE_CHECK_H

#include <stddef.h>
#include <stdint.h>

/* Is a datagram a connectivity check of the peer, which proves that it is
 * there (RFC 8445, section 7.2.2; RFC 7675)? Pure. */
enum ice_check {
	ICE_CHECK_NONE,		/* no Binding request, or not of the peer */
	ICE_CHECK_PLAIN,
	ICE_CHECK_NOMINATES,	/* with USE-CANDIDATE */
};

#define ICE_CHECK_MAX	600	/* bytes; two names of 256 and the rest */

/* USERNAME has to begin with our `ufrag`, MESSAGE-INTEGRITY be made with our
 * `pwd`, FINGERPRINT be there and right. */
enum ice_check	ice_check_read(const uint8_t *, size_t len,
		    const char *ufrag, const char *pwd);

#endif
