/* A viewer whose ICE begins anew: see fake_worker.c for what is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "broker/registry/restart.h"
#include "tests/unit/broker/workers.h"

static char good[] = "good";
static struct workers *w;
static struct session *session;
static struct {
	int	count, status;
	struct session *session;
	char	sdp[32], error[64];
} answer;

static int
set_up(void **state)
{
	static char *names[] = { good, NULL };

	(void)state;
	w = workers_open(names);
	session = workers_session(w, good, NULL);
	session->n_candidates = 7;
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
on_answer(struct session *s, const char *sdp, int status, const char *error,
    void *arg)
{
	assert_ptr_equal(arg, w);
	answer.count++;
	answer.session = s;
	answer.status = status;
	snprintf(answer.sdp, sizeof answer.sdp, "%s", sdp != NULL ? sdp : "");
	snprintf(answer.error, sizeof answer.error, "%s",
	    error != NULL ? error : "");
}

static void
restart(const char *sdp, const char *ufrag)
{
	const struct restart r = { .sdp = sdp, .ufrag = ufrag, .pwd = ufrag };

	restart_session(session, &r, on_answer, w);
	workers_run(w, &answer.count, answer.count + 1);
}

/* Its candidates are counted anew. */
static void
expect_restarted(const char *sdp, unsigned generation)
{
	assert_int_equal(answer.status, 200);
	assert_ptr_equal(answer.session, session);
	assert_string_equal(answer.sdp, sdp);
	assert_int_equal(session->generation, generation);
	assert_int_equal(session->n_candidates, 0);
}

static void
test_it_is_done(void **state)
{
	(void)state;
	restart("again", NULL);
	expect_restarted("v=1", 1);
	restart(NULL, "new");
	expect_restarted("a=ice-ufrag:ours", 2);
}

static void
test_it_was_done_before(void **state)
{
	(void)state;
	restart(NULL, "old");
	assert_int_equal(answer.status, 200);
	assert_ptr_equal(answer.session, session);
	assert_string_equal(answer.sdp, "");
	assert_int_equal(session->generation, 0);
	assert_int_equal(session->n_candidates, 7);
}

static void
expect_refused(int status, const char *error)
{
	assert_int_equal(answer.status, status);
	assert_null(answer.session);
	assert_string_equal(answer.error, error);
}

static void
test_it_is_refused(void **state)
{
	(void)state;
	restart("v=0", NULL);
	expect_refused(RESTART_OTHER, "another's");
	restart(NULL, "bad");
	expect_refused(400, "refused");
	assert_int_equal(session->generation, 0);
	assert_int_equal(session->n_candidates, 7);
	workers_order(w, session, "forget");
	restart("again", NULL);
	expect_refused(404, "none");
}

/* Before the answer is there. */
static void
test_the_session_ends_meanwhile(void **state)
{
	const struct restart r = { .sdp = "again" };

	(void)state;
	restart_session(session, &r, on_answer, w);
	stream_end_session(session, "gone");
	workers_run(w, &answer.count, 1);
	expect_refused(404, "Session not found");
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_it_is_done),
		TEST(test_it_was_done_before),
		TEST(test_it_is_refused),
		TEST(test_the_session_ends_meanwhile),
	};

	return cmocka_run_group_tests_name("restart", tests, workers_begin,
	    workers_end);
}
