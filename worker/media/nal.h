#ifndef LULL_NAL_H
#define LULL_NAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * NAL units in a stream of bytes, as annex B of ITU-T H.264 and of H.265 has
 * them: each behind a start code. All functions are pure.
 */
struct video_nal {
	const uint8_t	*data;	/* the NAL unit, from its header on */
	size_t		 len;	/* without start code and trailing zeros */
	uint8_t		 type;	/* as its codec reads the header */
};

#define NAL_START_LEN	3	/* 00 00 01 */

/* Steps through the buffer; `*pos` starts at 0. The caller sets the type.
 * Returns false when no NAL unit is left. */
bool	nal_next(const uint8_t *buf, size_t len, size_t *pos,
	    struct video_nal *out);

/* Does the buffer begin with a start code? */
bool	nal_is_annex_b(const uint8_t *buf, size_t len);

/* All zeros is an empty list; its owner frees `nals`. */
struct nal_list {
	struct video_nal *nals;
	size_t		 n, room;
};

void	nal_list_add(struct nal_list *, const struct video_nal *);

/* Writes the NAL unit behind a start code and adds what is written to the
 * list. Returns the bytes, NAL_START_LEN + nal->len. */
size_t	nal_list_write(struct nal_list *, const struct video_nal *nal,
	    uint8_t *out);
/* Writes all of another list so. */
size_t	nal_list_write_all(struct nal_list *, const struct nal_list *from,
	    uint8_t *out);

#endif
