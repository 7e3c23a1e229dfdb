/* The first request of a connection to our RTSP port, as the broker reads it
 * (rtsp_first.h). */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/port/rtsp_first.h"
#include "fuzz.h"

unsigned long fuzz_answered;

static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_rtsp_first: %s\n", what);
	abort();
}

static void
judge(const struct rtsp_first *f)
{
	char *answer = rtsp_first_answer(f, 404);

	must(f->cseq >= -1, "a number has a sign");
	must(strpbrk(f->path, " \r\n?") == NULL, "a path is more than one");
	must(strpbrk(f->query, " \r\n") == NULL, "a query is more than one");
	must(f->path[0] != '/', "a path has its slash");
	for (const char *p = f->user_agent; *p != '\0'; p++)
		must(*p >= ' ' && *p < 0x7f, "an agent cannot be shown");
	must(strstr(answer, "\r\n\r\n") == answer + strlen(answer) - 4,
	    "an answer has two ends");
	free(answer);
	fuzz_answered++;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rtsp_first f;
	long n = rtsp_first_read((const char *)data, len, &f);

	must(n >= -1 && n <= (long)len, "a head is longer than what came");
	if (n > 0)
		judge(&f);
	/* What is said to be whole is so with more behind it. */
	if (n > 1)
		must(rtsp_first_read((const char *)data, (size_t)n, &f) == n,
		    "a head depends on what follows it");
	return 0;
}
