/* The camera is a server of GnuTLS at the other end of a pair of sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "identity.h"
#include "worker/rtsp/rtsp_tls.h"

#define SPINS	100000		/* of both ends; a handshake takes few */

static struct identity authority, signed_one, self_signed;
static int n_trusting;

/* This host trusts the test's authority, in place of its own. */
int
gnutls_certificate_set_x509_system_trust(gnutls_certificate_credentials_t cred)
{
	n_trusting++;
	return gnutls_certificate_set_x509_trust(cred, &authority.crt, 1);
}

static int
make_all(void **state)
{
	(void)state;
	identity_make(&authority, "authority.test", &authority);
	identity_make(&signed_one, "cam.test", &authority);
	identity_make(&self_signed, "cam.test", &self_signed);
	return 0;
}

static int
forget_all(void **state)
{
	(void)state;
	identity_forget(&authority);
	identity_forget(&signed_one);
	identity_forget(&self_signed);
	return 0;
}

struct fixture {
	int			 fd[2];		/* ours and the camera's */
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t	 camera;
	struct rtsp_tls		*tls;
	enum rtsp_tls_progress	 progress;
	const char		*why;
};

static void
begin(struct fixture *f, const struct identity *id, const char *host,
    const struct rtsp_tls_trust *trust)
{
	gnutls_x509_crt_t crt = id->crt;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    f->fd), 0);
	gnutls_certificate_allocate_credentials(&f->credentials);
	gnutls_certificate_set_x509_key(f->credentials, &crt, 1, id->key);
	gnutls_init(&f->camera, GNUTLS_SERVER | GNUTLS_NONBLOCK |
	    GNUTLS_NO_SIGNAL);
	gnutls_set_default_priority(f->camera);
	gnutls_credentials_set(f->camera, GNUTLS_CRD_CERTIFICATE,
	    f->credentials);
	gnutls_transport_set_int(f->camera, f->fd[1]);
	f->tls = rtsp_tls_new(f->fd[0], host, trust);
	assert_non_null(f->tls);
}

static void
end(struct fixture *f)
{
	rtsp_tls_free(f->tls);
	gnutls_deinit(f->camera);
	gnutls_certificate_free_credentials(f->credentials);
	close(f->fd[0]);
	if (f->fd[1] != -1)
		close(f->fd[1]);
}

/* Both go on until we have done with the handshake; the camera may not have. */
static void
shake_hands(struct fixture *f)
{
	bool camera_done = false;

	f->progress = RTSP_TLS_WANTS_READ;
	for (int i = 0; i < SPINS && (f->progress == RTSP_TLS_WANTS_READ ||
	    f->progress == RTSP_TLS_WANTS_WRITE); i++) {
		f->progress = rtsp_tls_handshake(f->tls, &f->why);
		if (!camera_done && f->fd[1] != -1)
			camera_done = gnutls_handshake(f->camera) == 0;
	}
	if (f->progress == RTSP_TLS_DONE && !camera_done)
		assert_int_equal(gnutls_handshake(f->camera), 0);
}

/* Returns why the camera is not trusted, until the next call; NULL: it is. */
static const char *
distrust(const struct identity *id, const char *host,
    const struct rtsp_tls_trust *trust)
{
	static char why[256];
	struct fixture f;

	begin(&f, id, host, trust);
	shake_hands(&f);
	snprintf(why, sizeof why, "%s", f.why);
	end(&f);
	if (f.progress == RTSP_TLS_DONE)
		return NULL;
	assert_int_equal(f.progress, RTSP_TLS_FAILED);
	assert_int_not_equal(why[0], '\0');
	return why;
}

static void
test_an_authority_is_trusted_with_the_name(void **state)
{
	static const char advice[] = "its certificate is of no authority that "
	    "this host trusts; if it is the right one, add #tls_fingerprint=";
	struct rtsp_tls_trust trust = { .fingerprint = NULL };
	char fingerprint[65];
	const char *why;

	(void)state;
	assert_null(distrust(&signed_one, "cam.test", &trust));
	assert_non_null(strstr(distrust(&signed_one, "other.test", &trust),
	    "name"));
	assert_non_null(distrust(&signed_one, "127.0.0.1", &trust));
	why = distrust(&self_signed, "cam.test", &trust);
	assert_memory_equal(why, advice, sizeof advice - 1);
	/* The advice is good. */
	snprintf(fingerprint, sizeof fingerprint, "%s",
	    why + sizeof advice - 1);
	trust.fingerprint = fingerprint;
	assert_null(distrust(&self_signed, "cam.test", &trust));
}

static void
test_anybody_is_trusted_if_that_is_wanted(void **state)
{
	const struct rtsp_tls_trust trust = { .anybody = true };

	(void)state;
	n_trusting = 0;
	assert_null(distrust(&self_signed, "cam.test", &trust));
	assert_null(distrust(&self_signed, "192.0.2.1", &trust));
	assert_int_equal(n_trusting, 0);	/* there are many to read */
}

static const char *
distrust_by(const char *fingerprint)
{
	const struct rtsp_tls_trust trust = { .fingerprint = fingerprint };

	return distrust(&self_signed, "192.0.2.1", &trust);
}

static void
test_a_fingerprint_is_trusted(void **state)
{
	const char *right = self_signed.fingerprint;
	char text[128] = "";

	(void)state;
	assert_null(distrust_by(right));
	for (int i = 0; i < 32; i++)
		snprintf(text + 3 * i, 4, "%c%c:", right[2 * i],
		    right[2 * i + 1]);
	text[95] = '\0';
	assert_null(distrust_by(text));
	for (char *p = text; *p != '\0'; p++)
		if (*p >= 'a' && *p <= 'f')
			*p -= 'a' - 'A';
	assert_null(distrust_by(text));
}

/* What is no fingerprint is none, and an authority's word does not help. The
 * copies have their own size, for the sanitizer. */
static void
test_another_fingerprint_is_not_trusted(void **state)
{
	const struct rtsp_tls_trust trust = {
		.fingerprint = self_signed.fingerprint
	};
	const char *right = self_signed.fingerprint;
	char text[80];

	(void)state;
	assert_string_equal(distrust(&signed_one, "cam.test", &trust),
	    "the certificate has another fingerprint");
	for (size_t i = 0; i < 64; i += 21) {
		strcpy(text, right);
		text[i] = text[i] == '0' ? '1' : '0';
		assert_non_null(distrust_by(text));
	}
	for (size_t len = 0; len < 64; len += len < 60 ? 20 : 1) {
		char *part = strndup(right, len);

		assert_non_null(distrust_by(part));
		free(part);
	}
	snprintf(text, sizeof text, "%s0", right);
	assert_non_null(distrust_by(text));
	snprintf(text, sizeof text, "%s:", right);
	assert_non_null(distrust_by(text));
	snprintf(text, sizeof text, " %s", right);
	assert_non_null(distrust_by(text));
	snprintf(text, sizeof text, ":%s", right);
	assert_non_null(distrust_by(text));
}

/* The last byte of such a certificate is less than 16: "0x", of which one digit
 * alone is no byte. */
static void
test_half_a_byte_is_none(void **state)
{
	struct identity id = { .key = NULL };
	struct rtsp_tls_trust trust = { .anybody = false };
	char *text;

	(void)state;
	identity_make(&id, "cam.test", &id);
	while (id.fingerprint[62] != '0') {
		identity_forget(&id);
		identity_make(&id, "cam.test", &id);
	}
	text = strndup(id.fingerprint, 63);
	text[62] = id.fingerprint[63];
	trust.fingerprint = text;
	assert_non_null(distrust(&id, "cam.test", &trust));
	free(text);
	identity_forget(&id);
}

static const struct rtsp_tls_trust anybody = { .anybody = true };

static void
test_a_name_is_asked_for_and_an_address_is_not(void **state)
{
	struct fixture f;
	char name[64] = "";
	size_t len = sizeof name;
	unsigned type;

	(void)state;
	begin(&f, &self_signed, "cam.test", &anybody);
	shake_hands(&f);
	assert_int_equal(gnutls_server_name_get(f.camera, name, &len, &type,
	    0), 0);
	assert_string_equal(name, "cam.test");
	end(&f);
	begin(&f, &self_signed, "192.0.2.1", &anybody);
	shake_hands(&f);
	len = sizeof name;
	assert_int_equal(gnutls_server_name_get(f.camera, name, &len, &type,
	    0), GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE);
	end(&f);
}

static void
test_closed_in_the_handshake(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, &self_signed, "cam.test", &anybody);
	assert_int_equal(rtsp_tls_handshake(f.tls, &f.why),
	    RTSP_TLS_WANTS_READ);
	gnutls_handshake(f.camera);
	close(f.fd[1]);
	f.fd[1] = -1;
	shake_hands(&f);
	assert_int_equal(f.progress, RTSP_TLS_FAILED);
	assert_int_not_equal(f.why[0], '\0');
	end(&f);
}

static void
test_what_answers_does_not_speak_tls(void **state)
{
	static const char text[] = "RTSP/1.0 400 Bad Request\r\n\r\n";
	struct fixture f;

	(void)state;
	begin(&f, &self_signed, "cam.test", &anybody);
	assert_int_equal(write(f.fd[1], text, sizeof text - 1),
	    sizeof text - 1);
	f.progress = rtsp_tls_handshake(f.tls, &f.why);
	assert_int_equal(f.progress, RTSP_TLS_FAILED);
	assert_int_not_equal(f.why[0], '\0');
	end(&f);
}

/* Records are cut as the reader's room wants it. */
static void
test_reading_across_records(void **state)
{
	static const char *const texts[] = { "first record", "second" };
	struct fixture f;
	uint8_t data[64];
	size_t got = 0;
	ssize_t n;

	(void)state;
	begin(&f, &self_signed, "cam.test", &anybody);
	shake_hands(&f);
	n = rtsp_tls_read(f.tls, data, sizeof data);
	assert_int_equal(n, -1);
	assert_int_equal(errno, EAGAIN);
	for (int i = 0; i < 2; i++)
		assert_int_equal(gnutls_record_send(f.camera, texts[i],
		    strlen(texts[i])), strlen(texts[i]));
	while ((n = rtsp_tls_read(f.tls, data + got, 5)) > 0)
		got += (size_t)n;
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(got, 18);
	assert_memory_equal(data, "first recordsecond", 18);
	gnutls_bye(f.camera, GNUTLS_SHUT_WR);
	assert_int_equal(rtsp_tls_read(f.tls, data, sizeof data), 0);
	end(&f);
}

/* A write that the socket cuts off goes on where it was, even though more has
 * been put behind it. */
static void
test_writing_to_a_slow_reader(void **state)
{
	static uint8_t data[1024 * 1024], got[sizeof data];
	struct fixture f;
	size_t sent = 0, n_got = 0;
	int waits = 0;
	ssize_t n;

	(void)state;
	begin(&f, &self_signed, "cam.test", &anybody);
	shake_hands(&f);
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i * 7 + i / 251);
	while (n_got < sizeof data) {
		size_t len = sizeof data - sent;

		len = len > 50000 + (size_t)waits ? 50000 + (size_t)waits : len;
		n = len == 0 ? 0 : rtsp_tls_write(f.tls, data + sent, len);
		if (n > 0) {
			sent += (size_t)n;
			continue;
		}
		if (n == -1)
			assert_int_equal(errno, EAGAIN);
		waits += n == -1;
		n = gnutls_record_recv(f.camera, got + n_got, 20000);
		assert_true(n > 0 || n == GNUTLS_E_AGAIN);
		n_got += n > 0 ? (size_t)n : 0;
	}
	assert_in_range(waits, 1, SPINS);
	assert_memory_equal(got, data, sizeof data);
	end(&f);
}

/* With the signal's own meaning: a program need not ignore SIGPIPE. */
static void
test_a_camera_that_is_gone_is_a_closed_one(void **state)
{
	struct fixture f;
	uint8_t data[16];
	ssize_t n = 0;

	(void)state;
	begin(&f, &self_signed, "cam.test", &anybody);
	shake_hands(&f);
	close(f.fd[1]);
	f.fd[1] = -1;
	assert_int_equal(rtsp_tls_read(f.tls, data, sizeof data), 0);
	for (int i = 0; i < 3 && n != -1; i++)
		n = rtsp_tls_write(f.tls, data, sizeof data);
	assert_int_equal(n, -1);
	assert_int_equal(errno, ECONNRESET);
	end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_authority_is_trusted_with_the_name),
		cmocka_unit_test(test_anybody_is_trusted_if_that_is_wanted),
		cmocka_unit_test(test_a_fingerprint_is_trusted),
		cmocka_unit_test(test_another_fingerprint_is_not_trusted),
		cmocka_unit_test(test_half_a_byte_is_none),
		cmocka_unit_test(
		    test_a_name_is_asked_for_and_an_address_is_not),
		cmocka_unit_test(test_closed_in_the_handshake),
		cmocka_unit_test(test_what_answers_does_not_speak_tls),
		cmocka_unit_test(test_reading_across_records),
		cmocka_unit_test(test_writing_to_a_slow_reader),
		cmocka_unit_test(test_a_camera_that_is_gone_is_a_closed_one),
	};

	rtsp_tls_free(NULL);
	return cmocka_run_group_tests(tests, make_all, forget_all);
}
