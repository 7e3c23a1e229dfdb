/* Which depacketiser a camera's video is given to, and what comes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "tests/unit/fixture.h"
#include "worker/rtsp/camera_media.h"
#include "worker/rtsp/camera_sdp.h"
#include "worker/rtsp/rtp_track.h"
#include "worker/rtsp/video_depay.h"
#include "xalloc.h"

#define RTP_HEADER	12
#define HEAD		"v=0\r\n"
#define JPEG		HEAD "m=video 0 RTP/AVP 26\r\n"
#define H264		HEAD "m=video 0 RTP/AVP 96\r\n" \
			"a=rtpmap:96 H264/90000\r\n" \
			"a=fmtp:96 sprop-parameter-sets=Z0LACg==,aM4=\r\n"

struct fixture {
	struct camera_sdp	 sdp;
	struct camera_media	 media;
	struct video_depay	*depay;
	uint8_t			*data;		/* of the last unit */
	size_t			 len;
	int64_t			 time;
	int			 n, damaged;	/* units */
};

static int
on_unit(const struct assembly_unit *u, void *arg)
{
	struct fixture *f = arg;

	free(f->data);
	f->data = xmemdup(u->data, u->len);
	f->len = u->len;
	f->time = u->time;
	f->damaged += u->damaged;
	f->n++;
	return 0;
}

static struct fixture
begin(const char *sdp)
{
	struct fixture f = { .n = 0 };

	assert_int_equal(camera_sdp_read(sdp, strlen(sdp), &f.sdp), 0);
	camera_media_choose(&f.sdp, &f.media);
	assert_int_equal(f.media.place[MEDIA_VIDEO], 0);
	return f;
}

static void
open_depay(struct fixture *f)
{
	f->depay = video_depay_new(&f->sdp.tracks[0], &f->media, on_unit, f);
}

static void
end(struct fixture *f)
{
	video_depay_free(f->depay);
	video_depay_free(NULL);
	camera_sdp_clear(&f->sdp);
	free(f->data);
}

/* Sends the picture of rtp/jpeg_420, which says that it is 8 * `eighths` pixels
 * wide; without the packet number `lost`. */
static void
send_jpeg(struct fixture *f, int eighths, int lost)
{
	size_t len, n;
	uint8_t *all = fixture_read("rtp/jpeg_420.rtp", &len);
	uint8_t *p = (uint8_t *)strstr((char *)all, "\n\n") + 2;
	struct rtp_in in = { .time = 3000, .restart = true };

	for (int i = 0; p < all + len; p += 2 + n, i++) {
		n = get16(p);
		in.data = p + 2 + RTP_HEADER;
		in.len = n - RTP_HEADER;
		in.marker = p + 2 + n == all + len;
		p[2 + RTP_HEADER + 6] = (uint8_t)eighths;
		if (i == lost)
			in.lost = true;
		else
			video_depay_take(f->depay, &in);
		in.restart = false;
	}
	free(all);
}

static void
assert_is_jpeg(const struct fixture *f, unsigned width, unsigned height)
{
	static const uint8_t sof[] = { 0xff, 0xc0, 0, 17, 8 };
	const uint8_t *p = memmem(f->data, f->len, sof, sizeof sof);

	assert_memory_equal(f->data, "\xff\xd8", 2);
	assert_memory_equal(f->data + f->len - 2, "\xff\xd9", 2);
	assert_non_null(p);
	assert_int_equal(get16(p + sizeof sof), height);
	assert_int_equal(get16(p + sizeof sof + 2), width);
	assert_int_equal(f->time, 3000);
}

static void
test_jpeg(void **state)
{
	struct fixture f = begin(JPEG);
	size_t len = 7;

	(void)state;
	open_depay(&f);
	send_jpeg(&f, 20, -1);
	assert_int_equal(f.n, 1);
	assert_is_jpeg(&f, 160, 96);
	send_jpeg(&f, 20, 1);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.damaged, 0);
	assert_null(video_depay_config(&f.sdp.tracks[0], &f.media, &len));
	assert_int_equal(len, 0);
	end(&f);
}

static void
test_jpeg_whose_size_is_in_the_sdp_alone(void **state)
{
	struct fixture f = begin(JPEG "a=x-dimensions:2560,1440\r\n");

	(void)state;
	open_depay(&f);
	send_jpeg(&f, 0, -1);
	assert_is_jpeg(&f, 2560, 1440);
	end(&f);
	f = begin(JPEG);
	open_depay(&f);
	send_jpeg(&f, 0, -1);
	assert_int_equal(f.n, 0);
	end(&f);
}

/* 12 blocks of 8 pixels, of which the last one is half there. */
static void
test_jpeg_whose_size_is_no_multiple_of_8(void **state)
{
	static const struct {
		const char *sdp;
		unsigned width, height;
	} cases[] = {
		{ JPEG "a=x-dimensions:160,92\r\n", 160, 92 },
		{ JPEG "a=x-dimensions:153,89\r\n", 153, 89 },
		{ JPEG "a=x-dimensions:152,88\r\n", 160, 96 },
		{ JPEG "a=x-dimensions:161,97\r\n", 160, 96 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct fixture f = begin(cases[i].sdp);

		open_depay(&f);
		send_jpeg(&f, 20, -1);
		assert_int_equal(f.n, 1);
		assert_is_jpeg(&f, cases[i].width, cases[i].height);
		end(&f);
	}
}

static void
test_nal_units(void **state)
{
	static const uint8_t idr[] = { 0x65, 0x88, 0x84, 0x11 };
	static const uint8_t sets[] = {
		0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x0a, 0, 0, 0, 1, 0x68, 0xce,
	};
	struct fixture f = begin(H264);
	struct rtp_in in = { .data = idr, .len = sizeof idr, .restart = true };
	size_t len;
	uint8_t *config = video_depay_config(&f.sdp.tracks[0], &f.media, &len);

	(void)state;
	assert_int_equal(len, sizeof sets);
	assert_memory_equal(config, sets, sizeof sets);
	free(config);
	open_depay(&f);
	video_depay_take(f.depay, &in);
	in.restart = false;
	in.time = 3600;
	video_depay_take(f.depay, &in);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.time, 0);
	assert_memory_equal(f.data + f.len - sizeof idr, idr, sizeof idr);
	assert_memory_equal(f.data + f.len - sizeof idr - 3, "\0\0\1", 3);
	end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jpeg),
		cmocka_unit_test(test_jpeg_whose_size_is_in_the_sdp_alone),
		cmocka_unit_test(test_jpeg_whose_size_is_no_multiple_of_8),
		cmocka_unit_test(test_nal_units),
	};

	return cmocka_run_group_tests_name("video_depay", tests, NULL, NULL);
}
