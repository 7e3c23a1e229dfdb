#ifndef LULL_TEST_FAKE_HELPER_H
#define LULL_TEST_FAKE_HELPER_H

/* In place of worker/helper/helper.c: no process, and the test says what it
 * says. For tests with cmocka, whose headers come first. */
#include <stdbool.h>
#include <string.h>

#include "json.h"
#include "worker/helper/helper.h"

#define MAX_HELPERS	16

struct helper {
	struct helper_handler	 handler;
	void			*arg;
	json_t			*job;		/* NULL: it was freed */
	int			 sent;		/* units */
	int64_t			 time_us;	/* of the last one */
	int			 flags;
};

static struct helper helpers[MAX_HELPERS];
static int n_helpers;
static bool no_helpers;	/* none can be started */

struct helper *
helper_start(struct event_base *base, const char *program, json_t *job,
    const struct helper_handler *h, void *arg, struct error *err)
{
	(void)base;
	(void)program;
	if (no_helpers || n_helpers == MAX_HELPERS) {
		json_decref(job);
		error_set(err, "no helper");
		return NULL;
	}
	helpers[n_helpers] = (struct helper){ *h, arg, job, 0, 0, 0 };
	return &helpers[n_helpers++];
}

void
helper_free(struct helper *h)
{
	if (h == NULL)
		return;
	json_decref(h->job);
	h->job = NULL;
}

int
helper_send(struct helper *h, const struct media_wire *m)
{
	assert_non_null(h->job);
	h->sent++;
	h->time_us = m->time_us;
	h->flags = m->flags;
	return 0;
}

int
helper_tell(struct helper *h, json_t *o)
{
	assert_non_null(h->job);
	json_decref(o);
	return 0;
}

/* How many run. */
static inline int
count_helpers(void)
{
	int n = 0;

	for (int i = 0; i < n_helpers; i++)
		n += helpers[i].job != NULL;
	return n;
}

static inline const char *
job_of(const struct helper *h, const char *key)
{
	return json_get_string(h->job, key, "");
}

static inline void
helper_says(struct helper *h, enum media_wire_kind kind, int64_t time_us,
    const void *data, size_t len)
{
	const struct media_wire m = { .kind = kind, .time_us = time_us,
		.data = data, .len = len };

	assert_non_null(h->job);
	h->handler.message(&m, h->arg);
}

static inline void
forget_helpers(void)
{
	for (int i = 0; i < n_helpers; i++)
		helper_free(&helpers[i]);
	n_helpers = 0;
	no_helpers = false;
}

#endif
