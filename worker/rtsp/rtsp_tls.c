#include "rtsp_tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "socket_address.h"
#include "xalloc.h"

#define FINGERPRINT	32	/* bytes of SHA-256 */

struct rtsp_tls {
	gnutls_session_t	 session;
	gnutls_certificate_credentials_t credentials;
	struct rtsp_tls_trust	 trust;
	char			*host;
	char			 why[256];
};

/* A name is asked for (RFC 6066, section 3), an address is not. */
static void
name_server(struct rtsp_tls *t)
{
	union socket_address numeric;

	if (!socket_address_parse(&numeric, t->host, 0))
		gnutls_server_name_set(t->session, GNUTLS_NAME_DNS, t->host,
		    strlen(t->host));
}

struct rtsp_tls *
rtsp_tls_new(int fd, const char *host, const struct rtsp_tls_trust *trust)
{
	struct rtsp_tls *t = xcalloc(1, sizeof *t);

	t->host = xstrdup(host);
	t->trust = *trust;
	if (gnutls_certificate_allocate_credentials(&t->credentials) < 0 ||
	    gnutls_init(&t->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK |
	    GNUTLS_NO_SIGNAL) < 0 ||
	    gnutls_set_default_priority(t->session) < 0 ||
	    gnutls_credentials_set(t->session, GNUTLS_CRD_CERTIFICATE,
	    t->credentials) < 0) {
		rtsp_tls_free(t);
		return NULL;
	}
	if (!t->trust.anybody && t->trust.fingerprint == NULL)
		gnutls_certificate_set_x509_system_trust(t->credentials);
	gnutls_transport_set_int(t->session, fd);
	name_server(t);
	return t;
}

void
rtsp_tls_free(struct rtsp_tls *t)
{
	if (t == NULL)
		return;
	if (t->session != NULL)
		gnutls_deinit(t->session);
	if (t->credentials != NULL)
		gnutls_certificate_free_credentials(t->credentials);
	free(t->host);
	free(t);
}

/* Returns the byte of two hex digits, or -1 if there are none. */
static int
hex_byte(const char *text)
{
	char digits[3] = { text[0], text[0] != '\0' ? text[1] : '\0' };

	if (strspn(digits, "0123456789abcdefABCDEF") != 2)
		return -1;
	return (int)strtol(digits, NULL, 16);
}

/* Of the camera's own certificate, the first of its chain. */
static int
read_fingerprint(struct rtsp_tls *t, uint8_t digest[FINGERPRINT])
{
	const gnutls_datum_t *chain =
	    gnutls_certificate_get_peers(t->session, NULL);

	return chain == NULL ? -1 : gnutls_hash_fast(GNUTLS_DIG_SHA256,
	    chain->data, chain->size, digest);
}

static bool
has_fingerprint(struct rtsp_tls *t)
{
	const char *at = t->trust.fingerprint;
	uint8_t digest[FINGERPRINT];

	if (read_fingerprint(t, digest) < 0)
		return false;
	for (size_t i = 0; i < sizeof digest; i++) {
		at += i > 0 && *at == ':';
		if (hex_byte(at) != digest[i])
			return false;
		at += 2;
	}
	return *at == '\0';
}

static const struct {
	unsigned	 flag;
	const char	*words;
} faults[] = {
	{ GNUTLS_CERT_SIGNER_NOT_FOUND,
	    "is of no authority that this host trusts" },
	{ GNUTLS_CERT_UNEXPECTED_OWNER, "is of another name" },
	{ GNUTLS_CERT_EXPIRED, "has expired" },
	{ GNUTLS_CERT_NOT_ACTIVATED, "is not valid yet" },
	{ GNUTLS_CERT_INVALID, "is not valid" },
};

/* What can be done about it is said with it. */
static void
explain_distrust(struct rtsp_tls *t, unsigned status)
{
	uint8_t digest[FINGERPRINT];
	const char *words = "cannot be read";
	size_t n;

	for (size_t i = sizeof faults / sizeof faults[0]; i-- > 0;)
		if (status & faults[i].flag)
			words = faults[i].words;
	n = (size_t)snprintf(t->why, sizeof t->why, "its certificate %s; if "
	    "it is the right one, add #tls_fingerprint=", words);
	if (read_fingerprint(t, digest) < 0)
		return;
	for (size_t i = 0; i < sizeof digest; i++)
		n += (size_t)snprintf(t->why + n, sizeof t->why - n, "%02x",
		    digest[i]);
}

static bool
is_trusted(struct rtsp_tls *t)
{
	unsigned status = 0;

	if (t->trust.anybody)
		return true;
	if (t->trust.fingerprint != NULL) {
		if (has_fingerprint(t))
			return true;
		snprintf(t->why, sizeof t->why, "the certificate has another "
		    "fingerprint");
		return false;
	}
	if (gnutls_certificate_verify_peers3(t->session, t->host, &status) ==
	    0 && status == 0)
		return true;
	explain_distrust(t, status);
	return false;
}

enum rtsp_tls_progress
rtsp_tls_handshake(struct rtsp_tls *t, const char **why)
{
	int rc = gnutls_handshake(t->session);

	*why = t->why;
	if (rc == 0)
		return is_trusted(t) ? RTSP_TLS_DONE : RTSP_TLS_FAILED;
	if (!gnutls_error_is_fatal(rc))
		return gnutls_record_get_direction(t->session) ?
		    RTSP_TLS_WANTS_WRITE : RTSP_TLS_WANTS_READ;
	snprintf(t->why, sizeof t->why, "%s", gnutls_strerror(rc));
	return RTSP_TLS_FAILED;
}

static ssize_t
result(ssize_t n)
{
	if (n >= 0)
		return n;
	if (n == GNUTLS_E_PREMATURE_TERMINATION)
		return 0;
	errno = gnutls_error_is_fatal((int)n) ? ECONNRESET : EAGAIN;
	return -1;
}

ssize_t
rtsp_tls_read(struct rtsp_tls *t, uint8_t *to, size_t room)
{
	return result(gnutls_record_recv(t->session, to, room));
}

ssize_t
rtsp_tls_write(struct rtsp_tls *t, const uint8_t *data, size_t len)
{
	return result(gnutls_record_send(t->session, data, len));
}
