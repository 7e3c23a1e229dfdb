#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sdp_answers.h"

static char *
answer_text(const struct sdp_offer *o, enum media_codec audio)
{
	struct sdp_choice c = { 0 };
	struct error err = { "" };
	struct sdp_answer a = answer_to(o, &c);

	a.audio = audio;
	assert_int_equal(sdp_choose(o, &unknown, &c, &err), 0);
	return sdp_write_answer(&a);
}

static void
assert_choices_equal(const struct sdp_choice *a, const struct sdp_choice *b)
{
	assert_int_equal(a->video_media, b->video_media);
	assert_int_equal(a->audio_media, b->audio_media);
	assert_memory_equal(&a->types, &b->types, sizeof a->types);
	assert_int_equal(a->video, b->video);
	assert_int_equal(a->rtx, b->rtx);
	assert_int_equal(a->abs_send_time, b->abs_send_time);
	assert_int_equal(a->transport_cc, b->transport_cc);
	assert_int_equal(a->audio_transport_cc, b->audio_transport_cc);
	assert_int_equal(a->nack, b->nack);
	assert_int_equal(a->remb, b->remb);
}

static void
test_known_choices(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KNOWN; i++) {
		struct sdp_offer *o = parse_fixture(known[i].name);
		struct sdp_choice c;
		struct error err = { "" };

		print_message("%s\n", known[i].name);
		assert_int_equal(sdp_choose(o, &unknown, &c, &err),
		    0);
		assert_choices_equal(&c, &known[i].choice);
		sdp_offer_free(o);
	}
}

static void
expect_no_choice(struct sdp_offer *o, const char *want)
{
	struct sdp_choice c;
	struct error err = { "" };

	assert_int_equal(sdp_choose(o, &unknown, &c, &err), -1);
	assert_string_equal(err.text, want);
	assert_int_equal(c.video_media, -1);
	sdp_offer_free(o);
}

static void
test_no_common_codec(void **state)
{
	(void)state;
	expect_no_choice(parse_fixture("no-h264"),
	    "the offer has no H264 or H265 video (it has VP8, VP9, AV1)");
	expect_no_choice(parse(HEAD KEYS "m=audio 9 UDP/TLS/RTP/SAVPF 0\n"),
	    "the offer does not ask for video");
	expect_no_choice(parse(HEAD KEYS "a=sendonly\n"
	    "m=video 9 UDP/TLS/RTP/SAVPF 96\na=rtpmap:96 H264/90000\n"),
	    "the offer does not ask for video");
	expect_no_choice(parse(HEAD KEYS "m=video 9 UDP/TLS/RTP/SAVPF 96 97\n"
	    "a=rtpmap:96 H264\na=rtpmap:97 H264/8000\na=recvonly\n"),
	    "the offer has no H264 or H265 video (it has H264)");
	expect_no_choice(parse(HEAD KEYS "m=video 9 UDP/TLS/RTP/SAVPF 96\n"),
	    "the offer has no H264 or H265 video (it has no codec we know)");
}

static void
test_names_of_a_refusal_are_bounded(void **state)
{
	char *text = xasprintf(HEAD KEYS "m=video 9 UDP/TLS/RTP/SAVPF 0 1 2 3 4"
	    " 5 6 8\na=rtpmap:0 red/90000\na=rtpmap:8 VP8/90000\n"), *longer;

	(void)state;
	for (int i = 1; i <= 6; i++) {
		longer = xasprintf("%sa=rtpmap:%d a-name-of-20-bytes-%d/1\n",
		    text, i, i);
		free(text);
		text = longer;
	}
	/* Of 128 bytes five names and their commas take 108. */
	expect_no_choice(parse(text), "the offer has no H264 or H265 video "
	    "(it has a-name-of-20-bytes-1, a-name-of-20-bytes-2, "
	    "a-name-of-20-bytes-3, a-name-of-20-bytes-4, "
	    "a-name-of-20-bytes-5, VP8)");
	free(text);
}

static void
test_the_first_sound_that_we_know_is_chosen(void **state)
{
	struct sdp_offer *o = parse(HEAD KEYS "a=group:BUNDLE v a b c\n" VIDEO
	    "m=audio 9 UDP/TLS/RTP/SAVPF 101\na=mid:a\n"
	    "a=rtpmap:101 telephone-event/8000\n"
	    "m=audio 9 UDP/TLS/RTP/SAVPF 0\na=mid:b\n"
	    "m=audio 9 UDP/TLS/RTP/SAVPF 8\na=mid:c\n");
	struct sdp_choice c;
	struct error err;

	(void)state;
	assert_int_equal(sdp_choose(o, &unknown, &c, &err), 0);
	assert_int_equal(c.audio_media, 2);
	assert_int_equal(c.types.pt[MEDIA_PCMU], 0);
	assert_int_equal(c.types.pt[MEDIA_PCMA], -1);
	sdp_offer_free(o);
}

static void
expect_profile(int profile, const char *attributes, int want)
{
	char *text = xasprintf(HEAD KEYS "m=video 9 UDP/TLS/RTP/SAVPF 96 97 "
	    "98\na=rtpmap:96 H264/90000\na=rtpmap:97 h264/90000\n"
	    "a=rtpmap:98 H264/90000\n%s", attributes);
	const struct media_description camera = { .video = MEDIA_H264,
		.profile = profile };
	struct sdp_offer *o = parse(text);
	struct sdp_choice c;
	struct error err;

	assert_int_equal(sdp_choose(o, &camera, &c, &err), 0);
	assert_int_equal(c.types.pt[MEDIA_H264], want);
	assert_int_equal(c.audio_media, -1);
	sdp_offer_free(o);
	free(text);
}

static void
expect_h264(const char *attributes, int want)
{
	expect_profile(0, attributes, want);
}

static void
test_h264_preference(void **state)
{
	(void)state;
	expect_h264("", 96);
	expect_h264("a=fmtp:97 packetization-mode=1\n", 97);
	expect_h264("a=fmtp:97 profile-level-id=42e01f\n"
	    "a=fmtp:98 Packetization-Mode=1\n", 98);
	expect_h264("a=fmtp:96 packetization-mode=1;profile-level-id=640c1f\n"
	    "a=fmtp:98 profile-level-id=42E01F; packetization-mode=1\n", 98);
	expect_h264("a=fmtp:97 packetization-mode=10\n", 96);
	expect_h264("a=fmtp:97 xpacketization-mode=1\n", 96);
	expect_h264("a=fmtp:97 packetization-mode\n", 96);
}

#define THREE	"a=fmtp:96 packetization-mode=1;profile-level-id=%s\n" \
	"a=fmtp:97 packetization-mode=1 ;profile-level-id=%s ;x=1\n" \
	"a=fmtp:98 profile-level-id=%s; packetization-mode=1\n"

/* The camera's own profile is chosen where it is offered. */
static void
test_h264_profile(void **state)
{
	static const struct {
		int profile;
		const char *offered[3];
		int want;
	} cases[] = {
		{ 0x64, { "42e01f", "640c1f", "4d001f" }, 97 },
		{ 0x64, { "42e01f", "4d001f", "64001F" }, 98 },
		{ 0x64, { "4d001f", "42e01f", "f4001f" }, 97 },
		{ 0x4d, { "42e01f", "42001f", "4D001f" }, 98 },
		{ 0x42, { "42001f", "42e01f", "4d001f" }, 97 },
		{ 0x42, { "4d001f", "64001f", "42001f" }, 98 },
		{ 0x6e, { "4d001f", "42e01f", "64001f" }, 97 },
		{ 0x64, { "64", "6400", "64001g" }, 98 },
		{ 0x64, { "x4001f", "42e01f", "6400 1f" }, 97 },
		{ 0, { "00001f", "42e01f", "64001f" }, 97 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *const *o = cases[i].offered;
		char *text = xasprintf(THREE, o[0], o[1], o[2]);

		expect_profile(cases[i].profile, text, cases[i].want);
		free(text);
	}
	/* Fragments come first: another mode may not take them at all. */
	expect_profile(0x64, "a=fmtp:96 profile-level-id=64001f\n"
	    "a=fmtp:97 packetization-mode=1;profile-level-id=42e01f\n", 97);
}

/* The payload type for an H265 camera of this profile, tier and level; -1 with
 * the reason if there is none. */
static int
h265_type(const char *attributes, int profile, int tier, int level,
    struct error *err)
{
	char *text = xasprintf(HEAD KEYS "m=video 9 UDP/TLS/RTP/SAVPF 96 97 "
	    "98\na=rtpmap:96 H264/90000\na=rtpmap:97 H265/90000\n"
	    "a=rtpmap:98 H265/90000\n%s", attributes);
	const struct media_description camera = { .video = MEDIA_H265,
		.profile = profile, .tier = tier, .level = level };
	struct sdp_offer *o = parse(text);
	struct sdp_choice c;
	int type = -1;

	if (sdp_choose(o, &camera, &c, err) == 0) {
		assert_int_equal(c.video, MEDIA_H265);
		assert_int_equal(c.types.pt[MEDIA_H264], -1);
		type = c.types.pt[MEDIA_H265];
	}
	sdp_offer_free(o);
	free(text);
	return type;
}

/* Chromium's, with hardware for it. */
#define CHROMIUM_265 \
	"a=fmtp:97 level-id=150;profile-id=1;tier-flag=0;tx-mode=SRST\n" \
	"a=fmtp:98 level-id=150;profile-id=2;tier-flag=0;tx-mode=SRST\n"

static void
test_h265_profile(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(h265_type(CHROMIUM_265, 1, 0, 93, &err), 97);
	assert_int_equal(h265_type(CHROMIUM_265, 2, 0, 93, &err), 98);
	assert_int_equal(h265_type(CHROMIUM_265, 0, 0, 0, &err), 97);
	/* A higher level is no reason for a refusal. */
	assert_int_equal(h265_type(CHROMIUM_265, 2, 0, 183, &err), 98);
	assert_int_equal(h265_type("", 1, 0, 183, &err), 97);
	assert_int_equal(h265_type("a=fmtp:98 level-id=153\n", 1, 0, 153,
	    &err), 98);
	assert_int_equal(h265_type(CHROMIUM_265, 3, 0, 93, &err), -1);
	assert_string_equal(err.text, "the offer has no H265 video of the "
	    "camera's profile (3, tier 0)");
	assert_int_equal(h265_type(CHROMIUM_265, 1, 1, 93, &err), -1);
	assert_int_equal(h265_type("a=fmtp:98 tier-flag=1\n", 1, 1, 93, &err),
	    98);
}

/* An H265 camera's viewer gets it with the parameters that were offered; who
 * has none is told so. */
static void
test_h265_answer(void **state)
{
	static const struct media_description camera = { .video = MEDIA_H265,
		.audio = MEDIA_NONE, .profile = 1, .level = 93 };
	struct sdp_offer *o = parse_fixture("safari");
	struct sdp_choice c;
	struct error err;
	char *text;

	(void)state;
	assert_int_equal(sdp_choose(o, &camera, &c, &err), 0);
	assert_int_equal(c.types.pt[MEDIA_H265], 104);
	assert_int_equal(sdp_choose(o, &unknown, &c, &err), 0);
	assert_int_equal(c.video, MEDIA_H264);
	sdp_offer_free(o);
	o = parse(HEAD KEYS "m=video 9 UDP/TLS/RTP/SAVPF 49\na=mid:v\n"
	    "a=rtpmap:49 H265/90000\na=fmtp:49 level-id=180;profile-id=1;"
	    "tier-flag=0;tx-mode=SRST\n");
	text = answer_text(o, MEDIA_UNKNOWN);
	assert_non_null(strstr(text, "\r\na=rtpmap:49 H265/90000\r\na=fmtp:49 "
	    "level-id=180;profile-id=1;tier-flag=0;tx-mode=SRST\r\n"));
	free(text);
	sdp_offer_free(o);
	o = parse_fixture("chromium");
	assert_int_equal(sdp_choose(o, &camera, &c, &err), -1);
	assert_string_equal(err.text, "the offer has no H265 video (it has "
	    "VP8, VP9, H264, AV1)");
	sdp_offer_free(o);
}

static void
test_one_transport(void **state)
{
	struct sdp_offer *o;
	char *text;

	(void)state;
	/* Without a bundle only the video can be served, by its own keys. */
	o = parse(HEAD "m=audio 9 UDP/TLS/RTP/SAVPF 0\na=mid:a\na=recvonly\n"
	    "a=ice-ufrag:wrong\na=ice-pwd:wrong\n" VIDEO KEYS);
	assert_string_equal(o->ufrag, "abcd");
	text = answer_text(o, MEDIA_UNKNOWN);
	assert_null(strstr(text, "BUNDLE"));
	assert_non_null(strstr(text, "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\n"));
	assert_non_null(strstr(text, "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n"));
	assert_true(strstr(text, "a=candidate") > strstr(text, "m=video"));
	free(text);
	sdp_offer_free(o);
	/* A rejected section gives no keys to the bundle. */
	o = parse(HEAD "a=group:BUNDLE v a\n"
	    "m=audio 0 UDP/TLS/RTP/SAVPF 0\na=mid:a\na=recvonly\n"
	    "a=ice-ufrag:wrong\na=ice-pwd:wrong\n" VIDEO KEYS);
	assert_string_equal(o->ufrag, "abcd");
	text = answer_text(o, MEDIA_UNKNOWN);
	assert_non_null(strstr(text, "a=group:BUNDLE v\r\n"));
	free(text);
	sdp_offer_free(o);
}

static void
test_answer_text(void **state)
{
	struct sdp_offer *o = parse_fixture("webrtcbin");
	char *text = answer_text(o, MEDIA_OPUS);

	(void)state;
	assert_string_equal(text,
	    "v=0\r\no=- 77 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
	    "a=group:BUNDLE video0 audio1\r\na=msid-semantic:WMS *\r\n"
	    "a=ice-options:trickle\r\n"
	    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\n"
	    "a=mid:video0\r\n"
	    "a=ice-ufrag:ourU\r\na=ice-pwd:ourpwdourpwdourpwdourpwd\r\n"
	    "a=fingerprint:sha-256 " PRINT "\r\na=setup:active\r\n"
	    "a=sendonly\r\na=rtcp-mux\r\na=rtcp-rsize\r\n"
	    "a=rtpmap:96 H264/90000\r\n"
	    "a=fmtp:96 packetization-mode=1;profile-level-id=42e01f\r\n"
	    "a=rtcp-fb:96 ccm fir\r\na=rtcp-fb:96 nack pli\r\n"
	    "a=msid:lull lull-video\r\na=ssrc:1001 cname:cn\r\n"
	    "a=candidate:1 1 UDP 2130706431 192.0.2.1 50000 typ host\r\n"
	    "a=candidate:2 1 UDP 2130706175 2001:db8::1 50000 typ host\r\n"
	    "m=audio 9 UDP/TLS/RTP/SAVPF 97\r\nc=IN IP4 0.0.0.0\r\n"
	    "a=mid:audio1\r\n"
	    "a=ice-ufrag:ourU\r\na=ice-pwd:ourpwdourpwdourpwdourpwd\r\n"
	    "a=fingerprint:sha-256 " PRINT "\r\na=setup:active\r\n"
	    "a=sendonly\r\na=rtcp-mux\r\na=rtcp-rsize\r\n"
	    "a=rtpmap:97 OPUS/48000/2\r\n"
	    "a=msid:lull lull-audio\r\na=ssrc:4294967295 cname:cn\r\n");
	free(text);
	sdp_offer_free(o);
}

/* It is said once, of the session (RFC 8839, section 5.3), or not at all. */
static void
test_ice_lite(void **state)
{
	struct sdp_offer *o = parse_fixture("webrtcbin");
	struct sdp_choice c = { 0 };
	struct sdp_answer a = answer_to(o, &c);
	struct error err;
	char *text;

	(void)state;
	assert_int_equal(sdp_choose(o, &unknown, &c, &err), 0);
	for (int lite = 0; lite < 2; lite++) {
		a.lite = lite;
		text = sdp_write_answer(&a);
		assert_int_equal(count(text, "ice-lite"), lite);
		assert_int_equal(count(text, "\r\na=ice-lite\r\n"), lite);
		assert_true(lite == 0 || strstr(text, "a=ice-lite") <
		    strstr(text, "m=video"));
		free(text);
	}
	sdp_offer_free(o);
}

/* A second video is in the bundle and not served; its codec has no name. */
static void
test_an_answer_by_the_passive_side(void **state)
{
	struct sdp_offer *o = parse(HEAD KEYS "a=group:BUNDLE v w\n" VIDEO
	    "m=video 9 UDP/TLS/RTP/SAVPF 100 101\na=mid:w\n"
	    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\n");
	struct sdp_choice c = { 0 };
	struct sdp_answer a = answer_to(o, &c);
	struct error err;
	char *text;

	(void)state;
	a.active = false;
	a.candidates = NULL;
	assert_int_equal(sdp_choose(o, &unknown, &c, &err), 0);
	text = sdp_write_answer(&a);
	assert_int_equal(count(text, "a=setup:passive\r\n"), 3);
	assert_int_equal(count(text, "a=candidate"), 0);
	assert_int_equal(count(text, "m=video 9 UDP/TLS/RTP/SAVPF 100\r\n"), 1);
	assert_int_equal(count(text, "a=mid:"), 2);
	assert_int_equal(count(text, "a=inactive\r\n"), 2);
	assert_int_equal(count(text, "a=rtpmap:"), 1);
	assert_int_equal(count(text, "a=rtpmap:96 H264/90000\r\n"), 1);
	assert_int_equal(count(text, "a=ssrc:1001 "), 1);
	assert_int_equal(count(text, "a=msid:"), 1);
	free(text);
	sdp_offer_free(o);
}

/* Every client's offer is answered section by section, each of them with
 * what the transport needs, and by nothing that was not offered. */
static void
test_every_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KNOWN; i++) {
		struct sdp_offer *o = parse_fixture(known[i].name);
		char *text = answer_text(o, MEDIA_UNKNOWN), *at = text;

		print_message("%s\n", known[i].name);
		for (int k = 0; k < o->n_media; k++) {
			char *line = xasprintf("\r\nm=%s ", o->media[k].kind);

			assert_non_null(at = strstr(at, line));
			at += 2;
			free(line);
		}
		assert_null(strstr(at, "\r\nm="));
		assert_int_equal(count(text, "a=ice-ufrag:ourU\r\n"),
		    o->n_media);
		assert_int_equal(count(text, "a=ice-pwd:"), o->n_media);
		assert_int_equal(count(text, "a=fingerprint:"), o->n_media);
		assert_int_equal(count(text, "a=setup:active"), o->n_media);
		assert_int_equal(count(text, "a=mid:"), o->n_media);
		assert_int_equal(count(text, " H264/90000\r\n"), 1);
		assert_int_equal(count(text, "a=candidate:"), 2);
		assert_int_equal(count(text, "end-of-candidates"), 0);
		assert_int_equal(count(text, "rtx"), 0);
		assert_int_equal(count(text, "a=sendonly"), 2);
		free(text);
		sdp_offer_free(o);
	}
}

/* Compares the m= lines of an answer. */
static void
expect_sections(const char *fixture, enum media_codec audio, const char *want)
{
	struct sdp_offer *o = parse_fixture(fixture);
	char *text = answer_text(o, audio), got[512] = "";

	for (char *at = text; (at = strstr(at, "\r\nm=")) != NULL; ) {
		at += 4;
		strncat(got, at, strcspn(at, "\r"));
		strcat(got, strstr(at, "a=inactive") != NULL &&
		    (strstr(at, "m=") == NULL ||
		    strstr(at, "a=inactive") < strstr(at, "m=")) ?
		    " inactive\n" : "\n");
	}
	assert_string_equal(got, want);
	free(text);
	sdp_offer_free(o);
}

static void
test_answer_sections(void **state)
{
	(void)state;
	expect_sections("chromium", MEDIA_UNKNOWN,
	    "audio 9 UDP/TLS/RTP/SAVPF 111 9 0 8\n"
	    "video 9 UDP/TLS/RTP/SAVPF 108\n");
	expect_sections("chromium", MEDIA_PCMA,
	    "audio 9 UDP/TLS/RTP/SAVPF 8\n"
	    "video 9 UDP/TLS/RTP/SAVPF 108\n");
	expect_sections("chromium", MEDIA_G722,
	    "audio 9 UDP/TLS/RTP/SAVPF 9\n"
	    "video 9 UDP/TLS/RTP/SAVPF 108\n");
	expect_sections("chromium", MEDIA_NONE,
	    "audio 9 UDP/TLS/RTP/SAVPF 111 inactive\n"
	    "video 9 UDP/TLS/RTP/SAVPF 108\n");
	expect_sections("webrtcbin", MEDIA_PCMU,	/* it has none */
	    "video 9 UDP/TLS/RTP/SAVPF 96\n"
	    "audio 9 UDP/TLS/RTP/SAVPF 97 inactive\n");
	expect_sections("chromium-datachannel", MEDIA_OPUS,
	    "audio 9 UDP/TLS/RTP/SAVPF 111\n"
	    "video 9 UDP/TLS/RTP/SAVPF 108\n"
	    "application 0 UDP/DTLS/SCTP webrtc-datachannel inactive\n");
	expect_sections("chromium-mic", MEDIA_OPUS,
	    "audio 9 UDP/TLS/RTP/SAVPF 111\n"
	    "video 9 UDP/TLS/RTP/SAVPF 108\n"
	    "audio 9 UDP/TLS/RTP/SAVPF 111 inactive\n");
}

static void
test_answer_bundle(void **state)
{
	struct sdp_offer *o = parse_fixture("chromium-datachannel");
	char *text = answer_text(o, MEDIA_OPUS);

	(void)state;
	assert_non_null(strstr(text, "a=group:BUNDLE 0 1\r\n"));
	assert_non_null(strstr(text, "a=extmap-allow-mixed\r\n"));
	assert_int_equal(count(text, "a=sctp-port:5000\r\n"), 1);
	free(text);
	sdp_offer_free(o);
	/* Feedback and reduced size were not offered. */
	o = parse(HEAD KEYS VIDEO);
	text = answer_text(o, MEDIA_NONE);
	assert_null(strstr(text, "rtcp-fb"));
	assert_null(strstr(text, "rtcp-rsize"));
	assert_null(strstr(text, "allow-mixed"));
	free(text);
	sdp_offer_free(o);
	/* A section without a name is answered without one. */
	o = parse(HEAD KEYS "m=video 9 UDP/TLS/RTP/SAVPF 96\n"
	    "a=rtpmap:96 H264/90000\n");
	text = answer_text(o, MEDIA_NONE);
	assert_null(strstr(text, "a=mid"));
	free(text);
	sdp_offer_free(o);
}

/* Cut anywhere and with bytes changed, an offer is refused or answered. */
static void
try_offer(const char *bytes, size_t len)
{
	char *text = xmemdup(bytes, len);
	struct error err;
	struct sdp_offer *o = sdp_parse_offer(text, len, &err);
	struct sdp_choice c = { 0 };
	struct sdp_answer a = answer_to(o, &c);

	a.rtx_ssrc = 2002;
	if (o != NULL && sdp_choose(o, &unknown, &c, &err) == 0)
		free(sdp_write_answer(&a));
	sdp_offer_free(o);
	free(text);
}

static void
test_damaged(void **state)
{
	unsigned seed = 7;

	(void)state;
	for (size_t i = 0; i < N_KNOWN; i++) {
		char *path = xasprintf("sdp/%s.sdp", known[i].name);
		size_t len;
		char *text = (char *)fixture_read(path, &len);

		for (size_t cut = 0; cut < len; cut += 7)
			try_offer(text, cut);
		for (int round = 0; round < 500; round++) {
			size_t at = (seed = seed * 1103515245 + 12345) % len;
			char was = text[at];

			text[at] = seed >> 20;
			try_offer(text, len);
			text[at] = was;
		}
		free(text);
		free(path);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_choices),
		cmocka_unit_test(test_no_common_codec),
		cmocka_unit_test(test_names_of_a_refusal_are_bounded),
		cmocka_unit_test(test_the_first_sound_that_we_know_is_chosen),
		cmocka_unit_test(test_h264_preference),
		cmocka_unit_test(test_h264_profile),
		cmocka_unit_test(test_h265_profile),
		cmocka_unit_test(test_h265_answer),
		cmocka_unit_test(test_one_transport),
		cmocka_unit_test(test_answer_text),
		cmocka_unit_test(test_ice_lite),
		cmocka_unit_test(test_an_answer_by_the_passive_side),
		cmocka_unit_test(test_every_answer),
		cmocka_unit_test(test_answer_sections),
		cmocka_unit_test(test_answer_bundle),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests_name("sdp_answer", tests, NULL, NULL);
}
