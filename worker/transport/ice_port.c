#include "ice_port.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "socket_address.h"

/* Returns 0 or the error. Without a descriptor to spare nothing can be said of
 * the port, which counts as 0. */
static int
try_address(const char *text, int port)
{
	union socket_address a;
	int fd, error = 0;

	socket_address_parse(&a, text, port);
	fd = socket(a.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return 0;
	if (bind(fd, &a.any, socket_address_len(&a.any)) == -1)
		error = errno;
	close(fd);
	return error;
}

int
ice_port_try(struct ice_config *config)
{
	int n = 0;

	for (int i = 0; config->addresses[i] != NULL; i++) {
		int error = try_address(config->addresses[i], config->port);

		if (error != 0 && error != EADDRNOTAVAIL) {
			errno = error;
			return -1;
		}
		if (error == 0)
			config->addresses[n++] = config->addresses[i];
	}
	config->addresses[n] = NULL;
	return 0;
}
