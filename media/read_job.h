#ifndef LULL_READ_JOB_H
#define LULL_READ_JOB_H

#include <jansson.h>

struct job;

/* Reads what is no RTSP: {"job":"read", "url": text, "pace": n}. The address
 * has its options, as in the configuration; a file is read at `pace` times its
 * own pace. */
void	job_read(struct job *, const json_t *what);

#endif
