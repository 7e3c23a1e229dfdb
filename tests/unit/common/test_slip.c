#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "slip.h"

static void
test_a_distance_counts_letters(void **state)
{
	static const struct {
		const char *a, *b;
		size_t distance;
	} cases[] = {
		{ "", "", 0 }, { "pause", "pause", 0 }, { "Pause", "pAUSE", 0 },
		{ "", "abc", 3 }, { "abc", "", 3 },
		{ "sesions", "sessions", 1 },		/* put in */
		{ "sessionss", "sessions", 1 },		/* taken out */
		{ "sessiins", "sessions", 1 },		/* replaced */
		{ "kitten", "sitting", 3 },
		{ "ab", "ba", 2 },
		{ "abc", "xyz", 3 },
		{ "ports", "port_max", 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(slip_distance(cases[i].a, cases[i].b),
		    cases[i].distance);
		assert_int_equal(slip_distance(cases[i].b, cases[i].a),
		    cases[i].distance);
	}
}

static void
test_a_limit_grows_with_the_word(void **state)
{
	(void)state;
	assert_int_equal(slip_limit(""), 1);
	assert_int_equal(slip_limit("ab"), 1);
	assert_int_equal(slip_limit("abc"), 2);
	assert_int_equal(slip_limit("abcdefgh"), 3);
}

static void
test_the_longest_word_that_is_compared(void **state)
{
	char word[34];

	(void)state;
	memset(word, 'x', sizeof word);
	word[32] = '\0';
	assert_int_equal(slip_distance(word, word), 0);
	assert_int_equal(slip_distance(word, word + 1), 1);
	word[32] = 'x';
	word[33] = '\0';
	assert_true(slip_distance(word, word) >= slip_limit(word));
}

static void
test_a_very_long_word_means_no_other(void **state)
{
	char word[4000];

	(void)state;
	memset(word, 'x', sizeof word);
	word[sizeof word - 1] = '\0';
	for (const char *w = word; *w != '\0'; w++) {
		if (strlen(w) <= 32)
			break;
		assert_true(slip_distance(w, "pause") >= slip_limit(w));
		assert_true(slip_distance("pause", w) >= slip_limit(w));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_distance_counts_letters),
		cmocka_unit_test(test_a_limit_grows_with_the_word),
		cmocka_unit_test(test_the_longest_word_that_is_compared),
		cmocka_unit_test(test_a_very_long_word_means_no_other),
	};

	return cmocka_run_group_tests_name("slip", tests, NULL, NULL);
}
