#include "viewer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "binding.h"
#include "bytes.h"
#include "clock.h"
#include "offer.h"
#include "receive.h"
#include "worker/transport/dtls.h"
#include "xalloc.h"

#define SETUP_US	15000000	/* from the POST to the keys */
#define RETRY_US	50000		/* of a check, RFC 8445, section 14 */
#define CONSENT_TICKS	4		/* RFC 7675: about 5 s */
#define SILENCE_US	20000000
#define BUFFER		(4 * 1024 * 1024)	/* bytes, of a socket */
#define OUR_PWD		"a-swarm-of-viewers-has-one"
#define HTTP_UNAVAILABLE	503
#define RTCP_RR		201		/* RFC 3550, section 6.4.2 */
#define RR_LEN		32	/* with one block */
#define RR_EMPTY_LEN	8

/* For as long as it connects. */
struct viewer_setup {
	struct event	*timer;
	struct dtls	*dtls;
	struct answer	 answer;
	char		 ufrag[16];
	int64_t		 deadline_us;
};

static char first_error[200];

const char *
viewer_first_error(void)
{
	return first_error;
}

static void
setup_free(struct viewer *v)
{
	if (v->setup == NULL)
		return;
	dtls_free(v->setup->dtls);
	event_free(v->setup->timer);
	free(v->setup);
	v->setup = NULL;
}

static void
fail(struct viewer *v, const char *why)
{
	if (v->failed)
		return;
	if (first_error[0] == '\0')
		snprintf(first_error, sizeof first_error, "viewer %u: %s",
		    v->number, why);
	v->failed = true;
	viewer_leave(v);
	v->shared->event(v, VIEWER_FAILED, v->shared->arg);
}

static void
send_to(struct viewer *v, const struct sockaddr_in *to, const void *data,
    size_t len)
{
	/* What is lost is sent again, or nobody misses it. */
	sendto(v->fd, data, len, MSG_DONTWAIT, (const struct sockaddr *)to,
	    sizeof *to);
}

/* ICE */

/* The transaction tells which candidate it was for; the rest of it need
 * not be a secret here. */
static void
send_check(struct viewer *v, const struct sockaddr_in *to, uint8_t candidate)
{
	uint8_t buf[BINDING_MAX_LEN], id[BINDING_ID_LEN] = { candidate };
	int64_t now_us = clock_now_us();

	memcpy(id + 4, &now_us, sizeof now_us);
	send_to(v, to, buf, binding_write_request(buf, id, v->username,
	    v->pwd));
}

static void
send_checks(struct viewer *v)
{
	const struct answer *a = &v->setup->answer;

	for (int i = 0; i < a->n_candidates; i++)
		send_check(v, &a->candidates[i], (uint8_t)i);
}

static void
on_checked(struct viewer *v, uint8_t candidate)
{
	const struct viewer_setup *s = v->setup;

	if (s == NULL || v->times.ice != 0 ||
	    candidate >= s->answer.n_candidates)
		return;
	v->remote = s->answer.candidates[candidate];
	v->times.ice = clock_now_us();
	dtls_start(v->setup->dtls);
}

static void
on_stun(struct viewer *v, const uint8_t *data, size_t len,
    const struct sockaddr_in *from)
{
	uint8_t buf[BINDING_MAX_LEN];
	const uint8_t *id;

	switch (binding_read(data, len, &id)) {
	case BINDING_REQUEST:
		send_to(v, from, buf, binding_write_success(buf, id, OUR_PWD,
		    from));
		break;
	case BINDING_SUCCESS:
		on_checked(v, id[0]);
		break;
	case BINDING_ERROR:
	case BINDING_NONE:
		break;
	}
}

/* DTLS */

static void
on_dtls_send(const void *data, size_t len, void *arg)
{
	struct viewer *v = arg;

	send_to(v, &v->remote, data, len);
}

static void
on_dtls_established(const struct srtp_keys *keys, void *arg)
{
	struct viewer *v = arg;

	v->keys = *keys;
	v->connected = true;
	v->times.connected = v->heard_us = clock_now_us();
	/* As a server we may have to repeat the last flight. */
	if (!v->setup->answer.active)
		setup_free(v);
	v->shared->event(v, VIEWER_CONNECTED, v->shared->arg);
}

static void
on_dtls_closed(const char *why, void *arg)
{
	fail(arg, why);
}

static const struct dtls_handler dtls_handler = {
	on_dtls_send, on_dtls_established, on_dtls_closed
};

static void
open_dtls(struct viewer *v)
{
	const struct answer *a = &v->setup->answer;
	struct dtls_config config = {
		.identity = v->shared->identity, .client = !a->active,
		.hash = a->hash, .fingerprint = a->fingerprint,
	};

	v->setup->dtls = dtls_new(v->shared->base, &config, &dtls_handler, v);
}

static void
on_dtls(struct viewer *v, const uint8_t *data, size_t len)
{
	static const uint8_t alert = 21;	/* RFC 5246, section 6.2.1 */

	if (v->setup != NULL && v->setup->dtls != NULL)
		dtls_input(v->setup->dtls, data, len);
	else if (v->connected && data[0] == alert)
		fail(v, "the server said goodbye");
}

/* Media */

static void
on_media(struct viewer *v, uint8_t *data, size_t len, int64_t now_us)
{
	unsigned news;

	if (!v->connected || (data[1] >= 192 && data[1] <= 223))
		return;		/* RFC 5761, section 4: RTCP */
	if (v->setup != NULL)
		setup_free(v);
	news = track_input(&v->track, &v->keys, v->payload_type, data, len,
	    now_us);
	if (news & TRACK_PACKET && v->awaits) {
		v->awaits = false;
		v->times.packet = now_us;
		v->shared->event(v, VIEWER_PACKET, v->shared->arg);
	}
	if (news & TRACK_PICTURE) {
		v->times.picture = now_us;
		v->shared->event(v, VIEWER_PICTURE, v->shared->arg);
	}
}

/* RFC 7983, section 7. */
static void
on_datagram(uint8_t *data, size_t len, const struct sockaddr_in *from,
    int64_t now_us, void *arg)
{
	struct viewer *v = arg;

	if (v->failed || len < 2)
		return;
	v->heard_us = now_us;
	if (data[0] <= 3)
		on_stun(v, data, len, from);
	else if (data[0] >= 20 && data[0] <= 63)
		on_dtls(v, data, len);
	else if (data[0] >= 128 && data[0] <= 191)
		on_media(v, data, len, now_us);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	receive_all((int)fd, on_datagram, arg);
}

/* Setting up */

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct viewer *v = arg;
	struct timeval tv = clock_timeval(RETRY_US);

	(void)fd;
	(void)what;
	if (v->connected) {	/* a server whose media do not come yet */
		setup_free(v);
		return;
	}
	if (clock_now_us() > v->setup->deadline_us) {
		fail(v, v->times.answer == 0 ? "no answer to the POST" :
		    v->times.ice == 0 ? "no answer to a check of ICE" :
		    "the DTLS handshake does not end");
		return;
	}
	if (v->times.answer != 0 && v->times.ice == 0)
		send_checks(v);
	event_add(v->setup->timer, &tv);
}

static void
on_answer(int status, const char *error, const char *sdp,
    const char *location, void *arg)
{
	struct viewer *v = arg;
	struct answer *a;

	if (v->failed)
		return;
	if (status == HTTP_UNAVAILABLE)
		v->times.refused = clock_now_us();
	if (location != NULL)
		v->location = xstrdup(location);
	if (error == NULL)
		error = answer_read(sdp, &v->setup->answer);
	if (error != NULL) {
		fail(v, error);
		return;
	}
	a = &v->setup->answer;
	v->times.answer = clock_now_us();
	v->payload_type = (uint8_t)a->payload_type;
	v->username = xasprintf("%s:%s", a->ufrag, v->setup->ufrag);
	v->pwd = xstrdup(a->pwd);
	open_dtls(v);
	send_checks(v);
}

static int
open_socket(struct viewer *v, struct sockaddr_in *local)
{
	int size = BUFFER;
	socklen_t len = sizeof *local;

	*local = v->shared->local;
	v->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (v->fd == -1 ||
	    bind(v->fd, (struct sockaddr *)local, sizeof *local) == -1 ||
	    getsockname(v->fd, (struct sockaddr *)local, &len) == -1)
		return -1;
	/* So much is for root alone. */
	if (setsockopt(v->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
	    sizeof size) == -1)
		setsockopt(v->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	if (v->shared->gro)
		receive_enable_gro(v->fd);
	v->io = event_new(v->shared->base, v->fd, EV_READ | EV_PERSIST,
	    on_readable, v);
	event_add(v->io, NULL);
	return 0;
}

struct viewer *
viewer_new(const struct viewer_shared *shared, unsigned number)
{
	struct viewer *v = xcalloc(1, sizeof *v);

	v->shared = shared;
	v->number = number;
	v->fd = -1;
	return v;
}

void
viewer_start(struct viewer *v)
{
	struct viewer_setup *s = v->setup = xcalloc(1, sizeof *s);
	struct timeval tv = clock_timeval(RETRY_US);
	struct offer offer = { .number = v->number, .ufrag = s->ufrag,
		.pwd = OUR_PWD, .fingerprint =
		dtls_identity_fingerprint(v->shared->identity) };
	char *sdp;

	v->times.post = clock_now_us();
	s->deadline_us = v->times.post + SETUP_US;
	s->timer = evtimer_new(v->shared->base, on_timer, v);
	event_add(s->timer, &tv);
	snprintf(s->ufrag, sizeof s->ufrag, "swarm%u", v->number);
	if (open_socket(v, &offer.local) == -1) {
		fail(v, strerror(errno));
		return;
	}
	viewer_expect(v);
	sdp = offer_write(&offer);
	whep_offer(v->shared->whep, sdp, on_answer, v);
	free(sdp);
}

void
viewer_leave(struct viewer *v)
{
	v->connected = false;
	setup_free(v);
	if (v->io != NULL)
		event_del(v->io);
}

void
viewer_free(struct viewer *v)
{
	viewer_leave(v);
	if (v->io != NULL)
		event_free(v->io);
	if (v->fd != -1)
		close(v->fd);
	free(v->location);
	free(v->username);
	free(v->pwd);
	free(v);
}

void
viewer_expect(struct viewer *v)
{
	v->awaits = true;
	v->times.packet = v->times.picture = 0;
	track_expect(&v->track);
}

/* Alive */

static void
send_report(struct viewer *v)
{
	uint8_t buf[RR_LEN + CRYPT_MAX_ROOM] = { 0x81, RTCP_RR, 0, 7 };
	size_t len = RR_LEN;

	if (v->track.ssrc == 0) {	/* nothing to report on */
		buf[0] = 0x80;
		buf[3] = 1;
		len = RR_EMPTY_LEN;
	}
	put32(buf + 4, v->number + 1);
	put32(buf + 8, v->track.ssrc);
	put32(buf + 12, track_lost(&v->track) & 0xffffff);
	put32(buf + 16, v->track.high);
	send_to(v, &v->remote, buf, crypt_seal_rtcp(&v->keys,
	    ++v->reports, buf, len));
}

void
viewer_tick(struct viewer *v, int64_t now_us)
{
	if (!v->connected)
		return;
	if (now_us - v->heard_us > SILENCE_US) {
		fail(v, "nothing heard from the server for 20 s");
		return;
	}
	if (v->shared->reports)
		send_report(v);
	if (now_us / 1000000 % CONSENT_TICKS == v->number % CONSENT_TICKS)
		send_check(v, &v->remote, 0);
}

uint32_t
viewer_drops(const struct viewer *v)
{
	return v->fd != -1 ? receive_drops(v->fd) : 0;
}
