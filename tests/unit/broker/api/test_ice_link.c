#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "broker/api/ice_link.h"
#include "tests/unit/broker/fake_http.h"

/* Takes the server. */
static void
expect_link(json_t *server, const char *link)
{
	char *got = ice_link_write(server);

	assert_string_equal(got, link);
	free(got);
	json_decref(server);
}

static void
test_a_stun_server_has_an_address_alone(void **state)
{
	(void)state;
	expect_link(json_pack("{s:s}", "urls", "stun:a:3478"),
	    "<stun:a:3478>; rel=\"ice-server\"");
}

static void
test_a_relay_has_a_name_and_a_password(void **state)
{
	(void)state;
	expect_link(json_pack("{s:s,s:s,s:s}",
	    "urls", "turn:a:3478?transport=udp",
	    "username", "u", "credential", "c"),
	    "<turn:a:3478?transport=udp>; rel=\"ice-server\"; "
	    "username=\"u\"; credential=\"c\"; "
	    "credential-type=\"password\"");
}

/* RFC 9110, section 5.6.4. */
static void
test_a_quote_and_a_backslash_are_escaped(void **state)
{
	(void)state;
	expect_link(json_pack("{s:s,s:s,s:s}", "urls", "turn:a:1",
	    "username", "\"", "credential", "a\"b\\c"),
	    "<turn:a:1>; rel=\"ice-server\"; username=\"\\\"\"; "
	    "credential=\"a\\\"b\\\\c\"; credential-type=\"password\"");
}

/* Each has a header of its own, in the order of the file. */
static void
test_an_answer_names_all_servers(void **state)
{
	json_t *servers = json_pack("[{s:s},{s:s}]", "urls", "stun:a:1",
	    "urls", "stun:b:2");
	struct http_request req = { 0 };

	(void)state;
	ice_link_set(&req, servers);
	assert_int_equal(req.n, 2);
	assert_string_equal(req.names[0], "Link");
	assert_string_equal(req.values[0], "<stun:a:1>; rel=\"ice-server\"");
	assert_string_equal(req.names[1], "Link");
	assert_string_equal(req.values[1], "<stun:b:2>; rel=\"ice-server\"");
	fake_clear(&req);
	json_decref(servers);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_stun_server_has_an_address_alone),
		cmocka_unit_test(test_a_relay_has_a_name_and_a_password),
		cmocka_unit_test(test_a_quote_and_a_backslash_are_escaped),
		cmocka_unit_test(test_an_answer_names_all_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
