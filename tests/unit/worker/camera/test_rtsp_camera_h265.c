/* A camera of H265, by what its SDP has and by what it sends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cameras.h"
#include "tests/unit/fixture.h"
#include "worker/media/h265.h"

/* x265's for 160x90: those of fixtures/h265/low.h265. */
#define SPROP	"sprop-vps=QAEMAf//AWAAAAMAkAAAAwAAAwAekoCQ;" \
		"sprop-sps=QgEBAWAAAAMAkAAAAwAAAwAeoBQgYfJlkqSTK8BaAgAAAwAC" \
		"AAADAB4Q;sprop-pps=RAHBcrQiQA=="
#define SDP_H265 "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\n" \
		"a=fmtp:96 profile-id=1;" SPROP "\r\na=control:track=0\r\n"

/* All NAL units of the stream but its parameter sets, each in a packet. */
static void
play_stream(struct fake_camera *c, void *arg)
{
	size_t len, pos = 0;
	uint8_t *buf = fixture_read("h265/low.h265", &len);
	struct video_nal nal;
	uint32_t ts = 0;

	(void)arg;
	while (h265_next_nal(buf, len, &pos, &nal)) {
		if (nal.type == 35)
			ts += FRAME;
		if (nal.type < 32 || nal.type > 34)
			fake_camera_send(c, 0, PT_VIDEO, ts, nal.data,
			    nal.len);
	}
	fake_camera_send(c, 0, PT_VIDEO, ts + FRAME, "\x46\1\x50", 3);
	free(buf);
}

static void
test_pictures_and_the_sets_of_sdp(void **state)
{
	struct fixture *f = *state;

	f->camera.sdp = SDP_HEAD SDP_H265;
	f->camera.play = play_stream;
	start(f, "");
	until_units(f, 12);
	assert_string_equal(seen(f), "KrPPPPPKPPPPP");
	assert_int_equal(f->units[0]->codec, MEDIA_H265);
	assert_int_equal(f->units[0]->n_nals, 4);
	assert_int_equal(f->units[0]->nals[0].type, H265_NAL_VPS);
	assert_int_equal(f->status.state, IPC_SOURCE_LIVE);
	assert_int_equal(f->status.video, MEDIA_H265);
	assert_int_equal(f->status.width, 160);
	assert_int_equal(f->status.profile, 1);
	assert_int_equal(f->status.level, 30);
}

static void
test_packets_out_of_decoding_order_are_refused(void **state)
{
	struct fixture *f = *state;

	f->camera.sdp = SDP_HEAD "m=video 0 RTP/AVP 96\r\n"
	    "a=rtpmap:96 H265/90000\r\na=fmtp:96 sprop-max-don-diff=3\r\n"
	    "a=control:track=0\r\n";
	start(f, "");
	until_ended(f);
	assert_int_equal(f->status.state, IPC_SOURCE_UNSUPPORTED);
	assert_string_equal(f->status.error, "video H265 with packets out of "
	    "decoding order (sprop-max-don-diff) cannot play: set the camera "
	    "to H264");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_pictures_and_the_sets_of_sdp),
		TEST(test_packets_out_of_decoding_order_are_refused),
	};

	return cmocka_run_group_tests_name("rtsp_camera_h265", tests, NULL,
	    NULL);
}
