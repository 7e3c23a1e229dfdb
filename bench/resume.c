#include "resume.h"

#include <stdlib.h>

#include <event2/event.h>

#include "clock.h"
#include "xalloc.h"

#define BEHIND_US	2000000		/* after the POST */
#define LOOK_US		100000
#define GIVE_UP_US	15000000	/* more than a GOP */

/* One viewer's turn: resumed, seen, and paused again. */
struct turn {
	struct resume	*resume;
	struct viewer	*viewer;
	struct event	*timer;
	int64_t		 post_us;	/* 0: not at it */
	int64_t		 live_lag_us;	/* of the viewer before all this */
	bool		 answered, looked;
};

struct resume {
	struct resume_config	 config;
	struct resume_result	 result;
	resume_cb		*done;
	void			*arg;
	struct turn		*turns;
	struct event		*timer;
	int			 begun, ended, next;
};

static double
ms_since(int64_t then_us)
{
	return (double)(clock_now_us() - then_us) / 1000;
}

static void
end_turn(struct turn *t)
{
	struct resume *r = t->resume;

	t->post_us = 0;
	event_del(t->timer);
	if (++r->ended == r->config.times)
		r->done(r->arg);
}

static void
on_paused(int status, const char *error, const char *body,
    const char *location, void *arg)
{
	(void)status;
	(void)error;
	(void)body;
	(void)location;
	end_turn(arg);
}

static void
pause_again(struct turn *t)
{
	struct viewer *v = t->viewer;

	whep_pause(v->shared->whep, v->location, true, on_paused, t);
}

/* Over when the picture is there and the two seconds are. */
static void
check_turn(struct turn *t)
{
	struct resume_result *r = &t->resume->result;
	int64_t now_us = clock_now_us();
	bool late = now_us - t->post_us > GIVE_UP_US;

	if (t->post_us == 0 || t->looked || !t->answered)
		return;
	if (!late && (t->viewer->times.picture == 0 ||
	    now_us - t->post_us < BEHIND_US))
		return;
	t->looked = true;
	if (t->viewer->times.picture == 0)
		r->failed++;
	else
		tally_add(&r->behind_ms, (double)(t->viewer->track.lag_us -
		    t->live_lag_us) / 1000);
	pause_again(t);
}

static void
on_turn_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	check_turn(arg);
}

static void
on_resumed(int status, const char *error, const char *body,
    const char *location, void *arg)
{
	struct turn *t = arg;

	(void)status;
	(void)body;
	(void)location;
	t->answered = true;
	if (error == NULL)
		tally_add(&t->resume->result.answer_ms, ms_since(t->post_us));
}

static void
begin_turn(struct turn *t)
{
	struct viewer *v = t->viewer;
	struct timeval tv = clock_timeval(LOOK_US);

	t->resume->begun++;
	t->answered = t->looked = false;
	viewer_expect(v);
	event_add(t->timer, &tv);
	t->post_us = clock_now_us();
	whep_pause(v->shared->whep, v->location, false, on_resumed, t);
}

/* The next that is not at it; none: all have failed. */
static struct turn *
next_turn(struct resume *r)
{
	for (int i = 0; i < r->config.n_viewers; i++) {
		struct turn *t = &r->turns[r->next];

		r->next = (r->next + 1) % r->config.n_viewers;
		if (t->post_us == 0 && !t->viewer->failed &&
		    t->viewer->location != NULL)
			return t;
	}
	return NULL;
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct resume *r = arg;
	struct turn *t = next_turn(r);

	(void)fd;
	(void)what;
	if (t != NULL)
		begin_turn(t);
	if (r->begun == r->config.times)
		event_del(r->timer);
}

struct resume *
resume_new(const struct resume_config *config, resume_cb *done, void *arg)
{
	struct resume *r = xcalloc(1, sizeof *r);
	struct event_base *base = config->viewers[0]->shared->base;
	struct timeval tv = clock_timeval((int64_t)(1e6 / config->rate));

	r->config = *config;
	r->done = done;
	r->arg = arg;
	r->turns = xcalloc((size_t)config->n_viewers, sizeof *r->turns);
	for (int i = 0; i < config->n_viewers; i++) {
		struct turn *t = &r->turns[i];

		t->resume = r;
		t->viewer = config->viewers[i];
		t->live_lag_us = t->viewer->track.lag_us;
		t->timer = event_new(base, -1, EV_PERSIST, on_turn_timer, t);
	}
	r->timer = event_new(base, -1, EV_PERSIST, on_timer, r);
	event_add(r->timer, &tv);
	return r;
}

void
resume_free(struct resume *r)
{
	if (r == NULL)
		return;
	for (int i = 0; i < r->config.n_viewers; i++)
		event_free(r->turns[i].timer);
	event_free(r->timer);
	tally_clear(&r->result.answer_ms);
	tally_clear(&r->result.packet_ms);
	tally_clear(&r->result.picture_ms);
	tally_clear(&r->result.behind_ms);
	free(r->turns);
	free(r);
}

struct resume_result *
resume_result(struct resume *r)
{
	return &r->result;
}

void
resume_event(struct resume *r, const struct viewer *v, enum viewer_event e)
{
	for (int i = 0; i < r->config.n_viewers; i++) {
		struct turn *t = &r->turns[i];

		if (t->viewer != v || t->post_us == 0)
			continue;
		if (e == VIEWER_PACKET)
			tally_add(&r->result.packet_ms, ms_since(t->post_us));
		else if (e == VIEWER_PICTURE)
			tally_add(&r->result.picture_ms,
			    ms_since(t->post_us));
	}
}
