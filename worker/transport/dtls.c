#include "dtls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <event2/event.h>
#include <gnutls/crypto.h>
#include <gnutls/dtls.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "bytes.h"
#include "clock.h"
#include "id.h"
#include "log.h"
#include "xalloc.h"

/*
 * GnuTLS reads datagrams from the inbox and nothing else: dtls_input() fills
 * it, then dtls_run() lets the library work until it is empty. Input that
 * arrives while a callback runs waits there for the loop in dtls_run().
 */

#define MTU		1200		/* bytes of a datagram of ours */
#define INBOX_DATAGRAMS	8		/* Chromium's ClientHello takes two */
#define MAX_DATAGRAM	2048
#define MAX_FLIGHT	(32 * 1024)	/* bytes of one handshake message */
#define MIN_TIMER_MS	10
#define MAX_TRIES	64		/* records of one datagram */
#define CERT_YEARS	10		/* nobody looks: fingerprints count */

#define EXT_USE_SRTP	14		/* RFC 5764, section 9 */
#define EXPORTER_LABEL	"EXTRACTOR-dtls_srtp"	/* RFC 5764, section 4.2 */

#define PRIORITIES							\
	"NONE:+VERS-DTLS1.2:+ECDHE-ECDSA:+ECDHE-RSA"			\
	":+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305"			\
	":+AES-128-CBC:+AES-256-CBC:+AEAD:+SHA1:+SHA256"		\
	":+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1"		\
	":+SIGN-ALL:+CTYPE-X509:+COMP-NULL:%SERVER_PRECEDENCE"

const struct dtls_times dtls_times = {
	.handshake_ms = 15000, .retransmit_ms = 200,
};

enum dtls_stage { STAGE_WAITING, STAGE_SHAKING, STAGE_OPEN, STAGE_CLOSED };

struct dtls_identity {
	gnutls_certificate_credentials_t credentials;
	char	 fingerprint[32 * 3];
};

struct datagram {
	size_t	 len;
	uint8_t	*data;
};

struct dtls {
	gnutls_session_t session;
	struct dtls_handler handler;
	void		*arg;
	bool		 client;
	char		*hash, *fingerprint;
	struct event	*timer;
	int64_t		 deadline;
	int		 handshake_ms;
	enum dtls_stage	 stage;
	bool		 sent;		/* a flight of ours may be lost */
	bool		 chosen;	/* the server's pick of a profile */
	bool		 running, dead;	/* dead: freed once not running */
	const char	*refusal;	/* better than GnuTLS's reason */
	struct datagram	 inbox[INBOX_DATAGRAMS];
	int		 n_inbox;
};

static const struct {
	const char *name;		/* RFC 8122, section 5 */
	gnutls_digest_algorithm_t digest;
} hashes[] = {
	{ "sha-1", GNUTLS_DIG_SHA1 },
	{ "sha-224", GNUTLS_DIG_SHA224 },
	{ "sha-256", GNUTLS_DIG_SHA256 },
	{ "sha-384", GNUTLS_DIG_SHA384 },
	{ "sha-512", GNUTLS_DIG_SHA512 },
};
#define N_HASHES	(sizeof hashes / sizeof hashes[0])

/* GCM comes first: it costs a quarter of AES-CM with HMAC-SHA1. GnuTLS has no
 * names for the GCM profiles but negotiates them by number. */
static const enum srtp_profile preference[] = {
	SRTP_AEAD_AES_128_GCM, SRTP_AEAD_AES_256_GCM, SRTP_AES128_CM_SHA1_80,
};
#define N_PREFERENCE	(sizeof preference / sizeof preference[0])

/* Writes "AB:CD:…" of a certificate in DER; `text` has room for three
 * characters a byte. */
static int
write_fingerprint(gnutls_digest_algorithm_t digest,
    const gnutls_datum_t *der, char *text)
{
	uint8_t raw[64];
	size_t n = sizeof raw;

	if (gnutls_fingerprint(digest, der, raw, &n) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		sprintf(text + 3 * i, i + 1 < n ? "%02X:" : "%02X", raw[i]);
	return 0;
}

static int
sign_self(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key)
{
	uint8_t serial[8];
	time_t now = time(NULL);
	int r;

	id_random(serial, sizeof serial);
	serial[0] = (serial[0] & 0x7f) | 0x40;	/* positive, RFC 5280 */
	if ((r = gnutls_x509_privkey_generate2(key, GNUTLS_PK_ECDSA,
	    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0, NULL, 0)) < 0)
		return r;
	gnutls_x509_crt_set_version(crt, 3);
	gnutls_x509_crt_set_serial(crt, serial, sizeof serial);
	gnutls_x509_crt_set_activation_time(crt, now - 24 * 3600);
	gnutls_x509_crt_set_expiration_time(crt,
	    now + (time_t)CERT_YEARS * 365 * 24 * 3600);
	if ((r = gnutls_x509_crt_set_dn(crt, "CN=lull", NULL)) < 0 ||
	    (r = gnutls_x509_crt_set_key(crt, key)) < 0)
		return r;
	return gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0);
}

static int
fill_identity(struct dtls_identity *id, gnutls_x509_crt_t crt,
    gnutls_x509_privkey_t key)
{
	gnutls_datum_t der;
	int r;

	if ((r = sign_self(crt, key)) < 0 ||
	    (r = gnutls_certificate_set_x509_key(id->credentials, &crt, 1,
	    key)) < 0 ||
	    (r = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der)) < 0)
		return r;
	r = write_fingerprint(GNUTLS_DIG_SHA256, &der, id->fingerprint);
	gnutls_free(der.data);
	return r;
}

struct dtls_identity *
dtls_identity_new(void)
{
	struct dtls_identity *id = xcalloc(1, sizeof *id);
	gnutls_x509_privkey_t key = NULL;
	gnutls_x509_crt_t crt = NULL;
	int r;

	if ((r = gnutls_certificate_allocate_credentials(
	    &id->credentials)) == 0 &&
	    (r = gnutls_x509_privkey_init(&key)) == 0 &&
	    (r = gnutls_x509_crt_init(&crt)) == 0)
		r = fill_identity(id, crt, key);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
	if (r >= 0)
		return id;
	log_error("dtls", "no certificate: %s", gnutls_strerror(r));
	dtls_identity_free(id);
	return NULL;
}

void
dtls_identity_free(struct dtls_identity *id)
{
	if (id == NULL)
		return;
	if (id->credentials != NULL)
		gnutls_certificate_free_credentials(id->credentials);
	free(id);
}

const char *
dtls_identity_fingerprint(const struct dtls_identity *id)
{
	return id->fingerprint;
}

static ssize_t
dtls_push(gnutls_transport_ptr_t arg, const void *data, size_t len)
{
	struct dtls *d = arg;

	d->sent = true;
	if (!d->dead)
		d->handler.send(data, len, d->arg);
	return (ssize_t)len;
}

static ssize_t
dtls_pull(gnutls_transport_ptr_t arg, void *buf, size_t size)
{
	struct dtls *d = arg;
	struct datagram first;

	if (d->n_inbox == 0 || d->dead) {
		gnutls_transport_set_errno(d->session, EAGAIN);
		return -1;
	}
	first = d->inbox[0];
	d->n_inbox--;
	memmove(d->inbox, d->inbox + 1, (size_t)d->n_inbox * sizeof first);
	if (first.len < size)
		size = first.len;
	memcpy(buf, first.data, size);
	free(first.data);
	return (ssize_t)size;
}

static int
dtls_pull_timeout(gnutls_transport_ptr_t arg, unsigned int ms)
{
	struct dtls *d = arg;

	(void)ms;
	return d->n_inbox > 0;
}

/* GnuTLS calls it with each extension of the ClientHello. */
static int
on_extension(void *arg, unsigned id, const unsigned char *data, unsigned len)
{
	struct dtls *d = arg;
	unsigned n;

	if (id != EXT_USE_SRTP || len < 2 || d->chosen)
		return 0;
	n = get16(data);		/* RFC 5764, 4.1.1 */
	if (n > len - 2)
		return 0;
	for (size_t i = 0; i < N_PREFERENCE && !d->chosen; i++) {
		for (unsigned j = 2; j + 1 < n + 2; j += 2) {
			if (get16(data + j) != preference[i])
				continue;
			gnutls_srtp_set_profile(d->session,
			    (gnutls_srtp_profile_t)preference[i]);
			d->chosen = true;
			break;
		}
	}
	return 0;
}

/* Left alone, a GnuTLS server takes the first of the client's profiles that
 * it knows; offered ours alone it takes that one. */
static int
on_client_hello(gnutls_session_t session, unsigned type, unsigned when,
    unsigned incoming, const gnutls_datum_t *msg)
{
	struct dtls *d = gnutls_session_get_ptr(session);

	(void)type;
	(void)when;
	if (incoming)
		gnutls_ext_raw_parse(d, on_extension, msg,
		    GNUTLS_EXT_RAW_FLAG_DTLS_CLIENT_HELLO);
	return 0;
}

static int
check_fingerprint(struct dtls *d)
{
	const gnutls_datum_t *peer;
	char text[64 * 3];
	unsigned n = 0;

	peer = gnutls_certificate_get_peers(d->session, &n);
	for (size_t i = 0; i < N_HASHES && peer != NULL && n > 0; i++) {
		if (strcasecmp(hashes[i].name, d->hash) != 0)
			continue;
		if (write_fingerprint(hashes[i].digest, peer, text) == 0 &&
		    strcasecmp(text, d->fingerprint) == 0)
			return 0;
		d->refusal = "the viewer's certificate is not the one that "
		    "its fingerprint announced";
		return -1;
	}
	d->refusal = peer == NULL ? "the viewer sent no certificate" :
	    "the hash of the viewer's fingerprint is not known";
	return -1;
}

static int
on_verify(gnutls_session_t session)
{
	if (check_fingerprint(gnutls_session_get_ptr(session)) == -1)
		return GNUTLS_E_CERTIFICATE_ERROR;
	return 0;
}

/* The order is client key, server key, client salt, server salt (RFC 5764,
 * section 4.2). */
static int
derive_keys(struct dtls *d, struct srtp_keys *keys)
{
	uint8_t raw[2 * SRTP_MAX_KEY];
	uint8_t *client = d->client ? keys->local : keys->remote;
	uint8_t *server = d->client ? keys->remote : keys->local;
	gnutls_srtp_profile_t selected;
	size_t key, salt;

	if (gnutls_srtp_get_selected_profile(d->session, &selected) < 0 ||
	    srtp_profile_lengths((enum srtp_profile)selected, &key,
	    &salt) == -1) {
		d->refusal = "the viewer offers no SRTP profile that we have";
		return -1;
	}
	if (gnutls_prf_rfc5705(d->session, strlen(EXPORTER_LABEL),
	    EXPORTER_LABEL, 0, NULL, 2 * (key + salt), (char *)raw) < 0)
		return -1;
	memset(keys, 0, sizeof *keys);
	keys->profile = (enum srtp_profile)selected;
	memcpy(client, raw, key);
	memcpy(server, raw + key, key);
	memcpy(client + key, raw + 2 * key, salt);
	memcpy(server + key, raw + 2 * key + salt, salt);
	explicit_bzero(raw, sizeof raw);
	return 0;
}

static void
close_session(struct dtls *d, const char *why)
{
	d->stage = STAGE_CLOSED;
	event_del(d->timer);
	if (!d->dead)
		d->handler.closed(why, d->arg);
}

static void
dtls_fail(struct dtls *d, int r)
{
	char why[160];

	if (d->refusal != NULL)
		snprintf(why, sizeof why, "DTLS: %s", d->refusal);
	else if (r == GNUTLS_E_FATAL_ALERT_RECEIVED)
		snprintf(why, sizeof why, "DTLS: the viewer refused: %s",
		    gnutls_alert_get_name(gnutls_alert_get(d->session)));
	else
		snprintf(why, sizeof why, "DTLS: %s", gnutls_strerror(r));
	close_session(d, why);
}

static void
finish_handshake(struct dtls *d)
{
	struct srtp_keys keys;

	if (derive_keys(d, &keys) == -1) {
		gnutls_alert_send(d->session, GNUTLS_AL_FATAL,
		    GNUTLS_A_HANDSHAKE_FAILURE);
		dtls_fail(d, GNUTLS_E_INTERNAL_ERROR);
		return;
	}
	d->stage = STAGE_OPEN;
	event_del(d->timer);
	if (!d->dead)
		d->handler.established(&keys, d->arg);
	explicit_bzero(&keys, sizeof keys);
}

static void
arm_timer(struct dtls *d)
{
	int64_t wait = d->deadline - clock_now_us();
	struct timeval tv;

	/* Before a flight has gone out, GnuTLS would say "now". */
	if (d->stage == STAGE_SHAKING && d->sent) {
		int64_t again = gnutls_dtls_get_timeout(d->session);

		if (again < MIN_TIMER_MS)
			again = MIN_TIMER_MS;
		if (again * 1000 < wait)
			wait = again * 1000;
	}
	tv = clock_timeval(wait);
	event_add(d->timer, &tv);
}

/* After a warning, say, there may be more in the datagram. */
static bool
may_go_on(ssize_t r)
{
	return r < 0 && r != GNUTLS_E_AGAIN && !gnutls_error_is_fatal((int)r);
}

static void
shake_hands(struct dtls *d)
{
	int r, tries = 0;

	do {
		r = gnutls_handshake(d->session);
	} while (may_go_on(r) && ++tries < MAX_TRIES);
	if (r == 0) {
		finish_handshake(d);
	} else if (!gnutls_error_is_fatal(r)) {
		arm_timer(d);
	} else {
		gnutls_alert_send_appropriate(d->session, r);
		dtls_fail(d, r);
	}
}

/* Only SRTP is for us, so data is dropped. Reading also answers a last flight
 * that the peer repeats. */
static void
read_records(struct dtls *d)
{
	uint8_t buf[MAX_DATAGRAM];
	int tries = 0;
	ssize_t r;

	do {
		r = gnutls_record_recv(d->session, buf, sizeof buf);
	} while ((r > 0 || may_go_on(r)) && ++tries < MAX_TRIES);
	if (r == 0)
		close_session(d, "the viewer closed the connection");
	else if (gnutls_error_is_fatal((int)r))
		dtls_fail(d, (int)r);
}

static void
dtls_destroy(struct dtls *d)
{
	if (d->session != NULL)
		gnutls_deinit(d->session);
	for (int i = 0; i < d->n_inbox; i++)
		free(d->inbox[i].data);
	event_free(d->timer);
	free(d->hash);
	free(d->fingerprint);
	free(d);
}

static void
dtls_run(struct dtls *d)
{
	if (d->running)
		return;
	d->running = true;
	do {
		if (d->stage == STAGE_SHAKING)
			shake_hands(d);
		if (d->stage == STAGE_OPEN)
			read_records(d);
	} while (d->n_inbox > 0 && !d->dead && d->stage != STAGE_CLOSED);
	d->running = false;
	if (d->dead)
		dtls_destroy(d);
}

static void
dtls_on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct dtls *d = arg;

	(void)fd;
	(void)what;
	if (clock_now_us() < d->deadline) {
		dtls_run(d);
		return;
	}
	d->running = true;
	dtls_fail(d, GNUTLS_E_TIMEDOUT);
	d->running = false;
	if (d->dead)
		dtls_destroy(d);
}

static int
set_profiles(struct dtls *d)
{
	int r = 0;

	if (!d->client) {
		gnutls_certificate_server_set_request(d->session,
		    GNUTLS_CERT_REQUIRE);
		gnutls_handshake_set_hook_function(d->session,
		    GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_PRE,
		    on_client_hello);
		return 0;
	}
	for (size_t i = 0; i < N_PREFERENCE && r == 0; i++)
		r = gnutls_srtp_set_profile(d->session,
		    (gnutls_srtp_profile_t)preference[i]);
	return r;
}

static int
open_session(struct dtls *d, const struct dtls_identity *id,
    const struct dtls_times *times)
{
	unsigned flags = GNUTLS_DATAGRAM | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS |
	    GNUTLS_FORCE_CLIENT_CERT;
	int r;

	flags |= d->client ? GNUTLS_CLIENT : GNUTLS_SERVER;
	if ((r = gnutls_init(&d->session, flags)) < 0 ||
	    (r = gnutls_priority_set_direct(d->session, PRIORITIES,
	    NULL)) < 0 ||
	    (r = gnutls_credentials_set(d->session, GNUTLS_CRD_CERTIFICATE,
	    id->credentials)) < 0 ||
	    (r = set_profiles(d)) < 0)
		return r;
	gnutls_session_set_ptr(d->session, d);
	gnutls_session_set_verify_function(d->session, on_verify);
	gnutls_transport_set_ptr(d->session, d);
	gnutls_transport_set_push_function(d->session, dtls_push);
	gnutls_transport_set_pull_function(d->session, dtls_pull);
	gnutls_transport_set_pull_timeout_function(d->session,
	    dtls_pull_timeout);
	gnutls_dtls_set_mtu(d->session, MTU);
	gnutls_dtls_set_timeouts(d->session, (unsigned)times->retransmit_ms,
	    (unsigned)times->handshake_ms);
	gnutls_handshake_set_max_packet_length(d->session, MAX_FLIGHT);
	return 0;
}

struct dtls *
dtls_new(struct event_base *base, const struct dtls_config *config,
    const struct dtls_handler *handler, void *arg)
{
	const struct dtls_times *times = config->times != NULL ?
	    config->times : &dtls_times;
	struct dtls *d = xcalloc(1, sizeof *d);
	int r;

	d->handler = *handler;
	d->handshake_ms = times->handshake_ms;
	d->arg = arg;
	d->client = config->client;
	d->hash = xstrdup(config->hash);
	d->fingerprint = xstrdup(config->fingerprint);
	d->timer = evtimer_new(base, dtls_on_timer, d);
	r = open_session(d, config->identity, times);
	if (r < 0)
		d->refusal = gnutls_strerror(r);
	return d;
}

void
dtls_start(struct dtls *d)
{
	if (d->stage != STAGE_WAITING)
		return;
	if (d->refusal != NULL) {
		arm_timer(d);	/* closed() comes from the loop */
		return;
	}
	d->stage = STAGE_SHAKING;
	d->deadline = clock_now_us() + d->handshake_ms * 1000LL;
	dtls_run(d);
}

void
dtls_input(struct dtls *d, const uint8_t *data, size_t len)
{
	struct datagram *slot = &d->inbox[d->n_inbox];

	if (d->dead || d->stage == STAGE_CLOSED || len == 0 ||
	    len > MAX_DATAGRAM || d->n_inbox == INBOX_DATAGRAMS)
		return;
	slot->data = xmemdup(data, len);
	slot->len = len;
	d->n_inbox++;
	if (d->stage != STAGE_WAITING)
		dtls_run(d);
}

void
dtls_bye(struct dtls *d)
{
	if (d->stage != STAGE_OPEN)
		return;
	d->stage = STAGE_CLOSED;
	gnutls_bye(d->session, GNUTLS_SHUT_WR);
}

void
dtls_free(struct dtls *d)
{
	if (d == NULL)
		return;
	d->dead = true;
	if (!d->running)
		dtls_destroy(d);
}
