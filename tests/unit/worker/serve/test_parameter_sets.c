#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/worker/h264_samples.h"
#include "worker/media/h264.h"
#include "worker/media/packetise.h"
#include "worker/serve/parameter_sets.h"

static const uint8_t sps[] = { SPS }, pps[] = { PPS };

/* A key frame by the packetiser itself, of so many bytes a payload. */
static struct rtp_unit *
key_frame(const void *au, size_t len, size_t max)
{
	struct media_unit *u = media_unit_new(MEDIA_VIDEO, MEDIA_H264, au,
	    len);
	struct rtp_unit *packets;
	size_t pos = 0;

	u->key = true;
	u->nals = calloc(16, sizeof u->nals[0]);
	while (u->n_nals < 16 && h264_next_nal(u->data, u->len, &pos,
	    &u->nals[u->n_nals]))
		u->n_nals++;
	packets = packetise(u, max);
	assert_non_null(packets);
	media_unit_free(u);
	return packets;
}

static void
assert_both_sets(const void *au, size_t len, size_t max)
{
	struct rtp_unit *u = key_frame(au, len, max);
	struct parameter_sets sets;

	parameter_sets_find(u, &sets);
	assert_int_equal(sets.n, 2);
	assert_int_equal(sets.set[0].type, H264_NAL_SPS);
	assert_int_equal(sets.set[0].len, sizeof sps);
	assert_memory_equal(sets.set[0].data, sps, sizeof sps);
	assert_int_equal(sets.set[1].type, H264_NAL_PPS);
	assert_int_equal(sets.set[1].len, sizeof pps);
	assert_memory_equal(sets.set[1].data, pps, sizeof pps);
	rtp_unit_unref(u);
}

static void
test_aggregated(void **state)
{
	(void)state;
	assert_both_sets(BYTES(SC, SPS, SC, PPS, SC, IDR),
	    SIZE(SC, SPS, SC, PPS, SC, IDR), 1200);
}

static void
test_alone(void **state)
{
	(void)state;
	assert_both_sets(BYTES(SC, SPS, SC, PPS, SC, IDR),
	    SIZE(SC, SPS, SC, PPS, SC, IDR), 26);
}

/* What comes behind the picture's first slice is not looked at. */
static void
test_only_in_front(void **state)
{
	struct parameter_sets sets;
	struct rtp_unit *u;

	(void)state;
	u = key_frame(BYTES(SC, SPS, SC, IDR, SC, PPS),
	    SIZE(SC, SPS, SC, IDR, SC, PPS), 1200);
	parameter_sets_find(u, &sets);
	assert_int_equal(sets.n, 1);
	rtp_unit_unref(u);
}

static void
test_none(void **state)
{
	struct parameter_sets sets;
	struct rtp_unit *u;

	(void)state;
	parameter_sets_find(NULL, &sets);
	assert_int_equal(sets.n, 0);
	u = key_frame(BYTES(SC, P), SIZE(SC, P), 1200);
	parameter_sets_find(u, &sets);
	assert_int_equal(sets.n, 0);
	u->codec = MEDIA_OPUS;
	parameter_sets_find(u, &sets);
	assert_int_equal(sets.n, 0);
	rtp_unit_unref(u);
}

/* An aggregate whose sizes do not fit into it. */
static void
test_damaged(void **state)
{
	uint8_t bytes[] = { 0x78, 0, 2, 0x67, 0x42, 0, 9, 0x68, 0xce };
	uint32_t offset[] = { 0, sizeof bytes };
	struct rtp_unit u = {
		.kind = MEDIA_VIDEO, .codec = MEDIA_H264, .count = 1,
		.offset = offset, .bytes = bytes,
	};
	struct parameter_sets sets;

	(void)state;
	parameter_sets_find(&u, &sets);
	assert_int_equal(sets.n, 1);
	assert_int_equal(sets.set[0].len, 2);
	for (uint32_t len = 0; len < sizeof bytes; len++) {
		offset[1] = len;
		parameter_sets_find(&u, &sets);
		assert_int_equal(sets.n, len >= 5);
	}
}

static void
test_many(void **state)
{
	uint8_t au[20 * SIZE(SC, SPS)], *p = au;
	struct parameter_sets sets;
	struct rtp_unit *u;

	(void)state;
	for (int i = 0; i < 20; i++, p += SIZE(SC, SPS))
		memcpy(p, BYTES(SC, SPS), SIZE(SC, SPS));
	u = key_frame(au, sizeof au, 26);
	parameter_sets_find(u, &sets);
	assert_int_equal(sets.n, PARAMETER_SETS_MAX);
	rtp_unit_unref(u);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aggregated),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_only_in_front),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests_name("parameter_sets", tests, NULL,
	    NULL);
}
