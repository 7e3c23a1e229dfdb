#ifndef LULL_RUNDIR_H
#define LULL_RUNDIR_H

#include <stddef.h>

/*
 * Where the sockets live: RUNDIR/lulld.sock (lullctl), RUNDIR/lulld.lock
 * (one broker each) and RUNDIR/workers/NAME.ipc (0600 in a 0700 folder).
 */

/* /run/lull for root, $XDG_RUNTIME_DIR/lull, else /tmp/lull-UID. Caller
 * frees. Both programs that look for it use this. */
char	*rundir_default(void);

/* RUNDIR/lulld.sock. Caller frees. */
char	*rundir_control_socket(const char *rundir);

/* The socket of a stream's worker; a name that is no file name is
 * escaped, one too long for a socket is hashed. Caller frees. */
char	*rundir_worker_socket(const char *rundir, const char *stream);

#endif
