#include "api_webrtc.h"

#include <stdlib.h>
#include <string.h>

#include "api_sessions.h"
#include "base64.h"
#include "broker/config/config.h"
#include "broker/http/http.h"
#include "broker/registry/gather.h"
#include "broker/registry/registry.h"
#include "broker/registry/restart.h"
#include "fragment.h"
#include "ice_link.h"
#include "json.h"
#include "viewer.h"
#include "xalloc.h"

static const char fragment_type[] = "application/trickle-ice-sdpfrag";

/* A form is one of the ways in which a body holds an SDP. */
struct form {
	const char	*content_type;	/* NULL: any other */
	const char	*format;	/* as go2rtc names it */
	int		 status;	/* of success */
	/* Returns the offer, or NULL with the reason. The caller frees it. */
	char		*(*read)(struct http_request *, const char **error);
	/* Returns the answer's body, which the caller frees. */
	char		*(*write)(const char *sdp, const char *id);
};

/* Says what is wrong with an SDP, or returns NULL. */
static const char *
fault_of(const char *sdp, size_t len)
{
	if (len == 0)
		return "the body is empty: an SDP is expected";
	if (strlen(sdp) != len)
		return "the SDP has a NUL in it";
	return json_is_utf8(sdp) ? NULL : "the SDP is not UTF-8";
}

static char *
read_raw(struct http_request *req, const char **error)
{
	size_t len;
	const char *body = http_body(req, &len);
	char *sdp = xcalloc(len + 1, 1);

	if (len > 0)
		memcpy(sdp, body, len);
	*error = fault_of(sdp, len);
	if (*error == NULL)
		return sdp;
	free(sdp);
	return NULL;
}

static char *
write_raw(const char *sdp, const char *id)
{
	(void)id;
	return xstrdup(sdp);
}

static char *
read_json(struct http_request *req, const char **error)
{
	size_t len;
	const void *body = http_body(req, &len);
	struct error err;
	json_t *o = json_parse(body, len, &err);
	const char *sdp = json_get_string(o, "sdp", NULL);
	char *copy = sdp != NULL ? xstrdup(sdp) : NULL;

	if (strcmp(json_get_string(o, "type", "offer"), "offer") != 0) {
		free(copy);
		copy = NULL;
	}
	if (copy == NULL)
		*error = "the body is not {\"type\":\"offer\",\"sdp\":\"…\"}";
	json_decref(o);
	return copy;
}

static char *
write_json(const char *sdp, const char *id)
{
	json_t *o = json_pack("{s:s,s:s,s:s}", "type", "answer", "sdp", sdp,
	    "session_id", id);
	char *text = json_text(o, NULL);

	json_decref(o);
	return text;
}

static char *
read_form(struct http_request *req, const char **error)
{
	const char *data = http_form(req, "data");
	char *sdp = data != NULL ? base64_decode(data) : NULL;

	if (sdp != NULL && json_is_utf8(sdp))
		return sdp;
	*error = data == NULL ? "the form has no field `data`" :
	    "the form's `data` is not base64 of an SDP offer";
	free(sdp);
	return NULL;
}

static char *
write_form(const char *sdp, const char *id)
{
	(void)id;
	return base64_encode(sdp, strlen(sdp));
}

static const struct form forms[] = {
	{ "application/sdp", "webrtc/whep", 201, read_raw, write_raw },
	{ "application/json", "webrtc/json", 200, read_json, write_json },
	{ "application/x-www-form-urlencoded", "webrtc/form", 200, read_form,
	    write_form },
	{ NULL, "webrtc/post", 200, read_raw, write_raw },
};

static const struct form *
find_form(const char *content_type)
{
	const struct form *f = forms;

	while (f->content_type != NULL &&
	    strcmp(f->content_type, content_type) != 0)
		f++;
	return f;
}

/* A held offer waits for its worker's answer. */
struct held_offer {
	struct http_request	*req;
	const struct form	*form;
	const struct context	*ctx;
};

static struct held_offer *
held_offer_new(struct http_request *req, const struct form *form,
    const struct context *ctx)
{
	struct held_offer *w = xcalloc(1, sizeof *w);

	w->req = req;
	w->form = form;
	w->ctx = ctx;
	return w;
}

/* The entity tag is that of the session's ICE (RFC 9725, section 4.3.1). The
 * caller frees it. */
static char *
tag_of(const struct session *s)
{
	return xasprintf("\"%u\"", s->generation);
}

static void
api_webrtc_on_answer(struct session *s, const char *answer, int status,
    const char *error, void *arg)
{
	struct held_offer *w = arg;

	if (s == NULL) {
		http_reply_error(w->req, status, "%s", error);
	} else {
		/* It is relative, since a proxy may serve us below a path. */
		char *location = xasprintf("webrtc/session/%s", s->id);
		char *body = w->form->write(answer, s->id);
		char *tag = tag_of(s);

		http_set_header(w->req, "Location", location);
		http_set_header(w->req, "ETag", tag);
		if (w->form->status == 201)	/* WHEP */
			ice_link_set(w->req, w->ctx->config->ice_servers);
		http_reply(w->req, w->form->status,
		    http_content_type(w->req), body, strlen(body));
		free(body);
		free(location);
		free(tag);
	}
	free(w);
}

void
api_webrtc_post(struct http_request *req, struct context *ctx,
    const struct context_match *match)
{
	struct registry_offer offer = { 0 };
	const struct form *form = find_form(http_content_type(req));
	const char *error = NULL;
	struct held_offer *w;
	struct viewer v;
	char *sdp;
	int status;

	(void)match;
	if (viewer_read(req, &v) == -1)
		return;
	status = viewer_offer(&v, ctx, &offer, &error);
	sdp = status == 200 ? form->read(req, &error) : NULL;
	if (sdp == NULL) {
		http_reply_error(req, status != 200 ? status : 400, "%s",
		    error);
		viewer_clear(&v);
		return;
	}
	w = held_offer_new(req, form, ctx);
	offer.sdp = sdp;
	offer.format = form->format;
	registry_open(ctx->registry, &offer, api_webrtc_on_answer, w);
	free(sdp);
	viewer_clear(&v);
}

/* Finds the session that the path names, or answers that there is none. */
static struct session *
find_session(struct http_request *req, const struct context *ctx,
    const struct context_match *match)
{
	char id[ID_HEX_LEN + 1] = "";
	struct session *s;

	if (match->id_len == ID_HEX_LEN)
		memcpy(id, match->id, ID_HEX_LEN);
	s = registry_session(ctx->registry, id);
	if (s == NULL)
		http_reply_error(req, 404, "Session not found");
	return s;
}

/* A patch waits for its worker, with what the viewer told. */
struct patch {
	struct http_request	*req;
	char			*text;		/* of the fragment */
	struct fragment		 fragment;
	char			*answer;	/* to a restart, or NULL */
	char			*tag;		/* after that */
};

static void
patch_free(struct patch *p)
{
	free(p->text);
	free(p->answer);
	free(p->tag);
	free(p);
}

static void
patch_refuse(struct patch *p, int status, const char *error)
{
	http_reply_error(p->req, status, "%s", status == 404 ?
	    "Session not found" : error);
	patch_free(p);
}

/* The answer to a restart has to reach the viewer whatever became of its
 * candidates. */
static void
api_webrtc_on_patched(int status, const char *error, size_t done, void *arg)
{
	struct patch *p = arg;

	(void)done;
	if (p->answer == NULL && status != 200) {
		patch_refuse(p, status, error);
		return;
	}
	if (p->answer != NULL) {
		http_set_header(p->req, "ETag", p->tag);
		http_reply(p->req, 200, fragment_type, p->answer,
		    strlen(p->answer));
	} else {
		http_reply(p->req, 204, NULL, NULL, 0);
	}
	patch_free(p);
}

static void
patch_candidates(struct patch *p, struct session *s)
{
	struct gather *g = gather_new(api_webrtc_on_patched, p);

	for (size_t i = 0; i < p->fragment.n_candidates; i++) {
		gather_more(g);
		registry_candidate(s, p->fragment.candidates[i], gather_done,
		    g);
	}
	gather_done(200, NULL, 0, g);
}

/* Its candidates are of the credentials that came with them. */
static void
api_webrtc_on_restart(struct session *s, const char *answer, int status,
    const char *error, void *arg)
{
	struct patch *p = arg;

	if (s == NULL) {
		patch_refuse(p, status, error);
		return;
	}
	if (answer != NULL) {
		p->answer = xstrdup(answer);
		p->tag = tag_of(s);
	}
	patch_candidates(p, s);
}

/* A viewer that knows no tag sends none; one that restarts sends "*", which
 * RFC 9725, section 4.3.3, has in quotes. */
static bool
is_match(const char *if_match, const struct session *s)
{
	char *tag = tag_of(s);
	bool is = if_match == NULL || strcmp(if_match, "*") == 0 ||
	    strcmp(if_match, "\"*\"") == 0 || strcmp(if_match, tag) == 0;

	free(tag);
	return is;
}

static void
patch_start(struct patch *p, struct session *s)
{
	struct restart restart = { .ufrag = p->fragment.ufrag,
		.pwd = p->fragment.pwd };

	if (!is_match(http_header(p->req, "If-Match"), s))
		patch_refuse(p, 412, "the session has begun its ICE anew since "
		    "that ETag");
	else if (restart.ufrag != NULL)
		restart_session(s, &restart, api_webrtc_on_restart, p);
	else
		patch_candidates(p, s);
}

void
api_webrtc_patch(struct http_request *req, struct context *ctx,
    const struct context_match *match)
{
	const char *error;
	struct session *s;
	struct patch *p;

	if (strcmp(http_content_type(req), fragment_type) != 0) {
		http_set_header(req, "Accept-Patch", fragment_type);
		http_reply_error(req, 415, "expected %s", fragment_type);
		return;
	}
	s = find_session(req, ctx, match);
	if (s == NULL)
		return;
	p = xcalloc(1, sizeof *p);
	p->req = req;
	p->text = read_raw(req, &error);
	if (p->text != NULL)
		error = fragment_read(p->text, &p->fragment);
	if (error != NULL)
		patch_refuse(p, 400, error);
	else
		patch_start(p, s);
}

void
api_webrtc_delete(struct http_request *req, struct context *ctx,
    const struct context_match *match)
{
	struct session *s = find_session(req, ctx, match);

	if (s != NULL)
		api_sessions_close(req, s);
}
