/*
 * The payloads of a camera's JPEG (jpeg_depay.h). An input is payloads, each
 * behind its flags and its length. What comes out has to be a file of segments
 * that fit, up to the scan, and to end as one.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "fuzz.h"
#include "worker/media/media.h"
#include "worker/rtsp/jpeg_depay.h"
#include "worker/rtsp/rtp_track.h"
#include "xalloc.h"

enum { LOST = 1, MARKER = 2, RESTART = 4, TIME = 8, LARGE = 16 };
enum { SOF0 = 0xc0, SOI = 0xd8, EOI = 0xd9, SOS = 0xda };

static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_jpeg_depay: %s\n", what);
	abort();
}

static void
on_picture(const struct jpeg_picture *p, void *arg)
{
	const int64_t *time = arg;
	size_t pos = 2, frames = 0;

	must(p->time == *time, "its time is another's");
	must(p->len > 4 && p->len <= MEDIA_MAX_UNIT + 2, "its length is odd");
	must(get16(p->data) == (0xff00 | SOI), "it has no beginning");
	must(get16(p->data + p->len - 2) == (0xff00 | EOI), "it has no end");
	for (;;) {
		size_t len;
		int marker;

		must(pos + 4 <= p->len && p->data[pos] == 0xff, "no segment");
		marker = p->data[pos + 1];
		len = get16(p->data + pos + 2);
		must(len <= p->len - pos - 2, "a segment is cut off");
		if (marker == SOF0) {
			must(get16(p->data + pos + 5) == p->height &&
			    get16(p->data + pos + 7) == p->width, "its size");
			frames++;
		}
		if (marker == SOS)
			break;
		pos += 2 + len;
	}
	must(frames == 1, "it is not one frame");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	int64_t time = 0;
	struct jpeg_depay *d = jpeg_depay_new(
	    len > 0 && data[0] & LARGE ? 4096 : 0, 2160, on_picture, &time);
	size_t n;

	for (; len >= 2; data += 2 + n, len -= 2 + n) {
		uint8_t *exact;
		struct rtp_in in = {
			.lost = data[0] & LOST, .marker = data[0] & MARKER,
			.restart = data[0] & RESTART,
		};

		n = data[1] < len - 2 ? data[1] : len - 2;
		exact = xcalloc(n > 0 ? n : 1, 1);
		memcpy(exact, data + 2, n);
		time += data[0] & TIME ? 3600 : 0;
		in.time = time;
		in.data = n > 0 ? exact : NULL;
		in.len = n;
		jpeg_depay_take(d, &in);
		free(exact);
	}
	jpeg_depay_free(d);
	return 0;
}
