#include "config_ice.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "socket_address.h"
#include "xalloc.h"

#define PORT_MAX	65535
#define ICE_SERVERS_MAX	16
#define ICE_TEXT_MAX	256	/* bytes of a name or a password */

/* The ports are those of RFC 7064 and RFC 7065, sections 3.2. */
static const struct ice_scheme {
	const char	*name, *port;
	const char	*transport;	/* the usual one; NULL: it has none */
} schemes[] = {
	{ "stun:", "3478", NULL },
	{ "turn:", "3478", "udp" },
	{ "turns:", "5349", "tcp" },
};
#define N_SCHEMES	(sizeof schemes / sizeof schemes[0])

/* Who is known to a relay. */
struct ice_login {
	const char	*username, *credential;	/* NULL: not usable */
};

static const struct ice_scheme *
find_scheme(const char *url)
{
	for (size_t i = 0; i < N_SCHEMES; i++)
		if (strncmp(url, schemes[i].name, strlen(schemes[i].name)) ==
		    0)
			return &schemes[i];
	return NULL;
}

static bool
is_ipv6(const char *s, size_t len)
{
	union socket_address address;
	char *ip = xasprintf("%.*s", (int)len, s);
	bool good = strchr(ip, ':') != NULL &&
	    socket_address_parse(&address, ip, 0);

	free(ip);
	return good;
}

/* Can it stand in a URL as the name of a host, or its address? One of IPv6 is
 * in brackets (RFC 3986, section 3.2.2), or its end would be a port. */
static bool
is_host(const char *s, size_t len)
{
	if (len > 2 && s[0] == '[' && s[len - 1] == ']')
		return is_ipv6(s + 1, len - 2);
	for (size_t i = 0; i < len; i++)
		if (s[i] <= ' ' || s[i] >= 0x7f ||
		    strchr("/@<>\"[]:", s[i]) != NULL)
			return false;
	return len > 0;
}

/* Is all from `s` to `end` the number of a port? */
static bool
is_port(const char *s, const char *end)
{
	size_t len = strspn(s, "0123456789");
	long port = strtol(s, NULL, 10);

	return len > 0 && len <= 5 && s + len == end && port > 0 &&
	    port <= PORT_MAX;
}

/* Returns what `?transport=` says, or NULL if it is neither UDP nor TCP. */
static const char *
read_transport(const struct ice_scheme *scheme, const char *query)
{
	if (scheme->transport == NULL || *query == '\0')
		return scheme->transport;
	if (strcmp(query, "?transport=udp") == 0)
		return "udp";
	return strcmp(query, "?transport=tcp") == 0 ? "tcp" : NULL;
}

/* Returns the URL with its port and its transport, or NULL if it is none. The
 * caller frees it. */
static char *
normal_url(const struct ice_scheme *scheme, const char *url)
{
	const char *host = url + strlen(scheme->name);
	const char *end = url + strcspn(url, "?"), *bracket, *colon;
	const char *transport = read_transport(scheme, end);
	size_t len = (size_t)(end - host);
	bool has_port;

	if (scheme->transport != NULL && transport == NULL)
		return NULL;
	bracket = memrchr(host, ']', len);
	colon = memrchr(host, ':', len);
	has_port = colon != NULL && (bracket == NULL || colon > bracket);
	if (has_port && !is_port(colon + 1, end))
		return NULL;
	if (!is_host(host, has_port ? (size_t)(colon - host) : len))
		return NULL;
	return xasprintf("%.*s%s%s%s%s", (int)(end - url), url,
	    has_port ? "" : ":", has_port ? "" : scheme->port,
	    transport != NULL ? "?transport=" : "",
	    transport != NULL ? transport : "");
}

/* What stands before an `@` may be a name and a password. The caller frees
 * it. */
static char *
shown_url(const struct ice_scheme *scheme, const char *url)
{
	const char *at = strrchr(url, '@');

	if (at == NULL || strstr(url, "://") != NULL)
		return config_source_mask(url);
	return xasprintf("%s***%s", scheme->name, at);
}

static void
add_server(struct config_read *r, const char *path, const char *url,
    const struct ice_login *login)
{
	json_t *list = r->config->ice_servers;

	if (json_array_size(list) == ICE_SERVERS_MAX)
		config_read_warn(r, path, "webrtc.ice_servers: more than %d, "
		    "ignored", ICE_SERVERS_MAX);
	else if (login == NULL)
		json_array_append_new(list, json_pack("{s:s}", "urls", url));
	else
		json_array_append_new(list, json_pack("{s:s,s:s,s:s}",
		    "urls", url, "username", login->username,
		    "credential", login->credential));
}

static void
take_relay(struct config_read *r, const char *path,
    const struct ice_scheme *scheme, const char *url,
    const struct ice_login *login)
{
	if (login->username == NULL || login->credential == NULL) {
		config_read_warn(r, path, "webrtc.ice_servers: %s wants a "
		    "`username` and a `credential`, strings of at most %d "
		    "bytes, ignored", scheme->name, ICE_TEXT_MAX);
		return;
	}
	if (strcmp(scheme->name, "turns:") == 0)
		config_read_warn(r, path, "webrtc.ice_servers: turns: is for "
		    "viewers alone: lulld itself speaks no TLS to a relay");
	add_server(r, path, url, login);
}

static void
take_url(struct config_read *r, const char *path, const char *url,
    const struct ice_login *login)
{
	const struct ice_scheme *scheme = find_scheme(url);
	char *normal, *shown;

	if (scheme == NULL) {
		config_read_warn(r, path, "webrtc.ice_servers: %.*s: is not "
		    "supported, ignored", (int)strcspn(url, ":"), url);
		return;
	}
	normal = normal_url(scheme, url);
	if (normal == NULL) {
		shown = shown_url(scheme, url);
		config_read_warn(r, path, "webrtc.ice_servers: `%s` is no "
		    "%sHOST:PORT, ignored", shown, scheme->name);
		free(shown);
	} else if (scheme->transport != NULL) {
		take_relay(r, path, scheme, normal, login);
	} else {
		add_server(r, path, normal, NULL);
	}
	free(normal);
}

/* Returns a text that can stand in a header and in JSON, or NULL. */
static const char *
read_text(const json_t *server, const char *key)
{
	const char *s = json_string_value(json_object_get(server, key));

	if (s == NULL || *s == '\0' || strlen(s) > ICE_TEXT_MAX)
		return NULL;
	for (const char *c = s; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return NULL;
	return s;
}

static int
take_server(struct config_read *r, const char *path, const json_t *server)
{
	const json_t *urls, *url;
	struct ice_login login;
	size_t i;

	if (config_read_check(r, path, server, CONFIG_MAP) == -1)
		return -1;
	urls = json_object_get(server, "urls");
	if (urls == NULL)
		return config_read_fail(r, path,
		    "webrtc.ice_servers: a server without `urls`");
	if (config_read_check(r, path, urls, CONFIG_STRING | CONFIG_LIST) ==
	    -1)
		return -1;
	login.username = read_text(server, "username");
	login.credential = read_text(server, "credential");
	if (json_is_string(urls))
		take_url(r, path, json_string_value(urls), &login);
	json_array_foreach(urls, i, url) {
		if (config_read_check(r, path, url, CONFIG_STRING) == -1)
			return -1;
		take_url(r, path, json_string_value(url), &login);
	}
	return 0;
}

int
config_ice_servers(struct config_read *r, const char *path,
    const json_t *value)
{
	const json_t *server;
	char *item;
	size_t i;
	int rc = 0;

	json_array_foreach(value, i, server) {
		item = xasprintf("%s/%zu", path, i);
		rc = take_server(r, item, server);
		free(item);
		if (rc == -1)
			break;
	}
	return rc;
}
