#ifndef BENCH_CRYPT_H
#define BENCH_CRYPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "worker/transport/srtp.h"

/*
 * SRTP and SRTCP of the receiving side, out of nettle's ciphers, so that
 * it has nothing in common with what it measures (RFC 3711, RFC 7714).
 * Keeps the master keys alone and derives the rest for each packet: slow,
 * and small.
 */
#define CRYPT_MAX_ROOM	32	/* bytes that sealing adds at most */

/* The payload of an RTP packet, in place. `rollover` counts how often its
 * sequence number has wrapped. -1: the packet is not authentic. */
int	crypt_open_rtp(const struct srtp_keys *, uint32_t rollover,
	    uint8_t *packet, size_t len, size_t header, size_t *payload);

/* `index` must be another each time. The length. */
size_t	crypt_seal_rtcp(const struct srtp_keys *, uint32_t index,
	    uint8_t *packet, size_t len);

#endif
