/*
 * A swarm of viewers, in order: they arrive, each is connected (and paused,
 * if it is to be), it settles, the windows are measured, some are resumed,
 * all say goodbye.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <event2/event.h>

#include "clock.h"
#include "options.h"
#include "process.h"
#include "result.h"
#include "resume.h"
#include "viewer.h"
#include "whep.h"
#include "worker/transport/dtls.h"
#include "xalloc.h"

#define STEP_US		10000
#define STEPS_S		(1000000 / STEP_US)
#define ARRIVED_US	20000000	/* from the last POST to a picture */
#define BREATH_US	1000000		/* after pausing those that were live */
#define LIVE_US		3000000		/* before a pause: lag is known */
#define PAUSED_US	10000000	/* for all the answers to come */
#define GOODBYE_US	5000000
#define RESUME_US	20000000	/* the longest of one */

struct swarm {
	struct options		 options;
	struct event_base	*base;
	struct event		*step;
	struct whep		*whep;
	struct dtls_identity	*identity;
	struct viewer_shared	 shared;
	struct viewer		**viewers;
	int			 n;		/* of them started */
	int			 answers;	/* of HTTP still to come */
	unsigned		 steps;
	int64_t			 begin_us;
	const struct phase	*phase;
	int64_t			 phase_us;	/* since when */
	/* the windows */
	int			 window;
	int64_t			 window_us;
	uint64_t		 window_packets;
	struct process_usage	 usage, own;
	struct count {
		uint64_t packets;
		uint32_t frames, lost, drops;
	}			*counts;	/* of each, at the first */
	uint64_t		 first_bytes;
	int64_t			 first_us;
	struct process_usage	 first_usage, first_own;
	double			 first_busy_us;
	struct result		 result;
	bool			 resumed;
};

/* A phase is over when poll() says so; then begin() of the next. */
struct phase {
	void	(*begin)(struct swarm *);
	bool	(*poll)(struct swarm *, int64_t now_us);
};

/* All of them */

static uint64_t
sum_packets(const struct swarm *s)
{
	uint64_t sum = 0;

	for (int i = 0; i < s->n; i++)
		sum += s->viewers[i]->track.packets;
	return sum;
}

static uint64_t
sum_bytes(const struct swarm *s)
{
	uint64_t sum = 0;

	for (int i = 0; i < s->n; i++)
		sum += s->viewers[i]->track.bytes;
	return sum;
}

static bool
is_to_pause(const struct swarm *s, const struct viewer *v)
{
	return (int)v->number < s->options.paused;
}

/* Pausing */

static void
on_paused(int status, const char *error, const char *body,
    const char *location, void *arg)
{
	struct viewer *v = arg;
	struct swarm *s = v->shared->arg;

	(void)status;
	(void)body;
	(void)location;
	s->answers--;
	v->pausing = false;
	if (error != NULL)
		fprintf(stderr, "swarm: pause of viewer %u: %s\n", v->number,
		    error);
}

static void
pause_viewer(struct swarm *s, struct viewer *v)
{
	if (v->location == NULL)
		return;
	v->pausing = true;
	s->answers++;
	whep_pause(s->whep, v->location, true, on_paused, v);
}

static void
on_event(struct viewer *v, enum viewer_event e, void *arg)
{
	struct swarm *s = arg;

	if (s->result.resume != NULL)
		resume_event(s->result.resume, v, e);
	/* One that is resumed later has to be live first. */
	if (e == VIEWER_CONNECTED && is_to_pause(s, v) &&
	    s->options.resumes == 0)
		pause_viewer(s, v);
}

/* Arriving */

static bool
is_settled(const struct swarm *s, const struct viewer *v)
{
	if (v->failed)
		return true;
	if (is_to_pause(s, v) && s->options.resumes == 0)
		return v->connected && !v->pausing;
	return v->times.picture != 0;
}

static void
start_viewers(struct swarm *s, int64_t now_us)
{
	double due = (double)(now_us - s->phase_us) * s->options.rate / 1e6;

	while (s->n < s->options.viewers && s->n <= due) {
		s->viewers[s->n] = viewer_new(&s->shared, (unsigned)s->n);
		viewer_start(s->viewers[s->n++]);
	}
}

static bool
poll_arrival(struct swarm *s, int64_t now_us)
{
	int64_t last_us;

	start_viewers(s, now_us);
	if (s->n < s->options.viewers)
		return false;
	last_us = s->n > 0 ? s->viewers[s->n - 1]->times.post : now_us;
	if (now_us - last_us > ARRIVED_US)
		return true;
	for (int i = 0; i < s->n; i++)
		if (!is_settled(s, s->viewers[i]))
			return false;
	return true;
}

static void
tally_span(struct tally *t, int64_t from_us, int64_t to_us)
{
	if (to_us != 0)
		tally_add(t, (double)(to_us - from_us) / 1000);
}

static void
end_arrival(struct swarm *s)
{
	struct result *r = &s->result;

	for (int i = 0; i < s->n; i++) {
		const struct viewer *v = s->viewers[i];
		const struct viewer_times *t = &v->times;

		tally_span(&r->answer_ms, t->post, t->answer);
		tally_span(&r->refused_ms, t->post, t->refused);
		tally_span(&r->connected_ms, t->post, t->connected);
		tally_span(&r->packet_ms, t->post, t->packet);
		tally_span(&r->picture_ms, t->post, t->picture);
		if (v->connected)
			r->profile = v->keys.profile;
	}
}

static bool
poll_settle(struct swarm *s, int64_t now_us)
{
	return (double)(now_us - s->phase_us) > s->options.settle * 1e6;
}

/* Those that are to be resumed, once they have been live for a while */

static bool
poll_live(struct swarm *s, int64_t now_us)
{
	return s->options.resumes == 0 || now_us - s->phase_us > LIVE_US;
}

static void
begin_pause(struct swarm *s)
{
	for (int i = 0; i < s->n && s->options.resumes > 0; i++)
		if (is_to_pause(s, s->viewers[i]))
			pause_viewer(s, s->viewers[i]);
}

static bool
poll_pause(struct swarm *s, int64_t now_us)
{
	return s->answers == 0 || now_us - s->phase_us > PAUSED_US;
}

static bool
poll_breath(struct swarm *s, int64_t now_us)
{
	return s->options.resumes == 0 || now_us - s->phase_us > BREATH_US;
}

/* The windows */

static void
read_usage(struct swarm *s, struct process_usage *server,
    struct process_usage *own)
{
	if (s->options.pid != 0 &&
	    process_read(s->options.pid, server) == -1) {
		fprintf(stderr, "swarm: process %d has gone\n",
		    (int)s->options.pid);
		exit(1);
	}
	process_read(getpid(), own);
}

static void
begin_window(struct swarm *s)
{
	s->window_us = clock_now_us();
	s->window_packets = sum_packets(s);
	read_usage(s, &s->usage, &s->own);
}

static void
begin_windows(struct swarm *s)
{
	for (int i = 0; i < s->n; i++) {
		const struct viewer *v = s->viewers[i];

		s->counts[i] = (struct count){ v->track.packets,
			v->track.frames, track_lost(&v->track),
			viewer_drops(v) };
	}
	s->first_bytes = sum_bytes(s);
	begin_window(s);
	s->first_us = s->window_us;
	s->first_usage = s->usage;
	s->first_own = s->own;
	s->first_busy_us = process_busy_us();
}

static void
end_window(struct swarm *s, int64_t now_us)
{
	struct result *r = &s->result;
	double seconds = (double)(now_us - s->window_us) / 1e6;
	double packets = (double)(sum_packets(s) - s->window_packets);
	struct process_usage before = s->usage, own = s->own;

	begin_window(s);
	tally_add(&r->cpu_us, (s->usage.cpu_us - before.cpu_us) / seconds);
	if (packets == 0)
		return;
	tally_add(&r->cpu_packet_us, (s->usage.cpu_us - before.cpu_us) /
	    packets);
	tally_add(&r->own_packet_us, (s->own.cpu_us - own.cpu_us) / packets);
}

/* The silence that lasts still is one, too. */
static void
count_gap(struct result *r, const struct track *t, int64_t now_us)
{
	int64_t since_us = t->heard_us != 0 ? now_us - t->heard_us : 0;
	int64_t gap_us = since_us > t->gap_us ? since_us : t->gap_us;

	tally_add(&r->gap_ms, (double)gap_us / 1000);
	r->gapped += gap_us > RESULT_GAP_MS * 1000;
}

static void
count_viewer(struct swarm *s, int i, int64_t now_us)
{
	struct result *r = &s->result;
	const struct viewer *v = s->viewers[i];
	const struct count *c = &s->counts[i];
	uint32_t lost = track_lost(&v->track);

	r->connected += v->connected;
	r->refused += v->times.refused != 0;
	r->failed += !v->connected && v->times.refused == 0;
	r->forged += v->track.forged;
	r->lost += lost > c->lost ? lost - c->lost : 0;
	r->lost_ever += lost;
	r->drops += viewer_drops(v) - c->drops;
	r->packets += v->track.packets - c->packets;
	if (is_to_pause(s, v)) {
		r->paused_packets += v->track.packets - c->packets;
		return;
	}
	if (v->times.refused != 0)
		return;
	tally_add(&r->packets_s, (double)(v->track.packets - c->packets) /
	    r->window_s);
	tally_add(&r->frames_s, (double)(v->track.frames - c->frames) /
	    r->window_s);
	if (v->connected)
		count_gap(r, &v->track, now_us);
}

static void
end_windows(struct swarm *s, int64_t now_us)
{
	struct result *r = &s->result;

	r->window_s = (double)(now_us - s->first_us) / 1e6;
	r->bytes = sum_bytes(s) - s->first_bytes;
	r->user_us = s->usage.user_us - s->first_usage.user_us;
	r->system_us = s->usage.cpu_us - s->first_usage.cpu_us - r->user_us;
	r->others_us = process_busy_us() - s->first_busy_us -
	    (s->usage.cpu_us - s->first_usage.cpu_us) -
	    (s->own.cpu_us - s->first_own.cpu_us);
	r->rss_after_kb = s->usage.rss_kb;
	for (int i = 0; i < s->n; i++)
		count_viewer(s, i, now_us);
}

static bool
poll_windows(struct swarm *s, int64_t now_us)
{
	double length_us = s->options.seconds * 1e6 / s->options.windows;

	if ((double)(now_us - s->first_us) < length_us * (s->window + 1))
		return false;
	end_window(s, now_us);
	if (++s->window < s->options.windows)
		return false;
	end_windows(s, now_us);
	return true;
}

/* Resuming */

static void
on_resumed(void *arg)
{
	struct swarm *s = arg;

	s->resumed = true;
}

static void
begin_resume(struct swarm *s)
{
	struct resume_config config = {
		.viewers = s->viewers, .n_viewers = s->options.paused,
		.times = s->options.resumes, .rate = s->options.resume_rate,
	};

	s->resumed = config.times == 0;
	if (!s->resumed)
		s->result.resume = resume_new(&config, on_resumed, s);
}

static bool
poll_resume(struct swarm *s, int64_t now_us)
{
	const struct options *o = &s->options;
	double limit_us = o->resumes / o->resume_rate * 1e6;

	if (o->paused > 0)
		limit_us += (double)o->resumes / o->paused * RESUME_US;
	return s->resumed ||
	    (double)(now_us - s->phase_us) > limit_us + RESUME_US;
}

/* The end */

static void
on_deleted(int status, const char *error, const char *body,
    const char *location, void *arg)
{
	struct swarm *s = arg;

	(void)status;
	(void)error;
	(void)body;
	(void)location;
	s->answers--;
}

static void
begin_goodbye(struct swarm *s)
{
	s->answers = 0;
	for (int i = 0; i < s->n; i++) {
		struct viewer *v = s->viewers[i];

		viewer_leave(v);
		if (v->location == NULL)
			continue;
		s->answers++;
		whep_delete(s->whep, v->location, on_deleted, s);
	}
}

static bool
poll_goodbye(struct swarm *s, int64_t now_us)
{
	return s->answers <= 0 || now_us - s->phase_us > GOODBYE_US;
}

static const struct phase phases[] = {
	{ NULL, poll_arrival },
	{ end_arrival, poll_settle },
	{ NULL, poll_live },
	{ begin_pause, poll_pause },
	{ NULL, poll_breath },
	{ begin_windows, poll_windows },
	{ begin_resume, poll_resume },
	{ begin_goodbye, poll_goodbye },
	{ NULL, NULL },
};

/* The loop */

/* Each viewer's turn comes once a second, spread over it. */
static void
tick_viewers(struct swarm *s, int64_t now_us)
{
	for (int i = (int)(s->steps++ % STEPS_S); i < s->n; i += STEPS_S)
		viewer_tick(s->viewers[i], now_us);
}

static void
on_step(evutil_socket_t fd, short what, void *arg)
{
	struct swarm *s = arg;
	int64_t now_us = clock_now_us();

	(void)fd;
	(void)what;
	tick_viewers(s, now_us);
	if (!s->phase->poll(s, now_us))
		return;
	s->phase++;
	s->phase_us = now_us;
	if (s->phase->begin != NULL)
		s->phase->begin(s);
	if (s->phase->poll == NULL)
		event_base_loopbreak(s->base);
}

/* A socket for each viewer, and for each of its requests. */
static void
raise_limits(void)
{
	struct rlimit limit;

	signal(SIGPIPE, SIG_IGN);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void
open_swarm(struct swarm *s)
{
	const struct options *o = &s->options;
	const char *error;

	s->base = event_base_new();
	s->whep = whep_new(s->base, o->url, o->control, &error);
	if (s->whep == NULL) {
		fprintf(stderr, "swarm: %s: %s\n", o->url, error);
		exit(2);
	}
	s->identity = dtls_identity_new();
	s->shared = (struct viewer_shared){ .base = s->base,
		.whep = s->whep, .identity = s->identity,
		.gro = !o->no_gro, .reports = !o->no_reports,
		.event = on_event, .arg = s };
	if (s->identity == NULL ||
	    whep_local_address(s->whep, &s->shared.local) == -1) {
		fprintf(stderr, "swarm: no way to the server\n");
		exit(1);
	}
	s->viewers = xcalloc((size_t)o->viewers + 1, sizeof *s->viewers);
	s->counts = xcalloc((size_t)o->viewers + 1, sizeof *s->counts);
	read_usage(s, &s->usage, &s->own);
	s->result.rss_before_kb = s->usage.rss_kb;
}

static void
run_swarm(struct swarm *s)
{
	struct timeval tv = clock_timeval(STEP_US);

	s->phase = phases;
	s->phase_us = clock_now_us();
	s->step = event_new(s->base, -1, EV_PERSIST, on_step, s);
	event_add(s->step, &tv);
	event_base_dispatch(s->base);
}

static void
close_swarm(struct swarm *s)
{
	resume_free(s->result.resume);
	event_free(s->step);
	for (int i = 0; i < s->n; i++)
		viewer_free(s->viewers[i]);
	free(s->viewers);
	free(s->counts);
	dtls_identity_free(s->identity);
	whep_free(s->whep);
	event_base_free(s->base);
}

int
main(int argc, char **argv)
{
	static struct swarm s;
	int failed;

	options_read(&s.options, argc, argv);
	raise_limits();
	open_swarm(&s);
	run_swarm(&s);
	result_write(&s.result, &s.options, stdout);
	failed = s.result.failed;
	close_swarm(&s);
	return failed == 0 ? 0 : 1;
}
