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
 * The sender makes what one viewer is sent: SSRCs, contiguous sequence
 * numbers, timestamps (RFC 3550, section 5.1: of pictures by our clock, of
 * sound by the stream's audio_clock), the history for retransmission, sender
 * reports, which tie both to one time. The socket gets 64 packets at a time.
 */
struct sender_config {
	struct media_types types;
	int	rtx;			/* payload type (RFC 4588); -1: none */
	/* Ids of header extensions, or 0. With transport_cc abs_send_time is
	 * not used. */
	int	abs_send_time, transport_cc, audio_transport_cc;
	const char	*cname;		/* lives as long as the sender */
};

enum sender_track { SENDER_VIDEO, SENDER_AUDIO, SENDER_RTX, SENDER_TRACKS };

struct sender_stats {
	uint64_t	packets, bytes;	/* RTP of all tracks; payload bytes */
	uint64_t	retransmitted;	/* packets */
	/* The viewer reported these of its video. */
	int64_t		packets_lost;
	int		jitter_us, round_trip_us;	/* -1: not known */
};

struct sender	*sender_new(const struct sender_config *);
void	sender_free(struct sender *);		/* NULL is fine */
uint32_t	sender_ssrc(const struct sender *, enum sender_track);
/* The next sequence number, and the timestamp of a picture of that time. */
uint16_t	sender_next(const struct sender *, enum sender_track);
uint32_t	sender_timestamp(const struct sender *, int64_t time_us);
void	sender_set_types(struct sender *, const struct media_types *);
/* From here on packets go out. The transport is copied; the SRTP keys stay the
 * caller's, and live longer than the sender. Without them (NULL) nothing is
 * sealed, and the RTCP of each track goes by itself. */
void	sender_start(struct sender *, struct srtp *, const struct transport *);

/*
 * Sends a unit, or as much of a picture as `packets` allows and the socket
 * takes. True when it is out, or its codec is none of the viewer's. False when
 * sender_continue() is to send the rest, before any other picture.
 * `time_us` is the capture time to tell, on CLOCK_MONOTONIC. One that is not
 * after the last becomes so.
 */
bool	sender_unit(struct sender *, const struct rtp_unit *, int64_t time_us,
	    size_t packets);
bool	sender_continue(struct sender *, size_t packets);
/* Answers a NACK. False if the packet is not, or no longer, in the history, or
 * would be one too many. */
bool	sender_resend(struct sender *, uint32_t ssrc, uint16_t sequence);
void	sender_cut(struct sender *);	/* drops the rest of a picture */
void	sender_forget(struct sender *);	/* drops it, and the history */
void	sender_change_sound(struct sender *);	/* another clock's follows */

/* Once a second: sends reports, and allows new retransmissions. */
void	sender_report(struct sender *);
void	sender_bye(struct sender *);
void	sender_take_report(struct sender *, const struct rtcp_report *);
/* Reads transport-wide feedback, as twcc_read() does. With `anew` the window
 * begins anew behind it, and the call returns false. */
bool	sender_take_feedback(struct sender *, const uint8_t *fci, size_t len,
	    bool anew, struct twcc_window *);
int64_t	sender_queued(const struct sender *);	/* as transport.h says */
uint64_t	sender_bytes(const struct sender *);	/* as sender_stats */
void	sender_get_stats(const struct sender *, struct sender_stats *);
#endif
