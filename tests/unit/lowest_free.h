#ifndef LULL_TEST_LOWEST_FREE_H
#define LULL_TEST_LOWEST_FREE_H

#include <unistd.h>

/* The lowest number that no open file has: what is left open raises it. */
static inline int
lowest_free(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);
	return fd;
}

#endif
