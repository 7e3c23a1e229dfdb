#include "ice_candidate.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#define PREFIX		"candidate:"
#define MAX_TEXT	512
#define MAX_FOUNDATION	32

/* The line has its fields in this order. */
enum field {
	FOUNDATION, COMPONENT, TRANSPORT, PRIORITY, ADDRESS, PORT, TYP, TYPE,
	N_FIELDS
};

static const char *const types[] = { "host", "srflx", "prflx", "relay" };

static bool
parse_number(const char *s, unsigned long long max, unsigned long long *n)
{
	*n = strtoull(s, NULL, 10);	/* the largest if it is larger */
	return s[strspn(s, "0123456789")] == '\0' && *n <= max;
}

/* A check may be sent to such an address. Names, .local ones too, are not
 * usable: their owner is met as a peer-reflexive candidate. */
static bool
is_usable_address(const char *s)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (inet_pton(AF_INET, s, &v4) == 1)
		return !IN_MULTICAST(ntohl(v4.s_addr)) &&
		    v4.s_addr != htonl(INADDR_ANY) &&
		    v4.s_addr != htonl(INADDR_BROADCAST);
	return inet_pton(AF_INET6, s, &v6) == 1 &&
	    !IN6_IS_ADDR_MULTICAST(&v6) && !IN6_IS_ADDR_UNSPECIFIED(&v6) &&
	    !IN6_IS_ADDR_LINKLOCAL(&v6);
}

static bool
is_known_type(const char *s)
{
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (strcasecmp(s, types[i]) == 0)
			return true;
	return false;
}

static bool
split(char *text, char *fields[N_FIELDS])
{
	char *rest = text;

	for (int i = 0; i < N_FIELDS; i++) {
		fields[i] = strsep(&rest, " ");
		if (fields[i] == NULL || *fields[i] == '\0')
			return false;
	}
	return strcasecmp(fields[TYP], "typ") == 0;
}

enum ice_use
ice_candidate_check(const char *text)
{
	char copy[MAX_TEXT], *f[N_FIELDS];
	unsigned long long component, priority, port;

	if (strncmp(text, PREFIX, strlen(PREFIX)) != 0 ||
	    strlen(text) >= sizeof copy)
		return ICE_CANDIDATE_BAD;
	strcpy(copy, text + strlen(PREFIX));
	if (strpbrk(copy, "\r\n\t") != NULL || !split(copy, f) ||
	    strlen(f[FOUNDATION]) > MAX_FOUNDATION ||
	    !parse_number(f[COMPONENT], 256, &component) ||
	    !parse_number(f[PRIORITY], UINT32_MAX, &priority) ||
	    !parse_number(f[PORT], UINT16_MAX, &port))
		return ICE_CANDIDATE_BAD;
	if (component != 1 || port == 0 ||
	    strcasecmp(f[TRANSPORT], "udp") != 0 ||
	    !is_known_type(f[TYPE]) || !is_usable_address(f[ADDRESS]))
		return ICE_CANDIDATE_IGNORE;
	return ICE_CANDIDATE_USE;
}
