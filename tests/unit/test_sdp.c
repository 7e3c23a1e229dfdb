/*
 * Offers in fixtures/sdp:
 *	chromium*	captured from Chromium 156: video and audio to receive
 *			(candidates gathered), with a data channel, and with
 *			a microphone as a third section under max-bundle
 *	aiortc		captured from aiortc 1.4.0: credentials per section
 *	webrtcbin	captured from GStreamer 1.22 under max-bundle: the
 *			second section has port 0 and bundle-only
 *	werift		captured from werift 0.24: candidates before ufrag
 *	firefox		written by hand after what Firefox sends: attributes
 *			at session level, no candidates
 *	safari		written by hand after what Safari sends: High and
 *			baseline in both packetization modes, H265
 *	no-h264, truncated, no-ufrag, no-fingerprint
 *			made from chromium by leaving that out
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../worker/sdp.h"
#include "fixture.h"

#define PRINT	"11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:" \
		"11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00"
#define HEAD	"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
#define KEYS	"a=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdef012345\r\n" \
		"a=fingerprint:sha-256 " PRINT "\r\n"
#define VIDEO	"m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:v\r\na=recvonly\r\n" \
		"a=rtpmap:96 H264/90000\r\n"

static struct sdp_offer *
parse(const char *text)
{
	char err[256] = "";
	struct sdp_offer *o = sdp_parse_offer(text, strlen(text), err,
	    sizeof err);

	if (o == NULL)
		print_error("%s\n", err);
	assert_non_null(o);
	return o;
}

static void
expect_error(const char *text, size_t len, const char *want)
{
	char err[256] = "";

	assert_null(sdp_parse_offer(text, len, err, sizeof err));
	assert_string_equal(err, want);
}

#define EXPECT_ERROR(text, want) expect_error(text, sizeof text - 1, want)

static struct sdp_offer *
parse_fixture(const char *name)
{
	size_t len;
	char *path = xasprintf("sdp/%s.sdp", name);
	char *text = (char *)fixture_read(path, &len);
	struct sdp_offer *o = parse(text);

	free(text);
	free(path);
	return o;
}

static struct sdp_answer
answer_to(const struct sdp_offer *o, const struct sdp_choice *c)
{
	static const char *const candidates[] = {
		"candidate:1 1 UDP 2130706431 192.0.2.1 50000 typ host",
		"candidate:2 1 UDP 2130706175 2001:db8::1 50000 typ host", NULL
	};

	return (struct sdp_answer) {
		.offer = o, .choice = c, .audio = MEDIA_H264, .origin = 77,
		.ufrag = "ourU", .pwd = "ourpwdourpwdourpwdourpwd",
		.fingerprint = PRINT, .active = true, .video_ssrc = 1001,
		.audio_ssrc = 4294967295, .cname = "cn",
		.candidates = candidates,
	};
}

static char *
answer_text(const struct sdp_offer *o, enum media_codec audio)
{
	struct sdp_choice c;
	char err[256] = "";
	struct sdp_answer a = answer_to(o, &c);

	a.audio = audio;
	assert_int_equal(sdp_choose(o, &c, err, sizeof err), 0);
	return sdp_write_answer(&a);
}

static const struct known {
	const char *name, *ufrag, *pwd, *print;
	int n_media, n_candidates;
	struct sdp_choice choice;
} known[] = {
	{ "chromium", "ba6q", "ieg15dJbWsVhSuRoeGw9pOjr", NULL, 2, 4,
	    { 1, 0, 108, 111, 0, 8 } },
	{ "chromium-datachannel", "p0J3", "ZM1sEbkTJDt/+0UtjeyPkZB7", NULL,
	    3, 0, { 1, 0, 108, 111, 0, 8 } },
	{ "chromium-mic", "i3b5", "2IHOXGF/IVhCW1+pxMb+5toc",
	    "BC:26:3F:5C:80:F1:B4:51", 3, 0, { 1, 0, 108, 111, 0, 8 } },
	{ "aiortc", "mH2q", "FLqsRs933AHaV7zCI7vsYN",
	    "A7:C5:20:CB:E8:D9:C9:65", 2, 2, { 1, 0, 101, 96, 0, 8 } },
	{ "webrtcbin", "ESvpePqWe788LZs+e1YSI/nhCSD7YKs0",
	    "fAwKpKaaFLkL+BFLHEtJnpaHwRGcBsL9", "54:31:11:41:8A:FA:81:0A", 2,
	    9, { 0, 1, 96, 97, -1, -1 } },
	{ "werift", "1eec", "67ad14f860d0abd93f7005",
	    "0C:E7:B4:B7:1E:1B:2A:26", 2, 4, { 0, 1, 98, 96, 97, -1 } },
	{ "firefox", "7be1a04c", "0d6f3c1be8254a97b3107fe2c94d5a68",
	    "6E:2B:09:F3:51:C8:7D:A4", 2, 0, { 0, 1, 126, 109, 0, 8 } },
	{ "safari", "Zk9T", "u2Rb0Q/nY7wLxPc+3sEdVf6J",
	    "B1:40:7F:E5:22:9A:C3:68", 2, 0, { 0, 1, 98, 111, 0, 8 } },
};
#define N_KNOWN	(sizeof known / sizeof known[0])

static void
test_known_offers(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KNOWN; i++) {
		const struct known *k = &known[i];
		struct sdp_offer *o = parse_fixture(k->name);
		struct sdp_choice c;
		char err[256] = "";

		print_message("%s\n", k->name);
		assert_int_equal(o->n_media, k->n_media);
		assert_int_equal(o->n_candidates, k->n_candidates);
		assert_string_equal(o->ufrag, k->ufrag);
		assert_string_equal(o->pwd, k->pwd);
		assert_string_equal(o->hash, "sha-256");
		assert_int_equal(strlen(o->fingerprint), 95);
		if (k->print != NULL)
			assert_memory_equal(o->fingerprint, k->print, 23);
		assert_int_equal(o->setup, SDP_ACTPASS);
		assert_false(o->ice_lite);
		assert_int_equal(sdp_choose(o, &c, err, sizeof err), 0);
		assert_memory_equal(&c, &k->choice, sizeof c);
		sdp_offer_free(o);
	}
}

static void
test_candidates(void **state)
{
	struct sdp_offer *o = parse_fixture("aiortc");

	(void)state;
	/* Those of the first section alone: the other has another ufrag. */
	assert_string_equal(o->candidates[0],
	    "candidate:f957a2332b1715da3b0ef8ba684454eb 1 udp 2130706431 "
	    "192.0.2.2 54602 typ host");
	sdp_offer_free(o);
	o = parse_fixture("werift");
	assert_string_equal(o->candidates[3],
	    "candidate:9c29a2bc887618212a1623bfa 1 udp 2116026367 fd00::2 "
	    "40709 typ host generation 0 ufrag 1eec");
	sdp_offer_free(o);
}

static void
test_candidate_limit(void **state)
{
	char *text = xcalloc(1, SDP_MAX_LEN);
	struct sdp_offer *o;

	(void)state;
	strcpy(text, HEAD VIDEO KEYS);
	for (int i = 0; i < 200; i++)	/* each twice */
		sprintf(text + strlen(text), "a=candidate:%d x\n", i / 2);
	o = parse(text);
	assert_int_equal(o->n_candidates, SDP_MAX_CANDIDATES);
	assert_string_equal(o->candidates[63], "candidate:63 x");
	sdp_offer_free(o);
	free(text);
}

static void
test_section_details(void **state)
{
	struct sdp_offer *o = parse_fixture("chromium-mic");
	const struct sdp_media *m = &o->media[1];

	(void)state;
	assert_true(o->allow_mixed);
	assert_string_equal(m->kind, "video");
	assert_string_equal(m->protocol, "UDP/TLS/RTP/SAVPF");
	assert_string_equal(m->mid, "1");
	assert_true(m->wants && m->bundled && m->rsize && !m->rejected);
	assert_int_equal(m->n_codecs, 34);
	assert_int_equal(m->codecs[0].payload_type, 96);
	assert_string_equal(m->codecs[0].name, "VP8");
	assert_true(m->codecs[0].nack_pli && m->codecs[0].ccm_fir);
	assert_string_equal(m->codecs[1].fmtp, "apt=96");
	assert_false(m->codecs[1].nack_pli || m->codecs[1].ccm_fir);
	assert_string_equal(o->media[0].codecs[0].name, "opus");
	assert_int_equal(o->media[0].codecs[0].channels, 2);
	assert_int_equal(o->media[0].codecs[0].clock, 48000);
	assert_true(o->media[0].wants);
	assert_false(o->media[2].wants);	/* the microphone sends */
	assert_false(o->media[2].rejected);
	sdp_offer_free(o);
	o = parse_fixture("chromium-datachannel");
	assert_string_equal(o->media[2].kind, "application");
	assert_true(o->media[2].rejected);
	assert_string_equal(o->media[2].formats, "webrtc-datachannel");
	sdp_offer_free(o);
	o = parse_fixture("webrtcbin");
	assert_true(o->media[1].wants);		/* port 0, but bundle-only */
	assert_false(o->allow_mixed);
	sdp_offer_free(o);
}

static void
test_negative_fixtures(void **state)
{
	static const char *const cases[][2] = {
		{ "truncated", "line 16: a=fingerprint is not one of sha-256" },
		{ "no-ufrag",
		    "line 8: no a=ice-ufrag and a=ice-pwd for this m=" },
		{ "no-fingerprint", "line 8: no a=fingerprint for this m=" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *path = xasprintf("sdp/%s.sdp", cases[i][0]);
		size_t len;
		uint8_t *text = fixture_read(path, &len);

		expect_error((char *)text, len, cases[i][1]);
		free(text);
		free(path);
	}
}

static void
expect_no_choice(struct sdp_offer *o, const char *want)
{
	struct sdp_choice c;
	char err[256] = "";

	assert_int_equal(sdp_choose(o, &c, err, sizeof err), -1);
	assert_string_equal(err, want);
	assert_int_equal(c.video_media, -1);
	sdp_offer_free(o);
}

static void
test_no_common_codec(void **state)
{
	(void)state;
	expect_no_choice(parse_fixture("no-h264"),
	    "the offer has no H264 video (it has VP8, VP9, AV1)");
	expect_no_choice(parse(HEAD KEYS "m=audio 9 UDP/TLS/RTP/SAVPF 0\n"),
	    "the offer does not ask for video");
	expect_no_choice(parse(HEAD KEYS "a=sendonly\n"
	    "m=video 9 UDP/TLS/RTP/SAVPF 96\na=rtpmap:96 H264/90000\n"),
	    "the offer does not ask for video");
	expect_no_choice(parse(HEAD KEYS "m=video 9 UDP/TLS/RTP/SAVPF 96 97\n"
	    "a=rtpmap:96 H264\na=rtpmap:97 H264/8000\na=recvonly\n"),
	    "the offer has no H264 video (it has H264)");
	expect_no_choice(parse(HEAD KEYS "m=video 9 UDP/TLS/RTP/SAVPF 96\n"),
	    "the offer has no H264 video (it has no codec we know)");
}

static void
expect_h264(const char *attributes, int want)
{
	char *text = xasprintf(HEAD KEYS "m=video 9 UDP/TLS/RTP/SAVPF 96 97 "
	    "98\na=rtpmap:96 H264/90000\na=rtpmap:97 h264/90000\n"
	    "a=rtpmap:98 H264/90000\n%s", attributes);
	struct sdp_offer *o = parse(text);
	struct sdp_choice c;
	char err[256];

	assert_int_equal(sdp_choose(o, &c, err, sizeof err), 0);
	assert_int_equal(c.h264, want);
	assert_int_equal(c.audio_media, -1);
	sdp_offer_free(o);
	free(text);
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
	text = answer_text(o, MEDIA_H264);
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
	text = answer_text(o, MEDIA_H264);
	assert_non_null(strstr(text, "a=group:BUNDLE v\r\n"));
	free(text);
	sdp_offer_free(o);
}

static void
test_session_level(void **state)
{
	struct sdp_offer *o = parse(HEAD "a=ice-lite\na=setup:active\n"
	    "a=fingerprint:sha-1 00:11\n"
	    "a=fingerprint:SHA-256 aB:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:"
	    "FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00\n"
	    "a=ice-ufrag:s\na=ice-pwd:p\na=inactive\n" VIDEO
	    "a=ice-ufrag:m\na=ice-pwd:q\na=setup:passive\n"
	    "m=audio 9 RTP/SAVPF 8\n");

	(void)state;
	assert_true(o->ice_lite);
	assert_string_equal(o->ufrag, "m");
	assert_string_equal(o->pwd, "q");
	assert_int_equal(o->setup, SDP_PASSIVE);
	assert_memory_equal(o->fingerprint, "AB:22", 5);
	assert_true(o->media[0].wants);
	assert_false(o->media[1].wants);	/* inactive by the session */
	assert_string_equal(o->media[1].codecs[0].name, "PCMA");
	assert_int_equal(o->media[1].codecs[0].clock, 8000);
	sdp_offer_free(o);
}

static void
test_fingerprint_choice(void **state)
{
	struct sdp_offer *o;
	char other[256] = "a=fingerprint:sha-512 ";

	(void)state;
	for (int i = 0; i < 64; i++)
		sprintf(other + strlen(other), "%s%02x", i ? ":" : "", i);
	for (int first = 0; first < 2; first++) {
		char *text = xasprintf(HEAD VIDEO "%s\n" KEYS "%s\n",
		    first ? other : "b=AS:1", first ? "b=AS:1" : other);

		o = parse(text);
		assert_string_equal(o->hash, "sha-256");
		assert_string_equal(o->fingerprint, PRINT);
		sdp_offer_free(o);
		free(text);
	}
}

/* What must be refused, in words that name the line. */
static void
test_faults(void **state)
{
	char big[SDP_MAX_LEN + 1], *text;

	(void)state;
	EXPECT_ERROR("", "line 0: no m= section");
	EXPECT_ERROR("hello\n", "line 1: not SDP: it does not start with v=0");
	EXPECT_ERROR("v=0\nnonsense\n", "line 2: not of the form x=value");
	EXPECT_ERROR("v=0\n=\n", "line 2: not of the form x=value");
	EXPECT_ERROR("v=0\na=mid\0:1\n", "line 1: it has a NUL byte");
	EXPECT_ERROR("v=0\na=x\ry\n", "line 2: control character");
	EXPECT_ERROR("v=0\nm=video\n",
	    "line 2: m= is not a kind, port, protocol and formats");
	EXPECT_ERROR("v=0\nm=video 70000 RTP/SAVPF 96\n",
	    "line 2: m= is not a kind, port, protocol and formats");
	EXPECT_ERROR("v=0\nm=aaaaaaaaaaaaaaaaaaaa 9 RTP/SAVPF 96\n",
	    "line 2: the kind of media is longer than 15 bytes");
	EXPECT_ERROR("v=0\na=mid:x\n",
	    "line 2: a=mid is not one word in a section");
	EXPECT_ERROR(HEAD VIDEO "a=mid:x y\n",
	    "line 9: a=mid is not one word in a section");
	EXPECT_ERROR("v=0\na=ice-ufrag:a b\n",
	    "line 2: ICE credentials are not one word");
	EXPECT_ERROR("v=0\na=fingerprint\n",
	    "line 2: a=fingerprint is not a hash and its value");
	EXPECT_ERROR("v=0\na=fingerprint:sha-256 " PRINT ":00\n",
	    "line 2: a=fingerprint is not one of sha-256");
	text = xasprintf("v=0\na=ice-pwd:%0300d\n", 0);
	expect_error(text, strlen(text),
	    "line 2: an ICE credential is longer than 256 bytes");
	free(text);
	memset(big, 'x', sizeof big);
	expect_error(big, sizeof big, "line 1: longer than 64 KiB");
	strcpy(big, "v=0\n");
	for (int i = 0; i < 17; i++)
		strcat(big, "m=audio 9 RTP/SAVPF 0\n");
	expect_error(big, strlen(big), "line 18: more than 16 m= sections");
}

/* What is odd but harmless: the codec is unknown, nothing else. */
static void
test_oddities(void **state)
{
	static const char *const odd[] = {
		"a=rtpmap:97", "a=rtpmap:", "a=rtpmap", "a=rtpmap:97 ",
		"a=rtpmap:97 opus", "a=rtpmap:97 /", "a=rtpmap:97 /48000",
		"a=rtpmap:97 opus/", "a=rtpmap:97 opus/48000/",
		"a=rtpmap:97 opus/99999999999999999999999999/2",
		"a=rtpmap:97 opus/48000/99999999999999999999999",
		"a=rtpmap:97 opus/-48000/2", "a=rtpmap:-97 opus/48000/2",
		"a=rtpmap:99999999999999999999 opus/48000/2",
		"a=rtpmap:98 opus/48000/2", "a=rtpmap:97 o p/48000/2",
		"a=rtpmap:97 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/48000/2",
		"a=fmtp", "a=fmtp:97", "a=fmtp:97 ", "a=rtcp-fb:*",
		"a=rtcp-fb:* ", "a=rtcp-fb:97", "a=group", "a=setup:holdconn",
		"a=:", "a=", "",
	};

	(void)state;
	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
		char *text = xasprintf(HEAD "a=group:BUNDLE a v\n" KEYS
		    "m=audio 9 RTP/SAVPF 97 999 x 97\na=mid:a\n%s\n" VIDEO,
		    odd[i]);
		struct sdp_offer *o = parse(text);
		struct sdp_choice c;
		char err[256];

		assert_int_equal(o->media[0].n_codecs, 1);
		assert_int_equal(sdp_choose(o, &c, err, sizeof err), 0);
		assert_int_equal(c.opus, -1);
		assert_int_equal(c.audio_media, -1);
		sdp_offer_free(o);
		free(text);
	}
}

static void
test_long_fmtp(void **state)
{
	char *text = xasprintf(HEAD KEYS VIDEO "a=fmtp:96 %0300d\n", 1);
	struct sdp_offer *o = parse(text);

	(void)state;
	assert_string_equal(o->media[0].codecs[0].fmtp, "");
	sdp_offer_free(o);
	free(text);
}

/* Line ends: CRLF, LF, none at the last one. */
static void
test_line_ends(void **state)
{
	size_t len, n = 0;
	char *text = (char *)fixture_read("sdp/chromium.sdp", &len);
	struct sdp_offer *o;

	(void)state;
	for (size_t i = 0; i < len; i++)
		if (text[i] != '\r')
			text[n++] = text[i];
	text[n - 1] = '\0';
	o = parse(text);
	assert_string_equal(o->ufrag, "ba6q");
	assert_int_equal(o->media[1].n_codecs, 34);
	sdp_offer_free(o);
	free(text);
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

static int
count(const char *text, const char *what)
{
	int n = 0;

	while ((text = strstr(text, what)) != NULL) {
		text += strlen(what);
		n++;
	}
	return n;
}

/* Every client's offer is answered section by section, each of them with
 * what the transport needs, and by nothing that was not offered. */
static void
test_every_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KNOWN; i++) {
		struct sdp_offer *o = parse_fixture(known[i].name);
		char *text = answer_text(o, MEDIA_H264), *at = text;

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
		assert_int_equal(count(text, " nack\r\n"), 0);
		assert_int_equal(count(text, "rtx"), 0);
		assert_int_equal(count(text, "a=sendonly"), 2);
		free(text);
		sdp_offer_free(o);
	}
}

/* The m= lines of an answer, one after the other. */
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
	expect_sections("chromium", MEDIA_H264,
	    "audio 9 UDP/TLS/RTP/SAVPF 111 0 8\n"
	    "video 9 UDP/TLS/RTP/SAVPF 108\n");
	expect_sections("chromium", MEDIA_PCMA,
	    "audio 9 UDP/TLS/RTP/SAVPF 8\n"
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
	/* No feedback and no reduced size that was not offered. */
	o = parse(HEAD KEYS VIDEO);
	text = answer_text(o, MEDIA_NONE);
	assert_null(strstr(text, "rtcp-fb"));
	assert_null(strstr(text, "rtcp-rsize"));
	assert_null(strstr(text, "allow-mixed"));
	free(text);
	sdp_offer_free(o);
}

/* Cut anywhere and with bytes changed, an offer is refused or answered. */
static void
try_offer(const char *bytes, size_t len)
{
	char *text = xmemdup(bytes, len);
	char err[64];
	struct sdp_offer *o = sdp_parse_offer(text, len, err, sizeof err);
	struct sdp_choice c;
	struct sdp_answer a = answer_to(o, &c);

	if (o != NULL && sdp_choose(o, &c, err, sizeof err) == 0)
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
		cmocka_unit_test(test_known_offers),
		cmocka_unit_test(test_candidates),
		cmocka_unit_test(test_candidate_limit),
		cmocka_unit_test(test_section_details),
		cmocka_unit_test(test_negative_fixtures),
		cmocka_unit_test(test_no_common_codec),
		cmocka_unit_test(test_h264_preference),
		cmocka_unit_test(test_one_transport),
		cmocka_unit_test(test_session_level),
		cmocka_unit_test(test_fingerprint_choice),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_oddities),
		cmocka_unit_test(test_long_fmtp),
		cmocka_unit_test(test_line_ends),
		cmocka_unit_test(test_answer_text),
		cmocka_unit_test(test_every_answer),
		cmocka_unit_test(test_answer_sections),
		cmocka_unit_test(test_answer_bundle),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests_name("sdp", tests, NULL, NULL);
}
