#ifndef LULL_LOG_SINK_H
#define LULL_LOG_SINK_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Where the log goes: stderr, without ever waiting for who reads it. At
 * most PIPE_BUF bytes. As write(); -1 with EAGAIN: nobody reads. Not by two
 * threads at a time.
 */
ssize_t	log_sink_write(const char *data, size_t len);

/* What a thread has still to write is given half a second. The next write
 * looks anew at what stderr is. */
void	log_sink_end(void);

#endif
