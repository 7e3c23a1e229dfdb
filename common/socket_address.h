#ifndef LULL_SOCKET_ADDRESS_H
#define LULL_SOCKET_ADDRESS_H

#include <stdbool.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* The address of a socket, IPv4 or IPv6. */
union socket_address {
	struct sockaddr		any;
	struct sockaddr_in	v4;
	struct sockaddr_in6	v6;
	struct sockaddr_storage	room;
};

#define SOCKET_ADDRESS_IP	INET6_ADDRSTRLEN
#define SOCKET_ADDRESS_TEXT	(INET6_ADDRSTRLEN + 9)	/* "[ip]:port" */

socklen_t	socket_address_len(const struct sockaddr *);
/* Copies it; the bytes that are not of the address are 0. */
void	socket_address_set(union socket_address *, const struct sockaddr *);
/* Is it the same address and port? */
bool	socket_address_is(const union socket_address *,
	    const struct sockaddr *);
/* "192.0.2.1:8555" or "[2001:db8::1]:8555". */
void	socket_address_text(const union socket_address *,
	    char text[SOCKET_ADDRESS_TEXT]);
/* "192.0.2.1" or "2001:db8::1". */
void	socket_address_ip(const union socket_address *,
	    char ip[SOCKET_ADDRESS_IP]);
/* An IPv4 address that is written as one of IPv6 (RFC 4291, section 2.5.5.2),
 * as a socket for both has it, becomes one of IPv4. */
void	socket_address_unmap(union socket_address *);
/* Reads a numeric address; false if it is none. */
bool	socket_address_parse(union socket_address *, const char *ip, int port);
bool	socket_address_is_any(const union socket_address *); /* 0.0.0.0, :: */
int	socket_address_port(const union socket_address *);

#endif
