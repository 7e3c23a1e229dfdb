#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "chan.h"
#include "clock.h"

#define DEADLINE_S	20	/* only a hang gets there */

struct end {
	struct event_base	*base;
	struct chan		*chan;
	int			 ups, downs, messages;
	char			 last[64];
	bool			 free_on_message, free_on_peer;
};

static char dir[] = "/tmp/lull-chan-XXXXXX";
static char path[64];

static void
on_message(const void *data, size_t len, void *arg)
{
	struct end *e = arg;

	assert_true(len < sizeof e->last);
	memcpy(e->last, data, len);
	e->last[len] = '\0';
	e->messages++;
	if (e->free_on_message) {
		chan_free(e->chan);
		e->chan = NULL;
	}
	event_base_loopbreak(e->base);
}

static void
on_peer(bool up, void *arg)
{
	struct end *e = arg;

	if (up)
		e->ups++;
	else
		e->downs++;
	if (e->free_on_peer) {
		chan_free(e->chan);
		e->chan = NULL;
	}
	event_base_loopbreak(e->base);
}

static const struct chan_handler handler = { on_message, on_peer };

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	fail_msg("nothing happened");
}

/* Runs the loop until *n has reached `want`. */
static void
run_until(struct event_base *base, const int *n, int want)
{
	struct timeval tv = { DEADLINE_S, 0 };
	struct event *deadline = evtimer_new(base, on_deadline, NULL);

	event_add(deadline, &tv);
	while (*n < want)
		event_base_dispatch(base);
	event_free(deadline);
}

static int
setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/w.ipc", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(path);
	rmdir(dir);
	chan_exit();
	return 0;
}

static void
listen_end(struct end *e)
{
	struct error err;

	e->chan = chan_listen(e->base, path, &chan_times, &handler, e, &err);
	assert_non_null(e->chan);
}

static void
dial_end(struct end *e)
{
	struct error err;

	e->chan = chan_dial(e->base, path, &chan_times, &handler, e, &err);
	assert_non_null(e->chan);
}

static void
test_messages_in_order_both_ways(void **state)
{
	struct event_base *base = event_base_new();
	struct end a = { .base = base }, b = { .base = base };
	struct stat st;

	(void)state;
	listen_end(&a);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(chan_send(a.chan, "x", 1), -1);
	dial_end(&b);
	run_until(base, &a.ups, 1);
	run_until(base, &b.ups, 1);
	for (int i = 1; i <= 100; i++) {
		char text[16];

		snprintf(text, sizeof text, "n%d", i);
		assert_int_equal(chan_send(b.chan, text, strlen(text)), 0);
		run_until(base, &a.messages, i);
		assert_string_equal(a.last, text);
	}
	assert_int_equal(chan_send(a.chan, "back", 4), 0);
	run_until(base, &b.messages, 1);
	assert_string_equal(b.last, "back");
	chan_free(a.chan);
	chan_free(b.chan);
	event_base_free(base);
}

static void
on_message_answer(const void *data, size_t len, void *arg)
{
	struct end *e = arg;

	/* Whoever is heard can be answered. */
	assert_int_equal(chan_send(e->chan, data, len), 0);
}

static void
on_peer_greet(bool up, void *arg)
{
	struct end *e = arg;

	if (up)
		assert_int_equal(chan_send(e->chan, "hello", 5), 0);
}

static int
descriptors(void)
{
	DIR *all = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(all);
	while (readdir(all) != NULL)
		n++;
	closedir(all);
	return n;
}

/* The greeting may be read before the news of the one who greets. The channels
 * leave no descriptor open. */
static void
test_a_greeting_is_always_answered(void **state)
{
	/* Nothing is under way any more when the channels are closed. */
	static const struct chan_times quick = {
		.dial_min_ms = 1, .dial_max_ms = 10, .quiet_us = 100,
		.close_ms = 1000,
	};
	static const struct chan_handler answers = {
		on_message_answer, on_peer
	};
	static const struct chan_handler greets = {
		on_message, on_peer_greet
	};
	struct event_base *base = event_base_new();
	int before = descriptors();
	struct error err;

	(void)state;
	for (int i = 0; i < 300; i++) {
		struct end a = { .base = base }, b = { .base = base };

		a.chan = chan_listen(base, path, &quick, &answers, &a, &err);
		b.chan = chan_dial(base, path, &quick, &greets, &b, &err);
		run_until(base, &b.messages, 1);
		chan_free(b.chan);
		chan_free(a.chan);
	}
	/* NNG's threads close the connections a moment later. */
	assert_in_range(descriptors(), 0, before + 50);
	event_base_free(base);
}

/* What is said while the listener is away is refused, not kept for the
 * next one. */
static void
test_listener_gone_and_back(void **state)
{
	struct event_base *base = event_base_new();
	struct end a = { .base = base }, b = { .base = base };

	(void)state;
	listen_end(&a);
	dial_end(&b);
	run_until(base, &b.ups, 1);
	chan_free(a.chan);
	run_until(base, &b.downs, 1);
	assert_int_equal(chan_send(b.chan, "stale", 5), -1);
	listen_end(&a);
	run_until(base, &b.ups, 2);
	assert_int_equal(chan_send(b.chan, "fresh", 5), 0);
	run_until(base, &a.messages, 1);
	assert_string_equal(a.last, "fresh");
	chan_free(a.chan);
	chan_free(b.chan);
	event_base_free(base);
}

static void
test_freed_in_its_own_callback(void **state)
{
	struct event_base *base = event_base_new();
	struct end a = { .base = base }, b = { .base = base };

	(void)state;
	listen_end(&a);
	a.free_on_message = true;
	dial_end(&b);
	run_until(base, &b.ups, 1);
	assert_int_equal(chan_send(b.chan, "1", 1), 0);
	assert_int_equal(chan_send(b.chan, "2", 1), 0);
	run_until(base, &b.downs, 1);
	assert_null(a.chan);
	assert_int_equal(a.messages, 1);
	chan_free(b.chan);
	event_base_free(base);
}

static void
test_a_second_dialler_is_refused(void **state)
{
	struct event_base *base = event_base_new();
	struct end a = { .base = base }, b = { .base = base };
	struct end c = { .base = base };

	(void)state;
	listen_end(&a);
	dial_end(&b);
	run_until(base, &a.ups, 1);
	run_until(base, &b.ups, 1);
	dial_end(&c);
	assert_int_equal(chan_send(b.chan, "still", 5), 0);
	run_until(base, &a.messages, 1);
	assert_int_equal(a.downs, 0);
	chan_free(c.chan);
	assert_int_equal(chan_send(a.chan, "here", 4), 0);
	run_until(base, &b.messages, 1);
	chan_free(a.chan);
	chan_free(b.chan);
	event_base_free(base);
}

static void
on_message_count(const void *data, size_t len, void *arg)
{
	struct end *e = arg;

	(void)data;
	(void)len;
	e->messages++;
}

static const struct chan_handler counts = { on_message_count, on_peer };

/* All messages come, without a new one to wake the reader, but never more than
 * a turn's at once: `per_turn` of messages that long. Returns the most that
 * came in one turn. */
static int
flood(size_t len, int n, int per_turn)
{
	struct event_base *base = event_base_new();
	struct end a = { .base = base }, b = { .base = base };
	char *text = calloc(1, len);
	struct error err;
	int sent = 0, most = 0;

	a.chan = chan_listen(base, path, &chan_times, &counts, &a, &err);
	dial_end(&b);
	run_until(base, &a.ups, 1);
	run_until(base, &b.ups, 1);
	while (sent < n && chan_send(b.chan, text, len) == 0)
		sent++;
	assert_int_equal(sent, n);
	while (a.messages < sent) {
		int before = a.messages;

		assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
		assert_in_range(a.messages - before, 0, per_turn);
		if (a.messages - before > most)
			most = a.messages - before;
	}
	chan_free(a.chan);
	chan_free(b.chan);
	event_base_free(base);
	free(text);
	return most;
}

static void
test_a_flood_leaves_turns_to_others(void **state)
{
	(void)state;
	assert_in_range(flood(1, CHAN_MAX_QUEUE, CHAN_MAX_TURN), 2,
	    CHAN_MAX_TURN);
	flood(CHAN_MAX_TURN_BYTES / 4, 200, 4);
	flood(CHAN_MAX_MESSAGE, 20, 1);
}

static void
test_too_large_is_refused(void **state)
{
	struct event_base *base = event_base_new();
	struct end a = { .base = base }, b = { .base = base };
	char *big = calloc(1, CHAN_MAX_MESSAGE + 1);

	(void)state;
	listen_end(&a);
	dial_end(&b);
	run_until(base, &b.ups, 1);
	assert_int_equal(chan_send(b.chan, big, CHAN_MAX_MESSAGE + 1), -1);
	free(big);
	chan_free(a.chan);
	chan_free(b.chan);
	event_base_free(base);
}

static void
test_freed_when_its_peer_comes(void **state)
{
	struct event_base *base = event_base_new();
	struct end a = { .base = base, .free_on_peer = true };
	struct end b = { .base = base };

	(void)state;
	listen_end(&a);
	dial_end(&b);
	run_until(base, &a.ups, 1);
	assert_null(a.chan);
	chan_free(b.chan);
	event_base_free(base);
}

static void
test_freed_when_its_peer_goes(void **state)
{
	struct event_base *base = event_base_new();
	struct end a = { .base = base }, b = { .base = base };

	(void)state;
	listen_end(&a);
	dial_end(&b);
	run_until(base, &b.ups, 1);
	b.free_on_peer = true;
	chan_free(a.chan);
	run_until(base, &b.downs, 1);
	assert_null(b.chan);
	assert_int_equal(b.ups, 1);
	event_base_free(base);
}

static void
test_a_queue_is_bounded(void **state)
{
	struct event_base *base = event_base_new();
	struct end a = { .base = base }, b = { .base = base };
	char text[4096] = "";
	struct error err;
	int sent = 0;

	(void)state;
	a.chan = chan_listen(base, path, &chan_times, &counts, &a, &err);
	dial_end(&b);
	run_until(base, &a.ups, 1);
	run_until(base, &b.ups, 1);
	while (chan_send(b.chan, text, sizeof text) == 0)
		sent++;
	/* The peer's own queue and the socket between them hold some, too. */
	assert_in_range(sent, CHAN_MAX_QUEUE,
	    CHAN_MAX_QUEUE + CHAN_MAX_TURN + 200);
	while (a.messages < sent)
		assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
	chan_free(a.chan);
	chan_free(b.chan);
	event_base_free(base);
}

static void
test_a_path_that_cannot_be(void **state)
{
	struct event_base *base = event_base_new();
	struct end a = { .base = base };
	struct error err = { "" };
	int before = descriptors();

	(void)state;
	assert_null(chan_listen(base, "/nowhere/w.ipc", &chan_times,
	    &handler, &a, &err));
	assert_int_equal(strncmp(err.text, "/nowhere/w.ipc: ", 16), 0);
	assert_in_range(descriptors(), 0, before);
	chan_free(NULL);
	event_base_free(base);
}

/* Reads what was logged; stderr is `saved` again. */
static int
lines_logged(int from, int saved)
{
	char text[4096];
	ssize_t n;
	int lines = 0;

	dup2(saved, STDERR_FILENO);
	close(saved);
	n = read(from, text, sizeof text);
	for (ssize_t i = 0; i < n; i++)
		lines += text[i] == '\n';
	close(from);
	return lines;
}

/* This one is the last: nothing can be closed any more. */
static void
test_a_loop_goes_on_when_nng_hangs(void **state)
{
	static const struct chan_times hangs = {
		.dial_min_ms = 1, .dial_max_ms = 10,
		.quiet_us = 2 * DEADLINE_S * 1000000, .close_ms = 50,
	};
	struct event_base *base = event_base_new();
	struct end a = { .base = base }, b = { .base = base };
	int64_t begin = clock_now_us();
	int fds[2], saved = dup(STDERR_FILENO);
	struct error err;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	dup2(fds[1], STDERR_FILENO);
	close(fds[1]);
	a.chan = chan_listen(base, path, &hangs, &handler, &a, &err);
	b.chan = chan_dial(base, path, &hangs, &handler, &b, &err);
	chan_free(a.chan);
	assert_true(clock_now_us() - begin >= 50 * 1000);
	chan_free(b.chan);
	assert_true(clock_now_us() - begin < DEADLINE_S * 1000000);
	assert_int_equal(lines_logged(fds[0], saved), 1);
	event_base_free(base);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages_in_order_both_ways),
		cmocka_unit_test(test_a_greeting_is_always_answered),
		cmocka_unit_test(test_listener_gone_and_back),
		cmocka_unit_test(test_freed_in_its_own_callback),
		cmocka_unit_test(test_a_second_dialler_is_refused),
		cmocka_unit_test(test_a_flood_leaves_turns_to_others),
		cmocka_unit_test(test_too_large_is_refused),
		cmocka_unit_test(test_freed_when_its_peer_comes),
		cmocka_unit_test(test_freed_when_its_peer_goes),
		cmocka_unit_test(test_a_queue_is_bounded),
		cmocka_unit_test(test_a_path_that_cannot_be),
		cmocka_unit_test(test_a_loop_goes_on_when_nng_hangs),
	};

	return cmocka_run_group_tests_name("chan", tests, setup, teardown);
}
