#ifndef LULL_GATHER_H
#define LULL_GATHER_H

#include <stddef.h>

/*
 * A gather is a counted fan-in: many are asked, and one callback comes when
 * all of them have answered, exactly once. The module is pure.
 *
 *	g = gather_new(cb, arg);
 *	for each: gather_more(g), then ask; its answer calls gather_done()
 *	gather_done(200, NULL, 0, g);		nobody else will be asked
 */
struct gather;

/* `status` is 200 and `error` NULL, or both are those of the first answer that
 * failed. `done` is the sum of what all have done. */
typedef void gather_cb(int status, const char *error, size_t done,
    void *arg);

/* The caller is counted too, and ends with a gather_done() of its own. */
struct gather	*gather_new(gather_cb *, void *arg);
/* One more answer will come. */
void	gather_more(struct gather *);
/* Counts an answer. This is a gather_cb itself, whose `arg` is the gather, so
 * that one may gather for another. The last answer calls back and frees the
 * gather. `error` may be NULL. */
void	gather_done(int status, const char *error, size_t done, void *arg);

#endif
