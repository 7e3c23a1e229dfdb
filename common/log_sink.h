#ifndef LULL_LOG_SINK_H
#define LULL_LOG_SINK_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Writes the log to stderr without ever waiting for whoever reads that: at
 * most PIPE_BUF bytes a call. It returns what write() does; -1 with EAGAIN
 * means that nobody reads. Two threads may not call it at the same time.
 */
ssize_t	log_sink_write(const char *data, size_t len);

/* Looks at what stderr is, for which it opens files, before the first write. */
void	log_sink_begin(void);

/* Waits until a thread has written what it has, for half a second at most. The
 * next write looks anew at what stderr is. */
void	log_sink_end(void);

#endif
