#ifndef BENCH_PROCESS_H
#define BENCH_PROCESS_H

#include <sys/types.h>

/* What another process has used, all its threads together. */
struct process_usage {
	double	cpu_us;		/* user and system, exact */
	double	user_us;	/* of these; by the kernel's split */
	double	rss_kb;
};

/* -1 if there is no such process. */
int	process_read(pid_t, struct process_usage *);

/* What all processors together have been busy with so far. */
double	process_busy_us(void);

/* The only process whose command has this name; -1: none, or several. */
pid_t	process_find(const char *name);

#endif
