#include "show.h"

#include "sender.h"
#include "twcc.h"
#include "worker/media/packetise.h"

/* The time between two answers to PLI doubles while a viewer asks on. */
#define PICTURE_MIN_US	1000000LL
#define PICTURE_MAX_US	8000000LL
#define BURST_PACKETS	64	/* that a replay sends in one go */
#define MAX_CREDIT_PART	50	/* of a second: 20 ms */
#define MOVED_PACKETS	4	/* that the first replay of another source */
#define MOVED_PACE	2	/* sends, and its pace by the live rate */

void
show_init(struct show *s, struct sender *sender, bool paused)
{
	*s = (struct show){
		.sender = sender, .paused = paused,
		.picture_interval_us = PICTURE_MIN_US,
	};
}

static void
shut_gate(struct show *s)
{
	s->state = s->open && !s->paused ? SHOW_GATE : SHOW_NOTHING;
}

void
show_open(struct show *s)
{
	s->open = true;
	shut_gate(s);
}

void
show_close(struct show *s)
{
	s->open = s->shown = false;
	shut_gate(s);
}

void
show_pause(struct show *s)
{
	if (s->paused)
		return;
	sender_continue(s->sender, SIZE_MAX);
	sender_forget(s->sender);
	s->paused = true;
	s->shown = false;
	shut_gate(s);
}

/* The link is judged anew, since it may have changed during the pause. */
void
show_resume(struct show *s)
{
	if (!s->paused)
		return;
	s->paused = false;
	link_reset(&s->link);
	shut_gate(s);
}

static void
start_pacing(struct show *s, int64_t now_us)
{
	s->state = SHOW_REPLAY;
	s->shown = true;
	s->paced_us = now_us;
	s->credit = 0;
}

void
show_start(struct show *s, const struct gop *gop, int64_t now_us, int64_t bps)
{
	if (s->state == SHOW_NOTHING)
		return;
	sender_cut(s->sender);
	shut_gate(s);
	if (gop_start(gop, &s->cursor) == NULL || link_is_slow(&s->link))
		return;
	s->picture_us = now_us;
	start_pacing(s, now_us);
	show_step(s, gop, now_us, bps);
}

/* A replay sends more than the stream has, so what is lost of it says nothing
 * of whether the link carries the stream: these losses are not counted. */
static void
end_replay(struct show *s, enum show_state state)
{
	s->state = state;
	s->pace_bps = 0;
	link_begin(&s->link);
}

/* On a connection a picture that waits makes all late that come after it. True
 * when the rest of the group must be left out. */
static bool
judge_queue(struct show *s, int64_t now_us)
{
	int64_t queued = sender_queued(s->sender);

	if (queued < 0 || s->stream_bps == 0)
		return false;
	link_queue(&s->link, queued, sender_bytes(s->sender), s->stream_bps,
	    now_us);
	return s->state != SHOW_GATE &&
	    link_overloaded(&s->link, s->stream_bps, now_us);
}

static size_t
burst(const struct show *s)
{
	return s->pace_bps > 0 ? MOVED_PACKETS : BURST_PACKETS;
}

/* Sends the next picture of the cache, or a burst of packets of it. */
static void
send_next(struct show *s, const struct gop *gop, int64_t now_us, int64_t bps)
{
	struct rtp_unit *u;
	enum gop_read read;

	if (judge_queue(s, now_us)) {
		end_replay(s, SHOW_GATE);
		return;
	}
	read = gop_read(gop, &s->cursor, &u);
	if (read != GOP_UNIT) {
		end_replay(s, read == GOP_CUT ? SHOW_GATE : SHOW_LIVE);
		return;
	}
	if (u->key)	/* a newer group may have begun since */
		squeeze_start(&s->squeeze, u->time_us, now_us,
		    u->offset[u->count] + gop_bytes_left(gop, &s->cursor),
		    bps);
	sender_unit(s->sender, u, squeeze_map(&s->squeeze, u->time_us),
	    burst(s));
}

/* Sends a burst of the rest of a picture, or the next one. False when the
 * socket takes nothing and is to be tried again later. */
static bool
replay_burst(struct show *s, const struct gop *gop, int64_t now_us, int64_t bps)
{
	uint64_t before = sender_bytes(s->sender);
	bool taken = true;

	if (sender_continue(s->sender, burst(s)))
		send_next(s, gop, now_us, bps);
	else
		taken = sender_bytes(s->sender) != before;
	s->credit -= (int64_t)(sender_bytes(s->sender) - before) * 8;
	return taken;
}

/* The replay goes into debt by one burst at most, and waits until that is
 * paid. */
void
show_step(struct show *s, const struct gop *gop, int64_t now_us, int64_t bps)
{
	if (s->state != SHOW_REPLAY)
		return;
	if (s->pace_bps > 0 && bps > s->pace_bps)
		bps = s->pace_bps;
	s->credit += (now_us - s->paced_us) * bps / 1000000;
	if (s->credit > bps / MAX_CREDIT_PART)
		s->credit = bps / MAX_CREDIT_PART;
	s->paced_us = now_us;
	while (s->state == SHOW_REPLAY && s->credit >= 0)
		if (!replay_burst(s, gop, now_us, bps))
			return;
}

void
show_end_replay(struct show *s)
{
	if (s->state == SHOW_REPLAY && sender_continue(s->sender, SIZE_MAX))
		end_replay(s, SHOW_LIVE);
}

static void
show_picture(struct show *s, const struct rtp_unit *u, const struct gop *gop,
    int64_t now_us)
{
	if (judge_queue(s, now_us))
		s->state = SHOW_GATE;
	if (u->key)
		s->state = link_take_group(&s->link) ? SHOW_LIVE : SHOW_GATE;
	if (s->state != SHOW_LIVE)
		return;
	s->shown = true;
	if (sender_unit(s->sender, u, u->time_us, SIZE_MAX))
		return;
	/* The replay of its rest, and of what follows, squeezes no time. */
	gop_end(gop, &s->cursor);
	squeeze_start(&s->squeeze, u->time_us, u->time_us, 0, 1);
	start_pacing(s, now_us);
}

void
show_unit(struct show *s, const struct rtp_unit *u, const struct gop *gop,
    int64_t now_us)
{
	if (s->state == SHOW_NOTHING)
		return;
	if (u->kind == MEDIA_VIDEO && s->state == SHOW_REPLAY)
		judge_queue(s, now_us);	/* it may have come to a stand */
	else if (u->kind == MEDIA_VIDEO)
		show_picture(s, u, gop, now_us);
	else if (s->shown && (s->state != SHOW_REPLAY || show_is_eased(s)))
		sender_unit(s->sender, u, u->time_us, SIZE_MAX);
}

void
show_gate(struct show *s)
{
	if (s->state == SHOW_LIVE)
		s->state = SHOW_GATE;
}

/* The link is judged by what it makes of the other source. What it may be full
 * of is not sent again, and the replay does not fill it. */
void
show_move(struct show *s, int64_t stream_bps, bool eased)
{
	sender_forget(s->sender);
	link_reset(&s->link);
	s->stream_bps = stream_bps;
	s->pace_bps = eased ? stream_bps * MOVED_PACE : 0;
}

bool
show_is_eased(const struct show *s)
{
	return s->state == SHOW_REPLAY && s->pace_bps > 0;
}

/* A viewer whose link is full loses more by a replay than it gains, so one
 * that asks again and again is answered less and less often. */
bool
show_wants_picture(struct show *s, int64_t now_us)
{
	int64_t since_us = now_us - s->picture_us;

	if (s->state == SHOW_NOTHING || s->state == SHOW_REPLAY ||
	    !link_may_repair(&s->link) || since_us < s->picture_interval_us)
		return false;
	if (since_us > 2 * PICTURE_MAX_US)
		s->picture_interval_us = PICTURE_MIN_US;
	else if (s->picture_interval_us < PICTURE_MAX_US)
		s->picture_interval_us *= 2;
	return true;
}

void
show_report(struct show *s, const struct rtcp_report *r, int64_t now_us)
{
	if (s->state == SHOW_LIVE && sender_queued(s->sender) < 0)
		link_report(&s->link, r, now_us);
}

void
show_remb(struct show *s, int64_t bps, int64_t now_us)
{
	if (s->state == SHOW_LIVE && sender_queued(s->sender) < 0)
		link_remb(&s->link, bps, now_us);
}

/* Feedback on a replay, or on a time without pictures, does not tell whether
 * the link carries the stream. */
void
show_transport(struct show *s, const uint8_t *fci, size_t len, int64_t now_us)
{
	struct twcc_window w;

	if (sender_queued(s->sender) < 0 &&
	    sender_take_feedback(s->sender, fci, len, s->state != SHOW_LIVE,
	    &w))
		link_transport(&s->link, &w, now_us);
}

void
show_judge(struct show *s, int64_t stream_bps, int64_t now_us)
{
	s->stream_bps = stream_bps;
	if (s->state == SHOW_LIVE && stream_bps > 0 &&
	    link_overloaded(&s->link, stream_bps, now_us))
		s->state = SHOW_GATE;
}
