#ifndef LULL_TEST_H264_WRITER_H
#define LULL_TEST_H264_WRITER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* It writes parameter sets and slices such as x264 does not write. */
struct writer {
	uint8_t	buf[1024];
	size_t	bits;
};

static inline void
put(struct writer *w, unsigned v, int n)
{
	while (n-- > 0) {
		w->buf[w->bits / 8] |= (v >> n & 1) << (7 - w->bits % 8);
		w->bits++;
	}
}

static inline void
put_ue(struct writer *w, unsigned v)
{
	int n = 32 - __builtin_clz(v + 1);

	put(w, 0, n - 1);
	put(w, v + 1, n);
}

static inline void
put_se(struct writer *w, int v)
{
	put_ue(w, v > 0 ? 2 * (unsigned)v - 1 : 2 * -(unsigned)v);
}

/* Writes the NAL unit with emulation prevention (section 7.4.1); returns its
 * length. */
static inline size_t
finish(struct writer *w, uint8_t *nal)
{
	size_t n = 0, len;
	int zeros = 0;

	put(w, 1, 1);
	len = (w->bits + 7) / 8;
	for (size_t i = 0; i < len; i++) {
		if (zeros >= 2 && w->buf[i] <= 3) {
			nal[n++] = 3;
			zeros = 0;
		}
		nal[n++] = w->buf[i];
		zeros = w->buf[i] == 0 ? zeros + 1 : 0;
	}
	return n;
}

static inline void
begin_sps(struct writer *w, int profile, int id)
{
	memset(w, 0, sizeof *w);
	put(w, 0x67, 8);
	put(w, profile, 8);
	put(w, 0, 8);
	put(w, 40, 8);
	put_ue(w, id);
}

/* From max_num_ref_frames on; crop in units, left right top bottom. */
static inline void
put_size(struct writer *w, int mbs, int rows, const int *crop)
{
	put_ue(w, 1);
	put(w, 0, 1);
	put_ue(w, mbs - 1);
	put_ue(w, rows - 1);
	put(w, 1, 1);		/* frame_mbs_only */
	put(w, 1, 1);
	put(w, crop != NULL, 1);
	for (int i = 0; crop != NULL && i < 4; i++)
		put_ue(w, crop[i]);
	put(w, 0, 1);
}

#endif
