#include "ice.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <fcntl.h>
#include <unistd.h>

#include <event2/event.h>
#include <gio/gio.h>
#include <nice/agent.h>

#include "clock.h"
#include "ice_candidate.h"
#include "ice_path.h"
#include "ice_port.h"
#include "id.h"
#include "log.h"
#include "udp.h"
#include "xalloc.h"

/*
 * The agent's GMainContext is driven by hand: arm() asks it what it waits
 * for and registers that with libevent, turn() tells it what came and lets
 * it work. Both are outside of any dispatch of GLib's, so turn() is where a
 * freed agent is really taken down.
 */

#define COMPONENT	1	/* RTP, with RTCP on it (RFC 5761) */
#define MAX_CANDIDATES	64	/* of the peer */
#define MAX_POLLS	64	/* descriptors of one agent; 3 are usual */
#define MAX_CRED	256	/* ufrag, pwd: RFC 8839, section 5.4 */
#define UFRAG_LEN	8
#define PWD_LEN		24
#define MAX_STUN_BYTE	3	/* a datagram's first, RFC 7983, section 7 */
#define DESCRIPTORS_SPARE	64	/* for one agent, and all else */

const struct ice_times ice_times = {
	.idle_ms = 5000, .silent_ms = 2000,
};

struct ice {
	struct event_base *base;
	struct ice_handler handler;
	void		*arg;
	NiceAgent	*agent;
	guint		 stream;
	char		 ufrag[UFRAG_LEN + 1], pwd[PWD_LEN + 1];
	char		**candidates;
	int		 n_remote;	/* candidates given by the peer */
	bool		 ended;		/* it has no more of them */
	/* the context and what it waits for */
	GMainContext	*context;
	gint		 priority;
	int		 n_polls;
	GPollFD		 polls[MAX_POLLS];
	struct event	*events[MAX_POLLS];	/* of the same index */
	struct event	*timer;
	bool		 turning, dead;
	/* what the agent said */
	enum ice_state	 state, told;
	struct ice_path	 path;		/* all is sent by it */
	bool		 whole;		/* it takes no UDP_SEGMENT sends */
};

static void	ice_on_event(evutil_socket_t, short, void *);

static const enum ice_state states[NICE_COMPONENT_STATE_LAST] = {
	[NICE_COMPONENT_STATE_CONNECTED] = ICE_CONNECTED,
	[NICE_COMPONENT_STATE_READY] = ICE_CONNECTED,
	[NICE_COMPONENT_STATE_FAILED] = ICE_FAILED,
};

/*
 * The loop
 */

static struct event *
watch_poll(struct ice *ice, const GPollFD *p)
{
	struct event *e;
	short what = EV_PERSIST;

	if (p->events & (G_IO_IN | G_IO_PRI))
		what |= EV_READ;
	if (p->events & G_IO_OUT)
		what |= EV_WRITE;
	e = event_new(ice->base, p->fd, what, ice_on_event, ice);
	event_add(e, NULL);
	return e;
}

/* Keeps the event of each descriptor that is still waited for. */
static void
watch_polls(struct ice *ice, GPollFD *polls, int n)
{
	struct event *events[MAX_POLLS];

	for (int i = 0; i < n; i++) {
		events[i] = NULL;
		for (int j = 0; j < ice->n_polls; j++) {
			if (ice->events[j] != NULL &&
			    ice->polls[j].fd == polls[i].fd &&
			    ice->polls[j].events == polls[i].events) {
				events[i] = ice->events[j];
				ice->events[j] = NULL;
			}
		}
	}
	for (int j = 0; j < ice->n_polls; j++)
		if (ice->events[j] != NULL)
			event_free(ice->events[j]);
	for (int i = 0; i < n; i++) {
		ice->events[i] = events[i] != NULL ? events[i] :
		    watch_poll(ice, &polls[i]);
		ice->polls[i] = polls[i];
		ice->polls[i].revents = 0;
	}
	ice->n_polls = n;
}

/* A peer that may still name candidates has not failed (RFC 8838, section
 * 8); libnice gives up on those it has after 7 s, but takes more even then. */
static enum ice_state
state_to_tell(const struct ice *ice)
{
	if (ice->state == ICE_FAILED && ice->told == ICE_CHECKING &&
	    !ice->ended)
		return ICE_CHECKING;
	return ice->state;
}

/* The caller arms anew after anything that may have changed what the context
 * waits for. */
static void
arm(struct ice *ice)
{
	GPollFD polls[MAX_POLLS];
	gint ms, n;

	g_main_context_prepare(ice->context, &ice->priority);
	n = g_main_context_query(ice->context, ice->priority, &ms, polls,
	    MAX_POLLS);
	if (n > MAX_POLLS) {
		log_warn("ice", "%d descriptors in one agent", n);
		n = MAX_POLLS;
	}
	watch_polls(ice, polls, n);
	if (ice->told != state_to_tell(ice))
		ms = 0;
	if (ms >= 0) {
		struct timeval tv = clock_timeval((int64_t)ms * 1000);

		event_add(ice->timer, &tv);
	} else {
		event_del(ice->timer);
	}
}

static void
tell_state(struct ice *ice)
{
	if (ice->dead || ice->told == state_to_tell(ice))
		return;
	ice->told = state_to_tell(ice);
	ice->handler.state(ice->told, ice->arg);
}

/* The events go first: a descriptor must not be closed while it is watched. */
static void
ice_destroy(struct ice *ice)
{
	for (int i = 0; i < ice->n_polls; i++)
		event_free(ice->events[i]);
	if (ice->timer != NULL)
		event_free(ice->timer);
	if (ice->agent != NULL) {
		g_signal_handlers_disconnect_by_data(ice->agent, ice);
		if (ice->stream != 0)
			nice_agent_remove_stream(ice->agent, ice->stream);
		g_object_unref(ice->agent);
	}
	g_main_context_release(ice->context);
	g_main_context_unref(ice->context);
	g_strfreev(ice->candidates);
	ice_path_free(&ice->path);
	explicit_bzero(ice->pwd, sizeof ice->pwd);
	free(ice);
}

/* Sends a check of our own, not the agent's. */
static void
send_check(struct ice *ice, int fd, const struct sockaddr *to)
{
	uint8_t buf[ICE_CHECK_MAX];
	gboolean controlling;
	size_t len;

	g_object_get(ice->agent, "controlling-mode", &controlling, NULL);
	len = ice_path_ask(&ice->path, fd, to, controlling, buf);
	if (len > 0)	/* one that is lost is sent again */
		sendto(fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL, to,
		    ice_address_len(to));
}

/* Nobody is asked while libnice reads: it does so until nothing is left, and
 * would take an answer that comes meanwhile, unseen by look_at_socket(). */
static void
ask_elsewhere(struct ice *ice)
{
	struct ice_path *p = &ice->path;

	if (ice_path_must_ask(p, clock_now_us()))
		send_check(ice, p->other_fd, &p->other.any);
}

static void
turn(struct ice *ice)
{
	ice->turning = true;
	if (g_main_context_check(ice->context, ice->priority, ice->polls,
	    ice->n_polls))
		g_main_context_dispatch(ice->context);
	tell_state(ice);
	ice->turning = false;
	if (ice->dead) {
		ice_destroy(ice);
		return;
	}
	ask_elsewhere(ice);
	arm(ice);
}

static void
arm_unless_turning(struct ice *ice)
{
	if (!ice->turning)
		arm(ice);
}

static void
look_at_datagram(struct ice *ice, int fd, const struct udp_peeked *seen)
{
	const struct sockaddr *from = (const struct sockaddr *)&seen->from;

	if (!ice_path_take(&ice->path, fd, from, seen->data, seen->len,
	    clock_now_us()))
		return;
	ice->whole = false;
	ice->handler.moved(ice->arg);
}

/* A viewer's checks (RFC 7675) and answers are its sign of life, and tell where
 * it is. libnice keeps STUN to itself, so we look at what it is about to
 * read. */
static void
look_at_socket(struct ice *ice, int fd)
{
	static struct udp_peeked seen[UDP_PEEK_DATAGRAMS];
	size_t n = udp_peek(fd, seen);

	for (size_t i = 0; i < n; i++)
		if (seen[i].len > 0)
			look_at_datagram(ice, fd, &seen[i]);
}

static void
ice_on_event(evutil_socket_t fd, short what, void *arg)
{
	struct ice *ice = arg;

	for (int i = 0; i < ice->n_polls; i++) {
		GPollFD *p = &ice->polls[i];

		if (p->fd != fd)
			continue;
		if (what & EV_READ)
			p->revents |= p->events & (G_IO_IN | G_IO_PRI);
		if (what & EV_WRITE)
			p->revents |= p->events & G_IO_OUT;
	}
	if (fd != -1 && ice->path.text[0] != '\0')
		look_at_socket(ice, fd);
	turn(ice);
}

/*
 * The signals of the agent, inside a dispatch
 */

static void
ice_on_state(NiceAgent *agent, guint stream, guint component, guint state,
    gpointer arg)
{
	struct ice *ice = arg;

	(void)agent;
	(void)stream;
	(void)component;
	if (state < NICE_COMPONENT_STATE_LAST)
		ice->state = states[state];
}

static void
ice_on_pair(NiceAgent *agent, guint stream, guint component,
    NiceCandidate *local, NiceCandidate *remote, gpointer arg)
{
	struct ice *ice = arg;
	union ice_address to;
	GSocket *socket;

	(void)local;
	nice_address_copy_to_sockaddr(&remote->addr, &to.any);
	socket = nice_agent_get_selected_socket(agent, stream, component);
	ice_path_select(&ice->path,
	    socket != NULL ? g_socket_get_fd(socket) : -1, &to.any,
	    clock_now_us());
	ice->whole = false;
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
ice_on_candidate(NiceAgent *agent, NiceCandidate *c, gpointer arg)
{
	struct ice *ice = arg;
	char *text;

	if (!ice->turning || ice->dead || ice->handler.candidate == NULL ||
	    c->type != NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE)
		return;
	text = write_candidate(agent, c);
	ice->handler.candidate(text, ice->arg);
	g_free(text);
}

static void
ice_on_data(NiceAgent *agent, guint stream, guint component, guint len,
    gchar *data, gpointer arg)
{
	struct ice *ice = arg;

	(void)agent;
	(void)stream;
	(void)component;
	tell_state(ice);
	if (!ice->dead && len > 0 && (uint8_t)*data > MAX_STUN_BYTE)
		ice->handler.data((const uint8_t *)data, len, ice->arg);
}

/*
 * Setting up
 */

/* ice-char (RFC 8839, section 5.4) is the alphabet of base64. libnice
 * makes its own by a generator that is not meant for secrets. */
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
set_stun(struct ice *ice, const struct ice_config *config)
{
	NiceAddress a;

	if (config->stun_host == NULL)
		return;
	nice_address_init(&a);
	if (nice_address_set_from_string(&a, config->stun_host))
		g_object_set(ice->agent, "stun-server", config->stun_host,
		    "stun-server-port", (guint)config->stun_port, NULL);
	else
		log_warn("ice", "STUN server is no numeric address: %s",
		    config->stun_host);
}

static void
add_addresses(struct ice *ice, const struct ice_config *config)
{
	NiceAddress a;

	for (int i = 0; config->addresses[i] != NULL; i++) {
		nice_address_init(&a);
		if (nice_address_set_from_string(&a, config->addresses[i]))
			nice_agent_add_local_address(ice->agent, &a);
	}
}

static void
open_agent(struct ice *ice, const struct ice_config *config,
    const struct ice_times *times)
{
	ice->context = g_main_context_new();
	g_main_context_acquire(ice->context);
	/* Trickle: either side may add candidates while checks run. */
	ice->agent = nice_agent_new_full(ice->context,
	    NICE_COMPATIBILITY_RFC5245,
	    NICE_AGENT_OPTION_REGULAR_NOMINATION |
	    NICE_AGENT_OPTION_ICE_TRICKLE);
	g_object_set(ice->agent, "controlling-mode",
	    (gboolean)config->controlling, "upnp", FALSE, "ice-tcp", FALSE,
	    "idle-timeout", (guint)times->idle_ms, NULL);
	set_stun(ice, config);
	add_addresses(ice, config);
	g_signal_connect(ice->agent, "component-state-changed",
	    G_CALLBACK(ice_on_state), ice);
	g_signal_connect(ice->agent, "new-selected-pair-full",
	    G_CALLBACK(ice_on_pair), ice);
	g_signal_connect(ice->agent, "new-candidate-full",
	    G_CALLBACK(ice_on_candidate), ice);
}

static int
gather(struct ice *ice, const struct ice_config *config)
{
	ice->stream = nice_agent_add_stream(ice->agent, 1);
	if (ice->stream == 0)
		return -1;
	make_credential(ice->ufrag, UFRAG_LEN);
	make_credential(ice->pwd, PWD_LEN);
	nice_agent_set_local_credentials(ice->agent, ice->stream, ice->ufrag,
	    ice->pwd);
	nice_agent_set_port_range(ice->agent, ice->stream, COMPONENT,
	    (guint)config->port, (guint)config->port);
	nice_agent_attach_recv(ice->agent, ice->stream, COMPONENT,
	    ice->context, ice_on_data, ice);
	return nice_agent_gather_candidates(ice->agent, ice->stream) ? 0 : -1;
}

static void
list_candidates(struct ice *ice)
{
	GSList *list, *l;
	int n = 0;

	list = nice_agent_get_local_candidates(ice->agent, ice->stream,
	    COMPONENT);
	ice->candidates = g_new0(char *, g_slist_length(list) + 1);
	for (l = list; l != NULL; l = l->next)
		ice->candidates[n++] = write_candidate(ice->agent, l->data);
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
ice_refuse(struct ice_config *config, struct error *err)
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
		error_set(err, "no network address to offer");
		return true;
	}
	return false;
}

struct ice *
ice_new(struct event_base *base, const struct ice_config *config,
    const struct ice_handler *handler, void *arg, struct error *err)
{
	const struct ice_times *times = config->times != NULL ?
	    config->times : &ice_times;
	struct ice_config usable = *config;
	struct ice *ice;

	if (ice_refuse(&usable, err))
		return NULL;
	ice = xcalloc(1, sizeof *ice);
	ice->base = base;
	ice->handler = *handler;
	ice->arg = arg;
	ice_path_init(&ice->path, ice->ufrag, ice->pwd,
	    times->silent_ms * 1000LL, clock_now_us());
	ice->timer = evtimer_new(base, ice_on_event, ice);
	open_agent(ice, &usable, times);
	if (gather(ice, &usable) == -1) {
		ice_destroy(ice);
		errno = EADDRINUSE;	/* another took it since we looked */
		say_port(&usable, err);
		return NULL;
	}
	list_candidates(ice);
	arm(ice);
	return ice;
}

void
ice_free(struct ice *ice)
{
	if (ice == NULL)
		return;
	ice->dead = true;
	if (!ice->turning)
		ice_destroy(ice);
}

/*
 * While it lives
 */

const char *
ice_ufrag(const struct ice *ice)
{
	return ice->ufrag;
}

const char *
ice_pwd(const struct ice *ice)
{
	return ice->pwd;
}

const char *const *
ice_candidates(const struct ice *ice)
{
	return (const char *const *)ice->candidates;
}

int
ice_set_remote(struct ice *ice, const char *ufrag, const char *pwd)
{
	if (*ufrag == '\0' || *pwd == '\0' || strlen(ufrag) > MAX_CRED ||
	    strlen(pwd) > MAX_CRED ||
	    !nice_agent_set_remote_credentials(ice->agent, ice->stream, ufrag,
	    pwd))
		return -1;
	ice_path_set_peer(&ice->path, ufrag, pwd);
	arm_unless_turning(ice);
	return 0;
}

static int
use_candidate(struct ice *ice, const char *text)
{
	char *line = xasprintf("a=%s", text);
	NiceCandidate *c;
	GSList list = { NULL, NULL };

	c = nice_agent_parse_remote_candidate_sdp(ice->agent, ice->stream,
	    line);
	free(line);
	if (c == NULL)
		return -1;
	list.data = c;
	nice_agent_set_remote_candidates(ice->agent, ice->stream, COMPONENT,
	    &list);
	nice_candidate_free(c);
	arm_unless_turning(ice);
	return 0;
}

int
ice_add_candidate(struct ice *ice, const char *text)
{
	enum ice_use use;

	if (strncmp(text, "a=", 2) == 0)
		text += 2;
	if (*text == '\0') {
		ice->ended = true;
		nice_agent_peer_candidate_gathering_done(ice->agent,
		    ice->stream);
		arm_unless_turning(ice);
		return 0;
	}
	use = ice_candidate_check(text);
	if (use == ICE_CANDIDATE_BAD || ice->n_remote == MAX_CANDIDATES)
		return -1;
	ice->n_remote++;
	return use == ICE_CANDIDATE_USE ? use_candidate(ice, text) : 0;
}

static int
send_by_agent(struct ice *ice, const void *data, size_t len)
{
	return nice_agent_send(ice->agent, ice->stream, COMPONENT, (guint)len,
	    data) == (gint)len ? 0 : -1;
}

static size_t
ice_send_many(void *arg, const uint8_t *data, const uint16_t *len, size_t n)
{
	struct ice *ice = arg;
	const struct sockaddr *to = &ice->path.remote.any;

	if (ice->path.fd != -1)
		return udp_send(ice->path.fd, to, ice_address_len(to), data,
		    len, n, &ice->whole);
	for (size_t i = 0; i < n; data += len[i++])
		if (send_by_agent(ice, data, len[i]) == -1)
			return i;
	return n;
}

static int
ice_send_one(void *arg, const void *data, size_t len)
{
	uint16_t one = (uint16_t)len;

	return ice_send_many(arg, data, &one, 1) == 1 ? 0 : -1;
}

static void
ice_transport_free(void *arg)
{
	ice_free(arg);
}

struct transport
ice_transport(struct ice *ice)
{
	return (struct transport){
		ice_send_one, ice_send_many, ice_transport_free, ice
	};
}

void
ice_tick(struct ice *ice, bool asked)
{
	ask_elsewhere(ice);
	if (asked && ice->path.fd != -1)
		send_check(ice, ice->path.fd, &ice->path.remote.any);
}

int64_t
ice_heard_us(const struct ice *ice)
{
	return ice->path.heard_us;
}

const char *
ice_remote(const struct ice *ice)
{
	return ice->path.text;
}
