/* Where a configuration comes from, and what is put into its text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "broker/config/config_source.h"
#include "loaded.h"

static void
test_later_sources_win(void **state)
{
	const char *const sources[] = {
		"base.yaml", "later.yaml", "webrtc.ports=40000-40001",
		"{streams: {one: 'file:/tmp/one.mp4'}, log: {level: error}}",
	};
	struct result r = load_n(sources, 4);

	(void)state;
	assert_non_null(r.config);
	assert_string_equal(r.config->listen, ":2000");
	assert_string_equal(r.config->origin, "https://example.org");
	assert_int_equal(r.config->port_min, 40000);
	assert_int_equal(r.config->port_max, 40001);
	assert_int_equal(r.config->log_level, LOG_LEVEL_ERROR);
	assert_int_equal(r.config->n_streams, 3);
	assert_url(&r, "one", "file:/tmp/one.mp4");
	assert_url(&r, "two", "rtsp://192.0.2.2/");
	assert_true(stream(&r, "two")->preload);
	assert_int_equal(stream(&r, "two")->linger_ms, 1000);
	assert_non_null(strstr(r.config->path, "base.yaml"));
	assert_string_equal(r.warnings, "later.yaml:7: unknown key "
	    "`streams.two.lingre`, ignored (did you mean "
	    "`streams.*.linger`?)\n");
	clear(&r);
}

static void
test_variables(void **state)
{
	struct result r;

	(void)state;
	setenv("CREDENTIALS_DIRECTORY", "credentials", 1);
	setenv("CAM_PASSWORD", "from-environment", 1);
	setenv("CAM_PATH", "from-environment", 1);
	r = load("variables.yaml");
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_non_null(r.config);
	assert_url(&r, "a", "rtsp://u:0042@192.0.2.9/${MISSING}");
	assert_url(&r, "b", "rtsp://u:from-credentials@192.0.2.8/");
	assert_url(&r, "c", "rtsp://192.0.2.7/from-env-map/from-environment");
	clear(&r);
}

static void
test_env_of_a_later_source(void **state)
{
	const char *const sources[] = { "variables.yaml", "env.HOST=camera" };
	struct result r = load_n(sources, 2);

	(void)state;
	assert_url(&r, "a", "rtsp://u:0042@camera/${MISSING}");
	clear(&r);
}

static void
test_expand(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "", "" }, { "plain", "plain" }, { "${A}", "1" },
		{ "<${A}${A}>", "<11>" }, { "${A:x}", "1" },
		{ "${NO_SUCH}", "${NO_SUCH}" }, { "${NO_SUCH:x:y}", "x:y" },
		{ "${NO_SUCH:}", "" }, { "$A {A}", "$A {A}" },
		{ "${A", "${A" }, { "${}", "${}" }, { "${:x}", "${:x}" },
		{ "${A b}", "${A b}" }, { "${A }", "${A }" },
		{ "${${A}}", "${1}" },
		{ "${../credentials/A}", "${../credentials/A}" },
		{ "${..}", "${..}" }, { "$${A}", "$1" },
		{ "${NO_SUCH:{}}", "${NO_SUCH:{}}" },
	};
	json_t *env = json_pack("{s:s}", "A", "1");

	(void)state;
	setenv("CREDENTIALS_DIRECTORY", "credentials", 1);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *got = config_source_expand(cases[i].text, env, NULL);

		assert_string_equal(got, cases[i].expected);
		free(got);
	}
	unsetenv("CREDENTIALS_DIRECTORY");
	json_decref(env);
}

static void
test_a_variable_name_has_a_bound(void **state)
{
	char name[130], *text, *got;

	(void)state;
	memset(name, 'N', sizeof name);
	for (size_t n = 128; n <= 129; n++) {
		name[n] = '\0';
		text = xasprintf("${%s:x}", name);
		got = config_source_expand(text, NULL, NULL);
		assert_string_equal(got, n == 128 ? "x" : text);
		name[n] = 'N';
		free(text);
		free(got);
	}
}

static void
test_only_files_have_variables(void **state)
{
	struct result r = load("{env: {A: b}, streams: {x: 'file:/${A}'}}");

	(void)state;
	assert_url(&r, "x", "file:/${A}");
	assert_null(r.config->path);
	clear(&r);
}

/* The one that set the value last is blamed, and nothing after it counts. */
static void
test_error_names_its_source(void **state)
{
	const char *const sources[] = {
		"base.yaml", "later.yaml", "{streams: {two: {linger: x}}}",
	};
	struct result r = load_n(sources, 3);

	(void)state;
	assert_null(r.config);
	assert_string_equal(r.err.text,
	    "-c {...}: streams.two.linger: expected a "
	    "number, got a string");
	clear(&r);

	r = load("{api: {origin: x, listen: ':1'}, log: {level: info}}");
	assert_null(r.config);
	clear(&r);
}

/* The folder that the tests were started in is no longer of use. */
static void
enter_new_folder(char *name)
{
	assert_non_null(mkdtemp(name));
	assert_int_equal(chdir(name), 0);
}

static void
leave_folder(const char *name)
{
	char *fixtures = xasprintf("%s/tests/fixtures/config",
	    getenv("LULL_SRCDIR"));

	assert_int_equal(chdir(fixtures), 0);
	assert_int_equal(rmdir(name), 0);
	free(fixtures);
}

static void
put_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
test_default_is_demo(void **state)
{
	char folder[] = "/tmp/lull-test-XXXXXX";
	struct result r;

	(void)state;
	enter_new_folder(folder);
	r = load_n(NULL, 0);
	assert_non_null(r.config);
	assert_null(r.config->path);
	assert_string_equal(r.config->listen, ":1984");
	assert_string_equal(r.config->origin, "");
	assert_int_equal(r.config->log_level, LOG_LEVEL_INFO);
	assert_int_equal(json_array_size(r.config->ice_servers), 0);
	assert_int_equal(json_array_size(r.config->hosts), 0);
	assert_int_equal(r.config->port_min, 50000);
	assert_int_equal(r.config->port_max, 50999);
	assert_int_equal(r.config->gop_max_bytes, 16 * 1024 * 1024);
	assert_int_equal(r.config->gop_max_ms, 120000);
	assert_int_equal(r.config->gop_rate, 50000000);
	assert_int_equal(r.config->n_streams, 1);
	assert_url(&r, "demo", "demo:");
	assert_string_equal(r.warnings, "");
	clear(&r);

	r = load("api.listen=:8080");
	assert_url(&r, "demo", "demo:");
	clear(&r);
	leave_folder(folder);
}

/* A file of `len` times the character. */
static void
put_many(const char *name, char c, size_t len)
{
	char *text = xcalloc(1, len + 1);

	memset(text, c, len);
	put_file(name, text);
	free(text);
}

static void
test_a_file_has_a_bound(void **state)
{
	char folder[] = "/tmp/lull-test-XXXXXX";
	struct result r;

	(void)state;
	enter_new_folder(folder);
	put_many("x.yaml", '#', YAML_MAX_BYTES);
	r = load("x.yaml");
	assert_non_null(r.config);
	clear(&r);
	put_many("x.yaml", '#', YAML_MAX_BYTES + 1);
	assert_error("x.yaml", "x.yaml: more than 1048576 bytes");
	unlink("x.yaml");
	leave_folder(folder);
}

static void
test_a_file_is_closed(void **state)
{
	int before = dup(STDERR_FILENO), after;
	struct result r;

	(void)state;
	close(before);
	r = load("base.yaml");
	assert_non_null(r.config);
	clear(&r);
	after = dup(STDERR_FILENO);
	close(after);
	assert_int_equal(after, before);
}

static void
test_a_file_is_text(void **state)
{
	char folder[] = "/tmp/lull-test-XXXXXX";
	FILE *f;

	(void)state;
	enter_new_folder(folder);
	f = fopen("x.yaml", "w");
	assert_non_null(f);
	fwrite("api: {}\0", 1, 8, f);
	fclose(f);
	assert_error("x.yaml", "x.yaml: not a text file");
	unlink("x.yaml");
	leave_folder(folder);
}

/* What an editor or a shell puts behind a password is none of it. */
static void
test_credentials_are_read_to_their_last_line(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "a", "<a>" }, { "a\n", "<a>" }, { "a\r\n\n", "<a>" },
		{ "a\nb \n", "<a\nb >" }, { "\n", "<>" }, { "", "<>" },
	};
	char folder[] = "/tmp/lull-test-XXXXXX", *got;

	(void)state;
	enter_new_folder(folder);
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		put_file("PIN", cases[i].text);
		got = config_source_expand("<${PIN}>", NULL, NULL);
		assert_string_equal(got, cases[i].expected);
		free(got);
	}
	for (size_t n = 65536; n <= 65537; n++) {
		put_many("PIN", 'x', n);
		got = config_source_expand("${PIN}", NULL, NULL);
		assert_int_equal(strlen(got), n == 65536 ? n : 6);
		free(got);
	}
	put_file("c.pin", "7");
	put_file(".pin", "none of them");
	got = config_source_expand("${c.pin}${.pin}", NULL, NULL);
	assert_string_equal(got, "7${.pin}");
	free(got);
	unsetenv("CREDENTIALS_DIRECTORY");
	unlink("c.pin");
	unlink(".pin");
	unlink("PIN");
	leave_folder(folder);
}

/* No more is put in than yaml_load() takes: the text could grow without end. */
static void
test_what_is_put_in_has_a_bound(void **state)
{
	enum { VALUE = 65536, USES = 40, PUT_IN = YAML_MAX_BYTES / VALUE + 1 };
	char *value = xcalloc(1, VALUE + 1), *text = xcalloc(4, USES + 1);
	json_t *env = json_object();
	char *got;

	(void)state;
	memset(value, 'x', VALUE);
	json_object_set_new(env, "A", json_string(value));
	for (int i = 0; i < USES; i++)
		strcat(text, "${A}");
	got = config_source_expand(text, env, NULL);
	assert_int_equal(strlen(got), PUT_IN * VALUE + (USES - PUT_IN) * 4);
	assert_string_equal(got + PUT_IN * VALUE, text + PUT_IN * 4);
	json_decref(env);
	free(value);
	free(text);
	free(got);
}

/* A key of any depth can be given; what is no key is the name of a file. */
static void
test_assignments(void **state)
{
	static const char *const files[] = { "a=b.yaml", ".a=b", "a.=b",
		"a..b=c", "dir/a.b=c", "a.b", "=a.b", "a", "a=b" };
	struct result r = load("webrtc.filters.loopback=true");

	(void)state;
	assert_non_null(r.config);
	assert_true(json_is_true(json_object_get(r.config->filters,
	    "loopback")));
	clear(&r);
	r = load("streams.cam=file:/a.b/c=d.mp4");
	assert_url(&r, "cam", "file:/a.b/c=d.mp4");
	clear(&r);
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		char *want = xasprintf("cannot read %s: No such file or "
		    "directory", files[i]);

		assert_error(files[i], want);
		free(want);
	}
}

/* One in a comment is not missed, and one with a default is set. */
static void
test_unset_variables_are_reported(void **state)
{
	char folder[] = "/tmp/lull-test-XXXXXX";
	const char *both[] = { "x.yaml", "y.yaml" };
	struct result r;

	(void)state;
	enter_new_folder(folder);
	put_file("x.yaml", "# ${NO_SUCH_1}\nstreams:\n#${NO_SUCH_5}\n"
	    "  a: rtsp://u:${NO_SUCH_2}@h/${NO_SUCH_2}\n"
	    "  b: rtsp://u:${NO_SUCH_3:x}@h/${NO_SUCH_4}${}\n");
	put_file("y.yaml", "streams:\n  c: rtsp://h/${NO_SUCH_6}\n");
	r = load_n(both, 2);
	assert_string_equal(r.warnings,
	    "x.yaml:4: ${NO_SUCH_2} is not set, and left as it stands\n"
	    "x.yaml:5: ${NO_SUCH_4} is not set, and left as it stands\n"
	    "y.yaml:2: ${NO_SUCH_6} is not set, and left as it stands\n");
	clear(&r);
	unlink("x.yaml");
	unlink("y.yaml");
	leave_folder(folder);
}

static void
test_default_files(void **state)
{
	char folder[] = "/tmp/lull-test-XXXXXX";
	struct result r;

	(void)state;
	enter_new_folder(folder);
	put_file("go2rtc.yaml", "api: {listen: ':1'}");
	r = load_n(NULL, 0);
	assert_string_equal(r.config->listen, ":1");
	assert_int_equal(r.config->n_streams, 0);
	assert_string_equal(r.warnings, "go2rtc.yaml: no stream to serve\n");
	clear(&r);

	put_file("lull.yaml", "api: {listen: ':2'}\nstreams: {a: 'demo:'}");
	r = load_n(NULL, 0);
	assert_string_equal(r.config->listen, ":2");
	assert_url(&r, "a", "demo:");
	clear(&r);
	unlink("lull.yaml");
	unlink("go2rtc.yaml");
	leave_folder(folder);
}

/* The manual has the files under these names; the one in --sysconfdir is
 * described. */
static void
test_names_of_sources(void **state)
{
	const char *both[] = { "base.yaml", "{api: {listen: ':1'}}",
	    "api.listen=:2" };
	struct result r = load_n(both, 3);
	char *base = realpath("base.yaml", NULL);
	char *want = xasprintf("path=%s -c {...} -c api.listen", base);
	size_t n = 0;

	(void)state;
	assert_string_equal(r.config->sources, want);
	clear(&r);
	free(base);
	free(want);
	while (config_source_default(n) != NULL)
		n++;
	assert_string_equal(config_source_default(0), "lull.yaml");
	assert_string_equal(config_source_default(1), "go2rtc.yaml");
	assert_string_equal(config_source_default(2),
	    LULL_SYSCONFDIR "/lull/lull.yaml");
	assert_string_equal(config_source_default(n - 1),
	    "/etc/lull/lull.yaml");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_later_sources_win),
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_env_of_a_later_source),
		cmocka_unit_test(test_expand),
		cmocka_unit_test(test_unset_variables_are_reported),
		cmocka_unit_test(test_a_variable_name_has_a_bound),
		cmocka_unit_test(test_only_files_have_variables),
		cmocka_unit_test(test_error_names_its_source),
		cmocka_unit_test(test_default_is_demo),
		cmocka_unit_test(test_default_files),
		cmocka_unit_test(test_names_of_sources),
		cmocka_unit_test(test_a_file_has_a_bound),
		cmocka_unit_test(test_a_file_is_closed),
		cmocka_unit_test(test_a_file_is_text),
		cmocka_unit_test(test_credentials_are_read_to_their_last_line),
		cmocka_unit_test(test_what_is_put_in_has_a_bound),
		cmocka_unit_test(test_assignments),
	};

	return cmocka_run_group_tests_name("config_source", tests,
	    enter_fixtures, NULL);
}
