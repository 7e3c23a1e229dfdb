#ifndef LULL_SNAPSHOTS_H
#define LULL_SNAPSHOTS_H

#include <stddef.h>
#include <stdint.h>

struct event_base;
struct jpeg;
struct snapshots;
struct stream;

/*
 * A snapshot is a JPEG of what a stream's camera shows, which its worker makes.
 * For that the worker is wanted as for a viewer. Those who ask while one of the
 * same size is being made get that one; whoever takes an older one may be given
 * one that was kept for him. Memory is bounded by what follows.
 */
#define SNAPSHOTS_MAX_SIZES	4	/* of a stream; the oldest is forgotten,
					   and if all are being made: 503 */
#define SNAPSHOTS_MAX_WAITING	256	/* who ask for all streams; then 503 */
#define SNAPSHOTS_MAX_KEPT	(64 * 1024 * 1024)	/* bytes; the oldest is
							   forgotten */
#define SNAPSHOTS_MAX_HELD	(128 * 1024 * 1024)	/* with those that are
				being sent; then 503 until some are sent */

struct snapshot_wish {
	struct stream	*stream;
	int		 width, height;	/* pixels; 0: as the camera has it, or
					   in proportion to the other */
	int64_t		 max_age_ms;	/* 0: none that is kept */
};

/* If the status is 200 there is a JPEG, which the callback may reference; else
 * NULL and an `error`. */
typedef void snapshot_cb(int status, const char *error, struct jpeg *,
    void *arg);

struct snapshots	*snapshots_new(struct event_base *);
/* Nobody may wait any more: the workers have ended. NULL is fine. */
void	snapshots_free(struct snapshots *);

/* The callback comes exactly once, and may come before this returns. */
void	snapshots_ask(struct snapshots *, const struct snapshot_wish *,
	    snapshot_cb *, void *arg);

#endif
