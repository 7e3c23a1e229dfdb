/* URLs, parameters and parameter sets of tracks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "worker/rtsp/camera_sdp.h"

static void
test_urls(void **state)
{
#define DAHUA	"rtsp://h/cam/realmonitor?channel=1&subtype=0"
	static const struct {
		const char *base, *control, *url;
	} cases[] = {
		{ "rtsp://h/a", "", "rtsp://h/a" },
		{ "rtsp://h/a", "*", "rtsp://h/a" },
		{ "rtsp://h/a/", "*", "rtsp://h/a/" },
		{ "rtsp://h/a", "track1", "rtsp://h/a/track1" },
		{ "rtsp://h/a/", "track1", "rtsp://h/a/track1" },
		{ "rtsp://h/a", "/track1", "rtsp://h/a/track1" },
		{ "rtsp://h/a/", "/track1", "rtsp://h/a/track1" },
		{ "rtsp://h", "trackID=1", "rtsp://h/trackID=1" },
		{ "rtsp://h/a", "*x", "rtsp://h/a/*x" },
		{ "rtsp://h/a", "track1?token=a://b",
		    "rtsp://h/a/track1?token=a://b" },
		/* Dahua's Content-Base, with and without its slash. */
		{ DAHUA "/", "trackID=0", DAHUA "/trackID=0" },
		{ DAHUA, "trackID=0", DAHUA "/trackID=0" },
		{ "rtsp://h/a", "?ctype=video", "rtsp://h/a?ctype=video" },
		{ "rtsp://h/a/", "?ctype=video", "rtsp://h/a/?ctype=video" },
		/* Of another host, too: what to do about that is not known
		 * here. */
		{ "rtsp://h/a", "rtsp://i/b", "rtsp://i/b" },
		{ "rtsp://h/a", "RTSPS://i/b/trackID=1?c=d",
		    "RTSPS://i/b/trackID=1?c=d" },
		{ "rtsp://h/a", "rtsp://rtsp://i/b", "rtsp://i/b" },
		{ "rtsp://h/a", "rtsps://rtsp://rtsp://i/b", "rtsp://i/b" },
		{ "rtsp://h/a", "rtsp://a://", "a://" },
		{ "rtsp://h/a", "://b", "rtsp://h/a/://b" },
		{ "rtsp://h/a", "b:/c", "rtsp://h/a/b:/c" },
		{ "", "b", "/b" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *url = camera_sdp_url(cases[i].base, cases[i].control);

		assert_string_equal(url, cases[i].url);
		free(url);
	}
}

static void
test_parameters(void **state)
{
	static const char fmtp[] = "streamtype=5; SizeLength=13;config=;x; y=z";
	static const struct {
		const char *name, *value;
	} cases[] = {
		{ "streamtype", "5" }, { "sizelength", "13" },
		{ "config", NULL }, { "x", NULL }, { "y", "z" },
		{ "length", NULL }, { "StreamType", "5" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *value = camera_sdp_parameter(fmtp, cases[i].name);

		if (cases[i].value == NULL)
			assert_null(value);
		else
			assert_string_equal(value, cases[i].value);
		free(value);
	}
	assert_null(camera_sdp_parameter("", "x"));
}

#define SPROP	"packetization-mode=1; sprop-parameter-sets="
#define CODE	"\0\0\0\1"
#define SPS	"\x67\x42\x00\x29"	/* Z0IAKQ== */
#define PPS	"\x68\xce\x3c\x80"	/* aM48gA== */

/* Of H264. */
static bool
is_set(const uint8_t *nal, size_t len)
{
	assert_true(len > 0);
	return (nal[0] & 0x1f) == 7 || (nal[0] & 0x1f) == 8;
}

static void
assert_sets(const char *fmtp, const char *wanted, size_t wanted_len)
{
	static const char *const names[] = { "none", "sprop-parameter-sets",
		"sprop-more", NULL };
	size_t len = 99;
	uint8_t *sets = camera_sdp_sets(fmtp, names, is_set, &len);

	assert_int_equal(len, wanted_len);
	if (wanted_len == 0)
		assert_null(sets);
	else
		assert_memory_equal(sets, wanted, len);
	free(sets);
}

#define SETS(fmtp, wanted)	assert_sets(fmtp, wanted, sizeof wanted - 1)

static void
test_parameter_sets(void **state)
{
	(void)state;
	SETS(SPROP "Z0IAKQ==,aM48gA==", CODE SPS CODE PPS);
	SETS(SPROP "Z0IAKQ==,aM48gA==;profile-level-id=420029",
	    CODE SPS CODE PPS);
	SETS(SPROP "Z0IAKQ,aM48gA", CODE SPS CODE PPS);
	SETS(SPROP "Z0IAKQ==", CODE SPS);
	SETS(SPROP "Z0IAKQ==,", CODE SPS);
	SETS(SPROP ",,Z0IAKQ==,,aM48gA==", CODE SPS CODE PPS);
	SETS(SPROP "Z0IAKQ==, aM48gA==", CODE SPS CODE PPS);
	SETS("SPROP-Parameter-Sets=aA==", CODE "\x68");
	/* In the order of the names. */
	SETS("sprop-more=aM48gA==;" SPROP "Z0IAKQ==", CODE SPS CODE PPS);
	/* With start codes of theirs. */
	SETS(SPROP "AAAAAWdCACk=,AAABaM48gA==", CODE SPS CODE PPS);
	/* One that cannot be read, an SEI, and a slice. */
	SETS(SPROP "Z0!AKQ==,aM48gA==", CODE PPS);
	SETS(SPROP "BgAB,aM48gA==,ZYiA", CODE PPS);
}

static void
test_no_parameter_sets(void **state)
{
	(void)state;
	SETS("", "");
	SETS(SPROP, "");
	SETS(SPROP ";profile-level-id=420029", "");
	SETS(SPROP ",", "");
	SETS(SPROP "=", "");
	SETS(SPROP "AAAAAQ==", "");	/* a start code alone */
	SETS(SPROP "AAAA", "");
	SETS(SPROP "AWdC", "");		/* none, and no zeros */
	SETS(SPROP "AAFnQg==", "");
	SETS("sprop=Z0IAKQ==", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_parameter_sets),
		cmocka_unit_test(test_no_parameter_sets),
	};

	return cmocka_run_group_tests_name("camera_sdp_values", tests, NULL,
	    NULL);
}
