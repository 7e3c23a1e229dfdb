#ifndef LULL_TEST_FIXTURE_H
#define LULL_TEST_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>

#include "xalloc.h"

/* The whole of tests/fixtures/NAME, NUL-terminated; ends the test program
 * if it is not there. Caller frees. */
static inline uint8_t *
fixture_read(const char *name, size_t *len)
{
	const char *top = getenv("LULL_SRCDIR");
	char *path = xasprintf("%s/tests/fixtures/%s", top ? top : ".", name);
	FILE *f = fopen(path, "rb");
	uint8_t *buf;
	long size;

	if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0) {
		perror(path);
		exit(1);
	}
	rewind(f);
	buf = xcalloc(1, size + 1);
	*len = fread(buf, 1, size, f);
	fclose(f);
	free(path);
	return buf;
}

#endif
