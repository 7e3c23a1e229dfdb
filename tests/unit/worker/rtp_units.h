#ifndef TEST_RTP_UNITS_H
#define TEST_RTP_UNITS_H

#include <stdlib.h>
#include <string.h>

#include "worker/media/packetise.h"

/* Returns a video unit of `count` payloads of `len` bytes each. */
static inline struct rtp_unit *
unit_new(bool key, int64_t time_us, size_t count, size_t len)
{
	struct rtp_unit *u = calloc(1, sizeof *u);

	u->refs = 1;
	u->kind = MEDIA_VIDEO;
	u->codec = MEDIA_H264;
	u->key = key;
	u->time_us = time_us;
	u->count = count;
	u->offset = calloc(count + 1, sizeof u->offset[0]);
	u->bytes = calloc(count, len);
	for (size_t i = 0; i <= count; i++)
		u->offset[i] = (uint32_t)(i * len);
	return u;
}

#endif
