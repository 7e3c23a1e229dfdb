#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "handover.h"
#include "xalloc.h"

static char folder[] = "/tmp/lull-test-handover-XXXXXX";
static char *door;

static int
count_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/* The two ends of a door. */
struct ends {
	int	broker, worker, before;
};

static void
ends_open(struct ends *e)
{
	struct error err;
	int fd;

	e->before = count_descriptors();
	fd = handover_listen(door, &err);
	assert_int_not_equal(fd, -1);
	e->broker = handover_connect(door);
	assert_int_not_equal(e->broker, -1);
	e->worker = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	assert_int_not_equal(e->worker, -1);
	close(fd);
	unlink(door);
}

/* No descriptor is left but those of the ends. */
static void
ends_close(struct ends *e)
{
	close(e->broker);
	close(e->worker);
	assert_int_equal(count_descriptors(), e->before);
}

static void
fill(struct handover *h, enum handover_kind kind, int fd, size_t len)
{
	memset(h, 0, sizeof *h);
	h->kind = kind;
	h->fd = fd;
	assert_true(socket_address_parse(&h->local, "2001:db8::6", 8555));
	assert_true(socket_address_parse(&h->remote, "2001:db8::7", 4660));
	h->len = len;
	for (size_t i = 0; i < len; i++)
		h->data[i] = (uint8_t)(i * 7 + len);
}

/* It is the very file: what is written there comes out here. */
static void
assert_is_end_of(int fd, int other)
{
	char c = 0;

	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(read(other, &c, 1), 1);
	assert_int_equal(c, 'x');
}

static void
pass(struct ends *e, enum handover_kind kind, size_t len)
{
	static struct handover sent, got;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	fill(&sent, kind, kind == HANDOVER_MORE ? -1 : pair[0], len);
	assert_int_equal(handover_send(e->broker, &sent), 0);
	assert_int_equal(handover_receive(e->worker, &got), 1);
	assert_int_equal(got.kind, kind);
	assert_true(socket_address_is(&got.local, &sent.local.any));
	assert_true(socket_address_is(&got.remote, &sent.remote.any));
	assert_int_equal(got.len, len);
	assert_memory_equal(got.data, sent.data, len);
	if (kind == HANDOVER_MORE) {
		assert_int_equal(got.fd, -1);
	} else {
		assert_int_not_equal(got.fd, sent.fd);
		assert_is_end_of(got.fd, pair[1]);
		assert_int_equal(fcntl(got.fd, F_GETFD), FD_CLOEXEC);
		close(got.fd);
		assert_is_end_of(pair[0], pair[1]);	/* the sender's own */
	}
	close(pair[0]);
	close(pair[1]);
}

static void
test_each_kind(void **state)
{
	static const size_t lens[] = { 0, 1, 108, HANDOVER_MAX };
	struct ends e;

	(void)state;
	ends_open(&e);
	for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
		pass(&e, HANDOVER_UDP, lens[i]);
		pass(&e, HANDOVER_TCP, lens[i]);
		pass(&e, HANDOVER_MORE, lens[i]);
		pass(&e, HANDOVER_RTSP, lens[i]);
	}
	ends_close(&e);
}

/* A message as a stranger may write it: any bytes, any descriptors. */
static void
send_raw(int to, const void *data, size_t len, const int *fds, size_t n_fds)
{
	union {
		struct cmsghdr	align;
		char		room[CMSG_SPACE(4 * sizeof(int))];
	} control;
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	memset(&control, 0, sizeof control);
	if (n_fds > 0) {
		m.msg_control = control.room;
		m.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n_fds * sizeof(int));
	}
	assert_int_equal(sendmsg(to, &m, 0), len);
}

#define HEAD_LEN	(8 + 2 * sizeof(union socket_address))

static void
assert_refused(struct ends *e)
{
	static struct handover got;
	int before = count_descriptors();

	errno = 0;
	assert_int_equal(handover_receive(e->worker, &got), -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(count_descriptors(), before);
}

static void
test_kinds_that_do_not_fit(void **state)
{
	static const struct {
		unsigned	kind;
		bool		fd;
	} wrong[] = {
		{ HANDOVER_UDP, false }, { HANDOVER_TCP, false },
		{ HANDOVER_MORE, true }, { 0, true }, { 0, false },
		{ HANDOVER_RTSP, false }, { 5, true }, { 5, false },
		{ UINT32_MAX, true },
	};
	static struct handover h;
	struct ends e;

	(void)state;
	ends_open(&e);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		fill(&h, (enum handover_kind)wrong[i].kind,
		    wrong[i].fd ? e.broker : -1, 100);
		assert_int_equal(handover_send(e.broker, &h), 0);
		assert_refused(&e);
	}
	pass(&e, HANDOVER_UDP, 5);	/* what comes next is not lost */
	ends_close(&e);
}

/* The kind is the first number, so that a message of its head alone is whole,
 * and one byte less is not. */
static void
test_lengths_that_do_not_fit(void **state)
{
	static uint8_t bytes[HEAD_LEN + HANDOVER_MAX + 1];
	static struct handover got;
	const uint32_t kind = HANDOVER_UDP;
	size_t head = 0;
	struct ends e;

	(void)state;
	memcpy(bytes, &kind, sizeof kind);
	ends_open(&e);
	for (size_t len = 1; len < HEAD_LEN + 8 && head == 0; len++) {
		send_raw(e.broker, bytes, len, &e.broker, 1);
		if (handover_receive(e.worker, &got) == 1) {
			assert_int_equal(got.len, 0);
			close(got.fd);
			head = len;
		}
	}
	assert_in_range(head, sizeof(union socket_address), HEAD_LEN);
	send_raw(e.broker, bytes, head + HANDOVER_MAX, &e.broker, 1);
	assert_int_equal(handover_receive(e.worker, &got), 1);
	assert_int_equal(got.len, HANDOVER_MAX);
	close(got.fd);
	send_raw(e.broker, bytes, head + HANDOVER_MAX + 1, &e.broker, 1);
	assert_refused(&e);
	send_raw(e.broker, bytes, head + HANDOVER_MAX + 1, NULL, 0);
	assert_refused(&e);
	ends_close(&e);
}

/* Of several descriptors none is kept. */
static void
test_many_descriptors(void **state)
{
	static uint8_t bytes[HEAD_LEN + 10];
	const uint32_t kind = HANDOVER_UDP;
	struct ends e;

	(void)state;
	memcpy(bytes, &kind, sizeof kind);
	ends_open(&e);
	for (size_t n = 2; n <= 4; n++) {
		const int fds[] = { 0, 1, 2, e.broker };

		send_raw(e.broker, bytes, sizeof bytes, fds, n);
		assert_refused(&e);
	}
	ends_close(&e);
}

/* An empty message looks like the end: its descriptor is not kept. */
static void
test_an_empty_message(void **state)
{
	static struct handover got;
	struct ends e;
	int before;

	(void)state;
	ends_open(&e);
	before = count_descriptors();
	send_raw(e.broker, "", 0, &e.broker, 1);
	assert_int_equal(handover_receive(e.worker, &got), 0);
	assert_int_equal(count_descriptors(), before);
	ends_close(&e);
}

static void
test_nothing_and_the_end(void **state)
{
	static struct handover h;
	struct ends e;

	(void)state;
	ends_open(&e);
	assert_int_equal(handover_receive(e.worker, &h), -1);
	assert_int_equal(errno, EAGAIN);
	close(e.broker);
	assert_int_equal(handover_receive(e.worker, &h), 0);
	e.broker = -1;
	ends_close(&e);

	ends_open(&e);
	close(e.worker);
	e.worker = -1;
	fill(&h, HANDOVER_MORE, -1, 5);
	assert_int_equal(handover_send(e.broker, &h), -1);
	assert_int_equal(errno, EPIPE);
	ends_close(&e);
}

/* What does not fit waits for nobody, and its descriptor is not on the way. */
static void
test_a_worker_that_does_not_keep_up(void **state)
{
	static struct handover h, got;
	struct ends e;
	int sent = 0;

	(void)state;
	ends_open(&e);
	fill(&h, HANDOVER_UDP, e.broker, 1000);
	while (handover_send(e.broker, &h) == 0)
		assert_in_range(++sent, 1, 100000);
	assert_int_equal(errno, EAGAIN);
	for (int i = 0; i < sent; i++) {
		assert_int_equal(handover_receive(e.worker, &got), 1);
		close(got.fd);
	}
	assert_int_equal(handover_receive(e.worker, &got), -1);
	assert_int_equal(errno, EAGAIN);
	pass(&e, HANDOVER_TCP, 5);
	ends_close(&e);
}

static void
test_door(void **state)
{
	struct stat st;
	struct error err = { "" };
	int fd = handover_listen(door, &err), before;

	(void)state;
	assert_int_not_equal(fd, -1);
	assert_string_equal(err.text, "");
	assert_int_equal(stat(door, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	/* Another finds it taken. */
	before = count_descriptors();
	assert_int_equal(handover_listen(door, &err), -1);
	assert_int_equal(errno, EADDRINUSE);
	assert_int_equal(count_descriptors(), before);
	assert_non_null(strstr(err.text, door));
	assert_non_null(strstr(err.text, "Address already in use"));
	close(fd);
	/* Nobody is behind it any more. */
	assert_int_equal(handover_connect(door), -1);
	assert_int_equal(errno, ECONNREFUSED);
	unlink(door);
	assert_int_equal(handover_connect(door), -1);
	assert_int_equal(errno, ENOENT);
}

/* As a worker leaves it that is killed before its door has its name. */
static void
test_a_door_that_was_not_finished(void **state)
{
	char *new = xasprintf("%s.new", door);
	struct error err;
	int fd;

	(void)state;
	close(open(new, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	fd = handover_listen(door, &err);
	assert_int_not_equal(fd, -1);
	assert_int_equal(access(new, F_OK), -1);
	/* Nor is it left by one that finds the door taken. */
	assert_int_equal(handover_listen(door, &err), -1);
	assert_int_equal(access(new, F_OK), -1);
	close(fd);
	unlink(door);
	free(new);
}

static void
test_a_path_that_is_too_long(void **state)
{
	char *path = xasprintf("%s/%0108d", folder, 0);
	struct error err = { "" };
	int before = count_descriptors();

	(void)state;
	assert_int_equal(handover_listen(path, &err), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_non_null(strstr(err.text, "File name too long"));
	assert_int_equal(handover_connect(path), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	/* The longest that fits, with the NUL behind it. */
	path[107] = '\0';
	assert_int_equal(handover_connect(path), -1);
	assert_int_equal(errno, ENOENT);
	path[107] = '0';
	path[108] = '\0';
	assert_int_equal(handover_connect(path), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(count_descriptors(), before);
	free(path);
}

static int
make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return 1;
	door = xasprintf("%s/abcd.door", folder);
	return 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	unlink(door);
	free(door);
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_kind),
		cmocka_unit_test(test_kinds_that_do_not_fit),
		cmocka_unit_test(test_lengths_that_do_not_fit),
		cmocka_unit_test(test_many_descriptors),
		cmocka_unit_test(test_an_empty_message),
		cmocka_unit_test(test_nothing_and_the_end),
		cmocka_unit_test(test_a_worker_that_does_not_keep_up),
		cmocka_unit_test(test_door),
		cmocka_unit_test(test_a_door_that_was_not_finished),
		cmocka_unit_test(test_a_path_that_is_too_long),
	};

	return cmocka_run_group_tests_name("handover", tests, make_folder,
	    remove_folder);
}
