#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "broker/http/http_params.h"

static void
test_params(void **state)
{
	struct http_param *p = NULL;

	(void)state;
	assert_int_equal(http_params_parse(&p,
	    "src=c%2Bm+1&mic&&=none&x=%zz%4&src=second&a=b=c&s%72%63=no"
	    "&a+key=1"), 0);
	assert_string_equal(http_params_find(p, "src"), "c+m 1");
	assert_string_equal(http_params_find(p, "mic"), "");
	assert_string_equal(http_params_find(p, "x"), "%zz%4");
	assert_string_equal(http_params_find(p, "a"), "b=c");
	assert_string_equal(http_params_find(p, "a key"), "1");
	assert_null(http_params_find(p, ""));
	assert_null(http_params_find(p, "none"));
	http_params_free(p);

	p = NULL;
	assert_int_equal(http_params_parse(&p, NULL), 0);
	assert_int_equal(http_params_parse(&p, ""), 0);
	assert_null(p);
	http_params_free(p);
}

static void
test_what_is_no_text_is_refused(void **state)
{
	static const char *const bad[] = {
		"a%00=1", "a=%00", "b&a=x%00y", "a=%ff", "a=\xff", "a%c3=1",
		"a=%ED%A0%80",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct http_param *p = NULL;

		assert_int_equal(http_params_parse(&p, bad[i]), -1);
		http_params_free(p);
	}
	assert_null(http_percent_decode("%00", false));
	assert_null(http_percent_decode("/%ff", false));
}

static void
test_percent_decode(void **state)
{
	static const struct {
		const char *in, *path, *query;
	} cases[] = {
		{ "/a%20b+c", "/a b+c", "/a b c" }, { "%", "%", "%" },
		{ "%e", "%e", "%e" }, { "%c3%BC", "\xc3\xbc", "\xc3\xbc" },
		{ "%2541", "%41", "%41" }, { "%g1%1g", "%g1%1g", "%g1%1g" },
		{ "", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *path = http_percent_decode(cases[i].in, false);
		char *query = http_percent_decode(cases[i].in, true);

		assert_string_equal(path, cases[i].path);
		assert_string_equal(query, cases[i].query);
		free(path);
		free(query);
	}
}

static void
test_media_type(void **state)
{
	static const char *const cases[][2] = {
		{ NULL, "" }, { "", "" }, { ";", "" },
		{ "application/sdp", "application/sdp" },
		{ "  Application/JSON ; charset=utf-8", "application/json" },
		{ "a/b,c/d", "a/b" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *type = http_media_type(cases[i][0]);

		assert_string_equal(type, cases[i][1]);
		free(type);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_what_is_no_text_is_refused),
		cmocka_unit_test(test_percent_decode),
		cmocka_unit_test(test_media_type),
	};

	return cmocka_run_group_tests_name("http_params", tests, NULL, NULL);
}
