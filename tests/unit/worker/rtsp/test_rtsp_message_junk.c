/* What rtsp_message makes of junk between messages, and of messages that were
 * cut off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "rtsp_feeds.h"

#define OK	"RTSP/1.0 200 OK\r\nCSeq: 9\r\n\r\n"
#define SIZE	1000	/* of a packet */

static struct rtsp_message m;
static size_t skip;

/* Which packets and answers a stream gives, "A" and "B" for those filled with
 * that letter, "=" for an answer, "?" for something else; with `step` bytes at
 * a time. */
static void
assert_gives(const struct feed *f, size_t step, const char *want)
{
	char *text = feed(f->bytes, f->len, 4, step), *line, *rest = text;
	char got[40] = "";
	size_t n = 0;

	while ((line = strsep(&rest, "\n")) != NULL && n < sizeof got - 1) {
		unsigned sums[3] = { 0 }, len;

		for (int c = 0; c < 3; c++)
			for (int i = 0; i < SIZE; i++)
				sums[c] = sums[c] * 31 + 'A' + (unsigned)c;
		if (strncmp(line, "left", 4) == 0 || line[0] == '\0')
			continue;
		got[n] = line[0] == '0' ? '?' : line[0] == 'e' ? '!' : '=';
		for (int c = 0; c < 3; c++) {
			char *end = xasprintf(" body %d %u", SIZE, sums[c]);

			len = (unsigned)strlen(end);
			if (strlen(line) > len &&
			    strcmp(line + strlen(line) - len, end) == 0)
				got[n] = (char)('A' + c);
			free(end);
		}
		n++;
	}
	assert_string_equal(got, want);
	free(text);
}

static void
letter(struct feed *f, char c)
{
	feed_packet(f, 0, SIZE, c);
}

/* A, junk, B, C: all come. */
static void
assert_survives(const void *junk, size_t len)
{
	static const size_t steps[] = { 0, 1, 2, 3, 7, 40, 1001, 1460 };
	struct feed f = { NULL, 0 };

	letter(&f, 'A');
	feed_add(&f, junk, len);
	letter(&f, 'B');
	letter(&f, 'C');
	feed_text(&f, OK);
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
		assert_gives(&f, steps[i], "ABC=");
	free(f.bytes);
}

#define SURVIVES(junk)	assert_survives(junk, sizeof (junk) - 1)

static void
test_junk(void **state)
{
	(void)state;
	SURVIVES("x");
	SURVIVES("\0");
	SURVIVES("some junk");
	SURVIVES("\r\n");
	SURVIVES("\r\n\r\n\r\n\r\nx\r\n");
	SURVIVES("HTTP/1.1 200 OK\r\n\r\n");
	SURVIVES("RTSP/1.0 nothing\r\n");
	SURVIVES("RTSP/1.0 200");
	SURVIVES("OPTIONS * HTTP/1.1\r\n");
	SURVIVES("OPTION");
	/* The head of an answer whose rest was lost. */
	SURVIVES("RTSP/1.0 200 OK\r\nCSe");
	SURVIVES("RTSP/1.0 200 OK\r\n");
}

static void
test_dollars(void **state)
{
	(void)state;
	SURVIVES("x$");
	SURVIVES("$$");
	SURVIVES("x$$$");
	SURVIVES("x$\4");			/* no channel of ours */
	SURVIVES("$\4\0\1a$\xff");
	SURVIVES("x$\0\0\1abc");		/* it ends in junk */
	SURVIVES("x$\0\0\1a$\4");
	SURVIVES("x$\0\0\1aRTSP");
	SURVIVES("x$\0\xff\xff");		/* its end is far away */
	SURVIVES("x$\0\xff\xff$\1\xff\xff$\2\xff\xffyz");
	SURVIVES("x$\0\x02");
}

/* The rest of A was lost: B begins within what A seems to be. */
static void
test_cut_off(void **state)
{
	(void)state;
	for (size_t lost = 1; lost < SIZE; lost += 7) {
		struct feed f = { NULL, 0 };

		letter(&f, 'A');
		f.len -= lost;
		letter(&f, 'B');
		letter(&f, 'C');
		letter(&f, 'B');
		assert_gives(&f, 0, "BCB");
		/* A had been given before B's end was there. */
		assert_gives(&f, SIZE + 4, "?CB");
		free(f.bytes);
	}
}

/* So was an answer. */
static void
test_cut_off_by_answer(void **state)
{
	struct feed f = { NULL, 0 };

	(void)state;
	letter(&f, 'A');
	f.len -= sizeof OK + 10;
	feed_text(&f, OK);
	letter(&f, 'B');
	assert_gives(&f, 0, "=B");
	free(f.bytes);
}

/* An A that is whole is given although junk is there behind it, or what could
 * be messages is in it. */
static void
test_whole_before_junk(void **state)
{
	static const char inside[] = "$\0\0\4abcdxxRTSP/1.0 200 OK\r\nA: b";
	struct feed f = { NULL, 0 };

	(void)state;
	letter(&f, 'A');
	memcpy(f.bytes + 100, inside, sizeof inside - 1);
	feed_text(&f, "junk");
	letter(&f, 'B');
	letter(&f, 'C');
	assert_gives(&f, 0, "?BC");
	feed_text(&f, OK);
	assert_gives(&f, 0, "?BC=");
	free(f.bytes);
}

/* In step the last packet comes at once, behind junk with the next one's
 * beginning. */
static void
test_state(void **state)
{
	struct rtsp_reader r = { .channels = 4 };
	struct feed f = { NULL, 0 };

	(void)state;
	feed_text(&f, "junk\r\n");
	letter(&f, 'A');
	feed_text(&f, "$");
	assert_int_equal(rtsp_read(&r, f.bytes, f.len, &m, &skip), 0);
	assert_int_equal(skip, 6);
	assert_true(r.lost);
	/* The junk is thrown away, and not forgotten. */
	assert_int_equal(rtsp_read(&r, f.bytes + 6, f.len - 6, &m, &skip), 0);
	assert_int_equal(skip, 0);
	feed_text(&f, "\3");
	assert_int_equal(rtsp_read(&r, f.bytes + 6, f.len - 6, &m, &skip),
	    SIZE + 4);
	assert_int_equal(skip, 0);
	assert_false(r.lost);
	f.len = 6;
	letter(&f, 'B');
	assert_int_equal(rtsp_read(&r, f.bytes + 6, f.len - 6, &m, &skip),
	    SIZE + 4);
	/* Junk alone. */
	assert_int_equal(rtsp_read(&r, f.bytes, 4, &m, &skip), 0);
	assert_int_equal(skip, 4);
	assert_int_equal(rtsp_read(&r, f.bytes, 0, &m, &skip), 0);
	assert_int_equal(skip, 0);
	assert_true(r.lost);
	/* What was skipped counts to what is taken; empty lines, too. */
	f.len = 6;
	letter(&f, 'A');
	feed_text(&f, OK);
	assert_int_equal(rtsp_read(&r, f.bytes, f.len, &m, &skip),
	    6 + SIZE + 4);
	assert_int_equal(skip, 6);
	assert_int_equal(rtsp_read(&r, f.bytes + 4, f.len - 4, &m, &skip),
	    2 + SIZE + 4);
	assert_int_equal(skip, 2);
	assert_false(r.lost);
	free(f.bytes);
}

/* A request or an answer behind junk needs nothing behind it; while its end is
 * to come, nothing in it is taken for a packet. */
static void
test_answer_behind_junk(void **state)
{
	struct rtsp_reader r = { .channels = 4 };
	struct feed f = { NULL, 0 };

	(void)state;
	feed_text(&f, "xRTSP/1.0 200 OK\r\nContent-Length: 20\r\n\r\n");
	feed_add(&f, "$\0\0\0$\0\0\0", 8);
	assert_int_equal(rtsp_read(&r, f.bytes, f.len, &m, &skip), 0);
	assert_int_equal(skip, 1);
	feed_text(&f, "012345678901");
	assert_int_equal(rtsp_read(&r, f.bytes + 1, f.len - 1, &m, &skip),
	    f.len - 1);
	assert_int_equal(m.body_len, 20);
	free(f.bytes);
}

/* How many line ends there may be between a packet and the next. */
static void
test_empty_lines(void **state)
{
	(void)state;
	for (int lines = 0; lines < 4; lines++) {
		struct feed f = { NULL, 0 };

		feed_text(&f, "x");
		letter(&f, 'A');
		for (int i = 0; i < lines; i++)
			feed_text(&f, "\r\n");
		letter(&f, 'B');
		feed_text(&f, OK);
		assert_gives(&f, 0, lines <= 2 ? "AB=" : "B=");
		free(f.bytes);
	}
}

/* Ends that are too far away, and heads that are no message's. */
static void
test_ends(void **state)
{
	struct rtsp_reader r = { .channels = 4 };
	static const char long_body[] = "xRTSP/1.0 200 OK\r\n"
	    "Content-Length: 70000\r\n\r\n";
	static const char control[] = "RTSP/1.0 200 OK\r\nA: \033[1m\r\n\r\n";

	(void)state;
	assert_int_equal(rtsp_read(&r, (const uint8_t *)long_body,
	    sizeof long_body - 1, &m, &skip), -1);
	assert_int_equal(skip, 1);
	r.lost = false;
	assert_int_equal(rtsp_read(&r, (const uint8_t *)control,
	    sizeof control - 1, &m, &skip), 0);
	assert_int_equal(skip, sizeof control - 1);
}

/* All that is not a message's beginning is junk while no packets may come. */
static void
test_channels(void **state)
{
	static const uint8_t packet[] = { '$', 255, 0, 0, '$', 255, 0, 0 };
	struct rtsp_reader r = { .channels = 0 };

	(void)state;
	assert_int_equal(rtsp_read(&r, packet, sizeof packet, &m, &skip), 0);
	assert_int_equal(skip, 8);
	/* The channel alone says so. */
	r = (struct rtsp_reader){ .channels = 255 };
	assert_int_equal(rtsp_read(&r, packet, 2, &m, &skip), 0);
	assert_int_equal(skip, 2);
	r = (struct rtsp_reader){ .channels = 255 };
	assert_int_equal(rtsp_read(&r, packet, sizeof packet, &m, &skip), 0);
	assert_int_equal(skip, 8);
	r = (struct rtsp_reader){ .channels = 256 };
	assert_int_equal(rtsp_read(&r, packet, sizeof packet, &m, &skip), 4);
	assert_int_equal(m.channel, 255);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_junk),
		cmocka_unit_test(test_dollars),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_cut_off_by_answer),
		cmocka_unit_test(test_whole_before_junk),
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_answer_behind_junk),
		cmocka_unit_test(test_empty_lines),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_channels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
