#ifndef LULL_SOUND_DEPAY_H
#define LULL_SOUND_DEPAY_H

#include "sound_frame.h"

struct camera_track;

/*
 * Takes the RTP payloads of a camera's sound apart into frames: of AAC (RFC
 * 3640, and RFC 6416 for LATM), MPEG audio (RFC 2250), Opus (RFC 7587), and
 * what has so many bytes a sample: G.711, G722, G726 and PCM (RFC 3551,
 * section 4.5), of which packets longer than any frame that viewers take are
 * cut. It is pure.
 *
 * What is half there when a packet is lost, or when the track begins anew, is
 * dropped; and so is what cannot be read.
 */
struct sound_depay;

/* The format is the one of camera_sound() for the track; neither is kept. */
struct sound_depay	*sound_depay_new(const struct camera_track *,
			    const struct sound_format *, sound_frame_cb *,
			    void *arg);
void	sound_depay_free(struct sound_depay *);		/* NULL is fine */
void	sound_depay_take(struct sound_depay *, const struct rtp_in *);

#endif
