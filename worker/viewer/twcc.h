#ifndef LULL_TWCC_H
#define LULL_TWCC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01)
 * gives each packet of a session a number of 16 bits, and the viewer says
 * which ones came and when. This module remembers what was sent and compares
 * it with that, a second at a time. It is pure, and decides nothing: link.h
 * does.
 */
#define TWCC_PACKETS	2048	/* remembered; a power of two */
#define TWCC_WINDOW_US	1000000LL
#define TWCC_QUEUE_US	60000LL	/* a delay so far above the least: a queue */
#define TWCC_BUSY_US	300000LL /* a queue of a moment lasts no longer */
#define TWCC_LEAST_US	10000000LL /* the least delay is that of the last
				    * 10 to 20 s: clocks and routes drift */

struct twcc;
struct twcc	*twcc_new(void);
void	twcc_free(struct twcc *);	/* NULL is fine */

/* Reserves `n` numbers in a row, for packets to be sent now, later or never,
 * and returns the first. */
uint16_t	twcc_reserve(struct twcc *, size_t n);
/* A packet of `bytes`, which are not 0, was sent with its number. */
void	twcc_sent(struct twcc *, uint16_t number, size_t bytes,
	    int64_t now_us);
/* The same packet was sent again: its arrival tells nothing of the delay. */
void	twcc_resent(struct twcc *, uint16_t number);

/* A window counts the packets that the viewer told of in it. */
struct twcc_window {
	uint8_t	fraction_lost;	/* of 256, as in receiver reports */
	/* The rates into and out of a queue; 0: none stayed. */
	int64_t	sent_bps, received_bps;
};

/* Reads what follows the two SSRCs of a feedback, as far as it can be read.
 * True when a window has ended with it, which is then filled in. */
bool	twcc_read(struct twcc *, const uint8_t *fci, size_t len,
	    int64_t now_us, struct twcc_window *);

/* Begins the window anew: what was told in this one does not count. */
void	twcc_begin(struct twcc *);

#endif
