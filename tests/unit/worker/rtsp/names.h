#ifndef LULL_TEST_NAMES_H
#define LULL_TEST_NAMES_H

/*
 * Names that the test knows, in place of the C library's: cam.test has
 * the addresses of `name_addresses`, and no other name has any.
 */
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "socket_address.h"

static const char *const *name_addresses;	/* up to a NULL */

int
getaddrinfo(const char *restrict name, const char *restrict service,
    const struct addrinfo *restrict hints, struct addrinfo **restrict list)
{
	struct addrinfo **to = list;

	(void)service;
	*list = NULL;
	if (strcmp(name, "cam.test") != 0)
		return EAI_NONAME;
	for (int i = 0; name_addresses[i] != NULL; i++) {
		union socket_address *a = calloc(1, sizeof *a);

		*to = calloc(1, sizeof **to);
		if (a == NULL || *to == NULL ||
		    !socket_address_parse(a, name_addresses[i], 0))
			abort();
		(*to)->ai_family = a->any.sa_family;
		(*to)->ai_socktype = hints->ai_socktype;
		(*to)->ai_addr = &a->any;
		to = &(*to)->ai_next;
	}
	return 0;
}

void
freeaddrinfo(struct addrinfo *list)
{
	while (list != NULL) {
		struct addrinfo *next = list->ai_next;

		free(list->ai_addr);
		free(list);
		list = next;
	}
}

#endif
