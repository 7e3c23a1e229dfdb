#include "listing.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include "broker/http/http.h"
#include "xalloc.h"

struct listing {
	TAILQ_ENTRY(listing)	 entry;
	struct listings		*all;
	bool			 waits;		/* for listing_go_on() */
	struct http_request	*req;
	listing_step_fn		*step;
	void			(*free)(void *);
	void			*arg;
	struct evbuffer		*text;
};
TAILQ_HEAD(queue, listing);

struct listings {
	struct queue	 queue;		/* by age */
	size_t		 n;
	struct event	*turn;
};

static void
listing_free(struct listing *l)
{
	TAILQ_REMOVE(&l->all->queue, l, entry);
	l->all->n--;
	l->free(l->arg);
	evbuffer_free(l->text);
	free(l);
}

static void
listing_finish(struct listing *l)
{
	evbuffer_add(l->text, "\n", 1);
	http_reply(l->req, 200, "application/json",
	    evbuffer_pullup(l->text, -1), evbuffer_get_length(l->text));
	listing_free(l);
}

/* What the list waits for may come before its step returns. */
static void
listing_run_step(struct listing *l)
{
	l->waits = true;
	switch (l->step(l, l->arg)) {
	case LISTING_MORE:
		l->waits = false;
		break;
	case LISTING_WAITS:
		break;
	case LISTING_DONE:
		listing_finish(l);
	}
}

/* The oldest list that does not wait is finished before the next one begins,
 * so that few lists take up room with a part of their text. */
static struct listing *
listings_next(const struct listings *all)
{
	struct listing *l;

	TAILQ_FOREACH(l, &all->queue, entry)
		if (!l->waits)
			return l;
	return NULL;
}

/* A timer takes the next turn, and not an active event: so the loop looks for
 * input before it comes back. */
static void
listings_schedule(struct listings *all)
{
	const struct timeval now = { 0, 0 };

	if (listings_next(all) != NULL)
		event_add(all->turn, &now);
}

static void
listings_on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct listings *all = arg;
	struct listing *l = listings_next(all);

	(void)fd;
	(void)what;
	if (l != NULL)
		listing_run_step(l);
	listings_schedule(all);
}

struct listings *
listings_new(struct event_base *base)
{
	struct listings *all = xcalloc(1, sizeof *all);

	TAILQ_INIT(&all->queue);
	all->turn = evtimer_new(base, listings_on_turn, all);
	return all;
}

void
listings_free(struct listings *all)
{
	struct listing *l;

	if (all == NULL)
		return;
	while ((l = TAILQ_FIRST(&all->queue)) != NULL) {
		http_reply_error(l->req, 503, "lulld is shutting down");
		listing_free(l);
	}
	event_free(all->turn);
	free(all);
}

static struct listing *
listing_new(struct listings *all, struct http_request *req,
    listing_step_fn *step_fn, void (*free_fn)(void *), void *arg)
{
	struct listing *l = xcalloc(1, sizeof *l);

	l->all = all;
	l->req = req;
	l->step = step_fn;
	l->free = free_fn;
	l->arg = arg;
	l->text = evbuffer_new();
	TAILQ_INSERT_TAIL(&all->queue, l, entry);
	all->n++;
	return l;
}

void
listing_start(struct listings *all, struct http_request *req,
    listing_step_fn *step_fn, void (*free_fn)(void *), void *arg)
{
	struct listing *l;

	if (all->n == LISTING_MAX) {
		http_reply_error(req, 503, "%d lists are under way: ask "
		    "again", LISTING_MAX);
		free_fn(arg);
		return;
	}
	l = listing_new(all, req, step_fn, free_fn, arg);
	if (listings_next(all) == l)
		listing_run_step(l);
	listings_schedule(all);
}

void
listing_go_on(struct listing *l)
{
	l->waits = false;
	listings_schedule(l->all);
}

void
listing_text(struct listing *l, const char *text)
{
	evbuffer_add(l->text, text, strlen(text));
}

void
listing_json(struct listing *l, json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS |
	    JSON_ENCODE_ANY);

	if (text == NULL)
		abort();
	listing_text(l, text);
	free(text);
	json_decref(value);
}

void
listing_head(struct listing *l, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (len == -1)
		abort();
	evbuffer_prepend(l->text, text, (size_t)len);
	free(text);
}
