#include "show.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#include "json.h"
#include "xalloc.h"

#define TABLE_MAX_COLUMNS	6
#define TABLE_MAX_WIDTH		40	/* a longer cell moves its own row */
#define ID_SHOWN		8	/* hex digits, or as many as differ */

struct text_table {
	size_t	  n_columns;
	char	**cells;	/* row after row, the header first */
	size_t	  n_cells;
};

/* Unicode's line breaks and bidirectional controls are printable to libc, yet
 * they let one cell rearrange the others. */
static bool
moves_text(wchar_t c)
{
	return (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* Returns the length in bytes of the character at `s`. `columns` becomes its
 * width, or -1 if it cannot be shown. */
static size_t
next_character(const char *s, mbstate_t *state, int *columns)
{
	wchar_t c;
	size_t n = mbrtowc(&c, s, strlen(s), state);

	if (n == (size_t)-1 || n == (size_t)-2) {
		memset(state, 0, sizeof *state);
		*columns = -1;
		return 1;
	}
	*columns = moves_text(c) ? -1 : wcwidth(c);
	return n;
}

char *
show_clean(const char *s)
{
	char *clean = xcalloc(1, strlen(s) + 1), *p = clean;
	mbstate_t state = { 0 };

	while (*s != '\0') {
		int columns;
		size_t n = next_character(s, &state, &columns);

		if (columns == -1)
			*p++ = '?';
		else
			p = mempcpy(p, s, n);
		s += n;
	}
	return clean;
}

/* Returns the width of a cleaned string, in columns of the terminal. */
static size_t
text_width(const char *s)
{
	mbstate_t state = { 0 };
	size_t width = 0;
	int columns;

	while (*s != '\0') {
		s += next_character(s, &state, &columns);
		width += columns > 0 ? (size_t)columns : 0;
	}
	return width;
}

static void
text_table_add(struct text_table *t, const char *cell)
{
	t->cells = xrealloc(t->cells, (t->n_cells + 1) * sizeof *t->cells);
	t->cells[t->n_cells++] =
	    show_clean(cell != NULL && *cell != '\0' ? cell : "-");
}

static void
text_table_add_row(struct text_table *t, const char *const *cells)
{
	for (size_t i = 0; i < t->n_columns; i++)
		text_table_add(t, cells[i]);
}

static size_t
text_table_width(const struct text_table *t, size_t column)
{
	size_t width = 0;

	for (size_t i = column; i < t->n_cells; i += t->n_columns) {
		size_t w = text_width(t->cells[i]);

		if (w > width && w <= TABLE_MAX_WIDTH)
			width = w;
	}
	return width;
}

/* Prints the table and frees its cells. The last column has any width. */
static void
text_table_print(struct text_table *t, FILE *out)
{
	size_t widths[TABLE_MAX_COLUMNS];

	for (size_t i = 0; i < t->n_columns; i++)
		widths[i] = text_table_width(t, i);
	for (size_t i = 0; i < t->n_cells; i++) {
		size_t column = i % t->n_columns;
		size_t w = text_width(t->cells[i]);
		size_t pad = w < widths[column] ? widths[column] - w : 0;

		if (column + 1 < t->n_columns)
			fprintf(out, "%s%*s", t->cells[i], (int)pad + 2, "");
		else
			fprintf(out, "%s\n", t->cells[i]);
		free(t->cells[i]);
	}
	free(t->cells);
}

static int
compare_strings(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t
common_prefix(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] != '\0' && a[n] == b[n])
		n++;
	return n;
}

/* Returns how many digits tell all sessions apart. */
static int
id_digits(const json_t *sessions)
{
	const char **ids = xcalloc(json_array_size(sessions) + 1,
	    sizeof *ids);
	size_t i, digits = ID_SHOWN;
	const json_t *o;

	json_array_foreach(sessions, i, o)
		ids[i] = json_get_string(o, "session_id", "");
	qsort(ids, i, sizeof *ids, compare_strings);
	while (i-- > 1) {
		size_t n = common_prefix(ids[i - 1], ids[i]);

		if (n >= digits)
			digits = n + 1;
	}
	free(ids);
	return (int)digits;
}

static void
show_text_session(struct text_table *t, const json_t *o, int digits)
{
	const char *client = json_get_string(o, "client_ip", "");
	bool paused = json_get_bool(o, "paused", false);
	char *id = xasprintf("%.*s", digits,
	    json_get_string(o, "session_id", ""));

	if (*client == '\0')
		client = json_get_string(o, "remote_addr", "");
	text_table_add_row(t, (const char *const []) {
		id,
		json_get_string(o, "stream_source", ""),
		json_get_string(o, "viewer_id", ""),
		client,
		json_get_string(o, "state", paused ? "paused" : "live"),
		json_get_string(o, "format_name", ""),
	});
	free(id);
}

static void
show_text_sessions(FILE *out, const json_t *reply)
{
	const json_t *sessions = json_object_get(reply, "sessions"), *o;
	struct text_table t = { .n_columns = 6 };
	int digits = id_digits(sessions);
	size_t i;

	if (json_array_size(sessions) == 0) {
		fputs("no sessions\n", out);
		return;
	}
	text_table_add_row(&t, (const char *const []) {
	    "ID", "STREAM", "VIEWER", "CLIENT", "STATE", "FORMAT" });
	json_array_foreach(sessions, i, o)
		show_text_session(&t, o, digits);
	text_table_print(&t, out);
}

/* Returns "20:37", with the date in front if that is not today's, or NULL if
 * `text` is no time of RFC 3339 in UTC. The caller frees it. */
static char *
short_time(const char *text)
{
	time_t now = time(NULL), then;
	struct tm tm = { 0 }, today;
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	char out[32];

	if (end == NULL || *end != '\0')
		return NULL;
	then = timegm(&tm);
	localtime_r(&now, &today);
	localtime_r(&then, &tm);
	strftime(out, sizeof out, tm.tm_year == today.tm_year &&
	    tm.tm_yday == today.tm_yday ? "%H:%M" : "%Y-%m-%d %H:%M", &tm);
	return xstrdup(out);
}

/* Returns the address and what is wrong, or, if the camera is not lost now,
 * what was wrong last and when. A note has no time. The caller frees it. */
static char *
source_text(const json_t *o)
{
	const char *url = json_get_string(o, "url", "-");
	const char *error = json_get_string(o, "error", "");
	const char *state = json_get_string(o, "state", "");
	const char *error_time = json_get_string(o, "error_time", "");
	char *when, *text;

	if (*error == '\0')
		return xstrdup(url);
	if (*error_time == '\0' || strcmp(state, "lost") == 0 ||
	    strcmp(state, "unsupported") == 0)
		return xasprintf("%s: %s", url, error);
	when = short_time(error_time);
	text = xasprintf("%s: failed%s%s: %s", url, when != NULL ? " at " :
	    "", when != NULL ? when : "", error);
	free(when);
	return text;
}

/* A stream may have several sources, each with a row of its own. */
static void
show_text_producer(struct text_table *t, const char *name, size_t viewers,
    const json_t *o)
{
	const char *video = json_get_string(o, "video", "");
	int width = (int)json_get_int(o, "width", 0);
	int height = (int)json_get_int(o, "height", 0);
	char *n = xasprintf("%zu", viewers);
	char *picture = width > 0 && height > 0 ?
	    xasprintf("%s %dx%d", video, width, height) : xstrdup(video);
	char *source = source_text(o);

	text_table_add_row(t, (const char *const []) {
		name,
		json_get_string(o, "state", ""),
		picture,
		json_get_string(o, "audio", ""),
		n,
		source,
	});
	free(source);
	free(picture);
	free(n);
}

static void
show_text_stream(struct text_table *t, const char *name, const json_t *o)
{
	const json_t *producers = json_object_get(o, "producers"), *p;
	size_t viewers = json_array_size(json_object_get(o, "consumers"));
	size_t i;

	json_array_foreach(producers, i, p)
		show_text_producer(t, name, viewers, p);
	if (json_array_size(producers) == 0)
		show_text_producer(t, name, viewers, NULL);
}

static void
show_text_streams(FILE *out, const json_t *reply)
{
	struct text_table t = { .n_columns = 6 };
	const char *name;
	json_t *o;

	if (json_object_size(reply) == 0) {
		fputs("no streams\n", out);
		return;
	}
	text_table_add_row(&t, (const char *const []) {
	    "NAME", "STATE", "VIDEO", "AUDIO", "VIEWERS", "SOURCE" });
	json_object_foreach((json_t *)reply, name, o)
		show_text_stream(&t, name, o);
	text_table_print(&t, out);
}

static void
show_text_version(FILE *out, const json_t *versions)
{
	const json_t *broker = json_object_get(versions, "broker");
	char *v = show_clean(json_get_string(broker, "version", "unknown"));

	fprintf(out, "lullctl %s\n", json_get_string(versions, "lullctl", ""));
	if (broker != NULL)
		fprintf(out, "lulld   %s\n", v);
	free(v);
}

static void
show_text_done(FILE *out, const json_t *reply, const char *summary)
{
	char *s = show_clean(summary);

	(void)reply;
	fprintf(out, "%s\n", s);
	free(s);
}

static void
show_text_failed(FILE *out, const json_t *reply)
{
	(void)out;
	(void)reply;
}

const struct show show_text = {
	.sessions = show_text_sessions,
	.streams = show_text_streams,
	.version = show_text_version,
	.done = show_text_done,
	.failed = show_text_failed,
};
