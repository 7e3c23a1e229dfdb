/* A connection by TLS; the camera is a server of GnuTLS on the test's loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "identity.h"
#include "worker/rtsp/rtsp_conn.h"

#define MANY	(200 * 1024)	/* bytes: less than are queued */

static struct identity identity;
static uint8_t pattern[MANY];

struct fixture {
	struct event_base	*base;
	struct rtsp_conn_config	 config;
	struct rtsp_conn	*conn;
	int			 listener, fd;
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t	 camera;
	bool			 camera_done;
	int			 n_open, n_gone;
	enum rtsp_conn_end	 how;
	char			 why[128];
	size_t			 got;
};

/* The camera does not wake the loop: both are asked in turn. What never comes
 * is ended by the test's own alarm. */
#define UNTIL(f, what) do { \
	while (!(what)) { \
		event_base_loop((f)->base, EVLOOP_NONBLOCK); \
		if ((f)->fd != -1 && !(f)->camera_done) \
			(f)->camera_done = gnutls_handshake((f)->camera) == 0; \
	} \
} while (0)

static void
on_open(void *arg)
{
	((struct fixture *)arg)->n_open++;
}

static size_t
on_data(const uint8_t *data, size_t len, void *arg)
{
	struct fixture *f = arg;

	assert_in_range(len, 1, MANY - f->got);
	assert_memory_equal(data, pattern + f->got, len);
	f->got += len;
	return len;
}

static void
on_gone(enum rtsp_conn_end how, int error, const char *why, void *arg)
{
	struct fixture *f = arg;

	(void)error;
	f->n_gone++;
	f->how = how;
	snprintf(f->why, sizeof f->why, "%s", why);
}

static int
setup(void **state)
{
	static struct fixture f;
	union socket_address a;
	socklen_t len = sizeof a;

	f = (struct fixture){ .base = event_base_new(), .fd = -1 };
	f.listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(socket_address_parse(&a, "127.0.0.1", 0));
	assert_int_equal(bind(f.listener, &a.any, sizeof a.v4), 0);
	assert_int_equal(listen(f.listener, 1), 0);
	getsockname(f.listener, &a.any, &len);
	gnutls_certificate_allocate_credentials(&f.credentials);
	gnutls_certificate_set_x509_key(f.credentials, &identity.crt, 1,
	    identity.key);
	gnutls_init(&f.camera, GNUTLS_SERVER | GNUTLS_NONBLOCK |
	    GNUTLS_NO_SIGNAL);
	gnutls_set_default_priority(f.camera);
	gnutls_credentials_set(f.camera, GNUTLS_CRD_CERTIFICATE,
	    f.credentials);
	f.config = (struct rtsp_conn_config){
		.host = "127.0.0.1", .port = socket_address_port(&a),
		.connect_ms = 20000, .tls = true,
		.trust.fingerprint = identity.fingerprint,
	};
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	rtsp_conn_free(f->conn);
	gnutls_deinit(f->camera);
	gnutls_certificate_free_credentials(f->credentials);
	if (f->fd != -1)
		close(f->fd);
	close(f->listener);
	event_base_free(f->base);
	return 0;
}

/* The connection is there, and the handshake begins. */
static void
start(struct fixture *f)
{
	static const struct rtsp_conn_handler handler = {
		on_open, on_data, on_gone
	};

	f->conn = rtsp_conn_open(f->base, &f->config, &handler, f);
	assert_non_null(f->conn);
	for (int i = 0; i < 3; i++)
		event_base_loop(f->base, EVLOOP_NONBLOCK);
	f->fd = accept4(f->listener, NULL, NULL, SOCK_NONBLOCK);
	assert_int_not_equal(f->fd, -1);
	gnutls_transport_set_int(f->camera, f->fd);
	assert_int_equal(f->n_open, 0);
}

static void
start_and_open(struct fixture *f)
{
	start(f);
	UNTIL(f, f->n_gone > 0 || (f->n_open > 0 && f->camera_done));
	assert_int_equal(f->n_open, 1);
}

static void
hang_up(struct fixture *f)
{
	close(f->fd);
	f->fd = -1;
}

/* In records and turns of the loop, the camera being as slow as can be. */
static void
test_much_goes_both_ways(void **state)
{
	static uint8_t got[MANY];
	struct fixture *f = *state;
	size_t sent = 0, n_got = 0;
	ssize_t n;

	start_and_open(f);
	rtsp_conn_send(f->conn, pattern, MANY / 2);
	rtsp_conn_send(f->conn, pattern + MANY / 2, MANY - MANY / 2);
	while (f->got < MANY || n_got < MANY) {
		n = sent == MANY ? 0 : gnutls_record_send(f->camera,
		    pattern + sent, MANY - sent);
		sent += n > 0 ? (size_t)n : 0;
		event_base_loop(f->base, EVLOOP_NONBLOCK);
		if (n_got == MANY)
			continue;
		n = gnutls_record_recv(f->camera, got + n_got, MANY - n_got);
		assert_true(n > 0 || n == GNUTLS_E_AGAIN);
		n_got += n > 0 ? (size_t)n : 0;
	}
	assert_memory_equal(got, pattern, MANY);
	assert_int_equal(f->n_gone, 0);
}

static void
test_the_wrong_camera_is_left(void **state)
{
	struct fixture *f = *state;
	char other[65];

	snprintf(other, sizeof other, "%s", identity.fingerprint);
	other[0] = other[0] == '0' ? '1' : '0';
	f->config.trust.fingerprint = other;
	start(f);
	UNTIL(f, f->n_gone > 0);
	assert_int_equal(f->how, RTSP_CONN_TLS);
	assert_string_equal(f->why, "the certificate has another fingerprint");
	assert_int_equal(f->n_open, 0);
}

static void
test_closed_in_the_handshake(void **state)
{
	struct fixture *f = *state;

	start(f);
	hang_up(f);
	UNTIL(f, f->n_gone > 0);
	assert_int_equal(f->how, RTSP_CONN_TLS);
	assert_int_not_equal(f->why[0], '\0');
	assert_int_equal(f->n_open, 0);
}

static void
test_closed_with_and_without_a_word(void **state)
{
	struct fixture *f = *state;

	start_and_open(f);
	assert_int_equal(gnutls_record_send(f->camera, pattern, 5), 5);
	gnutls_bye(f->camera, GNUTLS_SHUT_WR);
	UNTIL(f, f->n_gone > 0);
	assert_int_equal(f->how, RTSP_CONN_CLOSED);
	assert_int_equal(f->got, 5);
	teardown(state);
	setup(state);
	start_and_open(f);
	hang_up(f);
	UNTIL(f, f->n_gone > 0);
	assert_int_equal(f->how, RTSP_CONN_CLOSED);
}

/* The sanitizer looks whether anything is left. */
static void
test_freed_at_every_stage(void **state)
{
	struct fixture *f = *state;

	for (int turns = 0; turns < 5; turns++) {
		start(f);
		for (int i = 0; i < turns; i++) {
			gnutls_handshake(f->camera);
			event_base_loop(f->base, EVLOOP_NONBLOCK);
		}
		teardown(state);
		setup(state);
	}
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

static int
make_all(void **state)
{
	(void)state;
	identity_make(&identity, "cam.test", &identity);
	for (size_t i = 0; i < MANY; i++)
		pattern[i] = (uint8_t)(i * 7 + i / 251);
	return 0;
}

static int
forget_all(void **state)
{
	(void)state;
	identity_forget(&identity);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_much_goes_both_ways),
		TEST(test_the_wrong_camera_is_left),
		TEST(test_closed_in_the_handshake),
		TEST(test_closed_with_and_without_a_word),
		TEST(test_freed_at_every_stage),
	};

	return cmocka_run_group_tests(tests, make_all, forget_all);
}
