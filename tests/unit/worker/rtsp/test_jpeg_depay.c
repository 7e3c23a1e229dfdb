/*
 * The payloads of RFC 2435. Pictures that GStreamer has sent are decoded, and
 * so are the files that they were; tests/fixtures/rtp/make.py has made both.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>

#include "bytes.h"
#include "tests/unit/fixture.h"
#include "worker/rtsp/jpeg_depay.h"
#include "worker/rtsp/rtp_track.h"
#include "xalloc.h"

#define RTP_HEADER	12
#define HEADER		8	/* of a payload */
#define TABLES		(4 + 128)
#define PAYLOADS_MAX	32

enum { LOST = 1, MARKER = 2, RESTART = 4 };

struct fixture {
	struct jpeg_depay	*d;
	uint8_t			*file;		/* the last picture */
	size_t			 len;
	int64_t			 time;
	unsigned		 width, height;
	int			 n;		/* pictures */
};

static void
on_picture(const struct jpeg_picture *p, void *arg)
{
	struct fixture *f = arg;

	free(f->file);
	f->file = xmemdup(p->data, p->len);
	f->len = p->len;
	f->time = p->time;
	f->width = p->width;
	f->height = p->height;
	f->n++;
}

static int
setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .d = jpeg_depay_new(0, 0, on_picture, &f) };
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	jpeg_depay_free(f->d);
	free(f->file);
	jpeg_depay_free(NULL);
	return 0;
}

static void
take(struct fixture *f, const void *data, size_t len, int64_t time, int flags)
{
	uint8_t *copy = xmemdup(data, len > 0 ? len : 1);
	struct rtp_in in = {
		.data = len > 0 ? copy : NULL, .len = len, .time = time,
		.lost = flags & LOST, .marker = flags & MARKER,
		.restart = flags & RESTART,
	};

	jpeg_depay_take(f->d, &in);
	free(copy);
}
#define TAKE(data, time, flags)	take(f, data, sizeof (data) - 1, time, flags)

/* Pictures that were sent */

struct recording {
	uint8_t	*all;
	struct {
		uint8_t	*data;
		size_t	 len;
	} payload[PAYLOADS_MAX];
	int	 n;
};

static void
read_recording(struct recording *r, const char *name)
{
	char path[64];
	size_t len, n;
	uint8_t *p, *end;

	snprintf(path, sizeof path, "rtp/%s.rtp", name);
	r->all = fixture_read(path, &len);
	end = r->all + len;
	r->n = 0;
	for (p = (uint8_t *)strstr((char *)r->all, "\n\n") + 2; p < end;
	    p += 2 + n) {
		n = get16(p);
		assert_true(r->n < PAYLOADS_MAX);
		r->payload[r->n].data = p + 2 + RTP_HEADER;
		r->payload[r->n++].len = n - RTP_HEADER;
	}
}

/* All but the payload number `lost`. */
static void
play(struct fixture *f, const struct recording *r, int lost)
{
	for (int i = 0; i < r->n; i++)
		if (i != lost)
			take(f, r->payload[i].data, r->payload[i].len, 7,
			    (i + 1 == r->n ? MARKER : 0) |
			    (i > 0 && i - 1 == lost ? LOST : 0));
}

static AVFrame *
decode(const uint8_t *data, size_t len)
{
	AVCodecContext *av = avcodec_alloc_context3(avcodec_find_decoder(
	    AV_CODEC_ID_MJPEG));
	AVPacket *p = av_packet_alloc();
	AVFrame *frame = av_frame_alloc();

	av->thread_count = 1;
	assert_int_equal(avcodec_open2(av, NULL, NULL), 0);
	assert_int_equal(av_new_packet(p, (int)len), 0);
	memcpy(p->data, data, len);
	assert_int_equal(avcodec_send_packet(av, p), 0);
	assert_int_equal(avcodec_receive_frame(av, frame), 0);
	assert_int_equal(frame->decode_error_flags, 0);
	av_packet_free(&p);
	avcodec_free_context(&av);
	return frame;
}

static void
assert_same_picture(const AVFrame *a, const AVFrame *b)
{
	assert_int_equal(a->width, b->width);
	assert_int_equal(a->height, b->height);
	assert_int_equal(a->format, b->format);
	for (int i = 0; i < 3; i++) {
		bool half = i > 0 && a->format == AV_PIX_FMT_YUVJ420P;
		int height = half ? a->height / 2 : a->height;
		int width = i > 0 ? a->width / 2 : a->width;

		for (int y = 0; y < height; y++)
			assert_memory_equal(a->data[i] + y * a->linesize[i],
			    b->data[i] + y * b->linesize[i], width);
	}
}

static void
assert_is_of(const struct fixture *f, const char *name)
{
	char path[64];
	size_t len;
	uint8_t *data;
	AVFrame *a, *b;

	snprintf(path, sizeof path, "rtp/%s.jpg", name);
	data = fixture_read(path, &len);
	a = decode(data, len);
	b = decode(f->file, f->len);
	assert_same_picture(a, b);
	assert_int_equal(f->width, a->width);
	assert_int_equal(f->height, a->height);
	assert_int_equal(f->time, 7);
	av_frame_free(&a);
	av_frame_free(&b);
	free(data);
}

static const char *const names[] = { "jpeg_420", "jpeg_422", "jpeg_restart" };

static void
test_pictures_are_those_of_the_camera(void **state)
{
	struct fixture *f = *state;
	struct recording r;

	for (int i = 0; i < 3; i++) {
		read_recording(&r, names[i]);
		play(f, &r, -1);
		assert_int_equal(f->n, i + 1);
		assert_is_of(f, names[i]);
		free(r.all);
	}
}

static void
test_a_picture_that_lacks_a_payload_is_not_given(void **state)
{
	struct fixture *f = *state;
	struct recording r;

	read_recording(&r, names[0]);
	for (int lost = 0; lost < r.n; lost++)
		play(f, &r, lost);
	assert_int_equal(f->n, 0);
	/* nor if a payload comes twice, out of place or of another time */
	for (int i = 0; i < r.n; i++)
		for (int k = 0; k < (i == 1 ? 2 : 1); k++)
			take(f, r.payload[i].data, r.payload[i].len, 7,
			    i + 1 == r.n ? MARKER : 0);
	assert_int_equal(f->n, 0);
	for (int i = 0; i < r.n; i++)
		take(f, r.payload[i].data, r.payload[i].len, 7 + (i > 1),
		    i + 1 == r.n ? MARKER : 0);
	for (int i = 0; i < r.n; i++)
		take(f, r.payload[i].data, r.payload[i].len, 7,
		    (i + 1 == r.n ? MARKER : 0) | (i == 2 ? RESTART : 0));
	assert_int_equal(f->n, 0);
	play(f, &r, -1);
	assert_int_equal(f->n, 1);
	free(r.all);
}

/* libjpeg's tables are those of the quality, as RFC 2435 has them for Q. So the
 * camera could have sent that alone, or the tables with one picture only. */
static void
play_with_q(struct fixture *f, struct recording *r, uint8_t q, bool tables)
{
	uint8_t first[2048];
	size_t skip = tables ? 0 : TABLES;

	for (int i = 0; i < r->n; i++) {
		uint8_t *p = r->payload[i].data;
		size_t len = r->payload[i].len;

		p[5] = q;
		if (i > 0) {
			take(f, p, len, 7, i + 1 == r->n ? MARKER : 0);
			continue;
		}
		memcpy(first, p, HEADER);
		memcpy(first + HEADER, p + HEADER + skip, len - HEADER - skip);
		take(f, first, len - skip, 7, 0);
	}
}

static void
test_tables_by_q(void **state)
{
	static const uint8_t q[] = { 85, 30 };
	struct fixture *f = *state;
	struct recording r;

	for (int i = 0; i < 2; i++) {
		uint8_t *file;
		size_t len;

		read_recording(&r, names[i]);
		play(f, &r, -1);
		file = xmemdup(f->file, f->len);
		len = f->len;
		play_with_q(f, &r, q[i], false);
		assert_int_equal(f->n, 2 * i + 2);
		assert_int_equal(f->len, len);
		assert_memory_equal(f->file, file, len);
		play_with_q(f, &r, q[i] + 1, false);
		assert_int_equal(f->len, len);
		assert_memory_not_equal(f->file, file, len);
		f->n--;
		free(file);
		free(r.all);
	}
}

/* The header of the tables that says there are none, behind the main one. */
static void
play_without_tables(struct fixture *f, struct recording *r, uint8_t q)
{
	uint8_t first[2048] = { 0 };
	size_t len = r->payload[0].len - TABLES;

	for (int i = 0; i < r->n; i++)
		r->payload[i].data[5] = q;
	memcpy(first, r->payload[0].data, HEADER);
	memcpy(first + HEADER + 4, r->payload[0].data + HEADER + TABLES,
	    len - HEADER);
	take(f, first, len + 4, 7, 0);
	for (int i = 1; i < r->n; i++)
		take(f, r->payload[i].data, r->payload[i].len, 7,
		    i + 1 == r->n ? MARKER : 0);
}

static void
test_tables_that_came_before(void **state)
{
	struct fixture *f = *state;
	struct recording r;

	read_recording(&r, names[0]);
	play_without_tables(f, &r, 128);
	assert_int_equal(f->n, 0);
	play_with_q(f, &r, 128, true);
	play_without_tables(f, &r, 128);
	assert_int_equal(f->n, 2);
	assert_is_of(f, names[0]);
	play_without_tables(f, &r, 129);		/* of another Q */
	assert_int_equal(f->n, 2);
	play_with_q(f, &r, 255, true);
	play_without_tables(f, &r, 255);		/* of that picture */
	assert_int_equal(f->n, 3);
	take(f, "", 0, 7, RESTART);
	play_with_q(f, &r, 254, true);
	take(f, "", 0, 7, RESTART);
	play_without_tables(f, &r, 254);
	assert_int_equal(f->n, 4);
	free(r.all);
}

/* Headers by hand */

#define MAIN(offset, type, q)	"\0\0\0" offset type q "\x02\x01"

/* The width, the height and so on of the one that was given. */
static void
test_headers(void **state)
{
	struct fixture *f = *state;

	TAKE(MAIN("\0", "\1", "\x32") "scan", 1, MARKER);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->width, 16);
	assert_int_equal(f->height, 8);
	assert_memory_equal(f->file,
	    "\xff\xd8\xff\xdb\0\x43\0\x10\x0b\x0c", 10);
	assert_memory_equal(f->file + f->len - 6, "scan\xff\xd9", 6);
	TAKE(MAIN("\0", "\1", "\x32") "\xff\xd9", 2, MARKER);
	assert_int_equal(f->n, 2);
	assert_memory_equal(f->file + f->len - 4, "\x3f\0\xff\xd9", 4);
	/* restart markers, each 258 units */
	TAKE(MAIN("\0", "\x41", "\x32") "\1\2\xff\xff" "sc", 3, 0);
	TAKE(MAIN("\2", "\x41", "\x32") "\1\2\xff\xff" "an", 3, MARKER);
	assert_int_equal(f->n, 3);
	assert_memory_equal(f->file + 2 + 2 * 69, "\xff\xdd\0\4\1\2\xff\xc0",
	    8);
	/* one table, one of 16 bits, and two */
	for (int i = 0; i < 4; i++) {
		uint8_t p[HEADER + 4 + 256] = "\0\0\0\0\1\xff\2\1\0\0\0";
		static const size_t lens[] = { 64, 128, 192, 256 };

		p[9] = (uint8_t)i;
		put16(p + 10, (uint32_t)lens[i]);
		take(f, p, HEADER + 4 + lens[i], 4, MARKER);
		assert_int_equal(f->n, 4 + i);
		assert_int_equal(get16(f->file + 4), i % 2 == 0 ? 67 : 131);
		assert_int_equal(f->file[6], i % 2 == 0 ? 0 : 0x10);
	}
}

static void
test_what_is_no_picture(void **state)
{
	struct fixture *f = *state;
	uint8_t p[HEADER + 4 + 300] = "\0\0\0\0\1\xff\2\1\0\0\0";

	TAKE("", 1, MARKER);
	TAKE("\0\0\0\0\1\x32\2", 1, MARKER);
	TAKE(MAIN("\0", "\2", "\x32") "scan", 1, MARKER);
	TAKE(MAIN("\0", "\x42", "\x32") "\0\0\0\0scan", 1, MARKER);
	TAKE(MAIN("\0", "\x81", "\x32") "scan", 1, MARKER);
	TAKE(MAIN("\0", "\x41", "\x32") "\0\0\0", 1, MARKER);
	TAKE(MAIN("\0", "\1", "\0") "scan", 1, MARKER);
	TAKE(MAIN("\0", "\1", "\x64") "scan", 1, MARKER);
	TAKE(MAIN("\0", "\1", "\x7f") "scan", 1, MARKER);
	TAKE(MAIN("\0", "\1", "\xff") "\0\0\0", 1, MARKER);
	TAKE(MAIN("\0", "\1", "\xff") "\0\0\0\0", 1, MARKER);
	TAKE("\0\0\0\0\1\x32\0\1scan", 1, MARKER);
	TAKE("\0\0\0\0\1\x32\1\0scan", 1, MARKER);
	TAKE(MAIN("\4", "\1", "\x32") "scan", 1, MARKER);
	for (uint32_t len = 1; len < 300; len++) {
		put16(p + 10, len);
		take(f, p, HEADER + 4 + (len == 64 || len == 128 ? len - 1 :
		    len), 1, MARKER);
	}
	/* Its payloads are of two kinds. */
	TAKE(MAIN("\0", "\1", "\x32") "scan", 1, 0);
	TAKE(MAIN("\4", "\0", "\x32") "scan", 1, MARKER);
	TAKE(MAIN("\0", "\1", "\x32") "scan", 1, 0);
	TAKE(MAIN("\4", "\1", "\x33") "scan", 1, MARKER);
	TAKE(MAIN("\0", "\1", "\x32") "scan", 1, 0);
	TAKE("\0\0\0\4\1\x32\3\1scan", 1, MARKER);
	TAKE(MAIN("\0", "\1", "\x32") "scan", 1, 0);
	TAKE("\0\0\0\4\1\x32\2\2scan", 1, MARKER);
	TAKE(MAIN("\0", "\1", "\x32") "scan", 1, 0);
	TAKE("\0", 1, 0);
	TAKE(MAIN("\4", "\1", "\x32") "scan", 1, MARKER);
	assert_int_equal(f->n, 0);
}

/* One that has no size of its own. */
static void
test_large_pictures(void **state)
{
	struct fixture *f = *state;

	jpeg_depay_free(f->d);
	f->d = jpeg_depay_new(3840, 2160, on_picture, f);
	TAKE("\0\0\0\0\1\x32\0\0scan", 1, MARKER);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->width, 3840);
	assert_int_equal(f->height, 2160);
	TAKE(MAIN("\0", "\1", "\x32") "scan", 1, MARKER);
	assert_int_equal(f->width, 16);
	jpeg_depay_free(f->d);
	f->d = jpeg_depay_new(65536, 1, on_picture, f);
	TAKE("\0\0\0\0\1\x32\0\0scan", 1, MARKER);
	assert_int_equal(f->n, 2);
}

/* More than any unit may have. */
static void
test_endless(void **state)
{
	static uint8_t p[HEADER + 60000] = "\0\0\0\0\1\x32\2\1";
	struct fixture *f = *state;
	uint32_t offset = 0;

	for (; offset < 8 * 1024 * 1024; offset += sizeof p - HEADER) {
		put24(p + 1, offset);
		take(f, p, sizeof p, 1, 0);
	}
	put24(p + 1, offset);
	take(f, p, HEADER + 1, 1, MARKER);
	assert_int_equal(f->n, 0);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_pictures_are_those_of_the_camera),
		TEST(test_a_picture_that_lacks_a_payload_is_not_given),
		TEST(test_tables_by_q),
		TEST(test_tables_that_came_before),
		TEST(test_headers),
		TEST(test_what_is_no_picture),
		TEST(test_large_pictures),
		TEST(test_endless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
