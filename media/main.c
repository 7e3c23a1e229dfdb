/*
 * lull-media does one job of a worker's, which is on the other side of its
 * standard input, a socket. What it is told there, and no argument, says what.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "job.h"
#include "json.h"
#include "libav_log.h"
#include "log.h"
#include "picture_job.h"
#include "process.h"
#include "read_job.h"
#include "sandbox.h"
#include "sound_job.h"
#include "video_job.h"
#include "video_slot.h"

static void
run_sound(struct job *job, const json_t *what)
{
	sandbox_enter(SANDBOX_CODEC, NULL);
	job_sound(job, what);
}

static void
run_picture(struct job *job, const json_t *what)
{
	sandbox_enter(SANDBOX_CODEC, NULL);
	job_picture(job, what);
}

static void
run_video(struct job *job, const json_t *what)
{
	const json_t *slots = json_object_get(what, "slots");
	struct error err;

	if (slots != NULL && video_slot_take(json_get_string(slots, "folder",
	    ""), (int)json_get_int(slots, "n", 1), &err) == -1) {
		job_fail(job, "lost", "%s", err.text);
		return;
	}
	sandbox_enter(json_get_string(what, "hardware", "")[0] != '\0' ?
	    SANDBOX_HARDWARE : SANDBOX_CODEC, NULL);
	job_video(job, what);
}

/* Each enters its sandbox. */
static const struct {
	const char *name;
	void (*run)(struct job *, const json_t *what);
} jobs[] = {
	{ "read", job_read },
	{ "sound", run_sound },
	{ "video", run_video },
	{ "picture", run_picture },
};

static void
open_log(const json_t *what)
{
	enum log_level level;

	if (log_level_parse(json_get_string(what, "log", "info"),
	    &level) == -1)
		level = LOG_LEVEL_INFO;
	log_open(level, json_get_string(what, "stream", NULL));
	libav_log_init();
}

static void
run_job(struct job *job)
{
	const char *name;
	struct media_wire m;
	struct error err;
	json_t *what;

	if (job_receive(job, -1, &m) != 1)
		return;
	what = json_parse(m.data, m.len, &err);
	name = json_get_string(what, "job", "");
	open_log(what);
	for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++)
		if (strcmp(jobs[i].name, name) == 0)
			jobs[i].run(job, what);
	log_close();
	json_decref(what);
}

static bool
is_socket(int fd)
{
	int type;
	socklen_t len = sizeof type;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0;
}

int
main(int argc, char **argv)
{
	struct job *job;

	(void)argv;
	process_begin();
	if (argc != 1 || !is_socket(STDIN_FILENO)) {
		fputs("usage: lull-media <SOCKET\n"
		    "Started by lull-worker, one for each job.\n", stderr);
		return 2;
	}
	/* What the worker leaves behind must not outlive it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	job = job_new(STDIN_FILENO);
	run_job(job);
	job_free(job);
	return EXIT_SUCCESS;
}
