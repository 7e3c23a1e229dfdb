#include "retry.h"

int
retry_next(struct retry *t, const struct retry_run *run)
{
	bool soon = run->last_us != 0 &&
	    run->now_us - run->last_us < RETRY_SOON_US;
	int most = soon ? RETRY_SOON_MS : RETRY_MAX_MS;

	if (run->denied)
		return RETRY_REFUSED_MS;
	if (run->refused)
		return soon ? RETRY_REFUSED_SOON_MS : RETRY_REFUSED_MS;
	if (t->delay_ms == 0 || run->live_us >= RETRY_RESET_US)
		t->delay_ms = RETRY_MIN_MS;
	else
		t->delay_ms *= 2;
	if (t->delay_ms > most)
		t->delay_ms = most;
	return t->delay_ms;
}
