#ifndef LULL_CAMERA_SOUND_H
#define LULL_CAMERA_SOUND_H

#include <stdbool.h>
#include <stddef.h>

#include "worker/media/sound.h"

struct camera_track;

/*
 * How a camera's sound is coded, by what its SDP has of the track. It is pure.
 * False: it cannot be decoded, and camera_sound_explain() says what people can
 * do about that.
 */
bool	camera_sound(const struct camera_track *, struct sound_format *);
void	camera_sound_explain(const struct camera_track *, char *, size_t);

#endif
