/* What a host may refuse when the port is opened, and its link-local
 * addresses. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/syscall.h>

#include "broker/config/config.h"
#include "broker/port/viewer_port.h"
#include "port_door.h"

#define LINK_LOCAL	"fe80::1"
#define INTERFACE	7

static struct config_viewer_port config;
static struct viewer_port *port;
static int n_options, refused;	/* options; the one that fails, from 1 */
static int n_sockets, lacking;	/* sockets; the one that is not had */
static bool listen_fails, is_link_local;
static union socket_address bound;	/* the last one */

/* These are the C library's own on a host that may be another one. */
int
socket(int family, int type, int protocol)
{
	if (++n_sockets == lacking) {
		errno = EMFILE;
		return -1;
	}
	return (int)syscall(SYS_socket, family, type, protocol);
}

int
setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
	if (++n_options == refused) {
		errno = ENOPROTOOPT;
		return -1;
	}
	return (int)syscall(SYS_setsockopt, fd, level, option, value, len);
}

int
listen(int fd, int backlog)
{
	if (listen_fails) {
		errno = EADDRINUSE;
		return -1;
	}
	return (int)syscall(SYS_listen, fd, backlog);
}

/* An address of an interface is not bound without its name; this host has none
 * of that kind. */
int
bind(int fd, __CONST_SOCKADDR_ARG a, socklen_t len)
{
	socket_address_set(&bound, a.__sockaddr__);
	if (is_link_local)
		return 0;
	return (int)syscall(SYS_bind, fd, a.__sockaddr__, len);
}

/* What came was sent to the link-local address, if there is one. */
ssize_t
recvmsg(int fd, struct msghdr *m, int flags)
{
	ssize_t n = syscall(SYS_recvmsg, fd, m, flags);
	struct in6_pktinfo info = { .ipi6_ifindex = INTERFACE };
	struct cmsghdr *c;

	if (n == -1 || !is_link_local)
		return n;
	inet_pton(AF_INET6, LINK_LOCAL, &info.ipi6_addr);
	c = CMSG_FIRSTHDR(m);
	if (c != NULL && c->cmsg_type == IPV6_PKTINFO)
		memcpy(CMSG_DATA(c), &info, sizeof info);
	return n;
}

static int
set_up(void **state)
{
	int rc = door_begin(state);

	config = (struct config_viewer_port){ .udp = true, .tcp = true };
	port = NULL;
	return rc;
}

static int
tear_down(void **state)
{
	refused = lacking = 0;
	listen_fails = is_link_local = false;
	viewer_port_close(port);
	return door_end(state);
}

static void
expect_failure(const char *why)
{
	int before = count_fds();
	struct error err = { "" };

	assert_null(viewer_port_open(base, &config, door_folder, &err));
	assert_int_equal(count_fds(), before);
	if (strstr(err.text, why) == NULL)
		fail_msg("%s: %s", err.text, why);
}

/* An option that cannot be set is no small thing: without one there would be
 * no port for IPv4 beside IPv6, no answer from the address that was asked, or
 * no socket for a viewer. */
static void
test_all_options_have_to_be_set(void **state)
{
	struct error err;
	int n;

	(void)state;
	n_options = 0;
	port = viewer_port_open(base, &config, door_folder, &err);
	assert_non_null(port);
	n = n_options;
	viewer_port_close(port);
	port = NULL;
	assert_in_range(n, 8, 100);
	for (refused = 1; refused <= n; refused++) {
		n_options = 0;
		expect_failure("P: Protocol not available");
		assert_int_equal(n_options, refused);
	}
}

static void
test_all_sockets_have_to_be_had(void **state)
{
	(void)state;
	for (lacking = 1; lacking <= 4; lacking++) {
		n_sockets = 0;
		expect_failure(lacking % 2 == 1 ? "TCP: Too many open files" :
		    "UDP: Too many open files");
		assert_int_equal(n_sockets, lacking);
	}
}

static void
test_nobody_can_listen(void **state)
{
	(void)state;
	listen_fails = true;
	expect_failure("TCP: Address already in use");
	config.tcp = false;
	port = viewer_port_open(base, &config, door_folder, &(struct error){
	    "" });
	assert_non_null(port);
}

/* A port of this address that is free. */
static void
choose_port(const char *ip)
{
	union socket_address a;
	socklen_t len = sizeof a;
	int fd;

	socket_address_parse(&a, ip, 0);
	fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, &a.any, socket_address_len(&a.any)), 0);
	getsockname(fd, &a.any, &len);
	close(fd);
	strcpy(config.address, ip);
	config.port = socket_address_port(&a);
}

static void
expect_bound(const char *ip, uint32_t scope)
{
	union socket_address want;

	socket_address_parse(&want, ip, config.port);
	assert_memory_equal(&bound.v6.sin6_addr, &want.v6.sin6_addr, 16);
	assert_int_equal(bound.v6.sin6_port, want.v6.sin6_port);
	assert_int_equal(bound.v6.sin6_scope_id, scope);
}

/* A viewer checks a link-local address: its socket is bound to that one on
 * the interface where it came in. Any other has no interface. */
static void
test_a_link_local_address_has_its_interface(void **state)
{
	uint8_t check[HANDOVER_MAX];
	size_t len = check_write(check, DOOR_UFRAG ":abcd", 0);
	union socket_address to;
	struct error err;
	struct handover h;
	int viewers[2];

	(void)state;
	choose_port("::1");
	port = viewer_port_open(base, &config, door_folder, &err);
	assert_non_null(port);
	socket_address_parse(&to, "::1", config.port);
	for (int i = 0; i < 2; i++) {
		is_link_local = i == 1;
		viewers[i] = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		assert_int_equal(sendto(viewers[i], check, len, 0, &to.any,
		    sizeof to.v6), len);
		while (!door_take(&h))
			event_base_loop(base, EVLOOP_ONCE);
		close(h.fd);
		expect_bound(i == 0 ? "::1" : LINK_LOCAL,
		    i == 0 ? 0 : INTERFACE);
	}
	close(viewers[0]);
	close(viewers[1]);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_options_have_to_be_set),
		TEST(test_all_sockets_have_to_be_had),
		TEST(test_nobody_can_listen),
		TEST(test_a_link_local_address_has_its_interface),
	};

	log_open(LOG_LEVEL_OFF, NULL);
	return cmocka_run_group_tests_name("viewer_port_host", tests, NULL,
	    NULL);
}
