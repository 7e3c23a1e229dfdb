#ifndef LULL_INPUT_H
#define LULL_INPUT_H

#include <stdbool.h>

struct AVFormatContext;
struct camera_url;
struct input;
struct job;

/*
 * The input is what a reader reads: a file, what comes over HTTP, or what a
 * command writes. It opens that in libavformat, which may open nothing else
 * for it: no file for a playlist, no other protocol for a redirection, and user
 * and password go to the host of the address alone.
 */
struct input	*input_new(struct job *, const struct camera_url *);
void		 input_free(struct input *);	/* closed, too */

/* Returns 0, or libav's error. */
int	input_open(struct input *);
void	input_close(struct input *);
/* NULL: it is closed. */
struct AVFormatContext	*input_av(const struct input *);

/* From now on libavformat may wait for as long as the address says. */
void	input_begin_wait(struct input *);
/* It waited longer: the call has failed, or returned too late. */
bool	input_is_late(const struct input *);

/* Is it to be played at its own pace, since it comes faster? */
bool	input_is_paced(const struct input *);
/* Do its times mean nothing? Then what comes is of now. */
bool	input_is_untimed(const struct input *);
/* Is it one JPEG, to be asked for again and again? */
bool	input_is_still(const struct input *);

/* Ends the job with the reason, in words for people, by libav's error. */
void	input_fail(struct input *, int error);

#endif
