#ifndef LULL_RETRY_H
#define LULL_RETRY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Says how long to wait before a camera is tried again. It is pure. The first
 * wait is RETRY_MIN_MS, and each is twice as long as the one before: up to
 * RETRY_SOON_MS in the minute after the camera's last picture, when it is
 * likely to come back, and up to RETRY_MAX_MS from then on. A camera that
 * cannot be played is asked less often, and so is one that does not take the
 * password: many lock out a client that is wrong a few times in a minute.
 */
#define RETRY_MIN_MS		500
#define RETRY_SOON_MS		1500
#define RETRY_MAX_MS		10000
#define RETRY_REFUSED_SOON_MS	5000
#define RETRY_REFUSED_MS	30000
#define RETRY_SOON_US		60000000LL
#define RETRY_RESET_US		10000000LL	/* so much: it was well */

struct retry {
	int	delay_ms;	/* the last; 0: none yet */
};

struct retry_run {
	int64_t	now_us;
	int64_t	last_us;	/* of its last picture, 0: none ever */
	int64_t	live_us;	/* with pictures, in the run just ended */
	bool	refused;	/* what it sends cannot be played */
	bool	denied;		/* it does not take the password */
};

/* Returns the wait in ms. */
int	retry_next(struct retry *, const struct retry_run *);

#endif
