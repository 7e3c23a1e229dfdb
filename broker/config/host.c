#include "host.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "config.h"

#define HOST_MAX	256	/* bytes of a name; DNS has 253 */
#define NAME_CHARS	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" \
			"0123456789_-."

static bool
is_port(const char *s)
{
	return s[0] == '\0' ||
	    (s[0] == ':' && s[1 + strspn(s + 1, "0123456789")] == '\0');
}

/* An address of IPv6 is in brackets, as in "[::1]:1984". */
static bool
is_ipv6(const char *host)
{
	const char *end = strchr(host, ']');
	unsigned char raw[16];
	char text[INET6_ADDRSTRLEN];
	size_t len;

	if (host[0] != '[' || end == NULL || !is_port(end + 1))
		return false;
	len = (size_t)(end - host - 1);
	if (len >= sizeof text)
		return false;
	memcpy(text, host + 1, len);
	text[len] = '\0';
	return inet_pton(AF_INET6, text, raw) == 1;
}

/* Takes the name in "name.:1984", without port and the root's dot; "" if it is
 * none. */
static void
take_name(const char *host, char name[HOST_MAX])
{
	size_t len = strspn(host, NAME_CHARS);
	bool valid = len > 0 && len < HOST_MAX && is_port(host + len);

	if (valid && host[len - 1] == '.')
		len--;
	memcpy(name, host, valid ? len : 0);
	name[valid ? len : 0] = '\0';
}

/* Tells whether no stranger can have the name. It has one label, as those that
 * a home's router or a container's network gives, or it is below a name that
 * the public DNS does not delegate (RFC 6761, 6762, 8375; .internal is reserved
 * for it; routers use the others). */
static bool
is_private(const char *name)
{
	static const char *const suffixes[] = { ".local", ".localhost",
		".localdomain", ".lan", ".home", ".internal", ".home.arpa" };
	size_t n = strlen(name);

	if (strchr(name, '.') == NULL)
		return n > 0;
	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		size_t len = strlen(suffixes[i]);

		if (n > len && strcasecmp(name + n - len, suffixes[i]) == 0)
			return true;
	}
	return false;
}

static bool
matches(const char *name, const char *pattern)
{
	size_t n = strlen(name), len;

	pattern += strncmp(pattern, "*.", 2) == 0 ? 1 : 0;
	len = strlen(pattern);
	if (pattern[0] != '.')
		return strcasecmp(name, pattern) == 0;
	return n > len && strcasecmp(name + n - len, pattern) == 0;
}

static bool
is_listed(const char *name, const json_t *patterns)
{
	const json_t *v;
	size_t i;

	json_array_foreach(patterns, i, v) {
		const char *pattern = json_string_value(v);

		if (strcmp(pattern, "*") == 0 ||
		    (name[0] != '\0' && matches(name, pattern)))
			return true;
	}
	return false;
}

bool
host_allowed(const char *host, const char *own, const struct config *c)
{
	char name[HOST_MAX], listen[HOST_MAX];
	unsigned char raw[4];

	if (host == NULL || host[0] == '\0' || is_ipv6(host))
		return true;
	take_name(host, name);
	if (is_listed(name, c->hosts))
		return true;
	take_name(c->listen, listen);
	return name[0] != '\0' && (inet_pton(AF_INET, name, raw) == 1 ||
	    is_private(name) || strcasecmp(name, listen) == 0 ||
	    strcasecmp(name, own) == 0);
}

bool
host_pattern_valid(const char *s)
{
	if (strcmp(s, "*") == 0)
		return true;
	s += strncmp(s, "*.", 2) == 0 ? 2 : s[0] == '.' ? 1 : 0;
	return s[0] != '\0' && s[0] != '.' &&
	    s[strspn(s, NAME_CHARS)] == '\0' && s[strlen(s) - 1] != '.';
}
