#include "media_port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "clock.h"
#include "id.h"
#include "log.h"
#include "rundir.h"
#include "table.h"
#include "xalloc.h"

#define MAX_TURN	64	/* handovers read in one turn */
#define REST_MS		100	/* without descriptors */
#define MAX_TAGS	16	/* tried until one is free */

/* Who waits for what is handed over for a ufrag. */
struct port_user {
	char			 ufrag[FIRST_CHECK_UFRAG + 1];
	media_port_cb		*cb;
	void			*arg;
};

/* A connection of a broker's: of this one, or the one before. */
struct port_broker {
	LIST_ENTRY(port_broker)	 entry;
	struct media_port	*port;
	int			 fd;
	struct event		*event;
};

struct media_port {
	struct event_base	*base;
	struct media_port_config config;
	char			 tag[FIRST_CHECK_TAG + 1];
	char			*address, *door, **announced;
	int			 fd;
	struct event		*event, *rest;
	struct table		*users;
	LIST_HEAD(, port_broker) brokers;
};

/* Letters and digits of equal probability: two bytes in 256 are thrown away. */
static void
random_letters(char *text, size_t len)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789";
	const unsigned n = sizeof letters - 1;
	uint8_t byte;

	for (size_t i = 0; i < len;) {
		id_random(&byte, sizeof byte);
		if (byte < 256 / n * n)
			text[i++] = letters[byte % n];
	}
	text[len] = '\0';
}

static void
broker_gone(struct port_broker *b)
{
	LIST_REMOVE(b, entry);
	event_free(b->event);
	close(b->fd);
	free(b);
}

static void
take_handover(struct media_port *p, struct handover *h)
{
	char ufrag[FIRST_CHECK_UFRAG + 1] = "";
	struct port_user *u = NULL;

	if (h->kind == HANDOVER_RTSP && h->len == FIRST_CHECK_UFRAG) {
		memcpy(ufrag, h->data, h->len);
		u = table_get(p->users, ufrag);
	} else if (first_check_read(h->data, h->len, ufrag)) {
		u = table_get(p->users, ufrag);
	}
	if (u != NULL)
		u->cb(h, u->arg);
	else if (h->fd != -1)
		close(h->fd);
}

static void
port_on_handover(evutil_socket_t fd, short what, void *arg)
{
	struct port_broker *b = arg;
	struct handover h;

	(void)what;
	for (int i = 0; i < MAX_TURN; i++) {
		int rc = handover_receive((int)fd, &h);

		if (rc == 1) {
			take_handover(b->port, &h);
		} else if (rc == -1 && errno == EAGAIN) {
			return;
		} else if (rc == 0 || errno != EBADMSG) {
			broker_gone(b);
			return;
		}
	}
}

static void
port_on_rested(evutil_socket_t fd, short what, void *arg)
{
	struct media_port *p = arg;

	(void)fd;
	(void)what;
	event_add(p->event, NULL);
}

/* The broker goes on knocking, which would be told of again and again. */
static void
rest_without_descriptors(struct media_port *p)
{
	struct timeval tv = clock_timeval(REST_MS * 1000LL);

	if (errno != EMFILE && errno != ENFILE)
		return;
	event_del(p->event);
	event_add(p->rest, &tv);
}

static void
port_on_broker(evutil_socket_t fd, short what, void *arg)
{
	struct media_port *p = arg;
	struct port_broker *b;
	int conn = accept4((int)fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)what;
	if (conn == -1) {
		rest_without_descriptors(p);
		return;
	}
	b = xcalloc(1, sizeof *b);
	b->port = p;
	b->fd = conn;
	b->event = event_new(p->base, conn, EV_READ | EV_PERSIST,
	    port_on_handover, b);
	event_add(b->event, NULL);
	LIST_INSERT_HEAD(&p->brokers, b, entry);
}

/* Another worker may have the same tag, by chance. */
static int
open_door(struct media_port *p, struct error *err)
{
	for (int i = 0; i < MAX_TAGS; i++) {
		random_letters(p->tag, FIRST_CHECK_TAG);
		free(p->door);
		p->door = rundir_door(p->config.folder, p->tag);
		p->fd = handover_listen(p->door, err);
		if (p->fd != -1 || errno != EADDRINUSE)
			break;
	}
	return p->fd == -1 ? -1 : 0;
}

static char **
copy_texts(const char *const *texts)
{
	size_t n = 0;
	char **copy;

	while (texts[n] != NULL)
		n++;
	copy = xcalloc(n + 1, sizeof *copy);
	for (size_t i = 0; i < n; i++)
		copy[i] = xstrdup(texts[i]);
	return copy;
}

static void
free_texts(char **texts)
{
	for (char **text = texts; *text != NULL; text++)
		free(*text);
	free(texts);
}

struct media_port *
media_port_open(struct event_base *base, const struct media_port_config *c,
    struct error *err)
{
	struct media_port *p = xcalloc(1, sizeof *p);

	p->base = base;
	p->config = *c;
	p->config.address = p->address = xstrdup(c->address);
	p->config.announced = (const char *const *)
	    (p->announced = copy_texts(c->announced));
	LIST_INIT(&p->brokers);
	p->users = table_new();
	if (open_door(p, err) == -1) {
		free(p->door);	/* not ours to unlink */
		p->door = NULL;
		media_port_close(p);
		return NULL;
	}
	p->config.folder = NULL;
	p->event = event_new(base, p->fd, EV_READ | EV_PERSIST, port_on_broker,
	    p);
	event_add(p->event, NULL);
	p->rest = evtimer_new(base, port_on_rested, p);
	return p;
}

void
media_port_close(struct media_port *p)
{
	struct port_broker *b;

	if (p == NULL)
		return;
	while ((b = LIST_FIRST(&p->brokers)) != NULL)
		broker_gone(b);
	if (p->event != NULL) {
		event_free(p->event);
		event_free(p->rest);
	}
	if (p->fd != -1)
		close(p->fd);
	if (p->door != NULL)
		unlink(p->door);
	free(p->door);
	free(p->address);
	free_texts(p->announced);
	table_free(p->users);
	free(p);
}

const struct media_port_config *
media_port_config(const struct media_port *p)
{
	return &p->config;
}

void
media_port_announce(struct media_port *p, const char *const *announced)
{
	free_texts(p->announced);
	p->announced = copy_texts(announced);
	p->config.announced = (const char *const *)p->announced;
}

void
media_port_ufrag(const struct media_port *p,
    char ufrag[FIRST_CHECK_UFRAG + 1])
{
	memcpy(ufrag, p->tag, FIRST_CHECK_TAG);
	do
		random_letters(ufrag + FIRST_CHECK_TAG,
		    FIRST_CHECK_UFRAG - FIRST_CHECK_TAG);
	while (table_get(p->users, ufrag) != NULL);
}

void
media_port_add(struct media_port *p, const char *ufrag, media_port_cb *cb,
    void *arg)
{
	struct port_user *u = xcalloc(1, sizeof *u);

	memcpy(u->ufrag, ufrag, FIRST_CHECK_UFRAG);
	u->cb = cb;
	u->arg = arg;
	table_put(p->users, u->ufrag, u);
}

void
media_port_remove(struct media_port *p, const char *ufrag)
{
	struct port_user *u = table_get(p->users, ufrag);

	table_remove(p->users, ufrag);
	free(u);
}
