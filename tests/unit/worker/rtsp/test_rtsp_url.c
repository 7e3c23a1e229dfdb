#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "worker/rtsp/rtsp_url.h"

static const struct {
	const char *text;
	bool tls;
	const char *user, *password, *host;
	int port;
	const char *request;
} addresses[] = {
	{ "rtsp://camera.local/live?channel=1&sub=0", false, NULL, NULL,
	    "camera.local", 554, "rtsp://camera.local/live?channel=1&sub=0" },
	{ "rtsp://192.0.2.1", false, NULL, NULL, "192.0.2.1", 554,
	    "rtsp://192.0.2.1" },
	{ "rtsp://192.0.2.1:8554/", false, NULL, NULL, "192.0.2.1", 8554,
	    "rtsp://192.0.2.1:8554/" },
	{ "rtsp://192.0.2.1?channel=1", false, NULL, NULL, "192.0.2.1", 554,
	    "rtsp://192.0.2.1?channel=1" },
	{ "rtsp://a:1", false, NULL, NULL, "a", 1, "rtsp://a:1" },
	{ "rtsp://a:65535", false, NULL, NULL, "a", 65535, "rtsp://a:65535" },
	{ "rtsp://a:/b", false, NULL, NULL, "a", 554, "rtsp://a:/b" },
	{ "rtsp://a:9080", false, NULL, NULL, "a", 9080, "rtsp://a:9080" },
	/* TLS */
	{ "rtsps://a/b", true, NULL, NULL, "a", 322, "rtsps://a/b" },
	{ "rtsps://a:7441/b", true, NULL, NULL, "a", 7441,
	    "rtsps://a:7441/b" },
	{ "rtspx://a:7441/b", true, NULL, NULL, "a", 7441,
	    "rtsps://a:7441/b" },
	/* IPv6 */
	{ "rtsp://[2001:db8::1]/b", false, NULL, NULL, "2001:db8::1", 554,
	    "rtsp://[2001:db8::1]/b" },
	{ "rtsp://u:p@[::1]:8554/b", false, "u", "p", "::1", 8554,
	    "rtsp://[::1]:8554/b" },
	/* user and password */
	{ "rtsp://admin:secret@a:8554/b", false, "admin", "secret", "a", 8554,
	    "rtsp://a:8554/b" },
	{ "rtsp://admin@a/b", false, "admin", "", "a", 554, "rtsp://a/b" },
	{ "rtsp://admin:@a/b", false, "admin", "", "a", 554, "rtsp://a/b" },
	{ "rtsp://:p@a/b", false, "", "p", "a", 554, "rtsp://a/b" },
	{ "rtsp://u:p:q@a", false, "u", "p:q", "a", 554, "rtsp://a" },
	{ "rtsp://u:p@ss:w@rd@a:8554/b", false, "u", "p@ss:w@rd", "a", 8554,
	    "rtsp://a:8554/b" },
	/* An @ in the path is the path's. */
	{ "rtsp://a/b@c?d@e", false, NULL, NULL, "a", 554,
	    "rtsp://a/b@c?d@e" },
	{ "rtsp://a?b@c", false, NULL, NULL, "a", 554, "rtsp://a?b@c" },
	{ "rtsp://u:p@a/b@c", false, "u", "p", "a", 554, "rtsp://a/b@c" },
	/* %XX */
	{ "rtsp://a%40b:%2f%3F%23@c/d%20e", false, "a@b", "/?#", "c", 554,
	    "rtsp://c/d%20e" },
	{ "rtsp://u%3A:%aF%Fa%09@a", false, "u:", "\xaf\xfa\t", "a", 554,
	    "rtsp://a" },
	{ "rtsp://u:100%@a", false, "u", "100%", "a", 554, "rtsp://a" },
	{ "rtsp://u:%4@a", false, "u", "%4", "a", 554, "rtsp://a" },
	{ "rtsp://u:%41@a", false, "u", "A", "a", 554, "rtsp://a" },
	{ "rtsp://u:%%41%@a", false, "u", "%A%", "a", 554, "rtsp://a" },
	{ "rtsp://u:%4g%g4%:0%`0%@0@a", false, "u", "%4g%g4%:0%`0%@0", "a",
	    554, "rtsp://a" },
};

static void
assert_text(const char *is, const char *want)
{
	if (want == NULL)
		assert_null(is);
	else
		assert_string_equal(is, want);
}

static void
test_addresses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
		struct rtsp_url u;

		assert_int_equal(rtsp_url_parse(addresses[i].text, &u), 0);
		assert_int_equal(u.tls, addresses[i].tls);
		assert_text(u.user, addresses[i].user);
		assert_text(u.password, addresses[i].password);
		assert_text(u.host, addresses[i].host);
		assert_int_equal(u.port, addresses[i].port);
		assert_text(u.request, addresses[i].request);
		rtsp_url_clear(&u);
		assert_null(u.password);
	}
}

static void
test_what_is_no_address(void **state)
{
	static const char *const texts[] = {
		"", "rtsp", "rtsp:/", "rtsp://", "http://a/b", "rtsp:a",
		"rtsps:/a", "xrtsp://a",
		"rtsp:///b", "rtsp://?b", "rtsp://:554/b", "rtsp://u:p@/b",
		"rtsp://u:p@:554",
		"rtsp://a:0", "rtsp://a:65536", "rtsp://a:000554",
		"rtsp://a:-1", "rtsp://a:5x", "rtsp://a:x",
		"rtsp://a:5:5", "rtsp://a: 5",
		"rtsp://[]", "rtsp://[::1", "rtsp://[::1]x", "rtsp://[::1]8554",
		"rtsp://[::1]:0", "rtsp://u@[/b",
	};
	struct rtsp_url u;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		assert_int_equal(rtsp_url_parse(texts[i], &u), -1);
}

static void
test_what_was_cleared_can_be_cleared(void **state)
{
	struct rtsp_url u;

	(void)state;
	assert_int_equal(rtsp_url_parse("rtsp://u:p@a", &u), 0);
	rtsp_url_clear(&u);
	rtsp_url_clear(&u);
	assert_int_equal(rtsp_url_parse("rtsp://", &u), -1);
	rtsp_url_clear(&u);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_what_is_no_address),
		cmocka_unit_test(test_what_was_cleared_can_be_cleared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
