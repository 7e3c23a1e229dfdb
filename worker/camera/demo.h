#ifndef LULL_DEMO_H
#define LULL_DEMO_H

struct camera_url;
struct feed;
struct intake;

/*
 * The built-in camera: a test picture with a running clock, and a tone.
 * Runs on the source's thread until feed_stopping(). 640x360 at 25 fps,
 * H264 constrained baseline without B-frames, a key frame every 2 s; Opus
 * mono. demo:?size=WxH&fps=N&gop=SECONDS change that. A failure is told
 * to intake_end(). The only user of libavfilter and the encoders.
 */
void	demo_run(struct feed *, struct intake *, const struct camera_url *);

#endif
