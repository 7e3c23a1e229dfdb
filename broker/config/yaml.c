/*
 * libyaml's events are built into a tree with a stack of the maps and
 * lists that are open. A value that is complete goes into the topmost one.
 */
#include "yaml.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "xalloc.h"
#include "yaml_core.h"

#define CORE_TAG	"tag:yaml.org,2002:"

/* A frame is a map or list that is open. */
struct yaml_frame {
	json_t	*node;
	char	*key;		/* a map's, of the value to come, or NULL */
	char	*anchor;	/* its name, or NULL */
	bool	 merging;	/* the value to come is that of `<<` */
	json_t	*merged;	/* the maps that `<<` brought, or NULL */
};

struct yaml_reader {
	yaml_parser_t	 parser;
	struct yaml_doc	*doc;
	json_t		*anchors;	/* name: a complete value */
	struct yaml_frame	 stack[YAML_MAX_DEPTH];
	size_t		 depth;
	size_t		 n_nodes;
	size_t		 n_documents;
	size_t		 root_line;
	const char	*text;
	size_t		 len;
	struct error	*err;
};

static int yaml_fail(struct yaml_reader *, size_t line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int
yaml_fail(struct yaml_reader *r, size_t line, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	error_set(r->err, "line %zu: %s", line, what);
	return -1;
}

static size_t
line_of(const yaml_event_t *e)
{
	return e->start_mark.line + 1;
}

/* Returns the innermost frame; NULL at the top level. */
static struct yaml_frame *
top(struct yaml_reader *r)
{
	return r->depth > 0 ? &r->stack[r->depth - 1] : NULL;
}

/* Tells whether the next scalar is a key. */
static bool
wants_key(const struct yaml_frame *f)
{
	return f != NULL && json_is_object(f->node) && f->key == NULL &&
	    !f->merging;
}

/* Returns the path of the value to come, "streams/cam/0". The caller frees
 * it. */
static char *
value_path(const struct yaml_reader *r)
{
	char *path = xstrdup(""), *next;
	const struct yaml_frame *f;

	for (f = r->stack; f < r->stack + r->depth; f++) {
		if (json_is_array(f->node))
			next = xasprintf("%s/%zu", path,
			    json_array_size(f->node));
		else
			next = xasprintf("%s/%s", path,
			    f->merging ? "<<" : f->key);
		free(path);
		path = next;
	}
	memmove(path, path + (*path == '/'), strlen(path) + (*path != '/'));
	return path;
}

static void
note_line(struct yaml_reader *r, size_t line)
{
	char *path = value_path(r);

	json_object_set_new(r->doc->lines, path,
	    json_integer((json_int_t)line));
	free(path);
}

static void
note_text(struct yaml_reader *r, const char *text)
{
	char *path = value_path(r);

	json_object_set_new(r->doc->texts, path, json_string(text));
	free(path);
}

/* Takes the reference to the value of `<<`, which must be a map or a list of
 * maps. */
static int
add_merged(struct yaml_reader *r, struct yaml_frame *f, json_t *v, size_t line)
{
	json_t *list = v, *item;
	size_t i;

	f->merging = false;
	if (json_is_object(v)) {
		list = json_array();
		json_array_append_new(list, v);
	}
	json_array_foreach(list, i, item) {
		if (!json_is_object(item))
			break;
	}
	if (!json_is_array(list) || i < json_array_size(list)) {
		json_decref(list);
		return yaml_fail(r, line, "`<<` takes a map or a list of maps");
	}
	f->merged = list;
	return 0;
}

/* Takes the reference to a complete value. */
static int
add_value(struct yaml_reader *r, json_t *v, size_t line)
{
	struct yaml_frame *f = top(r);

	if (f == NULL) {
		json_decref(r->doc->root);
		r->doc->root = v;
		return 0;
	}
	if (json_is_array(f->node)) {
		json_array_append_new(f->node, v);
		return 0;
	}
	if (f->merging)
		return add_merged(r, f, v, line);
	json_object_set_new(f->node, f->key, v);
	free(f->key);
	f->key = NULL;
	return 0;
}

/* Each value asks this first, since it may be illegal here or one too many. */
static int
begin_value(struct yaml_reader *r, const yaml_event_t *e)
{
	const struct yaml_frame *f = top(r);

	if (++r->n_nodes > YAML_MAX_NODES)
		return yaml_fail(r, line_of(e), "more than %d values",
		    YAML_MAX_NODES);
	if (wants_key(f))
		return yaml_fail(r, line_of(e), "a key must be a text");
	if (f == NULL)
		r->root_line = line_of(e);
	else if (json_is_array(f->node))
		note_line(r, line_of(e));
	return 0;
}

static void
set_anchor(struct yaml_reader *r, const char *name, json_t *v)
{
	if (name != NULL)
		json_object_set(r->anchors, name, v);
}

static int
add_key(struct yaml_reader *r, struct yaml_frame *f, const yaml_event_t *e)
{
	const char *key = (const char *)e->data.scalar.value;
	size_t len = e->data.scalar.length;
	bool merge = strcmp(key, "<<") == 0 &&
	    e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

	if (len > YAML_MAX_KEY)
		return yaml_fail(r, line_of(e), "a key of more than %d bytes",
		    YAML_MAX_KEY);
	if (strlen(key) != len)
		return yaml_fail(r, line_of(e), "a NUL character in a key");
	if (json_object_get(f->node, key) != NULL ||
	    (merge && f->merged != NULL))
		return yaml_fail(r, line_of(e), "duplicate key `%s`", key);
	if (merge)
		f->merging = true;
	else
		f->key = xstrdup(key);
	note_line(r, line_of(e));
	return 0;
}

/* Tells whether a plain scalar of this tag is subject to the core schema.
 * Returns -1 if the tag is none of YAML's own. */
static int
tag_resolves(const char *tag)
{
	if (tag == NULL)
		return 1;
	if (strcmp(tag, "!") == 0)
		return 0;
	if (strncmp(tag, CORE_TAG, strlen(CORE_TAG)) != 0)
		return -1;
	return strcmp(tag + strlen(CORE_TAG), "str") != 0;
}

static json_t *
scalar_value(struct yaml_reader *r, const yaml_event_t *e)
{
	const char *text = (const char *)e->data.scalar.value;
	int resolves = tag_resolves((const char *)e->data.scalar.tag);
	json_t *v = NULL;

	if (resolves == -1) {
		yaml_fail(r, line_of(e), "unknown tag `%s`",
		    e->data.scalar.tag);
		return NULL;
	}
	if (strlen(text) != e->data.scalar.length) {
		yaml_fail(r, line_of(e), "a NUL character in a text");
		return NULL;
	}
	if (resolves && e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		v = yaml_core_value(text);
	if (v != NULL)
		note_text(r, text);
	else if ((v = json_string(text)) == NULL)
		yaml_fail(r, line_of(e), "a text that is not UTF-8");
	return v;
}

static int
yaml_on_scalar(struct yaml_reader *r, const yaml_event_t *e)
{
	json_t *v;

	if (wants_key(top(r)))
		return add_key(r, top(r), e);
	if (begin_value(r, e) == -1 || (v = scalar_value(r, e)) == NULL)
		return -1;
	set_anchor(r, (const char *)e->data.scalar.anchor, v);
	return add_value(r, v, line_of(e));
}

static int
yaml_push(struct yaml_reader *r, const yaml_event_t *e, json_t *node,
    const void *anchor)
{
	struct yaml_frame *f = &r->stack[r->depth];

	if (r->depth == YAML_MAX_DEPTH || begin_value(r, e) == -1) {
		json_decref(node);
		if (r->depth == YAML_MAX_DEPTH)
			return yaml_fail(r, line_of(e),
			    "more than %d levels deep", YAML_MAX_DEPTH);
		return -1;
	}
	memset(f, 0, sizeof *f);
	f->node = node;
	f->anchor = anchor != NULL ? xstrdup(anchor) : NULL;
	r->depth++;
	return 0;
}

static int
yaml_on_map(struct yaml_reader *r, const yaml_event_t *e)
{
	return yaml_push(r, e, json_object(), e->data.mapping_start.anchor);
}

static int
yaml_on_list(struct yaml_reader *r, const yaml_event_t *e)
{
	return yaml_push(r, e, json_array(), e->data.sequence_start.anchor);
}

/* The map's own keys win, then the first of the merged ones. */
static void
apply_merged(struct yaml_frame *f)
{
	json_t *map;
	size_t i;

	json_array_foreach(f->merged, i, map)
		json_object_update_missing(f->node, map);
	json_decref(f->merged);
}

static int
yaml_on_end(struct yaml_reader *r, const yaml_event_t *e)
{
	struct yaml_frame *f = &r->stack[--r->depth];

	apply_merged(f);
	set_anchor(r, f->anchor, f->node);
	free(f->anchor);
	return add_value(r, f->node, line_of(e));
}

static size_t
count_nodes(const json_t *v)
{
	const char *key;
	json_t *item;
	size_t i, n = 1;

	if (json_is_object(v)) {
		json_object_foreach((json_t *)v, key, item)
			n += count_nodes(item);
	} else {
		json_array_foreach(v, i, item)
			n += count_nodes(item);
	}
	return n;
}

/* The value is copied, so that a tree stays a tree, and counted, so that
 * aliases of aliases cannot grow without bound. */
static int
yaml_on_alias(struct yaml_reader *r, const yaml_event_t *e)
{
	const char *name = (const char *)e->data.alias.anchor;
	json_t *v = json_object_get(r->anchors, name);

	if (begin_value(r, e) == -1)
		return -1;
	if (v == NULL)
		return yaml_fail(r, line_of(e), "no anchor `%s` above", name);
	r->n_nodes += count_nodes(v) - 1;
	if (r->n_nodes > YAML_MAX_NODES)
		return yaml_fail(r, line_of(e), "more than %d values",
		    YAML_MAX_NODES);
	return add_value(r, json_deep_copy(v), line_of(e));
}

static int
yaml_on_document(struct yaml_reader *r, const yaml_event_t *e)
{
	if (r->n_documents++ > 0)
		return yaml_fail(r, line_of(e), "a second document");
	return 0;
}

static int
yaml_on_document_end(struct yaml_reader *r, const yaml_event_t *e)
{
	(void)e;
	if (json_is_null(r->doc->root)) {
		json_decref(r->doc->root);
		r->doc->root = json_object();
	}
	if (!json_is_object(r->doc->root))
		return yaml_fail(r, r->root_line,
		    "expected a map at the top level");
	return 0;
}

static int (*const handlers[])(struct yaml_reader *, const yaml_event_t *) = {
	[YAML_DOCUMENT_START_EVENT] = yaml_on_document,
	[YAML_DOCUMENT_END_EVENT] = yaml_on_document_end,
	[YAML_SCALAR_EVENT] = yaml_on_scalar,
	[YAML_ALIAS_EVENT] = yaml_on_alias,
	[YAML_MAPPING_START_EVENT] = yaml_on_map,
	[YAML_MAPPING_END_EVENT] = yaml_on_end,
	[YAML_SEQUENCE_START_EVENT] = yaml_on_list,
	[YAML_SEQUENCE_END_EVENT] = yaml_on_end,
};
#define N_HANDLERS	(sizeof handlers / sizeof handlers[0])

/* libyaml's words for the slips that people make want a hint in theirs. */
static const struct {
	const char	*problem, *hint;
} hints[] = {
	{ "found character that cannot start any token",
	    " (a text that begins with it wants quotes)" },
	{ "did not find expected key",
	    " (is the line indented as those that belong with it?)" },
	{ "mapping values are not allowed in this context",
	    " (a text with a colon and a space in it, or a colon at its end, "
	    "wants quotes)" },
};

/* Tells whether there is a tab among what indents the line. */
static bool
is_tabbed(const struct yaml_reader *r, size_t line)
{
	const char *s = r->text, *end = r->text + r->len;

	while (s != NULL && --line > 0)
		if ((s = memchr(s, '\n', (size_t)(end - s))) != NULL)
			s++;
	while (s != NULL && s < end && *s == ' ')
		s++;
	return s != NULL && s < end && *s == '\t';
}

static const char *
hint_of(const struct yaml_reader *r, const char *problem, size_t line)
{
	if (is_tabbed(r, line))
		return " (indent with spaces: here is a tab)";
	for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++)
		if (strcmp(hints[i].problem, problem) == 0)
			return hints[i].hint;
	return "";
}

/* libyaml knows only the offset of a byte that is not UTF-8, and notices a
 * quote that is never closed at the end. */
static int
syntax_error(struct yaml_reader *r)
{
	const yaml_parser_t *p = &r->parser;
	const char *what = p->problem != NULL ? p->problem : "out of memory";
	size_t line = p->problem_mark.line + 1;

	if (p->error == YAML_READER_ERROR) {
		line = 1;
		for (size_t i = 0; i < p->problem_offset; i++)
			line += r->text[i] == '\n';
	}
	if (p->context != NULL &&
	    strcmp(p->context, "while scanning a quoted scalar") == 0)
		return yaml_fail(r, p->context_mark.line + 1,
		    "%s (is this quote closed?)", what);
	return yaml_fail(r, line, "%s%s", what, hint_of(r, what, line));
}

static int
read_events(struct yaml_reader *r)
{
	yaml_event_type_t type = YAML_NO_EVENT;
	yaml_event_t e;
	int rc = 0;

	while (rc == 0 && type != YAML_STREAM_END_EVENT) {
		if (!yaml_parser_parse(&r->parser, &e))
			return syntax_error(r);
		type = e.type;
		if (type < N_HANDLERS && handlers[type] != NULL)
			rc = handlers[type](r, &e);
		yaml_event_delete(&e);
	}
	return rc;
}

static void
drop_frames(struct yaml_reader *r)
{
	for (struct yaml_frame *f = r->stack; f < r->stack + r->depth; f++) {
		json_decref(f->node);
		json_decref(f->merged);
		free(f->key);
		free(f->anchor);
	}
}

int
yaml_load(const char *text, size_t len, struct yaml_doc *out, struct error *err)
{
	struct yaml_reader r = { .doc = out, .text = text, .len = len,
		.err = err };
	int rc;

	*out = (struct yaml_doc){ json_object(), json_object(), json_object() };
	if (len > YAML_MAX_BYTES) {
		yaml_clear(out);
		return yaml_fail(&r, 1, "more than %d bytes", YAML_MAX_BYTES);
	}
	if (!yaml_parser_initialize(&r.parser)) {
		yaml_clear(out);
		return yaml_fail(&r, 1, "out of memory");
	}
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text,
	    len);
	r.anchors = json_object();
	rc = read_events(&r);
	drop_frames(&r);
	json_decref(r.anchors);
	yaml_parser_delete(&r.parser);
	if (rc == -1)
		yaml_clear(out);
	return rc;
}

void
yaml_clear(struct yaml_doc *doc)
{
	json_decref(doc->root);
	json_decref(doc->lines);
	json_decref(doc->texts);
	memset(doc, 0, sizeof *doc);
}
