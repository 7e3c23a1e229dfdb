#include "squeeze.h"

void
squeeze_start(struct squeeze *s, int64_t first_us, int64_t now_us,
    size_t bytes, int64_t bits_per_second)
{
	s->first_us = first_us < now_us ? first_us : now_us;
	s->start_us = now_us;
	s->end_us = now_us + (int64_t)bytes * 8 * 1000000 / bits_per_second;
}

int64_t
squeeze_map(const struct squeeze *s, int64_t time_us)
{
	if (time_us >= s->end_us)
		return time_us;
	if (time_us <= s->first_us)
		return s->start_us;
	return s->start_us + (time_us - s->first_us) *
	    (s->end_us - s->start_us) / (s->end_us - s->first_us);
}
