/* How a session ends, what its certificate is, and what must not be left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "dtls_ends.h"

static const struct dtls_times impatient = {
	.handshake_ms = 100, .retransmit_ms = 10,
};

/* Nobody is there: the first flight is repeated, and then it is over. */
static void
test_deadline(void **state)
{
	struct end client = { 0 }, nobody = { 0 };

	(void)state;
	times = &impatient;
	for (int frees = 0; frees < 2; frees++) {
		open_end(&client, &nobody, true, "sha-256", "00");
		client.free_when_closed = frees;
		dtls_start(client.dtls);
		while (client.n_closed == 0)
			assert_int_equal(event_base_loop(base, EVLOOP_ONCE),
			    0);
		assert_in_range(client.n_sent, 2, 8);
		assert_non_null(strstr(client.why, "timed out"));
		assert_int_equal(client.n_established, 0);
		event_base_loop(base, EVLOOP_NONBLOCK);
		assert_int_equal(client.n_closed, 1);
		dtls_free(client.dtls);
	}
	times = &patient;
}

/* A browser takes no certificate that is out of date or that has a serial
 * number of no sign (RFC 5280, section 4.1.2.2). */
static void
test_certificate(void **state)
{
	struct end client, server;
	gnutls_x509_crt_t crt;
	gnutls_datum_t der;
	uint8_t serial[20];
	size_t n = sizeof serial;
	unsigned bits;
	time_t now = time(NULL);

	(void)state;
	open_pair(&client, &server);
	dtls_start(server.dtls);
	dtls_start(client.dtls);
	wait_for(&client, &server);
	der = find_certificate(&server);
	assert_int_equal(gnutls_x509_crt_init(&crt), 0);
	assert_int_equal(gnutls_x509_crt_import(crt, &der,
	    GNUTLS_X509_FMT_DER), 0);
	assert_int_equal(gnutls_x509_crt_get_version(crt), 3);
	assert_true(gnutls_x509_crt_get_activation_time(crt) < now - 3600);
	assert_true(gnutls_x509_crt_get_expiration_time(crt) >
	    now + 9 * 365 * 24 * 3600);
	assert_int_equal(gnutls_x509_crt_get_pk_algorithm(crt, &bits),
	    GNUTLS_PK_ECDSA);
	assert_int_equal(bits, 256);
	assert_int_equal(gnutls_x509_crt_get_serial(crt, serial, &n), 0);
	assert_int_equal(n, 8);
	assert_in_range(serial[0], 0x40, 0x7f);
	assert_int_equal(gnutls_x509_crt_check_issuer(crt, crt), 1);
	gnutls_x509_crt_deinit(crt);
	close_pair(&client, &server);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_certificate),
	};

	return cmocka_run_group_tests(tests, ends_set_up, ends_tear_down);
}
