#ifndef LULL_TEST_FAKE_TIMERS_H
#define LULL_TEST_FAKE_TIMERS_H

/*
 * These stand in for libevent's timers and go by fake_clock.h, so that a test
 * waits for no time. It turns the clock, then fires what is due.
 */
#include <stdbool.h>
#include <event2/event.h>

#include "tests/unit/worker/fake_clock.h"

#define N_TIMERS	300

struct event {
	event_callback_fn	 cb;		/* NULL: free to be used */
	void			*arg;
	bool			 persists;
	int64_t			 period_us, due_us;	/* due 0: not pending */
};

static struct event timers[N_TIMERS];

struct event *
event_new(struct event_base *b, evutil_socket_t fd, short what,
    event_callback_fn cb, void *arg)
{
	struct event *e = timers;

	(void)b;
	assert_int_equal(fd, -1);
	while (e < timers + N_TIMERS && e->cb != NULL)
		e++;
	assert_true(e < timers + N_TIMERS);
	*e = (struct event){
		.cb = cb, .arg = arg, .persists = what == EV_PERSIST
	};
	return e;
}

int
event_add(struct event *e, const struct timeval *tv)
{
	e->period_us = tv->tv_sec * 1000000LL + tv->tv_usec;
	e->due_us = now_us + e->period_us;
	return 0;
}

int
event_del(struct event *e)
{
	e->due_us = 0;
	return 0;
}

int
event_pending(const struct event *e, short what, struct timeval *tv)
{
	(void)what;
	(void)tv;
	return e->due_us != 0;
}

void
event_free(struct event *e)
{
	*e = (struct event){ 0 };
}

static inline void
fire_timers(void)
{
	for (int i = 0; i < N_TIMERS; i++) {
		struct event *e = &timers[i];

		if (e->due_us == 0 || e->due_us > now_us)
			continue;
		e->due_us = e->persists ? now_us + e->period_us : 0;
		e->cb(-1, EV_TIMEOUT, e->arg);
	}
}

static inline int
count_timers(void)
{
	int n = 0;

	for (int i = 0; i < N_TIMERS; i++)
		n += timers[i].cb != NULL;
	return n;
}

/* What a test that failed has left would fire in the next. */
static inline void
forget_timers(void)
{
	for (int i = 0; i < N_TIMERS; i++)
		timers[i] = (struct event){ 0 };
}

#endif
