#include "ice_port.h"

#include <errno.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ice_path.h"

static socklen_t
read_address(union ice_address *a, const char *text, int port)
{
	memset(a, 0, sizeof *a);
	if (inet_pton(AF_INET, text, &a->v4.sin_addr) == 1) {
		a->v4.sin_family = AF_INET;
		a->v4.sin_port = htons((uint16_t)port);
		return sizeof a->v4;
	}
	inet_pton(AF_INET6, text, &a->v6.sin6_addr);
	a->v6.sin6_family = AF_INET6;
	a->v6.sin6_port = htons((uint16_t)port);
	return sizeof a->v6;
}

/* Returns 0 or the error. Without a descriptor to spare nothing can be said of
 * the port, which counts as 0. */
static int
try_address(const char *text, int port)
{
	union ice_address a;
	socklen_t len = read_address(&a, text, port);
	int fd = socket(a.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int error = 0;

	if (fd == -1)
		return 0;
	if (bind(fd, &a.any, len) == -1)
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
