/* The streams of a configuration: what is taken of each, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "loaded.h"

static void
test_linger(void **state)
{
	static const struct {
		const char *seconds;
		int ms;
	} cases[] = {
		{ "0", 0 }, { "0.25", 250 }, { "1", 1000 },
		{ "86400", 86400000 },
	};
	struct result r = load("{streams: {a: {url: 'demo:'}}}");

	(void)state;
	assert_int_equal(r.config->streams[0].linger_ms, 5000);
	clear(&r);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *source = xasprintf("{streams: {a: {url: 'demo:', "
		    "linger: %s}}}", cases[i].seconds);

		r = load(source);
		assert_non_null(r.config);
		assert_int_equal(r.config->streams[0].linger_ms, cases[i].ms);
		clear(&r);
		free(source);
	}
	assert_error("{streams: {a: {linger: 86400.5}}}", "-c {...}: "
	    "streams.a.linger: expected 0 to 86400 seconds");
	assert_error("{streams: {a: {linger: -0.5}}}", "-c {...}: "
	    "streams.a.linger: expected 0 to 86400 seconds");
}

static void
test_preload_of_a_stream(void **state)
{
	struct result r = load("{streams: {a: {url: 'demo:', preload: true}, "
	    "b: {url: 'demo:', preload: false}, c: {url: 'demo:'}}}");

	(void)state;
	assert_int_equal(stream(&r, "a")->preload, 1);
	assert_int_equal(stream(&r, "b")->preload, 0);
	assert_int_equal(stream(&r, "c")->preload, 0);
	clear(&r);
}

static void
test_preload_as_go2rtc_has_it(void **state)
{
	struct result r = load("{preload: {a: 'video&audio', b: null, "
	    "c: false, x: true}, streams: {a: 'demo:', b: 'demo:', "
	    "c: {url: 'demo:', preload: true}, d: 'demo:'}}");

	(void)state;
	assert_non_null(r.config);
	assert_true(stream(&r, "a")->preload);
	assert_true(stream(&r, "b")->preload);
	assert_false(stream(&r, "c")->preload);
	assert_false(stream(&r, "d")->preload);
	assert_string_equal(r.warnings,
	    "-c {...}: preload: no stream `x`, ignored\n");
	clear(&r);
}

static void
test_streams_are_in_order(void **state)
{
	struct result r = load("{streams: {b: 'demo:', a: 'demo:', "
	    "c: 'demo:'}}");

	(void)state;
	assert_int_equal(r.config->n_streams, 3);
	assert_string_equal(r.config->streams[0].name, "a");
	assert_string_equal(r.config->streams[1].name, "b");
	assert_string_equal(r.config->streams[2].name, "c");
	assert_string_equal(r.warnings, "");
	clear(&r);
}

/* A stream without a source that can be used is no mistake of the file. */
static void
test_no_stream_is_left(void **state)
{
	struct result r = load("streams.a=[5, 'ftp://h/']");

	(void)state;
	assert_non_null(r.config);
	assert_int_equal(r.config->n_streams, 0);
	assert_string_equal(r.warnings,
	    "-c streams.a: stream `a`: source ignored: it is not a string\n"
	    "-c streams.a: stream `a`: source ignored: unknown scheme "
	    "ftp://; supported are rtsp://, rtsps://, file: and demo:\n"
	    "-c streams.a: stream `a` has no usable source, left out\n"
	    "-c streams.a: no stream to serve\n");
	clear(&r);
	r = load("{streams: {'': 'demo:'}}");
	assert_non_null(r.config);
	assert_int_equal(r.config->n_streams, 0);
	clear(&r);
}

/* The first that can be used is taken, and the others are told of. */
static void
test_the_first_usable_source(void **state)
{
	struct result r = load("streams.a=['ftp://h/', 'demo:', "
	    "'rtsp://u:p@h/']");

	(void)state;
	assert_url(&r, "a", "demo:");
	assert_string_equal(r.warnings,
	    "-c streams.a: stream `a`: source ignored: unknown scheme "
	    "ftp://; supported are rtsp://, rtsps://, file: and demo:\n"
	    "-c streams.a: stream `a`: rtsp://***@h/ is not used yet, the "
	    "first usable source is\n");
	clear(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_linger),
		cmocka_unit_test(test_preload_of_a_stream),
		cmocka_unit_test(test_preload_as_go2rtc_has_it),
		cmocka_unit_test(test_streams_are_in_order),
		cmocka_unit_test(test_no_stream_is_left),
		cmocka_unit_test(test_the_first_usable_source),
	};

	return cmocka_run_group_tests_name("config_streams", tests, NULL,
	    NULL);
}
