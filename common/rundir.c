#include "rundir.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "xalloc.h"

/* These bytes of a stream's name stay as they are in its socket's name. */
#define PLAIN_CHARS	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" \
			"0123456789_-."
#define PATH_MAX_BYTES	(sizeof ((struct sockaddr_un *)NULL)->sun_path - 1)

char *
rundir_default(void)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");

	if (geteuid() == 0)
		return xstrdup("/run/lull");
	if (dir != NULL && dir[0] == '/')
		return xasprintf("%s/lull", dir);
	return xasprintf("/tmp/lull-%u", (unsigned)geteuid());
}

char *
rundir_control_socket(const char *rundir)
{
	return xasprintf("%s/lulld.sock", rundir);
}

/* No two names give the same one: every byte that is not plain becomes %XX.
 * So does a dot in front, so that no file is hidden or the folder itself. */
static char *
rundir_escape(const char *name)
{
	char *out = xcalloc(strlen(name) * 3 + 1, 1), *p = out;

	for (const char *s = name; *s != '\0'; s++) {
		if (strchr(PLAIN_CHARS, *s) != NULL && (*s != '.' || s > name))
			*p++ = *s;
		else
			p += sprintf(p, "%%%02X", (unsigned char)*s);
	}
	return out;
}

/* This is FNV-1a with 64 bits. */
static uint64_t
rundir_hash(const char *s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	return h;
}

/* A hashed name begins with a byte that an escaped one cannot have. */
char *
rundir_worker_socket(const char *rundir, const char *stream)
{
	char *name = rundir_escape(stream);
	char *path = xasprintf("%s/workers/%s.ipc", rundir, name);

	free(name);
	if (strlen(path) <= PATH_MAX_BYTES)
		return path;
	free(path);
	return xasprintf("%s/workers/~%016" PRIx64 ".ipc", rundir,
	    rundir_hash(stream));
}

char *
rundir_door(const char *folder, const char *tag)
{
	return xasprintf("%s/%s.door", folder, tag);
}

char *
rundir_workers(const char *rundir)
{
	return xasprintf("%s/workers", rundir);
}
