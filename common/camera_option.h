#ifndef LULL_CAMERA_OPTION_H
#define LULL_CAMERA_OPTION_H

#include <stdbool.h>

#include "camera_url.h"

/*
 * These are the options behind the address of a camera: #name=value, or
 * #name where the name says all. This is pure, and for camera_url.c.
 */

/* Reads all of "#…#…" into the address; `ffmpeg` tells whether it is one of
 * ffmpeg:. Returns 0, or -1 with the reason in `err`, which has no value. */
int	camera_option_take(struct camera_url *, bool ffmpeg, const char *text,
	    struct error *err);

/* Returns a copy of "#…#…" without what ffmpeg: alone understands. The caller
 * frees it. */
char	*camera_option_of_camera(const char *text);

/* Returns how long the name is that `text` begins with; 0: none. */
size_t	camera_option_name(const char *text);

#endif
