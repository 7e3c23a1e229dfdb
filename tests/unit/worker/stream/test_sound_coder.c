/* A script in place of lull-media, which says what it hears, and itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <event2/event.h>

#include "clock.h"
#include "log.h"
#include "tests/unit/log_lines.h"
#include "worker/helper/helper.h"
#include "worker/media/sound.h"
#include "worker/stream/sound_coder.h"
#include "xalloc.h"

#define GIVE_UP_S	60	/* nothing here takes longer unless it hangs */

/* In place of common/clock.c: it stands still but when a test turns it. */
static int64_t now_us = 1000000000;

int64_t
clock_now_us(void)
{
	return now_us;
}

struct timeval
clock_timeval(int64_t us)
{
	return (struct timeval){ us / 1000000, us % 1000000 };
}

struct fixture {
	struct event_base	*base;
	struct event		*give_up;
	struct sound_coder	*coder;
	char			 script[64], starts[64];
	int			 n;
	struct media_unit	*last;
};

static const struct sound_format aac = { .coder = "aac", .rate = 16000,
    .channels = 1, .config = { 0x14, 0x08 }, .config_len = 2 };
static const struct sound_format l16 = { .coder = "pcm_s16be", .rate = 44100,
    .channels = 2 };

static void
on_frame(struct media_unit *u, void *arg)
{
	struct fixture *f = arg;

	media_unit_free(f->last);
	f->last = u;
	f->n++;
	event_base_loopbreak(f->base);
}

static void
on_give_up(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	fail_msg("no more than %d", ((struct fixture *)arg)->n);
}

/* Each start adds a letter to a file. Frames are echoed: the script is deaf to
 * what they are. */
static void
write_script(struct fixture *f, const char *body)
{
	FILE *file = fopen(f->script, "w");

	assert_non_null(file);
	fprintf(file, "#!/bin/sh\nprintf x >>%s\n%s\n", f->starts, body);
	fclose(file);
	assert_int_equal(chmod(f->script, 0700), 0);
}

/* Says one frame of three bytes at 7 us. */
#define SAYS	"printf '\\0\\0\\0\\3\\3\\0\\0\\0\\0\\0\\0\\0\\0\\0" \
		"\\0\\7abc' >&0\nexec sleep 1000"

static int
setup(void **state)
{
	static struct fixture f;
	struct timeval tv = { GIVE_UP_S, 0 };

	log_open(LOG_LEVEL_OFF, NULL);
	signal(SIGPIPE, SIG_IGN);
	f = (struct fixture){ .base = event_base_new() };
	f.give_up = event_new(f.base, -1, 0, on_give_up, &f);
	event_add(f.give_up, &tv);
	snprintf(f.script, sizeof f.script, "/tmp/lull-coder-%d.sh",
	    (int)getpid());
	snprintf(f.starts, sizeof f.starts, "/tmp/lull-coder-%d.starts",
	    (int)getpid());
	fclose(fopen(f.starts, "w"));
	write_script(&f, SAYS);
	f.coder = sound_coder_new(f.base, f.script, MEDIA_OPUS, on_frame, &f);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	sound_coder_free(f->coder);
	helper_exit();
	media_unit_free(f->last);
	unlink(f->script);
	unlink(f->starts);
	event_free(f->give_up);
	event_base_free(f->base);
	return 0;
}

static void
take(struct fixture *f, const struct sound_format *from, bool heard)
{
	struct media_unit *u = media_unit_new(MEDIA_AUDIO, MEDIA_FOREIGN,
	    "frame", 5);

	sound_coder_take(f->coder, from, u, heard);
	media_unit_free(u);
}

static void
until(struct fixture *f, int n)
{
	while (f->n < n)
		event_base_loop(f->base, EVLOOP_ONCE);
}

static int
starts(const struct fixture *f)
{
	struct stat st;

	assert_int_equal(stat(f->starts, &st), 0);
	return (int)st.st_size;
}

static void
test_frames_come_back_in_the_other_codec(void **state)
{
	struct fixture *f = *state;

	take(f, &aac, true);
	until(f, 1);
	assert_int_equal(f->last->kind, MEDIA_AUDIO);
	assert_int_equal(f->last->codec, MEDIA_OPUS);
	assert_int_equal(f->last->time_us, 7);
	assert_int_equal(f->last->len, 3);
	assert_memory_equal(f->last->data, "abc", 3);
	take(f, &aac, true);
	assert_int_equal(starts(f), 1);
}

static void
test_nothing_runs_while_nobody_hears(void **state)
{
	struct fixture *f = *state;

	take(f, &aac, false);
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	assert_int_equal(starts(f), 0);
}

/* Whoever pauses and resumes soon finds it running. */
static void
test_it_lingers_and_ends(void **state)
{
	struct fixture *f = *state;

	take(f, &aac, true);
	until(f, 1);
	now_us += SOUND_CODER_LINGER_MS * 1000LL - 1;
	take(f, &aac, false);
	take(f, &aac, true);
	assert_int_equal(starts(f), 1);
	now_us += SOUND_CODER_LINGER_MS * 1000LL;
	take(f, &aac, false);
	take(f, &aac, true);
	until(f, 2);
	assert_int_equal(starts(f), 2);
}

static void
test_another_format_is_another_job(void **state)
{
	struct fixture *f = *state;

	take(f, &aac, true);
	until(f, 1);
	take(f, &l16, true);
	until(f, 2);
	assert_int_equal(starts(f), 2);
}

static bool
is_logged(void)
{
	struct stat st;

	return fstat(STDERR_FILENO, &st) == 0 && st.st_size > 0;
}

static const char *
log_of_failure(struct fixture *f)
{
	log_lines_begin(LOG_LEVEL_WARN);
	take(f, &aac, true);
	do
		event_base_loop(f->base, EVLOOP_ONCE);
	while (!is_logged());
	return log_lines_end();
}

static void
test_one_that_dies_is_tried_again_later(void **state)
{
	struct fixture *f = *state;

	write_script(f, "exit 3");
	assert_string_equal(log_of_failure(f), "WRN [sound] no opus is made "
	    "of aac: exit status 3\n");
	write_script(f, SAYS);
	now_us += SOUND_CODER_RETRY_MS * 1000LL - 1;
	take(f, &aac, true);
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	assert_int_equal(starts(f), 1);
	now_us++;
	take(f, &aac, true);
	until(f, 1);
	assert_int_equal(starts(f), 2);
}

/* The camera has been set to something else: that may do. */
static void
test_another_format_is_tried_at_once(void **state)
{
	struct fixture *f = *state;

	write_script(f, "exit 3");
	log_of_failure(f);
	write_script(f, SAYS);
	take(f, &l16, true);
	until(f, 1);
	assert_int_equal(starts(f), 2);
}

/* Of its reason and its end, the reason is told. */
static void
test_its_reason_is_told(void **state)
{
	struct fixture *f = *state;

	write_script(f, "printf '\\0\\0\\0\\034\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0"
	    "\\0\\0{\"event\":\"end\",\"error\":\"no\"}' >&0\nexit 3");
	assert_string_equal(log_of_failure(f), "WRN [sound] no opus is made "
	    "of aac: no\n");
}

static void
test_a_program_that_is_not_there(void **state)
{
	struct fixture *f = *state;

	unlink(f->script);
	log_lines_begin(LOG_LEVEL_WARN);
	take(f, &aac, true);
	take(f, &aac, true);
	assert_non_null(strstr(log_lines_end(), "cannot run"));
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_frames_come_back_in_the_other_codec),
		TEST(test_nothing_runs_while_nobody_hears),
		TEST(test_it_lingers_and_ends),
		TEST(test_another_format_is_another_job),
		TEST(test_one_that_dies_is_tried_again_later),
		TEST(test_another_format_is_tried_at_once),
		TEST(test_its_reason_is_told),
		TEST(test_a_program_that_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
