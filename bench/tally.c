#include "tally.h"

#include <math.h>
#include <stdlib.h>

#include "xalloc.h"

void
tally_add(struct tally *t, double value)
{
	if (t->n == t->room) {
		t->room = t->room != 0 ? t->room * 2 : 64;
		t->value = xrealloc(t->value, t->room * sizeof *t->value);
	}
	t->value[t->n++] = value;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double
tally_percentile(struct tally *t, double percent)
{
	double rank = ceil(percent / 100 * (double)t->n);

	if (t->n == 0)
		return 0;
	qsort(t->value, t->n, sizeof *t->value, compare);
	return t->value[rank < 1 ? 0 : (size_t)rank - 1];
}

double
tally_median(struct tally *t)
{
	double low = tally_percentile(t, 50);

	return t->n > 0 && t->n % 2 == 0 ?
	    (low + t->value[t->n / 2]) / 2 : low;
}

void
tally_clear(struct tally *t)
{
	free(t->value);
	*t = (struct tally){ 0 };
}

/* Three digits behind the point are more than can be measured. */
void
tally_write_number(json_t *o, const char *name, double value)
{
	json_object_set_new(o, name, json_real(round(value * 1000) / 1000));
}

void
tally_write(struct tally *t, json_t *o, const char *name)
{
	static const struct {
		const char *suffix;
		double percent;
	} columns[] = { { "p50", 50 }, { "p90", 90 }, { "p95", 95 },
		{ "max", 100 } };

	for (size_t i = 0; t->n > 0 && i < sizeof columns /
	    sizeof columns[0]; i++) {
		char *key = xasprintf("%s_%s", name, columns[i].suffix);

		tally_write_number(o, key, tally_percentile(t,
		    columns[i].percent));
		free(key);
	}
}
