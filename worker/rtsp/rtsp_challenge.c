#include "rtsp_challenge.h"

#include <stddef.h>
#include <string.h>

#include "xalloc.h"

#define SPACE		" \t\r\n"
#define BETWEEN		SPACE ","	/* words of a list */
#define BEHIND_NAME	BETWEEN "="

static const struct {
	const char	*name;
	size_t		 at;	/* in a challenge */
} parameters[] = {
	{ "realm", offsetof(struct rtsp_challenge, realm) },
	{ "nonce", offsetof(struct rtsp_challenge, nonce) },
	{ "opaque", offsetof(struct rtsp_challenge, opaque) },
	{ "algorithm", offsetof(struct rtsp_challenge, algorithm) },
	{ "qop", offsetof(struct rtsp_challenge, qop) },
	{ "stale", offsetof(struct rtsp_challenge, stale) },
	{ "username", offsetof(struct rtsp_challenge, username) },
	{ "uri", offsetof(struct rtsp_challenge, uri) },
	{ "response", offsetof(struct rtsp_challenge, response) },
	{ "cnonce", offsetof(struct rtsp_challenge, cnonce) },
	{ "nc", offsetof(struct rtsp_challenge, nc) },
};

/* Takes `n` bytes away from the text's beginning. */
static struct rtsp_text
take(struct rtsp_text *text, size_t n)
{
	struct rtsp_text taken = { text->data, n };

	text->data += n;
	text->len -= n;
	return taken;
}

/* How many bytes of the text's beginning are among `set`, or are not. No header
 * has a zero. */
static size_t
span(const struct rtsp_text *text, const char *set, bool among)
{
	size_t n = 0;

	while (n < text->len &&
	    (strchr(set, text->data[n]) != NULL) == among)
		n++;
	return n;
}

/* A scheme or the name of a parameter; empty at the end. */
static struct rtsp_text
take_word(struct rtsp_text *rest)
{
	take(rest, span(rest, BEHIND_NAME, true));
	return take(rest, span(rest, BEHIND_NAME, false));
}

static struct rtsp_text
take_quoted(struct rtsp_text *rest)
{
	struct rtsp_text value;
	size_t n = 0;

	take(rest, 1);
	while (n < rest->len && rest->data[n] != '"')
		n += rest->data[n] == '\\' && n + 1 < rest->len ? 2 : 1;
	value = take(rest, n);
	take(rest, rest->len > 0);
	return value;
}

/* The value of a parameter whose name was taken; false if it has none, which
 * is to say that it is a scheme. */
static bool
take_value(struct rtsp_text *rest, struct rtsp_text *value)
{
	take(rest, span(rest, SPACE, true));
	if (rest->len == 0 || rest->data[0] != '=')
		return false;
	take(rest, 1);
	take(rest, span(rest, SPACE, true));
	if (rest->len > 0 && rest->data[0] == '"')
		*value = take_quoted(rest);
	else
		*value = take(rest, span(rest, BETWEEN, false));
	return true;
}

/* Of several of a name, the first one counts. */
static void
set_parameter(struct rtsp_challenge *c, const struct rtsp_text *name,
    const struct rtsp_text *value)
{
	for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++) {
		struct rtsp_text *to =
		    (struct rtsp_text *)((char *)c + parameters[i].at);

		if (rtsp_text_is(name, parameters[i].name) &&
		    to->data == NULL)
			*to = *value;
	}
}

bool
rtsp_challenge_next(struct rtsp_text *rest, struct rtsp_challenge *c)
{
	memset(c, 0, sizeof *c);
	c->scheme = take_word(rest);
	if (c->scheme.len == 0)
		return false;
	for (;;) {
		struct rtsp_text before = *rest, name = take_word(rest), value;

		if (name.len == 0 || !take_value(rest, &value)) {
			*rest = before;
			return true;
		}
		set_parameter(c, &name, &value);
	}
}

bool
rtsp_challenge_has(const struct rtsp_text *list, const char *word)
{
	struct rtsp_text rest = *list;

	while (rest.len > 0) {
		struct rtsp_text next = take(&rest,
		    span(&rest, BETWEEN, false));

		if (rtsp_text_is(&next, word))
			return true;
		take(&rest, span(&rest, BETWEEN, true));
	}
	return false;
}

char *
rtsp_challenge_plain(const char *written)
{
	char *plain = xstrdup(written), *to = plain;

	for (; *written != '\0'; written++) {
		if (*written == '\\' &&
		    (written[1] == '"' || written[1] == '\\'))
			written++;
		*to++ = *written;
	}
	*to = '\0';
	return plain;
}
