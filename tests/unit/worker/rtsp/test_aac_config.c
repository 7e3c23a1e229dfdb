/* AudioSpecificConfig and StreamMuxConfig, ISO/IEC 14496-3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "latm_writer.h"
#include "worker/rtsp/aac_config.h"
#include "worker/rtsp/bit_reader.h"

static int
read_hex(const char *hex, struct aac_config *c)
{
	uint8_t bytes[SOUND_CONFIG_MAX];
	size_t n;

	assert_int_equal(aac_config_hex(hex, strlen(hex), bytes, &n), 0);
	return aac_config_read(bytes, n, c);
}

static void
test_configurations(void **state)
{
	static const struct {
		const char *hex;
		struct aac_config c;
	} cases[] = {
		{ "1408", { 2, 16000, 1, 1, 1024 } },
		{ "1190", { 2, 48000, 2, 2, 1024 } },
		{ "140c", { 2, 16000, 1, 1, 960 } },
		{ "0bb8", { 1, 22050, 7, 8, 1024 } },
		{ "2508", { 4, 11025, 1, 1, 1024 } },
		{ "1180", { 2, 48000, 0, 0, 1024 } },
		{ "15d8", { 2, 8000, 11, 7, 1024 } },
		/* SBR, PS; a rate of its own; ER AAC-LC, AAC-LD, AAC-ELD */
		{ "2b118800", { 2, 24000, 2, 2, 1024 } },
		{ "eb098800", { 2, 24000, 1, 1, 1024 } },
		{ "17800fa008", { 2, 8000, 1, 1, 1024 } },
		{ "8a0800", { 17, 44100, 1, 1, 1024 } },
		{ "b98800", { 23, 48000, 1, 1, 512 } },
		{ "b98c00", { 23, 48000, 1, 1, 480 } },
		{ "f8e62000", { 39, 48000, 1, 1, 512 } },
		{ "f8e63000", { 39, 48000, 1, 1, 480 } },
		/* with 14 bits of the core coder's delay */
		{ "140a0000", { 2, 16000, 1, 1, 1024 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct aac_config c;

		memset(&c, 0x55, sizeof c);
		assert_int_equal(read_hex(cases[i].hex, &c), 0);
		assert_memory_equal(&c, &cases[i].c, sizeof c);
	}
}

static void
test_what_is_not_taken(void **state)
{
	static const char *const cases[] = {
		"14",			/* cut off */
		"140a00",
		"0408", "1c08",		/* no object; SSR */
		"f9464000",		/* USAC */
		"1688", "1708", "1788",	/* reserved rates; no rate */
		"1440", "1448", "1450", "1468", "1478",	/* reserved channels */
		"1780000008",		/* a rate of 0 */
		"1780bb8088",		/* 96001 */
		"2b118000",		/* SBR upon no object */
	};
	struct aac_config c;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(read_hex(cases[i], &c), -1);
	assert_int_equal(aac_config_read(NULL, 0, &c), -1);
}

static void
test_hexadecimal_bytes(void **state)
{
	static const char *const bad[] = { "", "1", "\"", "\"\"", "1g", "g1",
		"123", "12 4" };
	char hex[2 * SOUND_CONFIG_MAX + 3];
	uint8_t bytes[SOUND_CONFIG_MAX];
	size_t n;

	(void)state;
	assert_int_equal(aac_config_hex("09afAF", 6, bytes, &n), 0);
	assert_int_equal(n, 3);
	assert_memory_equal(bytes, "\x09\xaf\xaf", 3);
	assert_int_equal(aac_config_hex("\"12\"", 4, bytes, &n), 0);
	assert_int_equal(n, 1);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(aac_config_hex(bad[i], strlen(bad[i]), bytes,
		    &n), -1);
	memset(hex, 'a', sizeof hex);
	assert_int_equal(aac_config_hex(hex, 2 * SOUND_CONFIG_MAX, bytes, &n),
	    0);
	assert_int_equal(n, SOUND_CONFIG_MAX);
	assert_int_equal(aac_config_hex(hex, 2 * SOUND_CONFIG_MAX + 2, bytes,
	    &n), -1);
}

/* The configuration is taken out, and the reader is behind it all. */
static void
test_mux(void **state)
{
	static const struct latm_options cases[] = {
		{ .version = 0 },
		{ .version = 1 },
		{ .frames = 64, .fixed = 20 },
		{ .fixed = 531, .version = 1 },
		{ .other_bits = 255 },
		{ .other_bits = 255, .version = 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct latm_writer w = { .bits = 0 };
		struct bit_reader b;
		struct aac_mux m;

		latm_write_config(&w, &cases[i]);
		b = bit_reader_of(w.data, sizeof w.data);
		memset(&m, 0x55, sizeof m);
		assert_int_equal(aac_mux_read(&b, &m), 0);
		assert_int_equal(b.pos, w.bits);
		assert_int_equal(m.n_bytes, 2);
		assert_memory_equal(m.bytes, "\x14\x08", 2);
		assert_int_equal(m.config.rate, 16000);
		assert_int_equal(m.frames, cases[i].frames == 0 ? 1 : 64);
		assert_int_equal(m.frame_len, cases[i].fixed);
		assert_int_equal(m.other_bits, cases[i].other_bits);
		assert_int_equal(m.other, cases[i].other_bits != 0);
		/* Whatever is missing at its end, it is none. */
		for (size_t bits = 0; bits < w.bits; bits++) {
			b = bit_reader_of(w.data, sizeof w.data);
			b.bits = bits;
			assert_int_equal(aac_mux_read(&b, &m), -1);
		}
	}
}

static void
test_mux_that_is_not_taken(void **state)
{
	static const struct {
		size_t byte;
		uint8_t bits;
	} cases[] = {
		{ 0, 0xc0 },		/* version 1, A */
		{ 0, 0x40 },		/* no same framing */
		{ 1, 0x10 },		/* two programs */
		{ 1, 0x02 },		/* two layers */
		{ 3, 0x01 },		/* CELP's frames */
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		static const struct latm_options usual = { .version = 0 };
		struct latm_writer w = { .bits = 0 };
		struct bit_reader b;
		struct aac_mux m;

		latm_write_config(&w, &usual);
		w.data[cases[i].byte] ^= cases[i].bits;
		b = bit_reader_of(w.data, sizeof w.data);
		assert_int_equal(aac_mux_read(&b, &m), -1);
	}
}

static void
test_adts(void **state)
{
	struct aac_config c = { 2, 16000, 1, 1, 1024 };
	uint8_t header[AAC_ADTS_HEADER];

	(void)state;
	assert_int_equal(aac_config_adts(&c, 1000, header), 0);
	assert_memory_equal(header, "\xff\xf1\x60\x40\x7d\xff\xfc", 7);
	c = (struct aac_config){ 4, 7350, 7, 8, 1024 };
	assert_int_equal(aac_config_adts(&c, 8184, header), 0);
	assert_memory_equal(header, "\xff\xf1\xf1\xc3\xff\xff\xfc", 7);
	assert_int_equal(aac_config_adts(&c, 8185, header), -1);
	c.layout = 0;
	assert_int_equal(aac_config_adts(&c, 1, header), -1);
	c.layout = 11;
	assert_int_equal(aac_config_adts(&c, 1, header), -1);
	c = (struct aac_config){ 17, 16000, 1, 1, 1024 };
	assert_int_equal(aac_config_adts(&c, 1, header), -1);
	c = (struct aac_config){ 2, 16001, 1, 1, 1024 };
	assert_int_equal(aac_config_adts(&c, 1, header), -1);
	c = (struct aac_config){ 2, 16000, 1, 1, 960 };
	assert_int_equal(aac_config_adts(&c, 1, header), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_configurations),
		cmocka_unit_test(test_what_is_not_taken),
		cmocka_unit_test(test_hexadecimal_bytes),
		cmocka_unit_test(test_mux),
		cmocka_unit_test(test_mux_that_is_not_taken),
		cmocka_unit_test(test_adts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
