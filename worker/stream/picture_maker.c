#include "picture_maker.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/event.h>

#include "clock.h"
#include "json.h"
#include "worker/helper/helper.h"
#include "worker/media/media.h"
#include "xalloc.h"

/* Of the requests, those that were sent come first, in their order. */
struct picture_request {
	TAILQ_ENTRY(picture_request) entry;
	struct picture_maker	*maker;
	int			 width, height;
	int64_t			 time_us;	/* of the frame, once sent */
	bool			 sent;
	picture_cb		*cb;
	void			*arg;
	struct event		*deadline;
};

struct picture_maker {
	struct event_base	*base;
	const char		*program;
	struct helper		*helper;	/* NULL: none is running */
	struct event		*linger;
	TAILQ_HEAD(, picture_request) requests;
	int			 n;

	/* The last one. */
	uint8_t			*jpeg;		/* or NULL */
	size_t			 jpeg_len;
	int			 jpeg_width, jpeg_height;	/* asked for */
	int64_t			 jpeg_time_us;
};

static void
picture_maker_stop(struct picture_maker *m)
{
	helper_free(m->helper);
	m->helper = NULL;
}

static void
on_linger(evutil_socket_t fd, short what, void *arg)
{
	struct picture_maker *m = arg;

	(void)fd;
	(void)what;
	picture_maker_stop(m);
	free(m->jpeg);
	m->jpeg = NULL;
}

struct picture_maker *
picture_maker_new(struct event_base *base, const char *program)
{
	struct picture_maker *m = xcalloc(1, sizeof *m);

	m->base = base;
	m->program = program;
	m->linger = evtimer_new(base, on_linger, m);
	TAILQ_INIT(&m->requests);
	return m;
}

/* Takes the request off the list before it is answered: who is answered may
 * ask again. */
static void
picture_answer(struct picture_request *r, int status, const char *error,
    const void *data, size_t len)
{
	TAILQ_REMOVE(&r->maker->requests, r, entry);
	r->maker->n--;
	event_free(r->deadline);
	r->cb(status, error, data, len, r->arg);
	free(r);
}

/* Those that were sent get no answer any more. */
static void
fail_sent(struct picture_maker *m, const char *why)
{
	struct picture_request *r;

	picture_maker_stop(m);
	while ((r = TAILQ_FIRST(&m->requests)) != NULL && r->sent)
		picture_answer(r, 503, why, NULL, 0);
}

void
picture_maker_free(struct picture_maker *m)
{
	struct picture_request *r;

	picture_maker_stop(m);
	while ((r = TAILQ_FIRST(&m->requests)) != NULL)
		picture_answer(r, 503, "the stream is being stopped", NULL, 0);
	event_free(m->linger);
	free(m->jpeg);
	free(m);
}

/* The helper may hang in this one, so that those behind it are lost, too. */
static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct picture_request *r = arg;

	(void)fd;
	(void)what;
	if (r->sent)
		fail_sent(r->maker, "the picture takes too long");
	else
		picture_answer(r, 504, "the camera sent no key frame in time",
		    NULL, 0);
}

static void
keep_picture(struct picture_maker *m, const struct picture_request *r,
    const struct media_wire *w)
{
	free(m->jpeg);
	m->jpeg = xmemdup(w->data, w->len);
	m->jpeg_len = w->len;
	m->jpeg_width = r->width;
	m->jpeg_height = r->height;
	m->jpeg_time_us = r->time_us;
}

static void
picture_maker_on_message(const struct media_wire *w, void *arg)
{
	struct picture_maker *m = arg;
	struct picture_request *r = TAILQ_FIRST(&m->requests);
	struct error err;
	json_t *o;

	if (r == NULL || !r->sent)
		return;
	if (w->kind == MEDIA_WIRE_PICTURE) {
		keep_picture(m, r, w);
		picture_answer(r, 200, NULL, w->data, w->len);
		return;
	}
	o = w->kind == MEDIA_WIRE_CONTROL ?
	    json_parse(w->data, w->len, &err) : NULL;
	if (strcmp(json_get_string(o, "event", ""), "failed") == 0)
		picture_answer(r, 503, json_get_string(o, "error",
		    "no reason given"), NULL, 0);
	json_decref(o);
}

static void
picture_maker_on_ended(const char *how, void *arg)
{
	struct error why;

	error_set(&why, "lull-media ended: %s", how);
	fail_sent(arg, why.text);
}

static int
picture_maker_start(struct picture_maker *m, struct error *err)
{
	static const struct helper_handler handler = {
		picture_maker_on_message, picture_maker_on_ended
	};

	if (m->helper == NULL)
		m->helper = helper_start(m->base, m->program,
		    json_pack("{s:s}", "job", "picture"), &handler, m, err);
	return m->helper != NULL ? 0 : -1;
}

static int
send_request(struct picture_request *r, const struct picture_frame *f,
    struct error *err)
{
	const struct media_wire w = {
		.kind = MEDIA_WIRE_VIDEO, .flags = MEDIA_WIRE_KEY,
		.time_us = f->unit->time_us,
		.data = f->unit->data, .len = f->unit->len,
	};
	struct picture_maker *m = r->maker;

	if (picture_maker_start(m, err) == -1)
		return -1;
	error_set(err, "too many pictures are asked for");
	r->sent = true;
	r->time_us = f->unit->time_us;
	return helper_tell(m->helper, json_pack("{s:{s:s,s:i,s:i,s:i}}",
	    "picture", "coder", f->coder, "units", 1, "width", r->width,
	    "height", r->height)) == -1 || helper_send(m->helper, &w) == -1 ?
	    -1 : 0;
}

static void
make_picture(struct picture_request *r, const struct picture_frame *f)
{
	struct timeval linger = clock_timeval(PICTURE_MAKER_LINGER_MS * 1000LL);
	struct picture_maker *m = r->maker;
	struct error err;

	event_add(m->linger, &linger);
	if (m->jpeg != NULL && m->jpeg_time_us == f->unit->time_us &&
	    m->jpeg_width == r->width && m->jpeg_height == r->height)
		picture_answer(r, 200, NULL, m->jpeg, m->jpeg_len);
	else if (send_request(r, f, &err) == -1)
		picture_answer(r, 503, err.text, NULL, 0);
}

void
picture_maker_ask(struct picture_maker *m, const struct picture_frame *f,
    int width, int height, picture_cb *cb, void *arg)
{
	struct timeval tv = clock_timeval(PICTURE_MAKER_WAIT_MS * 1000LL);
	struct picture_request *r;

	if (m->n == PICTURE_MAKER_WAITING) {
		cb(503, "too many pictures are asked for", NULL, 0, arg);
		return;
	}
	r = xcalloc(1, sizeof *r);
	r->maker = m;
	r->width = width;
	r->height = height;
	r->cb = cb;
	r->arg = arg;
	r->deadline = evtimer_new(m->base, on_deadline, r);
	event_add(r->deadline, &tv);
	TAILQ_INSERT_TAIL(&m->requests, r, entry);
	m->n++;
	if (f->unit != NULL)
		make_picture(r, f);
}

void
picture_maker_show(struct picture_maker *m, const struct picture_frame *f)
{
	struct picture_request *r, *next;

	for (r = TAILQ_FIRST(&m->requests); r != NULL; r = next) {
		next = TAILQ_NEXT(r, entry);
		if (!r->sent)
			make_picture(r, f);
	}
}
