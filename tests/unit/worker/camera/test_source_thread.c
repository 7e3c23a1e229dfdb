/* When a source tries its camera again, and how its thread ends. The camera,
 * and what it delivers to, are made up. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <unistd.h>

#include "camera_url.h"
#include <event2/event.h>

#include "tests/unit/log_lines.h"
#include "tests/unit/worker/fake_clock.h"
#include "worker/camera/demo.h"
#include "worker/camera/intake.h"
#include "worker/camera/reader.h"
#include "worker/camera/source.h"
#include "worker/camera/rtsp_camera.h"

#define SECOND_US	1000000LL
#define SECOND_NS	1000000000LL
#define MAX_ATTEMPTS	16
#define LIMIT_S		10	/* A test that waits longer ends the program. */
#define TOO_LARGE	((size_t)1 << 48)	/* bytes, for a stack */

/* What comes of a connection, and how long is waited after it. */
struct attempt {
	int64_t			 now_us, last_us, live_us;
	bool			 denied;
	enum ipc_source_state	 state;
	int			 wait_ms;
};

/* What the thread does is looked at when it has ended. */
static const struct attempt *attempts;
static int n_attempts, n_waits, waits[MAX_ATTEMPTS];
static int n_reader, n_demo, n_inits, n_left, file_pace;
static struct attempt last;
static atomic_int n_feeds, n_intakes;
static atomic_bool stopping, hangs;
static sem_t begun, let_go, over, freed;
static struct timespec deadline;	/* of the thread, to end */
static char camera[80];
static bool queue_fails, is_camera;
static const struct intake_times *intake_got;

static struct feed *const feed = (struct feed *)&n_feeds;
static struct intake *const the_intake = (struct intake *)&n_intakes;
const struct intake_times intake_times = { 1, 1 };
static const struct feed_handler handler;

struct feed *
feed_new(struct event_base *base, const struct feed_handler *h, void *arg)
{
	assert_null(base);
	assert_memory_equal(h, &handler, sizeof handler);
	assert_ptr_equal(arg, &camera);
	errno = EMFILE;
	if (queue_fails)
		return NULL;
	n_feeds++;
	return feed;
}

void
feed_free(struct feed *f)
{
	n_feeds -= f == feed;
	sem_post(&freed);
}

bool
feed_stopping(struct feed *f)
{
	return f != feed || stopping;
}

bool
feed_wait(struct feed *f, int ms)
{
	(void)f;
	waits[n_waits++] = ms;
	if (n_waits >= n_attempts) {
		stopping = true;
		sem_post(&over);
	}
	return stopping;
}

void
feed_stop(struct feed *f)
{
	assert_ptr_equal(f, feed);
	stopping = true;
	if (!hangs)
		sem_post(&let_go);
}

const struct feed_handler feed_entrance;

struct intake *
intake_new(const struct feed_handler *h, void *arg,
    const struct intake_times *t)
{
	assert_memory_equal(h, is_camera ? &handler : &feed_entrance,
	    sizeof *h);
	assert_ptr_equal(arg, is_camera ? (void *)&camera : (void *)feed);
	intake_got = t;
	n_intakes++;
	return the_intake;
}

void
intake_free(struct intake *i)
{
	n_intakes -= i == the_intake;
}

int64_t
intake_last_us(const struct intake *i)
{
	(void)i;
	return last.last_us;
}

int64_t
intake_live_us(const struct intake *i)
{
	(void)i;
	return last.live_us;
}

bool
intake_is_denied(const struct intake *i)
{
	(void)i;
	return last.denied;
}

enum ipc_source_state
intake_state(const struct intake *i)
{
	(void)i;
	return last.state;
}

void
reader_init(void)
{
	n_inits++;
}

/* One connection is over as the test says, or when it is closed. */
static void
run(const struct camera_url *url)
{
	snprintf(camera, sizeof camera, "%s", url->url);
	sem_post(&begun);
	if (n_attempts == 0) {
		sem_wait(&let_go);
		return;
	}
	last = attempts[n_waits];
	now_us = last.now_us;
}

void
reader_run(struct feed *f, struct intake *i, const struct camera_url *url,
    int pace)
{
	n_reader += f == feed && i == the_intake;
	file_pace = pace;
	run(url);
}

void
demo_run(struct feed *f, struct intake *i, const struct camera_url *url)
{
	n_demo += f == feed && i == the_intake;
	run(url);
}

/* The C library's would wait until then. */
int
pthread_clockjoin_np(pthread_t thread, void **value, clockid_t clock,
    const struct timespec *until)
{
	assert_int_equal(clock, CLOCK_MONOTONIC);
	deadline = *until;
	return hangs ? ETIMEDOUT : pthread_join(thread, value);
}

int
pthread_detach(pthread_t thread)
{
	int (*detach)(pthread_t);

	n_left++;
	*(void **)&detach = dlsym(RTLD_NEXT, "pthread_detach");
	return detach(thread);
}

/* The connection to a camera, of which there is one at a time. */
static rtsp_camera_cb *camera_ended;
static void *camera_arg;
static int n_opened, n_closed;

struct rtsp_camera *
rtsp_camera_open(struct event_base *base, const struct camera_url *url,
    struct intake *i, rtsp_camera_cb *ended, void *arg)
{
	assert_non_null(base);
	assert_string_equal(url->url, "rtsp://camera");
	assert_ptr_equal(i, the_intake);
	assert_int_equal(n_opened++, n_closed);
	camera_ended = ended;
	camera_arg = arg;
	return (struct rtsp_camera *)&n_opened;
}

void
rtsp_camera_close(struct rtsp_camera *c)
{
	n_closed += c != NULL;
}

static int
set_up(void **state)
{
	(void)state;
	alarm(LIMIT_S);
	log_open(LOG_LEVEL_OFF, NULL);
	attempts = NULL;
	n_attempts = n_waits = n_reader = n_demo = n_left = file_pace = 0;
	last = (struct attempt){ 0 };
	stopping = hangs = queue_fails = false;
	sem_init(&begun, 0, 0);
	sem_init(&let_go, 0, 0);
	sem_init(&over, 0, 0);
	sem_init(&freed, 0, 0);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	assert_int_equal(n_feeds, 0);
	assert_int_equal(n_intakes, 0);
	return 0;
}

static struct source *
open_with(const char *url, const struct source_times *times)
{
	struct error err = { "" };
	struct source *s = source_open(NULL, url, times, &handler, &camera,
	    &err);

	assert_string_equal(err.text, "");
	assert_non_null(s);
	return s;
}

static struct source *
open_source(const char *url)
{
	const struct source_times times = {
		.close_ms = 900, .file_pace = 7, .intake = &intake_times
	};

	return open_with(url, &times);
}

/* How long it has been without pictures counts, and why. */
static void
test_the_waits_between_attempts(void **state)
{
	static const struct attempt all[] = {
		{ 100 * SECOND_US, 0, 0, false, IPC_SOURCE_LOST, 500 },
		{ 101 * SECOND_US, 0, 0, false, IPC_SOURCE_LOST, 1000 },
		/* It was well for ten seconds. */
		{ 120 * SECOND_US, 110 * SECOND_US, 10 * SECOND_US, false,
		    IPC_SOURCE_LOST, 500 },
		/* This time it gave no picture. */
		{ 121 * SECOND_US, 110 * SECOND_US, 10 * SECOND_US, false,
		    IPC_SOURCE_LOST, 1000 },
		{ 122 * SECOND_US, 110 * SECOND_US, 10 * SECOND_US, false,
		    IPC_SOURCE_LOST, 1500 },
		{ 123 * SECOND_US, 122 * SECOND_US, 10 * SECOND_US - 1, false,
		    IPC_SOURCE_LOST, 1500 },
		{ 182 * SECOND_US, 122 * SECOND_US, 0, false,
		    IPC_SOURCE_LOST, 3000 },
		{ 183 * SECOND_US, 182 * SECOND_US, 0, true,
		    IPC_SOURCE_LOST, 30000 },
		{ 184 * SECOND_US, 183 * SECOND_US, 0, false,
		    IPC_SOURCE_UNSUPPORTED, 5000 },
		{ 243 * SECOND_US, 183 * SECOND_US, 0, false,
		    IPC_SOURCE_UNSUPPORTED, 30000 },
	};
	struct source *s;

	(void)state;
	attempts = all;
	n_attempts = sizeof all / sizeof all[0];
	s = open_source("file:/a.mp4");
	sem_wait(&over);
	source_close(s);
	assert_int_equal(n_reader, n_attempts);
	for (int i = 0; i < n_attempts; i++)
		assert_int_equal(waits[i], all[i].wait_ms);
}

static void
test_who_runs_what(void **state)
{
	static const struct {
		const char *url;
		int reader, demo, pace;
	} cases[] = {
		{ "file:/a.mp4", 1, 0, 7 }, { "demo:", 0, 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct source *s;

		set_up(NULL);
		s = open_source(cases[i].url);
		sem_wait(&begun);
		source_close(s);
		assert_string_equal(camera, cases[i].url);
		assert_int_equal(n_reader, cases[i].reader);
		assert_int_equal(n_demo, cases[i].demo);
		assert_int_equal(file_pace, cases[i].pace);
		assert_ptr_equal(intake_got, &intake_times);
	}
	assert_int_equal(n_inits, 1);	/* for all of them */
}

static void
until_opened(struct event_base *base, int n)
{
	while (n_opened < n)
		event_base_loop(base, EVLOOP_ONCE);
}

/* It is closed while it plays, and while the next attempt is waited for. */
static void
test_a_camera_is_read_on_the_loop(void **state)
{
	struct event_base *base = event_base_new();
	struct error err;

	(void)state;
	is_camera = true;
	last.state = IPC_SOURCE_LOST;
	for (int waits_when_closed = 0; waits_when_closed < 2;
	    waits_when_closed++) {
		struct source *s = source_open(base, "rtsp://camera",
		    &(struct source_times){ .intake = &intake_times },
		    &handler, &camera, &err);

		n_opened = n_closed = 0;
		assert_int_equal(n_intakes, 0);	/* it comes from the loop */
		until_opened(base, 1);
		camera_ended(camera_arg);
		assert_int_equal(n_closed, 1);
		until_opened(base, 2);
		if (waits_when_closed)
			camera_ended(camera_arg);
		source_close(s);
		assert_int_equal(n_closed, 2);
		assert_int_equal(n_intakes, 0);
	}
	assert_int_equal(n_feeds + n_reader, 0);
	is_camera = false;
	event_base_free(base);
}

/* It does not wait to try again, and says nothing. */
static void
test_a_source_that_is_closed_while_it_reads(void **state)
{
	struct source *s = open_source("file:/a.mp4");

	(void)state;
	sem_wait(&begun);
	log_lines_begin(LOG_LEVEL_DEBUG);
	source_close(s);
	assert_string_equal(log_lines_end(), "");
	assert_int_equal(n_reader, 1);
	assert_int_equal(n_waits, 0);
	assert_int_equal(n_left, 0);
	assert_int_equal(n_feeds + n_intakes, 0);
}

/* It has what it needs until it comes back. */
static void
test_a_thread_that_hangs_is_left_behind(void **state)
{
	struct source *s = open_source("file:/a.mp4");

	(void)state;
	sem_wait(&begun);
	hangs = true;
	log_lines_begin(LOG_LEVEL_INFO);
	source_close(s);
	assert_string_equal(log_lines_end(),
	    "WRN [camera] the camera's thread hangs: left behind\n");
	assert_int_equal(n_left, 1);
	assert_int_equal(n_feeds, 1);
	assert_int_equal(n_intakes, 1);
	sem_post(&let_go);
	sem_wait(&freed);
}

static int64_t
nanoseconds(const struct timespec *ts)
{
	return ts->tv_sec * SECOND_NS + ts->tv_nsec;
}

static int64_t
monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return nanoseconds(&now);
}

static void
test_how_long_a_thread_may_take_to_end(void **state)
{
	static const int ms[] = { 0, 1, 500, 900, 999 };

	(void)state;
	assert_int_equal(source_times.close_ms, 900);
	for (size_t i = 0; i < sizeof ms / sizeof ms[0]; i++) {
		const struct source_times times = {
			.close_ms = ms[i], .intake = &intake_times
		};
		int64_t before = monotonic_ns();
		struct source *s;

		set_up(NULL);
		s = open_with("file:/a.mp4", &times);
		sem_wait(&begun);
		source_close(s);
		assert_in_range(deadline.tv_nsec, 0, SECOND_NS - 1);
		assert_in_range(nanoseconds(&deadline) - ms[i] * 1000000LL,
		    before, monotonic_ns());
	}
}

static void
assert_not_opened(const char *why)
{
	const struct source_times times = { .intake = &intake_times };
	struct error err = { "" };

	assert_null(source_open(NULL, "file:/a.mp4", &times, &handler,
	    &camera, &err));
	assert_string_equal(err.text, why);
	assert_int_equal(n_feeds + n_intakes, 0);
}

static void
test_a_source_that_cannot_have_a_queue(void **state)
{
	(void)state;
	queue_fails = true;
	assert_not_opened("cannot make a queue: Too many open files");
}

/* There is no room for its stack. */
static void
test_a_source_that_cannot_have_a_thread(void **state)
{
	pthread_attr_t usual, large;

	(void)state;
	pthread_getattr_default_np(&usual);
	pthread_getattr_default_np(&large);
	assert_int_equal(pthread_attr_setstacksize(&large, TOO_LARGE), 0);
	assert_int_equal(pthread_setattr_default_np(&large), 0);
	assert_not_opened("cannot start a thread");
	pthread_setattr_default_np(&usual);
	pthread_attr_destroy(&usual);
	pthread_attr_destroy(&large);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_waits_between_attempts),
		TEST(test_who_runs_what),
		TEST(test_a_camera_is_read_on_the_loop),
		TEST(test_a_source_that_is_closed_while_it_reads),
		TEST(test_a_thread_that_hangs_is_left_behind),
		TEST(test_how_long_a_thread_may_take_to_end),
		TEST(test_a_source_that_cannot_have_a_queue),
		TEST(test_a_source_that_cannot_have_a_thread),
	};

	return cmocka_run_group_tests_name("source_thread", tests, NULL, NULL);
}
