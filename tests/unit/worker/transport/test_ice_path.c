/* Where a viewer is, by the clock of the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "stun_messages.h"
#include "worker/transport/ice_path.h"

#define UFRAG	"ours"
#define PWD	"VOkJxbRl1RmTxUk/WvJxBt"
#define PEER	"theirs"
#define PEER_PWD "0123456789abcdef012345"
#define FD	3
#define OTHER_FD	4
#define SECOND	1000000LL

enum act { STAY, ASK, MOVED };

static struct ice_path path;
static int64_t now;
static union socket_address home, away;

static union socket_address
address(const char *ip, uint16_t port)
{
	union socket_address a;

	memset(&a, 0, sizeof a);
	if (inet_pton(AF_INET, ip, &a.v4.sin_addr) == 1) {
		a.v4.sin_family = AF_INET;
		a.v4.sin_port = htons(port);
	} else {
		assert_int_equal(inet_pton(AF_INET6, ip, &a.v6.sin6_addr), 1);
		a.v6.sin6_family = AF_INET6;
		a.v6.sin6_port = htons(port);
	}
	return a;
}

/* Connected, at `home`. */
static int
set_up(void **state)
{
	(void)state;
	now = 1000 * SECOND;
	home = address("192.0.2.7", 5000);
	away = address("192.0.2.7", 5001);
	ice_path_init(&path, UFRAG, PWD, 2000000, now);
	ice_path_set_peer(&path, PEER, PEER_PWD);
	ice_path_select(&path, FD, &home.any, now);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	ice_path_free(&path);
	return 0;
}

static enum act
take_on(int fd, const union socket_address *from, const uint8_t *data,
    size_t len)
{
	if (ice_path_take(&path, fd, &from->any, data, len, now))
		return MOVED;
	return ice_path_must_ask(&path, now) ? ASK : STAY;
}

static enum act
data(const union socket_address *from)
{
	return take_on(FD, from, (const uint8_t *)"\x80" "media", 6);
}

static enum act
check_on(int fd, const union socket_address *from, bool nominates)
{
	uint8_t buf[STUN_ROOM];
	size_t len = stun_write_check(buf, UFRAG ":" PEER, PWD, nominates);

	return take_on(fd, from, buf, len);
}

static enum act
check(const union socket_address *from, bool nominates)
{
	return check_on(FD, from, nominates);
}

/* The viewer's answer to what is sent to `to` comes from `from`. */
static enum act
ask_by(int fd, const union socket_address *to,
    const union socket_address *from)
{
	uint8_t buf[ICE_CHECK_MAX], answer[STUN_ROOM];
	size_t len = ice_path_ask(&path, fd, &to->any, false, buf);

	len = stun_write_answer(answer, buf, len, PEER_PWD);
	assert_int_not_equal(len, 0);
	return take_on(fd, from, answer, len);
}

static enum act
ask(const union socket_address *to, const union socket_address *from)
{
	return ask_by(FD, to, from);
}

static void
assert_at(const char *text)
{
	assert_string_equal(path.text, text);
}

/* As Chromium, each of whose checks nominates, each 2.65 s. */
static void
test_new_port(void **state)
{
	(void)state;
	now += 2650000;
	assert_int_equal(check(&home, true), STAY);
	now += 2650000;
	assert_int_equal(check(&away, true), ASK);
	assert_at("192.0.2.7:5000");
	assert_int_equal(ask(&away, &away), MOVED);
	assert_at("192.0.2.7:5001");
	assert_int_equal(path.fd, FD);
	now += 2650000;
	assert_int_equal(check(&away, true), STAY);
}

/* As most others: one that nominated once, and reports each second. */
static void
test_plain(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		now += SECOND;
		assert_int_equal(data(&home), STAY);
	}
	now += 4 * SECOND;
	assert_int_equal(data(&away), STAY);
	assert_int_equal(check(&away, false), ASK);
	assert_int_equal(ask(&away, &away), MOVED);
	assert_at("192.0.2.7:5001");
}

/* By other credentials each nomination is new, however soon it comes. */
static void
test_other_credentials(void **state)
{
	(void)state;
	now += 100000;
	ice_path_set_peer(&path, PEER "2", PEER_PWD);
	path.nominated_us = 0;		/* see ice_restart() */
	assert_true(ice_path_is_peer(&path, PEER "2", PEER_PWD));
	assert_false(ice_path_is_peer(&path, PEER, PEER_PWD));
	assert_false(ice_path_is_peer(&path, PEER "2", PEER_PWD "2"));
	assert_int_equal(check(&home, false), STAY);
	assert_int_equal(check(&away, true), ASK);
	assert_int_equal(ask(&away, &away), MOVED);
	now += 100000;
	assert_int_equal(check(&home, true), STAY);
}

/* Its check comes a moment after it has moved, and the next is 5 s away: it
 * is asked as soon as the old path has been silent for long enough, and again
 * until it answers. */
static void
test_early_check(void **state)
{
	(void)state;
	for (int nominates = 0; nominates < 2; nominates++) {
		now += SECOND;
		ice_path_select(&path, FD, &home.any, now);
		now += 100000;
		assert_int_equal(check(&away, nominates), STAY);
		now += 2 * SECOND;
		assert_false(ice_path_must_ask(&path, now));
		now += SECOND;
		assert_true(ice_path_must_ask(&path, now));
		assert_int_equal(path.other_fd, FD);
		now += 400000;
		assert_false(ice_path_must_ask(&path, now));
		now += 100000;
		assert_true(ice_path_must_ask(&path, now));
		assert_int_equal(ask(&path.other, &away), MOVED);
		assert_at("192.0.2.7:5001");
		assert_false(ice_path_must_ask(&path, now + 5 * SECOND));
	}
}

/* Of two paths that both live one is only kept warm: it is not left for. */
static void
test_early_check_of_a_second_path(void **state)
{
	(void)state;
	assert_int_equal(check(&away, false), STAY);
	now += SECOND;
	assert_int_equal(data(&home), STAY);
	now += 3 * SECOND;
	assert_false(ice_path_must_ask(&path, now));
}

/* A nomination of another path was on its way as this one was selected: the
 * viewer, whose later checks do not nominate, stays. */
static void
test_overtaken_nomination(void **state)
{
	(void)state;
	now += 30000;
	assert_int_equal(check(&away, true), STAY);
	for (int i = 0; i < 20; i++) {
		now += SECOND / 2;
		assert_int_equal(data(&home), STAY);
	}
}

/* A nomination is not forgotten for a plain check of a third path. */
static void
test_nomination_outlasts_plain_checks(void **state)
{
	union socket_address third = address("192.0.2.7", 5002);

	(void)state;
	now += 5 * SECOND;
	assert_int_equal(data(&home), STAY);
	assert_int_equal(check(&away, true), ASK);
	now += SECOND / 2;
	assert_int_equal(data(&home), ASK);
	assert_int_equal(check(&third, false), STAY);
	assert_int_equal(path.other.v4.sin_port, away.v4.sin_port);
}

/* Of several places the viewer was heard from last at the last one. */
static void
test_last_of_several_places(void **state)
{
	union socket_address third = address("192.0.2.7", 5002);

	(void)state;
	now += 5 * SECOND;
	assert_int_equal(check(&away, false), ASK);
	assert_int_equal(check(&third, false), ASK);
	assert_int_equal(path.other.v4.sin_port, third.v4.sin_port);
}

/* Nobody answers where a nomination came from: another place counts then. */
static void
test_plain_check_after_a_vain_nomination(void **state)
{
	union socket_address third = address("192.0.2.7", 5002);

	(void)state;
	now += 5 * SECOND;
	assert_int_equal(check(&away, true), ASK);
	for (int i = 0; i < 8; i++) {
		now += SECOND / 2;
		ice_path_must_ask(&path, now);
	}
	assert_int_equal(check(&third, false), ASK);
	assert_int_equal(ask(&third, &third), MOVED);
	assert_at("192.0.2.7:5002");
}

/* What comes by the path that it has, in the same instant, is the last word. */
static void
test_heard_at_both_in_one_instant(void **state)
{
	(void)state;
	now += SECOND;
	assert_int_equal(check(&away, false), STAY);
	assert_int_equal(data(&home), STAY);
	now += 10 * SECOND;
	assert_false(ice_path_must_ask(&path, now));
}

/* Nobody is there: neither the viewer nor a stranger is asked for ever. */
static void
test_asks_end(void **state)
{
	int n = 0;

	(void)state;
	now += 5 * SECOND;
	n += check(&away, false) == ASK;
	for (int i = 0; i < 100; i++) {
		now += SECOND / 2;
		n += ice_path_must_ask(&path, now);
	}
	assert_int_equal(n, 7);
}

/* An answer that takes longer than the next repeat counts, and a question at
 * home does not void the one elsewhere, nor the other way round. */
static void
test_slow_answers(void **state)
{
	uint8_t there[ICE_CHECK_MAX], again[ICE_CHECK_MAX], answer[STUN_ROOM];
	uint8_t here[ICE_CHECK_MAX];
	size_t n, m;

	(void)state;
	now += 5 * SECOND;
	assert_int_equal(check(&away, false), ASK);
	n = ice_path_ask(&path, FD, &away.any, false, there);
	m = ice_path_ask(&path, FD, &home.any, false, here);
	assert_int_equal(ice_path_ask(&path, FD, &away.any, false, again), n);
	assert_memory_equal(again, there, n);
	m = stun_write_answer(answer, here, m, PEER_PWD);
	assert_int_equal(ice_path_take(&path, FD, &home.any, answer, m, now),
	    false);
	assert_int_equal(path.heard_us, now);
	m = stun_write_answer(answer, there, n, PEER_PWD);
	assert_int_equal(take_on(FD, &away, answer, m), MOVED);
	assert_at("192.0.2.7:5001");
}

static void
test_new_address(void **state)
{
	union socket_address v6 = address("2001:db8::7", 5000);

	(void)state;
	now += 5 * SECOND;
	assert_int_equal(check_on(OTHER_FD, &v6, true), ASK);
	/* The answer has to come by the same socket. */
	assert_int_equal(ask(&v6, &v6), MOVED);
	assert_at("[2001:db8::7]:5000");
	now += 5 * SECOND;
	assert_int_equal(check(&home, true), ASK);
	assert_int_equal(ask(&home, &home), MOVED);
	assert_at("192.0.2.7:5000");
}

/* One that differs in a single part is another address. */
static void
test_each_part_of_an_address_counts(void **state)
{
	union socket_address v6 = address("2001:db8::7", 5000), other[4];
	int64_t seen;

	(void)state;
	for (int i = 0; i < 4; i++)
		other[i] = v6;
	other[0].v6.sin6_port = htons(5001);
	other[1].v6.sin6_scope_id = 1;
	other[2].v6.sin6_addr.s6_addr[15]++;
	other[3] = address("192.0.2.7", 5000);
	ice_path_select(&path, FD, &v6.any, now);
	seen = now;
	now += SECOND;
	for (int i = 0; i < 4; i++)
		assert_int_equal(data(&other[i]), STAY);
	assert_int_equal(path.seen_us, seen);
	assert_int_equal(data(&v6), STAY);
	assert_int_equal(path.seen_us, now);
}

/* Another socket of ours, from the same address of the viewer. */
static void
test_other_socket(void **state)
{
	uint8_t buf[ICE_CHECK_MAX], answer[STUN_ROOM];
	size_t len;

	(void)state;
	now += 5 * SECOND;
	assert_int_equal(check_on(OTHER_FD, &home, true), ASK);
	len = ice_path_ask(&path, OTHER_FD, &home.any, false, buf);
	len = stun_write_answer(answer, buf, len, PEER_PWD);
	assert_int_equal(take_on(FD, &home, answer, len), STAY);
	assert_int_equal(path.fd, FD);
	assert_int_equal(take_on(OTHER_FD, &home, answer, len),
	    MOVED);
	assert_int_equal(path.fd, OTHER_FD);
}

/* Two paths of one viewer, both alive, for a minute: it is not torn. */
static void
test_two_paths(void **state)
{
	(void)state;
	for (int i = 0; i < 60; i++) {
		now += SECOND;
		assert_int_equal(data(&home), STAY);
		assert_int_equal(check(&away, false), STAY);
		if (i % 2 == 0)
			assert_int_equal(check(&home, true), STAY);
		now += 10000;
		assert_int_equal(check(&away, true), STAY);
		if (i % 2 == 1)
			assert_int_equal(check(&home, true), STAY);
	}
	/* It nominates the other one from now on, and keeps this one warm. */
	for (int i = 0; i < 2; i++) {
		now += SECOND;
		assert_int_equal(check(&home, false), STAY);
	}
	assert_int_equal(check(&away, true), ASK);
}

/* Who says that it is elsewhere is not believed until it is there. */
static void
test_forged_source(void **state)
{
	uint8_t buf[ICE_CHECK_MAX], answer[STUN_ROOM];
	size_t len;

	(void)state;
	now += 5 * SECOND;
	assert_int_equal(check(&away, true), ASK);
	len = ice_path_ask(&path, FD, &away.any, false, buf);
	/* The real one answers for it, from where it is. */
	len = stun_write_answer(answer, buf, len, PEER_PWD);
	assert_int_equal(take_on(FD, &home, answer, len), STAY);
	assert_at("192.0.2.7:5000");
	/* An answer to what was asked before it was asked elsewhere. */
	ice_path_ask(&path, OTHER_FD, &away.any, false, buf);
	ice_path_ask(&path, FD, &away.any, false, buf);
	assert_int_equal(take_on(FD, &away, answer, len), STAY);
	assert_at("192.0.2.7:5000");
}

static void
test_strangers(void **state)
{
	static const char *const wrong[][2] = {
		{ UFRAG ":" PEER, PEER_PWD }, { "else:" PEER, PWD },
		{ PEER ":" UFRAG, PWD },
	};
	int64_t heard = path.heard_us;
	uint8_t buf[STUN_ROOM];

	(void)state;
	now += 5 * SECOND;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		size_t len = stun_write_check(buf, wrong[i][0], wrong[i][1],
		    true);

		assert_int_equal(take_on(FD, &away, buf, len), STAY);
		assert_int_equal(take_on(FD, &home, buf, len), STAY);
	}
	assert_int_equal(data(&away), STAY);
	assert_int_equal(data(&home), STAY);
	assert_int_equal(path.heard_us, heard);
}

/* Signs of life: a check from wherever, an answer. */
static void
test_heard(void **state)
{
	(void)state;
	now += SECOND;
	assert_int_equal(check(&home, false), STAY);
	assert_int_equal(path.heard_us, now);
	now += SECOND;
	assert_int_equal(data(&home), STAY);
	assert_int_equal(path.heard_us, now - SECOND);
	assert_int_equal(check(&away, false), STAY);
	assert_int_equal(path.heard_us, now);
	now += SECOND;
	assert_int_equal(ask(&home, &home), STAY);
	assert_int_equal(path.heard_us, now);
	assert_at("192.0.2.7:5000");
}

/* The connection that was the path is closed: nothing is sent by it, and the
 * viewer is asked at once where it checks next, though it was heard a moment
 * ago. */
static void
test_a_path_that_is_lost(void **state)
{
	(void)state;
	for (int nominates = 0; nominates < 2; nominates++) {
		now += 5 * SECOND;
		ice_path_select(&path, FD, &home.any, now);
		assert_int_equal(check(&home, true), STAY);
		ice_path_lose(&path, FD);
		assert_int_equal(path.fd, -1);
		assert_at("192.0.2.7:5000");
		assert_int_equal(check_on(OTHER_FD, &away, nominates), ASK);
		assert_int_equal(ask_by(OTHER_FD, &away, &away), MOVED);
		assert_at("192.0.2.7:5001");
		assert_int_equal(path.fd, OTHER_FD);
	}
}

/* A check that came before, from where it is kept warm, counts then. */
static void
test_the_other_path_when_one_is_lost(void **state)
{
	(void)state;
	now += 100000;
	assert_int_equal(check_on(OTHER_FD, &away, false), STAY);
	assert_int_equal(data(&home), STAY);
	assert_false(ice_path_must_ask(&path, now));
	ice_path_lose(&path, FD);
	now += 3 * SECOND;
	assert_true(ice_path_must_ask(&path, now));
	assert_int_equal(path.other_fd, OTHER_FD);
}

static void
test_another_socket_is_lost(void **state)
{
	uint8_t buf[ICE_CHECK_MAX], answer[STUN_ROOM];
	size_t len;

	(void)state;
	now += 5 * SECOND;
	assert_int_equal(check_on(OTHER_FD, &away, true), ASK);
	len = ice_path_ask(&path, OTHER_FD, &away.any, false, buf);
	len = stun_write_answer(answer, buf, len, PEER_PWD);
	/* One that has no part in it. */
	ice_path_lose(&path, OTHER_FD + 1);
	assert_int_equal(path.fd, FD);
	now += SECOND;
	assert_true(ice_path_must_ask(&path, now));
	/* The one where it was asked: its number may be another's by now. */
	ice_path_lose(&path, OTHER_FD);
	assert_int_equal(path.fd, FD);
	now += SECOND;
	assert_false(ice_path_must_ask(&path, now));
	assert_int_equal(take_on(OTHER_FD, &away, answer, len), STAY);
	assert_int_equal(path.fd, FD);
	assert_int_equal(check(&home, false), STAY);
	assert_int_equal(path.seen_us, now);
}

/* Nor does an answer count that comes by the number of a lost path. */
static void
test_a_question_by_a_path_that_is_lost(void **state)
{
	uint8_t here[ICE_CHECK_MAX], there[ICE_CHECK_MAX], answer[STUN_ROOM];
	size_t n, m;

	(void)state;
	n = ice_path_ask(&path, FD, &home.any, false, here);
	m = ice_path_ask(&path, OTHER_FD, &away.any, false, there);
	ice_path_lose(&path, FD);
	now += SECOND;
	n = stun_write_answer(answer, here, n, PEER_PWD);
	assert_int_equal(take_on(FD, &home, answer, n), STAY);
	assert_int_equal(path.fd, -1);
	/* The question by the other socket waits still. */
	m = stun_write_answer(answer, there, m, PEER_PWD);
	assert_int_equal(take_on(OTHER_FD, &away, answer, m), MOVED);
}

/* A check that another has read is the same as one that is read here. */
static void
test_take_check(void **state)
{
	int64_t nominated = path.nominated_us;

	(void)state;
	now += 5 * SECOND;
	ice_path_take_check(&path, FD, &home.any, false, false, now);
	assert_int_equal(path.heard_us, now);
	assert_int_equal(path.seen_us, now);
	assert_int_equal(path.nominated_us, nominated);
	ice_path_take_check(&path, FD, &home.any, true, false, now);
	assert_int_equal(path.nominated_us, now);
	assert_false(ice_path_must_ask(&path, now));
	now += 5 * SECOND;
	ice_path_take_check(&path, OTHER_FD, &home.any, true, false, now);
	assert_int_equal(path.heard_us, now);
	assert_int_equal(path.seen_us, now - 5 * SECOND);
	assert_true(ice_path_must_ask(&path, now));
	assert_int_equal(path.other_fd, OTHER_FD);
	assert_at("192.0.2.7:5000");
}

/* Nobody is asked whose names are not known, nor through a relay. */
static void
test_nobody_to_ask(void **state)
{
	uint8_t buf[ICE_CHECK_MAX];
	struct ice_path p;

	(void)state;
	ice_path_init(&p, UFRAG, PWD, 2000000, now);
	assert_string_equal(p.text, "");
	assert_int_equal(p.fd, -1);
	assert_int_equal(ice_path_ask(&p, FD, &home.any, false, buf), 0);
	ice_path_set_peer(&p, PEER, PEER_PWD);
	assert_int_equal(ice_path_ask(&p, -1, &home.any, false, buf), 0);
	assert_int_not_equal(ice_path_ask(&p, FD, &home.any, false, buf), 0);
	ice_path_free(&p);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_new_port),
		TEST(test_plain),
		TEST(test_other_credentials),
		TEST(test_early_check),
		TEST(test_early_check_of_a_second_path),
		TEST(test_overtaken_nomination),
		TEST(test_nomination_outlasts_plain_checks),
		TEST(test_last_of_several_places),
		TEST(test_plain_check_after_a_vain_nomination),
		TEST(test_heard_at_both_in_one_instant),
		TEST(test_asks_end),
		TEST(test_slow_answers),
		TEST(test_new_address),
		TEST(test_each_part_of_an_address_counts),
		TEST(test_other_socket),
		TEST(test_two_paths),
		TEST(test_forged_source),
		TEST(test_strangers),
		TEST(test_heard),
		TEST(test_a_path_that_is_lost),
		TEST(test_the_other_path_when_one_is_lost),
		TEST(test_another_socket_is_lost),
		TEST(test_a_question_by_a_path_that_is_lost),
		TEST(test_take_check),
		TEST(test_nobody_to_ask),
	};

	return cmocka_run_group_tests_name("ice_path", tests, NULL, NULL);
}
