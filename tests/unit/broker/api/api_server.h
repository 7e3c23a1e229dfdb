#ifndef LULL_TEST_API_SERVER_H
#define LULL_TEST_API_SERVER_H

/* The broker's API over a Unix socket, and one client of it; the workers are
 * those of workers.h. Included by one file of a test program, after cmocka. */
#include "broker/api/context.h"
#include "broker/api/listing.h"
#include "broker/api/route.h"
#include "broker/http/http.h"
#include "broker/registry/snapshots.h"
#include "tests/unit/broker/raw_client.h"
#include "tests/unit/broker/workers.h"

static struct workers *w;
static struct context context;
static struct http *http;
static char *path;			/* of the Unix socket */
static struct raw *client;

/* An answer of the broker. */
struct reply {
	int	 status;
	char	*head, *body;
};

/* It ends after the next request's handler, while that is under way; or
 * NULL. */
static struct session *ends_meanwhile;

static inline void
server_on_request(struct http_request *req, void *arg)
{
	route_request(req, arg);
	if (ends_meanwhile != NULL)
		stream_end_session(ends_meanwhile, "a test");
	ends_meanwhile = NULL;
}

/* `names` of the streams end with NULL, and are in order. */
static inline int
server_open(char *const *names)
{
	static char no_origin[] = "";
	struct error err;

	w = workers_open(names);
	w->config.origin = no_origin;
	context.config = &w->config;
	context.registry = w->registry;
	context.listings = listings_new(w->base);
	context.snapshots = snapshots_new(w->base);
	http = http_new(w->base, server_on_request, &context);
	path = xasprintf("%s/http.sock", w->dir);
	if (http_listen_unix(http, path, &err) == -1)
		return -1;
	client = raw_open_unix(w->base, path);
	return 0;
}

/* For cmocka. */
static inline int
server_close(void **state)
{
	(void)state;
	raw_close(client);
	listings_free(context.listings);
	workers_end_registry(w);
	snapshots_free(context.snapshots);
	http_free(http);
	workers_close(w);
	free(path);
	return 0;
}

/* Asks, and waits for the answer. Of type NULL, no type is told. */
static inline struct reply
ask(const char *method, const char *target, const char *type,
    const void *body, size_t len)
{
	char *head = xasprintf("%s %s HTTP/1.1\r\nHost: cam\r\n"
	    "Content-Length: %zu\r\n%s%s%s\r\n", method, target, len,
	    type != NULL ? "Content-Type: " : "", type != NULL ? type : "",
	    type != NULL ? "\r\n" : "");
	struct reply r;

	raw_say(client, head);
	free(head);
	raw_send(client, body, len);
	r.head = raw_answer(client, &r.body);
	assert_non_null(r.head);
	assert_int_equal(sscanf(r.head, "HTTP/1.1 %d ", &r.status), 1);
	return r;
}

static inline void
reply_clear(struct reply *r)
{
	free(r->head);
	free(r->body);
}

static inline void
expect(struct reply r, int status, const char *body)
{
	assert_string_equal(r.body != NULL ? r.body : "", body);
	assert_int_equal(r.status, status);
	reply_clear(&r);
}

/* The body of an answer of 200 as JSON; the caller frees. */
static inline json_t *
get_json(const char *target)
{
	struct reply r = ask("GET", target, NULL, "", 0);
	json_t *o = json_loads(r.body, 0, NULL);

	assert_int_equal(r.status, 200);
	assert_non_null(o);
	reply_clear(&r);
	return o;
}

/* Takes both. */
static inline void
expect_json(json_t *got, json_t *want)
{
	char *a = json_dumps(got, JSON_SORT_KEYS);
	char *b = json_dumps(want, JSON_SORT_KEYS);

	assert_string_equal(a, b);
	free(a);
	free(b);
	json_decref(got);
	json_decref(want);
}

/* "" if there is no such text. */
static inline const char *
text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text != NULL ? text : "";
}

/* An answer that is an error. */
static inline void
expect_error(struct reply r, int status, const char *error)
{
	char *body = xasprintf("{\"error\":\"%s\",\"status\":%d}\n", error,
	    status);

	expect(r, status, body);
	free(body);
}

#endif
