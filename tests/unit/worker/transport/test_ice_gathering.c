/* What ice_new() takes and offers: ports, host and server candidates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "ice_ends.h"
#include "worker/transport/media_port.h"

/* What another socket has, on one of the addresses. */
static void
test_a_port_that_another_has(void **state)
{
	struct ice_config config = { .addresses = { "127.0.0.1",
		"127.0.0.2" } };
	struct end e = { 0 };
	char want[100];
	struct error err = { "" };
	int fd = ends_bind("127.0.0.2", &config.port);

	(void)state;
	assert_null(ice_new(ends_base, &config, &end_handler, &e, &err));
	assert_int_equal(errno, EADDRINUSE);
	snprintf(want, sizeof want, "UDP port %d: Address already in use",
	    config.port);
	assert_string_equal(err.text, want);
	close(fd);

	/* Again and again: nothing of the one before is left. */
	for (int i = 0; i < 3; i++) {
		e.ice = ice_new(ends_base, &config, &end_handler, &e, &err);
		assert_non_null(e.ice);
		snprintf(want, sizeof want, " 127.0.0.1 %d typ host",
		    config.port);
		assert_non_null(strstr(ice_candidates(e.ice)[0], want));
		assert_memory_equal(ice_candidates(e.ice)[0], "candidate:",
		    10);
		assert_non_null(ice_candidates(e.ice)[1]);
		assert_null(ice_candidates(e.ice)[2]);
		ice_free(e.ice);
	}
}

/* Gone since they were listed: TEST-NET-1 and an IPv6 like it. */
static void
test_addresses_that_are_not_there(void **state)
{
	struct ice_config config = {
		.addresses = { "192.0.2.77", "127.0.0.1", "2001:db8::77" },
		.port = ends_port("127.0.0.1"),
	};
	struct end e = { 0 };
	struct error err = { "" };

	(void)state;
	e.ice = ice_new(ends_base, &config, &end_handler, &e, &err);
	assert_non_null(e.ice);
	assert_non_null(strstr(ice_candidates(e.ice)[0], " 127.0.0.1 "));
	assert_null(ice_candidates(e.ice)[1]);
	ice_free(e.ice);

	config.addresses[1] = NULL;
	assert_null(ice_new(ends_base, &config, &end_handler, &e, &err));
	assert_int_not_equal(errno, EADDRINUSE);
	assert_string_equal(err.text, "no network address to offer");
	config.addresses[0] = NULL;
	assert_null(ice_new(ends_base, &config, &end_handler, &e, &err));
	assert_string_equal(err.text, "no network address to offer");
}

/* Its sockets are of UDP. */
static void
test_sockets_of_networks_that_are_let_through(void **state)
{
	json_t *udp4 = json_pack("{s:[s,s]}", "networks", "udp4", "tcp6");
	json_t *tcp = json_pack("{s:[s,s]}", "networks", "tcp4", "tcp6");
	struct ice_config config = {
		.addresses = { "::1", "127.0.0.1" }, .filter = udp4,
		.port = ends_port("127.0.0.1"),
	};
	struct end e = { 0 };
	struct error err = { "" };

	(void)state;
	e.ice = ice_new(ends_base, &config, &end_handler, &e, &err);
	assert_non_null(e.ice);
	assert_non_null(strstr(ice_candidates(e.ice)[0], " 127.0.0.1 "));
	assert_null(ice_candidates(e.ice)[1]);
	ice_free(e.ice);

	config.filter = tcp;
	assert_null(ice_new(ends_base, &config, &end_handler, &e, &err));
	assert_string_equal(err.text, "no network address to offer: "
	    "webrtc.filters leaves none");
	json_decref(udp4);
	json_decref(tcp);
}

/* It comes by the one port. One that is ICE lite cannot. */
static void
test_a_viewer_without_an_address_for_sockets_of_its_own(void **state)
{
	const char *const announced[] = { "192.0.2.1:8555", NULL };
	json_t *none = json_pack("{s:[]}", "candidates");
	char folder[] = "/tmp/lull-gathering-XXXXXX";
	struct media_port_config port = {
		.folder = mkdtemp(folder), .address = "", .port = 8555,
		.udp = true, .announced = announced,
	};
	struct ice_config config = {
		.filter = none, .port = ends_port("127.0.0.1"),
	};
	struct end e = { 0 };
	struct error err = { "" };

	(void)state;
	config.media_port = media_port_open(ends_base, &port, &err);
	assert_non_null(config.media_port);
	e.ice = ice_new(ends_base, &config, &end_handler, &e, &err);
	assert_non_null(e.ice);
	assert_true(ice_is_lite(e.ice));
	assert_non_null(strstr(ice_candidates(e.ice)[0], " 192.0.2.1 8555 "));
	assert_null(ice_candidates(e.ice)[1]);
	ice_free(e.ice);

	config.controlling = true;
	assert_null(ice_new(ends_base, &config, &end_handler, &e, &err));
	assert_string_equal(err.text, "no network address to offer: "
	    "webrtc.filters leaves none");

	config.controlling = false;
	config.port = 0;
	media_port_announce(config.media_port, announced + 1);
	assert_null(ice_new(ends_base, &config, &end_handler, &e, &err));
	assert_string_equal(err.text, "no network address to offer: "
	    "webrtc.filters leaves none");
	media_port_close(config.media_port);
	rmdir(folder);
	json_decref(none);
}

/* GLib would end the process, so there has to be room to spare. */
static void
test_too_few_descriptors(void **state)
{
	struct ice_config config = {
		.addresses = { "127.0.0.1" },
		.port = ends_port("127.0.0.1"),
	};
	struct end e = { 0 };
	struct rlimit was, few;
	struct error err;
	int next = dup(0);

	(void)state;
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	few = was;
	for (int spare = 0; spare <= 64; spare += 64) {
		few.rlim_cur = (rlim_t)(next + spare);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		errno = EADDRINUSE;
		assert_null(ice_new(ends_base, &config, &end_handler, &e,
		    &err));
		assert_int_not_equal(errno, EADDRINUSE);
		assert_non_null(strstr(err.text, "too many open files"));
	}
	few.rlim_cur = (rlim_t)(next + 65);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	e.ice = ice_new(ends_base, &config, &end_handler, &e, &err);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_non_null(e.ice);
	ice_free(e.ice);
}

/* A binding response that says 203.0.113.5:4660 (RFC 8489, 14.2). */
static void
on_stun(evutil_socket_t fd, short what, void *arg)
{
	static const uint8_t mapped[12] = {
		0x00, 0x20, 0, 8, 0, 1, 0x12 ^ 0x21, 0x34 ^ 0x12,
		203 ^ 0x21, 0 ^ 0x12, 113 ^ 0xa4, 5 ^ 0x42
	};
	int *asked = arg;
	struct sockaddr_in from;
	socklen_t len = sizeof from;
	uint8_t buf[600];
	ssize_t n;

	(void)what;
	n = recvfrom(fd, buf, sizeof buf, 0, (struct sockaddr *)&from, &len);
	assert_true(n >= 20);
	++*asked;
	buf[0] = 0x01;
	buf[2] = 0;
	buf[3] = sizeof mapped;
	memcpy(buf + 20, mapped, sizeof mapped);
	sendto(fd, buf, 20 + sizeof mapped, 0, (struct sockaddr *)&from, len);
}

static void
test_stun(void **state)
{
	struct ice_config config = {
		.addresses = { "127.0.0.1" },
		.port = ends_port("127.0.0.1"), .stun_host = "127.0.0.1",
	};
	struct end e = { 0 };
	struct event *ev;
	struct error err;
	int asked = 0, fd = ends_bind("127.0.0.1", &config.stun_port);

	(void)state;
	ev = event_new(ends_base, fd, EV_READ | EV_PERSIST, on_stun, &asked);
	event_add(ev, NULL);
	e.ice = ice_new(ends_base, &config, &end_handler, &e, &err);
	assert_non_null(e.ice);
	assert_non_null(ice_candidates(e.ice)[0]);
	assert_null(ice_candidates(e.ice)[1]);	/* at once: the host's own */
	ends_run_until(e.n_candidates == 1);
	assert_non_null(strstr(e.candidate, " 203.0.113.5 4660 typ srflx"));
	assert_memory_equal(e.candidate, "candidate:", 10);
	assert_true(asked > 0);
	ice_free(e.ice);
	event_free(ev);
	close(fd);
}

/* Nobody listens where the STUN server should be. */
static void
test_stun_silent(void **state)
{
	struct ice_config config = {
		.addresses = { "127.0.0.1" },
		.port = ends_port("127.0.0.1"), .stun_host = "127.0.0.1",
		.stun_port = 9,
	};
	struct end a, b = { 0 };
	struct error err;

	(void)state;
	end_open(&a, "127.0.0.1", true);
	b.ice = ice_new(ends_base, &config, &end_handler, &b, &err);
	assert_non_null(b.ice);
	ends_meet(&a, &b);
	ends_run_until(a.n_connected && b.n_connected);
	ends_pass_data(&a, &b);
	assert_int_equal(b.n_candidates, 0);
	ends_free(&a, &b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_port_that_another_has),
		cmocka_unit_test(test_addresses_that_are_not_there),
		cmocka_unit_test(
		    test_sockets_of_networks_that_are_let_through),
		cmocka_unit_test(
		    test_a_viewer_without_an_address_for_sockets_of_its_own),
		cmocka_unit_test(test_too_few_descriptors),
		cmocka_unit_test(test_stun),
		cmocka_unit_test(test_stun_silent),
	};

	return cmocka_run_group_tests(tests, ends_set_up, ends_tear_down);
}
