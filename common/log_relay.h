#ifndef LULL_LOG_RELAY_H
#define LULL_LOG_RELAY_H

/*
 * A relay is a thread that writes to a descriptor on which writing may wait.
 * It waits instead of its caller, behind a bounded queue of messages.
 */

/*
 * Each message that is sent into the socket returned is written to what `to`
 * is now, in one piece if `to` takes it so. The caller sends with MSG_DONTWAIT:
 * EAGAIN is a queue that is full. Returns -1 with errno if there is no relay.
 */
int	log_relay_open(int to);

/* Closes the socket after the queue has been written, or after `ms`. What is
 * left then waits on, and is lost with the process. */
void	log_relay_close(int relay, int ms);

#endif
