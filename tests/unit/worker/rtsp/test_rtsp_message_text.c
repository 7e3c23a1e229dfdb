/* The small functions of rtsp_message: parameters, copies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "worker/rtsp/rtsp_message.h"
#include "xalloc.h"

#define TRANSPORT	"RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=12AB"

static const struct {
	const char *text, *name, *value;	/* NULL: there is none */
} parameters[] = {
	{ "4711;timeout=60", "timeout", "60" },
	{ "4711;timeout=60", "TIMEOUT", "60" },
	{ "4711;timeout=60", "4711", "" },
	{ "4711;timeout=60", "time", NULL },
	{ "4711;timeout=60", "timeouts", NULL },
	{ "4711;timeout=60", "60", NULL },
	{ "4711 ;\ttimeout = 60 ", "timeout", "60" },
	{ "4711;\r\n timeout=\r\n 60", "timeout", "60" },
	{ "4711;timeout=", "timeout", "" },
	{ "4711;timeout", "timeout", "" },
	{ "4711;;timeout=1", "timeout", "1" },
	{ "timeout=1;timeout=2", "timeout", "1" },
	{ "4711", "timeout", NULL },
	{ "", "timeout", NULL },
	{ ";", "timeout", NULL },
	{ TRANSPORT, "unicast", "" },
	{ TRANSPORT, "interleaved", "0-1" },
	{ TRANSPORT, "ssrc", "12AB" },
	{ TRANSPORT, "RTP/AVP/TCP", "" },
	{ TRANSPORT, "RTP/AVP", NULL },
	{ "a=b=c;d=e", "a", "b=c" },
	{ "mode=\"PLAY\";b=1", "mode", "PLAY" },
	{ "mode=\"a;b=2\";b=1", "b", "1" },
	{ "mode=\"a;b=2\";b=1", "mode", "a;b=2" },
	{ "mode=\"a\\\";b=2\";b=1", "b", "1" },
	{ "mode=\"a\\\";b=2\";b=1", "mode", "a\\\";b=2" },
	{ "mode=\\\";b=1", "b", NULL },
	{ "mode=\\;b=1", "b", "1" },
	{ "mode=\"\"", "mode", "" },
	{ "mode=\"", "mode", "\"" },
	{ "mode=\"a", "mode", "\"a" },
	{ "mode=a\"", "mode", "a\"" },
	{ "mode=\"a;b=1", "b", NULL },
	{ "mode=\"a\\", "mode", "\"a\\" },
};

static void
test_parameters(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof parameters / sizeof parameters[0];
	    i++) {
		const char *want = parameters[i].value;
		size_t len = strlen(parameters[i].text);
		char *copy = xmemdup(parameters[i].text, len > 0 ? len : 1);
		struct rtsp_text text = { copy, len }, value = { NULL, 9 };

		assert_int_equal(rtsp_parameter(&text, parameters[i].name,
		    &value), want != NULL);
		if (want != NULL) {
			assert_int_equal(value.len, strlen(want));
			assert_memory_equal(value.data, want, value.len);
		}
		free(copy);
	}
}

static void
test_copy(void **state)
{
	struct rtsp_text text = { "a,\r\n\tb rest", 7 };
	char *copy = rtsp_text_copy(&text);

	(void)state;
	assert_string_equal(copy, "a,  \tb ");
	free(copy);
	text.len = 0;
	copy = rtsp_text_copy(&text);
	assert_string_equal(copy, "");
	free(copy);
}

static void
test_is(void **state)
{
	struct rtsp_text text = { "Digester", 6 };

	(void)state;
	assert_true(rtsp_text_is(&text, "dIGEST"));
	assert_false(rtsp_text_is(&text, "Diges"));
	assert_false(rtsp_text_is(&text, "Digeste"));
	assert_false(rtsp_text_is(&text, "Digest2"));
	assert_false(rtsp_text_is(&text, "Bigest"));
	text.len = 0;
	assert_true(rtsp_text_is(&text, ""));
}

static const struct {
	const char *text;
	long n;
	int status;
} heads[] = {
	{ "HTTP/1.0 200 OK\r\n\r\n$", 19, 200 },
	{ "HTTP/1.1 401\r\nA: b\r\n\r\n", 22, 401 },
	{ "HTTP/1.1  404  No\nA: b\n\nHTTP", 24, 404 },
	{ "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 99999999\r\n\r\n",
	    51, 200 },
	{ "HTTP/1.0 200 OK\r\n\r", 0, 0 },
	{ "HTTP/1.0 200 OK\r\nA: b\r\n", 0, 0 },
	{ "HTTP", 0, 0 },
	{ "H", 0, 0 },
	{ "HTTP/1.0", 0, 0 },
	{ "HTTPS/1.0 200 OK\r\n\r\n", -1, 0 },
	{ "http/1.0 200 OK\r\n\r\n", -1, 0 },
	{ "RTSP/1.0 200 OK\r\n\r\n", -1, 0 },
	{ "\r\nHTTP/1.0 200 OK\r\n\r\n", -1, 0 },
	{ "HTTP/1.0 99 OK\r\n\r\n", -1, 0 },
	{ "HTTP/1.0 1000 OK\r\n\r\n", -1, 0 },
	{ "HTTP/1.0\r\n\r\n", -1, 0 },
	{ "HTTP/10 200 OK\r\n\r\n", -1, 0 },
	{ "HTTP/1.0 200 \001\r\n", -1, 0 },
};

static void
test_http(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		size_t len = strlen(heads[i].text);
		char *copy = xmemdup(heads[i].text, len);
		struct rtsp_message m = { .cseq = 7 };
		const struct rtsp_text *a;

		assert_int_equal(rtsp_read_http((uint8_t *)copy, len, &m),
		    heads[i].n);
		if (heads[i].n > 0) {
			assert_int_equal(m.kind, RTSP_ANSWER);
			assert_int_equal(m.status, heads[i].status);
			assert_int_equal(m.body_len, 0);
			assert_ptr_equal(m.body, copy + heads[i].n);
			assert_int_equal(m.cseq, -1);
			a = rtsp_header(&m, "a", 0);
			assert_int_equal(a != NULL,
			    strstr(copy, "A: b\r") != NULL || i == 2);
			if (a != NULL)
				assert_true(rtsp_text_is(a, "b"));
		}
		free(copy);
	}
}

/* One that never ends is no answer. */
static void
test_http_without_an_end(void **state)
{
	struct rtsp_message m;
	char *text = xcalloc(RTSP_MAX_HEAD, 1);

	(void)state;
	memset(text, 'x', RTSP_MAX_HEAD);
	memcpy(text, "HTTP/1.0 200 OK\r\n", 17);
	assert_int_equal(rtsp_read_http((uint8_t *)text, RTSP_MAX_HEAD - 1,
	    &m), 0);
	assert_int_equal(rtsp_read_http((uint8_t *)text, RTSP_MAX_HEAD, &m),
	    -1);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_is),
		cmocka_unit_test(test_http),
		cmocka_unit_test(test_http_without_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
