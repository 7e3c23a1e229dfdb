#ifndef LULL_COUNTERS_H
#define LULL_COUNTERS_H

#include <jansson.h>

struct session;

/*
 * What the workers count of these `n` sessions: {id: {…}}, valid during the
 * call. A stream whose worker does not say it within a second is added to
 * `silent`, an array of names; those in it are not asked.
 */
typedef void counters_cb(json_t *stats, void *arg);
void	counters_ask(struct session *const *, size_t n, json_t *silent,
	    counters_cb *, void *arg);

#endif
