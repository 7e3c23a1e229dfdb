#ifndef LULL_VIDEO_DEPAY_H
#define LULL_VIDEO_DEPAY_H

#include <stddef.h>
#include <stdint.h>

#include "assembly.h"

struct camera_media;
struct camera_track;
struct rtp_in;

/*
 * Takes the RTP payloads of a camera's video, and gives what its coder decodes
 * at once: access units of H264 and H265, put together from NAL units (depay.h,
 * assembly.h), and pictures of JPEG, which are never damaged (jpeg_depay.h). It
 * is pure.
 */
struct video_depay;

/* The media are those of camera_media_choose(), with the track as their video;
 * neither is kept. What the callback returns is not looked at. */
struct video_depay	*video_depay_new(const struct camera_track *,
			    const struct camera_media *, assembly_cb,
			    void *arg);
void	video_depay_free(struct video_depay *);		/* NULL is fine */
void	video_depay_take(struct video_depay *, const struct rtp_in *);

/* What the SDP tells of the video that its coder needs, as parameter sets in
 * Annex B; NULL if there is nothing that can be read. The caller frees it. */
uint8_t	*video_depay_config(const struct camera_track *,
	    const struct camera_media *, size_t *len);

#endif
