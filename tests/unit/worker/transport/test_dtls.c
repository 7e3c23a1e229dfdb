#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gnutls/crypto.h>
#include <gnutls/dtls.h>

#include "dtls_ends.h"

#define SMALL_MTU	200	/* less than any flight */

static void
check_mirrored(const struct srtp_keys *a, const struct srtp_keys *b)
{
	static const uint8_t none[SRTP_MAX_KEY];
	size_t key, salt;

	assert_int_equal(a->profile, b->profile);
	assert_int_equal(srtp_profile_lengths(a->profile, &key, &salt), 0);
	assert_memory_equal(a->local, b->remote, SRTP_MAX_KEY);
	assert_memory_equal(a->remote, b->local, SRTP_MAX_KEY);
	assert_memory_not_equal(a->local, a->remote, key);
	assert_memory_not_equal(a->local, none, key);
}

static void
test_both_roles(void **state)
{
	struct end client, server;

	(void)state;
	open_pair(&client, &server);
	dtls_start(server.dtls);
	dtls_start(client.dtls);
	wait_for(&client, &server);
	assert_int_equal(client.n_established, 1);
	assert_int_equal(server.n_established, 1);
	assert_int_equal(client.keys.profile, SRTP_AEAD_AES_128_GCM);
	check_mirrored(&client.keys, &server.keys);
	close_pair(&client, &server);
}

static void
test_input_before_start(void **state)
{
	struct end client, server;

	(void)state;
	open_pair(&client, &server);
	dtls_start(client.dtls);
	assert_int_equal(client.n_sent, 1);
	assert_int_equal(server.n_sent, 0);
	dtls_start(server.dtls);	/* all of it, without the loop */
	assert_true(settled(&client) && settled(&server));
	check_mirrored(&client.keys, &server.keys);
	close_pair(&client, &server);
}

static void
test_wrong_fingerprint(void **state)
{
	struct end client, server;

	(void)state;
	for (int liar = 0; liar < 2; liar++) {
		open_end(&client, &server, true, "sha-256",
		    dtls_identity_fingerprint(liar == 0 ? identity : other));
		open_end(&server, &client, false, "sha-256",
		    dtls_identity_fingerprint(liar == 0 ? identity : other));
		dtls_start(server.dtls);
		dtls_start(client.dtls);
		wait_for(&client, &server);
		assert_int_equal(client.n_established, 0);
		assert_int_equal(server.n_established, 0);
		assert_int_equal(client.n_closed, 1);
		assert_int_equal(server.n_closed, 1);
		assert_non_null(strstr(liar == 0 ? client.why : server.why,
		    "fingerprint"));
		assert_non_null(strstr(liar == 0 ? server.why : client.why,
		    "refused"));
		close_pair(&client, &server);
	}
}

static void
test_unknown_hash(void **state)
{
	struct end client, server;

	(void)state;
	open_end(&client, &server, true, "md5", "00:11");
	open_end(&server, &client, false, "sha-256",
	    dtls_identity_fingerprint(identity));
	dtls_start(server.dtls);
	dtls_start(client.dtls);
	wait_for(&client, &server);
	assert_non_null(strstr(client.why, "hash"));
	assert_int_equal(server.n_established, 0);
	close_pair(&client, &server);
}

static void
test_hashes(void **state)
{
	static const struct {
		const char *name;
		gnutls_digest_algorithm_t digest;
	} hashes[] = {
		{ "sha-1", GNUTLS_DIG_SHA1 }, { "SHA-224", GNUTLS_DIG_SHA224 },
		{ "sha-256", GNUTLS_DIG_SHA256 },
		{ "Sha-384", GNUTLS_DIG_SHA384 },
		{ "sha-512", GNUTLS_DIG_SHA512 },
	};
	struct end first, client, server;
	char text[64 * 3 + 1];
	gnutls_datum_t der;

	(void)state;
	open_pair(&client, &first);
	dtls_start(first.dtls);
	dtls_start(client.dtls);
	wait_for(&client, &first);
	close_pair(&client, &first);
	der = find_certificate(&first);
	for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
		uint8_t raw[64];
		size_t n = gnutls_hash_get_len((int)hashes[i].digest);

		gnutls_hash_fast(hashes[i].digest, der.data, der.size, raw);
		for (size_t j = 0; j < n; j++)
			sprintf(text + 3 * j, j % 2 ? "%02X:" : "%02x:",
			    raw[j]);
		text[3 * n - 1] = '\0';
		open_end(&client, &server, true, hashes[i].name, text);
		open_end(&server, &client, false, "sha-256",
		    dtls_identity_fingerprint(identity));
		dtls_start(server.dtls);
		dtls_start(client.dtls);
		wait_for(&client, &server);
		assert_int_equal(client.n_established, 1);
		close_pair(&client, &server);
	}
}

/* Each datagram of either end in turn goes missing, the last flight too. */
static void
test_lost(void **state)
{
	struct end client, server;
	int lost = 0;

	(void)state;
	for (int who = 0; who < 2; who++) {
		for (int nth = 0;; nth++, lost++) {
			struct end *loser = who == 0 ? &client : &server;

			open_pair(&client, &server);
			loser->lose = nth;
			dtls_start(server.dtls);
			dtls_start(client.dtls);
			wait_for(&client, &server);
			assert_int_equal(client.n_established, 1);
			assert_int_equal(server.n_established, 1);
			check_mirrored(&client.keys, &server.keys);
			close_pair(&client, &server);
			if (loser->n_sent <= nth)
				break;
		}
	}
	assert_in_range(lost, 6, 60);
}

static void
test_bye(void **state)
{
	struct end client, server;

	(void)state;
	for (int who = 0; who < 2; who++) {
		struct end *leaves = who == 0 ? &client : &server;
		struct end *stays = who == 0 ? &server : &client;

		open_pair(&client, &server);
		dtls_bye(leaves->dtls);		/* nothing yet to close */
		assert_int_equal(leaves->n_sent, 0);
		dtls_start(server.dtls);
		dtls_start(client.dtls);
		wait_for(&client, &server);
		dtls_bye(leaves->dtls);
		assert_int_equal(stays->n_closed, 1);
		assert_non_null(strstr(stays->why, "closed the connection"));
		assert_int_equal(leaves->n_closed, 0);
		dtls_bye(stays->dtls);
		close_pair(&client, &server);
	}
}

static void
test_free_in_callback(void **state)
{
	struct end client, server;

	(void)state;
	open_pair(&client, &server);
	client.free_when_established = server.free_when_established = true;
	dtls_start(server.dtls);
	dtls_start(client.dtls);
	wait_for(&client, &server);
	assert_null(client.dtls);
	assert_null(server.dtls);

	open_pair(&client, &server);
	client.free_when_closed = true;
	dtls_start(server.dtls);
	dtls_start(client.dtls);
	wait_for(&client, &server);
	dtls_bye(server.dtls);
	assert_int_equal(client.n_closed, 1);
	assert_null(client.dtls);
	dtls_free(server.dtls);
	dtls_free(NULL);
}

/* Noise ahead of the handshake and between its flights does no harm. */
static void
test_noise(void **state)
{
	struct end client, server;
	uint8_t noise[3000];

	(void)state;
	for (size_t i = 0; i < sizeof noise; i++)
		noise[i] = (uint8_t)(i * 7 + 20);
	open_pair(&client, &server);
	for (size_t i = 1; i < 6; i++)
		dtls_input(server.dtls, noise + i, i * 11);
	dtls_input(server.dtls, noise, sizeof noise);
	dtls_input(server.dtls, noise, 0);
	dtls_start(server.dtls);
	dtls_start(client.dtls);
	wait_for(&client, &server);
	assert_int_equal(server.n_established, 1);
	for (size_t i = 1; i < 40; i++)
		dtls_input(server.dtls, noise + i, i * 11);
	assert_int_equal(server.n_closed, 0);
	close_pair(&client, &server);
}

static ssize_t
raw_push(gnutls_transport_ptr_t arg, const void *data, size_t len)
{
	deliver(arg, data, len);
	return (ssize_t)len;
}

/* What the other end sent lies in its log. */
static ssize_t
raw_pull(gnutls_transport_ptr_t arg, void *buf, size_t size)
{
	struct end *e = arg;
	struct sent *s = &e->peer->sent[e->n_read];

	(void)size;
	if (e->n_read == e->peer->n_sent) {
		gnutls_transport_set_errno(e->raw, EAGAIN);
		return -1;
	}
	e->n_read++;
	memcpy(buf, s->data, s->len);
	return (ssize_t)s->len;
}

static int
raw_timeout(gnutls_transport_ptr_t arg, unsigned ms)
{
	struct end *e = arg;

	(void)ms;
	return e->n_read < e->peer->n_sent;
}

static int
raw_accept(gnutls_session_t session)
{
	(void)session;
	return 0;
}

/* A GnuTLS peer with these profiles; runs the handshake to its end. */
static int
shake_raw(struct end *raw, struct end *end, const int *profiles,
    gnutls_certificate_credentials_t credentials)
{
	bool client = end->dtls != NULL && raw->n_read == -1;
	int r;

	raw->n_read = 0;
	raw->peer = end;
	raw->lose = -1;
	gnutls_init(&raw->raw, (client ? GNUTLS_CLIENT : GNUTLS_SERVER) |
	    GNUTLS_DATAGRAM | GNUTLS_NONBLOCK);
	gnutls_set_default_priority(raw->raw);
	gnutls_credentials_set(raw->raw, GNUTLS_CRD_CERTIFICATE, credentials);
	/* The ClientHello in pieces, as Chromium's comes. */
	gnutls_dtls_set_mtu(raw->raw, SMALL_MTU);
	for (; *profiles != 0; profiles++)
		assert_int_equal(gnutls_srtp_set_profile(raw->raw,
		    (gnutls_srtp_profile_t)*profiles), 0);
	if (!client)
		gnutls_certificate_server_set_request(raw->raw,
		    GNUTLS_CERT_REQUIRE);
	gnutls_session_set_verify_function(raw->raw, raw_accept);
	gnutls_transport_set_ptr(raw->raw, raw);
	gnutls_transport_set_push_function(raw->raw, raw_push);
	gnutls_transport_set_pull_function(raw->raw, raw_pull);
	gnutls_transport_set_pull_timeout_function(raw->raw, raw_timeout);
	dtls_start(end->dtls);
	for (int i = 0; i < 100; i++) {
		r = gnutls_handshake(raw->raw);
		if (r == 0 || (r != GNUTLS_E_AGAIN && gnutls_error_is_fatal(r)))
			break;
	}
	return r;
}

static gnutls_certificate_credentials_t
raw_credentials(bool with_certificate, char *fingerprint)
{
	gnutls_certificate_credentials_t c;
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
	uint8_t raw[32], serial = 1;
	size_t n = sizeof raw;

	gnutls_certificate_allocate_credentials(&c);
	if (!with_certificate)
		return c;
	gnutls_x509_privkey_init(&key);
	gnutls_x509_crt_init(&crt);
	gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA, 2048, 0);
	gnutls_x509_crt_set_version(crt, 3);
	gnutls_x509_crt_set_serial(crt, &serial, 1);
	gnutls_x509_crt_set_activation_time(crt, 0);
	gnutls_x509_crt_set_expiration_time(crt, 2000000000);
	gnutls_x509_crt_set_key(crt, key);
	gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0);
	gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, raw, &n);
	for (size_t i = 0; i < n; i++)
		sprintf(fingerprint + 3 * i, "%02X:", raw[i]);
	fingerprint[3 * n - 1] = '\0';
	gnutls_certificate_set_x509_key(c, &crt, 1, key);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
	return c;
}

static void
check_layout(struct end *end, struct end *raw, bool end_is_client)
{
	gnutls_datum_t ck, cs, sk, ss;
	uint8_t material[256];

	/* GnuTLS's own layout serves the profile of 1 only. */
	if (end->keys.profile != SRTP_AES128_CM_SHA1_80)
		return;
	assert_true(gnutls_srtp_get_keys(raw->raw, material, sizeof material,
	    &ck, &cs, &sk, &ss) > 0);
	const uint8_t *client = end_is_client ? end->keys.local :
	    end->keys.remote;
	const uint8_t *server = end_is_client ? end->keys.remote :
	    end->keys.local;

	assert_memory_equal(client, ck.data, 16);
	assert_memory_equal(client + 16, cs.data, 14);
	assert_memory_equal(server, sk.data, 16);
	assert_memory_equal(server + 16, ss.data, 14);
}

static const struct raw_case {
	bool	viewer_is_client;
	int	offers[5];
	int	selected;	/* SRTP_NONE: refused */
} raw_cases[] = {
	{ true, { 1, 8, 7 }, SRTP_AEAD_AES_128_GCM },	/* Chromium's order */
	{ true, { 1, 8 }, SRTP_AEAD_AES_256_GCM },
	{ true, { 2, 1 }, SRTP_AES128_CM_SHA1_80 },
	{ true, { 2, 5 }, SRTP_NONE },
	{ true, { 0 }, SRTP_NONE },
	{ false, { 1, 0 }, SRTP_AES128_CM_SHA1_80 },
	{ false, { 7, 0 }, SRTP_AEAD_AES_128_GCM },
	{ false, { 2, 6 }, SRTP_NONE },
	{ false, { 0 }, SRTP_NONE },
};

static void
check_raw(const struct raw_case *c, gnutls_certificate_credentials_t creds,
    const char *fingerprint)
{
	struct end end, raw;

	memset(&raw, 0, sizeof raw);
	raw.n_read = c->viewer_is_client ? -1 : 0;
	open_end(&end, &raw, !c->viewer_is_client, "sha-256", fingerprint);
	assert_int_equal(shake_raw(&raw, &end, c->offers, creds), 0);
	assert_true(raw.n_sent > 6);
	if (c->selected == SRTP_NONE) {
		assert_int_equal(end.n_established, 0);
		assert_int_equal(end.n_closed, 1);
		assert_non_null(strstr(end.why, "no SRTP profile"));
	} else {
		assert_int_equal(end.n_established, 1);
		assert_int_equal(end.keys.profile, c->selected);
		check_layout(&end, &raw, !c->viewer_is_client);
	}
	gnutls_deinit(raw.raw);
	dtls_free(end.dtls);
}

static void
test_profiles(void **state)
{
	gnutls_certificate_credentials_t creds;
	char fingerprint[32 * 3 + 1];

	(void)state;
	creds = raw_credentials(true, fingerprint);
	for (size_t i = 0; i < sizeof raw_cases / sizeof raw_cases[0]; i++)
		check_raw(&raw_cases[i], creds, fingerprint);
	gnutls_certificate_free_credentials(creds);
}

static void
test_no_certificate(void **state)
{
	static const int offers[] = { 1, 0 };
	gnutls_certificate_credentials_t creds = raw_credentials(false, NULL);
	struct end end, raw;

	(void)state;
	memset(&raw, 0, sizeof raw);
	raw.n_read = -1;
	open_end(&end, &raw, false, "sha-256", "00:11");
	assert_true(shake_raw(&raw, &end, offers, creds) < 0);
	assert_int_equal(end.n_established, 0);
	assert_int_equal(end.n_closed, 1);
	gnutls_deinit(raw.raw);
	dtls_free(end.dtls);
	gnutls_certificate_free_credentials(creds);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_roles),
		cmocka_unit_test(test_input_before_start),
		cmocka_unit_test(test_wrong_fingerprint),
		cmocka_unit_test(test_unknown_hash),
		cmocka_unit_test(test_hashes),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_bye),
		cmocka_unit_test(test_free_in_callback),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_no_certificate),
	};

	return cmocka_run_group_tests(tests, ends_set_up, ends_tear_down);
}
