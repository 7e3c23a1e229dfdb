#ifndef LULL_LINK_H
#define LULL_LINK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Can a viewer's link carry the stream? Judged, pure, by what the viewer
 * reports: its losses (RTCP receiver reports), and its estimate (REMB)
 * where that falls twice in a row or many packets are lost. One that is
 * merely low says little: it grows with what is sent, and a viewer who skips
 * groups is sent less; nor does a single fall, which any hiccup brings.
 * A viewer who has no REMB to offer but transport-wide feedback tells both
 * by that: what came through while packets waited is what the link carries.
 * One that cannot is sent whole groups of pictures, and some left out,
 * never parts of one: a smaller share of clean pictures. Random loss is
 * not taken for a full link: repairing that is what NACK is for.
 */
#define LINK_MAX_SKIP	4	/* groups left out before the next trial */

#define LINK_WINDOW_US	500000LL
#define LINK_WINDOW_PACKETS 50	/* fewer say little: reports come often */
#define LINK_MAX_COPIES	3

struct rtcp_report;
struct twcc_window;

/* All zero at first. Its members are link.c's own. */
struct link {
	/* What the report said with which the window of losses began. */
	bool	begun;
	int64_t	begin_us;
	int32_t	begin_lost;
	uint32_t begin_highest;
	int64_t	remb_bps;		/* the last; 0: none */
	int64_t	fell_us;		/* when it last did; 0: never */
	bool	fell_again;		/* soon after it had before */
	int64_t	low_bps, low_us;	/* the last that counts; 0: none */
	bool	known;			/* the loss */
	int	heavy;			/* windows of heavy loss in a row */
	uint8_t	fraction_lost;		/* of 256, in the last window */
	int	told;			/* by transport-wide feedback instead */
	bool	slow;
	int	skip;			/* groups still to leave out */
	int	carried;		/* groups carried since it was slow */
};

void	link_report(struct link *, const struct rtcp_report *,
	    int64_t now_us);
void	link_remb(struct link *, int64_t bits_per_second, int64_t now_us);
void	link_transport(struct link *, const struct twcc_window *,
	    int64_t now_us);

/* After a report, while a group is being sent at `stream_bps`: true when
 * the rest of it must be left out. */
bool	link_overloaded(struct link *, int64_t stream_bps, int64_t now_us);

/* How often to send again what the viewer says it has lost: of one copy too
 * many are lost where many are, and the viewer waits long to ask anew. */
int	link_copies(const struct link *);

bool	link_is_slow(const struct link *);	/* groups are left out */
/* False: what is sent again, or ahead of its time, would fill it. */
bool	link_may_repair(const struct link *);
int	link_loss(const struct link *);	/* of 256, lately; -1: not known */
void	link_reset(struct link *);	/* nothing is known of it any more */
void	link_begin(struct link *);	/* losses so far do not count */

/* At each live key frame: true when this group is to be sent. */
bool	link_take_group(struct link *);

#endif
