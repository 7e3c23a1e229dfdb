/*
 * Only differences of one-way delays count, since the two clocks have
 * nothing in common: the least delay is taken for that of an empty queue. A
 * link shows what it carries only while something waits for it, so rates are
 * taken between packets that both found a queue.
 */
#include "twcc.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "xalloc.h"

#define HEADER_LEN	8	/* base, count, reference, feedback count */
#define REFERENCE_US	64000	/* section 3.1 of the draft */
#define DELTA_US	250	/* section 3.1.5 */
#define RUN_LENGTH	0x1fff	/* the mask in a chunk, section 3.1.3 */
/* Statuses of one feedback. A compound packet has room for 40 feedbacks, which
 * could otherwise make much work. */
#define MAX_TOLD	(4 * TWCC_PACKETS)

enum status {			/* section 3.1.1 */
	NOT_RECEIVED,
	SMALL_DELTA,
	LARGE_DELTA,
	RESERVED,
};

struct sent {
	uint32_t	us;	/* when, modulo 2^32 */
	uint16_t	bytes;	/* 0: not sent, or told of already */
	bool		again;	/* it was sent twice */
};

/* The sums are those of the window that is open. */
struct sums {
	int64_t	 begin_us;		/* 0: nothing was told of yet */
	int64_t	 received, lost;	/* packets */
	/* These passed between packets that found a queue. */
	int64_t	 sent_us, arrived_us;
	int64_t	 sent_bytes, arrived_bytes;
	int64_t	 gap_bytes;		/* lost since the packet before */
};

/* The packet that came before, in order of numbers. */
struct before {
	bool	queued;
	int64_t	sent_us, arrival_us;
};

struct twcc {
	uint16_t	next;		/* number */
	struct sent	sent[TWCC_PACKETS];
	int64_t		least[2];	/* delay in this span, in the last */
	int64_t		least_us;	/* when this span began; 0: never */
	struct before	before;
	struct sums	sums;
};

/* A feedback that is being read. */
struct feedback {
	struct twcc	*t;
	const uint8_t	*delta, *end;	/* the deltas that are left */
	uint16_t	 number;	/* of the next packet */
	int		 left;		/* statuses */
	int64_t		 arrival_us, now_us;
};

struct twcc *
twcc_new(void)
{
	return xcalloc(1, sizeof(struct twcc));
}

void
twcc_free(struct twcc *t)
{
	free(t);
}

uint16_t
twcc_reserve(struct twcc *t, size_t n)
{
	uint16_t first = t->next;

	for (size_t i = 0; i < n; i++)
		t->sent[t->next++ % TWCC_PACKETS].bytes = 0;
	return first;
}

/* NULL if the number was not given yet, or is no longer remembered. */
static struct sent *
find_sent(struct twcc *t, uint16_t number)
{
	uint16_t age = (uint16_t)(t->next - number);

	return age >= 1 && age <= TWCC_PACKETS ?
	    &t->sent[number % TWCC_PACKETS] : NULL;
}

void
twcc_sent(struct twcc *t, uint16_t number, size_t bytes, int64_t now_us)
{
	struct sent *s = find_sent(t, number);

	if (s != NULL)
		*s = (struct sent){ (uint32_t)now_us, (uint16_t)bytes, false };
}

void
twcc_resent(struct twcc *t, uint16_t number)
{
	struct sent *s = find_sent(t, number);

	if (s != NULL)
		s->again = true;
}

void
twcc_begin(struct twcc *t)
{
	memset(&t->sums, 0, sizeof t->sums);
	memset(&t->before, 0, sizeof t->before);
}

/* Returns how much a delay is above the least of the last seconds. */
static int64_t
queue_us(struct twcc *t, int64_t delay_us, int64_t now_us)
{
	int64_t least;

	if (t->least_us == 0 || now_us - t->least_us > 2 * TWCC_LEAST_US) {
		t->least[0] = t->least[1] = delay_us;
		t->least_us = now_us;
	} else if (now_us - t->least_us > TWCC_LEAST_US) {
		t->least[1] = t->least[0];
		t->least[0] = delay_us;
		t->least_us = now_us;
	}
	if (delay_us < t->least[0])
		t->least[0] = delay_us;
	least = t->least[0] < t->least[1] ? t->least[0] : t->least[1];
	return delay_us - least;
}

static void
take_lost(struct sums *s, const struct sent *packet)
{
	s->lost++;
	s->gap_bytes += packet->bytes;
}

static void
take_received(struct feedback *r, const struct sent *packet, int64_t sent_us)
{
	struct twcc *t = r->t;
	struct sums *s = &t->sums;
	struct before now = { .sent_us = sent_us,
		.arrival_us = r->arrival_us };

	s->received++;
	now.queued = queue_us(t, r->arrival_us - sent_us, r->now_us) >
	    TWCC_QUEUE_US;
	if (now.queued && t->before.queued) {
		s->sent_us += sent_us - t->before.sent_us;
		s->sent_bytes += packet->bytes + s->gap_bytes;
		s->arrived_us += r->arrival_us - t->before.arrival_us;
		s->arrived_bytes += packet->bytes;
	}
	s->gap_bytes = 0;
	t->before = now;
}

/* Each packet counts once: what later feedback says of it is passed over. */
static void
take_status(struct feedback *r, bool received)
{
	struct sent *packet = find_sent(r->t, r->number);
	int64_t sent_us;

	if (packet == NULL || packet->bytes == 0)
		return;
	sent_us = r->now_us - (uint32_t)((uint32_t)r->now_us - packet->us);
	if (r->t->sums.begin_us == 0)
		r->t->sums.begin_us = sent_us;
	if (!received)
		take_lost(&r->t->sums, packet);
	else if (packet->again)
		r->t->sums.received++;
	else
		take_received(r, packet, sent_us);
	packet->bytes = 0;
}

/* False if the feedback ends in the middle of the delta. */
static bool
read_delta(struct feedback *r, enum status status)
{
	if (status != SMALL_DELTA && status != LARGE_DELTA)
		return true;
	if (r->end - r->delta < (ptrdiff_t)status)
		return false;
	r->arrival_us += (int64_t)DELTA_US * (status == SMALL_DELTA ?
	    r->delta[0] : (int16_t)get16(r->delta));
	r->delta += status;		/* as many bytes */
	return true;
}

/* Returns how many statuses a chunk holds, by sections 3.1.3 and 3.1.4. */
static int
chunk_count(uint16_t chunk)
{
	if ((chunk & 0x8000) == 0)
		return chunk & RUN_LENGTH;
	return chunk & 0x4000 ? 7 : 14;
}

static enum status
chunk_status(uint16_t chunk, int i)
{
	if ((chunk & 0x8000) == 0)
		return chunk >> 13 & 3;
	return chunk & 0x4000 ? chunk >> (12 - 2 * i) & 3 :
	    chunk >> (13 - i) & 1;
}

/* False if no more can be read. */
static bool
read_chunk(struct feedback *r, uint16_t chunk)
{
	int n = chunk_count(chunk);

	for (int i = 0; i < n && r->left > 0; i++) {
		enum status status = chunk_status(chunk, i);

		if (!read_delta(r, status))
			return false;
		if (status != RESERVED)
			take_status(r, status != NOT_RECEIVED);
		r->number++;
		r->left--;
	}
	return true;
}

/* Returns the length of the chunks for so many statuses, behind which the
 * deltas are; 0 if they do not fit, or there are none. */
static size_t
chunks_length(const uint8_t *p, size_t len, int statuses)
{
	size_t at = 0;

	for (; statuses > 0; at += 2) {
		if (len - at < 2)
			return 0;
		statuses -= chunk_count(get16(p + at));
	}
	return at;
}

/* The time wraps in twelve days, at 24 bits: all delays are less from there
 * on, and so is the least. */
static int64_t
read_reference(const uint8_t *p)
{
	return (int64_t)get24(p) * REFERENCE_US;
}

static int64_t
rate(int64_t bytes, int64_t us)
{
	return us > 0 ? bytes * 8 * 1000000 / us : 0;
}

static void
end_window(struct sums *s, struct twcc_window *out)
{
	memset(out, 0, sizeof *out);
	if (s->lost > 0)
		out->fraction_lost = (uint8_t)((s->lost * 256 - 1) /
		    (s->lost + s->received));
	if (s->arrived_us < TWCC_BUSY_US)
		return;
	out->sent_bps = rate(s->sent_bytes, s->sent_us);
	out->received_bps = rate(s->arrived_bytes, s->arrived_us);
}

bool
twcc_read(struct twcc *t, const uint8_t *fci, size_t len, int64_t now_us,
    struct twcc_window *out)
{
	struct feedback r = { .t = t, .end = fci + len, .now_us = now_us };
	const uint8_t *chunk = fci + HEADER_LEN;
	size_t chunks;

	if (len < HEADER_LEN)
		return false;
	r.number = get16(fci);
	r.left = get16(fci + 2);
	if (r.left > MAX_TOLD)
		return false;
	chunks = chunks_length(chunk, len - HEADER_LEN, r.left);
	if (chunks == 0)
		return false;
	r.arrival_us = read_reference(fci + 4);
	r.delta = chunk + chunks;
	while (r.left > 0 && read_chunk(&r, get16(chunk)))
		chunk += 2;
	if (t->sums.received + t->sums.lost == 0 ||
	    now_us - t->sums.begin_us < TWCC_WINDOW_US)
		return false;
	end_window(&t->sums, out);
	memset(&t->sums, 0, sizeof t->sums);
	return true;
}
