/* How a camera's sound is coded, by its SDP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "worker/rtsp/camera_sdp.h"
#include "worker/rtsp/camera_sound.h"
#include "xalloc.h"

#define MAP(codec)	"m=audio 0 RTP/AVP 97\na=rtpmap:97 " codec "\n"
#define FMTP(text)	"a=fmtp:97 " text "\n"
#define NOTE(sound)	"no sound: audio " sound " cannot play, set the " \
			"camera to Opus or to G.711 at 8000 Hz"
#define NO_CONFIG	"no sound: the camera does not say how its aac is " \
			"coded (no config= in its SDP), set it to Opus or " \
			"to G.711"

/* "" or why it cannot be decoded. */
static const char *
read_sound(const char *media, struct sound_format *s)
{
	static char note[256];
	char *text = xasprintf("v=0\n%s", media);
	struct camera_sdp sdp;

	assert_int_equal(camera_sdp_read(text, strlen(text), &sdp), 0);
	note[0] = '\0';
	memset(s, 0x55, sizeof *s);
	if (!camera_sound(&sdp.tracks[0], s)) {
		assert_string_equal(s->coder, "");
		camera_sound_explain(&sdp.tracks[0], note, sizeof note);
	}
	camera_sdp_clear(&sdp);
	free(text);
	return note;
}

static void
test_what_is_decoded(void **state)
{
	static const struct {
		const char *sdp, *coder;
		int rate, channels, bits;
	} cases[] = {
		{ MAP("opus/48000/2"), "opus", 48000, 2, 0 },
		{ "m=audio 0 RTP/AVP 0\n", "pcm_mulaw", 8000, 1, 0 },
		{ "m=audio 0 RTP/AVP 8\n", "pcm_alaw", 8000, 1, 0 },
		{ MAP("PCMA/16000"), "pcm_alaw", 16000, 1, 0 },
		{ MAP("PCMU/8000/2"), "pcm_mulaw", 8000, 2, 0 },
		{ MAP("PCMA/8001"), "pcm_alaw", 8001, 1, 0 },
		{ "m=audio 0 RTP/AVP 9\n", "adpcm_g722", 16000, 1, 0 },
		{ "m=audio 0 RTP/AVP 10\n", "pcm_s16be", 44100, 2, 0 },
		{ "m=audio 0 RTP/AVP 11\n", "pcm_s16be", 44100, 1, 0 },
		{ MAP("L16/4000"), "pcm_s16be", 4000, 1, 0 },
		{ MAP("L16/192000/8"), "pcm_s16be", 192000, 8, 0 },
		{ MAP("L24/48000/2"), "pcm_s24be", 48000, 2, 0 },
		{ "m=audio 0 RTP/AVP 2\n", "adpcm_g726le", 8000, 1, 4 },
		{ MAP("G726/8000"), "adpcm_g726le", 8000, 1, 4 },
		{ MAP("G726-16/8000"), "adpcm_g726le", 8000, 1, 2 },
		{ MAP("G726-24/8000"), "adpcm_g726le", 8000, 1, 3 },
		{ MAP("G726-32/8000"), "adpcm_g726le", 8000, 1, 4 },
		{ MAP("G726-40/8000"), "adpcm_g726le", 8000, 1, 5 },
		{ MAP("AAL2-G726-16/8000"), "adpcm_g726", 8000, 1, 2 },
		{ MAP("AAL2-G726-24/8000"), "adpcm_g726", 8000, 1, 3 },
		{ MAP("AAL2-G726-32/8000"), "adpcm_g726", 8000, 1, 4 },
		{ MAP("AAL2-G726-40/8000"), "adpcm_g726", 8000, 1, 5 },
		{ "m=audio 0 RTP/AVP 14\n", "mp3", 44100, 1, 0 },
		{ MAP("MPA/90000/2") FMTP("layer=2;samplerate=32000"), "mp2",
		    32000, 2, 0 },
		{ MAP("MPA/90000") FMTP("layer=3;samplerate=1"), "mp3", 44100,
		    1, 0 },
	};
	struct sound_format s;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_string_equal(read_sound(cases[i].sdp, &s), "");
		assert_string_equal(s.coder, cases[i].coder);
		assert_int_equal(s.rate, cases[i].rate);
		assert_int_equal(s.channels, cases[i].channels);
		assert_int_equal(s.bits, cases[i].bits);
		assert_int_equal(s.config_len, 0);
	}
}

/* Its configuration is what counts. */
static void
test_aac(void **state)
{
	static const struct {
		const char *sdp;
		int rate, channels;
		size_t len;
		const char *config;
	} cases[] = {
		{ MAP("mpeg4-generic/16000") FMTP("mode=AAC-hbr;config=1408"),
		    16000, 1, 2, "\x14\x08" },
		{ MAP("MPEG4-GENERIC/48000/1") FMTP("config=\"1190\""),
		    48000, 2, 2, "\x11\x90" },
		/* SBR that is told of, on 24000 samples */
		{ MAP("MPEG4-GENERIC/48000/2") FMTP("config=2B118800"),
		    24000, 2, 4, "\x2b\x11\x88\0" },
		/* The frames say the channels. */
		{ MAP("MPEG4-GENERIC/48000/6") FMTP("config=1180"),
		    48000, 6, 2, "\x11\x80" },
		{ MAP("MP4A-LATM/16000") FMTP("cpresent=0;config=40002810"),
		    16000, 1, 2, "\x14\x08" },
		{ MAP("MP4A-LATM/44100") FMTP("config=400024203fc0"),
		    44100, 2, 2, "\x12\x10" },
		/* with what tells that there is no SBR, as GStreamer has it,
		 * and that there is, and PS */
		{ MAP("MP4A-LATM/48000") FMTP("config=40002310adca00"),
		    48000, 1, 5, "\x11\x88\x56\xe5\0" },
		{ MAP("MP4A-LATM/24000") FMTP("config=40002610adcb3a911fe0"),
		    24000, 1, 7, "\x13\x08\x56\xe5\x9d\x48\x80" },
		{ MAP("MP4A-LATM/48000/2") FMTP("cpresent=1"), 48000, 2, 0,
		    "" },
		{ MAP("MP4A-LATM/48000/2"), 48000, 2, 0, "" },
		{ MAP("MP4A-LATM/90000") FMTP("cpresent=1;config=40002810"),
		    16000, 1, 0, "" },
	};
	struct sound_format s;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_string_equal(read_sound(cases[i].sdp, &s), "");
		assert_string_equal(s.coder, "aac");
		assert_int_equal(s.rate, cases[i].rate);
		assert_int_equal(s.channels, cases[i].channels);
		assert_int_equal(s.config_len, cases[i].len);
		assert_memory_equal(s.config, cases[i].config, cases[i].len);
	}
}

static void
test_what_is_not_decoded(void **state)
{
	static const struct {
		const char *sdp, *note;
	} cases[] = {
		{ MAP("vorbis/44100/2"), NOTE("vorbis at 44100 Hz") },
		{ MAP("speex/8000"), NOTE("SPEEX at 8000 Hz") },
		{ MAP("enc-mpeg4-generic/8000"),
		    NOTE("ENC-MPEG4-GENERIC at 8000 Hz") },
		{ "m=audio 0 RTP/AVP 99\n", NOTE("of an unknown kind") },
		{ MAP("opus/48000/6"), NOTE("opus at 48000 Hz") },
		{ MAP("opus/16000"), NOTE("opus at 16000 Hz") },
		{ MAP("G722/16000"), NOTE("g722 at 16000 Hz") },
		{ MAP("G722/8000/2"), NOTE("g722 at 8000 Hz") },
		{ MAP("G726-32/16000"), NOTE("g726 at 16000 Hz") },
		{ MAP("L16"), NOTE("L16") },
		{ MAP("L16/3999"), NOTE("L16 at 3999 Hz") },
		{ MAP("L16/192001"), NOTE("L16 at 192001 Hz") },
		{ MAP("L16/48000/9"), NOTE("L16 at 48000 Hz") },
		{ MAP("MPA/90000/3"), NOTE("mp3") },
		{ MAP("MPA"), NOTE("mp3") },
		{ MAP("MPEG4-GENERIC/16000"), NO_CONFIG },
		{ MAP("MPEG4-GENERIC/16000") FMTP("config="), NO_CONFIG },
		{ MAP("MP4A-LATM/16000") FMTP("cpresent=0"), NO_CONFIG },
		{ MAP("MPEG4-GENERIC") FMTP("config=1408"), NOTE("aac") },
		{ MAP("MPEG4-GENERIC/16000") FMTP("config=14"),
		    NOTE("aac at 16000 Hz") },
		{ MAP("MPEG4-GENERIC/16000") FMTP("config=140"),
		    NOTE("aac at 16000 Hz") },
		{ MAP("MPEG4-GENERIC/16000") FMTP("config=14x8"),
		    NOTE("aac at 16000 Hz") },
		/* USAC */
		{ MAP("MPEG4-GENERIC/48000") FMTP("config=F9464000"),
		    NOTE("aac at 48000 Hz") },
		{ MAP("MP4A-LATM/16000") FMTP("config=4000281x"),
		    NOTE("aac at 16000 Hz") },
		/* two programs */
		{ MAP("MP4A-LATM/16000") FMTP("config=4008281000"),
		    NOTE("aac at 16000 Hz") },
	};
	struct sound_format s;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_string_equal(read_sound(cases[i].sdp, &s),
		    cases[i].note);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_decoded),
		cmocka_unit_test(test_aac),
		cmocka_unit_test(test_what_is_not_decoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
