/* What is asked for behind an address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "camera_option.h"

#define N(a)	(sizeof(a) / sizeof((a)[0]))

static struct camera_url url;

/* Behind ffmpeg:. */
static void
take(const char *options)
{
	struct error err;

	camera_url_clear(&url);
	url.video = url.audio = url.backchannel = true;
	assert_int_equal(camera_option_take(&url, true, options, &err), 0);
}

static int
tear_down(void **state)
{
	(void)state;
	camera_url_clear(&url);
	return 0;
}

#define DIGITS_62 "0123456789abcdef0123456789ABCDEF0123456789abcdef" \
	"0123456789abcd"

static void
test_what_the_camera_needs(void **state)
{
	(void)state;
	take("#transport=udp#timeout=300#tls_verify=1");
	assert_true(url.udp);
	assert_int_equal(url.timeout_ms, 300000);
	assert_true(url.tls_verify);
	assert_string_equal(url.tls_fingerprint, "");
	take("#transport=udp#transport=tcp#timeout=1#tls_verify=0"
	    "#tls_fingerprint=01:" DIGITS_62);
	assert_false(url.udp);
	assert_int_equal(url.timeout_ms, 1000);
	assert_false(url.tls_verify);
	assert_string_equal(url.tls_fingerprint, "01" DIGITS_62);
	take("#input=rtsp/udp");
	assert_true(url.udp);
	take("#transport=udp#input=rtsp");
	assert_false(url.udp);
	assert_null(url.ignored);
}

/* The value is not told: it may be a part of a password. */
static void
test_what_refuses_the_source(void **state)
{
	static const struct {
		const char *option, *why;
	} cases[] = {
		{ "#transport=x", "#transport= wants tcp, udp or http" },
		{ "#transport=", "#transport= wants tcp, udp or http" },
		{ "#timeout=301", "#timeout= wants seconds, 1 to 300" },
		{ "#timeout=0", "#timeout= wants seconds, 1 to 300" },
		{ "#tls_verify=2", "#tls_verify= wants 0 or 1" },
		{ "#tls_fingerprint=" DIGITS_62 "a", "#tls_fingerprint= wants "
		    "the SHA-256 of the camera's certificate, 64 hexadecimal "
		    "digits" },
		{ "#tls_fingerprint=" DIGITS_62 "abc", "#tls_fingerprint= "
		    "wants the SHA-256 of the camera's certificate, 64 "
		    "hexadecimal digits" },
		{ "#x", "behind a # goes name=value, like #transport=udp (in "
		    "a password, write # as %23)" },
	};
	struct error err;

	(void)state;
	take("");
	for (size_t i = 0; i < N(cases); i++) {
		assert_int_equal(camera_option_take(&url, false,
		    cases[i].option, &err), -1);
		assert_string_equal(err.text, cases[i].why);
	}
}

static void
test_codecs(void **state)
{
	static const struct {
		const char *options, *video, *audio;
		bool has_video, has_audio;
	} cases[] = {
		{ "", "", "", true, true },
		{ "#video=h264", "h264", "", true, false },
		{ "#audio=opus", "", "opus", false, true },
		{ "#video=h265#audio=pcma", "h265", "pcma", true, true },
		{ "#audio=pcmu/16000#video=copy", "", "pcmu", true, true },
		{ "#video=copy#audio=copy#audio=opus", "", "", true, true },
		{ "#audio=opus#audio=copy", "", "", false, true },
		{ "#audio=opus#audio=pcmu", "", "", false, true },
		{ "#video=h264#video=copy", "", "", true, false },
		{ "#video=mjpeg", "", "", true, false },
		{ "#audio=aac", "", "", false, true },
		{ "#audio=mp3#video=h264", "h264", "", true, true },
		{ "#audio=pcm/8000#audio=pcml", "", "", false, true },
		{ "#video=h264#audio=copy#media=video", "h264", "", true,
		    false },
		{ "#media=video#audio=opus", "", "opus", false, false },
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		take(cases[i].options);
		assert_string_equal(url.want_video, cases[i].video);
		assert_string_equal(url.want_audio, cases[i].audio);
		assert_int_equal(url.video, cases[i].has_video);
		assert_int_equal(url.audio, cases[i].has_audio);
		assert_null(url.ignored);
	}
}

static void
test_pictures(void **state)
{
	static const struct {
		const char *options, *hardware;
		int width, height, rotate;
		bool is_hardware;
	} cases[] = {
		{ "", "", 0, 0, 0, false },
		{ "#width=640#height=-1", "", 640, 0, 0, false },
		{ "#width=0#height=8192", "", 0, 8192, 0, false },
		{ "#width=1", "", 1, 0, 0, false },
		{ "#rotate=-270", "", 0, 0, 90, false },
		{ "#rotate=270", "", 0, 0, 270, false },
		{ "#rotate=90", "", 0, 0, 90, false },
		{ "#rotate=-90", "", 0, 0, 270, false },
		{ "#rotate=180#rotate=0", "", 0, 0, 0, false },
		{ "#hardware", "", 0, 0, 0, true },
		{ "#hardware#width=2", "", 2, 0, 0, true },
		{ "#hardware=", "", 0, 0, 0, true },
		{ "#hardware=vaapi", "vaapi", 0, 0, 0, true },
		{ "#hardware=a23456789012345", "a23456789012345", 0, 0, 0,
		    true },
		{ "#async#query=log_level=debug#gop=1#pkt_size=1316", "", 0, 0,
		    0, false },
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		take(cases[i].options);
		assert_int_equal(url.width, cases[i].width);
		assert_int_equal(url.height, cases[i].height);
		assert_int_equal(url.rotate, cases[i].rotate);
		assert_int_equal(url.hardware, cases[i].is_hardware);
		assert_string_equal(url.hardware_name, cases[i].hardware);
		assert_null(url.ignored);
	}
}

/* The source is not lost by them, and nobody is left to wonder. */
static void
test_what_is_ignored(void **state)
{
	static const struct {
		const char *options, *ignored;
	} cases[] = {
		{ "#raw=-r 10", "raw" },
		{ "#vf=crop=1:2#a-b_C=##video=h264", "vf, a-b_C" },
		{ "#video=mine", "video" },
		{ "#video=", "video" },
		{ "#video=h26", "video" },
		{ "#video=h2645", "video" },
		{ "#audio=flac/1", "audio" },
		{ "#width=8193", "width" },
		{ "#height=x", "height" },
		{ "#height=", "height" },
		{ "#height=9x", "height" },
		{ "#height=-2", "height" },
		{ "#rotate=45", "rotate" },
		{ "#rotate=360", "rotate" },
		{ "#rotate=-360", "rotate" },
		{ "#hardware=a234567890123456", "hardware" },
		{ "#media=text", "media" },
		{ "#backchannel=x", "backchannel" },
		{ "#input=file", "input" },
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		take(cases[i].options);
		assert_non_null(url.ignored);
		assert_string_equal(url.ignored, cases[i].ignored);
		assert_int_equal(url.width, 0);
		assert_int_equal(url.rotate, 0);
		assert_false(url.hardware);
	}
}

static void
test_without_ffmpeg(void **state)
{
	struct error err;

	(void)state;
	take("");
	assert_int_equal(camera_option_take(&url, false, "#media=video"
	    "#backchannel=0#video=h264#width=5", &err), 0);
	assert_true(url.video);
	assert_false(url.audio);
	assert_false(url.backchannel);
	assert_string_equal(url.want_video, "");
	assert_int_equal(url.width, 0);
	assert_string_equal(url.ignored, "video, width");
	take("");
	assert_int_equal(camera_option_take(&url, false, "#media=audio", &err),
	    0);
	assert_false(url.video);
	assert_true(url.audio);
	take("#media=video,audio");
	assert_true(url.video && url.audio);
	assert_int_equal(camera_option_take(&url, false, "#hardware", &err),
	    -1);
	assert_int_equal(camera_option_take(&url, true, "#rotate", &err), -1);
	assert_int_equal(camera_option_take(&url, true, "#raw=a@b", &err), -1);
}

static void
test_those_of_the_camera(void **state)
{
	static const struct {
		const char *text, *out;
	} cases[] = {
		{ "", "" }, { "#", "" }, { "#video=h264", "" },
		{ "#hardware#timeout=5#audio=opus", "#timeout=5" },
		{ "#a=1##b=2#input=rtsp/udp", "#a=1#b=2" },
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		char *out = camera_option_of_camera(cases[i].text);

		assert_string_equal(out, cases[i].out);
		free(out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_the_camera_needs),
		cmocka_unit_test(test_what_refuses_the_source),
		cmocka_unit_test(test_codecs),
		cmocka_unit_test(test_pictures),
		cmocka_unit_test(test_what_is_ignored),
		cmocka_unit_test(test_without_ffmpeg),
		cmocka_unit_test(test_those_of_the_camera),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
