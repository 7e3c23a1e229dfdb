/*
 * Payloads of H265. Their reader is written from RFC 7798 apart from the
 * packetiser and from what takes a camera's apart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bytes.h"
#include "tests/unit/fixture.h"
#include "worker/media/h265.h"
#include "worker/media/h265_cleaner.h"
#include "worker/media/packetise.h"

#define BYTES(...)	((const uint8_t[]) { __VA_ARGS__ })

struct reader {
	uint8_t	*buf;
	size_t	 len;
	bool	 in_fragment;
};

static void
append(struct reader *r, const void *p, size_t len)
{
	r->buf = xrealloc(r->buf, r->len + len);
	memcpy(r->buf + r->len, p, len);
	r->len += len;
}

static void
begin(struct reader *r, const void *p, size_t len)
{
	append(r, "\0\0\1", 3);
	append(r, p, len);
}

/* Section 4.4.2. */
static void
read_aggregate(struct reader *r, const uint8_t *p, size_t len)
{
	size_t at = 2;
	int n = 0;

	for (; at + 2 <= len; n++) {
		size_t size = get16(p + at);

		assert_in_range(size, 2, len - at - 2);
		begin(r, p + at + 2, size);
		at += 2 + size;
	}
	assert_int_equal(at, len);
	assert_true(n >= 2);
}

/* Section 4.4.3. */
static void
read_fragment(struct reader *r, const uint8_t *p, size_t len)
{
	bool start = p[2] & 0x80, end = p[2] & 0x40;
	const uint8_t header[] = {
		(uint8_t)((p[0] & 0x81) | (p[2] & 0x3f) << 1), p[1],
	};

	assert_true(len > 3);
	assert_false(start && end);
	assert_int_equal(r->in_fragment, !start);
	if (start)
		begin(r, header, 2);
	append(r, p + 3, len - 3);
	r->in_fragment = !end;
}

static void
read_payload(struct reader *r, const uint8_t *p, size_t len)
{
	int type = p[0] >> 1 & 0x3f;

	assert_true(len > 2);
	if (type == 49) {
		read_fragment(r, p, len);
		return;
	}
	assert_false(r->in_fragment);
	if (type == 48)
		read_aggregate(r, p, len);
	else
		begin(r, p, len);
}

static struct rtp_unit *
make(const uint8_t *data, size_t len, size_t max)
{
	struct media_unit *m = media_unit_new(MEDIA_VIDEO, MEDIA_H265, data,
	    len);
	struct rtp_unit *u;
	struct video_nal nal;
	size_t pos = 0;

	while (h265_next_nal(m->data, m->len, &pos, &nal)) {
		m->nals = xrealloc(m->nals, (m->n_nals + 1) * sizeof nal);
		m->nals[m->n_nals++] = nal;
	}
	u = packetise(m, max);
	media_unit_free(m);
	return u;
}

/* `au` must have start codes of three bytes. */
static void
check_round_trip(const uint8_t *au, size_t len, size_t max)
{
	struct rtp_unit *u = make(au, len, max);
	struct reader r = { .len = 0 };

	assert_non_null(u);
	for (size_t i = 0; i < u->count; i++) {
		size_t size = u->offset[i + 1] - u->offset[i];

		assert_in_range(size, 1, max);
		read_payload(&r, u->bytes + u->offset[i], size);
	}
	assert_false(r.in_fragment);
	assert_int_equal(r.len, len);
	assert_memory_equal(r.buf, au, len);
	free(r.buf);
	rtp_unit_unref(u);
}

static unsigned
random_below(unsigned n)
{
	static unsigned seed = 42;

	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

/* A NAL unit without zero bytes, so that none looks like a start code. */
static size_t
append_nal(uint8_t *au, size_t at, unsigned type, size_t len)
{
	memcpy(au + at, BYTES(0, 0, 1), 3);
	au[at + 3] = (uint8_t)(type << 1);
	for (size_t i = 1; i < len; i++)
		au[at + 3 + i] = (uint8_t)(1 + random_below(255));
	return at + 3 + len;
}

static void
test_pictures_of_random_sizes_come_back_whole(void **state)
{
	static const uint8_t types[] = { 32, 33, 34, 19, 1 };
	uint8_t *au = malloc(8 * 6000);

	(void)state;
	for (int round = 0; round < 3000; round++) {
		size_t len = 0, max = 8 + random_below(1400);
		int nals = 1 + (int)random_below(7);

		while (nals-- > 0)
			len = append_nal(au, len, types[random_below(5)],
			    3 + random_below(random_below(2) ? 40 : 5000));
		check_round_trip(au, len, max);
	}
	for (size_t len = 95; len < 700; len++)
		check_round_trip(au, append_nal(au, 0, 19, len), 100);
	free(au);
}

static void
test_parameter_sets_are_one_packet(void **state)
{
	static const uint8_t au[] = { 0, 0, 1, 0x40, 1, 7, 0, 0, 1, 0x42, 1, 8,
		9, 0, 0, 1, 0x44, 1, 6, 0, 0, 1, 0x26, 1, 5 };
	static const uint8_t ap[] = { 0x60, 1, 0, 3, 0x40, 1, 7, 0, 4, 0x42, 1,
		8, 9, 0, 3, 0x44, 1, 6 };
	struct rtp_unit *u = make(au, sizeof au, 1200);

	(void)state;
	assert_int_equal(u->count, 2);
	assert_int_equal(u->offset[1], sizeof ap);
	assert_memory_equal(u->bytes, ap, sizeof ap);
	assert_memory_equal(u->bytes + u->offset[1], BYTES(0x26, 1, 5), 3);
	rtp_unit_unref(u);
}

static void
test_fragments_are_of_equal_size(void **state)
{
	uint8_t au[4096];
	struct rtp_unit *u;

	(void)state;
	/* 2400 bytes behind the header: 1197 fit, so three of 800. */
	append_nal(au, 0, 19, 2402);
	au[4] = 1;
	u = make(au, 3 + 2402, 1200);
	assert_int_equal(u->count, 3);
	for (unsigned i = 0; i < 3; i++) {
		static const uint8_t flags[] = { 0x80, 0, 0x40 };

		assert_int_equal(u->offset[i + 1] - u->offset[i], 803);
		assert_memory_equal(u->bytes + u->offset[i],
		    BYTES(0x62, 1, flags[i] | 19), 3);
		assert_memory_equal(u->bytes + u->offset[i] + 3,
		    au + 5 + 800 * i, 800);
	}
	rtp_unit_unref(u);
}

static void
test_a_clean_picture_of_x265_comes_back_whole(void **state)
{
	size_t len;
	uint8_t *buf = fixture_read("h265/large.h265", &len);
	struct h265_cleaner *c = h265_cleaner_new();
	uint8_t *out = malloc(len + H265_CLEANER_ROOM);
	struct video_picture pic;

	(void)state;
	assert_int_equal(h265_clean(c, buf, len, out, &pic), 0);
	assert_true(pic.len > 5000);
	check_round_trip(out, pic.len, PACKETISE_MAX_PAYLOAD);
	free(out);
	h265_cleaner_free(c);
	free(buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pictures_of_random_sizes_come_back_whole),
		cmocka_unit_test(test_parameter_sets_are_one_packet),
		cmocka_unit_test(test_fragments_are_of_equal_size),
		cmocka_unit_test(test_a_clean_picture_of_x265_comes_back_whole),
	};

	return cmocka_run_group_tests_name("packetise_h265", tests, NULL,
	    NULL);
}
