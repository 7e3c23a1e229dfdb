#include "camera_option.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "xalloc.h"

#define SUPPORTED	"supported are rtsp://, rtsps://, http://, https://, " \
			"file:, exec:, demo: and ffmpeg:"
#define FFMPEG		"ffmpeg:"
#define TIMEOUT_MS	5000

typedef int check_fn(struct camera_url *, struct error *);

static check_fn	check_network, check_insecure, check_file, check_exec,
		check_reference;

/* A bare text behind ffmpeg: gets one of the last two prefixes. */
static const struct scheme {
	const char *prefix;
	enum camera_scheme scheme;
	check_fn *check;
} schemes[] = {
	{ "rtsp://", CAMERA_RTSP, check_network },
	{ "rtsps://", CAMERA_RTSP, check_network },
	{ "rtspx://", CAMERA_RTSP, check_insecure },
	{ "http://", CAMERA_HTTP, check_network },
	{ "https://", CAMERA_HTTP, check_network },
	{ "httpx://", CAMERA_HTTP, check_insecure },
	{ "exec:", CAMERA_EXEC, check_exec },
	{ "demo:", CAMERA_DEMO, NULL },
	{ "file:", CAMERA_FILE, check_file },
};
#define N_SCHEMES	(sizeof schemes / sizeof schemes[0])

/* Other camera servers know these, so that a configuration may have them. */
static const char *const foreign[] = {
	"alsa", "bubble", "doorbird", "dvrip", "echo", "eseecloud", "expr",
	"flussonic", "gopro", "hass", "homekit", "isapi", "ivideon", "kasa",
	"mpegts", "nest", "onvif", "ring", "roborock", "rtmp", "rtmps",
	"rtmpx", "tapo", "tcp", "tuya", "v4l2", "vigi", "webrtc", "webtorrent",
	"wyoming", "wyze", "xiaomi", "yandex",
};
#define N_FOREIGN	(sizeof foreign / sizeof foreign[0])

/* Behind ffmpeg: these are no names: of a device, a test picture, a voice. */
static const char *const made_up[] = { "device?", "virtual?", "tts?" };
#define N_MADE_UP	(sizeof made_up / sizeof made_up[0])

/* The values of these parameters are masked. */
static const char *const secrets[] = {
	"user", "username", "usr", "login", "account", "pass", "password",
	"passwd", "pwd", "psw", "auth", "token", "key", "apikey", "secret",
	"header", "headers",
};
#define N_SECRETS	(sizeof secrets / sizeof secrets[0])

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

/* Refuses what can be no part of an address. */
static int
check_characters(const char *s, struct error *err)
{
	for (; *s != '\0'; s++) {
		if ((unsigned char)*s > ' ' && *s != 0x7f)
			continue;
		error_set(err,
		    "a space or control character: write it as %%20");
		return -1;
	}
	return 0;
}

static int
check_network(struct camera_url *u, struct error *err)
{
	const char *authority = strstr(u->url, "://") + 3;
	size_t len = strcspn(authority, "/?");
	const char *at = memrchr(authority, '@', len);
	const char *host = at != NULL ? at + 1 : authority;

	if (check_characters(u->url, err) == -1)
		return -1;
	if (check_host(host, (size_t)(authority + len - host)) == 0)
		return 0;
	error_set(err, "host or port is wrong: want "
	    "%.*suser:password@host:port/path (in a password, write "
	    "@ as %%40, / as %%2F, # as %%23)", (int)(authority - u->url),
	    u->url);
	return -1;
}

/* TLS with a certificate that nobody can check, as UniFi's. */
static int
check_insecure(struct camera_url *u, struct error *err)
{
	u->tls_verify = false;
	return check_network(u, err);
}

static int
check_exec(struct camera_url *u, struct error *err)
{
	const char *command = u->url + strlen("exec:");

	command += strspn(command, " ");
	if (*command == '\0') {
		error_set(err, "no command: want exec:COMMAND");
		return -1;
	}
	if (strstr(command, "{output}") != NULL) {
		error_set(err, "{output} is the address of an RTSP server, "
		    "which lull is not: let the command write MPEG-TS to its "
		    "standard output, as with `-f mpegts pipe:1`");
		return -1;
	}
	u->command = xstrdup(command);
	return 0;
}

static int
check_reference(struct camera_url *u, struct error *err)
{
	const char *name = u->url + strlen(FFMPEG);

	for (size_t i = 0; i < N_MADE_UP; i++) {
		if (strncmp(name, made_up[i], strlen(made_up[i])) != 0)
			continue;
		error_set(err, FFMPEG "%s is not supported", made_up[i]);
		return -1;
	}
	if (*name == '\0') {
		error_set(err, "want " FFMPEG "ADDRESS, or " FFMPEG
		    "NAME of another stream");
		return -1;
	}
	u->reference = xstrdup(name);
	return 0;
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

/* Returns the scheme of other servers that the text begins with, or NULL. */
static const char *
foreign_scheme(const char *text)
{
	size_t n = strcspn(text, ":");

	for (size_t i = 0; i < N_FOREIGN; i++)
		if (strlen(foreign[i]) == n && text[n] == ':' &&
		    strncasecmp(foreign[i], text, n) == 0)
			return foreign[i];
	return NULL;
}

/* The message names the scheme only if it is one: otherwise the text before
 * the colon may be a user's name. */
static void
explain_scheme(const char *text, struct error *err)
{
	const char *known = foreign_scheme(text);
	size_t n = strcspn(text, ":");

	if (known != NULL)
		error_set(err, "%s: is not supported; " SUPPORTED, known);
	else if (n > 0 && camera_option_name(text) == n &&
	    strncmp(text + n, "://", 3) == 0)
		error_set(err, "unknown scheme %.*s://; " SUPPORTED,
		    n > 32 ? 32 : (int)n, text);
	else
		error_set(err, "not an address; " SUPPORTED);
}

/* Returns NULL if it has none that is supported. */
static const struct scheme *
find_scheme(const char *text)
{
	for (size_t i = 0; i < N_SCHEMES; i++)
		if (strncasecmp(text, schemes[i].prefix,
		    strlen(schemes[i].prefix)) == 0)
			return &schemes[i];
	return NULL;
}

/* Tells whether the text, up to its options, is no address but a file's path
 * or a stream's name. */
static bool
is_bare(const char *text)
{
	const char *address = strstr(text, "://");

	return foreign_scheme(text) == NULL &&
	    (address == NULL || address > text + strcspn(text, "#"));
}

/* Returns the scheme of a bare text: what looks like a path is one. */
static const struct scheme *
bare_scheme(const char *text)
{
	static const struct scheme name = {
		FFMPEG, CAMERA_REFERENCE, check_reference
	};

	return text[0] == '/' || strncmp(text, "./", 2) == 0 ||
	    strncmp(text, "../", 3) == 0 ? find_scheme("file:") : &name;
}

static const char *
skip_ffmpeg(const char *text)
{
	return strncasecmp(text, FFMPEG, strlen(FFMPEG)) == 0 ?
	    text + strlen(FFMPEG) : text;
}

/* The prefix is written as ours, in lower case. */
int
camera_url_parse(const char *text, struct camera_url *out, struct error *err)
{
	const char *inner = skip_ffmpeg(text);
	const struct scheme *s = find_scheme(inner);
	const char *rest = inner + (s != NULL ? strlen(s->prefix) : 0);
	size_t n = strcspn(rest, "#");

	*out = (struct camera_url){ .timeout_ms = TIMEOUT_MS,
		.tls_verify = true, .video = true, .audio = true,
		.backchannel = true };
	if (s == NULL && inner != text && is_bare(inner))
		s = bare_scheme(inner);
	if (s == NULL) {
		explain_scheme(inner, err);
		return -1;
	}
	out->scheme = s->scheme;
	out->url = xasprintf("%s%.*s", s->prefix, (int)n, rest);
	if (camera_option_take(out, inner != text, rest + n, err) == 0 &&
	    (s->check == NULL || s->check(out, err) == 0))
		return 0;
	camera_url_clear(out);
	return -1;
}

static void
clear_text(char *s)
{
	if (s != NULL)
		explicit_bzero(s, strlen(s));
	free(s);
}

void
camera_url_clear(struct camera_url *u)
{
	clear_text(u->url);
	clear_text(u->command);
	free(u->path);
	free(u->reference);
	free(u->ignored);
	*u = (struct camera_url){ .url = NULL };
}

char *
camera_url_resolve(const char *reference, const char *source)
{
	const char *camera = skip_ffmpeg(source);
	size_t n = strcspn(camera, "#");
	char *options = camera_option_of_camera(camera + n);
	char *out = xasprintf(FFMPEG "%.*s%s%s", (int)n, camera, options,
	    reference + strcspn(reference, "#"));

	clear_text(options);
	return out;
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
		size_t n = *p == '#' ? camera_option_name(p + 1) : 0;

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

static char *
mask_address(char *out, const char *text)
{
	const char *p = strstr(text, "://"), *host;
	char *o = out;

	p = p != NULL ? p + 3 : text;
	host = skip_credentials(p);
	o = mempcpy(o, text, (size_t)(p - text));
	if (host != p)
		o = stpcpy(o, "***@");
	put_masked(o, host);
	return out;
}

/* What a command is given may be a password: its first word alone is shown. */
static char *
mask_command(char *out, const char *text)
{
	const char *p = text + strlen("exec:");
	size_t n;
	char *word;

	p += strspn(p, " ");
	n = strcspn(p, " #");
	word = xasprintf("%.*s", (int)n, p);
	mask_address(mempcpy(out, text, strlen("exec:")), word);
	clear_text(word);
	return p[n] != '\0' ? strcat(out, " ***") : out;
}

char *
camera_url_mask(const char *text)
{
	/* A secret is 4 bytes long at least and grows by 3 at most. */
	char *all = xcalloc(1, strlen(text) * 2 + sizeof "***@ ***");
	const char *inner = skip_ffmpeg(text);
	char *out = mempcpy(all, text, (size_t)(inner - text));

	if (strncasecmp(inner, "file:", 5) == 0 ||
	    strncasecmp(inner, "demo:", 5) == 0)
		strcpy(out, inner);
	else if (strncasecmp(inner, "exec:", 5) == 0)
		mask_command(out, inner);
	else
		mask_address(out, inner);
	return all;
}
