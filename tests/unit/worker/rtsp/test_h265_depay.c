/*
 * The payloads of RFC 7798. Of each unit that comes out the log has its NAL
 * units in hex, '!' if it is damaged, and its time.
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

#include "tests/unit/fixture.h"
#include "worker/media/h265.h"
#include "worker/media/packetise.h"
#include "worker/rtsp/assembly.h"
#include "worker/rtsp/h265_depay.h"
#include "worker/rtsp/rtp_track.h"
#include "xalloc.h"

#define VPS	"\x40\x01\x0c"
#define SPS	"\x42\x01\x05"
#define PPS	"\x44\x01\xc1"
#define AUD	"\x46\x01\x50"
#define IDR	"\x26\x01\xaf"		/* the first of a picture */
#define IDR_1	"\x26\x01\x2f"		/* another */
#define P	"\x02\x01\xd0"
#define P_1	"\x02\x01\x52"

enum { LOST = 1, MARKER = 2, RESTART = 4 };

struct fixture {
	struct assembly	*a;
	struct depay	 d;
	char		 log[1024];
	int		 answer;	/* of the callback */
};

static int
on_unit(const struct assembly_unit *u, void *arg)
{
	struct fixture *f = arg;
	struct video_nal nal;
	size_t pos = 0, n = strlen(f->log);

	while (u->len > 0 && nal_next(u->data, u->len, &pos, &nal)) {
		for (size_t i = 0; i < nal.len; i++)
			n += snprintf(f->log + n, sizeof f->log - n, "%02x",
			    nal.data[i]);
		n += snprintf(f->log + n, sizeof f->log - n, " ");
	}
	snprintf(f->log + n, sizeof f->log - n, "%s@%d, ",
	    u->damaged ? "!" : "", (int)u->time);
	return f->answer;
}

static int
setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof f);
	f.d.assembly = f.a = assembly_new(&h265_codec, on_unit, &f);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	assembly_free(f->a);
	return 0;
}

/* What came out since the last time. */
static const char *
seen(struct fixture *f)
{
	static char copy[sizeof f->log];

	memcpy(copy, f->log, sizeof copy);
	f->log[0] = '\0';
	return copy;
}

/* The end of the payload is the end of its memory. */
static int
take(struct fixture *f, const char *data, size_t len, int64_t t, int flags)
{
	uint8_t *copy = xmemdup(data, len > 0 ? len : 1);
	struct rtp_in in = {
		.data = copy, .len = len, .time = t, .lost = flags & LOST,
		.marker = flags & MARKER, .restart = flags & RESTART,
	};
	int ret = h265_depay.take(&f->d, &in);

	free(copy);
	return ret;
}
#define TAKE(data, t, flags)	take(f, data, sizeof (data) - 1, t, flags)

/* The picture before ends. */
static const char *
end(struct fixture *f, int64_t t)
{
	TAKE(AUD, t, 0);
	return seen(f);
}

/* The marker is known to be right, and nothing waits. */
static void
learn(struct fixture *f)
{
	TAKE(P, 1, MARKER);
	TAKE(P, 2, MARKER);
	assert_string_equal(seen(f), "0201d0 @1, 0201d0 @2, ");
}

/* Slices behind the first are of its picture, however many. */
static void
test_single_units(void **state)
{
	struct fixture *f = *state;

	TAKE(VPS, 10, 0);
	TAKE(SPS, 10, 0);
	TAKE(PPS, 10, 0);
	TAKE(IDR, 10, 0);
	TAKE(IDR_1, 10, 0);
	TAKE(IDR_1, 11, 0);
	TAKE(IDR_1, 12, 0);
	assert_string_equal(seen(f), "");
	TAKE(P, 10, 0);
	assert_string_equal(seen(f), "40010c 420105 4401c1 2601af 26012f "
	    "26012f 26012f @10, ");
	assert_string_equal(end(f, 20), "0201d0 @10, ");
	TAKE("\x02\x01", 20, 0);	/* nothing but a header */
	assert_string_equal(end(f, 30), "460150 0201 !@20, ");
}

/* Of one that is no slice, and of one that is nothing (PACI, and what is not
 * in use). */
static void
test_types(void **state)
{
	struct fixture *f = *state;
	char data[] = "?\1bc", want[64];

	for (int type = 0; type < 64; type++) {
		data[0] = (char)(type << 1);
		if (h265_is_slice((unsigned)type) || type == 48 || type == 49)
			continue;
		TAKE(IDR, 10, 0);
		assert_int_equal(TAKE(data, 10, MARKER), 0);
		TAKE(IDR_1, 10, 0);
		snprintf(want, sizeof want, "%02x016263 ", type << 1);
		TAKE(P, 20, 0);
		if (type < 48)
			assert_non_null(strstr(f->log, want));
		else
			assert_string_equal(f->log, "2601af 26012f !@10, ");
		seen(f);
		assembly_restart(f->a);
	}
}

static void
test_what_is_too_short(void **state)
{
	struct fixture *f = *state;

	TAKE(IDR, 10, 0);
	TAKE("", 10, 0);
	TAKE(IDR_1, 10, 0);
	assert_string_equal(end(f, 20), "2601af 26012f @10, ");
	TAKE(IDR, 20, 0);
	TAKE("\x26", 20, 0);
	TAKE(IDR_1, 20, 0);
	assert_string_equal(end(f, 30), "460150 2601af 26012f !@20, ");
}

static void
test_aggregates(void **state)
{
	struct fixture *f = *state;

	TAKE("\x60\1\0\3" VPS "\0\3" SPS "\0\3" PPS, 10, 0);
	TAKE("\x60\1\0\3" IDR "\0\3" IDR_1 "\0", 10, 0);
	TAKE("\x60\1\0\0\0\3" IDR_1, 10, 0);
	assert_string_equal(end(f, 20), "40010c 420105 4401c1 2601af 26012f "
	    "26012f @10, ");
	/* cut off: what stands before that is whole */
	TAKE("\x60\1\0\3" P "\0\4" P_1, 20, 0);
	assert_string_equal(seen(f), "");
	TAKE(P_1, 20, 0);
	assert_string_equal(end(f, 30), "460150 0201d0 020152 !@20, ");
	TAKE("\x60\1", 30, 0);
	TAKE("\x60\1\0", 30, 0);
	TAKE(P, 30, 0);
	assert_string_equal(end(f, 40), "460150 0201d0 @30, ");
}

static void
test_fragments(void **state)
{
	struct fixture *f = *state;

	TAKE("\x62\x01\x93\xaf", 10, 0);
	assert_int_equal(TAKE("\x62\x01\x13\x12\x34", 10, 0), 0);
	TAKE("\x62\x01\x53\x56", 10, 0);
	TAKE("\x62\x01\x93\x2f", 10, 0);
	TAKE("\x62\x01\x53\x78", 10, 0);
	assert_string_equal(end(f, 20), "2601af123456 26012f78 @10, ");
	/* F, layer and TID are the payload's. */
	TAKE(P, 20, 0);
	TAKE("\xe3\x0b\xa0\x12", 20, 0);
	TAKE("\xe3\x0b\x60\x34", 20, 0);
	TAKE(P_1, 20, 0);
	assert_string_equal(end(f, 30),
	    "460150 0201d0 c10b1234 020152 @20, ");
}

static void
test_fragments_that_are_cut_off(void **state)
{
	struct fixture *f = *state;

	TAKE("\x62\x01\x93\xaf", 10, 0);
	TAKE("\x62\x01\x13", 10, 0);
	TAKE("\x62\x01\x53\x12", 10, 0);
	assert_string_equal(end(f, 20), "2601af12 !@10, ");
	/* one without a start, and without a loss */
	TAKE("\x62\x01\x13\x12", 20, 0);
	TAKE(IDR, 20, 0);
	assert_string_equal(end(f, 30), "460150 2601af !@20, ");
	TAKE(IDR, 30, 0);
	TAKE("\x62\x01\x53\x12", 30, 0);
	assert_string_equal(end(f, 40), "460150 2601af12 !@30, ");
	/* one that is over since an aggregate came */
	TAKE("\x62\x01\x93\xaf", 40, 0);
	TAKE("\x60\1\0\3" IDR_1, 40, 0);
	TAKE("\x62\x01\x53\x12", 40, 0);
	assert_string_equal(end(f, 50), "460150 2601af 26012f12 !@40, ");
}

static void
test_lost_fragments(void **state)
{
	struct fixture *f = *state;

	TAKE("\x62\x01\x93\xaf", 10, 0);
	TAKE("\x62\x01\x13\x12", 10, LOST);
	TAKE("\x62\x01\x53\x34", 10, 0);
	assert_string_equal(end(f, 20), "2601af1234 !@10, ");
	/* with the beginning of the next picture */
	TAKE(IDR, 20, 0);
	TAKE(P_1, 30, LOST);
	assert_string_equal(seen(f), "460150 2601af !@20, ");
	TAKE(P, 40, 0);
	assert_string_equal(seen(f), "020152 !@30, ");
	assert_string_equal(end(f, 50), "0201d0 @40, ");
}

static void
test_markers(void **state)
{
	struct fixture *f = *state;

	learn(f);
	TAKE(P, 10, 0);
	TAKE(P_1, 10, 0);
	TAKE(P_1, 10, MARKER);
	assert_string_equal(seen(f), "0201d0 020152 020152 @10, ");
	TAKE("\x62\x01\x93\xaf", 20, 0);
	TAKE("\x62\x01\x53\x34", 20, MARKER);
	assert_string_equal(seen(f), "2601af34 @20, ");
	TAKE("\x60\1\0\3" SPS "\0\3" P "\0\3" P_1, 30, MARKER);
	assert_string_equal(seen(f), "420105 0201d0 020152 @30, ");
	/* A marker that was no end: the picture goes on. */
	TAKE(P, 40, MARKER);
	assert_string_equal(seen(f), "0201d0 @40, ");
	TAKE(P_1, 40, MARKER);
	assert_string_equal(seen(f), "!@40, ");
	TAKE(P, 50, MARKER);
	TAKE(P_1, 50, MARKER);
	assert_string_equal(end(f, 60), "0201d0 020152 @50, ");
}

static void
test_restart(void **state)
{
	struct fixture *f = *state;

	TAKE("\x62\x01\x93\xaf", 90000, 0);
	TAKE(IDR, 0, RESTART);
	assert_string_equal(seen(f), "");
	assert_string_equal(end(f, 10), "2601af @0, ");
	TAKE("\x62\x01\x93\xaf", 90000, 0);
	TAKE("\x62\x01\x53\x12", 0, RESTART);
	assert_string_equal(seen(f), "!@0, ");
}

static void
test_answer(void **state)
{
	struct fixture *f = *state;

	f->answer = -2;
	TAKE(P, 10, 0);
	assert_int_equal(TAKE(P, 20, 0), -2);
	assert_int_equal(TAKE("\x62\x01\x81\xd0", 30, 0), -2);
	assert_int_equal(TAKE("\x60\1\0\3" P "\0\3" P, 40, 0), -2);
}

/* sprop-vps and the like, in that order whatever the SDP's, and no more. */
static void
test_sets_of_sdp(void **state)
{
	static const struct {
		const char *fmtp, *want;
		size_t len;
	} cases[] = {
		{ "sprop-sps=QgEF;sprop-vps=QAEM; sprop-pps=RAHB",
		    "\0\0\0\1" VPS "\0\0\0\1" SPS "\0\0\0\1" PPS, 21 },
		{ "sprop-pps=RAHB,AAAAAUQBwQ==,TgEFAYA=,RAE=",
		    "\0\0\0\1" PPS "\0\0\0\1" PPS, 14 },
		{ "sprop-vps=;sprop-sps=****", NULL, 0 },
		{ "sprop-parameter-sets=QAEM", NULL, 0 },
		{ "", NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		size_t len = 99;
		uint8_t *sets = h265_depay.sets(cases[i].fmtp, &len);

		assert_int_equal(len, cases[i].len);
		assert_int_equal(sets == NULL, cases[i].want == NULL);
		if (sets != NULL)
			assert_memory_equal(sets, cases[i].want, len);
		free(sets);
	}
}

static void
test_decoding_order_numbers_are_refused(void **state)
{
	(void)state;
	assert_null(h265_depay.refuse(""));
	assert_null(h265_depay.refuse("profile-id=1;tx-mode=SRST"));
	assert_null(h265_depay.refuse("sprop-max-don-diff=0"));
	assert_non_null(strstr(h265_depay.refuse("sprop-max-don-diff=2"),
	    "sprop-max-don-diff"));
	assert_non_null(h265_depay.refuse("a=1;SPROP-DEPACK-BUF-NALUS=1"));
	assert_non_null(strstr(h265_depay.refuse("tx-mode=MRMT"), "tx-mode"));
}

/* A camera's stream through all that it goes through: taken apart, cleaned,
 * and packetised as for a viewer, whose reader here is the same again. */
struct chain {
	struct assembly	*a;
	struct depay	 d;
	void		*cleaner;
	size_t		 max;		/* bytes of a payload to the viewer */
	struct chain	*viewer;	/* or NULL: it is one */
	struct nal_list	 slices;	/* of the last unit */
	uint8_t		*held;
	int		 units;
};

static void
send_unit(struct chain *c, const struct media_unit *m, size_t max)
{
	struct rtp_unit *u = packetise(m, max);

	for (size_t i = 0; i < u->count; i++) {
		struct rtp_in in = { .data = u->bytes + u->offset[i],
			.len = u->offset[i + 1] - u->offset[i],
			.time = 3600 * c->units, .marker = i + 1 == u->count };

		assert_int_equal(h265_depay.take(&c->d, &in), 0);
	}
	rtp_unit_unref(u);
}

static struct media_unit *
unit_of(const uint8_t *data, size_t len)
{
	struct media_unit *m = media_unit_new(MEDIA_VIDEO, MEDIA_H265, data,
	    len);
	struct nal_list list = { .n = 0 };
	struct video_nal nal;
	size_t pos = 0;

	while (h265_next_nal(m->data, len, &pos, &nal))
		nal_list_add(&list, &nal);
	m->nals = list.nals;
	m->n_nals = list.n;
	return m;
}

static int
on_chain_unit(const struct assembly_unit *u, void *arg)
{
	struct chain *c = arg;
	struct video_picture pic;
	struct media_unit *m;
	uint8_t *out;

	assert_false(u->damaged);
	c->units++;
	if (c->viewer == NULL) {
		free(c->held);
		c->held = xmemdup(u->data, u->len);
		c->slices.n = u->len;
		return 0;
	}
	out = xcalloc(1, u->len + h265_codec.room);
	assert_int_equal(h265_codec.clean(c->cleaner, u->data, u->len, out,
	    &pic), 0);
	assert_true(pic.len > 0);
	m = unit_of(out, pic.len);
	send_unit(c->viewer, m, c->max);
	media_unit_free(m);
	free(out);
	return 0;
}

static void
begin_chain(struct chain *c, struct chain *viewer)
{
	*c = (struct chain){ .viewer = viewer, .max = 200 };
	c->d.assembly = c->a = assembly_new(&h265_codec, on_chain_unit, c);
	c->cleaner = h265_codec.cleaner_new();
}

static void
end_chain(struct chain *c)
{
	assembly_free(c->a);
	h265_codec.cleaner_free(c->cleaner);
	free(c->held);
}

/* The slices of `au` are in what the viewer has, bit by bit. */
static void
expect_slices(const struct chain *viewer, const uint8_t *au, size_t len)
{
	struct video_nal in, out;
	size_t pos = 0, at = 0;

	while (h265_next_nal(au, len, &pos, &in)) {
		if (!h265_is_slice(in.type))
			continue;
		do
			assert_true(h265_next_nal(viewer->held,
			    viewer->slices.n, &at, &out));
		while (!h265_is_slice(out.type));
		assert_int_equal(in.len, out.len);
		assert_memory_equal(in.data, out.data, in.len);
	}
	assert_false(h265_next_nal(viewer->held, viewer->slices.n, &at, &out));
}

/* Both learn the marker by the second unit, so that each is there at once from
 * the third one on. */
static void
check_stream(const char *name, int units)
{
	static const uint8_t aud[] = { 0, 0, 0, 1, 0x46 };
	struct chain viewer, camera;
	size_t len;
	uint8_t *buf = fixture_read(name, &len), *au = buf, *end;

	begin_chain(&viewer, NULL);
	begin_chain(&camera, &viewer);
	for (; au < buf + len; au = end) {
		struct media_unit *m;

		end = memmem(au + 4, (size_t)(buf + len - au) - 4, aud,
		    sizeof aud);
		if (end == NULL)
			end = buf + len;
		m = unit_of(au, (size_t)(end - au));
		send_unit(&camera, m, 100);
		media_unit_free(m);
		if (viewer.units > 1)
			expect_slices(&viewer, au, (size_t)(end - au));
	}
	assert_int_equal(viewer.units, units);
	free(buf);
	end_chain(&camera);
	end_chain(&viewer);
}

static void
test_streams_of_x265_come_to_a_viewer_bit_exact(void **state)
{
	(void)state;
	check_stream("h265/low.h265", 12);
	check_stream("h265/slices.h265", 6);
	check_stream("h265/bframes.h265", 24);
	check_stream("h265/sublayers.h265", 12);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_single_units),
		TEST(test_types),
		TEST(test_what_is_too_short),
		TEST(test_aggregates),
		TEST(test_fragments),
		TEST(test_fragments_that_are_cut_off),
		TEST(test_lost_fragments),
		TEST(test_markers),
		TEST(test_restart),
		TEST(test_answer),
		TEST(test_sets_of_sdp),
		TEST(test_decoding_order_numbers_are_refused),
		TEST(test_streams_of_x265_come_to_a_viewer_bit_exact),
	};

	return cmocka_run_group_tests_name("h265_depay", tests, NULL, NULL);
}
