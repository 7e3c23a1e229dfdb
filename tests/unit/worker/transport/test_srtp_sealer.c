/* The published test vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "worker/transport/srtp_sealer.h"

static size_t
from_hex(const char *hex, uint8_t *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;

	for (; hex[0] != '\0'; hex += 2)
		out[n++] = (uint8_t)((strchr(digits, hex[0]) - digits) << 4 |
		    (strchr(digits, hex[1]) - digits));
	return n;
}

static void
assert_hex(const uint8_t *got, const char *hex)
{
	uint8_t want[256];

	assert_memory_equal(got, want, from_hex(hex, want));
}

/* RFC 3711, appendix B.3. */
static void
test_derivation(void **state)
{
	struct srtp_session_keys k;
	uint8_t master[30];

	(void)state;
	from_hex("e1f97a0d3e018be0d64fa32c06de4139"
	    "0ec675ad498afeebb6960b3aabe6", master);
	srtp_derive_keys(&k, SRTP_LABEL_RTP, master, 16, 14);
	assert_int_equal(k.key_len, 16);
	assert_hex(k.key, "c61e7a93744f39ee10734afe3ff7a087");
	assert_hex(k.salt, "30cbbc08863d8c85d49db34a9ae1");
	assert_hex(k.auth, "cebe321f6ff7716b6fd4ab49af256a156d38baa4");
}

/* RFC 6188, section 7.4. */
static void
test_derivation_256(void **state)
{
	struct srtp_session_keys k;
	uint8_t master[46];

	(void)state;
	from_hex("f0f04914b513f2763a1b1fa130f10e29"
	    "98f6f6e43e4309d1e622a0e332b9f1b6"
	    "3b04803de51ee7c96423ab5b78d2", master);
	srtp_derive_keys(&k, SRTP_LABEL_RTP, master, 32, 14);
	assert_int_equal(k.key_len, 32);
	assert_hex(k.key, "5ba1064e30ec51613cad926c5a28ef73"
	    "1ec7fb397f70a960653caf06554cd8c4");
	assert_hex(k.salt, "fa31791685ca444a9e07c6c64e93");
	assert_hex(k.auth, "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05");
}

/* The key stream of RFC 3711, appendix B.2: SSRC, counter and sequence
 * number are 0 and so is the text. */
static void
test_key_stream(void **state)
{
	static const uint8_t header[12] = { 0x80, 96 }, zero[48];
	struct srtp_session_keys k = { .key_len = 16 };
	struct srtp_packet p = { .header = header, .header_len = 12,
		.payload = zero, .payload_len = sizeof zero };
	uint8_t out[128];
	void *cm;

	(void)state;
	from_hex("2b7e151628aed2a6abf7158809cf4f3c", k.key);
	from_hex("f0f1f2f3f4f5f6f7f8f9fafbfcfd", k.salt);
	cm = srtp_cm_sha1_80.open(&k);
	assert_int_equal(srtp_cm_sha1_80.seal(cm, &p, out), 12 + 48 + 10);
	assert_hex(out + 12, "e03ead0935c95e80e166b16dd92b4eb4"
	    "d23513162b02d0f72a43a2fe4a5f97ab"
	    "41e95b3bb0a2e8dd477901e4fca894c0");
	srtp_cm_sha1_80.close(cm);
}

/* RFC 7714, sections 16.1.1 and 16.2.1. */
static void
check_gcm(size_t key_len, const char *want)
{
	struct srtp_session_keys k = { .key_len = key_len };
	struct srtp_packet p = { .ssrc = 0x5501a0b2, .index = 0xf17b };
	uint8_t plain[64], out[128];
	size_t n;
	void *gcm;

	n = from_hex("8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e"
	    "69732064697669736120696e207061727465732074726573", plain);
	p.header = plain;
	p.header_len = 12;
	p.payload = plain + 12;
	p.payload_len = n - 12;
	for (size_t i = 0; i < key_len; i++)
		k.key[i] = (uint8_t)i;
	from_hex("517569642070726f2071756f", k.salt);
	gcm = srtp_gcm.open(&k);
	assert_non_null(gcm);
	assert_int_equal(srtp_gcm.seal(gcm, &p, out), n + 16);
	assert_hex(out, want);
	srtp_gcm.close(gcm);
}

static void
test_gcm(void **state)
{
	(void)state;
	check_gcm(16, "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4b"
	    "cabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152"
	    "cf765ee4390cce");
	check_gcm(32, "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33"
	    "aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b7aa3db36dfffd6b0f9"
	    "bb7878d7a76c13");
}

/* RFC 7714, sections 17.1 and 17.2, and the way back. */
static void
check_gcm_rtcp(size_t key_len, const char *want)
{
	static const char text[] = "81c8000d4d6172734e5450314e5450325254502000"
	    "00042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef";
	struct srtp_session_keys k = { .key_len = key_len };
	uint8_t packet[128];
	size_t len, n;
	void *gcm;

	for (size_t i = 0; i < key_len; i++)
		k.key[i] = (uint8_t)i;
	from_hex("517569642070726f2071756f", k.salt);
	gcm = srtp_gcm.open(&k);
	n = len = from_hex(text, packet);
	assert_int_equal(srtp_gcm_seal_rtcp(gcm, 0x800005d4, packet, &n), 0);
	assert_int_equal(n, len + SRTP_RTCP_ROOM);
	assert_hex(packet, want);
	assert_int_equal(srtp_gcm_open_rtcp(gcm, packet, &n), 0);
	assert_int_equal(n, len);
	assert_hex(packet, text);
	srtp_gcm.close(gcm);
}

static void
test_gcm_rtcp(void **state)
{
	(void)state;
	check_gcm_rtcp(16, "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997f"
	    "f5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275bc84aa45896"
	    "cf4d2fc5abf87245d9eade800005d4");
	check_gcm_rtcp(32, "81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c"
	    "3ece5dbffe0a50a2eaa5c1110555be8415f658c61de0476f1b6fad1d1eb30c44"
	    "46839f57ff6f6cb26ac3be800005d4");
}

/* Keys of a length that no profile has. */
static void
test_refused(void **state)
{
	struct srtp_session_keys k = { .key_len = 20 };

	(void)state;
	assert_null(srtp_gcm.open(&k));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_derivation),
		cmocka_unit_test(test_derivation_256),
		cmocka_unit_test(test_key_stream),
		cmocka_unit_test(test_gcm),
		cmocka_unit_test(test_gcm_rtcp),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
