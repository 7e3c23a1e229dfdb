#ifndef BENCH_RESUME_H
#define BENCH_RESUME_H

#include "tally.h"
#include "viewer.h"

/* From the POST of a resume to the picture, many times, one viewer after
 * the other. */
struct resume;

struct resume_config {
	struct viewer	**viewers;	/* paused ones that were live before */
	int		 n_viewers, times;
	double		 rate;		/* in a second */
};

struct resume_result {
	struct tally	 answer_ms, packet_ms, picture_ms;
	/* How much further behind live two seconds after the POST than it
	 * was before the pause. */
	struct tally	 behind_ms;
	int		 failed;	/* no whole key frame in time */
};

typedef void resume_cb(void *arg);

/* done() comes from the loop. The result may be read from then on. */
struct resume	*resume_new(const struct resume_config *, resume_cb *done,
		    void *arg);
void	resume_free(struct resume *);		/* NULL is fine */
struct resume_result	*resume_result(struct resume *);

/* What happens to any viewer is told here, once it began. */
void	resume_event(struct resume *, const struct viewer *,
	    enum viewer_event);

#endif
