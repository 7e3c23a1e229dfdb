#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "broker/config/yaml.h"
#include "broker/config/yaml_core.h"
#include "xalloc.h"

/* The tree of a text as one line of JSON, or the error. Caller frees. */
static char *
load(const char *text)
{
	struct yaml_doc doc;
	char *out;
	struct error err;

	if (yaml_load(text, strlen(text), &doc, &err) == -1) {
		assert_null(doc.root);
		return xstrdup(err.text);
	}
	out = json_dumps(doc.root, JSON_COMPACT);
	yaml_clear(&doc);
	return out;
}

static void
assert_load(const char *text, const char *expected)
{
	char *got = load(text);

	assert_string_equal(got, expected);
	free(got);
}

static void
test_core_schema(void **state)
{
	static const struct {
		const char *text, *json;	/* NULL: a string */
	} cases[] = {
		{ "", "null" }, { "~", "null" }, { "null", "null" },
		{ "Null", "null" }, { "nULL", NULL },
		{ "true", "true" }, { "FALSE", "false" }, { "yes", NULL },
		{ "on", NULL }, { "off", NULL },
		{ "0", "0" }, { "-12", "-12" }, { "+12", "12" },
		{ "0o17", "15" }, { "0o18", NULL }, { "0x1F", "31" },
		{ "0x", NULL }, { "-0x1", NULL }, { "-", NULL },
		{ "12a", NULL }, { "1_000", NULL }, { "12:30", NULL },
		{ "1.5", "1.5" }, { ".5", "0.5" }, { "5.", "5.0" },
		{ "1e3", "1000.0" }, { "-1.5E-1", "-0.14999999999999999" },
		{ ".", NULL }, { "1e", NULL }, { "1e+", NULL },
		{ "1.2.3", NULL }, { ".inf", NULL }, { "1e999", NULL },
		{ "9223372036854775807", "9223372036854775807" },
		{ "9223372036854775808", "9.2233720368547758e18" },
		{ ":1984", NULL }, { "50000-50999", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		json_t *v = yaml_core_value(cases[i].text);
		char *got = v == NULL ? NULL : json_dumps(v, JSON_ENCODE_ANY);

		if (cases[i].json == NULL)
			assert_null(got);
		else
			assert_string_equal(got, cases[i].json);
		free(got);
		json_decref(v);
	}
}

static void
test_tree(void **state)
{
	(void)state;
	assert_load("", "{}");
	assert_load("# nothing\n", "{}");
	assert_load("~\n", "{}");
	assert_load("a: 1\nb: [x, {c: true}]\nd: {}\n",
	    "{\"a\":1,\"b\":[\"x\",{\"c\":true}],\"d\":{}}");
	assert_load("a: \"1\"\nb: '~'\nc: !!str 12\nd: ! true\n",
	    "{\"a\":\"1\",\"b\":\"~\",\"c\":\"12\",\"d\":\"true\"}");
	assert_load("cam: rtsp://u:p@h/1#transport=udp # not this\n",
	    "{\"cam\":\"rtsp://u:p@h/1#transport=udp\"}");
	assert_load("{\"json\": [1, null]}", "{\"json\":[1,null]}");
	assert_load("1: a\ntrue: b\n", "{\"1\":\"a\",\"true\":\"b\"}");
}

static void
test_aliases(void **state)
{
	(void)state;
	assert_load("a: &x {k: 1}\nb: *x\n",
	    "{\"a\":{\"k\":1},\"b\":{\"k\":1}}");
	assert_load("a: &x 1\nb: [*x, *x]\n", "{\"a\":1,\"b\":[1,1]}");
	assert_load("a: *x\n", "line 1: no anchor `x` above");
	assert_load("a: &x\n  b: *x\n", "line 2: no anchor `x` above");
}

static void
test_merge_keys(void **state)
{
	(void)state;
	assert_load("a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  k: 3\n",
	    "{\"a\":{\"k\":1,\"l\":2},\"b\":{\"k\":3,\"l\":2}}");
	assert_load("a: &x {k: 1}\nb: &y {k: 2, l: 2}\nc:\n  <<: [*x, *y]\n",
	    "{\"a\":{\"k\":1},\"b\":{\"k\":2,\"l\":2},"
	    "\"c\":{\"k\":1,\"l\":2}}");
	assert_load("a: {<<: {k: 1}}\n", "{\"a\":{\"k\":1}}");
	assert_load("a: {\"<<\": 1}\n", "{\"a\":{\"<<\":1}}");
	assert_load("a:\n  <<: 1\n",
	    "line 2: `<<` takes a map or a list of maps");
	assert_load("a:\n  <<: [{b: 1}, 2]\n",
	    "line 2: `<<` takes a map or a list of maps");
	assert_load("a:\n  <<: {}\n  <<: {}\n", "line 3: duplicate key `<<`");
}

static void
test_refusals(void **state)
{
	(void)state;
	assert_load("a: 1\nb:\n  c: 1\n  c: 2\n", "line 4: duplicate key `c`");
	assert_load("a:\n  - b\n c: 1\n",
	    "line 3: did not find expected key (is the line indented as "
	    "those that belong with it?)");
	assert_load("a: 1\nb: [1,\n",
	    "line 3: did not find expected node content");
	assert_load("a: 1\nb: c: d\n",
	    "line 2: mapping values are not allowed in this context (a text "
	    "with a colon and a space in it, or a colon at its end, wants "
	    "quotes)");
	assert_load("a:\n\tb: c\n", "line 2: found character that cannot start "
	    "any token (indent with spaces: here is a tab)");
	assert_load("a:\n  \tb: c\n", "line 2: found character that cannot "
	    "start any token (indent with spaces: here is a tab)");
	assert_load("a: @b\n", "line 1: found character that cannot start any "
	    "token (a text that begins with it wants quotes)");
	assert_load("a: 1\nb: \"c\nd: 2\ne: 3\n", "line 2: found unexpected "
	    "end of stream (is this quote closed?)");
	assert_load("\n- a\n", "line 2: expected a map at the top level");
	assert_load("text\n", "line 1: expected a map at the top level");
	assert_load("a: 1\n---\nb: 2\n", "line 2: a second document");
	assert_load("[a]: 1\n", "line 1: a key must be a text");
	assert_load("? [a]\n: 1\n", "line 1: a key must be a text");
	assert_load("? {a: b}\n: 1\n", "line 1: a key must be a text");
	assert_load("a: &x k\n*x : 1\n", "line 2: a key must be a text");
	assert_load("a: !secret b\n", "line 1: unknown tag `!secret`");
	assert_load("a: \"b\\0c\"\n", "line 1: a NUL character in a text");
	assert_load("\"b\\0c\": 1\n", "line 1: a NUL character in a key");
	assert_load("a: 1\nb: \xff\n", "line 2: invalid leading UTF-8 octet");
	assert_load("\nb: \xff\n", "line 2: invalid leading UTF-8 octet");
}

static void
test_depth_is_bounded(void **state)
{
	char text[2 * YAML_MAX_DEPTH + 8] = "a: ", *got;

	(void)state;
	memset(text + 3, '[', YAML_MAX_DEPTH - 1);
	memset(text + 3 + YAML_MAX_DEPTH - 1, ']', YAML_MAX_DEPTH - 1);
	got = load(text);
	assert_int_equal(got[0], '{');
	free(got);
	memset(text + 3, '[', YAML_MAX_DEPTH);
	assert_load(text, "line 1: more than 32 levels deep");
}

static void
test_aliases_are_bounded(void **state)
{
	(void)state;
	assert_load("a: &a [1,1,1,1,1,1,1,1,1,1]\n"
	    "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
	    "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
	    "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
	    "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n",
	    "line 5: more than 16384 values");
}

static void
test_aliases_of_maps_are_bounded(void **state)
{
	(void)state;
	assert_load("a: &a {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1}\n"
	    "b: &b {a: *a, b: *a, c: *a, d: *a, e: *a, f: *a, g: *a}\n"
	    "c: &c {a: *b, b: *b, c: *b, d: *b, e: *b, f: *b, g: *b}\n"
	    "d: &d {a: *c, b: *c, c: *c, d: *c, e: *c, f: *c, g: *c}\n"
	    "e: &e {a: *d, b: *d, c: *d, d: *d, e: *d, f: *d, g: *d}\n",
	    "line 5: more than 16384 values");
}

/* Puts a list of `n` values between two texts; the result, or the error. */
static void
assert_load_many(const char *before, int n, const char *after,
    const char *error)
{
	char *items = xcalloc((size_t)n, 2), *text, *got;

	for (int i = 0; i < n; i++)
		memcpy(items + 2 * i, i + 1 < n ? "1," : "1", 2);
	items[2 * n - 1] = '\0';
	text = xasprintf("%s[%s]%s", before, items, after);
	got = load(text);
	if (error != NULL)
		assert_string_equal(got, error);
	else
		assert_int_equal(got[0], '{');
	free(items);
	free(text);
	free(got);
}

/* The map and its list are two values. */
static void
test_values_are_bounded(void **state)
{
	int n = YAML_MAX_NODES;

	(void)state;
	assert_load_many("a: ", n - 2, "\n", NULL);
	assert_load_many("a: ", n - 1, "\n", "line 1: more than 16384 values");
	/* The map, `c`, and a list that is there twice. */
	assert_load_many("c: 1\na: &x ", n / 2 - 2, "\nb: *x\n", NULL);
	assert_load_many("c: 1\nd: 1\na: &x ", n / 2 - 2, "\nb: *x\n",
	    "line 4: more than 16384 values");
}

static void
test_size_is_bounded(void **state)
{
	static char text[YAML_MAX_BYTES + 1];
	struct yaml_doc doc;
	char key[YAML_MAX_KEY + 8];
	struct error err;

	(void)state;
	memset(text, '#', sizeof text);
	assert_int_equal(yaml_load(text, YAML_MAX_BYTES, &doc, &err), 0);
	yaml_clear(&doc);
	assert_int_equal(yaml_load(text, sizeof text, &doc, &err),
	    -1);
	assert_string_equal(err.text, "line 1: more than 1048576 bytes");

	memset(key, 'k', sizeof key);
	strcpy(key + YAML_MAX_KEY + 1, ": 1");
	assert_load(key, "line 1: a key of more than 256 bytes");
}

static void
test_lines_and_texts(void **state)
{
	const char *text = "streams:\n  cam/1:\n    url:\n      - a\n\n"
	    "      - b\nenv: {PIN: 0042, N: x}\n";
	struct yaml_doc doc;
	char *lines, *texts;
	struct error err;

	(void)state;
	assert_int_equal(yaml_load(text, strlen(text), &doc, &err),
	    0);
	lines = json_dumps(doc.lines, JSON_COMPACT);
	texts = json_dumps(doc.texts, JSON_COMPACT);
	assert_string_equal(lines, "{\"streams\":1,\"streams/cam/1\":2,"
	    "\"streams/cam/1/url\":3,\"streams/cam/1/url/0\":4,"
	    "\"streams/cam/1/url/1\":6,\"env\":7,\"env/PIN\":7,"
	    "\"env/N\":7}");
	assert_string_equal(texts, "{\"env/PIN\":\"0042\"}");
	free(lines);
	free(texts);
	yaml_clear(&doc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_core_schema),
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_merge_keys),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_depth_is_bounded),
		cmocka_unit_test(test_aliases_are_bounded),
		cmocka_unit_test(test_aliases_of_maps_are_bounded),
		cmocka_unit_test(test_values_are_bounded),
		cmocka_unit_test(test_size_is_bounded),
		cmocka_unit_test(test_lines_and_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
