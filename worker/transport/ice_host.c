#include "ice_host.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ice_filter.h"
#include "media_port.h"
#include "socket_address.h"
#include "xalloc.h"

/* RFC 8445, section 5.1.2.1: 2^24 * the type's + 2^8 * the address's + 255 for
 * the component. TCP comes after all of UDP (RFC 6544, section 4.2). */
#define UDP_PRIORITY	126u
#define TCP_PRIORITY	90u
#define PASSIVE		4u	/* RFC 6544, section 4.2, times 2^13 */

struct list {
	char	**text;
	size_t	 n;
};

/* Where a viewer would go twice: what is announced may be this host's own. */
static bool
has_line(const struct list *l, const char *transport, const char *ip, int port)
{
	char *begin = xasprintf(" 1 %s ", transport);
	char *end = xasprintf(" %s %d typ host", ip, port);
	bool found = false;

	for (size_t i = 0; i < l->n && !found; i++)
		found = strstr(l->text[i], begin) != NULL &&
		    strstr(l->text[i], end) != NULL;
	free(begin);
	free(end);
	return found;
}

static void
add_line(struct list *l, char *text)
{
	l->text = xrealloc(l->text, (l->n + 2) * sizeof *l->text);
	l->text[l->n++] = text;
	l->text[l->n] = NULL;
}

/* `i` is the address's place in order of preference. */
static void
add_udp(struct list *l, const char *ip, int port, unsigned i)
{
	add_line(l, xasprintf("candidate:%zu 1 udp %u %s %d typ host",
	    l->n + 1, UDP_PRIORITY << 24 | (65535 - i) << 8 | 255, ip, port));
}

static void
add_tcp(struct list *l, const char *ip, int port, unsigned i)
{
	add_line(l, xasprintf("candidate:%zu 1 tcp %u %s %d typ host tcptype "
	    "passive", l->n + 1, TCP_PRIORITY << 24 |
	    ((PASSIVE << 13) + 8191 - i) << 8 | 255, ip, port));
}

static bool
is_v6(const char *ip)
{
	return strchr(ip, ':') != NULL;
}

/* Returns how many addresses there were. A viewer opens a connection for each
 * candidate of TCP: one of each family is enough. */
static unsigned
add_hosts(struct list *l, const struct media_port_config *c,
    const char *const *addresses, const json_t *filter)
{
	bool seen[2] = { false, false };
	unsigned i;

	for (i = 0; addresses[i] != NULL; i++) {
		bool *kind = &seen[is_v6(addresses[i])];

		if (c->udp && ice_filter_udp(filter, addresses[i]))
			add_udp(l, addresses[i], c->port, i);
		if (c->tcp && !*kind && ice_filter_tcp(filter, addresses[i]))
			add_tcp(l, addresses[i], c->port, i);
		*kind = true;
	}
	return i;
}

/* The port is on one address alone, or on all of them. */
static unsigned
add_own(struct list *l, const struct media_port_config *c,
    const struct ice_config *config)
{
	const char *const one[] = { c->address, NULL };

	if (c->address[0] == '\0')
		return add_hosts(l, c, config->addresses, config->filter);
	return ice_filter_address(config->filter, NULL, c->address) ?
	    add_hosts(l, c, one, config->filter) : 0;
}

/* Splits "ip:port" or "[ip]:port", and "/udp" or "/tcp" behind it; the caller
 * frees it. */
static char *
split_announced(const char *text, int *port, bool *udp, bool *tcp)
{
	const char *slash = strchr(text, '/');
	char *ip = xstrdup(text + (*text == '['));
	char *colon = strrchr(ip, ':');

	*udp = slash == NULL || strcmp(slash, "/udp") == 0;
	*tcp = slash == NULL || strcmp(slash, "/tcp") == 0;
	*port = colon != NULL ? atoi(colon + 1) : 0;
	if (colon != NULL)
		*colon = '\0';
	if (*text == '[')
		ip[strcspn(ip, "]")] = '\0';
	return ip;
}

static void
add_announced(struct list *l, const struct media_port_config *c,
    const json_t *filter, unsigned i)
{
	for (const char *const *text = c->announced; *text != NULL;
	    text++, i++) {
		bool udp, tcp;
		int port;
		char *ip = split_announced(*text, &port, &udp, &tcp);

		if (udp && c->udp && ice_filter_udp(filter, ip) &&
		    !has_line(l, "udp", ip, port))
			add_udp(l, ip, port, i);
		if (tcp && c->tcp && ice_filter_tcp(filter, ip) &&
		    !has_line(l, "tcp", ip, port))
			add_tcp(l, ip, port, i);
		free(ip);
	}
}

char **
ice_host_candidates(const struct ice_config *config, const char *const *agent)
{
	struct list l = { xcalloc(1, sizeof *l.text), 0 };

	if (config->media_port != NULL) {
		const struct media_port_config *c =
		    media_port_config(config->media_port);
		unsigned n = add_own(&l, c, config);

		add_announced(&l, c, config->filter, n);
	}
	for (; agent != NULL && *agent != NULL; agent++)
		add_line(&l, xstrdup(*agent));
	return l.text;
}

void
ice_host_candidates_free(char **list)
{
	for (char **text = list; text != NULL && *text != NULL; text++)
		free(*text);
	free(list);
}
