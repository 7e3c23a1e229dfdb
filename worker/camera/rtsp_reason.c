#include "rtsp_reason.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define ALGORITHM_CHARS	"ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
			"abcdefghijklmnopqrstuvwxyz0123456789-"

static const struct {
	int status;
	const char *words;
} reasons[] = {
	{ 400, "400 Bad Request: the camera does not take this path" },
	{ 403, "403 Forbidden: the camera does not let this user in" },
	{ 404, "404 Not Found: no such path on the camera" },
	{ 453, "453 Not Enough Bandwidth: the camera has as many viewers as it "
	    "can serve, close others (apps, recorders) or use its sub-stream" },
	{ 461, "461 Unsupported Transport: the camera does neither TCP nor "
	    "UDP" },
	{ 503, "503 Service Unavailable: the camera has too many viewers, or "
	    "is starting" },
};

/* A camera may send several challenges (RFC 7616, section 3.3). */
struct challenge {
	bool	md5;		/* one of the Digests is MD5 */
	char	last[24];	/* the last Digest's algorithm; "": no Digest */
};

/* Reads the algorithm among the `len` bytes of a Digest's parameters, behind
 * which the line ends. The text is the camera's and will be shown, so that it
 * ends at the first character that is no letter, digit or dash. */
static void
read_algorithm(const char *text, size_t len, char *out, size_t size)
{
	static const char name[] = "algorithm=";
	const char *at = memmem(text, len, name, sizeof name - 1);

	at = at != NULL ? at + sizeof name - 1 : "";
	at += *at == '"';
	snprintf(out, size, "%.*s", (int)strspn(at, ALGORITHM_CHARS), at);
}

static void
read_challenge(struct challenge *c, const char *value, size_t len)
{
	if (len < 6 || strncasecmp(value, "Digest", 6) != 0)
		return;
	read_algorithm(value, len, c->last, sizeof c->last);
	if (c->last[0] == '\0')
		strcpy(c->last, "MD5");
	c->md5 |= strncmp(c->last, "MD5", 3) == 0;
}

static void
read_challenges(struct challenge *c, const char *headers)
{
	static const char name[] = "WWW-Authenticate:";
	size_t len;

	memset(c, 0, sizeof *c);
	for (; *headers != '\0'; headers += len + (headers[len] == '\n')) {
		const char *value = headers + sizeof name - 1;

		len = strcspn(headers, "\n");
		if (strncasecmp(headers, name, sizeof name - 1) != 0)
			continue;
		value += strspn(value, " \t");
		read_challenge(c, value, (size_t)(headers + len - value));
	}
}

/* libavformat takes the last of several Digests and knows only MD5. */
static void
explain_password(const struct rtsp_refusal *r, char *buf, size_t size)
{
	struct challenge c;

	read_challenges(&c, r->headers);
	if (!r->password)
		snprintf(buf, size, "the camera wants a user and a password: "
		    "rtsp://user:password@...");
	else if (c.last[0] != '\0' && strncmp(c.last, "MD5", 3) != 0)
		snprintf(buf, size, "the camera asks for Digest %s%s, which "
		    "lull's RTSP library cannot do: allow %sMD5 (digest) or "
		    "basic in the camera", c.last,
		    c.md5 ? " beside MD5" : "", c.md5 ? "only " : "");
	else if (strcmp(r->method, "SETUP") == 0 ||
	    strcmp(r->method, "PLAY") == 0)
		snprintf(buf, size, "at %s, though user and password were right"
		    " before: restart the camera if that stays", r->method);
	else
		snprintf(buf, size, "check user and password");
}

static void
explain_other(const struct rtsp_refusal *r, char *buf, size_t size)
{
	if (r->status >= 500)
		snprintf(buf, size, "the camera fails (%d at %s): too many "
		    "viewers of it, or restart it", r->status, r->method);
	else
		snprintf(buf, size, "the camera refuses the request (%d at %s)",
		    r->status, r->method);
}

void
rtsp_reason(const struct rtsp_refusal *r, char *buf, size_t size)
{
	int n;

	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
		if (reasons[i].status == r->status) {
			snprintf(buf, size, "%s", reasons[i].words);
			return;
		}
	}
	if (r->status != 401) {
		explain_other(r, buf, size);
		return;
	}
	n = snprintf(buf, size, "401 Unauthorized: ");
	if ((size_t)n < size)
		explain_password(r, buf + n, size - (size_t)n);
}
