#ifndef LULL_VIDEO_JOB_H
#define LULL_VIDEO_JOB_H

#include <jansson.h>

struct job;

/*
 * The job {"job": "video", "coder": libav's name, "config": base64, if there
 * is any, "width": 0, "height": 0, "hardware": ""} makes H264 for browsers of
 * other video: it takes MEDIA_WIRE_VIDEO, one access unit each with its time,
 * and returns MEDIA_WIRE_VIDEO in Annex B, without B-frames, each with the
 * time of its picture. A width or height of 0 is as it is, or in proportion to
 * the other; nothing is made larger. {"key": true} makes the next picture an
 * IDR. `hardware` is that of h264_encoder_new().
 *
 * {"event": "begin", "coder": "h264", "width": W, "height": H, "encoder":
 * libav's name} comes before the first, and again when the size changes.
 *
 * When it cannot keep up, it leaves pictures out: what it returns is not older
 * than 0.2 s, beside the time of encoding one. It returns when the worker is
 * gone, or after job_fail().
 */
void	job_video(struct job *, const json_t *what);

#endif
