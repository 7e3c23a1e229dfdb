#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavutil/log.h>

#include "json.h"
#include "media/job.h"
#include "media/video_job.h"
#include "tests/unit/media/coded.h"
#include "tests/unit/media/worker_end.h"
#include "xalloc.h"

#define AHEAD	4	/* units that a decoder may need before it gives one */
#define ALIKE	6	/* of the luma, on the average, after two coders */

static struct worker_end *w;

/* A viewer's decoder. */
static AVCodecContext *viewer;
static AVFrame *frame;
static AVPacket *packet;

static void
begin_sized(const char *coder, const char *config, int width, int height,
    const char *hardware)
{
	char *text = xasprintf("{\"job\": \"video\", \"coder\": \"%s\", "
	    "\"config\": \"%s\", \"width\": %d, \"height\": %d, "
	    "\"hardware\": \"%s\"}", coder, config, width, height, hardware);

	w = worker_end_new(job_video, text);
	free(text);
	viewer = avcodec_alloc_context3(avcodec_find_decoder_by_name("h264"));
	viewer->flags |= AV_CODEC_FLAG_LOW_DELAY;
	viewer->thread_count = 1;
	assert_int_equal(avcodec_open2(viewer, NULL, NULL), 0);
	frame = av_frame_alloc();
	packet = av_packet_alloc();
}

static void
begin(const char *coder, const char *config, int height, const char *hardware)
{
	begin_sized(coder, config, 0, height, hardware);
}

static void
end(void)
{
	worker_end_free(w);
	avcodec_free_context(&viewer);
	av_frame_free(&frame);
	av_packet_free(&packet);
}

static void
give(const struct coded_unit *u, int64_t later_us, int flags)
{
	worker_end_say(w, &(struct media_wire){
		.kind = MEDIA_WIRE_VIDEO, .time_us = u->time_us + later_us,
		.flags = flags | (u->key ? MEDIA_WIRE_KEY : 0),
		.data = u->data, .len = u->len });
}

/* Says a unit at a time so near to the others' that nothing is late. */
static void
give_near(const struct coded *c, int i, int flags)
{
	struct coded_unit u = c->unit[i];

	u.time_us = i;
	give(&u, 0, flags);
}

static void
assert_begin(int width, int height)
{
	json_t *o = worker_end_hear_json(w);

	assert_string_equal(json_get_string(o, "event", ""), "begin");
	assert_string_equal(json_get_string(o, "coder", ""), "h264");
	assert_string_equal(json_get_string(o, "encoder", ""), "libx264");
	assert_int_equal(json_get_int(o, "width", 0), width);
	assert_int_equal(json_get_int(o, "height", 0), height);
	json_decref(o);
}

/* The types of its NAL units, as text; SEI is left out. */
static void
nal_types(const struct media_wire *m, char out[64])
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i + 3 < m->len && n < 60; i++)
		if (memcmp(m->data + i, "\0\0\1", 3) == 0 &&
		    (m->data[i + 3] & 0x1f) != 6)
			n += (size_t)snprintf(out + n, 64 - n, "%d ",
			    m->data[i + 3] & 0x1f);
}

/* Decodes it, as a viewer does, into `frame`. */
static const struct media_wire *
hear_picture(void)
{
	const struct media_wire *m = worker_end_hear(w);
	char types[64];

	assert_non_null(m);
	assert_int_equal(m->kind, MEDIA_WIRE_VIDEO);
	nal_types(m, types);
	assert_string_equal(types, (m->flags & MEDIA_WIRE_KEY) != 0 ?
	    "7 8 5 " : "1 ");
	if ((m->flags & MEDIA_WIRE_KEY) != 0)	/* profile main */
		assert_memory_equal(memmem(m->data, m->len, "\0\0\1\x67", 4),
		    "\0\0\1\x67\x4d", 5);
	assert_int_equal(av_new_packet(packet, (int)m->len), 0);
	memcpy(packet->data, m->data, m->len);
	assert_int_equal(avcodec_send_packet(viewer, packet), 0);
	av_packet_unref(packet);
	assert_int_equal(avcodec_receive_frame(viewer, frame), 0);
	assert_int_not_equal(frame->pict_type, AV_PICTURE_TYPE_B);
	return m;
}

/* The picture with that time is the one with that number. */
static const struct media_wire *
assert_picture(const struct coded_how *how, int number, int64_t later_us)
{
	const struct media_wire *m = hear_picture();

	assert_int_equal(m->time_us, number * CODED_STEP_US + later_us);
	assert_in_range(coded_difference(frame, how, number), 0, ALIKE);
	return m;
}

static void
transcode(const struct coded_how *how, const char *coder)
{
	struct coded *c = coded_make(how);

	begin(coder, "", 0, "");
	for (int i = 0; i < c->n; i++) {
		give(&c->unit[i], 0, 0);
		if (i == AHEAD)
			assert_begin(how->width, how->height);
		if (i >= AHEAD)
			assert_picture(how, i - AHEAD, 0);
	}
	end();
	coded_free(c);
}

/* Every picture comes, in the order in which they are seen, with its time. */
static void
test_coders(void **state)
{
	static const struct {
		const char *encoder, *coder, *options;
	} cases[] = {
		{ "libx264", "h264", "tune=zerolatency,g=12" },
		{ "libx264", "h264", "bf=1,g=12" },
		{ "libx265", "hevc", "x265-params=log-level=0:bframes=0" },
		{ "libx265", "hevc",
		    "x265-params=log-level=0:bframes=2:keyint=12" },
		{ "mjpeg", "mjpeg", NULL },
		{ "mpeg4", "mpeg4", "g=12" },
		{ "mpeg4", "mpeg4", "g=12,bf=2" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		transcode(&(struct coded_how){ .encoder = cases[i].encoder,
			.width = 320, .height = 180, .n = 30,
			.options = cases[i].options }, cases[i].coder);
}

/* What stands apart from the units: RFC 6416's config, for one. */
static void
test_config(void **state)
{
	const struct coded_how how = { .encoder = "mpeg4", .width = 320,
		.height = 180, .n = 3, .options = "flags=+global_header" };
	struct coded *c = coded_make(&how);

	(void)state;
	assert_true(c->config[0] != '\0');
	begin("mpeg4", c->config, 0, "");
	give(&c->unit[0], 0, 0);
	assert_begin(320, 180);
	assert_picture(&how, 0, 0);
	end();
	coded_free(c);
}

static void
assert_becomes(const struct coded_how *how, int width, int height,
    int to_width, int to_height)
{
	struct coded *c = coded_make(how);

	begin_sized("h264", "", width, height, "");
	give(&c->unit[0], 0, 0);
	assert_begin(to_width, to_height);
	hear_picture();
	assert_int_equal(frame->width, to_width);
	assert_int_equal(frame->height, to_height);
	assert_int_equal(frame->sample_aspect_ratio.num,
	    frame->sample_aspect_ratio.den);
	assert_in_range(coded_read_luma(frame), coded_luma(0) - ALIKE,
	    coded_luma(0) + ALIKE);
	end();
	coded_free(c);
}

static void
test_sizes(void **state)
{
	struct coded_how how = { .encoder = "libx264", .width = 640,
		.height = 360, .n = 1, .options = "tune=zerolatency" };

	(void)state;
	assert_becomes(&how, 0, 0, 640, 360);
	assert_becomes(&how, 0, 180, 320, 180);
	assert_becomes(&how, 320, 0, 320, 180);
	assert_becomes(&how, 1280, 0, 640, 360);
	assert_becomes(&how, 320, 240, 320, 240);
	assert_becomes(&how, -1, -1, 640, 360);
	assert_becomes(&how, 0, 720, 640, 360);
	assert_becomes(&how, 0, 179, 318, 178);
	assert_becomes(&how, 0, -1, 640, 360);
	how.aspect_num = 4;
	how.aspect_den = 3;
	assert_becomes(&how, 0, 0, 852, 360);
}

/* Noise, which would need 20 Mbit/s, has 1 Mbit/s at this size. */
static void
test_bits(void **state)
{
	const struct coded_how how = { .encoder = "mjpeg", .width = 320,
		.height = 180, .n = 50, .noise = 1,
		.options = "flags=+qscale,global_quality=1000" };
	struct coded *c = coded_make(&how);
	size_t bytes = 0;

	(void)state;
	begin("mjpeg", "", 0, "");
	for (int i = 0; i < c->n; i++)
		give_near(c, i, 0);
	assert_begin(320, 180);
	for (int i = 0; i < c->n; i++)
		bytes += hear_picture()->len;
	assert_in_range(bytes, 100000, 2 * 1000000 / 8 * 13 / 10);
	end();
	coded_free(c);
}

static void
test_a_key_frame_on_demand(void **state)
{
	const struct coded_how how = { .encoder = "libx265", .width = 320,
		.height = 180, .n = 20,
		.options = "x265-params=log-level=0:bframes=0" };
	struct coded *c = coded_make(&how);

	(void)state;
	begin("hevc", "", 0, "");
	for (int i = 0; i < c->n; i++) {
		if (i == 7)
			worker_end_tell(w, "{\"key\": true}");
		if (i == 9)
			worker_end_tell(w, "{\"key\": tr");
		give(&c->unit[i], 0, 0);
		if (i == 0)
			assert_begin(320, 180);
		assert_int_equal(assert_picture(&how, i, 0)->flags,
		    i == 0 || i == 7 ? MEDIA_WIRE_KEY : 0);
	}
	end();
	coded_free(c);
}

static void
test_another_size(void **state)
{
	struct coded_how how = { .encoder = "libx264", .width = 320,
		.height = 180, .n = 3, .options = "tune=zerolatency" };
	struct coded *c = coded_make(&how);
	int64_t later_us = 0;

	(void)state;
	begin("h264", "", 0, "");
	for (int k = 0; k < 3; k++) {
		for (int i = 0; i < 3; i++) {
			give(&c->unit[i], later_us, 0);
			if (i == 0)
				assert_begin(how.width, how.height);
			assert_int_equal(assert_picture(&how, i,
			    later_us)->flags, i == 0 ? MEDIA_WIRE_KEY : 0);
		}
		how.width = how.width == 320 ? 640 : 320;
		how.height = how.width == 320 ? 180 : 360;
		later_us += 3 * CODED_STEP_US;
		coded_free(c);
		c = coded_make(&how);
	}
	end();
	coded_free(c);
}

/* There is no IDR but the first picture, which does not come: the picture is
 * whole where the wave that begins with unit 15 ends. */
static void
test_intra_refresh(void **state)
{
	const struct coded_how how = { .encoder = "libx264", .width = 320,
		.height = 180, .n = 40,
		.options = "tune=zerolatency,intra-refresh=1,g=15,"
		    "x264-params=scenecut=0" };
	struct coded *c = coded_make(&how);

	(void)state;
	begin("h264", "", 0, "");
	for (int i = 5; i < c->n; i++)
		give_near(c, i, 0);
	assert_begin(320, 180);
	for (int i = 29; i < c->n; i++) {
		assert_int_equal(hear_picture()->time_us, i);
		assert_in_range(coded_difference(frame, &how, i), 0, ALIKE);
	}
	end();
	coded_free(c);
}

/* Nothing comes that refers to what is damaged. */
static void
assert_gap(const char *encoder, const char *coder, const char *options,
    int broken)
{
	const struct coded_how how = { .encoder = encoder, .width = 320,
		.height = 180, .n = 25, .options = options };
	struct coded *c = coded_make(&how);

	begin(coder, "", 0, "");
	for (int i = 0; i < c->n; i++)
		give_near(c, i, i == broken ? MEDIA_WIRE_DAMAGED : 0);
	assert_begin(320, 180);
	for (int i = 0; i < c->n; i++) {
		if (i >= broken && i < 20)
			continue;
		assert_int_equal(hear_picture()->time_us, i);
		assert_in_range(coded_difference(frame, &how, i), 0, ALIKE);
	}
	end();
	coded_free(c);
}

static void
test_damage(void **state)
{
	(void)state;
	assert_gap("libx264", "h264", "tune=zerolatency,g=10", 13);
	assert_gap("libx264", "h264", "tune=zerolatency,g=10", 10);
	assert_gap("libx265", "hevc",
	    "x265-params=log-level=0:bframes=0:keyint=10", 13);
	assert_gap("mpeg4", "mpeg4", "g=10", 13);
}

/* Nobody says that this one is damaged; the decoder finds it out. */
static void
test_damage_that_nobody_knows(void **state)
{
	const struct coded_how how = { .encoder = "libx264", .width = 320,
		.height = 180, .n = 25,
		.options = "tune=zerolatency,g=10,x264-params=scenecut=0" };
	struct coded *c = coded_make(&how);
	int n = 0, i;

	(void)state;
	memset(c->unit[13].data + c->unit[13].len / 2, 0x99,
	    c->unit[13].len / 2);
	begin("h264", "", 0, "");
	for (i = 0; i < c->n; i++)
		give_near(c, i, 0);
	assert_begin(320, 180);
	for (i = -1; i < c->n - 1; n++) {
		i = (int)hear_picture()->time_us;
		assert_in_range(coded_difference(frame, &how, i), 0, ALIKE);
	}
	assert_int_equal(n, 13 + 5);
	end();
	coded_free(c);
}

/* Nothing that comes twice, and a clock that begins anew. */
static void
test_times(void **state)
{
	const struct coded_how how = { .encoder = "mjpeg", .width = 320,
		.height = 180, .n = 4 };
	struct coded *c = coded_make(&how);

	(void)state;
	begin("mjpeg", "", 0, "");
	give(&c->unit[1], INT64_C(3600000000), 0);
	give(&c->unit[1], INT64_C(3600000000), 0);
	give(&c->unit[0], INT64_C(3600000000), 0);
	give(&c->unit[2], INT64_C(3600000000), 0);
	give(&c->unit[3], 0, 0);
	assert_begin(320, 180);
	assert_picture(&how, 1, INT64_C(3600000000));
	assert_picture(&how, 2, INT64_C(3600000000));
	assert_picture(&how, 3, 0);
	end();
	coded_free(c);
}

/* There is none here, or none that these need. */
static void
test_no_hardware(void **state)
{
	static const char *const names[] = { "auto", "vaapi", "v4l2m2m",
		"qsv", "cuda", "what" };
	const struct coded_how how = { .encoder = "mjpeg", .width = 320,
		.height = 180, .n = 1 };
	struct coded *c = coded_make(&how);

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		begin("mjpeg", "", 0, names[i]);
		give(&c->unit[0], 0, 0);
		assert_begin(320, 180);
		assert_picture(&how, 0, 0);
		end();
	}
	coded_free(c);
}

static void
test_what_it_cannot_decode(void **state)
{
	static const char *const names[] = { "tiff", "opus", "", "h264x" };

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		json_t *o;

		begin(names[i], "", 0, "");
		o = worker_end_hear_json(w);
		assert_string_equal(json_get_string(o, "event", ""), "end");
		assert_string_equal(json_get_string(o, "state", ""),
		    "unsupported");
		assert_non_null(strstr(json_get_string(o, "error", ""),
		    names[i]));
		json_decref(o);
		assert_null(worker_end_hear(w));
		end();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_coders),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_a_key_frame_on_demand),
		cmocka_unit_test(test_another_size),
		cmocka_unit_test(test_intra_refresh),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_damage_that_nobody_knows),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_no_hardware),
		cmocka_unit_test(test_what_it_cannot_decode),
	};

	av_log_set_level(AV_LOG_QUIET);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
