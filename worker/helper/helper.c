#include "helper.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "json.h"
#include "log.h"
#include "process.h"
#include "xalloc.h"

struct helper {
	TAILQ_ENTRY(helper)	 entry;		/* of those that were freed */
	struct helper_handler	 handler;
	void			*arg;
	pid_t			 pid;
	int			 pidfd;
	struct event		*death;
	struct bufferevent	*bev;		/* NULL: the socket is closed */
	bool			 killed;	/* freed: it is in `dying` */
	bool			 dead;		/* reaped */
	bool			 busy, freed;	/* within a callback */
	char			 how[64];
};

static TAILQ_HEAD(, helper) dying = TAILQ_HEAD_INITIALIZER(dying);

static struct {
	char	*folder;	/* NULL: there is none */
	int	 videos;
} limit;

void
helper_limit(const char *folder, int videos)
{
	free(limit.folder);
	limit.folder = folder != NULL ? xstrdup(folder) : NULL;
	limit.videos = videos;
}

static void
close_socket(struct helper *h)
{
	if (h->bev != NULL)
		bufferevent_free(h->bev);
	h->bev = NULL;
}

static void
release(struct helper *h)
{
	close_socket(h);
	if (h->death != NULL)
		event_free(h->death);
	if (h->pidfd != -1)
		close(h->pidfd);
	free(h);
}

/* What it said last comes before its end. */
static void
tell_end(struct helper *h)
{
	if (h->dead && h->bev == NULL)
		h->handler.ended(h->how, h->arg);
}

static void
on_death(evutil_socket_t fd, short what, void *arg)
{
	struct helper *h = arg;
	int status;

	(void)fd;
	(void)what;
	if (waitpid(h->pid, &status, WNOHANG) != h->pid)
		return;
	event_del(h->death);
	h->dead = true;
	process_describe_end(status, h->how, sizeof h->how);
	if (h->killed) {
		TAILQ_REMOVE(&dying, h, entry);
		release(h);
		return;
	}
	tell_end(h);
}

/* A helper that closes its end, or sends what is no message, is of no more
 * use. */
static void
hang_up(struct helper *h)
{
	close_socket(h);
	kill(h->pid, SIGKILL);
	tell_end(h);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct helper *h = arg;
	size_t wanted = MEDIA_WIRE_HEADER, have;
	struct media_wire m;
	ptrdiff_t n = 0;

	h->busy = true;
	while (!h->freed && (have = evbuffer_get_length(in)) >= wanted) {
		n = media_wire_read(evbuffer_pullup(in, (ev_ssize_t)wanted),
		    wanted, &m, &wanted);
		if (n == -1)
			break;
		if (n == 0)
			continue;
		h->handler.message(&m, h->arg);
		evbuffer_drain(in, (size_t)n);
		wanted = MEDIA_WIRE_HEADER;
	}
	h->busy = false;
	if (h->freed)
		helper_free(h);
	else if (n == -1)
		hang_up(h);
	else
		bufferevent_setwatermark(bev, EV_READ, wanted, 0);
}

/* Of one that takes no more, what it said last is still to be read. */
static void
on_hang_up(struct bufferevent *bev, short what, void *arg)
{
	if ((what & BEV_EVENT_WRITING) != 0)
		bufferevent_disable(bev, EV_WRITE);
	else
		hang_up(arg);
}

static int
spawn(struct helper *h, const char *program, int fd, struct error *err)
{
	char *argv[] = { (char *)(uintptr_t)program, NULL };
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t none;
	int error;

	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, fd, STDIN_FILENO);
	posix_spawn_file_actions_addclosefrom_np(&fa, 3);
	error = posix_spawn(&h->pid, program, &fa, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	posix_spawnattr_destroy(&attr);
	if (error != 0)
		error_set(err, "cannot run %s: %s", program, strerror(error));
	return error == 0 ? 0 : -1;
}

/* -1 if it cannot be watched: then it is dead. */
static int
watch(struct helper *h, struct event_base *base, struct error *err)
{
	h->pidfd = pidfd_open(h->pid, 0);
	if (h->pidfd == -1) {
		error_set(err, "cannot watch a process: %s", strerror(errno));
		kill(h->pid, SIGKILL);
		waitpid(h->pid, NULL, 0);
		return -1;
	}
	h->death = event_new(base, h->pidfd, EV_READ | EV_PERSIST, on_death,
	    h);
	event_add(h->death, NULL);
	return 0;
}

static int
start(struct helper *h, struct event_base *base, const char *program,
    struct error *err)
{
	int fds[2], ret;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == -1) {
		error_set(err, "cannot make a socket: %s", strerror(errno));
		return -1;
	}
	evutil_make_socket_nonblocking(fds[0]);
	h->bev = bufferevent_socket_new(base, fds[0], BEV_OPT_CLOSE_ON_FREE);
	ret = spawn(h, program, fds[1], err);
	close(fds[1]);
	if (ret == -1 || watch(h, base, err) == -1)
		return -1;
	bufferevent_setcb(h->bev, on_read, NULL, on_hang_up, h);
	bufferevent_enable(h->bev, EV_READ | EV_WRITE);
	return 0;
}

struct helper *
helper_start(struct event_base *base, const char *program, json_t *job,
    const struct helper_handler *handler, void *arg, struct error *err)
{
	struct helper *h = xcalloc(1, sizeof *h);

	h->handler = *handler;
	h->arg = arg;
	h->pidfd = -1;
	if (start(h, base, program, err) == -1) {
		json_decref(job);
		release(h);
		return NULL;
	}
	json_object_set_new(job, "log",
	    json_string(log_level_name(log_level_now())));
	json_object_set_new(job, "stream", json_string(log_tag()));
	if (limit.folder != NULL)
		json_object_set_new(job, "slots", json_pack("{s:s,s:i}",
		    "folder", limit.folder, "n", limit.videos));
	helper_tell(h, job);
	return h;
}

void
helper_free(struct helper *h)
{
	if (h == NULL)
		return;
	h->freed = true;
	if (h->busy)
		return;
	close_socket(h);
	if (h->dead) {
		release(h);
		return;
	}
	kill(h->pid, SIGKILL);
	h->killed = true;
	TAILQ_INSERT_TAIL(&dying, h, entry);
}

int
helper_send(struct helper *h, const struct media_wire *m)
{
	uint8_t header[MEDIA_WIRE_HEADER];
	struct evbuffer *out;

	if (h->bev == NULL)
		return -1;
	out = bufferevent_get_output(h->bev);
	if (evbuffer_get_length(out) + m->len > HELPER_MAX_WAITING)
		return -1;
	media_wire_write(m, header);
	evbuffer_add(out, header, sizeof header);
	evbuffer_add(out, m->data, m->len);
	return 0;
}

int
helper_tell(struct helper *h, json_t *o)
{
	struct media_wire m = { .kind = MEDIA_WIRE_CONTROL };
	char *text = json_text(o, &m.len);
	int ret;

	m.data = (const uint8_t *)text;
	ret = helper_send(h, &m);
	free(text);
	json_decref(o);
	return ret;
}

void
helper_exit(void)
{
	struct helper *h;

	while ((h = TAILQ_FIRST(&dying)) != NULL) {
		waitpid(h->pid, NULL, 0);
		TAILQ_REMOVE(&dying, h, entry);
		release(h);
	}
	helper_limit(NULL, 0);
}
