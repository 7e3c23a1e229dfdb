#ifndef LULL_TEST_IDENTITY_H
#define LULL_TEST_IDENTITY_H

/* A camera's certificate, made in memory. For tests with cmocka, whose headers
 * come first. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

struct identity {
	gnutls_x509_crt_t	crt;
	gnutls_x509_privkey_t	key;
	char			fingerprint[65];
};

/* It is an authority, or self-signed, if it is its own issuer. */
static inline void
identity_make(struct identity *id, const char *name,
    const struct identity *issuer)
{
	uint8_t digest[32];
	size_t len = sizeof digest;
	time_t now = time(NULL);

	gnutls_x509_privkey_init(&id->key);
	gnutls_x509_privkey_generate(id->key, GNUTLS_PK_ECDSA,
	    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	gnutls_x509_crt_init(&id->crt);
	gnutls_x509_crt_set_version(id->crt, 3);
	gnutls_x509_crt_set_serial(id->crt, name, 4);
	gnutls_x509_crt_set_activation_time(id->crt, now - 3600);
	gnutls_x509_crt_set_expiration_time(id->crt, now + 3600);
	gnutls_x509_crt_set_dn_by_oid(id->crt, GNUTLS_OID_X520_COMMON_NAME, 0,
	    name, (unsigned)strlen(name));
	gnutls_x509_crt_set_subject_alt_name(id->crt, GNUTLS_SAN_DNSNAME,
	    name, (unsigned)strlen(name), GNUTLS_FSAN_SET);
	gnutls_x509_crt_set_ca_status(id->crt, id == issuer);
	gnutls_x509_crt_set_key(id->crt, id->key);
	assert_int_equal(gnutls_x509_crt_sign2(id->crt, issuer->crt,
	    issuer->key, GNUTLS_DIG_SHA256, 0), 0);
	assert_int_equal(gnutls_x509_crt_get_fingerprint(id->crt,
	    GNUTLS_DIG_SHA256, digest, &len), 0);
	for (size_t i = 0; i < len; i++)
		snprintf(id->fingerprint + 2 * i, 3, "%02x", digest[i]);
}

static inline void
identity_forget(struct identity *id)
{
	gnutls_x509_crt_deinit(id->crt);
	gnutls_x509_privkey_deinit(id->key);
}

#endif
