/* All sessions: by age, by id, and the ports that they have. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "broker/registry/ports.h"
#include "broker/registry/session_book.h"

#define N	3

static struct ports *ports;
static struct session_book book;
static struct session *s[N];

static int
set_up(void **state)
{
	(void)state;
	ports = ports_new(50000, 50000 + N - 1);
	session_book_init(&book, ports);
	for (int i = 0; i < N; i++) {
		s[i] = session_new("viewer", "192.0.2.7", "webrtc");
		session_book_add(&book, s[i]);
	}
	return 0;
}

static void
drop(int i)
{
	session_book_remove(&book, s[i]);
	session_free(s[i], "a test");
	s[i] = NULL;
}

static int
tear_down(void **state)
{
	(void)state;
	for (int i = 0; i < N; i++)
		if (s[i] != NULL)
			drop(i);
	session_book_clear(&book);
	ports_free(ports);
	return 0;
}

static void
test_each_has_its_own_id_and_number(void **state)
{
	(void)state;
	for (int i = 0; i < N; i++) {
		assert_true(id_session_valid(s[i]->id));
		assert_int_equal(s[i]->connection_id, i + 1);
		assert_ptr_equal(session_book_find(&book, s[i]->id), s[i]);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(s[i]->id, s[j]->id);
	}
	assert_null(session_book_find(&book, ""));
	assert_int_equal(session_book_count(&book), N);
}

static void
test_they_are_in_order(void **state)
{
	const struct session *at;
	int i = 0;

	(void)state;
	TAILQ_FOREACH(at, &book.list, entry)
		assert_ptr_equal(at, s[i++]);
	assert_int_equal(i, N);
}

/* A number is not given twice. */
static void
test_one_is_removed(void **state)
{
	char id[sizeof s[0]->id];

	(void)state;
	memcpy(id, s[2]->id, sizeof id);
	drop(2);
	assert_null(session_book_find(&book, id));
	assert_int_equal(session_book_count(&book), N - 1);
	assert_ptr_equal(TAILQ_LAST(&book.list, session_list), s[1]);
	s[2] = session_new("viewer", "192.0.2.7", "webrtc");
	session_book_add(&book, s[2]);
	assert_int_equal(s[2]->connection_id, N + 1);
}

static void
test_a_port_comes_back(void **state)
{
	struct error err;

	(void)state;
	for (int i = 0; i < N; i++)
		s[i]->port = ports_take(ports, &err);
	assert_int_equal(ports_take(ports, &err), 0);
	int port = s[1]->port;
	drop(1);
	assert_int_equal(ports_take(ports, &err), port);
}

/* One that has not been given a port gives none back. */
static void
test_one_without_a_port(void **state)
{
	struct error err;

	(void)state;
	drop(0);
	for (int i = 0; i < N; i++)
		assert_in_range(ports_take(ports, &err), 50000,
		    50000 + N - 1);
	assert_int_equal(ports_take(ports, &err), 0);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_each_has_its_own_id_and_number),
		TEST(test_they_are_in_order),
		TEST(test_one_is_removed),
		TEST(test_a_port_comes_back),
		TEST(test_one_without_a_port),
	};

	return cmocka_run_group_tests_name("session_book", tests, NULL, NULL);
}
