#include "config_source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "camera_url.h"
#include "json.h"
#include "xalloc.h"

#define NAME_CHARS	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" \
			"0123456789_-."
#define NAME_MAX_BYTES	128			/* of a variable */
#define CREDENTIAL_MAX_BYTES	(64 * 1024)

/* These are looked for in this order when no source is given. People use the
 * last wherever lull is installed. */
static const char *const default_files[] = {
	"lull.yaml",
	"go2rtc.yaml",
	LULL_SYSCONFDIR "/lull/lull.yaml",
	"/etc/lull/lull.yaml",
	NULL,
};

char *
config_source_mask(const char *text)
{
	return strstr(text, "://") != NULL ? camera_url_mask(text)
					   : xstrdup(text);
}

/* Reads at most `max` bytes. Returns NULL with errno: EFBIG if there are more,
 * EILSEQ if they are no text. */
static char *
read_file(const char *path, size_t max)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0, size = 4096;
	char *buf;
	ssize_t n;

	if (fd == -1)
		return NULL;
	buf = xcalloc(1, size);
	while ((n = read(fd, buf + len, size - len - 1)) > 0) {
		len += (size_t)n;
		if (len + 1 == size)
			buf = xrealloc(buf, size *= 2);
		if (len > max) {
			errno = EFBIG;
			n = -1;
			break;
		}
	}
	close(fd);
	buf[len] = '\0';
	if (n == 0 && strlen(buf) == len)
		return buf;
	if (n == 0)
		errno = EILSEQ;
	free(buf);
	return NULL;
}

/* systemd's LoadCredential= puts each into a file, in a folder of ours. */
static char *
source_read_credential(const char *name)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	char *path, *value;
	size_t len;

	if (dir == NULL || name[0] == '.')
		return NULL;
	path = xasprintf("%s/%s", dir, name);
	value = read_file(path, CREDENTIAL_MAX_BYTES);
	free(path);
	if (value == NULL)
		return NULL;
	len = strlen(value);
	while (len > 0 && (value[len - 1] == '\n' || value[len - 1] == '\r'))
		value[--len] = '\0';
	return value;
}

/* Returns a variable's value, which the caller frees, or NULL. */
static char *
lookup(const char *name, const json_t *env)
{
	const char *value = json_get_string(env, name, NULL);
	char *credential;

	if (value != NULL)
		return xstrdup(value);
	if ((credential = source_read_credential(name)) != NULL)
		return credential;
	value = getenv(name);
	return value != NULL ? xstrdup(value) : NULL;
}

/* Returns what "${NAME:default}" at `s` stands for; NULL if it is none or is
 * not set. `*len` is how much of `s` it is. */
static char *
variable_value(const char *s, const json_t *env, size_t *len)
{
	size_t name_len = strspn(s + 2, NAME_CHARS), rest;
	const char *end = s + 2 + name_len;
	char name[NAME_MAX_BYTES + 1], *value;

	*len = 2;
	if (name_len == 0 || name_len > NAME_MAX_BYTES)
		return NULL;
	rest = strcspn(end, "{}");
	if (end[rest] != '}' || (rest > 0 && *end != ':'))
		return NULL;
	*len += name_len + rest + 1;
	memcpy(name, s + 2, name_len);
	name[name_len] = '\0';
	value = lookup(name, env);
	if (value == NULL && rest > 0)
		value = xasprintf("%.*s", (int)(rest - 1), end + 1);
	return value;
}

/* Keeps the line of the first use, for the message. */
static void
note_unset(json_t *unset, const char *text, const char *variable, size_t len)
{
	char *name = xasprintf("%.*s", (int)len, variable);
	const char *start = text, *p;
	json_int_t line = 1;

	for (p = text; p < variable; p++) {
		if (*p == '\n') {
			start = p + 1;
			line++;
		}
	}
	if (start[strspn(start, " \t")] != '#' &&
	    json_object_get(unset, name) == NULL)
		json_object_set_new(unset, name, json_integer(line));
	free(name);
}

char *
config_source_expand(const char *text, const json_t *env, json_t *unset)
{
	const char *rest = text, *next;
	char *out = NULL, *value;
	size_t size, len;
	FILE *f = open_memstream(&out, &size);

	if (f == NULL)
		abort();
	while (ftell(f) <= YAML_MAX_BYTES &&
	    (next = strstr(rest, "${")) != NULL) {
		fwrite(rest, 1, (size_t)(next - rest), f);
		value = variable_value(next, env, &len);
		if (value != NULL)
			fputs(value, f);
		else
			fwrite(next, 1, len, f);
		if (value == NULL && unset != NULL && next[len - 1] == '}')
			note_unset(unset, text, next, len);
		free(value);
		rest = next + len;
	}
	fputs(rest, f);
	fclose(f);
	return out;
}

/* Returns where the key ends in "a.b=value", or NULL if it is a file's name. */
static const char *
assignment_end(const char *arg)
{
	const char *equals = strchr(arg, '='), *dot = strchr(arg, '.');

	if (equals == NULL || dot == NULL || dot > equals || dot == arg ||
	    equals[-1] == '.' || memchr(arg, '/', (size_t)(equals - arg)))
		return NULL;
	if (memmem(arg, (size_t)(equals - arg), "..", 2) != NULL)
		return NULL;
	return equals;
}

/* Turns "a.b=value" into YAML: a map in a map, a level a line. */
static char *
assignment_text(const char *arg, const char *end)
{
	const char *dot;
	char *out = NULL;
	size_t size, len;
	FILE *f = open_memstream(&out, &size);

	if (f == NULL)
		abort();
	for (int depth = 0; arg < end; depth++, arg += len + 1) {
		dot = memchr(arg, '.', (size_t)(end - arg));
		len = (size_t)((dot != NULL ? dot : end) - arg);
		fprintf(f, "%s%*s", depth > 0 ? "\n" : "", depth, "");
		fprintf(f, "\"%.*s\": ", (int)len, arg);
	}
	fprintf(f, "%s\n", end + 1);
	fclose(f);
	return out;
}

static int
open_file(struct config_source *s, const char *path, struct error *err)
{
	int cause;

	s->text = read_file(path, YAML_MAX_BYTES);
	cause = errno;
	s->name = config_source_mask(path);
	s->is_file = s->has_lines = true;
	if (s->text != NULL)
		return 0;
	if (cause == EFBIG)
		error_set(err, "%s: more than %d bytes", s->name,
		    YAML_MAX_BYTES);
	else if (cause == EILSEQ)
		error_set(err, "%s: not a text file", s->name);
	else
		error_set(err, "cannot read %s: %s", s->name, strerror(cause));
	return -1;
}

static int
open_source(struct config_source *s, const char *arg, struct error *err)
{
	const char *end;

	if (arg[0] == '{') {
		s->name = xstrdup("-c {...}");
		s->text = xstrdup(arg);
		s->has_lines = strchr(arg, '\n') != NULL;
		return 0;
	}
	if ((end = assignment_end(arg)) != NULL) {
		s->name = xasprintf("-c %.*s", (int)(end - arg), arg);
		s->text = assignment_text(arg, end);
		return 0;
	}
	return open_file(s, arg, err);
}

static int
open_sources(struct config_sources *all, const char *const *args, size_t n,
    struct error *err)
{
	struct config_source *s;

	all->list = xcalloc(n > 0 ? n : 1, sizeof *all->list);
	for (size_t i = 0; i < n; i++) {
		s = &all->list[all->n++];
		if (open_source(s, args[i], err) == -1)
			return -1;
		if (s->is_file && all->path == NULL)
			all->path = args[i];
	}
	return 0;
}

const char *
config_source_default(size_t i)
{
	const char *file = default_files[i];

	/* The last is there twice if lull's configuration is in /etc. */
	if (file != NULL && i > 0 && strcmp(file, default_files[i - 1]) == 0)
		return NULL;
	return file;
}

/* There is no source at all if none of the files is there. */
static int
open_default(struct config_sources *all, struct error *err)
{
	const char *file;

	for (size_t i = 0; (file = config_source_default(i)) != NULL; i++)
		if (access(file, F_OK) == 0)
			return open_sources(all, &file, 1, err);
	return 0;
}

/* The parser's "line 12: what" becomes "FILE:12: what". */
static void
put_error(const struct config_source *s, const char *message, struct error *err)
{
	char *what = config_source_mask(message), *colon = strchr(what, ':');

	if (s->has_lines && colon != NULL)
		error_set(err, "%s:%s", s->name, what + strlen("line "));
	else
		error_set(err, "%s%s", s->name, colon != NULL ? colon : "");
	free(what);
}

static int
parse_source(struct config_source *s, const json_t *env, struct error *err)
{
	struct error what;
	char *text = s->is_file ? config_source_expand(s->text, env, s->unset)
				: xstrdup(s->text);
	int rc = yaml_load(text, strlen(text), &s->doc, &what);

	if (rc == -1)
		put_error(s, what.text, err);
	free(text);
	return rc;
}

/* Numbers and the like are put in as they are written. */
static void
take_env(json_t *env, const struct yaml_doc *doc)
{
	const char *name, *text;
	char *path;
	json_t *v;

	json_object_foreach(json_object_get(doc->root, "env"), name, v) {
		path = xasprintf("env/%s", name);
		text = json_get_string(doc->texts, path, NULL);
		free(path);
		if (text != NULL)
			json_object_set_new(env, name, json_string(text));
		else if (json_is_string(v))
			json_object_set(env, name, v);
	}
}

/* Collects the `env` maps of all sources by reading them once without any. What
 * is wrong with the sources is said the second time. */
static json_t *
collect_env(struct config_sources *all)
{
	json_t *env = json_object();
	struct error err;

	for (size_t i = 0; i < all->n; i++) {
		if (parse_source(&all->list[i], NULL, &err) == 0)
			take_env(env, &all->list[i].doc);
		yaml_clear(&all->list[i].doc);
	}
	return env;
}

static void
merge(json_t *into, json_t *from)
{
	const char *key;
	json_t *v, *old;

	json_object_foreach(from, key, v) {
		old = json_object_get(into, key);
		if (json_is_object(old) && json_is_object(v))
			merge(old, v);
		else
			json_object_set_new(into, key, json_deep_copy(v));
	}
}

static int
parse_sources(struct config_sources *all, struct error *err)
{
	json_t *env = collect_env(all);
	int rc = 0;

	for (size_t i = 0; i < all->n && rc == 0; i++) {
		all->list[i].unset = json_object();
		rc = parse_source(&all->list[i], env, err);
		if (rc == 0)
			merge(all->root, all->list[i].doc.root);
	}
	json_decref(env);
	return rc;
}

int
config_source_load(const char *const *args, size_t n,
    struct config_sources *all, struct error *err)
{
	int rc;

	*all = (struct config_sources){ .root = json_object() };
	rc = n > 0 ? open_sources(all, args, n, err)
		   : open_default(all, err);
	if (rc == 0)
		rc = parse_sources(all, err);
	if (rc == -1)
		config_source_clear(all);
	return rc;
}

void
config_source_clear(struct config_sources *all)
{
	for (size_t i = 0; i < all->n; i++) {
		free(all->list[i].name);
		free(all->list[i].text);
		json_decref(all->list[i].unset);
		yaml_clear(&all->list[i].doc);
	}
	free(all->list);
	json_decref(all->root);
	memset(all, 0, sizeof *all);
}

char *
config_source_names(const struct config_sources *all)
{
	const char *separator = "";
	char *out = NULL, absolute[PATH_MAX];
	size_t size;
	FILE *f;

	if (all->n == 0)
		return NULL;
	f = open_memstream(&out, &size);
	if (f == NULL)
		abort();
	for (size_t i = 0; i < all->n; i++, separator = " ") {
		const char *name = all->list[i].name;

		if (!all->list[i].is_file)
			fprintf(f, "%s%s", separator, name);
		else
			fprintf(f, "%spath=%s", separator,
			    realpath(name, absolute) != NULL ? absolute : name);
	}
	fclose(f);
	return out;
}

/* Returns where the last source that has the key has it, or NULL. */
static char *
where_exactly(const struct config_sources *all, const char *path)
{
	const struct config_source *s;
	json_int_t line;

	for (size_t i = all->n; i-- > 0;) {
		s = &all->list[i];
		line = json_get_int(s->doc.lines, path, 0);
		if (line == 0)
			continue;
		if (!s->has_lines)
			return xstrdup(s->name);
		return xasprintf("%s:%" JSON_INTEGER_FORMAT, s->name, line);
	}
	return NULL;
}

/* A key that an alias brought has no line of its own; the map it is in has. */
char *
config_source_where(const struct config_sources *all, const char *path)
{
	char *p = xstrdup(path), *slash, *where;

	while ((where = where_exactly(all, p)) == NULL &&
	    (slash = strrchr(p, '/')) != NULL)
		*slash = '\0';
	free(p);
	if (where != NULL)
		return where;
	return xstrdup(all->n > 0 ? all->list[0].name : "configuration");
}
