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

#include "clock.h"
#include "ice_ends.h"
#include "stun_messages.h"

#define SILENT_MS	200
#define BEAT_MS		10

/* The new address, as the test's own socket: checks each 10 ms, as one of
 * that name and password, and answers if it has one for that. */
struct elsewhere {
	struct event	*beat, *readable;
	int		 fd;
	char		 name[100];	/* USERNAME */
	const char	*pwd, *answer_pwd;
	bool		 nominates;
	int		 n_answered;	/* by the server */
	int		 n_media;	/* what the server sent, but STUN */
	char		 text[32];	/* "127.0.0.1:port" */
};

static void
on_beat(evutil_socket_t fd, short what, void *arg)
{
	struct elsewhere *e = arg;
	uint8_t buf[STUN_ROOM];
	size_t len = stun_write_check(buf, e->name, e->pwd, e->nominates);

	(void)what;
	(void)fd;
	send(e->fd, buf, len, 0);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct elsewhere *e = arg;
	uint8_t buf[1500], answer[STUN_ROOM];
	ssize_t n = recv(fd, buf, sizeof buf, MSG_DONTWAIT);
	size_t len;

	(void)what;
	if (n <= 0)
		return;
	e->n_media += buf[0] > 3;
	e->n_answered += buf[0] == 1 && buf[1] == 1;	/* success */
	if (e->answer_pwd == NULL || buf[0] > 3)
		return;
	len = stun_write_answer(answer, buf, (size_t)n, e->answer_pwd);
	if (len > 0)
		send(fd, answer, len, 0);
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
elsewhere_open(struct elsewhere *e, const struct end *viewer,
    const struct end *server)
{
	const struct timeval each = { 0, BEAT_MS * 1000 };
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(port_of(server)) };
	socklen_t len = sizeof to;

	memset(e, 0, sizeof *e);
	e->pwd = ice_pwd(server->ice);
	e->answer_pwd = ice_pwd(viewer->ice);
	snprintf(e->name, sizeof e->name, "%s:%s", ice_ufrag(server->ice),
	    ice_ufrag(viewer->ice));
	e->fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(connect(e->fd, (struct sockaddr *)&to, sizeof to), 0);
	getsockname(e->fd, (struct sockaddr *)&to, &len);
	snprintf(e->text, sizeof e->text, "127.0.0.1:%d", ntohs(to.sin_port));
	e->beat = event_new(ends_base, -1, EV_PERSIST, on_beat, e);
	event_add(e->beat, &each);
	e->readable = event_new(ends_base, e->fd, EV_READ | EV_PERSIST,
	    on_readable, e);
	event_add(e->readable, NULL);
}

static void
elsewhere_close(struct elsewhere *e)
{
	event_free(e->beat);
	event_free(e->readable);
	close(e->fd);
}

static void
connect_ends(struct end *viewer, struct end *server)
{
	static const struct ice_times quick = {
		.idle_ms = 5000, .silent_ms = SILENT_MS,
	};

	ends_times = &quick;
	end_open(viewer, "127.0.0.1", true);
	end_open(server, "127.0.0.1", false);
	ends_meet(viewer, server);
	ends_run_until(viewer->n_connected && server->n_connected);
	ends_pass_data(viewer, server);
}

static bool
is_at(const struct end *server, const struct elsewhere *e)
{
	return strcmp(ice_remote(server->ice), e->text) == 0;
}

/* What the server sends comes out there. */
static void
assert_sent_there(struct end *server, struct elsewhere *e)
{
	const uint16_t lens[] = { 6, 6 };
	struct transport t = ice_transport(server->ice);

	e->n_media = 0;
	assert_int_equal(end_send(server->ice, "\x80hello", 6), 0);
	assert_int_equal(t.send_many(t.arg,
	    (const uint8_t *)"\x80" "again\x80" "twice", lens, 2), 2);
	ends_run_until(e->n_media == 3);
}

/* It is followed, once, and alive there, and does not go back. */
static void
follow(bool nominates)
{
	struct end viewer, server;
	struct elsewhere e;
	int64_t moved;

	connect_ends(&viewer, &server);
	elsewhere_open(&e, &viewer, &server);
	e.nominates = nominates;
	ends_run_until(server.n_moved > 0);
	moved = clock_now_us();
	assert_true(is_at(&server, &e));
	assert_sent_there(&server, &e);
	ends_run_until(ice_heard_us(server.ice) > moved + 3 * SILENT_MS * 1000);
	assert_int_equal(server.n_moved, 1);
	elsewhere_close(&e);
	ends_free(&viewer, &server);
}

static void
test_nominated(void **state)
{
	(void)state;
	follow(true);
}

static void
test_plain(void **state)
{
	(void)state;
	follow(false);
}

/* Whoever does not know the password, or is not where he says that he is,
 * moves nobody. */
static void
test_strangers(void **state)
{
	struct end viewer, server;
	struct elsewhere wrong, forged, good;

	(void)state;
	connect_ends(&viewer, &server);
	elsewhere_open(&wrong, &viewer, &server);
	wrong.pwd = "0123456789012345678901";
	elsewhere_open(&forged, &viewer, &server);
	forged.answer_pwd = NULL;
	wrong.nominates = forged.nominates = true;
	ends_run_until(forged.n_answered >= 2 * SILENT_MS / BEAT_MS);
	assert_int_equal(wrong.n_answered, 0);
	assert_int_equal(server.n_moved, 0);
	/* Meanwhile the real one is found. */
	elsewhere_open(&good, &viewer, &server);
	good.nominates = true;
	ends_run_until(server.n_moved > 0);
	assert_true(is_at(&server, &good));
	assert_sent_there(&server, &good);
	assert_int_equal(wrong.n_media + forged.n_media, 0);
	elsewhere_close(&wrong);
	elsewhere_close(&forged);
	elsewhere_close(&good);
	ends_free(&viewer, &server);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	ice_tick(arg, false);
}

/* It checks once, too soon to be believed, and answers when it is asked. */
static void
test_one_check(void **state)
{
	const struct timeval each = { 0, SILENT_MS * 1000 / 4 };
	struct end viewer, server;
	struct elsewhere e;
	struct event *tick;

	(void)state;
	connect_ends(&viewer, &server);
	elsewhere_open(&e, &viewer, &server);
	event_del(e.beat);
	on_beat(-1, 0, &e);
	tick = event_new(ends_base, -1, EV_PERSIST, on_tick, server.ice);
	event_add(tick, &each);
	ends_run_until(server.n_moved > 0);
	assert_true(is_at(&server, &e));
	event_free(tick);
	elsewhere_close(&e);
	ends_free(&viewer, &server);
}

/* A day of a phone: the server answers at each of its addresses. */
static void
test_many_addresses(void **state)
{
	struct end viewer, server;
	struct elsewhere e;

	(void)state;
	connect_ends(&viewer, &server);
	for (int i = 0; i < 150; i++) {
		elsewhere_open(&e, &viewer, &server);
		on_beat(-1, 0, &e);
		ends_run_until(e.n_answered > 0);
		elsewhere_close(&e);
	}
	elsewhere_open(&e, &viewer, &server);
	ends_run_until(is_at(&server, &e));
	/* What it sends is taken. */
	server.n_data = 0;
	assert_int_equal(send(e.fd, "\x80media", 6, 0), 6);
	ends_run_until(server.n_data == 1);
	elsewhere_close(&e);
	ends_free(&viewer, &server);
}

/* A loop of its own: one that fails leaves events behind. */
#define TEST(f)	cmocka_unit_test_setup_teardown(f, ends_set_up, ends_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nominated),
		TEST(test_plain),
		TEST(test_strangers),
		TEST(test_one_check),
		TEST(test_many_addresses),
	};

	return cmocka_run_group_tests_name("ice_moves", tests, NULL, NULL);
}
