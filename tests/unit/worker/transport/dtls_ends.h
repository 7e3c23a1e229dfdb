#ifndef LULL_TEST_DTLS_ENDS_H
#define LULL_TEST_DTLS_ENDS_H

/* For tests with cmocka, whose headers come first. */
#include <stdio.h>
#include <string.h>

#include <event2/event.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "bytes.h"
#include "worker/transport/dtls.h"

/*
 * Two ends back to back: what one sends is the other's input, there and
 * then, so that each is called while the other works. `raw` ends are plain
 * GnuTLS sessions: viewers with manners of their own.
 */
#define MAX_SENT	64
#define MAX_DATAGRAM	1500

struct sent {
	size_t	 len;
	uint8_t	 data[MAX_DATAGRAM];
};

struct end {
	struct dtls	*dtls;
	struct end	*peer;
	struct srtp_keys keys;
	int		 n_established, n_closed;
	char		 why[200];
	bool		 free_when_established, free_when_closed;
	int		 lose;		/* the nth datagram; -1: none */
	int		 n_sent;
	struct sent	 sent[MAX_SENT];
	/* raw */
	gnutls_session_t raw;
	int		 n_read;
};

static struct event_base *base;
static struct dtls_identity *identity, *other;

static inline void
deliver(struct end *from, const void *data, size_t len)
{
	int n = from->n_sent++;

	assert_in_range(len, 1, 1200);
	assert_in_range(n, 0, MAX_SENT - 1);
	memcpy(from->sent[n].data, data, len);
	from->sent[n].len = len;
	if (n != from->lose && from->peer->dtls != NULL)
		dtls_input(from->peer->dtls, data, len);
}

static inline void
on_send(const void *data, size_t len, void *arg)
{
	deliver(arg, data, len);
}

static inline void
on_established(const struct srtp_keys *keys, void *arg)
{
	struct end *e = arg;

	e->n_established++;
	e->keys = *keys;
	if (e->free_when_established) {
		dtls_free(e->dtls);
		e->dtls = NULL;
	}
}

static inline void
on_closed(const char *why, void *arg)
{
	struct end *e = arg;

	e->n_closed++;
	snprintf(e->why, sizeof e->why, "%s", why);
	if (e->free_when_closed) {
		dtls_free(e->dtls);
		e->dtls = NULL;
	}
}

static const struct dtls_handler handler = {
	on_send, on_established, on_closed
};

static const struct dtls_times patient = {
	.handshake_ms = 15000, .retransmit_ms = 20,
};
static const struct dtls_times *times = &patient;

static inline void
open_end(struct end *e, struct end *peer, bool client, const char *hash,
    const char *fingerprint)
{
	struct dtls_config config = {
		.identity = client ? identity : other, .client = client,
		.hash = hash, .fingerprint = fingerprint, .times = times,
	};

	memset(e, 0, sizeof *e);
	e->peer = peer;
	e->lose = -1;
	e->dtls = dtls_new(base, &config, &handler, e);
	assert_non_null(e->dtls);
}

static inline void
open_pair(struct end *client, struct end *server)
{
	open_end(client, server, true, "sha-256",
	    dtls_identity_fingerprint(other));
	open_end(server, client, false, "sha-256",
	    dtls_identity_fingerprint(identity));
}

static inline void
close_pair(struct end *a, struct end *b)
{
	dtls_free(a->dtls);
	dtls_free(b->dtls);
}

static inline bool
settled(const struct end *e)
{
	return e->n_established > 0 || e->n_closed > 0;
}

/* dtls has a deadline of its own: this ends. */
static inline void
wait_for(struct end *a, struct end *b)
{
	while (!settled(a) || !settled(b))
		assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
}

/* The server's certificate as it went over the wire (RFC 5246, 7.4.2). */
static inline gnutls_datum_t
find_certificate(struct end *e)
{
	gnutls_datum_t der = { NULL, 0 };

	for (int i = 0; i < e->n_sent && der.data == NULL; i++) {
		uint8_t *p = e->sent[i].data;

		if (p[0] != 22 || p[13] != 11)
			continue;	/* handshake, certificate */
		der.data = p + 31;
		der.size = get24(p + 28);
	}
	assert_non_null(der.data);
	return der;
}

static inline int
ends_set_up(void **state)
{
	(void)state;
	base = event_base_new();
	identity = dtls_identity_new();
	other = dtls_identity_new();
	return identity == NULL || other == NULL ||
	    strcmp(dtls_identity_fingerprint(identity),
	    dtls_identity_fingerprint(other)) == 0;
}

static inline int
ends_tear_down(void **state)
{
	(void)state;
	dtls_identity_free(identity);
	dtls_identity_free(other);
	dtls_identity_free(NULL);
	event_base_free(base);
	return 0;
}

#endif
