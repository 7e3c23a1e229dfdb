#ifndef LULL_DEMO_H
#define LULL_DEMO_H

struct camera_url;
struct feed;
struct intake;

/*
 * This is the built-in camera: a test picture with a running clock, and a
 * tone. It runs on the source's thread until feed_stopping(). It gives
 * 640x360 at 25 fps in H264's constrained baseline profile without B-frames,
 * with a key frame every 2 s, and Opus in mono. What is given as
 * demo:?size=WxH&fps=N&gop=SECONDS changes that. A failure is told to
 * intake_end(). No other module uses libavfilter or an encoder.
 */
void	demo_run(struct feed *, struct intake *, const struct camera_url *);

#endif
