#include <stdarg.h>
#include <stdio.h>

#include "error.h"

void
error_set(struct error *e, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(e->text, sizeof e->text, format, ap);
	va_end(ap);
}
