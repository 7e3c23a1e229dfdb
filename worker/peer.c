#include "peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "dtls.h"
#include "ice.h"
#include "id.h"
#include "log.h"
#include "rtcp.h"
#include "rtp.h"
#include "sdp.h"
#include "srtp.h"
#include "xalloc.h"

#define SETUP_DEADLINE_US	15000000LL	/* offer to established */
#define SILENCE_DEADLINE_US	15000000LL	/* browsers check each 2-5 s */
#define CNAME			"lull"

/* One RTP stream of ours to this viewer. */
struct track {
	uint32_t	ssrc, offset;	/* timestamp offset, RFC 3550 5.1 */
	uint16_t	sequence;
	int		clock;		/* of what was sent last; 0: nothing */
	uint32_t	packets, bytes;
};

struct peer {
	struct peer_handler	 handler;
	void			*arg;
	char			 id[ID_HEX_LEN + 1];
	char			*answer;
	struct sdp_choice	 choice;
	struct ice		*ice;
	struct dtls		*dtls;
	struct srtp		*srtp;		/* NULL until established */
	struct track		 track[2];	/* by enum media_kind */
	bool			 paused;
	bool			 gated;		/* until the next key frame */
	bool			 closed;
	int64_t			 created_us;
};

static void
track_init(struct track *t)
{
	t->ssrc = id_random32();
	t->offset = id_random32();
	/* Below 2^15, so that a receiver that misses the first packets
	 * still guesses the roll-over counter right (RFC 3711, 3.3.1). */
	t->sequence = (uint16_t)(id_random32() & 0x7fff);
}

/* Once; nothing of the peer may be touched by the caller afterwards. */
static void
peer_end(struct peer *p, const char *reason)
{
	if (p->closed)
		return;
	p->closed = true;
	p->handler.state(p, IPC_SESSION_CLOSED, reason, p->arg);
}

static void
on_ice_state(enum ice_state state, void *arg)
{
	struct peer *p = arg;

	if (state == ICE_CONNECTED)
		dtls_start(p->dtls);
	else if (state == ICE_FAILED)
		peer_end(p, "no network path to the viewer (ICE failed)");
}

static void
on_ice_data(const uint8_t *data, size_t len, void *arg)
{
	struct peer *p = arg;

	if (rtp_demux(data, len) == RTP_DEMUX_DTLS)
		dtls_input(p->dtls, data, len);
}

static void
on_ice_candidate(const char *candidate, void *arg)
{
	struct peer *p = arg;

	if (!p->closed)
		p->handler.candidate(p, candidate, p->arg);
}

static void
on_dtls_send(const void *data, size_t len, void *arg)
{
	struct peer *p = arg;

	ice_send(p->ice, data, len);	/* lost ones are sent again */
}

static void
on_dtls_established(const struct srtp_keys *keys, void *arg)
{
	struct peer *p = arg;

	p->srtp = srtp_new(keys);
	if (p->srtp == NULL)
		peer_end(p, "SRTP refused the keys");
	else
		p->handler.state(p, IPC_SESSION_CONNECTED, NULL, p->arg);
}

static void
on_dtls_closed(const char *why, void *arg)
{
	peer_end(arg, why);
}

static const struct ice_handler ice_handler = {
	on_ice_state, on_ice_data, on_ice_candidate
};
static const struct dtls_handler dtls_handler = {
	on_dtls_send, on_dtls_established, on_dtls_closed
};

static int
open_ice(struct peer *p, struct event_base *base,
    const struct peer_config *c, const struct sdp_offer *offer, char *err,
    size_t errsize)
{
	struct ice_config config = {
		.port_min = c->port_min, .port_max = c->port_max,
		.stun_host = c->stun_host, .stun_port = c->stun_port,
		.controlling = offer->ice_lite,
	};
	struct ice_addresses *store;

	store = ice_addresses_new(&config, c->loopback);
	p->ice = ice_new(base, &config, &ice_handler, p, err, errsize);
	ice_addresses_free(store);
	if (p->ice == NULL)
		return -1;
	if (ice_set_remote(p->ice, offer->ufrag, offer->pwd) == -1) {
		snprintf(err, errsize, "the offer's ICE credentials are "
		    "refused");
		return -1;
	}
	for (int i = 0; i < offer->n_candidates; i++)
		ice_add_candidate(p->ice, offer->candidates[i]);
	return 0;
}

/* We take the passive side where we may: as DTLS server we choose the
 * SRTP profile. */
static void
open_dtls(struct peer *p, struct event_base *base,
    const struct peer_config *c, const struct sdp_offer *offer)
{
	struct dtls_config config = {
		.identity = c->identity,
		.client = offer->setup == SDP_PASSIVE,
		.hash = offer->hash, .fingerprint = offer->fingerprint,
	};

	p->dtls = dtls_new(base, &config, &dtls_handler, p);
}

static char *
write_answer(const struct peer *p, const struct peer_config *c,
    const struct sdp_offer *offer)
{
	struct sdp_answer answer = {
		.offer = offer, .choice = &p->choice, .audio = c->audio,
		.origin = (uint64_t)id_random32() << 16,
		.ufrag = ice_ufrag(p->ice), .pwd = ice_pwd(p->ice),
		.fingerprint = dtls_identity_fingerprint(c->identity),
		.active = offer->setup == SDP_PASSIVE,
		.video_ssrc = p->track[MEDIA_VIDEO].ssrc,
		.audio_ssrc = p->track[MEDIA_AUDIO].ssrc,
		.cname = CNAME, .candidates = ice_candidates(p->ice),
	};

	return sdp_write_answer(&answer);
}

struct peer *
peer_new(struct event_base *base, const struct peer_config *c,
    const struct peer_handler *h, void *arg, int *status, char *err,
    size_t errsize)
{
	struct sdp_offer *offer;
	struct peer *p = xcalloc(1, sizeof *p);

	p->handler = *h;
	p->arg = arg;
	p->paused = c->paused;
	p->gated = true;
	p->created_us = clock_now_us();
	snprintf(p->id, sizeof p->id, "%s", c->id);
	track_init(&p->track[MEDIA_VIDEO]);
	track_init(&p->track[MEDIA_AUDIO]);

	*status = 400;
	offer = sdp_parse_offer(c->sdp, strlen(c->sdp), err, errsize);
	if (offer == NULL)
		goto fail;
	*status = 422;
	if (sdp_choose(offer, &p->choice, err, errsize) == -1)
		goto fail;
	*status = 503;
	if (open_ice(p, base, c, offer, err, errsize) == -1)
		goto fail;
	open_dtls(p, base, c, offer);
	p->answer = write_answer(p, c, offer);
	sdp_offer_free(offer);
	*status = 200;
	return p;
fail:
	p->closed = true;
	sdp_offer_free(offer);
	peer_free(p);
	return NULL;
}

static struct rtcp_sender
sender_of(const struct track *t)
{
	return (struct rtcp_sender){
		.ssrc = t->ssrc, .ntp = clock_ntp(),
		.rtp_timestamp = t->offset + rtp_ticks(clock_now_us(),
		    t->clock),
		.packets = t->packets, .bytes = t->bytes, .cname = CNAME,
	};
}

static void
send_rtcp(struct peer *p, uint8_t *buf, size_t len)
{
	if (srtp_seal_rtcp(p->srtp, buf, &len) == 0)
		ice_send(p->ice, buf, len);
}

void
peer_free(struct peer *p)
{
	uint8_t buf[RTCP_MAX_LEN + SRTP_MAX_ROOM];

	p->closed = true;
	for (int i = 0; p->srtp != NULL && i < 2; i++) {
		struct rtcp_sender s = sender_of(&p->track[i]);

		if (p->track[i].clock != 0)
			send_rtcp(p, buf, rtcp_write_bye(buf, &s));
	}
	if (p->dtls != NULL)
		dtls_bye(p->dtls);
	dtls_free(p->dtls);
	srtp_free(p->srtp);
	ice_free(p->ice);
	free(p->answer);
	free(p);
}

const char *
peer_id(const struct peer *p)
{
	return p->id;
}

const char *
peer_answer(const struct peer *p)
{
	return p->answer;
}

const char *
peer_remote(const struct peer *p)
{
	return ice_remote(p->ice);
}

int
peer_add_candidate(struct peer *p, const char *candidate)
{
	return ice_add_candidate(p->ice, candidate);
}

void
peer_pause(struct peer *p)
{
	p->paused = true;
}

void
peer_resume(struct peer *p)
{
	if (!p->paused)
		return;
	p->paused = false;
	p->gated = true;
}

bool
peer_is_paused(const struct peer *p)
{
	return p->paused;
}

void
peer_gate(struct peer *p)
{
	p->gated = true;
}

/* The payload type that the viewer gave this codec, or -1. */
static int
payload_type(const struct peer *p, enum media_codec codec)
{
	switch (codec) {
	case MEDIA_H264:
		return p->choice.h264;
	case MEDIA_OPUS:
		return p->choice.opus;
	case MEDIA_PCMU:
		return p->choice.pcmu;
	case MEDIA_PCMA:
		return p->choice.pcma;
	case MEDIA_NONE:
		break;
	}
	return -1;
}

static int
send_payload(struct peer *p, struct track *t, struct rtp_header *h,
    const uint8_t *payload, size_t len)
{
	uint8_t buf[RTP_HEADER_LEN + PACKETISE_MAX_PAYLOAD + SRTP_MAX_ROOM];
	size_t n = RTP_HEADER_LEN + len;

	h->sequence = t->sequence++;
	rtp_write_header(buf, h);
	memcpy(buf + RTP_HEADER_LEN, payload, len);
	if (srtp_seal_rtp(p->srtp, buf, &n) == -1)
		return -1;
	t->packets++;
	t->bytes += (uint32_t)len;
	return ice_send(p->ice, buf, n);
}

void
peer_send(struct peer *p, const struct rtp_unit *u)
{
	struct track *t = &p->track[u->kind];
	int pt = payload_type(p, u->codec);
	struct rtp_header h;

	if (p->paused || p->closed || p->srtp == NULL || pt == -1)
		return;
	if (p->gated && !(u->kind == MEDIA_VIDEO && u->key))
		return;
	p->gated = false;
	t->clock = media_codec_clock(u->codec);
	h.payload_type = (uint8_t)pt;
	h.ssrc = t->ssrc;
	h.timestamp = t->offset + rtp_ticks(u->time_us, t->clock);
	for (size_t i = 0; i < u->count; i++) {
		size_t len = u->offset[i + 1] - u->offset[i];

		h.marker = u->kind == MEDIA_VIDEO && i + 1 == u->count;
		if (send_payload(p, t, &h, u->bytes + u->offset[i], len) == -1)
			/* A full socket: what follows would be smeared. */
			p->gated = u->kind == MEDIA_VIDEO || p->gated;
		if (p->gated)
			return;
	}
}

void
peer_tick(struct peer *p, int64_t now_us)
{
	uint8_t buf[RTCP_MAX_LEN + SRTP_MAX_ROOM];

	if (p->closed)
		return;
	if (p->srtp == NULL) {
		if (now_us - p->created_us > SETUP_DEADLINE_US)
			peer_end(p, "the viewer did not connect within 15 s");
		return;
	}
	if (now_us - ice_heard_us(p->ice) > SILENCE_DEADLINE_US) {
		peer_end(p, "nothing heard from the viewer for 15 s");
		return;
	}
	if (p->paused || p->gated)
		return;
	for (int i = 0; i < 2; i++) {
		struct rtcp_sender s = sender_of(&p->track[i]);

		if (p->track[i].clock != 0)
			send_rtcp(p, buf, rtcp_write_sender_report(buf, &s));
	}
}
