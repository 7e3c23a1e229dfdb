#ifndef LULL_SDP_ANSWER_H
#define LULL_SDP_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "sdp.h"
#include "worker/media/media.h"

/*
 * This module chooses from an offer what a viewer gets, and writes the answer
 * that says so (RFC 9429, section 5.3). It is pure.
 */

/* The choice is what offer and camera have in common. */
struct sdp_choice {
	int	video_media, audio_media;	/* indices of m=; -1: none */
	int	rtx;			/* payload type, RFC 4588; -1: none */
	enum media_codec video;		/* which rtx repeats */
	struct media_types types;	/* the offer's, of video and sound */
	int	abs_send_time, transport_cc, audio_transport_cc; /* ids or 0 */
	bool	nack, remb;		/* the video's feedback */
};

/* -1 with a reason if the offer has no video of the camera's. */
int	sdp_choose(const struct sdp_offer *, const struct media_description *,
	    struct sdp_choice *, struct error *err);

struct sdp_answer {
	const struct sdp_offer	*offer;
	const struct sdp_choice	*choice;
	enum media_codec audio;	/* MEDIA_NONE: none; MEDIA_UNKNOWN: any */
	uint64_t	 origin;	/* o= session id */
	unsigned	 restarts;	/* answers before this one */
	const char	*ufrag, *pwd, *fingerprint, *cname; /* ours; sha-256 */
	bool		 active;	/* a=setup:active, or else passive */
	bool		 lite;		/* a=ice-lite */
	uint32_t	 video_ssrc, audio_ssrc, rtx_ssrc; /* 0: no rtx */
	const char *const *candidates;	/* NULL, or with NULL at the end */
};

/* Answers every section in order. One that we do not serve is inactive or
 * rejected, and has transport attributes too. The caller frees the text. */
char	*sdp_write_answer(const struct sdp_answer *);

#endif
