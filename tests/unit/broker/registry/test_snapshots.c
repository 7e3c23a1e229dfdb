/* Pictures of streams: who is given which, and what is kept. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "broker/registry/jpeg.h"
#include "broker/registry/snapshots.h"
#include "tests/unit/broker/workers.h"

static char broken[] = "broken", good[] = "good", liar[] = "liar",
	    other[] = "other", silent[] = "silent";
static struct workers *w;
static struct snapshots *all;

struct answer {
	int	 count, status;
	char	 error[80];
	char	 text[80];		/* behind the JPEG's first bytes */
	size_t	 len;
};

/* Each is held as if it was being sent. */
static bool holding;
static struct jpeg *held[SNAPSHOTS_MAX_HELD / IPC_MAX_PICTURE + 10];
static int n_held;

static int
set_up(void **state)
{
	static char *names[] = { broken, good, liar, other, silent, NULL };

	(void)state;
	w = workers_open(names);
	all = snapshots_new(w->base);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	workers_end_registry(w);
	snapshots_free(all);
	workers_close(w);
	return 0;
}

static void
on_snapshot(int status, const char *error, struct jpeg *jpeg, void *arg)
{
	struct answer *a = arg;

	a->count++;
	a->status = status;
	snprintf(a->error, sizeof a->error, "%s", error != NULL ? error : "");
	if (jpeg == NULL)
		return;
	a->len = jpeg->len;
	assert_memory_equal(jpeg->data, "\xff\xd8\xff", 3);
	snprintf(a->text, sizeof a->text, "%.*s",
	    jpeg->len > 70 ? 70 : (int)jpeg->len - 3,
	    (const char *)jpeg->data + 3);
	if (holding)
		held[n_held++] = jpeg_ref(jpeg);
}

static void
ask(const char *name, int width, int height, int64_t max_age_ms,
    struct answer *a)
{
	struct snapshot_wish wish = {
		.stream = registry_stream(w->registry, name),
		.width = width, .height = height, .max_age_ms = max_age_ms,
	};

	*a = (struct answer){ 0 };
	snapshots_ask(all, &wish, on_snapshot, a);
}

static void
expect(struct answer *a, int status, const char *text)
{
	workers_run(w, &a->count, 1);
	assert_int_equal(a->count, 1);
	assert_string_equal(status == 200 ? a->text : a->error, text);
	assert_int_equal(a->status, status);
}

static void
test_the_worker_is_started_and_lingers(void **state)
{
	const struct stream *st = registry_stream(w->registry, good);
	struct answer a;

	(void)state;
	ask(good, 640, 0, 0, &a);
	assert_int_equal(a.count, 0);
	assert_int_equal(st->n_holds, 1);
	expect(&a, 200, "640x0 1");
	assert_int_equal(st->n_holds, 0);
	assert_true(event_pending(st->linger, EV_TIMEOUT, NULL));
	ask(good, 640, 0, 0, &a);
	assert_false(event_pending(st->linger, EV_TIMEOUT, NULL));
	expect(&a, 200, "640x0 2");
}

static void
test_many_at_once_are_one_request(void **state)
{
	struct answer a[20], b, c;

	(void)state;
	for (int i = 0; i < 20; i++)
		ask(good, 0, 0, 0, &a[i]);
	ask(good, 0, 1, 0, &b);
	ask(other, 0, 0, 0, &c);
	for (int i = 0; i < 20; i++)
		expect(&a[i], 200, "0x0 1");
	expect(&b, 200, "0x1 2");
	expect(&c, 200, "0x0 1");
	ask(good, 0, 0, 0, &a[0]);
	expect(&a[0], 200, "0x0 3");
}

static void
test_one_that_is_kept(void **state)
{
	struct answer a;

	(void)state;
	ask(good, 0, 0, 60000, &a);
	expect(&a, 200, "0x0 1");
	ask(good, 0, 0, 60000, &a);
	assert_int_equal(a.count, 1);		/* at once */
	expect(&a, 200, "0x0 1");
	ask(good, 5, 0, 60000, &a);		/* of another size */
	expect(&a, 200, "5x0 2");
	ask(good, 0, 0, 0, &a);			/* It takes none of before. */
	expect(&a, 200, "0x0 3");
	ask(good, 0, 0, 60000, &a);		/* It renews what is kept. */
	expect(&a, 200, "0x0 3");
}

/* Nobody said that he would take it later. */
static void
test_one_that_is_not_kept(void **state)
{
	struct answer a;

	(void)state;
	ask(good, 0, 0, 0, &a);
	expect(&a, 200, "0x0 1");
	ask(good, 0, 0, 60000, &a);
	assert_int_equal(a.count, 0);
	expect(&a, 200, "0x0 2");
}

/* The longest time of those who waited counts. */
static void
test_the_age_of_those_who_wait(void **state)
{
	struct answer a, b, c;

	(void)state;
	ask(good, 0, 0, 0, &a);
	ask(good, 0, 0, 60000, &b);
	ask(good, 0, 0, 1, &c);
	expect(&a, 200, "0x0 1");
	expect(&b, 200, "0x0 1");
	expect(&c, 200, "0x0 1");
	ask(good, 0, 0, 60000, &a);
	assert_int_equal(a.count, 1);
	assert_string_equal(a.text, "0x0 1");
}

static void
on_time(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	++*(int *)arg;
}

/* It is forgotten by a timer, which is later than 20 ms and not the last of
 * the loop. */
static void
test_an_age_passes(void **state)
{
	struct timeval later = { .tv_usec = 40000 };
	struct answer a;
	int passed = 0;

	(void)state;
	ask(good, 0, 0, 20, &a);
	expect(&a, 200, "0x0 1");
	event_base_once(w->base, -1, EV_TIMEOUT, on_time, &passed, &later);
	workers_run(w, &passed, 1);
	ask(good, 0, 0, 60000, &a);
	assert_int_equal(a.count, 0);
	expect(&a, 200, "0x0 2");
}

static void
test_few_sizes_of_a_stream(void **state)
{
	struct answer a[SNAPSHOTS_MAX_SIZES], more;

	(void)state;
	for (int i = 0; i < SNAPSHOTS_MAX_SIZES; i++)
		ask(good, i + 1, 0, 60000, &a[i]);
	ask(good, 100, 0, 60000, &more);
	expect(&more, 503, "pictures of the stream in too many sizes are "
	    "being made");
	ask(other, 100, 0, 60000, &more);
	expect(&more, 200, "100x0 1");
	for (int i = 0; i < SNAPSHOTS_MAX_SIZES; i++) {
		char *text = xasprintf("%dx0 %d", i + 1, i + 1);

		expect(&a[i], 200, text);
		free(text);
	}
	ask(good, 100, 0, 60000, &more);	/* The oldest goes for it. */
	expect(&more, 200, "100x0 5");
	ask(good, 2, 0, 60000, &more);
	assert_int_equal(more.count, 1);
	ask(other, 100, 0, 60000, &more);
	assert_int_equal(more.count, 1);
	ask(good, 1, 0, 60000, &more);
	assert_int_equal(more.count, 0);
	expect(&more, 200, "1x0 6");
}

static void
test_not_too_many_wait(void **state)
{
	static struct answer a[SNAPSHOTS_MAX_WAITING], more;

	(void)state;
	for (int i = 0; i < SNAPSHOTS_MAX_WAITING; i++)
		ask(i % 2 == 0 ? good : other, 0, 0, 60000, &a[i]);
	ask(other, 0, 0, 0, &more);
	expect(&more, 503, "too many wait for pictures");
	for (int i = 0; i < SNAPSHOTS_MAX_WAITING; i++)
		expect(&a[i], 200, "0x0 1");
	ask(other, 0, 0, 60000, &more);
	expect(&more, 200, "0x0 1");
}

/* Each has the largest size, so that not all fit. */
static void
test_not_too_many_bytes_are_kept(void **state)
{
	struct answer a;

	(void)state;
	assert_true(SNAPSHOTS_MAX_KEPT >= SNAPSHOTS_MAX_SIZES *
	    IPC_MAX_PICTURE);
	for (int i = 0; i < SNAPSHOTS_MAX_SIZES + 2; i++) {
		ask(liar, 10 + i, 0, 60000, &a);
		expect(&a, 200, "");
		assert_int_equal(a.len, IPC_MAX_PICTURE);
	}
	for (int i = 2; i < SNAPSHOTS_MAX_SIZES + 2; i++) {
		ask(liar, 10 + i, 0, 60000, &a);
		assert_int_equal(a.count, 1);
	}
}

/* One that is held already may be had by any number. */
static void
test_not_too_many_bytes_are_held(void **state)
{
	int most = SNAPSHOTS_MAX_HELD / IPC_MAX_PICTURE + 1;
	struct answer a;

	(void)state;
	holding = true;
	for (int i = 0; i < most; i++) {
		ask(liar, 10, 0, i == most - 1 ? 60000 : 0, &a);
		expect(&a, 200, "");
	}
	ask(good, 10, 0, 60000, &a);
	expect(&a, 503, "too many pictures are being sent");
	ask(liar, 10, 0, 60000, &a);
	expect(&a, 200, "");
	holding = false;
	while (n_held > 0)
		jpeg_unref(held[--n_held]);
	ask(good, 10, 0, 60000, &a);
	expect(&a, 200, "10x0 1");
}

static void
test_a_worker_is_not_believed(void **state)
{
	struct answer a;

	(void)state;
	for (int width = 1; width <= 5; width++) {
		ask(liar, width, 0, 60000, &a);
		expect(&a, 502, "the worker's picture is no JPEG");
	}
}

static void
test_a_failure_is_told_and_not_kept(void **state)
{
	struct answer a, b;

	(void)state;
	w->replies.ms[IPC_PICTURE] = 50;
	ask(broken, 0, 0, 60000, &a);
	ask(broken, 0, 0, 0, &b);
	expect(&a, 500, "out of order");
	expect(&b, 500, "out of order");
	ask(broken, 0, 0, 60000, &a);
	assert_int_equal(a.count, 0);
	expect(&a, 500, "out of order");
	ask(silent, 0, 0, 0, &a);
	expect(&a, 504, "the worker did not answer in time; it may still do "
	    "it");
}

/* What is kept stays, for those who take it. */
static void
test_a_failure_leaves_what_is_kept(void **state)
{
	struct session *s = workers_session(w, good, NULL);
	struct answer a, b;

	(void)state;
	w->replies.ms[IPC_PICTURE] = 50;
	ask(good, 0, 0, 60000, &a);
	expect(&a, 200, "0x0 1");
	workers_order(w, s, "wedge");
	ask(good, 0, 0, 0, &a);
	ask(good, 0, 0, 60000, &b);
	assert_int_equal(b.count, 1);
	assert_string_equal(b.text, "0x0 1");
	expect(&a, 504, "the worker did not answer in time; it may still do "
	    "it");
	ask(good, 0, 0, 60000, &b);
	assert_int_equal(b.count, 1);
	assert_string_equal(b.text, "0x0 1");
}

/* Who waits when the broker ends is answered. */
static void
test_an_end(void **state)
{
	struct answer a;

	(void)state;
	ask(good, 0, 0, 60000, &a);
	workers_end_registry(w);
	assert_int_equal(a.count, 1);
	expect(&a, 503, "the broker is stopped");
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_worker_is_started_and_lingers),
		TEST(test_many_at_once_are_one_request),
		TEST(test_one_that_is_kept),
		TEST(test_one_that_is_not_kept),
		TEST(test_the_age_of_those_who_wait),
		TEST(test_an_age_passes),
		TEST(test_few_sizes_of_a_stream),
		TEST(test_not_too_many_wait),
		TEST(test_not_too_many_bytes_are_kept),
		TEST(test_not_too_many_bytes_are_held),
		TEST(test_a_worker_is_not_believed),
		TEST(test_a_failure_is_told_and_not_kept),
		TEST(test_a_failure_leaves_what_is_kept),
		TEST(test_an_end),
	};

	return cmocka_run_group_tests(tests, workers_begin, workers_end);
}
