#ifndef BENCH_OFFER_H
#define BENCH_OFFER_H

#include <netinet/in.h>
#include <stdbool.h>

/* The swarm's SDP: one offer for all servers, and what counts of the
 * answer. Pure. */
#define OFFER_H264	96	/* payload types */
#define OFFER_RTX	97
#define OFFER_OPUS	111

struct offer {
	unsigned		 number;	/* of the viewer, for o= */
	const char		*ufrag, *pwd, *fingerprint;
	struct sockaddr_in	 local;		/* the host candidate */
};

char	*offer_write(const struct offer *);	/* caller frees */

#define ANSWER_MAX_CANDIDATES	4

struct answer {
	char	ufrag[257], pwd[257];
	char	hash[16], fingerprint[200];
	bool	active;			/* the server is the DTLS client */
	int	payload_type;		/* of the video */
	int	n_candidates;
	struct sockaddr_in candidates[ANSWER_MAX_CANDIDATES];
};

/* UDP over IPv4 alone, loopback first if there is. NULL, or what is
 * missing. */
const char	*answer_read(const char *sdp, struct answer *);

#endif
