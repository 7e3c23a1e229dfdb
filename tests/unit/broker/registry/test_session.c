/* A session's state in words, and what its page is told. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#include "broker/registry/camera.h"
#include "broker/registry/session.h"

static char error[] = "unplugged";

static void
test_state_word(void **state)
{
	static const struct {
		enum ipc_session_state session;
		bool paused;
		enum ipc_source_state camera;
		const char *word;
	} cases[] = {
		{ IPC_SESSION_CONNECTING, true, IPC_SOURCE_LIVE,
		    "connecting" },
		{ IPC_SESSION_CONNECTED, true, IPC_SOURCE_LOST, "paused" },
		{ IPC_SESSION_CONNECTED, false, IPC_SOURCE_LIVE, "live" },
		{ IPC_SESSION_SLOW, false, IPC_SOURCE_LIVE, "slow" },
		{ IPC_SESSION_SLOW, false, IPC_SOURCE_CONNECTING,
		    "connecting" },
		{ IPC_SESSION_CONNECTED, false, IPC_SOURCE_LOST, "lost" },
		{ IPC_SESSION_CONNECTED, false, IPC_SOURCE_IDLE, "lost" },
		{ IPC_SESSION_CONNECTED, false, IPC_SOURCE_UNSUPPORTED,
		    "unsupported" },
		{ IPC_SESSION_CONNECTED, true, IPC_SOURCE_UNSUPPORTED,
		    "paused" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct camera camera = { .state = cases[i].camera };
		struct session s = { .camera = &camera,
		    .state = cases[i].session, .paused = cases[i].paused };

		assert_string_equal(session_state_word(&s), cases[i].word);
	}
}

static char told[64];
static int n_told;

static void
on_state(struct session *s, const char *word, const char *reason, void *arg)
{
	(void)s;
	(void)arg;
	snprintf(told, sizeof told, "%s, %s", word, reason);
	n_told++;
}

static void
expect_told(struct session *s, const char *want, int n)
{
	session_tell(s);
	assert_string_equal(told, want);
	assert_int_equal(n_told, n);
}

static void
test_nothing_is_told_twice(void **state)
{
	struct camera camera = { .state = IPC_SOURCE_LIVE, .error = error };
	struct watcher watcher = { .state = on_state };
	struct session s = { .camera = &camera, .watcher = &watcher,
	    .state = IPC_SESSION_CONNECTED };

	(void)state;
	expect_told(&s, "", 0);		/* It has no answer yet. */
	s.answered = true;
	expect_told(&s, "live, ", 1);
	expect_told(&s, "live, ", 1);
	camera.state = IPC_SOURCE_LOST;
	expect_told(&s, "lost, unplugged", 2);
	expect_told(&s, "lost, unplugged", 2);
	error[0] = 'U';			/* The same word, another reason. */
	expect_told(&s, "lost, Unplugged", 3);
	camera.state = IPC_SOURCE_UNSUPPORTED;
	expect_told(&s, "unsupported, Unplugged", 4);
	s.paused = true;
	expect_told(&s, "paused, ", 5);
	s.watcher = NULL;
	s.paused = false;
	expect_told(&s, "paused, ", 5);
	free(s.told);
}

static void
test_a_new_one_has_its_own_texts(void **state)
{
	char id[] = "kitchen", ip[] = "192.0.2.7", format[] = "webrtc/json";
	struct session *s = session_new(id, ip, format);

	(void)state;
	id[0] = ip[0] = format[0] = '\0';
	assert_string_equal(s->viewer_id, "kitchen");
	assert_string_equal(s->client_ip, "192.0.2.7");
	assert_string_equal(s->format, "webrtc/json");
	assert_string_equal(s->remote, "");
	assert_false(s->paused);
	assert_false(s->answered);
	session_free(s, "a test");
}

static void
test_its_address_and_its_pause_change(void **state)
{
	struct session *s = session_new("", "", "webrtc");
	char remote[] = "192.0.2.1:9";

	(void)state;
	session_set_remote(s, remote);
	remote[0] = '\0';
	assert_string_equal(s->remote, "192.0.2.1:9");
	session_set_remote(s, "192.0.2.2:9");
	assert_string_equal(s->remote, "192.0.2.2:9");
	session_set_paused(s, true);
	assert_true(s->paused);
	session_set_paused(s, false);
	assert_false(s->paused);
	session_free(s, "a test");
}

/* Of these, `s[2]` has no watcher. */
static void
open_three(struct session *s[3], struct watcher *w)
{
	*w = (struct watcher){ .state = on_state };
	for (int i = 0; i < 3; i++) {
		s[i] = session_new("", "", "webrtc");
		session_watch(s[i], i < 2 ? w : NULL);
	}
	told[0] = '\0';
	n_told = 0;
}

static void
test_a_watcher_is_told_of_no_more_once_it_has_gone(void **state)
{
	struct session *s[3];
	struct watcher w;

	(void)state;
	open_three(s, &w);
	assert_ptr_equal(s[0]->watcher, &w);
	assert_ptr_equal(s[1]->watcher, &w);
	assert_null(s[2]->watcher);
	assert_ptr_equal(LIST_FIRST(&w.sessions), s[1]);
	assert_ptr_equal(LIST_NEXT(s[1], of_watcher), s[0]);
	assert_null(LIST_NEXT(s[0], of_watcher));
	session_unwatch_all(&w);
	assert_true(LIST_EMPTY(&w.sessions));
	for (int i = 0; i < 3; i++) {
		assert_null(s[i]->watcher);
		s[i]->answered = true;
		session_free(s[i], "a test");
	}
	assert_int_equal(n_told, 0);
}

/* The offer's own callback tells what becomes of one without an answer. */
static void
test_the_end_of_one_that_is_answered_is_told(void **state)
{
	struct camera camera = { .state = IPC_SOURCE_LIVE };
	struct session *s[3];
	struct watcher w;

	(void)state;
	open_three(s, &w);
	session_free(s[0], "it was refused");
	assert_int_equal(n_told, 0);
	assert_null(LIST_NEXT(s[1], of_watcher));
	s[1]->answered = s[2]->answered = true;
	s[1]->camera = &camera;
	s[1]->state = IPC_SESSION_CONNECTED;
	expect_told(s[1], "live, ", 1);
	session_free(s[1], "a test");
	assert_string_equal(told, "closed, a test");
	assert_int_equal(n_told, 2);
	assert_true(LIST_EMPTY(&w.sessions));
	session_free(s[2], "a test");
	assert_int_equal(n_told, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state_word),
		cmocka_unit_test(test_nothing_is_told_twice),
		cmocka_unit_test(test_a_new_one_has_its_own_texts),
		cmocka_unit_test(test_its_address_and_its_pause_change),
		cmocka_unit_test(
		    test_a_watcher_is_told_of_no_more_once_it_has_gone),
		cmocka_unit_test(test_the_end_of_one_that_is_answered_is_told),
	};

	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
