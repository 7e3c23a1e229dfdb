#ifndef BENCH_WHEP_H
#define BENCH_WHEP_H

#include <stdbool.h>
#include <netinet/in.h>

struct event_base;

/* HTTP to the server that is measured: WHEP, and lull's pausing. The
 * only user of libevent's HTTP here. */
struct whep;

/* `url` as in http://host:port/path?query; NULL with a reason. Resolves
 * the host, which may take its time. */
struct whep	*whep_new(struct event_base *, const char *url,
		    const char *control, const char **error);
void	whep_free(struct whep *);

/* An address of this host from which the server is reached; port 0. On
 * loopback it is none of the server's: its ports are not taken from it. */
int	whep_local_address(const struct whep *, struct sockaddr_in *);

/* `error` NULL: a 2xx. `status` 0: no HTTP answer. `location` is absolute
 * below the host, or NULL. */
typedef void whep_cb(int status, const char *error, const char *body,
    const char *location, void *arg);

void	whep_offer(struct whep *, const char *sdp, whep_cb *, void *arg);
void	whep_delete(struct whep *, const char *location, whep_cb *,
	    void *arg);
/* POST of {"session_id"} to `control`/pause or /resume; the id is the last
 * part of the location. */
void	whep_pause(struct whep *, const char *location, bool pause, whep_cb *,
	    void *arg);

#endif
