#ifndef BENCH_VIEWER_H
#define BENCH_VIEWER_H

#include <stdbool.h>
#include <stdint.h>

#include "track.h"
#include "whep.h"

struct dtls_identity;
struct event_base;
struct viewer;

/* A viewer that looks at nothing: it is offered, connects, and counts. */
enum viewer_event {
	VIEWER_CONNECTED,	/* DTLS is through */
	VIEWER_PACKET,		/* the first of video since viewer_expect() */
	VIEWER_PICTURE,		/* the first whole key frame since then */
	VIEWER_FAILED,		/* or ended by the server; the last */
};

/* What all viewers have in common. */
struct viewer_shared {
	struct event_base	*base;
	struct whep		*whep;
	const struct dtls_identity *identity;
	struct sockaddr_in	 local;
	bool			 gro, reports;	/* UDP_GRO; RTCP */
	void	(*event)(struct viewer *, enum viewer_event, void *arg);
	void			*arg;
};

struct viewer_times {		/* clock_now_us(), 0: not yet */
	int64_t	post, answer, refused, ice, connected, packet, picture;
};

/* Small, since there are thousands: what is needed to connect alone is in
 * the setup, which goes when the keys are known. */
struct viewer {
	const struct viewer_shared *shared;
	struct event		*io;
	struct viewer_setup	*setup;
	char			*location;	/* of its session, or NULL */
	char			*username, *pwd;	/* of ICE, theirs */
	struct sockaddr_in	 remote;
	int			 fd;
	unsigned		 number;
	uint32_t		 reports;	/* sent: SRTCP's index */
	uint8_t			 payload_type;
	bool			 connected, failed;
	bool			 awaits;	/* a first packet */
	bool			 pausing;	/* for whoever drives it */
	int64_t			 heard_us;
	struct srtp_keys	 keys;
	struct track		 track;
	struct viewer_times	 times;
};

struct viewer	*viewer_new(const struct viewer_shared *, unsigned number);
void	viewer_start(struct viewer *);		/* POSTs the offer */
void	viewer_leave(struct viewer *);		/* hears no more */
void	viewer_free(struct viewer *);
const char	*viewer_first_error(void);	/* of all; "": none */

/* From now on look for a first packet and a first whole key frame; clears
 * those times. */
void	viewer_expect(struct viewer *);

/* Once a second; sends what keeps it alive. */
void	viewer_tick(struct viewer *, int64_t now_us);

/* Packets that this socket had no room for, in datagrams as they came. */
uint32_t	viewer_drops(const struct viewer *);

#endif
