/*
 * What comes is cut to a struct packet, and placed by its sequence number. That
 * is extended to 64 bits, `number`, which never wraps, and begins above
 * NUMBER_BEGIN, so that those before the first one are numbers, too.
 */
#include "rtp_track.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "worker/media/rtp.h"
#include "xalloc.h"

#define VERSION		2
#define HAS_PADDING	0x20	/* RFC 3550, section 5.1 */
#define HAS_EXTENSION	0x10
#define MARKER		0x80
#define EXTENSION_LEN	4	/* section 5.3.1, before what it holds */
#define NUMBER_BEGIN	65536
#define SEEN		4096	/* above RTP_TRACK_JUMP */

#define SR_LEN		28	/* RFC 3550, section 6.4.1, without blocks */
#define RR_LEN		32	/* section 6.4.2, with one */
#define SDES_LEN	16	/* section 6.5, with our CNAME */
#define PLI_LEN		12	/* RFC 4585, section 6.1 */
#define CNAME		"lull"
#define LOST_MAX	0x7fffff	/* of 24 bits with a sign */

enum {				/* RFC 3550, section 12; RFC 4585, 6.1 */
	SR = 200, RR = 201, SDES = 202, PSFB = 206,
	SDES_CNAME = 1, FMT_PLI = 1,
};

struct packet {
	int64_t		 number;
	uint16_t	 sequence;
	uint32_t	 timestamp, ssrc;
	bool		 marker;
	const uint8_t	*data;
	size_t		 len;
};

/* One that waits for those before it. */
struct held {
	struct packet	 packet;
	uint8_t		*copy;		/* of its payload; NULL: none waits */
	int64_t		 came_us;
};

struct sender_report {
	bool		is_there;
	uint32_t	ssrc, timestamp;
	uint64_t	ntp;
	int64_t		came_us;
};

struct rtp_track {
	struct rtp_track_config	 config;
	rtp_track_cb		*cb;
	void			*arg;
	bool			 over;		/* or within the callback */

	bool			 begun;
	uint32_t		 ssrc;
	int64_t			 next;		/* number that is waited for */
	bool			 missing;	/* some before that are lost */
	bool			 restart;	/* that begins the track */
	int			 strays;	/* in a row */
	int64_t			 time;		/* of the last one given */
	uint32_t		 timestamp;
	struct held		*held;		/* by number % RTP_TRACK_HELD */
	int			 n_held;
	struct {
		uint32_t	 number, timestamp;
	}			 seen[SEEN];	/* by number % SEEN */

	/* RFC 3550, section 6.4 and appendix A. */
	int64_t			 first, highest;	/* numbers */
	int64_t			 received, received_prior, expected_prior;
	uint64_t		 jitter;	/* times 16 */
	bool			 has_transit;
	uint32_t		 transit;
	struct sender_report	 report, early;	/* early: before the packets */
	int64_t			 report_time;

	struct rtp_track_stats	 stats;
};

struct rtp_track *
rtp_track_new(const struct rtp_track_config *config, rtp_track_cb *cb,
    void *arg)
{
	struct rtp_track *t = xcalloc(1, sizeof *t);

	t->config = *config;
	t->cb = cb;
	t->arg = arg;
	if (!config->in_order)
		t->held = xcalloc(RTP_TRACK_HELD, sizeof *t->held);
	return t;
}

void
rtp_track_free(struct rtp_track *t)
{
	if (t == NULL)
		return;
	for (int i = 0; t->held != NULL && i < RTP_TRACK_HELD; i++)
		free(t->held[i].copy);
	free(t->held);
	free(t);
}

const struct rtp_track_stats *
rtp_track_stats(const struct rtp_track *t)
{
	return &t->stats;
}

/* RFC 3550, section 5.1. The extension is skipped, whatever its profile. */
static bool
parse(const uint8_t *data, size_t len, int type, struct packet *p)
{
	size_t begin = RTP_HEADER_LEN, end = len;

	if (len < RTP_HEADER_LEN || data[0] >> 6 != VERSION ||
	    (data[1] & ~MARKER) != type)
		return false;
	begin += 4 * (data[0] & 0x0f);		/* CSRC */
	if (data[0] & HAS_EXTENSION) {
		if (begin + EXTENSION_LEN > len)
			return false;
		begin += EXTENSION_LEN + 4 * (size_t)get16(data + begin + 2);
	}
	if (data[0] & HAS_PADDING)
		end -= data[len - 1] <= len ? data[len - 1] : len;
	if (begin > end)
		return false;
	*p = (struct packet){
		.sequence = get16(data + 2), .timestamp = get32(data + 4),
		.ssrc = get32(data + 8), .marker = data[1] & MARKER,
		.data = data + begin, .len = end - begin,
	};
	return true;
}

static struct held *
held_at(const struct rtp_track *t, int64_t number)
{
	return &t->held[number % RTP_TRACK_HELD];
}

static bool
is_held(const struct rtp_track *t, int64_t number)
{
	return t->n_held > 0 && held_at(t, number)->copy != NULL &&
	    held_at(t, number)->packet.number == number;
}

static bool
give(struct rtp_track *t, const struct packet *p)
{
	struct rtp_in in = {
		.data = p->data, .len = p->len, .marker = p->marker,
		.lost = t->missing, .restart = t->restart,
	};

	t->time += (int32_t)(p->timestamp - t->timestamp);
	t->timestamp = p->timestamp;
	in.time = t->time;
	t->next = p->number + 1;
	t->missing = t->restart = false;
	t->stats.packets++;
	t->over = true;		/* who frees it does not come back here */
	if (!t->cb(&in, t->arg))
		return false;
	t->over = false;
	return true;
}

static bool
give_held(struct rtp_track *t, int64_t number)
{
	struct held h = *held_at(t, number);
	bool wanted;

	held_at(t, number)->copy = NULL;
	t->n_held--;
	wanted = give(t, &h.packet);
	free(h.copy);
	return wanted;
}

/* Gives those that wait before `number`, and no longer waits for the rest. */
static bool
skip_to(struct rtp_track *t, int64_t number)
{
	while (t->next < number) {
		if (is_held(t, t->next)) {
			if (!give_held(t, t->next))
				return false;
			continue;
		}
		t->next++;
		t->missing = true;
		t->stats.lost++;
	}
	return true;
}

/* Gives what waits for nothing any more. */
static bool
give_ready(struct rtp_track *t)
{
	while (is_held(t, t->next)) {
		if (!give_held(t, t->next))
			return false;
	}
	return true;
}

static bool
hold(struct rtp_track *t, const struct packet *p, int64_t now_us)
{
	struct held *h = held_at(t, p->number);

	if (!skip_to(t, p->number - RTP_TRACK_HELD + 1))
		return false;
	h->packet = *p;
	h->copy = xmemdup(p->data, p->len);
	h->packet.data = h->copy;
	h->came_us = now_us;
	t->n_held++;
	return give_ready(t);
}

static void
take_report(struct rtp_track *t, const struct sender_report *r)
{
	t->report = *r;
	t->report_time = t->time + (int32_t)(r->timestamp - t->timestamp);
}

/* The packet is the first of a track. */
static bool
begin(struct rtp_track *t, struct packet *p)
{
	if (t->n_held > 0 && !skip_to(t, t->highest + 1))
		return false;
	p->number = NUMBER_BEGIN + p->sequence;
	t->begun = t->restart = true;
	t->ssrc = p->ssrc;
	t->missing = t->has_transit = false;
	t->strays = 0;
	t->time = 0;
	t->timestamp = p->timestamp;
	memset(t->seen, 0, sizeof t->seen);
	t->first = t->highest = t->next = p->number;
	t->received = t->received_prior = t->expected_prior = 0;
	t->jitter = 0;
	t->report.is_there = false;
	if (t->early.is_there && t->early.ssrc == p->ssrc)
		take_report(t, &t->early);
	t->early.is_there = false;
	return true;
}

enum place { AHEAD, PAST, ANEW };

static enum place
place(struct rtp_track *t, struct packet *p)
{
	int ahead = (int16_t)(p->sequence - (uint16_t)t->next);
	bool is_seen;

	if (!t->begun || p->ssrc != t->ssrc || abs(ahead) > RTP_TRACK_JUMP)
		return ANEW;
	p->number = t->next + ahead;
	is_seen = t->seen[p->number % SEEN].number == (uint32_t)p->number;
	if (ahead >= 0 && !is_seen) {
		t->strays = 0;
		return AHEAD;
	}
	if (is_seen && (ahead >= 0 ||
	    t->seen[p->number % SEEN].timestamp == p->timestamp)) {
		t->stats.duplicates++;
		return PAST;
	}
	if (++t->strays == RTP_TRACK_STRAY)
		return ANEW;
	t->stats.late++;
	return PAST;
}

/* Counts one that has come (RFC 3550, appendices A.3 and A.8). */
static void
count(struct rtp_track *t, const struct packet *p, int64_t now_us)
{
	uint32_t transit = rtp_ticks(now_us, t->config.clock) - p->timestamp;
	int64_t by = llabs((int64_t)(int32_t)(transit - t->transit));

	if (t->has_transit)
		t->jitter += (uint64_t)by - ((t->jitter + 8) >> 4);
	t->has_transit = true;
	t->transit = transit;
	t->received++;
	if (p->number > t->highest)
		t->highest = p->number;
}

bool
rtp_track_take(struct rtp_track *t, const uint8_t *data, size_t len,
    int64_t now_us)
{
	struct packet p;
	enum place where;

	if (t->over)
		return false;
	if (!parse(data, len, t->config.type, &p))
		return true;
	where = place(t, &p);
	if (where == ANEW && !begin(t, &p))
		return false;
	count(t, &p, now_us);
	if (where == PAST)
		return true;
	t->seen[p.number % SEEN].number = (uint32_t)p.number;
	t->seen[p.number % SEEN].timestamp = p.timestamp;
	if (p.number != t->next && !t->config.in_order)
		return hold(t, &p, now_us);
	return skip_to(t, p.number) && give(t, &p) && give_ready(t);
}

int64_t
rtp_track_due_us(const struct rtp_track *t)
{
	int64_t first = INT64_MAX - RTP_TRACK_WAIT_MS * 1000;

	for (int i = 0; t->n_held > 0 && i < RTP_TRACK_HELD; i++) {
		if (t->held[i].copy != NULL && t->held[i].came_us < first)
			first = t->held[i].came_us;
	}
	return first + RTP_TRACK_WAIT_MS * 1000;
}

bool
rtp_track_expire(struct rtp_track *t, int64_t now_us)
{
	int64_t last = 0;

	if (t->over)
		return false;
	if (t->n_held == 0)
		return true;
	for (int i = 0; i < RTP_TRACK_HELD; i++) {
		const struct held *h = &t->held[i];

		if (h->copy != NULL && h->packet.number > last &&
		    h->came_us + RTP_TRACK_WAIT_MS * 1000 <= now_us)
			last = h->packet.number;
	}
	return skip_to(t, last + 1) && give_ready(t);
}

void
rtp_track_take_rtcp(struct rtp_track *t, const uint8_t *data, size_t len,
    int64_t now_us)
{
	size_t n;

	for (; len >= 4 && data[0] >> 6 == VERSION; data += n, len -= n) {
		struct sender_report r = { true, .came_us = now_us };

		n = 4 * ((size_t)get16(data + 2) + 1);
		if (n > len)
			return;
		if (data[1] != SR || n < SR_LEN)
			continue;
		r.ssrc = get32(data + 4);
		r.ntp = (uint64_t)get32(data + 8) << 32 | get32(data + 12);
		r.timestamp = get32(data + 16);
		if (t->begun && r.ssrc == t->ssrc)
			take_report(t, &r);
		else
			t->early = r;
	}
}

bool
rtp_track_report(const struct rtp_track *t, struct rtp_track_report *out)
{
	if (!t->report.is_there)
		return false;
	out->time = t->report_time;
	out->ntp_us = (int64_t)(t->report.ntp >> 32) * 1000000 +
	    (int64_t)((t->report.ntp & UINT32_MAX) * 1000000 >> 32);
	return true;
}

/* `len` is in bytes, with this header; the wire has words less one. */
static void
write_header(uint8_t *p, int count, int type, size_t len)
{
	p[0] = (uint8_t)(VERSION << 6 | count);
	p[1] = (uint8_t)type;
	put16(p + 2, (uint32_t)(len / 4 - 1));
}

/* RFC 3550, section 6.4.1 and appendix A.3. */
static void
write_block(struct rtp_track *t, uint8_t *p, int64_t now_us)
{
	int64_t expected = t->highest - t->first + 1;
	int64_t lost = expected - t->received;
	int64_t of = expected - t->expected_prior;
	int64_t now_lost = of - (t->received - t->received_prior);

	t->expected_prior = expected;
	t->received_prior = t->received;
	if (lost > LOST_MAX)
		lost = LOST_MAX;
	if (lost < -LOST_MAX - 1)
		lost = -LOST_MAX - 1;
	put32(p, t->ssrc);
	/* Of those expected some have come: it is below 256. */
	p[4] = (uint8_t)(now_lost > 0 ? now_lost * 256 / of : 0);
	put24(p + 5, (uint32_t)lost);
	put32(p + 8, (uint32_t)(t->highest - NUMBER_BEGIN));
	put32(p + 12, (uint32_t)(t->jitter >> 4));
	put32(p + 16, 0);
	put32(p + 20, 0);
	if (t->report.is_there) {
		put32(p + 16, (uint32_t)(t->report.ntp >> 16));
		put32(p + 20, (uint32_t)((now_us - t->report.came_us) *
		    65536 / 1000000));
	}
}

size_t
rtp_track_write_rtcp(struct rtp_track *t, uint32_t ssrc, bool pli,
    int64_t now_us, uint8_t out[RTP_TRACK_RTCP_MAX])
{
	uint8_t *p = out;

	if (!t->begun)
		return 0;
	write_header(p, 1, RR, RR_LEN);
	put32(p + 4, ssrc);
	write_block(t, p + 8, now_us);
	p += RR_LEN;
	memset(p, 0, SDES_LEN);
	write_header(p, 1, SDES, SDES_LEN);
	put32(p + 4, ssrc);
	p[8] = SDES_CNAME;
	p[9] = sizeof CNAME - 1;
	memcpy(p + 10, CNAME, sizeof CNAME - 1);
	p += SDES_LEN;
	if (pli) {
		write_header(p, FMT_PLI, PSFB, PLI_LEN);
		put32(p + 4, ssrc);
		put32(p + 8, t->ssrc);
		p += PLI_LEN;
	}
	return (size_t)(p - out);
}
