/* Some thousand inputs of the fuzzer's target, the same in each run: messages
 * that are right, with a few bytes changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "stun_messages.h"
#include "tests/fuzz/fuzz.h"
#include "xalloc.h"

#define UFRAG	"Tag0ufrag12z"
#define PWD	"VOkJxbRl1RmTxUk/WvJxBt"
#define INPUTS	8000
#define ROOM	1500
#define SEALS	32	/* bytes of MESSAGE-INTEGRITY and FINGERPRINT */

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
	static const uint8_t special[] = { 0, 1, 3, 4, 6, 0x7f, 0x80, 0xff };

	for (unsigned n = pick(4); in->len > 0 && n < 4; n++)
		in->bytes[pick(in->len)] = special[pick(sizeof special)];
}

static void
flip_bit(struct input *in)
{
	if (in->len > 0)
		in->bytes[pick(in->len)] ^= (uint8_t)(1 << pick(8));
}

static void
cut(struct input *in)
{
	in->len = pick(in->len + 1);
}

/* A place in it, or its end, where an attribute may begin. */
static size_t
pick_place(size_t len)
{
	return pick(len + 1) / 4 * 4;
}

/* Puts a part of it somewhere else. */
static void
move(struct input *in)
{
	size_t n = pick_place(in->len), from = pick_place(in->len - n);
	size_t to = pick_place(in->len - n);

	memmove(in->bytes + to, in->bytes + from, n);
}

/* Puts a part of it a second time, before the rest. */
static void
repeat(struct input *in)
{
	size_t at = pick_place(in->len), n = pick_place(in->len - at);

	if (in->len + n > ROOM)
		return;
	memmove(in->bytes + at + n, in->bytes + at, in->len - at);
	in->len += n;
}

/* A header whose length is right lets the attributes be read. */
static void
mend_length(struct input *in)
{
	if (in->len < 20 || memcmp(in->bytes + 4, "\x21\x12\xa4\x42", 4) != 0)
		return;
	in->len = in->len / 4 * 4;
	in->bytes[2] = (uint8_t)((in->len - 20) >> 8);
	in->bytes[3] = (uint8_t)(in->len - 20);
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
		set_bytes, flip_bit, cut, move, repeat, mend_length
	};
	struct input in;

	for (int i = 0; i < INPUTS / 4; i++) {
		in = *whole;
		for (unsigned n = pick(3); n < 3; n++)
			change[pick(sizeof change / sizeof change[0])](&in);
		if (i % 2 == 0)
			mend_length(&in);
		run(&in);
	}
}

static void
test_mutations(void **state)
{
	struct input whole = { .len = 0 };

	(void)state;
	run(&whole);
	for (int i = 0; i < 4; i++) {
		whole.len = stun_write_check(whole.bytes, i % 2 == 0 ?
		    UFRAG ":them" : "short:them", PWD, i < 2);
		run(&whole);
		run_mutations(&whole);
	}
	assert_true(fuzz_answered > 0);
}

/* The attributes alone, behind a name that is right: see fuzz_stun.c. */
static void
test_attributes(void **state)
{
	uint8_t buf[STUN_ROOM];
	struct input whole = { .len = 0 };
	unsigned long before = fuzz_answered;
	size_t len;

	(void)state;
	len = stun_write_check(buf, UFRAG ":them", PWD, true) - 20 - SEALS;
	for (int named = 0; named < 2; named++) {
		memcpy(whole.bytes, buf + 20, len);
		whole.bytes[len] = (uint8_t)named;
		whole.len = len + 1;
		run(&whole);
		run_mutations(&whole);
	}
	/* Enough of them go all the way. */
	assert_in_range(fuzz_answered - before, INPUTS / 8, INPUTS);
}

/* What the fuzzer has found, and where it begins. */
static void
test_corpus(void **state)
{
	const char *top = getenv("LULL_SRCDIR");
	char *folder = xasprintf("%s/tests/fuzz/corpus/stun",
	    top != NULL ? top : ".");
	DIR *dir = opendir(folder);
	struct dirent *e;
	struct input in;
	int n = 0;

	(void)state;
	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL) {
		char *path = xasprintf("%s/%s", folder, e->d_name);
		FILE *f = e->d_name[0] != '.' ? fopen(path, "rb") : NULL;

		free(path);
		if (f == NULL)
			continue;
		in.len = fread(in.bytes, 1, sizeof in.bytes, f);
		fclose(f);
		run(&in);
		n++;
	}
	closedir(dir);
	free(folder);
	assert_true(n > 5);
}

/* A name of each length, which is to be in the answer. */
static void
test_names(void **state)
{
	struct input in = { .bytes = { 0, 6 } };

	(void)state;
	for (size_t len = 0; len < ROOM - 5; len++) {
		in.bytes[2] = (uint8_t)(len >> 8);
		in.bytes[3] = (uint8_t)len;
		memset(in.bytes + 4, 'u', len + 1);
		memcpy(in.bytes + 4, UFRAG ":", len < 13 ? len : 13);
		in.bytes[4 + len] = 0;
		in.len = 4 + len + 1;
		run(&in);
	}
}

/* Each attribute of each length, and alone. */
static void
test_each_attribute(void **state)
{
	struct input in = { .len = 0 };

	(void)state;
	for (unsigned type = 0; type < 0x40; type++)
		for (unsigned len = 0; len < 30; len++)
			for (unsigned high = 0; high < 2; high++) {
				memset(in.bytes, 0xff, sizeof in.bytes);
				in.bytes[0] = high ? 0x80 : 0;
				in.bytes[1] = (uint8_t)type;
				in.bytes[2] = 0;
				in.bytes[3] = (uint8_t)len;
				in.len = 4 + len + 1;
				run(&in);
			}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mutations),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_corpus),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_each_attribute),
	};

	return cmocka_run_group_tests_name("stun_mutations", tests, NULL,
	    NULL);
}
