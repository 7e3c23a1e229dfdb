#include "video.h"

#include "h264.h"
#include "h265.h"

static const struct video_codec *const codecs[MEDIA_CODECS] = {
	[MEDIA_H264] = &h264_codec,
	[MEDIA_H265] = &h265_codec,
};

const struct video_codec *
video_codec(enum media_codec codec)
{
	return codecs[codec];
}
