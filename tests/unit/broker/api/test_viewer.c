#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "broker/api/context.h"
#include "broker/api/viewer.h"
#include "broker/registry/registry.h"
#include "tests/unit/broker/fake_http.h"

static struct stream good;

/* The registry has one stream here. */
struct stream *
registry_stream(const struct registry *r, const char *name)
{
	assert_null(r);
	return strcmp(name, "good") == 0 ? &good : NULL;
}

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

static void
test_a_request_is_read(void **state)
{
	struct http_request req = { .src = "good", .viewer_id = "desk",
		.paused = "true", .peer_ip = "192.0.2.7" };
	struct viewer v;

	(void)state;
	assert_int_equal(viewer_read(&req, &v), 0);
	assert_string_equal(v.src, "good");
	assert_string_equal(v.viewer_id, "desk");
	assert_string_equal(v.client_ip, "192.0.2.7");
	assert_true(v.paused);
	assert_false(v.loopback);
	assert_int_equal(req.answers, 0);
	viewer_clear(&v);
}

static void
test_a_request_that_tells_nothing(void **state)
{
	struct http_request req = { .paused = "1", .peer_ip = "" };
	struct viewer v;

	(void)state;
	assert_int_equal(viewer_read(&req, &v), 0);
	assert_string_equal(v.src, "");
	assert_string_equal(v.viewer_id, "");
	assert_string_equal(v.client_ip, "");
	assert_false(v.paused);
	viewer_clear(&v);
}

/* A viewer on this host is known by its own address or by none, unless a proxy
 * tells another. */
static void
test_who_is_on_this_host(void **state)
{
	static const struct {
		const char *peer, *forwarded;
		bool loopback;
	} cases[] = {
		{ "", NULL, true }, { "127.0.0.1", NULL, true },
		{ "127.1.2.3", NULL, true }, { "::1", NULL, true },
		{ "127.0.0.1", "192.0.2.9", false },
		{ "::1", "127.0.0.1", true },
		{ "12.7.0.1", NULL, false }, { "::12", NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct http_request req = { .peer_ip = cases[i].peer,
			.forwarded = cases[i].forwarded };
		struct viewer v;

		assert_int_equal(viewer_read(&req, &v), 0);
		assert_int_equal(v.loopback, cases[i].loopback);
		viewer_clear(&v);
	}
}

static void
test_an_id_has_a_bound(void **state)
{
	char id[VIEWER_MAX_ID + 2];
	struct http_request req = { .viewer_id = id, .peer_ip = "" };
	struct viewer v;

	(void)state;
	memset(id, 'x', sizeof id);
	id[VIEWER_MAX_ID] = '\0';
	assert_int_equal(viewer_read(&req, &v), 0);
	assert_string_equal(v.viewer_id, id);
	viewer_clear(&v);
	id[VIEWER_MAX_ID] = 'x';
	id[VIEWER_MAX_ID + 1] = '\0';
	assert_int_equal(viewer_read(&req, &v), -1);
	assert_int_equal(req.status, 400);
	assert_string_equal(req.body,
	    "viewer_id must be of at most 256 bytes");
	fake_clear(&req);
}

static void
test_an_offer_is_of_its_viewer(void **state)
{
	static char src[] = "good", id[] = "desk", ip[] = "127.0.0.1";
	struct viewer v = { .src = src, .viewer_id = id, .client_ip = ip,
		.paused = true, .loopback = true };
	struct context ctx = { 0 };
	struct registry_offer o = { .sdp = "v=0", .format = "webrtc" };
	const char *error = NULL;

	(void)state;
	assert_int_equal(viewer_offer(&v, &ctx, &o, &error), 200);
	assert_null(error);
	assert_ptr_equal(o.stream, &good);
	assert_string_equal(o.viewer_id, "desk");
	assert_string_equal(o.client_ip, "127.0.0.1");
	assert_true(o.paused);
	assert_true(o.loopback);
	assert_string_equal(o.sdp, "v=0");
	assert_string_equal(o.format, "webrtc");
}

static void
test_an_offer_for_no_stream(void **state)
{
	static char none[] = "", other[] = "other";
	struct viewer v = { .src = none };
	struct context ctx = { 0 };
	struct registry_offer o = { 0 };
	const char *error = NULL;

	(void)state;
	assert_int_equal(viewer_offer(&v, &ctx, &o, &error), 400);
	assert_string_equal(error, "src is required: ?src=NAME of a stream");
	v.src = other;
	assert_int_equal(viewer_offer(&v, &ctx, &o, &error), 404);
	assert_string_equal(error, "stream not found");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ip),
		cmocka_unit_test(test_a_request_is_read),
		cmocka_unit_test(test_a_request_that_tells_nothing),
		cmocka_unit_test(test_who_is_on_this_host),
		cmocka_unit_test(test_an_id_has_a_bound),
		cmocka_unit_test(test_an_offer_is_of_its_viewer),
		cmocka_unit_test(test_an_offer_for_no_stream),
	};

	return cmocka_run_group_tests_name("viewer", tests, NULL, NULL);
}
