#ifndef LULL_H265_CLEANER_H
#define LULL_H265_CLEANER_H

#include <stddef.h>
#include <stdint.h>

#include "param_sets.h"

/*
 * The cleaner makes access units of H265, as they come from a camera, into
 * what viewers are sent: it drops AUD, SEI, ends of sequences, other layers
 * than the base and repeated parameter sets, remembers VPS, SPS and PPS, and
 * puts them in front of every IRAP picture. It is pure.
 *
 * H265's B slices say nothing of the order in which pictures are shown, so
 * that is judged by their picture order counts. A leading picture counts as
 * one that no other refers to: none that follows it for good does (8.3.2).
 */
struct h265_cleaner;
struct video_picture;

struct h265_cleaner	*h265_cleaner_new(void);
void	h265_cleaner_free(struct h265_cleaner *);	/* NULL is fine */

#define H265_CLEANER_ROOM	PARAM_SETS_ROOM	/* that cleaning may add */

/* Reads one access unit (Annex B; bare parameter sets, as from SDP's sprop-…,
 * are one too) and writes the clean one into `out`, which must hold
 * len + H265_CLEANER_ROOM bytes. Returns -1 if it is not Annex B at all. */
int	h265_clean(struct h265_cleaner *, const uint8_t *au, size_t len,
	    uint8_t *out, struct video_picture *);

/* Access units are missing: the order of what follows is not known until the
 * next IRAP picture, and until then nothing is taken for reordered. */
void	h265_cleaner_miss(struct h265_cleaner *);

#endif
