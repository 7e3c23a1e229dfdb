#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <cmocka.h>

#include "flow_pairs.h"
#include "ice_ends.h"
#include "id.h"
#include "rundir.h"
#include "stun_messages.h"
#include "worker/transport/media_port.h"
#include "xalloc.h"

/* The random bytes that come next; then the kernel's. */
static const uint8_t *script;
static size_t n_script;

void
id_random(void *buf, size_t len)
{
	uint8_t *p = buf;

	for (; len > 0 && n_script > 0; len--, n_script--)
		*p++ = *script++;
	if (len > 0)
		assert_int_equal(getrandom(p, len, 0), len);
}

static int accept_error;	/* why nobody is let in, or 0 */
static int n_accepts;

int
accept4(int fd, __SOCKADDR_ARG a, socklen_t *restrict len, int flags)
{
	n_accepts++;
	if (accept_error != 0) {
		errno = accept_error;
		return -1;
	}
	return (int)syscall(SYS_accept4, fd, a.__sockaddr__, len, flags);
}

static char folder[] = "/tmp/lull-test-media-port-XXXXXX";
static struct media_port *port;
static char *door;
static int descriptors;

static char *
door_of(const struct media_port *p)
{
	char ufrag[FIRST_CHECK_UFRAG + 1];

	media_port_ufrag(p, ufrag);
	ufrag[FIRST_CHECK_TAG] = '\0';
	return rundir_door(folder, ufrag);
}

static struct media_port *
open_port(struct error *err)
{
	static const char *const announced[] = { "203.0.113.9:9000", NULL };
	const struct media_port_config config = {
		.folder = folder, .address = "192.0.2.1", .port = 8555,
		.udp = true, .announced = announced,
	};

	return media_port_open(ends_base, &config, err);
}

static int
set_up(void **state)
{
	struct error err;

	ends_set_up(state);
	descriptors = count_descriptors();
	port = open_port(&err);
	assert_non_null(port);
	door = door_of(port);
	return 0;
}

/* Nothing is left open, nor in the folder. */
static int
tear_down(void **state)
{
	media_port_close(port);
	assert_int_equal(count_descriptors(), descriptors);
	assert_int_equal(access(door, F_OK), -1);
	free(door);
	n_script = 0;
	accept_error = 0;
	return ends_tear_down(state);
}

/* Who waits for a ufrag, and what came for it. */
struct user {
	char		ufrag[FIRST_CHECK_UFRAG + 1];
	int		n;
	struct handover	last;
};

static void
on_handover(const struct handover *h, void *arg)
{
	struct user *u = arg;

	u->n++;
	u->last = *h;
	if (h->fd != -1)
		close(h->fd);
}

static void
add_user(struct user *u)
{
	memset(u, 0, sizeof *u);
	media_port_ufrag(port, u->ufrag);
	media_port_add(port, u->ufrag, on_handover, u);
}

/* The broker hands a socket over, or a datagram more: a check of that name. */
static void
hand_over(int broker, enum handover_kind kind, const char *ufrag)
{
	static struct handover h;
	char name[100];

	h = (struct handover){ .kind = kind,
		.fd = kind == HANDOVER_MORE ? -1 : broker };
	assert_true(socket_address_parse(&h.remote, "192.0.2.7", 5000));
	snprintf(name, sizeof name, "%s:them", ufrag);
	h.len = stun_write_check(h.data, name, "password", true);
	assert_int_equal(handover_send(broker, &h), 0);
}

static void
test_door(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat(door, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void
test_config(void **state)
{
	const struct media_port_config *c = media_port_config(port);
	char *address = xstrdup("::1"), *text = xstrdup("192.0.2.9:1");
	char *second = xstrdup("[::1]:2");
	const char *announced[] = { text, second, NULL };
	struct media_port_config mine = {
		.folder = folder, .address = address, .port = 9000,
		.tcp = true, .announced = announced,
	};
	struct media_port *other;
	struct error err;

	(void)state;
	assert_string_equal(c->address, "192.0.2.1");
	assert_int_equal(c->port, 8555);
	assert_true(c->udp && !c->tcp);
	assert_string_equal(c->announced[0], "203.0.113.9:9000");
	assert_null(c->announced[1]);
	assert_null(c->folder);	/* only for the time of opening */
	/* It is a copy. */
	other = media_port_open(ends_base, &mine, &err);
	assert_non_null(other);
	strcpy(address, "xxx");
	text[0] = second[1] = 'x';
	announced[0] = NULL;
	c = media_port_config(other);
	assert_string_equal(c->address, "::1");
	assert_string_equal(c->announced[0], "192.0.2.9:1");
	assert_string_equal(c->announced[1], "[::1]:2");
	assert_null(c->announced[2]);
	media_port_close(other);
	free(address);
	free(text);
	free(second);
}

/* The public address of a home is another one: viewers to come are told. */
static void
test_announce(void **state)
{
	const struct media_port_config *c = media_port_config(port);
	static const char *const none[] = { NULL };
	char first[] = "198.51.100.1:1", second[] = "198.51.100.2:2";
	const char *announced[] = { first, second, NULL };

	(void)state;
	media_port_announce(port, announced);
	first[0] = second[0] = 'x';
	announced[0] = NULL;
	assert_string_equal(c->announced[0], "198.51.100.1:1");
	assert_string_equal(c->announced[1], "198.51.100.2:2");
	assert_null(c->announced[2]);
	assert_string_equal(c->address, "192.0.2.1");
	media_port_announce(port, none);
	assert_null(c->announced[0]);
}

static void
test_ufrags(void **state)
{
	char ufrags[200][FIRST_CHECK_UFRAG + 1];

	(void)state;
	for (int i = 0; i < 200; i++) {
		media_port_ufrag(port, ufrags[i]);
		assert_int_equal(strlen(ufrags[i]), FIRST_CHECK_UFRAG);
		assert_true(first_check_is_ufrag(ufrags[i],
		    FIRST_CHECK_UFRAG));
		assert_memory_equal(ufrags[i], ufrags[0], FIRST_CHECK_TAG);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(ufrags[i], ufrags[k]);
	}
}

/* Each letter is as likely as any other: the bytes that would favour some are
 * passed over. */
static void
test_letters(void **state)
{
	static const uint8_t bytes[] = {
		0, 25, 248, 26, 51, 255, 52, 61, 62, 247
	};
	char ufrag[FIRST_CHECK_UFRAG + 1];

	(void)state;
	script = bytes;
	n_script = sizeof bytes;
	media_port_ufrag(port, ufrag);
	assert_string_equal(ufrag + FIRST_CHECK_TAG, "AZaz09A9");
	assert_int_equal(n_script, 0);
}

/* One that somebody has is not given a second time. */
static void
test_a_ufrag_that_somebody_has(void **state)
{
	static const uint8_t bytes[] = {
		1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
		2, 2, 2, 2, 2, 2, 2, 2,
	};
	char ufrag[FIRST_CHECK_UFRAG + 1];
	struct user u;

	(void)state;
	script = bytes;
	n_script = sizeof bytes;
	add_user(&u);
	assert_string_equal(u.ufrag + FIRST_CHECK_TAG, "BBBBBBBB");
	media_port_ufrag(port, ufrag);
	assert_string_equal(ufrag + FIRST_CHECK_TAG, "CCCCCCCC");
	media_port_remove(port, u.ufrag);
}

/* Another worker has the tag: another one is tried, up to sixteen times. */
static void
test_a_tag_that_another_has(void **state)
{
	uint8_t bytes[4 * 16] = { 0 };
	struct media_port *first, *second;
	struct error err = { "" };
	char *one, *two;
	struct stat st;

	(void)state;
	script = bytes;
	n_script = 4;
	first = open_port(&err);
	one = door_of(first);
	assert_non_null(strstr(one, "/AAAA.door"));
	for (int i = 0; i < 4; i++)
		bytes[4 * 15 + i] = 1;
	script = bytes;
	n_script = sizeof bytes;
	second = open_port(&err);
	assert_non_null(second);
	assert_int_equal(n_script, 0);
	two = door_of(second);
	assert_non_null(strstr(two, "/BBBB.door"));
	media_port_close(second);
	assert_int_equal(access(two, F_OK), -1);
	free(two);

	memset(bytes, 0, sizeof bytes);
	script = bytes;
	n_script = sizeof bytes;
	assert_null(open_port(&err));
	assert_int_equal(n_script, 0);
	assert_non_null(strstr(err.text, "AAAA.door: Address already in use"));
	assert_int_equal(stat(one, &st), 0);	/* it is the other's */
	media_port_close(first);
	free(one);
}

static void
test_no_folder(void **state)
{
	static const char *const none[] = { NULL };
	const struct media_port_config config = {
		.folder = "/nonexistent", .address = "", .announced = none,
	};
	struct error err = { "" };
	static const uint8_t bytes[8] = { 0 };

	(void)state;
	script = bytes;
	n_script = sizeof bytes;
	assert_null(media_port_open(ends_base, &config, &err));
	assert_string_equal(err.text,
	    "/nonexistent/AAAA.door: No such file or directory");
	assert_int_equal(n_script, 4);	/* no other tag would help */
	media_port_close(NULL);
}

static void
test_who_is_found(void **state)
{
	int broker = handover_connect(door);
	struct user a, b;

	(void)state;
	assert_int_not_equal(broker, -1);
	add_user(&a);
	add_user(&b);
	hand_over(broker, HANDOVER_UDP, b.ufrag);
	ends_run_until(b.n == 1);
	assert_int_equal(b.last.kind, HANDOVER_UDP);
	assert_int_equal(socket_address_port(&b.last.remote), 5000);
	hand_over(broker, HANDOVER_TCP, a.ufrag);
	hand_over(broker, HANDOVER_MORE, a.ufrag);
	ends_run_until(a.n == 2);
	assert_int_equal(a.last.kind, HANDOVER_MORE);
	assert_int_equal(b.n, 1);
	/* Nobody is found by a name that he has no more. */
	media_port_remove(port, a.ufrag);
	hand_over(broker, HANDOVER_UDP, a.ufrag);
	hand_over(broker, HANDOVER_UDP, b.ufrag);
	ends_run_until(b.n == 2);
	assert_int_equal(a.n, 2);
	media_port_remove(port, b.ufrag);
	close(broker);
}

/* What is for nobody is closed, and the next is heard. */
static void
test_nobody_is_there(void **state)
{
	static const struct handover empty = { .kind = HANDOVER_MORE,
		.fd = -1 };
	static struct handover junk = { .kind = HANDOVER_UDP, .len = 100 };
	int broker = handover_connect(door), before;
	struct user u;

	(void)state;
	add_user(&u);
	hand_over(broker, HANDOVER_UDP, u.ufrag);
	ends_run_until(u.n == 1);
	before = count_descriptors();
	hand_over(broker, HANDOVER_UDP, "Nobody123456");
	hand_over(broker, HANDOVER_MORE, "Nobody123456");
	hand_over(broker, HANDOVER_TCP, "short");
	junk.fd = broker;
	assert_int_equal(handover_send(broker, &junk), 0);
	assert_int_equal(handover_send(broker, &empty), 0);
	assert_int_equal(send(broker, "junk", 4, 0), 4);
	hand_over(broker, HANDOVER_UDP, u.ufrag);
	ends_run_until(u.n == 2);
	assert_int_equal(count_descriptors(), before);
	media_port_remove(port, u.ufrag);
	close(broker);
}

/* More than one turn reads; none is lost. */
static void
test_many(void **state)
{
	int broker = handover_connect(door);
	struct user u;

	(void)state;
	add_user(&u);
	for (int i = 0; i < 70; i++)
		hand_over(broker, HANDOVER_MORE, u.ufrag);
	event_base_loop(ends_base, EVLOOP_ONCE);	/* it is let in */
	event_base_loop(ends_base, EVLOOP_ONCE);
	assert_int_equal(u.n, 64);
	ends_run_until(u.n == 70);
	media_port_remove(port, u.ufrag);
	close(broker);
}

/* The broker that was there before has gone, or is about to. */
static void
test_two_brokers(void **state)
{
	int before = count_descriptors();
	struct user u;

	(void)state;
	add_user(&u);
	for (int i = 0; i < 3; i++) {
		int old = handover_connect(door), new;

		hand_over(old, HANDOVER_UDP, u.ufrag);
		ends_run_until(u.n == 3 * i + 1);
		new = handover_connect(door);
		hand_over(new, HANDOVER_UDP, u.ufrag);
		ends_run_until(u.n == 3 * i + 2);
		close(old);
		hand_over(new, HANDOVER_UDP, u.ufrag);
		ends_run_until(u.n == 3 * i + 3);
		close(new);
		ends_run_until(count_descriptors() == before);
	}
	media_port_remove(port, u.ufrag);
}

static void
run_turns(int n)
{
	for (int i = 0; i < n; i++)
		event_base_loop(ends_base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

/* A broker that knocks meanwhile does not keep the loop busy, and is heard
 * after a while. */
static void
test_no_descriptors(void **state)
{
	static const int errors[] = { EMFILE, ENFILE };
	struct user u;

	(void)state;
	add_user(&u);
	for (int i = 0; i < 2; i++) {
		int broker = handover_connect(door);

		hand_over(broker, HANDOVER_UDP, u.ufrag);
		accept_error = errors[i];
		n_accepts = 0;
		run_turns(10);
		assert_int_equal(n_accepts, 1);
		assert_int_equal(u.n, i);
		accept_error = 0;
		ends_run_until(u.n == i + 1);
		close(broker);
	}
	/* It rests when the worker ends. */
	accept_error = EMFILE;
	close(handover_connect(door));
	run_turns(10);
	media_port_remove(port, u.ufrag);
}

/* What it said last is junk, or nothing. */
static void
test_a_broker_that_hangs_up(void **state)
{
	int before = count_descriptors();

	(void)state;
	for (int i = 0; i < 2; i++) {
		int broker = handover_connect(door);

		if (i == 0)
			assert_int_equal(send(broker, "junk", 4, 0), 4);
		close(broker);
		run_turns(10);
		assert_int_equal(count_descriptors(), before);
	}
}

static int
count_events(void)
{
	return event_base_get_num_events(ends_base, EVENT_BASE_COUNT_ADDED);
}

/* One that has gone before it was let in is no reason to rest. */
static void
test_a_broker_that_is_gone_at_once(void **state)
{
	int broker = handover_connect(door), events = count_events();
	struct user u;

	(void)state;
	add_user(&u);
	hand_over(broker, HANDOVER_UDP, u.ufrag);
	accept_error = ECONNABORTED;
	run_turns(1);
	accept_error = 0;
	assert_int_equal(count_events(), events);
	run_turns(10);
	assert_int_equal(u.n, 1);
	media_port_remove(port, u.ufrag);
	close(broker);
}

/* Closed while brokers are there, and something waits: see tear_down(). */
static void
test_close(void **state)
{
	int a = handover_connect(door), b = handover_connect(door);
	struct user u;

	(void)state;
	add_user(&u);
	hand_over(a, HANDOVER_UDP, u.ufrag);
	hand_over(b, HANDOVER_UDP, u.ufrag);
	ends_run_until(u.n == 2);
	hand_over(a, HANDOVER_UDP, u.ufrag);
	media_port_remove(port, u.ufrag);
	media_port_close(port);
	port = NULL;
	assert_int_equal(handover_connect(door), -1);
	close(a);
	close(b);
}

static int
make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL;
}

static int
remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_door),
		TEST(test_config),
		TEST(test_announce),
		TEST(test_ufrags),
		TEST(test_letters),
		TEST(test_a_ufrag_that_somebody_has),
		TEST(test_a_tag_that_another_has),
		TEST(test_no_folder),
		TEST(test_who_is_found),
		TEST(test_nobody_is_there),
		TEST(test_many),
		TEST(test_two_brokers),
		TEST(test_no_descriptors),
		TEST(test_a_broker_that_hangs_up),
		TEST(test_a_broker_that_is_gone_at_once),
		TEST(test_close),
	};

	return cmocka_run_group_tests_name("media_port", tests, make_folder,
	    remove_folder);
}
