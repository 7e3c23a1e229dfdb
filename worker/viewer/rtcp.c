/*
 * A viewer's reports are bytes from the network: each packet's length is
 * checked against the datagram, each table of the packet against it.
 */
#include "rtcp.h"

#include <string.h>

#include "bytes.h"

enum rtcp_type {		/* RFC 3550, section 12.1; RFC 4585, 6.1 */
	SR = 200,
	RR = 201,
	SDES = 202,
	BYE = 203,
	RTPFB = 205,
	PSFB = 206,
};
enum {				/* feedback formats */
	FMT_NACK = 1,		/* RFC 4585, section 6.2.1 */
	FMT_TRANSPORT = 15,	/* transport-wide-cc draft, section 3.1 */
	FMT_PLI = 1,		/* RFC 4585, section 6.3.1 */
	FMT_FIR = 4,		/* RFC 5104, section 4.3.1 */
	FMT_AFB = 15,		/* application layer: REMB */
};
#define VERSION		2
#define HAS_PADDING	0x20
#define HEADER_LEN	4
#define SENDER_INFO_LEN	20	/* RFC 3550, section 6.4.1 */
#define BLOCK_LEN	24	/* a report block */
#define FEEDBACK_LEN	8	/* RFC 4585, section 6.1: the two SSRCs */
#define FIR_LEN		8	/* an entry */
#define SDES_CNAME	1
#define MAX_CNAME	64

/* Writing */

/* `len` is in bytes, with the header; the wire has words less one. */
static void
rtcp_write_header(uint8_t *buf, int count, enum rtcp_type type, size_t len)
{
	put32(buf, (uint32_t)VERSION << 30 | count << 24 | type << 16 |
	    (len / 4 - 1));
}

static size_t
write_sr(uint8_t *buf, const struct rtcp_sender *s)
{
	size_t len = HEADER_LEN + 4 + SENDER_INFO_LEN;

	rtcp_write_header(buf, 0, SR, len);
	put32(buf + 4, s->ssrc);
	put32(buf + 8, s->ntp >> 32);
	put32(buf + 12, s->ntp);
	put32(buf + 16, s->rtp_timestamp);
	put32(buf + 20, s->packets);
	put32(buf + 24, s->bytes);
	return len;
}

/* The one chunk has the CNAME and ends with a zero byte or more (RFC 3550,
 * section 6.5). */
static size_t
write_sdes(uint8_t *buf, const struct rtcp_sender *s)
{
	size_t n = strnlen(s->cname, MAX_CNAME);
	size_t len = (HEADER_LEN + 4 + 2 + n + 1 + 3) & ~(size_t)3;

	memset(buf, 0, len);
	rtcp_write_header(buf, 1, SDES, len);
	put32(buf + 4, s->ssrc);
	buf[8] = SDES_CNAME;
	buf[9] = n;
	memcpy(buf + 10, s->cname, n);
	return len;
}

size_t
rtcp_write_sender_report(uint8_t *buf, const struct rtcp_sender *s)
{
	size_t len = write_sr(buf, s);

	return len + write_sdes(buf + len, s);
}

size_t
rtcp_write_bye(uint8_t *buf, const struct rtcp_sender *s)
{
	size_t len = HEADER_LEN + 4;

	/* A compound begins with a report (section 6.1); an empty one tells
	 * nothing of a session that may be paused. */
	rtcp_write_header(buf, 0, RR, len);
	put32(buf + 4, s->ssrc);
	len += write_sdes(buf + len, s);
	rtcp_write_header(buf + len, 1, BYE, HEADER_LEN + 4);
	put32(buf + len + 4, s->ssrc);
	return len + HEADER_LEN + 4;
}

/* Reading */

/* One packet of the compound. */
struct packet {
	int		 count, type;	/* count: or the feedback's format */
	const uint8_t	*body;		/* behind the header */
	size_t		 len;		/* without padding */
};

static void
read_block(const uint8_t *p, const struct rtcp_handler *h, void *arg)
{
	const struct rtcp_report r = {
		.ssrc = get32(p),
		.fraction_lost = p[4],
		/* It has 24 bits and a sign: duplicates make it negative. */
		.total_lost = (int32_t)(get32(p + 4) << 8) / 256,
		.highest_sequence = get32(p + 8),
		.jitter = get32(p + 12),
		.last_sr = get32(p + 16),
		.delay_since_sr = get32(p + 20),
	};

	if (h->report != NULL)
		h->report(&r, arg);
}

static int
read_report(const struct packet *p, const struct rtcp_handler *h, void *arg)
{
	size_t at = p->type == SR ? 4 + SENDER_INFO_LEN : 4;

	if (p->len < at + p->count * BLOCK_LEN)
		return -1;
	for (int i = 0; i < p->count; i++, at += BLOCK_LEN)
		read_block(p->body + at, h, arg);
	return 0;
}

/* An entry has a sequence number and a mask of the sixteen after it. */
static void
read_lost(uint32_t ssrc, const uint8_t *p, const struct rtcp_handler *h,
    void *arg)
{
	uint16_t sequence = get16(p), mask = get16(p + 2);

	h->nack(ssrc, sequence, arg);
	for (int i = 1; mask != 0; i++, mask >>= 1)
		if (mask & 1)
			h->nack(ssrc, sequence + i, arg);
}

static int
read_nack(const struct packet *p, const struct rtcp_handler *h, void *arg)
{
	if (p->len < FEEDBACK_LEN + 4)
		return -1;
	if (h->nack == NULL)
		return 0;
	for (size_t at = FEEDBACK_LEN; at + 4 <= p->len; at += 4)
		read_lost(get32(p->body + 4), p->body + at, h, arg);
	return 0;
}

static int
read_transport(const struct packet *p, const struct rtcp_handler *h, void *arg)
{
	if (h->transport_cc != NULL)
		h->transport_cc(p->body + FEEDBACK_LEN, p->len - FEEDBACK_LEN,
		    arg);
	return 0;
}

static int
read_pli(const struct packet *p, const struct rtcp_handler *h, void *arg)
{
	if (h->pli != NULL)
		h->pli(get32(p->body + 4), arg);
	return 0;
}

/* Each entry names its SSRC; the one in the header is unused. */
static int
read_fir(const struct packet *p, const struct rtcp_handler *h, void *arg)
{
	size_t at = FEEDBACK_LEN;

	if (p->len < at + FIR_LEN)
		return -1;
	for (; at + FIR_LEN <= p->len && h->pli != NULL; at += FIR_LEN)
		h->pli(get32(p->body + at), arg);
	return 0;
}

/* By draft-alvestrand-rmcat-remb-03, section 2.2, "REMB", a count of SSRCs,
 * 6 bits of exponent and 18 of mantissa follow. Other messages of the
 * application layer are passed over. */
static int
read_remb(const struct packet *p, const struct rtcp_handler *h, void *arg)
{
	const uint8_t *fci = p->body + FEEDBACK_LEN;
	uint64_t rate;
	int exponent;

	if (p->len < FEEDBACK_LEN + 8 || memcmp(fci, "REMB", 4) != 0)
		return 0;
	if (p->len < FEEDBACK_LEN + 8 + 4 * (size_t)fci[4])
		return -1;
	exponent = fci[5] >> 2;
	rate = get32(fci + 4) & 0x3ffff;
	if (rate > UINT64_MAX >> exponent)
		rate = UINT64_MAX;
	else
		rate <<= exponent;
	if (h->remb != NULL)
		h->remb(rate, arg);
	return 0;
}

/* BYE is not among them, as it ends no session: a viewer may give up one
 * SSRC and go on under another (RFC 3550, section 8.2). */
#define ANY	-1	/* format */
static const struct {
	int	type, format;
	size_t	least;		/* bytes of body */
	int	(*read)(const struct packet *, const struct rtcp_handler *,
		    void *arg);
} packets[] = {
	{ SR, ANY, 4 + SENDER_INFO_LEN, read_report },
	{ RR, ANY, 4, read_report },
	{ RTPFB, FMT_NACK, FEEDBACK_LEN, read_nack },
	{ RTPFB, FMT_TRANSPORT, FEEDBACK_LEN, read_transport },
	{ PSFB, FMT_PLI, FEEDBACK_LEN, read_pli },
	{ PSFB, FMT_FIR, FEEDBACK_LEN, read_fir },
	{ PSFB, FMT_AFB, FEEDBACK_LEN, read_remb },
};

static int
read_packet(const struct packet *p, const struct rtcp_handler *h, void *arg)
{
	for (size_t i = 0; i < sizeof packets / sizeof *packets; i++) {
		if (packets[i].type != p->type || (packets[i].format != ANY &&
		    packets[i].format != p->count))
			continue;
		if (p->len < packets[i].least)
			return -1;
		return packets[i].read(p, h, arg);
	}
	return 0;
}

/* Finds the packet at the start of `buf`. Returns its length on the wire, or
 * 0 if it is none. */
static size_t
open_packet(const uint8_t *buf, size_t len, struct packet *out)
{
	size_t size, padding = 0;

	if (len < HEADER_LEN || buf[0] >> 6 != VERSION)
		return 0;
	size = HEADER_LEN + 4 * (size_t)get16(buf + 2);
	if (size > len)
		return 0;
	if (buf[0] & HAS_PADDING) {
		padding = buf[size - 1];
		if (padding == 0 || padding > size - HEADER_LEN)
			return 0;
	}
	out->count = buf[0] & 0x1f;
	out->type = buf[1];
	out->body = buf + HEADER_LEN;
	out->len = size - HEADER_LEN - padding;
	return size;
}

int
rtcp_read(const uint8_t *buf, size_t len, const struct rtcp_handler *h,
    void *arg)
{
	struct packet p;
	size_t size;

	if (len == 0)
		return -1;
	for (; len > 0; buf += size, len -= size) {
		size = open_packet(buf, len, &p);
		if (size == 0 || read_packet(&p, h, arg) == -1)
			return -1;
	}
	return 0;
}
