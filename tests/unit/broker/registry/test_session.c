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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state_word),
		cmocka_unit_test(test_nothing_is_told_twice),
	};

	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
