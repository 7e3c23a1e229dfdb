#include "log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "log_sink.h"

#define LINE_MAX_BYTES	1024
#define NOTICE_MAX_BYTES 256	/* of the notice of lost lines */

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

static struct {
	pthread_mutex_t	 lock;
	unsigned long	 lost;	/* lines, since the last one that was taken */
	int		 error;	/* the errno that lost the last of them */
	bool		 cut;	/* one of them was taken in part */
} out = { .lock = PTHREAD_MUTEX_INITIALIZER };

void
log_open(enum log_level level, const char *tag)
{
	min_level = level;
	if (tag != NULL)
		snprintf(suffix, sizeof suffix, " %s", tag);
	else
		suffix[0] = '\0';
}

void
log_prepare(void)
{
	pthread_mutex_lock(&out.lock);
	log_sink_begin();
	pthread_mutex_unlock(&out.lock);
}

void
log_close(void)
{
	pthread_mutex_lock(&out.lock);
	log_sink_end();
	pthread_mutex_unlock(&out.lock);
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

enum log_level
log_level_now(void)
{
	return min_level;
}

const char *
log_tag(void)
{
	return suffix[0] != '\0' ? suffix + 1 : NULL;
}

static size_t
put_head(char *line, size_t size, enum log_level level, const char *area)
{
	struct timespec ts;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &ts);
	localtime_r(&ts.tv_sec, &tm);
	snprintf(line, size, "%02d:%02d:%02d.%03ld %s [%s%s] ", tm.tm_hour,
	    tm.tm_min, tm.tm_sec, ts.tv_nsec / 1000000, levels[level].token,
	    area, suffix);
	return strlen(line);
}

/* A text from outside must not forge a line of its own. */
static void
flatten(char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = ' ';
}

/* Writes the notice that goes before a line when some were lost. */
static size_t
put_notice(char *text, size_t size)
{
	size_t n = 0;

	if (out.lost == 0)
		return 0;
	if (out.cut)
		text[n++] = '\n';
	n += put_head(text + n, size - n, LOG_LEVEL_WARN, "log");
	snprintf(text + n, size - n, "%lu line%s lost: %.100s\n", out.lost,
	    out.lost == 1 ? "" : "s", out.error == EAGAIN ?
	    "nobody read the log" : strerror(out.error));
	return strlen(text);
}

/* A line is written in one piece, so that several processes' do not mix. */
static void
log_take(const char *line, size_t len)
{
	char text[NOTICE_MAX_BYTES + LINE_MAX_BYTES];
	ssize_t taken;
	size_t n;

	pthread_mutex_lock(&out.lock);
	n = put_notice(text, NOTICE_MAX_BYTES);
	memcpy(text + n, line, len);
	taken = log_sink_write(text, n + len);
	if (taken == (ssize_t)(n + len)) {
		out.lost = 0;
		out.cut = false;
	} else {
		out.lost++;
		out.error = taken == -1 ? errno : EAGAIN;
		out.cut |= taken > 0;
	}
	pthread_mutex_unlock(&out.lock);
}

static void
log_put(enum log_level level, const char *area, const char *fmt, va_list ap)
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
	log_take(line, n);
}

#define DEFINE_LOG(fn, level)				\
	void						\
	fn(const char *area, const char *fmt, ...)	\
	{						\
		va_list ap;				\
							\
		va_start(ap, fmt);			\
		log_put(level, area, fmt, ap);		\
		va_end(ap);				\
	}

DEFINE_LOG(log_debug, LOG_LEVEL_DEBUG)
DEFINE_LOG(log_info, LOG_LEVEL_INFO)
DEFINE_LOG(log_warn, LOG_LEVEL_WARN)
DEFINE_LOG(log_error, LOG_LEVEL_ERROR)
