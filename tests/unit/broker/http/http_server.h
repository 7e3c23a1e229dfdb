#ifndef LULL_TEST_HTTP_SERVER_H
#define LULL_TEST_HTTP_SERVER_H

/* A real server on a Unix socket in a folder of its own, and its loop; see
 * raw_client.h for its clients. Included by one file of a test program. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "broker/http/http.h"
#include "log.h"
#include "tests/unit/broker/raw_client.h"	/* before the names below */
#include "xalloc.h"

static char top[] = "/tmp/lull-http-XXXXXX";
static char *path;			/* of the Unix socket */
static struct event_base *base;
static struct http *http;		/* a test may free it, and say NULL */

/* Around each test. */
static inline int
server_open(http_handler_cb *handler, void *arg)
{
	struct error err;

	base = event_base_new();
	http = http_new(base, handler, arg);
	return http_listen_unix(http, path, &err);
}

static inline int
server_close(void)
{
	http_free(http);
	event_base_free(base);
	return 0;
}

/* Around all of them: for cmocka. */
static inline int
server_begin(void **state)
{
	(void)state;
	log_open(LOG_LEVEL_OFF, NULL);
	if (mkdtemp(top) == NULL)
		return -1;
	path = xasprintf("%s/http.sock", top);
	return 0;
}

static inline int
server_end(void **state)
{
	(void)state;
	free(path);
	return rmdir(top);
}

/* Tells the request back in its answer. */
static inline void
server_tell(struct http_request *req)
{
	const char *src = http_query(req, "src");
	const char *header = http_header(req, "x-test");
	size_t len;
	const char *body = http_body(req, &len);

	http_set_header(req, "X-Lull", "first");
	http_set_header(req, "X-Lull", "second");
	http_reply_json(req, 200, json_pack(
	    "{s:s,s:s,s:s?,s:s?,s:s?,s:s,s:s%,s:b,s:s,s:b}",
	    "method", http_method(req), "path", http_path(req), "src", src,
	    "mic", http_query(req, "mic"), "header", header,
	    "type", http_content_type(req), "body", body, len,
	    "local", http_is_local(req), "ip", http_peer_ip(req),
	    "large", http_body_too_large(req)));
}

/* Asks, and compares the answer's status and, if not NULL, its body. */
static inline void
server_expect(struct raw *c, const char *request, int status, const char *body)
{
	char *head, *got, line[32];

	raw_say(c, request);
	head = raw_answer(c, &got);
	assert_non_null(head);
	snprintf(line, sizeof line, "HTTP/1.1 %d ", status);
	assert_memory_equal(head, line, strlen(line));
	if (body != NULL)
		assert_string_equal(got, body);
	free(head);
	free(got);
}

#endif
