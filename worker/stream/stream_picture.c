#include "stream_picture.h"

void
stream_picture(struct stream *s, int width, int height,
    stream_picture_cb *cb, void *arg)
{
	(void)s;
	(void)width;
	(void)height;
	cb(503, "this version of lull-worker makes no pictures yet", NULL, 0,
	    arg);
}
