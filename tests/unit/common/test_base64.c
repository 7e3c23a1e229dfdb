#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base64.h"

static void
test_vectors(void **state)
{
	/* RFC 4648, section 10. */
	static const char *const vectors[][2] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" },
		{ "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		char *e = base64_encode(vectors[i][0], strlen(vectors[i][0]));
		char *d = base64_decode(vectors[i][1]);

		assert_string_equal(e, vectors[i][1]);
		assert_string_equal(d, vectors[i][0]);
		free(e);
		free(d);
	}
}

static void
test_a_plus_that_became_a_space(void **state)
{
	char *d = base64_decode("fn5+");
	char *e = base64_decode("fn5 ");

	(void)state;
	assert_string_equal(d, "~~~");
	assert_string_equal(e, "~~~");
	free(d);
	free(e);
}

static void
test_refused(void **state)
{
	(void)state;
	assert_null(base64_decode("Zg="));
	assert_null(base64_decode("Zm9v!"));
	assert_null(base64_decode("{}"));
	assert_null(base64_decode("AA=="));	/* a NUL */
}

static void
test_bytes(void **state)
{
	static const struct {
		const char *text, *bytes;
		size_t n;
	} cases[] = {
		{ "", "", 0 },
		{ "AAECAw==", "\0\1\2\3", 4 },
		{ "AAECAw", "\0\1\2\3", 4 },	/* without its padding */
		{ " AAEC Aw==\t", "\0\1\2\3", 4 },
		{ "/+8=", "\xff\xef", 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		size_t n = 99;
		uint8_t *bytes = base64_decode_bytes(cases[i].text,
		    strlen(cases[i].text), &n);

		assert_non_null(bytes);
		assert_int_equal(n, cases[i].n);
		assert_memory_equal(bytes, cases[i].bytes, n);
		free(bytes);
	}
}

/* What stands behind it is another's. */
static void
test_bytes_of_a_part(void **state)
{
	size_t n = 99;
	uint8_t *bytes = base64_decode_bytes("Zm9v!", 4, &n);

	(void)state;
	assert_int_equal(n, 3);
	assert_memory_equal(bytes, "foo", 3);
	free(bytes);
	assert_null(base64_decode_bytes("Zm9v!", 5, &n));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_a_plus_that_became_a_space),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_bytes_of_a_part),
	};

	return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
