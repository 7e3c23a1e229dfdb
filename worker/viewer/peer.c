#include "peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "id.h"
#include "log.h"
#include "rtcp.h"
#include "sdp_restart.h"
#include "show.h"
#include "worker/media/rtp.h"
#include "worker/media/sound.h"
#include "worker/transport/dtls.h"
#include "worker/transport/ice.h"
#include "worker/transport/ice_addresses.h"
#include "worker/transport/srtp.h"
#include "xalloc.h"

#define SETUP_DEADLINE_US	15000000LL	/* offer to established */
#define SILENCE_DEADLINE_US	15000000LL
#define SILENCE_ASK_US		5000000LL	/* RFC 7675, section 5.1 */
#define REPORT_US		1500000LL	/* reports are closer together */
#define RTCP_MAX_DATAGRAM	1500
#define CNAME			"lull"

struct peer {
	struct viewer		 viewer;	/* the first: see viewer.h */
	struct peer_handler	 handler;
	void			*arg;
	char			*answer;
	struct ice		*ice;
	struct transport	 transport;	/* of the ICE agent */
	const struct dtls_identity *identity;
	struct dtls		*dtls;
	bool			 active;	/* as the DTLS client */
	struct sdp_settled	 settled;
	uint64_t		 origin;	/* of our answers */
	unsigned		 restarts;
	struct srtp		*srtp;		/* NULL until established */
	struct sender		*sender;
	bool			 closed;
	uint64_t		 nack, pli;
	int64_t			 created_us;
	int64_t			 heard_us;	/* the last authentic RTCP */
	uint32_t		 arrived;	/* highest video packet told */
	int64_t			 arrived_us;	/* when it was told first */
};

/* Ends the peer once. The handler may free it, so the caller touches nothing
 * of it afterwards. */
static void
peer_end(struct peer *p, const char *reason)
{
	if (p->closed)
		return;
	p->closed = true;
	show_close(&p->viewer.show);
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
on_report(const struct rtcp_report *r, void *arg)
{
	struct peer *p = arg;

	sender_take_report(p->sender, r);
	if (r->ssrc != sender_ssrc(p->sender, SENDER_VIDEO))
		return;
	if (r->highest_sequence != p->arrived)
		p->arrived_us = clock_now_us();
	p->arrived = r->highest_sequence;
	show_report(&p->viewer.show, r, clock_now_us());
}

static void
on_nack(uint32_t ssrc, uint16_t sequence, void *arg)
{
	struct peer *p = arg;

	p->nack++;
	if (p->viewer.show.paused)
		return;
	for (int i = link_copies(&p->viewer.show.link); i > 0; i--)
		if (!sender_resend(p->sender, ssrc, sequence))
			return;
}

static void
on_pli(uint32_t ssrc, void *arg)
{
	struct peer *p = arg;

	(void)ssrc;
	p->pli++;
	if (show_wants_picture(&p->viewer.show, clock_now_us()))
		p->handler.picture(p, p->arg);
}

static void
on_remb(uint64_t bits_per_second, void *arg)
{
	struct peer *p = arg;

	show_remb(&p->viewer.show, (int64_t)bits_per_second, clock_now_us());
}

static void
on_transport_cc(const uint8_t *fci, size_t len, void *arg)
{
	struct peer *p = arg;

	show_transport(&p->viewer.show, fci, len, clock_now_us());
}

static void
take_rtcp(struct peer *p, const uint8_t *data, size_t len)
{
	static const struct rtcp_handler handler = {
		.report = on_report, .nack = on_nack, .pli = on_pli,
		.remb = on_remb, .transport_cc = on_transport_cc,
	};
	uint8_t buf[RTCP_MAX_DATAGRAM];

	if (p->srtp == NULL || p->closed || len > sizeof buf)
		return;
	memcpy(buf, data, len);
	if (srtp_open_rtcp(p->srtp, buf, &len) == -1)
		return;
	p->heard_us = clock_now_us();
	rtcp_read(buf, len, &handler, p);
}

static void
on_ice_data(const uint8_t *data, size_t len, void *arg)
{
	struct peer *p = arg;
	enum rtp_demux kind = rtp_demux(data, len);

	if (kind == RTP_DEMUX_DTLS)
		dtls_input(p->dtls, data, len);
	else if (kind == RTP_DEMUX_RTCP)
		take_rtcp(p, data, len);
}

static void
on_ice_candidate(const char *candidate, void *arg)
{
	struct peer *p = arg;

	if (!p->closed)
		p->handler.candidate(p, candidate, p->arg);
}

/* Nothing is known of the new way yet. If pictures had ceased to arrive, the
 * viewer is shown the present picture instead of what it missed. A viewer that
 * left a way that still worked missed nothing. */
static void
on_ice_moved(void *arg)
{
	struct peer *p = arg;

	if (p->closed || p->srtp == NULL)
		return;
	log_info("viewer", "%.8s moved to %s", p->viewer.id, ice_remote(p->ice));
	link_reset(&p->viewer.show.link);
	p->handler.state(p, peer_state(p), NULL, p->arg);
	if (p->viewer.show.paused || clock_now_us() - p->arrived_us < REPORT_US)
		return;
	sender_forget(p->sender);
	p->handler.picture(p, p->arg);
}

static void
on_dtls_send(const void *data, size_t len, void *arg)
{
	struct peer *p = arg;

	/* DTLS sends it again if it is lost. */
	p->transport.send(p->transport.arg, data, len);
}

static void
on_dtls_established(const struct srtp_keys *keys, void *arg)
{
	struct peer *p = arg;

	p->srtp = srtp_new(keys);
	if (p->srtp == NULL) {
		peer_end(p, "SRTP refused the keys");
		return;
	}
	sender_start(p->sender, p->srtp, &p->transport);
	show_open(&p->viewer.show);
	p->handler.state(p, IPC_SESSION_CONNECTED, NULL, p->arg);
	if (!p->viewer.show.paused)
		p->handler.picture(p, p->arg);
}

static void
on_dtls_closed(const char *why, void *arg)
{
	peer_end(arg, why);
}

static const struct ice_handler ice_handler = {
	on_ice_state, on_ice_data, on_ice_candidate, on_ice_moved
};
static const struct dtls_handler dtls_handler = {
	on_dtls_send, on_dtls_established, on_dtls_closed
};

static int
open_ice(struct peer *p, struct event_base *base,
    const struct peer_config *c, const struct sdp_offer *offer, int *status,
    struct error *err)
{
	struct ice_config config = {
		.media_port = c->media_port, .filter = c->ice_filter,
		.port = c->offer.port,
		.stun_host = c->stun_host, .stun_port = c->stun_port,
		.relays = c->relays, .n_relays = c->n_relays,
		.controlling = offer->ice_lite,
	};
	struct ice_addresses *store;

	store = ice_addresses_new(&config, c->offer.loopback);
	p->ice = ice_new(base, &config, &ice_handler, p, err);
	if (p->ice == NULL && errno == EADDRINUSE)
		*status = IPC_PORT_TAKEN;
	ice_addresses_free(store);
	if (p->ice == NULL)
		return -1;
	p->transport = ice_transport(p->ice);
	if (ice_set_remote(p->ice, offer->ufrag, offer->pwd) == -1) {
		error_set(err, "the offer's ICE credentials are "
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
		.client = p->active,
		.hash = offer->hash, .fingerprint = offer->fingerprint,
	};

	p->dtls = dtls_new(base, &config, &dtls_handler, p);
}

static void
open_sender(struct peer *p, const struct sdp_choice *choice, bool paused)
{
	struct sender_config config = {
		.types = choice->types,
		.rtx = choice->nack ? choice->rtx : -1,
		.abs_send_time = choice->abs_send_time,
		.transport_cc = choice->transport_cc,
		.audio_transport_cc = choice->audio_transport_cc,
		.cname = CNAME,
	};

	p->sender = sender_new(&config);
	show_init(&p->viewer.show, p->sender, paused);
}

static char *
write_answer(const struct peer *p, const struct sdp_offer *offer)
{
	const struct sdp_choice *choice = &p->settled.choice;
	struct sdp_answer answer = {
		.offer = offer, .choice = choice, .audio = p->settled.audio,
		.origin = p->origin, .restarts = p->restarts,
		.ufrag = ice_ufrag(p->ice), .pwd = ice_pwd(p->ice),
		.lite = ice_is_lite(p->ice),
		.fingerprint = dtls_identity_fingerprint(p->identity),
		.active = p->active,
		.video_ssrc = sender_ssrc(p->sender, SENDER_VIDEO),
		.audio_ssrc = sender_ssrc(p->sender, SENDER_AUDIO),
		.rtx_ssrc = choice->nack ?
		    sender_ssrc(p->sender, SENDER_RTX) : 0,
		.cname = CNAME, .candidates = ice_candidates(p->ice),
	};

	return sdp_write_answer(&answer);
}

/* These are called for peers alone. */

static void
viewer_free(struct viewer *v)
{
	peer_free((struct peer *)v);
}

static void
viewer_tick(struct viewer *v, int64_t now_us, int64_t stream_bps)
{
	peer_tick((struct peer *)v, now_us, stream_bps);
}

static const struct peer *
const_peer_of(const struct viewer *v)
{
	return (const struct peer *)v;
}

static enum ipc_session_state
viewer_state(const struct viewer *v)
{
	return peer_state(const_peer_of(v));
}

static const char *
viewer_remote(const struct viewer *v)
{
	return peer_remote(const_peer_of(v));
}

static void
viewer_stats(const struct viewer *v, struct viewer_stats *out)
{
	peer_get_stats(const_peer_of(v), out);
}

static void
viewer_learn(struct viewer *v, enum media_codec camera)
{
	struct peer *p = (struct peer *)v;
	struct media_types types = p->settled.choice.types;

	v->sound = sound_choose(&types, camera);
	if (v->sound == MEDIA_UNKNOWN)
		return;
	for (int i = 0; i < MEDIA_CODECS; i++)
		if (media_is_audio(i) && i != (int)v->sound)
			types.pt[i] = -1;
	sender_set_types(p->sender, &types);
}

static const struct viewer_kind peer_kind = {
	viewer_free, viewer_tick, viewer_state, viewer_remote, viewer_stats,
	viewer_learn
};

struct viewer *
peer_viewer(struct peer *p)
{
	return &p->viewer;
}

struct peer *
peer_of(struct viewer *v)
{
	return v->kind == &peer_kind ? (struct peer *)v : NULL;
}

struct peer *
peer_new(struct event_base *base, const struct peer_config *c,
    const struct peer_handler *h, void *arg, int *status, struct error *err)
{
	struct sdp_offer *offer;
	struct sdp_choice choice;
	struct peer *p = xcalloc(1, sizeof *p);

	p->viewer.kind = &peer_kind;
	p->handler = *h;
	p->arg = arg;
	p->created_us = clock_now_us();
	p->origin = (uint64_t)id_random32() << 16;
	p->identity = c->identity;
	p->viewer.sound = MEDIA_UNKNOWN;
	snprintf(p->viewer.id, sizeof p->viewer.id, "%s", c->offer.id);

	*status = 400;
	offer = sdp_parse_offer(c->offer.sdp, strlen(c->offer.sdp), err);
	if (offer == NULL)
		goto fail;
	*status = 422;
	if (sdp_choose(offer, &c->media, &choice, err) == -1)
		goto fail;
	*status = 503;
	if (open_ice(p, base, c, offer, status, err) == -1)
		goto fail;
	p->active = offer->setup == SDP_PASSIVE;
	open_dtls(p, base, c, offer);
	open_sender(p, &choice, c->offer.paused);
	sdp_settle(&p->settled, offer, &choice, sound_choose(&choice.types,
	    c->media.audio));
	viewer_learn(&p->viewer, c->media.audio);
	p->viewer.video = choice.video;
	p->answer = write_answer(p, offer);
	sdp_offer_free(offer);
	*status = 200;
	return p;
fail:
	sdp_offer_free(offer);
	peer_free(p);
	return NULL;
}

void
peer_free(struct peer *p)
{
	p->closed = true;
	if (p->srtp != NULL)
		sender_bye(p->sender);
	if (p->dtls != NULL)
		dtls_bye(p->dtls);
	dtls_free(p->dtls);
	sender_free(p->sender);
	srtp_free(p->srtp);
	if (p->ice != NULL)
		p->transport.free(p->transport.arg);
	free(p->answer);
	free(p);
}

const char *
peer_id(const struct peer *p)
{
	return p->viewer.id;
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

enum ipc_session_state
peer_state(const struct peer *p)
{
	if (p->closed)
		return IPC_SESSION_CLOSED;
	if (p->srtp == NULL)
		return IPC_SESSION_CONNECTING;
	return p->viewer.slow ? IPC_SESSION_SLOW : IPC_SESSION_CONNECTED;
}

/* Returns a status. */
static int
restart_ice(struct peer *p, const char *ufrag, const char *pwd,
    struct error *err)
{
	if (ice_is_remote(p->ice, ufrag, pwd))
		return 200;
	if (ice_restart(p->ice, ufrag, pwd) == -1) {
		error_set(err, "the ICE credentials are refused");
		return 400;
	}
	p->restarts++;
	log_info("viewer", "%.8s restarts its ICE", p->viewer.id);
	return 200;
}

/* Who has a role of DTLS keeps it (RFC 8842, section 5.5). */
static bool
is_of_this_peer(const struct peer *p, const struct sdp_offer *offer)
{
	return offer->setup != (p->active ? SDP_ACTIVE : SDP_PASSIVE) &&
	    sdp_is_settled(&p->settled, offer);
}

static int
restart_by_offer(struct peer *p, const char *sdp, char **answer,
    struct error *err)
{
	struct sdp_offer *offer = sdp_parse_offer(sdp, strlen(sdp), err);
	int status = 422;

	if (offer == NULL)
		return 400;
	if (is_of_this_peer(p, offer))
		status = restart_ice(p, offer->ufrag, offer->pwd, err);
	else
		error_set(err, "the offer is not of this session");
	if (status == 200) {
		for (int i = 0; i < offer->n_candidates; i++)
			ice_add_candidate(p->ice, offer->candidates[i]);
		*answer = write_answer(p, offer);
	}
	sdp_offer_free(offer);
	return status;
}

int
peer_restart(struct peer *p, const struct peer_restart *r, char **answer,
    struct error *err)
{
	unsigned before = p->restarts;
	int status;

	*answer = NULL;
	if (r->sdp != NULL)
		return restart_by_offer(p, r->sdp, answer, err);
	status = restart_ice(p, r->ufrag, r->pwd, err);
	if (p->restarts != before)
		*answer = sdp_write_fragment(&p->settled,
		    ice_is_lite(p->ice), ice_ufrag(p->ice), ice_pwd(p->ice),
		    ice_candidates(p->ice));
	return status;
}

int
peer_add_candidate(struct peer *p, const char *candidate)
{
	return ice_add_candidate(p->ice, candidate);
}

struct show *
peer_show(struct peer *p)
{
	return &p->viewer.show;
}

bool
peer_is_paused(const struct peer *p)
{
	return p->viewer.show.paused;
}

/* The handler is told when the link becomes slow and when it is slow no
 * more. */
static void
judge_link(struct peer *p, int64_t now_us, int64_t stream_bps)
{
	if (viewer_judge(&p->viewer, now_us, stream_bps))
		p->handler.state(p, peer_state(p), NULL, p->arg);
}

/* A viewer that has been silent for a while is asked for a sign of life. */
static bool
is_alive(struct peer *p, int64_t now_us)
{
	int64_t heard_us = ice_heard_us(p->ice);

	if (heard_us < p->heard_us)
		heard_us = p->heard_us;
	ice_tick(p->ice, now_us - heard_us > SILENCE_ASK_US);
	return now_us - heard_us <= SILENCE_DEADLINE_US;
}

void
peer_tick(struct peer *p, int64_t now_us, int64_t stream_bps)
{
	if (p->closed)
		return;
	if (p->srtp == NULL) {
		if (now_us - p->created_us > SETUP_DEADLINE_US)
			peer_end(p, "the viewer did not connect within 15 s");
		return;
	}
	if (!is_alive(p, now_us)) {
		peer_end(p, "nothing heard from the viewer for 15 s");
		return;
	}
	if (p->viewer.show.paused)
		return;
	judge_link(p, now_us, stream_bps);
	sender_report(p->sender);
}

void
peer_get_stats(const struct peer *p, struct viewer_stats *out)
{
	sender_get_stats(p->sender, &out->sender);
	out->nack = p->nack;
	out->pli = p->pli;
	out->fraction_lost = link_loss(&p->viewer.show.link);
	out->tcp = sender_queued(p->sender) >= 0;
}
