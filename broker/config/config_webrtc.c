#include "config_webrtc.h"

#include <stdlib.h>
#include <string.h>

#include "socket_address.h"
#include "xalloc.h"

#define PORT_MAX	65535
#define NAME_MAX_LEN	253	/* RFC 1035, section 2.3.4 */
#define BY_STUN		"stun"	/* go2rtc's word, in place of a host */

/* Takes one entry of a list; `path` is the entry's. */
typedef void take_fn(struct config_read *, const char *path, const char *text,
    void *arg);

/* Entries that are no text are warned of, like those that mean nothing. */
static void
take_list(struct config_read *r, const char *path, const json_t *list,
    take_fn *take, void *arg)
{
	char *shown = config_read_show(path);
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v) {
		char *item = xasprintf("%s/%zu", path, i);

		if (i >= CONFIG_WEBRTC_MAX)
			config_read_warn(r, item, "%s: more than %d, ignored",
			    shown, CONFIG_WEBRTC_MAX);
		else if (!json_is_string(v))
			config_read_warn(r, item, "%s: expected a list of "
			    "strings, entry %zu is ignored", shown, i + 1);
		else
			take(r, item, json_string_value(v), arg);
		free(item);
	}
	free(shown);
}

/*
 * The candidates
 */

/* Returns the port, or -1 if the text is not all digits of one. */
static int
read_port(const char *s)
{
	size_t len = strspn(s, "0123456789");
	long v;

	if (len == 0 || len > 5 || s[len] != '\0')
		return -1;
	v = strtol(s, NULL, 10);
	return v >= 1 && v <= PORT_MAX ? (int)v : -1;
}

static bool
is_name(const char *s)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789.-_";
	size_t len = strspn(s, letters);

	return len > 0 && len <= NAME_MAX_LEN && s[len] == '\0';
}

/* "[::1]" without its brackets, in place; false if it is no host. */
static bool
read_host(char **host)
{
	union socket_address address;
	char *s = *host;
	size_t len = strlen(s);

	if (*s != '[')
		return is_name(s);
	if (s[len - 1] != ']')
		return false;
	s[len - 1] = '\0';
	*host = s + 1;
	return strchr(*host, ':') != NULL &&
	    socket_address_parse(&address, *host, 0);
}

/* Reads "HOST:PORT", "HOST:PORT/udp" or "HOST:PORT/tcp"; false if it is none.
 * The caller frees `host`. */
static bool
read_candidate(const char *text, struct config_candidate *c)
{
	const char *slash = strchr(text, '/');
	char *copy = xasprintf("%.*s", (int)strcspn(text, "/"), text);
	char *colon = strrchr(copy, ':'), *host = copy;
	bool good = false;

	*c = (struct config_candidate){
		.udp = slash == NULL || strcmp(slash, "/udp") == 0,
		.tcp = slash == NULL || strcmp(slash, "/tcp") == 0,
	};
	if (colon != NULL && (c->udp || c->tcp)) {
		*colon = '\0';
		c->port = read_port(colon + 1);
		good = c->port != -1 && read_host(&host);
	}
	if (good && strcmp(host, BY_STUN) != 0)
		c->host = xstrdup(host);
	free(copy);
	return good;
}

/* "stun:stun.example.org:3478" or "turn:…" is an address of a server, which
 * people write here. */
static bool
is_ice_server(const char *text)
{
	static const char *const schemes[] = { "stun:", "stuns:", "turn:",
		"turns:" };

	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
		if (strncmp(text, schemes[i], strlen(schemes[i])) == 0)
			return true;
	return false;
}

static void
take_candidate(struct config_read *r, const char *path, const char *text,
    void *arg)
{
	struct config *c = r->config;
	struct config_candidate candidate;
	char *shown;

	(void)arg;
	if (read_candidate(text, &candidate)) {
		c->candidates[c->n_candidates++] = candidate;
		return;
	}
	shown = config_source_mask(text);
	if (is_ice_server(text))
		config_read_warn(r, path, "webrtc.candidates: `%s` is a "
		    "server to be asked, ignored: it belongs into "
		    "webrtc.ice_servers, as {urls: ...}; here stands where "
		    "viewers reach the port, as HOST:PORT or stun:PORT",
		    shown);
	else
		config_read_warn(r, path, "webrtc.candidates: `%s` is none, "
		    "ignored: expected HOST:PORT, [IPV6]:PORT or stun:PORT, "
		    "and /udp or /tcp if it is not for both", shown);
	free(shown);
}

int
config_webrtc_candidates(struct config_read *r, const char *path,
    const json_t *v)
{
	struct config *c = r->config;

	c->candidates = xcalloc(CONFIG_WEBRTC_MAX, sizeof *c->candidates);
	take_list(r, path, v, take_candidate, NULL);
	return 0;
}

/*
 * The filters
 */

/* Returns the new list, which has the key's own name. */
static json_t *
new_filter(struct config_read *r, const char *path)
{
	json_t *list = json_array();

	json_object_set_new(r->config->filters, strrchr(path, '/') + 1, list);
	return list;
}

int
config_webrtc_loopback(struct config_read *r, const char *path,
    const json_t *v)
{
	(void)path;
	json_object_set_new(r->config->filters, "loopback",
	    json_boolean(json_is_true(v)));
	return 0;
}

static void
take_interface(struct config_read *r, const char *path, const char *text,
    void *list)
{
	(void)r;
	(void)path;
	json_array_append_new(list, json_string(text));
}

int
config_webrtc_interfaces(struct config_read *r, const char *path,
    const json_t *v)
{
	take_list(r, path, v, take_interface, new_filter(r, path));
	return 0;
}

/* An address is kept as the kernel's list has it. */
static void
take_ip(struct config_read *r, const char *path, const char *text, void *list)
{
	union socket_address address;
	char ip[SOCKET_ADDRESS_IP];

	if (socket_address_parse(&address, text, 0)) {
		socket_address_ip(&address, ip);
		json_array_append_new(list, json_string(ip));
	} else
		config_read_warn(r, path, "webrtc.filters: `%s` is no IP "
		    "address, and is nobody's", text);
}

int
config_webrtc_ips(struct config_read *r, const char *path, const json_t *v)
{
	take_list(r, path, v, take_ip, new_filter(r, path));
	return 0;
}

static void
take_network(struct config_read *r, const char *path, const char *text,
    void *list)
{
	static const char *const networks[] = { "udp4", "udp6", "tcp4",
		"tcp6" };

	for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++)
		if (strcmp(text, networks[i]) == 0) {
			json_array_append_new(list, json_string(text));
			return;
		}
	config_read_warn(r, path, "webrtc.filters.networks: `%s` is none of "
	    "udp4, udp6, tcp4, tcp6, ignored", text);
}

int
config_webrtc_networks(struct config_read *r, const char *path,
    const json_t *v)
{
	take_list(r, path, v, take_network, new_filter(r, path));
	return 0;
}

/* Is a key of webrtc set to something? */
static bool
has_key(const struct config_read *r, const char *key)
{
	const json_t *webrtc = json_object_get(r->sources->root, "webrtc");
	const json_t *v = json_object_get(webrtc, key);

	return v != NULL && !json_is_null(v);
}

int
config_webrtc_udp_ports(struct config_read *r, const char *path,
    const json_t *v)
{
	json_int_t min = json_integer_value(json_array_get(v, 0));
	json_int_t max = json_integer_value(json_array_get(v, 1));

	if (json_array_size(v) != 2 || min < 1 || max > PORT_MAX || min > max)
		return config_read_fail(r, path, "webrtc.filters.udp_ports: "
		    "expected two ports as [50000, 50999]");
	if (has_key(r, "ports")) {
		config_read_warn(r, path, "webrtc.filters.udp_ports is "
		    "ignored: webrtc.ports is set");
		return 0;
	}
	r->config->port_min = (int)min;
	r->config->port_max = (int)max;
	return 0;
}

static bool
asks_stun(const struct config *c)
{
	for (size_t i = 0; i < c->n_candidates; i++)
		if (c->candidates[i].host == NULL)
			return true;
	return false;
}

void
config_webrtc_finish(struct config_read *r)
{
	const struct config *c = r->config;

	if (c->n_candidates == 0)
		return;
	if (c->viewer_port.port == 0)
		config_read_warn(r, "webrtc/candidates", "webrtc.candidates "
		    "lead to the port of webrtc.listen, which is off%s",
		    has_key(r, "listen") ? "" : ": webrtc.ports alone turns "
		    "it off");
	else if (!c->viewer_port.udp && asks_stun(c))
		config_read_warn(r, "webrtc/candidates", "webrtc.candidates: "
		    "stun: asks by UDP, which webrtc.listen leaves out: write "
		    "the public address in its place");
}
