#include "listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG		128
#define SOCKET_FLAGS	(SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC)
#define OWNER_ONLY	0177	/* umask that leaves 0600 */

static const struct {
	int error;
	const char *advice, *what;	/* the key's name stands between */
} advices[] = {
	{ EADDRINUSE, "another program has this port, `ss -ltnp` shows "
	    "which: stop it, or set", "to another port" },
	{ EACCES, "ports below 1024 need CAP_NET_BIND_SERVICE: set",
	    "to a higher one" },
	{ EADDRNOTAVAIL, "this host has no such address: correct", "" },
};

static int
listen_fail(const char *key, const char *where, int error, struct error *err)
{
	for (size_t i = 0; i < sizeof advices / sizeof advices[0]; i++)
		if (advices[i].error == error) {
			const char *what = advices[i].what;

			error_set(err, "cannot listen on %s: %s (%s %s%s%s)",
			    where, strerror(error), advices[i].advice, key,
			    what[0] != '\0' ? " " : "", what);
			return -1;
		}
	error_set(err, "cannot listen on %s: %s", where, strerror(error));
	return -1;
}

/* Splits "HOST:PORT"; the brackets of an IPv6 address go. */
static int
listen_split(const char *address, char *host, size_t hostsize,
    const char **port)
{
	const char *colon = strrchr(address, ':');
	const char *start = address;
	char *end;
	size_t len;

	if (colon == NULL || colon[1] < '0' || colon[1] > '9' ||
	    strtoul(colon + 1, &end, 10) > 65535 || *end != '\0')
		return -1;
	len = (size_t)(colon - address);
	if (len >= 2 && start[0] == '[' && start[len - 1] == ']') {
		start++;
		len -= 2;
	} else if (memchr(start, ':', len) != NULL) {
		return -1;
	}
	if (len >= hostsize)
		return -1;
	memcpy(host, start, len);
	host[len] = '\0';
	*port = colon + 1;
	return 0;
}

/* Returns the socket, or -1 with errno. If `dual`, IPv4 comes in on a socket of
 * IPv6, too. */
static int
listen_on(const struct addrinfo *ai, bool dual)
{
	int fd, error, on = 1, v6only = !dual;

	fd = socket(ai->ai_family, SOCKET_FLAGS, 0);
	if (fd == -1)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	/* Accepted sockets inherit it (tcp(7)). Without it, an answer's second
	 * write waits 40 ms for the client's acknowledgement. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (ai->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only,
		    sizeof v6only);
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* A host name may stand for addresses of a family that this machine has not
 * got. One socket is enough, if no other error came up. */
static bool
listen_may_miss(int error)
{
	return error == EAFNOSUPPORT || error == EADDRNOTAVAIL;
}

static int
listen_on_each(const struct addrinfo *list, int fds[LISTEN_MAX])
{
	int n = 0, missed = EADDRNOTAVAIL;

	for (; list != NULL && n < LISTEN_MAX; list = list->ai_next) {
		fds[n] = listen_on(list, false);
		if (fds[n] != -1) {
			n++;
		} else if (listen_may_miss(errno)) {
			missed = errno;
		} else {
			missed = errno;
			while (n > 0)
				close(fds[--n]);
			break;
		}
	}
	errno = missed;
	return n > 0 ? n : -1;
}

static int
listen_on_any(const char *port, int fds[LISTEN_MAX])
{
	static const char *const any[] = { "::", "0.0.0.0" };
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *ai;

	for (size_t i = 0; i < 2; i++) {
		if (getaddrinfo(any[i], port, &hints, &ai) != 0)
			continue;
		fds[0] = listen_on(ai, true);
		freeaddrinfo(ai);
		if (fds[0] != -1)
			return 1;
		if (!listen_may_miss(errno))
			break;
	}
	return -1;
}

int
listen_tcp(const char *key, const char *address, int fds[LISTEN_MAX],
    struct error *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_NUMERICSERV };
	struct addrinfo *list;
	char host[256];
	const char *port;
	int n;

	if (listen_split(address, host, sizeof host, &port) == -1) {
		error_set(err, "cannot listen on \"%s\": not an "
		    "address (write %s as HOST:PORT or :PORT)",
		    address, key);
		return -1;
	}
	if (host[0] == '\0') {
		n = listen_on_any(port, fds);
		return n > 0 ? n : listen_fail(key, address, errno, err);
	}
	/* `localhost` is no name server's to tell (RFC 6761, section 6.3). The
	 * NULL of hints that are not passive is the loopback. */
	n = getaddrinfo(strcasecmp(host, "localhost") == 0 ? NULL : host,
	    port, &hints, &list);
	if (n != 0) {
		error_set(err, "cannot listen on %s: %s (correct "
		    "%s)", address, gai_strerror(n), key);
		return -1;
	}
	n = listen_on_each(list, fds);
	if (n == -1)
		listen_fail(key, address, errno, err);
	freeaddrinfo(list);
	return n;
}

/* Tells whether the file is a socket that nobody listens on any more. */
static bool
listen_is_stale(const struct sockaddr_un *sun)
{
	struct stat st;
	bool refused;
	int fd;

	if (lstat(sun->sun_path, &st) == -1 || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCKET_FLAGS, 0);
	if (fd == -1)
		return false;
	refused = connect(fd, (const struct sockaddr *)sun,
	    sizeof *sun) == -1 && errno == ECONNREFUSED;
	close(fd);
	return refused;
}

static int
listen_bind_unix(int fd, const struct sockaddr_un *sun)
{
	mode_t mask = umask(OWNER_ONLY);
	int rc, error;

	rc = bind(fd, (const struct sockaddr *)sun, sizeof *sun);
	error = errno;
	if (rc == -1 && error == EADDRINUSE && listen_is_stale(sun)) {
		unlink(sun->sun_path);
		rc = bind(fd, (const struct sockaddr *)sun, sizeof *sun);
		error = errno;
	}
	umask(mask);
	errno = error;
	return rc;
}

int
listen_unix(const char *path, struct error *err)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof sun.sun_path) {
		error_set(err, "cannot listen: the path is longer "
		    "than %zu bytes (choose a shorter directory): %s",
		    sizeof sun.sun_path - 1, path);
		return -1;
	}
	memcpy(sun.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCKET_FLAGS, 0);
	if (fd != -1 && listen_bind_unix(fd, &sun) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	error_set(err, "cannot listen on %s: %s%s", path,
	    strerror(errno), errno == EADDRINUSE ? " (another lulld is "
	    "running there, or the file is no socket: stop it, or choose "
	    "another directory)" : "");
	if (fd != -1)
		close(fd);
	return -1;
}
