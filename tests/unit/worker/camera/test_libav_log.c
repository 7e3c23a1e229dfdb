#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <string.h>
#include <libavutil/log.h>

#include "tests/unit/log_lines.h"
#include "worker/camera/libav_log.h"

static struct libav_heard heard;

static int
setup(void **state)
{
	(void)state;
	log_open(LOG_LEVEL_OFF, NULL);
	libav_log_init();
	heard = (struct libav_heard){ .lost = false };
	libav_log_hear(&heard);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	libav_log_hear(NULL);
	return 0;
}

static void
request(const char *method)
{
	av_log(NULL, AV_LOG_TRACE, "Sending:\n%s rtsp://x RTSP/1.0\r\n\r\n",
	    method);
}

static void
refuse(int status)
{
	av_log(NULL, AV_LOG_ERROR, "method %s failed: %d %s\n", "DESCRIBE",
	    status, "Reason");
}

static void
test_the_last_request_is_known(void **state)
{
	(void)state;
	request("OPTIONS");
	assert_string_equal(heard.method, "OPTIONS");
	request("A_METHOD_THAT_IS_TOO_LONG");
	assert_string_equal(heard.method, "A_METHOD_THAT_I");
	request("SETUP");
	request("TEARDOWN");
	assert_string_equal(heard.method, "SETUP");
}

static void
test_an_answer_begins_with_its_first_byte(void **state)
{
	(void)state;
	request("OPTIONS");
	assert_false(heard.answering);
	av_log(NULL, AV_LOG_TRACE, "ret=%d c=%02x [%c]\n", 0, 0, ' ');
	assert_false(heard.answering);
	av_log(NULL, AV_LOG_TRACE, "ret=%d c=%02x [%c]\n", 1, 'R', 'R');
	assert_true(heard.answering);
	av_log(NULL, AV_LOG_TRACE, "ret=%d c=%02x [%c]\n", -5, 0, ' ');
	assert_true(heard.answering);
	request("TEARDOWN");
	assert_true(heard.answering);
	request("DESCRIBE");
	assert_false(heard.answering);
}

/* Its headers are those that come next; those of other answers are not kept. */
static void
test_a_refusal_is_known_with_its_headers(void **state)
{
	(void)state;
	request("DESCRIBE");
	av_log(NULL, AV_LOG_DEBUG, "%s\n", "Public: DESCRIBE");
	assert_string_equal(heard.headers, "");
	refuse(401);
	assert_int_equal(heard.status, 401);
	assert_false(heard.transport);
	av_log(NULL, AV_LOG_DEBUG, "%s\n", "CSeq: 2\nServer: x");
	av_log(NULL, AV_LOG_DEBUG, "%s\n", "something else");
	assert_string_equal(heard.headers, "CSeq: 2\nServer: x\n");
	request("DESCRIBE");
	assert_int_equal(heard.status, 0);
	assert_string_equal(heard.headers, "");
}

static void
test_a_refused_transport_stays_known(void **state)
{
	(void)state;
	request("SETUP");
	refuse(461);
	assert_true(heard.transport);
	request("SETUP");
	refuse(404);
	assert_true(heard.transport);
}

static void
test_a_refusal_without_a_number_has_none(void **state)
{
	(void)state;
	refuse(404);
	av_log(NULL, AV_LOG_ERROR, "method %s failed: %s\n", "SETUP", "no");
	assert_int_equal(heard.status, 0);
}

static void
test_both_messages_of_a_loss_are_heard(void **state)
{
	(void)state;
	av_log(NULL, AV_LOG_WARNING, "RTP: dropping old packet\n");
	av_log(NULL, AV_LOG_ERROR, "RTP: missed %d packets\n", 3);
	assert_false(heard.lost);
	av_log(NULL, AV_LOG_WARNING, "RTP: missed %d packets\n", 3);
	assert_true(heard.lost);
	heard.lost = false;
	av_log(NULL, AV_LOG_ERROR,
	    "RTP: PT=%02x: bad cseq %04x expected=%04x\n", 96, 5, 3);
	assert_true(heard.lost);
}

static void *
lose_here(void *arg)
{
	struct libav_heard own = { .lost = false };

	(void)arg;
	av_log(NULL, AV_LOG_WARNING, "RTP: missed %d packets\n", 1);
	libav_log_hear(&own);
	av_log(NULL, AV_LOG_WARNING, "RTP: missed %d packets\n", 1);
	libav_log_hear(NULL);
	return own.lost ? &heard : NULL;
}

static void
test_each_thread_hears_its_own(void **state)
{
	pthread_t thread;
	void *lost;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, lose_here, NULL), 0);
	pthread_join(thread, &lost);
	assert_non_null(lost);
	assert_false(heard.lost);
}

static void
test_warnings_are_logged_without_credentials(void **state)
{
	(void)state;
	log_lines_begin(LOG_LEVEL_DEBUG);
	av_log(NULL, AV_LOG_INFO, "nothing to see\n");
	av_log(NULL, AV_LOG_WARNING, "at %s\nand more", "rtsp://joe:hush@cam/");
	libav_log_hear(NULL);
	av_log(NULL, AV_LOG_ERROR, "an error\n");
	assert_string_equal(log_lines_end(),
	    "DBG [camera] libav: at rtsp://***@cam/\n"
	    "DBG [camera] libav: an error\n");
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_last_request_is_known),
		TEST(test_an_answer_begins_with_its_first_byte),
		TEST(test_a_refusal_is_known_with_its_headers),
		TEST(test_a_refused_transport_stays_known),
		TEST(test_a_refusal_without_a_number_has_none),
		TEST(test_both_messages_of_a_loss_are_heard),
		TEST(test_each_thread_hears_its_own),
		TEST(test_warnings_are_logged_without_credentials),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
