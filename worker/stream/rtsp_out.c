#include "rtsp_out.h"

#include <stdlib.h>

#include "fanout.h"
#include "worker/serve/rtsp_session.h"
#include "xalloc.h"

struct rtsp_out {
	struct event_base	*base;
	struct fanout		*fanout;
	struct rtsp_out_config	 config;
	struct rtsp_out_handler	 handler;
	void			*arg;
	struct rtsp_sessions	 sessions;
};

static void
on_state(struct rtsp_session *s, enum ipc_session_state state,
    const char *reason, void *arg)
{
	struct rtsp_out *o = arg;
	struct viewer *v = rtsp_session_viewer(s);

	o->handler.session(v->id, state, reason, v->kind->remote(v), o->arg);
	if (state == IPC_SESSION_CLOSED)
		fanout_remove(o->fanout, v);
}

static void
on_picture(struct rtsp_session *s, void *arg)
{
	struct rtsp_out *o = arg;

	fanout_show(o->fanout, rtsp_session_viewer(s));
}

/* The key frame has the parameter sets, which are worth a wait. */
static int
on_media(struct media_description *m, const struct rtp_unit **key, bool late,
    void *arg)
{
	struct rtsp_out *o = arg;
	int status = o->handler.media(m, late, o->arg);

	*key = fanout_key_frame(o->fanout);
	return status == 200 && *key == NULL && !late ? 0 : status;
}

struct rtsp_out *
rtsp_out_new(struct event_base *base, struct fanout *fanout,
    const struct rtsp_out_config *c, const struct rtsp_out_handler *h,
    void *arg)
{
	struct rtsp_out *o = xcalloc(1, sizeof *o);

	o->base = base;
	o->fanout = fanout;
	o->config = *c;
	o->handler = *h;
	o->arg = arg;
	LIST_INIT(&o->sessions);
	return o;
}

void
rtsp_out_free(struct rtsp_out *o)
{
	free(o);
}

const char *
rtsp_out_add(struct rtsp_out *o, const char *id, bool paused,
    struct error *err)
{
	static const struct rtsp_session_handler handler = {
		on_state, on_picture, on_media
	};
	const struct rtsp_session_config config = {
		.id = id, .paused = paused, .door = o->config.door,
		.username = o->config.username,
		.password = o->config.password, .all = &o->sessions,
	};
	struct rtsp_session *s;

	if (o->config.door == NULL) {
		error_set(err, "nobody may come by RTSP");
		return NULL;
	}
	if (rtsp_sessions_count(&o->sessions) >= RTSP_OUT_MAX) {
		error_set(err, "too many viewers by RTSP");
		return NULL;
	}
	s = rtsp_session_new(o->base, &config, &rtsp_session_times, &handler,
	    o);
	fanout_add(o->fanout, rtsp_session_viewer(s));
	return rtsp_session_door(s);
}

void
rtsp_out_tell(struct rtsp_out *o)
{
	rtsp_sessions_tell(&o->sessions);
}
