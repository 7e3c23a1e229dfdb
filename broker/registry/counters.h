#ifndef LULL_COUNTERS_H
#define LULL_COUNTERS_H

#include <jansson.h>

struct session;

/*
 * The workers are asked for the counters of `n` sessions, each worker once.
 * When all have answered, the callback gets {id: {…}}, valid during the call.
 * A stream whose worker fails, or says nothing within a second, is added to
 * `silent`, an array of names; the streams named in it are not asked.
 */
typedef void counters_cb(json_t *stats, void *arg);
void	counters_ask(struct session *const *, size_t n, json_t *silent,
	    counters_cb *, void *arg);

#endif
