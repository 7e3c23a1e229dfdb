#ifndef LULL_LOG_RELAY_H
#define LULL_LOG_RELAY_H

/*
 * A thread that writes to a descriptor on which writing may wait. It waits
 * instead of its caller, behind a bounded queue of messages.
 */

/*
 * Each message that is sent into the socket returned is written to what `to`
 * is now, in one piece if that takes it. The caller sends with MSG_DONTWAIT:
 * EAGAIN is a queue that is full. -1 with errno.
 */
int	log_relay_open(int to);

/* Closes the socket; the queue is given `ms` to be written. What is left
 * then waits on, and is lost with the process. */
void	log_relay_close(int relay, int ms);

#endif
