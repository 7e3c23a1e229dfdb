#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES	1024

static const struct {
	const char *name, *token;
} levels[] = {
	[LOG_LEVEL_TRACE] = { "trace", "TRC" },
	[LOG_LEVEL_DEBUG] = { "debug", "DBG" },
	[LOG_LEVEL_INFO] = { "info", "INF" },
	[LOG_LEVEL_WARN] = { "warn", "WRN" },
	[LOG_LEVEL_ERROR] = { "error", "ERR" },
	[LOG_LEVEL_OFF] = { "disabled", "---" },
};
#define N_LEVELS	(sizeof levels / sizeof levels[0])

static enum log_level min_level = LOG_LEVEL_INFO;
static char suffix[80];

void
log_open(enum log_level level, const char *tag)
{
	min_level = level;
	if (tag != NULL)
		snprintf(suffix, sizeof suffix, " %s", tag);
	else
		suffix[0] = '\0';
}

int
log_level_parse(const char *name, enum log_level *level)
{
	for (size_t i = 0; i < N_LEVELS; i++) {
		if (strcmp(levels[i].name, name) == 0) {
			*level = (enum log_level)i;
			return 0;
		}
	}
	return -1;
}

const char *
log_level_name(enum log_level level)
{
	return levels[level].name;
}

static size_t
put_head(char *line, size_t size, enum log_level level, const char *area)
{
	struct timespec ts;
	struct tm tm;
	int n;

	clock_gettime(CLOCK_REALTIME, &ts);
	localtime_r(&ts.tv_sec, &tm);
	n = snprintf(line, size, "%02d:%02d:%02d.%03ld %s [%s%s] ", tm.tm_hour,
	    tm.tm_min, tm.tm_sec, ts.tv_nsec / 1000000, levels[level].token,
	    area, suffix);
	return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

/* Texts from outside must not forge a line of their own. */
static void
flatten(char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = ' ';
}

static void
put(enum log_level level, const char *area, const char *fmt, va_list ap)
{
	char line[LINE_MAX_BYTES];
	size_t n;

	if (level < min_level)
		return;
	n = put_head(line, sizeof line - 1, level, area);
	vsnprintf(line + n, sizeof line - 1 - n, fmt, ap);
	flatten(line);
	n = strlen(line);
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, n) == -1)
		return; /* nowhere left to complain */
}

#define DEFINE_LOG(fn, level)				\
	void						\
	fn(const char *area, const char *fmt, ...)	\
	{						\
		va_list ap;				\
							\
		va_start(ap, fmt);			\
		put(level, area, fmt, ap);		\
		va_end(ap);				\
	}

DEFINE_LOG(log_debug, LOG_LEVEL_DEBUG)
DEFINE_LOG(log_info, LOG_LEVEL_INFO)
DEFINE_LOG(log_warn, LOG_LEVEL_WARN)
DEFINE_LOG(log_error, LOG_LEVEL_ERROR)
