/* What a viewer's check is answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "stun_messages.h"
#include "stun_seal.h"
#include "worker/transport/ice_check.h"

/* RFC 5769, section 2.1: a sample request, to which the sections 2.2 and 2.3
 * have the answers. The role is that of the one who is controlling. */
#define UFRAG	"evtj"
#define PWD	"VOkJxbRl1RmTxUk/WvJxBt"

static const uint8_t before_seal[] =
    "\x00\x01\x00\x00\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86"
    "\xfa\x87\xdf\xae\x80\x22\x00\x10STUN test client\x00\x24\x00\x04"
    "\x6e\x00\x01\xff\x80\x2a\x00\x08\x93\x2f\xf9\xb1\x51\x26\x3b\x36"
    "\x00\x06\x00\x09\x65\x76\x74\x6a\x3a\x68\x36\x76\x59\x20\x20\x20";
#define BEFORE_SEAL	(sizeof before_seal - 1)

#define MAPPED_V4	"\x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43"
#define MAPPED_V6	"\x00\x20\x00\x14\x00\x02\xa1\x47\x01\x13\xa9\xfa" \
    "\xa5\xd3\xf1\x79\xbc\x25\xf4\xb5\xbe\xd2\xb9\xd9"

static union socket_address
address(const char *ip, int port)
{
	union socket_address a;

	assert_true(socket_address_parse(&a, ip, port));
	return a;
}

/* The bytes of the attribute; NULL: there is none. */
static const uint8_t *
find(const uint8_t *p, size_t len, uint16_t type, size_t *n)
{
	for (size_t at = STUN_HEADER_LEN; at < len;) {
		assert_true(len - at >= 4);
		*n = get16(p + at + 2);
		assert_true(*n <= len - at - 4);
		if (get16(p + at) == type)
			return p + at + 4;
		at += 4 + (*n + 3) / 4 * 4;
	}
	return NULL;
}

/* It ends with both seals, made with our password, and is of that request. */
static void
assert_sealed(const uint8_t *answer, size_t len, uint16_t type,
    const uint8_t *request, const char *pwd)
{
	uint8_t copy[ICE_CHECK_MAX], digest[SHA1_DIGEST_SIZE];
	size_t to_seal = len - STUN_SEAL_LEN;

	assert_in_range(len, STUN_HEADER_LEN + STUN_SEAL_LEN, ICE_CHECK_MAX);
	assert_int_equal(len % 4, 0);
	assert_int_equal(get16(answer), type);
	assert_int_equal(get16(answer + 2), len - STUN_HEADER_LEN);
	assert_memory_equal(answer + 4, request + 4, 16);
	assert_int_equal(get32(answer + to_seal), 0x00080014);
	assert_int_equal(get32(answer + len - 8), 0x80280004);
	memcpy(copy, answer, len);
	stun_integrity(copy, to_seal, pwd, digest);
	assert_memory_equal(answer + to_seal + 4, digest, sizeof digest);
	memcpy(copy, answer, len);
	assert_int_equal(get32(answer + len - 4), stun_fingerprint(copy,
	    len - STUN_FINGERPRINT_LEN));
}

static void
answer_sample(const char *ip, const char *mapped, size_t mapped_len)
{
	union socket_address from = address(ip, 32853);
	uint8_t request[200], answer[ICE_CHECK_MAX];
	size_t len, n;

	memcpy(request, before_seal, BEFORE_SEAL);
	len = stun_seal(request, BEFORE_SEAL, PWD);
	assert_int_equal(ice_check_answer(request, len, UFRAG, PWD, &from,
	    answer, &n), ICE_CHECK_PLAIN);
	assert_sealed(answer, n, 0x0101, request, PWD);
	assert_memory_equal(answer + STUN_HEADER_LEN, mapped, mapped_len);
}

static void
test_sample(void **state)
{
	(void)state;
	answer_sample("192.0.2.1", MAPPED_V4, sizeof MAPPED_V4 - 1);
	answer_sample("2001:db8:1234:5678:11:2233:4455:6677", MAPPED_V6,
	    sizeof MAPPED_V6 - 1);
}

/* It is answered as any other, and told apart. */
static void
test_nomination(void **state)
{
	union socket_address from = address("192.0.2.1", 32853);
	uint8_t request[STUN_ROOM], answer[ICE_CHECK_MAX];
	size_t len, n;

	(void)state;
	for (int nominates = 0; nominates < 2; nominates++) {
		len = stun_write_check(request, "ours:theirs", PWD, nominates);
		assert_int_equal(ice_check_answer(request, len, "ours", PWD,
		    &from, answer, &n), nominates ? ICE_CHECK_NOMINATES :
		    ICE_CHECK_PLAIN);
		assert_sealed(answer, n, 0x0101, request, PWD);
	}
}

static void
assert_no_answer(const uint8_t *request, size_t len, const char *ufrag,
    const char *pwd)
{
	static const uint8_t nothing[ICE_CHECK_MAX];
	union socket_address from = address("192.0.2.1", 32853);
	uint8_t answer[ICE_CHECK_MAX] = { 0 };
	size_t n = 1;

	assert_int_equal(ice_check_answer(request, len, ufrag, pwd, &from,
	    answer, &n), ICE_CHECK_NONE);
	assert_int_equal(n, 0);
	assert_memory_equal(answer, nothing, sizeof answer);
}

/* Whoever does not know the password learns nothing, not even that we are. */
static void
test_strangers(void **state)
{
	static const uint8_t media[] = "\x80media";
	union socket_address from = address("192.0.2.1", 32853);
	uint8_t request[STUN_ROOM], answer[ICE_CHECK_MAX];
	size_t len = stun_write_check(request, "ours:theirs", PWD, true), n;

	(void)state;
	assert_no_answer(request, len, "ours", "VOkJxbRl1RmTxUk/WvJxBu");
	assert_no_answer(request, len, "ours", "");
	assert_no_answer(request, len, "our", PWD);
	assert_no_answer(request, len, "theirs", PWD);
	assert_no_answer(request, len - 4, "ours", PWD);
	assert_no_answer(media, sizeof media - 1, "ours", PWD);
	assert_no_answer(media, 0, "ours", PWD);
	ice_check_answer(request, len, "ours", PWD, &from, answer, &n);
	assert_true(n > 0);
	assert_no_answer(answer, n, "ours", PWD);	/* to an answer */
	request[len - 1] ^= 1;		/* of FINGERPRINT */
	assert_no_answer(request, len, "ours", PWD);
	request[len - 1] ^= 1;
	request[len - 9] ^= 1;		/* of MESSAGE-INTEGRITY */
	assert_no_answer(request, len, "ours", PWD);
}

/* Both want to be controlled: the viewer has to give in (RFC 8445, section
 * 7.3.1.1), since the other one cannot. */
static void
test_role_conflict(void **state)
{
	union socket_address from = address("192.0.2.1", 32853);
	uint8_t request[200], answer[ICE_CHECK_MAX];
	const uint8_t *error;
	size_t len, n, error_len;

	(void)state;
	memcpy(request, before_seal, BEFORE_SEAL);
	request[49] = 0x29;		/* ICE-CONTROLLED */
	for (int low = 0; low < 2; low++) {
		if (low)	/* of all tie-breakers but 0 the lowest */
			memcpy(request + 52, "\0\0\0\0\0\0\0\1", 8);
		len = stun_seal(request, BEFORE_SEAL, PWD);
		ice_check_answer(request, len, UFRAG, PWD, &from, answer, &n);
		assert_sealed(answer, n, 0x0111, request, PWD);
		error = find(answer, n, 0x0009, &error_len);
		assert_non_null(error);
		assert_true(error_len >= 4);
		assert_int_equal(get32(error), 0x0457);	/* 4 and 87 */
		assert_null(find(answer, n, 0x0020, &error_len));
	}
}

/* A viewer that is ICE lite itself, or one with no role, is answered. */
static void
test_no_role(void **state)
{
	union socket_address from = address("192.0.2.1", 32853);
	uint8_t request[200], answer[ICE_CHECK_MAX];
	size_t len, n;

	(void)state;
	memcpy(request, before_seal, BEFORE_SEAL);
	request[48] = 0xff;		/* an attribute that may be ignored */
	len = stun_seal(request, BEFORE_SEAL, PWD);
	assert_int_equal(ice_check_answer(request, len, UFRAG, PWD, &from,
	    answer, &n), ICE_CHECK_PLAIN);
	assert_sealed(answer, n, 0x0101, request, PWD);
}

/* A check with a name of that length, in a buffer of its own. */
static enum ice_check
answer_name(size_t name, size_t *n)
{
	union socket_address from = address("2001:db8::1", 32853);
	uint8_t *request = calloc(1, 2000), *answer = malloc(ICE_CHECK_MAX);
	size_t len = STUN_HEADER_LEN + 4 + (name + 3) / 4 * 4;
	enum ice_check check;

	memcpy(request, before_seal, STUN_HEADER_LEN);
	put16(request + STUN_HEADER_LEN, 0x0006);
	put16(request + STUN_HEADER_LEN + 2, (uint32_t)name);
	memset(request + STUN_HEADER_LEN + 4, 'u', name);
	memcpy(request + STUN_HEADER_LEN + 4, UFRAG ":", 5);
	len = stun_seal(request, len, PWD);
	check = ice_check_answer(request, len, UFRAG, PWD, &from, answer, n);
	if (*n > 0)
		assert_sealed(answer, *n, 0x0101, request, PWD);
	free(request);
	free(answer);
	return check;
}

/* The longest name that a viewer may have, two ufrags of 256 and a colon, is
 * answered; one that is longer is none. Libnice would end the process where
 * its answer to that does not fit. */
static void
test_long_names(void **state)
{
	size_t n;

	(void)state;
	for (size_t name = 5; name <= 513; name++) {
		assert_int_equal(answer_name(name, &n), ICE_CHECK_PLAIN);
		assert_true(n > 0);
	}
	for (size_t name = 514; name < 1400; name++) {
		assert_int_equal(answer_name(name, &n), ICE_CHECK_NONE);
		assert_int_equal(n, 0);
	}
}

/* The asker takes it for the answer. */
static void
test_it_is_an_answer(void **state)
{
	union socket_address from = address("192.0.2.1", 32853);
	uint8_t asked[ICE_CHECK_MAX], answer[ICE_CHECK_MAX];
	struct ice_ask *ask;
	size_t len, n;

	(void)state;
	ask = ice_ask_new("ours:theirs", PWD, true, asked, &len);
	assert_int_equal(ice_check_answer(asked, len, "ours", PWD, &from,
	    answer, &n), ICE_CHECK_PLAIN);
	assert_true(ice_ask_is_answered(ask, answer, n));
	ice_ask_free(ask);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_nomination),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_role_conflict),
		cmocka_unit_test(test_no_role),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_it_is_an_answer),
	};

	return cmocka_run_group_tests_name("ice_check_answer", tests, NULL,
	    NULL);
}
