#include "command.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client.h"
#include "id.h"
#include "json.h"
#include "show.h"
#include "slip.h"
#include "xalloc.h"

typedef enum command_result command_fn(const struct command_line *);

enum command_takes {
	TAKES_NOTHING,
	TAKES_ID,
	TAKES_TARGET,		/* an ID, --viewer, --stream or --all */
};

static command_fn command_sessions, command_streams, command_pause,
    command_resume, command_close, command_version, command_print_help;

static const struct command {
	const char		*name;
	const char		*arguments;
	const char		*help;
	enum command_takes	 takes;
	command_fn		*run;
} commands[] = {
	{ "sessions", "", "list the viewers' sessions",
	    TAKES_NOTHING, command_sessions },
	{ "streams", "", "list the streams and their sources",
	    TAKES_NOTHING, command_streams },
	{ "pause", "ID | --viewer V | --stream S | --all",
	    "stop sending; the connection stays",
	    TAKES_TARGET, command_pause },
	{ "resume", "ID | --viewer V | --stream S | --all",
	    "send again, a picture at once",
	    TAKES_TARGET, command_resume },
	{ "close", "ID", "end a session",
	    TAKES_ID, command_close },
	{ "version", "", "print lullctl's version and the broker's",
	    TAKES_NOTHING, command_version },
	{ "help", "", "print this",
	    TAKES_NOTHING, command_print_help },
};

#define N_COMMANDS	(sizeof commands / sizeof commands[0])

/* Pausing and resuming differ in these words only. */
struct control {
	const char	*action;
	const char	*past;
	const char	*session_path;
	const char	*viewer_path;
	const char	*count;		/* key in the viewers' reply */
};

static const struct control pausing = {
	"pause", "paused", "/api/webrtc/session/pause", "/api/webrtc/pause",
	"paused_connections",
};
static const struct control resuming = {
	"resume", "resumed", "/api/webrtc/session/resume",
	"/api/webrtc/resume", "resumed_connections",
};

void
command_complain(FILE *out, const char *fmt, ...)
{
	va_list ap;
	char *raw, *s;

	va_start(ap, fmt);
	if (vasprintf(&raw, fmt, ap) == -1)
		raw = xstrdup(fmt);
	va_end(ap);
	s = show_clean(raw);
	fprintf(out, "lullctl: %s\n", s);
	free(s);
	free(raw);
}

/* Asks the broker and says what went wrong. Takes `body`; `reply` is the
 * caller's and NULL if there was no answer. */
static enum command_result
command_ask(const struct command_line *l, const char *method,
    const char *path, json_t *body, json_t **reply)
{
	int status = client_request(l->client, method, path, body, reply);
	const char *error;

	json_decref(body);
	if (status == -1) {
		command_complain(l->err, "%s", client_error(l->client));
		return COMMAND_UNREACHABLE;
	}
	if (status < 300)
		return COMMAND_DONE;
	error = json_get_string(*reply, "error", NULL);
	if (error != NULL)
		command_complain(l->err, "%s", error);
	else
		command_complain(l->err, "%s %s: HTTP %d", method, path,
		    status);
	return status == 404 ? COMMAND_NO_MATCH : COMMAND_REFUSED;
}

static enum command_result
command_list(const struct command_line *l, const char *path,
    void (*show)(FILE *, const json_t *))
{
	json_t *reply;
	enum command_result rc = command_ask(l, "GET", path, NULL, &reply);

	if (rc == COMMAND_DONE)
		show(l->out, reply);
	else if (reply != NULL)
		l->show->failed(l->out, reply);
	json_decref(reply);
	return rc;
}

static enum command_result
command_sessions(const struct command_line *l)
{
	return command_list(l, "/api/webrtc/sessions", l->show->sessions);
}

static enum command_result
command_streams(const struct command_line *l)
{
	return command_list(l, "/api/streams", l->show->streams);
}

static bool
command_id_shaped(const char *id)
{
	return strlen(id) >= COMMAND_ID_MIN &&
	    id[strspn(id, "0123456789abcdefABCDEF")] == '\0';
}

/* Finds the one session that an abbreviated id stands for. */
static enum command_result
command_match_id(const struct command_line *l, const json_t *sessions,
    char **id)
{
	size_t i, n = 0, len = strlen(l->id);
	const char *found = NULL;
	const json_t *o;

	json_array_foreach(sessions, i, o) {
		const char *s = json_get_string(o, "session_id", "");

		if (!command_id_shaped(s) || strncasecmp(s, l->id, len) != 0)
			continue;
		found = s;
		n++;
	}
	if (n == 1) {
		*id = xstrdup(found);
		return COMMAND_DONE;
	}
	if (n == 0)
		command_complain(l->err, "no session %s", l->id);
	else
		command_complain(l->err, "%s stands for %zu sessions: "
		    "give more of the ID", l->id, n);
	return COMMAND_NO_MATCH;
}

static enum command_result
command_find_id(const struct command_line *l, char **id)
{
	enum command_result rc;
	json_t *reply;

	if (id_session_valid(l->id)) {
		*id = xstrdup(l->id);
		return COMMAND_DONE;
	}
	rc = command_ask(l, "GET", "/api/webrtc/sessions", NULL, &reply);
	if (rc == COMMAND_DONE)
		rc = command_match_id(l, json_object_get(reply, "sessions"),
		    id);
	json_decref(reply);
	return rc;
}

/* Shows what became of a request that changes something. */
static void
command_report(const struct command_line *l, enum command_result rc,
    const json_t *reply, const char *past, const char *what)
{
	char *summary = xasprintf("%s %s", past, what);

	if (rc == COMMAND_DONE)
		l->show->done(l->out, reply, summary);
	else if (reply != NULL)
		l->show->failed(l->out, reply);
	free(summary);
}

static enum command_result
command_control_id(const struct command_line *l, const struct control *c)
{
	enum command_result rc;
	json_t *reply;
	char *id, *what;

	rc = command_find_id(l, &id);
	if (rc != COMMAND_DONE)
		return rc;
	rc = command_ask(l, "POST", c->session_path,
	    json_pack("{s:s}", "session_id", id), &reply);
	what = xasprintf("session %s", id);
	command_report(l, rc, reply, c->past, what);
	json_decref(reply);
	free(what);
	free(id);
	return rc;
}

/* Reports "2 sessions of viewer v1", or that there are none. */
static enum command_result
command_report_count(const struct command_line *l, const struct control *c,
    const json_t *reply)
{
	json_int_t n = json_get_int(reply, c->count, 0);
	const char *kind = l->viewer != NULL ? " of viewer " :
	    l->stream != NULL ? " of stream " : "";
	const char *name = l->viewer != NULL ? l->viewer :
	    l->stream != NULL ? l->stream : "";
	char *what = xasprintf("%lld session%s%s%s", (long long)n,
	    n == 1 ? "" : "s", kind, name);
	enum command_result rc = n > 0 ? COMMAND_DONE : COMMAND_NO_MATCH;

	if (rc == COMMAND_NO_MATCH)
		command_complain(l->err, "no session%s%s", kind, name);
	command_report(l, rc, reply, c->past, what);
	free(what);
	return rc;
}

/* Pauses or resumes the viewer of an id, or everybody. */
static enum command_result
command_control_viewer(const struct command_line *l, const struct control *c)
{
	enum command_result rc;
	json_t *reply, *body = json_pack("{s:s}", "action", c->action);

	if (l->viewer != NULL)
		json_object_set_new(body, "viewer_id",
		    json_string(l->viewer));
	rc = command_ask(l, "POST", c->viewer_path, body, &reply);
	if (rc == COMMAND_DONE)
		rc = command_report_count(l, c, reply);
	else if (reply != NULL)
		l->show->failed(l->out, reply);
	json_decref(reply);
	return rc;
}

static char *
command_names(const json_t *streams)
{
	char *names = xstrdup("");
	const char *name;
	json_t *o;

	json_object_foreach((json_t *)streams, name, o) {
		char *longer = xasprintf("%s%s%s", names,
		    *names != '\0' ? ", " : "", name);

		free(names);
		names = longer;
	}
	return names;
}

static enum command_result
command_check_stream(const struct command_line *l)
{
	enum command_result rc;
	json_t *streams;

	rc = command_ask(l, "GET", "/api/streams", NULL, &streams);
	if (rc == COMMAND_DONE && json_object_get(streams, l->stream) == NULL) {
		char *names = command_names(streams);

		command_complain(l->err, "no stream %s; there is %s",
		    l->stream, *names != '\0' ? names : "none");
		free(names);
		rc = COMMAND_NO_MATCH;
	}
	json_decref(streams);
	return rc;
}

/* Goes through all sessions of the stream, as long as the broker answers. It is
 * said if one has ended meanwhile, but that is no failure. */
static enum command_result
command_control_each(const struct command_line *l, const struct control *c,
    const json_t *sessions, json_t *replies, json_int_t *done)
{
	enum command_result rc, worst = COMMAND_DONE;
	const json_t *o;
	size_t i;

	json_array_foreach(sessions, i, o) {
		json_t *reply;

		if (strcmp(json_get_string(o, "stream_source", ""),
		    l->stream) != 0)
			continue;
		rc = command_ask(l, "POST", c->session_path,
		    json_pack("{s:s}", "session_id",
		    json_get_string(o, "session_id", "")), &reply);
		if (reply != NULL)
			json_array_append_new(replies, reply);
		if (rc == COMMAND_UNREACHABLE)
			return rc;
		*done += rc == COMMAND_DONE;
		if (rc == COMMAND_REFUSED)
			worst = rc;
	}
	return worst;
}

static enum command_result
command_control_stream(const struct command_line *l, const struct control *c)
{
	json_t *sessions, *replies, *all;
	enum command_result rc;
	json_int_t done = 0;

	rc = command_check_stream(l);
	if (rc != COMMAND_DONE)
		return rc;
	rc = command_ask(l, "GET", "/api/webrtc/sessions", NULL, &sessions);
	if (rc != COMMAND_DONE) {
		json_decref(sessions);
		return rc;
	}
	replies = json_array();
	rc = command_control_each(l, c, json_object_get(sessions, "sessions"),
	    replies, &done);
	all = json_pack("{s:s, s:b, s:s, s:I, s:o}", "action", c->action,
	    "success", rc == COMMAND_DONE && done > 0, "stream", l->stream,
	    c->count, done, "sessions", replies);
	if (rc == COMMAND_DONE) {
		rc = command_report_count(l, c, all);
	} else {
		command_complain(l->err, "%s only %lld of the sessions of "
		    "stream %s", c->past, (long long)done, l->stream);
		l->show->failed(l->out, all);
	}
	json_decref(all);
	json_decref(sessions);
	return rc;
}

static enum command_result
command_control(const struct command_line *l, const struct control *c)
{
	if (l->id != NULL)
		return command_control_id(l, c);
	if (l->stream != NULL)
		return command_control_stream(l, c);
	return command_control_viewer(l, c);
}

static enum command_result
command_pause(const struct command_line *l)
{
	return command_control(l, &pausing);
}

static enum command_result
command_resume(const struct command_line *l)
{
	return command_control(l, &resuming);
}

static enum command_result
command_close(const struct command_line *l)
{
	enum command_result rc;
	json_t *reply;
	char *id, *path, *what;

	rc = command_find_id(l, &id);
	if (rc != COMMAND_DONE)
		return rc;
	path = xasprintf("/api/webrtc/session/%s", id);
	what = xasprintf("session %s", id);
	rc = command_ask(l, "DELETE", path, NULL, &reply);
	command_report(l, rc, reply, "closed", what);
	json_decref(reply);
	free(what);
	free(path);
	free(id);
	return rc;
}

static enum command_result
command_version(const struct command_line *l)
{
	json_t *reply, *versions = json_pack("{s:s}", "lullctl",
	    PACKAGE_VERSION);
	enum command_result rc = command_ask(l, "GET", "/api", NULL, &reply);

	if (rc == COMMAND_DONE)
		json_object_set(versions, "broker", reply);
	l->show->version(l->out, versions);
	json_decref(versions);
	json_decref(reply);
	return rc;
}

static enum command_result
command_print_help(const struct command_line *l)
{
	command_help(l->out);
	return COMMAND_DONE;
}

void
command_usage(FILE *out)
{
	fputs("usage: lullctl [-hjV] [-s socket] [--rundir dir] command "
	    "[argument ...]\n", out);
}

void
command_help(FILE *out)
{
	command_usage(out);
	fputs("\n", out);
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(out, "  %s%s%s\n\t%s\n", commands[i].name,
		    *commands[i].arguments != '\0' ? " " : "",
		    commands[i].arguments, commands[i].help);
	fputs("\n"
	    "An ID may be abbreviated: 4 digits, or as many as it takes.\n"
	    "\n"
	    "  -j, --json\tthe broker's JSON instead of text\n"
	    "  -s, --socket\tthe broker's socket\n"
	    "  --rundir\tthe folder of the broker's socket, lulld.sock\n"
	    "  -h, --help\tprint this\n"
	    "  -V, --version\tprint lullctl's version\n", out);
}

static bool
command_name_valid(const char *name)
{
	return *name != '\0' && json_is_utf8(name);
}

/* Returns NULL, or what is wrong with the arguments. No name may come to mean
 * everybody, least of all the empty one that an unset variable gives. */
static const char *
command_check(const struct command_line *l, enum command_takes takes)
{
	int others = (l->viewer != NULL) + (l->stream != NULL) + l->all;

	if (takes == TAKES_NOTHING && (others > 0 || l->id != NULL))
		return "takes no argument";
	if (takes == TAKES_ID && (others > 0 || l->id == NULL))
		return "takes a session ID";
	if (takes == TAKES_TARGET && others + (l->id != NULL) != 1)
		return "takes one of: ID, --viewer V, --stream S, --all";
	if (l->id != NULL && strcasecmp(l->id, "all") == 0)
		return "all sessions are --all";
	if (l->id != NULL && !command_id_shaped(l->id))
		return "an ID is hex digits, 4 of them or more; names go "
		    "with --viewer or --stream";
	if ((l->viewer != NULL && !command_name_valid(l->viewer)) ||
	    (l->stream != NULL && !command_name_valid(l->stream)))
		return "the name is empty or not UTF-8";
	return NULL;
}

/* Other programs have these words for our commands. */
static const struct {
	const char *word, *command;
} synonyms[] = {
	{ "list", "sessions" }, { "ls", "sessions" }, { "ps", "sessions" },
	{ "status", "sessions" }, { "viewers", "sessions" },
	{ "clients", "sessions" }, { "cameras", "streams" },
	{ "kick", "close" }, { "kill", "close" }, { "end", "close" },
	{ "stop", "pause" }, { "play", "resume" }, { "start", "resume" },
	{ "unpause", "resume" },
};

/* Returns the command that was probably meant, or NULL if none is near. */
static const char *
command_meant(const char *name)
{
	size_t best = slip_limit(name), distance;
	const char *meant = NULL;

	for (size_t i = 0; i < sizeof synonyms / sizeof synonyms[0]; i++)
		if (strcmp(synonyms[i].word, name) == 0)
			return synonyms[i].command;
	for (size_t i = 0; i < N_COMMANDS; i++) {
		distance = slip_distance(name, commands[i].name);
		if (distance < best) {
			best = distance;
			meant = commands[i].name;
		}
	}
	return meant;
}

enum command_result
command_run(const struct command_line *l)
{
	const char *wrong, *meant;

	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (strcmp(commands[i].name, l->name) != 0)
			continue;
		wrong = command_check(l, commands[i].takes);
		if (wrong == NULL)
			return commands[i].run(l);
		command_complain(l->err, "%s: %s", l->name, wrong);
		return COMMAND_USAGE;
	}
	meant = command_meant(l->name);
	if (meant != NULL)
		command_complain(l->err, "no command %s; did you mean %s?",
		    l->name, meant);
	else
		command_complain(l->err, "no command %s; try lullctl help",
		    l->name);
	return COMMAND_USAGE;
}
