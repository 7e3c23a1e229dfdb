/* getrandom() is this file's: it gives few bytes at a time, or fails. Libraries
 * may call it, too, before the tests begin. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "id.h"

#define MOST	3	/* bytes in a call */

static uint8_t next;	/* what the kernel would give */
static int calls, interruptions, error;
static unsigned asked;	/* flags of all calls */

ssize_t
getrandom(void *buf, size_t len, unsigned flags)
{
	uint8_t *p = buf;
	size_t n = len < MOST ? len : MOST;

	asked |= flags;
	calls++;
	if (interruptions > 0) {
		interruptions--;
		errno = EINTR;
		return -1;
	}
	if (error != 0) {
		errno = error;
		return -1;
	}
	for (size_t i = 0; i < n; i++)
		p[i] = next++;
	return (ssize_t)n;
}

static int
set_up(void **state)
{
	(void)state;
	next = 1;
	calls = interruptions = error = 0;
	asked = 0;
	return 0;
}

static void
test_all_bytes_are_filled(void **state)
{
	uint8_t buf[10] = { 0 };

	(void)state;
	id_random(buf, 8);
	assert_memory_equal(buf, "\1\2\3\4\5\6\7\10\0\0", sizeof buf);
	assert_int_equal(calls, 3);
	assert_int_equal(asked, 0);
	id_random(buf + 8, 1);
	assert_int_equal(buf[8], 9);
	assert_int_equal(buf[9], 0);
}

static void
test_no_bytes_need_no_call(void **state)
{
	uint8_t byte = 0x55;

	(void)state;
	id_random(&byte, 0);
	assert_int_equal(calls, 0);
	assert_int_equal(byte, 0x55);
}

static void
test_a_signal_does_not_cut_it_short(void **state)
{
	uint8_t buf[4] = { 0 };

	(void)state;
	interruptions = 2;
	id_random(buf, sizeof buf);
	assert_memory_equal(buf, "\1\2\3\4", sizeof buf);
}

/* A number that can be guessed is worse than an end. */
static void
test_the_process_ends_without_randomness(void **state)
{
	static const struct rlimit none = { 0, 0 };
	pid_t child = fork();
	int status;
	uint8_t byte;

	(void)state;
	if (child == 0) {
		setrlimit(RLIMIT_CORE, &none);
		signal(SIGABRT, SIG_DFL);
		close(STDERR_FILENO);
		error = ENOSYS;
		id_random(&byte, 1);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void
test_a_number_has_four_bytes(void **state)
{
	uint32_t v = id_random32(), want;

	(void)state;
	memcpy(&want, "\1\2\3\4", sizeof want);
	assert_int_equal(v, want);
	assert_int_equal(next, 5);
}

static void
test_a_session_id_is_hexadecimal(void **state)
{
	char id[ID_HEX_LEN + 1];

	(void)state;
	next = 0xf8;
	id_session(id);
	assert_string_equal(id, "f8f9fafbfcfdfeff0001020304050607");
	assert_true(id_session_valid(id));
}

static void
test_what_is_no_session_id(void **state)
{
	(void)state;
	assert_false(id_session_valid(""));
	assert_false(id_session_valid("0123456789abcdef0123456789abcde"));
	assert_false(id_session_valid("0123456789abcdef0123456789abcdeff"));
	assert_false(id_session_valid("0123456789ABCDEF0123456789abcdef"));
	assert_false(id_session_valid("0123456789abcdef0123456789abcde/"));
}

#define TEST(f)	cmocka_unit_test_setup(f, set_up)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_bytes_are_filled),
		TEST(test_no_bytes_need_no_call),
		TEST(test_a_signal_does_not_cut_it_short),
		TEST(test_the_process_ends_without_randomness),
		TEST(test_a_number_has_four_bytes),
		TEST(test_a_session_id_is_hexadecimal),
		TEST(test_what_is_no_session_id),
	};

	return cmocka_run_group_tests_name("id", tests, NULL, NULL);
}
