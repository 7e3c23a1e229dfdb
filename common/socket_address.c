#include "socket_address.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>

socklen_t
socket_address_len(const struct sockaddr *a)
{
	return a->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) :
	    sizeof(struct sockaddr_in);
}

void
socket_address_set(union socket_address *a, const struct sockaddr *from)
{
	memset(a, 0, sizeof *a);
	memcpy(a, from, socket_address_len(from));
}

/* Compares field by field: not all bytes are of the address. */
bool
socket_address_is(const union socket_address *a, const struct sockaddr *other)
{
	union socket_address b;

	if (a->any.sa_family != other->sa_family)
		return false;
	memcpy(&b, other, socket_address_len(other));
	if (other->sa_family == AF_INET6)
		return a->v6.sin6_port == b.v6.sin6_port &&
		    a->v6.sin6_scope_id == b.v6.sin6_scope_id &&
		    IN6_ARE_ADDR_EQUAL(&a->v6.sin6_addr, &b.v6.sin6_addr);
	return a->v4.sin_port == b.v4.sin_port &&
	    a->v4.sin_addr.s_addr == b.v4.sin_addr.s_addr;
}

void
socket_address_unmap(union socket_address *a)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };

	if (a->any.sa_family != AF_INET6 ||
	    !IN6_IS_ADDR_V4MAPPED(&a->v6.sin6_addr))
		return;
	v4.sin_port = a->v6.sin6_port;
	memcpy(&v4.sin_addr, &a->v6.sin6_addr.s6_addr[12],
	    sizeof v4.sin_addr);
	socket_address_set(a, (const struct sockaddr *)&v4);
}

void
socket_address_ip(const union socket_address *a, char ip[SOCKET_ADDRESS_IP])
{
	if (a->any.sa_family == AF_INET6)
		inet_ntop(AF_INET6, &a->v6.sin6_addr, ip, SOCKET_ADDRESS_IP);
	else
		inet_ntop(AF_INET, &a->v4.sin_addr, ip, SOCKET_ADDRESS_IP);
}

void
socket_address_text(const union socket_address *a,
    char text[SOCKET_ADDRESS_TEXT])
{
	char ip[SOCKET_ADDRESS_IP];

	socket_address_ip(a, ip);
	snprintf(text, SOCKET_ADDRESS_TEXT, a->any.sa_family == AF_INET6 ?
	    "[%s]:%d" : "%s:%d", ip, socket_address_port(a));
}

bool
socket_address_parse(union socket_address *a, const char *ip, int port)
{
	memset(a, 0, sizeof *a);
	if (inet_pton(AF_INET, ip, &a->v4.sin_addr) == 1) {
		a->v4.sin_family = AF_INET;
		a->v4.sin_port = htons((uint16_t)port);
		return true;
	}
	a->v6.sin6_family = AF_INET6;
	a->v6.sin6_port = htons((uint16_t)port);
	return inet_pton(AF_INET6, ip, &a->v6.sin6_addr) == 1;
}

bool
socket_address_is_any(const union socket_address *a)
{
	return a->any.sa_family == AF_INET6 ?
	    IN6_IS_ADDR_UNSPECIFIED(&a->v6.sin6_addr) :
	    a->v4.sin_addr.s_addr == htonl(INADDR_ANY);
}

int
socket_address_port(const union socket_address *a)
{
	return ntohs(a->any.sa_family == AF_INET6 ? a->v6.sin6_port :
	    a->v4.sin_port);
}
