#include "file_clock.h"

#include "media_wire.h"

#define DEFAULT_FRAME_US	40000	/* of a file that does not say */
#define SHORTEST_PASS_US	10000
#define MAX_LATE_US	1000000

void
file_clock_begin(struct file_clock *c, int pace, int64_t now_us)
{
	*c = (struct file_clock){ .pace = pace, .begin_us = now_us };
}

bool
file_clock_next_pass(struct file_clock *c)
{
	if (c->end_us - c->pass_us < SHORTEST_PASS_US)
		return false;
	c->pass_us = c->end_us;
	c->pictures = 0;
	return true;
}

/* In raw H264 no picture has a time: they are counted. */
static int64_t
own_time(const struct file_clock *c, const struct file_packet *p,
    int64_t length_us)
{
	if (p->pts_us != MEDIA_WIRE_NO_TIME)
		return p->pts_us;
	if (p->dts_us != MEDIA_WIRE_NO_TIME)
		return p->dts_us;
	return c->start_us + (p->video ? c->pictures * length_us : 0);
}

int64_t
file_clock_time(struct file_clock *c, const struct file_packet *p,
    int64_t now_us, int64_t *due_us)
{
	int64_t length_us = p->video && p->length_us <= 0 ?
	    DEFAULT_FRAME_US : p->length_us;
	int64_t time_us = own_time(c, p, length_us);
	int64_t dts_us = p->dts_us != MEDIA_WIRE_NO_TIME ? p->dts_us : time_us;

	c->pictures += p->video;
	*due_us = c->begin_us +
	    (c->pass_us + dts_us - c->start_us) / c->pace;
	if (now_us - *due_us > MAX_LATE_US)
		c->begin_us += now_us - *due_us;
	time_us += c->pass_us - c->start_us;
	if (time_us + length_us > c->end_us)
		c->end_us = time_us + length_us;
	return time_us;
}
