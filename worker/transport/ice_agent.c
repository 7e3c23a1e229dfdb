#include "ice_agent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <fcntl.h>
#include <unistd.h>

#include <event2/event.h>
#include <gio/gio.h>
#include <nice/agent.h>

#include "clock.h"
#include "ice_filter.h"
#include "ice_port.h"
#include "log.h"
#include "socket_address.h"
#include "udp.h"
#include "xalloc.h"

/*
 * The agent's GMainContext is driven by hand: arm() asks it what it waits
 * for and registers that with libevent, turn() tells it what came and lets
 * it work. Both are outside of any dispatch of GLib's, so turn() is where a
 * freed agent is really taken down.
 */

#define COMPONENT	1	/* RTP, with RTCP on it (RFC 5761) */
#define MAX_POLLS	64	/* descriptors of one agent; 3 are usual */
#define MAX_REQUEST	1200	/* bytes of a check; most have 100 */
#define DESCRIPTORS_SPARE	64	/* for one agent, and all else */
#define GOODBYE_US	60000000	/* longer than libnice tells a relay */

struct ice_agent {
	struct event_base *base;
	struct ice_agent_handler handler;
	void		*arg;
	NiceAgent	*agent;
	guint		 stream;
	char		**candidates;
	bool		 ended;		/* the peer has no more candidates */
	/* the context and what it waits for */
	GMainContext	*context;
	gint		 priority;
	int		 n_polls;
	GPollFD		 polls[MAX_POLLS];
	struct event	*events[MAX_POLLS];	/* of the same index */
	struct event	*timer;
	bool		 turning, dead;
	/* the end, of which relays are told */
	bool		 has_relays, leaving, left;
	int64_t		 leaving_us;	/* since when */
	/* what the agent said */
	enum ice_state	 state, told;
};

static void	agent_on_event(evutil_socket_t, short, void *);

static const enum ice_state states[NICE_COMPONENT_STATE_LAST] = {
	[NICE_COMPONENT_STATE_CONNECTED] = ICE_CONNECTED,
	[NICE_COMPONENT_STATE_READY] = ICE_CONNECTED,
	[NICE_COMPONENT_STATE_FAILED] = ICE_FAILED,
};

/*
 * The loop
 */

static struct event *
watch_poll(struct ice_agent *a, const GPollFD *p)
{
	struct event *e;
	short what = EV_PERSIST;

	if (p->events & (G_IO_IN | G_IO_PRI))
		what |= EV_READ;
	if (p->events & G_IO_OUT)
		what |= EV_WRITE;
	e = event_new(a->base, p->fd, what, agent_on_event, a);
	event_add(e, NULL);
	return e;
}

/* Keeps the event of each descriptor that is still waited for. */
static void
watch_polls(struct ice_agent *a, GPollFD *polls, int n)
{
	struct event *events[MAX_POLLS];

	for (int i = 0; i < n; i++) {
		events[i] = NULL;
		for (int j = 0; j < a->n_polls; j++) {
			if (a->events[j] != NULL &&
			    a->polls[j].fd == polls[i].fd &&
			    a->polls[j].events == polls[i].events) {
				events[i] = a->events[j];
				a->events[j] = NULL;
			}
		}
	}
	for (int j = 0; j < a->n_polls; j++)
		if (a->events[j] != NULL)
			event_free(a->events[j]);
	for (int i = 0; i < n; i++) {
		a->events[i] = events[i] != NULL ? events[i] :
		    watch_poll(a, &polls[i]);
		a->polls[i] = polls[i];
		a->polls[i].revents = 0;
	}
	a->n_polls = n;
}

/* A peer that may still name candidates has not failed (RFC 8838, section
 * 8); libnice gives up on those it has after 7 s, but takes more even then. */
static enum ice_state
state_to_tell(const struct ice_agent *a)
{
	if (a->state == ICE_FAILED && a->told == ICE_CHECKING &&
	    !a->ended)
		return ICE_CHECKING;
	return a->state;
}

/* The caller arms anew after anything that may have changed what the context
 * waits for. */
static void
arm(struct ice_agent *a)
{
	GPollFD polls[MAX_POLLS];
	gint ms, n;

	g_main_context_prepare(a->context, &a->priority);
	n = g_main_context_query(a->context, a->priority, &ms, polls,
	    MAX_POLLS);
	if (n > MAX_POLLS) {
		log_warn("ice", "%d descriptors in one agent", n);
		n = MAX_POLLS;
	}
	watch_polls(a, polls, n);
	if (a->told != state_to_tell(a))
		ms = 0;
	if (ms >= 0) {
		struct timeval tv = clock_timeval((int64_t)ms * 1000);

		event_add(a->timer, &tv);
	} else {
		event_del(a->timer);
	}
}

static void
tell_state(struct ice_agent *a)
{
	if (a->dead || a->told == state_to_tell(a))
		return;
	a->told = state_to_tell(a);
	a->handler.state(a->told, a->arg);
}

/* The events go first: a descriptor must not be closed while it is watched. */
static void
agent_destroy(struct ice_agent *a)
{
	for (int i = 0; i < a->n_polls; i++)
		event_free(a->events[i]);
	if (a->timer != NULL)
		event_free(a->timer);
	if (a->agent != NULL) {
		g_signal_handlers_disconnect_by_data(a->agent, a);
		if (a->stream != 0)
			nice_agent_remove_stream(a->agent, a->stream);
		g_object_unref(a->agent);
	}
	g_main_context_release(a->context);
	g_main_context_unref(a->context);
	g_strfreev(a->candidates);
	free(a);
}

static void
agent_on_left(GObject *agent, GAsyncResult *result, gpointer arg)
{
	struct ice_agent *a = arg;

	(void)agent;
	(void)result;
	a->left = true;
}

/* A relay keeps what it has allocated for ten minutes unless it is told that
 * nobody needs it any more. libnice does that in some turns more, and calls
 * back in the context that it was asked in. */
static void
leave_relays(struct ice_agent *a)
{
	a->leaving = true;
	a->leaving_us = clock_now_us();
	g_main_context_push_thread_default(a->context);
	nice_agent_close_async(a->agent, agent_on_left, a);
	g_main_context_pop_thread_default(a->context);
	arm(a);
}

/* Nobody hears of a dead agent any more. */
static void
agent_end(struct ice_agent *a)
{
	if (a->has_relays && !a->leaving)
		leave_relays(a);
	else if (!a->leaving || a->left ||
	    clock_now_us() - a->leaving_us > GOODBYE_US)
		agent_destroy(a);
	else
		arm(a);
}

static void
turn(struct ice_agent *a)
{
	a->turning = true;
	if (g_main_context_check(a->context, a->priority, a->polls,
	    a->n_polls))
		g_main_context_dispatch(a->context);
	tell_state(a);
	a->turning = false;
	if (a->dead) {
		agent_end(a);
		return;
	}
	a->handler.turned(a->arg);
	arm(a);
}

static void
arm_unless_turning(struct ice_agent *a)
{
	if (!a->turning)
		arm(a);
}

static void
agent_on_event(evutil_socket_t fd, short what, void *arg)
{
	struct ice_agent *a = arg;

	for (int i = 0; i < a->n_polls; i++) {
		GPollFD *p = &a->polls[i];

		if (p->fd != fd)
			continue;
		if (what & EV_READ)
			p->revents |= p->events & (G_IO_IN | G_IO_PRI);
		if (what & EV_WRITE)
			p->revents |= p->events & G_IO_OUT;
	}
	if (fd != -1 && !a->dead)
		a->handler.look((int)fd, a->arg);
	turn(a);
}

/*
 * The signals of the agent, inside a dispatch
 */

static void
agent_on_state(NiceAgent *agent, guint stream, guint component, guint state,
    gpointer arg)
{
	struct ice_agent *a = arg;

	(void)agent;
	(void)stream;
	(void)component;
	if (state < NICE_COMPONENT_STATE_LAST)
		a->state = states[state];
}

static void
agent_on_pair(NiceAgent *agent, guint stream, guint component,
    NiceCandidate *local, NiceCandidate *remote, gpointer arg)
{
	struct ice_agent *a = arg;
	union socket_address to;
	GSocket *socket;

	(void)local;	/* A relay has no socket. */
	nice_address_copy_to_sockaddr(&remote->addr, &to.any);
	socket = nice_agent_get_selected_socket(agent, stream, component);
	if (!a->dead)
		a->handler.selected(socket != NULL ? g_socket_get_fd(socket) :
		    -1, &to.any, a->arg);
	if (socket != NULL)
		g_object_unref(socket);
}

/* The caller frees it with g_free(). */
static char *
write_candidate(NiceAgent *agent, NiceCandidate *c)
{
	char *sdp = nice_agent_generate_local_candidate_sdp(agent, c);

	if (strncmp(sdp, "a=", 2) == 0)
		memmove(sdp, sdp + 2, strlen(sdp + 2) + 1);
	return sdp;
}

static void
agent_on_candidate(NiceAgent *agent, NiceCandidate *c, gpointer arg)
{
	struct ice_agent *a = arg;
	char *text;

	if (!a->turning || a->dead || a->handler.candidate == NULL ||
	    (c->type != NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE &&
	    c->type != NICE_CANDIDATE_TYPE_RELAYED))
		return;
	text = write_candidate(agent, c);
	a->handler.candidate(text, a->arg);
	g_free(text);
}

static void
agent_on_data(NiceAgent *agent, guint stream, guint component, guint len,
    gchar *data, gpointer arg)
{
	struct ice_agent *a = arg;

	(void)agent;
	(void)stream;
	(void)component;
	tell_state(a);
	if (!a->dead && len > 0 && (uint8_t)*data > ICE_MAX_STUN_BYTE)
		a->handler.data((const uint8_t *)data, len, a->arg);
}

/*
 * Setting up
 */

static void
set_stun(struct ice_agent *a, const struct ice_config *config)
{
	NiceAddress address;

	if (config->stun_host == NULL)
		return;
	nice_address_init(&address);
	if (nice_address_set_from_string(&address, config->stun_host))
		g_object_set(a->agent, "stun-server", config->stun_host,
		    "stun-server-port", (guint)config->stun_port, NULL);
	else
		log_warn("ice", "STUN server is no numeric address: %s",
		    config->stun_host);
}

static void
add_relays(struct ice_agent *a, const struct ice_config *config)
{
	for (int i = 0; i < config->n_relays; i++) {
		const struct ice_relay *r = &config->relays[i];

		nice_agent_set_relay_info(a->agent, a->stream, COMPONENT,
		    r->host, (guint)r->port, r->username, r->credential,
		    r->tcp ? NICE_RELAY_TYPE_TURN_TCP :
		    NICE_RELAY_TYPE_TURN_UDP);
	}
	a->has_relays = config->n_relays > 0;
	/* What comes by a relay is STUN that only libnice reads: so it asks
	 * each five seconds whether the viewer is there, and fails after fifty
	 * without an answer. */
	g_object_set(a->agent, "keepalive-conncheck", (gboolean)a->has_relays,
	    NULL);
}

static void
add_addresses(struct ice_agent *a, const struct ice_config *config)
{
	NiceAddress address;

	for (int i = 0; config->addresses[i] != NULL; i++) {
		nice_address_init(&address);
		if (nice_address_set_from_string(&address,
		    config->addresses[i]))
			nice_agent_add_local_address(a->agent, &address);
	}
}

static void
open_agent(struct ice_agent *a, const struct ice_config *config,
    const struct ice_times *times)
{
	a->context = g_main_context_new();
	g_main_context_acquire(a->context);
	/* Trickle: either side may add candidates while checks run. */
	a->agent = nice_agent_new_full(a->context,
	    NICE_COMPATIBILITY_RFC5245,
	    NICE_AGENT_OPTION_REGULAR_NOMINATION |
	    NICE_AGENT_OPTION_ICE_TRICKLE);
	g_object_set(a->agent, "controlling-mode",
	    (gboolean)config->controlling, "upnp", FALSE, "ice-tcp", FALSE,
	    "idle-timeout", (guint)times->idle_ms, NULL);
	set_stun(a, config);
	add_addresses(a, config);
	g_signal_connect(a->agent, "component-state-changed",
	    G_CALLBACK(agent_on_state), a);
	g_signal_connect(a->agent, "new-selected-pair-full",
	    G_CALLBACK(agent_on_pair), a);
	g_signal_connect(a->agent, "new-candidate-full",
	    G_CALLBACK(agent_on_candidate), a);
}

/* libnice puts the name of a check into its answer, for which it has 1300
 * bytes, and ends the process where that does not fit. */
static void
limit_requests(struct ice_agent *a)
{
	GPtrArray *sockets = nice_agent_get_sockets(a->agent, a->stream,
	    COMPONENT);

	for (guint i = 0; i < sockets->len; i++)
		udp_limit_requests(g_socket_get_fd(sockets->pdata[i]),
		    MAX_REQUEST);
	g_ptr_array_unref(sockets);
}

static int
gather(struct ice_agent *a, const struct ice_config *config,
    const char *ufrag, const char *pwd)
{
	a->stream = nice_agent_add_stream(a->agent, 1);
	if (a->stream == 0)
		return -1;
	nice_agent_set_local_credentials(a->agent, a->stream, ufrag, pwd);
	nice_agent_set_port_range(a->agent, a->stream, COMPONENT,
	    (guint)config->port, (guint)config->port);
	add_relays(a, config);
	nice_agent_attach_recv(a->agent, a->stream, COMPONENT,
	    a->context, agent_on_data, a);
	return nice_agent_gather_candidates(a->agent, a->stream) ? 0 : -1;
}

static void
list_candidates(struct ice_agent *a)
{
	GSList *list, *l;
	int n = 0;

	list = nice_agent_get_local_candidates(a->agent, a->stream,
	    COMPONENT);
	a->candidates = g_new0(char *, g_slist_length(list) + 1);
	for (l = list; l != NULL; l = l->next)
		a->candidates[n++] = write_candidate(a->agent, l->data);
	g_slist_free_full(list, (GDestroyNotify)nice_candidate_free);
}

/* GLib ends the process when it gets no descriptor. */
static bool
descriptors_left(void)
{
	struct rlimit limit;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return false;
	close(fd);
	return getrlimit(RLIMIT_NOFILE, &limit) == -1 ||
	    limit.rlim_cur == RLIM_INFINITY ||
	    (rlim_t)fd + DESCRIPTORS_SPARE < limit.rlim_cur;
}

static void
say_port(const struct ice_config *config, struct error *err)
{
	error_set(err, "UDP port %d: %s", config->port, strerror(errno));
}

/* Refuses what can be known to fail before there is an agent. */
static bool
agent_refuse(struct ice_config *config, struct error *err)
{
	errno = 0;
	if (!descriptors_left()) {
		error_set(err, "too many open files: raise the limit of lulld "
		    "(ulimit -n, LimitNOFILE=)");
		return true;
	}
	if (ice_port_try(config) == -1) {
		say_port(config, err);
		return true;
	}
	if (config->addresses[0] == NULL) {	/* libnice would take all */
		error_set(err, "no network address to offer%s",
		    ice_filter_blame(config->filter));
		return true;
	}
	return false;
}

struct ice_agent *
ice_agent_new(struct event_base *base, const struct ice_config *config,
    const char *ufrag, const char *pwd, const struct ice_agent_handler *handler,
    void *arg, struct error *err)
{
	const struct ice_times *times = config->times != NULL ?
	    config->times : &ice_times;
	struct ice_config usable = *config;
	struct ice_agent *a;

	if (agent_refuse(&usable, err))
		return NULL;
	a = xcalloc(1, sizeof *a);
	a->base = base;
	a->handler = *handler;
	a->arg = arg;
	a->timer = evtimer_new(base, agent_on_event, a);
	open_agent(a, &usable, times);
	if (gather(a, &usable, ufrag, pwd) == -1) {
		agent_destroy(a);
		errno = EADDRINUSE;	/* another took it since we looked */
		say_port(&usable, err);
		return NULL;
	}
	limit_requests(a);
	list_candidates(a);
	arm(a);
	return a;
}

void
ice_agent_free(struct ice_agent *a)
{
	if (a == NULL)
		return;
	a->dead = true;
	if (!a->turning)
		agent_end(a);
}

/*
 * While it lives
 */

const char *const *
ice_agent_candidates(const struct ice_agent *a)
{
	return (const char *const *)a->candidates;
}

bool
ice_agent_is_controlling(const struct ice_agent *a)
{
	gboolean controlling;

	g_object_get(a->agent, "controlling-mode", &controlling, NULL);
	return controlling;
}

void
ice_agent_restart(struct ice_agent *a, const char *ufrag, const char *pwd)
{
	a->ended = false;
	nice_agent_restart_stream(a->agent, a->stream);
	nice_agent_set_local_credentials(a->agent, a->stream, ufrag, pwd);
	arm_unless_turning(a);
}

int
ice_agent_set_remote(struct ice_agent *a, const char *ufrag, const char *pwd)
{
	if (!nice_agent_set_remote_credentials(a->agent, a->stream, ufrag,
	    pwd))
		return -1;
	arm_unless_turning(a);
	return 0;
}

int
ice_agent_add_candidate(struct ice_agent *a, const char *text)
{
	char *line = xasprintf("a=%s", text);
	NiceCandidate *c;
	GSList list = { NULL, NULL };

	c = nice_agent_parse_remote_candidate_sdp(a->agent, a->stream, line);
	free(line);
	if (c == NULL)
		return -1;
	list.data = c;
	nice_agent_set_remote_candidates(a->agent, a->stream, COMPONENT,
	    &list);
	nice_candidate_free(c);
	arm_unless_turning(a);
	return 0;
}

void
ice_agent_end_candidates(struct ice_agent *a)
{
	a->ended = true;
	nice_agent_peer_candidate_gathering_done(a->agent, a->stream);
	arm_unless_turning(a);
}

int
ice_agent_send(struct ice_agent *a, const void *data, size_t len)
{
	return nice_agent_send(a->agent, a->stream, COMPONENT, (guint)len,
	    data) == (gint)len ? 0 : -1;
}
