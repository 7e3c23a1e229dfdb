#include "slip.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#define SLIP_MAX	32	/* bytes of a word that may be a slip */

static size_t
min3(size_t a, size_t b, size_t c)
{
	a = a < b ? a : b;
	return a < c ? a : c;
}

/* This is Levenshtein's distance, a row of its table at a time. */
size_t
slip_distance(const char *a, const char *b)
{
	size_t row[SLIP_MAX + 1], na = strlen(a), nb = strlen(b), diagonal, up;

	if (na > SLIP_MAX || nb > SLIP_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= nb; j++)
		row[j] = j;
	for (size_t i = 1; i <= na; i++) {
		diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			up = row[j];
			row[j] = min3(up + 1, row[j - 1] + 1, diagonal +
			    (strncasecmp(&a[i - 1], &b[j - 1], 1) != 0));
			diagonal = up;
		}
	}
	return row[nb];
}

size_t
slip_limit(const char *word)
{
	return strlen(word) / 3 + 1;
}
