/* These tests hold one viewer's connection to when it is made and when it ends,
 * without a network (bench/null_transport.c) and by a clock of their own. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "peers.h"

/* The offer */

static void
assert_refused(struct peer *p, int why)
{
	assert_null(p);
	assert_int_equal(status, why);
	assert_string_not_equal(err.text, "");
	assert_int_equal(told.states, 0);
	assert_int_equal(null_transport_datagrams, 0);
}

static void
test_an_offer_that_is_none(void **state)
{
	(void)state;
	null_transport_datagrams = 0;
	assert_refused(make("hello", false), 400);
	assert_refused(make_with("a=ice-ufrag", "a=x"), 400);
	assert_refused(make_with("H264/90000", "VP8/90000"), 422);
	null_network.error = ENETDOWN;
	assert_refused(make_with("v=0", "v=0"), 503);
	null_network.error = EADDRINUSE;
	assert_refused(make_with("v=0", "v=0"), IPC_PORT_TAKEN);
	assert_int_equal(null_calls.frees, 0);
	null_network.error = 0;
	null_network.refuses = true;
	assert_refused(make_with("v=0", "v=0"), 503);
	assert_non_null(strstr(err.text, "credentials"));
	assert_int_equal(null_calls.frees, 1);
}

static void
assert_answers(const char *text, bool does)
{
	assert_int_equal(strstr(peer_answer(peer), text) != NULL, does);
}

static void
test_an_offer_that_is_one(void **state)
{
	(void)state;
	add(false);
	assert_string_equal(peer_id(peer), ID);
	assert_string_equal(peer_remote(peer), "");
	assert_int_equal(peer_state(peer), IPC_SESSION_CONNECTING);
	assert_int_equal(null_calls.candidates, 1);
	assert_int_equal(null_calls.port, 4321);
	assert_false(null_calls.client);
	assert_false(null_calls.controlling);
	assert_answers("a=setup:passive", true);
	assert_answers("a=ssrc-group:FID", true);
	assert_answers(" cname:lull", true);
	assert_answers("a=rtpmap:111 opus", true);
	assert_answers("a=rtcp-fb:96 nack", true);
	assert_int_equal(peer_add_candidate(peer, "candidate:2"), 0);
	assert_int_equal(null_calls.candidates, 2);
	assert_int_equal(told.states, 0);
}

static void
test_who_is_passive_is_called(void **state)
{
	(void)state;
	peer = make_with("a=setup:actpass", "a=setup:passive");
	assert_non_null(peer);
	assert_true(null_calls.client);
	assert_answers("a=setup:active", true);
}

static void
test_who_is_lite_is_controlled(void **state)
{
	(void)state;
	peer = make_with("s=-\r\n", "s=-\r\nt=0 0\r\na=ice-lite\r\n");
	assert_non_null(peer);
	assert_true(null_calls.controlling);
}

/* Without NACK nothing is sent again, and no stream is needed for that. */
static void
test_who_has_no_nack_gets_no_rtx(void **state)
{
	(void)state;
	peer = make_with("a=rtcp-fb:96 nack\r\n", "");
	assert_non_null(peer);
	assert_answers("a=ssrc-group:FID", false);
	ssrc = (uint32_t)strtoul(strstr(peer_answer(peer), "a=ssrc:") + 7,
	    NULL, 10);
	null_transport_connect_with(&keys);
	camera(true, 2);
	hear_nack(sent.sequence);
	assert_int_equal(sent.video, 3);
}

/* Another offer of the same connection */

/* Returns the status; the answer, or "", is in `text`. */
static int
restart(const struct peer_restart *r, char *text, size_t size)
{
	char *answer;
	int restarted = peer_restart(peer, r, &answer, &err);

	snprintf(text, size, "%s", answer != NULL ? answer : "");
	free(answer);
	return restarted;
}

static int
restart_with(const char *from, const char *to, char *text, size_t size)
{
	char *sdp = offer_with(from, to);
	const struct peer_restart r = { .sdp = sdp };
	int restarted = restart(&r, text, size);

	free(sdp);
	return restarted;
}

/* The answer is what it was, but for its version. */
static void
test_its_ice_begins_anew(void **state)
{
	char text[4000], version[8] = "", again[8] = "";

	(void)state;
	add(true);
	assert_int_equal(restart_with("a=ice-ufrag:", "a=ice-ufrag:new", text,
	    sizeof text), 200);
	assert_int_equal(null_calls.restarts, 1);
	assert_int_equal(null_calls.candidates, 2);
	sscanf(peer_answer(peer), "v=0\r\no=- %*s %7s", version);
	sscanf(text, "v=0\r\no=- %*s %7s", again);
	assert_string_equal(version, "1");
	assert_string_equal(again, "2");
	*strstr(text, " 2 IN IP4") = '\0';
	assert_memory_equal(text, peer_answer(peer), strlen(text));
	assert_string_equal(text + strlen(text) + 1 + strlen("2"),
	    peer_answer(peer) + strlen(text) + 1 + strlen("1"));
	assert_true(peer_is_paused(peer));
	assert_int_equal(told.states, 0);
}

/* It is asked for what it has been told: nothing begins. */
static void
test_an_offer_with_the_present_credentials(void **state)
{
	char text[4000];

	(void)state;
	add(false);
	assert_int_equal(restart_with("v=0", "v=0", text, sizeof text), 200);
	assert_string_equal(text, peer_answer(peer));
	assert_int_equal(null_calls.restarts, 0);
}

static void
test_an_offer_of_another(void **state)
{
	static const char *const changes[][2] = {
		{ "sha-256 00:", "sha-256 FF:" },
		{ "a=setup:actpass", "a=setup:passive" },
		{ "H264/90000", "VP8/90000" },
	};
	char text[4000];

	(void)state;
	add(false);
	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		assert_int_equal(restart_with(changes[i][0], changes[i][1],
		    text, sizeof text), 422);
		assert_string_equal(err.text,
		    "the offer is not of this session");
		assert_string_equal(text, "");
	}
	assert_int_equal(restart_with("v=0", "hello", text, sizeof text), 400);
	assert_int_equal(restart_with("a=setup:actpass", "a=setup:active",
	    text, sizeof text), 200);
	assert_int_equal(null_calls.restarts, 0);
}

static void
test_credentials_alone(void **state)
{
	struct peer_restart r = { .ufrag = "new", .pwd = "newer" };
	char text[400];

	(void)state;
	add(false);
	assert_int_equal(restart(&r, text, sizeof text), 200);
	assert_non_null(strstr(text, "a=ice-ufrag:ufrag\r\n"));
	assert_int_equal(null_calls.restarts, 1);
	assert_int_equal(restart(&r, text, sizeof text), 200);
	assert_string_equal(text, "");
	assert_int_equal(null_calls.restarts, 1);
	null_network.refuses = true;
	r.ufrag = "newest";
	assert_int_equal(restart(&r, text, sizeof text), 400);
	assert_string_equal(err.text, "the ICE credentials are refused");
	assert_string_equal(text, "");
}

/* The way to the viewer */

static void
test_the_handshake_waits_for_a_path(void **state)
{
	const struct ice_handler *ice;
	void *arg;

	(void)state;
	add(false);
	ice = null_transport_ice(&arg);
	ice->state(ICE_CHECKING, arg);
	assert_int_equal(null_calls.starts, 0);
	ice->state(ICE_CONNECTED, arg);
	assert_int_equal(null_calls.starts, 1);
	ice->data((const uint8_t *)"\x16\xfe\xfd", 3, arg);
	assert_int_equal(null_calls.inputs, 1);
	/* Media from the viewer, and what is unknown, is dropped. */
	ice->data((const uint8_t *)"\x80\x60\0\0\0\0\0\0\0\0\0\0", 12, arg);
	ice->data((const uint8_t *)"\x05", 1, arg);
	assert_int_equal(null_calls.inputs, 1);
	assert_int_equal(told.states, 0);
}

static void
test_what_the_handshake_sends(void **state)
{
	const struct dtls_handler *dtls;
	void *arg;

	(void)state;
	add(false);
	dtls = null_transport_dtls(&arg);
	dtls->send("\x16\xfe\xfd", 3, arg);
	assert_int_equal(sent.other, 1);
}

static void
test_there_is_no_path(void **state)
{
	const struct ice_handler *ice;
	void *arg;

	(void)state;
	add(false);
	ice = null_transport_ice(&arg);
	ice->state(ICE_FAILED, arg);
	assert_ended("no network path");
	ice->state(ICE_FAILED, arg);
	tick(20 * SECOND_US);
	assert_int_equal(told.states, 1);
}

static void
test_the_viewer_ends_it(void **state)
{
	const struct dtls_handler *dtls;
	void *arg;

	(void)state;
	add_live();
	dtls = null_transport_dtls(&arg);
	dtls->closed("it has gone", arg);
	assert_ended("it has gone");
	/* It is not heard any more. */
	hear_pli();
	tick(SECOND_US);
	camera(true, 1);
	assert_int_equal(told.pictures, 1);
	assert_int_equal(told.states, 2);
	assert_int_equal(sent.reports, 0);
	assert_int_equal(sent.video, 20);
}

static void
test_keys_that_are_refused(void **state)
{
	const struct srtp_keys none = { .profile = SRTP_NONE };

	(void)state;
	add(false);
	null_transport_connect_with(&none);
	assert_ended("keys");
	assert_int_equal(told.states, 1);
	assert_int_equal(told.pictures, 0);
}

static void
test_candidates_that_are_found_late(void **state)
{
	const struct ice_handler *ice;
	void *arg;

	(void)state;
	add(false);
	ice = null_transport_ice(&arg);
	ice->candidate("candidate:1", arg);
	assert_int_equal(told.candidates, 1);
	ice->state(ICE_FAILED, arg);
	ice->candidate("candidate:1", arg);
	assert_int_equal(told.candidates, 1);
}

static void
test_connected(void **state)
{
	(void)state;
	add_connected(false);
	assert_int_equal(told.states, 1);
	assert_string_equal(told.reason, "");
	assert_int_equal(told.pictures, 1);
	assert_int_equal(peer_state(peer), IPC_SESSION_CONNECTED);
	assert_false(peer_is_paused(peer));
	assert_int_equal(peer_show(peer)->state, SHOW_GATE);
}

static void
test_connected_but_paused(void **state)
{
	(void)state;
	add_connected(true);
	assert_int_equal(told.pictures, 0);
	assert_true(peer_is_paused(peer));
	assert_int_equal(peer_show(peer)->state, SHOW_NOTHING);
	tick(SECOND_US);
	assert_int_equal(sent.reports, 0);
	assert_int_equal(null_calls.ticks, 1);
}

/* Deadlines */

static void
test_it_does_not_connect_in_time(void **state)
{
	(void)state;
	add(false);
	tick(15 * SECOND_US);
	assert_int_equal(told.states, 0);
	tick(1);
	assert_ended("did not connect within 15 s");
	tick(SECOND_US);
	assert_int_equal(told.states, 1);
	/* Nothing was asked, or sent, all the time. */
	assert_int_equal(null_calls.ticks, 0);
	assert_int_equal(sent.reports + sent.byes, 0);
}

static void
test_silence(void **state)
{
	(void)state;
	add_live();
	null_network.heard_us = now_us;
	tick(5 * SECOND_US);
	assert_int_equal(null_calls.ticks, 1);
	assert_int_equal(null_calls.asked, 0);
	tick(1);
	assert_int_equal(null_calls.asked, 1);
	tick(10 * SECOND_US - 1);
	assert_int_equal(null_calls.asked, 2);
	assert_int_equal(told.states, 1);
	assert_int_equal(sent.reports, 3);
	tick(1);
	assert_ended("nothing heard from the viewer for 15 s");
	assert_int_equal(sent.reports, 3);
	tick(SECOND_US);
	assert_int_equal(told.states, 2);
}

/* A pause is no reason for silence. */
static void
test_silence_of_one_that_is_paused(void **state)
{
	(void)state;
	add_connected(true);
	null_network.heard_us = now_us;
	tick(15 * SECOND_US);
	assert_int_equal(told.states, 1);
	tick(1);
	assert_ended("nothing heard");
}

/* An answer to a check is one, and so is any RTCP. */
static void
test_signs_of_life(void **state)
{
	(void)state;
	add_connected(false);
	null_network.heard_us = now_us;
	now_us += 10 * SECOND_US;
	hear((const uint8_t *)"", 0);
	tick(15 * SECOND_US);
	assert_int_equal(told.states, 1);
	null_network.heard_us = now_us;
	tick(15 * SECOND_US);
	assert_int_equal(told.states, 1);
	tick(1);
	assert_ended("nothing heard");
}

/* Anybody could have sent this. */
static void
test_rtcp_that_is_forged(void **state)
{
	uint8_t buf[2000];
	size_t n;

	(void)state;
	add_connected(false);
	null_network.heard_us = now_us;
	now_us += 10 * SECOND_US;
	n = seal(buf, (const uint8_t *)"", 0);
	buf[n - 1] ^= 1;
	null_transport_receive(buf, n);
	memset(buf, 0, sizeof buf);
	buf[0] = 0x80;
	buf[1] = 201;
	null_transport_receive(buf, sizeof buf);
	tick(5 * SECOND_US + 1);
	assert_ended("nothing heard");
}

/* One datagram holds no more than 1500 bytes. */
static void
test_rtcp_of_any_length(void **state)
{
	static uint8_t body[1500], buf[1600];
	size_t n;

	(void)state;
	add_connected(false);
	null_network.heard_us = now_us;
	for (n = 0; n < 1472; n += 4)
		memcpy(body + n, "\x80\xcc\0\0", 4);	/* of no use */
	now_us += 10 * SECOND_US;
	n = seal(buf, body, 1472);
	assert_int_equal(n, 1500);
	null_transport_receive(buf, n);
	now_us += 10 * SECOND_US;
	memcpy(body + 1472, body, 4);
	n = seal(buf, body, 1476);
	null_transport_receive(buf, n);
	tick(5 * SECOND_US);
	assert_int_equal(told.states, 1);
	tick(1);
	assert_ended("nothing heard");
}

/* There are no keys yet to open it with. */
static void
test_rtcp_before_it_is_connected(void **state)
{
	(void)state;
	add(false);
	hear_pli();
	assert_int_equal(told.pictures, 0);
	tick(15 * SECOND_US);
	assert_int_equal(told.states, 0);
}

int
main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_an_offer_that_is_none),
		TEST(test_an_offer_that_is_one),
		TEST(test_who_is_passive_is_called),
		TEST(test_who_is_lite_is_controlled),
		TEST(test_who_has_no_nack_gets_no_rtx),
		TEST(test_its_ice_begins_anew),
		TEST(test_an_offer_with_the_present_credentials),
		TEST(test_an_offer_of_another),
		TEST(test_credentials_alone),
		TEST(test_the_handshake_waits_for_a_path),
		TEST(test_what_the_handshake_sends),
		TEST(test_there_is_no_path),
		TEST(test_the_viewer_ends_it),
		TEST(test_keys_that_are_refused),
		TEST(test_candidates_that_are_found_late),
		TEST(test_connected),
		TEST(test_connected_but_paused),
		TEST(test_it_does_not_connect_in_time),
		TEST(test_silence),
		TEST(test_silence_of_one_that_is_paused),
		TEST(test_signs_of_life),
		TEST(test_rtcp_that_is_forged),
		TEST(test_rtcp_of_any_length),
		TEST(test_rtcp_before_it_is_connected),
	};

	return cmocka_run_group_tests_name("peer", tests, NULL, NULL);
}
