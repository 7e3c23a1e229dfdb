#include "config_streams.h"

#include <stdlib.h>
#include <string.h>

#include "camera_url.h"
#include "json.h"
#include "xalloc.h"

#define MAX_DEPTH	8	/* streams by whose names others lead */

/* Returns the NAME of a path "streams/NAME". */
static const char *
stream_name(const char *path)
{
	return path + strlen("streams/");
}

/* The reference to `sources` is taken over. */
static void
add_stream(struct config *c, const char *name, json_t *sources,
    const json_t *options)
{
	struct config_stream *s;
	json_t *linger = json_object_get(options, "linger");

	c->streams = xrealloc(c->streams,
	    (c->n_streams + 1) * sizeof *c->streams);
	s = &c->streams[c->n_streams++];
	s->name = xstrdup(name);
	s->sources = sources;
	s->preload = json_get_bool(options, "preload", false);
	s->linger_ms = CONFIG_LINGER_MS;
	if (json_is_number(linger))
		s->linger_ms = (int)(json_number_value(linger) * 1000);
}

/* Returns the string or list that has the sources of a stream, or NULL. */
static const json_t *
sources_of(const json_t *stream)
{
	return json_is_object(stream) ? json_object_get(stream, "url") : stream;
}

/* Returns the i-th source, of a string the 0th, or NULL. */
static const json_t *
source_at(const json_t *sources, size_t i)
{
	if (json_is_array(sources))
		return json_array_get(sources, i);
	return i == 0 ? sources : NULL;
}

/* Returns the stream that an ffmpeg:NAME names, which the caller frees; NULL if
 * the text is an address, or wrong. */
static char *
name_in(const char *text)
{
	struct camera_url url;
	struct error err;
	char *name = NULL;

	if (camera_url_parse(text, &url, &err) == -1)
		return NULL;
	if (url.reference != NULL)
		name = xstrdup(url.reference);
	camera_url_clear(&url);
	return name;
}

/* Tells whether it can be the source that others mean by the stream's name. */
static bool
is_source_of(const char *name, const char *text)
{
	struct camera_url url;
	struct error err;
	bool itself;

	if (text == NULL || camera_url_parse(text, &url, &err) == -1)
		return false;
	itself = url.reference != NULL && strcmp(url.reference, name) == 0;
	camera_url_clear(&url);
	return !itself;
}

/* Returns the first source of a stream, as it is written, or NULL. */
static const char *
first_source(const json_t *stream, const char *name)
{
	const json_t *sources = sources_of(stream), *source;

	for (size_t i = 0; (source = source_at(sources, i)) != NULL; i++)
		if (is_source_of(name, json_string_value(source)))
			return json_string_value(source);
	return NULL;
}

/* Returns a source with the address in place of a stream's name, which the
 * caller frees; NULL if the name leads to none. A name may lead to a name, and
 * names may go round in a circle. What is no stream and looks like a file is
 * one, as for go2rtc. */
static char *
resolve(const json_t *streams, const char *text, int depth)
{
	char *name = name_in(text), *address = NULL, *out = NULL;
	const json_t *stream;
	const char *first;

	if (name == NULL)
		return xstrdup(text);
	stream = json_object_get(streams, name);
	first = first_source(stream, name);
	if (stream == NULL && strpbrk(name, "./") != NULL)
		out = xasprintf("ffmpeg:file:%s", text + strlen("ffmpeg:"));
	else if (first != NULL && depth < MAX_DEPTH)
		address = resolve(streams, first, depth + 1);
	if (address != NULL)
		out = camera_url_resolve(text, address);
	free(address);
	free(name);
	return out;
}

/* The sources of one stream are being read. */
struct reading {
	struct config_read	*r;
	const char		*name, *shown;	/* of the stream */
	json_t			*sources;	/* those taken */
};

/* A stream's own name stands for what lull does by itself: go2rtc makes Opus
 * that way. Returns the source's address, which the caller frees, or NULL. */
static char *
resolve_own(struct reading *g, const char *where, const char *text)
{
	const json_t *streams = json_object_get(g->r->sources->root,
	    "streams");
	char *name = name_in(text), *masked, *out = NULL;

	if (name != NULL && strcmp(name, g->name) == 0) {
		free(name);
		return NULL;
	}
	out = resolve(streams, text, 0);
	if (out == NULL) {
		masked = camera_url_mask(name);
		config_read_warn(g->r, where, "stream `%s`: source ignored: "
		    "%s `%s`%s", g->shown, json_object_get(streams, name) ==
		    NULL ? "there is no stream" : "stream", masked,
		    json_object_get(streams, name) == NULL ? "" :
		    " has no source of its own");
		free(masked);
	}
	free(name);
	return out;
}

/* Warns of what is not done of what the source asks for. */
static void
warn_of(struct reading *g, const char *where, const struct camera_url *url)
{
	if (url->udp && !camera_url_does_udp(url))
		config_read_warn(g->r, where, "stream `%s`: #transport=udp "
		    "ignored: media come over UDP from rtsp:// alone",
		    g->shown);
	if (url->http && url->scheme != CAMERA_RTSP)
		config_read_warn(g->r, where, "stream `%s`: #transport=http "
		    "ignored: only RTSP goes through HTTP", g->shown);
	if (url->ignored != NULL)
		config_read_warn(g->r, where, "stream `%s`: options ignored: "
		    "%s", g->shown, url->ignored);
}

static void
take_address(struct reading *g, const char *where, const char *text)
{
	struct camera_url url;
	struct error err;

	if (camera_url_parse(text, &url, &err) == -1) {
		config_read_warn(g->r, where, "stream `%s`: source ignored: "
		    "%s", g->shown, err.text);
		return;
	}
	if (json_array_size(g->sources) == CONFIG_MAX_SOURCES) {
		config_read_warn(g->r, where, "stream `%s`: source ignored: "
		    "a stream has %d at most", g->shown, CONFIG_MAX_SOURCES);
	} else {
		warn_of(g, where, &url);
		json_array_append_new(g->sources, json_string(text));
	}
	camera_url_clear(&url);
}

static void
take_source(struct reading *g, const char *where, const json_t *source)
{
	char *text;

	if (!json_is_string(source)) {
		config_read_warn(g->r, where, "stream `%s`: source ignored: "
		    "it is not a string", g->shown);
		return;
	}
	text = resolve_own(g, where, json_string_value(source));
	if (text != NULL)
		take_address(g, where, text);
	free(text);
}

/* Takes a string or a list of strings. */
static void
take_sources(struct reading *g, const char *path, const json_t *sources)
{
	const json_t *source;
	char *item;

	for (size_t i = 0; (source = source_at(sources, i)) != NULL; i++) {
		item = json_is_array(sources) ?
		    xasprintf("%s/%zu", path, i) : xstrdup(path);
		take_source(g, item, source);
		free(item);
	}
}

/* Warns if there is none. */
static void
read_sources(struct reading *g, const char *path, const json_t *stream)
{
	const json_t *sources = sources_of(stream);
	char *at;

	if (sources == NULL || json_is_null(sources)) {
		config_read_warn(g->r, path, "stream `%s` has no source, left "
		    "out: streams that a publisher feeds are not supported "
		    "yet", g->shown);
		return;
	}
	at = xasprintf("%s%s", path, json_is_object(stream) ? "/url" : "");
	take_sources(g, at, sources);
	free(at);
	if (json_array_size(g->sources) == 0)
		config_read_warn(g->r, path, "stream `%s` has no usable "
		    "source, left out", g->shown);
}

int
config_streams_add(struct config_read *r, const char *path, const json_t *v)
{
	struct reading g = { .r = r, .name = stream_name(path) };
	char *shown;

	if (g.name[0] == '\0') {
		config_read_warn(r, path, "a stream without a name, left "
		    "out: nothing could ask for it");
		return 0;
	}
	g.shown = shown = config_source_mask(g.name);
	g.sources = json_array();
	read_sources(&g, path, v);
	free(shown);
	if (json_array_size(g.sources) > 0)
		add_stream(r->config, g.name, g.sources, v);
	else
		json_decref(g.sources);
	return 0;
}

int
config_streams_linger(struct config_read *r, const char *path,
    const json_t *v)
{
	double seconds = json_number_value(v);
	char *shown;

	if (seconds >= 0 && seconds <= CONFIG_LINGER_MAX_S)
		return 0;
	shown = config_read_show(path);
	config_read_fail(r, path, "%s: expected 0 to %d seconds", shown,
	    CONFIG_LINGER_MAX_S);
	free(shown);
	return -1;
}

static int
compare(const void *a, const void *b)
{
	const struct config_stream *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* go2rtc's values are what to take of a stream ("video&audio"), or null. */
static void
apply_preload(struct config_read *r, const char *name, const json_t *v)
{
	struct config *c = r->config;
	char *path, *shown;

	for (size_t i = 0; i < c->n_streams; i++) {
		if (strcmp(c->streams[i].name, name) == 0) {
			c->streams[i].preload = !json_is_false(v);
			return;
		}
	}
	path = xasprintf("preload/%s", name);
	shown = config_source_mask(name);
	config_read_warn(r, path, "preload: no stream `%s`, ignored", shown);
	free(shown);
	free(path);
}

void
config_streams_finish(struct config_read *r, json_t *preload)
{
	struct config *c = r->config;
	const char *name;
	json_t *v;

	if (c->path == NULL &&
	    json_object_get(r->sources->root, "streams") == NULL)
		add_stream(c, "demo", json_pack("[s]", "demo:"), NULL);
	if (c->n_streams == 0)
		config_read_warn(r, "streams", "no stream to serve");
	else
		qsort(c->streams, c->n_streams, sizeof *c->streams, compare);
	json_object_foreach(preload, name, v)
		apply_preload(r, name, v);
}
