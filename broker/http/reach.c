#include "reach.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>

#include "socket_address.h"

struct reach {
	reach_cb	*cb;
	void		*arg;
	int		 port;
	int		 n;
};

static bool
reach_is_loopback(const union socket_address *a)
{
	return a->any.sa_family == AF_INET ?
	    ntohl(a->v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET :
	    IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr);
}

/* A link-local address of IPv6 needs a zone, which does not go into a URL. */
static bool
reach_is_link_local(const union socket_address *a)
{
	return a->any.sa_family == AF_INET ?
	    ntohl(a->v4.sin_addr.s_addr) >> 16 == 0xa9fe :
	    IN6_IS_ADDR_LINKLOCAL(&a->v6.sin6_addr);
}

static void
reach_say(struct reach *r, const char *host, bool local)
{
	char text[INET6_ADDRSTRLEN + 16];

	if (r->n++ >= REACH_MAX)
		return;
	snprintf(text, sizeof text, "%s:%d", host, r->port);
	r->cb(text, local, r->arg);
}

static void
reach_say_address(struct reach *r, const union socket_address *a)
{
	char ip[INET6_ADDRSTRLEN], host[INET6_ADDRSTRLEN + 2];

	if (a->any.sa_family == AF_INET) {
		inet_ntop(AF_INET, &a->v4.sin_addr, ip, sizeof ip);
		reach_say(r, ip, reach_is_loopback(a));
	} else {
		inet_ntop(AF_INET6, &a->v6.sin6_addr, ip, sizeof ip);
		snprintf(host, sizeof host, "[%s]", ip);
		reach_say(r, host, reach_is_loopback(a));
	}
}

static void
reach_say_interfaces(struct reach *r, const struct ifaddrs *list, int family)
{
	for (; list != NULL; list = list->ifa_next) {
		union socket_address a;

		if (list->ifa_addr == NULL ||
		    list->ifa_addr->sa_family != family ||
		    (list->ifa_flags & IFF_UP) == 0)
			continue;
		socket_address_set(&a, list->ifa_addr);
		if (!reach_is_loopback(&a) && !reach_is_link_local(&a))
			reach_say_address(r, &a);
	}
}

/* A socket of IPv6 takes IPv4 as well, unless it was told not to do so. */
static bool
reach_takes_ipv4(int fd, const union socket_address *a)
{
	int v6only = 0;
	socklen_t len = sizeof v6only;

	return a->any.sa_family == AF_INET || (getsockopt(fd, IPPROTO_IPV6,
	    IPV6_V6ONLY, &v6only, &len) == 0 && v6only == 0);
}

static void
reach_say_host(struct reach *r, int fd, const union socket_address *a)
{
	struct ifaddrs *list = NULL;

	reach_say(r, "localhost", true);
	if (getifaddrs(&list) == -1)
		return;
	if (reach_takes_ipv4(fd, a))
		reach_say_interfaces(r, list, AF_INET);
	if (a->any.sa_family == AF_INET6)
		reach_say_interfaces(r, list, AF_INET6);
	freeifaddrs(list);
}

void
reach_each(int fd, reach_cb *cb, void *arg)
{
	struct reach r = { .cb = cb, .arg = arg };
	union socket_address a = { .any.sa_family = AF_UNSPEC };
	socklen_t len = sizeof a;

	if (getsockname(fd, &a.any, &len) == -1 ||
	    (a.any.sa_family != AF_INET && a.any.sa_family != AF_INET6))
		return;
	r.port = socket_address_port(&a);
	if (socket_address_is_any(&a))
		reach_say_host(&r, fd, &a);
	else
		reach_say_address(&r, &a);
}
