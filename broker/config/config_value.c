#include "config_value.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "json.h"
#include "socket_address.h"
#include "xalloc.h"

#define PORT_MAX	65535

static void
set_string(char **to, const json_t *value)
{
	free(*to);
	*to = xstrdup(json_string_value(value));
}

/* Returns the number of a port that is followed by `end`, or -1. */
static int
parse_port(const char *s, char end)
{
	size_t len = strspn(s, "0123456789");
	long v;

	if (len == 0 || len > 5 || s[len] != end)
		return -1;
	v = strtol(s, NULL, 10);
	return v <= PORT_MAX ? (int)v : -1;
}

bool
config_value_is_listen(const char *s)
{
	const char *colon = strrchr(s, ':');

	return *s == '\0' ||
	    (colon != NULL && parse_port(colon + 1, '\0') != -1);
}

int
config_value_listen(struct config_read *r, const char *path, const json_t *v)
{
	const char *s = json_string_value(v);

	if (!config_value_is_listen(s))
		return config_read_fail(r, path,
		    "api.listen: `%s` is no address, expected HOST:PORT, "
		    ":PORT or \"\"", s);
	set_string(&r->config->listen, v);
	return 0;
}

int
config_value_origin(struct config_read *r, const char *path, const json_t *v)
{
	const char *s = json_string_value(v), *host = strstr(s, "://");

	if (*s != '\0' && strcmp(s, "*") != 0 &&
	    (host == NULL || host == s || host[3] == '\0' ||
	    strchr(host + 3, '/') != NULL))
		return config_read_fail(r, path,
		    "api.origin: `%s` is no origin, expected \"*\" or one as "
		    "https://example.org", s);
	set_string(&r->config->origin, v);
	return 0;
}

static int
add_host(struct config_read *r, const char *path, const json_t *v)
{
	const char *s = json_string_value(v);

	if (config_read_check(r, path, v, CONFIG_STRING) == -1)
		return -1;
	if (!host_pattern_valid(s))
		return config_read_fail(r, path, "api.hosts: `%s` is no name "
		    "of a host, expected one as cam.example.org, "
		    "*.example.org or \"*\"", s);
	json_array_append_new(r->config->hosts, json_string(s));
	return 0;
}

int
config_value_hosts(struct config_read *r, const char *path, const json_t *v)
{
	const json_t *host;
	char *item;
	size_t i;
	int rc = 0;

	if (json_is_string(v))
		return add_host(r, path, v);
	json_array_foreach(v, i, host) {
		item = xasprintf("%s/%zu", path, i);
		rc = add_host(r, item, host);
		free(item);
		if (rc == -1)
			break;
	}
	return rc;
}

int
config_value_static_dir(struct config_read *r, const char *path,
    const json_t *v)
{
	(void)path;
	if (*json_string_value(v) != '\0')
		set_string(&r->config->static_dir, v);
	return 0;
}

/* lull has no level of its own for these words of go2rtc's. */
static const struct {
	const char *name;
	enum log_level level;
} log_aliases[] = {
	{ "fatal", LOG_LEVEL_ERROR },
	{ "panic", LOG_LEVEL_ERROR },
};

int
config_value_log_level(struct config_read *r, const char *path,
    const json_t *v)
{
	const char *s = json_string_value(v);

	for (size_t i = 0; i < sizeof log_aliases / sizeof *log_aliases; i++) {
		if (strcmp(log_aliases[i].name, s) == 0) {
			r->config->log_level = log_aliases[i].level;
			return 0;
		}
	}
	if (log_level_parse(s, &r->config->log_level) == 0)
		return 0;
	return config_read_fail(r, path, "log.level: `%s` is none of trace, "
	    "debug, info, warn, error, disabled", s);
}

/* Takes the address of "192.0.2.1" or "[::1]", or "" for any. */
static bool
read_address(const char *s, size_t len, char address[CONFIG_ADDRESS_MAX])
{
	bool bracket = len > 2 && s[0] == '[' && s[len - 1] == ']';
	union socket_address parsed;

	if (bracket) {
		s++;
		len -= 2;
	}
	if (len >= CONFIG_ADDRESS_MAX ||
	    bracket != (memchr(s, ':', len) != NULL))
		return false;
	memcpy(address, s, len);
	address[len] = '\0';
	if (len > 0 && !socket_address_parse(&parsed, address, 0))
		return false;
	if (len > 0 && socket_address_is_any(&parsed))
		address[0] = '\0';
	return true;
}

/* Reads "192.0.2.1:8555", and "/udp" or "/tcp" behind it when it is not for
 * both. */
static bool
read_viewer_port(const char *s, struct config_viewer_port *p)
{
	const char *slash = strchrnul(s, '/');
	const char *colon = memrchr(s, ':', (size_t)(slash - s));

	*p = (struct config_viewer_port){
		.port = colon != NULL ? parse_port(colon + 1, *slash) : -1,
		.udp = *slash == '\0' || strcmp(slash, "/udp") == 0,
		.tcp = *slash == '\0' || strcmp(slash, "/tcp") == 0,
	};
	return p->port > 0 && (p->udp || p->tcp) &&
	    read_address(s, (size_t)(colon - s), p->address);
}

int
config_value_viewer_port(struct config_read *r, const char *path,
    const json_t *v)
{
	struct config_viewer_port *p = &r->config->viewer_port;
	const char *s = json_string_value(v);

	if (*s == '\0')
		p->port = 0;
	else if (!read_viewer_port(s, p))
		return config_read_fail(r, path, "webrtc.listen: `%s` is no "
		    "port of this host, expected one as \":8555\", "
		    "\"192.0.2.1:8555\", \"[::1]:8555\" or \":8555/tcp\"; "
		    "or \"\" for none", s);
	return 0;
}

int
config_value_ports(struct config_read *r, const char *path, const json_t *v)
{
	const char *s = json_string_value(v), *dash = strchr(s, '-');
	int min = parse_port(s, '-'), max = -1;

	if (dash != NULL)
		max = parse_port(dash + 1, '\0');
	if (min < 1 || max < min)
		return config_read_fail(r, path, "webrtc.ports: `%s` is no "
		    "range of ports, expected one as 50000-50999", s);
	r->config->port_min = min;
	r->config->port_max = max;
	return 0;
}

/* These are the bounds of the picture cache, and its pace. */
static const struct {
	const char	*path;
	size_t		 offset;	/* of an int64_t in struct config */
	json_int_t	 min, max;
} gop_values[] = {
	{ "gop/max_bytes", offsetof(struct config, gop_max_bytes), 65536,
	    1 << 30 },
	{ "gop/max_ms", offsetof(struct config, gop_max_ms), 100, 600000 },
	{ "gop/rate", offsetof(struct config, gop_rate), 100000,
	    10000000000 },
};

int
config_value_gop(struct config_read *r, const char *path, const json_t *v)
{
	json_int_t n = json_is_integer(v) ? json_integer_value(v) : -1;
	size_t i = 0;

	while (strcmp(gop_values[i].path, path) != 0)
		i++;
	if (n < gop_values[i].min || n > gop_values[i].max)
		return config_read_fail(r, path, "gop.%s: expected a whole "
		    "number from %lld to %lld", path + strlen("gop/"),
		    (long long)gop_values[i].min,
		    (long long)gop_values[i].max);
	*(int64_t *)((char *)r->config + gop_values[i].offset) = n;
	return 0;
}
