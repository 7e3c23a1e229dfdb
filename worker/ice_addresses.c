#include "ice.h"

#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include "xalloc.h"

struct ice_addresses {
	int	n;
	char	text[ICE_MAX_ADDRESSES][INET6_ADDRSTRLEN];
};

enum kind { KIND_NONE, KIND_HOST, KIND_LOOPBACK4, KIND_LOOPBACK6 };

static enum kind
classify4(struct in_addr a)
{
	uint32_t ip = ntohl(a.s_addr);

	if (ip >> 16 == 0xa9fe)		/* 169.254/16, RFC 3927 */
		return KIND_NONE;
	return ip >> 24 == IN_LOOPBACKNET ? KIND_LOOPBACK4 : KIND_HOST;
}

static enum kind
classify6(const struct in6_addr *a)
{
	if (IN6_IS_ADDR_LINKLOCAL(a))
		return KIND_NONE;
	return IN6_IS_ADDR_LOOPBACK(a) ? KIND_LOOPBACK6 : KIND_HOST;
}

static enum kind
classify(const struct ifaddrs *i, char text[INET6_ADDRSTRLEN])
{
	const struct sockaddr_in *v4 = (void *)i->ifa_addr;
	const struct sockaddr_in6 *v6 = (void *)i->ifa_addr;

	if (i->ifa_addr == NULL || !(i->ifa_flags & IFF_UP))
		return KIND_NONE;
	if (i->ifa_addr->sa_family == AF_INET) {
		inet_ntop(AF_INET, &v4->sin_addr, text, INET6_ADDRSTRLEN);
		return classify4(v4->sin_addr);
	}
	if (i->ifa_addr->sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &v6->sin6_addr, text, INET6_ADDRSTRLEN);
		return classify6(&v6->sin6_addr);
	}
	return KIND_NONE;
}

static void
add(struct ice_addresses *store, const char *text)
{
	for (int i = 0; i < store->n; i++)
		if (strcmp(store->text[i], text) == 0)
			return;
	if (store->n < ICE_MAX_ADDRESSES)
		strcpy(store->text[store->n++], text);
}

/* Adds the addresses of one kind; how many there are now. */
static int
collect(struct ice_addresses *store, const struct ifaddrs *list,
    enum kind kind)
{
	char text[INET6_ADDRSTRLEN];

	for (; list != NULL; list = list->ifa_next)
		if (classify(list, text) == kind)
			add(store, text);
	return store->n;
}

struct ice_addresses *
ice_addresses_new(struct ice_config *config, bool loopback)
{
	struct ice_addresses *store = xcalloc(1, sizeof *store);
	struct ifaddrs *list = NULL;
	int before = 0;

	if (getifaddrs(&list) == -1)
		list = NULL;
	/* First, since there may be more than we take. ::1 only where
	 * 127.0.0.1 is missing: one way to the same host is enough. */
	if (loopback && collect(store, list, KIND_LOOPBACK4) == 0)
		collect(store, list, KIND_LOOPBACK6);
	before = store->n;
	if (collect(store, list, KIND_HOST) == before && before == 0 &&
	    collect(store, list, KIND_LOOPBACK4) == 0)
		collect(store, list, KIND_LOOPBACK6);
	if (list != NULL)
		freeifaddrs(list);
	for (int i = 0; i < store->n; i++)
		config->addresses[i] = store->text[i];
	config->addresses[store->n] = NULL;
	return store;
}

void
ice_addresses_free(struct ice_addresses *store)
{
	free(store);
}
