#ifndef LULL_TEST_DESCRIPTORS_H
#define LULL_TEST_DESCRIPTORS_H

#include <dirent.h>
#include <stdbool.h>
#include <sys/resource.h>

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

/* No more can be had, until that is taken back. */
static inline void
forbid_descriptors(bool forbid)
{
	static struct rlimit old;
	struct rlimit limit;

	if (forbid) {
		getrlimit(RLIMIT_NOFILE, &old);
		limit = old;
		limit.rlim_cur = 3;
		setrlimit(RLIMIT_NOFILE, &limit);
	} else {
		setrlimit(RLIMIT_NOFILE, &old);
	}
}

#endif
