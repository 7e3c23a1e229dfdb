#include "camera.h"

#include <stdlib.h>

#include "xalloc.h"

static void
camera_replace(char **at, const char *value)
{
	free(*at);
	*at = xstrdup(value != NULL ? value : "");
}

void
camera_init(struct camera *c)
{
	*c = (struct camera){
		.state = IPC_SOURCE_IDLE, .error = xstrdup(""),
		.video = xstrdup(""), .audio = xstrdup(""),
	};
}

void
camera_clear(struct camera *c)
{
	free(c->error);
	free(c->video);
	free(c->audio);
}

/* The last error outlives the worker, for those who look later. Once the
 * camera is live, the text is a note on what is left out of its stream. */
static void
camera_set_error(struct camera *c, const struct ipc_event *e, time_t now)
{
	bool live = e->source_state == IPC_SOURCE_LIVE;

	if (!live && (e->error == NULL || *e->error == '\0'))
		return;
	camera_replace(&c->error, e->error);
	c->error_time = live ? 0 : now;
}

/* A camera that is lost or unsupported stays so until it is live or fails in
 * another way: a new try alone is not worth a word. */
bool
camera_hear(struct camera *c, const struct ipc_event *e, time_t now)
{
	if (e->source_state == IPC_SOURCE_CONNECTING &&
	    (c->state == IPC_SOURCE_LOST ||
	    c->state == IPC_SOURCE_UNSUPPORTED))
		return false;
	c->state = e->source_state;
	c->index = e->index;
	camera_set_error(c, e, now);
	if (e->source_state == IPC_SOURCE_LIVE) {
		camera_replace(&c->video, e->video);
		camera_replace(&c->audio, e->audio);
		c->width = e->width;
		c->height = e->height;
	}
	return true;
}

void
camera_stop(struct camera *c)
{
	c->state = IPC_SOURCE_IDLE;
}

bool
camera_is_faulty(const struct camera *c)
{
	return c->state != IPC_SOURCE_LIVE &&
	    c->state != IPC_SOURCE_CONNECTING;
}
