#include "rtsp_auth.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "digest.h"
#include "id.h"
#include "rtsp_challenge.h"
#include "xalloc.h"

#define CNONCE_BYTES	33	/* as in RFC 7616, section 3.9.1 */
#define WANTED_MAX	64
#define SHOWN		"ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
			"abcdefghijklmnopqrstuvwxyz0123456789-_"

/* What we can answer by; the strongest is the first. */
struct kind {
	const char	*scheme, *algorithm;
	enum digest_hash hash;
	bool		 session;
};

static const struct kind kinds[] = {
	{ "Digest", "SHA-256", DIGEST_SHA256, false },
	{ "Digest", "SHA-256-sess", DIGEST_SHA256, true },
	{ "Digest", "MD5", DIGEST_MD5, false },
	{ "Digest", "MD5-sess", DIGEST_MD5, true },
	{ "Basic", NULL, DIGEST_MD5, false },
};

struct rtsp_auth {
	char		*user, *password;
	const struct kind *kind;	/* NULL: there is no challenge yet */
	char		*realm, *nonce;	/* as the camera writes them */
	char		*opaque;	/* NULL: none */
	bool		 algorithm;	/* the camera names it */
	bool		 qop;
	char		*cnonce;
	unsigned	 sent;		/* headers for this challenge */
	bool		 again;		/* it came after another */
	char		 wanted[WANTED_MAX];
};

static void
free_secret(char *s)
{
	explicit_bzero(s, strlen(s));
	free(s);
}

struct rtsp_auth *
rtsp_auth_new(const char *user, const char *password)
{
	struct rtsp_auth *a = xcalloc(1, sizeof *a);

	if (user != NULL)
		a->user = xstrdup(user);
	a->password = xstrdup(password != NULL ? password : "");
	return a;
}

static void
forget_challenge(struct rtsp_auth *a)
{
	free(a->realm);
	free(a->nonce);
	free(a->opaque);
	free(a->cnonce);
}

void
rtsp_auth_free(struct rtsp_auth *a)
{
	if (a == NULL)
		return;
	forget_challenge(a);
	free(a->user);
	free_secret(a->password);
	free(a);
}

static bool
is_digest(const struct kind *kind)
{
	return kind->algorithm != NULL;
}

/* How a challenge can be answered, or NULL. */
static const struct kind *
find_kind(const struct rtsp_auth *a, const struct rtsp_challenge *c)
{
	static const struct rtsp_text md5 = { "MD5", 3 };
	const struct rtsp_text *algorithm =
	    c->algorithm.len > 0 ? &c->algorithm : &md5;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		const struct kind *kind = &kinds[i];

		if (!rtsp_text_is(&c->scheme, kind->scheme))
			continue;
		if (!is_digest(kind))
			return a->kind != NULL && is_digest(a->kind) ?
			    NULL : kind;
		if (rtsp_text_is(algorithm, kind->algorithm))
			return c->nonce.len > 0 && (c->qop.len == 0 ||
			    rtsp_challenge_has(&c->qop, "auth")) ? kind : NULL;
	}
	return NULL;
}

/* Adds the camera's words, as far as they can be shown. */
static void
add_wanted(struct rtsp_auth *a, const char *before,
    const struct rtsp_text *words)
{
	size_t at = strlen(a->wanted), n = 0;

	while (n < words->len && strchr(SHOWN, words->data[n]) != NULL)
		n++;
	if (n > 0)
		snprintf(a->wanted + at, sizeof a->wanted - at, "%s%.*s",
		    before, (int)n, words->data);
}

/* Notes the first challenge that cannot be answered. */
static void
note_wanted(struct rtsp_auth *a, const struct rtsp_challenge *c)
{
	if (a->wanted[0] != '\0')
		return;
	add_wanted(a, "", &c->scheme);
	add_wanted(a, " ", &c->algorithm);
	if (!rtsp_challenge_has(&c->qop, "auth"))
		add_wanted(a, " with qop ", &c->qop);
	if (a->wanted[0] == '\0')
		strcpy(a->wanted, "something unknown");
}

static bool
is_same(const char *old, const struct rtsp_text *text)
{
	char *new = rtsp_text_copy(text);
	bool same = old != NULL && strcmp(old, new) == 0;

	free(new);
	return same;
}

/* Whether a challenge is to be answered, and not what says that our answer to
 * the last one was wrong. */
static bool
is_worth_trying(const struct rtsp_auth *a, const struct kind *kind,
    const struct rtsp_challenge *c)
{
	bool was_let_in = a->sent > 1;

	if (a->sent == 0)
		return true;
	if (a->again && !was_let_in)
		return false;
	return kind != a->kind || rtsp_text_is(&c->stale, "true") ||
	    !is_same(a->realm, &c->realm) ||
	    (was_let_in && is_digest(kind) && !is_same(a->nonce, &c->nonce));
}

static void
take_challenge(struct rtsp_auth *a, const struct kind *kind,
    const struct rtsp_challenge *c)
{
	uint8_t random[CNONCE_BYTES];

	forget_challenge(a);
	id_random(random, sizeof random);
	a->kind = kind;
	a->realm = rtsp_text_copy(&c->realm);
	a->nonce = rtsp_text_copy(&c->nonce);
	a->opaque = c->opaque.data != NULL ? rtsp_text_copy(&c->opaque) : NULL;
	a->algorithm = c->algorithm.len > 0;
	a->qop = c->qop.len > 0;
	a->cnonce = base64_encode(random, sizeof random);
	a->again = a->sent > 0;
	a->sent = 0;
}

enum rtsp_auth_result
rtsp_auth_take(struct rtsp_auth *a, const struct rtsp_message *m)
{
	const struct kind *best = NULL;
	const struct rtsp_text *header;
	struct rtsp_challenge strongest, c;

	a->wanted[0] = '\0';
	for (size_t n = 0; (header = rtsp_header(m, "WWW-Authenticate", n)) !=
	    NULL; n++) {
		struct rtsp_text rest = *header;

		while (rtsp_challenge_next(&rest, &c)) {
			const struct kind *kind = find_kind(a, &c);

			if (kind == NULL) {
				note_wanted(a, &c);
			} else if (best == NULL || kind < best) {
				best = kind;
				strongest = c;
			}
		}
	}
	if (a->user == NULL || (best == NULL && a->wanted[0] == '\0')) {
		a->wanted[0] = '\0';
		return RTSP_AUTH_NONE;
	}
	if (best == NULL)
		return RTSP_AUTH_UNKNOWN;
	a->wanted[0] = '\0';
	if (!is_worth_trying(a, best, &strongest))
		return RTSP_AUTH_WRONG;
	take_challenge(a, best, &strongest);
	return RTSP_AUTH_TRY;
}

/* In quotes, without what would end the line. */
static char *
quoted(const char *s)
{
	char *out = xcalloc(2 * strlen(s) + 3, 1), *to = out;

	*to++ = '"';
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			*to++ = '\\';
		if ((unsigned char)*s >= ' ')
			*to++ = *s;
	}
	*to = '"';
	return out;
}

static char *
basic_header(const struct rtsp_auth *a)
{
	char *plain = xasprintf("%s:%s", a->user, a->password);
	char *encoded = base64_encode(plain, strlen(plain));
	char *line = xasprintf("Authorization: Basic %s\r\n", encoded);

	free_secret(plain);
	free_secret(encoded);
	return line;
}

static void
answer(const struct rtsp_auth *a, const char *nc, const char *method,
    const char *uri, char response[DIGEST_HEX_MAX + 1])
{
	char *realm = rtsp_challenge_plain(a->realm);
	char *nonce = rtsp_challenge_plain(a->nonce);
	struct digest_question q = {
		.hash = a->kind->hash, .session = a->kind->session,
		.user = a->user, .realm = realm, .password = a->password,
		.nonce = nonce, .cnonce = a->cnonce, .nc = nc,
		.qop = a->qop, .method = method, .uri = uri,
	};

	digest_answer(&q, response);
	free(realm);
	free(nonce);
}

static char *
digest_header(const struct rtsp_auth *a, const char *method, const char *uri)
{
	bool cnonce = a->qop || a->kind->session;
	char response[DIGEST_HEX_MAX + 1], nc[9];
	char *user = quoted(a->user), *place = quoted(uri), *line;

	snprintf(nc, sizeof nc, "%08x", a->sent);
	answer(a, nc, method, uri, response);
	line = xasprintf("Authorization: Digest username=%s, realm=\"%s\", "
	    "nonce=\"%s\", uri=%s%s%s, response=\"%s\"%s%s%s%s%s%s%s%s\r\n",
	    user, a->realm, a->nonce, place,
	    a->algorithm ? ", algorithm=" : "",
	    a->algorithm ? a->kind->algorithm : "", response,
	    a->qop ? ", qop=auth, nc=" : "", a->qop ? nc : "",
	    cnonce ? ", cnonce=\"" : "", cnonce ? a->cnonce : "",
	    cnonce ? "\"" : "",
	    a->opaque != NULL ? ", opaque=\"" : "",
	    a->opaque != NULL ? a->opaque : "",
	    a->opaque != NULL ? "\"" : "");
	free(user);
	free(place);
	return line;
}

char *
rtsp_auth_header(struct rtsp_auth *a, const char *method, const char *uri)
{
	if (a->kind == NULL)
		return NULL;
	a->sent++;
	return is_digest(a->kind) ? digest_header(a, method, uri) :
	    basic_header(a);
}

const char *
rtsp_auth_wanted(const struct rtsp_auth *a)
{
	return a->wanted;
}
