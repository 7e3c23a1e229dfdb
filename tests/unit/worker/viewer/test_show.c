/* What one viewer is shown when: by a sender of its own, over a way that
 * takes as much as a test says, with the cache as it is. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "rtp_header.h"
#include "tests/unit/worker/fake_clock.h"
#include "tests/unit/worker/rtp_units.h"
#include "worker/media/rtp.h"
#include "worker/transport/srtp.h"
#include "worker/transport/transport.h"
#include "worker/viewer/rtcp.h"
#include "worker/viewer/sender.h"
#include "worker/viewer/show.h"
#include "worker/viewer/squeeze.h"

#define MAX_SENT	3000
#define PAYLOAD		1000
#define FIRST_ID	100	/* a picture's number, its last length */
#define BURST		64	/* packets, of a replay in one go */
#define FAST		1000000000LL	/* all of the cache in a step */
#define SLOW		64000LL	/* a burst in eight seconds */
#define QUICK		100000000LL
#define EVEN		1000000LL	/* a bit in each us: */
#define BURST_US	(BURST * PAYLOAD * 8)
#define STREAM_BPS	10000000
#define FRAME_US	40000
#define SECOND_US	1000000

struct packet {
	bool		marker;
	uint32_t	timestamp;
	int		len;		/* of its payload */
};

static struct sender *sender;
static struct srtp *srtp;
static struct gop *gop;
static struct show show;
static struct packet video[MAX_SENT];
static int n_video, n_sounds, n_reports, id;
static size_t room;		/* what the way still takes */
static uint16_t sequence;	/* of video, the last */

/* How many of them more() has told of. */
static int seen;

static void
take_video(const struct rtp_header *h, size_t payload)
{
	assert_true(n_video < MAX_SENT);
	if (n_video > 0)
		assert_int_equal(h->sequence, (uint16_t)(sequence + 1));
	sequence = h->sequence;
	video[n_video++] = (struct packet){ h->marker, h->timestamp,
		(int)payload };
}

static int
take(void *arg, const void *data, size_t len)
{
	struct rtp_header h = { 0 };
	int header_len;

	(void)arg;
	if (room == 0)
		return -1;
	room--;
	if (rtp_demux(data, len) == RTP_DEMUX_RTCP) {
		n_reports++;
		return 0;
	}
	header_len = rtp_read_header(data, len, &h);
	assert_true(header_len > 0);
	if (h.ssrc == sender_ssrc(sender, SENDER_VIDEO))
		take_video(&h, len - (size_t)header_len - 16);
	else
		n_sounds++;
	return 0;
}

static size_t
take_many(void *arg, const uint8_t *data, const uint16_t *len, size_t n)
{
	for (size_t i = 0; i < n; data += len[i++])
		if (take(arg, data, len[i]) == -1)
			return i;
	return n;
}

static const struct transport transport = { .send = take,
	.send_many = take_many };

#define assert_state(s)	assert_int_equal(show.state, s)

static const struct gop_limits roomy = { 64 << 20, 60000 };

static void
open_with(const struct gop_limits *limits, bool paused)
{
	struct sender_config config = {
		.rtx = -1, .transport_cc = 3, .cname = "x",
	};
	const struct srtp_keys keys = { .profile = SRTP_AEAD_AES_128_GCM };

	now_us = 1000000000;
	media_types_clear(&config.types);
	config.types.pt[MEDIA_H264] = 96;
	config.types.pt[MEDIA_OPUS] = 111;
	sender = sender_new(&config);
	srtp = srtp_new(&keys);
	gop = gop_new(limits);
	sender_start(sender, srtp, &transport);
	n_video = n_sounds = n_reports = seen = 0;
	id = FIRST_ID;
	room = SIZE_MAX;
	show_init(&show, sender, paused);
	show_open(&show);
}

static int
set_up(void **state)
{
	(void)state;
	open_with(&roomy, false);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	sender_free(sender);
	srtp_free(srtp);
	gop_free(gop);
	return 0;
}

static void
open_anew(const struct gop_limits *limits, bool paused)
{
	tear_down(NULL);
	open_with(limits, paused);
}

/* As fanout_send() does it. Its number. */
static int
camera(bool key, size_t count)
{
	struct rtp_unit *u = unit_new(key, now_us, count, PAYLOAD);

	u->offset[count] = u->offset[count - 1] + (uint32_t)++id;
	gop_add(gop, u);
	if (key)
		show_end_replay(&show);
	show_unit(&show, u, gop, now_us);
	rtp_unit_unref(u);
	return id;
}

static void
sound(void)
{
	struct rtp_unit *u = unit_new(false, now_us, 1, 80);

	u->kind = MEDIA_AUDIO;
	u->codec = MEDIA_OPUS;
	show_unit(&show, u, gop, now_us);
	rtp_unit_unref(u);
}

static void
start(int64_t bps)
{
	show_start(&show, gop, now_us, bps);
}

static void
step(int64_t after_us, int64_t bps)
{
	now_us += after_us;
	show_step(&show, gop, now_us, bps);
}

static void
catch_up(void)
{
	start(FAST);
	assert_state(SHOW_REPLAY);	/* the key frame is its debt */
	step(100, FAST);
	assert_state(SHOW_LIVE);
}

/* How many packets were sent since this was asked. */
static int
more(void)
{
	int n = n_video - seen;

	seen = n_video;
	return n;
}

static void
assert_last_whole(int picture)
{
	assert_true(n_video > 0);
	assert_true(video[n_video - 1].marker);
	assert_int_equal(video[n_video - 1].len, picture);
}

static void
test_nothing_until_it_is_open(void **state)
{
	(void)state;
	show_init(&show, sender, false);
	assert_state(SHOW_NOTHING);
	camera(true, 2);
	sound();
	start(FAST);
	step(SECOND_US, FAST);
	show_gate(&show);
	assert_false(show_wants_picture(&show, now_us));
	assert_state(SHOW_NOTHING);
	assert_int_equal(n_video + n_sounds, 0);
	show_open(&show);
	assert_state(SHOW_GATE);
}

static void
test_nothing_while_it_is_paused(void **state)
{
	(void)state;
	open_anew(&roomy, true);
	assert_state(SHOW_NOTHING);
	camera(true, 2);
	sound();
	start(FAST);
	assert_int_equal(n_video + n_sounds, 0);
	show_resume(&show);
	assert_state(SHOW_GATE);
}

static void
test_nothing_once_it_is_closed(void **state)
{
	(void)state;
	camera(true, 2);
	assert_state(SHOW_LIVE);
	show_close(&show);
	assert_state(SHOW_NOTHING);
	more();
	camera(true, 2);
	show_pause(&show);
	show_resume(&show);
	assert_state(SHOW_NOTHING);
	assert_int_equal(more() + n_sounds, 0);
}

static void
test_the_gate_waits_for_a_key_frame(void **state)
{
	(void)state;
	assert_state(SHOW_GATE);
	camera(false, 2);
	sound();
	show_gate(&show);
	show_end_replay(&show);
	assert_state(SHOW_GATE);
	assert_int_equal(n_video + n_sounds, 0);
	assert_last_whole((camera(true, 2), id));
	assert_state(SHOW_LIVE);
	sound();
	assert_last_whole((camera(false, 3), id));
	assert_int_equal(n_video, 5);
	assert_int_equal(n_sounds, 1);
}

/* What follows has lost its reference; what is heard has none. */
static void
test_the_stream_breaks_off(void **state)
{
	(void)state;
	camera(true, 2);
	show_gate(&show);
	assert_state(SHOW_GATE);
	more();
	camera(false, 2);
	sound();
	assert_int_equal(more(), 0);
	assert_int_equal(n_sounds, 1);
	camera(true, 1);
	assert_state(SHOW_LIVE);
	assert_int_equal(more(), 1);
}

/* It has a reference still: the cache ends it. */
static void
test_the_stream_breaks_off_while_it_replays(void **state)
{
	(void)state;
	camera(true, 3 * BURST);
	start(SLOW);
	show_gate(&show);
	assert_state(SHOW_REPLAY);
	gop_clear(gop);
	step(40 * SECOND_US, FAST);
	assert_last_whole(id);
	assert_state(SHOW_GATE);
	more();
	camera(false, 1);
	assert_int_equal(more(), 0);
}

static void
test_without_a_cached_key_frame(void **state)
{
	(void)state;
	camera(false, 2);
	show_pause(&show);
	show_resume(&show);
	start(FAST);
	assert_state(SHOW_GATE);
	assert_int_equal(n_video, 0);
	assert_int_equal(show.picture_us, 0);
	assert_last_whole((camera(true, 2), id));
	assert_state(SHOW_LIVE);
}

static void
test_with_a_cached_key_frame(void **state)
{
	(void)state;
	camera(true, 2);
	camera(false, 2);
	show_pause(&show);
	assert_state(SHOW_NOTHING);
	more();
	for (int i = 0; i < 3; i++) {
		camera(false, 2);
		sound();
	}
	assert_int_equal(more() + n_sounds, 0);
	show_resume(&show);
	catch_up();
	assert_int_equal(more(), 10);
	assert_last_whole(id);
	sound();
	assert_int_equal(n_sounds, 1);
	assert_last_whole((camera(false, 1), id));
}

/* It is shown the cache from the start, and not twice what is live. */
static void
test_live_units_of_one_that_replays(void **state)
{
	int key = camera(true, 2 * BURST), last;

	(void)state;
	more();
	start(SLOW);
	assert_state(SHOW_REPLAY);
	assert_int_equal(more(), BURST);
	last = camera(false, 1);
	sound();
	assert_int_equal(more() + n_sounds, 0);
	step(9 * SECOND_US, FAST);
	assert_state(SHOW_LIVE);
	assert_int_equal(more(), BURST + 1);
	assert_int_equal(video[n_video - 2].len, key);
	assert_last_whole(last);
	sound();
	assert_int_equal(n_sounds, 1);
}

/* A replay that begins anew while one is under way. */
static void
test_the_rest_is_left_out_when_it_begins_anew(void **state)
{
	int key = camera(true, BURST + 1);

	(void)state;
	more();
	start(SLOW);
	now_us += 1;
	start(SLOW);
	assert_int_equal(more(), 2 * BURST);
	step(9 * SECOND_US, FAST);
	assert_int_equal(more(), 1);
	assert_last_whole(key);
	assert_state(SHOW_LIVE);
}

/* No picture cut in two is followed by its rest. */
static void
test_the_rest_is_left_out_behind_the_gate(void **state)
{
	(void)state;
	camera(true, 2 * BURST);
	start(SLOW);
	gop_clear(gop);
	start(SLOW);
	assert_state(SHOW_GATE);
	more();
	step(SECOND_US, FAST);
	assert_last_whole((camera(true, 3), id));
	assert_int_equal(more(), 3);
}

static void
test_a_pause_in_the_middle_of_a_picture(void **state)
{
	int key = camera(true, 5 * BURST);

	(void)state;
	camera(false, 1);
	more();
	start(SLOW);
	assert_int_equal(more(), BURST);
	show_pause(&show);
	assert_state(SHOW_NOTHING);
	assert_int_equal(more(), 4 * BURST);
	assert_last_whole(key);
	show_pause(&show);
	step(SECOND_US, FAST);
	show_end_replay(&show);
	assert_int_equal(more(), 0);
	assert_state(SHOW_NOTHING);
	assert_false(sender_resend(sender, sender_ssrc(sender, SENDER_VIDEO),
	    sequence));
}

/* Then only a key frame may follow. */
static void
test_a_pause_while_the_way_is_full(void **state)
{
	(void)state;
	camera(true, 2);
	room = 1;
	camera(false, 3);
	assert_state(SHOW_REPLAY);
	show_pause(&show);
	room = SIZE_MAX;
	more();
	gop_clear(gop);
	show_resume(&show);
	start(FAST);
	step(SECOND_US, FAST);
	camera(false, 2);
	sound();
	assert_int_equal(more() + n_sounds, 0);
	assert_last_whole((camera(true, 2), id));
	assert_int_equal(more(), 2);
}

/* One that is not paused goes on as it was, and its link too. */
static void
test_a_resume_too_many(void **state)
{
	const struct rtcp_report r = { .highest_sequence = 100,
		.total_lost = 1 };
	struct link before;

	(void)state;
	camera(true, 2);
	show_report(&show, &r, now_us);
	before = show.link;
	assert_true(before.begun);
	show_resume(&show);
	assert_state(SHOW_LIVE);
	assert_memory_equal(&show.link, &before, sizeof before);
}

static void
test_sound_comes_after_a_picture(void **state)
{
	(void)state;
	camera(true, 2);
	sound();
	assert_int_equal(n_sounds, 1);
	show_pause(&show);
	show_resume(&show);
	sound();
	assert_int_equal(n_sounds, 1);
	camera(true, 2);
	sound();
	assert_int_equal(n_sounds, 2);
}

/* A burst for each that the pace allows, the first at once. */
static void
test_pace(void **state)
{
	(void)state;
	camera(true, 20 * BURST);
	more();
	start(EVEN);
	assert_int_equal(more(), BURST);
	step(BURST_US - 1, EVEN);
	assert_int_equal(more(), 0);
	step(1, EVEN);
	assert_int_equal(more(), BURST);
	step(0, EVEN);
	assert_int_equal(more(), 0);
	step(BURST_US - 1, EVEN);
	assert_int_equal(more(), 0);
	step(1, EVEN);
	assert_int_equal(more(), BURST);
}

/* What it did not use is not saved for longer than 20 ms. */
static void
test_credit_is_capped(void **state)
{
	(void)state;
	camera(true, 20 * BURST);
	more();
	start(EVEN);
	assert_int_equal(more(), BURST);
	step(30 * SECOND_US, EVEN);
	assert_int_equal(more(), BURST);
	step(BURST_US - 20000 - 1, EVEN);
	assert_int_equal(more(), 0);
	step(1, EVEN);
	assert_int_equal(more(), BURST);
	/* A debt is not one of the next replay's. */
	start(EVEN);
	assert_int_equal(more(), BURST);
}

/* What a full way does not take costs nothing. */
static void
test_the_way_is_full_in_a_replay(void **state)
{
	(void)state;
	camera(true, 20 * BURST);
	more();
	room = 10;
	start(EVEN);
	assert_int_equal(more(), 10);
	assert_state(SHOW_REPLAY);
	step(10 * PAYLOAD * 8, EVEN);	/* the debt of the ten */
	assert_int_equal(more(), 0);
	room = BURST + 3;
	step(0, EVEN);
	assert_int_equal(more(), BURST);
	step(BURST_US, EVEN);
	assert_int_equal(more(), 3);
	room = SIZE_MAX;
	step(3 * PAYLOAD * 8 - 1, EVEN);
	assert_int_equal(more(), 0);
	step(1, EVEN);
	assert_int_equal(more(), BURST);
}

static void
assert_apart(int from, int to, int64_t us)
{
	uint32_t ticks = video[to].timestamp - video[from].timestamp;

	assert_in_range(ticks + 2 - rtp_ticks(us, 90000), 0, 4);
}

/* From now on, squeezed, until the clock is met. */
static void
test_timestamps_of_a_replay(void **state)
{
	struct squeeze squeeze;
	int64_t first_us = now_us, from_us;
	size_t bytes = 9 * PAYLOAD;

	(void)state;
	open_anew(&roomy, true);
	camera(true, 10);
	for (int i = 0; i < 4; i++) {
		now_us += FRAME_US;
		camera(false, 1);
	}
	for (int i = 0; i < 5; i++)
		bytes += (size_t)id - i;
	show_resume(&show);
	now_us += FRAME_US;
	from_us = now_us;
	start(SLOW);
	squeeze_start(&squeeze, first_us, from_us, bytes, SLOW);
	for (int i = 0; i < 50 && n_video < 14; i++)
		step(SECOND_US / 10, SLOW);
	assert_int_equal(n_video, 14);
	for (int i = 0; i < 5; i++)
		assert_apart(0, 9 + i, squeeze_map(&squeeze, first_us +
		    i * FRAME_US) - from_us);
	/* Live by the clock. */
	step(9 * SECOND_US, SLOW);
	assert_state(SHOW_LIVE);
	camera(false, 1);
	assert_apart(0, 14, now_us - from_us);
}

/* The live picture's rest and what follows come by their own times. */
static void
test_the_way_is_full_in_a_live_picture(void **state)
{
	int first;

	(void)state;
	camera(true, 2);
	now_us += FRAME_US;
	room = 1;
	camera(false, 3);
	assert_state(SHOW_REPLAY);
	assert_int_equal(n_video, 3);
	first = n_video - 1;
	now_us += FRAME_US;
	camera(false, 1);
	assert_int_equal(n_video, 3);
	sound();
	assert_int_equal(n_sounds, 0);
	room = SIZE_MAX;
	step(FRAME_US / 4, FAST);
	assert_state(SHOW_LIVE);
	assert_int_equal(n_video, 6);
	assert_last_whole(id);
	assert_apart(first, 4, 0);
	assert_apart(first, 5, FRAME_US);
	assert_apart(0, first, FRAME_US);
	sound();
	assert_int_equal(n_sounds, 1);
}

/* What was saved up before is none of this replay's. */
static void
test_a_live_picture_is_paced_from_now(void **state)
{
	(void)state;
	camera(true, 1);
	now_us += 60 * SECOND_US;
	room = 1;
	camera(false, 10 * BURST + 1);
	assert_state(SHOW_REPLAY);
	room = SIZE_MAX;
	more();
	step(0, EVEN);
	assert_int_equal(more(), BURST);
	step(BURST_US - 1, EVEN);
	assert_int_equal(more(), 0);
	step(1, EVEN);
	assert_int_equal(more(), BURST);
}

/* Full at its first packet: none of it is lost. */
static void
test_the_way_is_full_before_a_live_picture(void **state)
{
	(void)state;
	room = 0;
	camera(true, 2);
	assert_state(SHOW_REPLAY);
	sound();
	assert_true(show.shown);
	room = SIZE_MAX;
	step(1, FAST);
	assert_state(SHOW_LIVE);
	assert_int_equal(n_video, 2);
	assert_last_whole(id);
}

static void
test_sound_that_is_lost_is_not_missed(void **state)
{
	(void)state;
	camera(true, 1);
	room = 0;
	sound();
	assert_state(SHOW_LIVE);
	room = SIZE_MAX;
	assert_last_whole((camera(false, 1), id));
}

static void
test_a_live_key_frame_ends_a_replay(void **state)
{
	int key = camera(true, 3 * BURST);

	(void)state;
	camera(false, 1);
	more();
	start(SLOW);
	assert_int_equal(more(), BURST);
	now_us += SECOND_US;
	assert_last_whole((camera(true, 2), id));
	assert_state(SHOW_LIVE);
	assert_int_equal(video[n_video - 3].len, key);
	assert_int_equal(more(), 2 * BURST + 2);
}

/* What is left of the picture does not go out: the new group is shown after
 * it, from the clock's time on. */
static void
test_a_key_frame_while_the_way_is_full(void **state)
{
	struct squeeze squeeze;
	int key = camera(true, 2 * BURST), at;

	(void)state;
	camera(false, 1);
	more();
	start(SLOW);
	now_us += 20 * SECOND_US;
	room = 0;
	camera(true, 4);
	assert_state(SHOW_REPLAY);
	now_us += FRAME_US;
	camera(false, 2);
	room = SIZE_MAX;
	more();
	squeeze_start(&squeeze, now_us - FRAME_US, now_us,
	    3 * PAYLOAD + (size_t)id - 1 + PAYLOAD + (size_t)id, QUICK);
	step(0, QUICK);
	assert_int_equal(more(), BURST + 6);
	assert_state(SHOW_LIVE);
	assert_last_whole(id);
	at = n_video - 6;
	assert_int_equal(video[at - 1].len, key);
	assert_apart(at, at + 4, squeeze_map(&squeeze, now_us) - now_us);
}

/* The cache is cut to its key frame while it is shown. */
static void
test_the_cache_is_cut_in_a_replay(void **state)
{
	const struct gop_limits tight = { 2 * BURST * PAYLOAD + 5000, 60000 };
	int key;

	(void)state;
	open_anew(&tight, false);
	key = camera(true, 2 * BURST);
	more();
	start(SLOW);
	camera(false, 1);
	camera(false, 20);
	step(9 * SECOND_US, FAST);
	assert_state(SHOW_GATE);
	assert_int_equal(more(), 2 * BURST);
	assert_last_whole(key);
	camera(false, 1);
	assert_int_equal(more(), 0);
	camera(true, 1);
	assert_state(SHOW_LIVE);
	assert_int_equal(more(), 1);
}

/* Estimates that fall and fall: it carries so much of STREAM_BPS. */
static void
tell_estimates(int64_t bps)
{
	for (int i = 0; i < 3; i++) {
		show_remb(&show, bps + 1000 - 500 * i, now_us);
		now_us += 1500000;
	}
}

static void
become_slow(void)
{
	camera(true, 1);
	tell_estimates(STREAM_BPS / 4);
	show_judge(&show, STREAM_BPS, now_us);
	assert_state(SHOW_GATE);
	assert_true(link_is_slow(&show.link));
}

/* Whole groups are left out, their sound is not. */
static void
test_a_slow_link(void **state)
{
	(void)state;
	become_slow();
	more();
	for (int i = 0; i < 3; i++) {
		camera(false, 2);
		camera(true, 2);
		assert_state(SHOW_GATE);
		sound();
	}
	assert_int_equal(more(), 0);
	assert_int_equal(n_sounds, 3);
	assert_last_whole((camera(true, 2), id));
	assert_state(SHOW_LIVE);
	assert_last_whole((camera(false, 1), id));
	assert_int_equal(more(), 3);
}

/* No more than life is sent to it, whoever asks, and not life again. */
static void
test_a_slow_link_gets_no_replay(void **state)
{
	(void)state;
	become_slow();
	more();
	now_us += 60 * SECOND_US;
	assert_false(show_wants_picture(&show, now_us));
	start(FAST);
	assert_state(SHOW_GATE);
	assert_int_equal(more(), 0);
	show_pause(&show);
	show_resume(&show);
	assert_false(link_is_slow(&show.link));
	catch_up();
	assert_int_equal(more(), 1);
}

static void
test_judge(void **state)
{
	(void)state;
	camera(true, 1);
	tell_estimates(STREAM_BPS / 4);
	show_judge(&show, 0, now_us);
	assert_state(SHOW_LIVE);
	show_judge(&show, STREAM_BPS / 4, now_us);
	assert_state(SHOW_LIVE);
	/* While it is not shown life, nothing is judged. */
	show_gate(&show);
	show_judge(&show, STREAM_BPS, now_us);
	assert_false(link_is_slow(&show.link));
	camera(true, 1);
	show_judge(&show, STREAM_BPS, now_us);
	assert_true(link_is_slow(&show.link));
	assert_state(SHOW_GATE);
}

/* A loss of so many packets of the last hundred is reported. */
static void
report(uint32_t hundreds, int32_t lost)
{
	const struct rtcp_report r = { .highest_sequence = 100 * hundreds,
		.total_lost = lost };

	now_us += SECOND_US;
	show_report(&show, &r, now_us);
}

static void
replay_slowly(void)
{
	camera(true, 2 * BURST);
	start(SLOW);
	assert_state(SHOW_REPLAY);
}

static void
test_reports_are_counted_while_it_is_live(void **state)
{
	(void)state;
	report(1, 0);
	report(2, 50);
	assert_int_equal(link_loss(&show.link), -1);
	replay_slowly();
	report(3, 100);
	report(4, 150);
	assert_int_equal(link_loss(&show.link), -1);
	step(9 * SECOND_US, FAST);
	assert_state(SHOW_LIVE);
	report(5, 200);
	assert_int_equal(link_loss(&show.link), -1);
	report(6, 250);
	assert_int_equal(link_loss(&show.link), 127);
	show_gate(&show);
	report(7, 250);
	assert_int_equal(link_loss(&show.link), 127);
}

/* What was lost of a replay is not: neither when it is done nor when a key
 * frame ends it. */
static void
test_losses_of_a_replay_are_not_counted(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		camera(true, 2 * BURST);
		report(1, 0);
		start(SLOW);
		if (i == 0)
			step(9 * SECOND_US, FAST);
		else
			camera(true, 1);
		assert_state(SHOW_LIVE);
		report(2, 50);
		assert_int_equal(link_loss(&show.link), -1);
		report(3, 50);
		assert_int_equal(link_loss(&show.link), 0);
		link_reset(&show.link);
	}
}

static void
test_estimates_are_heard_while_it_is_live(void **state)
{
	(void)state;
	tell_estimates(STREAM_BPS / 4);
	replay_slowly();
	tell_estimates(STREAM_BPS / 4);
	assert_int_equal(show.link.remb_bps, 0);
	step(9 * SECOND_US, FAST);
	assert_state(SHOW_LIVE);
	show_remb(&show, 12345, now_us);
	assert_int_equal(show.link.remb_bps, 12345);
}

/* All that was sent is told as lost, by transport-wide feedback. */
static void
tell_all_lost(void)
{
	const uint8_t fci[] = { 0, 0, (uint8_t)(n_video >> 8),
		(uint8_t)n_video, 0, 0, 1, 0, (uint8_t)(n_video >> 8),
		(uint8_t)n_video };

	show_transport(&show, fci, sizeof fci, now_us);
}

static void
test_feedback_is_counted_while_it_is_live(void **state)
{
	(void)state;
	camera(true, 100);
	show_gate(&show);
	now_us += 2 * SECOND_US;
	tell_all_lost();
	assert_int_equal(link_loss(&show.link), -1);
	start(SLOW);
	assert_state(SHOW_REPLAY);
	now_us += 2 * SECOND_US;
	tell_all_lost();
	assert_int_equal(link_loss(&show.link), -1);
	step(9 * SECOND_US, FAST);
	assert_state(SHOW_LIVE);
	camera(false, 100);
	now_us += 2 * SECOND_US;
	tell_all_lost();
	assert_int_equal(link_loss(&show.link), 255);
}

static int64_t answered_us;

static void
assert_answered(void)
{
	answered_us = now_us;
	assert_true(show_wants_picture(&show, now_us));
	catch_up();
}

/* At the earliest so long after the answer before. */
static void
assert_next_answer_after(int64_t us)
{
	now_us = answered_us + us - 1;
	assert_false(show_wants_picture(&show, now_us));
	now_us++;
	assert_answered();
}

/* Twice as long each time, up to eight seconds, while it asks on. */
static void
test_requests_for_a_picture(void **state)
{
	(void)state;
	camera(true, 1);
	assert_answered();
	assert_next_answer_after(SECOND_US);
	assert_next_answer_after(2 * SECOND_US);
	assert_next_answer_after(4 * SECOND_US);
	assert_next_answer_after(8 * SECOND_US);
	assert_next_answer_after(8 * SECOND_US);
	/* Two such intervals are not long enough to begin anew. */
	now_us = answered_us + 16 * SECOND_US;
	assert_answered();
	assert_next_answer_after(8 * SECOND_US);
	now_us = answered_us + 16 * SECOND_US + 1;
	assert_answered();
	assert_next_answer_after(SECOND_US);
	assert_next_answer_after(2 * SECOND_US);
}

/* The gate may be answered, a replay is one already. */
static void
test_who_may_ask_for_a_picture(void **state)
{
	(void)state;
	assert_state(SHOW_GATE);
	assert_true(show_wants_picture(&show, now_us));
	replay_slowly();
	now_us += 60 * SECOND_US;
	assert_false(show_wants_picture(&show, now_us));
	step(9 * SECOND_US, FAST);
	assert_state(SHOW_LIVE);
	assert_true(show_wants_picture(&show, now_us));
	show_pause(&show);
	assert_false(show_wants_picture(&show, now_us));
}

/* One that has lost much twice over may be at the end of its link. */
static void
test_a_full_link_gets_no_picture(void **state)
{
	(void)state;
	camera(true, 1);
	now_us += 60 * SECOND_US;
	report(1, 0);
	report(2, 80);
	assert_false(link_may_repair(&show.link));
	assert_false(show_wants_picture(&show, now_us));
	report(3, 80);
	assert_true(show_wants_picture(&show, now_us));
}

int
main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_until_it_is_open),
		TEST(test_nothing_while_it_is_paused),
		TEST(test_nothing_once_it_is_closed),
		TEST(test_the_gate_waits_for_a_key_frame),
		TEST(test_the_stream_breaks_off),
		TEST(test_the_stream_breaks_off_while_it_replays),
		TEST(test_without_a_cached_key_frame),
		TEST(test_with_a_cached_key_frame),
		TEST(test_live_units_of_one_that_replays),
		TEST(test_the_rest_is_left_out_when_it_begins_anew),
		TEST(test_the_rest_is_left_out_behind_the_gate),
		TEST(test_a_pause_in_the_middle_of_a_picture),
		TEST(test_a_pause_while_the_way_is_full),
		TEST(test_a_resume_too_many),
		TEST(test_sound_comes_after_a_picture),
		TEST(test_pace),
		TEST(test_credit_is_capped),
		TEST(test_the_way_is_full_in_a_replay),
		TEST(test_timestamps_of_a_replay),
		TEST(test_the_way_is_full_in_a_live_picture),
		TEST(test_a_live_picture_is_paced_from_now),
		TEST(test_the_way_is_full_before_a_live_picture),
		TEST(test_sound_that_is_lost_is_not_missed),
		TEST(test_a_live_key_frame_ends_a_replay),
		TEST(test_a_key_frame_while_the_way_is_full),
		TEST(test_the_cache_is_cut_in_a_replay),
		TEST(test_a_slow_link),
		TEST(test_a_slow_link_gets_no_replay),
		TEST(test_judge),
		TEST(test_reports_are_counted_while_it_is_live),
		TEST(test_losses_of_a_replay_are_not_counted),
		TEST(test_estimates_are_heard_while_it_is_live),
		TEST(test_feedback_is_counted_while_it_is_live),
		TEST(test_requests_for_a_picture),
		TEST(test_who_may_ask_for_a_picture),
		TEST(test_a_full_link_gets_no_picture),
	};

	return cmocka_run_group_tests_name("worker_show", tests, NULL, NULL);
}
