#ifndef LULL_GATHER_H
#define LULL_GATHER_H

#include <stddef.h>

/*
 * The counted fan-in: many are asked, and one callback comes when all of
 * them have answered, exactly once. Pure.
 *
 *	g = gather_new(cb, arg);
 *	for each: gather_more(g), then ask; its answer is a gather_done()
 *	gather_done(200, NULL, 0, g);		nobody else will be asked
 */
struct gather;

/* status 200, or that of the first answer that failed, with its error;
 * `done`: the sum of what all have done. */
typedef void gather_cb(int status, const char *error, size_t done,
    void *arg);

/* The one who makes it is counted too, and ends with a gather_done(). */
struct gather	*gather_new(gather_cb *, void *arg);
void	gather_more(struct gather *);
/* A gather_cb itself, of which `arg` is the gather. The last one calls back
 * and frees the gather. `error` may be NULL. */
void	gather_done(int status, const char *error, size_t done, void *arg);

#endif
