/*
 * From inside: a child enters the sandbox and does what it may not. It ends by
 * signal 31, or tells by its exit status which error it got.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <unistd.h>

#include "log.h"
#include "media/sandbox.h"
#include "process.h"
#include "xalloc.h"

#define KILLED	(-1)	/* by SIGSYS */

static char own_file[64];	/* what SANDBOX_FILE may read */

/* What is tried: they return 0 or the errno. */

static int
result(long ret)
{
	return ret == -1 ? errno : 0;
}

static int
open_passwd(void)
{
	return result(open("/etc/passwd", O_RDONLY));
}

static int
open_own(void)
{
	char text[8] = "";
	int fd = open(own_file, O_RDONLY);

	if (fd == -1)
		return errno;
	return read(fd, text, 3) == 3 && strcmp(text, "own") == 0 ? 0 :
	    EBADMSG;
}

static int
write_own(void)
{
	return result(open(own_file, O_WRONLY));
}

static int
make_file(void)
{
	return result(open("/tmp/lull-sandbox-made", O_WRONLY | O_CREAT,
	    0600));
}

static int
remove_own(void)
{
	return result(unlink(own_file));
}

static int
make_tcp_socket(void)
{
	return result(socket(AF_INET, SOCK_STREAM, 0));
}

static int
make_unix_socket(void)
{
	return result(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int
listen_tcp(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&a, sizeof a) == -1)
		return errno;
	return result(listen(fd, 1));
}

static int
run_program(void)
{
	return result(execl("/bin/true", "true", (char *)NULL));
}

static int
make_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return result(pid);
}

static void *
do_nothing(void *arg)
{
	return arg;
}

static int
make_thread(void)
{
	pthread_t t;

	return pthread_create(&t, NULL, do_nothing, NULL);
}

static int
signal_parent(void)
{
	return result(kill(getppid(), 0));
}

static int
signal_parents_thread(void)
{
	return result(syscall(SYS_tgkill, getppid(), getppid(), 0));
}

static int
trace(void)
{
	return result(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int
map_executable(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

static int
make_executable(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? EBADMSG :
	    result(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int
change_dumpable(void)
{
	return result(prctl(PR_SET_DUMPABLE, 1));
}

static int
raise_limit(void)
{
	struct rlimit limit = { 1, 1 };

	return result(setrlimit(RLIMIT_CORE, &limit));
}

static int
take_memory(void)
{
	void *p = mmap(NULL, (size_t)8 << 30, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

/* In a sandbox, how did it end? */
static int
outcome(enum sandbox_kind kind, int (*try)(void))
{
	char how[64];
	int status;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		prctl(PR_SET_DUMPABLE, 0);
		sandbox_enter(kind, kind == SANDBOX_FILE ? own_file : NULL);
		_exit(try());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status)) {	/* in the worker's words */
		process_describe_end(status, how, sizeof how);
		assert_string_equal(how,
		    "killed by signal 31 (Bad system call)");
		return KILLED;
	}
	return WEXITSTATUS(status);
}

static void
assert_outcome(enum sandbox_kind kind, const char *what, int (*try)(void),
    int wanted)
{
	int got = outcome(kind, try);

	if (got != wanted)
		fail_msg("kind %d, %s: %d (%s), not %d", kind, what, got,
		    got > 0 ? strerror(got) : "", wanted);
}
#define ASSERT(kind, try, wanted)	\
	assert_outcome(kind, #try, try, wanted)

static void
test_no_kind_runs_a_program_or_touches_a_process(void **state)
{
	(void)state;
	for (int kind = SANDBOX_CODEC; kind <= SANDBOX_NETWORK; kind++) {
		ASSERT(kind, run_program, KILLED);
		ASSERT(kind, make_process, KILLED);
		ASSERT(kind, signal_parent, KILLED);
		ASSERT(kind, signal_parents_thread, KILLED);
		ASSERT(kind, trace, KILLED);
	}
}

static void
test_a_codec_opens_nothing(void **state)
{
	(void)state;
	ASSERT(SANDBOX_CODEC, open_passwd, KILLED);
	ASSERT(SANDBOX_CODEC, open_own, KILLED);
	ASSERT(SANDBOX_CODEC, make_file, KILLED);
	ASSERT(SANDBOX_CODEC, remove_own, ENOSYS);
	ASSERT(SANDBOX_CODEC, make_tcp_socket, KILLED);
	ASSERT(SANDBOX_CODEC, make_unix_socket, KILLED);
}

static void
test_memory_is_not_executable_and_has_an_end(void **state)
{
	static const enum sandbox_kind kinds[] = {
		SANDBOX_CODEC, SANDBOX_FILE, SANDBOX_NETWORK
	};

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		ASSERT(kinds[i], map_executable, ENOSYS);
		ASSERT(kinds[i], make_executable, ENOSYS);
		ASSERT(kinds[i], take_memory, ENOMEM);
		ASSERT(kinds[i], raise_limit, ENOSYS);
		ASSERT(kinds[i], change_dumpable, ENOSYS);
		assert_int_not_equal(outcome(kinds[i], make_thread), 0);
	}
}

/* What a kernel without Landlock lets pass. */
static int
by_landlock(int error)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0 ? error :
	    0;
}

static void
test_a_file_is_read_and_no_other(void **state)
{
	(void)state;
	ASSERT(SANDBOX_FILE, open_own, 0);
	ASSERT(SANDBOX_FILE, open_passwd, by_landlock(EACCES));
	ASSERT(SANDBOX_FILE, write_own, ENOSYS);
	ASSERT(SANDBOX_FILE, make_file, ENOSYS);
	ASSERT(SANDBOX_FILE, remove_own, ENOSYS);
	ASSERT(SANDBOX_FILE, make_tcp_socket, KILLED);
}

static void
test_the_network_is_connections_alone(void **state)
{
	(void)state;
	ASSERT(SANDBOX_NETWORK, make_tcp_socket, 0);
	ASSERT(SANDBOX_NETWORK, make_unix_socket, EACCES);
	assert_int_not_equal(outcome(SANDBOX_NETWORK, listen_tcp), 0);
	ASSERT(SANDBOX_NETWORK, open_passwd, by_landlock(EACCES));
	ASSERT(SANDBOX_NETWORK, open_own, by_landlock(EACCES));
	ASSERT(SANDBOX_NETWORK, make_file, ENOSYS);
}

static void
test_hardware_has_files_and_threads_but_no_network(void **state)
{
	(void)state;
	ASSERT(SANDBOX_HARDWARE, open_own, 0);
	ASSERT(SANDBOX_HARDWARE, make_thread, 0);
	ASSERT(SANDBOX_HARDWARE, map_executable, 0);
	ASSERT(SANDBOX_HARDWARE, make_tcp_socket, KILLED);
}

/* Without it, nothing above means anything. */
static void
test_without_a_sandbox_all_of_it_works(void **state)
{
	(void)state;
	assert_int_equal(open_passwd(), 0);
	assert_int_equal(make_tcp_socket(), 0);
	assert_int_equal(signal_parent(), 0);
	assert_int_equal(map_executable(), 0);
	assert_int_equal(make_executable(), 0);
	assert_int_equal(write_own(), 0);
}

static int
setup_file(void **state)
{
	int fd;

	(void)state;
	log_open(LOG_LEVEL_OFF, NULL);
	strcpy(own_file, "/tmp/lull-sandbox-XXXXXX");
	fd = mkstemp(own_file);
	if (fd == -1 || write(fd, "own", 3) != 3)
		return -1;
	return close(fd);
}

static int
remove_file(void **state)
{
	(void)state;
	return unlink(own_file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_a_sandbox_all_of_it_works),
#ifndef __SANITIZE_ADDRESS__
		cmocka_unit_test(
		    test_no_kind_runs_a_program_or_touches_a_process),
		cmocka_unit_test(test_a_codec_opens_nothing),
		cmocka_unit_test(test_memory_is_not_executable_and_has_an_end),
		cmocka_unit_test(test_a_file_is_read_and_no_other),
		cmocka_unit_test(test_the_network_is_connections_alone),
		cmocka_unit_test(
		    test_hardware_has_files_and_threads_but_no_network),
#endif
	};

	return cmocka_run_group_tests(tests, setup_file, remove_file);
}
