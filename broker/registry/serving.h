#ifndef LULL_SERVING_H
#define LULL_SERVING_H

#include <stdbool.h>

struct stream;

/*
 * A serving makes a session of who comes by RTSP: the worker is told that a
 * viewer comes, and answers with the name by which its connection is to be
 * handed over (handover.h). From the answer on the session is as any other.
 */
struct serving {
	const char	*viewer_id, *client_ip, *user_agent;
	bool		 paused;
};

/* `door` is NULL if the viewer is refused, with the status. */
typedef void serving_cb(const char *door, int status, void *arg);
/* The texts need not outlive the call, and the callback may come before it
 * returns. */
void	serving_start(struct stream *, const struct serving *, serving_cb *,
	    void *arg);

#endif
