#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "rtsp_feeds.h"

#define OK	"RTSP/1.0 200 OK\r\n"
#define JUNK	0	/* nothing is given, and nothing is waited for */

static struct rtsp_message m;
static size_t skip;
static uint8_t *copy;

/* The end of the bytes is the end of their memory. */
static long
read_bytes(const void *bytes, size_t len)
{
	struct rtsp_reader r = { .channels = 4 };

	free(copy);
	copy = xmemdup(bytes, len);
	return rtsp_read(&r, copy, len, &m, &skip);
}

static long
read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

static void
assert_text(const struct rtsp_text *text, const char *want)
{
	assert_int_equal(text->len, strlen(want));
	assert_memory_equal(text->data, want, text->len);
}

static void
assert_header(const char *name, size_t n, const char *want)
{
	const struct rtsp_text *value = rtsp_header(&m, name, n);

	if (want == NULL) {
		assert_null(value);
		return;
	}
	assert_non_null(value);
	assert_text(value, want);
}

static void
test_answer(void **state)
{
	static const char text[] = "RTSP/1.0 454 Session Not Found\r\n"
	    "CSeq: 12\r\nServer:  a b \t\r\nserver:c\r\n"
	    "Content-Length: 4\r\n\r\nbodyrest";

	(void)state;
	assert_int_equal(read_text(text), sizeof text - 1 - 4);
	assert_int_equal(skip, 0);
	assert_int_equal(m.kind, RTSP_ANSWER);
	assert_int_equal(m.status, 454);
	assert_text(&m.reason, "Session Not Found");
	assert_int_equal(m.method.len, 0);
	assert_int_equal(m.cseq, 12);
	assert_int_equal(m.n_headers, 4);
	assert_header("SERVER", 0, "a b");
	assert_header("Server", 1, "c");
	assert_header("Server", 2, NULL);
	assert_header("Serve", 0, NULL);
	assert_int_equal(m.body_len, 4);
	assert_memory_equal(m.body, "body", 4);
}

static void
test_request(void **state)
{
	(void)state;
	assert_int_equal(read_text("\r\n\nGET_PARAMETER rtsp://a/b?c RTSP/1.0"
	    "\r\nCSeq: 1\r\n\r\n"), 51);
	assert_int_equal(skip, 3);
	assert_int_equal(m.kind, RTSP_REQUEST);
	assert_text(&m.method, "GET_PARAMETER");
	assert_text(&m.uri, "rtsp://a/b?c");
	assert_int_equal(m.status, 0);
	assert_int_equal(m.reason.len, 0);
	assert_int_equal(m.cseq, 1);
	assert_int_equal(m.body_len, 0);
}

static void
test_packet(void **state)
{
	(void)state;
	assert_int_equal(read_bytes("$\3\0\2ab$\0", 8), 6);
	assert_int_equal(skip, 0);
	assert_int_equal(m.kind, RTSP_PACKET);
	assert_int_equal(m.channel, 3);
	assert_int_equal(m.body_len, 2);
	assert_memory_equal(m.body, "ab", 2);
	assert_int_equal(m.n_headers, 0);
	assert_int_equal(m.cseq, -1);
	assert_int_equal(m.status, 0);
	/* Nothing of the answer before it is left. */
	assert_true(read_text(OK "CSeq: 3\r\n\r\n") > 0);
	assert_int_equal(m.channel, 0);
	assert_true(read_bytes("$\2\0\0", 4) == 4);
	assert_int_equal(m.status, 0);
	assert_int_equal(m.reason.len, 0);
	assert_int_equal(m.cseq, -1);
	assert_null(rtsp_header(&m, "CSeq", 0));
	assert_int_equal(m.body_len, 0);
}

/* What is a first line, and what is none. */
static const struct {
	const char *line;
	int status;		/* of an answer; -1: a request */
	const char *second;	/* the reason, or the URI */
} first_lines[] = {
	{ "RTSP/1.0 200 OK", 200, "OK" },
	{ "RTSP/2.0  100\tGo  on ", 100, "Go  on" },
	{ "RTSP/1.0 999", 999, "" },
	{ "RTSP/1.0 200 ", 200, "" },
	{ "RTSP/1.0 099 OK", JUNK, NULL },
	{ "RTSP/1.0 1000 OK", JUNK, NULL },
	{ "RTSP/1.0 2x0 OK", JUNK, NULL },
	{ "RTSP/1.0 -200 OK", JUNK, NULL },
	{ "RTSP/1.0", JUNK, NULL },
	{ "RTSP/1 200 OK", JUNK, NULL },
	{ "RTSP/1.x 200 OK", JUNK, NULL },
	{ "RTSP/x.0 200 OK", JUNK, NULL },
	{ "RTSP/1,0 200 OK", JUNK, NULL },
	{ "RTSP/1.00 200 OK", JUNK, NULL },
	{ "HTTP/1.1 200 OK", JUNK, NULL },
	{ "OPTIONS * RTSP/1.0", -1, "*" },
	{ "ANNOUNCE  rtsp://a   RTSP/1.0 ", -1, "rtsp://a" },
	{ "REDIRECT rtsp://a RTSP/2.0", -1, "rtsp://a" },
	{ "TEARDOWN rtsp://a RTSP/1.0", -1, "rtsp://a" },
	{ "OPTIONS rtsp://a", JUNK, NULL },
	{ "OPTIONS rtsp://a HTTP/1.1", JUNK, NULL },
	{ "OPTIONS rtsp://a b RTSP/1.0", JUNK, NULL },
	{ "options * RTSP/1.0", JUNK, NULL },
	{ "EAT rtsp://a RTSP/1.0", JUNK, NULL },
};

static void
test_first_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof first_lines / sizeof first_lines[0];
	    i++) {
		int status = first_lines[i].status;
		char *text = xasprintf("%s\r\nCSeq: 1\r\n\r\n",
		    first_lines[i].line);
		long n = read_text(text);

		assert_int_equal(n, status == JUNK ? 0 : strlen(text));
		assert_int_equal(skip, status == JUNK ? strlen(text) : 0);
		if (status > 0) {
			assert_int_equal(m.kind, RTSP_ANSWER);
			assert_int_equal(m.status, status);
			assert_text(&m.reason, first_lines[i].second);
		} else if (status < 0) {
			assert_int_equal(m.kind, RTSP_REQUEST);
			assert_text(&m.uri, first_lines[i].second);
		}
		free(text);
	}
}

static void
test_headers(void **state)
{
	(void)state;
	assert_true(read_text(OK
	    " A: 1\r\n"
	    "B :\t2 \r\n"
	    "no header\r\n"
	    ": nobody\r\n"
	    "C:\r\n"
	    "D: 4\n"
	    "E: 5:6\r\n"
	    "F: 7,\r\n \t8,\n\t9\r\n"
	    "fold\r\n me: 10\r\n"
	    "g: h\xc3\xa9\r\n\r\n") > 0);
	assert_int_equal(m.n_headers, 7);
	assert_header("a", 0, "1");
	assert_header("b", 0, "2");
	assert_header("c", 0, "");
	assert_header("d", 0, "4");
	assert_header("e", 0, "5:6");
	assert_header("f", 0, "7,\r\n \t8,\n\t9");
	assert_header("G", 0, "h\xc3\xa9");
	assert_header("", 0, NULL);
}

static const struct {
	const char *headers;
	int cseq;
} cseqs[] = {
	{ "", -1 },
	{ "cseq:0\r\n", 0 },
	{ "CSEQ: 2147483647\r\n", 2147483647 },
	{ "CSeq: 2147483648\r\n", -1 },
	{ "CSeq: 99999999999999999999999\r\n", -1 },
	{ "CSeq: \r\n", -1 },
	{ "CSeq: -1\r\n", -1 },
	{ "CSeq: 1 2\r\n", -1 },
	{ "CSeq: 3\r\nCSeq: 4\r\n", 3 },
	{ "XCSeq: 3\r\nCSeq\r\n", -1 },
};

static void
test_cseq(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cseqs / sizeof cseqs[0]; i++) {
		char *text = xasprintf(OK "%s\r\n", cseqs[i].headers);

		assert_int_equal(read_text(text), strlen(text));
		assert_int_equal(m.cseq, cseqs[i].cseq);
		free(text);
	}
}

static const struct {
	const char *headers;
	long body;		/* bytes, or -1: the end */
} lengths[] = {
	{ "", 0 },
	{ "Content-Length: 0\r\n", 0 },
	{ "CONTENT-LENGTH:5\r\n", 5 },
	{ "Content-Length:\r\n 5\r\n", 5 },
	{ "Content-Length: 5\r\nContent-Length: 7\r\n", 5 },
	{ "Content-Length: -1\r\n", -1 },
	{ "Content-Length: -1\r\nContent-Length: 3\r\n", -1 },
	{ "Content-Length: +1\r\n", -1 },
	{ "Content-Length: 5, 5\r\n", -1 },
	{ "Content-Length: 0x5\r\n", -1 },
	{ "Content-Length:\r\n", -1 },
	{ "Content-Length: 65536\r\n", 65536 },
	{ "Content-Length: 65537\r\n", -1 },
	{ "Content-Length: 4294967296\r\n", -1 },
	{ "Content-Length: 18446744073709551616\r\n", -1 },
	{ "Content-Length: 99999999999999999999999999999999999999\r\n", -1 },
};

static void
test_content_length(void **state)
{
	char *body = xcalloc(RTSP_MAX_BODY + 10, 1);

	(void)state;
	memset(body, 'b', RTSP_MAX_BODY + 9);
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		char *head = xasprintf(OK "%s\r\n", lengths[i].headers);
		char *text = xasprintf("%s%s", head, body);
		long want = lengths[i].body;

		assert_int_equal(read_text(text),
		    want < 0 ? -1 : (long)strlen(head) + want);
		if (want >= 0) {
			assert_int_equal(m.body_len, want);
			assert_ptr_equal(m.body, copy + strlen(head));
		}
		/* One byte of it is still to come. */
		if (want > 0)
			assert_int_equal(read_bytes(text,
			    strlen(head) + (size_t)want - 1), 0);
		free(text);
		free(head);
	}
	free(body);
}

/* A header behind the last that is kept counts where it says what comes. */
static void
test_many_headers(void **state)
{
	struct feed f = { NULL, 0 };

	(void)state;
	feed_text(&f, OK);
	for (int i = 0; i < RTSP_MAX_HEADERS; i++)
		feed_text(&f, "A: b\r\n");
	feed_text(&f, "Last: c\r\nCSeq: 7\r\nContent-Length: 2\r\n\r\nxy");
	assert_int_equal(read_bytes(f.bytes, f.len), f.len);
	assert_int_equal(m.n_headers, RTSP_MAX_HEADERS);
	assert_header("A", RTSP_MAX_HEADERS - 1, "b");
	assert_header("Last", 0, NULL);
	assert_int_equal(m.cseq, 7);
	assert_int_equal(m.body_len, 2);
	free(f.bytes);
}

/* A head of that many bytes. */
static long
read_long_head(size_t len, bool ends)
{
	struct feed f = { NULL, 0 };
	long n;

	feed_text(&f, OK "A: ");
	while (f.len < len - (ends ? 4 : 0))
		feed_text(&f, "a");
	if (ends)
		feed_text(&f, "\r\n\r\n");
	assert_int_equal(f.len, len);
	n = read_bytes(f.bytes, f.len);
	free(f.bytes);
	return n;
}

static void
test_long_head(void **state)
{
	char *line = xcalloc(RTSP_MAX_HEAD + 1, 1);

	(void)state;
	assert_int_equal(read_long_head(RTSP_MAX_HEAD, true), RTSP_MAX_HEAD);
	assert_int_equal(read_long_head(RTSP_MAX_HEAD + 1, true), -1);
	assert_int_equal(read_long_head(RTSP_MAX_HEAD, false), -1);
	assert_int_equal(read_long_head(RTSP_MAX_HEAD - 1, false), 0);
	assert_int_equal(skip, 0);
	/* One line without an end. */
	memset(line, 'x', RTSP_MAX_HEAD);
	memcpy(line, "RTSP/1.0 200 ", 13);
	assert_int_equal(read_bytes(line, RTSP_MAX_HEAD), -1);
	assert_int_equal(read_bytes(line, RTSP_MAX_HEAD - 1), 0);
	free(line);
}

/* All that a camera may say in order. */
static struct feed
mixed_stream(size_t longest)
{
	struct feed f = { NULL, 0 };

	feed_text(&f, "\r\n" OK "CSeq: 1\r\nPublic: OPTIONS,\r\n PLAY\r\n\r\n");
	feed_text(&f, "RTSP/1.0 401 Unauthorized\nCSeq: 2\n\n");
	feed_text(&f, OK "CSeq: 3\r\nContent-Length: 60\r\n\r\n"
	    "v=0\r\nRTSP/1.0 200 OK\r\n\r\n$");
	feed_add(&f, "\1\0\1a$\0\0\0", 8);
	feed_text(&f, "0123456789012345678901234567$\2RTSP/");
	feed_packet(&f, 0, 0, 0);
	feed_packet(&f, 3, 1, '$');
	feed_packet(&f, 1, longest, 'x');
	feed_text(&f, "\r\n");
	feed_packet(&f, 2, 300, '$');
	feed_text(&f, "ANNOUNCE rtsp://a/ RTSP/1.0\r\nContent-length:3\r\n"
	    "\r\n$\r\n");
	feed_packet(&f, 0, 0, 0);
	feed_packet(&f, 0, 5, '\n');
	return f;
}

static void
assert_same_in_pieces(const struct feed *f, size_t step)
{
	char *whole = feed(f->bytes, f->len, 4, 0);
	char *pieces = feed(f->bytes, f->len, 4, step);

	assert_string_equal(pieces, whole);
	free(whole);
	free(pieces);
}

static void
test_pieces(void **state)
{
	struct feed f = mixed_stream(700), big = mixed_stream(65535);
	char *text = feed(f.bytes, f.len, 4, 0);
	int lines = 0;

	(void)state;
	for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	/* A folded line, and the end. */
	assert_int_equal(lines, 10 + 1 + 1);
	assert_non_null(strstr(text, "\nleft 0\n"));
	assert_non_null(strstr(text, "[Content-Length=60] body 60 "));
	for (size_t step = 1; step < 80; step++)
		assert_same_in_pieces(&f, step);
	assert_same_in_pieces(&big, 1460);
	assert_same_in_pieces(&big, 65536);
	free(text);
	free(f.bytes);
	free(big.bytes);
}

/* Each beginning of the stream gives as many messages as are whole in it. */
static void
test_prefixes(void **state)
{
	struct feed f = mixed_stream(100);
	size_t last = 0;

	(void)state;
	for (size_t len = 0; len <= f.len; len++) {
		struct rtsp_reader r = { .channels = 4 };
		uint8_t *part = xmemdup(f.bytes, len + 1);
		size_t at = 0;
		long n;

		part = xrealloc(part, len > 0 ? len : 1);
		while ((n = rtsp_read(&r, part + at, len - at, &m, &skip)) >
		    0) {
			at += (size_t)n;
			assert_false(r.lost);
		}
		assert_int_equal(n, 0);
		assert_true(at >= last);
		last = at;
		free(part);
	}
	assert_int_equal(last, f.len);
	free(f.bytes);
}

/* Payloads are not looked at: theirs is memory that cannot be read. */
static void
test_payload_is_not_read(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), size = 18 * page;
	uint8_t *map = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct rtsp_reader r = { .channels = 2 };

	(void)state;
	assert_true(map != MAP_FAILED && page == 4096);
	memcpy(map + page - 4, "$\1\xff\xff", 4);
	memcpy(map + page + 65535, "$\0", 2);
	assert_int_equal(mprotect(map + page, 15 * page, PROT_NONE), 0);
	for (int more = 0; more < 3; more++) {
		assert_int_equal(rtsp_read(&r, map + page - 4,
		    4 + 65535 + (size_t)more, &m, &skip), 4 + 65535);
		assert_int_equal(m.body_len, 65535);
		assert_ptr_equal(m.body, map + page);
	}
	assert_int_equal(rtsp_read(&r, map + page - 4, 4 + 65534, &m, &skip),
	    0);
	munmap(map, size);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_packet),
		cmocka_unit_test(test_first_lines),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_cseq),
		cmocka_unit_test(test_content_length),
		cmocka_unit_test(test_many_headers),
		cmocka_unit_test(test_long_head),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_payload_is_not_read),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(copy);
	return failed;
}
