/* The streams of a configuration: what is taken of each, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "broker/config/config_streams.h"
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
	    "ftp://; supported are rtsp://, rtsps://, http://, https://, "
	    "file:, exec:, demo: and ffmpeg:\n"
	    "-c streams.a: stream `a` has no usable source, left out\n"
	    "-c streams.a: no stream to serve\n");
	clear(&r);
	r = load("{streams: {'': 'demo:'}}");
	assert_non_null(r.config);
	assert_int_equal(r.config->n_streams, 0);
	clear(&r);
}

/* All that can be used are taken, in their order. */
static void
test_several_sources(void **state)
{
	struct result r = load("streams.a=['ftp://h/', 'demo:', "
	    "'rtsp://u:p@h/', 'rtsp://u:p@h/']");

	(void)state;
	assert_url(&r, "a", "demo:");
	assert_string_equal(source(&r, "a", 1), "rtsp://u:p@h/");
	assert_string_equal(source(&r, "a", 2), "rtsp://u:p@h/");
	assert_null(source(&r, "a", 3));
	assert_string_equal(r.warnings,
	    "-c streams.a: stream `a`: source ignored: unknown scheme "
	    "ftp://; supported are rtsp://, rtsps://, http://, https://, "
	    "file:, exec:, demo: and ffmpeg:\n");
	clear(&r);
}

static void
test_not_too_many_sources(void **state)
{
	struct result r = load("{streams: {a: {url: ['file:1', 'file:2', "
	    "'file:3', 5, 'ffmpeg:a', 'file:4', 'file:5', 'file:6', 'file:7', "
	    "'file:8', 'file:9', 'file:10']}}}");

	(void)state;
	assert_string_equal(source(&r, "a", CONFIG_MAX_SOURCES - 1),
	    "file:8");
	assert_null(source(&r, "a", CONFIG_MAX_SOURCES));
	assert_string_equal(r.warnings,
	    "-c {...}: stream `a`: source ignored: it is not a string\n"
	    "-c {...}: stream `a`: source ignored: a stream has 8 at most\n"
	    "-c {...}: stream `a`: source ignored: a stream has 8 at most\n");
	clear(&r);
}

/* Nothing of these is warned of, and none is lost. */
static void
test_lists_as_they_are_found(void **state)
{
	static const struct {
		const char *stream, *sources[3];
	} cases[] = {
		{ "porch", { "rtsp://viewer:hunter2@192.0.2.20:554/stream1" } },
		{ "camera.door", { "rtsp://viewer:hunter2@192.0.2.21/"
		    "h264Preview_01_main" } },
		{ "flv", { "ffmpeg:http://192.0.2.22/flv?port=1935&app=bcs"
		    "&stream=channel0_main.bcs&user=viewer&password=hunter2"
		    "#video=copy#audio=copy#audio=opus",
		    "rtsp://192.0.2.22/Preview_01_sub" } },
		{ "flv_sub", { "ffmpeg:http://192.0.2.22/flv?port=1935&app=bcs"
		    "&stream=channel0_ext.bcs&user=viewer"
		    "&password=hunter2" } },
		{ "nvr", { "http://192.0.2.23/flv?stream=channel3_main.bcs"
		    "&user=viewer&password=hunter2" } },
		{ "unifi", { "rtspx://192.0.2.24:7441/abcdefghijk" } },
		{ "jpegs", { "ffmpeg:http://192.0.2.25/video.mjpg#video=h264"
		    "#hardware" } },
		{ "small", { "ffmpeg:rtsp://viewer:hunter2@192.0.2.20:554/"
		    "stream1#hardware=vaapi#video=h264#width=640#height=360",
		    "ffmpeg:rtsp://viewer:hunter2@192.0.2.20:554/stream1"
		    "#audio=opus" } },
		{ "two", { "rtsp://192.0.2.26/main#backchannel=0#media=video",
		    "rtsp://192.0.2.26/sub#timeout=30" } },
		{ "generic", { "ffmpeg:rtsp://192.0.2.27/live#input=rtsp/udp"
		    "#rotate=90" } },
		{ "program", { "exec:ffmpeg -i /dev/video0 -c:v libx264 -f "
		    "mpegts pipe:1#killsignal=15#killtimeout=5" } },
		{ "tape", { "ffmpeg:file:tape.mp4#video=h264",
		    "ffmpeg:/srv/b side.mp4" } },
	};
	struct result r = load("sources.yaml");

	(void)state;
	assert_non_null(r.config);
	assert_string_equal(r.warnings, "");
	assert_int_equal(r.config->n_streams, 12);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		size_t n = 0;

		for (; n < 3 && cases[i].sources[n] != NULL; n++) {
			assert_non_null(source(&r, cases[i].stream, n));
			assert_string_equal(source(&r, cases[i].stream, n),
			    cases[i].sources[n]);
		}
		assert_null(source(&r, cases[i].stream, n));
	}
	clear(&r);
}

/* By way of others, and of the first that each has of its own. */
static void
test_names_of_other_streams(void **state)
{
	struct result r = load("{streams: {a: 'ffmpeg:b#video=h264', "
	    "b: {url: [5, 'gopher://h', 'ffmpeg:b#audio=opus', "
	    "'ffmpeg:c d#audio=opus#width=9', 'demo:']}, "
	    "c d: 'rtsp://h/#transport=udp', x.y: 'demo:', "
	    "e: 'ffmpeg:x.y#audio=opus'}}");

	(void)state;
	assert_url(&r, "a", "ffmpeg:rtsp://h/#transport=udp#video=h264");
	assert_url(&r, "b", "ffmpeg:rtsp://h/#transport=udp#audio=opus"
	    "#width=9");
	assert_string_equal(source(&r, "b", 1), "demo:");
	assert_url(&r, "e", "ffmpeg:demo:#audio=opus");
	clear(&r);
}

static void
test_names_that_lead_nowhere(void **state)
{
	struct result r = load("{streams: {a: ['ffmpeg:b', 'demo:'], "
	    "b: ['ffmpeg:c', 'demo:'], c: ['ffmpeg:a', 'demo:'], "
	    "d: ['ffmpeg:nobody', 'demo:'], e: 'ffmpeg:e', "
	    "f: ['ffmpeg:e', 'ffmpeg:g', 'ffmpeg:h', 'demo:'], g: , "
	    "h: [[5]]}}");

	(void)state;
	assert_int_equal(r.config->n_streams, 5);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(json_array_size(
		    r.config->streams[i].sources), 1);
	assert_warned(&r, "-c {...}: stream `a`: source ignored: stream `b` "
	    "has no source of its own\n");
	assert_warned(&r, "stream `b`: source ignored: stream `c` has no "
	    "source of its own\n");
	assert_warned(&r, "stream `c`: source ignored: stream `a` has no "
	    "source of its own\n");
	assert_warned(&r, "stream `d`: source ignored: there is no stream "
	    "`nobody`\n");
	assert_warned(&r, "stream `e` has no usable source, left out\n");
	assert_warned(&r, "stream `f`: source ignored: stream `e` has no "
	    "source of its own\n");
	assert_warned(&r, "stream `f`: source ignored: stream `g` has no "
	    "source of its own\n");
	clear(&r);
}

static void
test_what_is_ignored_of_a_source(void **state)
{
	struct result r = load("{streams: {a: 'ffmpeg:rtsps://h/#raw=-r 10"
	    "#vf=x#transport=udp', b: 'rtsp://h/#video=h264#transport=udp', "
	    "c: ['exec:ffmpeg -f rtsp {output}', 'onvif://u:p@h']}}");

	(void)state;
	assert_int_equal(r.config->n_streams, 2);
	assert_string_equal(r.warnings,
	    "-c {...}: stream `a`: #transport=udp ignored: media come over "
	    "UDP from rtsp:// alone\n"
	    "-c {...}: stream `a`: options ignored: raw, vf\n"
	    "-c {...}: stream `b`: options ignored: video\n"
	    "-c {...}: stream `c`: source ignored: {output} is the address of "
	    "an RTSP server, which lull is not: let the command write MPEG-TS "
	    "to its standard output, as with `-f mpegts pipe:1`\n"
	    "-c {...}: stream `c`: source ignored: onvif: is not supported; "
	    "supported are rtsp://, rtsps://, http://, https://, file:, "
	    "exec:, demo: and ffmpeg:\n"
	    "-c {...}: stream `c` has no usable source, left out\n");
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
		cmocka_unit_test(test_several_sources),
		cmocka_unit_test(test_not_too_many_sources),
		cmocka_unit_test(test_lists_as_they_are_found),
		cmocka_unit_test(test_names_of_other_streams),
		cmocka_unit_test(test_names_that_lead_nowhere),
		cmocka_unit_test(test_what_is_ignored_of_a_source),
	};

	return cmocka_run_group_tests_name("config_streams", tests,
	    enter_fixtures, NULL);
}
