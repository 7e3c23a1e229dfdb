#include "sound_coder.h"

#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "clock.h"
#include "json.h"
#include "log.h"
#include "worker/helper/helper.h"
#include "worker/media/sound.h"
#include "xalloc.h"

struct sound_coder {
	struct event_base	*base;
	const char		*program;
	enum media_codec	 to;
	sound_coder_cb		*cb;
	void			*arg;
	struct sound_format	 from;		/* what it codes */
	struct helper		*helper;	/* NULL: none is running */
	int64_t			 heard_us;	/* last */
	int64_t			 failed_us;	/* 0: it has not */
};

struct sound_coder *
sound_coder_new(struct event_base *base, const char *program,
    enum media_codec to, sound_coder_cb *cb, void *arg)
{
	struct sound_coder *c = xcalloc(1, sizeof *c);

	c->base = base;
	c->program = program;
	c->to = to;
	c->cb = cb;
	c->arg = arg;
	return c;
}

static void
stop(struct sound_coder *c)
{
	helper_free(c->helper);
	c->helper = NULL;
}

void
sound_coder_free(struct sound_coder *c)
{
	if (c == NULL)
		return;
	stop(c);
	free(c);
}

static void
fail(struct sound_coder *c, const char *why)
{
	log_warn("sound", "no %s is made of %s: %s", media_codec_name(c->to),
	    c->from.coder, why);
	c->failed_us = clock_now_us();
	stop(c);
}

static void
take_control(struct sound_coder *c, const struct media_wire *m)
{
	struct error err;
	json_t *o = json_parse(m->data, m->len, &err);

	if (strcmp(json_get_string(o, "event", ""), "end") == 0)
		fail(c, json_get_string(o, "error", "no reason given"));
	json_decref(o);
}

static void
sound_coder_on_message(const struct media_wire *m, void *arg)
{
	struct sound_coder *c = arg;
	struct media_unit *u;

	if (m->kind == MEDIA_WIRE_CONTROL)
		take_control(c, m);
	if (m->kind != MEDIA_WIRE_AUDIO || m->len == 0 ||
	    m->time_us == MEDIA_WIRE_NO_TIME)
		return;
	u = media_unit_new(MEDIA_AUDIO, c->to, m->data, m->len);
	u->time_us = m->time_us;
	c->cb(u, c->arg);
}

static void
sound_coder_on_ended(const char *how, void *arg)
{
	fail(arg, how);
}

static json_t *
describe(const struct sound_coder *c)
{
	char *config = base64_encode(c->from.config, c->from.config_len);
	json_t *o = json_pack("{s:s,s:s,s:i,s:i,s:i,s:s,s:s}",
	    "job", "sound", "coder", c->from.coder, "rate", c->from.rate,
	    "channels", c->from.channels, "bits", c->from.bits,
	    "config", config, "to", sound_coder_name(c->to));

	free(config);
	return o;
}

static void
start(struct sound_coder *c)
{
	static const struct helper_handler handler = {
		sound_coder_on_message, sound_coder_on_ended
	};
	struct error err;

	c->failed_us = 0;
	c->helper = helper_start(c->base, c->program, describe(c), &handler, c,
	    &err);
	if (c->helper == NULL)
		fail(c, err.text);
}

static bool
may_try(const struct sound_coder *c, int64_t now_us)
{
	return c->failed_us == 0 ||
	    now_us - c->failed_us >= SOUND_CODER_RETRY_MS * 1000LL;
}

void
sound_coder_take(struct sound_coder *c, const struct sound_format *from,
    const struct media_unit *u, bool heard)
{
	const struct media_wire m = {
		.kind = MEDIA_WIRE_AUDIO, .time_us = u->time_us,
		.data = u->data, .len = u->len,
	};
	int64_t now_us = clock_now_us();

	if (!sound_is_same(from, &c->from)) {
		stop(c);
		c->from = *from;
		c->failed_us = 0;
	}
	if (!heard) {
		if (now_us - c->heard_us >= SOUND_CODER_LINGER_MS * 1000LL)
			stop(c);
		return;
	}
	c->heard_us = now_us;
	if (c->helper == NULL && may_try(c, now_us))
		start(c);
	if (c->helper != NULL)
		helper_send(c->helper, &m);
}
