#ifndef LULL_TEST_SERVE_CLIENTS_H
#define LULL_TEST_SERVE_CLIENTS_H

/*
 * A session of RTSP in a fan-out, with a client at the other end of a
 * connection of this host that a test makes up. For tests with cmocka, whose
 * headers come first.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "bytes.h"
#include "clock.h"
#include "log.h"
#include "tests/unit/worker/h264_samples.h"
#include "tests/unit/worker/rtp_units.h"
#include "worker/media/h264.h"
#include "worker/rtsp/rtsp_message.h"
#include "worker/serve/rtsp_session.h"
#include "worker/stream/fanout.h"
#include "xalloc.h"

#define ID		"0123456789abcdef0123456789abcdef"
#define URI		"rtsp://127.0.0.1:8554/door"
#define WAIT_US		10000000LL
#define MAX_PACKETS	20000
#define PART		1000	/* bytes of a payload */
#define STEP_US		40000

static struct event_base *base;
static struct fanout *fanout;
static struct rtsp_sessions all;
static struct rtsp_session *session;	/* NULL: freed */

/* What its handler was told, and says. */
static struct {
	int	states, pictures;
	enum ipc_session_state state;	/* the last */
	char	reason[100];
	int	media;		/* the answer: 200, 0, ... */
	int	late;		/* the answer to one who waited */
	enum media_codec audio;
} told;

/* The client's end. */
static struct {
	int	 fd;
	uint8_t	*in;
	size_t	 n_in;
	bool	 ended;
	int	 cseq;
	char	 session[100];	/* a header's line, or "" */
	char	*answer;	/* the last */
	char	 log[4000];	/* "CSEQ:STATUS " of all */
	int	 status;
	/* The packets that came, in order. */
	struct {
		int	 channel;
		size_t	 len;
		uint8_t	 data[12 + PART + 100];
	}	*packet;
	size_t	 n_packets;
} client;

static inline void
on_state(struct rtsp_session *s, enum ipc_session_state state,
    const char *reason, void *arg)
{
	assert_ptr_equal(arg, &told);
	told.states++;
	told.state = state;
	snprintf(told.reason, sizeof told.reason, "%s",
	    reason != NULL ? reason : "");
	if (state != IPC_SESSION_CLOSED)
		return;
	session = NULL;
	fanout_remove(fanout, rtsp_session_viewer(s));
}

static inline void
on_picture(struct rtsp_session *s, void *arg)
{
	assert_ptr_equal(arg, &told);
	told.pictures++;
	fanout_show(fanout, rtsp_session_viewer(s));
}

static inline int
on_media(struct media_description *m, const struct rtp_unit **key, bool late,
    void *arg)
{
	assert_ptr_equal(arg, &told);
	*m = (struct media_description){ .video = MEDIA_H264,
	    .audio = told.audio };
	*key = fanout_key_frame(fanout);
	return late ? told.late : told.media;
}

static const struct rtsp_session_handler session_handler = {
	on_state, on_picture, on_media
};

static struct rtsp_session_times times;
static const char *username, *password;

static inline int
set_up(void **state)
{
	const struct fanout_config config = {
		.gop = { 8 << 20, 60000 }, .replay_bps = 1000000000,
	};

	(void)state;
	log_open(LOG_LEVEL_OFF, NULL);
	base = event_base_new();
	fanout = fanout_new(base, &config);
	memset(&told, 0, sizeof told);
	told.media = told.late = 200;
	told.audio = MEDIA_OPUS;
	times = rtsp_session_times;
	username = password = NULL;
	LIST_INIT(&all);
	memset(&client, 0, sizeof client);
	client.fd = -1;
	client.packet = xcalloc(MAX_PACKETS, sizeof client.packet[0]);
	return 0;
}

static inline int
tear_down(void **state)
{
	(void)state;
	fanout_free(fanout);
	assert_true(LIST_EMPTY(&all));
	event_base_free(base);
	if (client.fd != -1)
		close(client.fd);
	free(client.in);
	free(client.answer);
	free(client.packet);
	return 0;
}

static inline void
open_session(bool paused)
{
	const struct rtsp_session_config config = {
		.id = ID, .paused = paused, .username = username,
		.password = password, .all = &all,
	};

	session = rtsp_session_new(base, &config, &times, &session_handler,
	    &told);
	fanout_add(fanout, rtsp_session_viewer(session));
}

/* Connects by TCP, and gives the session its end. */
static inline void
connect_from(const char *remote)
{
	union socket_address a, from;
	socklen_t len = sizeof a;
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd;

	assert_true(socket_address_parse(&a, "127.0.0.1", 0));
	assert_int_equal(bind(listener, &a.any, sizeof a.v4), 0);
	assert_int_equal(listen(listener, 1), 0);
	getsockname(listener, &a.any, &len);
	client.fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(client.fd, &a.any, sizeof a.v4), 0);
	fd = accept(listener, NULL, NULL);
	assert_true(fd != -1);
	close(listener);
	assert_true(socket_address_parse(&from, remote, 9999));
	rtsp_session_take(session, fd, &from);
}

static inline void
open_client(void)
{
	open_session(false);
	connect_from("127.0.0.1");
}

static inline void
take_packet(const struct rtsp_message *m)
{
	assert_true(client.n_packets < MAX_PACKETS);
	assert_true(m->body_len <= sizeof client.packet[0].data);
	client.packet[client.n_packets].channel = m->channel;
	client.packet[client.n_packets].len = m->body_len;
	memcpy(client.packet[client.n_packets++].data, m->body, m->body_len);
}

static inline void
take_answer(const struct rtsp_message *m, const uint8_t *data, size_t len)
{
	const struct rtsp_text *id = rtsp_header(m, "Session", 0);

	assert_int_equal(m->kind, RTSP_ANSWER);
	snprintf(client.log + strlen(client.log), 20, "%d:%d ", m->cseq,
	    m->status);
	client.status = m->status;
	free(client.answer);
	client.answer = xcalloc(len + 1, 1);
	memcpy(client.answer, data, len);
	if (id != NULL)
		snprintf(client.session, sizeof client.session,
		    "Session: %.*s\r\n", (int)strcspn(id->data, ";"),
		    id->data);
}

/* All that comes is in step. */
static inline void
read_messages(void)
{
	struct rtsp_reader r = { .channels = 8 };
	struct rtsp_message m;
	size_t at = 0, skip;
	long n;

	while ((n = rtsp_read(&r, client.in + at, client.n_in - at, &m,
	    &skip)) > 0) {
		assert_int_equal(skip, 0);
		if (m.kind == RTSP_PACKET)
			take_packet(&m);
		else
			take_answer(&m, client.in + at, (size_t)n);
		at += (size_t)n;
	}
	assert_false(r.lost);
	client.n_in -= at;
	memmove(client.in, client.in + at, client.n_in);
}

/* One turn of the loop, and what the client gets by it. */
static inline void
turn(void)
{
	static uint8_t buf[65536];
	ssize_t n;

	event_base_loop(base, EVLOOP_NONBLOCK);
	if (client.ended)
		return;
	n = recv(client.fd, buf, sizeof buf, MSG_DONTWAIT);
	if (n > 0) {
		client.in = xrealloc(client.in, client.n_in + (size_t)n);
		memcpy(client.in + client.n_in, buf, (size_t)n);
		client.n_in += (size_t)n;
		read_messages();
	} else if (n == 0 || errno != EAGAIN) {
		client.ended = true;
	}
}

static inline bool
await(bool (*is_true)(void))
{
	int64_t until_us = clock_now_us() + WAIT_US;

	while (!is_true()) {
		struct pollfd p = { .fd = client.fd, .events = POLLIN };

		if (clock_now_us() > until_us)
			return false;
		poll(&p, client.ended ? 0 : 1, 1);
		turn();
	}
	return true;
}

static inline bool
has_answer(void)
{
	return client.status != 0 || client.ended;
}

static inline bool
has_ended(void)
{
	return client.ended;
}

static size_t wanted;		/* packets */

static inline bool
has_packets(void)
{
	return client.n_packets >= wanted;
}

/* So many have come, and no more is under way. */
static inline void
await_packets(size_t n)
{
	wanted = n;
	assert_true(await(has_packets));
	turn();
	assert_int_equal(client.n_packets, n);
}

static inline void
say(const char *text)
{
	size_t len = strlen(text);

	assert_int_equal(send(client.fd, text, len, MSG_NOSIGNAL), len);
}

static inline void
request(const char *method, const char *uri, const char *headers)
{
	char *text = xasprintf("%s %s RTSP/1.0\r\nCSeq: %d\r\n%s%s\r\n",
	    method, uri, ++client.cseq, client.session, headers);

	client.status = 0;
	say(text);
	free(text);
}

/* Returns the status; 0: the connection ended. */
static inline int
ask(const char *method, const char *uri, const char *headers)
{
	request(method, uri, headers);
	assert_true(await(has_answer));
	return client.status;
}

static inline void
play_by_tcp(void)
{
	assert_int_equal(ask("DESCRIBE", URI, ""), 200);
	assert_int_equal(ask("SETUP", URI "/trackID=0", "Transport: "
	    "RTP/AVP/TCP;unicast;interleaved=0-1\r\n"), 200);
	assert_int_equal(ask("SETUP", URI "/trackID=1", "Transport: "
	    "RTP/AVP/TCP;unicast;interleaved=2-3\r\n"), 200);
	assert_int_equal(ask("PLAY", URI, ""), 200);
}

/* The camera */

static int64_t now_us;
static int n_pictures;

static const uint8_t sets[] = { 0x78, 0, SIZE(SPS), SPS, 0, SIZE(PPS), PPS };

/* A key frame has its parameter sets in a payload of their own. Each payload
 * has the picture's number in it. */
static inline void
send_picture(bool key, size_t parts)
{
	struct rtp_unit *u = unit_new(key, now_us, parts, PART);

	now_us += STEP_US;
	n_pictures++;
	for (size_t i = 0; i < parts; i++) {
		u->bytes[i * PART] = 0x7c;
		put32(u->bytes + i * PART + 4, (uint32_t)n_pictures);
		u->bytes[i * PART + 8] = key;
		u->bytes[i * PART + 9] = (uint8_t)parts;
	}
	if (key) {
		u->bytes = xrealloc(u->bytes, parts * PART + sizeof sets);
		memmove(u->bytes + sizeof sets, u->bytes, parts * PART);
		memcpy(u->bytes, sets, sizeof sets);
		u->offset = xrealloc(u->offset, (parts + 2) *
		    sizeof u->offset[0]);
		for (size_t i = 0; i <= parts; i++)
			u->offset[i + 1] = (uint32_t)(sizeof sets + i * PART);
		u->count++;
	}
	fanout_send(fanout, u);
	rtp_unit_unref(u);
}

static inline void
send_sound(void)
{
	struct rtp_unit *u = unit_new(false, now_us, 1, 80);

	u->kind = MEDIA_AUDIO;
	u->codec = MEDIA_OPUS;
	u->ticks = (uint32_t)now_us;
	fanout_send(fanout, u);
	rtp_unit_unref(u);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
