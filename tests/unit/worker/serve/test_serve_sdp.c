#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/worker/h264_samples.h"
#include "worker/media/h264.h"
#include "worker/media/h265.h"
#include "worker/rtsp/camera_sdp.h"
#include "worker/rtsp/depay.h"
#include "worker/serve/parameter_sets.h"
#include "worker/serve/serve_sdp.h"

static const uint8_t sps[] = { SPS }, pps[] = { PPS };
static const uint8_t annex_b[] = { SC, SPS, SC, PPS };
static const struct parameter_sets both = {
	.set = { { sps, sizeof sps, H264_NAL_SPS },
		{ pps, sizeof pps, H264_NAL_PPS } },
	.n = 2,
};
static const struct parameter_sets none;

static const struct {
	enum media_codec audio;
	const char *query;
	const char *want;	/* a letter a track */
} choices[] = {
	{ MEDIA_OPUS, NULL, "va" },
	{ MEDIA_OPUS, "", "va" },
	{ MEDIA_NONE, "", "v" },
	{ MEDIA_FOREIGN, "", "v" },
	{ MEDIA_UNKNOWN, "", "v" },
	{ MEDIA_OPUS, "video", "v" },
	{ MEDIA_OPUS, "audio", "a" },
	{ MEDIA_OPUS, "video&audio", "va" },
	{ MEDIA_OPUS, "audio&video", "va" },
	{ MEDIA_OPUS, "paused=true&viewer_id=x", "va" },
	{ MEDIA_OPUS, "video=h264&audio=opus", "va" },
	{ MEDIA_OPUS, "video=H264&audio=OPUS", "va" },
	{ MEDIA_OPUS, "video=h265", "" },
	{ MEDIA_OPUS, "video=h265&video=h264", "v" },
	{ MEDIA_OPUS, "video=h264&audio=aac", "v" },
	{ MEDIA_PCMA, "video=h264,h265&audio=aac,pcmu,pcma", "va" },
	{ MEDIA_PCMA, "video=h264,h265&audio=aac,pcmu", "v" },
	{ MEDIA_PCMA, "video=all&audio=any", "va" },
	{ MEDIA_PCMA, "video=&audio=", "va" },
	{ MEDIA_PCMA, "video=h26,h2644", "" },
	{ MEDIA_PCMA, "videos=1", "va" },
	{ MEDIA_PCMA, "video=,", "" },
	{ MEDIA_PCMA, "&&video&", "v" },
};

static void
test_choice(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
		const struct media_description media = {
			MEDIA_H264, choices[i].audio, 0, 0, 0
		};
		struct serve_tracks t;
		char got[SERVE_TRACKS + 1] = "";

		serve_tracks_choose(&media, choices[i].query, &t);
		for (size_t k = 0; k < t.n; k++)
			got[k] = media_is_audio(t.track[k].codec) ? 'a' : 'v';
		if (strcmp(got, choices[i].want) != 0)
			fail_msg("\"%s\" gives \"%s\"", choices[i].query,
			    got);
	}
}

static void
test_no_picture_yet(void **state)
{
	const struct media_description media = {
		MEDIA_UNKNOWN, MEDIA_UNKNOWN, 0, 0, 0
	};
	struct serve_tracks t;

	(void)state;
	serve_tracks_choose(&media, "", &t);
	assert_int_equal(t.n, 0);
}

static char *
write_sdp(enum media_codec audio, const struct parameter_sets *sets,
    const char *address)
{
	const struct media_description media = { MEDIA_H264, audio, 66, 0, 0 };
	struct serve_tracks tracks;
	struct serve_description d = {
		.tracks = &tracks, .sets = sets, .address = address,
		.origin = 4711,
	};

	serve_tracks_choose(&media, NULL, &tracks);
	return serve_sdp_write(&d);
}

static void
test_text(void **state)
{
	char *sdp = write_sdp(MEDIA_OPUS, &both, "192.0.2.1");

	(void)state;
	assert_string_equal(sdp,
	    "v=0\r\n"
	    "o=- 4711 1 IN IP4 192.0.2.1\r\n"
	    "s=lull\r\n"
	    "c=IN IP4 0.0.0.0\r\n"
	    "t=0 0\r\n"
	    "a=control:*\r\n"
	    "a=range:npt=now-\r\n"
	    "m=video 0 RTP/AVP 96\r\n"
	    "a=rtpmap:96 H264/90000\r\n"
	    "a=fmtp:96 packetization-mode=1;profile-level-id=42c00a;"
	    "sprop-parameter-sets=Z0LACtoKN+TARAAAAwAEAAADAHg8SJqA,"
	    "aM4DnIA=\r\n"
	    "a=control:trackID=0\r\n"
	    "m=audio 0 RTP/AVP 97\r\n"
	    "a=rtpmap:97 opus/48000/2\r\n"
	    "a=control:trackID=1\r\n");
	free(sdp);
	sdp = write_sdp(MEDIA_NONE, &none, "2001:db8::1");
	assert_string_equal(sdp,
	    "v=0\r\n"
	    "o=- 4711 1 IN IP6 2001:db8::1\r\n"
	    "s=lull\r\n"
	    "c=IN IP6 ::\r\n"
	    "t=0 0\r\n"
	    "a=control:*\r\n"
	    "a=range:npt=now-\r\n"
	    "m=video 0 RTP/AVP 96\r\n"
	    "a=rtpmap:96 H264/90000\r\n"
	    "a=fmtp:96 packetization-mode=1\r\n"
	    "a=control:trackID=0\r\n");
	free(sdp);
}

/* What we read of a camera finds in it what was written. */
static void
test_is_read(void **state)
{
	static const struct {
		enum media_codec codec;
		const char *name;
		int type, clock;
	} sounds[] = {
		{ MEDIA_OPUS, "OPUS", 97, 48000 },
		{ MEDIA_PCMU, "PCMU", 0, 8000 },
		{ MEDIA_PCMA, "PCMA", 8, 8000 },
		{ MEDIA_G722, "G722", 9, 8000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof sounds / sizeof sounds[0]; i++) {
		char *sdp = write_sdp(sounds[i].codec, &both, "192.0.2.1");
		struct camera_sdp read;
		uint8_t *sets;
		size_t len;

		assert_int_equal(camera_sdp_read(sdp, strlen(sdp), &read), 0);
		assert_int_equal(read.n_tracks, 2);
		assert_string_equal(read.tracks[0].codec, "H264");
		assert_string_equal(read.tracks[0].control, "trackID=0");
		sets = depay_codec(MEDIA_H264)->sets(read.tracks[0].fmtp, &len);
		assert_int_equal(len, sizeof annex_b);
		assert_memory_equal(sets, annex_b, len);
		assert_string_equal(read.tracks[1].codec, sounds[i].name);
		assert_int_equal(read.tracks[1].type, sounds[i].type);
		assert_int_equal(read.tracks[1].clock, sounds[i].clock);
		assert_string_equal(read.tracks[1].control, "trackID=1");
		free(sets);
		camera_sdp_clear(&read);
		free(sdp);
	}
}

/* The same, of H265: each kind of set in a list of its own. */
static void
test_h265(void **state)
{
	static const uint8_t set[][4] = {
		{ 0x40, 1, 2, 3 }, { 0x42, 1, 4, 5 }, { 0x44, 1, 6, 7 },
		{ 0x44, 1, 8, 9 },
	};
	static const uint8_t want[] = {
		SC, 0x40, 1, 2, 3, SC, 0x42, 1, 4, 5, SC, 0x44, 1, 6, 7,
		SC, 0x44, 1, 8, 9,
	};
	static const struct parameter_sets sets = {
		.set = { { set[0], 4, H265_NAL_VPS }, { set[1], 4,
		    H265_NAL_SPS }, { set[2], 4, H265_NAL_PPS },
		    { set[3], 4, H265_NAL_PPS } },
		.n = 4,
	};
	const struct media_description media = { .video = MEDIA_H265 };
	struct serve_tracks tracks;
	struct serve_description d = {
		.tracks = &tracks, .sets = &sets, .address = "192.0.2.1",
	};
	struct camera_sdp read;
	uint8_t *found;
	size_t len;
	char *sdp;

	(void)state;
	serve_tracks_choose(&media, NULL, &tracks);
	sdp = serve_sdp_write(&d);
	assert_int_equal(camera_sdp_read(sdp, strlen(sdp), &read), 0);
	assert_string_equal(read.tracks[0].codec, "H265");
	found = depay_codec(MEDIA_H265)->sets(read.tracks[0].fmtp, &len);
	assert_int_equal(len, sizeof want);
	assert_memory_equal(found, want, len);
	free(found);
	camera_sdp_clear(&read);
	free(sdp);
	d.sets = &none;		/* They come with each key frame. */
	sdp = serve_sdp_write(&d);
	assert_null(strstr(sdp, "a=fmtp"));
	free(sdp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_no_picture_yet),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_is_read),
		cmocka_unit_test(test_h265),
	};

	return cmocka_run_group_tests_name("serve_sdp", tests, NULL, NULL);
}
