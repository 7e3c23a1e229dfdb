#ifndef LULL_SENDER_H
#define LULL_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "worker/media/packetise.h"

struct rtcp_report;
struct srtp;
struct sender;
struct transport;
struct twcc_window;

/*
 * What one viewer is sent: its SSRCs, contiguous sequence numbers,
 * timestamps (RFC 3550, section 5.1: of pictures by our clock, of sound by
 * the stream's audio_clock), the history for retransmission, and sender
 * reports, which tie both to one time. One unit is one send.
 */
struct sender_config {
	struct media_types types;
	int	rtx;			/* RFC 4588; -1: verbatim */
	/* Header extension ids, 0: none; abs_send_time or transport_cc. */
	int	abs_send_time, transport_cc, audio_transport_cc;
	const char	*cname;		/* as long as the sender */
};

enum sender_track { SENDER_VIDEO, SENDER_AUDIO, SENDER_RTX, SENDER_TRACKS };

struct sender_stats {
	uint64_t	packets, bytes;	/* RTP, payload bytes; all tracks */
	uint64_t	retransmitted;
	int64_t		packets_lost;	/* of video, as are: */
	int		jitter_us, round_trip_us;	/* -1: not known */
};

struct sender	*sender_new(const struct sender_config *);
void	sender_free(struct sender *);		/* NULL is fine */
uint32_t	sender_ssrc(const struct sender *, enum sender_track);

/* Opens it: from here on packets go out. Neither becomes the sender's. */
void	sender_start(struct sender *, struct srtp *,
	    const struct transport *);

/*
 * Sends a unit, or as much of a picture as `packets` allows and the socket
 * takes. True when it is out (a codec that the viewer did not take is);
 * false: sender_continue() first, and no other picture until it is true.
 * `time_us`: the capture time to tell, on CLOCK_MONOTONIC; made later if
 * it is not after the last.
 */
bool	sender_unit(struct sender *, const struct rtp_unit *, int64_t time_us,
	    size_t packets);
bool	sender_continue(struct sender *, size_t packets);

/* A NACK. False: left unanswered, as what is not, or no longer, in the
 * history is, and what would be too much. */
bool	sender_resend(struct sender *, uint32_t ssrc, uint16_t sequence);
void	sender_cut(struct sender *);	/* what is left of a picture stays */
void	sender_forget(struct sender *);	/* that, and the history is void */

void	sender_report(struct sender *);	/* sender reports, each second */
void	sender_bye(struct sender *);
void	sender_take_report(struct sender *, const struct rtcp_report *);
/* Transport-wide feedback, as twcc_read(). With `anew` the window begins
 * anew behind it, and false is returned. */
bool	sender_take_feedback(struct sender *, const uint8_t *fci, size_t len,
	    bool anew, struct twcc_window *);
uint64_t	sender_bytes(const struct sender *);	/* sent so far */
void	sender_get_stats(const struct sender *, struct sender_stats *);

#endif
