#include "stun.h"

#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>

#include "log.h"
#include "xalloc.h"

#define STUN_PORT	3478	/* RFC 8489, section 8.1 */

struct stun {
	struct evdns_base		*dns;
	json_t				*servers;
	size_t				 next;
	int				 port;
	char				 host[256];
	bool				 waiting;	/* for on_resolved() */
	stun_cb				*cb;	/* NULL: stun_free() came */
	void				*arg;
};

static void try_next(struct stun *);

static void
stun_destroy(struct stun *s)
{
	json_decref(s->servers);
	free(s);
}

/* Reads ":port", all that is between `s` and `end`; -1 if it is none. */
static int
stun_read_port(const char *s, const char *end)
{
	size_t digits = strspn(s + 1, "0123456789");
	int port;

	if (*s != ':' || digits == 0 || digits > 5 || s + 1 + digits != end)
		return -1;
	port = atoi(s + 1);
	return port >= 1 && port <= 65535 ? port : -1;
}

int
stun_parse(const char *url, char *host, size_t hostsize, int *port)
{
	const char *s, *end, *after;
	size_t len;

	if (strncmp(url, "stun:", 5) != 0)
		return -1;
	s = url + 5;
	end = s + strcspn(s, "?");
	if (*s == '[') {
		len = strcspn(++s, "]?");
		if (s[len] != ']')
			return -1;
		after = s + len + 1;
	} else {
		len = strcspn(s, ":?");
		after = s + len;
	}
	*port = after == end ? STUN_PORT : stun_read_port(after, end);
	if (len == 0 || len >= hostsize || *port == -1)
		return -1;
	memcpy(host, s, len);
	host[len] = '\0';
	return 0;
}

static void
use_answer(struct stun *s, int rv, const struct evutil_addrinfo *ai)
{
	char numeric[64];

	if (rv != 0 || getnameinfo(ai->ai_addr, (socklen_t)ai->ai_addrlen,
	    numeric, sizeof numeric, NULL, 0, NI_NUMERICHOST) != 0) {
		log_warn("ice", "STUN server %s does not resolve: %s", s->host,
		    rv != 0 ? evutil_gai_strerror(rv) : "no address");
		try_next(s);
	} else {
		log_info("ice", "STUN server %s is %s port %d", s->host,
		    numeric, s->port);
		s->cb(numeric, s->port, s->arg);
	}
}

static void
on_resolved(int rv, struct evutil_addrinfo *ai, void *arg)
{
	struct stun *s = arg;

	s->waiting = false;
	if (s->cb == NULL)
		stun_destroy(s);
	else
		use_answer(s, rv, ai);
	if (ai != NULL)
		evutil_freeaddrinfo(ai);
}

static void
try_next(struct stun *s)
{
	struct evutil_addrinfo hints = {
		.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM
	};

	while (s->next < json_array_size(s->servers)) {
		const char *url = json_string_value(
		    json_array_get(s->servers, s->next++));

		if (url == NULL || stun_parse(url, s->host, sizeof s->host,
		    &s->port) == -1)
			continue;
		s->waiting = true;
		evdns_getaddrinfo(s->dns, s->host, NULL, &hints, on_resolved,
		    s);
		return;
	}
}

struct stun *
stun_resolve(struct event_base *base, json_t *servers, stun_cb *cb, void *arg)
{
	struct stun *s;

	if (json_array_size(servers) == 0)
		return NULL;
	s = xcalloc(1, sizeof *s);
	s->dns = evdns_base_new(base, EVDNS_BASE_INITIALIZE_NAMESERVERS |
	    EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	s->servers = json_incref(servers);
	s->cb = cb;
	s->arg = arg;
	if (s->dns != NULL)
		try_next(s);
	return s;
}

void
stun_free(struct stun *s)
{
	if (s == NULL)
		return;
	s->cb = NULL;
	if (s->dns != NULL)	/* what waits fails then, from the loop */
		evdns_base_free(s->dns, 1);
	if (!s->waiting)
		stun_destroy(s);
}
