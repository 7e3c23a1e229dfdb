/* A viewer whose ICE begins anew (RFC 8445, section 9), by an agent and on the
 * one port. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "handover.h"
#include "ice_ends.h"
#include "rundir.h"
#include "stun_messages.h"
#include "worker/transport/media_port.h"
#include "xalloc.h"

#define SILENT_MS	100
#define VIEWER_PWD	"the-viewer's-own-secret"

static const struct ice_times quick = {
	.idle_ms = 5000, .silent_ms = SILENT_MS,
};

/* Both ends of it are ours: the viewer has the first word. */
static void
restart_ends(struct end *viewer, struct end *server)
{
	char ufrag[100];

	snprintf(ufrag, sizeof ufrag, "%s", ice_ufrag(server->ice));
	assert_int_equal(ice_restart(viewer->ice, ice_ufrag(server->ice),
	    ice_pwd(server->ice)), 0);
	assert_int_equal(ice_restart(server->ice, ice_ufrag(viewer->ice),
	    ice_pwd(viewer->ice)), 0);
	assert_string_not_equal(ice_ufrag(server->ice), ufrag);
	end_introduce(viewer, server);
	end_give_candidates(viewer, server);
	end_give_candidates(server, viewer);
}

static void
test_agents_connect_again_and_again(void **state)
{
	struct end viewer, server;

	(void)state;
	ends_times = &quick;
	end_open(&viewer, "127.0.0.1", true);
	end_open(&server, "127.0.0.1", false);
	ends_meet(&viewer, &server);
	ends_run_until(viewer.n_connected && server.n_connected);
	for (int n = 2; n < 5; n++) {
		restart_ends(&viewer, &server);
		ends_pass_data(&viewer, &server);	/* meanwhile */
		ends_run_until(viewer.n_connected == n &&
		    server.n_connected == n);
		ends_pass_data(&viewer, &server);
	}
	assert_int_equal(viewer.n_failed + server.n_failed, 0);
	ends_free(&viewer, &server);
}

/* There it finds nobody, and there are no more. */
static void
give_nobody(struct end *e)
{
	assert_int_equal(ice_add_candidate(e->ice,
	    "candidate:1 1 udp 1 127.0.0.1 9 typ host"), 0);
	assert_int_equal(ice_add_candidate(e->ice, ""), 0);
}

/* It goes on by the way that it has. One that has none, and looks from later
 * on, fails. */
static void
test_an_agent_that_finds_no_other_way_has_not_failed(void **state)
{
	static const struct ice_times idle = {
		.idle_ms = 200, .silent_ms = 2000,
	};
	struct end viewer, server, other;

	(void)state;
	ends_times = &idle;
	end_open(&viewer, "127.0.0.1", true);
	end_open(&server, "127.0.0.1", false);
	ends_meet(&viewer, &server);
	ends_run_until(viewer.n_connected && server.n_connected);
	assert_int_equal(ice_restart(server.ice, "nobody", "has this"), 0);
	give_nobody(&server);
	end_open(&other, "127.0.0.1", false);
	assert_int_equal(ice_set_remote(other.ice, "nobody", "has this"), 0);
	give_nobody(&other);
	ends_run_until(other.n_failed == 1);
	assert_int_equal(server.n_failed, 0);
	ends_pass_data(&viewer, &server);
	ends_free(&viewer, &server);
	ice_free(other.ice);
}

static void
test_credentials_that_cannot_be(void **state)
{
	struct end e;
	char big[300], ufrag[100];

	(void)state;
	memset(big, 'a', sizeof big);
	big[sizeof big - 1] = '\0';
	end_open(&e, "127.0.0.1", false);
	assert_int_equal(ice_set_remote(e.ice, "peer", "secret"), 0);
	snprintf(ufrag, sizeof ufrag, "%s", ice_ufrag(e.ice));
	assert_int_equal(ice_restart(e.ice, "", "x"), -1);
	assert_int_equal(ice_restart(e.ice, "x", ""), -1);
	assert_int_equal(ice_restart(e.ice, big, "x"), -1);
	assert_string_equal(ice_ufrag(e.ice), ufrag);
	assert_true(ice_is_remote(e.ice, "peer", "secret"));
	assert_false(ice_is_remote(e.ice, "pee", "secret"));
	assert_false(ice_is_remote(e.ice, "peer", "secrets"));
	ice_free(e.ice);
}

/*
 * The one port
 */

/* An address of a viewer: it checks and answers. */
struct place {
	int		 fd, server;	/* both ends of the path */
	uint16_t	 port;
	struct event	*readable;
	const char	*pwd;		/* of the viewer; NULL: it is mute */
	int		 n_answered, n_asked, n_media;
	bool		 by_first_name;	/* it was asked last */
};

static struct media_port *port;
static struct end end;
static char folder[32];
static int door;

static void
on_place(evutil_socket_t fd, short what, void *arg)
{
	struct place *p = arg;
	uint8_t buf[1500], answer[STUN_ROOM];
	ssize_t n = recv(fd, buf, sizeof buf, MSG_DONTWAIT);
	size_t len;

	(void)what;
	if (n <= 0)
		return;
	p->n_media += buf[0] > 3;
	p->n_answered += buf[0] == 1 && buf[1] == 1;
	if (buf[0] != 0)
		return;
	p->n_asked++;
	p->by_first_name = memmem(buf, (size_t)n, "viewer:", 7) != NULL;
	len = p->pwd == NULL ? 0 : stun_write_answer(answer, buf, (size_t)n,
	    p->pwd);
	if (len > 0)
		send(fd, answer, len, 0);
}

static void
place_open(struct place *p)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof a;
	int number;

	memset(p, 0, sizeof *p);
	p->pwd = VIEWER_PWD;
	p->fd = ends_bind("127.0.0.1", &number);
	p->port = (uint16_t)number;
	p->server = ends_bind("127.0.0.1", &number);
	a.sin_port = htons((uint16_t)number);
	assert_int_equal(connect(p->fd, (struct sockaddr *)&a, len), 0);
	a.sin_port = htons(p->port);
	assert_int_equal(connect(p->server, (struct sockaddr *)&a, len), 0);
	p->readable = event_new(ends_base, p->fd, EV_READ | EV_PERSIST,
	    on_place, p);
	event_add(p->readable, NULL);
}

static void
place_close(struct place *p)
{
	event_free(p->readable);
	close(p->fd);
	if (p->server != -1)
		close(p->server);
}

struct credentials {
	char	ufrag[100], pwd[100];
};

static struct credentials
ours(void)
{
	struct credentials c;

	snprintf(c.ufrag, sizeof c.ufrag, "%s", ice_ufrag(end.ice));
	snprintf(c.pwd, sizeof c.pwd, "%s", ice_pwd(end.ice));
	return c;
}

static size_t
write_check(uint8_t *buf, const struct credentials *c, bool nominates)
{
	char name[200];

	snprintf(name, sizeof name, "%s:viewer", c->ufrag);
	return stun_write_check(buf, name, c->pwd, nominates);
}

static void
check_again(struct place *p, const struct credentials *c, bool nominates)
{
	uint8_t buf[STUN_ROOM];
	size_t len = write_check(buf, c, nominates);

	assert_int_equal(send(p->fd, buf, len, 0), len);
}

/* As the broker does when a viewer comes from there for the first time. */
static void
check_first(struct place *p, const struct credentials *c, bool nominates)
{
	struct handover h = { .kind = HANDOVER_UDP, .fd = p->server };
	socklen_t len = sizeof h.local;

	assert_int_equal(getsockname(p->server, &h.local.any, &len), 0);
	h.remote.v4 = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons(p->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	h.len = write_check(h.data, c, nominates);
	assert_int_equal(handover_send(door, &h), 0);
	close(p->server);
	p->server = -1;
}

static bool
is_at(const struct place *p)
{
	char text[32];

	snprintf(text, sizeof text, "127.0.0.1:%d", p->port);
	return strcmp(ice_remote(end.ice), text) == 0;
}

static int
port_set_up(void **state)
{
	struct media_port_config config = { .folder = folder, .address = "",
		.port = 8555, .udp = true,
		.announced = (const char *const []){ NULL } };
	struct ice_config ice = { .addresses = { "127.0.0.1" },
		.times = &quick };
	struct error err;
	char tag[5], *path;

	ends_set_up(state);
	strcpy(folder, "/tmp/lull-restart-XXXXXX");
	assert_non_null(mkdtemp(folder));
	ice.media_port = port = media_port_open(ends_base, &config, &err);
	assert_non_null(port);
	memset(&end, 0, sizeof end);
	end.ice = ice_new(ends_base, &ice, &end_handler, &end, &err);
	assert_non_null(end.ice);
	assert_int_equal(ice_set_remote(end.ice, "viewer", VIEWER_PWD), 0);
	snprintf(tag, sizeof tag, "%s", ice_ufrag(end.ice));
	path = rundir_door(folder, tag);
	door = handover_connect(path);
	assert_int_not_equal(door, -1);
	free(path);
	return 0;
}

static int
port_tear_down(void **state)
{
	close(door);
	ice_free(end.ice);
	media_port_close(port);
	rmdir(folder);
	return ends_tear_down(state);
}

static void
connect_at(struct place *p)
{
	struct credentials c = ours();

	place_open(p);
	check_first(p, &c, true);
	ends_run_until(p->n_answered == 1);
	assert_true(is_at(p));
	assert_int_equal(end.n_connected, 1);
}

/* The viewer knows nothing of it yet, and its path stays. */
static void
test_the_credentials_before_are_answered(void **state)
{
	struct credentials before = ours(), now;
	struct place home, away;

	(void)state;
	connect_at(&home);
	assert_int_equal(ice_restart(end.ice, "viewer", VIEWER_PWD), 0);
	now = ours();
	assert_string_not_equal(now.ufrag, before.ufrag);
	assert_string_not_equal(now.pwd, before.pwd);
	check_again(&home, &before, true);
	ends_run_until(home.n_answered == 2);
	check_again(&home, &now, true);
	ends_run_until(home.n_answered == 3);
	place_open(&away);
	check_first(&away, &before, false);
	ends_run_until(away.n_answered == 1);
	assert_true(is_at(&home));
	assert_int_equal(end.n_moved, 0);
	place_close(&home);
	place_close(&away);
}

/* It nominates another path by its new credentials, and is there at once. */
static void
test_who_nominates_anew_is_followed(void **state)
{
	struct credentials c;
	struct place home, away;

	(void)state;
	connect_at(&home);
	assert_int_equal(ice_restart(end.ice, "viewer", VIEWER_PWD), 0);
	c = ours();
	place_open(&away);
	check_first(&away, &c, true);
	ends_run_until(end.n_moved == 1);
	assert_true(is_at(&away));
	assert_int_equal(end_send(end.ice, "\x80", 1), 0);
	ends_run_until(away.n_media == 1);
	assert_int_equal(home.n_media, 0);
	place_close(&home);
	place_close(&away);
}

/* Nobody else has the viewer's new password. */
static void
test_who_cannot_answer_is_not_followed(void **state)
{
	struct credentials c;
	struct place home, away;

	(void)state;
	connect_at(&home);
	assert_int_equal(ice_restart(end.ice, "viewer", "another secret"), 0);
	c = ours();
	place_open(&away);	/* it answers with the one before */
	check_first(&away, &c, true);
	ends_run_until(away.n_asked == 1);
	check_again(&away, &c, true);
	ends_run_until(away.n_answered == 2);
	assert_true(is_at(&home));
	place_close(&home);
	place_close(&away);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	ice_tick(arg, false);
}

/* A socket of before the restart goes on with the names and the passwords of
 * then, both sides' (a browser does so if that is the better way). */
static void
test_who_goes_on_as_before_is_followed(void **state)
{
	const struct timeval each = { 0, 20000 };
	struct credentials before = ours();
	struct place home, away;
	struct event *tick;

	(void)state;
	connect_at(&home);
	assert_int_equal(ice_restart(end.ice, "other", "another secret"), 0);
	place_open(&away);
	check_first(&away, &before, true);
	tick = event_new(ends_base, -1, EV_PERSIST, on_tick, end.ice);
	event_add(tick, &each);
	ends_run_until(end.n_moved == 1);
	assert_true(is_at(&away));
	event_free(tick);
	/* Asked there whether it is alive, it says so by those as well. */
	away.n_asked = 0;
	away.pwd = NULL;
	ice_tick(end.ice, true);
	ends_run_until(away.n_asked == 1);
	assert_true(away.by_first_name);
	place_close(&home);
	place_close(&away);
}

/* Who moves later is found by the new name, and the one before the last is
 * nobody's. */
static void
test_a_viewer_is_found_by_its_last_two_names(void **state)
{
	struct credentials first = ours(), second, third;
	struct place home, away, stranger;

	(void)state;
	connect_at(&home);
	assert_int_equal(ice_restart(end.ice, "viewer", VIEWER_PWD), 0);
	second = ours();
	assert_int_equal(ice_restart(end.ice, "viewer", VIEWER_PWD), 0);
	third = ours();
	place_open(&stranger);
	place_open(&away);
	check_first(&stranger, &first, true);
	check_first(&away, &second, false);
	ends_run_until(away.n_answered == 1);
	check_again(&away, &third, true);
	ends_run_until(away.n_answered == 2);
	ends_run_until(end.n_moved == 1);
	assert_true(is_at(&away));
	assert_int_equal(stranger.n_answered, 0);
	place_close(&home);
	place_close(&away);
	place_close(&stranger);
}

#define AGENT(f) cmocka_unit_test_setup_teardown(f, ends_set_up, ends_tear_down)
#define PORT(f)	cmocka_unit_test_setup_teardown(f, port_set_up, port_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AGENT(test_agents_connect_again_and_again),
		AGENT(test_an_agent_that_finds_no_other_way_has_not_failed),
		AGENT(test_credentials_that_cannot_be),
		PORT(test_the_credentials_before_are_answered),
		PORT(test_who_nominates_anew_is_followed),
		PORT(test_who_cannot_answer_is_not_followed),
		PORT(test_who_goes_on_as_before_is_followed),
		PORT(test_a_viewer_is_found_by_its_last_two_names),
	};

	return cmocka_run_group_tests_name("ice_restart", tests, NULL, NULL);
}
