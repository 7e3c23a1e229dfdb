#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "sdp_offers.h"

static void
expect_error(const char *text, size_t len, const char *want)
{
	struct error err = { "" };

	assert_null(sdp_parse_offer(text, len, &err));
	assert_string_equal(err.text, want);
}

#define EXPECT_ERROR(text, want) expect_error(text, sizeof text - 1, want)

static void
test_known_offers(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KNOWN; i++) {
		const struct known *k = &known[i];
		struct sdp_offer *o = parse_fixture(k->name);

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
		sdp_offer_free(o);
	}
}

static void
test_candidates(void **state)
{
	struct sdp_offer *o = parse_fixture("aiortc");

	(void)state;
	/* Only those of the first section count: the other has another
	 * ufrag. */
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

/* These are refused in words that name the line. */
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
	EXPECT_ERROR("v=0\nm=aaaaaaaaaaaaaaaa 9 RTP/SAVPF 96\n",
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
	EXPECT_ERROR("v=0\na=fingerprint:sha-256 G" PRINT "\n",
	    "line 2: a=fingerprint is not one of sha-256");
	text = xasprintf("v=0\na=fingerprint:sha-256 %s\n", PRINT);
	strstr(text, "11")[0] = 'G';
	expect_error(text, strlen(text),
	    "line 2: a=fingerprint is not one of sha-256");
	free(text);
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

/* These are odd but harmless: the codec is unknown, and nothing else. */
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
		const struct sdp_codec *c = &o->media[0].codecs[0];

		assert_int_equal(o->media[0].n_codecs, 1);
		assert_false(strcmp(c->name, "opus") == 0 &&
		    c->clock == 48000 && c->channels == 2);
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

/* Reads a section of one codec, 96, with so many bytes of x in one place. */
static struct sdp_offer *
parse_filled(const char *before, int n, const char *after)
{
	char xs[300], *text;
	struct sdp_offer *o;

	memset(xs, 'x', sizeof xs);
	text = xasprintf(HEAD KEYS "%s%.*s%s", before, n, xs, after);
	o = parse(text);
	free(text);
	return o;
}

#define ANY_VIDEO	"m=video 9 RTP/SAVPF 96\n"

static void
test_longest_texts(void **state)
{
	struct sdp_offer *o;

	(void)state;
	o = parse_filled("m=", 15, " 9 RTP/SAVPF 96\n");
	assert_int_equal(strlen(o->media[0].kind), 15);
	sdp_offer_free(o);
	o = parse_filled("m=video 9 RTP/SAVPF", 31 - 9, " 96\n");
	assert_int_equal(strlen(o->media[0].protocol), 31);
	sdp_offer_free(o);
	o = parse_filled(ANY_VIDEO "a=mid:", 63, "\n");
	assert_int_equal(strlen(o->media[0].mid), 63);
	sdp_offer_free(o);
	o = parse_filled(ANY_VIDEO "a=ice-pwd:", 256, "\n");
	assert_int_equal(strlen(o->pwd), 256);
	sdp_offer_free(o);
	o = parse_filled(ANY_VIDEO "a=fmtp:96 ", 255, "\n");
	assert_int_equal(strlen(o->media[0].codecs[0].fmtp), 255);
	sdp_offer_free(o);
	o = parse_filled(ANY_VIDEO "a=fmtp:96 ", 256, "\n");
	assert_string_equal(o->media[0].codecs[0].fmtp, "");
	sdp_offer_free(o);
	o = parse_filled(ANY_VIDEO "a=rtpmap:96 ", 31, "/90000\n");
	assert_int_equal(strlen(o->media[0].codecs[0].name), 31);
	sdp_offer_free(o);
	o = parse_filled(ANY_VIDEO "a=rtpmap:96 ", 32, "/90000\n");
	assert_string_equal(o->media[0].codecs[0].name, "");
	sdp_offer_free(o);
}

static void
test_formats_are_kept_as_they_fit(void **state)
{
	struct sdp_offer *o;

	(void)state;
	o = parse_filled("m=video 9 RTP/SAVPF ", 62, " 96\n");
	assert_int_equal(strlen(o->media[0].formats), 62);
	sdp_offer_free(o);
	o = parse_filled("m=video 9 RTP/SAVPF ", 63, " 96\n");
	assert_string_equal(o->media[0].formats, "96");
	sdp_offer_free(o);
	o = parse_filled("m=video 9 RTP/SAVPF 96 ", 60, " 97\n");
	assert_int_equal(strlen(o->media[0].formats), 63);
	sdp_offer_free(o);
	o = parse_filled("m=video 9 RTP/SAVPF 96 ", 61, " 97\n");
	assert_string_equal(o->media[0].formats, "96 97");
	sdp_offer_free(o);
}

static void
test_codecs_of_a_section_are_bounded(void **state)
{
	char *text = xcalloc(1, 4096);
	struct sdp_offer *o;

	(void)state;
	strcpy(text, HEAD KEYS "m=video 9 RTP/SAVPF 98x 128");
	for (int i = 0; i < 128; i++)
		sprintf(text + strlen(text), " %d", 127 - i);
	o = parse(text);
	assert_int_equal(o->media[0].n_codecs, SDP_MAX_CODECS);
	assert_int_equal(o->media[0].codecs[0].payload_type, 127);
	assert_int_equal(o->media[0].codecs[95].payload_type, 32);
	sdp_offer_free(o);
	free(text);
}

static void
expect_codec(const char *line, int clock, int channels)
{
	char *text = xasprintf(HEAD KEYS ANY_VIDEO "a=rtpmap:%s\n", line);
	struct sdp_offer *o = parse(text);

	print_message("%s\n", line);
	assert_int_equal(o->media[0].codecs[0].clock, clock);
	assert_int_equal(o->media[0].codecs[0].channels, channels);
	sdp_offer_free(o);
	free(text);
}

static void
test_clocks_and_channels(void **state)
{
	(void)state;
	expect_codec("96 x/1000000", 1000000, 1);
	expect_codec("96 x/1000001", 0, 1);
	expect_codec("96 x/1/2", 1, 2);
	expect_codec("96 x y/8000", 0, 0);
	expect_codec("96 x/0", 0, 1);
	expect_codec("96 x/0/2", 0, 1);
	expect_codec("96 \tx/8000", 0, 0);
	expect_codec("96 x/8000/255", 8000, 255);
	expect_codec("96 x/8000/256", 8000, 0);
	expect_codec("96 x/8000/1", 8000, 1);
	expect_codec("96 x/8000/0", 8000, 0);
	expect_codec("96   x/8000", 8000, 1);
	expect_codec("97 x/8000", 0, 0);
}

static void
test_codecs_without_rtpmap(void **state)
{
	static const char *const names[] = { "PCMU", "", "", "", "", "", "",
		"", "PCMA", "G722", "" };
	struct sdp_offer *o = parse(HEAD KEYS
	    "m=audio  9\tRTP/SAVPF 0 1 2 3 4 5 6 7 8 9  10 \n");

	(void)state;
	assert_int_equal(o->media[0].n_codecs, 11);
	for (int i = 0; i < 11; i++) {
		const struct sdp_codec *c = &o->media[0].codecs[i];

		assert_int_equal(c->payload_type, i);
		assert_string_equal(c->name, names[i]);
		assert_int_equal(c->clock, names[i][0] ? 8000 : 0);
		assert_int_equal(c->channels, names[i][0] ? 1 : 0);
	}
	sdp_offer_free(o);
}

static void
test_feedback_of_each_codec(void **state)
{
	struct sdp_offer *o = parse(HEAD KEYS "m=video 9 RTP/SAVPF 96 97\n"
	    "a=rtcp-fb:97 nack\na=rtcp-fb:97 transport-cc\n"
	    "a=rtcp-fb:* goog-remb\na=rtcp-fb:96 nack pli\n"
	    "a=rtcp-fb:96 ccm fir\n");
	const struct sdp_codec *c = o->media[0].codecs;

	(void)state;
	assert_true(!c[0].nack && c[1].nack);
	assert_true(!c[0].transport_cc && c[1].transport_cc);
	assert_true(c[0].remb && c[1].remb);
	assert_true(c[0].nack_pli && !c[1].nack_pli);
	assert_true(c[0].ccm_fir && !c[1].ccm_fir);
	sdp_offer_free(o);
}

static void
test_directions(void **state)
{
	static const struct {
		const char *session, *section;
		bool wants;
	} cases[] = {
		{ "", "", true }, { "", "a=sendrecv\n", true },
		{ "", "a=recvonly\n", true }, { "", "a=sendonly\n", false },
		{ "", "a=inactive\n", false },
		{ "a=sendonly\n", "", false }, { "a=recvonly\n", "", true },
		{ "a=inactive\n", "a=recvonly\n", true },
		{ "a=recvonly\n", "a=inactive\n", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *text = xasprintf(HEAD KEYS "%s" ANY_VIDEO "%s",
		    cases[i].session, cases[i].section);
		struct sdp_offer *o = parse(text);

		assert_int_equal(o->media[0].wants, cases[i].wants);
		sdp_offer_free(o);
		free(text);
	}
}

static void
test_which_sections_are_rejected(void **state)
{
	static const struct {
		const char *lines;
		bool rejected;
	} cases[] = {
		{ "m=video 9 RTP/SAVPF 96\n", false },
		{ "m=video 9 UDP/TLS/RTP/SAVP 96\n", false },
		{ "m=video 9 RTP/AVPF 96\n", true },
		{ "m=video 9 RTP/SAVPF x\n", true },
		{ "m=video 0 RTP/SAVPF 96\na=mid:v\n", true },
		{ "m=video 0 RTP/SAVPF 96\na=mid:v\na=bundle-only\n", false },
		{ "m=video 0 RTP/SAVPF 96\na=mid:w\na=bundle-only\n", true },
		{ "m=video 0 RTP/SAVPF 96\na=bundle-only\n", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *text = xasprintf(HEAD KEYS "a=group:BUNDLE v\n%s",
		    cases[i].lines);
		struct sdp_offer *o = parse(text);

		print_message("%s", cases[i].lines);
		assert_int_equal(o->media[0].rejected, cases[i].rejected);
		assert_int_equal(o->media[0].wants, !cases[i].rejected);
		sdp_offer_free(o);
		free(text);
	}
}

#define OWN_KEYS(ufrag)	"a=ice-ufrag:" ufrag "\na=ice-pwd:p\n"

/* Checks whose credentials are taken of three sections: a sound a, the video v
 * and a data channel d. */
static void
expect_carrier(const char *group, const char *video, const char *ufrag)
{
	char *text = xasprintf(HEAD KEYS "%s"
	    "m=audio 9 RTP/SAVPF 0\na=mid:a\n" OWN_KEYS("A")
	    "a=candidate:of-a\n"
	    "m=video 9 RTP/SAVPF 96\na=mid:v\n%s" OWN_KEYS("V")
	    "a=candidate:of-v\na=candidate:of-v\n"
	    "m=application 9 DTLS/SCTP x\na=mid:d\n", group, video);
	struct sdp_offer *o = parse(text);

	print_message("%s%s\n", group, video);
	assert_string_equal(o->ufrag, ufrag);
	assert_int_equal(o->n_candidates, 1);
	assert_string_equal(o->candidates[0], ufrag[0] == 'A' ?
	    "candidate:of-a" : "candidate:of-v");
	sdp_offer_free(o);
	free(text);
}

static void
test_whose_transport_carries_everything(void **state)
{
	(void)state;
	expect_carrier("", "", "V");
	expect_carrier("", "a=inactive\n", "A");
	expect_carrier("a=group:BUNDLE a v\n", "", "A");
	expect_carrier("a=group:BUNDLE  v  a \n", "", "A");
	expect_carrier("a=group:BUNDLE v\n", "", "V");
	expect_carrier("a=group:BUNDLE a\n", "", "V");
	expect_carrier("a=group:BUNDLE v\n", "a=inactive\n", "V");
	expect_carrier("a=group:BUNDLE w vv aa\n", "", "V");
	expect_carrier("a=group:LS a v\n", "", "V");
	expect_carrier("a=group:BUNDLE v\na=group:BUNDLE a v\n", "", "V");
	expect_carrier("a=group:BUNDLE d v\n", "", "V");	/* no RTP */
}

static void
test_largest_numbers(void **state)
{
	struct sdp_offer *o = parse(HEAD KEYS "m=video 65535 RTP/SAVPF 127\n");
	char *text;

	(void)state;
	assert_int_equal(o->media[0].codecs[0].payload_type, 127);
	sdp_offer_free(o);
	EXPECT_ERROR("v=0\nm=video 65536 RTP/SAVPF 96\n",
	    "line 2: m= is not a kind, port, protocol and formats");
	EXPECT_ERROR("v=0\nm=video x RTP/SAVPF 96\n",
	    "line 2: m= is not a kind, port, protocol and formats");
	text = xcalloc(1, SDP_MAX_LEN + 1);
	strcpy(text, HEAD KEYS);
	for (int i = 0; i < SDP_MAX_MEDIA; i++)
		strcat(text, ANY_VIDEO);
	strcat(text, "b=");
	memset(text + strlen(text), 'x', SDP_MAX_LEN - strlen(text));
	o = parse(text);
	assert_int_equal(o->n_media, SDP_MAX_MEDIA);
	sdp_offer_free(o);
	free(text);
}

/* Lines may end with LF alone, and the last one with nothing. */
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_offers),
		cmocka_unit_test(test_candidates),
		cmocka_unit_test(test_candidate_limit),
		cmocka_unit_test(test_section_details),
		cmocka_unit_test(test_negative_fixtures),
		cmocka_unit_test(test_session_level),
		cmocka_unit_test(test_fingerprint_choice),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_oddities),
		cmocka_unit_test(test_long_fmtp),
		cmocka_unit_test(test_longest_texts),
		cmocka_unit_test(test_formats_are_kept_as_they_fit),
		cmocka_unit_test(test_codecs_of_a_section_are_bounded),
		cmocka_unit_test(test_clocks_and_channels),
		cmocka_unit_test(test_codecs_without_rtpmap),
		cmocka_unit_test(test_feedback_of_each_codec),
		cmocka_unit_test(test_directions),
		cmocka_unit_test(test_which_sections_are_rejected),
		cmocka_unit_test(test_whose_transport_carries_everything),
		cmocka_unit_test(test_largest_numbers),
		cmocka_unit_test(test_line_ends),
	};

	return cmocka_run_group_tests_name("sdp", tests, NULL, NULL);
}
