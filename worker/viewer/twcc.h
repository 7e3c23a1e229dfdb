#ifndef LULL_TWCC_H
#define LULL_TWCC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Transport-wide feedback, draft-holmer-rmcat-transport-wide-cc-extensions-01:
 * each packet of a session has a number of 16 bits, and the viewer says which
 * ones came and when. What was sent is remembered here and compared with
 * that, a second at a time. Pure: told the time, it decides nothing; link.h
 * does.
 */
#define TWCC_PACKETS	2048	/* remembered; a power of two */
#define TWCC_WINDOW_US	1000000LL
#define TWCC_QUEUE_US	60000LL	/* above the least delay: a queue */
#define TWCC_BUSY_US	300000LL /* of a window: it is no passing one */
#define TWCC_LEAST_US	10000000LL /* the least delay is that of the last
				    * 10 to 20 s: clocks and routes drift */

struct twcc;
struct twcc	*twcc_new(void);
void	twcc_free(struct twcc *);	/* NULL is fine */

/* Reserves `n` numbers in a row, for packets to be sent now, later or never,
 * and returns the first. */
uint16_t	twcc_reserve(struct twcc *, size_t n);
/* A packet of `bytes`, not 0, was sent with its number. */
void	twcc_sent(struct twcc *, uint16_t number, size_t bytes,
	    int64_t now_us);
/* The same packet was sent again: when it comes tells nothing of the delay. */
void	twcc_resent(struct twcc *, uint16_t number);

/* What a window showed, of packets that the viewer told of. */
struct twcc_window {
	uint8_t	fraction_lost;	/* of 256, as in receiver reports */
	/* While they waited in a queue, what was sent and what came through
	 * it; 0: there was none that stayed. */
	int64_t	sent_bps, received_bps;
};

/* Reads what follows the two SSRCs of the feedback, as far as it goes. True
 * when that ends a window. */
bool	twcc_read(struct twcc *, const uint8_t *fci, size_t len,
	    int64_t now_us, struct twcc_window *);

/* Begins the window anew, since what is told of this one is of no use. */
void	twcc_begin(struct twcc *);

#endif
