#include "sender.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "history.h"
#include "id.h"
#include "rtcp.h"
#include "twcc.h"
#include "worker/media/rtp.h"
#include "worker/transport/srtp.h"
#include "worker/transport/transport.h"
#include "xalloc.h"

#define EXTENSION_LEN	8	/* one-byte header, one element: RFC 8285 */
#define HEADER_MAX	(RTP_HEADER_LEN + EXTENSION_LEN)
#define RTX_OSN_LEN	2	/* original sequence number, RFC 4588 sec. 4 */
#define PACKET_MAX	(HEADER_MAX + RTX_OSN_LEN + PACKETISE_MAX_PAYLOAD + \
			SRTP_MAX_ROOM)
#define BATCH		64	/* packets that the socket gets at a time */
#define TICK_US		12	/* a video tick (1/90000 s), rounded up */
#define NUMBER_STEP	0x100	/* a transport number stands above a byte */
/* A second has so many retransmissions, and one more for each two packets that
 * were sent. More would fill a link that is full. */
#define RESENDS_FREE	50

/* One RTP stream of ours to this viewer. */
struct track {
	uint32_t	ssrc, offset;	/* offset: of timestamps */
	uint16_t	sequence;	/* the next */
	int		clock;		/* ticks per second; 0: nothing sent */
	int64_t		last_us;	/* the time that was told last */
	uint32_t	timestamp;	/* that was sent for it */
	bool		changes;	/* another clock's ticks follow */
	uint32_t	packets, bytes;	/* as sender reports count */
	uint8_t		element;	/* header extension; 0: none */
};

/* A unit that is on its way out. */
struct rest {
	const struct rtp_unit	*unit;		/* NULL: none */
	size_t			 next;		/* payload */
	struct rtp_header	 header;	/* of the next payload */
	uint32_t		 extension;	/* of the next payload */
};

struct sender {
	struct sender_config	 config;
	bool			 started;
	struct srtp		*srtp;		/* NULL: nothing is sealed */
	struct transport	 transport;
	struct track		 track[SENDER_TRACKS];
	struct history		 history;	/* of video */
	struct rest		 rest;		/* of the history's newest */
	struct sender_stats	 stats;
	uint32_t		 resends;	/* in this second */
	uint32_t		 sent, sent_before; /* video: this second, last */
	struct twcc		*twcc;		/* NULL: not negotiated */
	uint32_t		 step;	/* from one packet's extension to the
					 * next one's, within a unit */
};

/* All senders share it: a worker sends from one thread, one batch at a time. */
static uint8_t batch[BATCH * PACKET_MAX];

/* Returns the first byte of an element, which has its id and its length less
 * one (RFC 8285, section 4.2). */
static uint8_t
element(int id, int len)
{
	return id != 0 ? (uint8_t)(id << 4 | (len - 1)) : 0;
}

static void
choose_extensions(struct sender *s)
{
	const struct sender_config *c = &s->config;
	uint8_t video = c->transport_cc != 0 ? element(c->transport_cc, 2) :
	    element(c->abs_send_time, 3);

	s->track[SENDER_VIDEO].element = s->track[SENDER_RTX].element = video;
	s->track[SENDER_AUDIO].element = c->transport_cc != 0 ?
	    element(c->audio_transport_cc, 2) : video;
	if (c->transport_cc == 0)
		return;
	s->twcc = twcc_new();
	s->step = NUMBER_STEP;
}

struct sender *
sender_new(const struct sender_config *config)
{
	struct sender *s = xcalloc(1, sizeof *s);

	s->config = *config;
	s->stats.jitter_us = s->stats.round_trip_us = -1;
	for (int i = 0; i < SENDER_TRACKS; i++) {
		s->track[i].ssrc = id_random32();
		s->track[i].offset = id_random32();
		/* It is below 2^15, so that a receiver that misses the first
		 * packets still guesses the roll-over counter right
		 * (RFC 3711, section 3.3.1). */
		s->track[i].sequence = (uint16_t)(id_random32() & 0x7fff);
	}
	choose_extensions(s);
	return s;
}

void
sender_free(struct sender *s)
{
	if (s == NULL)
		return;
	history_clear(&s->history);
	twcc_free(s->twcc);
	free(s);
}

uint32_t
sender_ssrc(const struct sender *s, enum sender_track track)
{
	return s->track[track].ssrc;
}

uint16_t
sender_next(const struct sender *s, enum sender_track track)
{
	return s->track[track].sequence;
}

uint32_t
sender_timestamp(const struct sender *s, int64_t time_us)
{
	return s->track[SENDER_VIDEO].offset + rtp_ticks(time_us,
	    MEDIA_VIDEO_CLOCK);
}

void
sender_set_types(struct sender *s, const struct media_types *types)
{
	s->config.types = *types;
}

void
sender_start(struct sender *s, struct srtp *srtp,
    const struct transport *transport)
{
	s->started = true;
	s->srtp = srtp;
	s->transport = *transport;
}

/*
 * Returns what the extension of the first of `n` packets says, in 24 bits:
 * abs-send-time, which is seconds modulo 64 in 6.18 fixed point, or the
 * transport number and a byte of padding. Packet i says i times s->step more.
 * A packet that is sent again verbatim says the same again.
 */
static uint32_t
extension_now(struct sender *s, const struct track *t, size_t n)
{
	if (t->element == 0)
		return 0;
	if (s->twcc != NULL)
		return twcc_reserve(s->twcc, n) * (uint32_t)NUMBER_STEP;
	return (uint32_t)(clock_ntp() >> 14) & 0xffffff;
}

static uint16_t
transport_number(uint32_t extension)
{
	return (uint16_t)(extension / NUMBER_STEP);
}

/* Writes the header with its extension, and returns its length. */
static size_t
sender_write_header(const struct track *t, uint8_t *buf,
    const struct rtp_header *h, uint32_t extension)
{
	uint8_t *e = buf + RTP_HEADER_LEN;

	rtp_write_header(buf, h);
	if (t->element == 0)
		return RTP_HEADER_LEN;
	buf[0] |= 0x10;				/* X */
	put16(e, 0xbede);
	put16(e + 2, 1);			/* words */
	e[4] = t->element;
	put24(e + 5, extension);
	return HEADER_MAX;
}

static void
count(struct sender *s, struct track *t, size_t packets, size_t bytes)
{
	t->packets += (uint32_t)packets;
	t->bytes += (uint32_t)bytes;
	s->stats.packets += packets;
	s->stats.bytes += bytes;
}

static void
note_sent(struct sender *s, uint32_t extension, const uint16_t *len, size_t n)
{
	uint16_t number = transport_number(extension);
	int64_t now_us = clock_now_us();

	for (size_t i = 0; i < n; i++)
		twcc_sent(s->twcc, number++, len[i], now_us);
}

/* By the keys, or plain without any. */
static size_t
seal(const struct sender *s, const uint8_t *header, size_t header_len,
    const uint8_t *payload, size_t len, uint8_t *out)
{
	if (s->srtp != NULL)
		return srtp_seal(s->srtp, header, header_len, payload, len,
		    out);
	memcpy(out, header, header_len);
	memcpy(out + header_len, payload, len);
	return header_len + len;
}

/* Seals `n` of the payloads that are left, at most BATCH, behind one another
 * and sends them in one go. Returns how many the socket took. */
static size_t
send_batch(struct sender *s, const struct track *t, struct rest *r, size_t n)
{
	uint8_t header[HEADER_MAX], *at = batch;
	struct rtp_header h = r->header;
	const struct rtp_unit *u = r->unit;
	uint32_t extension = r->extension;
	uint16_t len[BATCH];

	for (size_t i = 0; i < n; i++) {
		size_t k = r->next + i, header_len, sealed;

		h.marker = u->kind == MEDIA_VIDEO && k + 1 == u->count;
		header_len = sender_write_header(t, header, &h, extension);
		sealed = seal(s, header, header_len,
		    u->bytes + u->offset[k], u->offset[k + 1] - u->offset[k],
		    at);
		if (sealed == 0)
			return 0;
		h.sequence++;
		extension += s->step;
		len[i] = (uint16_t)sealed;
		at += sealed;
	}
	n = s->transport.send_many(s->transport.arg, batch, len, n);
	if (s->twcc != NULL && t->element != 0)
		note_sent(s, r->extension, len, n);
	return n;
}

/* Sends at most `packets` of the rest. True when nothing is left. */
static bool
send_rest(struct sender *s, struct track *t, struct rest *r, size_t packets)
{
	const struct rtp_unit *u = r->unit;

	while (r->next < u->count && packets > 0) {
		size_t n = u->count - r->next, taken;

		if (n > packets)
			n = packets;
		if (n > BATCH)
			n = BATCH;
		taken = send_batch(s, t, r, n);
		count(s, t, taken, u->offset[r->next + taken] -
		    u->offset[r->next]);
		s->sent += u->kind == MEDIA_VIDEO ? (uint32_t)taken : 0;
		r->next += taken;
		r->header.sequence = (uint16_t)(r->header.sequence + taken);
		r->extension += (uint32_t)taken * s->step;
		packets -= taken;
		if (taken < n)
			break;
	}
	t->sequence = r->header.sequence;
	return r->next == u->count;
}

/* The history counts the unit and never writes to it. It keeps the unit alive
 * for the rest, too. */
static void
remember_unit(struct sender *s, const struct rest *r)
{
	struct history_entry e = {
		.unit = (struct rtp_unit *)(uintptr_t)r->unit,
		.sequence = r->header.sequence,
		.timestamp = r->header.timestamp, .extension = r->extension,
		.sent_us = clock_now_us(),
	};

	history_add(&s->history, &e);
}

/* A picture's timestamp is by our clock; that of sound is by the stream's,
 * whose steps are the durations of its packets. */
static void
set_timestamp(struct track *t, const struct rtp_unit *u, int64_t time_us)
{
	if (time_us <= t->last_us)
		time_us = t->last_us + TICK_US;
	t->last_us = time_us;
	t->clock = media_codec_clock(u->codec);
	t->timestamp = t->offset + (u->kind == MEDIA_AUDIO ? u->ticks :
	    rtp_ticks(time_us, t->clock));
}

/* What another clock's sound repeats is left out, and what follows keeps its
 * distance in time. False if it is to be left out. */
static bool
join_clock(struct track *t, const struct rtp_unit *u, int64_t time_us)
{
	if (t->clock != 0 && time_us <= t->last_us)
		return false;
	if (t->clock != 0)
		t->offset = t->timestamp - u->ticks +
		    rtp_ticks(time_us - t->last_us, t->clock);
	t->changes = false;
	return true;
}

bool
sender_unit(struct sender *s, const struct rtp_unit *u, int64_t time_us,
    size_t packets)
{
	struct track *t = &s->track[u->kind == MEDIA_VIDEO ? SENDER_VIDEO :
	    SENDER_AUDIO];
	int pt = s->config.types.pt[u->codec];
	struct rest r = { .unit = u };

	if (pt == -1 || (t->changes && !join_clock(t, u, time_us)))
		return true;
	set_timestamp(t, u, time_us);
	r.header.payload_type = (uint8_t)pt;
	r.header.ssrc = t->ssrc;
	r.header.sequence = t->sequence;
	r.header.timestamp = t->timestamp;
	r.extension = extension_now(s, t, u->count);
	if (u->kind != MEDIA_VIDEO) {
		send_rest(s, t, &r, packets);
		return true;	/* sound is not sent later */
	}
	remember_unit(s, &r);
	if (send_rest(s, t, &r, packets))
		return true;
	s->rest = r;
	return false;
}

bool
sender_continue(struct sender *s, size_t packets)
{
	if (s->rest.unit != NULL && send_rest(s, &s->track[SENDER_VIDEO],
	    &s->rest, packets))
		s->rest.unit = NULL;
	return s->rest.unit == NULL;
}

static int
send_datagram(struct sender *s, const uint8_t *datagram, size_t len)
{
	return s->transport.send(s->transport.arg, datagram, len);
}

static void
send_rtx(struct sender *s, const struct rtp_header *lost,
    const uint8_t *payload, size_t len)
{
	struct track *t = &s->track[SENDER_RTX];
	uint8_t body[RTX_OSN_LEN + PACKETISE_MAX_PAYLOAD];
	uint8_t header[HEADER_MAX];
	struct rtp_header h = *lost;
	uint32_t extension = extension_now(s, t, 1);
	uint16_t n;
	size_t header_len;

	h.ssrc = t->ssrc;
	h.payload_type = (uint8_t)s->config.rtx;
	h.sequence = t->sequence++;
	t->clock = s->track[SENDER_VIDEO].clock;
	t->last_us = s->track[SENDER_VIDEO].last_us;
	t->timestamp = s->track[SENDER_VIDEO].timestamp;
	put16(body, lost->sequence);
	memcpy(body + RTX_OSN_LEN, payload, len);
	header_len = sender_write_header(t, header, &h, extension);
	n = (uint16_t)seal(s, header, header_len, body, RTX_OSN_LEN + len,
	    batch);
	if (n == 0 || send_datagram(s, batch, n) == -1)
		return;
	count(s, t, 1, RTX_OSN_LEN + len);
	if (s->twcc != NULL)
		note_sent(s, extension, &n, 1);
}

/* The bytes are those of the first time: a nonce may not protect two texts. */
static void
send_verbatim(struct sender *s, const struct rtp_header *h,
    uint32_t extension, const uint8_t *payload, size_t len)
{
	struct track *t = &s->track[SENDER_VIDEO];
	uint8_t header[HEADER_MAX];
	size_t header_len = sender_write_header(t, header, h, extension);
	size_t n = seal(s, header, header_len, payload, len, batch);

	if (n > 0 && send_datagram(s, batch, n) == 0)
		count(s, t, 1, len);
	if (s->twcc != NULL)
		twcc_resent(s->twcc, transport_number(extension));
}

/* The rest of a picture is in the history before it is sent. It may never be
 * sent, and its numbers then go to other packets. */
static bool
is_sent(const struct track *t, uint16_t sequence)
{
	return (int16_t)(sequence - t->sequence) < 0;
}

bool
sender_resend(struct sender *s, uint32_t ssrc, uint16_t sequence)
{
	const struct history_entry *e;
	const struct rtp_unit *u;
	struct rtp_header h;
	size_t i, len;

	if (!s->started || ssrc != s->track[SENDER_VIDEO].ssrc ||
	    !is_sent(&s->track[SENDER_VIDEO], sequence) ||
	    s->resends >= RESENDS_FREE + (s->sent + s->sent_before) / 2)
		return false;
	e = history_find(&s->history, sequence, &i);
	if (e == NULL)
		return false;
	u = e->unit;
	len = u->offset[i + 1] - u->offset[i];
	h.ssrc = ssrc;
	h.payload_type = (uint8_t)s->config.types.pt[u->codec];
	h.sequence = sequence;
	h.timestamp = e->timestamp;
	h.marker = i + 1 == u->count;
	if (s->config.rtx != -1)
		send_rtx(s, &h, u->bytes + u->offset[i], len);
	else
		send_verbatim(s, &h, e->extension + (uint32_t)i * s->step,
		    u->bytes + u->offset[i], len);
	s->resends++;
	s->stats.retransmitted++;
	return true;
}

void
sender_cut(struct sender *s)
{
	s->rest.unit = NULL;
}

void
sender_forget(struct sender *s)
{
	sender_cut(s);
	history_clear(&s->history);
}

void
sender_change_sound(struct sender *s)
{
	s->track[SENDER_AUDIO].changes = true;
}

/* The report's timestamp is that of now, counted on from the last one sent. */
static struct rtcp_sender
describe(const struct sender *s, const struct track *t)
{
	return (struct rtcp_sender){
		.ssrc = t->ssrc, .ntp = clock_ntp(),
		.rtp_timestamp = t->timestamp + rtp_ticks(clock_now_us() -
		    t->last_us, t->clock),
		.packets = t->packets, .bytes = t->bytes,
		.cname = s->config.cname,
	};
}

/* Seals it in place, where there is room for that. */
static void
send_sealed_rtcp(struct sender *s, uint8_t *buf, size_t len)
{
	if (len > 0 && (s->srtp == NULL ||
	    srtp_seal_rtcp(s->srtp, buf, &len) == 0))
		send_datagram(s, buf, len);
}

/* Sealed, one datagram has a report of each track that was used: a compound
 * packet may hold those of several senders (RFC 3550, section 6.1). What is
 * not sealed goes to one session of RTP for each track, so there are several.
 */
static void
send_rtcp(struct sender *s,
    size_t (*write)(uint8_t *, const struct rtcp_sender *))
{
	uint8_t buf[SENDER_TRACKS * RTCP_MAX_LEN + SRTP_MAX_ROOM];
	size_t len = 0;

	for (int i = 0; s->started && i < SENDER_TRACKS; i++) {
		struct rtcp_sender d = describe(s, &s->track[i]);

		if (s->track[i].clock != 0)
			len += write(buf + len, &d);
		if (s->srtp == NULL) {
			send_sealed_rtcp(s, buf, len);
			len = 0;
		}
	}
	send_sealed_rtcp(s, buf, len);
}

void
sender_report(struct sender *s)
{
	s->resends = 0;
	s->sent_before = s->sent;
	s->sent = 0;
	send_rtcp(s, rtcp_write_sender_report);
}

void
sender_bye(struct sender *s)
{
	send_rtcp(s, rtcp_write_bye);
}

/* Times in reports are the middle 32 bits of NTP, in 1/65536 s (RFC 3550,
 * section 6.4.1). */
static int
round_trip_us(const struct rtcp_report *r)
{
	uint32_t now = (uint32_t)(clock_ntp() >> 16);
	uint32_t rtt = now - r->last_sr - r->delay_since_sr;

	if (r->last_sr == 0 || rtt > 60 * 65536)
		return -1;	/* it had no report of ours, or is wrong */
	return (int)((uint64_t)rtt * 1000000 / 65536);
}

void
sender_take_report(struct sender *s, const struct rtcp_report *r)
{
	if (r->ssrc != s->track[SENDER_VIDEO].ssrc)
		return;
	s->stats.packets_lost = r->total_lost;
	s->stats.jitter_us = (int)((uint64_t)r->jitter * 1000000 /
	    MEDIA_VIDEO_CLOCK);
	s->stats.round_trip_us = round_trip_us(r);
}

bool
sender_take_feedback(struct sender *s, const uint8_t *fci, size_t len,
    bool anew, struct twcc_window *out)
{
	bool ended = s->twcc != NULL && twcc_read(s->twcc, fci, len,
	    clock_now_us(), out);

	if (anew && s->twcc != NULL)
		twcc_begin(s->twcc);
	return ended && !anew;
}

int64_t
sender_queued(const struct sender *s)
{
	return s->transport.queued != NULL ?
	    s->transport.queued(s->transport.arg) : -1;
}

uint64_t
sender_bytes(const struct sender *s)
{
	return s->stats.bytes;
}

void
sender_get_stats(const struct sender *s, struct sender_stats *out)
{
	*out = s->stats;
}
