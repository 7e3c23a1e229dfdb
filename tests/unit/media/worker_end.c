#include "tests/unit/media/worker_end.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "json.h"
#include "media/job.h"
#include "xalloc.h"

#define PATIENCE_MS	(60 * 1000)	/* sanitizers are slow */
#define PIECE		65536

struct bytes {
	uint8_t	*data;
	size_t	 len;
};

struct worker_end {
	int			 fd, job_fd;
	void			(*run)(struct job *, const json_t *);
	json_t			*what;
	pthread_t		 thread;
	pid_t			 pid;		/* 0: it is the thread */
	bool			 held;
	struct bytes		 in, out;
	size_t			 taken;	/* of `in` */
	struct media_wire	 message;
};

static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "worker_end: %s: %s\n", what, strerror(errno));
	abort();
}

static void *
run_job(void *arg)
{
	struct worker_end *w = arg;
	struct job *job = job_new(w->job_fd);

	w->run(job, w->what);
	job_free(job);
	return NULL;
}

static void
bytes_add(struct bytes *b, const void *data, size_t len)
{
	b->data = xrealloc(b->data, b->len + len + 1);
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
}

static struct worker_end *
new_end(void)
{
	struct worker_end *w = xcalloc(1, sizeof *w);
	int fds[2];

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0,
	    "socketpair");
	w->fd = fds[0];
	w->job_fd = fds[1];
	must(fcntl(w->fd, F_SETFL, O_NONBLOCK) == 0, "fcntl");
	bytes_add(&w->in, "", 0);
	return w;
}

struct worker_end *
worker_end_spawn(const char *program, const char *text)
{
	struct worker_end *w = new_end();

	w->pid = fork();
	must(w->pid != -1, "fork");
	if (w->pid == 0) {
		dup2(w->job_fd, STDIN_FILENO);
		execl(program, program, (char *)NULL);
		_exit(127);
	}
	close(w->job_fd);
	worker_end_tell(w, text);
	return w;
}

struct worker_end *
worker_end_new(void (*run)(struct job *, const json_t *), const char *text)
{
	struct worker_end *w = new_end();

	w->run = run;
	w->what = json_loads(text, 0, NULL);
	must(w->what != NULL, text);
	must(pthread_create(&w->thread, NULL, run_job, w) == 0, "a thread");
	return w;
}

static void
read_some(struct worker_end *w)
{
	uint8_t piece[PIECE];
	ssize_t n = recv(w->fd, piece, sizeof piece, MSG_DONTWAIT);

	if (n > 0)
		bytes_add(&w->in, piece, (size_t)n);
}

static void
write_some(struct worker_end *w)
{
	ssize_t n = send(w->fd, w->out.data, w->out.len,
	    MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n == -1 && errno != EAGAIN)
		w->out.len = 0;	/* the job is over */
	if (n <= 0)
		return;
	memmove(w->out.data, w->out.data + n, w->out.len - (size_t)n);
	w->out.len -= (size_t)n;
}

static void
flush_out(struct worker_end *w)
{
	struct pollfd p = { .fd = w->fd, .events = POLLIN | POLLOUT };

	while (w->out.len > 0) {
		must(poll(&p, 1, PATIENCE_MS) == 1, "the job does not read");
		if ((p.revents & POLLIN) != 0)
			read_some(w);
		write_some(w);
	}
}

void
worker_end_hold(struct worker_end *w)
{
	w->held = true;
}

void
worker_end_release(struct worker_end *w)
{
	w->held = false;
	write_some(w);
	must(w->out.len == 0, "more than the socket holds");
}

int
worker_end_free(struct worker_end *w)
{
	int status = 0;

	close(w->fd);
	if (w->pid == 0)
		pthread_join(w->thread, NULL);
	else
		must(waitpid(w->pid, &status, 0) == w->pid, "waitpid");
	json_decref(w->what);
	free(w->in.data);
	free(w->out.data);
	free(w);
	return status;
}

int
worker_end_kill(struct worker_end *w)
{
	kill(w->pid, SIGKILL);
	return WTERMSIG(worker_end_free(w));
}

void
worker_end_say(struct worker_end *w, const struct media_wire *m)
{
	uint8_t header[MEDIA_WIRE_HEADER];

	media_wire_write(m, header);
	bytes_add(&w->out, header, sizeof header);
	bytes_add(&w->out, m->data, m->len);
	if (!w->held)
		flush_out(w);
}

void
worker_end_tell(struct worker_end *w, const char *text)
{
	worker_end_say(w, &(struct media_wire){
		.kind = MEDIA_WIRE_CONTROL, .len = strlen(text),
		.data = (const uint8_t *)text });
}

const struct media_wire *
worker_end_hear(struct worker_end *w)
{
	struct pollfd p = { .fd = w->fd, .events = POLLIN };
	size_t wanted, before;
	ptrdiff_t n;

	for (;;) {
		n = media_wire_read(w->in.data + w->taken,
		    w->in.len - w->taken, &w->message, &wanted);
		must(n >= 0, "nonsense from the job");
		if (n > 0)
			break;
		memmove(w->in.data, w->in.data + w->taken,
		    w->in.len -= w->taken);
		w->taken = 0;
		must(poll(&p, 1, PATIENCE_MS) == 1, "the job says nothing");
		before = w->in.len;
		read_some(w);
		if (w->in.len == before)
			return NULL;
	}
	w->taken += (size_t)n;
	return &w->message;
}

json_t *
worker_end_hear_json(struct worker_end *w)
{
	const struct media_wire *m = worker_end_hear(w);
	struct error err;

	must(m != NULL && m->kind == MEDIA_WIRE_CONTROL, "no JSON");
	return json_parse(m->data, m->len, &err);
}
