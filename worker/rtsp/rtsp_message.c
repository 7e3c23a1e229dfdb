#include "rtsp_message.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bytes.h"
#include "xalloc.h"

#define PACKET_HEAD	4	/* RFC 2326, section 10.12 */
#define MAX_EMPTY	4	/* bytes of empty lines behind a packet */

/* What reading a message ends with that gives none. */
#define MORE		0	/* its end has not come yet */
#define TOO_LONG	(-1)
#define JUNK		(-2)	/* it is none */

#define NO_LENGTH	(-2)	/* there is no Content-Length */

enum begins { BEGINS_NOT, BEGINS_MAYBE, BEGINS };

/* What a message begins with that is no packet. */
static const char *const beginnings[] = {
	"RTSP/", "OPTIONS ", "DESCRIBE ", "ANNOUNCE ", "SETUP ", "PLAY ",
	"PAUSE ", "TEARDOWN ", "GET_PARAMETER ", "SET_PARAMETER ", "REDIRECT ",
	"RECORD ",
};

static bool
is_line_end(int c)
{
	return c == '\r' || c == '\n';
}

static bool
is_space(int c)
{
	return c == ' ' || c == '\t' || is_line_end(c);
}

static struct rtsp_text
trimmed(const char *begin, const char *end)
{
	while (begin < end && is_space(*begin))
		begin++;
	while (begin < end && is_space(end[-1]))
		end--;
	return (struct rtsp_text){ begin, (size_t)(end - begin) };
}

/* Takes the first word away from a text that has no spaces around it. */
static struct rtsp_text
take_word(struct rtsp_text *text)
{
	struct rtsp_text word = { text->data, 0 };

	while (word.len < text->len && !is_space(word.data[word.len]))
		word.len++;
	*text = trimmed(word.data + word.len, text->data + text->len);
	return word;
}

/* A number without a sign, or -1 if it is none or above `most`. */
static long
read_number(const struct rtsp_text *text, long most)
{
	long n = 0;

	for (size_t i = 0; i < text->len; i++) {
		if (!isdigit((unsigned char)text->data[i]))
			return -1;
		n = 10 * n + text->data[i] - '0';
		if (n > most)
			return -1;
	}
	return text->len > 0 ? n : -1;
}

bool
rtsp_text_is(const struct rtsp_text *text, const char *word)
{
	return strlen(word) == text->len &&
	    strncasecmp(text->data, word, text->len) == 0;
}

char *
rtsp_text_copy(const struct rtsp_text *text)
{
	char *copy = xcalloc(text->len + 1, 1);

	for (size_t i = 0; i < text->len; i++)
		copy[i] = is_line_end(text->data[i]) ? ' ' : text->data[i];
	return copy;
}

const struct rtsp_text *
rtsp_header(const struct rtsp_message *m, const char *name, size_t n)
{
	for (size_t i = 0; i < m->n_headers; i++)
		if (rtsp_text_is(&m->headers[i].name, name) && n-- == 0)
			return &m->headers[i].value;
	return NULL;
}

/* Where the parameter at `p` ends: at a semicolon that is not in quotes. */
static const char *
parameter_end(const char *p, const char *end)
{
	bool quoted = false;

	for (; p < end && (quoted || *p != ';'); p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (quoted && *p == '\\' && p + 1 < end)
			p++;
	}
	return p;
}

static struct rtsp_text
unquoted(struct rtsp_text text)
{
	if (text.len < 2 || text.data[0] != '"' ||
	    text.data[text.len - 1] != '"')
		return text;
	return (struct rtsp_text){ text.data + 1, text.len - 2 };
}

bool
rtsp_parameter(const struct rtsp_text *text, const char *name,
    struct rtsp_text *value)
{
	const char *end = text->data + text->len, *next;

	for (const char *p = text->data; p < end; p = next + 1) {
		const char *equals;
		struct rtsp_text key;

		next = parameter_end(p, end);
		equals = memchr(p, '=', (size_t)(next - p));
		key = trimmed(p, equals != NULL ? equals : next);
		if (!rtsp_text_is(&key, name))
			continue;
		*value = unquoted(trimmed(equals != NULL ? equals + 1 : next,
		    next));
		return true;
	}
	return false;
}

static enum begins
text_begins(const uint8_t *p, size_t len)
{
	enum begins found = BEGINS_NOT;

	for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++) {
		const char *want = beginnings[i];
		size_t n = 0;

		while (n < len && want[n] != '\0' && p[n] == want[n])
			n++;
		if (want[n] == '\0')
			return BEGINS;
		if (n == len)
			found = BEGINS_MAYBE;
	}
	return found;
}

/* Whether what stands behind a packet begins a message, as far as it is
 * there. */
static enum begins
begins(const uint8_t *p, size_t len, int channels)
{
	for (int i = 0; i < MAX_EMPTY && len > 0 && is_line_end(*p); i++) {
		p++;
		len--;
	}
	if (len == 0 || *p != '$')
		return text_begins(p, len);
	if (len < 2)
		return BEGINS_MAYBE;
	return p[1] < channels ? BEGINS : BEGINS_NOT;
}

/* What an answer or a request has for a packet, and the other way round. */
static void
clear(struct rtsp_message *m)
{
	static const struct rtsp_text none = { "", 0 };

	m->channel = m->status = 0;
	m->reason = m->method = m->uri = none;
	m->cseq = -1;
	m->n_headers = 0;
}

/* A packet of the `len` bytes, as long as it says; `p` is at its '$'. */
static long
read_packet(const uint8_t *p, size_t len, int channels,
    struct rtsp_message *m)
{
	if (len >= 2 && p[1] >= channels)
		return JUNK;
	if (len < PACKET_HEAD || len < PACKET_HEAD + (size_t)get16(p + 2))
		return MORE;
	clear(m);
	m->kind = RTSP_PACKET;
	m->channel = p[1];
	m->body = p + PACKET_HEAD;
	m->body_len = get16(p + 2);
	return PACKET_HEAD + (long)m->body_len;
}

static bool
is_version(const struct rtsp_text *word, const char protocol[5])
{
	return word->len == 8 && memcmp(word->data, protocol, 5) == 0 &&
	    isdigit((unsigned char)word->data[5]) && word->data[6] == '.' &&
	    isdigit((unsigned char)word->data[7]);
}

/* Reads what stands behind the version in a status line. */
static bool
read_status(struct rtsp_text line, struct rtsp_message *m)
{
	struct rtsp_text status = take_word(&line);

	m->kind = RTSP_ANSWER;
	m->status = (int)read_number(&status, 999);
	m->reason = line;
	return m->status >= 100;
}

/* Reads a status line (RFC 2326, section 7.1) or a request line (6.1). */
static bool
read_first_line(struct rtsp_text line, struct rtsp_message *m)
{
	struct rtsp_text first = take_word(&line);

	if (is_version(&first, "RTSP/"))
		return read_status(line, m);
	m->kind = RTSP_REQUEST;
	m->method = first;
	m->uri = take_word(&line);
	return is_version(&line, "RTSP/");
}

/* How long a head is, with the empty line at its end. No head has control
 * characters: they are those of packets behind one that was cut off. */
static long
head_len(const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len && i < RTSP_MAX_HEAD; i++) {
		if (p[i] < ' ' && p[i] != '\t' && !is_line_end(p[i]))
			return JUNK;
		if (p[i] == '\n' && (p[i - 1] == '\n' ||
		    (p[i - 1] == '\r' && p[i - 2] == '\n')))
			return (long)i + 1;
	}
	return i < RTSP_MAX_HEAD ? MORE : TOO_LONG;
}

/* Adds a header that stands between `p` and `end`, with what it is folded
 * into. What has no name is left out: cameras are sloppy. */
static void
add_header(struct rtsp_message *m, const char *p, const char *end,
    long *length)
{
	const char *line_end = memchr(p, '\n', (size_t)(end - p));
	const char *colon = memchr(p, ':', (size_t)(line_end - p));
	struct rtsp_text name, value;

	if (colon == NULL)
		return;
	name = trimmed(p, colon);
	value = trimmed(colon + 1, end);
	if (*length == NO_LENGTH && rtsp_text_is(&name, "Content-Length"))
		*length = read_number(&value, RTSP_MAX_BODY);
	if (m->cseq == -1 && rtsp_text_is(&name, "CSeq"))
		m->cseq = (int)read_number(&value, INT_MAX);
	if (name.len == 0 || m->n_headers == RTSP_MAX_HEADERS)
		return;
	m->headers[m->n_headers].name = name;
	m->headers[m->n_headers++].value = value;
}

/* Reads the lines up to `end`, each of which has its end. Returns the length of
 * the body. */
static long
read_headers(const char *p, const char *end, struct rtsp_message *m)
{
	long length = NO_LENGTH;

	while (p < end) {
		const char *begin = p;

		do {
			p = (const char *)memchr(p, '\n',
			    (size_t)(end - p)) + 1;
		} while (p < end && (*p == ' ' || *p == '\t'));
		add_header(m, begin, p, &length);
	}
	return length == NO_LENGTH ? 0 : length;
}

/* An answer or a request. */
static long
read_text(const uint8_t *p, size_t len, struct rtsp_message *m)
{
	enum begins it = text_begins(p, len);
	const uint8_t *line_end;
	long head, body;

	if (it != BEGINS)
		return it == BEGINS_MAYBE ? MORE : JUNK;
	clear(m);
	line_end = memchr(p, '\n', len);
	if (line_end != NULL && !read_first_line(
	    trimmed((const char *)p, (const char *)line_end), m))
		return JUNK;
	head = head_len(p, len);
	if (head <= 0)
		return head;
	body = read_headers((const char *)line_end + 1,
	    (const char *)p + head, m);
	if (body < 0)
		return TOO_LONG;
	m->body = p + head;
	m->body_len = (size_t)body;
	return (size_t)(head + body) <= len ? head + body : MORE;
}

/* A message that begins at `p`, where junk may stand as well. */
static long
read_doubtful(const uint8_t *p, size_t len, int channels,
    struct rtsp_message *m)
{
	long n;

	if (*p != '$')
		return read_text(p, len, m);
	n = read_packet(p, len, channels, m);
	if (n <= 0)
		return n;
	switch (begins(p + n, len - (size_t)n, channels)) {
	case BEGINS:
		return n;
	case BEGINS_MAYBE:
		return MORE;
	default:
		return JUNK;
	}
}

/*
 * Looks for the first message that begins between `from` and `until`, with
 * `*at` as its place. If there is none, `*at` is where one may begin whose end
 * has not come. What may be a packet hides none that is there behind it: its
 * length may be junk, and its end never come.
 */
static long
search(const struct rtsp_reader *r, const uint8_t *data, size_t len,
    size_t from, size_t until, struct rtsp_message *m, size_t *at)
{
	*at = until;
	for (size_t i = from; i < until; i++) {
		long n = read_doubtful(data + i, len - i, r->channels, m);

		if (n == JUNK)
			continue;
		if (n != MORE || *at == until)
			*at = i;
		if (n != MORE || data[*at] != '$')
			return n;
	}
	return MORE;
}

/* A message that begins at `p`, right behind the one before it. A packet is
 * JUNK if it was cut off, so that its end is another message's. */
static long
read_in_step(const struct rtsp_reader *r, const uint8_t *p, size_t len,
    struct rtsp_message *m)
{
	size_t at;
	long n;

	if (*p != '$')
		return read_text(p, len, m);
	n = read_packet(p, len, r->channels, m);
	if (n <= 0 || begins(p + n, len - (size_t)n, r->channels) !=
	    BEGINS_NOT)
		return n;
	if (search(r, p, len, 1, (size_t)n, m, &at) > 0)
		return JUNK;
	return read_packet(p, len, r->channels, m);
}

/*
 * Cameras lose or repeat bytes between packets. What is no message is skipped
 * up to the next that is one; behind junk, a packet is one only when the
 * beginning of the next has come and is one, too. A packet that comes in step
 * is given at once; only if something else than a message is there behind it,
 * it is searched for the message that it was cut off by.
 */
long
rtsp_read(struct rtsp_reader *r, const uint8_t *data, size_t len,
    struct rtsp_message *m, size_t *skip)
{
	size_t at = 0;
	long n = JUNK;

	while (at < len && is_line_end(data[at]))
		at++;
	*skip = at;
	if (at == len)
		return MORE;
	if (!r->lost)
		n = read_in_step(r, data + at, len - at, m);
	if (n == JUNK) {
		r->lost = true;
		n = search(r, data, len, at, len, m, skip);
	}
	if (n <= 0)
		return n;
	r->lost = false;
	return (long)*skip + n;
}

long
rtsp_read_http(const uint8_t *data, size_t len, struct rtsp_message *m)
{
	static const char protocol[] = "HTTP/";
	size_t there = len < 5 ? len : 5;
	const char *p = (const char *)data, *line_end;
	struct rtsp_text line, version;
	long head;

	if (memcmp(data, protocol, there) != 0)
		return -1;
	head = there < 5 ? MORE : head_len(data, len);
	if (head <= 0)
		return head == MORE ? 0 : -1;
	clear(m);
	line_end = memchr(p, '\n', (size_t)head);
	line = trimmed(p, line_end);
	version = take_word(&line);
	if (!is_version(&version, protocol) || !read_status(line, m))
		return -1;
	m->body = data + head;
	m->body_len = 0;
	read_headers(line_end + 1, p + head, m);
	return head;
}
