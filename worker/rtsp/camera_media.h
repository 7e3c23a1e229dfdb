#ifndef LULL_CAMERA_MEDIA_H
#define LULL_CAMERA_MEDIA_H

#include "worker/media/media.h"
#include "worker/media/sound.h"

struct camera_sdp;

/*
 * Chooses what is played of a camera from what its SDP has: the first video and
 * the first sound that can be, of those that come from the camera, and H264
 * rather than another video, H265 rather than one that nobody takes as it is.
 * Says what people can do about what cannot play. It is pure.
 */
#define CAMERA_MEDIA_KINDS	2	/* by enum media_kind */
#define CAMERA_MEDIA_CODER_MAX	16

struct camera_media {
	int		 place[CAMERA_MEDIA_KINDS];	/* in the SDP; -1: there
							   is none */
	enum media_codec video;		/* or MEDIA_NONE */
	char		 coder[CAMERA_MEDIA_CODER_MAX]; /* libavcodec's name of
					   what is MEDIA_FOREIGN, else "" */
	struct sound_format sound;	/* its coder is "" if there is none */
	char		 note[128];	/* why there is no sound; "" if it plays
					   or the camera has none */
	char		 error[128];	/* why there is no video; "" if it
					   plays */
};

void	camera_media_choose(const struct camera_sdp *, struct camera_media *);

/* As if the camera had no sound, since none is asked for. */
void	camera_media_leave_sound(struct camera_media *);

#endif
