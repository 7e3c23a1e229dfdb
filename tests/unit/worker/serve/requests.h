#ifndef LULL_TEST_REQUESTS_H
#define LULL_TEST_REQUESTS_H

/* Requests of a client of RTSP, as texts. For tests with cmocka, whose headers
 * come first. */
#include <stdlib.h>
#include <string.h>

#include "worker/rtsp/rtsp_message.h"

/* Reads the whole text as one message, which points into it. */
static inline void
read_message(const char *text, struct rtsp_message *m)
{
	struct rtsp_reader r = { .channels = 4 };
	size_t skip;
	long n = rtsp_read(&r, (const uint8_t *)text, strlen(text), m, &skip);

	assert_int_equal(skip, 0);
	assert_int_equal(n, strlen(text));
}

#endif
