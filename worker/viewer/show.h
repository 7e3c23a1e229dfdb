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
 * The show decides what one viewer is shown of its stream, and gives that to
 * the viewer's sender. It knows neither the connection (peer.h) nor the other
 * viewers (fanout.h). Times are on CLOCK_MONOTONIC; `bps` are bits a second.
 */
enum show_state {
	SHOW_NOTHING,	/* paused, or not connected: neither RTP nor reports */
	SHOW_GATE,	/* no picture before the next live key frame */
	SHOW_REPLAY,	/* the cache's pictures, faster than life */
	SHOW_LIVE,
};

struct show {
	struct sender		*sender;	/* not owned by the show */
	enum show_state		 state;
	bool			 open, paused;
	bool			 shown;	/* since it resumed: sound may follow */
	struct gop_cursor	 cursor;	/* of the replay */
	struct squeeze		 squeeze;
	int64_t			 paced_us;	/* when the replay went on */
	int64_t			 credit;	/* bits that it may send */
	int64_t			 pace_bps;	/* it has no more; 0: any */
	struct link		 link;
	int64_t			 stream_bps;	/* lately; 0: not known */
	int64_t			 picture_us;	/* when a replay began last */
	int64_t			 picture_interval_us; /* to the next, by PLI */
};

void	show_init(struct show *, struct sender *, bool paused);
void	show_open(struct show *);	/* connected: packets can go out */
void	show_close(struct show *);	/* they cannot any more */
/* Both may be called twice. After show_pause() no RTP goes out; a picture that
 * was on its way is out by then, if the socket took it. */
void	show_pause(struct show *);
void	show_resume(struct show *);

/* Replays the cache from its key frame on; the gate is shut if it has none, or
 * the link is slow. */
void	show_start(struct show *, const struct gop *, int64_t now_us,
	    int64_t bps);
/* The replay goes on as far as `bps` allows since the last time. */
void	show_step(struct show *, const struct gop *, int64_t now_us,
	    int64_t bps);
/* A live key frame comes: the rest of a replay is left out, but for that of a
 * picture that was begun; if the socket does not take it the replay goes on. */
void	show_end_replay(struct show *);

/* Shows one live unit, which `gop` has already. What the socket does not take
 * a replay sends. Who is in a replay finds the picture in the cache, and hears
 * no sound but when that is eased. */
void	show_unit(struct show *, const struct rtp_unit *, const struct gop *,
	    int64_t now_us);
void	show_gate(struct show *);	/* the stream broke off */
/* Another source of `stream_bps` follows, with show_start(): on a slow link at
 * an easy pace, and heard meanwhile. */
void	show_move(struct show *, int64_t stream_bps, bool eased);
bool	show_is_eased(const struct show *);
/* The viewer sent a PLI. True when show_start() is due for it. */
bool	show_wants_picture(struct show *, int64_t now_us);
/* The viewer reported on its link, which is judged while pictures are live. */
void	show_report(struct show *, const struct rtcp_report *, int64_t now_us);
void	show_remb(struct show *, int64_t bps, int64_t now_us);
void	show_transport(struct show *, const uint8_t *fci, size_t len,
	    int64_t now_us);
void	show_judge(struct show *, int64_t stream_bps, int64_t now_us);
#endif
