#ifndef LULL_COUNTERS_H
#define LULL_COUNTERS_H

#include <jansson.h>

struct registry;

/*
 * What the workers count of these sessions: {id: {…}}, valid during the
 * call. A stream whose worker does not say it within a second is added to
 * `silent`, an array of names; those in it are not asked.
 */
typedef void counters_cb(json_t *stats, void *arg);
void	counters_ask(struct registry *, const json_t *ids, json_t *silent,
	    counters_cb *, void *arg);

#endif
