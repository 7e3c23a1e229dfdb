/* Pictures that are shared, and how many bytes they are. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "broker/registry/jpeg.h"
#include "xalloc.h"

static void
test_the_last_frees(void **state)
{
	struct jpeg_pool *pool = jpeg_pool_new();
	struct jpeg *a, *b;

	(void)state;
	assert_int_equal(jpeg_pool_bytes(pool), 0);
	a = jpeg_new(pool, xmemdup("abc", 3), 3);
	b = jpeg_new(pool, xmemdup("de", 2), 2);
	assert_memory_equal(a->data, "abc", 3);
	assert_int_equal(a->len, 3);
	assert_int_equal(jpeg_pool_bytes(pool), 5);
	assert_ptr_equal(jpeg_ref(a), a);
	jpeg_unref(a);
	assert_int_equal(jpeg_pool_bytes(pool), 5);
	jpeg_unref(a);
	assert_int_equal(jpeg_pool_bytes(pool), 2);
	jpeg_unref(b);
	assert_int_equal(jpeg_pool_bytes(pool), 0);
	jpeg_unref(NULL);
	jpeg_pool_free(pool);
}

/* It is being sent while the broker ends. */
static void
test_one_outlives_its_pool(void **state)
{
	struct jpeg_pool *pool = jpeg_pool_new();
	struct jpeg *j = jpeg_new(pool, xmemdup("abc", 3), 3);

	(void)state;
	jpeg_pool_free(pool);
	assert_memory_equal(j->data, "abc", 3);
	jpeg_unref(j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_last_frees),
		cmocka_unit_test(test_one_outlives_its_pool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
