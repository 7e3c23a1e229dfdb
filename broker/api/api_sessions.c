#include "api_sessions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "broker/http/http.h"
#include "broker/registry/registry.h"
#include "json.h"
#include "xalloc.h"

/* A held request is answered when the workers have done what it asks. */
struct held_request {
	struct http_request	*req;
	const char		*action;
	char			*key;		/* session or viewer id */
	struct audit		*audit;		/* NULL: it closes */
};

/* Returns the body, a JSON object, or NULL if it has refused the request: what
 * does not parse must never be taken for "all". */
static json_t *
read_body(struct http_request *req)
{
	struct error err;
	size_t len;
	const void *body = http_body(req, &len);
	json_t *o = json_parse(body, len, &err);

	if (o != NULL && json_is_object(o))
		return o;
	http_reply_error(req, 400, "Invalid request body: %s",
	    o == NULL ? err.text : "expected a JSON object");
	json_decref(o);
	return NULL;
}

/* Reads a string that may be missing or null, which makes it "". Returns false
 * if it is something else. */
static bool
optional_string(const json_t *o, const char *key, const char **out)
{
	const json_t *v = json_object_get(o, key);

	*out = json_is_string(v) ? json_string_value(v) : "";
	return v == NULL || json_is_null(v) || json_is_string(v);
}

static const char *
action_name(bool pause)
{
	return pause ? "pause" : "resume";
}

static struct held_request *
held_request_new(struct http_request *req, const char *action, const char *key)
{
	struct held_request *w = xcalloc(1, sizeof *w);

	w->req = req;
	w->action = action;
	w->key = xstrdup(key);
	return w;
}

static void
held_request_free(struct held_request *w)
{
	free(w->key);
	free(w);
}

/* Holds a pause or a resume of the session `one` or, if that is NULL, of a
 * viewer's sessions. */
static struct held_request *
held_request_new_change(struct http_request *req, bool pause, const char *key,
    const struct session *one)
{
	struct held_request *w = held_request_new(req, action_name(pause), key);
	char *who = audit_who(req);

	w->audit = audit_new(who, pause, one, key);
	free(who);
	return w;
}

static void
on_session_done(int status, const char *error, size_t done, void *arg)
{
	struct held_request *w = arg;

	if (w->audit != NULL)
		audit_done(status, error, done, w->audit);
	if (status != 200)
		http_reply_error(w->req, status, "%s", error);
	else if (done == 0)
		http_reply_error(w->req, 404, "Session not found");
	else
		http_reply_json(w->req, 200, json_pack("{s:s,s:b,s:s}",
		    "action", w->action, "success", 1,
		    "session_id", w->key));
	held_request_free(w);
}

static void
set_session(struct http_request *req, struct context *ctx, bool pause)
{
	json_t *body = read_body(req);
	struct session *s;
	const char *id;

	if (body == NULL)
		return;
	if (!optional_string(body, "session_id", &id) || id[0] == '\0')
		http_reply_error(req, 400, "session_id is required");
	else if ((s = registry_session(ctx->registry, id)) == NULL)
		http_reply_error(req, 404, "Session not found");
	else
		registry_pause_session(pause, s, on_session_done,
		    held_request_new_change(req, pause, id, s));
	json_decref(body);
}

void
api_sessions_close(struct http_request *req, struct session *s)
{
	struct held_request *w = held_request_new(req, "close", s->id);
	char *who = audit_who(req);

	registry_close(s, who, on_session_done, w);
	free(who);
}

void
api_sessions_pause(struct http_request *req, struct context *ctx,
    const struct context_match *match)
{
	(void)match;
	set_session(req, ctx, true);
}

void
api_sessions_resume(struct http_request *req, struct context *ctx,
    const struct context_match *match)
{
	(void)match;
	set_session(req, ctx, false);
}

/* Says why `success` is false; NULL if it is true. The caller frees it. */
static char *
viewer_message(const struct held_request *w, int status, const char *error,
    size_t done)
{
	if (status != 200)
		return xasprintf("Not all connections: %s", error);
	if (done > 0)
		return NULL;
	return xasprintf("No active consumer connections found%s%s",
	    w->key[0] != '\0' ? " for viewer: " : "", w->key);
}

/* That none is found is a success of HTTP all the same, as in go2rtc's fork;
 * so is a part, for a client must know what has been done. */
static void
on_viewer_done(int status, const char *error, size_t done, void *arg)
{
	struct held_request *w = arg;
	char *message;
	char count[32];
	json_t *o;

	audit_done(status, error, done, w->audit);
	if (status != 200 && done == 0) {
		http_reply_error(w->req, status, "%s", error);
		held_request_free(w);
		return;
	}
	message = viewer_message(w, status, error, done);
	snprintf(count, sizeof count, "%sd_connections", w->action);
	o = json_pack("{s:s,s:b,s:i,s:s,s:s*}", "action", w->action,
	    "success", message == NULL, count, (int)done,
	    "viewer_id", w->key, "message", message);
	free(message);
	http_reply_json(w->req, 200, o);
	held_request_free(w);
}

static bool
is_viewer(const struct session *s, const void *key)
{
	return strcmp(s->viewer_id, key) == 0;
}

static void
set_viewer(struct http_request *req, struct context *ctx, bool pause)
{
	json_t *body = read_body(req);
	const char *id, *action;

	if (body == NULL)
		return;
	if (!optional_string(body, "viewer_id", &id))
		http_reply_error(req, 400, "viewer_id must be a string");
	else if (!optional_string(body, "action", &action) ||
	    (action[0] != '\0' && strcmp(action, action_name(pause)) != 0))
		http_reply_error(req, 400, "action must be \"%s\" here, or "
		    "left out", action_name(pause));
	else
		registry_pause(ctx->registry, pause,
		    id[0] != '\0' ? is_viewer : NULL, id, on_viewer_done,
		    held_request_new_change(req, pause, id, NULL));
	json_decref(body);
}

void
api_sessions_pause_viewer(struct http_request *req, struct context *ctx,
    const struct context_match *match)
{
	(void)match;
	set_viewer(req, ctx, true);
}

void
api_sessions_resume_viewer(struct http_request *req, struct context *ctx,
    const struct context_match *match)
{
	(void)match;
	set_viewer(req, ctx, false);
}
