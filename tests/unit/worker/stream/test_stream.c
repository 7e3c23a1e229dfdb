/* A camera's viewers by their ids: the camera is made up here, and the
 * viewers have no network (bench/null_transport.c). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "bench/null_transport.h"
#include "log.h"
#include "worker/camera/source.h"
#include "worker/stream/stream.h"
#include "worker/transport/dtls.h"

#define ID	"00000000000000000000000000000001"
#define OTHER	"00000000000000000000000000000002"

/* In place of worker/camera/source.c and of a certificate. */

static const struct feed_handler *camera;
const struct source_times source_times;

struct source *
source_open(struct event_base *base, const char *url,
    const struct source_times *times, const struct feed_handler *h,
    void *arg, struct error *err)
{
	(void)base;
	(void)url;
	(void)times;
	(void)err;
	camera = h;
	return arg;
}

void
source_close(struct source *s)
{
	(void)s;
}

struct dtls_identity *
dtls_identity_new(void)
{
	return calloc(1, 1);
}

void
dtls_identity_free(struct dtls_identity *identity)
{
	free(identity);
}

struct fixture {
	struct event_base	*base;
	struct stream		*stream;
	char			*sdp;
};

struct answer {
	int	n, status;
	char	error[128];
};

static void
on_source(const struct feed_status *st, void *arg)
{
	(void)st;
	(void)arg;
}

static void
on_session(const char *id, enum ipc_session_state state, const char *reason,
    const char *remote, void *arg)
{
	(void)id;
	(void)state;
	(void)reason;
	(void)remote;
	(void)arg;
}

static void
on_candidate(const char *id, const char *candidate, void *arg)
{
	(void)id;
	(void)candidate;
	(void)arg;
}

static int
set_up(void **state)
{
	static const struct stream_settings settings = { .url = "demo:" };
	static const struct stream_handler handler = {
		on_source, on_session, on_candidate
	};
	static struct fixture f;
	struct error err;

	log_open(LOG_LEVEL_OFF, NULL);
	f.base = event_base_new();
	f.sdp = null_transport_offer();
	f.stream = stream_open(f.base, &settings, &handler, NULL, &err);
	*state = &f;
	return f.stream != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	stream_close(f->stream);
	event_base_free(f->base);
	free(f->sdp);
	return 0;
}

static void
become_live(struct fixture *f)
{
	static const struct feed_status live = {
		.state = IPC_SOURCE_LIVE, .video = MEDIA_H264,
		.audio = MEDIA_NONE, .width = 64, .height = 48,
	};

	camera->status(&live, f->stream);
}

static void
on_answer(const char *answer, int status, const char *error, void *arg)
{
	struct answer *a = arg;

	(void)answer;
	a->n++;
	a->status = status;
	strncpy(a->error, error != NULL ? error : "", sizeof a->error - 1);
}

static void
offer(struct fixture *f, const char *id, struct answer *a)
{
	const struct peer_offer o = {
		.id = id, .sdp = f->sdp, .loopback = true
	};

	*a = (struct answer){ 0 };
	stream_offer(f->stream, &o, on_answer, a);
}

static void
count_viewer(const struct peer *p, void *arg)
{
	(void)p;
	++*(int *)arg;
}

static int
count_viewers(const struct fixture *f)
{
	int n = 0;

	stream_each(f->stream, count_viewer, &n);
	return n;
}

static void
assert_refused(const struct answer *a)
{
	assert_int_equal(a->n, 1);
	assert_int_equal(a->status, 400);
	assert_non_null(strstr(a->error, "already"));
}

static void
test_an_id_is_of_one_viewer(void **state)
{
	struct fixture *f = *state;
	struct answer first, second, other;

	become_live(f);
	offer(f, ID, &first);
	assert_int_equal(first.status, 200);
	offer(f, ID, &second);
	assert_refused(&second);
	offer(f, OTHER, &other);
	assert_int_equal(other.status, 200);
	assert_int_equal(count_viewers(f), 2);
	assert_true(stream_drop(f->stream, ID));
	assert_false(stream_drop(f->stream, ID));
	assert_int_equal(count_viewers(f), 1);
	offer(f, ID, &first);		/* it is free again */
	assert_int_equal(first.status, 200);
}

/* While both would wait for the camera. */
static void
test_an_id_is_of_one_that_waits(void **state)
{
	struct fixture *f = *state;
	struct answer first, second;

	offer(f, ID, &first);
	offer(f, ID, &second);
	assert_refused(&second);
	assert_int_equal(first.n, 0);
	become_live(f);
	assert_int_equal(first.n, 1);
	assert_int_equal(first.status, 200);
	assert_int_equal(count_viewers(f), 1);
}

int
main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_an_id_is_of_one_viewer),
		TEST(test_an_id_is_of_one_that_waits),
	};

	return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
