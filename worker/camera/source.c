#include "source.h"

#include <stdlib.h>

#include <event2/event.h>

#include "camera_url.h"
#include "clock.h"
#include "helper_camera.h"
#include "intake.h"
#include "log.h"
#include "retry.h"
#include "rtsp_camera.h"
#include "xalloc.h"

const struct source_settings source_settings = {
	.helper = LULL_LIBEXECDIR "/lull-media", .file_pace = 1,
	.intake = &intake_times,
};

struct source {
	struct event_base	*base;
	const struct source_settings *settings;
	char			*text;		/* the address */
	struct camera_url	 url;
	struct feed_handler	 handler;
	void			*arg;
	struct intake		*intake;	/* from the first attempt on */
	struct retry		 retry;
	int64_t			 before_us;	/* of its last picture, as this
						   connection began */
	struct event		*again;

	/* One of them has the connection; neither: it waits. */
	struct rtsp_camera	*rtsp;
	struct helper_camera	*helper;
};

/* Returns for how many ms to wait before the next attempt. */
static int
next_wait(struct source *s)
{
	struct retry_run run = {
		.now_us = clock_now_us(),
		.last_us = intake_last_us(s->intake),
		.denied = intake_is_denied(s->intake),
		.refused = intake_state(s->intake) == IPC_SOURCE_UNSUPPORTED,
	};
	int delay;

	if (run.last_us != s->before_us)
		run.live_us = intake_live_us(s->intake);
	delay = retry_next(&s->retry, &run);
	log_debug("camera", "trying again in %d ms", delay);
	return delay;
}

static void
disconnect(struct source *s)
{
	rtsp_camera_close(s->rtsp);
	helper_camera_close(s->helper);
	s->rtsp = NULL;
	s->helper = NULL;
}

static void
source_on_ended(void *arg)
{
	struct source *s = arg;
	struct timeval tv;

	disconnect(s);
	tv = clock_timeval(next_wait(s) * 1000LL);
	event_add(s->again, &tv);
}

static void
connect_source(evutil_socket_t fd, short what, void *arg)
{
	struct source *s = arg;
	struct helper_camera_config helper = {
		.program = s->settings->helper, .url = s->text,
		.pace = s->settings->file_pace,
	};

	(void)fd;
	(void)what;
	if (s->intake == NULL)
		s->intake = intake_new(&s->handler, s->arg,
		    s->settings->intake);
	s->before_us = intake_last_us(s->intake);
	if (s->url.scheme == CAMERA_RTSP)
		s->rtsp = rtsp_camera_open(s->base, &s->url, s->intake,
		    source_on_ended, s);
	else
		s->helper = helper_camera_open(s->base, &helper, s->intake,
		    source_on_ended, s);
}

struct source *
source_open(struct event_base *base, const char *text,
    const struct source_settings *settings, const struct feed_handler *h,
    void *arg, struct error *err)
{
	struct camera_url url;
	struct source *s;

	if (camera_url_parse(text, &url, err) == -1)
		return NULL;
	s = xcalloc(1, sizeof *s);
	s->base = base;
	s->settings = settings;
	s->text = xstrdup(text);
	s->url = url;
	s->handler = *h;
	s->arg = arg;
	/* Whoever opens the source is told nothing before it has it. */
	s->again = evtimer_new(base, connect_source, s);
	event_active(s->again, EV_TIMEOUT, 0);
	return s;
}

void
source_ask_key(struct source *s)
{
	if (s->rtsp != NULL)
		rtsp_camera_ask_key(s->rtsp);
}

void
source_close(struct source *s)
{
	disconnect(s);
	event_free(s->again);
	if (s->intake != NULL)
		intake_free(s->intake);
	camera_url_clear(&s->url);
	free(s->text);
	free(s);
}
