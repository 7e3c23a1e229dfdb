/* What comes while a socket is opened, which is everybody's until it is
 * connected. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "opener_at_door.h"

#define DRAIN_MAX	512	/* datagrams of others that are looked at */

static void (*before_connect)(void);	/* what comes after bind() */
static bool is_endless;			/* what recvfrom() gives is */

/* These are the C library's own, but for what a test does in between. */
int
connect(int fd, __CONST_SOCKADDR_ARG a, socklen_t len)
{
	if (before_connect != NULL && a.__sockaddr__->sa_family != AF_UNIX)
		before_connect();
	return (int)syscall(SYS_connect, fd, a.__sockaddr__, len);
}

ssize_t
recvfrom(int fd, void *restrict data, size_t len, int flags,
    __SOCKADDR_ARG a, socklen_t *restrict a_len)
{
	if (is_endless) {
		memset(data, 0, 20);
		return 20;
	}
	return syscall(SYS_recvfrom, fd, data, len, flags, a.__sockaddr__,
	    a_len);
}

static int
tear_down(void **state)
{
	before_connect = NULL;
	is_endless = false;
	return opener_end(state);
}

static int others[3];

/* A check, its repetition, an empty datagram and one that is none. */
static void
send_in_between(void)
{
	socklen_t len = socket_address_len(&port.any);

	before_connect = NULL;
	sendto(others[0], check, check_len, 0, &port.any, len);
	sendto(others[0], check, check_len, 0, &port.any, len);
	sendto(others[1], "", 0, 0, &port.any, len);
	sendto(others[1], "junk", 4, 0, &port.any, len);
	sendto(others[2], check, check_len, 0, &port.any, len);
}

static void
test_what_comes_between_bind_and_connect(void **state)
{
	union socket_address first = viewer(0), second, third;
	int fds[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		others[i] = open_udp("127.0.0.1");
	second = address_of(others[0]);
	third = address_of(others[2]);
	before_connect = send_in_between;
	take(&first);
	fds[0] = expect_flow(&first);
	fds[1] = expect_flow(&second);
	expect_more(&second);
	fds[2] = expect_flow(&third);
	expect_nothing();
	expect_stats(3, 1, 2);
	for (int i = 0; i < 3; i++) {
		char byte;

		assert_int_equal(recv(fds[i], &byte, 1, 0), -1);
		assert_int_equal(errno, EAGAIN);
		close(fds[i]);
		close(others[i]);
	}
}

static void
test_one_who_goes_on_sending_keeps_nobody_here(void **state)
{
	union socket_address remote = viewer(0);

	(void)state;
	is_endless = true;
	take(&remote);
	is_endless = false;
	close(expect_flow(&remote));
	expect_stats(1, 0, DRAIN_MAX);
}

/* Of many who check at once, each datagram is seen by somebody: it is handed
 * over, or it is on the socket of its sender, where a worker would read it. */
#define N_VIEWERS	100
#define N_EACH		50
#define UNSEEN_MAX	64	/* no socket's buffer is that small */

static int viewers[N_VIEWERS];
static uint8_t seen[N_VIEWERS * N_EACH];
static atomic_int n_sent, n_seen;

/* The number of a datagram is in its transaction id (RFC 8489, section 5). */
static void *
send_all(void *arg)
{
	uint8_t data[100];

	(void)arg;
	memcpy(data, check, check_len);
	while (n_sent < N_VIEWERS * N_EACH) {
		if (n_sent - n_seen >= UNSEEN_MAX)
			continue;
		put32(data + 8, (uint32_t)n_sent);
		if (sendto(viewers[n_sent % N_VIEWERS], data, check_len, 0,
		    &port.any, socket_address_len(&port.any)) != -1)
			n_sent++;
	}
	return NULL;
}

static void
see(const uint8_t *data)
{
	seen[get32(data + 8)]++;
	n_seen++;
}

/* A worker: it keeps each viewer's socket. */
struct flows {
	int	fd[N_VIEWERS * N_EACH], n;
};

static void
work(struct flows *f)
{
	uint8_t data[HANDOVER_MAX];
	struct handover h;

	while (door_take(&h)) {
		see(h.data);
		if (h.fd != -1)
			f->fd[f->n++] = h.fd;
	}
	for (int i = 0; i < f->n; i++)
		while (recv(f->fd[i], data, sizeof data, MSG_DONTWAIT) > 0)
			see(data);
}

static void
test_many_who_check_at_once(void **state)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct flows flows = { .n = 0 };
	const int one = 1;
	pthread_t thread;

	(void)state;
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
	assert_int_equal(bind(fd, &port.any, sizeof port.v4), 0);
	for (int i = 0; i < N_VIEWERS; i++)
		viewers[i] = open_udp("127.0.0.1");
	memset(seen, 0, sizeof seen);
	n_sent = n_seen = 0;
	pthread_create(&thread, NULL, send_all, NULL);
	while (n_seen < N_VIEWERS * N_EACH) {
		uint8_t data[HANDOVER_MAX];
		union socket_address remote = { 0 };
		socklen_t len = sizeof remote;
		ssize_t n = recvfrom(fd, data, sizeof data, 0, &remote.any,
		    &len);

		if (n > 0)
			flow_opener_take(opener, &port, &remote, data,
			    (size_t)n, now_us);
		work(&flows);
	}
	pthread_join(thread, NULL);
	for (int i = 0; i < N_VIEWERS * N_EACH; i++)
		assert_int_equal(seen[i], 1);
	assert_int_equal(stats->dropped, 0);
	assert_int_equal(stats->opened, flows.n);
	/* Two may share a place among those that were just there. */
	assert_in_range(flows.n, N_VIEWERS, 2 * N_VIEWERS);
	for (int i = 0; i < flows.n; i++)
		close(flows.fd[i]);
	for (int i = 0; i < N_VIEWERS; i++)
		close(viewers[i]);
	close(fd);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, opener_begin, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_comes_between_bind_and_connect),
		TEST(test_one_who_goes_on_sending_keeps_nobody_here),
		TEST(test_many_who_check_at_once),
	};

	log_open(LOG_LEVEL_OFF, NULL);
	return cmocka_run_group_tests_name("flow_opener_race", tests, NULL,
	    NULL);
}
