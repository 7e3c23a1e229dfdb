/*
 * What comes to the one port before anybody is known: the name in a first
 * check (first_check.h) and the check itself (ice_check.h). Each input is read
 * as it is, and then as attributes of a check that has the right password.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "first_check.h"
#include "fuzz.h"
#include "tests/unit/worker/transport/stun_seal.h"
#include "worker/transport/ice_check.h"
#include "xalloc.h"

#define UFRAG		"Tag0ufrag12z"
#define PWD		"VOkJxbRl1RmTxUk/WvJxBt"
#define MAX_ATTRIBUTES	1400

unsigned long fuzz_answered;

static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_stun: %s\n", what);
	abort();
}

static void
judge_answer(const uint8_t *answer, size_t len, const uint8_t *request)
{
	must(len <= ICE_CHECK_MAX && len >= STUN_HEADER_LEN &&
	    get16(answer + 2) == len - STUN_HEADER_LEN,
	    "an answer's length is wrong");
	must(get16(answer) == 0x0101 || get16(answer) == 0x0111,
	    "it is no answer");
	must(memcmp(answer + 4, request + 4, 16) == 0,
	    "it answers another request");
}

/* The end of the data is the end of its memory. */
static void
judge(const uint8_t *data, size_t len)
{
	char ufrag[FIRST_CHECK_UFRAG + 1] = "";
	bool first = first_check_read(data, len, ufrag);
	uint8_t answer[ICE_CHECK_MAX];
	union socket_address from;
	enum ice_check check;
	size_t answer_len;

	must(first == first_check_is_ufrag(ufrag, strlen(ufrag)),
	    "what was read is no ufrag");
	socket_address_parse(&from, len % 8 < 4 ? "192.0.2.1" : "2001:db8::1",
	    (int)(len % 65536));
	check = ice_check_answer(data, len, UFRAG, PWD, &from, answer,
	    &answer_len);
	must(check == ice_check_read(data, len, UFRAG, PWD),
	    "one that is answered is read otherwise");
	must((check != ICE_CHECK_NONE) == (answer_len > 0),
	    "a check is not answered, or something else is");
	if (check == ICE_CHECK_NONE)
		return;
	must(first && strcmp(ufrag, UFRAG) == 0,
	    "the broker reads another name than the worker");
	judge_answer(answer, answer_len, data);
	fuzz_answered++;
}

/* A request with these attributes and, as the last bit says, our name. */
static size_t
write_request(uint8_t *p, const uint8_t *data, size_t len)
{
	static const uint8_t begin[] = {
		0x00, 0x01, 0, 0, 0x21, 0x12, 0xa4, 0x42,
		1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x00, 0x06, 0, 16,
	};
	size_t at = STUN_HEADER_LEN;

	memcpy(p, begin, sizeof begin);
	if (len > 0 && data[len - 1] & 1) {
		memcpy(p + sizeof begin, UFRAG ":abc", 16);
		at = sizeof begin + 16;
	}
	if (len > 1) {
		len = len - 1 < MAX_ATTRIBUTES ? len - 1 : MAX_ATTRIBUTES;
		memcpy(p + at, data, len);
		at += (len + 3) / 4 * 4;
	}
	return stun_seal(p, at, PWD);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t request[MAX_ATTRIBUTES + 100] = { 0 }, *copy;
	size_t n = write_request(request, data, len);

	judge(data, len);
	copy = xmemdup(request, n);
	judge(copy, n);
	free(copy);
	return 0;
}
