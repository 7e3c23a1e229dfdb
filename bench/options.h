#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>
#include <sys/types.h>

/* The swarm's command line. */
struct options {
	const char	*name;		/* of the run, for the report */
	const char	*url, *control;
	int		 viewers, paused, resumes, windows;
	double		 rate;		/* viewers that arrive in a second */
	double		 resume_rate;
	double		 settle;	/* seconds before the first window */
	double		 seconds;	/* of all windows together */
	pid_t		 pid;		/* 0: none */
	bool		 no_gro, no_reports, json;
};

/* Ends the process if they cannot be understood. */
void	options_read(struct options *, int argc, char **argv);

#endif
