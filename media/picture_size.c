#include "picture_size.h"

#include <stdint.h>

#define LEAST		2	/* pixels a side */
#define MAX_ASPECT	8	/* of one pixel */

/* n * num / den, rounded. */
static int
scaled(int n, int num, int den)
{
	int64_t whole = (int64_t)n * num;

	return (int)((whole + den / 2) / den);
}

static int
at_least(int n)
{
	return n < LEAST ? LEAST : n;
}

struct picture_size
picture_size_shown(int width, int height, int num, int den)
{
	struct picture_size s = { width, height };

	if (num > 0 && den > 0 && num <= (int64_t)MAX_ASPECT * den &&
	    den <= (int64_t)MAX_ASPECT * num)
		s.width = at_least(scaled(width, num, den));
	return s;
}

/* The side that is too long by more decides. */
static struct picture_size
fit_into(struct picture_size s, struct picture_size most)
{
	int64_t by_width = (int64_t)s.width * most.height;
	int64_t by_height = (int64_t)s.height * most.width;

	if (s.width <= most.width && s.height <= most.height)
		return s;
	if (by_width > by_height)
		return (struct picture_size){ most.width,
			scaled(s.height, most.width, s.width) };
	return (struct picture_size){ scaled(s.width, most.height, s.height),
		most.height };
}

struct picture_size
picture_size_fit(struct picture_size shown, struct picture_size wanted,
    struct picture_size most)
{
	struct picture_size s = wanted;

	if (wanted.width <= 0 && wanted.height <= 0)
		s = shown;
	else if (wanted.width <= 0)
		s.width = scaled(shown.width, wanted.height, shown.height);
	else if (wanted.height <= 0)
		s.height = scaled(shown.height, wanted.width, shown.width);
	s = fit_into(s, most);
	s.width = at_least(s.width);
	s.height = at_least(s.height);
	return s;
}

struct picture_size
picture_size_even(struct picture_size s)
{
	return (struct picture_size){ s.width & ~1, s.height & ~1 };
}
