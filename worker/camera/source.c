/*
 * A camera is read on the loop; a file and the demo in a thread, which shares
 * the source with the loop by count. If the thread hangs where nothing cuts it
 * short the loop goes on without it, and the thread frees what is left when it
 * comes back.
 */
#include "source.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <event2/event.h>

#include "camera_url.h"
#include "clock.h"
#include "demo.h"
#include "intake.h"
#include "log.h"
#include "reader.h"
#include "retry.h"
#include "rtsp_camera.h"
#include "xalloc.h"

const struct source_times source_times = {
	.close_ms = 900, .file_pace = 1, .intake = &intake_times,
};

struct source {
	struct camera_url	 url;
	struct source_times	 times;
	struct feed		*feed;		/* NULL: a camera's */
	struct intake		*intake;
	struct retry		 retry;
	int64_t			 before_us;	/* of its last picture, as this
						   connection began */
	atomic_int		 refs;
	pthread_t		 thread;

	struct event_base	*base;
	struct feed_handler	 handler;
	void			*arg;

	/* Of a camera: */
	struct rtsp_camera	*camera;	/* NULL: it waits */
	struct event		*again;
};

static void
run_reader(struct source *s)
{
	reader_run(s->feed, s->intake, &s->url, s->times.file_pace);
}

static void
run_demo(struct source *s)
{
	demo_run(s->feed, s->intake, &s->url);
}

static void	(*const runs[])(struct source *) = {
	[CAMERA_FILE] = run_reader,
	[CAMERA_DEMO] = run_demo,
};

static void
unref(struct source *s)
{
	if (atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	if (s->intake != NULL)
		intake_free(s->intake);
	if (s->feed != NULL)
		feed_free(s->feed);
	camera_url_clear(&s->url);
	free(s);
}

static void
begin_connection(struct source *s)
{
	s->before_us = intake_last_us(s->intake);
}

/* Returns for how many ms to wait before the next attempt. */
static int
end_connection(struct source *s)
{
	struct retry_run run = {
		.now_us = clock_now_us(),
		.last_us = intake_last_us(s->intake),
		.denied = intake_is_denied(s->intake),
		.refused = intake_state(s->intake) == IPC_SOURCE_UNSUPPORTED,
	};
	int delay;

	if (run.last_us != s->before_us)
		run.live_us = intake_live_us(s->intake);
	delay = retry_next(&s->retry, &run);
	log_debug("camera", "trying again in %d ms", delay);
	return delay;
}

static void *
run_source(void *arg)
{
	struct source *s = arg;

	while (!feed_stopping(s->feed)) {
		begin_connection(s);
		runs[s->url.scheme](s);
		if (!feed_stopping(s->feed))
			feed_wait(s->feed, end_connection(s));
	}
	unref(s);
	return NULL;
}

static int
start_thread(struct source *s, struct error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	s->feed = feed_new(s->base, &s->handler, s->arg);
	if (s->feed == NULL) {
		error_set(err, "cannot make a queue: %m");
		return -1;
	}
	s->intake = intake_new(&feed_entrance, s->feed, s->times.intake);
	pthread_once(&once, reader_init);
	atomic_store(&s->refs, 2);
	if (pthread_create(&s->thread, NULL, run_source, s) == 0)
		return 0;
	atomic_store(&s->refs, 1);
	error_set(err, "cannot start a thread");
	return -1;
}

static void
on_camera_ended(void *arg)
{
	struct source *s = arg;
	struct timeval tv;

	rtsp_camera_close(s->camera);
	s->camera = NULL;
	tv = clock_timeval(end_connection(s) * 1000LL);
	event_add(s->again, &tv);
}

static void
connect_camera(evutil_socket_t fd, short what, void *arg)
{
	struct source *s = arg;

	(void)fd;
	(void)what;
	if (s->intake == NULL)
		s->intake = intake_new(&s->handler, s->arg, s->times.intake);
	begin_connection(s);
	s->camera = rtsp_camera_open(s->base, &s->url, s->intake,
	    on_camera_ended, s);
}

/* Whoever opens the source is told nothing before it has it. */
static int
start_camera(struct source *s)
{
	s->again = evtimer_new(s->base, connect_camera, s);
	event_active(s->again, EV_TIMEOUT, 0);
	return 0;
}

struct source *
source_open(struct event_base *base, const char *url,
    const struct source_times *times, const struct feed_handler *h,
    void *arg, struct error *err)
{
	struct source *s = xcalloc(1, sizeof *s);

	s->base = base;
	s->handler = *h;
	s->arg = arg;
	atomic_init(&s->refs, 1);
	s->times = *times;
	if (camera_url_parse(url, &s->url, err) == 0 &&
	    (s->url.scheme == CAMERA_RTSP ? start_camera(s) :
	    start_thread(s, err)) == 0)
		return s;
	unref(s);
	return NULL;
}

static void
join_thread(struct source *s)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_nsec += s->times.close_ms * 1000000L;
	ts.tv_sec += ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	if (pthread_clockjoin_np(s->thread, NULL, CLOCK_MONOTONIC, &ts) != 0) {
		log_warn("camera", "the camera's thread hangs: left behind");
		pthread_detach(s->thread);
	}
}

void
source_close(struct source *s)
{
	if (s->url.scheme == CAMERA_RTSP) {
		rtsp_camera_close(s->camera);
		event_free(s->again);
	} else {
		feed_stop(s->feed);
		join_thread(s);
	}
	unref(s);
}
