#ifndef LULL_JPEG_H
#define LULL_JPEG_H

#include "media_wire.h"

struct AVFrame;

/* Writes JPEGs of what a scaler for JPEG gives. */
struct jpeg;

struct jpeg	*jpeg_new(void);
void	jpeg_free(struct jpeg *);

/* Returns 0 and a MEDIA_WIRE_PICTURE, which is valid until the next call; -1
 * if that cannot be, or is too large for a message. */
int	jpeg_write(struct jpeg *, const struct AVFrame *,
	    struct media_wire *);

#endif
