#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <event2/event.h>

#include "clock.h"
#include "log.h"
#include "worker/camera/feed.h"

struct seen {
	struct event_base	*base;
	struct feed		*feed;
	int			 units, statuses, restarts;
	int			 last;		/* number of the last unit */
	int			 gaps;	/* before a unit that is no key */
	bool			 close, stop;	/* in the first callback */
	int			 more;		/* units to push in callbacks */
	char			 order[64], error[256];
};

static void	push(struct feed *, int n, bool key, bool restart);

static void
note(struct seen *s, char what)
{
	size_t n = strlen(s->order);

	if (n + 1 < sizeof s->order)
		s->order[n] = what;
	if (s->more > 0) {
		s->more--;
		push(s->feed, s->last + 1, false, false);
	}
	if (s->close || s->stop)
		feed_stop(s->feed);
	if (!s->close)
		return;
	feed_free(s->feed);
	s->feed = NULL;
}

static void
on_unit(struct media_unit *u, void *arg)
{
	struct seen *s = arg;
	int n;

	memcpy(&n, u->data, sizeof n);
	s->gaps += !u->key && n != s->last + 1;
	s->last = n;
	s->units++;
	s->restarts += u->restart;
	media_unit_free(u);
	note(s, 'u');
}

static void
on_status(const struct feed_status *st, void *arg)
{
	struct seen *s = arg;

	s->statuses++;
	strcpy(s->error, st->error);
	note(s, 's');
	if (strcmp(st->error, "end") == 0)
		event_base_loopbreak(s->base);
}

static const struct feed_handler handler = { on_unit, on_status };

static int
setup(void **state)
{
	static struct seen seen;

	seen = (struct seen){ .base = event_base_new() };
	seen.feed = feed_new(seen.base, &handler, &seen);
	log_open(LOG_LEVEL_OFF, NULL);
	*state = &seen;
	return seen.feed == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	struct seen *s = *state;

	if (s->feed != NULL)
		feed_free(s->feed);
	event_base_free(s->base);
	return 0;
}

static void
push(struct feed *f, int n, bool key, bool restart)
{
	struct media_unit *u = media_unit_new(MEDIA_VIDEO, MEDIA_H264, &n,
	    sizeof n);

	u->key = key;
	u->restart = restart;
	feed_push(f, u);
}

static void
report(struct feed *f, const char *error)
{
	struct feed_status st = { .state = IPC_SOURCE_LOST };

	snprintf(st.error, sizeof st.error, "%s", error);
	feed_report(f, &st);
}

static void *
write_many(void *arg)
{
	struct feed *f = arg;

	for (int i = 0; i < 400; i++)
		push(f, i, i % 10 == 0, i == 0);
	report(f, "end");
	return NULL;
}

static void
test_across_threads(void **state)
{
	struct seen *s = *state;
	pthread_t t;

	assert_int_equal(pthread_create(&t, NULL, write_many, s->feed), 0);
	event_base_dispatch(s->base);
	pthread_join(t, NULL);
	assert_int_equal(s->units, 400);
	assert_int_equal(s->gaps, 0);
	assert_int_equal(s->restarts, 1);
}

static void
test_order(void **state)
{
	struct seen *s = *state;

	push(s->feed, 1, true, false);
	report(s->feed, "one");
	push(s->feed, 2, false, false);
	push(s->feed, 3, false, false);
	report(s->feed, "unseen");
	report(s->feed, "end");
	event_base_dispatch(s->base);
	assert_string_equal(s->order, "usuus");
}

/* A loop that stalls: no more than the bound, no gap but at a key frame,
 * and the restart that was on a dropped unit is not lost. */
static void
test_full(void **state)
{
	struct seen *s = *state;
	int n = 0;

	for (; n < FEED_MAX_UNITS + 25; n++)
		push(s->feed, n, n % 10 == 0, n == FEED_MAX_UNITS + 5);
	event_base_loop(s->base, EVLOOP_NONBLOCK);
	assert_int_equal(s->units, FEED_MAX_UNITS);
	assert_int_equal(s->last, FEED_MAX_UNITS - 1);
	for (; n < FEED_MAX_UNITS + 50; n++)
		push(s->feed, n, n % 10 == 0, false);
	report(s->feed, "end");
	event_base_dispatch(s->base);
	assert_int_equal(s->gaps, 0);
	assert_int_equal(s->last, n - 1);
	assert_int_equal(s->restarts, 1);
	assert_int_equal(s->units, FEED_MAX_UNITS + n - 540);
}

static void
test_stop(void **state)
{
	struct seen *s = *state;

	assert_false(feed_stopping(s->feed));
	assert_false(feed_wait(s->feed, 1));
	push(s->feed, 1, true, false);
	feed_stop(s->feed);
	push(s->feed, 2, true, false);
	assert_true(feed_stopping(s->feed));
	assert_true(feed_wait(s->feed, 3600 * 1000));
	event_base_loop(s->base, EVLOOP_NONBLOCK);
	assert_int_equal(s->units, 0);
}

#define LONG_MS	20000

/* Returns its feed if it was woken before the time. */
static void *
wait_long(void *arg)
{
	int64_t begin = clock_now_us();

	report(arg, "end");
	return feed_wait(arg, LONG_MS) &&
	    clock_now_us() - begin < LONG_MS * 1000LL ? arg : NULL;
}

/* In most of the rounds the thread waits already when the feed is stopped. */
static void
test_stop_wakes(void **state)
{
	struct seen *s = *state;
	pthread_t t;
	void *ret;

	for (int round = 0; round < 100; round++) {
		assert_int_equal(pthread_create(&t, NULL, wait_long, s->feed),
		    0);
		event_base_dispatch(s->base);
		feed_stop(s->feed);
		pthread_join(t, &ret);
		assert_ptr_equal(ret, s->feed);
		feed_free(s->feed);
		s->feed = feed_new(s->base, &handler, s);
	}
}

static void
test_a_wait_takes_its_time(void **state)
{
	struct seen *s = *state;
	int64_t begin = clock_now_us();

	assert_false(feed_wait(s->feed, 1050));
	assert_in_range(clock_now_us() - begin, 1050000, 10000000);
}

static void
test_free_in_callback(void **state)
{
	struct seen *s = *state;

	s->close = true;
	push(s->feed, 1, true, false);
	push(s->feed, 2, true, false);
	report(s->feed, "end");
	event_base_loop(s->base, EVLOOP_NONBLOCK);
	assert_string_equal(s->order, "u");
}

static void
test_nothing_follows_a_stop_in_a_callback(void **state)
{
	struct seen *s = *state;

	s->stop = true;
	push(s->feed, 1, true, false);
	push(s->feed, 2, true, false);
	report(s->feed, "end");
	event_base_loop(s->base, EVLOOP_NONBLOCK);
	assert_string_equal(s->order, "u");
}

/* A camera that is faster than its viewers does not hold up the loop. */
static void
test_what_comes_meanwhile_waits_for_the_next_turn(void **state)
{
	struct seen *s = *state;

	s->more = 3;
	push(s->feed, 1, true, false);
	push(s->feed, 2, false, false);
	event_base_loop(s->base, EVLOOP_ONCE);
	assert_int_equal(s->units, 2);
	event_base_loop(s->base, EVLOOP_ONCE);
	assert_int_equal(s->units, 4);
	event_base_loop(s->base, EVLOOP_ONCE);
	assert_int_equal(s->units, 5);
}

static void
test_a_feed_that_is_freed_leaves_nothing_open(void **state)
{
	struct seen *s = *state;
	int before = dup(0), after;

	close(before);
	feed_free(feed_new(s->base, &handler, s));
	after = dup(0);
	close(after);
	assert_int_equal(after, before);
	assert_int_equal(event_base_get_num_events(s->base,
	    EVENT_BASE_COUNT_ADDED), 1);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_across_threads),
		TEST(test_order),
		TEST(test_full),
		TEST(test_stop),
		TEST(test_stop_wakes),
		TEST(test_a_wait_takes_its_time),
		TEST(test_free_in_callback),
		TEST(test_nothing_follows_a_stop_in_a_callback),
		TEST(test_what_comes_meanwhile_waits_for_the_next_turn),
		TEST(test_a_feed_that_is_freed_leaves_nothing_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
