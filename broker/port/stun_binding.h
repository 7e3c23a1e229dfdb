#ifndef LULL_STUN_BINDING_H
#define LULL_STUN_BINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "socket_address.h"

/*
 * A Binding request without credentials, and what a STUN server answers to it:
 * the address that it was asked from (RFC 8489, sections 5 and 14). Pure.
 */
#define STUN_BINDING_LEN	20	/* bytes of a request: its header */
#define STUN_TRANSACTION	12	/* bytes of its id */

void	stun_binding_request(uint8_t request[STUN_BINDING_LEN],
	    const uint8_t transaction[STUN_TRANSACTION]);

/* Is it a response to a Binding request, of success or of failure? */
bool	stun_binding_is_response(const uint8_t *, size_t len);

/* Reads a response to that transaction, and the address from its
 * XOR-MAPPED-ADDRESS, or MAPPED-ADDRESS of a server before RFC 5389. 1: the
 * address is there; 0: the server refuses, or gives none; -1: it is no response
 * to it. */
int	stun_binding_read(const uint8_t *, size_t len,
	    const uint8_t transaction[STUN_TRANSACTION],
	    union socket_address *);

#endif
