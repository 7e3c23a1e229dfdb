/* A viewer that is reached by a relay: a TURN server (RFC 8656), whose end is
 * made here of nettle and the text of the RFC. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <nettle/hmac.h>
#include <nettle/md5.h>

#include "bytes.h"
#include "ice_ends.h"

#define USER		"joe"
#define PASSWORD	"hush"
#define REALM		"lull"
#define RELAYED		0xc6336407	/* 198.51.100.7 */
#define RELAYED_PORT	4000

#define HEADER		20
#define COOKIE		0x2112a442
/* Methods, RFC 8656, section 17 */
#define ALLOCATE	0x0003
#define REFRESH		0x0004
#define SUCCESS		0x0100
#define FAILURE		0x0110
/* Attributes, RFC 8656, section 18, and RFC 8489, section 18.3 */
#define NAME		0x0006
#define INTEGRITY	0x0008
#define ERROR		0x0009
#define LIFETIME	0x000d
#define IS_REALM	0x0014
#define NONCE		0x0015
#define RELAYED_ADDRESS	0x0016
#define MAPPED_ADDRESS	0x0020

static struct {
	int		 fd, port;
	struct event	*event;
	bool		 silent;
	int		 n_allocates, n_refreshes;
	char		 user[40];
	uint32_t	 lifetime;	/* of the last refresh, s */
} relay;

static struct end end;

/* Returns the attribute's value, or NULL. */
static const uint8_t *
find(const uint8_t *p, size_t len, int type, size_t *value_len)
{
	size_t at = HEADER;

	while (at + 4 <= len) {
		*value_len = get16(p + at + 2);
		if (get16(p + at) == type && at + 4 + *value_len <= len)
			return p + at + 4;
		at += 4 + (*value_len + 3) / 4 * 4;
	}
	return NULL;
}

static size_t
add(uint8_t *p, size_t len, int type, const void *value, size_t value_len)
{
	put16(p + len, (uint32_t)type);
	put16(p + len + 2, (uint32_t)value_len);
	memset(p + len + 4, 0, value_len + 3);
	memcpy(p + len + 4, value, value_len);
	return len + 4 + (value_len + 3) / 4 * 4;
}

static size_t
add_address(uint8_t *p, size_t len, int type, uint32_t address, int port)
{
	uint8_t value[8] = { 0, 1 };

	put16(value + 2, (uint32_t)port ^ COOKIE >> 16);
	put32(value + 4, address ^ COOKIE);
	return add(p, len, type, value, sizeof value);
}

static size_t
add_lifetime(uint8_t *p, size_t len, uint32_t seconds)
{
	uint8_t value[4];

	put32(value, seconds);
	return add(p, len, LIFETIME, value, sizeof value);
}

/* By long-term credentials, RFC 8489, section 9.2. */
static size_t
add_integrity(uint8_t *p, size_t len)
{
	static const char text[] = USER ":" REALM ":" PASSWORD;
	uint8_t key[MD5_DIGEST_SIZE], digest[SHA1_DIGEST_SIZE];
	struct hmac_sha1_ctx hmac;
	struct md5_ctx md5;

	md5_init(&md5);
	md5_update(&md5, sizeof text - 1, (const uint8_t *)text);
	md5_digest(&md5, sizeof key, key);
	put16(p + 2, (uint32_t)(len + 4 + sizeof digest - HEADER));
	hmac_sha1_set_key(&hmac, sizeof key, key);
	hmac_sha1_update(&hmac, len, p);
	hmac_sha1_digest(&hmac, sizeof digest, digest);
	return add(p, len, INTEGRITY, digest, sizeof digest);
}

/* Who does not say who it is, is asked for that. */
static size_t
refuse(uint8_t *p)
{
	size_t n = add(p, HEADER, ERROR, "\0\0\4\1Unauthorized", 16);

	n = add(p, n, IS_REALM, REALM, strlen(REALM));
	n = add(p, n, NONCE, "once", 4);
	put16(p + 2, (uint32_t)(n - HEADER));
	return n;
}

static size_t
answer(uint8_t *p, const uint8_t *request, size_t len,
    const struct sockaddr_in *from)
{
	size_t value_len, n = HEADER;
	const uint8_t *user = find(request, len, NAME, &value_len), *value;
	int method = get16(request);

	memcpy(p, request, HEADER);
	put16(p, (uint32_t)(method | (user == NULL ? FAILURE : SUCCESS)));
	if (user == NULL)
		return refuse(p);
	snprintf(relay.user, sizeof relay.user, "%.*s", (int)value_len, user);
	if (method == ALLOCATE) {
		relay.n_allocates++;
		n = add_address(p, n, RELAYED_ADDRESS, RELAYED, RELAYED_PORT);
		n = add_address(p, n, MAPPED_ADDRESS,
		    ntohl(from->sin_addr.s_addr), ntohs(from->sin_port));
		n = add_lifetime(p, n, 600);
	} else {
		value = find(request, len, LIFETIME, &value_len);
		relay.n_refreshes++;
		relay.lifetime = value != NULL ? get32(value) : 600;
		n = add_lifetime(p, n, relay.lifetime);
	}
	return add_integrity(p, n);
}

static void
relay_on_request(evutil_socket_t fd, short what, void *arg)
{
	struct sockaddr_in from;
	socklen_t from_len = sizeof from;
	uint8_t request[1500], reply[400];
	ssize_t len = recvfrom(fd, request, sizeof request, 0,
	    (struct sockaddr *)&from, &from_len);
	int method = len < HEADER ? 0 : get16(request);

	(void)what;
	(void)arg;
	if (relay.silent || (method != ALLOCATE && method != REFRESH))
		return;
	sendto(fd, reply, answer(reply, request, (size_t)len, &from), 0,
	    (struct sockaddr *)&from, from_len);
}

static int
set_up(void **state)
{
	(void)state;
	memset(&relay, 0, sizeof relay);
	relay.fd = ends_bind("127.0.0.1", &relay.port);
	relay.event = event_new(ends_base, relay.fd, EV_READ | EV_PERSIST,
	    relay_on_request, NULL);
	return event_add(relay.event, NULL);
}

static int
tear_down(void **state)
{
	(void)state;
	event_free(relay.event);
	close(relay.fd);
	return 0;
}

static void
open_end(void)
{
	const struct ice_relay by = { .host = "127.0.0.1", .port = relay.port,
		.username = USER, .credential = PASSWORD };
	const struct ice_config config = {
		.addresses = { "127.0.0.1" }, .port = ends_port("127.0.0.1"),
		.relays = &by, .n_relays = 1,
	};
	struct error err = { "" };

	memset(&end, 0, sizeof end);
	end.ice = ice_new(ends_base, &config, &end_handler, &end, &err);
	assert_string_equal(err.text, "");
}

/* All that is left to wait for is the relay's socket, and the deadline. */
static bool
is_gone(void)
{
	return event_base_get_num_events(ends_base,
	    EVENT_BASE_COUNT_ADDED) <= 2;
}

static void
test_the_address_at_a_relay_is_a_candidate(void **state)
{
	(void)state;
	open_end();
	ends_run_until(end.n_candidates == 1);
	assert_string_equal(relay.user, USER);
	assert_non_null(strstr(end.candidate, " 198.51.100.7 4000 typ relay"));
	ice_free(end.ice);
	ends_run_until(is_gone());
}

/* It would keep what it has allocated for ten minutes. */
static void
test_a_relay_is_told_that_nobody_needs_it(void **state)
{
	(void)state;
	open_end();
	ends_run_until(end.n_candidates == 1);
	assert_int_equal(relay.n_refreshes, 0);
	ice_free(end.ice);
	ends_run_until(is_gone());
	assert_int_equal(relay.n_refreshes, 1);
	assert_int_equal(relay.lifetime, 0);
}

static void
test_a_relay_that_never_answered_is_told_nothing(void **state)
{
	(void)state;
	relay.silent = true;
	open_end();
	ice_free(end.ice);
	ends_run_until(is_gone());
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_address_at_a_relay_is_a_candidate),
		TEST(test_a_relay_is_told_that_nobody_needs_it),
		TEST(test_a_relay_that_never_answered_is_told_nothing),
	};

	return cmocka_run_group_tests_name("ice_relay", tests, ends_set_up,
	    ends_tear_down);
}
