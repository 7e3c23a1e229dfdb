#ifndef LULL_TEST_TWO_SOURCES_H
#define LULL_TEST_TWO_SOURCES_H

/* A stream of one source or two, whose pictures are small ones of x264. */
#include "streams.h"
#include "worker/media/h264.h"
#include "worker/media/video.h"
#include "xalloc.h"

#define MORE_MAX	1000

static const char *const two_sources[] = { "rtsp://camera", "rtsp://second",
	NULL };

/* x264's for 160x90, and slices: I and P */
static const uint8_t key[] = {
	0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x0a, 0xda, 0x0a, 0x37, 0xe4, 0xc0,
	0x44, 0, 0, 3, 0, 4, 0, 0, 3, 0, 0x78, 0x3c, 0x48, 0x9a, 0x80,
	0, 0, 0, 1, 0x68, 0xce, 0x03, 0x9c, 0x80,
	0, 0, 0, 1, 0x65, 0x88, 0x84, 0x11,
};
static const uint8_t delta[] = { 0, 0, 0, 1, 0x41, 0x9a, 0x12, 0x34 };

static int
set_up_sources(void **state, const char *const *sources)
{
	int ret;

	settings.sources = sources;
	ret = set_up(state);
	settings.sources = one_source;
	return ret;
}

static int
set_up_two(void **state)
{
	return set_up_sources(state, two_sources);
}

/* A camera is live, with video of this codec; of a foreign one, as `coder`. */
static void
show(struct camera *c, enum media_codec video, const char *coder,
    enum media_codec audio)
{
	struct feed_status live = { .state = IPC_SOURCE_LIVE,
		.video = video, .audio = audio, .width = 64, .height = 48 };

	snprintf(live.coder, sizeof live.coder, "%s", coder);
	c->handler->status(&live, c->arg);
}

/* A picture comes, with so many bytes more than it needs. */
static inline void
put(struct camera *c, enum media_codec codec, bool is_key, size_t more)
{
	uint8_t data[sizeof key + MORE_MAX];
	size_t len = is_key ? sizeof key : sizeof delta;
	struct media_unit *u;
	struct video_nal nal;
	size_t pos = 0;

	assert_true(more <= MORE_MAX);
	memset(data, 0x55, sizeof data);
	memcpy(data, is_key ? key : delta, len);
	u = media_unit_new(MEDIA_VIDEO, codec, data, len + more);
	while (nal_next(u->data, u->len, &pos, &nal)) {
		nal.type = h264_codec.nal_type(nal.data);
		u->nals = xrealloc(u->nals, (u->n_nals + 1) * sizeof nal);
		u->nals[u->n_nals++] = nal;
	}
	u->key = is_key;
	u->time_us = c->time_us += FRAME_US;
	c->handler->unit(u, c->arg);
}

static inline void
give(struct camera *c, enum media_codec codec, bool is_key)
{
	now_us += FRAME_US;
	put(c, codec, is_key, 0);
}

#endif
