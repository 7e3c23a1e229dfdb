#ifndef LULL_SDP_ANSWER_H
#define LULL_SDP_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "sdp.h"
#include "worker/media/media.h"

/*
 * Chooses from an offer what a viewer gets, and writes the answer that says
 * so: RFC 9429, section 5.3. Pure.
 */

/* What the two have in common; payload types of the offer, -1: none. */
struct sdp_choice {
	int	video_media, audio_media, rtx;	/* indices of m=; RFC 4588 */
	enum media_codec video;		/* the one chosen, of which is rtx */
	struct media_types types;	/* of it, and of all sound */
	int	abs_send_time, transport_cc, audio_transport_cc; /* ids or 0 */
	bool	nack, remb;		/* its feedback */
};

/* -1 with a reason. */
int	sdp_choose(const struct sdp_offer *, const struct media_description *,
	    struct sdp_choice *, struct error *err);

struct sdp_answer {
	const struct sdp_offer	*offer;
	const struct sdp_choice	*choice;
	enum media_codec audio;	/* MEDIA_NONE: none; MEDIA_UNKNOWN: any */
	uint64_t	 origin;	/* o= session id */
	const char	*ufrag, *pwd, *fingerprint, *cname; /* ours; sha-256 */
	bool		 active;	/* a=setup */
	uint32_t	 video_ssrc, audio_ssrc, rtx_ssrc; /* 0: no rtx */
	const char *const *candidates;	/* host candidates, NULL at the end */
};

/* Every section answered in order, one BUNDLE; those that we do not serve
 * are inactive or rejected, with transport attributes. Caller frees. */
char	*sdp_write_answer(const struct sdp_answer *);

#endif
