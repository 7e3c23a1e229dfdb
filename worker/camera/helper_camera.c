#include "helper_camera.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base64.h"
#include "intake.h"
#include "json.h"
#include "worker/helper/helper.h"
#include "worker/media/sound.h"
#include "worker/media/video.h"
#include "xalloc.h"

struct helper_camera {
	struct intake		*intake;
	helper_camera_cb	*ended_cb;
	void			*arg;
	struct helper		*helper;
	struct event		*done;
	bool			 playing;	/* it has said what comes */
	bool			 over;
};

static void
be_over(struct helper_camera *c)
{
	c->over = true;
	event_active(c->done, EV_TIMEOUT, 0);
}

static void
on_done(evutil_socket_t fd, short what, void *arg)
{
	struct helper_camera *c = arg;

	(void)fd;
	(void)what;
	c->ended_cb(c->arg);
}

/* Returns the bytes of a base64 text, which the caller frees; NULL if there
 * are none. */
static uint8_t *
config_of(const json_t *o, size_t *len)
{
	const char *text = json_get_string(o, "config", "");

	*len = 0;
	return text[0] == '\0' ? NULL :
	    base64_decode_bytes(text, strlen(text), len);
}

/* Returns false if there is no sound, or none that can be decoded. */
static bool
sound_of(const json_t *o, struct sound_format *s)
{
	uint8_t *config;

	*s = (struct sound_format){
		.rate = (int)json_get_int(o, "rate", 0),
		.channels = (int)json_get_int(o, "channels", 0),
		.bits = (int)json_get_int(o, "bits", 0),
	};
	snprintf(s->coder, sizeof s->coder, "%s",
	    json_get_string(o, "coder", ""));
	config = config_of(o, &s->config_len);
	if (config != NULL && s->config_len <= sizeof s->config)
		memcpy(s->config, config, s->config_len);
	free(config);
	return s->coder[0] != '\0' && s->config_len <= sizeof s->config;
}

/* Returns NULL if viewers cannot be sent it. */
static const struct video_codec *
video_of(const char *coder)
{
	for (int i = 0; i < MEDIA_CODECS; i++)
		if (video_codec(i) != NULL &&
		    strcmp(video_codec(i)->coder, coder) == 0)
			return video_codec(i);
	return NULL;
}

static void
take_begin(struct helper_camera *c, const json_t *o)
{
	const char *coder = json_get_string(o, "video", "");
	const struct video_codec *video = video_of(coder);
	struct sound_format sound;
	const char *note = "";
	uint8_t *sets;
	size_t len;

	if (!sound_of(json_object_get(o, "sound"), &sound) &&
	    sound.coder[0] != '\0') {
		note = "no sound: its parameters are too large";
		sound.coder[0] = '\0';
	}
	sets = config_of(o, &len);
	if (video != NULL)
		intake_begin(c->intake, video, &sound, note, sets, len);
	else
		intake_begin_foreign(c->intake, coder, &sound, note, sets,
		    len);
	free(sets);
	if (json_get_bool(o, "reordered", false))
		intake_suspect(c->intake);
	c->playing = true;
}

static void
take_restart(struct helper_camera *c, const json_t *o)
{
	(void)o;
	if (c->playing)
		intake_restart(c->intake);
}

static void
take_end(struct helper_camera *c, const json_t *o)
{
	const char *state = json_get_string(o, "state", "");

	intake_end(c->intake, strcmp(state, "unsupported") == 0 ?
	    IPC_SOURCE_UNSUPPORTED : IPC_SOURCE_LOST, "%s",
	    json_get_string(o, "error", "no reason given"));
	if (strcmp(state, "denied") == 0)
		intake_deny(c->intake);
	be_over(c);
}

static const struct {
	const char *event;
	void (*take)(struct helper_camera *, const json_t *);
} events[] = {
	{ "begin", take_begin },
	{ "restart", take_restart },
	{ "end", take_end },
};

static void
take_control(struct helper_camera *c, const struct media_wire *m)
{
	struct error err;
	json_t *o = json_parse(m->data, m->len, &err);
	const char *event = json_get_string(o, "event", "");

	for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
		if (strcmp(events[i].event, event) == 0)
			events[i].take(c, o);
	json_decref(o);
}

static void
on_message(const struct media_wire *m, void *arg)
{
	struct helper_camera *c = arg;

	if (c->over)
		return;
	if (m->kind == MEDIA_WIRE_CONTROL)
		take_control(c, m);
	else if (!c->playing)
		return;
	else if (m->kind == MEDIA_WIRE_AUDIO)
		intake_audio(c->intake, m->data, m->len, m->time_us);
	else if (m->kind == MEDIA_WIRE_VIDEO)
		intake_video(c->intake, m->data, m->len, m->time_us,
		    (m->flags & MEDIA_WIRE_DAMAGED) != 0);
}

static void
on_ended(const char *how, void *arg)
{
	struct helper_camera *c = arg;

	if (c->over)
		return;
	intake_end(c->intake, IPC_SOURCE_LOST, "lull-media ended: %s", how);
	be_over(c);
}

struct helper_camera *
helper_camera_open(struct event_base *base,
    const struct helper_camera_config *config, struct intake *intake,
    helper_camera_cb *ended, void *arg)
{
	static const struct helper_handler handler = { on_message, on_ended };
	struct helper_camera *c = xcalloc(1, sizeof *c);
	struct error err;

	c->intake = intake;
	c->ended_cb = ended;
	c->arg = arg;
	c->done = evtimer_new(base, on_done, c);
	c->helper = helper_start(base, config->program, json_pack(
	    "{s:s,s:s,s:i}", "job", "read", "url", config->url,
	    "pace", config->pace), &handler, c, &err);
	if (c->helper == NULL) {
		intake_end(intake, IPC_SOURCE_LOST, "%s", err.text);
		be_over(c);
	}
	return c;
}

void
helper_camera_close(struct helper_camera *c)
{
	if (c == NULL)
		return;
	helper_free(c->helper);
	event_free(c->done);
	free(c);
}
