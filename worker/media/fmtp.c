#include "fmtp.h"

#include <string.h>
#include <strings.h>

const char *
fmtp_value(const char *fmtp, const char *key, size_t *len)
{
	size_t klen = strlen(key), n;

	for (; *fmtp != '\0'; fmtp += n + (fmtp[n] == ';')) {
		fmtp += strspn(fmtp, " ");
		n = strcspn(fmtp, ";");
		if (n <= klen || fmtp[klen] != '=' ||
		    strncasecmp(fmtp, key, klen) != 0)
			continue;
		while (fmtp[n - 1] == ' ')	/* the '=' ends this */
			n--;
		*len = n - klen - 1;
		return fmtp + klen + 1;
	}
	*len = 0;
	return "";
}

bool
fmtp_is(const char *fmtp, const char *key, const char *value)
{
	size_t len;
	const char *given = fmtp_value(fmtp, key, &len);

	return len == strlen(value) && strncasecmp(given, value, len) == 0;
}
