#include "session.h"

#include <stdlib.h>
#include <string.h>

#include "camera.h"
#include "xalloc.h"

struct session *
session_new(const char *viewer_id, const char *client_ip, const char *format)
{
	struct session *s = xcalloc(1, sizeof *s);

	s->viewer_id = xstrdup(viewer_id);
	s->client_ip = xstrdup(client_ip);
	s->format = xstrdup(format);
	s->remote = xstrdup("");
	s->user_agent = xstrdup("");
	return s;
}

void
session_watch(struct session *s, struct watcher *w)
{
	s->watcher = w;
	if (w != NULL)
		LIST_INSERT_HEAD(&w->sessions, s, of_watcher);
}

void
session_unwatch_all(struct watcher *w)
{
	struct session *s;

	while ((s = LIST_FIRST(&w->sessions)) != NULL) {
		LIST_REMOVE(s, of_watcher);
		s->watcher = NULL;
	}
}

void
session_set_paused(struct session *s, bool paused)
{
	s->paused = paused;
}

void
session_set_remote(struct session *s, const char *remote)
{
	free(s->remote);
	s->remote = xstrdup(remote);
}

void
session_set_user_agent(struct session *s, const char *agent)
{
	free(s->user_agent);
	s->user_agent = xstrdup(agent);
}

/* These are the states of a session that is connected and not paused, and whose
 * camera is not live. */
static const char *const camera_words[] = {
	[IPC_SOURCE_IDLE] = "lost",
	[IPC_SOURCE_CONNECTING] = "connecting",
	[IPC_SOURCE_LOST] = "lost",
	[IPC_SOURCE_UNSUPPORTED] = "unsupported",
};

/* The camera's error is told to a viewer only while it is the reason why that
 * one sees nothing. */
static const char *
session_reason(const struct session *s)
{
	if (s->state == IPC_SESSION_CONNECTING || s->paused)
		return "";
	return camera_is_faulty(s->camera) ? s->camera->error : "";
}

const char *
session_state_word(const struct session *s)
{
	if (s->state == IPC_SESSION_CONNECTING)
		return "connecting";
	if (s->paused)
		return "paused";
	if (s->camera->state == IPC_SOURCE_LIVE)
		return s->state == IPC_SESSION_SLOW ? "slow" : "live";
	return camera_words[s->camera->state];
}

void
session_tell(struct session *s)
{
	const char *word = session_state_word(s);
	const char *reason = session_reason(s);
	char *news;

	if (s->watcher == NULL || !s->answered)
		return;
	news = xasprintf("%s %s", word, reason);
	if (s->told == NULL || strcmp(s->told, news) != 0) {
		free(s->told);
		s->told = xstrdup(news);
		s->watcher->state(s, word, reason, s->watcher->arg);
	}
	free(news);
}

void
session_free(struct session *s, const char *reason)
{
	if (s->watcher != NULL)
		LIST_REMOVE(s, of_watcher);
	if (s->watcher != NULL && s->answered)
		s->watcher->state(s, "closed", reason, s->watcher->arg);
	free(s->viewer_id);
	free(s->client_ip);
	free(s->format);
	free(s->remote);
	free(s->user_agent);
	free(s->told);
	free(s);
}
