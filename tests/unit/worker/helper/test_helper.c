/* Real processes: shell scripts in place of lull-media, and itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <event2/event.h>

#include "json.h"
#include "log.h"
#include "worker/helper/helper.h"
#include "xalloc.h"

#define GIVE_UP_S	60	/* nothing here takes longer unless it hangs */

/* Messages as a script prints them. */
#define VIDEO_3	"printf '\\0\\0\\0\\3\\2\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\7abc'\n"

struct fixture {
	struct event_base	*base;
	struct event		*give_up;
	struct helper		*helper;
	char			 script[64];
	char			 heard[512];	/* "2:1:7:abc " a message */
	char			 how[64];	/* its end */
	int			 n, want;
	bool			 free_at_message, free_at_end;
};

static void
on_message(const struct media_wire *m, void *arg)
{
	struct fixture *f = arg;
	size_t len = strlen(f->heard);

	snprintf(f->heard + len, sizeof f->heard - len, "%d:%d:%lld:%.*s ",
	    m->kind, m->flags, (long long)m->time_us,
	    m->len < 40 ? (int)m->len : 40, (const char *)m->data);
	if (f->free_at_message) {
		helper_free(f->helper);
		f->helper = NULL;
	}
	if (++f->n == f->want)
		event_base_loopbreak(f->base);
}

static void
on_ended(const char *how, void *arg)
{
	struct fixture *f = arg;

	snprintf(f->how, sizeof f->how, "%s", how);
	if (f->free_at_end) {
		helper_free(f->helper);
		f->helper = NULL;
	}
	event_base_loopbreak(f->base);
}

static const struct helper_handler handler = { on_message, on_ended };

static void
on_give_up(evutil_socket_t fd, short what, void *arg)
{
	struct fixture *f = arg;

	(void)fd;
	(void)what;
	fail_msg("nothing more than: %s", f->heard);
}

static int
setup(void **state)
{
	static struct fixture f;
	struct timeval tv = { GIVE_UP_S, 0 };

	log_open(LOG_LEVEL_OFF, "cam");
	signal(SIGPIPE, SIG_IGN);
	f = (struct fixture){ .base = event_base_new() };
	f.give_up = event_new(f.base, -1, 0, on_give_up, &f);
	event_add(f.give_up, &tv);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	helper_free(f->helper);
	helper_exit();
	if (f->script[0] != '\0')
		unlink(f->script);
	event_free(f->give_up);
	event_base_free(f->base);
	return 0;
}

static void
start(struct fixture *f, const char *program)
{
	struct error err;

	f->helper = helper_start(f->base, program, json_pack("{s:s}", "job",
	    "test"), &handler, f, &err);
	assert_non_null(f->helper);
}

/* A script, whose standard input is the socket: >&0 is to the worker. */
static void
run_script(struct fixture *f, const char *body)
{
	FILE *file;

	snprintf(f->script, sizeof f->script, "/tmp/lull-helper-%d.sh",
	    (int)getpid());
	unlink(f->script);
	file = fopen(f->script, "wx");
	assert_non_null(file);
	fprintf(file, "#!/bin/sh\nexec >&0\n%s", body);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(f->script, 0700), 0);
	start(f, f->script);
}

static void
until_ended(struct fixture *f)
{
	event_base_dispatch(f->base);
	assert_string_not_equal(f->how, "");
}

static void
test_messages_and_then_the_end(void **state)
{
	struct fixture *f = *state;

	run_script(f, VIDEO_3 VIDEO_3 "exit 3\n");
	until_ended(f);
	assert_string_equal(f->heard, "2:1:7:abc 2:1:7:abc ");
	assert_string_equal(f->how, "exit status 3");
	assert_int_equal(helper_tell(f->helper, json_object()), -1);
}

/* The helper ends when it has read so much. */
static void
test_the_job_comes_first(void **state)
{
	static const char want[] =
	    "{\"job\":\"test\",\"log\":\"disabled\",\"stream\":\"cam\"}\n";
	struct fixture *f = *state;
	char body[128], all[128];

	snprintf(body, sizeof body, "printf '\\0\\0\\0\\%o\\1\\0\\0\\0\\0\\0\\0"
	    "\\0\\0\\0\\0\\0'\ndd bs=1 skip=16 count=%zu 2>/dev/null\n",
	    (unsigned)(sizeof want - 1), sizeof want - 1);
	run_script(f, body);
	until_ended(f);
	snprintf(all, sizeof all, "1:0:0:%.40s ", want);
	assert_string_equal(f->heard, all);
	assert_string_equal(f->how, "exit status 0");
}

static void
test_a_message_in_pieces(void **state)
{
	struct fixture *f = *state;

	run_script(f, "printf '\\0\\0\\0\\3\\2'\nprintf '\\0\\0\\0\\0\\0\\0\\0"
	    "\\0\\0\\0\\5a'\nprintf bc\n");
	until_ended(f);
	assert_string_equal(f->heard, "2:0:5:abc ");
}

static void
test_it_is_killed_when_it_is_freed(void **state)
{
	struct fixture *f = *state;

	run_script(f, VIDEO_3 "exec sleep 1000\n");
	f->want = 1;
	event_base_dispatch(f->base);
	assert_string_equal(f->heard, "2:1:7:abc ");
	helper_free(f->helper);
	f->helper = NULL;
	helper_exit();		/* which returns */
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	assert_string_equal(f->how, "");
}

/* On the loop as well, without helper_exit(): no child is left. */
static void
test_a_killed_process_is_buried_on_the_loop(void **state)
{
	struct fixture *f = *state;
	siginfo_t info;

	run_script(f, "exec sleep 1000\n");
	helper_free(f->helper);
	f->helper = NULL;
	assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT), 0);
	event_base_loop(f->base, EVLOOP_ONCE);
	assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT | WNOHANG),
	    -1);
	assert_int_equal(errno, ECHILD);
}

static void
test_it_may_be_freed_while_it_speaks(void **state)
{
	struct fixture *f = *state;

	f->free_at_message = true;
	f->want = 1;
	run_script(f, VIDEO_3 VIDEO_3 "exec sleep 1000\n");
	event_base_dispatch(f->base);
	assert_string_equal(f->heard, "2:1:7:abc ");
}

static void
test_it_may_be_freed_at_its_end(void **state)
{
	struct fixture *f = *state;

	f->free_at_end = true;
	run_script(f, "kill -9 $$\n");
	until_ended(f);
	assert_string_equal(f->how, "killed by signal 9 (Killed)");
}

static void
test_nonsense_ends_it(void **state)
{
	struct fixture *f = *state;

	run_script(f, "echo 'GET / HTTP/1.1 and more'\nexec sleep 1000\n");
	until_ended(f);
	assert_string_equal(f->heard, "");
	assert_string_equal(f->how, "killed by signal 9 (Killed)");
}

/* One that closes its end, and lives on. */
static void
test_a_helper_that_hangs_up_ends(void **state)
{
	struct fixture *f = *state;

	run_script(f, "exec sleep 1000 <&- >&-\n");
	until_ended(f);
	assert_string_equal(f->how, "killed by signal 9 (Killed)");
}

/* It takes nothing: what waits for it is bounded. */
static void
test_a_helper_that_does_not_keep_up(void **state)
{
	static uint8_t body[1024 * 1024];
	struct media_wire m = { .kind = MEDIA_WIRE_VIDEO, .data = body,
		.len = sizeof body };
	struct fixture *f = *state;
	int n = 0;

	run_script(f, VIDEO_3 "exec sleep 1000\n");
	f->want = 1;
	event_base_dispatch(f->base);
	while (helper_send(f->helper, &m) == 0)
		n++;
	assert_in_range(n, 2, 4);
}

static void
test_a_program_that_is_not_there(void **state)
{
	struct fixture *f = *state;
	struct error err;

	assert_null(helper_start(f->base, "/nowhere/lull-media",
	    json_object(), &handler, f, &err));
	assert_string_equal(err.text,
	    "cannot run /nowhere/lull-media: No such file or directory");
}

static void
test_lull_media_itself(void **state)
{
	struct fixture *f = *state;
	struct error err;

	f->want = 3;
	f->helper = helper_start(f->base, "./lull-media", json_pack(
	    "{s:s,s:s}", "job", "read", "url", "demo:?size=64x64"), &handler,
	    f, &err);
	event_base_dispatch(f->base);
	assert_int_equal(f->n, 3);
	assert_memory_equal(f->heard, "1:0:0:{\"event\":\"begin\"", 22);
	assert_non_null(strstr(f->heard, " 2:1:"));
}

/* As a helper does that its sandbox catches. */
static void
test_a_bad_system_call_is_told(void **state)
{
	struct fixture *f = *state;

	run_script(f, "kill -SYS $$\n");
	until_ended(f);
	assert_string_equal(f->how, "killed by signal 31 (Bad system call)");
}

/* Another worker's helper codes video already. */
static void
test_the_limit_of_videos_is_that_of_all_workers(void **state)
{
	struct fixture *f = *state;
	struct error err;
	char folder[] = "/tmp/lull-helper-XXXXXX";
	char *slot;
	int fd;

	assert_non_null(mkdtemp(folder));
	slot = xasprintf("%s/video-0.slot", folder);
	fd = open(slot, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	helper_limit(folder, 1);
	f->helper = helper_start(f->base, "./lull-media", json_pack(
	    "{s:s,s:s}", "job", "video", "coder", "mjpeg"), &handler, f,
	    &err);
	until_ended(f);
	assert_int_equal(f->n, 1);
	assert_memory_equal(f->heard,
	    "1:0:0:{\"error\":\"1 video is being", 32);
	close(fd);
	unlink(slot);
	rmdir(folder);
	free(slot);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_messages_and_then_the_end),
		TEST(test_the_job_comes_first),
		TEST(test_a_message_in_pieces),
		TEST(test_it_is_killed_when_it_is_freed),
		TEST(test_a_killed_process_is_buried_on_the_loop),
		TEST(test_it_may_be_freed_while_it_speaks),
		TEST(test_it_may_be_freed_at_its_end),
		TEST(test_nonsense_ends_it),
		TEST(test_a_helper_that_hangs_up_ends),
		TEST(test_a_helper_that_does_not_keep_up),
		TEST(test_a_program_that_is_not_there),
		TEST(test_lull_media_itself),
		TEST(test_a_bad_system_call_is_told),
		TEST(test_the_limit_of_videos_is_that_of_all_workers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
