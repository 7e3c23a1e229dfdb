#include "first_frame.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "bytes.h"
#include "clock.h"
#include "xalloc.h"

#define PREFIX		2	/* a frame's length (RFC 4571) */
#define MIN_CHECK	20	/* a STUN header */
#define MAX_CHECK	600	/* with names of 513 bytes */
#define RETRY_MS	20	/* of a worker that does not keep up */

struct newcomer {
	TAILQ_ENTRY(newcomer)	 entry;
	struct first_frames	*all;
	int			 fd;
	union socket_address	 remote;
	struct event		*event;
	int64_t			 deadline_us;
	bool			 taken;		/* by a worker */
	size_t			 len;
	uint8_t			 data[PREFIX + MAX_CHECK];
};

struct first_frames {
	struct event_base	*base;
	struct doors		*doors;
	int			 timeout_ms;
	TAILQ_HEAD(newcomers, newcomer) list;	/* the oldest first */
	size_t			 n;
	struct first_frame_stats stats;
};

struct first_frames *
first_frames_new(struct event_base *base, struct doors *doors, int timeout_ms)
{
	struct first_frames *f = xcalloc(1, sizeof *f);

	f->base = base;
	f->doors = doors;
	f->timeout_ms = timeout_ms;
	TAILQ_INIT(&f->list);
	return f;
}

const struct first_frame_stats *
first_frames_stats(const struct first_frames *f)
{
	return &f->stats;
}

static void
newcomer_end(struct newcomer *c)
{
	if (c->taken)
		c->all->stats.opened++;
	else
		c->all->stats.dropped++;
	TAILQ_REMOVE(&c->all->list, c, entry);
	c->all->n--;
	event_free(c->event);
	close(c->fd);
	free(c);
}

bool
first_frames_end_oldest(struct first_frames *f)
{
	struct newcomer *c = TAILQ_FIRST(&f->list);

	if (c == NULL)
		return false;
	newcomer_end(c);
	return true;
}

void
first_frames_free(struct first_frames *f)
{
	if (f == NULL)
		return;
	while (first_frames_end_oldest(f))
		;
	free(f);
}

/* Returns how many bytes the frame has; of its prefix while that is not all
 * there. */
static size_t
wanted(const struct newcomer *c)
{
	return c->len < PREFIX ? PREFIX : PREFIX + get16(c->data);
}

/* -1 with errno: EAGAIN if the worker does not keep up. */
static int
offer(const struct newcomer *c)
{
	char ufrag[FIRST_CHECK_UFRAG + 1], tag[FIRST_CHECK_TAG + 1] = "";
	struct handover h = {
		.kind = HANDOVER_TCP, .fd = c->fd, .remote = c->remote,
		.len = c->len - PREFIX,
	};

	memcpy(h.data, c->data + PREFIX, h.len);
	if (!first_check_read(h.data, h.len, ufrag)) {
		errno = EBADMSG;
		return -1;
	}
	memcpy(tag, ufrag, FIRST_CHECK_TAG);
	return doors_send(c->all->doors, tag, &h);
}

static void
wait_for(struct newcomer *c, short what, event_callback_fn cb,
    int64_t until_us)
{
	struct timeval tv = clock_timeval(until_us - clock_now_us());

	event_assign(c->event, c->all->base, c->fd, what, cb, c);
	event_add(c->event, &tv);
}

/* The connection is the worker's now, or nobody's. No viewer connects a second
 * time, so a worker that many come to at once is asked again. */
static void
hand_over(evutil_socket_t fd, short what, void *arg)
{
	struct newcomer *c = arg;
	int64_t now_us = clock_now_us();

	(void)fd;
	(void)what;
	c->taken = offer(c) == 0;
	if (!c->taken && errno == EAGAIN && now_us < c->deadline_us)
		wait_for(c, 0, hand_over, now_us + RETRY_MS * 1000);
	else
		newcomer_end(c);
}

/* False when the connection is to be closed. */
static bool
read_frame(struct newcomer *c)
{
	while (c->len < wanted(c)) {
		ssize_t n = recv(c->fd, c->data + c->len,
		    wanted(c) - c->len, MSG_DONTWAIT);

		if (n == -1)
			return errno == EAGAIN || errno == EINTR;
		if (n == 0)
			return false;
		c->len += (size_t)n;
		if (c->len >= PREFIX && (wanted(c) < PREFIX + MIN_CHECK ||
		    wanted(c) > sizeof c->data))
			return false;
	}
	return true;
}

/* The time is for the whole frame: bytes that drip do not make it longer. */
static void
on_newcomer(evutil_socket_t fd, short what, void *arg)
{
	struct newcomer *c = arg;

	if ((what & EV_TIMEOUT) || !read_frame(c))
		newcomer_end(c);
	else if (c->len < wanted(c))
		wait_for(c, EV_READ, on_newcomer, c->deadline_us);
	else
		hand_over(fd, what, c);
}

void
first_frames_add(struct first_frames *f, int fd,
    const union socket_address *remote)
{
	struct newcomer *c;

	if (f->n == FIRST_FRAME_MAX)
		first_frames_end_oldest(f);
	c = xcalloc(1, sizeof *c);
	c->all = f;
	c->fd = fd;
	c->remote = *remote;
	c->event = event_new(f->base, fd, EV_READ, on_newcomer, c);
	c->deadline_us = clock_now_us() + f->timeout_ms * 1000LL;
	wait_for(c, EV_READ, on_newcomer, c->deadline_us);
	TAILQ_INSERT_TAIL(&f->list, c, entry);
	f->n++;
}
