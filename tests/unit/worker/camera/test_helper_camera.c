/* What lull-media says, as a script says it, and what comes of that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <event2/event.h>

#include "log.h"
#include "media_wire.h"
#include "worker/camera/helper_camera.h"
#include "worker/camera/intake.h"
#include "worker/helper/helper.h"
#include "xalloc.h"

#define GIVE_UP_S	60	/* nothing here takes longer unless it hangs */

/* x264's for 160x90, and slices: I and P */
static const uint8_t key[] = {
	0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x0a, 0xda, 0x0a, 0x37, 0xe4, 0xc0,
	0x44, 0, 0, 3, 0, 4, 0, 0, 3, 0, 0x78, 0x3c, 0x48, 0x9a, 0x80,
	0, 0, 0, 1, 0x68, 0xce, 0x03, 0x9c, 0x80,
	0, 0, 0, 1, 0x65, 0x88, 0x84, 0x11,
};
static const uint8_t delta[] = { 0, 0, 0, 1, 0x41, 0x9a, 0x12, 0x34 };

struct fixture {
	struct event_base	*base;
	struct event		*give_up;
	struct intake		*intake;
	struct helper_camera	*camera;
	char			 script[64], words[64];
	FILE			*said;		/* what the script says */
	struct feed_status	 status;
	char			 seen[64];	/* K P A, r for a restart */
	int64_t			 time_us;	/* of the last one */
	enum media_codec	 unit_codec;
	size_t			 unit_len;
	int			 n_ended;
};

static void
on_unit(struct media_unit *u, void *arg)
{
	struct fixture *f = arg;
	size_t n = strlen(f->seen);

	f->seen[n++] = u->kind == MEDIA_AUDIO ? 'A' : u->key ? 'K' : 'P';
	if (u->restart)
		f->seen[n++] = 'r';
	f->seen[n] = '\0';
	f->time_us = u->time_us;
	f->unit_codec = u->codec;
	f->unit_len = u->len;
	media_unit_free(u);
}

static void
on_status(const struct feed_status *st, void *arg)
{
	struct fixture *f = arg;

	f->status = *st;
}

static void
on_give_up(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	fail_msg("nothing more than: %s", ((struct fixture *)arg)->seen);
}

static void
on_ended(void *arg)
{
	struct fixture *f = arg;

	f->n_ended++;
	helper_camera_close(f->camera);
	f->camera = NULL;
	event_base_loopbreak(f->base);
}

static int
setup(void **state)
{
	static const struct feed_handler handler = { on_unit, on_status };
	static struct fixture f;
	struct timeval tv = { GIVE_UP_S, 0 };

	log_open(LOG_LEVEL_OFF, NULL);
	signal(SIGPIPE, SIG_IGN);
	f = (struct fixture){ .base = event_base_new() };
	f.give_up = event_new(f.base, -1, 0, on_give_up, &f);
	event_add(f.give_up, &tv);
	f.intake = intake_new(&handler, &f, &intake_times);
	snprintf(f.script, sizeof f.script, "/tmp/lull-hcam-%d.sh",
	    (int)getpid());
	snprintf(f.words, sizeof f.words, "/tmp/lull-hcam-%d.said",
	    (int)getpid());
	f.said = fopen(f.words, "w");
	assert_non_null(f.said);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	helper_camera_close(f->camera);
	helper_exit();
	intake_free(f->intake);
	unlink(f->script);
	unlink(f->words);
	event_free(f->give_up);
	event_base_free(f->base);
	return 0;
}

static void
say(struct fixture *f, int kind, int flags, int64_t time_us,
    const void *data, size_t len)
{
	const struct media_wire m = { .kind = kind, .flags = flags,
		.time_us = time_us, .len = len };
	uint8_t header[MEDIA_WIRE_HEADER];

	media_wire_write(&m, header);
	assert_int_equal(fwrite(header, 1, sizeof header, f->said),
	    sizeof header);
	assert_int_equal(fwrite(data, 1, len, f->said), len);
}

static void
tell(struct fixture *f, const char *json)
{
	say(f, MEDIA_WIRE_CONTROL, 0, 0, json, strlen(json));
}

static void
say_key(struct fixture *f, int64_t time_us)
{
	say(f, MEDIA_WIRE_VIDEO, MEDIA_WIRE_KEY, time_us, key, sizeof key);
}

static void
say_delta(struct fixture *f, int64_t time_us)
{
	say(f, MEDIA_WIRE_VIDEO, 0, time_us, delta, sizeof delta);
}

/* The script says all, then does `last`. The test goes on when it ended. */
static void
play(struct fixture *f, const char *last)
{
	const struct helper_camera_config config = {
		.program = f->script, .url = "demo:", .pace = 1,
	};
	FILE *script = fopen(f->script, "w");

	fclose(f->said);
	assert_non_null(script);
	fprintf(script, "#!/bin/sh\ncat %s >&0\n%s\n", f->words, last);
	fclose(script);
	assert_int_equal(chmod(f->script, 0700), 0);
	f->camera = helper_camera_open(f->base, &config, f->intake, on_ended,
	    f);
	event_base_dispatch(f->base);
	assert_int_equal(f->n_ended, 1);
}

#define BEGIN	"{\"event\":\"begin\",\"video\":\"h264\",\"config\":\"\"," \
		"\"sound\":{\"coder\":\"pcm_alaw\",\"rate\":8000," \
		"\"channels\":1}}"

static void
test_what_it_sends_is_shown(void **state)
{
	struct fixture *f = *state;

	tell(f, BEGIN);
	say_key(f, 1000);
	say(f, MEDIA_WIRE_AUDIO, 0, 1500, "sound", 5);
	say_delta(f, 2000);
	tell(f, "{\"event\":\"restart\"}");
	say_key(f, 3000);
	play(f, "kill -9 $$");
	assert_string_equal(f->seen, "KrAPKr");
	assert_int_equal(f->time_us, 3000);
	assert_int_equal(f->status.state, IPC_SOURCE_LOST);
	assert_string_equal(f->status.error,
	    "lull-media ended: killed by signal 9 (Killed)");
}

static void
test_it_says_what_sounds(void **state)
{
	struct fixture *f = *state;

	tell(f, "{\"event\":\"begin\",\"video\":\"h264\",\"sound\":{"
	    "\"coder\":\"aac\",\"rate\":16000,\"channels\":1,\"bits\":3,"
	    "\"config\":\"FAg=\"}}");
	say_key(f, 0);
	tell(f, "{}");
	say(f, MEDIA_WIRE_PICTURE, 0, 0, "what", 4);	/* means nothing */
	play(f, "kill -9 $$");
	assert_string_equal(f->seen, "Kr");
	assert_int_equal(f->status.state, IPC_SOURCE_LOST);
}

/* Its last words are taken for the reason, not the end of its process. */
static void
test_its_reason(void **state)
{
	static const struct {
		const char *said;
		enum ipc_source_state state;
		const char *error;
		bool denied;
	} cases[] = {
		{ "{\"event\":\"end\",\"state\":\"lost\",\"error\":\"no such "
		    "file\"}", IPC_SOURCE_LOST, "no such file",
		    false },
		{ "{\"event\":\"end\",\"state\":\"denied\",\"error\":"
		    "\"no entry\"}", IPC_SOURCE_LOST, "no entry", true },
		{ "{\"event\":\"end\",\"state\":\"unsupported\",\"error\":"
		    "\"no video\"}", IPC_SOURCE_UNSUPPORTED, "no video",
		    false },
		{ "no JSON", IPC_SOURCE_LOST,
		    "lull-media ended: exit status 7", false },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct fixture *f = *state;

		if (i > 0) {
			teardown(state);
			setup(state);
		}
		tell(f, cases[i].said);
		say_key(f, 0);		/* of no use any more, or yet */
		play(f, "exit 7");
		assert_int_equal(f->status.state, cases[i].state);
		assert_string_equal(f->status.error, cases[i].error);
		assert_int_equal(intake_is_denied(f->intake), cases[i].denied);
		assert_string_equal(f->seen, "");
	}
}

/* It is for whoever can have it coded anew. */
static void
test_video_that_viewers_do_not_know(void **state)
{
	struct fixture *f = *state;

	tell(f, "{\"event\":\"begin\",\"video\":\"cinepak\",\"config\":"
	    "\"AAA=\"}");
	say_delta(f, 7);
	play(f, "exit 0");
	assert_string_equal(f->seen, "Kr");
	assert_int_equal(f->unit_codec, MEDIA_FOREIGN);
	assert_int_equal(f->unit_len, 2 + sizeof delta);
}

static void
test_damage_is_waited_out(void **state)
{
	struct fixture *f = *state;

	tell(f, BEGIN);
	say_key(f, 0);
	say(f, MEDIA_WIRE_VIDEO, MEDIA_WIRE_DAMAGED, 1, delta, sizeof delta);
	say_delta(f, 2);
	say_key(f, 3);
	play(f, "exit 0");
	assert_string_equal(f->seen, "KrK");
}

/* It is not there, which is told by the loop as any other end. */
static void
test_a_helper_that_cannot_be_run(void **state)
{
	const struct helper_camera_config config = {
		.program = "/nowhere/lull-media", .url = "demo:", .pace = 1,
	};
	struct fixture *f = *state;

	fclose(f->said);
	f->camera = helper_camera_open(f->base, &config, f->intake, on_ended,
	    f);
	assert_int_equal(f->n_ended, 0);
	event_base_dispatch(f->base);
	assert_int_equal(f->n_ended, 1);
	assert_int_equal(f->status.state, IPC_SOURCE_LOST);
	assert_string_equal(f->status.error,
	    "cannot run /nowhere/lull-media: No such file or directory");
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_it_sends_is_shown),
		TEST(test_it_says_what_sounds),
		TEST(test_its_reason),
		TEST(test_video_that_viewers_do_not_know),
		TEST(test_damage_is_waited_out),
		TEST(test_a_helper_that_cannot_be_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
