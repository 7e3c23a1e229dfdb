/*
 * What a camera sends over RTSP: cut into messages (rtsp_message.h), of whose
 * headers the parameters are read, and the challenges answered (rtsp_auth.h).
 * It is read as HTTP's answer, too.
 * The first byte says how many channels there are, the second in which pieces
 * the rest comes.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "fuzz.h"
#include "worker/rtsp/rtsp_auth.h"
#include "worker/rtsp/rtsp_message.h"
#include "xalloc.h"

unsigned long fuzz_answered;

static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_rtsp: %s\n", what);
	abort();
}

static bool
is_within(const void *p, size_t len, const uint8_t *data, size_t whole)
{
	const uint8_t *at = p;

	return at >= data && at <= data + whole &&
	    len <= (size_t)(data + whole - at);
}

static void
judge_value(const struct rtsp_text *value)
{
	static const char *const names[] = {
		"timeout", "interleaved", "server_port", "ssrc", "url", "",
	};
	char *copy = rtsp_text_copy(value);

	must(strlen(copy) == value->len, "a value has a zero");
	must(strpbrk(copy, "\r\n") == NULL, "a copy has a line end");
	free(copy);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct rtsp_text part;

		if (rtsp_parameter(value, names[i], &part))
			must(is_within(part.data, part.len,
			    (const uint8_t *)value->data, value->len),
			    "a parameter is outside of its value");
	}
}

static void
judge_auth(struct rtsp_auth *a, const struct rtsp_message *m)
{
	const char *wanted;
	char *line;

	switch (rtsp_auth_take(a, m)) {
	case RTSP_AUTH_UNKNOWN:
		wanted = rtsp_auth_wanted(a);
		must(wanted[0] != '\0', "nobody knows what was wanted");
		for (; *wanted != '\0'; wanted++)
			must(*wanted >= ' ' && *wanted < 0x7f,
			    "what was wanted cannot be shown");
		break;
	case RTSP_AUTH_TRY:
		line = rtsp_auth_header(a, "SETUP", "rtsp://192.0.2.1/a");
		must(line != NULL && strncmp(line, "Authorization: ", 15) == 0,
		    "a challenge is not answered");
		must(strpbrk(line, "\r\n") == line + strlen(line) - 2,
		    "it is not one line");
		free(line);
		fuzz_answered++;
		break;
	default:
		must(rtsp_auth_wanted(a)[0] == '\0', "something is wanted");
	}
}

/* The message takes the `n` bytes of data, but for `skip` ones. */
static void
judge(const struct rtsp_message *m, const uint8_t *data, size_t n, size_t skip,
    int channels)
{
	const uint8_t *p = data + skip;

	must(m->body + m->body_len == data + n, "a body ends elsewhere");
	if (m->kind == RTSP_PACKET) {
		must(p[0] == '$' && p[1] == m->channel &&
		    m->channel < channels && m->body == p + 4 &&
		    get16(p + 2) == m->body_len, "it is no packet");
		return;
	}
	must(m->n_headers <= RTSP_MAX_HEADERS, "there are too many headers");
	must(m->body_len <= RTSP_MAX_BODY && m->body > p, "a body is wrong");
	must(m->kind == RTSP_REQUEST ? m->method.data == (const char *)p &&
	    is_within(m->uri.data, m->uri.len, p, (size_t)(m->body - p)) :
	    m->status >= 100 && m->status <= 999, "it is no first line");
	for (size_t i = 0; i < m->n_headers; i++) {
		must(is_within(m->headers[i].value.data,
		    m->headers[i].value.len, p, (size_t)(m->body - p)),
		    "a header is outside of the message");
		must(rtsp_header(m, "", 0) == NULL, "one has no name");
		judge_value(&m->headers[i].value);
	}
}

/* What is there a second time when the junk was thrown away: the same. */
static void
judge_wait(const struct rtsp_reader *r, const uint8_t *data, size_t len)
{
	static struct rtsp_message m;
	struct rtsp_reader again = *r;
	size_t skip;

	must(len < RTSP_MAX_MESSAGE, "it waits for too many bytes");
	must(rtsp_read(&again, data, len, &m, &skip) == 0 && skip == 0,
	    "junk that was thrown away is missing");
}

/* Reads what has come. Returns how much is done with, or -1 at the end. */
static long
read_all(struct rtsp_reader *r, struct rtsp_auth *a, const uint8_t *data,
    size_t len)
{
	static struct rtsp_message m;
	size_t at = 0, skip;
	long n;

	while ((n = rtsp_read(r, data + at, len - at, &m, &skip)) > 0) {
		must(skip < (size_t)n && (size_t)n <= len - at,
		    "it takes more than there is");
		must(!r->lost, "it is lost with a message");
		judge(&m, data + at, (size_t)n, skip, r->channels);
		judge_auth(a, &m);
		at += (size_t)n;
	}
	must(skip <= len - at, "it skips more than there is");
	if (n < 0)
		return -1;
	judge_wait(r, data + at + skip, len - at - skip);
	return (long)(at + skip);
}

/* As HTTP's answer: its head is the same however much of it has come. */
static void
judge_http(struct rtsp_auth *a, const uint8_t *data, size_t len)
{
	static struct rtsp_message m;
	long n = rtsp_read_http(data, len, &m);

	must(n >= -1 && n <= (long)len, "a head is longer than what came");
	if (n == 0)
		must(len < RTSP_MAX_HEAD, "a head is waited for too long");
	if (n <= 0)
		return;
	must(m.kind == RTSP_ANSWER && m.status >= 100 && m.status <= 999 &&
	    m.body == data + n && m.body_len == 0, "it is no answer");
	for (size_t i = 0; i < m.n_headers; i++) {
		must(is_within(m.headers[i].value.data,
		    m.headers[i].value.len, data, (size_t)n),
		    "a header is outside of the head");
		judge_value(&m.headers[i].value);
	}
	judge_auth(a, &m);
	must(rtsp_read_http(data, (size_t)n, &m) == n, "its end moves");
	must(rtsp_read_http(data, (size_t)n - 1, &m) == 0, "it had ended");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rtsp_reader r = { .lost = false };
	struct rtsp_auth *a = rtsp_auth_new("user", "pass word");
	uint8_t *have = NULL;
	size_t held = 0, step, at = 2;

	if (len >= 2) {
		judge_http(a, data + 2, len - 2);
		r.channels = (int[]){ 4, 0, 2, 256 }[data[0] % 4];
		step = data[1] == 0 ? len : data[1];
		while (at < len) {
			size_t n = step < len - at ? step : len - at;
			long done;

			/* The end of what came is the end of its memory. */
			have = xrealloc(have, held + n);
			memcpy(have + held, data + at, n);
			held += n;
			at += n;
			done = read_all(&r, a, have, held);
			if (done < 0)
				break;
			held -= (size_t)done;
			memmove(have, have + done, held);
		}
	}
	free(have);
	rtsp_auth_free(a);
	return 0;
}
