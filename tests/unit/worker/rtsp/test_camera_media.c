/* What is played of a camera, by the SDP that it sends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "worker/rtsp/camera_media.h"
#include "worker/rtsp/camera_sdp.h"

#define VIDEO(map)	"m=video 0 RTP/AVP 96\r\na=rtpmap:96 " map "\r\n"
#define AUDIO(map)	"m=audio 0 RTP/AVP 97\r\na=rtpmap:97 " map "\r\n"
#define H264		VIDEO("H264/90000")
#define H265		VIDEO("H265/90000")
#define JPEG		"m=video 0 RTP/AVP 26\r\n"
#define PCMA		"m=audio 0 RTP/AVP 8\r\n"
#define PCMU		"m=audio 0 RTP/AVP 0\r\n"
#define AAC		AUDIO("MPEG4-GENERIC/16000/1")
#define CONFIG		"a=fmtp:97 config=1408\r\n"
#define TO_CAMERA	"a=sendonly\r\n"

static struct camera_media
choose(const char *media)
{
	char text[2048] = "v=0\r\n";
	struct camera_sdp sdp;
	struct camera_media m;

	strcat(text, media);
	assert_int_equal(camera_sdp_read(text, strlen(text), &sdp), 0);
	memset(&m, 0x55, sizeof m);
	camera_media_choose(&sdp, &m);
	camera_sdp_clear(&sdp);
	return m;
}

/* The codecs that play, and the places of those that do. */
static void
test_h264_rather_than_others(void **state)
{
	static const struct {
		const char *sdp;
		enum media_codec video;
		int place;
		const char *coder;
	} cases[] = {
		{ H264, MEDIA_H264, 0, "" },
		{ H265, MEDIA_H265, 0, "" },
		{ JPEG, MEDIA_FOREIGN, 0, "mjpeg" },
		{ PCMU VIDEO("jpeg/90000") JPEG, MEDIA_FOREIGN, 1, "mjpeg" },
		{ JPEG H264, MEDIA_H264, 1, "" },
		{ JPEG H265 "a=fmtp:96 tx-mode=MRST\r\n", MEDIA_FOREIGN, 0,
		    "mjpeg" },
		{ VIDEO("JPEG/8000") JPEG, MEDIA_FOREIGN, 1, "mjpeg" },
		{ VIDEO("h265/90000"), MEDIA_H265, 0, "" },
		{ VIDEO("JPEG/90000") H265 H265, MEDIA_H265, 1, "" },
		{ H265 PCMU H264 H264, MEDIA_H264, 2, "" },
		{ H264 H265, MEDIA_H264, 0, "" },
		{ H265 "a=fmtp:96 sprop-max-don-diff=0;tx-mode=srst\r\n",
		    MEDIA_H265, 0, "" },
		{ H265 "a=fmtp:96 sprop-depack-buf-nalus=2\r\n" H265,
		    MEDIA_H265, 1, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct camera_media m = choose(cases[i].sdp);

		assert_string_equal(m.error, "");
		assert_int_equal(m.video, cases[i].video);
		assert_string_equal(m.coder, cases[i].coder);
		assert_int_equal(m.place[MEDIA_VIDEO], cases[i].place);
	}
}

static void
test_choices(void **state)
{
	static const struct sound_format none;
	static const struct {
		const char *sdp;
		int video, audio;
		enum media_codec codec;		/* of sound */
	} cases[] = {
		{ H264, 0, -1, MEDIA_NONE },
		{ H264 PCMU, 0, 1, MEDIA_PCMU },
		{ PCMA H264, 1, 0, MEDIA_PCMA },
		{ "m=audio 0 RTP/AVP 9\r\n" H264, 1, 0, MEDIA_G722 },
		{ H264 AUDIO("opus/48000/2"), 0, 1, MEDIA_OPUS },
		{ H264 AUDIO("opus/48000"), 0, 1, MEDIA_OPUS },
		{ H264 AAC CONFIG, 0, 1, MEDIA_FOREIGN },
		{ H264 AUDIO("PCMU/8000/2"), 0, 1, MEDIA_FOREIGN },
		{ H264 AUDIO("L16/44100"), 0, 1, MEDIA_FOREIGN },
		/* the first that can */
		{ H264 H264 PCMU PCMA, 0, 2, MEDIA_PCMU },
		{ H265 H264 AAC PCMA PCMU, 1, 3, MEDIA_PCMA },
		{ H264 AUDIO("speex/8000") AAC CONFIG PCMA, 0, 2,
		    MEDIA_FOREIGN },
		{ "m=application 0 RTP/AVP 107\r\n" H264 PCMU, 1, 2,
		    MEDIA_PCMU },
		/* two-way audio */
		{ PCMU TO_CAMERA H264 PCMA, 1, 2, MEDIA_PCMA },
		{ H264 PCMU TO_CAMERA, 0, -1, MEDIA_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct camera_media m = choose(cases[i].sdp);

		assert_int_equal(m.place[MEDIA_VIDEO], cases[i].video);
		assert_int_equal(m.place[MEDIA_AUDIO], cases[i].audio);
		assert_int_equal(m.video, MEDIA_H264);
		assert_int_equal(sound_codec(&m.sound), cases[i].codec);
		if (cases[i].codec == MEDIA_NONE)
			assert_true(sound_is_same(&m.sound, &none));
		assert_string_equal(m.note, "");
		assert_string_equal(m.error, "");
	}
}

#define NOTE(sound)	"no sound: audio " sound " cannot play, set the " \
			"camera to Opus or to G.711 at 8000 Hz"

static void
test_sound_that_cannot_play(void **state)
{
	static const struct {
		const char *sdp, *note;
	} cases[] = {
		{ AUDIO("speex/8000"), NOTE("SPEEX at 8000 Hz") },
		{ "m=audio 0 RTP/AVP 99\r\n", NOTE("of an unknown kind") },
		{ AUDIO("ABCDEFGHIJKLMNOPQRSTUVW/1000000"),
		    NOTE("ABCDEFGHIJKLMNOPQRSTUVW at 1000000 Hz") },
		{ AAC, "no sound: the camera does not say how its aac is "
		    "coded (no config= in its SDP), set it to Opus or to "
		    "G.711" },
		/* of the first that comes from the camera */
		{ PCMU TO_CAMERA AUDIO("vorbis/8000") AUDIO("speex/8000"),
		    NOTE("vorbis at 8000 Hz") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char text[1024] = H264;
		struct camera_media m = choose(strcat(text, cases[i].sdp));

		assert_string_equal(m.note, cases[i].note);
		assert_string_equal(m.error, "");
		assert_int_equal(m.place[MEDIA_VIDEO], 0);
		assert_int_equal(m.place[MEDIA_AUDIO], -1);
		assert_int_equal(sound_codec(&m.sound), MEDIA_NONE);
	}
}

#define ERROR(video)	"video " video " cannot play: set the camera to H264"

static void
test_video_that_cannot_play(void **state)
{
	static const struct {
		const char *sdp, *error;
	} cases[] = {
		{ "", "there is no video" },
		{ PCMU, "there is no video" },
		{ H265 "a=fmtp:96 sprop-max-don-diff=1\r\n",
		    ERROR("H265 with packets out of decoding order "
		    "(sprop-max-don-diff)") },
		{ H265 "a=fmtp:96 profile-id=1;tx-mode=MRST\r\n",
		    ERROR("H265 in several streams (tx-mode)") },
		{ VIDEO("JPEG/8000"), ERROR("MJPEG") },
		{ VIDEO("H264/8000"), ERROR("H264") },
		{ VIDEO("mp4v-es/90000"), ERROR("MPEG4") },
		{ VIDEO("AV1/90000"), ERROR("AV1") },
		{ "m=video 0 RTP/AVP 99\r\n", ERROR("of an unknown kind") },
		{ "m=video 0 RTP/AVP 33\r\n", "MPEG-TS over RTP cannot play: "
		    "set the camera to send H264 in RTP itself" },
		/* of the first */
		{ VIDEO("mp4v-es/90000") VIDEO("AV1/90000"),
		    ERROR("MPEG4") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char text[1024] = "m=application 0 RTP/AVP 107\r\n";
		struct camera_media m = choose(strcat(text, cases[i].sdp));

		assert_string_equal(m.error, cases[i].error);
		assert_int_equal(m.place[MEDIA_VIDEO], -1);
		assert_int_equal(m.video, MEDIA_NONE);
		assert_string_equal(m.note, "");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_h264_rather_than_others),
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_sound_that_cannot_play),
		cmocka_unit_test(test_video_that_cannot_play),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
