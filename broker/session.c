#include "session.h"

#include <stdlib.h>
#include <string.h>

#include "camera.h"
#include "log.h"
#include "registry.h"
#include "xalloc.h"

void
session_ids_free(struct session_ids *ids)
{
	free(ids->id);
}

/* For one that is connected, is not paused, and sees no picture. */
static const char *const camera_words[] = {
	[IPC_SOURCE_IDLE] = "lost",
	[IPC_SOURCE_CONNECTING] = "connecting",
	[IPC_SOURCE_LOST] = "lost",
	[IPC_SOURCE_UNSUPPORTED] = "unsupported",
};

/* The camera's fault is the reason why a viewer sees nothing. */
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
	if (s->answered)
		log_info("session", "%.8s on %s ended: %s%s%s", s->id,
		    s->stream->name, reason, s->closed_by != NULL ? " by " :
		    "", s->closed_by != NULL ? s->closed_by : "");
	if (s->watcher != NULL && s->answered)
		s->watcher->state(s, "closed", reason, s->watcher->arg);
	free(s->viewer_id);
	free(s->client_ip);
	free(s->format);
	free(s->remote);
	free(s->told);
	free(s);
}
