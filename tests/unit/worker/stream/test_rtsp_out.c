/* Who comes by RTSP, from the broker's word to the first picture. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "clock.h"
#include "handover.h"
#include "log.h"
#include "rundir.h"
#include "tests/unit/worker/rtp_units.h"
#include "worker/stream/fanout.h"
#include "worker/stream/rtsp_out.h"
#include "worker/transport/media_port.h"
#include "xalloc.h"

#define ID	"0123456789abcdef0123456789abcdef"
#define WAIT_US	10000000LL

static struct event_base *base;
static struct fanout *fanout;
static struct media_port *door;
static struct rtsp_out *out;
static char dir[] = "/tmp/lull-rtsp-out-XXXXXX";
static int client, broker;
static char heard[4000];

static struct {
	int	 status;		/* of media() */
	enum ipc_session_state state;
	char	 reason[100], remote[60];
} told;

static void
on_session(const char *id, enum ipc_session_state state, const char *reason,
    const char *remote, void *arg)
{
	assert_ptr_equal(arg, &told);
	assert_string_equal(id, ID);
	told.state = state;
	snprintf(told.reason, sizeof told.reason, "%s",
	    reason != NULL ? reason : "");
	snprintf(told.remote, sizeof told.remote, "%s", remote);
}

static int
on_media(struct media_description *m, bool late, void *arg)
{
	assert_ptr_equal(arg, &told);
	assert_false(late);
	*m = (struct media_description){ .video = MEDIA_H264,
	    .audio = MEDIA_NONE };
	return told.status;
}

static const struct rtsp_out_handler handler = { on_session, on_media };

static void
open_out(bool with_door)
{
	const struct rtsp_out_config config = {
		.door = with_door ? door : NULL,
	};

	out = rtsp_out_new(base, fanout, &config, &handler, &told);
}

static int
set_up(void **state)
{
	static const char *const none[] = { NULL };
	const struct media_port_config config = {
		.folder = dir, .address = "", .announced = none,
	};
	const struct fanout_config pictures = {
		.gop = { 1 << 20, 60000 }, .replay_bps = 100000000,
	};
	struct error err;

	(void)state;
	log_open(LOG_LEVEL_OFF, NULL);
	memset(&told, 0, sizeof told);
	heard[0] = '\0';
	told.status = 200;
	client = broker = -1;
	strcpy(dir + sizeof dir - 7, "XXXXXX");
	assert_non_null(mkdtemp(dir));
	base = event_base_new();
	fanout = fanout_new(base, &pictures);
	door = media_port_open(base, &config, &err);
	assert_non_null(door);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	fanout_free(fanout);
	rtsp_out_free(out);
	media_port_close(door);
	event_base_free(base);
	close(client);
	close(broker);
	rmdir(dir);
	return 0;
}

/* The broker hands over one end of a new connection, by that name. */
static void
hand_over(const char *name, enum handover_kind kind)
{
	struct handover h = { .kind = kind };
	char tag[FIRST_CHECK_TAG + 1] = "", *path;
	int pair[2];

	memcpy(tag, name, FIRST_CHECK_TAG);
	path = rundir_door(dir, tag);
	broker = handover_connect(path);
	free(path);
	assert_true(broker != -1);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	client = pair[0];
	h.fd = pair[1];
	h.len = strlen(name);
	memcpy(h.data, name, h.len);
	assert_true(socket_address_parse(&h.remote, "192.0.2.9", 7));
	assert_int_equal(handover_send(broker, &h), 0);
	close(pair[1]);
}

/* Until the client hears that text, or the end if it is NULL. */
static void
await(const char *text)
{
	int64_t until_us = clock_now_us() + WAIT_US;
	ssize_t n = 0;

	while (text == NULL || strstr(heard, text) == NULL) {
		size_t have = strlen(heard);

		assert_true(clock_now_us() < until_us);
		event_base_loop(base, EVLOOP_NONBLOCK);
		n = recv(client, heard + have, sizeof heard - have - 1,
		    MSG_DONTWAIT);
		if (n == 0 && text == NULL)
			return;
		if (n > 0)
			heard[have + (size_t)n] = '\0';
	}
}

static void
say(const char *text)
{
	assert_int_equal(send(client, text, strlen(text), MSG_NOSIGNAL),
	    strlen(text));
}

static void
send_key_frame(void)
{
	struct rtp_unit *u = unit_new(true, 1, 1, 100);

	u->bytes[0] = 0x65;
	fanout_send(fanout, u);
	rtp_unit_unref(u);
	rtsp_out_tell(out);
}

/* What was sent before the connection was handed over is read. The answer
 * waits for the camera, and then for the key frame. */
static void
test_from_door_to_description(void **state)
{
	struct error err;
	const char *name;

	(void)state;
	told.status = 0;
	open_out(true);
	name = rtsp_out_add(out, ID, false, &err);
	assert_non_null(name);
	assert_non_null(fanout_find(fanout, ID));
	hand_over(name, HANDOVER_RTSP);
	say("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"
	    "DESCRIBE rtsp://h/a RTSP/1.0\r\nCSeq: 2\r\n\r\n");
	await("CSeq: 1\r\n");
	rtsp_out_tell(out);
	told.status = 200;
	rtsp_out_tell(out);
	assert_null(strstr(heard, "CSeq: 2\r\n"));
	send_key_frame();
	await("m=video");
	assert_non_null(strstr(heard, "CSeq: 2\r\n"));
	close(client);
	client = -1;
	while (fanout_find(fanout, ID) != NULL)
		event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(told.state, IPC_SESSION_CLOSED);
	assert_string_equal(told.remote, "192.0.2.9:7");
}

static void
test_error_of_the_camera(void **state)
{
	struct error err;

	(void)state;
	told.status = 404;
	open_out(true);
	hand_over(rtsp_out_add(out, ID, false, &err), HANDOVER_RTSP);
	say("DESCRIBE rtsp://h/a RTSP/1.0\r\nCSeq: 2\r\n\r\n");
	await("RTSP/1.0 404 Not Found\r\n");
}

/* A check of ICE that is for its name, and a second connection. */
static void
test_what_is_not_its_own(void **state)
{
	struct error err;
	char name[20];

	(void)state;
	open_out(true);
	strcpy(name, rtsp_out_add(out, ID, false, &err));
	hand_over(name, HANDOVER_TCP);
	await(NULL);
	close(client);
	close(broker);
	hand_over(name, HANDOVER_RTSP);
	say("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n");
	await("200 OK");
	close(client);
	close(broker);
	hand_over(name, HANDOVER_RTSP);
	await(NULL);
}

/* It ends before its connection comes, which has no name then. */
static void
test_who_is_gone(void **state)
{
	struct error err;
	char name[20];

	(void)state;
	open_out(true);
	strcpy(name, rtsp_out_add(out, ID, false, &err));
	fanout_remove(fanout, fanout_find(fanout, ID));
	hand_over(name, HANDOVER_RTSP);
	await(NULL);
}

static void
test_paused_at_first(void **state)
{
	struct error err;

	(void)state;
	open_out(true);
	assert_non_null(rtsp_out_add(out, ID, true, &err));
	assert_true(fanout_find(fanout, ID)->show.paused);
}

static void
test_no_door(void **state)
{
	struct error err;

	(void)state;
	open_out(false);
	assert_null(rtsp_out_add(out, ID, false, &err));
	assert_string_equal(err.text, "nobody may come by RTSP");
	assert_null(fanout_find(fanout, ID));
}

static void
test_too_many(void **state)
{
	struct error err;
	char id[ID_HEX_LEN + 1];

	(void)state;
	open_out(true);
	for (int i = 0; i < RTSP_OUT_MAX; i++) {
		snprintf(id, sizeof id, "%032x", (unsigned)i);
		assert_non_null(rtsp_out_add(out, id, false, &err));
	}
	assert_null(rtsp_out_add(out, ID, false, &err));
	assert_string_equal(err.text, "too many viewers by RTSP");
	fanout_remove(fanout, fanout_find(fanout, id));
	assert_non_null(rtsp_out_add(out, ID, false, &err));
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_from_door_to_description),
		TEST(test_error_of_the_camera),
		TEST(test_what_is_not_its_own),
		TEST(test_who_is_gone),
		TEST(test_paused_at_first),
		TEST(test_no_door),
		TEST(test_too_many),
	};

	return cmocka_run_group_tests_name("rtsp_out", tests, NULL, NULL);
}
