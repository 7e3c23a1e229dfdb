/* A viewer that has another address from now on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include <stun/stunagent.h>

#include "../../common/clock.h"
#include "ice_ends.h"

/* The new address, as the test's own socket. */
struct elsewhere {
	struct event	*beat, *viewer_beat;
	int		 fd;
	struct end	*viewer, *server;
	char		 name[100];	/* USERNAME */
	const char	*pwd;
	bool		 nominates, data;	/* what it sends, besides checks */
	char		 text[32];	/* "127.0.0.1:port" */
};

static bool silent;		/* the viewer sends from its old address */

static void
send_check(const struct elsewhere *e)
{
	static const uint16_t known[] = { 0 };
	uint8_t buf[500];
	StunAgent agent;
	StunMessage m;
	size_t len;

	stun_agent_init(&agent, known, STUN_COMPATIBILITY_RFC5389,
	    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS |
	    STUN_AGENT_USAGE_USE_FINGERPRINT);
	stun_agent_init_request(&agent, &m, buf, sizeof buf, STUN_BINDING);
	stun_message_append32(&m, STUN_ATTRIBUTE_PRIORITY, 1862270975);
	stun_message_append64(&m, STUN_ATTRIBUTE_ICE_CONTROLLING, 7);
	if (e->nominates)
		stun_message_append_flag(&m, STUN_ATTRIBUTE_USE_CANDIDATE);
	stun_message_append_string(&m, STUN_ATTRIBUTE_USERNAME, e->name);
	len = stun_agent_finish_message(&agent, &m, (const uint8_t *)e->pwd,
	    strlen(e->pwd));
	assert_int_equal(send(e->fd, buf, len, 0), len);
}

static void
on_elsewhere(evutil_socket_t fd, short what, void *arg)
{
	struct elsewhere *e = arg;

	(void)fd;
	(void)what;
	send_check(e);
	if (e->data)
		send(e->fd, "\x80media", 6, 0);
}

static void
on_viewer(evutil_socket_t fd, short what, void *arg)
{
	struct elsewhere *e = arg;

	(void)fd;
	(void)what;
	if (!silent)
		ice_send(e->viewer->ice, "\x80media", 6);
}

/* The port that the server's only candidate names. */
static uint16_t
port_of(const struct end *e)
{
	unsigned port;

	assert_int_equal(sscanf(ice_candidates(e->ice)[0],
	    "%*s %*s %*s %*s %*s %u", &port), 1);
	return (uint16_t)port;
}

static void
elsewhere_open(struct elsewhere *e, struct end *viewer, struct end *server)
{
	const struct timeval each = { 0, 100000 }, other = { 0, 70000 };
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(port_of(server)) };
	socklen_t len = sizeof to;

	memset(e, 0, sizeof *e);
	e->viewer = viewer;
	e->server = server;
	e->pwd = ice_pwd(server->ice);
	snprintf(e->name, sizeof e->name, "%s:%s", ice_ufrag(server->ice),
	    ice_ufrag(viewer->ice));
	e->fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(connect(e->fd, (struct sockaddr *)&to, sizeof to), 0);
	getsockname(e->fd, (struct sockaddr *)&to, &len);
	snprintf(e->text, sizeof e->text, "127.0.0.1:%d", ntohs(to.sin_port));
	e->beat = event_new(ends_base, -1, EV_PERSIST, on_elsewhere, e);
	event_add(e->beat, &each);
	e->viewer_beat = event_new(ends_base, -1, EV_PERSIST, on_viewer, e);
	event_add(e->viewer_beat, &other);
}

static void
elsewhere_close(struct elsewhere *e)
{
	event_free(e->beat);
	event_free(e->viewer_beat);
	close(e->fd);
}

static void
connect_ends(struct end *viewer, struct end *server)
{
	silent = false;
	end_open(viewer, "127.0.0.1", true);
	end_open(server, "127.0.0.1", false);
	ends_meet(viewer, server);
	ends_run_until(viewer->n_connected && server->n_connected);
	ends_pass_data(viewer, server);
}

/* Runs for so long. */
static void
run_for(int64_t us)
{
	int64_t until = clock_now_us() + us;

	ends_run_until(clock_now_us() > until);
}

/* What the server sends comes out there, and STUN does not count. */
static void
assert_sent_there(struct elsewhere *e)
{
	const uint16_t lens[] = { 5, 5 };
	char buf[600];
	int n = 0;

	assert_int_equal(ice_send(e->server->ice, "hello", 5), 0);
	assert_int_equal(ice_send_many(e->server->ice,
	    (const uint8_t *)"againtwice", lens, 2), 2);
	while (recv(e->fd, buf, sizeof buf, MSG_DONTWAIT) > 0)
		n += buf[0] > 3;
	assert_int_equal(n, 3);
	assert_string_equal(ice_remote(e->server->ice), e->text);
}

/* How long after the viewer's last word from its old address it is
 * followed, us. */
static int64_t
time_to_follow(bool nominates, bool data)
{
	struct end viewer, server;
	struct elsewhere e;
	int64_t gone, taken;

	connect_ends(&viewer, &server);
	elsewhere_open(&e, &viewer, &server);
	e.nominates = nominates;
	e.data = data;
	/* Both live, neither is left for the other. */
	run_for(3000000);
	assert_int_equal(server.n_moved, 0);
	silent = true;
	gone = clock_now_us();
	ice_free(viewer.ice);
	ends_run_until(server.n_moved > 0);
	taken = clock_now_us() - gone;
	assert_sent_there(&e);
	run_for(500000);
	assert_int_equal(server.n_moved, 1);
	assert_in_range(ice_heard_us(server.ice), clock_now_us() - 500000,
	    clock_now_us());
	elsewhere_close(&e);
	ice_free(server.ice);
	return taken;
}

static void
test_nominated(void **state)
{
	(void)state;
	time_to_follow(true, false);
}

static void
test_data(void **state)
{
	(void)state;
	time_to_follow(false, true);
}

/* A plain check could be of a path that is only kept warm. */
static void
test_plain(void **state)
{
	(void)state;
	assert_true(time_to_follow(false, false) > 5000000);
}

/* Whoever does not know the password moves nobody, and is no sign of life. */
static void
test_strangers(void **state)
{
	struct end viewer, server;
	struct elsewhere wrong, other;
	int64_t heard;

	(void)state;
	connect_ends(&viewer, &server);
	elsewhere_open(&wrong, &viewer, &server);
	elsewhere_open(&other, &viewer, &server);
	wrong.pwd = "0123456789012345678901";
	snprintf(other.name, sizeof other.name, "abcdefgh:%s",
	    ice_ufrag(viewer.ice));
	wrong.nominates = other.nominates = true;
	wrong.data = other.data = true;
	silent = true;
	ice_free(viewer.ice);
	run_for(300000);	/* its goodbyes */
	heard = ice_heard_us(server.ice);
	run_for(8000000);
	assert_int_equal(server.n_moved, 0);
	assert_int_equal(ice_heard_us(server.ice), heard);
	elsewhere_close(&wrong);
	elsewhere_close(&other);
	ice_free(server.ice);
}

/* A loop of its own: one that fails leaves events behind. */
#define TEST(f)	cmocka_unit_test_setup_teardown(f, ends_set_up, ends_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nominated),
		TEST(test_data),
		TEST(test_plain),
		TEST(test_strangers),
	};

	return cmocka_run_group_tests_name("ice_moves", tests, NULL, NULL);
}
