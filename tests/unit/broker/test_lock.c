/* One lulld at a time has a run directory, which is its user's alone. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "broker/lock.h"
#include "tests/unit/log_lines.h"
#include "xalloc.h"

static char top[32];
static char *rundir, *workers, *lock;

static int
set_up(void **state)
{
	(void)state;
	strcpy(top, "/tmp/lull-lock-XXXXXX");
	assert_non_null(mkdtemp(top));
	rundir = xasprintf("%s/run", top);
	workers = xasprintf("%s/workers", rundir);
	lock = xasprintf("%s/lulld.lock", rundir);
	return 0;
}

/* Each is a file, a folder, or not there. */
static int
tear_down(void **state)
{
	char *made[] = { lock, workers, rundir };

	(void)state;
	for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
		remove(made[i]);
		free(made[i]);
	}
	return rmdir(top);
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

/* The lock is not to be had: the log names `where`, says why and what to do. */
static void
expect_refusal(const char *where, const char *why)
{
	const char *said;

	log_lines_begin(LOG_LEVEL_INFO);
	assert_int_equal(lock_take(rundir), -1);
	said = log_lines_end();
	if (strstr(said, where) == NULL || strstr(said, why) == NULL)
		fail_msg("%s", said);
	assert_memory_equal(said, "ERR [main] cannot ", 18);
}

static void
test_missing_folders_are_made_for_the_user_alone(void **state)
{
	mode_t before = umask(0);
	int fd = lock_take(rundir);

	(void)state;
	umask(before);
	assert_int_not_equal(fd, -1);
	assert_int_equal(mode_of(rundir), 0700);
	assert_int_equal(mode_of(workers), 0700);
	assert_int_equal(mode_of(lock), 0600);
	close(fd);
}

/* A longer number may have been there before. */
static void
test_the_file_names_the_process(void **state)
{
	char *want = xasprintf("%d\n", (int)getpid()), text[32] = "";
	int fd;

	(void)state;
	assert_int_equal(mkdir(rundir, 0700), 0);
	fd = open(lock, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "123456789012\n", 13), 13);
	close(fd);
	log_lines_begin(LOG_LEVEL_INFO);
	fd = lock_take(rundir);
	assert_string_equal(log_lines_end(), "");
	assert_true(pread(fd, text, sizeof text - 1, 0) > 0);
	assert_string_equal(text, want);
	close(fd);
	free(want);
}

static void
test_only_one_has_it_at_a_time(void **state)
{
	int first = lock_take(rundir);
	char *want = xasprintf("ERR [main] another lulld (process %d) uses "
	    "%s: stop it, or choose another folder with --rundir\n",
	    (int)getpid(), rundir);

	(void)state;
	log_lines_begin(LOG_LEVEL_INFO);
	assert_int_equal(lock_take(rundir), -1);
	assert_string_equal(log_lines_end(), want);
	close(first);
	first = lock_take(rundir);
	assert_int_not_equal(first, -1);
	close(first);
	free(want);
}

/* It has the lock and is about to write its number. */
static void
test_the_other_one_has_no_number_yet(void **state)
{
	int first = lock_take(rundir);

	(void)state;
	assert_int_equal(ftruncate(first, 0), 0);
	log_lines_begin(LOG_LEVEL_INFO);
	assert_int_equal(lock_take(rundir), -1);
	assert_non_null(strstr(log_lines_end(), "(process 0)"));
	close(first);
}

static void
test_the_file_is_longer_than_a_number(void **state)
{
	int first = lock_take(rundir);

	(void)state;
	assert_int_equal(dprintf(first, "%60s\n", "spaces"), 61);
	log_lines_begin(LOG_LEVEL_INFO);
	assert_int_equal(lock_take(rundir), -1);
	assert_non_null(strstr(log_lines_end(), "another lulld (process "));
	close(first);
}

static void
test_a_refusal_leaves_no_descriptor_open(void **state)
{
	int first = lock_take(rundir), before, after;

	(void)state;
	before = dup(first);
	close(before);
	assert_int_equal(lock_take(rundir), -1);
	after = dup(first);
	close(after);
	assert_int_equal(after, before);
	close(first);
}

static void
test_a_folder_that_others_may_write_to_is_refused(void **state)
{
	static const mode_t modes[] = { 0720, 0702, 0777 };

	(void)state;
	assert_int_equal(mkdir(rundir, 0700), 0);
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
		assert_int_equal(chmod(rundir, modes[i]), 0);
		expect_refusal(rundir, "others may write there (chmod go-w); "
		    "or choose another folder with --rundir");
	}
	assert_int_equal(chmod(rundir, 0755), 0);
	assert_int_equal(mkdir(workers, 0700), 0);
	assert_int_equal(chmod(workers, 0770), 0);
	expect_refusal(workers, "others may write there");
}

static void
test_others_may_read_the_folder(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(mkdir(rundir, 0700), 0);
	assert_int_equal(chmod(rundir, 0755), 0);
	fd = lock_take(rundir);
	assert_int_not_equal(fd, -1);
	close(fd);
}

/* A link may lead to a folder that others can exchange. */
static void
test_what_is_no_folder_is_refused(void **state)
{
	(void)state;
	close(open(rundir, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	expect_refusal(rundir, "it is no folder");
	remove(rundir);
	assert_int_equal(symlink(top, rundir), 0);
	expect_refusal(rundir, "it is no folder");
}

static void
test_a_folder_of_another_user_is_refused(void **state)
{
	(void)state;
	assert_int_equal(mkdir(rundir, 0700), 0);
	if (geteuid() != 0 || chown(rundir, 65534, 65534) == -1)
		skip();
	expect_refusal(rundir, "it belongs to another user");
}

static void
test_a_folder_that_cannot_be_made(void **state)
{
	char *made = rundir;

	(void)state;
	rundir = xasprintf("%s/missing/run", top);
	expect_refusal(rundir, "run: No such file or directory; or choose "
	    "another folder with --rundir");
	free(rundir);
	rundir = made;
}

/* The reason is that it cannot be made, and not that it is not there. */
static void
test_a_folder_that_may_not_be_made(void **state)
{
	(void)state;
	assert_int_equal(chmod(top, 0555), 0);
	if (geteuid() == 0 && seteuid(65534) == -1)
		skip();
	expect_refusal(rundir, "run: Permission denied");
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(top, 0700), 0);
}

static void
test_a_lock_that_cannot_be_opened(void **state)
{
	(void)state;
	assert_int_equal(mkdir(rundir, 0700), 0);
	assert_int_equal(mkdir(lock, 0700), 0);
	expect_refusal(lock, "Is a directory");
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_missing_folders_are_made_for_the_user_alone),
		TEST(test_the_file_names_the_process),
		TEST(test_only_one_has_it_at_a_time),
		TEST(test_the_other_one_has_no_number_yet),
		TEST(test_the_file_is_longer_than_a_number),
		TEST(test_a_refusal_leaves_no_descriptor_open),
		TEST(test_a_folder_that_others_may_write_to_is_refused),
		TEST(test_others_may_read_the_folder),
		TEST(test_what_is_no_folder_is_refused),
		TEST(test_a_folder_of_another_user_is_refused),
		TEST(test_a_folder_that_cannot_be_made),
		TEST(test_a_folder_that_may_not_be_made),
		TEST(test_a_lock_that_cannot_be_opened),
	};

	log_open(LOG_LEVEL_OFF, NULL);
	return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
