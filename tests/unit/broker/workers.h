#ifndef LULL_TEST_WORKERS_H
#define LULL_TEST_WORKERS_H

/*
 * A registry whose workers are fake_worker.c: real processes, over the real
 * channel. The broker's times are short here; a test that waits for one to
 * pass makes that shorter still.
 */
#include <event2/event.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/config/config.h"
#include "broker/registry/registry.h"
#include "broker/workers/supervise.h"
#include "chan.h"
#include "log.h"
#include "xalloc.h"

#define WORKERS_MAX	60
#define WORKERS_PORT_MIN	50000	/* nothing is bound there */
#ifndef WORKERS_PORTS
#define WORKERS_PORTS	4000
#endif

struct workers {
	struct event_base	*base;
	struct config		 config;
	struct config_stream	 streams[WORKERS_MAX];
	json_t			*sources;	/* of each stream */
	struct supervisor_times	 times;
	struct downlink_times	 replies;
	struct supervisor	*supervisor;
	struct registry		*registry;
	char			 dir[32];
	char			*sockets;	/* folder */
};

/* It stands above this program's folder. Caller frees. */
static inline char *
workers_program(void)
{
	char self[PATH_MAX] = "";

	if (readlink("/proc/self/exe", self, sizeof self - 1) == -1)
		abort();
	return xasprintf("%s/../fake_worker", dirname(self));
}

static inline void
workers_set_times(struct workers *w)
{
	w->replies = (struct downlink_times){
		.ms = {
			[IPC_HELLO] = 2000, [IPC_PING] = 2000,
			[IPC_OFFER] = 2000, [IPC_CANDIDATE] = 2000,
			[IPC_SERVE] = 2000,
			[IPC_RESTART] = 2000,
			[IPC_PAUSE] = 1000, [IPC_RESUME] = 1000,
			[IPC_CLOSE] = 1000, [IPC_STATS] = 500,
			[IPC_ANNOUNCE] = 2000, [IPC_PICTURE] = 2000,
		},
	};
	w->times = supervisor_times;
	w->times.tick_ms = 50;
	w->times.still_ticks = 50;
	w->times.silent_ticks = 1000;
	w->times.backoff_min_ms = 50;
	w->times.backoff_max_ms = 150;
	w->times.downlink = &w->replies;
}

/* `names` ends with NULL, and is in order. */
static inline struct workers *
workers_open(char *const *names)
{
	static char off[] = "";
	struct workers *w = xcalloc(1, sizeof *w);
	char *program = workers_program();

	strcpy(w->dir, "/tmp/lull-workers-XXXXXX");
	if (mkdtemp(w->dir) == NULL)
		abort();
	w->sockets = xasprintf("%s/workers", w->dir);
	mkdir(w->sockets, 0700);
	w->sources = json_pack("[s]", "rtsp://camera/");
	for (int i = 0; names[i] != NULL; i++)
		w->streams[w->config.n_streams++] = (struct config_stream){
			.name = names[i], .sources = w->sources,
			.linger_ms = 60000,
		};
	w->config.streams = w->streams;
	w->config.rtsp.listen = off;
	w->config.ice_servers = json_array();
	w->config.port_min = WORKERS_PORT_MIN;
	w->config.port_max = WORKERS_PORT_MIN + WORKERS_PORTS - 1;
	w->base = event_base_new();
	workers_set_times(w);
	w->supervisor = supervisor_new(w->base, &w->config, w->dir, program,
	    &w->times);
	free(program);
	w->registry = registry_new(w->base, &w->config, w->supervisor);
	return w;
}

/* Group set-up and tear-down of the programs' tests. */
static inline int
workers_begin(void **state)
{
	(void)state;
	log_open(LOG_LEVEL_OFF, NULL);
	return 0;
}

static inline int
workers_end(void **state)
{
	(void)state;
	chan_exit();
	return 0;
}

/* What waits for a worker is answered. */
static inline void
workers_end_registry(struct workers *w)
{
	registry_free(w->registry);
	w->registry = NULL;
}

static inline void
workers_close(struct workers *w)
{
	registry_free(w->registry);
	supervisor_sweep(w->supervisor);	/* a killed one's socket */
	supervisor_free(w->supervisor);
	event_base_free(w->base);
	json_decref(w->config.ice_servers);
	json_decref(w->sources);
	rmdir(w->sockets);
	rmdir(w->dir);
	free(w->sockets);
	free(w);
}

/* A viewer's page: what it was told last, and how often. */
struct workers_page {
	struct watcher	 watcher;
	char		 state[32], reason[128], candidate[128];
	int		 n_states, n_candidates;
};

static inline void
workers_on_state(struct session *s, const char *state, const char *reason,
    void *arg)
{
	struct workers_page *p = arg;

	(void)s;
	snprintf(p->state, sizeof p->state, "%s", state);
	snprintf(p->reason, sizeof p->reason, "%s", reason);
	p->n_states++;
}

static inline void
workers_on_candidate(struct session *s, const char *candidate, void *arg)
{
	struct workers_page *p = arg;

	(void)s;
	snprintf(p->candidate, sizeof p->candidate, "%s", candidate);
	p->n_candidates++;
}

static inline void
workers_page_open(struct workers_page *p)
{
	*p = (struct workers_page){
		.watcher = {
			.state = workers_on_state,
			.candidate = workers_on_candidate,
			.arg = p,
		},
	};
}

/* Runs the loop until `*n` has reached `want`. */
static inline void
workers_run(struct workers *w, const int *n, int want)
{
	while (*n < want && event_base_loop(w->base, EVLOOP_ONCE) == 0)
		;
}

struct workers_answer {
	int		 count, status;
	size_t		 done;
	char		 error[128];
	struct session	*session;
};

static inline void
workers_on_offer(struct session *s, const char *sdp, int status,
    const char *error, void *arg)
{
	struct workers_answer *a = arg;

	(void)sdp;
	a->count++;
	a->status = status;
	a->session = s;
	snprintf(a->error, sizeof a->error, "%s", error != NULL ? error : "");
}

static inline void
workers_on_done(int status, const char *error, size_t done, void *arg)
{
	struct workers_answer *a = arg;

	a->count++;
	a->status = status;
	a->done = done;
	snprintf(a->error, sizeof a->error, "%s", error != NULL ? error : "");
}

/* Runs the loop until the page is told of that state. */
static inline void
workers_until_told(struct workers *w, struct workers_page *p,
    const char *state)
{
	while (strcmp(p->state, state) != 0)
		workers_run(w, &p->n_states, p->n_states + 1);
}

/* The answer comes to `a`, now or later. */
static inline void
workers_offer(struct workers *w, const char *stream, const char *sdp,
    struct watcher *watcher, struct workers_answer *a)
{
	struct registry_offer o = {
		.stream = registry_stream(w->registry, stream), .sdp = sdp,
		.viewer_id = "viewer", .client_ip = "192.0.2.7",
		.format = "webrtc", .watcher = watcher,
	};

	*a = (struct workers_answer){ 0 };
	registry_open(w->registry, &o, workers_on_offer, a);
}

/* A session that is answered; the test ends if it is not. */
static inline struct session *
workers_session(struct workers *w, const char *stream,
    struct watcher *watcher)
{
	struct workers_answer a;

	workers_offer(w, stream, "v=0", watcher, &a);
	workers_run(w, &a.count, 1);
	if (a.session == NULL) {
		fprintf(stderr, "%s: %d %s\n", stream, a.status, a.error);
		abort();
	}
	return a.session;
}

static inline void
workers_on_order(int status, const char *error, size_t done, void *arg)
{
	(void)status;
	(void)error;
	(void)done;
	(void)arg;
}

/* See fake_worker.c. */
static inline void
workers_order(struct workers *w, struct session *s, const char *order)
{
	(void)w;
	registry_candidate(s, order, workers_on_order, NULL);
}

#endif
