/* Some thousand inputs of the fuzzer's target, the same in each run: those of
 * its corpus, whole and with a few bytes changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/fuzz/fuzz.h"
#include "xalloc.h"

#define MUTATIONS	150	/* of each */
#define ROOM		1500

struct input {
	uint8_t	bytes[ROOM];
	size_t	len;
};

static unsigned seed = 1;

/* Below `n`, which is above 0. */
static unsigned
pick(size_t n)
{
	seed = seed * 1103515245 + 12345;
	return (unsigned)(seed / 65536 % n);
}

static void
set_bytes(struct input *in)
{
	static const uint8_t special[] = "\0\1\2\xff$\r\n :;,=\"\\-R0";

	for (unsigned n = pick(4); in->len > 0 && n < 4; n++)
		in->bytes[pick(in->len)] = special[pick(sizeof special)];
}

static void
cut(struct input *in)
{
	size_t n = pick(in->len / 4 + 1), at = pick(in->len - n + 1);

	memmove(in->bytes + at, in->bytes + at + n, in->len - at - n);
	in->len -= n;
}

/* Puts a part of it a second time, before the rest. */
static void
repeat(struct input *in)
{
	size_t at = pick(in->len + 1), n = pick(in->len - at + 1);

	if (in->len + n > ROOM)
		return;
	memmove(in->bytes + at + n, in->bytes + at, in->len - at);
	in->len += n;
}

/* The pieces in which it comes. */
static void
set_step(struct input *in)
{
	if (in->len > 1)
		in->bytes[1] = (uint8_t)pick(100);
}

static void
run(const struct input *in)
{
	uint8_t *copy = xmemdup(in->bytes, in->len > 0 ? in->len : 1);

	assert_int_equal(LLVMFuzzerTestOneInput(copy, in->len), 0);
	free(copy);
}

static void
run_mutations(const struct input *whole)
{
	static void (*const change[])(struct input *) = {
		set_bytes, cut, repeat, set_step
	};

	for (int i = 0; i < MUTATIONS; i++) {
		struct input in = *whole;

		for (unsigned n = pick(3); n < 3; n++)
			change[pick(sizeof change / sizeof change[0])](&in);
		run(&in);
	}
}

/* What the fuzzer has found, and where it begins. */
static void
test_corpus(void **state)
{
	const char *top = getenv("LULL_SRCDIR");
	char *folder = xasprintf("%s/tests/fuzz/corpus/rtsp",
	    top != NULL ? top : ".");
	struct dirent **entries;
	int n = scandir(folder, &entries, NULL, alphasort), found = 0;

	(void)state;
	for (int i = 0; i < n; i++) {
		char *path = xasprintf("%s/%s", folder, entries[i]->d_name);
		FILE *f = entries[i]->d_name[0] != '.' ?
		    fopen(path, "rb") : NULL;
		struct input in;

		free(path);
		free(entries[i]);
		if (f == NULL)
			continue;
		in.len = fread(in.bytes, 1, sizeof in.bytes, f);
		fclose(f);
		run(&in);
		run_mutations(&in);
		found++;
	}
	free(entries);
	free(folder);
	assert_true(found > 10);
	/* Challenges among them were answered, and not only as they are. */
	assert_true(fuzz_answered > MUTATIONS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_corpus),
	};

	return cmocka_run_group_tests_name("rtsp_mutations", tests, NULL,
	    NULL);
}
