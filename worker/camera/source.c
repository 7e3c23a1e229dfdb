/*
 * The thread and the loop share a source by count. If the thread hangs where
 * nothing cuts it short (in getaddrinfo), the loop goes on without it, and the
 * thread frees what is left when it comes back.
 */
#include "source.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "camera_url.h"
#include "clock.h"
#include "demo.h"
#include "intake.h"
#include "log.h"
#include "reader.h"
#include "retry.h"
#include "xalloc.h"

const struct source_times source_times = {
	.close_ms = 900, .file_pace = 1, .intake = &intake_times,
};

struct source {
	struct camera_url	 url;
	struct source_times	 times;
	struct feed		*feed;
	struct intake		*intake;
	pthread_t		 thread;
	atomic_int		 refs;
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
	[CAMERA_RTSP] = run_reader,
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

/* Runs one connection until it breaks. Returns for how many ms to wait before
 * the next attempt. */
static int
run_connection(struct source *s, struct retry *retry)
{
	int64_t before = intake_last_us(s->intake);
	struct retry_run run = { 0 };

	runs[s->url.scheme](s);
	run.now_us = clock_now_us();
	run.last_us = intake_last_us(s->intake);
	run.live_us = run.last_us == before ? 0 : intake_live_us(s->intake);
	run.denied = intake_is_denied(s->intake);
	run.refused = intake_state(s->intake) == IPC_SOURCE_UNSUPPORTED;
	return retry_next(retry, &run);
}

static void *
run_source(void *arg)
{
	struct source *s = arg;
	struct retry retry = { 0 };
	int delay;

	while (!feed_stopping(s->feed)) {
		delay = run_connection(s, &retry);
		if (feed_stopping(s->feed))
			break;
		log_debug("camera", "trying again in %d ms", delay);
		feed_wait(s->feed, delay);
	}
	unref(s);
	return NULL;
}

struct source *
source_open(struct event_base *base, const char *url,
    const struct source_times *times, const struct feed_handler *h,
    void *arg, struct error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct source *s = xcalloc(1, sizeof *s);

	pthread_once(&once, reader_init);
	atomic_init(&s->refs, 1);
	s->times = *times;
	if (camera_url_parse(url, &s->url, err) == -1)
		goto fail;
	s->feed = feed_new(base, h, arg);
	if (s->feed == NULL) {
		error_set(err, "cannot make a queue: %m");
		goto fail;
	}
	s->intake = intake_new(s->feed, s->times.intake);
	atomic_store(&s->refs, 2);
	if (pthread_create(&s->thread, NULL, run_source, s) == 0)
		return s;
	atomic_store(&s->refs, 1);
	error_set(err, "cannot start a thread");
fail:
	unref(s);
	return NULL;
}

void
source_close(struct source *s)
{
	struct timespec ts;

	feed_stop(s->feed);
	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_nsec += s->times.close_ms * 1000000L;
	ts.tv_sec += ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	if (pthread_clockjoin_np(s->thread, NULL, CLOCK_MONOTONIC, &ts) != 0) {
		log_warn("camera", "the camera's thread hangs: left behind");
		pthread_detach(s->thread);
	}
	unref(s);
}
