#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "media/job.h"
#include "xalloc.h"

#define LARGE	(3 * 1024 * 1024)	/* bytes: no socket holds it */

static struct job *job;
static int worker;	/* its end */

static int
setup(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	job = job_new(fds[0]);
	worker = fds[1];
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	job_free(job);
	if (worker != -1)
		close(worker);
	return 0;
}

static void
hang_up(void)
{
	close(worker);
	worker = -1;
}

static void
say(int kind, int64_t time_us, const char *text)
{
	struct media_wire m = { .kind = kind, .time_us = time_us,
		.len = strlen(text) };
	uint8_t header[MEDIA_WIRE_HEADER];

	media_wire_write(&m, header);
	assert_int_equal(write(worker, header, sizeof header), sizeof header);
	assert_int_equal(write(worker, text, m.len), m.len);
}

/* The whole of it. */
static void
hear(uint8_t *out, size_t len)
{
	ssize_t n;

	for (; len > 0; out += n, len -= (size_t)n)
		assert_true((n = read(worker, out, len)) > 0);
}

static void
test_messages_come_in_order(void **state)
{
	struct media_wire m;

	(void)state;
	say(MEDIA_WIRE_CONTROL, 0, "{}");
	say(MEDIA_WIRE_VIDEO, -5, "picture");
	say(MEDIA_WIRE_AUDIO, 7, "");
	assert_int_equal(job_receive(job, -1, &m), 1);
	assert_int_equal(m.kind, MEDIA_WIRE_CONTROL);
	assert_memory_equal(m.data, "{}", 2);
	assert_int_equal(job_receive(job, 0, &m), 1);
	assert_int_equal(m.kind, MEDIA_WIRE_VIDEO);
	assert_int_equal(m.time_us, -5);
	assert_int_equal(m.len, 7);
	assert_memory_equal(m.data, "picture", 7);
	assert_int_equal(job_receive(job, 0, &m), 1);
	assert_int_equal(m.kind, MEDIA_WIRE_AUDIO);
	assert_int_equal(m.len, 0);
	assert_int_equal(job_receive(job, 0, &m), 0);
}

static void
test_a_message_in_pieces(void **state)
{
	const struct media_wire in = { .kind = MEDIA_WIRE_PICTURE, .len = 2 };
	uint8_t text[MEDIA_WIRE_HEADER + 2] = { 0 };
	struct media_wire m;

	(void)state;
	media_wire_write(&in, text);
	memcpy(text + MEDIA_WIRE_HEADER, "ab", 2);
	for (size_t i = 0; i + 1 < sizeof text; i++) {
		assert_int_equal(write(worker, text + i, 1), 1);
		assert_int_equal(job_receive(job, 0, &m), 0);
	}
	assert_int_equal(write(worker, "b", 1), 1);
	assert_int_equal(job_receive(job, 0, &m), 1);
	assert_memory_equal(m.data, "ab", 2);
}

static void *
say_large(void *arg)
{
	static uint8_t body[LARGE];
	const struct media_wire m = { .kind = MEDIA_WIRE_VIDEO, .len = LARGE };
	uint8_t header[MEDIA_WIRE_HEADER];

	media_wire_write(&m, header);
	memset(body, 0x77, sizeof body);
	if (write(worker, header, sizeof header) == -1 ||
	    write(worker, body, sizeof body) != sizeof body)
		return arg;
	return NULL;
}

static void
test_a_large_message(void **state)
{
	struct media_wire m;
	pthread_t thread;
	void *failed;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, say_large, job), 0);
	assert_int_equal(job_receive(job, -1, &m), 1);
	assert_int_equal(m.len, LARGE);
	assert_int_equal(m.data[0], 0x77);
	assert_int_equal(m.data[LARGE - 1], 0x77);
	pthread_join(thread, &failed);
	assert_null(failed);
}

/* It waits so long, and no longer when nothing comes. */
static void
test_waiting_ends(void **state)
{
	int64_t began_us = clock_now_us();
	struct media_wire m;

	(void)state;
	assert_int_equal(job_receive(job, 30, &m), 0);
	assert_true(clock_now_us() - began_us >= 30000);
}

static void
test_a_worker_that_goes(void **state)
{
	struct media_wire m;

	(void)state;
	assert_false(job_is_over(job));
	say(MEDIA_WIRE_CONTROL, 0, "{}");
	assert_false(job_is_over(job));	/* a message is no end */
	hang_up();
	assert_true(job_is_over(job));
	assert_int_equal(job_receive(job, -1, &m), -1);
	assert_int_equal(job_send(job, &m), -1);
}

/* What it said before is still taken. */
static void
test_last_words(void **state)
{
	struct media_wire m;

	(void)state;
	say(MEDIA_WIRE_CONTROL, 0, "{}");
	hang_up();
	assert_int_equal(job_receive(job, -1, &m), 1);
	assert_int_equal(job_receive(job, -1, &m), -1);
}

static void
test_nonsense_ends_the_job(void **state)
{
	struct media_wire m;

	(void)state;
	assert_int_equal(write(worker, "GET / HTTP/1.1\r\n", 16), 16);
	assert_int_equal(job_receive(job, -1, &m), -1);
	assert_true(job_is_over(job));
}

static void *
send_large(void *arg)
{
	static uint8_t body[LARGE];
	const struct media_wire m = { .kind = MEDIA_WIRE_VIDEO,
		.flags = MEDIA_WIRE_KEY, .time_us = 9, .data = body,
		.len = LARGE };

	(void)arg;
	memset(body, 0x77, sizeof body);
	return job_send(job, &m) == 0 ? NULL : job;
}

static void
test_sending_waits_for_a_slow_worker(void **state)
{
	static uint8_t heard[MEDIA_WIRE_HEADER + LARGE];
	struct media_wire m;
	pthread_t thread;
	size_t wanted;
	void *failed;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, send_large, NULL), 0);
	hear(heard, sizeof heard);
	pthread_join(thread, &failed);
	assert_null(failed);
	assert_int_equal(media_wire_read(heard, sizeof heard, &m, &wanted),
	    sizeof heard);
	assert_int_equal(m.flags, MEDIA_WIRE_KEY);
	assert_int_equal(m.time_us, 9);
	assert_int_equal(m.data[0], 0x77);
	assert_int_equal(m.data[LARGE - 1], 0x77);
}

static void
test_a_job_says_why_it_ends(void **state)
{
	static const char want[] = "{\"error\":\"no file \\\"x\\\"\","
	    "\"event\":\"end\",\"state\":\"lost\"}\n";
	uint8_t heard[MEDIA_WIRE_HEADER + sizeof want - 1];

	(void)state;
	job_fail(job, "lost", "no file \"%s\"", "x");
	hear(heard, sizeof heard);
	assert_int_equal(heard[4], MEDIA_WIRE_CONTROL);
	assert_memory_equal(heard + MEDIA_WIRE_HEADER, want,
	    sizeof want - 1);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_messages_come_in_order),
		TEST(test_a_message_in_pieces),
		TEST(test_a_large_message),
		TEST(test_waiting_ends),
		TEST(test_a_worker_that_goes),
		TEST(test_last_words),
		TEST(test_nonsense_ends_the_job),
		TEST(test_sending_waits_for_a_slow_worker),
		TEST(test_a_job_says_why_it_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
