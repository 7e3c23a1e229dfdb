#ifndef LULL_RESTART_H
#define LULL_RESTART_H

struct session;

/*
 * A restart takes a viewer's ICE, which begins anew (RFC 8445, section 9),
 * through its worker: by a whole offer, or, if `sdp` is NULL, by the viewer's
 * new credentials alone.
 */
struct restart {
	const char	*sdp, *ufrag, *pwd;
};

#define RESTART_OTHER	422	/* the offer is of another connection */

/* `session` is NULL if it is refused or has ended, with `status` and `error`.
 * The answer is SDP or, to credentials alone, a fragment (RFC 8840, section 9),
 * and NULL if those are the viewer's present ones. */
typedef void restart_cb(struct session *, const char *answer, int status,
    const char *error, void *arg);
/* The strings need not outlive the call. */
void	restart_session(struct session *, const struct restart *,
	    restart_cb *, void *arg);

#endif
