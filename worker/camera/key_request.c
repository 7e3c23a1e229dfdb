#include "key_request.h"

#define PLI_US		250000
#define PATIENCE_US	1000000	/* with what PLIs do */
#define PLAY_US		2000000

enum key_request_how
key_request_next(struct key_request *k, bool wanted, int64_t now_us)
{
	if (!wanted) {
		k->had = true;
		k->since_us = 0;
		return KEY_REQUEST_NONE;
	}
	if (k->since_us == 0)
		k->since_us = now_us;
	if (k->had && now_us - k->since_us >= PATIENCE_US &&
	    now_us - k->play_us >= PLAY_US) {
		k->play_us = now_us;
		return KEY_REQUEST_PLAY;
	}
	if (now_us - k->pli_us < PLI_US)
		return KEY_REQUEST_NONE;
	k->pli_us = now_us;
	return KEY_REQUEST_PLI;
}
