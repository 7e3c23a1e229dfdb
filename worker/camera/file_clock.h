#ifndef LULL_FILE_CLOCK_H
#define LULL_FILE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Gives the packets of a file that is read again and again their times, and
 * says when each is due. The times go on from one pass to the next. Pure.
 */
struct file_clock {
	int	pace;		/* so many times the file's own */
	int64_t	begin_us;	/* the run's, by the clock of `now_us` */
	int64_t	pass_us;	/* this pass's begin, since the run's */
	int64_t	end_us;		/* of all that came, since the run's begin */
	int64_t	start_us;	/* the file's first time; the caller sets it */
	int64_t	pictures;	/* in this pass */
};

struct file_packet {
	bool	video;
	int64_t	pts_us, dts_us;	/* INTAKE_NO_TIME: the file does not say */
	int64_t	length_us;	/* 0: the file does not say */
};

void	file_clock_begin(struct file_clock *, int pace, int64_t now_us);

/* To be called at the file's end. False if the pass was so short that another
 * one would be like it at once. */
bool	file_clock_next_pass(struct file_clock *);

/* The packet's time, from the run's begin on. `*due_us` is when it is to be
 * sent, on the clock of `now_us`. A run that is late by more than a second
 * does not make up for it. */
int64_t	file_clock_time(struct file_clock *, const struct file_packet *,
	    int64_t now_us, int64_t *due_us);

#endif
