#ifndef LULL_H264_ENCODER_H
#define LULL_H264_ENCODER_H

#include <stdbool.h>

#include "media_wire.h"
#include "picture_size.h"

struct AVFrame;

/*
 * Encodes live pictures for browsers: H264 without B-frames, an IDR on demand
 * and each 250 pictures, with its parameter sets, and bits by size.
 */
struct h264_encoder;

/* For pictures like that one, of a scaler for video. `hardware` is "" for
 * none, "vaapi", "v4l2m2m", "qsv", "cuda", or "auto" for the first of these
 * that encodes a picture here. Whatever does not, libx264 does in its place.
 * Returns NULL if there is not even that. */
struct h264_encoder	*h264_encoder_new(const char *hardware,
			    const struct AVFrame *like);
void	h264_encoder_free(struct h264_encoder *);

/* Returns libav's name of the encoder. */
const char	*h264_encoder_name(const struct h264_encoder *);

struct picture_size	h264_encoder_size(const struct h264_encoder *);

/* Gives a picture, whose `pts` is its time in us. -1 if the encoder fails. */
int	h264_encoder_give(struct h264_encoder *, const struct AVFrame *,
	    bool key);

/* Returns 1 and the next access unit, which is valid until the next call; 0 if
 * there is none yet. */
int	h264_encoder_take(struct h264_encoder *, struct media_wire *);

#endif
