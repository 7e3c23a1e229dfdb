/*
 * This file lists the host's addresses. It also has getifaddrs() itself, for
 * all of the process: libnice calls that several times for each address of
 * each viewer, which is most of what an agent costs, and aborts if an address
 * that it is given is not among the first 64. So the list is made once in a
 * while, has only what is fit to be offered, and is never so long.
 */
#include "ice_addresses.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include "clock.h"
#include "ice_filter.h"
#include "xalloc.h"

#define MAX_LISTED	32	/* the worst of libnice is 64 */
#define FRESH_US	1000000	/* how old the list may be */

struct ice_addresses {
	int	n;
	char	text[ICE_MAX_ADDRESSES][INET6_ADDRSTRLEN];
};

enum address_kind { KIND_NONE, KIND_HOST, KIND_LOOPBACK4, KIND_LOOPBACK6 };

static enum address_kind
classify4(struct in_addr a)
{
	uint32_t ip = ntohl(a.s_addr);

	if (ip >> 16 == 0xa9fe)		/* 169.254/16, RFC 3927 */
		return KIND_NONE;
	return ip >> 24 == IN_LOOPBACKNET ? KIND_LOOPBACK4 : KIND_HOST;
}

static enum address_kind
classify6(const struct in6_addr *a)
{
	if (IN6_IS_ADDR_LINKLOCAL(a))
		return KIND_NONE;
	return IN6_IS_ADDR_LOOPBACK(a) ? KIND_LOOPBACK6 : KIND_HOST;
}

static enum address_kind
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

/* An address lies together with all that its `ifa` points to. A list is an
 * array of these. */
struct listed {
	struct ifaddrs		ifa;
	struct sockaddr_in6	addr;		/* or an IPv4 one, shorter */
	char			name[IF_NAMESIZE];
};

static struct {
	pthread_mutex_t		lock;
	int64_t			read_us;	/* 0: never */
	size_t			n;
	struct listed		entry[MAX_LISTED];
	int			(*get)(struct ifaddrs **); /* NULL: unknown */
	void			(*put)(struct ifaddrs *);
	int64_t			fresh_us;
} cache = { .lock = PTHREAD_MUTEX_INITIALIZER, .fresh_us = FRESH_US };

static void
keep(const struct ifaddrs *i)
{
	struct listed *l = &cache.entry[cache.n++];

	memset(l, 0, sizeof *l);
	l->ifa.ifa_flags = i->ifa_flags;
	memcpy(&l->addr, i->ifa_addr, i->ifa_addr->sa_family == AF_INET ?
	    sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
	strncpy(l->name, i->ifa_name, sizeof l->name - 1);
}

/* Finds the C library's own functions, behind those of this file. */
static void
find_library(void)
{
	*(void **)&cache.get = dlsym(RTLD_NEXT, "getifaddrs");
	*(void **)&cache.put = dlsym(RTLD_NEXT, "freeifaddrs");
}

static int
refresh(void)
{
	char text[INET6_ADDRSTRLEN];
	struct ifaddrs *list;

	if (cache.get == NULL)
		find_library();
	if (cache.get(&list) == -1)
		return -1;
	cache.n = 0;
	for (struct ifaddrs *i = list; i != NULL; i = i->ifa_next)
		if (cache.n < MAX_LISTED && classify(i, text) != KIND_NONE)
			keep(i);
	cache.put(list);
	cache.read_us = clock_now_us();
	return 0;
}

static struct ifaddrs *
copy_list(void)
{
	struct listed *copy;

	if (cache.n == 0)
		return NULL;
	copy = xmemdup(cache.entry, cache.n * sizeof *copy);
	for (size_t i = 0; i < cache.n; i++) {
		struct ifaddrs *ifa = &copy[i].ifa;

		ifa->ifa_name = copy[i].name;
		ifa->ifa_addr = (struct sockaddr *)&copy[i].addr;
		ifa->ifa_next = i + 1 < cache.n ? &copy[i + 1].ifa : NULL;
	}
	return &copy->ifa;
}

int
getifaddrs(struct ifaddrs **list)
{
	int rc = 0;

	pthread_mutex_lock(&cache.lock);
	if (cache.read_us == 0 || clock_now_us() - cache.read_us >
	    cache.fresh_us)
		rc = refresh();
	if (rc == 0)
		*list = copy_list();
	pthread_mutex_unlock(&cache.lock);
	return rc;
}

void
freeifaddrs(struct ifaddrs *list)
{
	free(list);
}

static void
add_address(struct ice_addresses *store, const char *text)
{
	for (int i = 0; i < store->n; i++)
		if (strcmp(store->text[i], text) == 0)
			return;
	if (store->n < ICE_MAX_ADDRESSES)
		strcpy(store->text[store->n++], text);
}

/* Adds the addresses of one kind that may be offered, and returns how many
 * there are now. */
static int
collect(struct ice_addresses *store, const struct ifaddrs *list,
    enum address_kind kind, const json_t *filter)
{
	char text[INET6_ADDRSTRLEN];

	for (; list != NULL; list = list->ifa_next)
		if (classify(list, text) == kind &&
		    ice_filter_address(filter, list->ifa_name, text))
			add_address(store, text);
	return store->n;
}

struct ice_addresses *
ice_addresses_new(struct ice_config *config, bool loopback)
{
	struct ice_addresses *store = xcalloc(1, sizeof *store);
	const json_t *filter = config->filter;
	struct ifaddrs *list = NULL;

	getifaddrs(&list);	/* if it fails, there is none */
	/* Loopback goes first, since there may be more than we take. ::1 is
	 * taken where 127.0.0.1 is missing: one way to this host is enough. */
	if ((loopback || ice_filter_loopback(filter)) &&
	    collect(store, list, KIND_LOOPBACK4, filter) == 0)
		collect(store, list, KIND_LOOPBACK6, filter);
	if (collect(store, list, KIND_HOST, filter) == 0 &&
	    collect(store, list, KIND_LOOPBACK4, filter) == 0)
		collect(store, list, KIND_LOOPBACK6, filter);
	freeifaddrs(list);
	for (int i = 0; i < store->n; i++)
		config->addresses[i] = store->text[i];
	config->addresses[store->n] = NULL;
	return store;
}

void
ice_addresses_read_by(int (*get)(struct ifaddrs **),
    void (*put)(struct ifaddrs *), int64_t fresh_us)
{
	cache.get = get;
	cache.put = put;
	cache.fresh_us = fresh_us;
	cache.read_us = 0;
}

void
ice_addresses_free(struct ice_addresses *store)
{
	free(store);
}
