/* Who comes by RTSP becomes a session: see fake_worker.c for who is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "broker/registry/serving.h"
#include "broker/registry/session_book.h"
#include "tests/unit/broker/workers.h"

static char good[] = "good", full[] = "full", mute[] = "mute";
static struct workers *w;
static struct {
	int	count, status;
	char	door[32];
} answer;

static int
set_up(void **state)
{
	static char *names[] = { full, good, mute, NULL };

	(void)state;
	w = workers_open(names);
	memset(&answer, 0, sizeof answer);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	workers_close(w);
	return 0;
}

static void
on_served(const char *door, int status, void *arg)
{
	assert_ptr_equal(arg, w);
	answer.count++;
	answer.status = status;
	snprintf(answer.door, sizeof answer.door, "%s",
	    door != NULL ? door : "-");
}

static struct stream *
serve(const char *name, bool paused)
{
	const struct serving serving = {
		.viewer_id = "nvr", .client_ip = "192.0.2.7",
		.user_agent = "VLC", .paused = paused,
	};
	struct stream *st = registry_stream(w->registry, name);

	serving_start(st, &serving, on_served, w);
	return st;
}

static void
test_it_is_a_session(void **state)
{
	struct stream *st = serve(good, false);
	const struct session *s = TAILQ_FIRST(&st->sessions);
	char id[sizeof s->id];

	(void)state;
	assert_non_null(s);
	memcpy(id, s->id, sizeof id);
	assert_null(registry_session(w->registry, id));
	workers_run(w, &answer.count, 1);
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer.door, "DOOR23456789");
	assert_ptr_equal(registry_session(w->registry, id), s);
	assert_string_equal(s->format, "rtsp");
	assert_string_equal(s->user_agent, "VLC");
	assert_string_equal(s->viewer_id, "nvr");
	assert_string_equal(s->client_ip, "192.0.2.7");
	assert_int_equal(st->n_sessions, 1);
}

static void
test_it_is_paused_as_any(void **state)
{
	struct workers_answer done = { 0 };
	struct stream *st = serve(good, true);
	struct session *s = TAILQ_FIRST(&st->sessions);

	(void)state;
	workers_run(w, &answer.count, 1);
	assert_true(s->paused);
	registry_pause_session(false, s, workers_on_done, &done);
	workers_run(w, &done.count, 1);
	assert_int_equal(done.done, 1);
	assert_false(s->paused);
	registry_close(s, "test", workers_on_done, &done);
	workers_run(w, &done.count, 2);
	assert_int_equal(st->n_sessions, 0);
}

static void
test_it_is_refused(void **state)
{
	static const char *const names[] = { full, mute };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct stream *st = serve(names[i], false);

		workers_run(w, &answer.count, i + 1);
		assert_int_equal(answer.status, 503);
		assert_string_equal(answer.door, "-");
		assert_int_equal(st->n_sessions, 0);
	}
}

/* The broker ends while the worker starts. */
static void
test_it_ends_meanwhile(void **state)
{
	(void)state;
	serve(good, false);
	registry_free(w->registry);
	assert_int_equal(answer.count, 1);
	assert_int_equal(answer.status, 503);
	w->registry = registry_new(w->base, &w->config, w->supervisor);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_it_is_a_session),
		TEST(test_it_is_paused_as_any),
		TEST(test_it_is_refused),
		TEST(test_it_ends_meanwhile),
	};

	return cmocka_run_group_tests_name("serving", tests, workers_begin,
	    workers_end);
}
