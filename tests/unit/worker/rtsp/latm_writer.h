/* Writes LATM bit by bit (ISO/IEC 14496-3, section 1.7.3). */
#ifndef LULL_LATM_WRITER_H
#define LULL_LATM_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct latm_writer {
	uint8_t	data[128];
	size_t	bits;
};

/* Of AAC-LC; what is 0 is what is usual. */
struct latm_options {
	unsigned version;
	unsigned frames;	/* of an element, if not one */
	unsigned fixed;		/* bytes of each frame */
	unsigned other_bits;	/* behind the frames */
	unsigned rate;		/* samplingFrequencyIndex, if not 8: 16000 */
	unsigned layout;	/* channelConfiguration, if not 1 */
	bool	 short_frames;	/* 960 samples */
};

static inline void
latm_put(struct latm_writer *w, uint32_t v, unsigned n)
{
	for (; n-- > 0; w->bits++)
		w->data[w->bits / 8] |= (uint8_t)((v >> n & 1) <<
		    (7 - w->bits % 8));
}

/* StreamMuxConfig */
static inline void
latm_write_config(struct latm_writer *w, const struct latm_options *how)
{
	latm_put(w, how->version, 1);
	if (how->version)
		latm_put(w, 0 << 10 | 0xff, 1 + 2 + 8);
	latm_put(w, 1, 1);
	latm_put(w, how->frames != 0 ? how->frames - 1 : 0, 6);
	latm_put(w, 0, 4 + 3);
	if (how->version)
		latm_put(w, 16, 2 + 8);
	latm_put(w, 2, 5);
	latm_put(w, how->rate != 0 ? how->rate : 8, 4);
	latm_put(w, how->layout != 0 ? how->layout : 1, 4);
	latm_put(w, how->short_frames ? 4 : 0, 3);
	if (how->fixed != 0)
		latm_put(w, 1 << 9 | (how->fixed - 20), 3 + 9);
	else
		latm_put(w, 0xff, 3 + 8);
	latm_put(w, how->other_bits != 0, 1);
	if (how->other_bits != 0 && how->version)
		latm_put(w, how->other_bits, 2 + 8);
	else if (how->other_bits != 0)
		latm_put(w, how->other_bits, 1 + 8);
	latm_put(w, 0, 1);		/* no CRC */
}

#endif
