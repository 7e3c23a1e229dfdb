/* ice_free() at any time, and what must not be left then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>

#include <cmocka.h>

#include "ice_ends.h"

static int
count_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static void
test_free_in_callback(void **state)
{
	struct end a, b;

	(void)state;
	end_open(&a, "127.0.0.1", true);
	end_open(&b, "127.0.0.1", false);
	ends_meet(&a, &b);
	ends_run_until(a.n_connected && b.n_connected);
	b.free_when_data = true;
	for (int i = 0; i < 5; i++)
		assert_int_equal(end_send(a.ice, "hello", 5), 0);
	ends_run_until(b.ice == NULL);
	event_base_loop(ends_base, EVLOOP_NONBLOCK);
	assert_int_equal(b.n_data, 1);
	ice_free(a.ice);

	end_open(&a, "127.0.0.1", true);
	end_open(&b, "127.0.0.1", false);
	a.free_when_connected = b.free_when_connected = true;
	ends_meet(&a, &b);
	ends_run_until(a.ice == NULL);
	ice_free(b.ice);
	ice_free(NULL);
}

static int
count_connected(const struct end *a, const struct end *b, int n)
{
	int connected = 0;

	for (int i = 0; i < n; i++)
		connected += a[i].n_connected && b[i].n_connected;
	return connected;
}

/* In every stage of life, two hundred times; nothing is left of them. */
static void
test_many(void **state)
{
	static struct end a[100], b[100];
	int before = count_descriptors();

	(void)state;
	for (int i = 0; i < 100; i++) {
		end_open(&a[i], "127.0.0.1", true);
		end_open(&b[i], "127.0.0.1", false);
		if (i % 10 == 9)
			continue;
		end_introduce(&a[i], &b[i]);
		end_introduce(&b[i], &a[i]);
		end_give_candidates(&a[i], &b[i]);
		if (i % 10 == 8)
			continue;
		end_give_candidates(&b[i], &a[i]);
		if (i % 10 == 7)
			ice_free(b[i].ice);
		b[i].ice = i % 10 == 7 ? NULL : b[i].ice;
	}
	assert_true(count_descriptors() > before + 100);
	/* 70 must; those of one direction may, as peer reflexive. */
	ends_run_until(count_connected(a, b, 100) >= 70);
	for (int i = 0; i < 100; i++) {
		ice_free(a[i].ice);
		ice_free(b[i].ice);
	}
	event_base_loop(ends_base, EVLOOP_NONBLOCK);
	assert_int_equal(count_descriptors(), before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_free_in_callback),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, ends_set_up, ends_tear_down);
}
