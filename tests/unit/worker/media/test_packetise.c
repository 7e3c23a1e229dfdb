#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "bytes.h"
#include "tests/unit/fixture.h"
#include "worker/media/h264.h"
#include "worker/media/h264_cleaner.h"
#include "worker/media/packetise.h"

#define BYTES(...)	((const uint8_t[]) { __VA_ARGS__ })

/* A depacketiser, written from RFC 6184 apart from the packetiser: the
 * payloads back into Annex B. */
struct depacketiser {
	uint8_t	*buf;
	size_t	 len;
	bool	 in_fragment;
};

static void
restore(struct depacketiser *d, const uint8_t *p, size_t len)
{
	d->buf = xrealloc(d->buf, d->len + len + 3);
	memcpy(d->buf + d->len, BYTES(0, 0, 1), 3);
	memcpy(d->buf + d->len + 3, p, len);
	d->len += len + 3;
}

static void
read_stap(struct depacketiser *d, const uint8_t *p, size_t len)
{
	size_t at = 1;
	int n = 0;

	for (; at + 2 <= len; n++) {
		size_t size = get16(p + at);

		assert_in_range(size, 1, len - at - 2);
		restore(d, p + at + 2, size);
		at += 2 + size;
	}
	assert_int_equal(at, len);
	assert_true(n >= 2);
}

static void
read_fragment(struct depacketiser *d, const uint8_t *p, size_t len)
{
	bool start = p[1] & 0x80, end = p[1] & 0x40;
	uint8_t header = (p[0] & 0xe0) | (p[1] & 0x1f);

	assert_true(len > 2);
	assert_false(start && end);		/* section 5.8 */
	assert_int_equal(p[1] & 0x20, 0);	/* reserved */
	assert_int_equal(d->in_fragment, !start);
	if (start)
		restore(d, &header, 1);
	d->buf = xrealloc(d->buf, d->len + len - 2);
	memcpy(d->buf + d->len, p + 2, len - 2);
	d->len += len - 2;
	d->in_fragment = !end;
}

static void
read_payload(struct depacketiser *d, const uint8_t *p, size_t len)
{
	assert_true(len > 0);
	if ((p[0] & 0x1f) == 28) {
		read_fragment(d, p, len);
		return;
	}
	assert_false(d->in_fragment);
	if ((p[0] & 0x1f) == 24)
		read_stap(d, p, len);
	else
		restore(d, p, len);
}

/* The fragments of one NAL unit are of one size, but the last. */
static void
check_sizes(const struct rtp_unit *u, size_t max)
{
	size_t size = 0;

	for (size_t i = 0; i < u->count; i++) {
		const uint8_t *p = u->bytes + u->offset[i];
		size_t len = u->offset[i + 1] - u->offset[i];

		assert_in_range(len, 1, max);
		if ((p[0] & 0x1f) != 28)
			continue;
		if (p[1] & 0x80)
			size = len;
		else if (p[1] & 0x40)
			assert_in_range(len, 3, size);
		else
			assert_int_equal(len, size);
	}
}

/* A picture with the places of its NAL units, as the cleaner finds them. */
static struct media_unit *
picture_new(const uint8_t *data, size_t len)
{
	struct media_unit *m = media_unit_new(MEDIA_VIDEO, MEDIA_H264, data,
	    len);
	struct video_nal nal;
	size_t pos = 0;

	while (h264_next_nal(m->data, m->len, &pos, &nal)) {
		m->nals = xrealloc(m->nals, (m->n_nals + 1) * sizeof nal);
		m->nals[m->n_nals++] = nal;
	}
	return m;
}

static struct rtp_unit *
make(const uint8_t *data, size_t len, size_t max)
{
	struct media_unit *m = picture_new(data, len);
	struct rtp_unit *u = packetise(m, max);

	media_unit_free(m);
	return u;
}

/* `au` must have start codes of three bytes. */
static void
check_round_trip(const uint8_t *au, size_t len, size_t max)
{
	struct rtp_unit *u = make(au, len, max);
	struct depacketiser d = { .len = 0 };

	assert_non_null(u);
	assert_int_equal(u->offset[0], 0);
	check_sizes(u, max);
	for (size_t i = 0; i < u->count; i++)
		read_payload(&d, u->bytes + u->offset[i],
		    u->offset[i + 1] - u->offset[i]);
	assert_false(d.in_fragment);
	assert_int_equal(d.len, len);
	assert_memory_equal(d.buf, au, len);
	free(d.buf);
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
append_nal(uint8_t *au, size_t at, uint8_t header, size_t len)
{
	memcpy(au + at, BYTES(0, 0, 1), 3);
	au[at + 3] = header;
	for (size_t i = 1; i < len; i++)
		au[at + 3 + i] = 1 + random_below(255);
	return at + 3 + len;
}

static void
test_pictures_of_random_sizes_come_back_whole(void **state)
{
	static const uint8_t headers[] = { 0x67, 0x68, 0x65, 0x41, 0x01 };
	uint8_t *au = malloc(8 * 6000);

	(void)state;
	for (int round = 0; round < 3000; round++) {
		size_t len = 0, max = 8 + random_below(1400);
		int nals = 1 + random_below(7);

		while (nals-- > 0)
			len = append_nal(au, len, headers[random_below(5)],
			    1 + random_below(random_below(2) ? 40 : 5000));
		check_round_trip(au, len, max);
	}
	free(au);
}

/* Sizes around the limit, where an off-by-one shows. */
static void
test_sizes_around_the_limit_come_back_whole(void **state)
{
	uint8_t au[4096];

	(void)state;
	for (size_t len = 95; len < 700; len++)
		check_round_trip(au, append_nal(au, 0, 0x65, len), 100);
}

/* All bytes behind the NAL unit's header, 98 of them in each fragment. */
static void
test_there_are_no_more_fragments_than_needed(void **state)
{
	uint8_t au[4096];

	(void)state;
	for (size_t len = 101; len < 700; len++) {
		struct rtp_unit *u = make(au, append_nal(au, 0, 0x65, len),
		    100);

		assert_int_equal(u->count, (len - 1 + 97) / 98);
		rtp_unit_unref(u);
	}
}

static void
test_fragments_are_of_equal_size(void **state)
{
	uint8_t au[4096];
	struct rtp_unit *u;

	(void)state;
	/* 2400 bytes behind the header: 1198 fit, so three of 800. */
	u = make(au, append_nal(au, 0, 0x65, 2401), 1200);
	assert_int_equal(u->count, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(u->offset[i + 1] - u->offset[i], 802);
	assert_int_equal(u->bytes[0], 0x7c);
	assert_int_equal(u->bytes[1], 0x85);
	assert_int_equal(u->bytes[802 + 1], 0x05);
	assert_int_equal(u->bytes[2 * 802 + 1], 0x45);
	rtp_unit_unref(u);
}

static void
test_leading_parameter_sets_are_aggregated(void **state)
{
	static const uint8_t au[] = { 0, 0, 0, 1, 0x27, 1, 2, 0, 0, 1, 0x68, 3,
		0, 0, 1, 0x65, 4, 0, 0, 1, 0x68, 5 };
	static const uint8_t stap[] = { 0x78, 0, 3, 0x27, 1, 2, 0, 2, 0x68, 3 };
	struct rtp_unit *u = make(au, sizeof au, 1200);

	(void)state;
	assert_int_equal(u->count, 3);
	assert_int_equal(u->offset[1], sizeof stap);
	assert_memory_equal(u->bytes, stap, sizeof stap);
	assert_memory_equal(u->bytes + u->offset[1], BYTES(0x65, 4), 2);
	assert_memory_equal(u->bytes + u->offset[2], BYTES(0x68, 5), 2);
	rtp_unit_unref(u);
}

/* One alone needs no aggregate; two too large for one stand alone; more
 * than fit make two aggregates. */
static void
test_parameter_sets_that_do_not_fit_stand_alone(void **state)
{
	uint8_t au[4096];
	size_t len;
	struct rtp_unit *u;

	(void)state;
	u = make(BYTES(0, 0, 1, 0x67, 1, 0, 0, 1, 0x65, 2), 10, 1200);
	assert_int_equal(u->count, 2);
	assert_int_equal(u->bytes[0], 0x67);
	rtp_unit_unref(u);

	len = append_nal(au, append_nal(au, 0, 0x67, 50), 0x68, 50);
	u = make(au, len, 104);
	assert_int_equal(u->count, 2);
	rtp_unit_unref(u);
	u = make(au, len, 105);
	assert_int_equal(u->count, 1);
	assert_int_equal(u->offset[1], 105);
	rtp_unit_unref(u);

	for (int i = len = 0; i < 40; i++)
		len = append_nal(au, len, 0x68, 10);
	check_round_trip(au, len, 100);
	check_round_trip(au, len, 1200);
	u = make(au, len, 100);		/* eight in each */
	assert_int_equal(u->count, 5);
	rtp_unit_unref(u);
	u = make(au, len, 1200);	/* 16 in each, which is the most */
	assert_int_equal(u->count, 3);
	rtp_unit_unref(u);
}

static void
test_a_clean_picture_of_x264_comes_back_whole(void **state)
{
	size_t len;
	uint8_t *buf = fixture_read("h264/large.h264", &len);
	struct h264_cleaner *c = h264_cleaner_new();
	uint8_t *out = malloc(len + H264_CLEANER_ROOM);
	struct video_picture pic;

	(void)state;
	assert_int_equal(h264_clean(c, buf, len, out, &pic), 0);
	check_round_trip(out, pic.len, PACKETISE_MAX_PAYLOAD);
	free(out);
	h264_cleaner_free(c);
	free(buf);
}

static void
test_audio_is_one_payload(void **state)
{
	static const uint8_t frame[1201] = { 0x78, 1, 2 };
	struct media_unit *m = media_unit_new(MEDIA_AUDIO, MEDIA_OPUS, frame,
	    1200);
	struct rtp_unit *u = packetise(m, 1200);

	(void)state;
	assert_int_equal(u->count, 1);
	assert_int_equal(u->kind, MEDIA_AUDIO);
	assert_int_equal(u->codec, MEDIA_OPUS);
	assert_int_equal(u->offset[1], 1200);
	assert_memory_equal(u->bytes, frame, 1200);
	rtp_unit_unref(u);
	assert_null(packetise(m, 1199));
	media_unit_free(m);
	m = media_unit_new(MEDIA_AUDIO, MEDIA_OPUS, frame, 0);
	assert_null(packetise(m, 1200));
	media_unit_free(m);
}

static void
test_units_without_nal_units_give_nothing(void **state)
{
	(void)state;
	assert_null(make(BYTES(1), 0, 1200));
	assert_null(make(BYTES(0, 0, 0, 1), 4, 1200));
	assert_null(make(BYTES(5, 6, 7, 8), 4, 1200));
	assert_null(make(BYTES(0, 0, 1, 0x65), 4, 7));
}

static void
test_pictures_beyond_the_largest_are_refused(void **state)
{
	uint8_t *au = malloc(MEDIA_MAX_UNIT + 1);
	struct rtp_unit *u;

	(void)state;
	memset(au, 0xff, MEDIA_MAX_UNIT + 1);
	memcpy(au, BYTES(0, 0, 1, 0x65), 4);
	u = make(au, MEDIA_MAX_UNIT, 1200);
	assert_non_null(u);
	rtp_unit_unref(u);
	assert_null(make(au, MEDIA_MAX_UNIT + 1, 1200));
	free(au);
}

static void
test_the_least_payload_has_room_for_a_fragment(void **state)
{
	uint8_t au[64];

	(void)state;
	check_round_trip(au, append_nal(au, 0, 0x65, 40), 8);
}

/* A hostile camera's: more packets than a viewer's numbers tell apart. */
static void
test_pictures_of_too_many_packets_are_refused(void **state)
{
	size_t nals = PACKETISE_MAX_COUNT + 1, len = 0;
	uint8_t *au = malloc(nals * 5);
	struct rtp_unit *u;

	(void)state;
	while (nals-- > 1)
		len = append_nal(au, len, 0x65, 2);
	u = make(au, len, 1200);
	assert_int_equal(u->count, PACKETISE_MAX_COUNT);
	rtp_unit_unref(u);
	assert_null(make(au, append_nal(au, len, 0x65, 2), 1200));
	free(au);
}

static void
test_a_unit_is_freed_with_its_last_reference(void **state)
{
	struct media_unit *m = picture_new(BYTES(0, 0, 1, 0x65, 9), 5);
	struct rtp_unit *u;

	(void)state;
	m->key = true;
	u = packetise(m, 1200);
	media_unit_free(m);
	assert_int_equal(u->refs, 1);
	assert_true(u->key);
	assert_int_equal(u->time_us, 0);
	assert_ptr_equal(rtp_unit_ref(u), u);
	rtp_unit_unref(u);
	assert_int_equal(u->refs, 1);
	assert_memory_equal(u->bytes, BYTES(0x65, 9), 2);
	rtp_unit_unref(u);
	rtp_unit_unref(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pictures_of_random_sizes_come_back_whole),
		cmocka_unit_test(test_sizes_around_the_limit_come_back_whole),
		cmocka_unit_test(
		    test_there_are_no_more_fragments_than_needed),
		cmocka_unit_test(test_fragments_are_of_equal_size),
		cmocka_unit_test(test_leading_parameter_sets_are_aggregated),
		cmocka_unit_test(
		    test_parameter_sets_that_do_not_fit_stand_alone),
		cmocka_unit_test(test_a_clean_picture_of_x264_comes_back_whole),
		cmocka_unit_test(test_audio_is_one_payload),
		cmocka_unit_test(test_units_without_nal_units_give_nothing),
		cmocka_unit_test(test_pictures_beyond_the_largest_are_refused),
		cmocka_unit_test(
		    test_the_least_payload_has_room_for_a_fragment),
		cmocka_unit_test(test_pictures_of_too_many_packets_are_refused),
		cmocka_unit_test(test_a_unit_is_freed_with_its_last_reference),
	};

	return cmocka_run_group_tests_name("packetise", tests, NULL, NULL);
}
