#ifndef LULL_SDP_RESTART_H
#define LULL_SDP_RESTART_H

#include <stdbool.h>

#include "sdp.h"
#include "sdp_answer.h"

/*
 * An RTCPeerConnection offers again when its ICE begins anew (RFC 9429, section
 * 4.1.16): this module tells such an offer from one of another connection, or
 * of one that wants something else. It is pure.
 */

/* What the first offer and its answer settled, and no restart changes. */
struct sdp_settled {
	char	origin[80], hash[16], fingerprint[200];
	int	n_media;
	bool	bundled;			/* the video */
	char	video_mid[64], audio_mid[64];
	struct sdp_choice choice;
	enum media_codec audio;	/* the camera's, by then: see sdp_answer.h */
};

void	sdp_settle(struct sdp_settled *, const struct sdp_offer *,
	    const struct sdp_choice *, enum media_codec audio);

/* Is the offer of the same connection, and can the same choice answer it? */
bool	sdp_is_settled(const struct sdp_settled *, const struct sdp_offer *);

/* Writes an answer without its media: a fragment of RFC 8840, section 9, with
 * all that RFC 9725, section 4.3.3, has the answer to a restart say. The
 * caller frees it. */
char	*sdp_write_fragment(const struct sdp_settled *, bool lite,
	    const char *ufrag, const char *pwd,
	    const char *const *candidates);

#endif
