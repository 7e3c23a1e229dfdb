/*
 * The payloads of a camera's sound (sound_depay.h), and what its SDP says of
 * them. An input is the SDP's media section, or a number of one that is known,
 * a NUL, and payloads, each behind its flags and its length. What comes out has
 * to be within the bounds, in a fixed number for so many bytes; and of a codec
 * whose bytes stay as they are, those that went in.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "worker/rtsp/camera_sdp.h"
#include "worker/rtsp/camera_sound.h"
#include "worker/rtsp/rtp_track.h"
#include "worker/rtsp/sound_depay.h"
#include "xalloc.h"

#define STEP		3600
#define LONG		9	/* a payload is so many times its length */

enum { LOST = 1, MARKER = 2, RESTART = 4, TIME = 8, REPEATED = 16 };

#define MAP(codec)	"m=audio 0 RTP/AVP 97\na=rtpmap:97 " codec "\n"
#define HBR		"sizelength=13;indexlength=3;indexdeltalength=3;"

static const char *const known[] = {
	MAP("MPEG4-GENERIC/16000") "a=fmtp:97 " HBR "config=1408\n",
	MAP("MPEG4-GENERIC/16000") "a=fmtp:97 mode=AAC-lbr;config=1408\n",
	MAP("MPEG4-GENERIC/16000") "a=fmtp:97 constantsize=3;config=1408\n",
	MAP("MP4A-LATM/16000") "a=fmtp:97 cpresent=0;config=40002810\n",
	MAP("MP4A-LATM/16000"),
	"m=audio 0 RTP/AVP 14\n",
	MAP("L16/48000/2"), MAP("G726-24/8000"), MAP("PCMU/8000"),
	MAP("opus/48000/2"),
};
#define N_KNOWN	(sizeof known / sizeof known[0])

struct camera {
	struct camera_sdp	 sdp;
	struct sound_format	 format;
	const struct rtp_in	*in;	/* what is being taken */
	size_t			 taken;	/* bytes of it that were given */
	int			 n;	/* frames of it */
};

static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_sound_depay: %s\n", what);
	abort();
}

/* Are frames the bytes of one payload, in order? */
static bool
is_plain(const struct camera *c)
{
	return strcmp(c->format.coder, "aac") != 0 &&
	    strncmp(c->format.coder, "mp", 2) != 0;
}

static void
on_frame(const struct sound_frame *f, void *arg)
{
	struct camera *c = arg;
	const struct rtp_in *in = c->in;

	must(in != NULL, "a frame comes of nothing");
	must(f->len > 0, "a frame is nothing");
	must(f->len <= SOUND_FRAME_MAX || strcmp(c->format.coder, "opus") == 0,
	    "a frame is too long");
	must(f->time >= in->time, "a frame is of before its packet");
	c->n++;
	if (is_plain(c)) {
		must(f->data == in->data + c->taken, "bytes are left out");
		must(f->len <= in->len - c->taken, "bytes are made up");
	} else {
		must(c->n <= (strncmp(c->format.coder, "mp", 2) == 0 ?
		    1 + (int)(in->len / 20) : SOUND_FRAMES), "too many");
		must(memcmp(f->data, f->data, f->len) == 0, "no memory");
	}
	c->taken += f->len;
}

static void
send_payload(struct camera *c, struct sound_depay *d, const uint8_t *data,
    size_t len, int flags, int64_t time)
{
	size_t times = flags & REPEATED ? LONG : 1;
	uint8_t *exact = xcalloc(len > 0 ? len * times : 1, 1);
	struct rtp_in in = {
		.data = len > 0 ? exact : NULL, .len = len * times,
		.time = time, .lost = flags & LOST,
		.marker = flags & MARKER, .restart = flags & RESTART,
	};

	for (size_t i = 0; i < times; i++)
		if (len > 0)
			memcpy(exact + i * len, data, len);
	c->in = &in;
	c->taken = 0;
	c->n = 0;
	sound_depay_take(d, &in);
	must(!is_plain(c) || in.len - c->taken < 4 * SOUND_FRAME_MAX / 100,
	    "the end is left out");
	c->in = NULL;
	free(exact);
}

static void
run(struct camera *c, const uint8_t *data, size_t len)
{
	struct sound_depay *d = sound_depay_new(&c->sdp.tracks[0], &c->format,
	    on_frame, c);
	int64_t time = 0;
	size_t n;

	for (; len >= 2; data += 2 + n, len -= 2 + n) {
		n = data[1] < len - 2 ? data[1] : len - 2;
		time += data[0] & TIME ? STEP : 0;
		send_payload(c, d, data + 2, n, data[0], time);
	}
	sound_depay_free(d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *nul = len > 0 ? memchr(data, 0, len) : NULL;
	size_t n = nul != NULL ? (size_t)(nul - data) : 0;
	struct camera c = { .n = 0 };
	char note[256];
	int ret;

	if (nul == NULL)
		return 0;
	if (n == 1 && (size_t)(data[0] - '0') < N_KNOWN)
		ret = camera_sdp_read(known[data[0] - '0'],
		    strlen(known[data[0] - '0']), &c.sdp);
	else
		ret = camera_sdp_read((const char *)data, n, &c.sdp);
	if (ret == -1)
		return 0;
	if (c.sdp.n_tracks > 0) {
		must(c.sdp.tracks[0].clock >= 0, "time goes backwards");
		camera_sound_explain(&c.sdp.tracks[0], note, sizeof note);
		if (camera_sound(&c.sdp.tracks[0], &c.format))
			run(&c, nul + 1, len - n - 1);
	}
	camera_sdp_clear(&c.sdp);
	return 0;
}
