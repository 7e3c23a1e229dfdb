#ifndef LULL_WORKER_SHOW_H
#define LULL_WORKER_SHOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link.h"
#include "squeeze.h"
#include "worker/media/gop.h"

struct rtp_unit;
struct sender;

/*
 * What one viewer is shown of its stream: here it is decided, and given to
 * its sender. Who connects it is peer.h's affair, who else is there fanout.h's.
 * Told the time; `bps` are bits a second.
 */
enum show_state {
	SHOW_NOTHING,	/* paused, or not connected: neither RTP nor reports */
	SHOW_GATE,	/* no picture before the next live key frame */
	SHOW_REPLAY,	/* what the cache has, faster than life */
	SHOW_LIVE,
};

struct show {
	struct sender		*sender;	/* not the show's own */
	enum show_state		 state;
	bool			 open, paused;
	bool			 shown;		/* a picture since it resumed:
						 * sound comes after that */
	struct gop_cursor	 cursor;	/* of the replay */
	struct squeeze		 squeeze;
	int64_t			 paced_us;	/* when it went on last */
	int64_t			 credit;	/* bits that it may send */
	struct link		 link;
	int64_t			 picture_us;	/* when a replay began last */
	int64_t			 picture_interval_us;
};

void	show_init(struct show *, struct sender *, bool paused);
void	show_open(struct show *);	/* connected: packets can go out */
void	show_close(struct show *);	/* for good */

/* Idempotent. After show_pause() no RTP and no sender report goes out; the
 * picture that was on its way has, if the socket took it. */
void	show_pause(struct show *);
void	show_resume(struct show *);

/* From the cached key frame on, anew; the gate is shut if there is none, or
 * the link is slow. */
void	show_start(struct show *, const struct gop *, int64_t now_us,
	    int64_t bps);
/* The replay goes on as far as `bps` allows since the last time. */
void	show_step(struct show *, const struct gop *, int64_t now_us,
	    int64_t bps);
/* A live key frame comes, so the rest is left out. But a picture that was
 * begun goes out first: if the socket does not take it the replay goes on. */
void	show_end_replay(struct show *);

/* One live unit, which `gop` has already. What the socket does not take of
 * it becomes a replay; one that replays does not need it. */
void	show_unit(struct show *, const struct rtp_unit *, const struct gop *,
	    int64_t now_us);
void	show_gate(struct show *);	/* the stream broke off */

/* A PLI. True: show_start() answers it. */
bool	show_wants_picture(struct show *, int64_t now_us);

/* What the viewer tells of its link, which is judged while it sees life. */
void	show_report(struct show *, const struct rtcp_report *, int64_t now_us);
void	show_remb(struct show *, int64_t bps, int64_t now_us);
void	show_transport(struct show *, const uint8_t *fci, size_t len,
	    int64_t now_us);
void	show_judge(struct show *, int64_t stream_bps, int64_t now_us);
#endif
