#include "stun.h"

#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>

#include "json.h"
#include "log.h"
#include "xalloc.h"

#define STUN_PORT	3478	/* RFC 8489, section 8.1 */

struct stun {
	struct evdns_base		*dns;
	json_t				*servers;
	size_t				 next;
	bool				 found;		/* a STUN server */
	const json_t			*server;	/* that is asked for */
	enum stun_kind			 kind;		/* its own, and so on */
	int				 port;
	char				 host[256];
	bool				 waiting;	/* for on_resolved() */
	bool				 asking;	/* in ask_all() */
	stun_cb				*cb;	/* NULL: stun_free() came */
	void				*arg;
};

static void ask_all(struct stun *);

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

/* Returns what follows the scheme, or NULL if it is another. */
static const char *
stun_read_kind(const char *url, enum stun_kind *kind)
{
	if (strncmp(url, "stun:", 5) != 0 && strncmp(url, "turn:", 5) != 0)
		return NULL;
	if (*url == 's')
		*kind = STUN_SERVER;
	else
		*kind = strstr(url, "?transport=tcp") != NULL ?
		    STUN_RELAY_TCP : STUN_RELAY_UDP;
	return url + 5;
}

int
stun_parse(const char *url, enum stun_kind *kind, char *host, size_t hostsize,
    int *port)
{
	const char *s = stun_read_kind(url, kind), *end, *after;
	size_t len;

	if (s == NULL)
		return -1;
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

static const char *
kind_name(const struct stun *s)
{
	return s->kind == STUN_SERVER ? "STUN server" : "TURN server";
}

static void
use_answer(struct stun *s, int rv, const struct evutil_addrinfo *ai)
{
	char numeric[64];
	struct stun_server found = {
		.kind = s->kind, .host = numeric, .port = s->port,
		.username = json_get_string(s->server, "username", NULL),
		.credential = json_get_string(s->server, "credential", NULL),
	};

	if (rv != 0 || getnameinfo(ai->ai_addr, (socklen_t)ai->ai_addrlen,
	    numeric, sizeof numeric, NULL, 0, NI_NUMERICHOST) != 0) {
		log_warn("ice", "%s %s does not resolve: %s", kind_name(s),
		    s->host, rv != 0 ? evutil_gai_strerror(rv) : "no address");
		return;
	}
	log_info("ice", "%s %s is %s port %d", kind_name(s), s->host, numeric,
	    s->port);
	s->found |= s->kind == STUN_SERVER;
	s->cb(&found, s->arg);
}

static void
on_resolved(int rv, struct evutil_addrinfo *ai, void *arg)
{
	struct stun *s = arg;

	s->waiting = false;
	if (s->cb == NULL) {
		stun_destroy(s);
	} else {
		use_answer(s, rv, ai);
		if (!s->asking)
			ask_all(s);
	}
	if (ai != NULL)
		evutil_freeaddrinfo(ai);
}

/* Reads the next of the list. False: it is not wanted. */
static bool
take_next(struct stun *s)
{
	const char *url;

	s->server = json_array_get(s->servers, s->next++);
	url = json_get_string(s->server, "urls", "");
	if (stun_parse(url, &s->kind, s->host, sizeof s->host, &s->port) == -1)
		return false;
	if (s->kind == STUN_SERVER)
		return !s->found;
	return json_get_string(s->server, "username", NULL) != NULL &&
	    json_get_string(s->server, "credential", NULL) != NULL;
}

/* Asks for one after the other, until one has to be waited for. */
static void
ask_all(struct stun *s)
{
	struct evutil_addrinfo hints = {
		.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM
	};

	s->asking = true;
	while (!s->waiting && s->next < json_array_size(s->servers)) {
		if (!take_next(s))
			continue;
		s->waiting = true;
		evdns_getaddrinfo(s->dns, s->host, NULL, &hints, on_resolved,
		    s);
	}
	s->asking = false;
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
		ask_all(s);
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
