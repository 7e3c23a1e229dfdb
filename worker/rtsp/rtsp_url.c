#include "rtsp_url.h"

#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

#define PORT		554
#define PORT_TLS	322
#define MAX_PORT	65535

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A % in front of anything but two digits is itself. */
static char *
decode(const char *text, size_t len)
{
	char *out = xcalloc(1, len + 1), *to = out;

	for (size_t i = 0; i < len; i++) {
		int high = -1, low = -1;

		if (text[i] == '%' && i + 2 < len) {
			high = hex_digit(text[i + 1]);
			low = hex_digit(text[i + 2]);
		}
		if (high >= 0 && low >= 0) {
			*to++ = (char)(high << 4 | low);
			i += 2;
		} else {
			*to++ = text[i];
		}
	}
	return out;
}

static char *
copy(const char *text, size_t len)
{
	char *out = xcalloc(1, len + 1);

	memcpy(out, text, len);
	return out;
}

static void
take_user(struct rtsp_url *u, const char *text, size_t len)
{
	const char *colon = memchr(text, ':', len);
	size_t user = colon != NULL ? (size_t)(colon - text) : len;

	u->user = decode(text, user);
	u->password = colon != NULL ?
	    decode(colon + 1, len - user - 1) : xstrdup("");
}

/* Reads what stands behind the host: nothing, or a colon and a port. */
static int
take_port(struct rtsp_url *u, const char *text, size_t len)
{
	if (len == 0)
		return 0;
	if (text[0] != ':' || len > 6)
		return -1;
	if (len == 1)
		return 0;
	u->port = 0;
	for (size_t i = 1; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		u->port = u->port * 10 + text[i] - '0';
	}
	return u->port > 0 && u->port <= MAX_PORT ? 0 : -1;
}

static int
take_host(struct rtsp_url *u, const char *text, size_t len)
{
	const char *end;
	size_t n;

	if (len > 0 && text[0] == '[') {
		end = memchr(text, ']', len);
		if (end == NULL)
			return -1;
		u->host = copy(text + 1, (size_t)(end - text) - 1);
		n = (size_t)(end - text) + 1;
	} else {
		end = memchr(text, ':', len);
		n = end != NULL ? (size_t)(end - text) : len;
		u->host = copy(text, n);
	}
	if (u->host[0] == '\0')
		return -1;
	return take_port(u, text + n, len - n);
}

static bool
take_scheme(struct rtsp_url *u, const char **text)
{
	static const struct {
		const char *name;
		bool tls;
	} schemes[] = {
		{ "rtsp://", false }, { "rtsps://", true }, { "rtspx://", true }
	};

	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
		size_t len = strlen(schemes[i].name);

		if (strncmp(*text, schemes[i].name, len) != 0)
			continue;
		*text += len;
		u->tls = schemes[i].tls;
		u->port = u->tls ? PORT_TLS : PORT;
		return true;
	}
	return false;
}

int
rtsp_url_parse(const char *text, struct rtsp_url *u)
{
	const char *at;
	size_t len;

	memset(u, 0, sizeof *u);
	if (!take_scheme(u, &text))
		return -1;
	len = strcspn(text, "/?");
	at = memrchr(text, '@', len);
	if (at != NULL) {
		take_user(u, text, (size_t)(at - text));
		len -= (size_t)(at - text) + 1;
		text = at + 1;
	}
	if (take_host(u, text, len) == -1) {
		rtsp_url_clear(u);
		return -1;
	}
	u->request = xasprintf("%s://%s", u->tls ? "rtsps" : "rtsp", text);
	return 0;
}

static void
forget(char *secret)
{
	if (secret != NULL)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

void
rtsp_url_clear(struct rtsp_url *u)
{
	free(u->user);
	forget(u->password);
	free(u->host);
	free(u->request);
	memset(u, 0, sizeof *u);
}
