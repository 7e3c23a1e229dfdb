#ifndef LULL_LIBAV_LOG_H
#define LULL_LIBAV_LOG_H

/* To be called once per process, before the first thread. What libav warns of
 * goes to the log, without credentials. */
void	libav_log_init(void);

#endif
