/* One viewer's connection, without a network (bench/null_transport.c) and by
 * a clock that the tests turn: when it is made, when it ends, what is done
 * about what it says. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/null_transport.h"
#include "log.h"
#include "rtp_header.h"
#include "tests/unit/worker/fake_clock.h"
#include "tests/unit/worker/rtp_units.h"
#include "worker/media/gop.h"
#include "worker/media/rtp.h"
#include "worker/transport/dtls.h"
#include "worker/transport/ice.h"
#include "worker/transport/srtp.h"
#include "worker/viewer/link.h"
#include "worker/viewer/peer.h"
#include "worker/viewer/show.h"
#include "xalloc.h"

#define ID		"0123456789abcdef0123456789abcdef"
#define SECOND_US	1000000LL
#define FAST		1000000000LL	/* all of the cache in a step */
#define STREAM_BPS	10000000
#define RTX_TYPE	97	/* of null_transport_offer() */

static const struct srtp_keys keys = { .profile = SRTP_AEAD_AES_128_GCM };

/* What the handler was told. */
static struct {
	int	states, pictures, candidates;
	enum ipc_session_state	state;	/* the last */
	char	reason[100];
} told;

/* What went out. */
static struct {
	int		video, rtx, sound, reports, byes, other;
	uint16_t	sequence;	/* of video, the highest */
} sent;

static struct peer *peer;
static struct srtp *viewer;	/* at its end */
static struct gop *gop;
static uint32_t ssrc;		/* of video */
static char err[256];
static int status;

static void
count_rtcp(const uint8_t *data, size_t len)
{
	uint8_t buf[1500];

	memcpy(buf, data, len);
	assert_int_equal(srtp_open_rtcp(viewer, buf, &len), 0);
	sent.reports += buf[1] == 200;
	sent.byes += buf[1] == 201;
}

static void
count_rtp(const uint8_t *data, size_t len)
{
	struct rtp_header h = { 0 };

	assert_true(rtp_read_header(data, len, &h) > 0);
	if (h.payload_type == RTX_TYPE) {
		sent.rtx++;
	} else if (h.ssrc == ssrc) {
		sent.video++;
		sent.sequence = h.sequence;
	} else {
		sent.sound++;
	}
}

static size_t
count_sent(unsigned number, const uint8_t *data, const uint16_t *len, size_t n)
{
	(void)number;
	for (size_t i = 0; i < n; data += len[i++]) {
		enum rtp_demux kind = rtp_demux(data, len[i]);

		if (kind == RTP_DEMUX_RTCP)
			count_rtcp(data, len[i]);
		else if (kind == RTP_DEMUX_RTP)
			count_rtp(data, len[i]);
		else
			sent.other++;
	}
	return n;
}

static void
on_state(struct peer *p, enum ipc_session_state state, const char *reason,
    void *arg)
{
	assert_ptr_equal(arg, &told);
	assert_ptr_equal(p, peer);
	told.states++;
	told.state = state;
	snprintf(told.reason, sizeof told.reason, "%s",
	    reason != NULL ? reason : "");
}

static void
on_candidate(struct peer *p, const char *candidate, void *arg)
{
	(void)arg;
	assert_ptr_equal(p, peer);
	assert_string_equal(candidate, "candidate:1");
	told.candidates++;
}

static void
on_picture(struct peer *p, void *arg)
{
	(void)arg;
	told.pictures++;
	show_start(peer_show(p), gop, now_us, FAST);
}

static const struct peer_handler handler = {
	on_state, on_candidate, on_picture
};

static struct peer *
make(const char *sdp, bool paused)
{
	const struct peer_config config = { .id = ID, .sdp = sdp,
		.paused = paused, .port = 4321,
		.media = { MEDIA_H264, MEDIA_OPUS, 0 } };

	err[0] = '\0';
	return peer_new(NULL, &config, &handler, &told, &status, err,
	    sizeof err);
}

/* The offer with one text put in place of another. Caller frees. */
static char *
offer_with(const char *from, const char *to)
{
	char *sdp = null_transport_offer(), *at, *out, *next = sdp;
	size_t n = strlen(from), size;
	FILE *f = open_memstream(&out, &size);

	while ((at = strstr(next, from)) != NULL) {
		fprintf(f, "%.*s%s", (int)(at - next), next, to);
		next = at + n;
	}
	fprintf(f, "%s", next);
	fclose(f);
	free(sdp);
	return out;
}

static struct peer *
make_with(const char *from, const char *to)
{
	char *sdp = offer_with(from, to);
	struct peer *p = make(sdp, false);

	free(sdp);
	return p;
}

static void
add(bool paused)
{
	char *sdp = null_transport_offer();

	peer = make(sdp, paused);
	free(sdp);
	assert_non_null(peer);
	assert_int_equal(status, 200);
	ssrc = (uint32_t)strtoul(strstr(peer_answer(peer), "a=ssrc:") + 7,
	    NULL, 10);
	if (strstr(peer_answer(peer), "a=ssrc-group:FID ") != NULL)
		ssrc = (uint32_t)strtoul(strstr(peer_answer(peer),
		    "a=ssrc-group:FID ") + 17, NULL, 10);
}

static int
set_up(void **state)
{
	static const struct gop_limits roomy = { 1 << 20, 60000 };

	(void)state;
	log_open(LOG_LEVEL_OFF, NULL);
	now_us = 1000 * SECOND_US;
	memset(&told, 0, sizeof told);
	memset(&sent, 0, sizeof sent);
	memset(&null_network, 0, sizeof null_network);
	memset(&null_calls, 0, sizeof null_calls);
	null_transport_take = count_sent;
	viewer = srtp_new(&keys);
	gop = gop_new(&roomy);
	peer = NULL;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	if (peer != NULL)
		peer_free(peer);
	peer = NULL;
	srtp_free(viewer);
	gop_free(gop);
	return 0;
}

static void
add_connected(bool paused)
{
	add(paused);
	null_transport_connect_with(&keys);
	assert_int_equal(told.state, IPC_SESSION_CONNECTED);
}

static void
camera(bool key, size_t count)
{
	struct rtp_unit *u = unit_new(key, now_us, count, 100);

	gop_add(gop, u);
	show_step(peer_show(peer), gop, now_us, FAST);
	show_unit(peer_show(peer), u, gop, now_us);
	rtp_unit_unref(u);
}

/* One that is shown life. */
static void
add_live(void)
{
	add_connected(false);
	camera(true, 20);
	assert_int_equal(sent.video, 20);
	assert_int_equal(peer_show(peer)->state, SHOW_LIVE);
}

static void
tick(int64_t after_us)
{
	now_us += after_us;
	peer_tick(peer, now_us, STREAM_BPS);
}

/* Behind an empty receiver report; `buf` has room for 100 more. */
static size_t
seal(uint8_t *buf, const uint8_t *body, size_t len)
{
	static const uint8_t empty[] = { 0x80, 201, 0, 1, 0, 0, 0, 7 };
	size_t n = sizeof empty + len;

	memcpy(buf, empty, sizeof empty);
	memcpy(buf + sizeof empty, body, len);
	assert_int_equal(srtp_seal_rtcp(viewer, buf, &n), 0);
	return n;
}

/* What the viewer says. */
static void
hear(const uint8_t *body, size_t len)
{
	uint8_t buf[200];
	size_t n = seal(buf, body, len);

	null_transport_receive(buf, n);
}

/* So many words in front of which go header and the viewer's SSRC. */
static void
hear_words(uint8_t count, uint8_t type, const uint32_t *word, uint8_t n)
{
	uint8_t buf[100] = { (uint8_t)(0x80 | count), type, 0,
		(uint8_t)(n + 1), 0, 0, 0, 7 };

	for (int i = 0; i < n; i++)
		put32(buf + 8 + 4 * i, word[i]);
	hear(buf, 8 + 4 * (size_t)n);
}

static void
hear_report(uint32_t of, uint32_t lost, uint32_t highest)
{
	const uint32_t word[] = { of, lost, highest, 0, 0, 0 };

	hear_words(1, 201, word, 6);
}

static void
hear_nack(uint16_t sequence)
{
	const uint32_t word[] = { ssrc, (uint32_t)sequence << 16 };

	hear_words(1, 205, word, 2);
}

static void
hear_pli(void)
{
	hear_words(1, 206, &ssrc, 1);
}

static void
hear_remb(uint32_t bps)
{
	const uint32_t word[] = { 0, 0x52454d42,
		1 << 24 | 10 << 18 | bps >> 10, ssrc };

	hear_words(15, 206, word, 4);
}

static void
assert_ended(const char *why)
{
	assert_int_equal(told.state, IPC_SESSION_CLOSED);
	assert_non_null(strstr(told.reason, why));
	assert_int_equal(peer_state(peer), IPC_SESSION_CLOSED);
	assert_int_equal(peer_show(peer)->state, SHOW_NOTHING);
}

/* The offer */

static void
assert_refused(struct peer *p, int why)
{
	assert_null(p);
	assert_int_equal(status, why);
	assert_string_not_equal(err, "");
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
	assert_non_null(strstr(err, "credentials"));
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

/* Without NACK there is nothing to send again, nor a stream to do it by. */
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

/* Its way there */

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
	/* Media of the viewer's is none of ours, nor what is unknown. */
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
	/* Nothing was asked, or sent, that long. */
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

/* Paused or not. */
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

/* An answer to a check, or any RTCP. */
static void
test_signs_of_life(void **state)
{
	(void)state;
	add_connected(false);
	null_network.heard_us = now_us;
	now_us += 10 * SECOND_US;
	hear(NULL, 0);
	tick(15 * SECOND_US);
	assert_int_equal(told.states, 1);
	null_network.heard_us = now_us;
	tick(15 * SECOND_US);
	assert_int_equal(told.states, 1);
	tick(1);
	assert_ended("nothing heard");
}

/* What anybody could have sent. */
static void
test_rtcp_that_is_forged(void **state)
{
	uint8_t buf[2000];
	size_t n;

	(void)state;
	add_connected(false);
	null_network.heard_us = now_us;
	now_us += 10 * SECOND_US;
	n = seal(buf, NULL, 0);
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

/* The way of encryption is not there yet. */
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

/* What it says */

static void
get_stats(struct peer_stats *st)
{
	memset(st, 0xff, sizeof *st);
	peer_get_stats(peer, st);
}

static void
test_nack(void **state)
{
	struct peer_stats st;

	(void)state;
	add_live();
	hear_nack(sent.sequence);
	hear_nack((uint16_t)(sent.sequence - 3));
	hear_nack((uint16_t)(sent.sequence + 1));	/* not sent yet */
	assert_int_equal(sent.rtx, 2);
	get_stats(&st);
	assert_int_equal(st.nack, 3);
	assert_int_equal(st.sender.retransmitted, 2);
	assert_int_equal(st.pli, 0);
	assert_int_equal(st.fraction_lost, -1);
}

static void
lose(uint32_t percent)
{
	camera(false, 100);
	hear_report(ssrc, 0, 20);
	now_us += SECOND_US;
	hear_report(ssrc, percent, 120);
}

/* Where much is lost one copy may be too. */
static void
test_nack_where_much_is_lost(void **state)
{
	(void)state;
	add_live();
	lose(20);
	hear_nack(sent.sequence);
	assert_int_equal(sent.rtx, 3);
}

/* It was told that nothing comes. */
static void
test_nack_of_one_that_is_paused(void **state)
{
	struct peer_stats st;

	(void)state;
	add_live();
	peer_show(peer)->paused = true;	/* its history is kept */
	hear_nack(sent.sequence);
	assert_int_equal(sent.rtx, 0);
	get_stats(&st);
	assert_int_equal(st.nack, 1);
	peer_show(peer)->paused = false;
	hear_nack(sent.sequence);
	assert_int_equal(sent.rtx, 1);
}

static void
test_pli(void **state)
{
	struct peer_stats st;

	(void)state;
	add_live();
	now_us += SECOND_US;
	hear_pli();
	assert_int_equal(told.pictures, 2);
	assert_int_equal(sent.video, 40);
	hear_pli();
	assert_int_equal(told.pictures, 2);
	get_stats(&st);
	assert_int_equal(st.pli, 2);
	assert_int_equal(st.nack, 0);
}

static void
test_reports(void **state)
{
	const uint32_t report[] = { ssrc, 20, 20, 900, 0, 0 };
	struct peer_stats st;

	(void)state;
	add_live();
	hear_report(ssrc ^ 1, 90, 90);
	get_stats(&st);
	assert_int_equal(st.sender.packets_lost, 0);
	assert_int_equal(st.sender.jitter_us, -1);
	hear_words(1, 201, (const uint32_t[]){ ssrc, report[1], report[2],
	    report[3], 0, 0 }, 6);
	get_stats(&st);
	assert_int_equal(st.sender.packets_lost, 20);
	assert_int_equal(st.sender.jitter_us, 10000);
	assert_int_equal(st.sender.packets, 20);
	assert_int_equal(st.sender.bytes, 2000);
	assert_int_equal(st.fraction_lost, -1);
	camera(false, 100);
	now_us += SECOND_US;
	hear_report(ssrc ^ 1, 90, 120);		/* none of ours */
	hear_report(ssrc, 70, 120);
	get_stats(&st);
	assert_int_equal(st.fraction_lost, 127);
}

static void
test_sender_reports(void **state)
{
	(void)state;
	add_live();
	tick(SECOND_US);
	tick(SECOND_US);
	assert_int_equal(sent.reports, 2);
	assert_int_equal(null_calls.ticks, 2);
	show_pause(peer_show(peer));
	tick(SECOND_US);
	assert_int_equal(sent.reports, 2);
	show_resume(peer_show(peer));
	tick(SECOND_US);
	assert_int_equal(sent.reports, 3);
}

/* Told once when it becomes so, and once when it is over. */
static void
test_a_slow_link(void **state)
{
	(void)state;
	add_live();
	for (int i = 0; i < 3; i++) {
		hear_remb((uint32_t)(STREAM_BPS / 2 - i * 100000));
		tick(SECOND_US * 3 / 2);
	}
	assert_int_equal(told.states, 2);
	assert_int_equal(told.state, IPC_SESSION_SLOW);
	assert_int_equal(peer_state(peer), IPC_SESSION_SLOW);
	assert_int_equal(peer_show(peer)->state, SHOW_GATE);
	tick(SECOND_US);
	assert_int_equal(told.states, 2);
	for (int i = 0; i < 5 && told.states == 2; i++) {
		camera(true, 1);
		tick(SECOND_US);
	}
	assert_int_equal(told.states, 3);
	assert_int_equal(told.state, IPC_SESSION_CONNECTED);
	assert_int_equal(peer_state(peer), IPC_SESSION_CONNECTED);
	tick(SECOND_US);
	assert_int_equal(told.states, 3);
}

/* Transport-wide feedback, where that is agreed on. */
static void
test_transport_feedback(void **state)
{
	const uint32_t lost[] = { ssrc, 20, 0x00000100, 20 << 16 };
	struct peer_stats st;
	char *sdp;

	(void)state;
	sdp = offer_with("a=mid:0\r\n", "a=mid:0\r\na=extmap:3 http://www."
	    "ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
	    "\r\na=rtcp-fb:96 transport-cc\r\n");
	peer = make(sdp, false);
	free(sdp);
	assert_answers("a=extmap:3 ", true);
	ssrc = (uint32_t)strtoul(strstr(peer_answer(peer),
	    "a=ssrc-group:FID ") + 17, NULL, 10);
	null_transport_connect_with(&keys);
	camera(true, 20);
	assert_int_equal(sent.video, 20);
	now_us += 2 * SECOND_US;
	hear_words(15, 205, lost, 4);
	get_stats(&st);
	assert_int_equal(st.fraction_lost, 255);
}

/* Another address */

static void
move(void)
{
	void *arg;
	const struct ice_handler *ice = null_transport_ice(&arg);

	ice->moved(arg);
}

/* Pictures still come: it misses nothing. */
static void
test_it_moves_while_pictures_come(void **state)
{
	(void)state;
	add_live();
	lose(50);
	assert_int_equal(link_loss(&peer_show(peer)->link), 127);
	now_us += SECOND_US * 3 / 2 - 1;
	hear_report(ssrc, 50, 120);	/* nothing new */
	move();
	assert_int_equal(told.states, 2);
	assert_int_equal(told.state, IPC_SESSION_CONNECTED);
	assert_int_equal(told.pictures, 1);
	assert_int_equal(link_loss(&peer_show(peer)->link), -1);
	hear_nack(sent.sequence);
	assert_int_equal(sent.rtx, 1);
}

/* They have ceased to: what it missed is not sent again. */
static void
test_it_moves_after_a_gap(void **state)
{
	uint16_t before;

	(void)state;
	add_live();
	lose(0);
	before = sent.sequence;
	now_us += SECOND_US * 3 / 2;
	hear_report(ssrc, 0, 120);
	move();
	assert_int_equal(told.pictures, 2);
	assert_int_equal(told.states, 2);
	hear_nack(before);
	assert_int_equal(sent.rtx, 0);
}

static void
test_it_moves_while_it_is_paused(void **state)
{
	(void)state;
	add_live();
	show_pause(peer_show(peer));
	now_us += 60 * SECOND_US;
	move();
	assert_int_equal(told.states, 2);
	assert_int_equal(told.pictures, 1);
}

static void
test_it_moves_before_or_after_its_time(void **state)
{
	const struct dtls_handler *dtls;
	void *arg;

	(void)state;
	add(false);
	move();
	assert_int_equal(told.states + told.pictures, 0);
	null_transport_connect_with(&keys);
	dtls = null_transport_dtls(&arg);
	dtls->closed("gone", arg);
	assert_int_equal(told.states, 2);
	move();
	assert_int_equal(told.states, 2);
	assert_int_equal(told.pictures, 1);
}

/* A link that was slow is told so until the next tick. */
static void
test_a_slow_one_moves(void **state)
{
	(void)state;
	add_live();
	for (int i = 0; i < 3; i++) {
		hear_remb((uint32_t)(STREAM_BPS / 2 - i * 100000));
		tick(SECOND_US * 3 / 2);
	}
	assert_int_equal(told.state, IPC_SESSION_SLOW);
	move();
	assert_int_equal(told.state, IPC_SESSION_SLOW);
	tick(1);
	assert_int_equal(told.state, IPC_SESSION_CONNECTED);
}

/* Its end */

static void
test_goodbye(void **state)
{
	(void)state;
	add_live();
	peer_free(peer);
	peer = NULL;
	assert_int_equal(sent.byes, 1);
	assert_int_equal(null_calls.byes, 1);
	assert_int_equal(null_calls.frees, 1);
	assert_int_equal(told.states, 1);
}

static void
test_goodbye_before_it_is_connected(void **state)
{
	(void)state;
	add(false);
	peer_free(peer);
	peer = NULL;
	assert_int_equal(sent.byes + sent.other, 0);
	assert_int_equal(null_calls.byes, 1);
	assert_int_equal(null_calls.frees, 1);
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
		TEST(test_nack),
		TEST(test_nack_where_much_is_lost),
		TEST(test_nack_of_one_that_is_paused),
		TEST(test_pli),
		TEST(test_reports),
		TEST(test_sender_reports),
		TEST(test_a_slow_link),
		TEST(test_transport_feedback),
		TEST(test_it_moves_while_pictures_come),
		TEST(test_it_moves_after_a_gap),
		TEST(test_it_moves_while_it_is_paused),
		TEST(test_it_moves_before_or_after_its_time),
		TEST(test_a_slow_one_moves),
		TEST(test_goodbye),
		TEST(test_goodbye_before_it_is_connected),
	};

	return cmocka_run_group_tests_name("peer", tests, NULL, NULL);
}
