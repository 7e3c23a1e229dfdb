/* These test what lullctl prints, letter by letter. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "ctl/show.h"
#include "json.h"
#include "xalloc.h"

static const char sessions_text[] =
    "{\"count\":3,\"sessions\":["
    "{\"session_id\":\"a1b2c3d4e5f678901234567890123456\","
    "\"connection_id\":1,\"stream_source\":\"door\",\"viewer_id\":\"v1\","
    "\"client_ip\":\"192.0.2.17\",\"mode\":\"passive consumer\","
    "\"paused\":false,\"state\":\"live\",\"format_name\":\"webrtc/json\","
    "\"remote_addr\":\"192.0.2.17:51234\"},"
    "{\"session_id\":\"0badcafe0badcafe0badcafe0badcafe\","
    "\"connection_id\":2,\"stream_source\":\"K\xc3\xbc" "che "
    "\xe5\x8e\xa8\xe6\x88\xbf\",\"viewer_id\":\"\",\"client_ip\":\"\","
    "\"mode\":\"passive consumer\",\"paused\":true,"
    "\"format_name\":\"webrtc\",\"remote_addr\":\"[2001:db8::1]:9\"},"
    "{\"session_id\":\"a1b2c3d4f00000000000000000000000\","
    "\"connection_id\":3,\"stream_source\":"
    "\"a_name_that_is_longer_than_forty_columns_of_text\","
    "\"viewer_id\":\"a\\u001b[2Jb\",\"client_ip\":\"192.0.2.18\","
    "\"state\":\"connecting\"}]}";

static const char streams_text[] =
    "{\"door\":{\"producers\":[{\"url\":\"rtsp://***@192.0.2.5/h264\","
    "\"state\":\"live\",\"error\":\"\",\"video\":\"h264\","
    "\"audio\":\"opus\",\"width\":1920,\"height\":1080}],"
    "\"consumers\":[{},{}]},"
    "\"garage\":{\"producers\":null,\"consumers\":null},"
    "\"yard\":{\"producers\":[{\"url\":\"rtsp://***@yard/1\","
    "\"state\":\"lost\",\"error\":\"Connection\\nrefused\"},"
    "{\"url\":\"demo\",\"state\":\"idle\",\"video\":\"h264\"}],"
    "\"consumers\":[{}]}}";

/* Returns what `show` writes for a JSON text. */
static char *
shown(void (*show)(FILE *, const json_t *), const char *text)
{
	struct error why;
	char *s = NULL;
	json_t *o = json_parse(text, strlen(text), &why);
	size_t len;
	FILE *f = open_memstream(&s, &len);

	assert_non_null(o);
	assert_non_null(f);
	show(f, o);
	fclose(f);
	json_decref(o);
	return s;
}

static void
expect_shown(void (*show)(FILE *, const json_t *), const char *text,
    const char *expected)
{
	char *s = shown(show, text);

	assert_string_equal(s, expected);
	free(s);
}

/* Wide letters count for two columns; the longer ID tells the first and
 * the last apart; the overlong name moves its own row only. */
static void
test_sessions(void **state)
{
	(void)state;
	expect_shown(show_text.sessions, sessions_text,
	    "ID         STREAM      VIEWER  CLIENT           STATE       "
	    "FORMAT\n"
	    "a1b2c3d4e  door        v1      192.0.2.17       live        "
	    "webrtc/json\n"
	    "0badcafe0  K\xc3\xbc" "che \xe5\x8e\xa8\xe6\x88\xbf  -       "
	    "[2001:db8::1]:9  paused      webrtc\n"
	    "a1b2c3d4f  a_name_that_is_longer_than_forty_columns_of_text  "
	    "a?[2Jb  192.0.2.18       connecting  -\n");
}

static void
test_sessions_empty(void **state)
{
	(void)state;
	expect_shown(show_text.sessions, "{\"sessions\":[],\"count\":0}",
	    "no sessions\n");
	expect_shown(show_text.sessions, "{}", "no sessions\n");
	expect_shown(show_text.streams, "{}", "no streams\n");
}

static void
test_streams(void **state)
{
	(void)state;
	expect_shown(show_text.streams, streams_text,
	    "NAME    STATE  VIDEO           AUDIO  VIEWERS  SOURCE\n"
	    "door    live   h264 1920x1080  opus   2        "
	    "rtsp://***@192.0.2.5/h264\n"
	    "garage  -      -               -      0        -\n"
	    "yard    lost   -               -      1        "
	    "rtsp://***@yard/1: Connection?refused\n"
	    "yard    idle   h264            -      1        demo\n");
}

/* An error has its date, unless it was today. */
static void
test_the_last_error_of_a_stream(void **state)
{
	char now[32], here[16], *text, *expected;
	time_t t = time(NULL);
	struct tm tm;

	(void)state;
	setenv("TZ", "XYZ-2", 1);
	tzset();
	strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
	strftime(here, sizeof here, "%H:%M", localtime_r(&t, &tm));
	text = xasprintf("{\"a\":{\"producers\":[{\"url\":\"rtsp://a/\","
	    "\"state\":\"idle\",\"error\":\"refused\",\"error_time\":\"%s\"},"
	    "{\"url\":\"rtsp://b/\",\"state\":\"connecting\",\"error\":"
	    "\"refused\",\"error_time\":\"2020-02-03T23:05:06Z\"},"
	    "{\"url\":\"rtsp://c/\",\"state\":\"idle\",\"error\":"
	    "\"refused\",\"error_time\":\"?\"}]}}", now);
	expected = xasprintf(
	    "NAME  STATE       VIDEO  AUDIO  VIEWERS  SOURCE\n"
	    "a     idle        -      -      0        "
	    "rtsp://a/: failed at %s: refused\n"
	    "a     connecting  -      -      0        "
	    "rtsp://b/: failed at 2020-02-04 01:05: refused\n"
	    "a     idle        -      -      0        "
	    "rtsp://c/: failed: refused\n", here);
	expect_shown(show_text.streams, text, expected);
	free(text);
	free(expected);
}

/* A note of what plays is no failure: it has no time. */
static void
test_the_note_of_a_stream(void **state)
{
	(void)state;
	expect_shown(show_text.streams,
	    "{\"a\":{\"producers\":[{\"url\":\"rtsp://a/\",\"state\":\"live\","
	    "\"error\":\"B-frames left out\"},{\"url\":\"rtsp://b/\","
	    "\"state\":\"idle\",\"error\":\"over UDP\"}]}}",
	    "NAME  STATE  VIDEO  AUDIO  VIEWERS  SOURCE\n"
	    "a     live   -      -      0        rtsp://a/: B-frames left out\n"
	    "a     idle   -      -      0        rtsp://b/: over UDP\n");
}

static void
test_wrong_types(void **state)
{
	(void)state;
	expect_shown(show_text.sessions,
	    "{\"sessions\":[7,{\"session_id\":1,\"paused\":\"no\"}]}",
	    "ID  STREAM  VIEWER  CLIENT  STATE  FORMAT\n"
	    "-   -       -       -       live   -\n"
	    "-   -       -       -       live   -\n");
	expect_shown(show_text.streams,
	    "{\"a\":3,\"b\":{\"producers\":[\"x\"],\"consumers\":\"y\"}}",
	    "NAME  STATE  VIDEO  AUDIO  VIEWERS  SOURCE\n"
	    "a     -      -      -      0        -\n"
	    "b     -      -      -      0        -\n");
}

static void
test_version(void **state)
{
	(void)state;
	expect_shown(show_text.version,
	    "{\"lullctl\":\"0.1.0\",\"broker\":{\"version\":\"0.2\\u0007\"}}",
	    "lullctl 0.1.0\nlulld   0.2?\n");
	expect_shown(show_text.version, "{\"lullctl\":\"0.1.0\"}",
	    "lullctl 0.1.0\n");
}

static void
test_json(void **state)
{
	char *s = shown(show_json.sessions, sessions_text);
	struct error why;
	json_t *in = json_parse(sessions_text, strlen(sessions_text), &why);
	json_t *out = json_parse(s, strlen(s), &why);

	(void)state;
	assert_ptr_equal(strchr(s, '\n'), s + strlen(s) - 1);
	assert_true(json_equal(in, out));
	json_decref(in);
	json_decref(out);
	free(s);
}

static void
test_clean(void **state)
{
	static const struct {
		const char *raw, *clean;
	} cases[] = {
		{ "", "" },
		{ "plain ~", "plain ~" },
		{ "a\tb\r\n\x7f", "a?b???" },
		{ "\x1b]0;title\a", "?]0;title?" },
		{ "\xc2\x9b" "31m", "?31m" },			/* C1 CSI */
		{ "a\xe2\x80\xae" "b", "a?b" },		/* U+202E */
		{ "a\xe2\x80\xa8" "b", "a?b" },		/* U+2028 */
		{ "a\xe2\x81\xa6" "b", "a?b" },		/* U+2066 */
		{ "\xff\xc3z", "??z" },			/* not UTF-8 */
		{ "\xe5\x8e", "??" },				/* cut short */
		{ "e\xcc\x81 \xf0\x9f\x93\xb7",
		    "e\xcc\x81 \xf0\x9f\x93\xb7" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *s = show_clean(cases[i].raw);

		assert_string_equal(s, cases[i].clean);
		free(s);
	}
}

/* Only what would reorder the rest of a line is masked, not its neighbours. */
static void
test_the_neighbours_of_what_moves_text(void **state)
{
	static const struct {
		const char *raw, *clean;
	} cases[] = {
		{ "\xe2\x80\xa7", "\xe2\x80\xa7" },	/* U+2027 */
		{ "\xe2\x80\xaf", "\xe2\x80\xaf" },	/* U+202F */
		{ "\xe2\x81\xa9", "?" },			/* U+2069 */
		{ "\xe2\x81\xa4", "\xe2\x81\xa4" },	/* U+2064 */
		{ "\xe2\x81\xaa", "\xe2\x81\xaa" },	/* U+206A */
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *s = show_clean(cases[i].raw);

		assert_string_equal(s, cases[i].clean);
		free(s);
	}
}

#define TEN	"0123456789"

static void
test_a_column_is_at_most_40_wide(void **state)
{
	(void)state;
	expect_shown(show_text.streams,
	    "{\"" TEN TEN TEN TEN "\":{},\"b\":{},"
	    "\"" TEN TEN TEN TEN "x\":{}}",
	    "NAME                                      STATE  VIDEO  AUDIO  "
	    "VIEWERS  SOURCE\n"
	    TEN TEN TEN TEN "  -      -      -      0        -\n"
	    "b                                         -      -      -      "
	    "0        -\n"
	    TEN TEN TEN TEN "x  -      -      -      0        -\n");
}

/* Mostly eight digits do, but all may be needed, and more than all are not. */
static void
test_ids_are_as_long_as_it_takes(void **state)
{
	(void)state;
	expect_shown(show_text.sessions, "{\"sessions\":["
	    "{\"session_id\":\"0123456789\"}]}",
	    "ID        STREAM  VIEWER  CLIENT  STATE  FORMAT\n"
	    "01234567  -       -       -       live   -\n");
	expect_shown(show_text.sessions, "{\"sessions\":["
	    "{\"session_id\":\"0123456789\"},{\"session_id\":\"b\"},"
	    "{\"session_id\":\"0123456889\"}]}",
	    "ID        STREAM  VIEWER  CLIENT  STATE  FORMAT\n"
	    "01234567  -       -       -       live   -\n"
	    "b         -       -       -       live   -\n"
	    "01234568  -       -       -       live   -\n");
	expect_shown(show_text.sessions, "{\"sessions\":["
	    "{\"session_id\":\"0123456789\"},"
	    "{\"session_id\":\"0123456789\"}]}",
	    "ID          STREAM  VIEWER  CLIENT  STATE  FORMAT\n"
	    "0123456789  -       -       -       live   -\n"
	    "0123456789  -       -       -       live   -\n");
}

static void
test_a_picture_has_both_sizes_or_none(void **state)
{
	(void)state;
	expect_shown(show_text.streams, "{\"a\":{\"producers\":["
	    "{\"video\":\"h264\",\"width\":1,\"height\":1},"
	    "{\"video\":\"h264\",\"width\":1},"
	    "{\"video\":\"h264\",\"height\":1}]}}",
	    "NAME  STATE  VIDEO     AUDIO  VIEWERS  SOURCE\n"
	    "a     -      h264 1x1  -      0        -\n"
	    "a     -      h264      -      0        -\n"
	    "a     -      h264      -      0        -\n");
}

/* A camera that is lost shows what is wrong now, without a time. */
static void
test_the_error_of_a_lost_stream(void **state)
{
	(void)state;
	expect_shown(show_text.streams, "{\"a\":{\"producers\":["
	    "{\"url\":\"x\",\"state\":\"lost\",\"error\":\"e\","
	    "\"error_time\":\"2020-02-03T23:05:06Z\"},"
	    "{\"url\":\"y\",\"state\":\"unsupported\",\"error\":\"f\","
	    "\"error_time\":\"2020-02-03T23:05:06Z\"},"
	    "{\"url\":\"z\",\"state\":\"idle\",\"error\":\"g\","
	    "\"error_time\":\"2020-02-03T23:05:06Z+\"}]}}",
	    "NAME  STATE        VIDEO  AUDIO  VIEWERS  SOURCE\n"
	    "a     lost         -      -      0        x: e\n"
	    "a     unsupported  -      -      0        y: f\n"
	    "a     idle         -      -      0        z: failed: g\n");
}

static void
test_an_error_of_this_day_in_another_year(void **state)
{
	time_t t = time(NULL);
	char text[256], want[256];
	struct tm tm;

	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	gmtime_r(&t, &tm);
	tm.tm_year -= 28;
	tm.tm_hour = 12;
	t = timegm(&tm);
	gmtime_r(&t, &tm);
	strftime(text, sizeof text, "{\"a\":{\"producers\":[{\"url\":\"z\","
	    "\"state\":\"idle\",\"error\":\"g\","
	    "\"error_time\":\"%Y-%m-%dT%H:%M:%SZ\"}]}}", &tm);
	strftime(want, sizeof want,
	    "NAME  STATE  VIDEO  AUDIO  VIEWERS  SOURCE\n"
	    "a     idle   -      -      0        "
	    "z: failed at %Y-%m-%d %H:%M: g\n", &tm);
	expect_shown(show_text.streams, text, want);
}

/* `show` writes this when something was done, and that when it was not. */
static void
expect_outcome(const struct show *show, const char *done, const char *failed)
{
	json_t *reply = json_pack("{s:b}", "success", 1);
	size_t len;
	char *s;
	FILE *f = open_memstream(&s, &len);

	show->done(f, reply, "paused \x1b");
	fclose(f);
	assert_string_equal(s, done);
	free(s);
	f = open_memstream(&s, &len);
	show->failed(f, reply);
	fclose(f);
	assert_string_equal(s, failed);
	free(s);
	json_decref(reply);
}

static void
test_outcomes(void **state)
{
	(void)state;
	expect_outcome(&show_text, "paused ?\n", "");
	expect_outcome(&show_json, "{\"success\":true}\n",
	    "{\"success\":true}\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sessions),
		cmocka_unit_test(test_sessions_empty),
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_the_last_error_of_a_stream),
		cmocka_unit_test(test_the_note_of_a_stream),
		cmocka_unit_test(test_wrong_types),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_the_neighbours_of_what_moves_text),
		cmocka_unit_test(test_a_column_is_at_most_40_wide),
		cmocka_unit_test(test_ids_are_as_long_as_it_takes),
		cmocka_unit_test(test_a_picture_has_both_sizes_or_none),
		cmocka_unit_test(test_the_error_of_a_lost_stream),
		cmocka_unit_test(test_an_error_of_this_day_in_another_year),
		cmocka_unit_test(test_outcomes),
	};

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 77;	/* Automake: skipped */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
