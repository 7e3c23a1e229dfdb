#include "viewer.h"

bool
viewer_judge(struct viewer *v, int64_t now_us, int64_t stream_bps)
{
	show_judge(&v->show, stream_bps, now_us);
	if (v->slow == link_is_slow(&v->show.link))
		return false;
	v->slow = !v->slow;
	return true;
}
