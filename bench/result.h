#ifndef BENCH_RESULT_H
#define BENCH_RESULT_H

#include <stdio.h>

#include "options.h"
#include "process.h"
#include "resume.h"
#include "tally.h"
#include "viewer.h"

#define RESULT_GAP_MS	100	/* what a viewer would call a stall */

/* What a run of the swarm found. */
struct result {
	int		 connected, failed;
	int		 refused;	/* 503, not among the failed */
	double		 window_s;	/* in all */
	uint64_t	 packets, bytes;	/* in the windows */
	uint64_t	 paused_packets;	/* to those that are paused */
	uint32_t	 lost, drops, forged;
	uint32_t	 lost_ever;	/* from each one's first packet on */
	int		 gapped;	/* had a gap above RESULT_GAP_MS */
	struct tally	 packets_s, frames_s;	/* of each live viewer */
	struct tally	 gap_ms;	/* its longest without a packet */
	/* Of each window: */
	struct tally	 cpu_us, cpu_packet_us, own_packet_us;
	double		 user_us, system_us;	/* in all of them */
	double		 others_us;	/* of all other processes */
	double		 rss_before_kb, rss_after_kb;
	/* Since the POST, of each viewer: */
	struct tally	 answer_ms, refused_ms, connected_ms;
	struct tally	 packet_ms, picture_ms;
	enum srtp_profile profile;
	struct resume	*resume;	/* or NULL */
};

void	result_write(struct result *, const struct options *, FILE *);

#endif
