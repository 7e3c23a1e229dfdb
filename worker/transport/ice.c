#include "ice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "clock.h"
#include "ice_agent.h"
#include "ice_candidate.h"
#include "ice_filter.h"
#include "ice_flows.h"
#include "ice_host.h"
#include "ice_path.h"
#include "id.h"
#include "media_port.h"
#include "udp.h"
#include "xalloc.h"

#define MAX_CANDIDATES	64	/* of the peer */
#define MAX_CRED	256	/* ufrag, pwd: RFC 8839, section 5.4 */
#define PWD_LEN		24

const struct ice_times ice_times = {
	.idle_ms = 5000, .silent_ms = 2000,
};

struct credentials {
	char		 ufrag[FIRST_CHECK_UFRAG + 1], pwd[PWD_LEN + 1];
};

struct ice {
	struct event_base *base;
	struct ice_handler handler;
	void		*arg;
	struct credentials ours, before;	/* the last restart; or "" */
	char		**candidates;
	int		 n_remote;	/* candidates given by the peer */
	enum ice_state	 told;
	struct media_port *port;	/* NULL: it has no part in it */
	struct ice_flows flows;
	struct ice_agent *agent;	/* NULL: it has no sockets of its own */
	struct ice_path	 path;		/* all is sent by it */
	struct flow	*flow;		/* that of the path; NULL: the agent */
	bool		 relayed;	/* the path is by a relay of ours */
	bool		 whole;		/* it takes no UDP_SEGMENT sends */
};

static void
tell_state(struct ice *ice, enum ice_state state)
{
	if (ice->told == state)
		return;
	ice->told = state;
	ice->handler.state(state, ice->arg);
}

/*
 * The path
 */

static bool
has_path(const struct ice *ice)
{
	return ice->path.text[0] != '\0';
}

/* What is sent goes by the path's socket from now on. */
static void
follow_path(struct ice *ice)
{
	ice->relayed = false;
	ice->flow = ice_flows_find(&ice->flows, ice->path.fd);
	ice->whole = false;
}

/* Sends a check of our own, not the agent's. */
static void
send_check(struct ice *ice, int fd, const struct sockaddr *to)
{
	struct flow *flow = ice_flows_find(&ice->flows, fd);
	uint8_t buf[ICE_CHECK_MAX];
	size_t len = ice_path_ask(&ice->path, fd, to, ice->agent != NULL &&
	    ice_agent_is_controlling(ice->agent), buf);

	if (len == 0)
		return;
	/* One that is lost is sent again. */
	if (flow != NULL)
		flow_send(flow, buf, len);
	else
		sendto(fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL, to,
		    socket_address_len(to));
}

/* Nobody is asked while libnice reads: it does so until nothing is left, and
 * would take an answer that comes meanwhile, unseen by on_agent_look(). */
static void
ask_elsewhere(struct ice *ice)
{
	struct ice_path *p = &ice->path;

	if (has_path(ice) && ice_path_must_ask(p, clock_now_us()))
		send_check(ice, p->other_fd, &p->other.any);
}

static void
moved(struct ice *ice)
{
	follow_path(ice);
	ice->handler.moved(ice->arg);
}

/*
 * The flows of the one port
 */

static void
select_flow(struct ice *ice, struct flow *flow, int64_t now_us)
{
	ice_path_select(&ice->path, flow_fd(flow), &flow_remote(flow)->any,
	    now_us);
	follow_path(ice);
	tell_state(ice, ICE_CONNECTED);
}

/* Selects the first that the viewer nominates. */
static void
take_check(struct ice *ice, struct flow *flow, bool nominates, bool old,
    int64_t now_us)
{
	const struct sockaddr *from = &flow_remote(flow)->any;

	ice_flows_heard(&ice->flows, flow, now_us);
	if (nominates && !has_path(ice)) {
		select_flow(ice, flow, now_us);
		return;
	}
	ice_path_take_check(&ice->path, flow_fd(flow), from, nominates,
	    old, now_us);
	ask_elsewhere(ice);
}

static void
take_stun(struct ice *ice, struct flow *flow, const uint8_t *data, size_t len)
{
	const union socket_address *from = flow_remote(flow);
	uint8_t answer[ICE_CHECK_MAX];
	int64_t now_us = clock_now_us();
	size_t answer_len;
	enum ice_check check;
	bool nominates, old;

	check = ice_check_answer(data, len, ice->ours.ufrag, ice->ours.pwd,
	    from, answer, &answer_len);
	nominates = check == ICE_CHECK_NOMINATES;
	old = check == ICE_CHECK_NONE;
	if (old)	/* its restart is still on its way */
		check = ice_check_answer(data, len, ice->before.ufrag,
		    ice->before.pwd, from, answer, &answer_len);
	if (check == ICE_CHECK_NONE) {
		if (ice_path_take(&ice->path, flow_fd(flow), &from->any, data,
		    len, now_us))
			moved(ice);
		return;
	}
	if (answer_len > 0)
		flow_send(flow, answer, answer_len);
	take_check(ice, flow, nominates, old, now_us);
}

static void
on_flow_data(struct flow *flow, const uint8_t *data, size_t len, void *arg)
{
	struct ice *ice = arg;

	if (data[0] <= ICE_MAX_STUN_BYTE) {
		take_stun(ice, flow, data, len);
		return;
	}
	if (!has_path(ice))
		select_flow(ice, flow, clock_now_us());
	else if (flow == ice->flow)
		ice->path.seen_us = clock_now_us();
	/* Who was told that it is connected may have freed it all. */
	if (!flow_is_freed(flow))
		ice->handler.data(data, len, ice->arg);
}

/* A connection that ended was a path: the viewer is asked anew where it is. */
static void
on_flow_gone(struct flow *flow, void *arg)
{
	struct ice *ice = arg;
	bool was_path = flow == ice->flow;

	ice_flows_remove(&ice->flows, flow);
	if (was_path)
		follow_path(ice);
	ask_elsewhere(ice);
}

static const struct flow_handler flow_handler = {
	on_flow_data, on_flow_gone
};

static bool
is_check(const struct credentials *c, const struct handover *h)
{
	return ice_check_read(h->data, h->len, c->ufrag, c->pwd) !=
	    ICE_CHECK_NONE;
}

/* The broker has read a name, and no more: whoever is not the viewer would take
 * the places of its flows. */
static void
on_handover(const struct handover *h, void *arg)
{
	struct ice *ice = arg;
	struct flow *flow = NULL;

	if (is_check(&ice->ours, h) || is_check(&ice->before, h))
		flow = ice_flows_take(&ice->flows, ice->base, h,
		    clock_now_us(), &flow_handler, ice);
	else if (h->fd != -1)
		close(h->fd);
	if (flow != NULL)
		flow_take(flow, h->data, h->len);
}

/*
 * The agent
 */

static void
on_agent_state(enum ice_state state, void *arg)
{
	struct ice *ice = arg;

	/* The viewer may still come by the one port, or goes on by the path
	 * that it has: the one before it restarted, or another than the
	 * agent's. By a relay only libnice knows whether it is there. */
	if (state == ICE_FAILED && !ice->relayed &&
	    (ice->port != NULL || has_path(ice)))
		return;
	if (ice->flow == NULL)
		tell_state(ice, state);
}

static void
on_agent_data(const uint8_t *data, size_t len, void *arg)
{
	struct ice *ice = arg;

	if (ice->relayed)
		ice->path.seen_us = clock_now_us();
	ice->handler.data(data, len, ice->arg);
}

/* A viewer whose ICE begins anew is told of it again. */
static void
add_candidate(struct ice *ice, const char *candidate)
{
	size_t n = 0;

	while (ice->candidates[n] != NULL)
		n++;
	ice->candidates = xrealloc(ice->candidates,
	    (n + 2) * sizeof *ice->candidates);
	ice->candidates[n] = xstrdup(candidate);
	ice->candidates[n + 1] = NULL;
}

static void
on_agent_candidate(const char *candidate, void *arg)
{
	struct ice *ice = arg;

	add_candidate(ice, candidate);
	if (ice->handler.candidate != NULL)
		ice->handler.candidate(candidate, ice->arg);
}

static void
on_agent_selected(int fd, const struct sockaddr *remote, void *arg)
{
	struct ice *ice = arg;
	bool had_one = has_path(ice);

	/* What it nominates by a relay only libnice sees; else it is a flow
	 * that it nominated last. */
	if (ice->flow != NULL && fd != -1)
		return;
	ice_path_select(&ice->path, fd, remote, clock_now_us());
	follow_path(ice);
	ice->relayed = fd == -1;
	if (had_one)
		ice->handler.moved(ice->arg);
}

/* A viewer's checks (RFC 7675) and answers are its sign of life, and tell where
 * it is. libnice keeps STUN to itself, so we look at what it is about to
 * read. */
static void
on_agent_look(int fd, void *arg)
{
	static struct udp_peeked seen[UDP_PEEK_DATAGRAMS];
	struct ice *ice = arg;
	size_t n = has_path(ice) ? udp_peek(fd, seen) : 0;

	for (size_t i = 0; i < n; i++) {
		const struct sockaddr *from =
		    (const struct sockaddr *)&seen[i].from;

		if (seen[i].len > 0 && ice_path_take(&ice->path, fd, from,
		    seen[i].data, seen[i].len, clock_now_us()))
			moved(ice);
	}
}

static void
on_agent_turned(void *arg)
{
	ask_elsewhere(arg);
}

static const struct ice_agent_handler agent_handler = {
	on_agent_state, on_agent_data, on_agent_candidate, on_agent_selected,
	on_agent_look, on_agent_turned
};

/*
 * Setting up
 */

/* ice-char (RFC 8839, section 5.4) is the alphabet of base64. libnice's
 * own come from a generator that is not made for secrets. */
static void
make_credential(char *text, size_t len)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t raw[PWD_LEN];

	id_random(raw, len);
	for (size_t i = 0; i < len; i++)
		text[i] = alphabet[raw[i] & 63];
	text[len] = '\0';
}

static void
make_credentials(struct ice *ice)
{
	struct credentials *c = &ice->ours;

	make_credential(c->pwd, PWD_LEN);
	if (ice->port == NULL) {
		make_credential(c->ufrag, FIRST_CHECK_UFRAG);
		return;
	}
	media_port_ufrag(ice->port, c->ufrag);
	media_port_add(ice->port, c->ufrag, on_handover, ice);
}

/* Nobody is found by them any more. */
static void
end_credentials(struct ice *ice, struct credentials *c)
{
	if (ice->port != NULL && c->ufrag[0] != '\0')
		media_port_remove(ice->port, c->ufrag);
	explicit_bzero(c, sizeof *c);
}

/* Its own sockets are of UDP. A viewer that can come by the one port does
 * without if there is no address for them. */
static bool
choose_agent_addresses(struct ice_config *own)
{
	int n = 0;

	for (int i = 0; own->addresses[i] != NULL; i++)
		if (ice_filter_udp(own->filter, own->addresses[i]))
			own->addresses[n++] = own->addresses[i];
	own->addresses[n] = NULL;
	return n > 0 || own->media_port == NULL || own->controlling;
}

/* It has sockets of its own. */
static int
open_agent(struct ice *ice, const struct ice_config *config, struct error *err)
{
	struct ice_config own = *config;

	if (!choose_agent_addresses(&own))
		return 0;
	ice->agent = ice_agent_new(ice->base, &own, ice->ours.ufrag,
	    ice->ours.pwd, &agent_handler, ice, err);
	return ice->agent != NULL ? 0 : -1;
}

struct ice *
ice_new(struct event_base *base, const struct ice_config *config,
    const struct ice_handler *handler, void *arg, struct error *err)
{
	const struct ice_times *times = config->times != NULL ?
	    config->times : &ice_times;
	struct ice *ice = xcalloc(1, sizeof *ice);

	ice->base = base;
	ice->handler = *handler;
	ice->arg = arg;
	ice->port = config->media_port;
	ice_path_init(&ice->path, ice->ours.ufrag, ice->ours.pwd,
	    times->silent_ms * 1000LL, clock_now_us());
	ice->flows.path = &ice->path;
	make_credentials(ice);
	if (config->port != 0 && open_agent(ice, config, err) == -1) {
		int why = errno;

		ice_free(ice);
		errno = why;
		return NULL;
	}
	ice->candidates = ice_host_candidates(config, ice->agent != NULL ?
	    ice_agent_candidates(ice->agent) : NULL);
	if (ice->candidates[0] == NULL) {
		error_set(err, "no network address to offer%s",
		    ice_filter_blame(config->filter));
		ice_free(ice);
		errno = EADDRNOTAVAIL;
		return NULL;
	}
	return ice;
}

void
ice_free(struct ice *ice)
{
	if (ice == NULL)
		return;
	end_credentials(ice, &ice->ours);
	end_credentials(ice, &ice->before);
	ice_flows_clear(&ice->flows);
	ice_agent_free(ice->agent);
	ice_host_candidates_free(ice->candidates);
	ice_path_free(&ice->path);
	free(ice);
}

/*
 * While it lives
 */

bool
ice_is_lite(const struct ice *ice)
{
	return ice->agent == NULL;
}

const char *
ice_ufrag(const struct ice *ice)
{
	return ice->ours.ufrag;
}

const char *
ice_pwd(const struct ice *ice)
{
	return ice->ours.pwd;
}

const char *const *
ice_candidates(const struct ice *ice)
{
	return (const char *const *)ice->candidates;
}

static bool
is_usable(const char *credential)
{
	return *credential != '\0' && strlen(credential) <= MAX_CRED;
}

int
ice_set_remote(struct ice *ice, const char *ufrag, const char *pwd)
{
	if (!is_usable(ufrag) || !is_usable(pwd) || (ice->agent != NULL &&
	    ice_agent_set_remote(ice->agent, ufrag, pwd) == -1))
		return -1;
	ice_path_set_peer(&ice->path, ufrag, pwd);
	return 0;
}

bool
ice_is_remote(const struct ice *ice, const char *ufrag, const char *pwd)
{
	return ice_path_is_peer(&ice->path, ufrag, pwd);
}

int
ice_restart(struct ice *ice, const char *ufrag, const char *pwd)
{
	if (!is_usable(ufrag) || !is_usable(pwd))
		return -1;
	end_credentials(ice, &ice->before);
	ice->before = ice->ours;
	ice->n_remote = 0;
	make_credentials(ice);
	ice->path.nominated_us = 0;	/* the next one is followed at once */
	if (ice->agent != NULL)
		ice_agent_restart(ice->agent, ice->ours.ufrag, ice->ours.pwd);
	return ice_set_remote(ice, ufrag, pwd);
}

int
ice_add_candidate(struct ice *ice, const char *text)
{
	enum ice_use use;

	if (strncmp(text, "a=", 2) == 0)
		text += 2;
	if (*text == '\0') {
		if (ice->agent != NULL)
			ice_agent_end_candidates(ice->agent);
		return 0;
	}
	use = ice_candidate_check(text);
	if (use == ICE_CANDIDATE_BAD || ice->n_remote == MAX_CANDIDATES)
		return -1;
	ice->n_remote++;
	/* On the one port the viewer comes to us. */
	return use == ICE_CANDIDATE_USE && ice->agent != NULL ?
	    ice_agent_add_candidate(ice->agent, text) : 0;
}

static size_t
send_many(void *arg, const uint8_t *data, const uint16_t *len, size_t n)
{
	struct ice *ice = arg;
	const struct sockaddr *to = &ice->path.remote.any;

	if (ice->flow != NULL)
		return flow_send_many(ice->flow, data, len, n);
	if (ice->path.fd != -1)
		return udp_send(ice->path.fd, to, socket_address_len(to), data,
		    len, n, &ice->whole);
	for (size_t i = 0; i < n; data += len[i++])
		if (ice->agent == NULL ||
		    ice_agent_send(ice->agent, data, len[i]) == -1)
			return i;
	return n;
}

static int
send_one(void *arg, const void *data, size_t len)
{
	uint16_t one = (uint16_t)len;

	return send_many(arg, data, &one, 1) == 1 ? 0 : -1;
}

static int64_t
queued(void *arg)
{
	const struct ice *ice = arg;

	return ice->flow != NULL && flow_is_tcp(ice->flow) ?
	    (int64_t)flow_queued(ice->flow) : -1;
}

static void
transport_free(void *arg)
{
	ice_free(arg);
}

struct transport
ice_transport(struct ice *ice)
{
	return (struct transport){ send_one, send_many, queued, transport_free,
	    ice };
}

void
ice_tick(struct ice *ice, bool asked)
{
	ice_flows_expire(&ice->flows, clock_now_us());
	ask_elsewhere(ice);
	if (asked && ice->path.fd != -1)
		send_check(ice, ice->path.fd, &ice->path.remote.any);
}

int64_t
ice_heard_us(const struct ice *ice)
{
	return ice->relayed ? clock_now_us() : ice->path.heard_us;
}

const char *
ice_remote(const struct ice *ice)
{
	return ice->path.text;
}
