#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "broker/api/viewer.h"

static void
test_ip(void **state)
{
	static const struct {
		const char *peer, *forwarded, *want;
	} cases[] = {
		{ "192.0.2.7", NULL, "192.0.2.7" },
		/* Only a proxy on this host is believed. */
		{ "192.0.2.7", "10.0.0.1", "192.0.2.7" },
		{ "127.0.0.1", "10.0.0.1", "10.0.0.1" },
		/* What stands before the proxy's word is the client's. */
		{ "::1", " 10.0.0.1, 10.0.0.2", "10.0.0.2" },
		{ "::1", "<script>,\t10.0.0.2 ", "10.0.0.2" },
		{ "::1", "10.0.0.1, unknown", "::1" },
		{ "::1", "10.0.0.1,", "::1" },
		{ "", "fd00::7", "fd00::7" },
		{ "127.0.0.1", "<script>", "127.0.0.1" },
		{ "127.0.0.1", "", "127.0.0.1" },
		{ "127.0.0.1", "10.0.0.1:80", "127.0.0.1" },
	};
	char buf[16];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_string_equal(viewer_ip(cases[i].peer,
		    cases[i].forwarded, buf, sizeof buf), cases[i].want);
	assert_string_equal(viewer_ip("::1",
	    "2001:0db8:0000:0000:0000:0000:0000:0001", buf, sizeof buf),
	    "::1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ip),
	};

	return cmocka_run_group_tests_name("viewer", tests, NULL, NULL);
}
