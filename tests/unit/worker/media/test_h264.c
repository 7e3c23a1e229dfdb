/*
 * The streams in fixtures/h264 were made with x264 (test picture, 15 fps,
 * access unit delimiters, no SEI):
 *	baseline	160x90, a key frame every 6
 *	bframes		160x90, Main, two B-frames between references
 *	slices		320x180, High, four slices a picture, IDR every 3
 *	interlaced	320x180, High, frame_mbs_only 0, IDR every 2
 *	large		1280x720, big enough to be cut into fragments
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/fixture.h"
#include "tests/unit/worker/h264_writer.h"
#include "worker/media/h264.h"

#define BYTES(...)	((const uint8_t[]) { __VA_ARGS__ })
#define SIZE(...)	sizeof (const uint8_t[]) { __VA_ARGS__ }
#define SC		0, 0, 0, 1
/* x264's for 160x90 */
#define SPS		0x67, 0x42, 0xc0, 0x0a, 0xda, 0x0a, 0x37, 0xe4, 0xc0, \
			0x44, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00, 0x00, 0x03, \
			0x00, 0x78, 0x3c, 0x48, 0x9a, 0x80
#define PPS		0x68, 0xce, 0x03, 0x9c, 0x80
#define PPS_OTHER	0x68, 0xce, 0x3c, 0x80
/* first_mb 0, slice_type 7 (I) or 5 (P), pps 0 */
#define IDR		0x65, 0x88, 0x84, 0x11
#define IDR_PART	0x65, 0x42, 0x22, 0x22	/* first_mb 1 */
#define P		0x41, 0x9a, 0x12, 0x34

/* One access unit through a cleaner; the buffer is exactly as large as
 * the contract says, so that a sanitizer sees one byte too many. */
struct cleaned {
	struct video_picture pic;
	uint8_t	*out;
	int	 rc;
};

static struct cleaned
clean(struct h264_cleaner *c, const uint8_t *au, size_t len)
{
	struct cleaned r;
	uint8_t *copy = malloc(len ? len : 1);

	memcpy(copy, au, len);
	r.out = malloc(len + H264_CLEANER_ROOM);
	r.rc = h264_clean(c, copy, len, r.out, &r.pic);
	free(copy);
	return r;
}

#define CLEAN(c, ...)	clean(c, BYTES(__VA_ARGS__), SIZE(__VA_ARGS__))

static void
expect_types(const struct cleaned *r, const char *types)
{
	char got[128] = "";
	struct video_nal nal;
	size_t pos = 0, n = 0;

	while (h264_next_nal(r->out, r->pic.len, &pos, &nal) && n < 120)
		n += sprintf(got + n, "%s%d", n ? " " : "", nal.type);
	assert_string_equal(got, types);
}

static void
expect(struct cleaned r, const char *types, bool key)
{
	assert_int_equal(r.rc, 0);
	assert_int_equal(r.pic.key, key);
	expect_types(&r, types);
	free(r.out);
}

/* The next access unit of a stream whose units begin with a delimiter. */
static bool
next_unit(const uint8_t *buf, size_t len, size_t *pos, const uint8_t **au,
    size_t *au_len)
{
	static const uint8_t aud[] = { SC, 9 };
	const uint8_t *end;

	if (*pos >= len)
		return false;
	*au = buf + *pos;
	end = memmem(*au + 4, len - *pos - 4, aud, sizeof aud);
	*au_len = (end ? end : buf + len) - *au;
	*pos += *au_len;
	return true;
}

static void
test_next_nal(void **state)
{
	const uint8_t buf[] = { 0xff, 0, 0, 1, 0x67, 1, 0, 0, 0, 0, 1, 0x68,
		0, 0, 1, 0, 0, 1, 0x65, 0, 3, 0, 0, 0 };
	struct video_nal nal;
	size_t pos = 0;

	(void)state;
	assert_true(h264_next_nal(buf, sizeof buf, &pos, &nal));
	assert_int_equal(nal.type, 7);
	assert_int_equal(nal.len, 2);
	assert_true(h264_next_nal(buf, sizeof buf, &pos, &nal));
	assert_int_equal(nal.type, 8);
	assert_int_equal(nal.len, 1);
	assert_true(h264_next_nal(buf, sizeof buf, &pos, &nal));
	assert_memory_equal(nal.data, BYTES(0x65, 0, 3), 3);
	assert_int_equal(nal.len, 3);
	assert_false(h264_next_nal(buf, sizeof buf, &pos, &nal));
	assert_false(h264_next_nal(buf, sizeof buf, &pos, &nal));
}

static void
test_next_nal_short(void **state)
{
	struct video_nal nal;
	size_t pos;

	(void)state;
	for (size_t len = 0; len <= 4; len++) {
		pos = 0;
		assert_false(h264_next_nal(BYTES(0, 0, 0, 1), len, &pos, &nal));
	}
}

static void
expect_fixture_sps(const char *name, int profile, int w, int h)
{
	size_t len, pos = 0;
	uint8_t *buf = fixture_read(name, &len);
	struct video_nal nal = { 0 };
	struct h264_sps sps;

	while (h264_next_nal(buf, len, &pos, &nal) && nal.type != H264_NAL_SPS)
		continue;
	assert_int_equal(h264_parse_sps(nal.data, nal.len, &sps), 0);
	assert_int_equal(sps.profile_idc, profile);
	assert_int_equal(sps.width, w);
	assert_int_equal(sps.height, h);
	free(buf);
}

static void
test_sps_of_x264(void **state)
{
	(void)state;
	expect_fixture_sps("h264/baseline.h264", 66, 160, 90);
	expect_fixture_sps("h264/bframes.h264", 77, 160, 90);
	expect_fixture_sps("h264/slices.h264", 100, 320, 180);
	expect_fixture_sps("h264/interlaced.h264", 100, 320, 180);
	expect_fixture_sps("h264/large.h264", 66, 1280, 720);
}

static void
begin_sps(struct writer *w, int profile, int id)
{
	memset(w, 0, sizeof *w);
	put(w, 0x67, 8);
	put(w, profile, 8);
	put(w, 0, 8);
	put(w, 40, 8);
	put_ue(w, id);
}

/* From max_num_ref_frames on; crop in units, left right top bottom. */
static void
put_size(struct writer *w, int mbs, int rows, const int *crop)
{
	put_ue(w, 1);
	put(w, 0, 1);
	put_ue(w, mbs - 1);
	put_ue(w, rows - 1);
	put(w, 1, 1);		/* frame_mbs_only */
	put(w, 1, 1);
	put(w, crop != NULL, 1);
	for (int i = 0; crop != NULL && i < 4; i++)
		put_ue(w, crop[i]);
	put(w, 0, 1);
}

static void
put_scaling_lists(struct writer *w)
{
	for (int i = 0; i < 8; i++) {
		put(w, i % 2, 1);
		if (i % 2 == 0)
			continue;
		for (int k = 0; k < (i < 6 ? 16 : 64); k++) {
			if (i == 3 && k == 2) {
				put_se(w, -8 - 5 - 5);	/* next is 0: ends */
				break;
			}
			put_se(w, i == 3 ? 5 : k % 2 ? -3 : 3);
		}
	}
}

static void
test_sps_scaling_lists(void **state)
{
	struct writer w;
	struct h264_sps sps;
	uint8_t nal[1024];

	(void)state;
	begin_sps(&w, 100, 3);
	put_ue(&w, 1);
	put_ue(&w, 0);
	put_ue(&w, 0);
	put(&w, 0, 1);
	put(&w, 1, 1);
	put_scaling_lists(&w);
	put_ue(&w, 0);
	put_ue(&w, 1);		/* poc type 1, with a cycle of three */
	put(&w, 0, 1);
	put_se(&w, -1000000);	/* makes emulation prevention likely */
	put_se(&w, 0);
	put_ue(&w, 3);
	for (int i = 0; i < 3; i++)
		put_se(&w, i * 65536);
	put_size(&w, 120, 68, (const int[]) { 0, 0, 0, 4 });
	assert_int_equal(h264_parse_sps(nal, finish(&w, nal), &sps), 0);
	assert_int_equal(sps.width, 1920);
	assert_int_equal(sps.height, 1080);
}

static void
test_sps_chroma_444(void **state)
{
	struct writer w;
	struct h264_sps sps;
	uint8_t nal[1024];

	(void)state;
	begin_sps(&w, 244, 0);
	put_ue(&w, 3);
	put(&w, 0, 1);
	put_ue(&w, 2);
	put_ue(&w, 2);
	put(&w, 0, 2);
	put_ue(&w, 0);
	put_ue(&w, 2);
	put_size(&w, 10, 10, (const int[]) { 1, 2, 3, 4 });
	assert_int_equal(h264_parse_sps(nal, finish(&w, nal), &sps), 0);
	assert_int_equal(sps.width, 157);
	assert_int_equal(sps.height, 153);
}

static int
parse_sized(int mbs, int rows, const int *crop)
{
	struct writer w;
	struct h264_sps sps;
	uint8_t nal[1024];

	begin_sps(&w, 66, 0);
	put_ue(&w, 0);
	put_ue(&w, 2);
	put_size(&w, mbs, rows, crop);
	return h264_parse_sps(nal, finish(&w, nal), &sps);
}

static void
test_sps_impossible(void **state)
{
	struct writer w;
	struct h264_sps sps;
	uint8_t nal[1024];

	(void)state;
	assert_int_equal(parse_sized(1055, 2, NULL), 0);
	assert_int_equal(parse_sized(1056, 2, NULL), -1);
	assert_int_equal(parse_sized(2, 100000, NULL), -1);
	assert_int_equal(parse_sized(2, 2, (const int[]) { 7, 8, 0, 0 }), 0);
	assert_int_equal(parse_sized(2, 2, (const int[]) { 8, 8, 0, 0 }), -1);
	assert_int_equal(parse_sized(2, 2, (const int[]) { 0, 0, 0, 99 }), -1);
	begin_sps(&w, 66, 32);		/* no such id */
	put_ue(&w, 0);
	put_ue(&w, 2);
	put_size(&w, 2, 2, NULL);
	assert_int_equal(h264_parse_sps(nal, finish(&w, nal), &sps), -1);
	assert_int_equal(h264_parse_sps(BYTES(PPS), SIZE(PPS), &sps), -1);
}

/* Every prefix of a real SPS and every flip of a bit: no reading past the
 * end. Until the picture's size the prefixes do not parse. */
static void
test_sps_damaged(void **state)
{
	struct h264_sps sps;
	uint8_t *copy;

	(void)state;
	for (size_t len = 0; len <= SIZE(SPS); len++) {
		copy = xmemdup(BYTES(SPS), len);
		assert_int_equal(h264_parse_sps(copy, len, &sps),
		    len < 8 ? -1 : 0);
		free(copy);
	}
	for (size_t bit = 0; bit < 8 * SIZE(SPS); bit++) {
		copy = xmemdup(BYTES(SPS), SIZE(SPS));
		copy[bit / 8] ^= 1 << bit % 8;
		if (h264_parse_sps(copy, SIZE(SPS), &sps) == 0)
			assert_in_range(sps.width, 1, 1055 * 16);
		free(copy);
	}
}

static size_t
append(uint8_t *au, size_t at, const uint8_t *nal, size_t len)
{
	memcpy(au + at, BYTES(SC), 4);
	memcpy(au + at + 4, nal, len);
	return at + 4 + len;
}

/* A slice of PPS 0 with this header byte and slice type, after both sets. */
static struct video_picture
picture_of(uint8_t header, unsigned type)
{
	struct h264_cleaner *c = h264_cleaner_new();
	uint8_t nal[1024], au[1100];
	struct writer w = { .bits = 0 };
	struct cleaned r;
	size_t n;

	put(&w, header, 8);
	put_ue(&w, 0);
	put_ue(&w, type);
	put_ue(&w, 0);
	n = append(au, 0, BYTES(SPS), SIZE(SPS));
	n = append(au, n, BYTES(PPS), SIZE(PPS));
	n = append(au, n, nal, finish(&w, nal));
	r = clean(c, au, n);
	free(r.out);
	h264_cleaner_free(c);
	return r.pic;
}

static void
test_slice_types(void **state)
{
	static const bool is_b[10] = { [1] = true, [6] = true };

	(void)state;
	for (unsigned type = 0; type < 10; type++) {
		assert_int_equal(picture_of(0x41, type).has_b, is_b[type]);
		assert_false(picture_of(0x41, type).disposable);
		assert_false(picture_of(0x21, type).disposable);
		assert_int_equal(picture_of(0x01, type).has_b, is_b[type]);
		assert_true(picture_of(0x01, type).disposable);
	}
}

static void
test_h265(void **state)
{
	static const uint8_t h265[][2] = { { 0x40, 1 }, { 0x42, 1 },
		{ 0x44, 1 }, { 0x60, 1 }, { 0x62, 1 } };
	static const uint8_t h264[][2] = { { 0x67, 0x42 }, { 0x68, 0xce },
		{ 0x65, 0x88 }, { 0x41, 0x9a }, { 0x01, 0x9e }, { 0x06, 1 },
		{ 0x09, 0x10 }, { 0x41, 1 }, { 0x61, 1 }, { 0x42, 2 } };

	(void)state;
	for (size_t i = 0; i < sizeof h265 / sizeof h265[0]; i++)
		assert_true(h264_is_h265(h265[i], 2));
	for (size_t i = 0; i < sizeof h264 / sizeof h264[0]; i++)
		assert_false(h264_is_h265(h264[i], 2));
	assert_false(h264_is_h265(h265[0], 1));
	assert_false(h264_is_h265(h265[0], 0));
}

static void
test_slice_first_mb(void **state)
{
	static const unsigned firsts[] = { 0, 1, 22, 3599, 139263 };

	(void)state;
	for (size_t i = 0; i < sizeof firsts / sizeof firsts[0]; i++) {
		struct writer w = { .bits = 0 };
		uint8_t nal[1024];

		put(&w, 0x65, 8);
		put_ue(&w, firsts[i]);
		put_ue(&w, 7);
		put_ue(&w, 0);
		assert_int_equal(h264_slice_first_mb(nal, finish(&w, nal)),
		    firsts[i]);
	}
	assert_int_equal(h264_slice_first_mb(BYTES(0x65), 1), -1);
	assert_int_equal(h264_slice_first_mb(BYTES(0x65, 0, 0, 0, 0, 0), 6),
	    -1);
}

static void
test_clean_repeats(void **state)
{
	struct h264_cleaner *c = h264_cleaner_new();
	struct cleaned r;

	(void)state;
	r = CLEAN(c, SC, 9, 0xf0, SC, SPS, SC, PPS, SC, 6, 5, 1, 0, 0x80, SC,
	    SPS, SC, PPS, SC, IDR);
	assert_int_equal(r.pic.width, 160);
	assert_int_equal(r.pic.height, 90);
	expect(r, "7 8 5", true);
	/* Unchanged ones are no part of the pictures that follow. */
	r = CLEAN(c, SC, 9, 0xf0, SC, SPS, SC, PPS, SC, P, 0, 0, 1, 12, 0xff,
	    0x80);
	assert_int_equal(r.pic.width, 160);
	expect(r, "1", false);
	/* And an IDR picture without them gets them. */
	expect(CLEAN(c, SC, IDR, 0, 0, 1, IDR_PART), "7 8 5 5", true);
	h264_cleaner_free(c);
}

static void
test_clean_no_sets(void **state)
{
	struct h264_cleaner *c = h264_cleaner_new();

	(void)state;
	expect(CLEAN(c, SC, IDR), "", false);
	expect(CLEAN(c, SC, P), "", false);
	expect(CLEAN(c, SC, PPS, SC, IDR), "", false);
	expect(CLEAN(c, SC, SPS), "", false);
	expect(CLEAN(c, SC, IDR), "7 8 5", true);
	h264_cleaner_free(c);
}

static void
test_clean_bare_sets(void **state)
{
	struct h264_cleaner *c = h264_cleaner_new();
	struct cleaned r = CLEAN(c, SC, SPS, SC, PPS);

	(void)state;
	assert_int_equal(r.pic.width, 160);
	expect(r, "", false);
	r = CLEAN(c, SC, IDR);
	expect(r, "7 8 5", true);
	h264_cleaner_free(c);
}

/* Changed in front of a P picture, a set must reach those who watch. */
static void
test_clean_changed_pps(void **state)
{
	struct h264_cleaner *c = h264_cleaner_new();
	struct cleaned r;

	(void)state;
	expect(CLEAN(c, SC, SPS, SC, PPS, SC, IDR), "7 8 5", true);
	r = CLEAN(c, SC, PPS_OTHER, SC, P);
	expect(r, "8 1", false);
	expect(CLEAN(c, SC, PPS_OTHER, SC, P), "1", false);
	r = CLEAN(c, SC, IDR);
	assert_memory_equal(r.out + 3 + SIZE(SPS) + 3, BYTES(PPS_OTHER),
	    SIZE(PPS_OTHER));
	expect(r, "7 8 5", true);
	h264_cleaner_free(c);
}

static size_t
make_sps(int id, int mbs, uint8_t *nal)
{
	struct writer w;

	begin_sps(&w, 66, id);
	put_ue(&w, 0);
	put_ue(&w, 2);
	put_size(&w, mbs, 9, NULL);
	return finish(&w, nal);
}

static size_t
make_pps(int id, int sps_id, uint8_t *nal)
{
	struct writer w = { .bits = 0 };

	put(&w, 0x68, 8);
	put_ue(&w, id);
	put_ue(&w, sps_id);
	put(&w, 0x5a5a, 16);
	return finish(&w, nal);
}

static void
test_clean_changed_sps(void **state)
{
	struct h264_cleaner *c = h264_cleaner_new();
	uint8_t au[256], nal[64];
	size_t n;
	struct cleaned r;

	(void)state;
	expect(CLEAN(c, SC, SPS, SC, PPS, SC, IDR), "7 8 5", true);
	n = append(au, 0, nal, make_sps(0, 40, nal));
	n = append(au, n, nal, make_pps(0, 0, nal));
	n = append(au, n, BYTES(IDR), SIZE(IDR));
	r = clean(c, au, n);
	assert_int_equal(r.pic.width, 640);
	expect(r, "7 8 5", true);
	/* Another id counts when a picture refers to it. */
	n = append(au, 0, nal, make_sps(1, 20, nal));
	r = clean(c, au, n);
	assert_int_equal(r.pic.width, 640);
	free(r.out);
	n = append(au, 0, nal, make_pps(0, 1, nal));
	n = append(au, n, BYTES(IDR), SIZE(IDR));
	r = clean(c, au, n);
	assert_int_equal(r.pic.width, 320);
	expect(r, "7 7 8 5", true);
	h264_cleaner_free(c);
}

/* An IDR picture whose first slices were lost is no place to start. */
static void
test_clean_torn_idr(void **state)
{
	struct h264_cleaner *c = h264_cleaner_new();

	(void)state;
	expect(CLEAN(c, SC, SPS, SC, PPS, SC, IDR_PART), "7 8 5", false);
	expect(CLEAN(c, SC, P, SC, IDR), "7 8 1 5", false);
	expect(CLEAN(c, SC, IDR, SC, 0x65), "", false);
	h264_cleaner_free(c);
}

/* A hostile camera's: no viewer could be sent so many. */
static void
test_clean_too_many_slices(void **state)
{
	static const uint8_t first[] = { 0, 0, 1, SPS, 0, 0, 1, PPS };
	static const uint8_t slice[] = { 0, 0, 1, P };
	struct h264_cleaner *c = h264_cleaner_new();
	uint8_t *au = malloc(8193 * sizeof slice);
	struct cleaned r = clean(c, first, sizeof first);

	(void)state;
	free(r.out);
	for (size_t i = 0; i < 8193; i++)
		memcpy(au + i * sizeof slice, slice, sizeof slice);
	r = clean(c, au, 8192 * sizeof slice);
	assert_false(r.pic.lost);
	assert_int_equal(r.pic.len, sizeof first + 8192 * sizeof slice);
	free(r.out);
	r = clean(c, au, 8193 * sizeof slice);
	assert_true(r.pic.lost);
	assert_int_equal(r.pic.len, 0);
	free(r.out);
	free(au);
	h264_cleaner_free(c);
}

/* Payload structures of RFC 6184 (24 to 31) are none of H264. */
static void
test_clean_drops_foreign(void **state)
{
	struct h264_cleaner *c = h264_cleaner_new();

	(void)state;
	expect(CLEAN(c, SC, SPS, SC, PPS, SC, 0x78, 0, 2, 0x68, 0xce, SC, 0x7c,
	    0x85, 1, SC, 10, SC, 11, SC, 0x6f, 1, SC, IDR), "7 8 5", true);
	expect(CLEAN(c, SC, 9, 0xf0), "", false);
	h264_cleaner_free(c);
}

static void
test_clean_not_annex_b(void **state)
{
	struct h264_cleaner *c = h264_cleaner_new();
	struct cleaned r;

	(void)state;
	r = CLEAN(c, 0, 0, 0, 4, IDR);		/* a length, as in MP4 */
	assert_int_equal(r.rc, -1);
	free(r.out);
	r = CLEAN(c, 0, 1, IDR);
	assert_int_equal(r.rc, -1);
	free(r.out);
	r = clean(c, BYTES(0, 0, 0), 3);
	assert_int_equal(r.rc, -1);
	free(r.out);
	r = clean(c, BYTES(0), 0);
	assert_int_equal(r.rc, -1);
	free(r.out);
	h264_cleaner_free(c);
	h264_cleaner_free(NULL);
}

/* More sets than we keep: what is written stays within the room. */
static void
test_clean_too_many_sets(void **state)
{
	struct h264_cleaner *c = h264_cleaner_new();
	uint8_t au[64], nal[64], *fat;
	struct cleaned r;
	size_t n;

	(void)state;
	expect(CLEAN(c, SC, SPS, SC, PPS, SC, IDR), "7 8 5", true);
	for (int id = 0; id < 256; id++) {
		n = append(au, 0, nal, make_pps(id, 0, nal));
		free(clean(c, au, n).out);
	}
	for (int id = 0; id < 256; id++) {
		fat = xcalloc(1, 1000);
		memset(fat, 0xaa, 1000);
		append(fat, 0, nal, make_pps(id, 0, nal));
		free(clean(c, fat, 1000).out);
		free(fat);
		free(CLEAN(c, SC, SPS, SC, IDR).out);
	}
	fat = xcalloc(1, 5000);
	memset(fat, 0xaa, 5000);
	append(fat, 0, BYTES(PPS), SIZE(PPS));
	free(clean(c, fat, 5000).out);
	free(fat);
	r = CLEAN(c, SC, SPS, SC, PPS, SC, IDR);
	assert_true(r.pic.key);
	assert_in_range(r.pic.len, 1, H264_CLEANER_ROOM);
	free(r.out);
	h264_cleaner_free(c);
}

/* Every slice of a real stream comes out bit-exact, and nothing else but
 * the parameter sets in front of IDR pictures. */
static void
check_unit(struct h264_cleaner *c, const uint8_t *au, size_t len,
    const char *idr_types, int *keys, int *bs)
{
	struct cleaned r = clean(c, au, len);
	struct video_nal in, out;
	size_t pos = 0, at = 0;

	assert_int_equal(r.rc, 0);
	if (r.pic.key)
		expect_types(&r, idr_types);
	*keys += r.pic.key;
	*bs += r.pic.has_b;
	while (h264_next_nal(au, len, &pos, &in)) {
		if (in.type != H264_NAL_SLICE && in.type != H264_NAL_IDR)
			continue;
		do
			assert_true(h264_next_nal(r.out, r.pic.len, &at, &out));
		while (out.type == H264_NAL_SPS || out.type == H264_NAL_PPS);
		assert_int_equal(in.len, out.len);
		assert_memory_equal(in.data, out.data, in.len);
	}
	assert_false(h264_next_nal(r.out, r.pic.len, &at, &out));
	free(r.out);
}

static void
check_stream(const char *name, const char *idr_types, int units, int keys,
    int bs)
{
	struct h264_cleaner *c = h264_cleaner_new();
	size_t len, pos = 0, au_len;
	uint8_t *buf = fixture_read(name, &len);
	const uint8_t *au;
	int got_keys = 0, got_bs = 0;

	while (next_unit(buf, len, &pos, &au, &au_len)) {
		check_unit(c, au, au_len, idr_types, &got_keys, &got_bs);
		units--;
	}
	assert_int_equal(units, 0);
	assert_int_equal(got_keys, keys);
	assert_int_equal(got_bs, bs);
	free(buf);
	h264_cleaner_free(c);
}

static void
test_clean_streams(void **state)
{
	(void)state;
	check_stream("h264/baseline.h264", "7 8 5", 12, 2, 0);
	check_stream("h264/bframes.h264", "7 8 5", 12, 1, 7);
	check_stream("h264/slices.h264", "7 8 5 5 5 5", 6, 2, 0);
	check_stream("h264/interlaced.h264", "7 8 5", 4, 2, 0);
	check_stream("h264/large.h264", "7 8 5", 2, 1, 0);
}

/* A stream cut anywhere and with any byte changed: no crash, no overrun
 * of a buffer that is exactly large enough. */
static void
test_clean_damaged(void **state)
{
	size_t len;
	uint8_t *buf = fixture_read("h264/baseline.h264", &len);
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct h264_cleaner *c = h264_cleaner_new();
		size_t cut = (seed = seed * 1103515245 + 12345) % 600;
		uint8_t *copy = xmemdup(buf, 600);

		copy[4 + seed / 600 % 596] = seed >> 20;
		copy[4 + seed / 7 % 60] = seed >> 12;
		free(clean(c, copy, cut).out);
		free(clean(c, copy, 600).out);
		free(copy);
		h264_cleaner_free(c);
	}
	free(buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next_nal),
		cmocka_unit_test(test_next_nal_short),
		cmocka_unit_test(test_sps_of_x264),
		cmocka_unit_test(test_sps_scaling_lists),
		cmocka_unit_test(test_sps_chroma_444),
		cmocka_unit_test(test_sps_impossible),
		cmocka_unit_test(test_sps_damaged),
		cmocka_unit_test(test_slice_types),
		cmocka_unit_test(test_slice_first_mb),
		cmocka_unit_test(test_h265),
		cmocka_unit_test(test_clean_repeats),
		cmocka_unit_test(test_clean_no_sets),
		cmocka_unit_test(test_clean_bare_sets),
		cmocka_unit_test(test_clean_changed_pps),
		cmocka_unit_test(test_clean_changed_sps),
		cmocka_unit_test(test_clean_torn_idr),
		cmocka_unit_test(test_clean_drops_foreign),
		cmocka_unit_test(test_clean_not_annex_b),
		cmocka_unit_test(test_clean_too_many_sets),
		cmocka_unit_test(test_clean_too_many_slices),
		cmocka_unit_test(test_clean_streams),
		cmocka_unit_test(test_clean_damaged),
	};

	return cmocka_run_group_tests_name("h264", tests, NULL, NULL);
}
