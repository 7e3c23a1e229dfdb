#include "audit.h"

#include <stdlib.h>

#include "broker/http/http.h"
#include "broker/registry/registry.h"
#include "broker/registry/session.h"
#include "log.h"
#include "viewer.h"
#include "xalloc.h"

struct audit {
	char	*who;
	char	*one;		/* "5f6a0dc3 on demo", or NULL */
	char	*viewer;	/* without `one`: "" is everybody */
	bool	 pause;
};

/* The uid stands for the user, whose name may take long to look up. */
static char *
local_who(const struct http_request *req)
{
	long uid = http_peer_uid(req);

	return uid == 0 ? xstrdup("root over the control socket") :
	    xasprintf("uid %ld over the control socket", uid);
}

/* The line says so if a proxy told the address: we do not know it. */
char *
audit_who(const struct http_request *req)
{
	const char *peer = http_peer_ip(req);
	char buf[64];
	const char *ip = viewer_ip(peer,
	    http_last_header(req, "X-Forwarded-For"), buf, sizeof buf);

	if (ip == peer && http_is_local(req))
		return local_who(req);
	return xasprintf("%s over HTTP%s", ip,
	    ip == peer ? "" : " through a proxy");
}

struct audit *
audit_new(const char *who, bool pause, const struct session *one,
    const char *viewer)
{
	struct audit *a = xcalloc(1, sizeof *a);

	a->who = xstrdup(who);
	a->pause = pause;
	a->viewer = xstrdup(viewer);
	if (one != NULL)
		a->one = xasprintf("%.8s on %s", one->id, one->stream->name);
	return a;
}

/* Returns "12 sessions of viewer `desk`", which the caller frees. */
static char *
subject(const struct audit *a, size_t done)
{
	const char *plural = done == 1 ? "" : "s";

	if (a->one != NULL)
		return xstrdup(a->one);
	if (a->viewer[0] == '\0')
		return xasprintf("%zu session%s", done, plural);
	return xasprintf("%zu session%s of viewer `%s`", done, plural,
	    a->viewer);
}

void
audit_done(int status, const char *error, size_t done, void *arg)
{
	struct audit *a = arg;
	char *what = subject(a, done);
	const char *past = a->pause ? "paused" : "resumed";
	bool gone = status == 200 && done == 0 && a->one != NULL;

	if (status == 200 && !gone)
		log_info("session", "%s %s by %s", what, past, a->who);
	else
		log_warn("session", "%s %s%s by %s%s: %s", what,
		    a->one != NULL ? "not " : "", past, a->who,
		    done > 0 ? ", not all" : "", gone ? "it has ended" :
		    error);
	free(what);
	free(a->who);
	free(a->one);
	free(a->viewer);
	free(a);
}
