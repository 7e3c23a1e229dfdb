#include "video_coder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "log.h"
#include "worker/camera/intake.h"
#include "worker/helper/helper.h"
#include "worker/media/video.h"
#include "xalloc.h"

struct video_coder {
	struct event_base	*base;
	const char		*program;
	struct video_coder_wish	 wish;
	struct feed_handler	 handler;
	void			*arg;
	struct intake		*intake;	/* of what it makes; NULL until
						   it has begun once */
	char			 coder[SOUND_CODER_MAX]; /* of what it gets */
	struct helper		*helper;	/* NULL: none is running */
	bool			 gated;		/* until a key frame */
	int64_t			 watched_us;	/* last */
	int64_t			 failed_us;	/* 0: it has not */
	struct error		 failure;	/* why, then */
};

struct video_coder *
video_coder_new(struct event_base *base, const char *program,
    const struct feed_handler *handler, void *arg)
{
	struct video_coder *c = xcalloc(1, sizeof *c);

	c->base = base;
	c->program = program;
	c->handler = *handler;
	c->arg = arg;
	c->gated = true;
	return c;
}

static void
stop(struct video_coder *c)
{
	helper_free(c->helper);
	c->helper = NULL;
	c->gated = true;
}

void
video_coder_free(struct video_coder *c)
{
	if (c == NULL)
		return;
	stop(c);
	if (c->intake != NULL)
		intake_free(c->intake);
	free(c);
}

void
video_coder_set_wish(struct video_coder *c,
    const struct video_coder_wish *wish)
{
	c->wish = *wish;
}

static void
fail(struct video_coder *c, const char *why)
{
	error_set(&c->failure, "no H264 is made of %s: %s", c->coder, why);
	intake_end(c->intake, IPC_SOURCE_LOST, "%s", c->failure.text);
	c->failed_us = clock_now_us();
	stop(c);
}

static void
take_control(struct video_coder *c, const struct media_wire *m)
{
	struct error err;
	json_t *o = json_parse(m->data, m->len, &err);
	const char *event = json_get_string(o, "event", "");

	if (strcmp(event, "end") == 0)
		fail(c, json_get_string(o, "error", "no reason given"));
	else if (strcmp(event, "begin") == 0)
		log_info("video", "H264 is made of %s by %s", c->coder,
		    json_get_string(o, "encoder", "?"));
	json_decref(o);
}

static void
video_coder_on_message(const struct media_wire *m, void *arg)
{
	struct video_coder *c = arg;

	if (m->kind == MEDIA_WIRE_CONTROL)
		take_control(c, m);
	else if (m->kind == MEDIA_WIRE_VIDEO)
		intake_video(c->intake, m->data, m->len, m->time_us, false);
}

static void
video_coder_on_ended(const char *how, void *arg)
{
	fail(arg, how);
}

static void
start(struct video_coder *c)
{
	static const struct helper_handler handler = {
		video_coder_on_message, video_coder_on_ended
	};
	const struct video_coder_wish *w = &c->wish;
	struct error err;
	char note[64];

	if (c->intake == NULL)
		c->intake = intake_new(&c->handler, c->arg, &intake_times);
	c->failed_us = 0;
	c->helper = helper_start(c->base, c->program, json_pack(
	    "{s:s,s:s,s:i,s:i,s:s}", "job", "video", "coder", c->coder,
	    "width", w->width, "height", w->width == 0 && w->height == 0 ?
	    VIDEO_CODER_HEIGHT : w->height, "hardware", w->hardware),
	    &handler, c, &err);
	if (c->helper == NULL) {
		fail(c, err.text);
		return;
	}
	snprintf(note, sizeof note, "made of %s", c->coder);
	intake_begin(c->intake, video_codec(MEDIA_H264), NULL, note, NULL, 0);
}

static bool
may_try(const struct video_coder *c, int64_t now_us)
{
	return c->failed_us == 0 ||
	    now_us - c->failed_us >= VIDEO_CODER_RETRY_MS * 1000LL;
}

const char *
video_coder_failure(const struct video_coder *c)
{
	return may_try(c, clock_now_us()) ? NULL : c->failure.text;
}

static void
send_unit(struct video_coder *c, const struct media_unit *u)
{
	const struct media_wire m = {
		.kind = MEDIA_WIRE_VIDEO,
		.flags = u->key ? MEDIA_WIRE_KEY : 0, .time_us = u->time_us,
		.data = u->data, .len = u->len,
	};

	if (c->gated && !u->key)
		return;
	c->gated = helper_send(c->helper, &m) == -1;
}

bool
video_coder_is_gated(const struct video_coder *c)
{
	return c->gated;
}

void
video_coder_take(struct video_coder *c, const char *coder,
    const struct media_unit *u, bool watched)
{
	int64_t now_us = clock_now_us();

	if (strcmp(coder, c->coder) != 0 || u->restart) {
		stop(c);
		snprintf(c->coder, sizeof c->coder, "%s", coder);
		c->failed_us = 0;
	}
	if (!watched) {
		c->gated = true;
		if (now_us - c->watched_us >= VIDEO_CODER_LINGER_MS * 1000LL)
			stop(c);
		return;
	}
	c->watched_us = now_us;
	if (c->helper == NULL && (u->key || !c->gated) && may_try(c, now_us))
		start(c);
	if (c->helper != NULL)
		send_unit(c, u);
}
