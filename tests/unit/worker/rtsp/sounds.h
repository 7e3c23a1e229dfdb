/* A camera's sound that was described and recorded; for the tests of its
 * depacketisers. It comes after cmocka.h. */
#ifndef LULL_SOUNDS_H
#define LULL_SOUNDS_H

#include <string.h>

#include "bytes.h"
#include "worker/rtsp/camera_sdp.h"
#include "worker/rtsp/camera_sound.h"
#include "worker/rtsp/rtp_track.h"
#include "worker/rtsp/sound_depay.h"
#include "xalloc.h"

#define SOUNDS_MAX	512

struct sounds {
	struct camera_sdp	 sdp;
	struct sound_format	 format;
	struct sound_depay	*depay;
	struct {
		uint8_t	*data;
		size_t	 len;
		int64_t	 time;
	} frame[SOUNDS_MAX];
	int			 n;
};

static inline void
sounds_take(const struct sound_frame *f, void *arg)
{
	struct sounds *s = arg;

	assert_in_range(f->len, 1, SIZE_MAX);
	assert_true(s->n < SOUNDS_MAX);
	s->frame[s->n].data = xmemdup(f->data, f->len);
	s->frame[s->n].len = f->len;
	s->frame[s->n++].time = f->time;
}

/* The SDP's media section; the track has to be one that is decoded. */
static inline void
sounds_begin(struct sounds *s, const char *media, size_t len)
{
	char *text = xasprintf("v=0\n%.*s", (int)len, media);

	memset(s, 0, sizeof *s);
	assert_int_equal(camera_sdp_read(text, strlen(text), &s->sdp), 0);
	free(text);
	assert_int_equal(s->sdp.n_tracks, 1);
	assert_true(camera_sound(&s->sdp.tracks[0], &s->format));
	s->depay = sound_depay_new(&s->sdp.tracks[0], &s->format, sounds_take,
	    s);
}

static inline void
sounds_clear(struct sounds *s)
{
	for (int i = 0; i < s->n; i++)
		free(s->frame[i].data);
	s->n = 0;
}

static inline void
sounds_end(struct sounds *s)
{
	sounds_clear(s);
	sound_depay_free(s->depay);
	camera_sdp_clear(&s->sdp);
}

enum { SOUND_LOST = 1, SOUND_MARKER = 2, SOUND_RESTART = 4 };

/* The end of the payload is the end of its memory. */
static inline void
sounds_send(struct sounds *s, const void *data, size_t len, int64_t time,
    int flags)
{
	uint8_t *copy = xmemdup(data, len > 0 ? len : 1);
	struct rtp_in in = {
		.data = len > 0 ? copy : NULL, .len = len, .time = time,
		.lost = flags & SOUND_LOST, .marker = flags & SOUND_MARKER,
		.restart = flags & SOUND_RESTART,
	};

	sound_depay_take(s->depay, &in);
	free(copy);
}

/* In hex, each with its time, "0102@10 03@20 ", since the last time. */
static inline const char *
sounds_seen(struct sounds *s)
{
	static char text[4096];
	size_t n = 0;

	text[0] = '\0';
	for (int i = 0; i < s->n; i++) {
		for (size_t k = 0; k < s->frame[i].len; k++)
			n += (size_t)snprintf(text + n, sizeof text - n,
			    "%02x", s->frame[i].data[k]);
		n += (size_t)snprintf(text + n, sizeof text - n, "@%d ",
		    (int)s->frame[i].time);
	}
	sounds_clear(s);
	return text;
}

#endif
