/* Processes of lull-media that share a folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libavutil/log.h>

#include "error.h"
#include "json.h"
#include "media/video_slot.h"
#include "tests/unit/media/coded.h"
#include "tests/unit/media/worker_end.h"
#include "xalloc.h"

static char folder[64];
static struct coded *video;

static int
setup(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/lull-slots-XXXXXX");
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	char *path = xasprintf("rm -r %s", folder);
	int ret = system(path);

	(void)state;
	free(path);
	return ret;
}

static struct worker_end *
start(int n)
{
	char *text = xasprintf("{\"job\": \"video\", \"coder\": \"mjpeg\", "
	    "\"log\": \"info\", \"slots\": {\"folder\": \"%s\", \"n\": %d}}",
	    folder, n);
	struct worker_end *w = worker_end_spawn("./lull-media", text);

	free(text);
	return w;
}

static void
assert_codes(struct worker_end *w)
{
	json_t *o;

	worker_end_say(w, &(struct media_wire){ .kind = MEDIA_WIRE_VIDEO,
		.flags = MEDIA_WIRE_KEY, .data = video->unit[0].data,
		.len = video->unit[0].len });
	o = worker_end_hear_json(w);
	assert_string_equal(json_get_string(o, "event", ""), "begin");
	json_decref(o);
}

static void
assert_refused(struct worker_end *w, const char *why)
{
	json_t *o = worker_end_hear_json(w);

	assert_string_equal(json_get_string(o, "event", ""), "end");
	assert_string_equal(json_get_string(o, "state", ""), "lost");
	assert_string_equal(json_get_string(o, "error", ""), why);
	json_decref(o);
	assert_int_equal(worker_end_free(w), 0);
}

static void
test_one_more_is_refused(void **state)
{
	struct worker_end *first = start(2), *second = start(2);

	(void)state;
	assert_codes(first);
	assert_codes(second);
	assert_refused(start(2), "2 videos are being coded already: this "
	    "machine codes no more at a time");
	worker_end_free(first);
	first = start(2);	/* in its place */
	assert_codes(first);
	worker_end_free(first);
	worker_end_free(second);
}

static void
test_a_killed_one_leaves_its_slot(void **state)
{
	struct worker_end *w = start(1);

	(void)state;
	assert_codes(w);
	assert_refused(start(1), "1 video is being coded already: this "
	    "machine codes no more at a time");
	assert_int_equal(worker_end_kill(w), SIGKILL);
	w = start(1);
	assert_codes(w);
	assert_int_equal(worker_end_free(w), 0);
}

static void
test_a_folder_that_is_not_there_is_told(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(video_slot_take("/nowhere", 1, &err), -1);
	assert_string_equal(err.text, "cannot lock a file in /nowhere: No "
	    "such file or directory");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_more_is_refused,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_a_killed_one_leaves_its_slot, setup, teardown),
		cmocka_unit_test(test_a_folder_that_is_not_there_is_told),
	};
	int ret;

	av_log_set_level(AV_LOG_QUIET);
	video = coded_make(&(struct coded_how){ .encoder = "mjpeg",
		.width = 320, .height = 180, .n = 1 });
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	coded_free(video);
	return ret;
}
