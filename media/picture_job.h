#ifndef LULL_PICTURE_JOB_H
#define LULL_PICTURE_JOB_H

#include <jansson.h>

struct job;

/*
 * The job {"job": "picture"} makes JPEGs, one request after the other:
 *
 *	{"picture": {"coder": libav's name, "config": base64, if there is any,
 *	    "units": N, "width": 0, "height": 0}}
 *
 * with N MEDIA_WIRE_VIDEO behind it, of which the first is a key frame. Each
 * is answered by one MEDIA_WIRE_PICTURE of the last picture in them, with its
 * time, or by {"event": "failed", "error": text for people}. A width or height
 * of 0 is as it is, or keeps the aspect; no side is longer than 8192. It
 * returns when the worker is gone.
 */
void	job_picture(struct job *, const json_t *what);

#endif
