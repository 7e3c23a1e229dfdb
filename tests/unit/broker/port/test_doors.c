/* What the broker hands to workers, whether they are there or not. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "broker/port/doors.h"
#include "port_door.h"

static struct doors *doors;

static int
set_up(void **state)
{
	int rc = door_begin(state);

	doors = doors_new(base, door_folder);
	return rc;
}

static int
tear_down(void **state)
{
	doors_free(doors);
	return door_end(state);
}

/* A datagram of this text. */
static struct handover
more(const char *text)
{
	struct handover h = { .kind = HANDOVER_MORE, .fd = -1,
		.len = strlen(text) };

	memcpy(h.data, text, h.len);
	return h;
}

static int
send_text(const char *text)
{
	struct handover h = more(text);

	return doors_send(doors, DOOR_TAG, &h);
}

static void
expect_text(const char *text)
{
	struct handover h;

	assert_true(door_take(&h));
	assert_int_equal(h.len, strlen(text));
	assert_memory_equal(h.data, text, h.len);
}

static bool
is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

static void
test_a_socket_goes_through_the_door(void **state)
{
	struct handover h = more("first"), got;
	struct stat mine, theirs;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	h.kind = HANDOVER_UDP;
	h.fd = pair[0];
	assert_int_equal(doors_send(doors, DOOR_TAG, &h), 0);
	assert_true(door_take(&got));
	assert_int_equal(got.kind, HANDOVER_UDP);
	assert_int_equal(fstat(pair[0], &mine), 0);
	assert_int_equal(fstat(got.fd, &theirs), 0);
	assert_int_equal(mine.st_ino, theirs.st_ino);
	close(got.fd);
	close(pair[0]);
	close(pair[1]);
}

static void
test_one_connection_is_kept(void **state)
{
	(void)state;
	assert_true(doors_has(doors, DOOR_TAG));
	assert_int_equal(send_text("one"), 0);
	assert_int_equal(send_text("two"), 0);
	expect_text("one");
	expect_text("two");
	assert_true(doors_has(doors, DOOR_TAG));
	assert_int_equal(accept4(door_fd, NULL, NULL, SOCK_NONBLOCK), -1);
	assert_int_equal(errno, EAGAIN);
}

/* Each gets its own. */
static void
test_two_workers(void **state)
{
	char *path = rundir_door(door_folder, "TAGb");
	struct handover h = more("other"), got;
	struct error err;
	int fd = handover_listen(path, &err), conn;

	(void)state;
	assert_int_equal(send_text("one"), 0);
	assert_int_equal(doors_send(doors, "TAGb", &h), 0);
	assert_int_equal(send_text("two"), 0);
	expect_text("one");
	expect_text("two");
	conn = accept4(fd, NULL, NULL, SOCK_NONBLOCK);
	assert_int_equal(handover_receive(conn, &got), 1);
	assert_memory_equal(got.data, "other", 5);
	close(conn);
	close(fd);
	unlink(path);
	free(path);
}

static void
test_no_worker_has_that_tag(void **state)
{
	struct handover h = more("lost");

	(void)state;
	assert_false(doors_has(doors, "TAGb"));
	assert_int_equal(doors_send(doors, "TAGb", &h), -1);
	assert_true(is_there(door_path));
}

static void
test_a_killed_workers_door_is_removed_when_somebody_comes(void **state)
{
	(void)state;
	door_kill();
	assert_true(is_there(door_path));
	assert_false(doors_has(doors, DOOR_TAG));
	assert_false(is_there(door_path));
}

/* Nobody needs to come: the connection has ended. */
static void
test_a_killed_workers_door_is_removed_with_its_connection(void **state)
{
	int before = count_fds();

	(void)state;
	assert_int_equal(send_text("one"), 0);
	expect_text("one");
	door_kill();
	run_loop();
	assert_false(is_there(door_path));
	assert_int_equal(count_fds(), before - 1);	/* the listener */
	assert_int_equal(send_text("two"), -1);
}

/* The broker has not heard of the end when it sends. */
static void
test_another_worker_has_the_same_tag(void **state)
{
	(void)state;
	for (int unread = 0; unread < 2; unread++) {
		assert_int_equal(send_text("one"), 0);
		if (unread)
			assert_int_equal(send_text("unread"), 0);
		expect_text("one");
		door_kill();
		unlink(door_path);
		door_listen();
		assert_int_equal(send_text("two"), 0);
		expect_text("two");
	}
}

static void
test_a_worker_is_gone_when_the_broker_sends(void **state)
{
	int before = count_fds();

	(void)state;
	assert_int_equal(send_text("one"), 0);
	expect_text("one");
	door_kill();
	assert_int_equal(send_text("two"), -1);
	assert_false(is_there(door_path));
	assert_int_equal(count_fds(), before - 1);
}

/* It hung up, or said what it may not. */
static void
test_a_worker_that_is_still_there_keeps_its_door(void **state)
{
	(void)state;
	assert_int_equal(send_text("one"), 0);
	expect_text("one");
	door_hang_up();
	run_loop();
	assert_true(is_there(door_path));
	/* Here is the knock. */
	door_conn = accept4(door_fd, NULL, NULL, SOCK_NONBLOCK);
	assert_int_not_equal(door_conn, -1);
	door_hang_up();
	assert_int_equal(send_text("two"), 0);
	expect_text("two");
}

static void
test_a_worker_that_does_not_keep_up(void **state)
{
	char text[1000];
	int n = 0;

	(void)state;
	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	while (send_text(text) == 0)
		n++;
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(send_text(text), -1);
	assert_in_range(n, 10, 1000);
	for (int i = 0; i < n; i++)
		expect_text(text);
	assert_int_equal(send_text("again"), 0);
	expect_text("again");
}

/* Its connections wait to be taken. */
static void
test_a_worker_that_takes_no_connection(void **state)
{
	int waiting[64], n = 0;

	(void)state;
	while ((waiting[n] = handover_connect(door_path)) != -1)
		n++;
	assert_int_equal(send_text("one"), -1);
	assert_true(is_there(door_path));
	while (n-- > 0)
		close(waiting[n]);
}

static void
put_file(const char *name, bool stays)
{
	char *path = xasprintf("%s/%s", door_folder, name);

	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	doors_sweep(door_folder);
	assert_int_equal(is_there(path), stays);
	unlink(path);
	free(path);
}

static void
test_what_killed_workers_left_is_swept(void **state)
{
	int before;

	(void)state;
	put_file("TAGb.door", false);
	put_file("TAGb.door.txt", true);
	put_file("TAGb.ipc", true);
	put_file(".door", true);
	assert_true(is_there(door_path));
	before = count_fds();
	doors_sweep(door_folder);
	assert_int_equal(count_fds(), before);
	door_kill();
	doors_sweep(door_folder);
	assert_false(is_there(door_path));
	doors_sweep("/nowhere");
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_socket_goes_through_the_door),
		TEST(test_one_connection_is_kept),
		TEST(test_two_workers),
		TEST(test_no_worker_has_that_tag),
		TEST(test_a_killed_workers_door_is_removed_when_somebody_comes),
		TEST(test_a_killed_workers_door_is_removed_with_its_connection),
		TEST(test_another_worker_has_the_same_tag),
		TEST(test_a_worker_is_gone_when_the_broker_sends),
		TEST(test_a_worker_that_is_still_there_keeps_its_door),
		TEST(test_a_worker_that_does_not_keep_up),
		TEST(test_a_worker_that_takes_no_connection),
		TEST(test_what_killed_workers_left_is_swept),
	};

	log_open(LOG_LEVEL_OFF, NULL);
	return cmocka_run_group_tests_name("doors", tests, NULL, NULL);
}
