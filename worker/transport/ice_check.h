#ifndef LULL_ICE_CHECK_H
#define LULL_ICE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "socket_address.h"

/*
 * The two ends of a connection find each other by STUN Binding messages, which
 * libnice's STUN reads and writes: here is what a datagram proves of where the
 * peer is, and how it is asked. All is pure, but for a transaction's random id.
 */
#define ICE_CHECK_MAX	700	/* bytes; a name of 513 and the rest */

/* Is it a connectivity check of the peer (RFC 8445, section 7.2.2)? */
enum ice_check {
	ICE_CHECK_NONE,		/* no Binding request, or not of the peer */
	ICE_CHECK_PLAIN,
	ICE_CHECK_NOMINATES,	/* with USE-CANDIDATE */
};

/* USERNAME has to begin with our `ufrag`, MESSAGE-INTEGRITY be made with our
 * `pwd`, FINGERPRINT be there and right. */
enum ice_check	ice_check_read(const uint8_t *, size_t len,
		    const char *ufrag, const char *pwd);

/* The same, and writes the answer to it, as one who is controlled (RFC 8445,
 * section 7.3.1): `*answer_len` bytes to `buf`, 0 if it is no check. */
enum ice_check	ice_check_answer(const uint8_t *, size_t len,
		    const char *ufrag, const char *pwd,
		    const union socket_address *from,
		    uint8_t buf[ICE_CHECK_MAX], size_t *answer_len);

/* An ask is a Binding request of ours that has no answer yet. */
struct ice_ask;

/* Writes `*len` bytes to `buf`. `name` is "the peer's ufrag:ours", `pwd` the
 * peer's, which has to live as long as the ask. NULL if it does not fit. */
struct ice_ask	*ice_ask_new(const char *name, const char *pwd,
		    bool controlling, uint8_t buf[ICE_CHECK_MAX],
		    size_t *len);
void		 ice_ask_free(struct ice_ask *);	/* NULL is fine */

/* Is it the answer? It has to be made with the peer's password, of this very
 * request: so the peer is where that was sent (RFC 7675, section 5.1). */
bool		 ice_ask_is_answered(struct ice_ask *, const uint8_t *,
		    size_t len);

#endif
