#ifndef LULL_TEST_FUZZ_INPUTS_H
#define LULL_TEST_FUZZ_INPUTS_H

/*
 * Puts the inputs of a fuzzer's corpus before its target, and some thousand
 * that are made of these, the same in each run. For tests with cmocka, whose
 * headers come first.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "xalloc.h"

#define FUZZ_ROOM	1500

struct fuzz_input {
	uint8_t	bytes[FUZZ_ROOM];
	size_t	len;
};

/* Below `n`, which is above 0. */
static inline size_t
fuzz_pick(unsigned *seed, size_t n)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed / 65536 % n;
}

/* Changes a few bytes, cuts it, or repeats a part of it. */
static inline void
fuzz_change(struct fuzz_input *in, unsigned *seed)
{
	static const uint8_t special[] = { 0, 1, 0x7f, 0x80, 0xff, ' ', '/' };
	size_t how = fuzz_pick(seed, 4), at, n;

	if (in->len == 0)
		return;
	at = fuzz_pick(seed, in->len);
	n = fuzz_pick(seed, in->len - at);
	if (how == 0)
		in->bytes[at] ^= (uint8_t)(1 << fuzz_pick(seed, 8));
	else if (how == 1)
		in->bytes[at] = special[fuzz_pick(seed, sizeof special)];
	else if (how == 2) {
		memmove(in->bytes + at, in->bytes + at + n,
		    in->len - at - n);
		in->len -= n;
	} else if (in->len + n <= FUZZ_ROOM) {
		memmove(in->bytes + at + n, in->bytes + at, in->len - at);
		in->len += n;
	}
}

/* The end of the input is the end of its memory. */
static inline void
fuzz_run(const struct fuzz_input *in)
{
	uint8_t *exact = xcalloc(in->len > 0 ? in->len : 1, 1);

	memcpy(exact, in->bytes, in->len);
	assert_int_equal(LLVMFuzzerTestOneInput(exact, in->len), 0);
	free(exact);
}

static inline void
fuzz_run_mutations(const struct fuzz_input *whole, int n)
{
	unsigned seed = 1;

	for (int i = 0; i < n; i++) {
		struct fuzz_input in = *whole;

		for (size_t k = fuzz_pick(&seed, 3); k < 3; k++)
			fuzz_change(&in, &seed);
		fuzz_run(&in);
	}
}

/* Each of tests/fuzz/corpus/NAME/, and `n` mutations of each. Returns how many
 * there are. */
static inline int
fuzz_run_corpus(const char *name, int n)
{
	const char *top = getenv("LULL_SRCDIR");
	char *folder = xasprintf("%s/tests/fuzz/corpus/%s",
	    top != NULL ? top : ".", name);
	DIR *dir = opendir(folder);
	struct dirent *e;
	int inputs = 0;

	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL) {
		char *path = xasprintf("%s/%s", folder, e->d_name);
		FILE *f = e->d_name[0] != '.' ? fopen(path, "rb") : NULL;
		struct fuzz_input in;

		free(path);
		if (f == NULL)
			continue;
		in.len = fread(in.bytes, 1, sizeof in.bytes, f);
		fclose(f);
		fuzz_run(&in);
		fuzz_run_mutations(&in, n);
		inputs++;
	}
	closedir(dir);
	free(folder);
	return inputs;
}

#endif
