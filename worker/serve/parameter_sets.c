#include "parameter_sets.h"

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "worker/media/packetise.h"

/* What a NAL unit's type is called that holds others is known by the codec's
 * own row alone. */
static uint8_t
aggregate_type(const struct video_codec *video)
{
	static const uint8_t zeros[VIDEO_HEADER_MAX];
	const struct video_nal any = { zeros, sizeof zeros, 0 };
	uint8_t header[VIDEO_HEADER_MAX] = { 0 };

	video->aggregate(&any, 1, header);
	return video->nal_type(header);
}

/* True while what comes next may be a set, too. */
static bool
add_set(const struct video_codec *video, const uint8_t *data, size_t len,
    struct parameter_sets *out)
{
	struct video_nal nal = { data, len, 0 };

	if (len <= video->nal_header || out->n == PARAMETER_SETS_MAX)
		return false;
	nal.type = video->nal_type(data);
	if (!video->is_set(&nal))
		return false;
	out->set[out->n++] = nal;
	return true;
}

static bool
add_aggregated(const struct video_codec *video, const uint8_t *p, size_t len,
    struct parameter_sets *out)
{
	size_t at = video->nal_header;

	while (at + 2 < len) {
		size_t n = get16(p + at);

		if (n > len - at - 2 ||
		    !add_set(video, p + at + 2, n, out))
			return false;
		at += 2 + n;
	}
	return true;
}

void
parameter_sets_find(const struct rtp_unit *u, struct parameter_sets *out)
{
	const struct video_codec *video;
	bool more = true;

	out->n = 0;
	video = u != NULL ? video_codec(u->codec) : NULL;
	if (video == NULL)
		return;
	for (size_t i = 0; i < u->count && more; i++) {
		const uint8_t *p = u->bytes + u->offset[i];
		size_t len = u->offset[i + 1] - u->offset[i];

		if (len <= video->nal_header)
			return;
		if (video->nal_type(p) == aggregate_type(video))
			more = add_aggregated(video, p, len, out);
		else
			more = add_set(video, p, len, out);
	}
}
