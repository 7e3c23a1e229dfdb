#include "id.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void
id_random(void *buf, size_t len)
{
	uint8_t *p = buf;

	while (len > 0) {
		ssize_t n = getrandom(p, len, 0);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			perror("lull: getrandom");
			abort();
		}
		p += n;
		len -= (size_t)n;
	}
}

uint32_t
id_random32(void)
{
	uint32_t v;

	id_random(&v, sizeof v);
	return v;
}

void
id_session(char id[ID_HEX_LEN + 1])
{
	uint8_t raw[ID_HEX_LEN / 2];

	id_random(raw, sizeof raw);
	for (size_t i = 0; i < sizeof raw; i++)
		snprintf(id + 2 * i, 3, "%02x", raw[i]);
}

bool
id_session_valid(const char *s)
{
	return strlen(s) == ID_HEX_LEN &&
	    strspn(s, "0123456789abcdef") == ID_HEX_LEN;
}
