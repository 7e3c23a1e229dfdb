#include "supervise.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "broker/config/config.h"
#include "broker/port/doors.h"
#include "busy.h"
#include "clock.h"
#include "log.h"
#include "process.h"
#include "rundir.h"
#include "worker_process.h"
#include "xalloc.h"

#define MAX_QUEUED	1024	/* requests while a worker starts */

const struct supervisor_times supervisor_times = {
	.tick_ms = 1000, .ping_ticks = 2, .still_ticks = 2,
	.silent_ticks = 15, .start_ms = 10000, .goodbye_ms = 2000,
	.healthy_ms = 60000, .backoff_min_ms = 500, .backoff_max_ms = 30000,
	.downlink = &downlink_times,
};

enum worker_state {
	WORKER_STOPPED,
	WORKER_STARTING,	/* spawned, no hello yet */
	WORKER_UP,
	WORKER_ENDING,		/* asked to end, or found useless */
	WORKER_BACKOFF,		/* dead; its next start is timed */
};

/* A queued request waits for its worker to be up. */
struct queued_request {
	TAILQ_ENTRY(queued_request) entry;
	json_t			*request;
	downlink_reply_cb	*cb;
	void			*arg;
};

struct worker {
	TAILQ_ENTRY(worker)	 entry;
	struct supervisor	*supervisor;
	const struct supervisor_times *times;
	char			*stream, *socket;
	json_t			*sources;
	struct worker_handler	 handler;
	void			*arg;
	enum worker_state	 state;
	bool			 wanted;
	bool			 asked;		/* to end: it is no fault */
	pid_t			 pid;
	struct downlink		*downlink;
	struct event		*timer;		/* see worker_on_timer() */
	int64_t			 started_us;
	bool			 pinging;	/* a ping is under way */
	bool			 unanswered;	/* a ping was tried, and none
						   answered since */
	int			 quiet;		/* ticks since the last ping */
	int			 silent;	/* ticks in a row without a word
						   from it, while unanswered */
	int			 still;		/* of these, the last ones in
						   which it did nothing */
	unsigned long		 heard;		/* from downlink_heard() */
	int64_t			 ran_ns;	/* from busy_look() */
	int			 backoff_ms;	/* before the next start */
	TAILQ_HEAD(, queued_request) queue;
	size_t			 n_queued;
};

struct supervisor {
	struct event_base	*base;
	const struct config	*config;
	const struct supervisor_times *times;
	char			*rundir;
	char			*program;
	struct event		*sigchld;
	json_t			*announced;	/* to viewers; or NULL */
	TAILQ_HEAD(, worker)	 workers;
};

static void worker_start(struct worker *);

/* The timer counts from now, and not from the beginning of the loop's turn,
 * which libevent has kept: when the machine is busy, a turn may be long. */
static void
set_state(struct worker *w, enum worker_state state, int timer_ms)
{
	struct timeval tv = clock_timeval(timer_ms * 1000LL);

	w->state = state;
	if (timer_ms > 0) {
		event_base_update_cache_time(w->supervisor->base);
		event_add(w->timer, &tv);
	} else {
		event_del(w->timer);
	}
}

static void
queue_fail(struct worker *w, int status, const char *error)
{
	struct ipc_reply r = { .status = status, .error = error };
	struct queued_request *q;

	while ((q = TAILQ_FIRST(&w->queue)) != NULL) {
		TAILQ_REMOVE(&w->queue, q, entry);
		w->n_queued--;
		if (q->cb != NULL)
			q->cb(&r, q->arg);
		json_decref(q->request);
		free(q);
	}
}

static void
queue_send(struct worker *w)
{
	struct ipc_request r;
	struct queued_request *q;

	while (w->state == WORKER_UP &&
	    (q = TAILQ_FIRST(&w->queue)) != NULL) {
		TAILQ_REMOVE(&w->queue, q, entry);
		w->n_queued--;
		ipc_decode_request(q->request, &r);
		downlink_request(w->downlink, &r, q->cb, q->arg);
		json_decref(q->request);
		free(q);
	}
}

/* Sends the signal; the timer sends SIGKILL after it. The rest is done once the
 * process is dead. */
static void
worker_end(struct worker *w, int sig)
{
	if (w->pid <= 0)
		return;
	kill(w->pid, sig);
	set_state(w, WORKER_ENDING, w->times->goodbye_ms);
}

static void
worker_on_pong(const struct ipc_reply *r, void *arg)
{
	struct worker *w = arg;

	w->pinging = false;
	if (r->status != 200 || w->state != WORKER_UP)
		return;
	w->unanswered = false;
	w->handler.alive(r, w->arg);
}

static void
worker_ping(struct worker *w)
{
	struct ipc_request r = { .op = IPC_PING };

	w->pinging = w->unanswered = true;
	w->quiet = 0;
	downlink_request(w->downlink, &r, worker_on_pong, w);
}

/*
 * A worker that is asked and neither answers nor runs is stopped or stuck, and
 * its viewers are better off with another. A worker that is busy, or waits for
 * a machine that is, gets more time. Ticks are counted, and not time, since
 * we may have been stopped ourselves.
 */
static void
worker_look_at(struct worker *w)
{
	unsigned long heard = downlink_heard(w->downlink);
	bool busy = busy_look(w->pid, &w->ran_ns);

	w->silent = w->unanswered && heard == w->heard ? w->silent + 1 : 0;
	w->still = w->silent > 0 && !busy ? w->still + 1 : 0;
	w->heard = heard;
	if (w->still < w->times->still_ticks &&
	    w->silent < w->times->silent_ticks) {
		set_state(w, WORKER_UP, w->times->tick_ms);
		if (++w->quiet >= w->times->ping_ticks && !w->pinging)
			worker_ping(w);
		return;
	}
	log_error("supervise", "worker %s (pid %d) does not answer: killed",
	    w->stream, (int)w->pid);
	worker_end(w, SIGKILL);
}

static void
worker_on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;

	(void)fd;
	(void)what;
	switch (w->state) {
	case WORKER_STARTING:
		log_error("supervise", "worker %s did not start within %d s: "
		    "killed", w->stream, w->times->start_ms / 1000);
		worker_end(w, SIGKILL);
		break;
	case WORKER_UP:
		worker_look_at(w);
		break;
	case WORKER_ENDING:
		worker_end(w, SIGKILL);
		break;
	case WORKER_BACKOFF:
		worker_start(w);
		break;
	case WORKER_STOPPED:
		break;
	}
}

static void
worker_on_hello(const struct ipc_reply *r, void *arg)
{
	struct worker *w = arg;

	if (w->state != WORKER_STARTING)
		return;
	if (r->status != 200) {
		log_error("supervise", "worker %s: %s", w->stream,
		    r->error != NULL ? r->error : "refused");
		queue_fail(w, r->status, r->error);
		worker_end(w, SIGTERM);
		return;
	}
	log_debug("supervise", "worker %s is up", w->stream);
	w->pinging = w->unanswered = false;
	w->quiet = w->silent = w->still = 0;
	set_state(w, WORKER_UP, w->times->tick_ms);
	queue_send(w);
}

static void
worker_on_peer(bool up, void *arg)
{
	struct worker *w = arg;
	const struct config *c = w->supervisor->config;
	struct ipc_request hello = {
		.op = IPC_HELLO,
		.hello = {
			.protocol = IPC_PROTOCOL,
			.stream = w->stream, .sources = w->sources,
			.log_level = log_level_name(c->log_level),
			.ice_servers = c->ice_servers,
			.gop_max_bytes = (uint64_t)c->gop_max_bytes,
			.gop_max_ms = (int)c->gop_max_ms,
			.gop_rate = (uint64_t)c->gop_rate,
			.media_port = c->viewer_port.port,
			.media_address = c->viewer_port.address,
			.media_udp = c->viewer_port.udp,
			.media_tcp = c->viewer_port.tcp,
			.filters = c->filters,
			.announced = w->supervisor->announced,
			.rtsp = c->rtsp.listen[0] != '\0',
			.rtsp_username = c->rtsp.username,
			.rtsp_password = c->rtsp.password,
		},
	};

	if (up && w->state == WORKER_STARTING)
		downlink_request(w->downlink, &hello, worker_on_hello, w);
	else if (!up && w->state == WORKER_UP)
		worker_end(w, SIGTERM);	/* most often it is dead already */
}

static void
worker_on_event(const struct ipc_event *e, void *arg)
{
	struct worker *w = arg;

	w->handler.event(e, w->arg);
}

static void
back_off(struct worker *w)
{
	int most = w->times->backoff_max_ms;

	set_state(w, WORKER_BACKOFF, w->backoff_ms);
	w->backoff_ms = w->backoff_ms * 2 < most ? w->backoff_ms * 2 : most;
}

static void
worker_start(struct worker *w)
{
	static const struct downlink_handler handler = {
		worker_on_peer, worker_on_event
	};
	struct error err;

	w->started_us = clock_now_us();
	w->asked = false;
	unlink(w->socket);
	w->downlink = downlink_open(w->supervisor->base, w->socket,
	    w->times->downlink, &handler, w, &err);
	if (w->downlink == NULL)
		log_error("supervise", "worker %s: %s", w->stream, err.text);
	else
		w->pid = worker_process_start(w->supervisor->program,
		    w->socket);
	if (w->pid == 0) {
		downlink_close(w->downlink);
		w->downlink = NULL;
		back_off(w);
		queue_fail(w, 503, "the stream's worker cannot be started");
		return;
	}
	log_debug("supervise", "worker %s started (pid %d)", w->stream,
	    (int)w->pid);
	set_state(w, WORKER_STARTING, w->times->start_ms);
}

/* A worker ends by SIGTERM itself if that came before it had a handler. */
static bool
ended_in_order(const struct worker *w, int status)
{
	return w->asked && (WIFSIGNALED(status) ?
	    WTERMSIG(status) == SIGTERM : WEXITSTATUS(status) == 0);
}

/* A worker that is killed leaves its door. */
static void
sweep_doors(const struct supervisor *s)
{
	char *dir = rundir_workers(s->rundir);

	doors_sweep(dir);
	free(dir);
}

/* The process is gone. The worker starts again if it is wanted: at once if it
 * was asked to end, else after a time. */
static void
worker_bury(struct worker *w, int status)
{
	struct downlink *d = w->downlink;
	bool in_order = ended_in_order(w, status);
	char how[128];

	process_describe_end(status, how, sizeof how);
	if (!in_order) {
		log_error("supervise", "worker %s (pid %d) died: %s",
		    w->stream, (int)w->pid, how);
		sweep_doors(w->supervisor);
	}
	if (in_order || clock_now_us() - w->started_us >
	    w->times->healthy_ms * 1000LL)
		w->backoff_ms = w->times->backoff_min_ms;
	w->pid = 0;
	w->downlink = NULL;
	set_state(w, WORKER_STOPPED, 0);
	downlink_close(d);
	w->handler.died(how, w->arg);
	if (w->state != WORKER_STOPPED)
		return;
	if (in_order && w->wanted) {
		worker_start(w);
		return;
	}
	if (w->wanted)
		back_off(w);
	queue_fail(w, 503, "the stream's worker ended");
}

static void
on_sigchld(evutil_socket_t fd, short what, void *arg)
{
	struct supervisor *s = arg;
	struct worker *w, *next;
	int status;

	(void)fd;
	(void)what;
	for (w = TAILQ_FIRST(&s->workers); w != NULL; w = next) {
		next = TAILQ_NEXT(w, entry);
		if (w->pid > 0 && waitpid(w->pid, &status, WNOHANG) == w->pid)
			worker_bury(w, status);
	}
}

struct supervisor *
supervisor_new(struct event_base *base, const struct config *config,
    const char *rundir, const char *program,
    const struct supervisor_times *times)
{
	struct supervisor *s = xcalloc(1, sizeof *s);

	s->base = base;
	s->config = config;
	s->times = times;
	s->rundir = xstrdup(rundir);
	s->program = xstrdup(program);
	TAILQ_INIT(&s->workers);
	s->sigchld = evsignal_new(base, SIGCHLD, on_sigchld, s);
	event_add(s->sigchld, NULL);
	return s;
}

static void
worker_reap(struct worker *w, int *left_ms)
{
	if (w->pid <= 0)
		return;
	worker_process_await_end(w->pid, left_ms);
	waitpid(w->pid, NULL, 0);
	w->pid = 0;
	set_state(w, WORKER_STOPPED, 0);
}

void
supervisor_stop(struct supervisor *s)
{
	int left_ms = s->times->goodbye_ms;
	struct worker *w;

	TAILQ_FOREACH(w, &s->workers, entry) {
		w->wanted = false;
		if (w->pid > 0)
			kill(w->pid, SIGTERM);
	}
	TAILQ_FOREACH(w, &s->workers, entry)
		worker_reap(w, &left_ms);
}

void
supervisor_free(struct supervisor *s)
{
	event_free(s->sigchld);
	json_decref(s->announced);
	free(s->rundir);
	free(s->program);
	free(s);
}

void
supervisor_sweep(struct supervisor *s)
{
	char *dir = rundir_workers(s->rundir);
	DIR *d = opendir(dir);
	int left_ms = s->times->goodbye_ms;
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		char *path = xasprintf("%s/%s", dir, e->d_name);
		const char *suffix = strrchr(e->d_name, '.');
		pid_t pid;

		if (suffix != NULL && strcmp(suffix, ".ipc") == 0) {
			pid = worker_process_of_socket(path);
			if (pid > 0 && kill(pid, SIGTERM) == 0) {
				log_info("supervise", "ending worker %d of "
				    "an earlier broker", (int)pid);
				worker_process_await_end(pid, &left_ms);
			}
			unlink(path);
		}
		free(path);
	}
	if (d != NULL)
		closedir(d);
	doors_sweep(dir);
	free(dir);
}

struct worker *
worker_new(struct supervisor *s, const char *stream, json_t *sources,
    const struct worker_handler *h, void *arg)
{
	struct worker *w = xcalloc(1, sizeof *w);

	w->supervisor = s;
	w->times = s->times;
	w->stream = xstrdup(stream);
	w->sources = json_incref(sources);
	w->socket = rundir_worker_socket(s->rundir, stream);
	w->handler = *h;
	w->arg = arg;
	w->backoff_ms = s->times->backoff_min_ms;
	TAILQ_INIT(&w->queue);
	w->timer = event_new(s->base, -1, 0, worker_on_timer, w);
	TAILQ_INSERT_TAIL(&s->workers, w, entry);
	return w;
}

void
worker_free(struct worker *w)
{
	int left_ms = w->times->goodbye_ms;

	if (w->pid > 0)
		kill(w->pid, SIGTERM);
	worker_reap(w, &left_ms);
	TAILQ_REMOVE(&w->supervisor->workers, w, entry);
	downlink_close(w->downlink);
	queue_fail(w, 503, "the broker is stopped");
	event_free(w->timer);
	free(w->stream);
	json_decref(w->sources);
	free(w->socket);
	free(w);
}

void
worker_want(struct worker *w, bool wanted)
{
	w->wanted = wanted;
	if (wanted && w->state == WORKER_STOPPED)
		worker_start(w);
	else if (!wanted && w->state == WORKER_BACKOFF)
		set_state(w, WORKER_STOPPED, 0);
	else if (!wanted && w->state != WORKER_ENDING) {
		w->asked = true;
		worker_end(w, SIGTERM);
	}
}

void
worker_request(struct worker *w, const struct ipc_request *request,
    downlink_reply_cb *cb, void *arg)
{
	struct ipc_reply busy = { .status = 503,
		.error = "the stream's worker died and starts again soon" };
	struct ipc_reply unfit = { .status = 400,
		.error = "a text in it is not UTF-8" };
	struct ipc_request r = *request;
	struct queued_request *q;
	json_t *o;

	if (w->state == WORKER_UP) {
		downlink_request(w->downlink, &r, cb, arg);
		return;
	}
	if (!w->wanted || w->state == WORKER_BACKOFF ||
	    w->n_queued >= MAX_QUEUED) {
		if (cb != NULL)
			cb(&busy, arg);
		return;
	}
	o = ipc_encode_request(&r);
	if (o == NULL) {
		log_error("supervise", "%s: %s", ipc_op_name(r.op),
		    unfit.error);
		if (cb != NULL)
			cb(&unfit, arg);
		return;
	}
	q = xcalloc(1, sizeof *q);
	q->request = o;
	q->cb = cb;
	q->arg = arg;
	TAILQ_INSERT_TAIL(&w->queue, q, entry);
	w->n_queued++;
}

/* One that starts may have had its hello with the list before. */
void
supervisor_announce(struct supervisor *s, json_t *announced)
{
	struct ipc_request r = { .op = IPC_ANNOUNCE };
	struct worker *w;

	json_decref(s->announced);
	s->announced = r.hello.announced = json_deep_copy(announced);
	TAILQ_FOREACH(w, &s->workers, entry)
		if (w->state == WORKER_STARTING || w->state == WORKER_UP)
			worker_request(w, &r, NULL, NULL);
}
