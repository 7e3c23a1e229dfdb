#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include <libavutil/log.h>

#include "media/job.h"
#include "media/picture_job.h"
#include "media/video_job.h"
#include "tests/unit/fuzz_inputs.h"
#include "tests/unit/media/coded.h"
#include "tests/unit/media/worker_end.h"

#ifndef ROUNDS
#define ROUNDS	120	/* of each coder, with N_UNITS of units each */
#endif
#define N_UNITS	6
#define SOUND	10	/* rounds of what is right, after those */

/* So small that a unit is an input of a fuzzer. */
static const struct {
	const char *encoder, *coder;
	int width, height;
	const char *options;
} coders[] = {
	{ "libx264", "h264", 64, 48, "crf=40,g=3,bf=1" },
	{ "libx265", "hevc", 64, 48,
	    "x265-params=log-level=0:info=0:crf=40:keyint=3" },
	{ "mjpeg", "mjpeg", 64, 48, "qmin=20" },
	{ "mpeg4", "mpeg4", 64, 48, "g=3,qmin=20" },
	{ "mpeg2video", "mpeg2video", 64, 48, "g=3,qmin=20,bf=1" },
	{ "h263", "h263", 128, 96, "g=3,qmin=20" },
};
#define N_CODERS	(sizeof coders / sizeof coders[0])

static unsigned seed = 1;

static struct coded *
make(size_t i)
{
	struct coded *c = coded_make(&(struct coded_how){
		.encoder = coders[i].encoder, .width = coders[i].width,
		.height = coders[i].height, .n = N_UNITS,
		.options = coders[i].options });

	for (int k = 0; k < c->n; k++)
		assert_in_range(c->unit[k].len, 1, FUZZ_ROOM);
	return c;
}

static void
say_unit(struct worker_end *w, const struct coded_unit *u, int64_t time_us,
    bool mutate)
{
	struct fuzz_input in = { .len = u->len };

	memcpy(in.bytes, u->data, u->len);
	for (size_t k = fuzz_pick(&seed, 4); mutate && k < 3; k++)
		fuzz_change(&in, &seed);
	worker_end_say(w, &(struct media_wire){ .kind = MEDIA_WIRE_VIDEO,
		.flags = u->key ? MEDIA_WIRE_KEY : 0, .time_us = time_us,
		.data = in.bytes, .len = in.len });
}

/* Each request is answered, and nonsense spoils at most the one after it. */
static void
test_picture(void **state)
{
	struct worker_end *w = worker_end_new(job_picture, "{}");

	(void)state;
	for (size_t i = 0; i < N_CODERS; i++) {
		struct coded *c = make(i);
		char *text = xasprintf("{\"picture\": {\"coder\": \"%s\", "
		    "\"units\": %d, \"height\": 64}}", coders[i].coder, c->n);

		for (int round = 0; round < ROUNDS + 2; round++) {
			const struct media_wire *m;

			worker_end_tell(w, text);
			for (int k = 0; k < c->n; k++)
				say_unit(w, &c->unit[k], k, round < ROUNDS);
			m = worker_end_hear(w);
			assert_non_null(m);
			if (round > ROUNDS)	/* nothing was changed */
				assert_int_equal(m->kind, MEDIA_WIRE_PICTURE);
		}
		free(text);
		coded_free(c);
	}
	worker_end_free(w);
}

/* After all that, what is right is shown. Nothing is late by these times. */
static void
test_video(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_CODERS; i++) {
		char *text = xasprintf("{\"coder\": \"%s\", \"height\": 64}",
		    coders[i].coder);
		struct worker_end *w = worker_end_new(job_video, text);
		struct coded *c = make(i);
		const struct media_wire *m;
		int64_t n = 0;

		for (int round = 0; round < ROUNDS; round++)
			for (int k = 0; k < c->n; k++)
				say_unit(w, &c->unit[k], n++, true);
		for (int k = 0; k < SOUND * c->n; k++)
			say_unit(w, &c->unit[k % c->n], n + k, false);
		do
			assert_non_null(m = worker_end_hear(w));
		while (m->kind != MEDIA_WIRE_VIDEO || m->time_us < n);
		worker_end_free(w);
		free(text);
		coded_free(c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_picture),
		cmocka_unit_test(test_video),
	};

	av_log_set_level(AV_LOG_QUIET);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
