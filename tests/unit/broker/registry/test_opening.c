/* An offer and its port, when other programs hold ports of the range. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "broker/registry/opening.h"
#include "broker/registry/ports.h"
#include "tests/unit/broker/workers.h"

#define MIN	50000
#define MAX	50099
#define N	(MAX - MIN + 1)

static char crowded[] = "crowded";	/* the odd ports are held there */
static struct workers *w;
static struct worker *worker;
static struct ports *ports;
static struct session_book book;
static struct {
	int	count, status, port;
	char	sdp[8], error[256];
} answer;
static struct {
	const char *id;		/* of the session; NULL: none is looked for */
	int	 count;		/* of the replies that name it */
	bool	 paused;
} seen;

static void
on_event(const struct ipc_event *e, void *arg)
{
	(void)e;
	(void)arg;
}

static void
on_alive(const struct ipc_reply *r, void *arg)
{
	struct ipc_present present;
	json_t *item;

	(void)arg;
	if (seen.id == NULL || r->present == NULL)
		return;
	item = json_object_get(r->present, seen.id);
	if (item == NULL || ipc_decode_present(item, &present) == -1)
		return;
	seen.paused = present.paused;
	seen.count++;
}

static void
on_died(const char *how, void *arg)
{
	(void)how;
	(void)arg;
}

static int
set_up(void **state)
{
	static const struct worker_handler handler = {
		on_event, on_alive, on_died
	};
	static char *none[] = { NULL };

	(void)state;
	w = workers_open(none);
	worker = worker_new(w->supervisor, crowded, w->sources,
	    &handler, NULL);
	worker_want(worker, true);
	ports = ports_new(MIN, MAX);
	session_book_init(&book, ports);
	memset(&answer, 0, sizeof answer);
	memset(&seen, 0, sizeof seen);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	worker_free(worker);
	session_book_clear(&book);
	ports_free(ports);
	workers_close(w);
	return 0;
}

static void
on_opened(const struct ipc_reply *reply, int port, void *arg)
{
	assert_ptr_equal(arg, w);
	answer.count++;
	answer.status = reply->status;
	answer.port = port;
	snprintf(answer.sdp, sizeof answer.sdp, "%s",
	    reply->sdp != NULL ? reply->sdp : "");
	snprintf(answer.error, sizeof answer.error, "%s",
	    reply->error != NULL ? reply->error : "");
}

/* The texts are gone before the worker is up. */
static void
offer_that(const char *sdp, int port, bool needs_port)
{
	char *kept = xstrdup(sdp), session[] = "0123456789abcdef";
	struct ipc_request request = { .op = IPC_OFFER, .sdp = kept,
		.session = session, .port = port };

	opening_start(worker, &book, ports, &request, needs_port, on_opened,
	    w);
	memset(kept, 'x', strlen(kept));
	memset(session, 'x', strlen(session));
	free(kept);
	assert_int_equal(answer.count, 0);
	workers_run(w, &answer.count, 1);
	assert_int_equal(answer.count, 1);
}

static void
offer(const char *sdp, int port)
{
	offer_that(sdp, port, true);
}

/* All ports are taken; of these, the first `n` odd ones are given back. */
static void
leave_held_ports(int n)
{
	struct error err;

	for (int i = 0; i < N; i++)
		ports_take(ports, &err);
	for (int i = 0; i < n; i++)
		ports_give(ports, MIN + 1 + 2 * i);
}

static int
take(void)
{
	struct error err;

	return ports_take(ports, &err);
}

static void
test_the_port_is_free(void **state)
{
	(void)state;
	leave_held_ports(0);
	offer("v=0", 50002);
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer.sdp, "v=0");
	assert_int_equal(answer.port, 50002);
	assert_int_equal(take(), 0);
}

static void
test_a_refusal_is_passed_on_with_the_port(void **state)
{
	(void)state;
	offer("refuse", 50002);
	assert_int_equal(answer.status, 400);
	assert_string_equal(answer.error, "no such codec");
	assert_int_equal(answer.port, 50002);
}

/* The held one, 50099, and the next held one come behind those not tried. */
static void
test_the_next_port_is_tried(void **state)
{
	(void)state;
	leave_held_ports(1);
	ports_give(ports, 50010);
	ports_give(ports, 50020);
	offer("v=0", 50099);
	assert_int_equal(answer.status, 200);
	assert_int_equal(answer.port, 50010);
	assert_int_equal(take(), 50020);
	assert_int_equal(take(), 50099);
	assert_int_equal(take(), 50001);
	assert_int_equal(take(), 0);
}

static void
test_no_port_is_left(void **state)
{
	(void)state;
	leave_held_ports(1);
	offer("v=0", 50099);
	assert_int_equal(answer.status, 503);
	assert_string_equal(answer.error, "other programs hold the UDP ports "
	    "of webrtc.ports (2 tried, the last 50001): choose another range");
	assert_int_equal(answer.port, 0);
	assert_int_equal(take(), 50099);
	assert_int_equal(take(), 50001);
	assert_int_equal(take(), 0);
}

static void
test_it_gives_up_after_some_tries(void **state)
{
	(void)state;
	leave_held_ports(OPENING_TRIES + 1);
	offer("v=0", 50099);
	assert_int_equal(answer.status, 503);
	assert_string_equal(answer.error, "other programs hold the UDP ports "
	    "of webrtc.ports (16 tried, the last 50029): choose another "
	    "range");
	assert_int_equal(answer.port, 0);
	/* Two have not been tried; those that have follow. */
	assert_int_equal(take(), 50031);
	assert_int_equal(take(), 50033);
	assert_int_equal(take(), 50099);
	for (int i = 1; i < OPENING_TRIES; i++)
		assert_int_equal(take(), MIN - 1 + 2 * i);
	assert_int_equal(take(), 0);
}

/* The one port serves it. */
static void
test_one_that_can_do_without(void **state)
{
	(void)state;
	leave_held_ports(1);
	offer_that("v=0", 50099, false);
	assert_int_equal(answer.status, 200);
	assert_int_equal(answer.port, 0);
	assert_int_equal(take(), 50099);
	assert_int_equal(take(), 50001);
	assert_int_equal(take(), 0);
}

static void
test_one_that_has_no_port_is_passed_on(void **state)
{
	(void)state;
	offer_that("v=0", 0, false);
	assert_int_equal(answer.status, 200);
	assert_int_equal(answer.port, 0);
}

/* A worker that says so lies: no port is put back that was none. */
static void
test_no_port_at_all_is_held(void **state)
{
	(void)state;
	leave_held_ports(0);
	offer_that("hold", 0, false);
	assert_int_equal(answer.status, IPC_PORT_TAKEN);
	assert_int_equal(answer.port, 0);
	assert_int_equal(take(), 0);
}

/* The worker learns it with the next port. */
static void
test_a_pause_while_a_port_is_tried(void **state)
{
	struct session *s = session_new("viewer", "192.0.2.7", "webrtc");
	struct ipc_request request = { .op = IPC_OFFER, .sdp = "v=0",
		.session = s->id, .port = 50099 };

	(void)state;
	leave_held_ports(0);
	ports_give(ports, 50010);
	session_book_add(&book, s);
	opening_start(worker, &book, ports, &request, true, on_opened, w);
	session_set_paused(s, true);
	workers_run(w, &answer.count, 1);
	assert_int_equal(answer.status, 200);
	assert_int_equal(answer.port, 50010);
	seen.id = s->id;
	workers_run(w, &seen.count, 1);
	assert_true(seen.paused);
	seen.id = NULL;
	session_book_remove(&book, s);
	session_free(s, "a test");
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_port_is_free),
		TEST(test_a_refusal_is_passed_on_with_the_port),
		TEST(test_the_next_port_is_tried),
		TEST(test_no_port_is_left),
		TEST(test_it_gives_up_after_some_tries),
		TEST(test_one_that_can_do_without),
		TEST(test_one_that_has_no_port_is_passed_on),
		TEST(test_no_port_at_all_is_held),
		TEST(test_a_pause_while_a_port_is_tried),
	};

	return cmocka_run_group_tests_name("opening", tests, workers_begin,
	    workers_end);
}
