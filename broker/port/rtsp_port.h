#ifndef LULL_RTSP_PORT_H
#define LULL_RTSP_PORT_H

#include <stddef.h>

#include "rtsp_first.h"
#include "socket_address.h"

struct event_base;
struct rtsp_port;
struct rtsp_newcomer;

/*
 * The one port of who comes by RTSP, rtsp.listen: the first request of each
 * connection is looked at, and stays in the socket, which goes to the worker of
 * the stream that it names. One that says nothing in time, or nothing that is
 * RTSP, is closed; so is the oldest of those that have said nothing, when there
 * are too many. An OPTIONS that names no stream is answered here.
 */
#define RTSP_PORT_MAX	256	/* connections that no worker has yet */
#define RTSP_PORT_HOST	64	/* of them, of one host but this */

struct rtsp_port_times {
	int	first_ms;	/* for the first request */
	int	retry_ms;	/* of a worker that does not keep up */
};
extern const struct rtsp_port_times rtsp_port_times;

/* The newcomer waits until one of the two below is called, once, now or
 * later. */
typedef void rtsp_port_cb(struct rtsp_newcomer *, const struct rtsp_first *,
    const union socket_address *remote, void *arg);

/* Takes over the sockets, which listen. `folder` has the workers' doors. */
struct rtsp_port	*rtsp_port_new(struct event_base *, const int *fds,
			    size_t n, const char *folder,
			    const struct rtsp_port_times *, rtsp_port_cb *,
			    void *arg);
/* Whoever waits is closed: none may be answered any more. NULL is fine. */
void	rtsp_port_free(struct rtsp_port *);

/* The connection is the worker's who told that name. */
void	rtsp_port_pass(struct rtsp_newcomer *, const char *name);
/* The status, 404 or 503, is the answer. */
void	rtsp_port_refuse(struct rtsp_newcomer *, int status);

#endif
