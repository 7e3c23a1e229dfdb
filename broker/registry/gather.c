#include "gather.h"

#include <stdlib.h>

#include "xalloc.h"

struct gather {
	gather_cb	*cb;
	void		*arg;
	size_t		 outstanding, done;
	int		 status;
	char		*error;
};

struct gather *
gather_new(gather_cb *cb, void *arg)
{
	struct gather *g = xcalloc(1, sizeof *g);

	g->cb = cb;
	g->arg = arg;
	g->status = 200;
	g->outstanding = 1;	/* for the caller's own gather_done() */
	return g;
}

void
gather_more(struct gather *g)
{
	g->outstanding++;
}

void
gather_done(int status, const char *error, size_t done, void *arg)
{
	struct gather *g = arg;

	if (status != 200 && g->status == 200) {
		g->status = status;
		g->error = xstrdup(error != NULL ? error : "");
	}
	g->done += done;
	if (--g->outstanding > 0)
		return;
	g->cb(g->status, g->error, g->done, g->arg);
	free(g->error);
	free(g);
}
