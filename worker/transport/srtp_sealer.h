#ifndef LULL_SRTP_SEALER_H
#define LULL_SRTP_SEALER_H

#include <stddef.h>
#include <stdint.h>

/* Each cipher seals RTP in a file of its own. This header is private to
 * srtp*.c, srtcp_*.c and their tests; the others see srtp.h. */

#define SRTP_MAX_CIPHER_KEY	32
#define SRTP_MAX_SALT		14
#define SRTP_AUTH_KEY		20	/* HMAC-SHA1, RFC 3711, 8.2 */

/* These protect packets, and are derived from the master key (RFC 3711,
 * section 4.3). */
struct srtp_session_keys {
	size_t	key_len;		/* 16 or 32 */
	uint8_t	key[SRTP_MAX_CIPHER_KEY];
	uint8_t	auth[SRTP_AUTH_KEY];	/* no use to an AEAD */
	uint8_t	salt[SRTP_MAX_SALT];
};

/* Each is the first of three labels in a row (RFC 3711, section 4.3.2). */
enum srtp_label {
	SRTP_LABEL_RTP = 0x00,
	SRTP_LABEL_RTCP = 0x03,
};

/* The salt stands behind the master key; key_len is 16 or 32, salt_len at most
 * SRTP_MAX_SALT. */
void	srtp_derive_keys(struct srtp_session_keys *, enum srtp_label,
	    const uint8_t *master, size_t key_len, size_t salt_len);

struct srtp_packet {
	uint32_t	 ssrc;
	uint64_t	 index;		/* ROC * 2^16 + SEQ, RFC 3711, 3.3.1 */
	const uint8_t	*header, *payload;
	size_t		 header_len, payload_len;
};

/* SSRC and index lie one behind the other in the counter of the one cipher
 * and the nonce of the other. */
static inline void
srtp_xor_index(uint8_t *at, const struct srtp_packet *p)
{
	for (int i = 0; i < 4; i++)
		at[i] ^= (uint8_t)(p->ssrc >> (24 - 8 * i));
	for (int i = 0; i < 6; i++)
		at[4 + i] ^= (uint8_t)(p->index >> (40 - 8 * i));
}

/* The keys may be wiped after open(), which is NULL if the library refuses
 * them; close() wipes what it has. seal() writes header, ciphertext and tag
 * and returns their length, or 0. It allocates nothing. */
struct srtp_sealer {
	void	*(*open)(const struct srtp_session_keys *);
	size_t	(*seal)(void *, const struct srtp_packet *, uint8_t *out);
	void	(*close)(void *);
};
extern const struct srtp_sealer srtp_cm_sha1_80, srtp_gcm;

/* These seal and open SRTCP by GCM (RFC 7714, section 9) in place, with a state
 * of srtp_gcm.open(). A packet has at least SRTP_RTCP_HEADER bytes, sealed
 * SRTP_RTCP_ROOM more, of which the ESRTCP word, E and index, is the end.
 * It is encrypted whatever E says. */
#define SRTP_RTCP_HEADER	8
#define SRTP_RTCP_ROOM		20
#define SRTP_RTCP_WORD		4
#define SRTP_RTCP_E		0x80000000u	/* is encrypted */
int	srtp_gcm_seal_rtcp(void *, uint32_t word, uint8_t *packet,
	    size_t *len);
int	srtp_gcm_open_rtcp(void *, uint8_t *packet, size_t *len);

#endif
