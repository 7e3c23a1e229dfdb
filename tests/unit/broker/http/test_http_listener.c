/* The sockets of a server, by name and by what is left of descriptors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <event2/util.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "broker/http/http_listener.h"
#include "clock.h"
#include "http_server.h"
#include "tests/unit/log_lines.h"
#include "tests/unit/lowest_free.h"

static void
on_request(struct http_request *req, void *arg)
{
	assert_ptr_equal(arg, &base);
	server_tell(req);
}

static int
set_up(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(server_open(on_request, &base), 0);
	assert_int_equal(http_listen(http, "127.0.0.1:0", &err), 0);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	return server_close();
}

static void
expect_refused(const char *address, const char *why)
{
	struct error err = { "" };

	assert_int_equal(http_listen(http, address, &err), -1);
	if (strstr(err.text, "cannot listen on") == NULL ||
	    strstr(err.text, why) == NULL ||
	    strstr(err.text, "api.listen") == NULL)
		fail_msg("%s: %s", address, err.text);
}

static void
test_listen(void **state)
{
	char address[32];
	struct error err;

	(void)state;
	snprintf(address, sizeof address, "127.0.0.1:%d", raw_server_port());
	expect_refused(address, "in use");
	expect_refused("192.0.2.1:0", "assign");
	expect_refused("", "not an address");
	expect_refused("1984", "not an address");
	expect_refused("localhost", "not an address");
	expect_refused(":", "not an address");
	expect_refused(":http", "not an address");
	expect_refused(":65536", "not an address");
	expect_refused(":1984x", "not an address");
	expect_refused("::1:1984", "not an address");
	expect_refused("no.such.host.invalid:0", "no.such.host.invalid");
	assert_int_equal(http_listen(http, ":0", &err), 0);
	assert_int_equal(http_listen(http, "localhost:0", &err),
	    0);
}

/* IPv4 on the socket for all addresses is shown as IPv4. */
static void
test_listen_any(void **state)
{
	struct error err;
	struct raw *c;
	char *body;

	(void)state;
	http_free(http);
	http = http_new(base, on_request, &base);
	assert_int_equal(http_listen(http, ":0", &err), 0);
	c = raw_open_tcp(base, raw_server_port());
	raw_say(c, "GET / HTTP/1.1\r\n\r\n");
	free(raw_answer(c, &body));
	assert_non_null(strstr(body, "\"ip\":\"127.0.0.1\""));
	free(body);
	raw_close(c);
}

static void
test_listen_unix(void **state)
{
	mode_t mask = umask(022);
	char *name = xasprintf("%s/other", top), *too_long;
	struct http *second = http_new(base, on_request, &base);
	struct stat st;
	struct error err;
	FILE *f;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(http_listen_unix(second, path, &err), -1);
	assert_non_null(strstr(err.text, "another lulld"));
	assert_int_equal(access(path, F_OK), 0);

	/* A file that is no socket is not ours to remove. */
	f = fopen(name, "w");
	fclose(f);
	assert_int_equal(http_listen_unix(second, name, &err), -1);
	assert_int_equal(stat(name, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	unlink(name);

	too_long = xasprintf("%s/%0200d", top, 1);
	assert_int_equal(http_listen_unix(second, too_long, &err),
	    -1);
	assert_non_null(strstr(err.text, "longer"));
	free(too_long);
	http_free(second);
	free(name);
	assert_int_equal(umask(mask), 022);
}

static void
test_stale_unix(void **state)
{
	char *name = xasprintf("%s/stale", top);
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct error err;
	struct raw *c;

	(void)state;
	snprintf(sun.sun_path, sizeof sun.sun_path, "%s", name);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof sun), 0);
	close(fd);
	assert_int_equal(http_listen_unix(http, name, &err), 0);
	c = raw_open_unix(base, name);
	server_expect(c, "GET / HTTP/1.1\r\n\r\n", 200, NULL);
	raw_close(c);

	/* One that a successor put there stays. */
	unlink(name);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof sun), 0);
	http_stop_listening(http);
	assert_int_equal(access(name, F_OK), 0);
	close(fd);
	unlink(name);
	free(name);
}

static void
test_its_file_goes_with_it(void **state)
{
	(void)state;
	assert_int_equal(access(path, F_OK), 0);
	http_stop_listening(http);
	assert_int_equal(access(path, F_OK), -1);
}

static int libevent_warnings;

static void
count_warning(int severity, const char *message)
{
	(void)severity;
	(void)message;
	libevent_warnings++;
}

/* Without descriptors it waits and goes on later; it does not spin. This test
 * is the first of those in which it complains, once a minute. */
static void
test_no_descriptors(void **state)
{
	struct raw *c = raw_open_unix(base, path);
	struct rlimit old, low;
	int fd;

	(void)state;
	log_lines_begin(LOG_LEVEL_INFO);
	fd = lowest_free();
	getrlimit(RLIMIT_NOFILE, &old);
	low = old;
	low.rlim_cur = (rlim_t)fd;
	setrlimit(RLIMIT_NOFILE, &low);
	event_set_log_callback(count_warning);
	raw_say(c, "GET / HTTP/1.1\r\n\r\n");
	event_base_loop(base, EVLOOP_ONCE);
	event_base_loop(base, EVLOOP_NONBLOCK);
	event_base_loop(base, EVLOOP_NONBLOCK);
	setrlimit(RLIMIT_NOFILE, &old);
	server_expect(c, "", 200, NULL);
	event_set_log_callback(NULL);
	assert_int_equal(libevent_warnings, 0);
	assert_string_equal(log_lines_end(), "WRN [api] Too many open files: "
	    "new ones have to wait until some have ended, see `ulimit -n`\n");
	raw_close(c);
}

/* Runs the loop until a listener that rests has looked twice. */
static void
let_it_look(void)
{
	struct timeval tv = clock_timeval(2500LL * HTTP_ACCEPT_RETRY_MS);

	event_base_loopexit(base, &tv);
	event_base_dispatch(base);
}

/*
 * Strangers who hold their connections do not get the last descriptors. A
 * client's and the server's end are one each here: of ten clients some are
 * taken before ten descriptors are left of 24.
 */
static void
test_the_last_descriptors_are_kept(void **state)
{
	struct raw *idle[10], *last, *local;
	struct rlimit old, low;
	int fd;

	(void)state;
	log_lines_begin(LOG_LEVEL_INFO);
	fd = lowest_free();
	getrlimit(RLIMIT_NOFILE, &old);
	low = old;
	low.rlim_cur = (rlim_t)fd + 24;
	http_listener_keep(10);
	for (int i = 0; i < 10; i++)
		idle[i] = raw_open_tcp(base, raw_server_port());
	setrlimit(RLIMIT_NOFILE, &low);
	server_expect(idle[0], "GET / HTTP/1.1\r\n\r\n", 200, NULL);
	assert_int_equal(lowest_free(), fd + 24 - 10);
	last = raw_open_tcp(base, raw_server_port());
	raw_say(last, "GET / HTTP/1.1\r\n\r\n");
	for (int i = 0; i < 2; i++) {
		local = raw_open_unix(base, path);
		server_expect(local, "GET / HTTP/1.1\r\n\r\n", 200, NULL);
		raw_close(local);
	}
	let_it_look();
	assert_int_equal(raw_wait_bytes(last, 0), 0);
	for (int i = 0; i < 10; i++)
		raw_close(idle[i]);
	server_expect(last, "", 200, NULL);
	raw_close(last);
	setrlimit(RLIMIT_NOFILE, &old);
	http_listener_keep(0);
	assert_string_equal(log_lines_end(), "");
}

#define HALF	(HTTP_MAX_FILES / 2)

/* However many there may be, no more than half of HTTP_MAX_FILES are kept. */
static void
test_no_more_than_half_is_kept(void **state)
{
	static int held[HALF];
	struct rlimit old, high;
	struct raw *local, *last;
	int n = 0;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &old);
	high = old;
	high.rlim_cur = HTTP_MAX_FILES / 5 * 6;
	if (setrlimit(RLIMIT_NOFILE, &high) == -1)
		skip();
	http_listener_keep(HTTP_MAX_FILES + 1);
	last = raw_open_tcp(base, raw_server_port());
	server_expect(last, "GET / HTTP/1.1\r\n\r\n", 200, NULL);
	raw_close(last);
	do
		held[n] = dup(0);
	while (held[n++] < HALF - 1);
	local = raw_open_unix(base, path);
	server_expect(local, "GET / HTTP/1.1\r\n\r\n", 200, NULL);
	last = raw_open_tcp(base, raw_server_port());
	raw_say(last, "GET / HTTP/1.1\r\n\r\n");
	let_it_look();
	assert_int_equal(raw_wait_bytes(last, 0), 0);
	while (n > 0)
		close(held[--n]);
	server_expect(last, "", 200, NULL);
	raw_close(last);
	raw_close(local);
	http_listener_keep(0);
	setrlimit(RLIMIT_NOFILE, &old);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_listen),
		TEST(test_listen_any),
		TEST(test_listen_unix),
		TEST(test_stale_unix),
		TEST(test_its_file_goes_with_it),
		TEST(test_no_descriptors),
		TEST(test_the_last_descriptors_are_kept),
		TEST(test_no_more_than_half_is_kept),
	};

	return cmocka_run_group_tests_name("http_listener", tests,
	    server_begin, server_end);
}
