/* A camera whose pictures no viewer can be sent as they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bytes.h"
#include "cameras.h"
#include "tests/unit/fixture.h"

#define RTP_HEADER	12
#define PT_JPEG		26
#define MARKER		0x80	/* of RTP, beside the payload type */
#define SDP_JPEG	"m=video 0 RTP/AVP 26\r\na=control:track=0\r\n"

/* All packets of a picture but the second if it is `broken`. */
static void
send_jpeg(struct fake_camera *c, uint32_t ts, bool broken)
{
	size_t len, n;
	uint8_t *all = fixture_read("rtp/jpeg_420.rtp", &len);
	uint8_t *p = (uint8_t *)strstr((char *)all, "\n\n") + 2;

	for (int i = 0; p < all + len; p += 2 + n, i++) {
		n = get16(p);
		if (broken && i == 1)
			c->seq[0]++;
		else
			fake_camera_send(c, 0, PT_JPEG |
			    (p + 2 + n == all + len ? MARKER : 0), ts,
			    p + 2 + RTP_HEADER, n - RTP_HEADER);
	}
	free(all);
}

static void
play_jpeg(struct fake_camera *c, void *arg)
{
	static const uint8_t sound[160];

	(void)arg;
	send_jpeg(c, 0, false);
	fake_camera_send(c, 1, PT_PCMU, 0, sound, sizeof sound);
	send_jpeg(c, FRAME, true);
	send_jpeg(c, 2 * FRAME, false);
}

static void
test_pictures_of_jpeg_are_foreign(void **state)
{
	struct fixture *f = *state;
	const struct media_unit *last;

	f->camera.sdp = SDP_HEAD SDP_JPEG SDP_PCMU;
	f->camera.play = play_jpeg;
	start(f, "");
	until_units(f, 3);
	assert_string_equal(seen(f), "KrAK");
	last = f->units[2];
	assert_int_equal(last->codec, MEDIA_FOREIGN);
	assert_memory_equal(last->data, "\xff\xd8", 2);
	assert_memory_equal(last->data + last->len - 2, "\xff\xd9", 2);
	assert_int_equal(last->time_us - f->units[0]->time_us, 80000);
	assert_int_equal(f->status.state, IPC_SOURCE_LIVE);
	assert_int_equal(f->status.video, MEDIA_FOREIGN);
	assert_string_equal(f->status.coder, "mjpeg");
	assert_int_equal(f->status.audio, MEDIA_PCMU);
	assert_string_equal(f->status.note, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_pictures_of_jpeg_are_foreign),
	};

	return cmocka_run_group_tests_name("rtsp_camera_foreign", tests, NULL,
	    NULL);
}
