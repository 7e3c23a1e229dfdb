#ifndef LULL_DEMO_H
#define LULL_DEMO_H

struct camera_url;
struct feed;

/*
 * The built-in camera: a test picture with a running clock, and a tone.
 * Runs on the source's thread until feed_stopping(). 640x360 at 25 fps,
 * H264 constrained baseline without B-frames, a key frame every 2 s; Opus
 * mono. demo:?size=WxH&fps=N&gop=SECONDS change that. Reports its state
 * to the feed; returns when stopped or on failure (reported as LOST).
 */
void	demo_run(struct feed *, const struct camera_url *);

#endif
