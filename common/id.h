#ifndef LULL_ID_H
#define LULL_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_HEX_LEN	32	/* a session id: 16 random bytes in hex */

/* These take random bytes from the kernel. The process ends if it has none. */
void	id_random(void *buf, size_t len);
uint32_t	id_random32(void);
void	id_session(char id[ID_HEX_LEN + 1]);
bool	id_session_valid(const char *s);

#endif
