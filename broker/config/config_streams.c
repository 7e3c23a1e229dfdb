#include "config_streams.h"

#include <stdlib.h>
#include <string.h>

#include "camera_url.h"
#include "json.h"
#include "xalloc.h"

/* Returns the NAME of a path "streams/NAME". */
static const char *
stream_name(const char *path)
{
	return path + strlen("streams/");
}

static void
add_stream(struct config *c, const char *name, const char *url,
    const json_t *options)
{
	struct config_stream *s;
	json_t *linger = json_object_get(options, "linger");

	c->streams = xrealloc(c->streams,
	    (c->n_streams + 1) * sizeof *c->streams);
	s = &c->streams[c->n_streams++];
	s->name = xstrdup(name);
	s->url = xstrdup(url);
	s->preload = json_get_bool(options, "preload", false);
	s->linger_ms = CONFIG_LINGER_MS;
	if (json_is_number(linger))
		s->linger_ms = (int)(json_number_value(linger) * 1000);
}

/* Tells whether lull can take this source. Warns why not, or of what is ignored
 * in it. `where` is the source's path. */
static bool
is_usable(struct config_read *r, const char *where, const char *name,
    const json_t *source)
{
	struct camera_url url;
	struct error err;

	if (!json_is_string(source)) {
		config_read_warn(r, where, "stream `%s`: source ignored: it "
		    "is not a string", name);
		return false;
	}
	if (camera_url_parse(json_string_value(source), &url, &err) == -1) {
		config_read_warn(r, where, "stream `%s`: source ignored: %s",
		    name, err.text);
		return false;
	}
	if (url.udp && !camera_url_does_udp(&url))
		config_read_warn(r, where, "stream `%s`: #transport=udp "
		    "ignored: media come over UDP from rtsp:// alone", name);
	camera_url_clear(&url);
	return true;
}

static void
warn_unused(struct config_read *r, const char *where, const char *name,
    const char *source)
{
	char *masked = camera_url_mask(source);

	config_read_warn(r, where, "stream `%s`: %s is not used yet, the "
	    "first usable source is", name, masked);
	free(masked);
}

/* Returns the first that is usable of a string or a list of strings, or
 * NULL. */
static const char *
first_usable(struct config_read *r, const char *path, const char *name,
    const json_t *sources)
{
	const char *found = NULL;
	const json_t *source;
	bool usable;
	char *item;
	size_t i;

	if (json_is_string(sources))
		return is_usable(r, path, name, sources) ?
		    json_string_value(sources) : NULL;
	json_array_foreach(sources, i, source) {
		item = xasprintf("%s/%zu", path, i);
		usable = is_usable(r, item, name, source);
		if (usable && found != NULL)
			warn_unused(r, item, name, json_string_value(source));
		else if (usable)
			found = json_string_value(source);
		free(item);
	}
	return found;
}

/* Returns the source that is taken of a stream; NULL if there is none, which it
 * warns of. `name` is the stream's in messages. */
static const char *
choose_source(struct config_read *r, const char *path, const char *name,
    const json_t *stream)
{
	bool is_map = json_is_object(stream);
	const json_t *sources = is_map ? json_object_get(stream, "url")
				       : stream;
	const char *url;
	char *at;

	if (sources == NULL || json_is_null(sources)) {
		config_read_warn(r, path, "stream `%s` has no source, left "
		    "out: streams that a publisher feeds are not supported "
		    "yet", name);
		return NULL;
	}
	at = xasprintf("%s%s", path, is_map ? "/url" : "");
	url = first_usable(r, at, name, sources);
	free(at);
	if (url == NULL)
		config_read_warn(r, path, "stream `%s` has no usable source, "
		    "left out", name);
	return url;
}

int
config_streams_add(struct config_read *r, const char *path, const json_t *v)
{
	char *shown;
	const char *url;

	if (stream_name(path)[0] == '\0') {
		config_read_warn(r, path, "a stream without a name, left "
		    "out: nothing could ask for it");
		return 0;
	}
	shown = config_source_mask(stream_name(path));
	url = choose_source(r, path, shown, v);
	free(shown);
	if (url != NULL)
		add_stream(r->config, stream_name(path), url, v);
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
		add_stream(c, "demo", "demo:", NULL);
	if (c->n_streams == 0)
		config_read_warn(r, "streams", "no stream to serve");
	else
		qsort(c->streams, c->n_streams, sizeof *c->streams, compare);
	json_object_foreach(preload, name, v)
		apply_preload(r, name, v);
}
