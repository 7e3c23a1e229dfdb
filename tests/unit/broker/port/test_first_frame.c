/* The first frame of a TCP connection, which may take its time or be anything,
 * and whom it is for. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "broker/port/first_frame.h"
#include "clock.h"
#include "port_door.h"

#define LONG_MS		60000
#define SHORT_MS	60
#define MAX_CHECK	600

static struct doors *doors;
static struct first_frames *frames;
static union socket_address remote;
static uint8_t frame[2 + 65535];
static size_t frame_len;

/* The frame of a check. */
static void
put_frame(const char *username, size_t len)
{
	frame_len = 2 + check_write(frame + 2, username, len);
	put16(frame, (uint32_t)(frame_len - 2));
}

static int
set_up(void **state)
{
	int rc = door_begin(state);

	doors = doors_new(base, door_folder);
	frames = first_frames_new(base, doors, LONG_MS);
	socket_address_parse(&remote, "192.0.2.7", 1234);
	put_frame(DOOR_UFRAG ":abcd", 0);
	return rc;
}

static int
tear_down(void **state)
{
	first_frames_free(frames);
	doors_free(doors);
	return door_end(state);
}

static void
wait_only(int ms)
{
	first_frames_free(frames);
	frames = first_frames_new(base, doors, ms);
}

/* The viewer's end of a new connection. */
static int
come(void)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0, pair), 0);
	first_frames_add(frames, pair[0], &remote);
	return pair[1];
}

static bool
is_closed(int viewer)
{
	char byte;
	ssize_t n = recv(viewer, &byte, 1, MSG_DONTWAIT);

	assert_true(n == 0 || (n == -1 &&
	    (errno == EAGAIN || errno == ECONNRESET)));
	return n == 0 || errno == ECONNRESET;
}

static void
say(int viewer, const void *data, size_t len)
{
	assert_int_equal(send(viewer, data, len, MSG_NOSIGNAL), len);
	run_loop();
}

/* The worker has the connection, and its first frame without the length. */
static int
expect_handover(void)
{
	struct handover h;

	assert_true(door_take(&h));
	assert_int_equal(h.kind, HANDOVER_TCP);
	assert_true(socket_address_is(&h.remote, &remote.any));
	assert_int_equal(h.len, frame_len - 2);
	assert_memory_equal(h.data, frame + 2, h.len);
	return h.fd;
}

static void
expect_nothing(void)
{
	struct handover h;

	assert_false(door_take(&h));
}

/* Neither is it closed. */
static void
expect_handed_over(int viewer)
{
	int fd = expect_handover();

	assert_false(is_closed(viewer));
	close(fd);
	assert_true(is_closed(viewer));
	close(viewer);
}

static void
test_a_frame_at_once(void **state)
{
	int viewer = come();

	(void)state;
	say(viewer, frame, frame_len);
	expect_handed_over(viewer);
	assert_false(first_frames_end_oldest(frames));
}

/* What follows is the worker's to read. */
static void
test_not_a_byte_more_is_read(void **state)
{
	int viewer = come(), fd;
	char text[16] = "";

	(void)state;
	memcpy(frame + frame_len, "second", 6);
	say(viewer, frame, frame_len + 6);
	fd = expect_handover();
	assert_int_equal(recv(fd, text, sizeof text, 0), 6);
	assert_string_equal(text, "second");
	close(fd);
	close(viewer);
}

static void
test_a_frame_in_pieces_of_one_byte(void **state)
{
	int viewer = come();

	(void)state;
	for (size_t i = 0; i < frame_len; i++) {
		expect_nothing();
		say(viewer, frame + i, 1);
	}
	expect_handed_over(viewer);
}

static void
test_many_at_a_time(void **state)
{
	int one = come(), other = come();

	(void)state;
	say(one, frame, 1);
	say(other, frame, 30);
	say(one, frame + 1, frame_len - 1);
	expect_handed_over(one);
	say(other, frame + 30, frame_len - 30);
	expect_handed_over(other);
}

static void
test_the_longest_and_one_that_is_longer(void **state)
{
	int viewer = come();

	(void)state;
	put_frame(DOOR_UFRAG ":abcd", MAX_CHECK);
	say(viewer, frame, frame_len);
	expect_handed_over(viewer);
	viewer = come();
	put_frame(DOOR_UFRAG ":abcd", MAX_CHECK + 4);
	say(viewer, frame, 2);
	assert_true(is_closed(viewer));
	close(viewer);
	expect_nothing();
}

/* It is closed when its first bytes have been read; the rest is not waited
 * for. */
static void
expect_refused(const void *data, size_t len)
{
	int viewer = come();

	say(viewer, data, len);
	if (!is_closed(viewer))
		fail_msg("%zu bytes: %.4s", len, (const char *)data);
	close(viewer);
	expect_nothing();
}

static void
test_what_is_no_frame_of_a_viewer(void **state)
{
	static const char http[] = "GET / HTTP/1.1\r\nHost: cam\r\n\r\n";
	static const uint8_t tls[] = { 0x16, 0x03, 0x01, 0x02, 0x00 };
	static const uint8_t empty[] = { 0, 0 }, longest[] = { 0xff, 0xff },
	    shorter[] = { 0, 19 }, longer[] = { 2, 89 };

	(void)state;
	expect_refused(http, strlen(http));
	expect_refused(http, 2);
	expect_refused(tls, sizeof tls);
	expect_refused(empty, sizeof empty);
	expect_refused(longest, sizeof longest);
	expect_refused(shorter, sizeof shorter);
	expect_refused(longer, sizeof longer);
}

/* As long as one of a viewer may be. */
static void
test_what_may_still_be_a_frame(void **state)
{
	static const uint8_t shortest[] = { 0, 20 }, longest[] = { 2, 88 };
	int one = come(), other = come();

	(void)state;
	say(one, shortest, sizeof shortest);
	say(other, longest, sizeof longest);
	assert_false(is_closed(one));
	assert_false(is_closed(other));
	close(one);
	close(other);
}

/* It follows one that is a check, whose worker is there. */
static void
test_a_frame_that_is_no_check(void **state)
{
	int viewer = come();

	(void)state;
	say(viewer, frame, frame_len);
	expect_handed_over(viewer);
	memset(frame + 2, 0, frame_len - 2);
	expect_refused(frame, frame_len);
}

static void
test_a_check_for_nobody(void **state)
{
	(void)state;
	put_frame("TAGb23456789:abcd", 0);
	expect_refused(frame, frame_len);
}

/* Runs the loop until it is closed; returns after how many milliseconds. */
static int
wait_for_end(int viewer)
{
	int64_t began_us = clock_now_us();

	while (!is_closed(viewer))
		event_base_loop(base, EVLOOP_ONCE);
	return (int)((clock_now_us() - began_us) / 1000);
}

/* Less by what libevent's clock is coarse. */
static void
test_silence_for_its_time(void **state)
{
	int viewer;

	(void)state;
	wait_only(SHORT_MS);
	viewer = come();
	assert_in_range(wait_for_end(viewer), SHORT_MS - 10, 20000);
	close(viewer);
	assert_false(first_frames_end_oldest(frames));
}

/* Sends a byte more each time. */
static void
drip(evutil_socket_t fd, short what, void *arg)
{
	size_t *sent = arg;

	(void)what;
	if (*sent < frame_len)
		send((int)fd, frame + (*sent)++, 1, MSG_NOSIGNAL);
}

static void
test_bytes_that_drip_do_not_make_it_longer(void **state)
{
	struct timeval often = clock_timeval(SHORT_MS * 1000 / 10);
	struct event *dripping;
	size_t sent = 0;
	int viewer;

	(void)state;
	wait_only(SHORT_MS);
	put_frame(DOOR_UFRAG ":abcd", MAX_CHECK);
	viewer = come();
	dripping = event_new(base, viewer, EV_PERSIST, drip, &sent);
	event_add(dripping, &often);
	assert_in_range(wait_for_end(viewer), SHORT_MS - 10, 20000);
	assert_in_range(sent, 1, frame_len - 1);
	event_free(dripping);
	close(viewer);
	expect_nothing();
}

/* A short time is none at all for one who has spoken. */
static void
test_the_time_is_over_with_the_frame(void **state)
{
	int viewer, fd, other;

	(void)state;
	wait_only(SHORT_MS);
	viewer = come();
	say(viewer, frame, frame_len);
	fd = expect_handover();
	other = come();
	wait_for_end(other);
	assert_false(is_closed(viewer));
	close(fd);
	close(viewer);
	close(other);
}

/* Those that wait make room for who comes: the oldest goes. */
static void
test_many_idle_ones_and_a_viewer(void **state)
{
	int idle[FIRST_FRAME_MAX], viewer, next;

	(void)state;
	for (int i = 0; i < FIRST_FRAME_MAX; i++)
		idle[i] = come();
	run_loop();
	for (int i = 0; i < FIRST_FRAME_MAX; i++)
		assert_false(is_closed(idle[i]));
	viewer = come();
	say(viewer, frame, frame_len);
	expect_handed_over(viewer);
	for (int i = 0; i < FIRST_FRAME_MAX; i++)
		assert_int_equal(is_closed(idle[i]), i == 0);
	/* Its place is free: nobody has to go until the one after. */
	viewer = come();
	assert_false(is_closed(idle[1]));
	next = come();
	assert_true(is_closed(idle[1]));
	assert_false(is_closed(idle[2]));
	close(next);
	for (int i = 0; i < FIRST_FRAME_MAX; i++)
		close(idle[i]);
	close(viewer);
}

/* As many as may wait come while the worker is busy, more than its door
 * holds. */
static void
come_all(int viewer[FIRST_FRAME_MAX])
{
	put_frame(DOOR_UFRAG ":abcd", MAX_CHECK);
	for (int i = 0; i < FIRST_FRAME_MAX; i++) {
		viewer[i] = come();
		say(viewer[i], frame, frame_len);
	}
}

static void
test_a_worker_that_does_not_keep_up(void **state)
{
	int viewer[FIRST_FRAME_MAX];
	struct handover h;
	int taken = 0;

	(void)state;
	come_all(viewer);
	assert_false(is_closed(viewer[FIRST_FRAME_MAX - 1]));
	assert_true(first_frames_end_oldest(frames));	/* it waits */
	while (taken < FIRST_FRAME_MAX - 1) {
		if (!door_take(&h)) {
			event_base_loop(base, EVLOOP_ONCE);
			continue;
		}
		close(h.fd);
		taken++;
	}
	for (int i = 0; i < FIRST_FRAME_MAX; i++) {
		assert_true(is_closed(viewer[i]));
		close(viewer[i]);
	}
}

static void
test_a_worker_that_does_not_keep_up_for_long(void **state)
{
	const struct first_frame_stats *stats;
	int viewer[FIRST_FRAME_MAX], n = 0;

	(void)state;
	wait_only(SHORT_MS);
	stats = first_frames_stats(frames);
	come_all(viewer);
	while (stats->opened + stats->dropped < FIRST_FRAME_MAX)
		event_base_loop(base, EVLOOP_ONCE);
	assert_false(first_frames_end_oldest(frames));
	for (int i = 0; i < FIRST_FRAME_MAX; i++) {
		n += is_closed(viewer[i]);
		close(viewer[i]);
	}
	assert_in_range(n, 1, FIRST_FRAME_MAX - 1);
	assert_int_equal(stats->dropped, n);
}

static void
test_the_oldest_goes_first(void **state)
{
	int one = come(), other = come();

	(void)state;
	assert_true(first_frames_end_oldest(frames));
	assert_true(is_closed(one));
	assert_false(is_closed(other));
	assert_true(first_frames_end_oldest(frames));
	assert_true(is_closed(other));
	assert_false(first_frames_end_oldest(frames));
	close(one);
	close(other);
}

static void
test_one_who_goes_away(void **state)
{
	int viewer = come();

	(void)state;
	say(viewer, frame, 10);
	close(viewer);
	run_loop();
	assert_false(first_frames_end_oldest(frames));
	expect_nothing();
}

/* A viewer's and our end of a TCP connection. */
static void
open_tcp(int pair[2])
{
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	union socket_address a;
	socklen_t len = sizeof a;

	socket_address_parse(&a, "127.0.0.1", 0);
	assert_int_equal(bind(listener, &a.any, sizeof a.v4), 0);
	assert_int_equal(listen(listener, 1), 0);
	getsockname(listener, &a.any, &len);
	pair[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(pair[0], &a.any, len), 0);
	pair[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	assert_int_not_equal(pair[1], -1);
	close(listener);
}

static void
test_one_who_resets_the_connection(void **state)
{
	const struct linger at_once = { .l_onoff = 1 };
	int pair[2];

	(void)state;
	open_tcp(pair);
	first_frames_add(frames, pair[1], &remote);
	setsockopt(pair[0], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	close(pair[0]);
	event_base_loop(base, EVLOOP_ONCE);
	assert_false(first_frames_end_oldest(frames));
}

static void
test_all_end_with_the_broker(void **state)
{
	int one = come(), other = come();

	(void)state;
	first_frames_free(frames);
	frames = NULL;
	assert_true(is_closed(one));
	assert_true(is_closed(other));
	close(one);
	close(other);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_frame_at_once),
		TEST(test_not_a_byte_more_is_read),
		TEST(test_a_frame_in_pieces_of_one_byte),
		TEST(test_many_at_a_time),
		TEST(test_the_longest_and_one_that_is_longer),
		TEST(test_what_is_no_frame_of_a_viewer),
		TEST(test_what_may_still_be_a_frame),
		TEST(test_a_frame_that_is_no_check),
		TEST(test_a_check_for_nobody),
		TEST(test_silence_for_its_time),
		TEST(test_bytes_that_drip_do_not_make_it_longer),
		TEST(test_the_time_is_over_with_the_frame),
		TEST(test_many_idle_ones_and_a_viewer),
		TEST(test_a_worker_that_does_not_keep_up),
		TEST(test_a_worker_that_does_not_keep_up_for_long),
		TEST(test_the_oldest_goes_first),
		TEST(test_one_who_goes_away),
		TEST(test_one_who_resets_the_connection),
		TEST(test_all_end_with_the_broker),
	};

	log_open(LOG_LEVEL_OFF, NULL);
	return cmocka_run_group_tests_name("first_frame", tests, NULL, NULL);
}
