#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "worker/rtsp/digest.h"

#define NONCE	"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
#define CNONCE	"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
#define RFC7616	"Mufasa", "http-auth@example.org", "Circle of Life", \
		NONCE, CNONCE, "00000001"
#define OLD_NONCE "dcd98b7102dd2f0e8b11d0f600bfb0c093"
#define PLACE	"GET", "/dir/index.html"

static const struct {
	enum digest_hash hash;
	bool session;
	const char *user, *realm, *password, *nonce, *cnonce, *nc;
	bool qop;
	const char *method, *uri, *response;
} answers[] = {
	/* RFC 7616, section 3.9.1. */
	{ DIGEST_MD5, false, RFC7616, true, PLACE,
	    "8ca523f5e9506fed4657c9700eebdbec" },
	{ DIGEST_SHA256, false, RFC7616, true, PLACE,
	    "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
	},
	/* RFC 2617, section 3.5. */
	{ DIGEST_MD5, false, "Mufasa", "testrealm@host.com", "Circle Of Life",
	    OLD_NONCE, "0a4f113b", "00000001", true, PLACE,
	    "6629fae49393a05397450978507c4ef1" },
	/* RFC 2069, section 2.4, by its erratum 749. */
	{ DIGEST_MD5, false, "Mufasa", "testrealm@host.com", "CircleOfLife",
	    OLD_NONCE, NULL, NULL, false, PLACE,
	    "1949323746fe6a43ef61f9606e7febea" },
	/* Those of RFC 7616 by the other algorithms; Python's hashlib. */
	{ DIGEST_SHA256, false, RFC7616, false, PLACE,
	    "a1306b0595a6c7fe96c448631fb5cfbd5107bd1fe1da729d978dd7446b812363"
	},
	{ DIGEST_MD5, true, RFC7616, true, PLACE,
	    "e783283f46242139c486a698fec7211d" },
	{ DIGEST_MD5, true, RFC7616, false, PLACE,
	    "37a7f42db2090a3fcac4e26e747d4fc8" },
	{ DIGEST_SHA256, true, RFC7616, true, PLACE,
	    "2fd51b3a77ad75bad6afad6003e818d767133c46d9e2749e7f5232ae1ea3efd7"
	},
	{ DIGEST_SHA256, true, RFC7616, false, PLACE,
	    "30bc0742357e535c85094121d22cf826b794be0667e19537beb7b28f2251c274"
	},
};

static void
test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		struct digest_question q = {
			.hash = answers[i].hash,
			.session = answers[i].session,
			.user = answers[i].user,
			.realm = answers[i].realm,
			.password = answers[i].password,
			.nonce = answers[i].nonce,
			.cnonce = answers[i].cnonce,
			.nc = answers[i].nc,
			.qop = answers[i].qop,
			.method = answers[i].method,
			.uri = answers[i].uri,
		};
		char hex[DIGEST_HEX_MAX + 1];

		digest_answer(&q, hex);
		assert_string_equal(hex, answers[i].response);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
