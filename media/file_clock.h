#ifndef LULL_FILE_CLOCK_H
#define LULL_FILE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Gives the packets of a file that is read again and again their times, and
 * says when each is due. The times go on from one pass to the next. It is pure.
 */
struct file_clock {
	int	pace;		/* so many times the file's own */
	int64_t	begin_us;	/* of the run, by the clock of `now_us` */
	int64_t	pass_us;	/* from the run's begin to this pass's */
	int64_t	end_us;		/* of all that came, since the run's begin */
	int64_t	start_us;	/* the file's first time; the caller sets it */
	int64_t	pictures;	/* in this pass */
};

struct file_packet {
	bool	video;
	int64_t	pts_us, dts_us;	/* MEDIA_WIRE_NO_TIME: the file does not say */
	int64_t	length_us;	/* 0: the file does not say */
};

void	file_clock_begin(struct file_clock *, int pace, int64_t now_us);

/* This is called at the file's end. It returns false if the pass was so short
 * that a thread would do nothing but begin the next ones. */
bool	file_clock_next_pass(struct file_clock *);

/* Returns the packet's time, from the run's begin on. `*due_us` is when it is
 * to be sent, on the clock of `now_us`. A run that is late by more than a
 * second does not make up for it. */
int64_t	file_clock_time(struct file_clock *, const struct file_packet *,
	    int64_t now_us, int64_t *due_us);

#endif
