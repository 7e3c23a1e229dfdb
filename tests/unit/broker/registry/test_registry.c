/* What the broker believes of its workers' sessions, and what they have. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#define WORKERS_PORTS	8
#include "tests/unit/log_lines.h"
#include "tests/unit/broker/workers.h"

#define OVERDUE_MS	100	/* a reply that does not come */

static char crowded[] = "crowded", good[] = "good", liar[] = "liar",
    old[] = "old", silent[] = "silent";
static struct workers *w;

static struct workers_page page;

static int
set_up(void **state)
{
	char *names[] = { crowded, good, liar, old, silent, NULL };

	(void)state;
	w = workers_open(names);
	workers_page_open(&page);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	workers_close(w);
	return 0;
}

static void
test_an_end_that_was_lost(void **state)
{
	struct session *s = workers_session(w, good, &page.watcher);
	char id[sizeof s->id];

	(void)state;
	memcpy(id, s->id, sizeof id);
	workers_order(w, s, "forget");
	workers_until_told(w, &page, "closed");
	assert_string_equal(page.reason, "the worker has it no more");
	assert_null(registry_session(w->registry, id));
	assert_int_equal(registry_stream(w->registry, good)->n_sessions, 0);
}

static void
test_changes_that_were_lost(void **state)
{
	struct session *s = workers_session(w, good, &page.watcher);

	(void)state;
	workers_until_told(w, &page, "connecting");
	workers_order(w, s, "slow");
	workers_until_told(w, &page, "slow");
	assert_string_equal(s->remote, "192.0.2.1:9");
	workers_order(w, s, "flip");
	workers_until_told(w, &page, "paused");
	assert_true(s->paused);
	workers_order(w, s, "flip");
	workers_until_told(w, &page, "slow");
	assert_false(s->paused);
	workers_order(w, s, "lose camera");
	workers_until_told(w, &page, "lost");
	assert_string_equal(page.reason, "unplugged");
	assert_int_equal(s->stream->camera.state, IPC_SOURCE_LOST);
}

/* The next worker's camera is live. */
static void
test_an_error_stays_until_the_camera_is_live(void **state)
{
	struct session *s = workers_session(w, good, &page.watcher);
	struct stream *st = s->stream;
	time_t before = time(NULL);

	(void)state;
	workers_order(w, s, "slow");
	workers_order(w, s, "lose camera");
	workers_until_told(w, &page, "lost");
	workers_order(w, s, "die");
	workers_until_told(w, &page, "closed");
	assert_int_equal(st->camera.state, IPC_SOURCE_IDLE);
	assert_string_equal(st->camera.error, "unplugged");
	assert_in_range(st->camera.error_time, before, time(NULL));
	while (st->camera.state != IPC_SOURCE_LIVE)
		event_base_loop(w->base, EVLOOP_ONCE);
	/* What is left out of a picture that plays is no error. */
	assert_string_equal(st->camera.error, "no sound");
	assert_int_equal(st->camera.error_time, 0);
}

/* The worker names it in no reply until it has answered. */
static void
test_an_offer_under_way_is_left_alone(void **state)
{
	struct session *s = workers_session(w, good, &page.watcher);
	struct workers_answer a;

	(void)state;
	workers_order(w, s, "slow");
	workers_until_told(w, &page, "slow");
	workers_offer(w, good, "wait", NULL, &a);
	workers_run(w, &page.n_candidates, 1);
	/* From here on, a ping that was answered without it. */
	workers_order(w, s, "flip");
	workers_until_told(w, &page, "paused");
	assert_int_equal(a.count, 0);
	workers_order(w, s, "let offer");
	workers_run(w, &a.count, 1);
	assert_int_equal(a.status, 200);
	workers_order(w, s, "flip");
	workers_until_told(w, &page, "slow");
	assert_ptr_equal(registry_session(w->registry, a.session->id),
	    a.session);
}

static void
test_what_nobody_asks_for_is_closed(void **state)
{
	struct session *s = workers_session(w, good, &page.watcher);
	char closed[sizeof page.candidate + 16];

	(void)state;
	workers_order(w, s, "invent");
	workers_run(w, &page.n_candidates, 1);
	assert_memory_equal(page.candidate, "invented ", 9);
	snprintf(closed, sizeof closed, "closed %s", page.candidate + 9);
	workers_run(w, &page.n_candidates, 2);
	assert_string_equal(page.candidate, closed);
	assert_ptr_equal(registry_session(w->registry, s->id), s);
}

/* An offer that the worker answers when nobody waits any more. */
static void
test_a_late_answer_is_closed(void **state)
{
	struct session *s = workers_session(w, good, &page.watcher);
	char closed[sizeof page.candidate + 16];
	struct workers_answer a;

	(void)state;
	w->replies.ms[IPC_OFFER] = OVERDUE_MS;
	workers_offer(w, good, "wait", NULL, &a);
	workers_run(w, &page.n_candidates, 1);
	snprintf(closed, sizeof closed, "closed %s", page.candidate + 6);
	workers_run(w, &a.count, 1);
	assert_int_equal(a.status, 504);
	assert_int_equal(s->stream->n_sessions, 1);
	workers_order(w, s, "let offer");
	workers_run(w, &page.n_candidates, 2);
	assert_string_equal(page.candidate, closed);
}

/* A pause that has timed out and was carried out all the same. */
static void
test_a_pause_without_a_reply(void **state)
{
	struct session *s = workers_session(w, silent, &page.watcher);
	struct workers_answer a = { 0 };

	(void)state;
	w->replies.ms[IPC_PAUSE] = w->replies.ms[IPC_RESUME] = OVERDUE_MS;
	workers_order(w, s, "slow");
	registry_pause(w->registry, true, NULL, NULL, workers_on_done, &a);
	workers_run(w, &a.count, 1);
	assert_int_equal(a.status, 504);
	assert_int_equal(a.done, 0);
	workers_until_told(w, &page, "paused");
	assert_true(s->paused);
	registry_pause(w->registry, false, NULL, NULL, workers_on_done, &a);
	workers_run(w, &a.count, 2);
	assert_int_equal(a.status, 504);
	workers_until_told(w, &page, "slow");
	assert_false(s->paused);
}

/* Tells the liar of another's session. */
static struct session *
teach(struct session *victim)
{
	struct session *s = workers_session(w, liar, &page.watcher);
	char *order = xasprintf("other %s", victim->id);

	workers_order(w, s, order);
	free(order);
	return s;
}

static void
test_a_worker_speaks_for_its_own_only(void **state)
{
	struct session *victim = workers_session(w, good, NULL);
	struct session *s = teach(victim);
	struct workers_answer a = { 0 };

	(void)state;
	workers_order(w, s, "lose camera");
	while (s->stream->camera.state != IPC_SOURCE_LOST)
		event_base_loop(w->base, EVLOOP_ONCE);
	assert_int_equal(victim->state, IPC_SESSION_CONNECTING);
	assert_false(victim->paused);
	assert_string_equal(victim->remote, "");
	/* It said of its own what makes no sense. */
	assert_ptr_equal(registry_session(w->registry, s->id), s);
	assert_false(s->paused);

	/* Named: its own, a number, the other's, its own again. */
	registry_close(s, "a test", workers_on_done, &a);
	workers_run(w, &a.count, 1);
	assert_int_equal(a.status, 200);
	assert_int_equal(a.done, 1);
	assert_int_equal(victim->stream->n_sessions, 1);
}

/* A WebSocket's own sessions, and none of another's. */
static void
test_a_watcher_has_its_own(void **state)
{
	static struct workers_page other;
	struct workers_answer a = { 0 };
	struct session *mine[3], *s;

	(void)state;
	workers_page_open(&other);
	s = workers_session(w, good, &other.watcher);
	for (int i = 0; i < 3; i++)
		mine[i] = workers_session(w, good, &page.watcher);
	workers_order(w, mine[1], "forget");
	workers_until_told(w, &page, "closed");
	registry_pause_watched(true, &page.watcher,
	    workers_on_done, &a);
	workers_run(w, &a.count, 1);
	assert_int_equal(a.done, 2);
	assert_true(mine[0]->paused && mine[2]->paused && !s->paused);
	registry_pause_session(true, s, workers_on_done, &a);
	workers_run(w, &a.count, 2);
	assert_int_equal(a.done, 1);
	assert_true(s->paused);
	session_unwatch_all(&page.watcher);
	registry_pause_watched(false, &page.watcher,
	    workers_on_done, &a);
	assert_int_equal(a.count, 3);
	assert_int_equal(a.done, 0);
}

/* Each on a port of its own, until there is none. */
static void
take_all(const char *stream, struct session **s, int n)
{
	for (int i = 0; i < n; i++) {
		s[i] = workers_session(w, stream, NULL);
		assert_in_range(s[i]->port, WORKERS_PORT_MIN,
		    WORKERS_PORT_MIN + WORKERS_PORTS - 1);
		for (int j = 0; j < i; j++)
			assert_int_not_equal(s[i]->port, s[j]->port);
	}
}

static void
test_all_ports_are_in_use(void **state)
{
	struct session *s[WORKERS_PORTS];
	struct workers_answer a, closed = { 0 };
	int port;

	(void)state;
	take_all(good, s, WORKERS_PORTS);
	/* At once, and no worker is asked: this one has not even begun. */
	workers_offer(w, crowded, "v=0", NULL, &a);
	assert_int_equal(a.count, 1);
	assert_int_equal(a.status, 503);
	assert_string_equal(a.error, "all 8 UDP ports of webrtc.ports "
	    "(50000-50007) are in use: widen it, or wait until a viewer "
	    "leaves");
	assert_int_equal(registry_stream(w->registry, crowded)->n_sessions, 0);

	port = s[3]->port;
	registry_close(s[3], "a test", workers_on_done, &closed);
	workers_run(w, &closed.count, 1);
	assert_int_equal(workers_session(w, good, NULL)->port, port);
}

static const struct config_viewer_port both = { .port = 8555, .udp = true,
	.tcp = true };

/* The port that a viewer gets who makes this offer; -1 if it is refused. */
static int
port_of(const char *stream, const char *sdp)
{
	struct workers_answer a;

	workers_offer(w, stream, sdp, NULL, &a);
	workers_run(w, &a.count, 1);
	return a.session != NULL ? a.session->port : -1;
}

static void
expect_own_port(const char *sdp)
{
	assert_in_range(port_of(good, sdp), WORKERS_PORT_MIN,
	    WORKERS_PORT_MIN + WORKERS_PORTS - 1);
}

static void
test_the_one_port_is_enough(void **state)
{
	(void)state;
	w->config.viewer_port = both;
	for (int i = 0; i < 2 * WORKERS_PORTS; i++)
		assert_int_equal(port_of(good, "v=0"), 0);
	w->config.viewer_port.tcp = false;
	assert_int_equal(port_of(good, "v=0"), 0);
}

static void
test_who_gets_a_port_besides_the_one(void **state)
{
	(void)state;
	w->config.viewer_port = both;
	expect_own_port("v=0\r\na=ice-lite\r\n");
	w->config.viewer_port.udp = false;
	expect_own_port("v=0");
	w->config.viewer_port.udp = true;
	assert_int_equal(port_of(good, "v=0"), 0);
	json_array_append_new(w->config.ice_servers,
	    json_string("stun:192.0.2.1:3478"));
	expect_own_port("v=0");
	json_array_clear(w->config.ice_servers);
	w->config.viewer_port.port = 0;
	expect_own_port("v=0");
}

/* By the one port alone, as far as that will do. */
static void
test_no_port_is_left_but_the_one(void **state)
{
	struct session *s[WORKERS_PORTS];

	(void)state;
	take_all(good, s, WORKERS_PORTS);
	w->config.viewer_port = both;
	json_array_append_new(w->config.ice_servers,
	    json_string("stun:192.0.2.1:3478"));
	assert_int_equal(port_of(good, "v=0"), 0);
	json_array_clear(w->config.ice_servers);
	w->config.viewer_port.udp = false;
	assert_int_equal(port_of(good, "v=0"), 0);
	assert_int_equal(port_of(good, "v=0\r\na=ice-lite\r\n"), -1);
}

static void
test_others_hold_all_ports_but_the_one(void **state)
{
	struct session *s[WORKERS_PORTS / 2];

	(void)state;
	take_all(crowded, s, WORKERS_PORTS / 2);
	w->config.viewer_port = both;
	assert_int_equal(port_of(crowded, "v=0\r\na=ice-lite\r\n"), -1);
	w->config.viewer_port.udp = false;
	assert_int_equal(port_of(crowded, "v=0"), 0);
}

/* Whatever becomes of an offer or a session, its port comes back. */
static void
test_no_port_is_lost(void **state)
{
	struct session *s[WORKERS_PORTS];
	struct workers_answer a;

	(void)state;
	for (int i = 0; i < 2 * WORKERS_PORTS; i++) {
		workers_offer(w, old, "v=0", NULL, &a);
		workers_run(w, &a.count, 1);
		assert_int_equal(a.session == NULL, 1);
	}
	s[0] = workers_session(w, good, &page.watcher);
	workers_order(w, s[0], "forget");
	workers_until_told(w, &page, "closed");
	/* This one ends while its offer is under way. */
	workers_offer(w, good, "v=0", NULL, &a);
	stream_end_session(TAILQ_FIRST(&registry_stream(w->registry,
	    good)->sessions), "a test");
	workers_run(w, &a.count, 1);
	assert_null(a.session);
	take_all(good, s, WORKERS_PORTS);
}

static void
test_ports_that_others_hold(void **state)
{
	struct session *s[WORKERS_PORTS / 2];
	struct workers_answer a, closed = { 0 };

	(void)state;
	take_all(crowded, s, WORKERS_PORTS / 2);
	for (int i = 0; i < WORKERS_PORTS / 2; i++)
		assert_int_equal(s[i]->port % 2, 0);
	workers_offer(w, crowded, "v=0", NULL, &a);
	workers_run(w, &a.count, 1);
	assert_int_equal(a.status, 503);
	assert_memory_equal(a.error, "other programs hold the UDP ports of "
	    "webrtc.ports (4 tried, ", 58);
	/* They are tried again, since they may be free by now. */
	registry_close(s[0], "a test", workers_on_done, &closed);
	workers_run(w, &closed.count, 1);
	take_all(crowded, s, 1);
	assert_int_equal(registry_stream(w->registry, crowded)->n_sessions,
	    WORKERS_PORTS / 2);
}

/* The worker had said that it is done while the offer waited; then the port
 * turned out to be held, and the offer is made again. */
static void
test_a_pause_while_ports_are_tried(void **state)
{
	struct session *all[WORKERS_PORTS / 2], *s;
	struct workers_answer a, closed = { 0 };

	(void)state;
	take_all(crowded, all, WORKERS_PORTS / 2);
	registry_close(all[0], "a test", workers_on_done, &closed);
	workers_run(w, &closed.count, 1);
	/* Its port is free, behind those that are held. */
	workers_offer(w, crowded, "v=0", &page.watcher, &a);
	s = TAILQ_LAST(&registry_stream(w->registry, crowded)->sessions,
	    session_list);
	session_set_paused(s, true);
	workers_run(w, &a.count, 1);
	assert_ptr_equal(a.session, s);
	assert_true(s->paused);
	workers_order(w, s, "flip");
	while (s->paused)
		event_base_loop(w->base, EVLOOP_ONCE);
}

static void
test_what_a_worker_says_of_a_session(void **state)
{
	struct session *s = workers_session(w, good, &page.watcher);
	char id[sizeof s->id], want[80];
	const char *said;

	(void)state;
	memcpy(id, s->id, sizeof id);
	workers_order(w, s, "tell slow");
	workers_until_told(w, &page, "slow");
	assert_string_equal(s->remote, "192.0.2.3:7");
	log_lines_begin(LOG_LEVEL_INFO);
	workers_order(w, s, "tell end");
	workers_until_told(w, &page, "closed");
	said = log_lines_end();
	assert_string_equal(page.reason, "the viewer is silent");
	assert_null(registry_session(w->registry, id));
	snprintf(want, sizeof want, "INF [session] %.8s on good ended: the "
	    "viewer is silent\n", id);
	assert_string_equal(said, want);
}

/* The order's reply comes behind the event. */
static void
test_a_worker_ends_its_own_only(void **state)
{
	struct session *victim = workers_session(w, good, NULL);
	struct session *s = teach(victim);
	struct workers_answer a = { 0 };

	(void)state;
	workers_order(w, s, "tell end of other");
	registry_candidate(s, "next", workers_on_done, &a);
	workers_run(w, &a.count, 1);
	assert_int_equal(a.done, 1);
	assert_int_equal(victim->stream->n_sessions, 1);
}

static void
test_what_is_opened_and_closed_is_logged(void **state)
{
	struct workers_answer a = { 0 };
	struct session *s;
	char want[200];

	(void)state;
	log_lines_begin(LOG_LEVEL_INFO);
	s = workers_session(w, good, &page.watcher);
	snprintf(want, sizeof want, "INF [session] %.8s on good opened by "
	    "192.0.2.7\n", s->id);
	assert_string_equal(log_lines_end(), want);
	snprintf(want, sizeof want, "INF [session] %.8s on good ended: closed "
	    "on request by somebody\n", s->id);
	log_lines_begin(LOG_LEVEL_INFO);
	registry_close(s, "somebody", workers_on_done, &a);
	workers_run(w, &a.count, 1);
	assert_string_equal(log_lines_end(), want);
	assert_string_equal(page.reason, "closed on request");
}

static bool
has_id(const struct session *s, const void *key)
{
	return strcmp(s->id, key) == 0;
}

static void
test_a_pause_of_those_that_match(void **state)
{
	struct session *one = workers_session(w, good, &page.watcher);
	struct session *other = workers_session(w, good, NULL);
	struct workers_answer a = { 0 };

	(void)state;
	workers_order(w, one, "tell slow");
	workers_until_told(w, &page, "slow");
	registry_pause(w->registry, true, has_id, one->id, workers_on_done, &a);
	workers_run(w, &a.count, 1);
	assert_int_equal(a.status, 200);
	assert_int_equal(a.done, 1);
	assert_true(one->paused);
	assert_string_equal(page.state, "paused");
	assert_false(other->paused);
	registry_pause(w->registry, true, NULL, NULL, workers_on_done, &a);
	workers_run(w, &a.count, 2);
	assert_int_equal(a.done, 2);
	assert_true(other->paused);
	registry_pause(w->registry, false, has_id, "none", workers_on_done, &a);
	assert_int_equal(a.count, 3);	/* At once: nobody is asked. */
	assert_int_equal(a.done, 0);
}

static void
test_a_viewer_has_so_many_candidates(void **state)
{
	struct session *s = workers_session(w, good, NULL);
	struct workers_answer a = { 0 };
	char longest[REGISTRY_MAX_CANDIDATE + 2];

	(void)state;
	memset(longest, 'c', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	registry_candidate(s, longest, workers_on_done, &a);
	assert_int_equal(a.count, 1);
	assert_int_equal(a.status, 400);
	assert_string_equal(a.error, "the candidate is too long");
	longest[REGISTRY_MAX_CANDIDATE] = '\0';
	for (int i = 0; i < REGISTRY_MAX_CANDIDATES; i++)
		registry_candidate(s, longest, workers_on_done, &a);
	assert_int_equal(a.count, 1);
	registry_candidate(s, longest, workers_on_done, &a);
	assert_int_equal(a.count, 2);
	assert_int_equal(a.status, 400);
	assert_string_equal(a.error, "the session has too many candidates");
	workers_run(w, &a.count, 2 + REGISTRY_MAX_CANDIDATES);
	assert_int_equal(a.status, 200);
	assert_int_equal(a.done, 1);
}

static void
expect_ids(const struct stream *st, struct session *const *s, size_t n)
{
	struct registry_ids ids;

	registry_ids(w->registry, st, &ids);
	assert_int_equal(ids.n, n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(ids.id[i], s[i]->id);
	free(ids.id);
}

static void
test_the_ids_of_a_moment(void **state)
{
	struct session *all[] = {
		workers_session(w, good, NULL),
		workers_session(w, liar, NULL),
		workers_session(w, good, NULL),
	};
	struct session *of_good[] = { all[0], all[2] };

	(void)state;
	expect_ids(NULL, all, 3);
	expect_ids(registry_stream(w->registry, good), of_good, 2);
	expect_ids(registry_stream(w->registry, silent), NULL, 0);
}

/* The caller of a session that is refused learns it each time. */
static void
test_the_log_says_once_that_all_ports_are_in_use(void **state)
{
	struct session *s[WORKERS_PORTS];
	struct workers_answer a, closed = { 0 };
	const char *said;

	(void)state;
	take_all(good, s, WORKERS_PORTS);
	for (int turn = 0; turn < 2; turn++) {
		log_lines_begin(LOG_LEVEL_WARN);
		workers_offer(w, good, "v=0", NULL, &a);
		workers_offer(w, good, "v=0", NULL, &a);
		said = log_lines_end();
		assert_int_equal(a.status, 503);
		assert_memory_equal(said, "WRN [session] all 8 UDP ports", 29);
		assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
		registry_close(s[turn], "a test", workers_on_done, &closed);
		workers_run(w, &closed.count, turn + 1);
		workers_session(w, good, NULL);
	}
}

/* By the broker, whether the worker is up or not. */
static void
refuses(const char *sdp, int status, const char *error)
{
	struct workers_answer a;

	workers_offer(w, good, sdp, NULL, &a);
	assert_int_equal(a.count, 1);
	assert_null(a.session);
	assert_int_equal(a.status, status);
	assert_non_null(strstr(a.error, error));
}

static void
test_an_offer_that_cannot_be_passed_on(void **state)
{
	char *longest = xcalloc(1, REGISTRY_MAX_OFFER + 2);
	struct workers_answer a;
	struct session *s;

	(void)state;
	memset(longest, 'v', REGISTRY_MAX_OFFER + 1);
	refuses(longest, 413, "64 KiB");
	refuses("v=0\xff", 400, "UTF-8");
	s = workers_session(w, good, NULL);
	refuses(longest, 413, "64 KiB");
	refuses("v=0\xff", 400, "UTF-8");
	assert_int_equal(s->stream->n_sessions, 1);
	longest[REGISTRY_MAX_OFFER] = '\0';
	workers_offer(w, good, longest, NULL, &a);
	workers_run(w, &a.count, 1);
	assert_int_equal(a.status, 200);
	free(longest);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_an_end_that_was_lost),
		TEST(test_changes_that_were_lost),
		TEST(test_an_error_stays_until_the_camera_is_live),
		TEST(test_an_offer_under_way_is_left_alone),
		TEST(test_what_nobody_asks_for_is_closed),
		TEST(test_a_late_answer_is_closed),
		TEST(test_a_pause_without_a_reply),
		TEST(test_a_worker_speaks_for_its_own_only),
		TEST(test_what_a_worker_says_of_a_session),
		TEST(test_a_worker_ends_its_own_only),
		TEST(test_what_is_opened_and_closed_is_logged),
		TEST(test_a_pause_of_those_that_match),
		TEST(test_a_viewer_has_so_many_candidates),
		TEST(test_the_ids_of_a_moment),
		TEST(test_the_log_says_once_that_all_ports_are_in_use),
		TEST(test_an_offer_that_cannot_be_passed_on),
		TEST(test_a_watcher_has_its_own),
		TEST(test_all_ports_are_in_use),
		TEST(test_the_one_port_is_enough),
		TEST(test_who_gets_a_port_besides_the_one),
		TEST(test_no_port_is_left_but_the_one),
		TEST(test_others_hold_all_ports_but_the_one),
		TEST(test_no_port_is_lost),
		TEST(test_ports_that_others_hold),
		TEST(test_a_pause_while_ports_are_tried),
	};

	return cmocka_run_group_tests_name("registry", tests, workers_begin,
	    workers_end);
}
