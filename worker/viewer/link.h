#ifndef LULL_LINK_H
#define LULL_LINK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The link judges whether the way to a viewer can carry the stream; it is
 * pure. It goes by what the viewer reports: its losses (RTCP receiver
 * reports), and its estimate (REMB) where that falls twice in a row or many
 * packets are lost. An estimate that is merely low says little, since it
 * grows with what is sent, and a viewer who skips groups is sent less. A
 * single fall says as little, since any hiccup brings one.
 * A viewer who offers transport-wide feedback and no REMB tells both by that:
 * what came through while packets waited is what the link carries.
 * On a connection (TCP) all waits in a queue that the link does not carry.
 * A viewer whose link carries too little is sent some groups of pictures and
 * not others, but never parts of one: a smaller share of clean pictures.
 * Random loss is not taken for a full link: NACK repairs that.
 */
#define LINK_MAX_SKIP	4	/* groups left out before the next trial */
#define LINK_WINDOW_US	500000LL
#define LINK_WINDOW_PACKETS 50	/* fewer tell too little of losses */
#define LINK_MAX_COPIES	3

struct rtcp_report;
struct twcc_window;

/* It is all zero at first. Only link.c touches its members. */
struct link {
	/* The report that began the window of losses said this. */
	bool	begun;
	int64_t	begin_us;
	int32_t	begin_lost;
	uint32_t begin_highest;
	int64_t	remb_bps, remb_us;	/* the last estimate; 0: none */
	int64_t	fell_us;		/* when it fell last; 0: never */
	bool	fell_again;		/* it fell soon after another fall */
	int64_t	low_bps, low_us;	/* the last that counts; 0: none */
	bool	known;			/* fraction_lost is */
	int	heavy;			/* windows of heavy loss in a row */
	uint8_t	fraction_lost;		/* of 256, in the last window */
	int	told;			/* reports still to pass over */
	int64_t	queue_us, queue_carried;	/* measured since, bytes then */
	int64_t	queue_bps;		/* what it carries; 0: not known */
	bool	full;			/* what waits comes late */
	bool	slow;
	int	skip;			/* groups still to leave out */
	int	carried;		/* groups carried since it was slow */
};

/* The viewer reported: losses, an estimate, a window of feedback. Of a
 * connection the bytes tell that wait, of all that were sent. */
void	link_report(struct link *, const struct rtcp_report *, int64_t now_us);
void	link_remb(struct link *, int64_t bits_per_second, int64_t now_us);
void	link_transport(struct link *, const struct twcc_window *,
	    int64_t now_us);
void	link_queue(struct link *, int64_t waiting, uint64_t sent,
	    int64_t stream_bps, int64_t now_us);

/* Judges what was reported while a group is sent at `stream_bps`, which is
 * above 0. True when the rest of the group must be left out. */
bool	link_overloaded(struct link *, int64_t stream_bps, int64_t now_us);

/* Returns how often to send a packet again that the viewer has lost. Where
 * many are lost so is the copy, and the viewer waits long to ask anew. */
int	link_copies(const struct link *);

bool	link_is_slow(const struct link *);	/* groups are left out */
/* False when packets that are sent again, or ahead of their time, would fill
 * the link. */
bool	link_may_repair(const struct link *);
int	link_loss(const struct link *);	/* of 256, lately; -1: not known */
int64_t	link_estimate(const struct link *, int64_t now_us); /* bit/s; 0 */
void	link_reset(struct link *);	/* forgets all that is known of it */
void	link_begin(struct link *);	/* losses so far do not count */
/* Counts a live key frame. True when its group is to be sent. */
bool	link_take_group(struct link *);

#endif
