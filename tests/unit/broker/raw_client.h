#ifndef LULL_TEST_RAW_CLIENT_H
#define LULL_TEST_RAW_CLIENT_H

/* A client that says what the test says, byte by byte, on the event loop
 * of the server it talks to. */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "xalloc.h"

struct raw {
	struct event_base	*base;
	struct bufferevent	*bev;
	struct evbuffer		*got;	/* all that came and is not taken */
	bool			 ended;
};

static inline void
raw_on_readable(struct bufferevent *bev, void *arg)
{
	struct raw *c = arg;

	bufferevent_read_buffer(bev, c->got);
}

static inline void
raw_on_event(struct bufferevent *bev, short what, void *arg)
{
	struct raw *c = arg;

	(void)bev;
	if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0)
		c->ended = true;
}

static inline struct raw *
raw_open(struct event_base *base, int fd, const void *addr, socklen_t len)
{
	struct raw *c = xcalloc(1, sizeof *c);

	if (fd == -1 || connect(fd, addr, len) == -1) {
		perror("connect");
		exit(1);
	}
	evutil_make_socket_nonblocking(fd);
	c->base = base;
	c->got = evbuffer_new();
	c->bev = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(c->bev, raw_on_readable, NULL, raw_on_event, c);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
	return c;
}

static inline struct raw *
raw_open_unix(struct event_base *base, const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	snprintf(sun.sun_path, sizeof sun.sun_path, "%s", path);
	return raw_open(base, socket(AF_UNIX, SOCK_STREAM, 0), &sun,
	    sizeof sun);
}

static inline struct raw *
raw_open_tcp(struct event_base *base, int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	return raw_open(base, socket(AF_INET, SOCK_STREAM, 0), &sin,
	    sizeof sin);
}

static inline void
raw_close(struct raw *c)
{
	bufferevent_free(c->bev);
	evbuffer_free(c->got);
	free(c);
}

static inline void
raw_send(struct raw *c, const void *data, size_t len)
{
	bufferevent_write(c->bev, data, len);
}

static inline void
raw_say(struct raw *c, const char *text)
{
	raw_send(c, text, strlen(text));
}

/* Runs the loop until `*flag`. */
static inline void
raw_until(struct event_base *base, const bool *flag)
{
	while (!*flag && event_base_loop(base, EVLOOP_ONCE) == 0)
		;
}

static inline void
raw_wait_end(struct raw *c)
{
	raw_until(c->base, &c->ended);
}

/* Waits for `len` bytes or the end; how many there are. */
static inline size_t
raw_wait_bytes(struct raw *c, size_t len)
{
	while (evbuffer_get_length(c->got) < len && !c->ended &&
	    event_base_loop(c->base, EVLOOP_ONCE) == 0)
		;
	return evbuffer_get_length(c->got);
}

/* Waits for `text`, or the end: all up to and with it as a string, which
 * the caller frees; NULL if it never came. */
static inline char *
raw_wait(struct raw *c, const char *text)
{
	size_t len = strlen(text);
	struct evbuffer_ptr p;
	char *s;

	for (;;) {
		p = evbuffer_search(c->got, text, len, NULL);
		if (p.pos != -1 || c->ended ||
		    event_base_loop(c->base, EVLOOP_ONCE) != 0)
			break;
	}
	if (p.pos == -1)
		return NULL;
	s = xcalloc(1, (size_t)p.pos + len + 1);
	evbuffer_remove(c->got, s, (size_t)p.pos + len);
	return s;
}

/* One HTTP answer: its head, NULL if none; the body goes to `body`, which
 * may be NULL. The caller frees both. */
static inline char *
raw_answer(struct raw *c, char **body)
{
	char *head = raw_wait(c, "\r\n\r\n");
	const char *length;
	size_t len;

	if (body != NULL)
		*body = NULL;
	if (head == NULL)
		return NULL;
	length = strstr(head, "\r\nContent-Length: ");
	len = length != NULL ? strtoul(length + 18, NULL, 10) : 0;
	if (body == NULL || raw_wait_bytes(c, len) < len)
		return head;
	*body = xcalloc(1, len + 1);
	evbuffer_remove(c->got, *body, len);
	return head;
}

/* The port of this process's one listening TCP socket. */
static inline int
raw_server_port(void)
{
	struct sockaddr_storage ss;

	for (int fd = 3; fd < 256; fd++) {
		socklen_t len = sizeof ss, n = sizeof(int);
		int on = 0;

		if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &n) == -1 ||
		    !on || getsockname(fd, (struct sockaddr *)&ss, &len) == -1)
			continue;
		if (ss.ss_family == AF_INET)
			return ntohs(((struct sockaddr_in *)&ss)->sin_port);
		if (ss.ss_family == AF_INET6)
			return ntohs(((struct sockaddr_in6 *)&ss)->sin6_port);
	}
	return -1;
}

#endif
