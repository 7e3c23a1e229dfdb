#ifndef LULL_LIBAV_LOG_H
#define LULL_LIBAV_LOG_H

/* To be called once per process, before the first thread. What libav warns of
 * goes to the log, without credentials. */
void	libav_log_init(void);

/* The last line that libav has warned by in this thread, without credentials;
 * "" if there is none since libav_log_forget(). */
const char	*libav_log_last(void);
void	libav_log_forget(void);

#endif
