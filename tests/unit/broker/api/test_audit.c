/* Who paused or resumed whom, as the log has it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "broker/api/audit.h"
#include "broker/registry/session.h"
#include "broker/registry/stream.h"
#include "tests/unit/log_lines.h"
#include "tests/unit/broker/fake_http.h"

static void
test_who_asks(void **state)
{
	static const struct {
		const char *peer, *forwarded;
		bool local;
		long uid;
		const char *who;
	} cases[] = {
		{ "192.0.2.7", NULL, false, -1, "192.0.2.7 over HTTP" },
		{ "127.0.0.1", NULL, false, -1, "127.0.0.1 over HTTP" },
		{ "127.0.0.1", "192.0.2.9", false, -1,
		    "192.0.2.9 over HTTP through a proxy" },
		{ "192.0.2.7", "192.0.2.9", false, -1, "192.0.2.7 over HTTP" },
		{ "", NULL, true, 0, "root over the control socket" },
		{ "", NULL, true, 1000, "uid 1000 over the control socket" },
		{ "", "192.0.2.9", true, 0,
		    "192.0.2.9 over HTTP through a proxy" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct http_request req = { .peer_ip = cases[i].peer,
			.forwarded = cases[i].forwarded,
			.local = cases[i].local, .uid = cases[i].uid };
		char *who = audit_who(&req);

		assert_string_equal(who, cases[i].who);
		free(who);
	}
}

/* A case of a request for one session (`viewer` NULL) or for a viewer's, and
 * the line of the log. */
static const struct {
	const char *viewer;
	bool pause;
	int status;
	size_t done;
	const char *line;
} audits[] = {
	{ NULL, true, 200, 1, "INF [session] 5f6a0dc3 on demo paused by me\n" },
	{ NULL, false, 200, 1,
	    "INF [session] 5f6a0dc3 on demo resumed by me\n" },
	{ NULL, true, 200, 0, "WRN [session] 5f6a0dc3 on demo not paused by "
	    "me: it has ended\n" },
	{ NULL, true, 500, 0, "WRN [session] 5f6a0dc3 on demo not paused by "
	    "me: no reply\n" },
	{ "", true, 200, 0, "INF [session] 0 sessions paused by me\n" },
	{ "", true, 200, 1, "INF [session] 1 session paused by me\n" },
	{ "", false, 200, 12, "INF [session] 12 sessions resumed by me\n" },
	{ "desk", true, 200, 1, "INF [session] 1 session of viewer `desk` "
	    "paused by me\n" },
	{ "desk", false, 200, 2, "INF [session] 2 sessions of viewer `desk` "
	    "resumed by me\n" },
	{ "", true, 504, 0,
	    "WRN [session] 0 sessions paused by me: no reply\n" },
	{ "", true, 504, 1,
	    "WRN [session] 1 session paused by me, not all: no reply\n" },
};

static void
test_what_came_of_it(void **state)
{
	static char name[] = "demo";
	struct stream st = { .name = name };
	struct session s = { .id = "5f6a0dc3ffffffffffffffffffffffff",
		.stream = &st };

	(void)state;
	for (size_t i = 0; i < sizeof audits / sizeof audits[0]; i++) {
		const char *viewer = audits[i].viewer;
		struct audit *a = audit_new("me", audits[i].pause,
		    viewer == NULL ? &s : NULL, viewer != NULL ? viewer : "");

		log_lines_begin(LOG_LEVEL_INFO);
		audit_done(audits[i].status, audits[i].status == 200 ? NULL :
		    "no reply", audits[i].done, a);
		assert_string_equal(log_lines_end(), audits[i].line);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_asks),
		cmocka_unit_test(test_what_came_of_it),
	};

	return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
