#ifndef LULL_LIBAV_LOG_H
#define LULL_LIBAV_LOG_H

#include <stdbool.h>

/*
 * Hears what libavformat tells in its log alone: how a camera answers requests,
 * and that packets were lost on the network. Each thread hears its own.
 */
struct libav_heard {
	bool	lost;		/* packets were; the reader clears this */
	bool	transport;	/* one was refused (461) */
	char	method[16];	/* of the last request, "SETUP"; "": none */
	bool	answering;	/* something has come since that request */
	int	status;		/* if it was refused: 401; else 0 */
	char	headers[2048];	/* of that answer, a line each */
};

/* To be called once per process, before the first thread. What libav warns of
 * goes to the log, without credentials. */
void	libav_log_init(void);

/* Fills it with what libav says on this thread from now on; NULL ends that. */
void	libav_log_hear(struct libav_heard *);

#endif
