#ifndef LULL_VIDEO_CODER_H
#define LULL_VIDEO_CODER_H

#include <stdbool.h>

#include "worker/camera/feed.h"

struct event_base;
struct video_coder;

/*
 * Makes H264 of a camera's video that viewers do not take, in a process of
 * lull-media, while somebody watches. It begins with a key frame; the process
 * ends when nobody watched for VIDEO_CODER_LINGER_MS. One that cannot do it, or
 * dies, is tried again after VIDEO_CODER_RETRY_MS.
 */
#define VIDEO_CODER_LINGER_MS	3000
#define VIDEO_CODER_RETRY_MS	3000
#define VIDEO_CODER_HEIGHT	720	/* what is higher is made smaller */

/* What is asked for of it by the address of the camera, see camera_url.h. */
struct video_coder_wish {
	int	 width, height;	/* pixels; both 0: VIDEO_CODER_HEIGHT */
	char	 hardware[16];	/* as video_job.h has it; "": none */
};

/* From the first picture that is watched on, the handler is given what a source
 * would give: the state, and pictures, later than those that they were made of
 * and with the same times. `program` is lull-media, and lives as long. */
struct video_coder	*video_coder_new(struct event_base *,
			    const char *program, const struct feed_handler *,
			    void *arg);
void	video_coder_free(struct video_coder *);	/* NULL is fine */

/* From the next process on; nothing is asked for until then. */
void	video_coder_set_wish(struct video_coder *,
	    const struct video_coder_wish *);
/* Returns why nothing is made, while it is too early to try again, else NULL.
 * Valid until the next call. */
const char	*video_coder_failure(const struct video_coder *);

/* Does it wait for a key frame? */
bool	video_coder_is_gated(const struct video_coder *);

/* A picture of the camera's came, coded by `coder` (libavcodec's name), and
 * somebody watches, or not. */
void	video_coder_take(struct video_coder *, const char *coder,
	    const struct media_unit *, bool watched);

#endif
