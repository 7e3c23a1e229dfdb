#include "announced.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "broker/config/config.h"
#include "clock.h"
#include "id.h"
#include "json.h"
#include "log.h"
#include "lookup.h"
#include "stun_binding.h"
#include "xalloc.h"

#define STUN_SCHEME	"stun:"

const struct announced_times announced_times = {
	.again_ms = 300000, .failed_ms = 30000, .answer_ms = 500,
};

/* go2rtc's, for those who name none. */
static const char *const usual_servers[] = {
	"stun:stun.cloudflare.com:3478", "stun:stun.l.google.com:19302",
};
#define N_USUAL	(sizeof usual_servers / sizeof usual_servers[0])

/* An entry of webrtc.candidates, and the addresses that it has now. */
struct entry {
	struct announced		*all;
	const struct config_candidate	*candidate;
	bool				 is_name;	/* to be looked up */
	struct lookup			*lookup;	/* of a name; or NULL */
	size_t				 n;
	union socket_address		 found[LOOKUP_MAX];
	bool				 failed;	/* it is logged */
};

/* One server after the other is asked for the public address. */
struct asking {
	size_t			 server;	/* the one that is asked */
	struct lookup		*lookup;	/* of its name; or NULL */
	union socket_address	 to;
	int			 tries;		/* requests sent to it */
	uint8_t			 transaction[STUN_TRANSACTION];
	struct event		*timer;
	bool			 waits;		/* for an answer */
	bool			 failed;	/* the log has said so */
};

struct announced {
	struct event_base	*base;
	const struct announced_times *times;
	struct announced_handler handler;
	void			*arg;
	struct entry		*entries;
	size_t			 n;
	json_t			*servers;	/* "stun:host:port" */
	struct asking		 asking;
	struct event		*again;
	json_t			*list;
};

/*
 * The list
 */

static json_t *
text_of(const union socket_address *a, const struct config_candidate *c)
{
	char text[SOCKET_ADDRESS_TEXT];

	socket_address_text(a, text);
	return json_sprintf("%s%s", text, c->udp && c->tcp ? "" :
	    c->udp ? "/udp" : "/tcp");
}

static json_t *
make_list(const struct announced *a)
{
	json_t *list = json_array();

	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < a->entries[i].n; k++)
			json_array_append_new(list,
			    text_of(&a->entries[i].found[k],
			    a->entries[i].candidate));
	return list;
}

static void
update_list(struct announced *a)
{
	json_t *list = make_list(a);

	if (json_equal(list, a->list)) {
		json_decref(list);
		return;
	}
	json_decref(a->list);
	a->list = list;
	a->handler.changed(a->arg);
}

json_t *
announced_list(const struct announced *a)
{
	return a->list;
}

/* Looks again soon, since something was not found. */
static void
look_again_soon(struct announced *a)
{
	struct timeval tv = clock_timeval(a->times->failed_ms * 1000LL);

	event_add(a->again, &tv);
}

/*
 * Names
 */

static int
compare_addresses(const void *a, const void *b)
{
	char one[SOCKET_ADDRESS_TEXT], other[SOCKET_ADDRESS_TEXT];

	socket_address_text(a, one);
	socket_address_text(b, other);
	return strcmp(one, other);
}

static void
take_name(struct entry *e, const union socket_address *found, size_t n,
    const char *why)
{
	if (n == 0) {
		if (!e->failed)
			log_warn("webrtc", "webrtc.candidates: %s: %s",
			    e->candidate->host, why);
		e->failed = true;
		look_again_soon(e->all);
		return;
	}
	e->failed = false;
	memcpy(e->found, found, n * sizeof *found);
	e->n = n;
	qsort(e->found, n, sizeof *found, compare_addresses);
	update_list(e->all);
}

/* Name servers give the addresses of a name in turns: sorted, they are the same
 * list. */
static void
on_name(const union socket_address *found, size_t n, const char *why,
    void *arg)
{
	struct entry *e = arg;
	struct lookup *over = e->lookup;	/* `found` is of it */

	e->lookup = NULL;
	take_name(e, found, n, why);
	lookup_free(over);
}
/*
 * The public address
 */

static void	ask_next_server(struct announced *);

static void
stop_asking(struct asking *s)
{
	s->waits = false;
	event_del(s->timer);
	lookup_free(s->lookup);
	s->lookup = NULL;
}

static void
ask_once_more(struct announced *a)
{
	struct asking *s = &a->asking;
	struct timeval tv = clock_timeval(1000LL * a->times->answer_ms <<
	    s->tries);
	uint8_t request[STUN_BINDING_LEN];

	stun_binding_request(request, s->transaction);
	if (s->tries++ == ANNOUNCED_TRIES || a->handler.send(&s->to, request,
	    sizeof request, a->arg) == -1) {
		ask_next_server(a);
		return;
	}
	s->waits = true;
	event_add(s->timer, &tv);
}

static void
on_no_answer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	ask_once_more(arg);
}

static void
on_server(const union socket_address *found, size_t n, const char *why,
    void *arg)
{
	struct announced *a = arg;
	struct asking *s = &a->asking;
	struct lookup *over = s->lookup;	/* `found` is of it */

	s->lookup = NULL;
	if (n > 0)
		s->to = found[0];
	lookup_free(over);
	if (n == 0) {
		log_debug("webrtc", "a STUN server is not found: %s", why);
		ask_next_server(a);
		return;
	}
	s->tries = 0;
	id_random(s->transaction, sizeof s->transaction);
	ask_once_more(a);
}

static void
say_no_server_answered(struct announced *a)
{
	struct asking *s = &a->asking;

	if (!s->failed)
		log_warn("webrtc", "webrtc.candidates: no STUN server of "
		    "%zu says what the public address is",
		    json_array_size(a->servers));
	s->failed = true;
	look_again_soon(a);
}

/* Servers are asked by IPv4: what has an address of IPv6 has a public one. */
static void
ask_next_server(struct announced *a)
{
	struct asking *s = &a->asking;
	const char *server, *colon;
	char *host;

	stop_asking(s);
	server = json_string_value(json_array_get(a->servers, s->server++));
	if (server == NULL) {
		say_no_server_answered(a);
		return;
	}
	server += strlen(STUN_SCHEME);
	colon = strrchr(server, ':');
	host = xasprintf("%.*s", (int)(colon - server), server);
	s->lookup = lookup_start(a->base, host, atoi(colon + 1), AF_INET,
	    on_server, a);
	free(host);
}

/* The port is the one that leads here from outside, as the configuration says:
 * what the server saw is where the router sends from. */
static void
take_public_address(struct announced *a, const union socket_address *seen)
{
	char ip[SOCKET_ADDRESS_IP];

	socket_address_ip(seen, ip);
	for (size_t i = 0; i < a->n; i++) {
		struct entry *e = &a->entries[i];
		union socket_address public;

		if (e->candidate->host != NULL)
			continue;
		socket_address_parse(&public, ip, e->candidate->port);
		if (e->n == 0 || !socket_address_is(&public, &e->found[0].any))
			log_info("webrtc", "webrtc.candidates: the public "
			    "address is %s; its port %d has to be forwarded "
			    "here (ours is seen as port %d)", ip,
			    e->candidate->port, socket_address_port(seen));
		e->found[0] = public;
		e->n = 1;
	}
	update_list(a);
}

void
announced_take(struct announced *a, const uint8_t *data, size_t len)
{
	struct asking *s = &a->asking;
	union socket_address seen;
	int rc;

	if (!s->waits)
		return;
	rc = stun_binding_read(data, len, s->transaction, &seen);
	if (rc == 0) {
		ask_next_server(a);
	} else if (rc == 1) {
		stop_asking(s);
		s->failed = false;
		take_public_address(a, &seen);
	}
}

/*
 * Again and again
 */

static void
look_up_name(struct entry *e)
{
	const struct config_candidate *c = e->candidate;

	if (e->is_name && e->lookup == NULL)
		e->lookup = lookup_start(e->all->base, c->host, c->port,
		    AF_UNSPEC, on_name, e);
}

static bool
is_asked_for(const struct announced *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->entries[i].candidate->host == NULL)
			return true;
	return false;
}

static void
look(struct announced *a)
{
	struct timeval tv = clock_timeval(a->times->again_ms * 1000LL);

	event_add(a->again, &tv);
	for (size_t i = 0; i < a->n; i++)
		look_up_name(&a->entries[i]);
	if (is_asked_for(a) && !a->asking.waits &&
	    a->asking.lookup == NULL) {
		a->asking.server = 0;
		ask_next_server(a);
	}
}

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	look(arg);
}

/* The servers that can say what our address is. */
static json_t *
choose_servers(const json_t *ice_servers)
{
	json_t *servers = json_array();
	const json_t *server;
	size_t i;

	json_array_foreach(ice_servers, i, server) {
		const char *url = json_get_string(server, "urls", "");

		if (strncmp(url, STUN_SCHEME, strlen(STUN_SCHEME)) == 0)
			json_array_append_new(servers, json_string(url));
	}
	if (json_array_size(servers) == 0)
		for (i = 0; i < N_USUAL; i++)
			json_array_append_new(servers,
			    json_string(usual_servers[i]));
	return servers;
}

struct announced *
announced_new(struct event_base *base, const struct config *config,
    const struct announced_times *times, const struct announced_handler *h,
    void *arg)
{
	struct announced *a = xcalloc(1, sizeof *a);

	a->base = base;
	a->times = times;
	a->handler = *h;
	a->arg = arg;
	a->servers = choose_servers(config->ice_servers);
	a->again = event_new(base, -1, 0, on_again, a);
	a->asking.timer = event_new(base, -1, 0, on_no_answer, a);
	a->n = config->n_candidates;
	a->entries = xcalloc(a->n + 1, sizeof *a->entries);
	for (size_t i = 0; i < a->n; i++) {
		const struct config_candidate *c = &config->candidates[i];
		struct entry *e = &a->entries[i];

		e->all = a;
		e->candidate = c;
		e->n = c->host != NULL && socket_address_parse(&e->found[0],
		    c->host, c->port);
		e->is_name = c->host != NULL && e->n == 0;
	}
	a->list = make_list(a);
	if (a->n > 0)
		look(a);
	return a;
}

void
announced_free(struct announced *a)
{
	if (a == NULL)
		return;
	stop_asking(&a->asking);
	for (size_t i = 0; i < a->n; i++)
		lookup_free(a->entries[i].lookup);
	event_free(a->asking.timer);
	event_free(a->again);
	json_decref(a->servers);
	json_decref(a->list);
	free(a->entries);
	free(a);
}
