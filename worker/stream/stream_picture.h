#ifndef LULL_STREAM_PICTURE_H
#define LULL_STREAM_PICTURE_H

#include <stddef.h>

struct stream;

/* `data` is a JPEG if the status is 200, else NULL with an `error`. */
typedef void stream_picture_cb(int status, const char *error,
    const void *data, size_t len, void *arg);

/* Makes a picture of what the camera shows, of that size in pixels; 0 is what
 * it has, or in proportion to the other. The callback comes exactly once. */
void	stream_picture(struct stream *, int width, int height,
	    stream_picture_cb *, void *arg);

#endif
