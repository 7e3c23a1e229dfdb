/*
 *	thread                      |  loop
 *	feed_push, feed_report  -> queue -> drain -> handler
 *	                            |
 * The lock guards the queue; the eventfd says that there is something in
 * it. Only the loop touches the event and the handler.
 */
#include "feed.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "log.h"
#include "xalloc.h"

struct item {
	TAILQ_ENTRY(item)	 entry;
	struct media_unit	*unit;	/* NULL: a status */
	struct feed_status	 status;
};

struct feed {
	pthread_mutex_t		 lock;
	pthread_cond_t		 wake;		/* stopping is set */
	TAILQ_HEAD(queue, item) queue;
	size_t			 units;		/* in the queue */
	size_t			 items;
	bool			 dropping;	/* until a key frame fits */
	bool			 restart;	/* was on a unit dropped */
	atomic_bool		 stopping;
	int			 fd;

	struct event		*event;
	struct feed_handler	 handler;
	void			*arg;
	bool			*stopped;	/* drain's, while it runs */
};

static struct item *
take_item(struct feed *f)
{
	struct item *item;

	pthread_mutex_lock(&f->lock);
	item = TAILQ_FIRST(&f->queue);
	if (item != NULL) {
		TAILQ_REMOVE(&f->queue, item, entry);
		f->items--;
		f->units -= item->unit != NULL;
	}
	pthread_mutex_unlock(&f->lock);
	return item;
}

static void
deliver(struct feed *f, struct item *item)
{
	if (item->unit != NULL)
		f->handler.unit(item->unit, f->arg);
	else
		f->handler.status(&item->status, f->arg);
	free(item);
}

/* Delivers what is in the queue now. Each item that comes meanwhile signals
 * again. */
static void
drain(evutil_socket_t fd, short what, void *arg)
{
	struct feed *f = arg;
	struct item *item;
	bool stopped = false;
	size_t n;

	(void)what;
	eventfd_read(fd, &(eventfd_t){ 0 });
	pthread_mutex_lock(&f->lock);
	n = f->items;
	pthread_mutex_unlock(&f->lock);
	f->stopped = &stopped;
	while (n-- > 0 && (item = take_item(f)) != NULL) {
		deliver(f, item);
		if (stopped)
			return;
	}
	f->stopped = NULL;
}

struct feed *
feed_new(struct event_base *base, const struct feed_handler *h, void *arg)
{
	struct feed *f = xcalloc(1, sizeof *f);
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&f->wake, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&f->lock, NULL);
	TAILQ_INIT(&f->queue);
	f->handler = *h;
	f->arg = arg;
	f->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (f->fd != -1)
		f->event = event_new(base, f->fd, EV_READ | EV_PERSIST, drain,
		    f);
	if (f->event == NULL || event_add(f->event, NULL) == -1) {
		feed_free(f);
		return NULL;
	}
	return f;
}

void
feed_free(struct feed *f)
{
	struct item *item;

	if (f->event != NULL)
		event_free(f->event);
	if (f->fd != -1)
		close(f->fd);
	while ((item = take_item(f)) != NULL) {
		media_unit_free(item->unit);
		free(item);
	}
	pthread_cond_destroy(&f->wake);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

void
feed_stop(struct feed *f)
{
	pthread_mutex_lock(&f->lock);
	atomic_store(&f->stopping, true);
	pthread_cond_broadcast(&f->wake);
	pthread_mutex_unlock(&f->lock);
	if (f->stopped != NULL)
		*f->stopped = true;
	f->stopped = NULL;
	if (f->event != NULL)
		event_free(f->event);
	f->event = NULL;
}

/* Does the unit get in? The caller holds the lock. A unit that is dropped
 * leaves its restart to the next one that gets in. */
static bool
admit(struct feed *f, struct media_unit *unit)
{
	if (f->units < FEED_MAX_UNITS && (!f->dropping || unit->key)) {
		f->dropping = false;
		unit->restart |= f->restart;
		f->restart = false;
		return true;
	}
	if (!f->dropping)
		log_warn("feed", "%d units wait for the loop: dropping up to "
		    "the next key frame", FEED_MAX_UNITS);
	f->dropping = true;
	f->restart |= unit->restart;
	return false;
}

static void
append_item(struct feed *f, struct media_unit *unit,
    const struct feed_status *st)
{
	struct item *item = xcalloc(1, sizeof *item);

	item->unit = unit;
	if (st != NULL)
		item->status = *st;
	TAILQ_INSERT_TAIL(&f->queue, item, entry);
	f->items++;
	f->units += unit != NULL;
	eventfd_write(f->fd, 1);
}

void
feed_push(struct feed *f, struct media_unit *unit)
{
	pthread_mutex_lock(&f->lock);
	if (!f->stopping && admit(f, unit)) {
		append_item(f, unit, NULL);
		unit = NULL;
	}
	pthread_mutex_unlock(&f->lock);
	media_unit_free(unit);
}

/* When several statuses in a row have not been seen yet, only the last counts.
 * So they are bounded as the units are. */
void
feed_report(struct feed *f, const struct feed_status *st)
{
	struct item *last;

	pthread_mutex_lock(&f->lock);
	last = TAILQ_LAST(&f->queue, queue);
	if (last != NULL && last->unit == NULL)
		last->status = *st;
	else
		append_item(f, NULL, st);
	pthread_mutex_unlock(&f->lock);
}

bool
feed_stopping(struct feed *f)
{
	return atomic_load(&f->stopping);
}

bool
feed_wait(struct feed *f, int ms)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += ms / 1000;
	ts.tv_nsec += (long)(ms % 1000) * 1000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_sec++;
		ts.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&f->lock);
	while (!f->stopping &&
	    pthread_cond_timedwait(&f->wake, &f->lock, &ts) == 0)
		;
	pthread_mutex_unlock(&f->lock);
	return feed_stopping(f);
}

static void
enter_unit(struct media_unit *unit, void *arg)
{
	feed_push(arg, unit);
}

static void
enter_status(const struct feed_status *st, void *arg)
{
	feed_report(arg, st);
}

const struct feed_handler feed_entrance = { enter_unit, enter_status };
