/* What is taken from a camera and leaves out, and what is said of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cameras.h"

static void
test_a_cameras_pictures_begin_with_a_key_frame(void **state)
{
	struct fixture *f = *state;

	f->camera.play = play_some;
	start(f, "");
	until_units(f, 4);
	assert_string_equal(seen(f), "KrPPP");
	for (int i = 1; i < 4; i++)
		assert_int_equal(f->units[i]->time_us -
		    f->units[i - 1]->time_us, 40000);
	assert_memory_equal(f->units[0]->data + 3, sps, sizeof sps);
	assert_int_equal(f->status.state, IPC_SOURCE_LIVE);
	assert_int_equal(f->status.width, 160);
	assert_int_equal(f->status.audio, MEDIA_PCMU);
	assert_string_equal(f->status.note, "");
	stop(f);
	assert_memory_equal(f->camera.heard,
	    "OPTIONS DESCRIBE SETUP SETUP PLAY ", 34);
}

/* The connection is no longer read when it is stopped, but the goodbye is
 * still sent. */
static void
test_a_camera_is_told_goodbye(void **state)
{
	struct fixture *f = *state;

	f->camera.play = play_some;
	start(f, "");
	until_units(f, 4);
	stop(f);
	while (strcmp(f->camera.last_heard, "TEARDOWN") != 0)
		event_base_loop(f->base, EVLOOP_ONCE);
}

static void
play_loss(struct fake_camera *c, void *arg)
{
	(void)arg;
	send_key(c, 0);
	send_delta(c, FRAME);
	c->seq[0]++;
	send_delta(c, 3 * FRAME);
	send_delta(c, 4 * FRAME);
	send_key(c, 5 * FRAME);
	for (uint32_t i = 6; i < 10; i++)
		send_delta(c, i * FRAME);
}

/* The picture before the loss may lack its end. */
static void
test_nothing_is_shown_from_a_loss_to_the_next_key_frame(void **state)
{
	struct fixture *f = *state;

	f->camera.play = play_loss;
	start(f, "#transport=udp");
	until_units(f, 4);
	assert_memory_equal(seen(f), "KrKP", 4);
}

static void
play_sound_loss(struct fake_camera *c, void *arg)
{
	static const uint8_t sound[160];

	(void)arg;
	send_key(c, 0);
	send_delta(c, FRAME);
	fake_camera_send(c, 1, PT_PCMU, 0, sound, sizeof sound);
	c->seq[1] += 3;
	fake_camera_send(c, 1, PT_PCMU, 640, sound, sizeof sound);
	send_delta(c, 2 * FRAME);
	send_delta(c, 3 * FRAME);
}

static void
test_a_loss_of_sound_is_no_loss_of_pictures(void **state)
{
	struct fixture *f = *state;
	int pictures = 0;

	f->camera.play = play_sound_loss;
	start(f, "#transport=udp");
	until_units(f, 5);
	for (int i = 0; i < f->n_units; i++)
		pictures += f->units[i]->kind == MEDIA_VIDEO;
	assert_int_equal(pictures, 3);
}

static void
play_sound(struct fake_camera *c, void *arg)
{
	static uint8_t sound[1000];

	(void)arg;
	for (size_t i = 0; i < sizeof sound; i++)
		sound[i] = (uint8_t)(i / 160);
	send_key(c, 0);
	send_delta(c, FRAME);
	fake_camera_send(c, 1, PT_PCMU, 0, sound, 960);
	fake_camera_send(c, 1, PT_PCMU, 960, sound, sizeof sound);
	send_delta(c, 2 * FRAME);
}

static void
test_sound_is_cut_when_a_packet_is_larger_than_any_frame(void **state)
{
	struct fixture *f = *state;
	int64_t first;

	f->camera.play = play_sound;
	start(f, "");
	until_units(f, 10);
	assert_string_equal(seen(f), "KrAAAAAAAAP");
	assert_int_equal(f->units[1]->len, 960);
	assert_int_equal(f->units[1]->codec, MEDIA_PCMU);
	first = f->units[2]->time_us;
	assert_int_equal(first - f->units[1]->time_us, 120000);
	for (int i = 0; i < 7; i++) {
		assert_int_equal(f->units[2 + i]->len, i < 6 ? 160 : 40);
		assert_int_equal(f->units[2 + i]->data[0], i);
		assert_int_equal(f->units[2 + i]->time_us, first + i * 20000);
	}
}

static void
play_both(struct fake_camera *c, void *arg)
{
	play_sound(c, arg);
	send_delta(c, 2 * FRAME);
	send_delta(c, 3 * FRAME);
}

/* The track is not even set up. */
static void
test_sound_that_is_not_asked_for(void **state)
{
	struct fixture *f = *state;

	f->camera.play = play_both;
	start(f, "#media=video");
	until_units(f, 3);
	assert_null(strchr(seen(f), 'A'));
	assert_string_equal(f->status.sound.coder, "");
	assert_non_null(strstr(f->camera.heard, "SETUP PLAY"));
	assert_null(strstr(f->camera.heard, "SETUP SETUP"));
}

/* Two access units of AAC in a packet, and one in two. */
static void
play_aac(struct fake_camera *c, void *arg)
{
	static const uint8_t two[] = { 0, 32, 0, 2 << 3, 0, 1 << 3, 1, 2, 3 };
	static const uint8_t halves[2][6] = {
		{ 0, 16, 0, 4 << 3, 4, 5 }, { 0, 16, 0, 4 << 3, 6, 7 },
	};

	(void)arg;
	send_key(c, 0);
	send_delta(c, FRAME);
	fake_camera_send(c, 1, PT_AAC, 0, two, sizeof two);
	fake_camera_send(c, 1, PT_AAC, 2048, halves[0], sizeof halves[0]);
	fake_camera_send(c, 1, PT_AAC, 2048, halves[1], sizeof halves[1]);
	send_delta(c, 2 * FRAME);
}

static void
test_frames_of_sound_that_is_coded_anew(void **state)
{
	static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7 };
	static const size_t lens[] = { 2, 1, 4 };
	struct fixture *f = *state;
	size_t pos = 0;

	f->camera.play = play_aac;
	f->camera.sdp = SDP_HEAD SDP_H264 SDP_AAC;
	start(f, "");
	until_units(f, 5);
	assert_string_equal(seen(f), "KrAAAP");
	assert_int_equal(f->status.audio, MEDIA_FOREIGN);
	assert_string_equal(f->status.sound.coder, "aac");
	assert_int_equal(f->status.sound.rate, 16000);
	assert_int_equal(f->status.sound.config_len, 2);
	assert_string_equal(f->status.note, "");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(f->units[1 + i]->codec, MEDIA_FOREIGN);
		assert_int_equal(f->units[1 + i]->len, lens[i]);
		assert_memory_equal(f->units[1 + i]->data, bytes + pos,
		    lens[i]);
		assert_int_equal(f->units[1 + i]->time_us -
		    f->units[1]->time_us, i * 64000);
		pos += lens[i];
	}
}

/* The camera has no markers, so that a picture waits when the track begins
 * anew, as behind a jump of its numbers. */
static void
play_restart(struct fake_camera *c, void *arg)
{
	(void)arg;
	send_key(c, 0);
	send_delta(c, FRAME);
	send_delta(c, 100 * 90000);
	c->seq[0] += 20000;
	send_key(c, 200 * 90000);
	send_delta(c, 200 * 90000 + FRAME);
	send_delta(c, 200 * 90000 + 2 * FRAME);
}

static void
test_a_track_that_begins_anew_goes_on_in_time(void **state)
{
	struct fixture *f = *state;
	int64_t later;

	f->camera.play = play_restart;
	start(f, "");
	until_units(f, 4);
	assert_string_equal(seen(f), "KrPKrP");
	later = f->units[2]->time_us - f->units[0]->time_us;
	assert_true(later >= 0 && later < GIVE_UP_S * 1000000);
}

/* Over UDP */

static void
play_twice(struct fake_camera *c, void *arg)
{
	(void)arg;
	send_key(c, 0);
	for (uint32_t i = 1; i < 5; i++) {
		send_delta(c, i * FRAME);
		c->seq[0]--;
		send_delta(c, i * FRAME);
	}
}

/* A P picture in four fragments (RFC 6184, section 5.8), the middle ones of
 * which are alike. */
static void
play_flat(struct fake_camera *c, void *arg)
{
	static const uint8_t fragments[4][7] = {
		{ 0x5c, 0x81, 0x9a, 0x12, 0x34, 0x56, 0x78 },
		{ 0x5c, 0x01, 0x27, 0x27, 0x27, 0x27, 0x27 },
		{ 0x5c, 0x01, 0x27, 0x27, 0x27, 0x27, 0x27 },
		{ 0x5c, 0x41, 0x27, 0x27, 0x27, 0x27, 0x80 },
	};

	(void)arg;
	send_key(c, 0);
	for (int i = 0; i < 4; i++)
		fake_camera_send(c, 0, PT_VIDEO, FRAME, fragments[i], 7);
	send_delta(c, 2 * FRAME);
}

static void
test_a_packet_that_comes_twice_over_udp_counts_once(void **state)
{
	struct fixture *f = *state;

	f->camera.play = play_twice;
	start(f, "#transport=udp");
	until_units(f, 4);
	assert_string_equal(seen(f), "KrPPP");
	assert_string_equal(f->status.note, "");
}

static void
test_equal_fragments_of_a_flat_picture_are_all_kept(void **state)
{
	struct fixture *f = *state;

	f->camera.play = play_flat;
	start(f, "#transport=udp");
	until_units(f, 2);
	assert_int_equal(f->units[1]->len, 3 + 1 + 4 * 5);
}

static void
test_the_note_tells_of_a_transport_that_nobody_asked_for(void **state)
{
	struct fixture *f = *state;

	f->camera.play = play_some;
	f->camera.only_udp = true;
	start(f, "");
	until_units(f, 4);
	assert_string_equal(f->status.note,
	    "over UDP: the camera does not do TCP");
}

static void
test_the_note_tells_of_no_udp_and_of_no_sound(void **state)
{
	struct fixture *f = *state;

	f->camera.play = play_some;
	f->camera.only_tcp = true;
	f->camera.sdp = SDP_HEAD SDP_H264 SDP_SPEEX;
	start(f, "#transport=udp");
	until_units(f, 4);
	assert_int_equal(f->status.audio, MEDIA_NONE);
	assert_string_equal(f->status.note, "no sound: audio SPEEX at 16000 Hz "
	    "cannot play, set the camera to Opus or to G.711 at 8000 Hz; "
	    "over TCP: the camera does not do UDP");
}

/* What the camera describes */

static void
test_the_first_sound_that_can_play_is_taken(void **state)
{
	struct fixture *f = *state;

	f->camera.play = play_sound;
	f->camera.sdp = SDP_HEAD SDP_SPEEX SDP_PCMU SDP_H264;
	start(f, "");
	until_units(f, 2);
	assert_int_equal(f->status.audio, MEDIA_PCMU);
	assert_string_equal(f->status.note, "");
}

static void
test_what_cannot_play_is_said(void **state)
{
	static const struct {
		const char *sdp, *why;
	} cases[] = {
		{ SDP_HEAD "m=video 0 RTP/AVP 96\r\n"
		    "a=rtpmap:96 MP4V-ES/90000\r\na=control:track=0\r\n",
		    "video MPEG4 cannot play: set the camera to H264" },
		{ SDP_HEAD "m=video 0 RTP/AVP 96\r\na=rtpmap:96 X-Y/90000\r\n"
		    "a=control:track=0\r\n",
		    "video X-Y cannot play: set the camera to H264" },
		{ SDP_HEAD "m=video 0 RTP/AVP 33\r\na=control:track=0\r\n",
		    "MPEG-TS over RTP cannot play: set the camera to send H264 "
		    "in RTP itself" },
		{ SDP_HEAD SDP_PCMU, "there is no video" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		f->camera.sdp = cases[i].sdp;
		start(f, "");
		until_ended(f);
		assert_int_equal(f->status.state, IPC_SOURCE_UNSUPPORTED);
		assert_string_equal(f->status.error, cases[i].why);
	}
}

/* NAL units of H265 have even types when they are read as H264's. */
static void
play_h265(struct fake_camera *c, void *arg)
{
	static const uint8_t vps[] = { 0x40, 0x01, 0x0c, 0x01 };
	struct fixture *f = arg;

	for (uint32_t i = 0; i < 49; i++)
		fake_camera_send(c, 0, PT_VIDEO, i, vps, sizeof vps);
	if (f->want_units == 1)
		send_key(c, 49);
	for (uint32_t i = 50; i < 100; i++)
		fake_camera_send(c, 0, PT_VIDEO, i, vps, sizeof vps);
}

static void
test_h265_under_the_name_of_h264_is_found_out(void **state)
{
	struct fixture *f = *state;

	f->camera.play = play_h265;
	start(f, "");
	until_ended(f);
	assert_int_equal(f->status.state, IPC_SOURCE_UNSUPPORTED);
	assert_string_equal(f->status.error, "the camera announces H264 and "
	    "sends H265, which cannot play: set it to H264");
}

static void
play_h264_among_h265(struct fake_camera *c, void *arg)
{
	static const uint8_t vps[] = { 0x40, 0x01, 0x0c, 0x01 };

	(void)arg;
	for (uint32_t i = 0; i < 98; i++) {
		if (i == 49)
			send_delta(c, i * FRAME);
		fake_camera_send(c, 0, PT_VIDEO, i * FRAME, vps, sizeof vps);
	}
	send_key(c, 98 * FRAME);
	send_delta(c, 99 * FRAME);
}

static void
test_fifty_packets_in_a_row_make_it_h265(void **state)
{
	struct fixture *f = *state;

	f->camera.play = play_h264_among_h265;
	start(f, "");
	until_units(f, 1);
	assert_string_equal(seen(f), "Kr");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_cameras_pictures_begin_with_a_key_frame),
		TEST(test_a_camera_is_told_goodbye),
		TEST(test_nothing_is_shown_from_a_loss_to_the_next_key_frame),
		TEST(test_a_loss_of_sound_is_no_loss_of_pictures),
		TEST(test_sound_is_cut_when_a_packet_is_larger_than_any_frame),
		TEST(test_sound_that_is_not_asked_for),
		TEST(test_frames_of_sound_that_is_coded_anew),
		TEST(test_a_track_that_begins_anew_goes_on_in_time),
		TEST(test_a_packet_that_comes_twice_over_udp_counts_once),
		TEST(test_equal_fragments_of_a_flat_picture_are_all_kept),
		TEST(test_the_note_tells_of_a_transport_that_nobody_asked_for),
		TEST(test_the_note_tells_of_no_udp_and_of_no_sound),
		TEST(test_the_first_sound_that_can_play_is_taken),
		TEST(test_what_cannot_play_is_said),
		TEST(test_h265_under_the_name_of_h264_is_found_out),
		TEST(test_fifty_packets_in_a_row_make_it_h265),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
