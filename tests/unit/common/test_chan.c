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

#define DEADLINE_S	20	/* only a hang gets there */

struct end {
	struct event_base	*base;
	struct chan		*chan;
	int			 ups, downs, messages;
	char			 last[64];
	bool			 free_on_message;
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

	e->chan = chan_listen(e->base, path, &handler, e, &err);
	assert_non_null(e->chan);
}

static void
dial_end(struct end *e)
{
	struct error err;

	e->chan = chan_dial(e->base, path, &handler, e, &err);
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

/* The greeting may be read before the news of the one who greets. */
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

/* Nor does a channel leave anything open behind it. */
static void
test_a_greeting_is_always_answered(void **state)
{
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

		a.chan = chan_listen(base, path, &answers, &a, &err);
		b.chan = chan_dial(base, path, &greets, &b, &err);
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

/* All come, without a new one to wake the reader; but never more than a
 * turn's at once: `per_turn` of messages that long. */
static void
flood(size_t len, int n, int per_turn)
{
	static const struct chan_handler counts = {
		on_message_count, on_peer
	};
	struct event_base *base = event_base_new();
	struct end a = { .base = base }, b = { .base = base };
	char *text = calloc(1, len);
	struct error err;
	int sent = 0;

	a.chan = chan_listen(base, path, &counts, &a, &err);
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
	}
	chan_free(a.chan);
	chan_free(b.chan);
	event_base_free(base);
	free(text);
}

static void
test_a_flood_leaves_turns_to_others(void **state)
{
	(void)state;
	flood(1, CHAN_MAX_QUEUE, CHAN_MAX_TURN);
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
	};

	return cmocka_run_group_tests_name("chan", tests, setup, teardown);
}
