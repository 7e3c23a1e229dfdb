#ifndef LULL_LOG_H
#define LULL_LOG_H

/*
 * The log has one line per event, on stderr:
 *	15:04:05.000 INF [api] listen addr=:1984
 * It has no line per packet and no credential: camera addresses go through
 * camera_url_mask() first. Any thread may write lines, and none waits: a line
 * that nobody takes is lost, and the next one that is taken says how many were.
 */
enum log_level {
	LOG_LEVEL_TRACE,
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARN,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_OFF,
};

/* Lines below `level` are not written; INFO until told. `tag` (or NULL)
 * follows the area, as in [worker cam]; it is copied. */
void	log_open(enum log_level level, const char *tag);

/* Opens now what the first line would: for a process that soon may not. */
void	log_prepare(void);

/* Waits until all lines are written, for half a second at most. The next line
 * goes to what stderr is then. */
void	log_close(void);

/* Returns 0, or -1 if the name is none of trace debug info warn error
 * disabled. */
int	log_level_parse(const char *name, enum log_level *level);
const char	*log_level_name(enum log_level level);

/* What log_open() was told, for a program that this one runs; the tag or
 * NULL. */
enum log_level	log_level_now(void);
const char	*log_tag(void);

void	log_debug(const char *area, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	log_info(const char *area, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	log_warn(const char *area, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	log_error(const char *area, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

#endif
