#include "libav_log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/log.h>

#include "camera_url.h"
#include "log.h"

#define AREA		"camera"

static _Thread_local char last[128];

static void
on_libav_message(void *context, int level, const char *format, va_list ap)
{
	char line[512], *masked;

	(void)context;
	if (level > AV_LOG_WARNING)
		return;
	vsnprintf(line, sizeof line, format, ap);
	masked = camera_url_mask(line);
	masked[strcspn(masked, "\n")] = '\0';
	log_debug(AREA, "libav: %s", masked);
	snprintf(last, sizeof last, "%.*s", (int)sizeof last - 1, masked);
	free(masked);
}

const char *
libav_log_last(void)
{
	return last;
}

void
libav_log_forget(void)
{
	last[0] = '\0';
}

void
libav_log_init(void)
{
	av_log_set_callback(on_libav_message);
}
