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
 * DTLS-SRTP gives one viewer its keys (RFC 5764, 6347), over datagrams that
 * the caller carries. Only dtls.c uses GnuTLS, but for its AES-GCM in
 * srtp_gcm.c. established() and closed() may call dtls_free().
 */

/* An identity is a P-256 key and a self-signed certificate, made once per
 * process. NULL, with a line in the log, if it cannot be made. */
struct dtls_identity	*dtls_identity_new(void);
void	dtls_identity_free(struct dtls_identity *);
const char	*dtls_identity_fingerprint(const struct dtls_identity *);
					/* sha-256, "AB:CD:…" */

struct dtls_handler {
	void	(*send)(const void *, size_t, void *arg);
	/* The peer's certificate matched its fingerprint. */
	void	(*established)(const struct srtp_keys *, void *arg);
	/* The handshake failed, or the peer said goodbye; `why` in words. */
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
/* The caller calls it when ICE is connected; up to 8 datagrams that come before
 * are kept. */
void	dtls_start(struct dtls *);
void	dtls_input(struct dtls *, const uint8_t *, size_t);
void	dtls_bye(struct dtls *);	/* sends close_notify if established */
void	dtls_free(struct dtls *);	/* NULL is fine */

#endif
