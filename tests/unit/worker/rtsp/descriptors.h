#ifndef LULL_TEST_DESCRIPTORS_H
#define LULL_TEST_DESCRIPTORS_H

#include <dirent.h>

/* How many this process has open. */
static inline int
count_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

#endif
