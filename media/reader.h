#ifndef LULL_READER_H
#define LULL_READER_H

struct camera_url;
struct job;

/*
 * The reader reads what libavformat does, files and what is live, and sends
 * what is in it. It begins with {"event":"begin", "video": coder, "config":
 * base64, "reordered": bool, "sound": {coder, rate, channels, bits, config} or
 * null}, where a coder is libavcodec's name of a codec. Video is in Annex B if
 * it is H264 or H265. {"event":"restart"} is sent where the file begins anew;
 * times go on.
 */

/* Reads a file again and again, at `pace` times its own pace, and what is live
 * as it comes, until it breaks or the worker is gone. How it ended is told by
 * job_fail(), where "denied" is "lost" for want of the right password. */
void	reader_run(struct job *, const struct camera_url *, int pace);

#endif
