#ifndef LULL_DEMO_H
#define LULL_DEMO_H

struct camera_url;
struct demo;
struct job;

/*
 * This is the built-in camera: a test picture with a running clock, and a tone.
 * It gives 640x360 at 25 fps in H264's constrained
 * baseline profile without B-frames, with a key frame every 2 s, and Opus in
 * mono, and says so as the reader does (reader.h). What is given as
 * demo:?size=WxH&fps=N&gop=SECONDS changes that. A failure is told by
 * job_fail().
 */

/* Opens all that it needs: fonts, filters, encoders. NULL if it has failed. */
struct demo	*demo_new(struct job *, const struct camera_url *);
/* Goes on until the worker is gone. It opens nothing more. */
void	demo_run(struct demo *);
void	demo_free(struct demo *);	/* NULL is fine */

#endif
