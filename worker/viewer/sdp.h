#ifndef LULL_SDP_H
#define LULL_SDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "worker/media/media.h"

/*
 * This module reads a viewer's offer, by RFC 8866, 9429 (JSEP), 8839 (ICE),
 * 8122 and 5763 (DTLS). It is pure.
 */
#define SDP_MAX_LEN		65536	/* bytes of an offer */
#define SDP_MAX_MEDIA		16	/* m= sections */
#define SDP_MAX_CODECS		96	/* in one section; more are ignored */
#define SDP_MAX_CANDIDATES	64	/* of an offer; more are ignored */
#define SDP_ABS_SEND_TIME \
	"http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
#define SDP_TRANSPORT_CC "http://www.ietf.org/id/" \
	"draft-holmer-rmcat-transport-wide-cc-extensions-01"

enum sdp_setup { SDP_ACTPASS, SDP_ACTIVE, SDP_PASSIVE };

struct sdp_codec {
	uint8_t	payload_type;
	char	name[32], fmtp[256];	/* "H264" as offered; "" if none */
	int	clock, channels;	/* 0: not known */
	bool	nack, nack_pli, ccm_fir, remb, transport_cc; /* a=rtcp-fb */
};

struct sdp_media {
	char	kind[16], protocol[32];	/* "video", "UDP/TLS/RTP/SAVPF" */
	char	formats[64], mid[64];	/* those that fit; "" if none */
	bool	rejected;	/* it has port zero, no RTP or no codec */
	bool	wants;		/* it is not rejected and may receive */
	bool	bundled, rsize;	/* rsize: a=rtcp-rsize */
	int	n_codecs, abs_send_time, transport_cc; /* extmap ids, or 0 */
	struct sdp_codec codecs[SDP_MAX_CODECS];
};

struct sdp_offer {
	char	origin[80];	/* "username sess-id" of o=: whose it is */
	char	ufrag[257], pwd[257], hash[16], fingerprint[200]; /* "sha-…" */
	bool	ice_lite, allow_mixed;		/* a=extmap-allow-mixed */
	enum sdp_setup setup;
	int	n_media, n_candidates;
	struct sdp_media *media;
	char	**candidates;		/* "candidate:…" without "a=" */
};

/* NULL with "line N: what" in `err`. Free it with sdp_offer_free(). */
struct sdp_offer	*sdp_parse_offer(const char *text, size_t len,
			    struct error *err);
void	sdp_offer_free(struct sdp_offer *);	/* NULL is fine */

#endif
