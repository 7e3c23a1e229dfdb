/* A camera's viewers: who is answered when, and by what. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>

#include "streams.h"

#define THIRD	"00000000000000000000000000000003"
#define FOURTH	"00000000000000000000000000000004"
#define FIFTH	"00000000000000000000000000000005"

static int n_each, n_paused;

static void
count_viewer(const struct viewer *v, void *arg)
{
	assert_ptr_equal(arg, &n_each);
	n_each++;
	n_paused += v->show.paused;
}

static int
count_viewers(void)
{
	n_each = n_paused = 0;
	stream_each(stream, count_viewer, &n_each);
	return n_each;
}

static int
count_paused(void)
{
	count_viewers();
	return n_paused;
}

static void
assert_refused(const struct outcome *a, int status, const char *why)
{
	assert_int_equal(a->n, 1);
	assert_int_equal(a->status, status);
	assert_non_null(strstr(a->error, why));
}

static void
assert_answered(const struct outcome *a)
{
	assert_string_equal(a->error, "");
	assert_int_equal(a->n, 1);
	assert_int_equal(a->status, 200);
	assert_non_null(strstr(a->sdp, "m=video"));
}

/* Whether the answer says that it sends in both sections. */
static bool
has_sound(const struct outcome *a)
{
	return strstr(a->sdp, "a=inactive") == NULL;
}

static void
test_an_id_is_of_one_viewer(void **state)
{
	struct outcome first, second, other;

	(void)state;
	become_live(MEDIA_NONE);
	offer(ID, &first);
	assert_answered(&first);
	offer(ID, &second);
	assert_refused(&second, 400, "already");
	offer(OTHER, &other);
	assert_answered(&other);
	assert_int_equal(count_viewers(), 2);
	assert_true(stream_drop(stream, ID));
	assert_false(stream_drop(stream, ID));
	assert_int_equal(count_viewers(), 1);
	offer(ID, &first);		/* It is free again. */
	assert_answered(&first);
}

/* Both would wait for the camera. */
static void
test_an_id_is_of_one_that_waits(void **state)
{
	struct outcome first, second;

	(void)state;
	offer(ID, &first);
	offer(ID, &second);
	assert_refused(&second, 400, "already");
	assert_int_equal(first.n, 0);
	become_live(MEDIA_NONE);
	assert_answered(&first);
	assert_int_equal(count_viewers(), 1);
}

static void
test_offers_wait_for_the_camera_in_order(void **state)
{
	struct outcome first, second;

	(void)state;
	offer(ID, &first);
	become(IPC_SOURCE_CONNECTING, "");
	offer(OTHER, &second);
	assert_int_equal(first.n + second.n, 0);
	assert_int_equal(count_viewers(), 0);
	become_live(MEDIA_OPUS);
	assert_answered(&first);
	assert_answered(&second);
	assert_int_equal(first.order, 1);
	assert_int_equal(second.order, 2);
	assert_int_equal(told.sources, 2);
	assert_int_equal(told.answers, 0);	/* The state was told first. */
	become_live(MEDIA_OPUS);
	assert_int_equal(first.n, 1);
}

/* A viewer can wait for a lost camera as well as its offer can. */
static void
test_offers_do_not_wait_for_a_lost_camera(void **state)
{
	struct outcome waited, late, anew;

	(void)state;
	offer(ID, &waited);
	become(IPC_SOURCE_LOST, "no route");
	assert_answered(&waited);
	offer(OTHER, &late);
	assert_answered(&late);
	/* But the first description is waited for, however late it comes. */
	become(IPC_SOURCE_CONNECTING, "");
	offer(THIRD, &anew);
	assert_int_equal(anew.n, 0);
	become_live(MEDIA_NONE);
	assert_answered(&anew);
}

/* Its parameter sets are known, a picture has not come yet. */
static void
test_offers_wait_for_the_description_alone(void **state)
{
	const struct feed_status described = { .state = IPC_SOURCE_CONNECTING,
		.video = MEDIA_H264, .audio = MEDIA_OPUS, .width = 64,
		.height = 48 };
	struct outcome waited, late;

	(void)state;
	offer(ID, &waited);
	become(IPC_SOURCE_CONNECTING, "");
	assert_int_equal(waited.n, 0);
	camera.handler->status(&described, camera.arg);
	assert_answered(&waited);
	assert_true(has_sound(&waited));
	offer(OTHER, &late);
	assert_answered(&late);
}

static void
test_a_camera_that_was_described_is_not_waited_for(void **state)
{
	struct outcome a;

	(void)state;
	become_live(MEDIA_NONE);
	become(IPC_SOURCE_LOST, "unplugged");
	become(IPC_SOURCE_CONNECTING, "");
	offer(ID, &a);
	assert_answered(&a);
	assert_false(has_sound(&a));
}

/* Viewers are answered by what the camera is now. */
static void
test_sound_may_be_known_late_and_change(void **state)
{
	struct outcome early, opus, pcma, aac, none;

	(void)state;
	become(IPC_SOURCE_LOST, "not up yet");
	offer(ID, &early);
	assert_true(has_sound(&early));
	become_live(MEDIA_OPUS);
	offer(OTHER, &opus);
	assert_true(has_sound(&opus));
	become_live(MEDIA_PCMA);
	offer(THIRD, &pcma);
	assert_answered(&pcma);
	assert_true(has_sound(&pcma));	/* It is coded anew, as Opus. */
	become_live(MEDIA_FOREIGN);
	offer(FOURTH, &aac);
	assert_true(has_sound(&aac));
	become_live(MEDIA_NONE);
	offer(FIFTH, &none);
	assert_false(has_sound(&none));
}

static void
test_a_camera_that_cannot_play_refuses(void **state)
{
	struct outcome waited, late;

	(void)state;
	offer(ID, &waited);
	become(IPC_SOURCE_UNSUPPORTED, "video hevc cannot play");
	assert_refused(&waited, 422, "hevc");
	offer(ID, &late);
	assert_refused(&late, 422, "hevc");
	assert_int_equal(count_viewers(), 0);
	become_live(MEDIA_NONE);		/* It was set up anew. */
	offer(ID, &late);
	assert_answered(&late);
}

static void
test_an_offer_waits_for_five_seconds(void **state)
{
	struct outcome first, second;

	(void)state;
	offer(ID, &first);
	turn_clock(SECOND_US);
	offer(OTHER, &second);
	turn_clock(4 * SECOND_US - 1);
	assert_int_equal(first.n, 0);
	turn_clock(1);
	assert_answered(&first);	/* It takes whatever sound will come. */
	assert_true(has_sound(&first));
	assert_int_equal(second.n, 0);
	assert_int_equal(count_viewers(), 1);
	become_live(MEDIA_NONE);
	assert_answered(&second);
	assert_false(has_sound(&second));
	turn_clock(10 * SECOND_US);
	assert_int_equal(first.n, 1);
	assert_int_equal(second.n, 1);
}

static void
test_so_many_offers_wait_and_no_more(void **state)
{
	static struct outcome answers[STREAM_MAX_WAITING + 1];
	char id[33];

	(void)state;
	for (int i = 0; i < STREAM_MAX_WAITING; i++) {
		snprintf(id, sizeof id, "%032x", 16 + i);
		offer(id, &answers[i]);
		assert_int_equal(answers[i].n, 0);
	}
	offer(ID, &answers[STREAM_MAX_WAITING]);
	assert_refused(&answers[STREAM_MAX_WAITING], 503, "too many");
	assert_true(stream_drop(stream, id));
	assert_refused(&answers[STREAM_MAX_WAITING - 1], 503, "closed");
	offer(ID, &answers[STREAM_MAX_WAITING]);	/* It has the place. */
	assert_int_equal(answers[STREAM_MAX_WAITING].n, 0);
	become_live(MEDIA_NONE);
	assert_answered(&answers[STREAM_MAX_WAITING]);
	assert_int_equal(count_viewers(), STREAM_MAX_WAITING);
	/* Nobody waits now, so nobody is refused. */
	offer(OTHER, &answers[0]);
	assert_answered(&answers[0]);
}

static void
test_an_offer_that_waits_is_paused(void **state)
{
	struct outcome paused, resumed;

	(void)state;
	offer(ID, &paused);
	offer(OTHER, &resumed);
	assert_true(stream_pause(stream, ID));
	assert_true(stream_pause(stream, OTHER));
	assert_true(stream_resume(stream, OTHER));
	become_live(MEDIA_NONE);
	assert_answered(&paused);
	assert_answered(&resumed);
	assert_int_equal(count_viewers(), 2);
	assert_int_equal(count_paused(), 1);
	assert_true(stream_resume(stream, ID));
	assert_int_equal(count_paused(), 0);
	assert_true(stream_pause(stream, OTHER));
	assert_int_equal(count_paused(), 1);
}

static void
test_an_offer_can_be_paused_from_the_start(void **state)
{
	const struct peer_offer now = { .id = ID, .paused = true };
	const struct peer_offer later = { .id = OTHER, .paused = true };
	struct outcome a, b;

	(void)state;
	offer_as(&later, &b);
	become_live(MEDIA_NONE);
	offer_as(&now, &a);
	assert_answered(&a);
	assert_answered(&b);
	assert_int_equal(count_paused(), 2);
}

static void
test_an_offer_that_waits_is_dropped(void **state)
{
	struct outcome dropped, other, again;

	(void)state;
	offer(ID, &dropped);
	offer(OTHER, &other);
	assert_true(stream_drop(stream, ID));
	assert_refused(&dropped, 503, "closed while it waited");
	assert_false(stream_drop(stream, ID));
	offer(ID, &again);
	assert_int_equal(again.n, 0);
	become_live(MEDIA_NONE);
	turn_clock(6 * SECOND_US);
	assert_int_equal(dropped.n, 1);
	assert_answered(&other);
	assert_answered(&again);
	assert_int_equal(count_viewers(), 2);
}

static void
test_the_stream_is_closed_while_offers_wait(void **state)
{
	struct outcome first, second;

	(void)state;
	offer(ID, &first);
	offer(OTHER, &second);
	close_stream();
	assert_refused(&first, 503, "being stopped");
	assert_refused(&second, 503, "being stopped");
}

static void
test_viewers_hear_goodbye_when_it_is_closed(void **state)
{
	struct outcome a, b;
	int byes, frees;

	(void)state;
	become_live(MEDIA_NONE);
	join(ID, &a);
	join(OTHER, &b);
	byes = null_calls.byes;
	frees = null_calls.frees;
	close_stream();
	assert_int_equal(null_calls.byes, byes + 2);
	assert_int_equal(null_calls.frees, frees + 2);
	assert_int_equal(a.n, 1);
}

static void
test_requests_for_nobody_do_nothing(void **state)
{
	const struct peer_restart restart = { NULL, "ufrag", "pwd" };
	char unset, *answer = &unset;
	struct error err = { "" };
	struct viewer_stats st;
	struct outcome waits;

	(void)state;
	offer(OTHER, &waits);
	assert_false(stream_pause(stream, ID));
	assert_false(stream_resume(stream, ID));
	assert_false(stream_drop(stream, ID));
	assert_false(stream_candidate(stream, ID, "candidate:1"));
	assert_false(stream_stats(stream, ID, &st));
	assert_int_equal(stream_restart(stream, ID, &restart, &answer, &err),
	    404);
	assert_null(answer);
	assert_string_equal(err.text, "Session not found");
	/* An offer that waits is no viewer yet. */
	assert_false(stream_candidate(stream, OTHER, "candidate:1"));
	assert_false(stream_stats(stream, OTHER, &st));
	assert_int_equal(waits.n, 0);
	close_stream();
}

static void
test_a_restart_is_of_the_viewer_named(void **state)
{
	char *sdp = null_transport_offer();
	const struct peer_restart offered = { sdp, NULL, NULL };
	const struct peer_restart credentials = { NULL, "efgh",
		"0123456789abcdef012345" };
	struct outcome a, b;
	struct error err;
	char *answer;

	(void)state;
	become_live(MEDIA_NONE);
	offer(ID, &a);
	offer(OTHER, &b);
	assert_int_equal(stream_restart(stream, ID, &offered, &answer, &err),
	    200);
	/* The origin's number is that of its first answer. */
	assert_int_equal(atoll(strstr(answer, "o=- ") + 4),
	    atoll(strstr(a.sdp, "o=- ") + 4));
	free(answer);
	assert_int_equal(stream_restart(stream, OTHER, &credentials, &answer,
	    &err), 200);
	assert_non_null(strstr(answer, "a=ice-ufrag:"));
	free(answer);
	free(sdp);
}

static void
test_an_offer_that_cannot_be_read_is_refused(void **state)
{
	const struct peer_offer odd = { .id = ID, .sdp = "v=0" };
	struct outcome now, later;

	(void)state;
	offer_as(&odd, &later);
	become_live(MEDIA_NONE);
	assert_refused(&later, 400, "");
	assert_string_not_equal(later.error, "");
	offer_as(&odd, &now);
	assert_refused(&now, 400, later.error);
	assert_int_equal(count_viewers(), 0);
}

static void
test_a_port_that_is_taken_is_told(void **state)
{
	const struct peer_offer o = { .id = ID, .port = 50123 };
	struct outcome a;

	(void)state;
	become_live(MEDIA_NONE);
	null_network.error = EADDRINUSE;
	offer_as(&o, &a);
	assert_refused(&a, IPC_PORT_TAKEN, "no network");
	assert_int_equal(null_calls.port, 50123);
	null_network.error = 0;
	offer_as(&o, &a);
	assert_answered(&a);
}

static void
test_relays_are_for_those_who_come(void **state)
{
	char password[] = "c";
	struct ice_relay relay = { .host = "192.0.2.8", .port = 3478,
		.tcp = true, .username = "u", .credential = password };
	struct outcome a;

	(void)state;
	become_live(MEDIA_NONE);
	offer(ID, &a);
	assert_int_equal(null_calls.n_relays, 0);
	stream_add_relay(stream, &relay);
	password[0] = '\0';			/* The stream has a copy. */
	for (int i = 0; i < ICE_MAX_RELAYS; i++)
		stream_add_relay(stream, &relay);
	offer(OTHER, &a);
	assert_int_equal(null_calls.n_relays, ICE_MAX_RELAYS);
	assert_string_equal(null_calls.relay, "192.0.2.8 3478 1 u c");
}

/* It may be found late; who has been answered has no use for it. */
static void
test_the_stun_server_is_for_those_who_come(void **state)
{
	char host[] = "192.0.2.7";
	struct outcome a;

	(void)state;
	become_live(MEDIA_NONE);
	offer(ID, &a);
	assert_string_equal(null_calls.stun_host, "");
	stream_set_stun(stream, host, 3478);
	host[0] = '\0';				/* The stream has a copy. */
	offer(OTHER, &a);
	assert_string_equal(null_calls.stun_host, "192.0.2.7");
	assert_int_equal(null_calls.stun_port, 3478);
	stream_set_stun(stream, NULL, 0);
	offer(THIRD, &a);
	assert_string_equal(null_calls.stun_host, "");
}

static void
test_candidates_go_both_ways(void **state)
{
	const struct ice_handler *ice;
	struct outcome a;
	int before;
	void *arg;

	(void)state;
	become_live(MEDIA_NONE);
	offer(ID, &a);
	before = null_calls.candidates;
	assert_true(stream_candidate(stream, ID, "candidate:1"));
	assert_int_equal(null_calls.candidates, before + 1);
	ice = null_transport_ice(&arg);
	ice->candidate("candidate:9", arg);
	assert_int_equal(told.candidates, 1);
	assert_string_equal(told.id, ID);
	assert_string_equal(told.candidate, "candidate:9");
}

static void
test_the_states_of_a_viewer_are_told(void **state)
{
	const struct dtls_handler *dtls;
	struct outcome a, b;
	void *arg;

	(void)state;
	become_live(MEDIA_NONE);
	join(ID, &a);
	assert_int_equal(told.sessions, 1);
	assert_int_equal(told.state, IPC_SESSION_CONNECTED);
	assert_string_equal(told.id, ID);
	join(OTHER, &b);
	dtls = null_transport_dtls(&arg);
	dtls->closed("it said goodbye", arg);
	assert_int_equal(told.sessions, 3);
	assert_int_equal(told.state, IPC_SESSION_CLOSED);
	assert_string_equal(told.id, OTHER);
	assert_string_equal(told.reason, "it said goodbye");
	assert_int_equal(count_viewers(), 1);
	assert_false(stream_drop(stream, OTHER));
}

static void
test_what_the_camera_is_can_be_asked(void **state)
{
	(void)state;
	assert_string_equal(camera.url, "rtsp://camera");
	assert_int_equal(stream_status(stream)->state,
	    IPC_SOURCE_CONNECTING);
	become(IPC_SOURCE_LOST, "unplugged");
	assert_int_equal(stream_status(stream)->state, IPC_SOURCE_LOST);
	assert_string_equal(stream_status(stream)->error, "unplugged");
	assert_int_equal(told.sources, 1);
	assert_string_equal(told.source.error, "unplugged");
	become_live(MEDIA_PCMU);
	assert_int_equal(stream_status(stream)->state, IPC_SOURCE_LIVE);
	assert_int_equal(stream_status(stream)->audio, MEDIA_PCMU);
	assert_int_equal(told.sources, 2);
}

/* Nothing of it is left: see tear_down(). */
static void
test_a_stream_that_cannot_be_opened(void **state)
{
	struct error err;

	(void)state;
	close_stream();
	camera.refuses = true;
	assert_null(stream_open(NULL, &settings, &stream_handler, &told,
	    &err));
	assert_string_equal(err.text, "no such camera");
	camera.refuses = false;
	identities.fails = true;
	assert_null(stream_open(NULL, &settings, &stream_handler, &told,
	    &err));
	assert_non_null(strstr(err.text, "certificate"));
	identities.fails = false;
}

int
main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_an_id_is_of_one_viewer),
		TEST(test_an_id_is_of_one_that_waits),
		TEST(test_offers_wait_for_the_camera_in_order),
		TEST(test_offers_do_not_wait_for_a_lost_camera),
		TEST(test_offers_wait_for_the_description_alone),
		TEST(test_a_camera_that_was_described_is_not_waited_for),
		TEST(test_sound_may_be_known_late_and_change),
		TEST(test_a_camera_that_cannot_play_refuses),
		TEST(test_an_offer_waits_for_five_seconds),
		TEST(test_so_many_offers_wait_and_no_more),
		TEST(test_an_offer_that_waits_is_paused),
		TEST(test_an_offer_can_be_paused_from_the_start),
		TEST(test_an_offer_that_waits_is_dropped),
		TEST(test_the_stream_is_closed_while_offers_wait),
		TEST(test_viewers_hear_goodbye_when_it_is_closed),
		TEST(test_requests_for_nobody_do_nothing),
		TEST(test_a_restart_is_of_the_viewer_named),
		TEST(test_an_offer_that_cannot_be_read_is_refused),
		TEST(test_a_port_that_is_taken_is_told),
		TEST(test_the_stun_server_is_for_those_who_come),
		TEST(test_relays_are_for_those_who_come),
		TEST(test_candidates_go_both_ways),
		TEST(test_the_states_of_a_viewer_are_told),
		TEST(test_what_the_camera_is_can_be_asked),
		TEST(test_a_stream_that_cannot_be_opened),
	};

	return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
