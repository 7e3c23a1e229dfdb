#ifndef LULL_TEST_CODED_H
#define LULL_TEST_CODED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct AVFrame;

/*
 * Pictures as a camera sends them, made by a real encoder. Each tells its
 * number by the luma of its left half, coded_luma(); the right half moves.
 */
#define CODED_MAX	300
#define CODED_STEP_US	40000

struct coded_unit {
	uint8_t	*data;
	size_t	 len;
	bool	 key;
	int64_t	 time_us;	/* when it is to be seen */
};

struct coded {
	struct coded_unit	unit[CODED_MAX];	/* as they are sent */
	int			n;
	char			*config;	/* base64, or "" */
};

struct coded_how {
	const char	*encoder;	/* libav's name, as libx264 */
	const char	*options;	/* "name=value,...", or NULL */
	int		 width, height, n;
	int		 aspect_num, aspect_den;	/* 0: not said */
	int		 red;		/* the right half is, by BT.709 */
	int		 noise;		/* the right half is, which costs */
};

/* Ends the test program if it cannot. To be freed by coded_free(). */
struct coded	*coded_make(const struct coded_how *);
void	coded_free(struct coded *);

/* From 40 to 220, so far apart that no encoder confuses them. */
int	coded_luma(int number);

/* Decodes one unit. The caller frees it with av_frame_free(); NULL if it does
 * not decode. */
struct AVFrame	*coded_decode(const char *coder, const uint8_t *,
		    size_t len);

/* By how much does the luma of a picture in 4:2:0 differ from that of the
 * number, on the average? */
int	coded_difference(const struct AVFrame *, const struct coded_how *,
	    int number);

/* Returns the luma in the middle of the left half, of limited range. */
int	coded_read_luma(const struct AVFrame *);

#endif
