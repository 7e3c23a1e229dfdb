#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "rundir.h"
#include "xalloc.h"

#define NOBODY	65534	/* the user that root becomes for a while */

static void
assert_default(const char *xdg, const char *expected)
{
	char *got;

	if (xdg != NULL)
		setenv("XDG_RUNTIME_DIR", xdg, 1);
	else
		unsetenv("XDG_RUNTIME_DIR");
	got = rundir_default();
	assert_string_equal(got, expected);
	free(got);
}

static void
test_default_of_root(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_default("/run/user/1000", "/run/lull");
}

static void
test_default_of_a_user(void **state)
{
	uid_t user = geteuid();
	char *tmp;

	(void)state;
	if (user == 0)
		assert_int_equal(seteuid(NOBODY), 0);
	tmp = xasprintf("/tmp/lull-%u", (unsigned)geteuid());
	assert_default("/run/user/1000", "/run/user/1000/lull");
	assert_default(NULL, tmp);
	assert_default("", tmp);
	assert_default("relative", tmp);
	free(tmp);
	assert_int_equal(seteuid(user), 0);
}

static void
test_control_socket(void **state)
{
	char *got = rundir_control_socket("/run/lull");

	(void)state;
	assert_string_equal(got, "/run/lull/lulld.sock");
	free(got);
}

static void
assert_worker(const char *stream, const char *expected)
{
	char *got = rundir_worker_socket("/r", stream);

	assert_string_equal(got, expected);
	free(got);
}

static void
test_worker_socket(void **state)
{
	(void)state;
	assert_worker("cam", "/r/workers/cam.ipc");
	assert_worker("Cam_1-a.b", "/r/workers/Cam_1-a.b.ipc");
	assert_worker("front door", "/r/workers/front%20door.ipc");
	assert_worker("../../etc/x", "/r/workers/%2E.%2F..%2Fetc%2Fx.ipc");
	assert_worker(".", "/r/workers/%2E.ipc");
	assert_worker("a%20", "/r/workers/a%2520.ipc");
	assert_worker("~1", "/r/workers/%7E1.ipc");
	assert_worker("h\xc3\xb6" "f", "/r/workers/h%C3%B6f.ipc");
}

static void
test_long_names_are_hashed(void **state)
{
	size_t max = sizeof ((struct sockaddr_un *)NULL)->sun_path - 1;
	size_t fits = max - strlen("/r/workers/.ipc");
	char name[256] = "", *a, *b, *again;

	(void)state;
	memset(name, 'x', fits);
	a = rundir_worker_socket("/r", name);
	assert_int_equal(strlen(a), max);
	assert_int_equal(a[strlen("/r/workers/")], 'x');
	free(a);

	memset(name, 'x', fits + 1);
	a = rundir_worker_socket("/r", name);
	again = rundir_worker_socket("/r", name);
	name[fits] = 'y';
	b = rundir_worker_socket("/r", name);
	assert_true(strlen(a) <= max);
	assert_int_equal(a[strlen("/r/workers/")], '~');
	assert_string_equal(a, again);
	assert_string_not_equal(a, b);
	free(a);
	free(b);
	free(again);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default_of_root),
		cmocka_unit_test(test_default_of_a_user),
		cmocka_unit_test(test_control_socket),
		cmocka_unit_test(test_worker_socket),
		cmocka_unit_test(test_long_names_are_hashed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
