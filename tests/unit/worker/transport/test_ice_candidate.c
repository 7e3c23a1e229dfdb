#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ice_ends.h"
#include "worker/transport/ice_candidate.h"

static const struct {
	const char *text;
	enum ice_use use;
} candidates[] = {
	{ "candidate:1 1 udp 2113937151 192.0.2.9 50000 typ host",
	    ICE_CANDIDATE_USE },
	{ "candidate:a+/9 1 UDP 1 192.0.2.9 1 typ srflx raddr 0.0.0.0 rport 0",
	    ICE_CANDIDATE_USE },
	{ "candidate:1 1 udp 4294967295 2001:db8::1 65535 typ relay "
	    "raddr ::1 rport 9 generation 0", ICE_CANDIDATE_USE },
	{ ENDS_LOCAL, ICE_CANDIDATE_IGNORE },
	{ "candidate:1 1 tcp 1518280447 192.0.2.9 9 typ host tcptype active",
	    ICE_CANDIDATE_IGNORE },
	{ "candidate:1 2 udp 1 192.0.2.9 5000 typ host",
	    ICE_CANDIDATE_IGNORE },
	{ "candidate:1 1 udp 1 host.example 5000 typ host",
	    ICE_CANDIDATE_IGNORE },
	{ "candidate:1 1 udp 1 224.0.0.1 5000 typ host",
	    ICE_CANDIDATE_IGNORE },
	{ "candidate:1 1 udp 1 255.255.255.255 5000 typ host",
	    ICE_CANDIDATE_IGNORE },
	{ "candidate:1 1 udp 1 0.0.0.0 5000 typ host", ICE_CANDIDATE_IGNORE },
	{ "candidate:1 1 udp 1 ff02::1 5000 typ host", ICE_CANDIDATE_IGNORE },
	{ "candidate:1 1 udp 1 :: 5000 typ host", ICE_CANDIDATE_IGNORE },
	{ "candidate:1 1 udp 1 fe80::1 5000 typ host", ICE_CANDIDATE_IGNORE },
	{ "candidate:1 1 udp 1 192.0.2.9 0 typ host", ICE_CANDIDATE_IGNORE },
	{ "candidate:1 1 udp 1 192.0.2.9 5000 typ new", ICE_CANDIDATE_IGNORE },
	{ "candidate:", ICE_CANDIDATE_BAD },
	{ "candidate:1", ICE_CANDIDATE_BAD },
	{ "candidat:1 1 udp 1 192.0.2.9 5000 typ host", ICE_CANDIDATE_BAD },
	{ "candidate:1 1 udp 1 192.0.2.9 5000 typ", ICE_CANDIDATE_BAD },
	{ "candidate:1 1 udp 1 192.0.2.9 5000 type host", ICE_CANDIDATE_BAD },
	{ "candidate:1 1 udp 1 192.0.2.9 65536 typ host", ICE_CANDIDATE_BAD },
	{ "candidate:1 1 udp 1 192.0.2.9 -1 typ host", ICE_CANDIDATE_BAD },
	{ "candidate:1 1 udp 4294967296 192.0.2.9 1 typ host",
	    ICE_CANDIDATE_BAD },
	{ "candidate:1 1 udp 99999999999999999999 192.0.2.9 1 typ host",
	    ICE_CANDIDATE_BAD },
	{ "candidate:1 257 udp 1 192.0.2.9 5000 typ host", ICE_CANDIDATE_BAD },
	{ "candidate:1  1 udp 1 192.0.2.9 5000 typ host", ICE_CANDIDATE_BAD },
	{ "candidate:1 1 udp 1 192.0.2.9 5000 typ host\r\na=x",
	    ICE_CANDIDATE_BAD },
	{ "candidate:1 1x udp 1 192.0.2.9 5000 typ host", ICE_CANDIDATE_BAD },
	{ "candidate:1 1 udp 1x 192.0.2.9 5000 typ host", ICE_CANDIDATE_BAD },
	{ "candidate:1 1 udp 1 192.0.2.9 5000x typ host", ICE_CANDIDATE_BAD },
	{ "candidate: 1 udp 1 192.0.2.9 5000 typ host", ICE_CANDIDATE_BAD },
	{ "candidate:12345678901234567890123456789012 1 udp 1 192.0.2.9 1 "
	    "typ host", ICE_CANDIDATE_USE },
	{ "candidate:123456789012345678901234567890123 1 udp 1 192.0.2.9 1 "
	    "typ host", ICE_CANDIDATE_BAD },
};

static void
test_candidates(void **state)
{
	char big[2000] = "candidate:1 1 udp 1 192.0.2.9 5000 typ host ";
	struct end e;
	size_t n = strlen(big);

	(void)state;
	end_open(&e, "127.0.0.1", false);
	assert_int_equal(ice_set_remote(e.ice, "abcd",
	    "0123456789012345678901"), 0);
	for (size_t i = 0; i < sizeof candidates / sizeof candidates[0]; i++) {
		enum ice_use use = ice_candidate_check(candidates[i].text);

		if (use != candidates[i].use)
			print_error("%s\n", candidates[i].text);
		assert_int_equal(use, candidates[i].use);
		assert_int_equal(ice_add_candidate(e.ice, candidates[i].text),
		    use == ICE_CANDIDATE_BAD ? -1 : 0);
	}
	memset(big + n, 'x', sizeof big - n - 1);
	assert_int_equal(ice_add_candidate(e.ice, big), -1);
	big[512] = '\0';
	assert_int_equal(ice_candidate_check(big), ICE_CANDIDATE_BAD);
	big[511] = '\0';
	assert_int_equal(ice_candidate_check(big), ICE_CANDIDATE_USE);
	assert_int_equal(ice_add_candidate(e.ice,
	    "a=candidate:1 1 udp 1 192.0.2.9 5000 typ host"), 0);
	ice_free(e.ice);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_candidates),
	};

	return cmocka_run_group_tests(tests, ends_set_up, ends_tear_down);
}
