/* These test what lullctl's client says on the socket and makes of each answer.
 * The broker is a thread that answers one request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/client.h"
#include "xalloc.h"

#define LONG_MS		20000	/* only a hang takes it */
#define SHORT_MS	50
#define JSON(status)	"HTTP/1.1 " status "\r\n" \
			"Content-Type: application/json\r\n\r\n"

static char dir[] = "/tmp/lull-client-XXXXXX";
static char path[64];

struct broker {
	pthread_t	 thread;
	int		 fd;
	const char	*answer;	/* NULL: none until the client goes */
	size_t		 filler;	/* blanks after the answer */
	char		 request[2048];
};

/* Tells whether the header is there, and as much of a body as it says. */
static bool
is_whole(const char *request)
{
	const char *end = strstr(request, "\r\n\r\n");
	const char *length = strstr(request, "Content-Length: ");

	if (end == NULL)
		return false;
	return length == NULL || strlen(end + 4) >=
	    (size_t)atoi(length + strlen("Content-Length: "));
}

static void
write_all(int fd, const char *text, size_t len)
{
	ssize_t n;

	for (; len > 0; text += n, len -= (size_t)n)
		if ((n = send(fd, text, len, MSG_NOSIGNAL)) <= 0)
			return;
}

static void *
broker_run(void *arg)
{
	struct broker *b = arg;
	int fd = accept(b->fd, NULL, NULL);
	char *filler = xcalloc(1, b->filler + 1), rest;
	size_t len = 0;
	ssize_t n;

	while (!is_whole(b->request) && (n = read(fd, b->request + len,
	    sizeof b->request - 1 - len)) > 0)
		len += (size_t)n;
	if (b->answer != NULL) {
		memset(filler, ' ', b->filler);
		write_all(fd, b->answer, strlen(b->answer));
		write_all(fd, filler, b->filler);
	} else {
		while (read(fd, &rest, 1) > 0)
			;
	}
	close(fd);
	free(filler);
	return NULL;
}

static int
listen_on(const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	unlink(name);
	strcpy(a.sun_path, name);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void
broker_start(struct broker *b)
{
	memset(b->request, 0, sizeof b->request);
	b->fd = listen_on(path);
	assert_int_equal(pthread_create(&b->thread, NULL, broker_run, b), 0);
}

static void
broker_end(struct broker *b)
{
	pthread_join(b->thread, NULL);
	close(b->fd);
}

/* A request brings this when the broker answers so. */
static void
expect(const char *answer, int status, const char *reply)
{
	struct client *c = client_new(path, LONG_MS);
	struct broker b = { .answer = answer };
	json_t *got, *want = json_loads(reply, 0, NULL);

	broker_start(&b);
	assert_int_equal(client_request(c, "GET", "/api", NULL, &got), status);
	broker_end(&b);
	assert_true(json_equal(got, want));
	json_decref(got);
	json_decref(want);
	client_free(c);
}

static void
test_an_answer(void **state)
{
	(void)state;
	expect(JSON("200 OK") "{\"version\":\"1\"}", 200,
	    "{\"version\":\"1\"}");
	expect(JSON("202 Accepted") "{}", 202, "{}");
	expect(JSON("404 Not Found") "{\"error\":\"no\"}", 404,
	    "{\"error\":\"no\"}");
}

static void
test_an_answer_without_a_body(void **state)
{
	(void)state;
	expect("HTTP/1.1 204 No Content\r\n\r\n", 204, "{}");
	expect("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "{}");
}

static void
test_a_refusal_in_plain_text(void **state)
{
	(void)state;
	expect("HTTP/1.1 400 Bad Request\r\n\r\nno", 400, "{}");
	expect(JSON("413 Content Too Large") "[1]", 413, "{}");
}

static void
test_the_request(void **state)
{
	static const char head[] = "POST /api/webrtc/pause HTTP/1.1\r\n"
	    "Host: localhost\r\n";
	struct client *c = client_new(path, LONG_MS);
	struct broker b = { .answer = JSON("200 OK") "{}" };
	json_t *reply, *body = json_pack("{s:s}", "viewer_id", "v 1");

	(void)state;
	broker_start(&b);
	assert_int_equal(client_request(c, "POST", "/api/webrtc/pause", body,
	    &reply), 200);
	broker_end(&b);
	assert_memory_equal(b.request, head, strlen(head));
	assert_non_null(strstr(b.request,
	    "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(b.request,
	    "\r\n\r\n{\"viewer_id\":\"v 1\"}\n"));
	json_decref(reply);
	json_decref(body);

	/* The next one of the same client has none of that. */
	broker_start(&b);
	assert_int_equal(client_request(c, "DELETE", "/api/x", NULL, &reply),
	    200);
	broker_end(&b);
	assert_memory_equal(b.request, "DELETE /api/x HTTP/1.1\r\n", 24);
	assert_null(strstr(b.request, "Content-"));
	json_decref(reply);
	client_free(c);
}

/* A proxy is for other hosts than this one. */
static void
test_a_proxy_is_not_asked(void **state)
{
	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "socks5://127.0.0.1:1", 1);
	expect(JSON("200 OK") "{}", 200, "{}");
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
}

/* No answer comes from `socket` in time, and the client says so. */
static void
expect_none(const char *socket, long timeout_ms, const char *why)
{
	struct client *c = client_new(socket, timeout_ms);
	char *want = xasprintf("no answer from lulld on %s: %s", socket, why);
	json_t *reply = json_true();

	assert_string_equal(client_error(c), "no request was made");
	assert_int_equal(client_request(c, "GET", "/api", NULL, &reply), -1);
	assert_null(reply);
	assert_string_equal(client_error(c), want);
	assert_int_equal(client_request(c, "GET", "/api", NULL, &reply), -1);
	free(want);
	client_free(c);
}

static void
test_no_broker(void **state)
{
	char name[256];

	(void)state;
	unlink(path);
	expect_none(path, LONG_MS, "No such file or directory (is lulld "
	    "running? One that was given another folder is found with "
	    "--rundir or -s)");
	close(listen_on(path));
	expect_none(path, LONG_MS, "Connection refused (is lulld running? "
	    "This socket may be left over from one that has ended)");
	expect_none(dir, LONG_MS, "Connection refused (is lulld running? "
	    "This socket may be left over from one that has ended)");
	memset(name, 'x', sizeof name);
	name[sizeof ((struct sockaddr_un *)0)->sun_path] = '\0';
	expect_none(name, LONG_MS, "the path is too long for a socket");
	name[sizeof ((struct sockaddr_un *)0)->sun_path - 1] = '\0';
	expect_none(name, LONG_MS, "No such file or directory (is lulld "
	    "running? One that was given another folder is found with "
	    "--rundir or -s)");
}

static void
test_a_socket_of_another_user(void **state)
{
	uid_t user = geteuid();
	int fd = listen_on(path);

	(void)state;
	assert_int_equal(chmod(path, 0), 0);
	if (user == 0) {
		assert_int_equal(chmod(dir, 0755), 0);
		assert_int_equal(seteuid(65534), 0);
	}
	expect_none(path, LONG_MS, "Permission denied (only the user that "
	    "lulld runs as, and root, may use it)");
	assert_int_equal(seteuid(user), 0);
	close(fd);
}

/* Makes a request and expects no answer, for a reason that begins so. */
static void
expect_failure(struct broker *b, long timeout_ms, const char *why)
{
	struct client *c = client_new(path, timeout_ms);
	json_t *reply;

	broker_start(b);
	assert_int_equal(client_request(c, "GET", "/api", NULL, &reply), -1);
	broker_end(b);
	assert_null(reply);
	if (strstr(client_error(c), why) == NULL)
		fail_msg("%s", client_error(c));
	client_free(c);
}

static void
test_another_program_answers(void **state)
{
	static const char why[] = ": what answers there does not speak its API";
	struct broker text = { .answer = "HTTP/1.1 200 OK\r\n\r\nhello" };
	struct broker list = { .answer = JSON("399 Odd") "[]" };
	struct broker none = { .answer = "" };

	(void)state;
	expect_failure(&text, LONG_MS, why);
	expect_failure(&list, LONG_MS, why);
	expect_failure(&none, LONG_MS, ": Server returned nothing");
}

static void
test_a_broker_that_is_stopped(void **state)
{
	struct broker b = { .answer = NULL };

	(void)state;
	expect_failure(&b, SHORT_MS, ": it takes too long (is it stopped?)");
}

/* The largest answer is read; one byte more ends the request. */
static void
test_an_answer_is_bounded(void **state)
{
	struct client *c = client_new(path, LONG_MS);
	struct broker b = { .answer = JSON("200 OK") "{}",
		.filler = CLIENT_MAX_REPLY - 2 };
	json_t *reply;

	(void)state;
	broker_start(&b);
	assert_int_equal(client_request(c, "GET", "/api", NULL, &reply), 200);
	broker_end(&b);
	json_decref(reply);
	client_free(c);
	b.filler++;
	expect_failure(&b, LONG_MS, ": Fail");
}

static int
set_up(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/lulld.sock", dir);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(path);
	rmdir(dir);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_answer),
		cmocka_unit_test(test_an_answer_without_a_body),
		cmocka_unit_test(test_a_refusal_in_plain_text),
		cmocka_unit_test(test_the_request),
		cmocka_unit_test(test_a_proxy_is_not_asked),
		cmocka_unit_test(test_no_broker),
		cmocka_unit_test(test_a_socket_of_another_user),
		cmocka_unit_test(test_another_program_answers),
		cmocka_unit_test(test_a_broker_that_is_stopped),
		cmocka_unit_test(test_an_answer_is_bounded),
	};

	return cmocka_run_group_tests_name("client", tests, set_up, tear_down);
}
