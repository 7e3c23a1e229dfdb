#include "null_transport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "id.h"
#include "offer.h"
#include "worker/transport/dtls.h"
#include "worker/transport/ice.h"
#include "worker/viewer/peer.h"
#include "xalloc.h"

struct ice {
	unsigned		 number;
	struct ice_handler	 handler;
	void			*arg;
	char			 ufrag[257], pwd[257];	/* the viewer's */
};

struct dtls {
	struct dtls_handler	 handler;
	void			*arg;
};

uint64_t null_transport_datagrams;
struct null_network null_network;
struct null_calls null_calls;
size_t (*null_transport_take)(unsigned, const uint8_t *, const uint16_t *,
    size_t);
static unsigned n_viewers;
static struct ice *last_ice;
static struct dtls *last;

char *
null_transport_offer(void)
{
	const struct offer offer = { .ufrag = "ufrag",
		.pwd = "a-password-of-some-length", .fingerprint =
		"00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:"
		"10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F",
		.local = { .sin_family = AF_INET, .sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) } };

	return offer_write(&offer);
}

static void
on_state(struct peer *p, enum ipc_session_state state, const char *reason,
    void *arg)
{
	(void)p;
	(void)state;
	(void)reason;
	(void)arg;
}

static void
on_candidate(struct peer *p, const char *candidate, void *arg)
{
	(void)p;
	(void)candidate;
	(void)arg;
}

static void
on_picture(struct peer *p, void *arg)
{
	(void)p;
	(void)arg;
}

const struct peer_handler null_transport_handler = {
	on_state, on_candidate, on_picture
};

void
null_transport_connect_with(const struct srtp_keys *keys)
{
	last->handler.established(keys, last->arg);
}

void
null_transport_connect(void)
{
	struct srtp_keys keys = { .profile = SRTP_AEAD_AES_128_GCM };

	id_random(keys.local, sizeof keys.local);
	id_random(keys.remote, sizeof keys.remote);
	null_transport_connect_with(&keys);
}

void
null_transport_receive(const void *data, size_t len)
{
	last_ice->handler.data(data, len, last_ice->arg);
}

const struct ice_handler *
null_transport_ice(void **arg)
{
	*arg = last_ice->arg;
	return &last_ice->handler;
}

const struct dtls_handler *
null_transport_dtls(void **arg)
{
	*arg = last->arg;
	return &last->handler;
}

/* ICE */

struct ice *
ice_new(struct event_base *base, const struct ice_config *config,
    const struct ice_handler *handler, void *arg, struct error *err)
{
	(void)base;
	null_calls.controlling = config->controlling;
	null_calls.port = config->port;
	null_calls.stun_port = config->stun_port;
	snprintf(null_calls.stun_host, sizeof null_calls.stun_host, "%s",
	    config->stun_host != NULL ? config->stun_host : "");
	null_calls.n_relays = config->n_relays;
	null_calls.relay[0] = '\0';
	if (config->n_relays > 0)
		snprintf(null_calls.relay, sizeof null_calls.relay,
		    "%s %d %d %s %s", config->relays->host,
		    config->relays->port, config->relays->tcp,
		    config->relays->username, config->relays->credential);
	errno = null_network.error;
	if (errno != 0) {
		error_set(err, "no network");
		return NULL;
	}
	last_ice = xcalloc(1, sizeof *last_ice);
	last_ice->number = n_viewers++;
	last_ice->handler = *handler;
	last_ice->arg = arg;
	return last_ice;
}

void
ice_free(struct ice *ice)
{
	null_calls.frees++;
	free(ice);
}

static void
free_ice(void *arg)
{
	ice_free(arg);
}

bool
ice_is_lite(const struct ice *ice)
{
	(void)ice;
	return false;
}

const char *
ice_ufrag(const struct ice *ice)
{
	(void)ice;
	return "ufrag";
}

const char *
ice_pwd(const struct ice *ice)
{
	(void)ice;
	return "a-password-of-some-length";
}

const char *const *
ice_candidates(const struct ice *ice)
{
	static const char *const none[] = { NULL };

	(void)ice;
	return none;
}

int
ice_set_remote(struct ice *ice, const char *ufrag, const char *pwd)
{
	if (null_network.refuses)
		return -1;
	snprintf(ice->ufrag, sizeof ice->ufrag, "%s", ufrag);
	snprintf(ice->pwd, sizeof ice->pwd, "%s", pwd);
	return 0;
}

bool
ice_is_remote(const struct ice *ice, const char *ufrag, const char *pwd)
{
	return strcmp(ufrag, ice->ufrag) == 0 && strcmp(pwd, ice->pwd) == 0;
}

int
ice_restart(struct ice *ice, const char *ufrag, const char *pwd)
{
	null_calls.restarts++;
	return ice_set_remote(ice, ufrag, pwd);
}

int
ice_add_candidate(struct ice *ice, const char *candidate)
{
	(void)ice;
	(void)candidate;
	null_calls.candidates++;
	return 0;
}

static size_t
send_many(void *arg, const uint8_t *data, const uint16_t *len, size_t n)
{
	struct ice *ice = arg;

	if (null_transport_take != NULL)
		n = null_transport_take(ice->number, data, len, n);
	null_transport_datagrams += n;
	return n;
}

static int
send_one(void *arg, const void *data, size_t len)
{
	uint16_t one = (uint16_t)len;

	return send_many(arg, data, &one, 1) == 1 ? 0 : -1;
}

struct transport
ice_transport(struct ice *ice)
{
	return (struct transport){ send_one, send_many, NULL, free_ice, ice };
}

int64_t
ice_heard_us(const struct ice *ice)
{
	(void)ice;
	return null_network.heard_us != 0 ? null_network.heard_us :
	    clock_now_us();
}

void
ice_tick(struct ice *ice, bool asked)
{
	(void)ice;
	null_calls.ticks++;
	null_calls.asked += asked;
}

const char *
ice_remote(const struct ice *ice)
{
	(void)ice;
	return "";
}

/* DTLS */

const char *
dtls_identity_fingerprint(const struct dtls_identity *identity)
{
	(void)identity;
	return "00";
}

struct dtls *
dtls_new(struct event_base *base, const struct dtls_config *config,
    const struct dtls_handler *handler, void *arg)
{
	struct dtls *d = xcalloc(1, sizeof *d);

	(void)base;
	null_calls.client = config->client;
	d->handler = *handler;
	d->arg = arg;
	last = d;
	return d;
}

void
dtls_start(struct dtls *d)
{
	(void)d;
	null_calls.starts++;
}

void
dtls_input(struct dtls *d, const uint8_t *data, size_t len)
{
	(void)d;
	(void)data;
	(void)len;
	null_calls.inputs++;
}

void
dtls_bye(struct dtls *d)
{
	(void)d;
	null_calls.byes++;
}

void
dtls_free(struct dtls *d)
{
	free(d);
}
