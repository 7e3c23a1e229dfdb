/* Which reports, header extensions and retransmissions an answer agrees to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sdp_answers.h"

static char *
feedback_text(const struct sdp_offer *o, uint32_t rtx_ssrc)
{
	struct sdp_choice c = { 0 };
	struct error err = { "" };
	struct sdp_answer a = answer_to(o, &c);

	a.rtx_ssrc = rtx_ssrc;
	assert_int_equal(sdp_choose(o, &unknown, &c, &err), 0);
	return sdp_write_answer(&a);
}

static void
expect_lines(const char *text, const char *const *lines)
{
	for (; *lines != NULL; lines++) {
		print_message("%s\n", *lines);
		assert_int_equal(count(text, *lines), 1);
	}
}

static void
test_feedback_text(void **state)
{
	static const char *const full[] = {
		"m=video 9 UDP/TLS/RTP/SAVPF 108 109\r\n",
		"a=rtpmap:109 rtx/90000\r\na=fmtp:109 apt=108\r\n",
		"a=rtcp-fb:108 nack\r\n", "a=rtcp-fb:108 nack pli\r\n",
		"a=rtcp-fb:108 ccm fir\r\n", "a=rtcp-fb:108 goog-remb\r\n",
		"a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/"
		"abs-send-time\r\n",
		"a=ssrc-group:FID 1001 2002\r\n",
		"a=ssrc:1001 cname:cn\r\n", "a=ssrc:2002 cname:cn\r\n", NULL
	};
	struct sdp_offer *o = parse_fixture("chromium");
	char *text = feedback_text(o, 2002);

	(void)state;
	expect_lines(text, full);
	assert_int_equal(count(text, "a=rtcp-fb:"), 4);
	assert_int_equal(count(text, "a=extmap:"), 1);
	free(text);
	text = feedback_text(o, 0);	/* no rtx of ours */
	assert_int_equal(count(text, "m=video 9 UDP/TLS/RTP/SAVPF 108\r\n"),
	    1);
	assert_int_equal(count(text, "a=rtcp-fb:108 nack\r\n"), 1);
	assert_null(strstr(text, "rtx"));
	assert_null(strstr(text, "ssrc-group"));
	free(text);
	sdp_offer_free(o);
}

/* Every client's answer has the feedback that it offered and no more. */
static void
test_every_feedback(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KNOWN; i++) {
		const struct sdp_choice *c = &known[i].choice;
		struct sdp_offer *o = parse_fixture(known[i].name);
		char *text = feedback_text(o, 2002);

		print_message("%s\n", known[i].name);
		assert_int_equal(count(text, " nack\r\n"), c->nack);
		assert_int_equal(count(text, " goog-remb\r\n"), c->remb);
		assert_int_equal(count(text, "a=extmap:"),
		    c->abs_send_time != 0);
		assert_int_equal(count(text, " rtx/90000\r\n"), c->rtx != -1);
		assert_int_equal(count(text, "a=ssrc-group:FID 1001 2002\r\n"),
		    c->rtx != -1);
		assert_int_equal(count(text, "a=ssrc:2002 "), c->rtx != -1);
		assert_int_equal(count(text, " H264/90000\r\n"), 1);
		free(text);
		sdp_offer_free(o);
	}
}

/* Checks which header extension and which rtx are chosen. */
static void
expect_choice(const char *attributes, int abs_send_time, int rtx, bool nack)
{
	char *text = xasprintf(HEAD KEYS "m=video 9 UDP/TLS/RTP/SAVPF 96 97 "
	    "98\na=rtpmap:96 H264/90000\na=rtpmap:97 rtx/90000\n"
	    "a=rtpmap:98 rtx/48000\n%s", attributes);
	struct sdp_offer *o = parse(text);
	struct sdp_choice c;
	struct error err;

	print_message("%s\n", attributes);
	assert_int_equal(sdp_choose(o, &unknown, &c, &err), 0);
	assert_int_equal(c.abs_send_time, abs_send_time);
	assert_int_equal(c.rtx, rtx);
	assert_int_equal(c.nack, nack);
	sdp_offer_free(o);
	free(text);
}

static void
test_feedback_choice(void **state)
{
	(void)state;
	expect_choice("a=extmap:14 " SDP_ABS_SEND_TIME, 14, -1, false);
	expect_choice("a=extmap:1/sendrecv " SDP_ABS_SEND_TIME, 1, -1, false);
	expect_choice("a=extmap:1/sendonly " SDP_ABS_SEND_TIME, 0, -1, false);
	expect_choice("a=extmap:15 " SDP_ABS_SEND_TIME, 0, -1, false);
	expect_choice("a=extmap:0 " SDP_ABS_SEND_TIME, 0, -1, false);
	expect_choice("a=extmap:-1 " SDP_ABS_SEND_TIME, 0, -1, false);
	expect_choice("a=extmap:3 " SDP_ABS_SEND_TIME "r", 0, -1, false);
	expect_choice("a=extmap:3", 0, -1, false);
	expect_choice("a=extmap:3 ", 0, -1, false);
	expect_choice("a=extmap", 0, -1, false);
	expect_choice("a=fmtp:97 apt=96", 0, 97, false);
	expect_choice("a=fmtp:97 rtx-time=3000;apt=96", 0, 97, false);
	expect_choice("a=fmtp:97 apt=9", 0, -1, false);
	expect_choice("a=fmtp:97 apt=961", 0, -1, false);
	expect_choice("a=fmtp:98 apt=96", 0, -1, false);
	expect_choice("a=rtcp-fb:96 nack", 0, -1, true);
	expect_choice("a=rtcp-fb:* nack", 0, -1, true);
	expect_choice("a=rtcp-fb:97 nack", 0, -1, false);
	expect_choice("a=rtcp-fb:96 nack pli", 0, -1, false);
	expect_choice("a=rtcp-fb:96 nack sli", 0, -1, false);
}

/* REMB is chosen where it is offered, or else transport-wide feedback, and then
 * without the other one's header extension. */
static void
expect_transport_cc(const char *attributes, int transport_cc,
    int abs_send_time)
{
	char *text = xasprintf(HEAD KEYS "m=video 9 UDP/TLS/RTP/SAVPF 96 97\n"
	    "a=rtpmap:96 H264/90000\na=rtpmap:97 VP8/90000\n%s", attributes);
	struct sdp_offer *o = parse(text);
	struct sdp_choice c;
	char *answer;
	struct error err;

	print_message("%s\n", attributes);
	assert_int_equal(sdp_choose(o, &unknown, &c, &err), 0);
	assert_int_equal(c.transport_cc, transport_cc);
	assert_int_equal(c.abs_send_time, abs_send_time);
	answer = feedback_text(o, 0);
	assert_int_equal(count(answer, SDP_TRANSPORT_CC), transport_cc != 0);
	assert_int_equal(count(answer, "a=rtcp-fb:96 transport-cc\r\n"),
	    transport_cc != 0);
	assert_int_equal(count(answer, SDP_ABS_SEND_TIME), abs_send_time != 0);
	free(answer);
	sdp_offer_free(o);
	free(text);
}

static void
test_transport_cc_choice(void **state)
{
	static const char abs[] = "a=extmap:2 " SDP_ABS_SEND_TIME "\n";
	static const char ext[] = "a=extmap:5 " SDP_TRANSPORT_CC "\n";
	static const struct {
		const char *feedback;
		bool abs, ext;
		int transport_cc, abs_send_time;
	} cases[] = {
		{ "a=rtcp-fb:96 transport-cc\n", false, true, 5, 0 },
		{ "a=rtcp-fb:* transport-cc\n", false, true, 5, 0 },
		{ "a=rtcp-fb:96 transport-cc\n", true, true, 5, 0 },
		{ "a=rtcp-fb:96 transport-cc\n", true, false, 0, 2 },
		{ "a=rtcp-fb:96 transport-cc\na=rtcp-fb:96 goog-remb\n",
		    true, true, 0, 2 },
		{ "a=rtcp-fb:96 goog-remb\na=rtcp-fb:96 transport-cc\n",
		    false, true, 0, 0 },
		{ "a=rtcp-fb:96 transport-cc\na=rtcp-fb:97 goog-remb\n",
		    true, true, 5, 0 },
		{ "a=rtcp-fb:97 transport-cc\n", true, true, 0, 2 },
		{ "a=rtcp-fb:96 transport-cc x\n", true, true, 0, 2 },
		{ "", true, true, 0, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *text = xasprintf("%s%s%s", cases[i].feedback,
		    cases[i].abs ? abs : "", cases[i].ext ? ext : "");

		expect_transport_cc(text, cases[i].transport_cc,
		    cases[i].abs_send_time);
		free(text);
	}
}

#define BUNDLED_VIDEO(feedback) HEAD KEYS "a=group:BUNDLE v a\n" VIDEO \
	"a=extmap:5 " SDP_TRANSPORT_CC "\na=rtcp-fb:96 " feedback "\n" \
	"m=audio 9 UDP/TLS/RTP/SAVPF 111 0\na=mid:a\na=recvonly\n" \
	"a=rtpmap:111 opus/48000/2\n"

static void
expect_audio_transport_cc(const char *sdp, int id)
{
	struct sdp_offer *o = parse(sdp);
	struct sdp_choice c;
	char *answer;
	struct error err;

	assert_int_equal(sdp_choose(o, &unknown, &c, &err), 0);
	assert_int_equal(c.types.pt[MEDIA_OPUS], 111);
	assert_int_equal(c.audio_transport_cc, id);
	answer = feedback_text(o, 0);
	assert_int_equal(count(strstr(answer, "m=audio"), SDP_TRANSPORT_CC),
	    id != 0);
	assert_int_equal(count(answer, "a=rtcp-fb:111 transport-cc\r\n"),
	    id != 0);
	free(answer);
	sdp_offer_free(o);
}

/* Sound is numbered if all that we may send is reported on. */
static void
test_audio_transport_cc(void **state)
{
	(void)state;
	expect_audio_transport_cc(BUNDLED_VIDEO("transport-cc")
	    "a=extmap:5 " SDP_TRANSPORT_CC "\na=rtcp-fb:* transport-cc\n", 5);
	expect_audio_transport_cc(BUNDLED_VIDEO("transport-cc")
	    "a=extmap:5 " SDP_TRANSPORT_CC "\na=rtcp-fb:111 transport-cc\n",
	    0);
	expect_audio_transport_cc(BUNDLED_VIDEO("transport-cc")
	    "a=extmap:5 " SDP_TRANSPORT_CC "\n", 0);
	expect_audio_transport_cc(BUNDLED_VIDEO("goog-remb")
	    "a=extmap:5 " SDP_TRANSPORT_CC "\n", 0);
	expect_audio_transport_cc(BUNDLED_VIDEO("goog-remb")
	    "a=extmap:5 " SDP_TRANSPORT_CC "\na=rtcp-fb:* transport-cc\n", 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_feedback_text),
		cmocka_unit_test(test_every_feedback),
		cmocka_unit_test(test_feedback_choice),
		cmocka_unit_test(test_transport_cc_choice),
		cmocka_unit_test(test_audio_transport_cc),
	};

	return cmocka_run_group_tests_name("sdp_answer_feedback", tests, NULL,
	    NULL);
}
