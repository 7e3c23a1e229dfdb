#ifndef LULL_RTP_TRACK_H
#define LULL_RTP_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One track of a camera as RTP (RFC 3550): puts its packets in order, leaves
 * out duplicates, counts what is lost, maps its time and writes the reports for
 * its RTCP. It is pure.
 *
 * Over TCP a packet is given at once: a jump of the sequence is a loss. Over
 * UDP one that comes too early waits for those before it, RTP_TRACK_WAIT_MS at
 * most. Another SSRC, a jump of the sequence by more than RTP_TRACK_JUMP, or
 * RTP_TRACK_STRAY packets in a row that come too late and are no duplicates, is
 * a track that has begun anew, which is no loss.
 */
#define RTP_TRACK_WAIT_MS	100
#define RTP_TRACK_JUMP		3000	/* RFC 3550's MAX_DROPOUT */
#define RTP_TRACK_STRAY		100	/* RFC 3550's MAX_MISORDER */
#define RTP_TRACK_HELD		512	/* packets that wait, at most */
struct rtp_track;

struct rtp_in {
	const uint8_t	*data;		/* payload; valid during the call */
	size_t		 len;		/* may be 0 */
	int64_t		 time;		/* RTP ticks since `restart`; wraps are
					   counted; it may step back */
	bool		 marker;
	bool		 lost;		/* packets before this one are lost */
	bool		 restart;	/* the track begins, or does so anew */
};

/* False: no more is wanted, and nothing more is given; the track may have
 * been freed. rtp_track_take() and rtp_track_expire() return the same. */
typedef bool rtp_track_cb(const struct rtp_in *, void *arg);

struct rtp_track_config {
	int	 type;		/* the payload type; others are left out */
	int	 clock;		/* ticks per second */
	bool	 in_order;	/* by TCP */
};

struct rtp_track	*rtp_track_new(const struct rtp_track_config *,
			    rtp_track_cb *, void *arg);
void	rtp_track_free(struct rtp_track *);	/* NULL is fine */

/* What is no RTP of this track is left out. */
bool	rtp_track_take(struct rtp_track *, const uint8_t *, size_t,
	    int64_t now_us);
/* When rtp_track_expire() is due; INT64_MAX: nothing waits. */
int64_t	rtp_track_due_us(const struct rtp_track *);
bool	rtp_track_expire(struct rtp_track *, int64_t now_us);
/* RTCP of the camera's came (compound: RFC 3550, section 6.1). */
void	rtp_track_take_rtcp(struct rtp_track *, const uint8_t *, size_t,
	    int64_t now_us);

/* Its last sender report; one that comes before the packets counts. False:
 * there was none since it began. */
struct rtp_track_report {
	int64_t	time;		/* ticks, as in struct rtp_in */
	int64_t	ntp_us;		/* since 1900, modulo 2^32 s; 0: no clock */
};
bool	rtp_track_report(const struct rtp_track *, struct rtp_track_report *);

/* Writes a compound of receiver report and CNAME (RFC 3550, sections 6.4.2 and
 * 6.5), with a PLI (RFC 4585, section 6.3.1) behind it if `pli`. Returns its
 * length; 0 if no packet has come yet. `ssrc` is ours. */
#define RTP_TRACK_RTCP_MAX	128
size_t	rtp_track_write_rtcp(struct rtp_track *, uint32_t ssrc, bool pli,
	    int64_t now_us, uint8_t out[RTP_TRACK_RTCP_MAX]);

struct rtp_track_stats {
	uint64_t	packets;	/* given */
	uint64_t	lost, duplicates, late;
};
const struct rtp_track_stats	*rtp_track_stats(const struct rtp_track *);

#endif
