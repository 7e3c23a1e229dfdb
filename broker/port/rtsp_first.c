#include "rtsp_first.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "xalloc.h"

#define TRACK	"/trackID="

/* How long the head is with its empty line; 0: its end is not there. */
static long
head_len(const char *p, size_t len)
{
	for (size_t i = 1; i < len; i++)
		if (p[i] == '\n' && (p[i - 1] == '\n' || (i > 1 &&
		    p[i - 1] == '\r' && p[i - 2] == '\n')))
			return (long)i + 1;
	return 0;
}

/* False if it does not fit. */
static bool
copy(char *to, size_t size, const char *from, size_t len)
{
	if (len >= size)
		return false;
	memcpy(to, from, len);
	to[len] = '\0';
	return true;
}

/* What stands behind scheme and host: a URL may have no path at all. */
static const char *
skip_host(const char *uri, const char *end)
{
	const char *p = uri;

	while (p < end && *p != ':' && *p != '/' && *p != '?')
		p++;
	if (end - p < 3 || memcmp(p, "://", 3) != 0)
		return uri;
	for (p += 3; p < end && *p != '/' && *p != '?'; p++)
		;
	return p;
}

/* A track's URL is that of its stream with "/trackID=0" behind the query. */
static const char *
without_track(const char *p, const char *end)
{
	size_t n = strlen(TRACK);

	for (const char *at = p; end - at > (long)n; at++)
		if (memcmp(at, TRACK, n) == 0)
			return at;
	return end;
}

/* No URL has a space or a control character: who writes one is no client. */
static bool
is_plain(const char *p, const char *end)
{
	for (; p < end; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return false;
	return true;
}

static bool
read_uri(const char *uri, const char *end, struct rtsp_first *f)
{
	const char *p = skip_host(uri, end), *mark;

	if (end - uri == 1 && *uri == '*')
		return true;
	end = without_track(p, end);
	mark = memchr(p, '?', (size_t)(end - p));
	if (mark != NULL && !copy(f->query, sizeof f->query, mark + 1,
	    (size_t)(end - mark - 1)))
		return false;
	if (mark != NULL)
		end = mark;
	while (p < end && *p == '/')
		p++;
	while (p < end && end[-1] == '/')
		end--;
	return copy(f->path, sizeof f->path, p, (size_t)(end - p));
}

/* METHOD SP URI SP RTSP/1.0 */
static bool
read_line(const char *p, const char *end, struct rtsp_first *f)
{
	const char *first = memchr(p, ' ', (size_t)(end - p)), *second;

	if (first == NULL || first == p)
		return false;
	second = memchr(first + 1, ' ', (size_t)(end - first - 1));
	if (second == NULL || second == first + 1 || end - second < 6 ||
	    memcmp(second + 1, "RTSP/", 5) != 0 ||
	    !is_plain(first + 1, second))
		return false;
	f->options = first - p == 7 && memcmp(p, "OPTIONS", 7) == 0;
	return read_uri(first + 1, second, f);
}

/* The value behind a header's name, or NULL if it is another. */
static const char *
value_of(const char *p, const char *end, const char *name)
{
	size_t n = strlen(name);

	if (end - p <= (long)n || strncasecmp(p, name, n) != 0 || p[n] != ':')
		return NULL;
	for (p += n + 1; p < end && (*p == ' ' || *p == '\t'); p++)
		;
	return p;
}

static int
read_cseq(const char *p, const char *end)
{
	int n = 0, digits = 0;

	for (; p < end && isdigit((unsigned char)*p) && digits < 9; p++) {
		n = 10 * n + *p - '0';
		digits++;
	}
	return digits > 0 ? n : -1;
}

static void
read_agent(const char *p, const char *end, struct rtsp_first *f)
{
	size_t n = 0;

	for (; p < end && n + 1 < sizeof f->user_agent; p++)
		if (*p >= ' ' && *p < 0x7f)
			f->user_agent[n++] = *p;
	f->user_agent[n] = '\0';
}

static void
read_header(const char *p, const char *end, struct rtsp_first *f)
{
	const char *v;

	if ((v = value_of(p, end, "CSeq")) != NULL)
		f->cseq = read_cseq(v, end);
	else if ((v = value_of(p, end, "User-Agent")) != NULL)
		read_agent(v, end, f);
}

/* The end of a line without its CR. */
static const char *
line_end(const char *p, const char *newline)
{
	return newline > p && newline[-1] == '\r' ? newline - 1 : newline;
}

long
rtsp_first_read(const char *data, size_t len, struct rtsp_first *f)
{
	const char *p = data, *end, *newline;
	long head;

	*f = (struct rtsp_first){ .cseq = -1 };
	while (len > 0 && (*p == '\r' || *p == '\n')) {
		p++;
		len--;
	}
	head = head_len(p, len);
	if (head == 0)
		return len < RTSP_FIRST_MAX ? 0 : -1;
	end = p + head;
	newline = memchr(p, '\n', (size_t)head);
	if (!read_line(p, line_end(p, newline), f))
		return -1;
	for (p = newline + 1; p < end; p = newline + 1) {
		newline = memchr(p, '\n', (size_t)(end - p));
		read_header(p, line_end(p, newline), f);
	}
	return end - data;
}

char *
rtsp_first_answer(const struct rtsp_first *f, int status)
{
	const char *reason = status == 200 ? "OK" : status == 400 ?
	    "Bad Request" : status == 404 ? "Not Found" :
	    "Service Unavailable";
	char cseq[24] = "";

	if (f->cseq >= 0)
		snprintf(cseq, sizeof cseq, "CSeq: %d\r\n", f->cseq);
	return xasprintf("RTSP/1.0 %d %s\r\n%sServer: lull\r\n%s\r\n", status,
	    reason, cseq, status == 200 ? "Public: OPTIONS, DESCRIBE, SETUP, "
	    "PLAY, PAUSE, GET_PARAMETER, SET_PARAMETER, TEARDOWN\r\n" : "");
}
