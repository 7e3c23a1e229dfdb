#include "rtsp_guard.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "worker/rtsp/digest.h"
#include "worker/rtsp/rtsp_challenge.h"
#include "xalloc.h"

#define REALM	"lull"

enum { MD5_LETTERS = 32, SHA256_LETTERS = 64 };

void
rtsp_guard_init(struct rtsp_guard *g, const char *username,
    const char *password)
{
	*g = (struct rtsp_guard){
		.username = username != NULL ? username : "",
		.password = password != NULL ? password : "",
	};
	g->open = g->username[0] == '\0' && g->password[0] == '\0';
	id_session(g->nonce);
}

/* A value as it was meant. The caller frees it. */
static char *
plain(const struct rtsp_text *t)
{
	struct rtsp_text none = { "", 0 };
	char *written = rtsp_text_copy(t->data != NULL ? t : &none);
	char *meant = rtsp_challenge_plain(written);

	free(written);
	return meant;
}

/* Where they differ is not to be told by the time it takes. */
static bool
is_same(const char *hex, const struct rtsp_text *said)
{
	size_t len = strlen(hex);
	unsigned differs = said->len != len;

	for (size_t i = 0; i < len && i < said->len; i++)
		differs |= (unsigned)(hex[i] ^ (said->data[i] | 0x20 *
		    (said->data[i] >= 'A' && said->data[i] <= 'F')));
	return differs == 0;
}

/* Which hash it is shows in how long it is, and some name none, or the one
 * that they do not use. What URL they mean is theirs to say: players differ in
 * whether it has the track. */
static bool
is_right(const struct rtsp_guard *g, const struct rtsp_message *m,
    const struct rtsp_challenge *c)
{
	char *uri = plain(&c->uri), *cnonce = plain(&c->cnonce);
	char *nc = plain(&c->nc), *method = rtsp_text_copy(&m->method);
	char hex[DIGEST_HEX_MAX + 1];
	struct digest_question q = {
		.hash = c->response.len == SHA256_LETTERS ? DIGEST_SHA256 :
		    DIGEST_MD5,
		.user = g->username, .realm = REALM, .password = g->password,
		.nonce = g->nonce, .cnonce = cnonce, .nc = nc,
		.qop = c->qop.data != NULL && c->qop.len > 0,
		.method = method, .uri = uri,
	};

	digest_answer(&q, hex);
	free(uri);
	free(cnonce);
	free(nc);
	free(method);
	return is_same(hex, &c->response);
}

static bool
has_text(const struct rtsp_text *t, const char *text)
{
	char *value = plain(t);
	bool same = strcmp(value, text) == 0;

	free(value);
	return same;
}

/* One for another nonce is that of another connection: it is asked again, and
 * not counted as a guess. */
static bool
reads_answer(const struct rtsp_guard *g, const struct rtsp_message *m,
    struct rtsp_challenge *c)
{
	const struct rtsp_text *header = rtsp_header(m, "Authorization", 0);
	struct rtsp_text rest;

	if (header == NULL)
		return false;
	rest = *header;
	return rtsp_challenge_next(&rest, c) &&
	    rtsp_text_is(&c->scheme, "Digest") &&
	    (c->response.len == MD5_LETTERS ||
	    c->response.len == SHA256_LETTERS) &&
	    c->nonce.data != NULL && has_text(&c->nonce, g->nonce);
}

enum rtsp_guard_says
rtsp_guard_judge(struct rtsp_guard *g, const struct rtsp_message *m)
{
	struct rtsp_challenge c;

	if (g->open)
		return RTSP_GUARD_PASS;
	if (!reads_answer(g, m, &c))
		return RTSP_GUARD_ASK;
	if (has_text(&c.username, g->username) && is_right(g, m, &c)) {
		g->open = true;
		return RTSP_GUARD_PASS;
	}
	return ++g->wrong < RTSP_GUARD_WRONG ? RTSP_GUARD_ASK :
	    RTSP_GUARD_END;
}

char *
rtsp_guard_challenge(const struct rtsp_guard *g)
{
	return xasprintf("WWW-Authenticate: Digest realm=\"" REALM "\", "
	    "nonce=\"%s\", algorithm=SHA-256, qop=\"auth\"\r\n"
	    "WWW-Authenticate: Digest realm=\"" REALM "\", "
	    "nonce=\"%s\", algorithm=MD5\r\n", g->nonce, g->nonce);
}
