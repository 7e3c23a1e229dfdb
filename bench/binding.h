#ifndef BENCH_BINDING_H
#define BENCH_BINDING_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

/* STUN binding requests and their answers, as ICE has them (RFC 8489,
 * RFC 8445 section 7). Pure. */
#define BINDING_MAX_LEN		640	/* of what we write */
#define BINDING_ID_LEN		12
#define BINDING_MAX_USERNAME	513

/* From the controlling side, nominating. `username` is theirs:ours, `pwd`
 * theirs. */
size_t	binding_write_request(uint8_t *buf, const uint8_t *id,
	    const char *username, const char *pwd);
/* `pwd` is ours. */
size_t	binding_write_success(uint8_t *buf, const uint8_t *id,
	    const char *pwd, const struct sockaddr_in *from);

enum binding_kind { BINDING_NONE, BINDING_REQUEST, BINDING_SUCCESS,
	BINDING_ERROR };
/* `id` is set to the transaction's, in `buf`. */
enum binding_kind	binding_read(const uint8_t *buf, size_t len,
			    const uint8_t **id);

#endif
