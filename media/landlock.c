/*
 * The C library has no functions for these calls, and the headers of a system
 * may be older than its kernel: what is here is the kernel's interface, by the
 * names of landlock(7).
 */
#include "landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define GET_VERSION	1u	/* LANDLOCK_CREATE_RULESET_VERSION */
#define PATH_BENEATH	1	/* LANDLOCK_RULE_PATH_BENEATH */

#define FS_READ_FILE	(UINT64_C(1) << 2)
#define FS_READ_DIR	(UINT64_C(1) << 3)
#define NET_BIND_TCP	(UINT64_C(1) << 0)
#define NET_CONNECT_TCP	(UINT64_C(1) << 1)
#define SCOPE_ALL	UINT64_C(3)	/* abstract sockets, signals */

struct ruleset {
	uint64_t	fs, net, scoped;
};

struct beneath {
	uint64_t	allowed;
	int32_t		fd;
} __attribute__((packed));

/* How many rights of files a version knows, how many words of the ruleset. */
static const struct {
	int	rights;
	size_t	size;
} versions[] = {
	{ 0, 0 }, { 13, 8 }, { 14, 8 }, { 15, 8 }, { 15, 16 }, { 16, 16 },
	{ 16, 24 },
};
#define NEWEST	((int)(sizeof versions / sizeof versions[0]) - 1)

static void
allow_path(int ruleset, const char *path)
{
	struct beneath rule = { .allowed = FS_READ_FILE };
	struct stat st;

	rule.fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.fd == -1)
		return;
	if (fstat(rule.fd, &st) == 0 && S_ISDIR(st.st_mode))
		rule.allowed |= FS_READ_DIR;
	syscall(SYS_landlock_add_rule, ruleset, PATH_BENEATH, &rule, 0);
	close(rule.fd);
}

int
landlock_enter(const char *const *paths, size_t n, enum landlock_tcp tcp)
{
	int version = (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
	    GET_VERSION);
	int known = version < NEWEST ? version : NEWEST;
	struct ruleset all = { .net = NET_BIND_TCP, .scoped = SCOPE_ALL };
	int ruleset, ret;

	if (version < 1)
		return -1;
	all.fs = (UINT64_C(1) << versions[known].rights) - 1;
	if (tcp == LANDLOCK_TCP_NONE)
		all.net |= NET_CONNECT_TCP;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &all,
	    versions[known].size, 0);
	if (ruleset == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		allow_path(ruleset, paths[i]);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	ret = (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
	close(ruleset);
	return ret == -1 ? -1 : version;
}
