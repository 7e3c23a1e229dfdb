#ifndef LULL_TEST_JOBS_H
#define LULL_TEST_JOBS_H

/* A job in a thread of its own, whose worker is the test. */
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "json.h"
#include "log.h"
#include "media/job.h"
#include "media/libav_log.h"
#include "xalloc.h"

#define GIVE_UP_MS	60000	/* nothing here takes longer unless it hangs */
#define MAX_HEARD	512

struct heard {
	enum media_wire_kind	 kind;
	int			 flags;
	int64_t			 time_us;
	uint8_t			*data;
	size_t			 len;
	json_t			*control;	/* or NULL */
};

struct fixture {
	void		(*run)(struct job *, void *arg);
	void		*arg;
	struct job	*job;
	pthread_t	 thread;
	bool		 running;
	int		 fd;		/* the worker's end; -1: closed */
	uint8_t		*buf;
	size_t		 room, len;
	bool		 ended;		/* the job has closed its end */

	struct heard	 heard[MAX_HEARD];
	int		 n_heard;
};

static inline int
setup(void **state)
{
	static struct fixture f;

	log_open(LOG_LEVEL_OFF, NULL);
	libav_log_init();
	f = (struct fixture){ .fd = -1 };
	*state = &f;
	return 0;
}

static inline void *
run_job(void *arg)
{
	struct fixture *f = arg;

	f->run(f->job, f->arg);
	job_free(f->job);
	return NULL;
}

static inline void
begin_job(struct fixture *f, void (*run)(struct job *, void *), void *arg)
{
	int fds[2];

	assert_false(f->running);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	f->fd = fds[1];
	f->run = run;
	f->arg = arg;
	f->job = job_new(fds[0]);
	f->len = 0;
	f->ended = false;
	f->running = true;
	assert_int_equal(pthread_create(&f->thread, NULL, run_job, f), 0);
}

static inline void
hang_up(struct fixture *f)
{
	if (f->fd != -1)
		close(f->fd);
	f->fd = -1;
	if (f->running)
		pthread_join(f->thread, NULL);
	f->running = false;
}

static inline void
forget(struct fixture *f)
{
	for (int i = 0; i < f->n_heard; i++) {
		free(f->heard[i].data);
		json_decref(f->heard[i].control);
	}
	f->n_heard = 0;
}

static inline int
teardown(void **state)
{
	struct fixture *f = *state;

	hang_up(f);
	forget(f);
	free(f->buf);
	return 0;
}

static inline void
keep(struct fixture *f, const struct media_wire *m)
{
	struct heard *h = &f->heard[f->n_heard];
	struct error err;

	assert_true(f->n_heard++ < MAX_HEARD);
	*h = (struct heard){ m->kind, m->flags, m->time_us,
	    xmemdup(m->data, m->len), m->len, NULL };
	if (m->kind != MEDIA_WIRE_CONTROL)
		return;
	h->control = json_parse(m->data, m->len, &err);
	assert_non_null(h->control);
}

/* Takes what is whole off the buffer, but no more than `want` in all. */
static inline void
take_heard(struct fixture *f, int want)
{
	struct media_wire m;
	ptrdiff_t n;
	size_t wanted;

	while (f->n_heard < want &&
	    (n = media_wire_read(f->buf, f->len, &m, &wanted)) != 0) {
		assert_true(n > 0);
		keep(f, &m);
		f->len -= (size_t)n;
		memmove(f->buf, f->buf + n, f->len);
	}
}

/* Waits until so many messages have come, or the job has ended. */
static inline void
hear(struct fixture *f, int want)
{
	ssize_t n;

	for (take_heard(f, want); f->n_heard < want && !f->ended;
	    take_heard(f, want)) {
		struct pollfd p = { .fd = f->fd, .events = POLLIN };

		if (poll(&p, 1, GIVE_UP_MS) != 1)
			fail_msg("nothing more than %d messages", f->n_heard);
		if (f->len + 65536 > f->room) {
			f->room = f->len + 65536;
			f->buf = xrealloc(f->buf, f->room);
		}
		n = read(f->fd, f->buf + f->len, f->room - f->len);
		if (n <= 0)
			f->ended = true;
		else
			f->len += (size_t)n;
	}
}

static inline const char *
event_of(const struct heard *h)
{
	return json_get_string(h->control, "event", "");
}

/* Hears all, and returns the reason that the job gives last. */
static inline const char *
why_it_ended(struct fixture *f, const char *state)
{
	const struct heard *last;

	hear(f, MAX_HEARD);
	assert_true(f->n_heard > 0);
	last = &f->heard[f->n_heard - 1];
	assert_string_equal(event_of(last), "end");
	assert_string_equal(json_get_string(last->control, "state", ""),
	    state);
	return json_get_string(last->control, "error", "");
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
