#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>

#include "table.h"

#define N	5000

static struct item {
	char	key[16];
} items[N];

static int
set_up(void **state)
{
	*state = table_new();
	for (int i = 0; i < N; i++)
		snprintf(items[i].key, sizeof items[i].key, "key %d", i);
	return 0;
}

static int
tear_down(void **state)
{
	table_free(*state);
	return 0;
}

static void
test_empty(void **state)
{
	assert_null(table_get(*state, "key 1"));
	assert_null(table_get(*state, ""));
	table_remove(*state, "key 1");
	assert_int_equal(table_count(*state), 0);
	table_free(NULL);
}

/* A value is found by what the string says, not by where it stands. */
static void
test_many(void **state)
{
	char key[16];

	for (int i = 0; i < N; i++)
		table_put(*state, items[i].key, &items[i]);
	assert_int_equal(table_count(*state), N);
	for (int i = 0; i < N; i += 2)
		table_remove(*state, items[i].key);
	assert_int_equal(table_count(*state), N / 2);
	for (int i = 0; i < N; i++) {
		snprintf(key, sizeof key, "key %d", i);
		assert_ptr_equal(table_get(*state, key), i % 2 ? &items[i] :
		    NULL);
	}
	assert_null(table_get(*state, "key"));
	assert_null(table_get(*state, "key 5000"));
}

static void
test_same_key(void **state)
{
	static char same[] = "key 1";
	int other;

	table_put(*state, items[1].key, &items[1]);
	table_put(*state, same, &other);
	assert_ptr_equal(table_get(*state, "key 1"), &other);
	assert_int_equal(table_count(*state), 1);
	table_remove(*state, "key 1");
	assert_null(table_get(*state, "key 1"));
	table_put(*state, items[1].key, &items[1]);
	assert_ptr_equal(table_get(*state, same), &items[1]);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_empty),
		TEST(test_many),
		TEST(test_same_key),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
