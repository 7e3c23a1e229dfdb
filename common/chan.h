#ifndef LULL_CHAN_H
#define LULL_CHAN_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

struct event_base;
struct chan;

/*
 * A channel carries messages in order between two processes, over a Unix
 * socket. This is the only user of NNG, whose threads call nothing of the
 * caller's: every callback runs on the event loop.
 */
#define CHAN_MAX_MESSAGE	(4 * 1024 * 1024)	/* bytes; larger are
						   refused */
#define CHAN_MAX_QUEUE		1024		/* messages not yet sent */
#define CHAN_MAX_BEHIND		16		/* messages not yet taken */
#define CHAN_MAX_TURN		64		/* messages taken in a turn */
#define CHAN_MAX_TURN_BYTES	(256 * 1024)	/* no other one after these */

struct chan_handler {
	/* `data` is valid during the call only. The channel may be freed
	 * in either callback. */
	void	(*message)(const void *data, size_t len, void *arg);
	void	(*peer)(bool up, void *arg);
};

struct chan_times {
	int	dial_min_ms, dial_max_ms;	/* between two tries to dial */
	int	quiet_us;	/* before a socket is closed */
	int	close_ms;	/* for all of that, at most */
};

extern const struct chan_times chan_times;	/* the usual ones */

/* The worker listens (socket file 0600), the broker dials and goes on dialling
 * until freed. Both return NULL with the reason in `err` if that cannot be. The
 * times must live as long as the channel. */
struct chan	*chan_listen(struct event_base *, const char *path,
		    const struct chan_times *, const struct chan_handler *,
		    void *arg, struct error *err);
struct chan	*chan_dial(struct event_base *, const char *path,
		    const struct chan_times *, const struct chan_handler *,
		    void *arg, struct error *err);
/* NULL is fine. It takes `quiet_us`. Should NNG hang in it, it takes
 * `close_ms`, but no later call does, of whichever channel. */
void	chan_free(struct chan *);

/* Returns 0, or -1 when no peer is there, its queue is full or the message too
 * large. */
int	chan_send(struct chan *, const void *data, size_t len);

/* Ends NNG's threads and frees what they hold. The process calls it at its very
 * end, when all channels have been freed. */
void	chan_exit(void);

#endif
