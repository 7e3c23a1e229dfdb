#include "link.h"

#include <string.h>

#include "rtcp.h"
#include "twcc.h"

#define REMB_FRESH_US	3000000LL
#define SOME_LOSS	64	/* of 256, 25 %: a low estimate counts */
#define FALL_APART_US	1000000LL /* closer falls are one hiccup's */
#define HEAVY_LOSS	102	/* of 256, 40 %: repair no longer helps */
#define HEAVY_WINDOWS	2	/* in a row, since one may be a hiccup */
#define QUEUE_US	300000LL /* how long a queue is measured */
#define QUEUE_LATE_US	800000LL /* what comes later is left out */
#define QUEUE_MOST	(192 * 1024)	/* bytes; a socket takes few more */
#define QUEUE_EMPTY_US	100000LL /* of the stream: so much is no queue */
#define MARGIN_PERCENT	85	/* of the stream: an estimate is a low guess */
#define CARRIED_GROUPS	2	/* after which a link is slow no more */
#define TOLD_WINDOWS	3	/* of reports: one of feedback tells as much */

static void
take_loss(struct link *l, uint8_t fraction_lost)
{
	l->known = true;
	l->heavy = fraction_lost >= HEAVY_LOSS ? l->heavy + 1 : 0;
	l->fraction_lost = fraction_lost;
}

static void
begin_window(struct link *l, const struct rtcp_report *r, int64_t now_us)
{
	l->begun = true;
	l->begin_us = now_us;
	l->begin_lost = r->total_lost;
	l->begin_highest = r->highest_sequence;
}

/* The totals count: the fraction in a report is that since the report before,
 * which with a NACK may be of two packets. Losses that transport-wide feedback
 * has told of are not counted a second time. */
void
link_report(struct link *l, const struct rtcp_report *r, int64_t now_us)
{
	/* It is below 0 when a later report has overtaken this one. */
	int32_t packets = (int32_t)(r->highest_sequence - l->begin_highest);
	int64_t lost = r->total_lost - l->begin_lost;

	if (!l->begun) {
		begin_window(l, r, now_us);
		return;
	}
	if (now_us - l->begin_us < LINK_WINDOW_US ||
	    packets < LINK_WINDOW_PACKETS)
		return;
	begin_window(l, r, now_us);
	if (l->told > 0)
		l->told--;
	else if (lost <= 0)	/* packets that came twice count twice */
		take_loss(l, 0);
	else
		take_loss(l, lost < packets ?
		    (uint8_t)((lost * 256 - 1) / packets) : UINT8_MAX);
}

/* A viewer's estimate drops after any hiccup of the air or of its own machine,
 * and then grows; it falls again and again only where a queue stays. */
static bool
falls_again(struct link *l, int64_t bits_per_second, int64_t now_us)
{
	bool soon = l->fell_us > 0 && now_us - l->fell_us < REMB_FRESH_US;

	if (bits_per_second >= l->remb_bps)
		return false;
	if (soon && now_us - l->fell_us < FALL_APART_US)
		return l->fell_again;
	l->fell_again = soon;
	l->fell_us = now_us;
	return soon;
}

void
link_remb(struct link *l, int64_t bits_per_second, int64_t now_us)
{
	if (falls_again(l, bits_per_second, now_us) ||
	    l->fraction_lost >= SOME_LOSS) {
		l->low_bps = bits_per_second;
		l->low_us = now_us;
	}
	l->remb_bps = bits_per_second;
	l->remb_us = now_us;
}

/* A queue that grows or overflows lets less through than came to it; one
 * that stands, or a route that became longer, does not. */
void
link_transport(struct link *l, const struct twcc_window *w, int64_t now_us)
{
	l->told = TOLD_WINDOWS;
	take_loss(l, w->fraction_lost);
	if (w->received_bps >= w->sent_bps * MARGIN_PERCENT / 100)
		return;
	l->low_bps = w->received_bps;
	l->low_us = now_us;
}

/* Returns what the link carries, in percent of the stream, from 1 to 100. */
static int
share(const struct link *l, int64_t stream_bps, int64_t now_us)
{
	int percent = 100;

	if (l->heavy >= HEAVY_WINDOWS)
		percent = 100 - l->fraction_lost * 100 / 256;
	if (l->low_bps > 0 && now_us - l->low_us < REMB_FRESH_US &&
	    l->low_bps < stream_bps * MARGIN_PERCENT / 100 &&
	    l->low_bps * 100 / stream_bps < percent)
		percent = (int)(l->low_bps * 100 / stream_bps);
	return percent > 0 ? percent : 1;
}

/* What waits has its frames around it, and what is sent has not: so it may seem
 * that less than nothing is carried. */
static void
measure_queue(struct link *l, int64_t carried, int64_t now_us)
{
	int64_t took_us = now_us - l->queue_us, bytes;

	if (l->queue_us != 0 && took_us < QUEUE_US)
		return;
	bytes = carried > l->queue_carried ? carried - l->queue_carried : 0;
	if (l->queue_us != 0)
		l->queue_bps = bytes * 8000000 / took_us + 1;
	l->queue_us = now_us;
	l->queue_carried = carried;
}

/* Where more than the stream is carried, a queue is that of a burst, as of a
 * replay, and empties. */
void
link_queue(struct link *l, int64_t waiting, uint64_t sent, int64_t stream_bps,
    int64_t now_us)
{
	if (waiting * 8000000 / stream_bps < QUEUE_EMPTY_US) {
		l->queue_us = l->queue_bps = 0;
		l->full = false;
		return;
	}
	measure_queue(l, (int64_t)sent - waiting, now_us);
	if (l->queue_bps > 0 && l->queue_bps < stream_bps &&
	    (waiting >= QUEUE_MOST ||
	    waiting * 8000000 / l->queue_bps >= QUEUE_LATE_US))
		l->full = true;
}

bool
link_overloaded(struct link *l, int64_t stream_bps, int64_t now_us)
{
	int percent = share(l, stream_bps, now_us);

	if (l->full) {	/* no group is sent until it is not */
		l->slow = true;
		l->carried = 0;
		return true;
	}
	if (percent == 100)
		return false;
	l->slow = true;
	l->carried = 0;
	/* One group of skip + 1 is about that share. */
	l->skip = (100 + percent - 1) / percent - 1;
	if (l->skip > LINK_MAX_SKIP)
		l->skip = LINK_MAX_SKIP;
	/* The next group is judged anew. */
	l->begun = l->known = false;
	l->fraction_lost = 0;
	l->heavy = 0;
	l->low_bps = 0;
	return true;
}

int
link_copies(const struct link *l)
{
	static const uint8_t least[LINK_MAX_COPIES] = { 0, 8, 38 };
	int copies = LINK_MAX_COPIES;

	if (l->heavy > 0)
		return 1;	/* more would fill a link that is full */
	while (l->fraction_lost < least[copies - 1])
		copies--;
	return copies;
}

bool
link_is_slow(const struct link *l)
{
	return l->slow;
}

bool
link_may_repair(const struct link *l)
{
	return !l->slow && l->heavy == 0;
}

int
link_loss(const struct link *l)
{
	return l->known ? l->fraction_lost : -1;
}

int64_t
link_estimate(const struct link *l, int64_t now_us)
{
	return now_us - l->remb_us < REMB_FRESH_US ? l->remb_bps : 0;
}

void
link_reset(struct link *l)
{
	memset(l, 0, sizeof *l);
}

void
link_begin(struct link *l)
{
	l->begun = false;
	l->queue_us = l->queue_bps = 0;
}

bool
link_take_group(struct link *l)
{
	if (l->full)
		return false;
	if (l->skip > 0) {
		l->skip--;
		return false;
	}
	if (l->slow && l->carried++ == CARRIED_GROUPS)
		l->slow = false;
	return true;
}
