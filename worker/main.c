/*
 * lull-worker serves one camera's viewers. It is started by lulld, which tells
 * it everything over its socket; the camera's address is never in argv.
 */
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "chan.h"
#include "log.h"
#include "process.h"
#include "uplink.h"
#include "worker/helper/helper.h"
#include "xalloc.h"

static void
worker_on_signal(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	event_base_loopexit(arg, NULL);
}

/* One of 1080p takes a third of a core or so, and a core is left for those who
 * watch. The folder of the sockets is the broker's, and all of its workers have
 * it. */
static void
limit_videos(const char *socket_path)
{
	char *path = xstrdup(socket_path);
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	helper_limit(dirname(path), cores > 2 ? 2 * (int)cores - 2 : 2);
	free(path);
}

static int
run_worker(const char *socket_path)
{
	struct event_base *base = event_base_new();
	struct event *term = evsignal_new(base, SIGTERM, worker_on_signal,
	    base);
	struct uplink *uplink;
	struct error err;

	event_add(term, NULL);
	limit_videos(socket_path);
	uplink = uplink_open(base, socket_path, &uplink_times, &err);
	if (uplink != NULL) {
		event_base_dispatch(base);
		uplink_close(uplink);
	} else
		log_error("worker", "cannot listen for the broker on %s",
		    err.text);
	unlink(socket_path);
	helper_exit();
	event_free(term);
	event_base_free(base);
	chan_exit();
	libevent_global_shutdown();
	log_close();
	return uplink != NULL ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
	process_begin();
	if (argc != 2 || argv[1][0] == '-') {
		fputs("usage: lull-worker SOCKET\n"
		    "Started by lulld(8), one for each stream.\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	/* A terminal's ^C is for the broker, which then ends us in order. */
	signal(SIGINT, SIG_IGN);
	return run_worker(argv[1]);
}
