#include "api_ws.h"

#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "broker/config/config.h"
#include "broker/http/http.h"
#include "broker/http/websocket.h"
#include "broker/registry/registry.h"
#include "broker/registry/restart.h"
#include "json.h"
#include "log.h"
#include "viewer.h"
#include "xalloc.h"

/* RFC 6455, section 7.4.1, has these codes. */
#define CLOSE_GOING_AWAY	1001
#define CLOSE_NOT_JSON		1007

/*
 * A WebSocket serves one viewer at a time: another offer of the viewer's own
 * RTCPeerConnection restarts its ICE; once one of another is answered, that
 * session takes the place of the one before. This is freed when the socket is
 * closed and no offer is on its way.
 */
struct api_ws {
	LIST_ENTRY(api_ws)	 entry;		/* while open */
	struct context		*ctx;
	struct websocket	*ws;		/* NULL once closed */
	struct viewer		 viewer;
	bool			 wants_state;	/* state=true */
	struct watcher		 watcher;
	struct session		*session;	/* the page's own, or NULL */
	json_t			*early;	/* candidates before the answer */
	bool			 opening;	/* an offer is on its way */
	bool			 offered;	/* an offer has been made */
};

/* The sockets that are open are in a list, for the end of the broker. */
static LIST_HEAD(, api_ws) sockets = LIST_HEAD_INITIALIZER(sockets);

/* An offer that is on its way. */
struct api_ws_offer {
	struct api_ws	*sig;
	const struct version	*version;
	char		*sdp;
};

/* A version is one of go2rtc's two dialects. */
struct version {
	const char	*type;		/* of the offer's message */
	const char	*answer;	/* of the answer's */
	bool		 object;	/* value is {type, sdp}, not the SDP */
};

static const struct version v1 = { "webrtc/offer", "webrtc/answer", false };
static const struct version v2 = { "webrtc", "webrtc", true };

static void
ignore_done(int status, const char *error, size_t done, void *arg)
{
	(void)status;
	(void)error;
	(void)done;
	(void)arg;
}

/* Takes the value. Returns -1 if the socket is closed or takes no more. */
static int
send_value(struct api_ws *sig, const char *type, json_t *value)
{
	json_t *o = json_pack("{s:s,s:o}", "type", type, "value", value);
	size_t len;
	char *text = json_text(o, &len);
	int rc = -1;

	if (sig->ws != NULL)
		rc = websocket_send(sig->ws, text, len - 1);
	free(text);
	json_decref(o);
	return rc;
}

static void
send_error(struct api_ws *sig, const char *type, const char *error)
{
	char *text = xasprintf("%s: %s", type, error);

	send_value(sig, "error", json_string(text));
	free(text);
}

/* A page is not told of a session whose place another has taken. */
static void
api_ws_on_state(struct session *s, const char *state, const char *reason,
    void *arg)
{
	struct api_ws *sig = arg;
	json_t *value;

	if (s != sig->session)
		return;
	if (sig->wants_state) {
		value = json_pack("{s:s,s:s,s:s}", "session_id", s->id,
		    "state", state, "reason", reason);
		/* The page is not to come back by itself. */
		if (s->closed_by != NULL)
			json_object_set_new(value, "requested", json_true());
		send_value(sig, "webrtc/state", value);
	}
	if (strcmp(state, "closed") == 0)
		sig->session = NULL;
}

static void
api_ws_on_candidate(struct session *s, const char *candidate, void *arg)
{
	const struct api_ws *sig = arg;

	/* Another session has taken the place of this one. */
	if (s->answered && s != sig->session)
		return;
	send_value(arg, "webrtc/candidate", json_string(candidate));
}

static void
free_if_done(struct api_ws *sig)
{
	if (sig->ws != NULL || sig->opening)
		return;
	viewer_clear(&sig->viewer);
	json_decref(sig->early);
	free(sig);
}

/* Returns -1 if the page does not get it. */
static int
send_answer(struct api_ws *sig, const struct version *v,
    const struct session *s, const char *sdp)
{
	if (v->object)
		return send_value(sig, v->answer, json_pack("{s:s,s:s,s:s}",
		    "type", "answer", "sdp", sdp, "session_id", s->id));
	if (send_value(sig, v->answer, json_string(sdp)) == -1)
		return -1;
	return send_value(sig, "webrtc/session", json_string(s->id));
}

static void
give_early(struct api_ws *sig, struct session *s)
{
	json_t *candidate;
	size_t i;

	json_array_foreach(sig->early, i, candidate)
		registry_candidate(s, json_string_value(candidate),
		    ignore_done, NULL);
}

static void
session_opened(struct api_ws *sig, struct session *s)
{
	struct session *before = sig->session;

	sig->session = s;
	give_early(sig, s);
	if (before != NULL)
		registry_close(before, "a new offer on its WebSocket",
		    ignore_done, NULL);
}

static void
end_offer(struct api_ws_offer *o)
{
	struct api_ws *sig = o->sig;

	sig->opening = false;
	json_array_clear(sig->early);
	free(o->sdp);
	free(o);
	free_if_done(sig);
}

/* A session whose answer cannot be sent any more, since the WebSocket is closed
 * or about to be, would only wait for ICE to time out. */
static void
api_ws_on_answer(struct session *s, const char *answer, int status,
    const char *error, void *arg)
{
	struct api_ws_offer *o = arg;
	struct api_ws *sig = o->sig;

	(void)status;
	if (s == NULL)
		send_error(sig, o->version->type, error);
	else if (send_answer(sig, o->version, s, answer) == -1)
		registry_close(s, "its WebSocket, which has gone",
		    ignore_done, NULL);
	else
		session_opened(sig, s);
	end_offer(o);
}

static void
open_session(struct api_ws_offer *o)
{
	struct registry_offer offer = { .sdp = o->sdp, .format = "webrtc" };
	struct api_ws *sig = o->sig;
	const char *error = NULL;

	if (viewer_offer(&sig->viewer, sig->ctx, &offer, &error) != 200) {
		send_error(sig, o->version->type, error);
		end_offer(o);
		return;
	}
	offer.watcher = &sig->watcher;
	/* The new session begins as the one before it is now. */
	if (sig->session != NULL)
		offer.paused = sig->session->paused;
	registry_open(sig->ctx->registry, &offer, api_ws_on_answer, o);
}

/* An answer that a closed WebSocket does not get is none: the viewer's ICE goes
 * on as it was. */
static void
api_ws_on_restart(struct session *s, const char *answer, int status,
    const char *error, void *arg)
{
	struct api_ws_offer *o = arg;
	struct api_ws *sig = o->sig;

	if (sig->ws != NULL && (status == RESTART_OTHER || status == 404)) {
		open_session(o);
		return;
	}
	if (s == NULL) {
		send_error(sig, o->version->type, error);
	} else {
		send_answer(sig, o->version, s, answer);
		give_early(sig, s);
	}
	end_offer(o);
}

static void
take_offer(struct api_ws *sig, const struct version *v, const char *sdp)
{
	const struct restart restart = { .sdp = sdp };
	struct api_ws_offer *o;

	if (sdp == NULL) {
		send_error(sig, v->type, "no SDP offer in the message");
		return;
	}
	if (sig->opening) {
		send_error(sig, v->type, "the offer before is still on its "
		    "way");
		return;
	}
	o = xcalloc(1, sizeof *o);
	o->sig = sig;
	o->version = v;
	o->sdp = xstrdup(sdp);
	sig->opening = sig->offered = true;
	if (sig->session != NULL)
		restart_session(sig->session, &restart, api_ws_on_restart, o);
	else
		open_session(o);
}

static void
take_v1_offer(struct api_ws *sig, const json_t *value)
{
	take_offer(sig, &v1, json_string_value(value));
}

static void
take_v2_offer(struct api_ws *sig, const json_t *value)
{
	bool offer = strcmp(json_get_string(value, "type", ""), "offer") == 0;

	take_offer(sig, &v2, offer ? json_get_string(value, "sdp", NULL) :
	    NULL);
}

/* A candidate may come before the first offer. Between two offers it is a late
 * one of a session that has ended, or was refused. */
static void
take_candidate(struct api_ws *sig, const json_t *value)
{
	const char *candidate = json_string_value(value);

	if (candidate == NULL || strlen(candidate) > REGISTRY_MAX_CANDIDATE)
		return;
	if (sig->session != NULL && !sig->opening)
		registry_candidate(sig->session, candidate, ignore_done,
		    NULL);
	else if ((sig->opening || !sig->offered) &&
	    json_array_size(sig->early) < REGISTRY_MAX_CANDIDATES)
		json_array_append_new(sig->early, json_string(candidate));
}

static void
api_ws_set_paused(struct api_ws *sig, bool pause)
{
	const char *ip = sig->viewer.client_ip;
	char *who = xasprintf("%s over its WebSocket", ip[0] != '\0' ? ip :
	    "a local user");

	registry_pause_watched(pause, &sig->watcher, audit_done,
	    audit_new(who, pause, sig->session, ""));
	free(who);
}

static void
take_pause(struct api_ws *sig, const json_t *value)
{
	(void)value;
	api_ws_set_paused(sig, true);
}

static void
take_resume(struct api_ws *sig, const json_t *value)
{
	(void)value;
	api_ws_set_paused(sig, false);
}

/* A viewer may say these; anything else is ignored, as go2rtc does. */
static const struct {
	const char	*type;
	void		(*take)(struct api_ws *, const json_t *value);
} messages[] = {
	{ "webrtc/offer", take_v1_offer },
	{ "webrtc", take_v2_offer },
	{ "webrtc/candidate", take_candidate },
	{ "webrtc/pause", take_pause },
	{ "webrtc/resume", take_resume },
};

static void
api_ws_on_text(struct websocket *ws, const char *text, size_t len, void *arg)
{
	struct api_ws *sig = arg;
	struct error err;
	json_t *o = json_parse(text, len, &err);
	const char *type = json_get_string(o, "type", "");

	if (o == NULL) {
		websocket_close(ws, CLOSE_NOT_JSON, "not JSON");
		return;
	}
	for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++)
		if (strcmp(messages[i].type, type) == 0)
			messages[i].take(sig, json_object_get(o, "value"));
	json_decref(o);
}

static void
api_ws_on_closed(struct websocket *ws, void *arg)
{
	struct api_ws *sig = arg;

	(void)ws;
	sig->ws = NULL;
	LIST_REMOVE(sig, entry);
	sig->session = NULL;
	session_unwatch_all(&sig->watcher);
	free_if_done(sig);
}

void
api_ws_end(void)
{
	struct api_ws *sig;

	LIST_FOREACH(sig, &sockets, entry)
		websocket_close(sig->ws, CLOSE_GOING_AWAY,
		    "the broker is stopped");
}

static bool
is_asked(const struct http_request *req, const char *key)
{
	const char *value = http_query(req, key);

	return value != NULL && strcmp(value, "true") == 0;
}

/* A page makes its peer connection with these, so they come first. */
static void
send_ice_servers(struct api_ws *sig)
{
	send_value(sig, "webrtc/ice_servers",
	    json_incref(sig->ctx->config->ice_servers));
}

void
api_ws_accept(struct http_request *req, struct context *ctx,
    const struct context_match *match)
{
	static const struct websocket_handler handler = { api_ws_on_text,
		api_ws_on_closed };
	bool wants_servers = is_asked(req, "ice_servers");
	struct api_ws *sig = xcalloc(1, sizeof *sig);

	(void)match;
	sig->ctx = ctx;
	sig->wants_state = is_asked(req, "state");
	sig->watcher = (struct watcher){ .state = api_ws_on_state,
		.candidate = api_ws_on_candidate, .arg = sig };
	sig->early = json_array();
	if (viewer_read(req, &sig->viewer) == 0) {
		sig->ws = websocket_accept(req, &websocket_times, &handler,
		    sig);
		if (sig->ws != NULL)
			LIST_INSERT_HEAD(&sockets, sig, entry);
		if (sig->ws != NULL && wants_servers)
			send_ice_servers(sig);
		free_if_done(sig);
		return;
	}
	json_decref(sig->early);
	free(sig);
}
