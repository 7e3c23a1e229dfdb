/* Whether an offer is another one of the same RTCPeerConnection, and what
 * answers one that is its credentials alone. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "sdp_offers.h"
#include "worker/viewer/sdp_restart.h"
#include "xalloc.h"

#define AUDIO	"m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\na=mid:a\r\n" \
		"a=recvonly\r\na=rtpmap:111 opus/48000/2\r\n"
#define ABS	"a=extmap:2 " SDP_ABS_SEND_TIME "\r\n"
#define CC	"a=extmap:5 " SDP_TRANSPORT_CC "\r\n" \
		"a=rtcp-fb:* transport-cc\r\n"
/* The whole of an offer, with what it says of feedback. */
#define OFFER(video, audio)	\
		"v=0\r\no=- 11 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n" \
		"a=group:BUNDLE v a\r\n" KEYS \
		"m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:v\r\n" \
		"a=recvonly\r\na=rtpmap:96 H264/90000\r\n" \
		"a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n" \
		"a=rtcp-fb:96 nack\r\n" video AUDIO audio
#define WHOLE	OFFER("a=rtcp-fb:96 goog-remb\r\n" ABS, "")

static struct sdp_settled settled;
static const char *offered;	/* the text by which it is */

/* What is settled by an offer and its answer. */
static void
settle(const char *text, enum media_codec audio)
{
	const struct media_description camera = { .video = MEDIA_H264,
		.audio = audio };
	struct sdp_offer *o = parse(text);
	struct sdp_choice choice;
	struct error err;

	assert_int_equal(sdp_choose(o, &camera, &choice, &err), 0);
	sdp_settle(&settled, o, &choice, audio);
	sdp_offer_free(o);
	offered = text;
}

static bool
is_settled(const char *text)
{
	struct sdp_offer *o = parse(text);
	bool is = sdp_is_settled(&settled, o);

	sdp_offer_free(o);
	return is;
}

/* The same offer with one text in place of another. */
static bool
is_settled_with(const char *from, const char *to)
{
	const char *at = strstr(offered, from);
	char *text;
	bool is;

	assert_non_null(at);
	text = xasprintf("%.*s%s%s", (int)(at - offered), offered, to,
	    at + strlen(from));
	is = is_settled(text);
	free(text);
	return is;
}

static int
set_up(void **state)
{
	(void)state;
	settle(WHOLE, MEDIA_OPUS);
	return 0;
}

static void
test_the_same_offer_with_other_credentials(void **state)
{
	(void)state;
	assert_true(is_settled(WHOLE));
	assert_true(is_settled_with("a=ice-ufrag:abcd", "a=ice-ufrag:efgh"));
	assert_true(is_settled_with("o=- 11 1 ", "o=- 11 2 "));
	/* What it prefers now does not count. */
	assert_true(is_settled_with("SAVPF 96 97", "SAVPF 98 97 96"));
	assert_true(is_settled_with("SAVPF 111 0", "SAVPF 111"));
}

static void
test_another_connection(void **state)
{
	(void)state;
	assert_false(is_settled_with("o=- 11 ", "o=- 12 "));
	assert_false(is_settled_with("o=- 11 ", "o=x 11 "));
	assert_false(is_settled_with("sha-256 11", "sha-256 12"));
	assert_false(is_settled_with("sha-256 " PRINT, "sha-512 " PRINT ":"
	    PRINT));
}

static void
test_other_sections(void **state)
{
	(void)state;
	assert_false(is_settled_with(AUDIO, ""));
	assert_false(is_settled_with("a=mid:v", "a=mid:w"));
	assert_false(is_settled_with("a=mid:a", "a=mid:b"));
	assert_false(is_settled_with("BUNDLE v a", "BUNDLE a"));
	assert_false(is_settled_with("BUNDLE v a", "BUNDLE v"));
	assert_false(is_settled_with("a=mid:v\r\na=recvonly",
	    "a=mid:v\r\na=inactive"));
	assert_false(is_settled_with("m=video 9", "m=audio 9"));
	assert_false(is_settled_with("a=mid:a\r\na=recvonly",
	    "a=mid:a\r\na=inactive"));
}

static void
test_other_payload_types(void **state)
{
	(void)state;
	assert_false(is_settled_with("96 H264/90000", "96 VP8/90000"));
	assert_false(is_settled_with("SAVPF 96 97", "SAVPF 97"));
	assert_false(is_settled_with("SAVPF 96 97", "SAVPF 96"));
	assert_false(is_settled_with("111 opus/48000/2", "111 opus/48000"));
	assert_false(is_settled_with("SAVPF 111 0", "SAVPF 0"));
}

static void
test_less_feedback(void **state)
{
	(void)state;
	assert_false(is_settled_with("a=rtcp-fb:96 nack\r\n", ""));
	assert_false(is_settled_with("a=rtcp-fb:96 goog-remb\r\n", ""));
	assert_false(is_settled_with("a=extmap:2 ", "a=extmap:3 "));
}

/* The retransmissions of this one have the first of all payload types. */
static void
test_the_payload_type_of_retransmissions(void **state)
{
	(void)state;
	assert_false(is_settled_with("96 97\r\n", "96\r\n"));
	settle(HEAD KEYS "m=video 9 UDP/TLS/RTP/SAVPF 96 0\r\n"
	    "a=rtpmap:96 H264/90000\r\na=rtpmap:0 rtx/90000\r\n"
	    "a=fmtp:0 apt=96\r\na=rtcp-fb:96 nack\r\n", MEDIA_NONE);
	assert_int_equal(settled.choice.rtx, 0);
	assert_true(is_settled(offered));
	assert_false(is_settled_with("SAVPF 96 0", "SAVPF 96"));
}

/* REMB's header extension is offered as well, and is not sent: it may go. */
static void
test_transport_wide_feedback(void **state)
{
	(void)state;
	settle(OFFER(CC ABS, CC), MEDIA_OPUS);
	assert_int_equal(settled.choice.transport_cc, 5);
	assert_int_equal(settled.choice.audio_transport_cc, 5);
	assert_true(is_settled(offered));
	assert_true(is_settled_with(ABS, ""));
	assert_false(is_settled_with(CC, ""));
	assert_false(is_settled_with("a=extmap:5", "a=extmap:6"));
	assert_false(is_settled_with(AUDIO "a=extmap:5",
	    AUDIO "a=extmap:6"));
	settle(OFFER(CC, ""), MEDIA_OPUS);
	assert_true(is_settled(OFFER(CC, CC)));
}

/* The viewer that has no sound may take its section back. */
static void
test_sound_that_the_camera_has_not(void **state)
{
	(void)state;
	settle(WHOLE, MEDIA_NONE);
	assert_true(is_settled_with("a=mid:a\r\na=recvonly",
	    "a=mid:a\r\na=inactive"));
	assert_true(is_settled_with("SAVPF 111 0", "SAVPF 0"));
	settle(WHOLE, MEDIA_UNKNOWN);
	assert_true(is_settled(WHOLE));
	assert_false(is_settled_with("SAVPF 111 0", "SAVPF 0"));
}

static void
test_video_alone(void **state)
{
	(void)state;
	settle(HEAD KEYS VIDEO, MEDIA_OPUS);
	assert_true(is_settled(HEAD KEYS VIDEO));
	assert_false(is_settled(HEAD KEYS VIDEO AUDIO));
}

/* Each viewer offers the same again. */
static void
test_offers_that_were_captured(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		const struct media_description camera = {
			.video = MEDIA_H264, .audio = MEDIA_UNKNOWN,
		};
		struct sdp_offer *o = parse_fixture(known[i].name);
		struct sdp_choice choice;
		struct error err;

		if (sdp_choose(o, &camera, &choice, &err) == 0) {
			sdp_settle(&settled, o, &choice, MEDIA_UNKNOWN);
			assert_string_not_equal(settled.origin, "");
			assert_true(sdp_is_settled(&settled, o));
		}
		sdp_offer_free(o);
	}
}

static void
test_a_fragment(void **state)
{
	static const char *const candidates[] = {
		"candidate:1 1 udp", "candidate:2 1 udp", NULL
	};
	char *text = sdp_write_fragment(&settled, true, "u", "p", candidates);

	(void)state;
	assert_string_equal(text, "a=ice-lite\r\na=ice-options:trickle\r\n"
	    "a=ice-ufrag:u\r\na=ice-pwd:p\r\nm=video 9 RTP/AVP 0\r\n"
	    "a=mid:v\r\na=candidate:1 1 udp\r\na=candidate:2 1 udp\r\n");
	free(text);
	settled.video_mid[0] = '\0';
	text = sdp_write_fragment(&settled, false, "u", "p", candidates + 2);
	assert_string_equal(text, "a=ice-options:trickle\r\n"
	    "a=ice-ufrag:u\r\na=ice-pwd:p\r\nm=video 9 RTP/AVP 0\r\n");
	free(text);
}

#define TEST(f)	cmocka_unit_test_setup(f, set_up)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_same_offer_with_other_credentials),
		TEST(test_another_connection),
		TEST(test_other_sections),
		TEST(test_other_payload_types),
		TEST(test_less_feedback),
		TEST(test_the_payload_type_of_retransmissions),
		TEST(test_transport_wide_feedback),
		TEST(test_sound_that_the_camera_has_not),
		TEST(test_video_alone),
		TEST(test_offers_that_were_captured),
		TEST(test_a_fragment),
	};

	return cmocka_run_group_tests_name("sdp_restart", tests, NULL, NULL);
}
