#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "xalloc.h"

static void
test_cleared(void **state)
{
	static const char zeros[600];
	char *p = xcalloc(3, 200);

	(void)state;
	assert_memory_equal(p, zeros, sizeof zeros);
	free(p);
}

static void
test_grown_with_its_content(void **state)
{
	char *p = xstrdup("text");

	(void)state;
	p = xrealloc(p, 1 << 20);
	assert_string_equal(p, "text");
	p[(1 << 20) - 1] = 'x';
	free(p);
}

static void
test_copies(void **state)
{
	static const char bytes[] = { 'a', '\0', 'b' };
	char *p = xmemdup(bytes, sizeof bytes);

	(void)state;
	assert_memory_equal(p, bytes, sizeof bytes);
	free(p);
	p = xmemdup(bytes, 0);
	assert_non_null(p);
	free(p);
	p = xstrdup("");
	assert_string_equal(p, "");
	free(p);
}

static void
test_printed(void **state)
{
	char *p = xasprintf("%d of %s", 7, "nine");

	(void)state;
	assert_string_equal(p, "7 of nine");
	free(p);
	p = xasprintf("%2000s", "");
	assert_int_equal(strlen(p), 2000);
	free(p);
}

static void
ask_printf(void)
{
	free(xasprintf("%ls", L"\u20ac"));	/* no letter of this locale */
}

#ifndef __SANITIZE_ADDRESS__
/* Returns a size that no process can have. Compilers refuse a constant. */
static size_t
too_much(void)
{
	return SIZE_MAX / (size_t)(2 + (getpid() == 0));
}

static void
ask_calloc(void)
{
	free(xcalloc(too_much(), 1));
}

static void
ask_realloc(void)
{
	free(xrealloc(NULL, too_much()));
}
#endif

/* A child that calls `ask` says why before it aborts. */
static void
expect_the_end(void (*ask)(void))
{
	static const char last[] = "lull: out of memory\n";
	static const struct rlimit none = { 0, 0 };
	char text[4096];
	size_t len = 0;
	ssize_t n;
	int fds[2], status;
	pid_t child;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	if (child == 0) {
		setrlimit(RLIMIT_CORE, &none);
		signal(SIGABRT, SIG_DFL);
		dup2(fds[1], STDERR_FILENO);
		ask();
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], text + len, sizeof text - len)) > 0)
		len += (size_t)n;
	close(fds[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_int_equal(len, strlen(last));
	assert_memory_equal(text, last, len);
}

static void
test_the_process_ends_without_memory(void **state)
{
	(void)state;
	expect_the_end(ask_printf);
#ifndef __SANITIZE_ADDRESS__	/* it ends the process itself */
	expect_the_end(ask_calloc);
	expect_the_end(ask_realloc);
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cleared),
		cmocka_unit_test(test_grown_with_its_content),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_printed),
		cmocka_unit_test(test_the_process_ends_without_memory),
	};

	return cmocka_run_group_tests_name("xalloc", tests, NULL, NULL);
}
