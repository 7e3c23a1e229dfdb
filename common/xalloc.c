#include "xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
or_die(void *p)
{
	if (p == NULL) {
		fputs("lull: out of memory\n", stderr);
		abort();
	}
	return p;
}

void *
xcalloc(size_t n, size_t size)
{
	return or_die(calloc(n, size));
}

void *
xrealloc(void *p, size_t size)
{
	return or_die(realloc(p, size));
}

char *
xstrdup(const char *s)
{
	return or_die(strdup(s));
}

void *
xmemdup(const void *p, size_t len)
{
	return memcpy(or_die(malloc(len + 1)), p, len);
}

char *
xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return or_die(n != -1 ? s : NULL);
}
