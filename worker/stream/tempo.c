/*
 * A network makes units late, never early. So the unit of a window that is
 * the least late shows where the clock is, however late the others are.
 */
#include "tempo.h"

#define QUARTERS	4	/* The first second is judged in these. */
#define QUARTER_US	250000
#define YOUNG_PARTS	10	/* There all but 1 in so many is jitter. */
#define SHORTEST_US	1000000	/* The next window is twice as long. */
/* In the shortest window 1 part in so many is still jitter; in each longer
 * one half of what was in the one before. */
#define PARTS		3

static void
window_next(struct tempo_window *w, int64_t ahead_us, int64_t now_us)
{
	w->since_us = now_us;
	w->before_us = w->best_us;
	w->best_us = ahead_us;
	w->leaps = 0;
	w->late = true;
	w->first_us = ahead_us;
	if (w->young > 0)
		w->young--;
}

static void
window_begin(struct tempo_window *w, int i, int64_t ahead_us, int64_t now_us)
{
	w->best_us = ahead_us;
	window_next(w, ahead_us, now_us);
	w->young = i == 0 ? QUARTERS : 0;
	w->parted = 0;
}

/*
 * Which way the clock has parted from ours: -1 behind, 1 ahead, 0 not. At first
 * there is no window to compare with, so the two ends of one are compared, in
 * quarters of the first second: a clock that hardly moves is found out before
 * the player has got used to it. A clock that runs ahead there may be a burst.
 */
static int
window_parted(const struct tempo_window *w, int64_t ahead_us, int64_t limit_us)
{
	if (w->leaps > 1)
		return 1;
	if (w->young > 0)
		return ahead_us < w->first_us - limit_us ? -1 : 0;
	if (w->best_us < w->before_us - limit_us)
		return -1;
	return !w->late && w->best_us > w->before_us + limit_us;
}

static void
window_judge(struct tempo_window *w, int64_t ahead_us, int64_t limit_us)
{
	int now = window_parted(w, ahead_us, w->bad ? limit_us / 2 : limit_us);

	if (now == 0)
		w->bad = false;
	else if (now == w->parted)
		w->bad = true;
	w->parted = now;
}

/* One leap says nothing of the clock's rate before and after it. */
static void
window_note_leap(struct tempo_window *w, int64_t leapt_us)
{
	if (++w->leaps > 1)
		return;
	w->best_us += leapt_us;
	w->before_us += leapt_us;
}

static void
window_look(struct tempo_window *w, int i, int64_t ahead_us, int64_t now_us)
{
	int64_t gone_us = now_us - w->since_us;

	if (ahead_us > w->best_us)
		w->best_us = ahead_us;
	if (gone_us < (w->young > 0 ? QUARTER_US : (int64_t)SHORTEST_US << i))
		return;
	window_judge(w, ahead_us, w->young > 0 ?
	    gone_us - gone_us / YOUNG_PARTS : gone_us / (PARTS << i));
	window_next(w, ahead_us, now_us);
}

/* Longer windows begin anew when a shorter one has found the clock bad. */
bool
tempo_sane(struct tempo *t, int64_t ahead_us, int64_t now_us,
    int64_t leapt_us, bool late)
{
	bool sane = true;

	for (int i = 0; i < TEMPO_WINDOWS; i++) {
		struct tempo_window *w = &t->window[i];

		if (w->since_us == 0 || !sane)
			window_begin(w, i, ahead_us, now_us);
		else if (leapt_us != 0)
			window_note_leap(w, leapt_us);
		w->late &= late;
		window_look(w, i, ahead_us, now_us);
		sane &= !w->bad;
	}
	return sane;
}
