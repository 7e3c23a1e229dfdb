#include "ice_filter.h"

#include <string.h>

#include "json.h"

static bool
lets_through(const json_t *filter, const char *key, const char *text)
{
	const json_t *list = json_object_get(filter, key), *v;
	size_t i;

	if (list == NULL)
		return true;
	json_array_foreach(list, i, v)
		if (json_is_string(v) &&
		    strcmp(json_string_value(v), text) == 0)
			return true;
	return false;
}

bool
ice_filter_address(const json_t *filter, const char *interface,
    const char *ip)
{
	return (interface == NULL ||
	    lets_through(filter, "interfaces", interface)) &&
	    lets_through(filter, "ips", ip) &&
	    lets_through(filter, "candidates", ip);
}

static bool
is_v6(const char *ip)
{
	return strchr(ip, ':') != NULL;
}

bool
ice_filter_udp(const json_t *filter, const char *ip)
{
	return lets_through(filter, "networks", is_v6(ip) ? "udp6" : "udp4");
}

bool
ice_filter_tcp(const json_t *filter, const char *ip)
{
	return lets_through(filter, "networks", is_v6(ip) ? "tcp6" : "tcp4");
}

bool
ice_filter_loopback(const json_t *filter)
{
	return json_get_bool(filter, "loopback", false);
}

const char *
ice_filter_blame(const json_t *filter)
{
	return json_object_size(filter) > 0 ? ": webrtc.filters leaves none" :
	    "";
}
