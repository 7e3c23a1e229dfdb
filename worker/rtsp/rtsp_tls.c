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

/* The camera's own certificate, the first of its chain. */
static bool
has_fingerprint(struct rtsp_tls *t)
{
	const gnutls_datum_t *chain =
	    gnutls_certificate_get_peers(t->session, NULL);
	uint8_t digest[FINGERPRINT];
	const char *at = t->trust.fingerprint;

	if (chain == NULL || gnutls_hash_fast(GNUTLS_DIG_SHA256, chain->data,
	    chain->size, digest) < 0)
		return false;
	for (size_t i = 0; i < sizeof digest; i++) {
		at += i > 0 && *at == ':';
		if (hex_byte(at) != digest[i])
			return false;
		at += 2;
	}
	return *at == '\0';
}

static bool
is_trusted_by_host(struct rtsp_tls *t)
{
	gnutls_datum_t text;
	unsigned status;
	int rc = gnutls_certificate_verify_peers3(t->session, t->host,
	    &status);

	if (rc == 0 && status == 0)
		return true;
	if (rc < 0 || gnutls_certificate_verification_status_print(status,
	    GNUTLS_CRT_X509, &text, 0) < 0) {
		snprintf(t->why, sizeof t->why, "%s", gnutls_strerror(rc));
		return false;
	}
	snprintf(t->why, sizeof t->why, "%s", (char *)text.data);
	gnutls_free(text.data);
	return false;
}

static bool
is_trusted(struct rtsp_tls *t)
{
	if (t->trust.anybody)
		return true;
	if (t->trust.fingerprint == NULL)
		return is_trusted_by_host(t);
	if (has_fingerprint(t))
		return true;
	snprintf(t->why, sizeof t->why, "the certificate has another "
	    "fingerprint");
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
