/* Names of .test are the test's own; others are asked of the system, which
 * knows those here without a network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <event2/event.h>

#include "worker/rtsp/resolve.h"

#define GIVE_UP_S	60	/* nothing here takes longer unless it hangs */

/* A label has 63 letters at most (RFC 1035, section 2.3.4). */
#define LONG_LABEL	"0123456789abcdef0123456789abcdef" \
			"0123456789abcdef0123456789abcdef"

static struct sockaddr_in6 many_addresses[RESOLVE_MAX + 1];
static struct addrinfo many[RESOLVE_MAX + 1];
static bool many_freed;
static bool no_threads;
static sem_t slow_asked, slow_may_answer;

/* These are in place of the C library's. */
int
pthread_create(pthread_t *thread, const pthread_attr_t *attr,
    void *(*run)(void *), void *arg)
{
	int (*system)(pthread_t *, const pthread_attr_t *,
	    void *(*)(void *), void *);

	if (no_threads)
		return EAGAIN;
	*(void **)&system = dlsym(RTLD_NEXT, "pthread_create");
	return system(thread, attr, run, arg);
}

int
getaddrinfo(const char *name, const char *service,
    const struct addrinfo *hints, struct addrinfo **list)
{
	int (*system)(const char *, const char *, const struct addrinfo *,
	    struct addrinfo **);

	if (strcmp(name, "none.test") == 0) {
		*list = NULL;
		return 0;
	}
	if (strcmp(name, "many.test") == 0) {
		assert_int_equal(hints->ai_socktype, SOCK_STREAM);
		*list = many;
		return 0;
	}
	if (strcmp(name, "slow.test") == 0) {
		sem_post(&slow_asked);
		while (sem_wait(&slow_may_answer) == -1)
			;
		*list = many;
		return 0;
	}
	*(void **)&system = dlsym(RTLD_NEXT, "getaddrinfo");
	return system(name, service, hints, list);
}

void
freeaddrinfo(struct addrinfo *list)
{
	void (*system)(struct addrinfo *);

	if (list == many) {
		many_freed = true;
		return;
	}
	*(void **)&system = dlsym(RTLD_NEXT, "freeaddrinfo");
	system(list);
}

/* 2001:db8::0 and so on, but for the third, which is 192.0.2.2. */
static void
make_many(void)
{
	for (int i = 0; i <= RESOLVE_MAX; i++) {
		union socket_address a;
		char ip[32];

		snprintf(ip, sizeof ip, i == 2 ? "192.0.2.%d" :
		    "2001:db8::%d", i + 1);
		socket_address_parse(&a, ip, 0);
		many_addresses[i] = a.v6;
		many[i].ai_addr = (struct sockaddr *)&many_addresses[i];
		many[i].ai_next = i < RESOLVE_MAX ? &many[i + 1] : NULL;
	}
}

struct fixture {
	struct event_base	*base;
	struct event		*give_up;
	struct resolve		*resolve;
	bool			 frees;		/* in the callback */
	int			 called;
	int			 opened;	/* descriptors, before it */
	size_t			 n;
	union socket_address	 found[RESOLVE_MAX];
	char			 why[128];
};

static void
on_give_up(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	fail_msg("no answer");
}

static void
on_found(const union socket_address *found, size_t n, const char *why,
    void *arg)
{
	struct fixture *f = arg;

	assert_true(n <= RESOLVE_MAX);
	f->called++;
	f->n = n;
	memcpy(f->found, found, n * sizeof found[0]);
	snprintf(f->why, sizeof f->why, "%s", n == 0 ? why : "");
	if (f->frees) {
		resolve_free(f->resolve);
		f->resolve = NULL;
	}
	event_base_loopbreak(f->base);
}

static int
open_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 200; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

static int
setup(void **state)
{
	static struct fixture f;
	struct timeval tv = { GIVE_UP_S, 0 };

	f = (struct fixture){ .opened = open_descriptors() };
	f.base = event_base_new();
	f.give_up = evtimer_new(f.base, on_give_up, NULL);
	event_add(f.give_up, &tv);
	*state = &f;
	return 0;
}

/* Threads that are left behind may still be at their end. */
static int
teardown(void **state)
{
	struct fixture *f = *state;

	resolve_free(f->resolve);
	event_free(f->give_up);
	event_base_free(f->base);
	while (open_descriptors() > f->opened)
		sched_yield();
	return 0;
}

static void
ask(struct fixture *f, const char *host, int port)
{
	resolve_free(f->resolve);
	f->called = 0;
	f->resolve = resolve_start(f->base, host, port, on_found, f);
	assert_non_null(f->resolve);
	assert_int_equal(f->called, 0);
	event_base_dispatch(f->base);
	assert_int_equal(f->called, 1);
}

static void
assert_found(const struct fixture *f, size_t i, const char *want)
{
	char text[SOCKET_ADDRESS_TEXT];

	assert_true(i < f->n);
	socket_address_text(&f->found[i], text);
	assert_string_equal(text, want);
}

static void
test_a_number_is_its_own_address(void **state)
{
	struct fixture *f = *state;

	ask(f, "192.0.2.7", 554);
	assert_int_equal(f->n, 1);
	assert_found(f, 0, "192.0.2.7:554");
	ask(f, "2001:db8::7", 65535);
	assert_int_equal(f->n, 1);
	assert_found(f, 0, "[2001:db8::7]:65535");
}

/* It has an address of each kind, or of one. */
static void
test_localhost(void **state)
{
	struct fixture *f = *state;

	ask(f, "localhost", 8554);
	assert_true(f->n > 0);
	for (size_t i = 0; i < f->n; i++)
		assert_found(f, i, f->found[i].any.sa_family == AF_INET6 ?
		    "[::1]:8554" : "127.0.0.1:8554");
}

/* The resolver reads a number that nobody else writes so. */
static void
test_an_odd_number_is_asked_for(void **state)
{
	struct fixture *f = *state;

	ask(f, "127.1", 555);
	assert_int_equal(f->n, 1);
	assert_found(f, 0, "127.0.0.1:555");
}

static void
test_a_name_that_is_none(void **state)
{
	static const char *const names[] = { LONG_LABEL ".invalid", "" };
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		ask(f, names[i], 554);
		assert_int_equal(f->n, 0);
		assert_true(f->why[0] != '\0');
		assert_string_not_equal(f->why, "no address");
		assert_string_not_equal(f->why, gai_strerror(0));
	}
	ask(f, "none.test", 554);
	assert_int_equal(f->n, 0);
	assert_string_equal(f->why, "no address");
}

static void
test_more_addresses_than_are_tried(void **state)
{
	struct fixture *f = *state;

	many_freed = false;
	ask(f, "many.test", 554);
	assert_int_equal(f->n, RESOLVE_MAX);
	assert_found(f, 0, "[2001:db8::1]:554");
	assert_found(f, 1, "[2001:db8::2]:554");
	assert_found(f, 2, "192.0.2.3:554");
	assert_found(f, 3, "[2001:db8::4]:554");
	assert_true(many_freed);
}

static void
test_freed_by_the_answer(void **state)
{
	struct fixture *f = *state;

	f->frees = true;
	ask(f, "192.0.2.7", 554);
	ask(f, "localhost", 554);
	ask(f, "many.test", 554);
	ask(f, LONG_LABEL, 554);
	assert_null(f->resolve);
}

/* Nobody waits any more: the thread is left behind, and ends what was asked
 * when it has its answer. */
static void
test_freed_before_the_answer(void **state)
{
	struct fixture *f = *state;
	int before = open_descriptors();

	for (int i = 0; i < 2; i++) {
		f->resolve = resolve_start(f->base, "slow.test", 554, on_found,
		    f);
		while (sem_wait(&slow_asked) == -1)
			;
		resolve_free(f->resolve);
		f->resolve = NULL;
	}
	assert_int_equal(open_descriptors(), before + 2);
	sem_post(&slow_may_answer);
	sem_post(&slow_may_answer);
	while (open_descriptors() > before)
		sched_yield();
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	assert_int_equal(f->called, 0);
	ask(f, "many.test", 554);
	assert_int_equal(f->n, RESOLVE_MAX);
}

/* Whoever of the thread and the loop comes first. */
static void
test_freed_at_any_time(void **state)
{
	static const char *const names[] = {
		"192.0.2.7", "many.test", "none.test",
	};
	struct fixture *f = *state;
	int before = open_descriptors();

	for (int i = 0; i < 300; i++) {
		f->resolve = resolve_start(f->base, names[i % 3], 554,
		    on_found, f);
		assert_non_null(f->resolve);
		for (int k = 0; k < i; k++)
			sched_yield();
		resolve_free(f->resolve);
		f->resolve = NULL;
	}
	while (open_descriptors() > before)
		sched_yield();
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	assert_int_equal(f->called, 0);
}

/* Without descriptors there is nothing to wait for. */
static void
test_no_descriptors(void **state)
{
	struct fixture *f = *state;
	struct rlimit all, none;

	getrlimit(RLIMIT_NOFILE, &all);
	none = all;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	f->resolve = resolve_start(f->base, "192.0.2.7", 554, on_found, f);
	setrlimit(RLIMIT_NOFILE, &all);
	assert_null(f->resolve);
}

static void
test_no_threads(void **state)
{
	struct fixture *f = *state;

	no_threads = true;
	f->resolve = resolve_start(f->base, "localhost", 554, on_found, f);
	no_threads = false;
	assert_null(f->resolve);
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	assert_int_equal(f->called, 0);
}

static void
test_nothing_can_be_freed(void **state)
{
	(void)state;
	resolve_free(NULL);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_number_is_its_own_address),
		TEST(test_localhost),
		TEST(test_an_odd_number_is_asked_for),
		TEST(test_a_name_that_is_none),
		TEST(test_freed_by_the_answer),
		TEST(test_more_addresses_than_are_tried),
		TEST(test_freed_before_the_answer),
		TEST(test_freed_at_any_time),
		TEST(test_no_descriptors),
		TEST(test_no_threads),
		cmocka_unit_test(test_nothing_can_be_freed),
	};

	make_many();
	sem_init(&slow_asked, 0, 0);
	sem_init(&slow_may_answer, 0, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
