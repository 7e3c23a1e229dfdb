#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "broker/config/config_keys.h"
#include "json.h"
#include "loaded.h"
#include "tests/unit/fixture.h"

static void
test_go2rtc_file_is_valid(void **state)
{
	struct result r = load("go2rtc.yaml");
	struct config *c = r.config;

	(void)state;
	assert_non_null(c);
	assert_string_equal(c->listen, "localhost:1985");	/* a password */
	assert_string_equal(c->origin, "*");
	assert_null(c->static_dir);
	assert_int_equal(c->log_level, LOG_LEVEL_DEBUG);
	assert_int_equal(c->port_min, 50000);
	assert_int_equal(c->port_max, 50999);
	assert_int_equal(json_array_size(c->ice_servers), 2);
	assert_string_equal(json_get_string(json_array_get(c->ice_servers, 0),
	    "urls", ""), "stun:stun.example.org:3478");
	assert_string_equal(json_get_string(json_array_get(c->ice_servers, 1),
	    "credential", ""), "c");
	assert_int_equal(c->path[0], '/');
	assert_non_null(strstr(c->path, "/fixtures/config/go2rtc.yaml"));

	assert_int_equal(c->n_streams, 4);
	assert_string_equal(c->streams[0].name, "converted");
	assert_string_equal(c->streams[1].name, "front door");
	assert_string_equal(c->streams[2].name, "garage");
	assert_string_equal(c->streams[3].name, "yard");

	assert_string_equal(c->rtsp.listen, ":8554");
	assert_true(c->rtsp.chosen);
	assert_url(&r, "yard", "rtsp://viewer:hunter2@192.0.2.20/stream1"
	    "#backchannel=0#timeout=10");
	assert_string_equal(source(&r, "yard", 1),
	    "rtsp://viewer:hunter2@192.0.2.20/stream2");
	assert_null(source(&r, "yard", 2));
	assert_string_equal(source(&r, "converted", 1),
	    "exec:script --password hunter2");
	assert_true(stream(&r, "yard")->preload);
	assert_false(stream(&r, "garage")->preload);
	assert_int_equal(stream(&r, "garage")->linger_ms, 2500);
	assert_int_equal(stream(&r, "yard")->linger_ms, 5000);
	clear(&r);
}

static void
test_go2rtc_file_is_reported(void **state)
{
	struct result r = load("go2rtc.yaml");

	(void)state;
	assert_warned(&r, "go2rtc.yaml:5: nothing asks for api.password yet: "
	    "this host alone is served, at localhost:1985 in place of :1985. "
	    "Remove it to serve whoever reaches the port, or let a proxy ask "
	    "for it\n");
	assert_warned(&r, "go2rtc.yaml:10: log.api is not supported yet, "
	    "ignored\n");
	assert_warned(&r, "go2rtc.yaml:40: stream `converted`: source ignored: "
	    "onvif: is not supported");
	assert_warned(&r, "go2rtc.yaml:42: stream `remote` has no usable "
	    "source, left out\n");
	assert_warned(&r, "go2rtc.yaml:44: stream `published` has no source, "
	    "left out");
	assert_null(strstr(r.warnings, "hunter2"));
	assert_null(strstr(r.warnings, "secret"));
	clear(&r);
}

static void
test_a_stream_without_a_name(void **state)
{
	struct result r = load("{streams: {'': 'demo:', a: 'demo:'}}");

	(void)state;
	assert_int_equal(r.config->n_streams, 1);
	assert_url(&r, "a", "demo:");
	assert_string_equal(r.warnings, "-c {...}: a stream without a name, "
	    "left out: nothing could ask for it\n");
	clear(&r);
}

static void
test_file_errors(void **state)
{
	(void)state;
	assert_error("no_such.yaml",
	    "cannot read no_such.yaml: No such file or directory");
	assert_error(".", "cannot read .: Is a directory");
	assert_error("/dev/zero", "/dev/zero: more than 1048576 bytes");
	assert_error("bad_indent.yaml",
	    "bad_indent.yaml:3: did not find expected key (is the line "
	    "indented as those that belong with it?)");
	assert_error("duplicate.yaml",
	    "duplicate.yaml:5: duplicate key `streams`");
	assert_error("viewer_port.yaml",
	    "viewer_port.yaml:3: webrtc.listen: `nonsense` is no port of this "
	    "host, expected one as \":8555\", \"192.0.2.1:8555\", "
	    "\"[::1]:8555\" or \":8555/tcp\"; or \"\" for none");
	assert_error("{api: {",
	    "-c {...}: did not find expected node content");
	assert_error("api.listen=[", "-c api.listen: did not find expected "
	    "node content");
}

static void
test_type_errors(void **state)
{
	(void)state;
	assert_error("{api: [1]}",
	    "-c {...}: api: expected a map, got a list");
	assert_error("{webrtc: {listen: 8555}}",
	    "-c {...}: webrtc.listen: expected a string, got a number");
	assert_error("{\napi: {\nlisten: [1]}}",
	    "-c {...}:3: api.listen: expected a string, got a list");
	assert_error("api.listen=1984",
	    "-c api.listen: api.listen: expected a string, got a number");
	assert_error("streams.cam=5", "-c streams.cam: streams.cam: expected "
	    "a string, a list or a map, got a number");
	assert_error("{streams: {cam: {url: {}}}}", "-c {...}: "
	    "streams.cam.url: expected a string or a list, got a map");
	assert_error("{streams: {cam: {preload: yes}}}", "-c {...}: "
	    "streams.cam.preload: expected true or false, got a string");
	assert_error("webrtc.ice_servers=[1]", "-c webrtc.ice_servers: "
	    "webrtc.ice_servers.0: expected a map, got a number");
	assert_error("webrtc.ice_servers=[{}]", "-c webrtc.ice_servers: "
	    "webrtc.ice_servers: a server without `urls`");
}

static void
test_value_errors(void **state)
{
	static const char *const ports[] = {
		"50000", "-", "1-", "-1", "0-10", "2-1", "1-65536", "a-b",
		"1-2x", "1 - 2", "000001-2",
	};

	(void)state;
	for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++) {
		char *source = xasprintf("webrtc.ports=\"%s\"", ports[i]);
		char *err = xasprintf("-c webrtc.ports: webrtc.ports: `%s` "
		    "is no range of ports, expected one as 50000-50999",
		    ports[i]);

		assert_error(source, err);
		free(source);
		free(err);
	}
	assert_error("api.listen=localhost", "-c api.listen: api.listen: "
	    "`localhost` is no address, expected HOST:PORT, :PORT or \"\"");
	assert_error("api.origin=example.org", "-c api.origin: api.origin: "
	    "`example.org` is no origin, expected \"*\" or one as "
	    "https://example.org");
	assert_error("log.level=loud", "-c log.level: log.level: `loud` is "
	    "none of trace, debug, info, warn, error, disabled");
	assert_error("{streams: {a: {linger: -1}}}", "-c {...}: "
	    "streams.a.linger: expected 0 to 86400 seconds");
	assert_error("{streams: {a: {linger: 86401}}}", "-c {...}: "
	    "streams.a.linger: expected 0 to 86400 seconds");
}

static void
test_values(void **state)
{
	struct result r = load("{api: {listen: '', static_dir: /srv}, "
	    "webrtc: {ports: 1-65535}, log: {level: panic}}");

	(void)state;
	assert_non_null(r.config);
	assert_string_equal(r.config->listen, "");
	assert_string_equal(r.config->static_dir, "/srv");
	assert_int_equal(r.config->port_min, 1);
	assert_int_equal(r.config->port_max, 65535);
	assert_int_equal(r.config->log_level, LOG_LEVEL_ERROR);
	clear(&r);
}

/* Nobody is let in by a password that nothing asks for. */
static void
test_what_has_a_password_is_not_open(void **state)
{
	static const struct {
		const char *api, *listen, *warning;
	} cases[] = {
		{ "password: x", "localhost:1984", "in place of :1984" },
		{ "username: x", "localhost:1984", "api.username" },
		{ "username: x, password: ''", "localhost:1984",
		    "api.username" },
		{ "password: 1234", "localhost:1984", "api.password" },
		{ "password: '${UNSET}'", "localhost:1984", "api.password" },
		{ "password: x, listen: '192.0.2.1:80'", "localhost:80",
		    "in place of 192.0.2.1:80" },
		{ "password: x, listen: '[::]:80'", "localhost:80",
		    "in place of [::]:80" },
		{ "password: x, listen: '127.0.0.1:80'", "127.0.0.1:80",
		    "may use the API" },
		{ "password: x, listen: '[::1]:80'", "[::1]:80",
		    "may use the API" },
		{ "password: x, listen: 'localhost:80'", "localhost:80",
		    "may use the API" },
		{ "password: x, listen: ''", "", NULL },
		{ "password: '', username: ''", ":1984", NULL },
		{ "username: null", ":1984", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *source = xasprintf("{api: {%s}}", cases[i].api);
		struct result r = load(source);

		assert_non_null(r.config);
		assert_string_equal(r.config->listen, cases[i].listen);
		if (cases[i].warning != NULL)
			assert_warned(&r, cases[i].warning);
		else
			assert_string_equal(r.warnings, "");
		clear(&r);
		free(source);
	}
	assert_error("api.password=[x]", "-c api.password: api.password: "
	    "expected a string, a number or true or false, got a list");
}

/* In TLS there is TCP alone; a file comes over nothing. */
static void
test_udp_where_there_is_none(void **state)
{
	struct result r = load("{streams: {a: 'rtsps://u:p@h/1#transport=udp',"
	    " b: ['file:x.mp4#transport=udp'], c: 'rtsp://h/1#transport=udp',"
	    " d: 'rtsps://h/1#transport=tcp', e: 'demo:#transport=http',"
	    " f: 'rtsps://h/1#transport=http'}}");

	(void)state;
	assert_non_null(r.config);
	assert_int_equal(r.config->n_streams, 6);
	assert_string_equal(r.warnings,
	    "-c {...}: stream `a`: #transport=udp ignored: media come over UDP "
	    "from rtsp:// alone\n"
	    "-c {...}: stream `b`: #transport=udp ignored: media come over UDP "
	    "from rtsp:// alone\n"
	    "-c {...}: stream `e`: #transport=http ignored: only RTSP goes "
	    "through HTTP\n");
	clear(&r);
}

static void
test_hosts(void **state)
{
	static const char *const bad[] = {
		"", ".", "*.", "https://cam.example", "cam:1984", "[::1]",
		"a b", "*cam", "cam.*", "..lan", "cam.lan.", "*.*",
	};
	struct result r = load("api.hosts=[cam.lan, '*.example.org', .lan]");

	(void)state;
	assert_string_equal(r.warnings, "");
	assert_int_equal(json_array_size(r.config->hosts), 3);
	assert_string_equal(json_string_value(json_array_get(r.config->hosts,
	    1)), "*.example.org");
	clear(&r);
	r = load("api.hosts='*'");
	assert_int_equal(json_array_size(r.config->hosts), 1);
	clear(&r);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		char *source = xasprintf("{api: {hosts: ['%s']}}", bad[i]);

		r = load(source);
		assert_null(r.config);
		assert_non_null(strstr(r.err.text, "is no name of a host"));
		clear(&r);
		free(source);
	}
	assert_error("api.hosts=[1]", "-c api.hosts: api.hosts.0: expected a "
	    "string, got a number");
}

static void
test_stream_forms(void **state)
{
	struct result r = load("{streams: {a: [], b: {}, c: {url: [1, "
	    "'ftp://h/', 'demo:']}, d/e: 'demo:', f: {url: null}}}");

	(void)state;
	assert_non_null(r.config);
	assert_int_equal(r.config->n_streams, 2);
	assert_url(&r, "c", "demo:");
	assert_url(&r, "d/e", "demo:");
	assert_warned(&r, "stream `a` has no usable source, left out\n");
	assert_warned(&r, "stream `b` has no source, left out");
	assert_warned(&r, "stream `c`: source ignored: it is not a string");
	assert_warned(&r, "stream `f` has no source, left out");
	clear(&r);
}

static void
test_unknown_keys(void **state)
{
	struct result r = load("{stream: {}, Api: {}, foo: 1, api: {listn: 1,"
	    " bar: 2}, 'api.listen': ':1', '': 1}");

	(void)state;
	assert_non_null(r.config);
	assert_string_equal(r.config->listen, ":1984");
	assert_string_equal(r.warnings,
	    "-c {...}: unknown key `stream`, ignored (did you mean "
	    "`streams`?)\n"
	    "-c {...}: unknown key `Api`, ignored (did you mean `api`?)\n"
	    "-c {...}: unknown key `foo`, ignored\n"
	    "-c {...}: unknown key `api.listn`, ignored (did you mean "
	    "`api.listen`?)\n"
	    "-c {...}: unknown key `api.bar`, ignored\n"
	    "-c {...}: unknown key `api.listen`, ignored\n"
	    "-c {...}: unknown key ``, ignored\n");
	clear(&r);
}

/* An address may stand where it does not belong. */
static void
test_passwords_are_never_told(void **state)
{
	const char *u = "rtsp://u:hunter2@h/1";
	static const char *const forms[] = {
		"{'%s': 1}", "{api: {'%s': 1}}", "{log: {'%s': 1}}",
		"{streams: {'%s': 1}}", "{streams: {'%s': }}",
		"{streams: {'%s': 'ffmpeg:x'}}",
		"{streams: {'%s': ['demo:', 'dem:']}}",
		"{streams: {a: 'ffmpeg:%s#raw=1'}}",
		"{streams: {a: 'ffmpeg:x%s'}}",
		"{streams: {a: 'exec:{output} %s'}}",
		"{streams: {a: {'%s': 1}}}", "{preload: {'%s': 1}}",
		"{streams: {a: {url: {'%s': 1}}}}",
		"{'%s': 1, '%s': 2}", "%s",
		"{webrtc: {ice_servers: [{urls: ['%s', 'stun:%s']}]}}",
		"{streams: {a: ['http%s', '%s#transport=x', 'demo:', '%s']}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		struct result r;
		char source[256], *at;
		size_t n = 0;

		for (const char *p = forms[i]; *p != '\0'; p++) {
			at = source + n;
			if (strncmp(p, "%s", 2) == 0) {
				strcpy(at, u);
				n += strlen(u);
				p++;
			} else {
				source[n++] = *p;
			}
		}
		source[n] = '\0';
		r = load(source);
		assert_true(r.warnings[0] != '\0' || r.config == NULL);
		assert_null(strstr(r.warnings, "hunter2"));
		if (r.config == NULL)
			assert_null(strstr(r.err.text, "hunter2"));
		clear(&r);
	}
}

/* Every key that is taken has an item of its own in the manual. */
static void
test_manual_names_every_key(void **state)
{
	size_t len, i;
	char *text = (char *)fixture_read("../../man/lull.yaml.5", &len);
	char *item, *star;
	const char *key;

	(void)state;
	for (i = 0; (key = config_keys_taken(i)) != NULL; i++) {
		item = xasprintf(".It Ic %s\n", key);
		while ((star = strchr(item, '*')) != NULL) {
			char *named = xasprintf("%.*sNAME%s",
			    (int)(star - item), item, star + 1);

			free(item);
			item = named;
		}
		if (strstr(text, item) == NULL)
			fail_msg("the manual has no line `%.*s'",
			    (int)strlen(item) - 1, item);
		free(item);
	}
	assert_true(i > 10);
	assert_string_equal(config_keys_taken(0), "streams");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_go2rtc_file_is_valid),
		cmocka_unit_test(test_go2rtc_file_is_reported),
		cmocka_unit_test(test_a_stream_without_a_name),
		cmocka_unit_test(test_file_errors),
		cmocka_unit_test(test_type_errors),
		cmocka_unit_test(test_value_errors),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_what_has_a_password_is_not_open),
		cmocka_unit_test(test_udp_where_there_is_none),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_stream_forms),
		cmocka_unit_test(test_unknown_keys),
		cmocka_unit_test(test_passwords_are_never_told),
		cmocka_unit_test(test_manual_names_every_key),
	};

	return cmocka_run_group_tests_name("config", tests,
	    enter_fixtures, NULL);
}
