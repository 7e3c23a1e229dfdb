/* A tunnel, and the camera that the test plays for it on the same loop: it
 * keeps all of its connections, and answers each as the test says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>

#include <cmocka.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "base64.h"
#include "descriptors.h"
#include "worker/rtsp/rtsp_auth.h"
#include "worker/rtsp/rtsp_tunnel.h"

#define GIVE_UP_S	30
#define MAX_LINKS	16
#define OK		"HTTP/1.0 200 OK\r\n" \
			"Content-Type: application/x-rtsp-tunnelled\r\n\r\n"
#define BASIC		"HTTP/1.0 401 Unauthorized\r\n" \
			"WWW-Authenticate: Basic realm=\"x\"\r\n" \
			"Content-Length: 4\r\n\r\nsorr"
#define DIGEST(nonce)	"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: " \
			"Digest realm=\"x\", nonce=\"" nonce "\", qop=auth" \
			"\r\nContent-Length: 0\r\n\r\n"

struct link {
	struct fixture		*f;
	struct bufferevent	*bev;
	char			 head[1024];	/* "": it has not come */
	char			 method[8];
	bool			 is_closed;	/* by the tunnel */
};

struct fixture {
	struct event_base	*base;
	struct event		*give_up;
	struct evconnlistener	*listener;
	struct rtsp_tunnel_config config;
	struct rtsp_tunnel	*tunnel;
	struct link		 links[MAX_LINKS];
	int			 n_links;
	/* What each GET and each POST is answered, in turn; NULL: nothing. */
	const char		*gets[4], *posts[4];
	int			 n_gets, n_posts;
	int			 n_open, n_gone, n_refused;
	enum rtsp_conn_end	 how;
	int			 error;
	struct rtsp_tunnel_refusal refusal;
	char			 wanted[64];
	size_t			 keep;		/* so many are not taken */
	char			 data[256];	/* what was taken */
	size_t			 len;
};

#define UNTIL(f, what) do { \
	while (!(what)) \
		event_base_loop((f)->base, EVLOOP_ONCE); \
} while (0)

static void
on_give_up(evutil_socket_t fd, short what, void *arg)
{
	struct fixture *f = arg;

	(void)fd;
	(void)what;
	fail_msg("nothing more comes: %d connections, %d GET, %d POST, open "
	    "%d, gone %d, refused %d (%d)", f->n_links, f->n_gets, f->n_posts,
	    f->n_open, f->n_gone, f->n_refused, f->refusal.status);
}

/* The camera */

static const char *
next_answer(struct fixture *f, const char *method)
{
	if (strcmp(method, "GET") == 0)
		return f->gets[f->n_gets++];
	assert_string_equal(method, "POST");
	return f->posts[f->n_posts++];
}

static void
on_bytes(struct bufferevent *bev, void *arg)
{
	struct link *l = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	struct evbuffer_ptr end = evbuffer_search(in, "\r\n\r\n", 4, NULL);
	const char *answer;

	if (l->head[0] != '\0' || end.pos == -1)
		return;
	assert_in_range(end.pos, 1, sizeof l->head - 5);
	evbuffer_remove(in, l->head, (size_t)end.pos + 4);
	sscanf(l->head, "%7s", l->method);
	answer = next_answer(l->f, l->method);
	if (answer != NULL)
		bufferevent_write(bev, answer, strlen(answer));
}

static void
on_closed(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)what;
	((struct link *)arg)->is_closed = true;
}

static void
on_link(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *sa, int len, void *arg)
{
	struct fixture *f = arg;
	struct link *l = &f->links[f->n_links++];

	(void)listener;
	(void)sa;
	(void)len;
	assert_in_range(f->n_links, 1, MAX_LINKS);
	*l = (struct link){ .f = f };
	l->bev = bufferevent_socket_new(f->base, fd, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(l->bev, on_bytes, NULL, on_closed, l);
	bufferevent_enable(l->bev, EV_READ);
}

/* The n-th connection with that method, from 0. */
static struct link *
find(struct fixture *f, const char *method, int n)
{
	for (int i = 0; i < f->n_links; i++)
		if (strcmp(f->links[i].method, method) == 0 && n-- == 0)
			return &f->links[i];
	fail_msg("there is no such %s", method);
	return NULL;
}

static void
hang_up(struct link *l)
{
	bufferevent_free(l->bev);
	l->bev = NULL;
}

static void
camera_says(struct fixture *f, const char *text)
{
	bufferevent_write(find(f, "GET", f->n_gets - 1)->bev, text,
	    strlen(text));
}

/* Waits for the n-th POST to have that body. */
static void
until_body(struct fixture *f, int n, const char *want)
{
	struct evbuffer *in;
	char got[256];

	UNTIL(f, f->n_posts > n);
	in = bufferevent_get_input(find(f, "POST", n)->bev);
	UNTIL(f, evbuffer_get_length(in) >= strlen(want));
	assert_in_range(evbuffer_get_length(in), 0, sizeof got - 1);
	got[evbuffer_copyout(in, got, sizeof got - 1)] = '\0';
	assert_string_equal(got, want);
}

/* The value of a header, with its line's end; "" if it is not there. */
static const char *
header(const struct link *l, const char *name)
{
	const char *at = strcasestr(l->head, name);

	return at != NULL ? at + strlen(name) : "";
}

static void
check_header(const struct link *l, const char *name, const char *want)
{
	assert_int_equal(strncmp(header(l, name), want, strlen(want)), 0);
	assert_int_equal(strncmp(header(l, name) + strlen(want), "\r\n", 2),
	    0);
}

static void
check_same(const struct link *a, const struct link *b, const char *name,
    bool same)
{
	size_t n = strcspn(header(a, name), "\r");

	assert_in_range(n, 8, 200);
	assert_int_equal(strncmp(header(a, name), header(b, name), n + 2) == 0,
	    same);
}
#define COOKIE	"\r\nx-sessioncookie: "

/* The tunnel */

static void
on_open(void *arg)
{
	((struct fixture *)arg)->n_open++;
}

static size_t
on_data(const uint8_t *data, size_t len, void *arg)
{
	struct fixture *f = arg;
	size_t n = len > f->keep ? len - f->keep : 0;

	assert_in_range(n, 0, sizeof f->data - 1 - f->len);
	memcpy(f->data + f->len, data, n);
	f->len += n;
	f->data[f->len] = '\0';
	return n;
}

static void
on_gone(enum rtsp_conn_end how, int error, const char *why, void *arg)
{
	struct fixture *f = arg;

	(void)why;
	f->n_gone++;
	f->how = how;
	f->error = error;
}

static void
on_refused(const struct rtsp_tunnel_refusal *r, void *arg)
{
	struct fixture *f = arg;

	f->n_refused++;
	f->refusal = *r;
	snprintf(f->wanted, sizeof f->wanted, "%s", r->wanted);
}

static int
setup(void **state)
{
	static struct fixture f;
	struct timeval tv = { GIVE_UP_S, 0 };
	union socket_address a;
	socklen_t len = sizeof a;

	f = (struct fixture){ .base = event_base_new(), .gets = { OK } };
	f.give_up = evtimer_new(f.base, on_give_up, &f);
	event_add(f.give_up, &tv);
	assert_true(socket_address_parse(&a, "127.0.0.1", 0));
	f.listener = evconnlistener_new_bind(f.base, on_link, &f,
	    LEV_OPT_CLOSE_ON_FREE, -1, &a.any, sizeof a.v4);
	assert_non_null(f.listener);
	getsockname(evconnlistener_get_fd(f.listener), &a.any, &len);
	f.config = (struct rtsp_tunnel_config){
		.conn = {
			.host = "127.0.0.1", .port = socket_address_port(&a),
			.connect_ms = GIVE_UP_S * 1000,
		},
		.url = "rtsp://127.0.0.1/live/1?a=b",
		.user = "joe", .password = "hush",
	};
	*state = &f;
	return 0;
}

/* Forgets the tunnel and its connections. */
static void
stop(struct fixture *f)
{
	rtsp_tunnel_free(f->tunnel);
	f->tunnel = NULL;
	for (int i = 0; i < f->n_links; i++)
		if (f->links[i].bev != NULL)
			hang_up(&f->links[i]);
	f->n_links = f->n_gets = f->n_posts = 0;
	f->n_open = f->n_gone = f->n_refused = 0;
	f->len = 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	stop(f);
	if (f->listener != NULL)
		evconnlistener_free(f->listener);
	event_free(f->give_up);
	event_base_free(f->base);
	return 0;
}

static void
start(struct fixture *f)
{
	static const struct rtsp_tunnel_handler handler = {
		{ on_open, on_data, on_gone }, on_refused
	};

	f->tunnel = rtsp_tunnel_open(f->base, &f->config, &handler, f);
	assert_non_null(f->tunnel);
}

static void
start_and_open(struct fixture *f)
{
	start(f);
	UNTIL(f, f->n_open + f->n_gone + f->n_refused > 0);
	assert_int_equal(f->n_open, 1);
	UNTIL(f, f->n_posts > 0);
}

static void
until_refused(struct fixture *f, int status)
{
	start(f);
	UNTIL(f, f->n_open + f->n_gone + f->n_refused > 0);
	assert_int_equal(f->n_refused, 1);
	assert_int_equal(f->refusal.status, status);
	stop(f);
}

static void
say(struct fixture *f, const char *text)
{
	rtsp_tunnel_send(f->tunnel, text, strlen(text));
}

static void
test_both_ways(void **state)
{
	struct fixture *f = *state;
	const struct link *get, *post;
	char host[64];

	start_and_open(f);
	get = find(f, "GET", 0);
	post = find(f, "POST", 0);
	assert_int_equal(strncmp(get->head, "GET /live/1?a=b HTTP/1.0\r\n",
	    26), 0);
	assert_int_equal(strncmp(post->head, "POST /live/1?a=b HTTP/1.0\r\n",
	    27), 0);
	snprintf(host, sizeof host, "127.0.0.1:%d", f->config.conn.port);
	check_header(get, "\r\nHost: ", host);
	check_header(get, "\r\nAccept: ", "application/x-rtsp-tunnelled");
	check_header(post, "\r\nContent-Type: ",
	    "application/x-rtsp-tunnelled");
	check_header(post, "\r\nContent-Length: ", "32767");
	assert_string_equal(header(get, "Content-Length"), "");
	assert_string_equal(header(get, "Authorization"), "");
	check_same(get, post, COOKIE, true);
	say(f, "hello");
	until_body(f, 0, "aGVsbG8=");
	say(f, "to you");
	until_body(f, 0, "aGVsbG8=dG8geW91");
	camera_says(f, "hello ");
	UNTIL(f, f->len == 6);
	f->keep = 2;
	camera_says(f, "world");
	UNTIL(f, f->len == 9);
	f->keep = 0;
	camera_says(f, "!");
	UNTIL(f, f->len == 12);
	assert_string_equal(f->data, "hello world!");
	assert_int_equal(f->n_open, 1);
	assert_int_equal(f->n_gone + f->n_refused, 0);
}

static void
test_a_tunnel_has_a_cookie_of_its_own(void **state)
{
	struct fixture *f = *state;
	struct link first;

	f->config.url = "rtsp://127.0.0.1";
	start_and_open(f);
	first = *find(f, "GET", 0);
	assert_int_equal(strncmp(first.head, "GET / HTTP/1.0\r\n", 16), 0);
	stop(f);
	f->config.url = "rtsp://127.0.0.1?x=1/2";
	start_and_open(f);
	assert_int_equal(strncmp(find(f, "GET", 0)->head,
	    "GET /?x=1/2 HTTP/1.0\r\n", 22), 0);
	check_same(&first, find(f, "GET", 0), COOKIE, false);
}

/* What follows the answer at once, or comes in pieces, is not lost; nor does
 * an answer have to say what it is. */
static void
test_the_answer_may_come_in_any_pieces(void **state)
{
	struct fixture *f = *state;
	const char *rest = "TP/1.1 200\r\nServer: x\r\n\r\nab";

	f->gets[0] = "HT";
	start(f);
	UNTIL(f, f->n_gets > 0);
	for (; *rest != '\0'; rest++) {
		struct bufferevent *bev = find(f, "GET", 0)->bev;

		bufferevent_write(bev, rest, 1);
		UNTIL(f, evbuffer_get_length(bufferevent_get_output(bev)) ==
		    0);
	}
	UNTIL(f, f->n_open > 0);
	camera_says(f, "c");
	UNTIL(f, f->len == 3);
	assert_string_equal(f->data, "abc");
}

static void
test_what_is_no_tunnel(void **state)
{
	static const struct {
		const char *answer;
		int status;
	} cases[] = {
		{ "HTTP/1.0 404 Not Found\r\n\r\n", 404 },
		{ "HTTP/1.1 405\r\n\r\n", 405 },
		{ "HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n", 302 },
		{ "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<p>",
		    200 },
		{ "HTTP/1.0 206 OK\r\n\r\n", 206 },
		{ "RTSP/1.0 400 Bad Request\r\n\r\n", 0 },
		{ "HTTP/1.0 20\r\n\r\n", 0 },
		{ "HTTP/1.x 200 OK\r\n\r\n", 0 },
		{ "SSH-2.0-x\r\n", 0 },
		{ "\r\n\r\n", 0 },
		{ "HTTP/1.0 200 OK\r\n\001\r\n\r\n", 0 },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		f->gets[0] = cases[i].answer;
		until_refused(f, cases[i].status);
	}
}

/* As an RTSP server does that has never heard of HTTP. */
static void
test_a_camera_that_hangs_up_has_no_tunnel(void **state)
{
	struct fixture *f = *state;

	f->gets[0] = "HTTP/1.0 ";
	start(f);
	UNTIL(f, f->n_gets > 0);
	hang_up(find(f, "GET", 0));
	UNTIL(f, f->n_gone + f->n_refused > 0);
	assert_int_equal(f->n_refused, 1);
	assert_int_equal(f->refusal.status, 0);
}

static void
test_basic(void **state)
{
	struct fixture *f = *state;

	f->gets[0] = BASIC;
	f->gets[1] = OK;
	start_and_open(f);
	assert_int_equal(f->n_gets, 2);
	assert_string_equal(header(find(f, "GET", 0), "Authorization"), "");
	check_header(find(f, "GET", 1), "\r\nAuthorization: ",
	    "Basic am9lOmh1c2g=");
	check_header(find(f, "POST", 0), "\r\nAuthorization: ",
	    "Basic am9lOmh1c2g=");
	check_same(find(f, "GET", 1), find(f, "POST", 0), COOKIE, true);
	check_same(find(f, "GET", 0), find(f, "POST", 0), COOKIE, false);
	UNTIL(f, find(f, "GET", 0)->is_closed);
	camera_says(f, "on");
	UNTIL(f, f->len == 2);
	assert_string_equal(f->data, "on");
}

static void
test_digest(void **state)
{
	struct fixture *f = *state;
	const char *get, *post;

	f->gets[0] = DIGEST("n1");
	f->gets[1] = OK;
	start_and_open(f);
	get = header(find(f, "GET", 1), "Authorization: Digest ");
	post = header(find(f, "POST", 0), "Authorization: Digest ");
	assert_non_null(strstr(get, "uri=\"/live/1?a=b\""));
	assert_non_null(strstr(get, "nc=00000001"));
	assert_non_null(strstr(post, "nc=00000002"));
	check_same(find(f, "GET", 1), find(f, "POST", 0), " response=\"",
	    false);
}

/* What was sent meanwhile is not lost. */
static void
test_the_post_alone_may_be_challenged(void **state)
{
	struct fixture *f = *state;

	f->posts[0] = DIGEST("n1");
	start_and_open(f);
	say(f, "hello");
	until_body(f, 1, "aGVsbG8=");
	assert_string_equal(header(find(f, "POST", 0), "Authorization"), "");
	assert_non_null(strstr(find(f, "POST", 1)->head, "nonce=\"n1\""));
	check_same(find(f, "POST", 0), find(f, "POST", 1), COOKIE, true);
	assert_int_equal(f->n_open, 1);
	camera_says(f, "what?");
	UNTIL(f, f->len == 5);
	say(f, "to you");
	until_body(f, 1, "aGVsbG8=dG8geW91");
	assert_int_equal(f->n_gone + f->n_refused, 0);
}

/* What the camera has answered already is not sent again. */
static void
test_a_post_may_be_challenged_late(void **state)
{
	struct fixture *f = *state;

	start_and_open(f);
	say(f, "hello");
	until_body(f, 0, "aGVsbG8=");
	camera_says(f, "what?");
	UNTIL(f, f->len == 5);
	say(f, "4");
	bufferevent_write(find(f, "POST", 0)->bev, DIGEST("n1"),
	    strlen(DIGEST("n1")));
	until_body(f, 1, "NA==");
}

static void
test_a_nonce_may_be_for_one_request(void **state)
{
	struct fixture *f = *state;

	f->gets[0] = DIGEST("n1");
	f->gets[1] = OK;
	f->posts[0] = DIGEST("n2");
	start_and_open(f);
	say(f, "hello");
	until_body(f, 1, "aGVsbG8=");
	assert_non_null(strstr(find(f, "POST", 0)->head, "nonce=\"n1\""));
	assert_non_null(strstr(find(f, "POST", 1)->head, "nonce=\"n2\""));
}

static void
test_passwords_that_do_not_help(void **state)
{
	struct fixture *f = *state;

	f->gets[0] = f->gets[1] = BASIC;
	until_refused(f, 401);
	assert_int_equal(f->refusal.auth, RTSP_AUTH_WRONG);
	f->gets[0] = "HTTP/1.0 401 No\r\nWWW-Authenticate: Magic\r\n\r\n";
	until_refused(f, 401);
	assert_int_equal(f->refusal.auth, RTSP_AUTH_UNKNOWN);
	assert_string_equal(f->wanted, "Magic");
	f->config.user = f->config.password = NULL;
	f->gets[0] = BASIC;
	until_refused(f, 401);
	assert_int_equal(f->refusal.auth, RTSP_AUTH_NONE);
}

static void
test_a_post_may_be_refused(void **state)
{
	struct fixture *f = *state;

	f->posts[0] = "HTTP/1.1 405 Method Not Allowed\r\n\r\n";
	start(f);
	UNTIL(f, f->n_gone + f->n_refused > 0);
	assert_int_equal(f->n_refused, 1);
	assert_int_equal(f->refusal.status, 405);
	say(f, "nobody");
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	assert_int_equal(f->n_posts, 1);
}

/* Some say OK, though the body has not ended, and some say what it is not. */
static void
test_a_post_may_be_answered(void **state)
{
	static const char *const answers[] = {
		"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nyes",
		"RTSP/1.0 200 OK\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		f->posts[0] = answers[i];
		start_and_open(f);
		say(f, "hello");
		until_body(f, 0, "aGVsbG8=");
		camera_says(f, "fine");
		UNTIL(f, f->len == 4);
		assert_int_equal(f->n_gone + f->n_refused, 0);
		stop(f);
	}
}

/* A proxy may end a POST: what is sent next has another, in the same tunnel. */
static void
test_a_post_that_ends_is_followed_by_another(void **state)
{
	struct fixture *f = *state;

	start_and_open(f);
	say(f, "one");
	until_body(f, 0, "b25l");
	hang_up(find(f, "POST", 0));
	camera_says(f, "1");
	UNTIL(f, f->len == 1);
	for (int i = 0; i < 10; i++)
		event_base_loop(f->base, EVLOOP_NONBLOCK);
	assert_int_equal(f->n_posts, 1);
	say(f, "two");
	say(f, "three");
	until_body(f, 1, "dHdvdGhyZWU=");
	check_same(find(f, "GET", 0), find(f, "POST", 1), COOKIE, true);
	say(f, "4");
	until_body(f, 1, "dHdvdGhyZWU=NA==");
	assert_int_equal(f->n_gets, 1);
	assert_int_equal(f->n_open, 1);
	assert_int_equal(f->n_gone, 0);
}

static void
test_no_post_can_be_made(void **state)
{
	struct fixture *f = *state;

	f->gets[0] = NULL;
	start(f);
	UNTIL(f, f->n_gets > 0);
	evconnlistener_free(f->listener);
	f->listener = NULL;
	camera_says(f, OK);
	UNTIL(f, f->n_open + f->n_gone > 0);
	assert_int_equal(f->n_open, 0);
	assert_int_equal(f->how, RTSP_CONN_FAILED);
	assert_int_equal(f->error, ECONNREFUSED);
}

static void
test_no_descriptor_can_be_had_for_it(void **state)
{
	struct fixture *f = *state;

	f->gets[0] = NULL;
	start(f);
	UNTIL(f, f->n_gets > 0);
	camera_says(f, OK);
	forbid_descriptors(true);
	UNTIL(f, f->n_open + f->n_gone > 0);
	forbid_descriptors(false);
	assert_int_equal(f->n_gone, 1);
	assert_int_equal(f->how, RTSP_CONN_FAILED);
	assert_int_equal(f->error, EMFILE);
}

static void
test_the_camera_hangs_up(void **state)
{
	struct fixture *f = *state;

	start_and_open(f);
	hang_up(find(f, "GET", 0));
	UNTIL(f, f->n_gone > 0);
	assert_int_equal(f->how, RTSP_CONN_CLOSED);
	assert_int_equal(f->error, 0);
	hang_up(find(f, "POST", 0));
	say(f, "nobody");
	for (int i = 0; i < 10; i++)
		event_base_loop(f->base, EVLOOP_NONBLOCK);
	assert_int_equal(f->n_gone + f->n_refused, 1);
	assert_int_equal(f->n_posts, 1);
}

/* The camera's ends as well, those that it had not seen yet among them. */
static void
end_all(struct fixture *f)
{
	stop(f);
	for (int i = 0; i < 4; i++)
		event_base_loop(f->base, EVLOOP_NONBLOCK);
	stop(f);
	event_base_loop(f->base, EVLOOP_NONBLOCK);
}

/* The camera is told goodbye, and whatever is under way is forgotten. */
static void
test_it_may_be_left_at_any_time(void **state)
{
	static const struct rtsp_tunnel_handler nothing;
	struct fixture *f = *state;
	int before;

	f->gets[0] = BASIC;
	f->gets[1] = OK;
	start_and_open(f);
	say(f, "goodbye");
	rtsp_tunnel_free(f->tunnel);
	f->tunnel = NULL;
	until_body(f, 0, "Z29vZGJ5ZQ==");
	end_all(f);
	before = count_descriptors();
	for (int turns = 0; turns < 12; turns++) {
		start(f);
		for (int i = 0; i < turns; i++)
			event_base_loop(f->base, EVLOOP_NONBLOCK);
		end_all(f);
		assert_int_equal(count_descriptors(), before);
	}
	rtsp_tunnel_free(NULL);
	forbid_descriptors(true);
	f->tunnel = rtsp_tunnel_open(f->base, &f->config, &nothing, f);
	forbid_descriptors(false);
	assert_null(f->tunnel);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_both_ways),
		TEST(test_a_tunnel_has_a_cookie_of_its_own),
		TEST(test_the_answer_may_come_in_any_pieces),
		TEST(test_what_is_no_tunnel),
		TEST(test_a_camera_that_hangs_up_has_no_tunnel),
		TEST(test_basic),
		TEST(test_digest),
		TEST(test_the_post_alone_may_be_challenged),
		TEST(test_a_post_may_be_challenged_late),
		TEST(test_a_nonce_may_be_for_one_request),
		TEST(test_passwords_that_do_not_help),
		TEST(test_a_post_may_be_refused),
		TEST(test_a_post_may_be_answered),
		TEST(test_a_post_that_ends_is_followed_by_another),
		TEST(test_no_post_can_be_made),
		TEST(test_no_descriptor_can_be_had_for_it),
		TEST(test_the_camera_hangs_up),
		TEST(test_it_may_be_left_at_any_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
