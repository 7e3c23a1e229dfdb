#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <getopt.h>
#include <stdlib.h>

#include "ctl/arguments.h"
#include "ctl/show.h"
#include "rundir.h"

#define WORDS	6	/* after the program's name, at most */

struct words {
	const char	*argv[WORDS];
};

static int
parse(struct arguments *a, const struct words *words)
{
	char *argv[WORDS + 2] = { (char []){ "lullctl" } };
	int argc = 1;

	while (argc <= WORDS && words->argv[argc - 1] != NULL) {
		argv[argc] = (char *)words->argv[argc - 1];
		argc++;
	}
	*a = (struct arguments){ .line = { .show = &show_text } };
	optind = 0;	/* glibc's getopt begins anew */
	return arguments_parse(a, argc, argv);
}

static void
expect_text(const char *got, const char *want)
{
	if (want == NULL)
		assert_null(got);
	else
		assert_string_equal(got, want);
}

static void
test_words_and_options_in_any_order(void **state)
{
	static const struct {
		struct words words;
		const char *name, *id, *viewer, *stream, *socket, *rundir;
		bool all, json, help, version;
	} cases[] = {
		{ { { "sessions" } }, .name = "sessions" },
		{ { { "pause", "abcd" } }, .name = "pause", .id = "abcd" },
		{ { { "pause", "--viewer", "v 1", "-j" } }, .name = "pause",
		    .viewer = "v 1", .json = true },
		{ { { "--json", "--stream=s", "pause" } }, .name = "pause",
		    .stream = "s", .json = true },
		{ { { "--all", "resume", "" } }, .name = "resume", .id = "",
		    .all = true },
		{ { { "pause", "--viewer=" } }, .name = "pause", .viewer = "" },
		{ { { "-s", "/a", "--rundir", "/b", "x" } }, .name = "x",
		    .socket = "/a", .rundir = "/b" },
		{ { { "--socket", "/a", "-js/b", "x" } }, .name = "x",
		    .socket = "/b", .json = true },
		{ { { "close", "--", "-j" } }, .name = "close", .id = "-j" },
		{ { { "--", "close", "-j" } }, .name = "close", .id = "-j" },
		{ { { "-h" } }, .help = true },
		{ { { "--help", "x" } }, .name = "x", .help = true },
		{ { { "-V" } }, .version = true },
		{ { { "--version" } }, .version = true },
	};
	struct arguments a;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(parse(&a, &cases[i].words), 0);
		expect_text(a.line.name, cases[i].name);
		expect_text(a.line.id, cases[i].id);
		expect_text(a.line.viewer, cases[i].viewer);
		expect_text(a.line.stream, cases[i].stream);
		expect_text(a.socket, cases[i].socket);
		expect_text(a.rundir, cases[i].rundir);
		assert_int_equal(a.line.all, cases[i].all);
		assert_ptr_equal(a.line.show,
		    cases[i].json ? &show_json : &show_text);
		assert_int_equal(a.help, cases[i].help);
		assert_int_equal(a.version, cases[i].version);
	}
}

static void
test_what_makes_no_sense(void **state)
{
	static const struct words cases[] = {
		{ { NULL } },
		{ { "-j" } },
		{ { "--all" } },
		{ { "pause", "a", "b" } },
		{ { "pause", "a", "--", "b" } },
		{ { "pause", "--frob" } },
		{ { "pause", "-x" } },
		{ { "pause", "--viewer" } },
		{ { "-s" } },
		{ { "--json=1", "sessions" } },
	};
	struct arguments a;

	(void)state;
	opterr = 0;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(parse(&a, &cases[i]), -1);
	opterr = 1;
}

static void
test_the_socket(void **state)
{
	static const struct words both = { { "-s", "/a", "--rundir", "/b",
	    "x" } };
	static const struct words folder = { { "--rundir=/b", "x" } };
	static const struct words none = { { "x" } };
	char *dir = rundir_default(), *want = rundir_control_socket(dir), *got;
	struct arguments a;

	(void)state;
	assert_int_equal(parse(&a, &both), 0);
	got = arguments_socket(&a);
	assert_string_equal(got, "/a");
	free(got);
	assert_int_equal(parse(&a, &folder), 0);
	got = arguments_socket(&a);
	assert_string_equal(got, "/b/lulld.sock");
	free(got);
	assert_int_equal(parse(&a, &none), 0);
	got = arguments_socket(&a);
	assert_string_equal(got, want);
	free(got);
	free(want);
	free(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_and_options_in_any_order),
		cmocka_unit_test(test_what_makes_no_sense),
		cmocka_unit_test(test_the_socket),
	};

	return cmocka_run_group_tests_name("arguments", tests, NULL, NULL);
}
