#ifndef LULL_SCALER_H
#define LULL_SCALER_H

#include "picture_size.h"

struct AVFrame;

/* Makes pictures that an encoder takes, 4:2:0 with 8 bits, of any others. */
struct scaler;

enum scaler_for {
	SCALER_VIDEO,	/* limited range, BT.709 or BT.601, which it says */
	SCALER_JPEG,	/* full range, BT.601 (JFIF) */
};

struct scaler	*scaler_new(enum scaler_for);
void	scaler_free(struct scaler *);

/* Returns the picture in that size, with all that belongs to it such as its
 * time; it is valid until the next call. NULL if that cannot be. */
struct AVFrame	*scaler_scale(struct scaler *, const struct AVFrame *,
		    struct picture_size);

#endif
