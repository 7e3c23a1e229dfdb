#ifndef LULL_RUNDIR_H
#define LULL_RUNDIR_H

/*
 * The sockets are in a folder: RUNDIR/lulld.sock is for lullctl, and
 * RUNDIR/workers/NAME.ipc (0600 in a 0700 folder) is a worker's. One broker
 * holds RUNDIR/lulld.lock.
 */

/* Returns /run/lull for root, else $XDG_RUNTIME_DIR/lull if that is an absolute
 * path, else /tmp/lull-UID. The caller frees it. The broker and lullctl, if not
 * told another folder, both use this one. */
char	*rundir_default(void);

/* Returns RUNDIR/lulld.sock. The caller frees it. */
char	*rundir_control_socket(const char *rundir);

/* Returns the socket of a stream's worker. A name that is no file name is
 * escaped, and one that is too long for a socket is hashed. The caller frees
 * it. */
char	*rundir_worker_socket(const char *rundir, const char *stream);

/* RUNDIR/workers, where all that is of the workers lives. Caller frees. */
char	*rundir_workers(const char *rundir);

/* FOLDER/TAG.door, where the broker hands viewers' sockets to the worker of
 * that tag. Caller frees. */
char	*rundir_door(const char *folder, const char *tag);

#endif
