#ifndef BENCH_TALLY_H
#define BENCH_TALLY_H

#include <stddef.h>
#include <jansson.h>

/* Numbers that are collected for their percentiles. */
struct tally {
	double	*value;
	size_t	 n, room;
};

void	tally_add(struct tally *, double);
/* 0..100, by the nearest rank; 0 if there are none. Sorts. */
double	tally_percentile(struct tally *, double);
double	tally_median(struct tally *);
void	tally_clear(struct tally *);

/* NAME_p50, _p90, _p95, _max into an object; nothing if there are none. */
void	tally_write(struct tally *, json_t *, const char *name);
void	tally_write_number(json_t *, const char *name, double);

#endif
