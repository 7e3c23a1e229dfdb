#ifndef LULL_DTLS_H
#define LULL_DTLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "srtp_profile.h"

struct event_base;
struct dtls;
struct dtls_identity;

/*
 * DTLS-SRTP of one viewer (RFC 5764, 6347) over datagrams that the caller
 * carries. The only user of GnuTLS, but for the AES-GCM of srtp_gcm.c.
 * Callbacks run on the loop and may call dtls_free().
 */

/* A P-256 key and self-signed certificate, made once per process. */
struct dtls_identity	*dtls_identity_new(void);
void	dtls_identity_free(struct dtls_identity *);
const char	*dtls_identity_fingerprint(const struct dtls_identity *);
					/* sha-256, "AB:CD:…" */

struct dtls_handler {
	void	(*send)(const void *, size_t, void *arg);
	/* The peer's certificate matched its fingerprint. */
	void	(*established)(const struct srtp_keys *, void *arg);
	/* Handshake failed, or the peer said goodbye; `why` in words. */
	void	(*closed)(const char *why, void *arg);
};

struct dtls_times {
	int	handshake_ms;
	int	retransmit_ms;	/* then doubling, RFC 6347, 4.2.4.1 */
};

extern const struct dtls_times dtls_times;	/* the usual ones */

struct dtls_config {
	const struct dtls_identity *identity;
	bool		 client;	/* our a=setup is active */
	const char	*hash, *fingerprint;	/* the peer's, from its SDP */
	const struct dtls_times *times;	/* NULL: the usual ones */
};

struct dtls	*dtls_new(struct event_base *, const struct dtls_config *,
		    const struct dtls_handler *, void *arg);
/* Call when ICE is connected; datagrams given before are kept (up to 8). */
void	dtls_start(struct dtls *);
void	dtls_input(struct dtls *, const uint8_t *, size_t);
void	dtls_bye(struct dtls *);	/* sends close_notify if established */
void	dtls_free(struct dtls *);	/* NULL is fine */

#endif
