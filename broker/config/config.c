#include "config.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config_keys.h"
#include "config_read.h"
#include "config_source.h"
#include "config_streams.h"
#include "config_webrtc.h"
#include "xalloc.h"

#define DEFAULT_LISTEN	":1984"		/* go2rtc's */
#define DEFAULT_VIEWER_PORT	8555	/* go2rtc's */
#define DEFAULT_PORT_MIN	50000
#define DEFAULT_PORT_MAX	50999
#define DEFAULT_GOP_MAX_BYTES	(16 << 20)
#define DEFAULT_GOP_MAX_MS	120000
#define DEFAULT_GOP_RATE	50000000 /* ten seconds of 2 Mbit/s in 0.4 */

static void
warn_unknown(struct config_read *r, const char *parent, const char *name,
    const char *path)
{
	const char *meant = config_keys_suggest(parent, name);
	char *shown = config_read_show(path);

	if (meant != NULL)
		config_read_warn(r, path, "unknown key `%s`, ignored "
		    "(did you mean `%s`?)", shown, meant);
	else
		config_read_warn(r, path, "unknown key `%s`, ignored", shown);
	free(shown);
}

static void
warn_not_yet(struct config_read *r, const struct config_key *key,
    const char *path)
{
	char *shown = config_read_show(path);

	config_read_warn(r, path, "%s is not supported yet, ignored%s%s",
	    shown, key->note != NULL ? ": " : "",
	    key->note != NULL ? key->note : "");
	free(shown);
}

static int read_map(struct config_read *, const char *pattern,
    const char *path, json_t *map);

/* The keys below a key are checked before it is taken. */
static int
read_key(struct config_read *r, const struct config_key *key,
    const char *path, json_t *value)
{
	if (json_is_null(value) && !(key->types & CONFIG_NULL))
		return 0;
	if (config_read_check(r, path, value, key->types) == -1)
		return -1;
	if (json_is_object(value) &&
	    read_map(r, key->pattern, path, value) == -1)
		return -1;
	return key->set != NULL ? key->set(r, path, value) : 0;
}

static int
read_map(struct config_read *r, const char *pattern, const char *path,
    json_t *map)
{
	const struct config_key *key;
	const char *name;
	char *below;
	json_t *v;
	int rc = 0;

	json_object_foreach(map, name, v) {
		below = xasprintf("%s%s%s", path, *path != '\0' ? "/" : "",
		    name);
		key = config_keys_find(pattern, name);
		if (key == NULL)
			warn_unknown(r, pattern, name, below);
		else if (key->status == CONFIG_KEY_NOT_YET)
			warn_not_yet(r, key, below);
		else
			rc = read_key(r, key, below, v);
		free(below);
		if (rc == -1)
			break;
	}
	return rc;
}

/* A variable that is not set is most often a password, so it is warned of. */
static void
warn_unset(struct config_read *r)
{
	const struct config_source *s = r->sources->list;
	const char *variable;
	json_t *line;

	for (size_t i = 0; i < r->sources->n; i++, s++) {
		json_object_foreach(s->unset, variable, line) {
			char *text = xasprintf("%s:%" JSON_INTEGER_FORMAT
			    ": %s is not set, and left as it stands", s->name,
			    json_integer_value(line), variable);

			r->warn(text, r->arg);
			free(text);
		}
	}
}

static bool
value_is_set(const json_t *v)
{
	return json_is_string(v) ? json_string_length(v) > 0 :
	    json_is_number(v) || json_is_true(v);
}

/* Tells whether "HOST:PORT" is an address that only this host can reach. */
static bool
is_of_this_host(const char *listen)
{
	return strncmp(listen, "127.", 4) == 0 ||
	    strncmp(listen, "[::1]:", 6) == 0 ||
	    strncasecmp(listen, "localhost:", 10) == 0;
}

/*
 * Nobody who sets a password means everybody to be let in. We cannot ask for it
 * yet, so we let in nobody but those on this host.
 */
static void
keep_to_this_host(struct config_read *r)
{
	const json_t *api = json_object_get(r->sources->root, "api");
	bool password = value_is_set(json_object_get(api, "password"));
	const char *path = password ? "api/password" : "api/username";
	struct config *c = r->config;
	char *shown, *here;

	if ((!password && !value_is_set(json_object_get(api, "username"))) ||
	    c->listen[0] == '\0')
		return;
	shown = config_read_show(path);
	here = xasprintf("localhost%s", strrchr(c->listen, ':'));
	if (is_of_this_host(c->listen)) {
		config_read_warn(r, path, "nothing asks for %s yet: whoever "
		    "is on this host may use the API", shown);
		free(here);
	} else {
		config_read_warn(r, path, "nothing asks for %s yet: this "
		    "host alone is served, at %s in place of %s. Remove it "
		    "to serve whoever reaches the port, or let a proxy ask "
		    "for it", shown, here, c->listen);
		free(c->listen);
		c->listen = here;
	}
	free(shown);
}

static bool
has_key(const json_t *map, const char *key)
{
	const json_t *v = json_object_get(map, key);

	return v != NULL && !json_is_null(v);
}

/* A range of ports alone is what configurations have from before there was one
 * port for all: they keep it. */
static void
keep_to_range(struct config_read *r)
{
	const json_t *webrtc = json_object_get(r->sources->root, "webrtc");

	if (has_key(webrtc, "ports") && !has_key(webrtc, "listen"))
		r->config->viewer_port.port = 0;
}

static struct config *
config_new(const char *path)
{
	struct config *c = xcalloc(1, sizeof *c);
	char absolute[PATH_MAX];

	if (path != NULL)
		c->path = xstrdup(realpath(path, absolute) != NULL ? absolute
								   : path);
	c->log_level = LOG_LEVEL_INFO;
	c->listen = xstrdup(DEFAULT_LISTEN);
	c->origin = xstrdup("");
	c->hosts = json_array();
	c->viewer_port = (struct config_viewer_port){
		.port = DEFAULT_VIEWER_PORT, .udp = true, .tcp = true,
	};
	c->port_min = DEFAULT_PORT_MIN;
	c->port_max = DEFAULT_PORT_MAX;
	c->ice_servers = json_array();
	config_rtsp_init(&c->rtsp);
	c->filters = json_object();
	c->gop_max_bytes = DEFAULT_GOP_MAX_BYTES;
	c->gop_max_ms = DEFAULT_GOP_MAX_MS;
	c->gop_rate = DEFAULT_GOP_RATE;
	return c;
}

struct config *
config_load(const char *const *args, size_t n, config_warn_cb *warn,
    void *arg, struct error *err)
{
	struct config_sources sources;
	struct config_read r = { NULL, &sources, warn, arg, err };

	if (config_source_load(args, n, &sources, err) == -1)
		return NULL;
	r.config = config_new(sources.path);
	r.config->sources = config_source_names(&sources);
	warn_unset(&r);
	if (read_map(&r, "", "", sources.root) == 0) {
		keep_to_this_host(&r);
		if (r.config->listen[0] == '\0' ||
		    is_of_this_host(r.config->listen))
			config_rtsp_keep_here(&r.config->rtsp);
		keep_to_range(&r);
		config_webrtc_finish(&r);
		config_streams_finish(&r, json_object_get(sources.root,
		    "preload"));
	} else {
		config_free(r.config);
		r.config = NULL;
	}
	config_source_clear(&sources);
	return r.config;
}

void
config_free(struct config *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->n_streams; i++) {
		free(c->streams[i].name);
		json_decref(c->streams[i].sources);
	}
	free(c->streams);
	free(c->path);
	free(c->sources);
	free(c->listen);
	free(c->origin);
	json_decref(c->hosts);
	free(c->static_dir);
	json_decref(c->ice_servers);
	for (size_t i = 0; i < c->n_candidates; i++)
		free(c->candidates[i].host);
	free(c->candidates);
	config_rtsp_clear(&c->rtsp);
	json_decref(c->filters);
	free(c);
}

void
config_viewer_port_text(const struct config_viewer_port *p,
    char text[CONFIG_VIEWER_PORT_TEXT])
{
	bool bracket = strchr(p->address, ':') != NULL;

	snprintf(text, CONFIG_VIEWER_PORT_TEXT, "%s%s%s:%d%s",
	    bracket ? "[" : "", p->address, bracket ? "]" : "", p->port,
	    !p->tcp ? "/udp" : !p->udp ? "/tcp" : "");
}
