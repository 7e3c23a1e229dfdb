#include "camera_url.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "xalloc.h"

#define SUPPORTED	"supported are rtsp://, rtsps://, file: and demo:"
#define TIMEOUT_MS	5000
#define TIMEOUT_MAX_S	300

static int	check_rtsp(struct camera_url *, struct error *);
static int	check_rtspx(struct camera_url *, struct error *);
static int	check_file(struct camera_url *, struct error *);

static const struct {
	const char *prefix;
	enum camera_scheme scheme;
	int (*check)(struct camera_url *, struct error *err);
} schemes[] = {
	{ "rtsp://", CAMERA_RTSP, check_rtsp },
	{ "rtsps://", CAMERA_RTSP, check_rtsp },
	{ "rtspx://", CAMERA_RTSP, check_rtspx },
	{ "file:", CAMERA_FILE, check_file },
	{ "demo:", CAMERA_DEMO, NULL },
};
#define N_SCHEMES	(sizeof schemes / sizeof schemes[0])

/* Other camera servers know these, so that a configuration may have them. */
static const char *const foreign[] = {
	"alsa", "bubble", "doorbird", "dvrip", "echo", "eseecloud", "exec",
	"expr", "ffmpeg", "flussonic", "gopro", "hass", "homekit", "http",
	"https", "httpx", "isapi", "ivideon", "kasa", "mpegts", "nest",
	"onvif", "ring", "roborock", "rtmp", "rtmps", "rtmpx", "tapo", "tcp",
	 "tuya", "v4l2", "vigi", "webrtc", "webtorrent", "wyoming",
	"wyze", "xiaomi", "yandex",
};
#define N_FOREIGN	(sizeof foreign / sizeof foreign[0])

/* The values of these parameters are masked. */
static const char *const secrets[] = {
	"user", "username", "usr", "login", "account", "pass", "password",
	"passwd", "pwd", "psw", "auth", "token", "key", "apikey", "secret",
};
#define N_SECRETS	(sizeof secrets / sizeof secrets[0])

static int	set_transport(struct camera_url *, const char *);
static int	set_timeout(struct camera_url *, const char *);
static int	set_tls_verify(struct camera_url *, const char *);
static int	set_tls_fingerprint(struct camera_url *, const char *);

static const struct {
	const char *name;
	int (*set)(struct camera_url *, const char *value);
	const char *want;
} options[] = {
	{ "transport", set_transport, "tcp or udp" },
	{ "timeout", set_timeout, "seconds, 1 to 300" },
	{ "tls_verify", set_tls_verify, "0 or 1" },
	{ "tls_fingerprint", set_tls_fingerprint, "the SHA-256 of the camera's "
	    "certificate, 64 hexadecimal digits" },
};
#define N_OPTIONS	(sizeof options / sizeof options[0])

static int
set_transport(struct camera_url *u, const char *value)
{
	if (strcmp(value, "tcp") != 0 && strcmp(value, "udp") != 0)
		return -1;
	u->udp = value[0] == 'u';
	return 0;
}

static int
set_timeout(struct camera_url *u, const char *value)
{
	char *end;
	long s = strtol(value, &end, 10);

	if (end == value || *end != '\0' || s < 1 || s > TIMEOUT_MAX_S)
		return -1;
	u->timeout_ms = (int)s * 1000;
	return 0;
}

static int
set_tls_verify(struct camera_url *u, const char *value)
{
	if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
		return -1;
	u->tls_verify = value[0] == '1';
	return 0;
}

/* With or without a colon after each two digits. */
static int
set_tls_fingerprint(struct camera_url *u, const char *value)
{
	char digits[CAMERA_URL_FINGERPRINT + 1];
	size_t n = 0;

	for (; *value != '\0'; value++) {
		if (*value == ':' && n % 2 == 0)
			continue;
		if (!isxdigit((unsigned char)*value) ||
		    n == CAMERA_URL_FINGERPRINT)
			return -1;
		digits[n++] = *value;
	}
	digits[n] = '\0';
	if (n < CAMERA_URL_FINGERPRINT)
		return -1;
	memcpy(u->tls_fingerprint, digits, sizeof digits);
	return 0;
}

static size_t
name_length(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == '_' || s[n] == '-')
		n++;
	return n;
}

/* Reads one option, without its #. Other programs' options are passed over. */
static int
take_option(struct camera_url *u, const char *option, struct error *err)
{
	size_t n = name_length(option);

	if (n == 0 || option[n] != '=' || strchr(option, '@') != NULL) {
		error_set(err, "behind a # goes name=value, like "
		    "#transport=udp (in a password, write # as %%23)");
		return -1;
	}
	for (size_t i = 0; i < N_OPTIONS; i++) {
		if (strlen(options[i].name) != n ||
		    strncmp(options[i].name, option, n) != 0)
			continue;
		if (options[i].set(u, option + n + 1) == 0)
			return 0;
		error_set(err, "#%s= wants %s", options[i].name,
		    options[i].want);
		return -1;
	}
	return 0;
}

static int
take_options(struct camera_url *u, const char *text, struct error *err)
{
	char *copy = xstrdup(text), *rest = copy, *option;
	int ret = 0;

	while (ret == 0 && (option = strsep(&rest, "#")) != NULL)
		if (*option != '\0')
			ret = take_option(u, option, err);
	free(copy);
	return ret;
}

static int
check_port(const char *port, size_t len)
{
	long n = 0;

	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)port[i]) || n > 65535)
			return -1;
		n = n * 10 + (port[i] - '0');
	}
	return len > 0 && n >= 1 && n <= 65535 ? 0 : -1;
}

/* Checks the host and port of an authority (RFC 3986, section 3.2). */
static int
check_host(const char *host, size_t len)
{
	const char *end = host + len, *colon;

	if (*host == '[') {
		colon = memchr(host, ']', len);
		if (colon == NULL)
			return -1;
		colon++;
	} else {
		colon = memchr(host, ':', len);
		if (colon == NULL)
			colon = end;
		if (colon == host)
			return -1;
	}
	if (colon == end)
		return 0;
	return *colon == ':' ?
	    check_port(colon + 1, (size_t)(end - colon - 1)) : -1;
}

static int
check_rtsp(struct camera_url *u, struct error *err)
{
	const char *authority = strstr(u->url, "://") + 3;
	size_t len = strcspn(authority, "/?");
	const char *at = memrchr(authority, '@', len);
	const char *host = at != NULL ? at + 1 : authority;

	for (const char *p = u->url; *p != '\0'; p++) {
		if ((unsigned char)*p > ' ' && *p != 0x7f)
			continue;
		error_set(err,
		    "a space or control character: write it as %%20");
		return -1;
	}
	if (check_host(host, (size_t)(authority + len - host)) == 0)
		return 0;
	error_set(err, "host or port is wrong: want "
	    "rtsp://user:password@host:554/path (in a password, write "
	    "@ as %%40, / as %%2F, # as %%23)");
	return -1;
}

/* UniFi's: TLS with a certificate that nobody can check. */
static int
check_rtspx(struct camera_url *u, struct error *err)
{
	u->tls_verify = false;
	return check_rtsp(u, err);
}

static int
hex_digit(char c)
{
	if (!isxdigit((unsigned char)c))
		return -1;
	return isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* Undoes percent-encoding. An escape that is not valid stays, and so does
 * %00, which would end the path. */
static char *
unescape(const char *s)
{
	char *out = xstrdup(s), *o = out;

	for (; *s != '\0'; s++) {
		int hi = *s == '%' ? hex_digit(s[1]) : -1;
		int lo = hi >= 0 ? hex_digit(s[2]) : -1;

		if (lo < 0 || hi + lo == 0) {
			*o++ = *s;
			continue;
		}
		*o++ = (char)(hi * 16 + lo);
		s += 2;
	}
	*o = '\0';
	return out;
}

static int
check_file(struct camera_url *u, struct error *err)
{
	const char *path = u->url + strlen("file:");

	if (strncmp(path, "//", 2) != 0)
		u->path = xstrdup(path);
	else if (path[2] == '/')
		u->path = unescape(path + 2);
	if (u->path != NULL && u->path[0] != '\0')
		return 0;
	error_set(err, "no path: want file:PATH or file:///PATH");
	return -1;
}

/* The message names the scheme only if it is one: otherwise the text before
 * the colon may be a user's name. */
static void
explain_scheme(const char *text, struct error *err)
{
	size_t n = strcspn(text, ":");

	for (size_t i = 0; i < N_FOREIGN; i++) {
		if (strlen(foreign[i]) == n && text[n] == ':' &&
		    strncasecmp(foreign[i], text, n) == 0) {
			error_set(err, "%s: is not supported; "
			    SUPPORTED, foreign[i]);
			return;
		}
	}
	if (n > 0 && name_length(text) == n &&
	    strncmp(text + n, "://", 3) == 0)
		error_set(err, "unknown scheme %.*s://; " SUPPORTED,
		    n > 32 ? 32 : (int)n, text);
	else
		error_set(err, "not an address; " SUPPORTED);
}

int
camera_url_parse(const char *text, struct camera_url *out, struct error *err)
{
	size_t i, n = strcspn(text, "#");

	*out = (struct camera_url){ .timeout_ms = TIMEOUT_MS,
		.tls_verify = true };
	for (i = 0; i < N_SCHEMES; i++)
		if (strncasecmp(text, schemes[i].prefix,
		    strlen(schemes[i].prefix)) == 0)
			break;
	if (i == N_SCHEMES) {
		explain_scheme(text, err);
		return -1;
	}
	out->scheme = schemes[i].scheme;
	out->url = xstrdup(text);
	out->url[n] = '\0';
	memcpy(out->url, schemes[i].prefix, strlen(schemes[i].prefix));
	if (take_options(out, text + n, err) == 0 &&
	    (schemes[i].check == NULL ||
	    schemes[i].check(out, err) == 0))
		return 0;
	camera_url_clear(out);
	return -1;
}

void
camera_url_clear(struct camera_url *u)
{
	if (u->url != NULL)
		explicit_bzero(u->url, strlen(u->url));
	free(u->url);
	free(u->path);
	*u = (struct camera_url){ .url = NULL };
}

bool
camera_url_does_udp(const struct camera_url *u)
{
	return strncmp(u->url, "rtsp:", strlen("rtsp:")) == 0;
}

/*
 * Returns where the host begins. A password may have been written with a raw
 * @, / or ? in it, so all up to the last @ is taken for credentials if there
 * is a colon in it: a path that is masked is better than a password that is
 * shown.
 */
static const char *
skip_credentials(const char *p)
{
	const char *at = strrchr(p, '@');

	if (at == NULL)
		return p;
	if (memchr(p, ':', (size_t)(at - p)) == NULL &&
	    strcspn(p, "/?#") < (size_t)(at - p))
		return p;	/* it is host/path@x, without a password */
	return at + 1;
}

static bool
is_secret(const char *name, size_t len)
{
	for (size_t i = 0; i < N_SECRETS; i++)
		if (strlen(secrets[i]) == len &&
		    strncasecmp(secrets[i], name, len) == 0)
			return true;
	return false;
}

/* A value ends at an &, or at a # that an option follows. */
static const char *
skip_value(const char *p)
{
	while (*p != '\0' && *p != '&') {
		size_t n = *p == '#' ? name_length(p + 1) : 0;

		if (n > 0 && p[n + 1] == '=')
			break;
		p++;
	}
	return p;
}

/* Copies `p` to `o` with *** for the values of user=, password= and such. */
static void
put_masked(char *o, const char *p)
{
	while (*p != '\0') {
		size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyz"
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		size_t take = n > 0 ? n : 1;

		memcpy(o, p, take);
		o += take;
		p += take;
		if (n == 0 || *p != '=' || !is_secret(p - n, n))
			continue;
		o = stpcpy(o, "=***");
		p = skip_value(p + 1);
	}
	*o = '\0';
}

char *
camera_url_mask(const char *text)
{
	/* A secret is 4 bytes long at least and grows by 3 at most. */
	char *out = xcalloc(1, strlen(text) * 2 + sizeof "***@"), *o = out;
	const char *p = strstr(text, "://"), *host;

	if (strncasecmp(text, "file:", 5) == 0 ||
	    strncasecmp(text, "demo:", 5) == 0)
		return strcpy(out, text);
	p = p != NULL ? p + 3 : text;
	host = skip_credentials(p);
	o = mempcpy(o, text, (size_t)(p - text));
	if (host != p)
		o = stpcpy(o, "***@");
	put_masked(o, host);
	return out;
}
