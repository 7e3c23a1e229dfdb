#include "config_keys.h"

#include <stdlib.h>
#include <string.h>

#include "config_ice.h"
#include "config_rtsp.h"
#include "config_streams.h"
#include "config_value.h"
#include "config_webrtc.h"
#include "slip.h"

#define TAKEN(pattern, types, set) \
	{ pattern, types, set, CONFIG_KEY_TAKEN, NULL }
#define SECTION(pattern) \
	{ pattern, CONFIG_MAP, NULL, CONFIG_KEY_SECTION, NULL }
#define NOT_YET(pattern, note) \
	{ pattern, 0, NULL, CONFIG_KEY_NOT_YET, note }

/* This is every key that is known. The manual is checked against it. */
static const struct config_key keys[] = {
	TAKEN("streams", CONFIG_MAP, NULL),
	TAKEN("streams.*",
	    CONFIG_STRING | CONFIG_LIST | CONFIG_MAP | CONFIG_NULL,
	    config_streams_add),
	TAKEN("streams.*.url", CONFIG_STRING | CONFIG_LIST, NULL),
	TAKEN("streams.*.preload", CONFIG_BOOL, NULL),
	TAKEN("streams.*.linger", CONFIG_NUMBER, config_streams_linger),
	TAKEN("preload", CONFIG_MAP, NULL),
	TAKEN("preload.*", CONFIG_ANY, NULL),

	SECTION("api"),
	TAKEN("api.listen", CONFIG_STRING, config_value_listen),
	TAKEN("api.origin", CONFIG_STRING, config_value_origin),
	TAKEN("api.hosts", CONFIG_STRING | CONFIG_LIST, config_value_hosts),
	TAKEN("api.static_dir", CONFIG_STRING, config_value_static_dir),
	TAKEN("api.username", CONFIG_SCALAR, NULL),
	TAKEN("api.password", CONFIG_SCALAR, NULL),
	NOT_YET("api.local_auth", NULL),
	NOT_YET("api.allow_paths", "all paths are served"),
	NOT_YET("api.base_path", NULL),
	NOT_YET("api.tls_listen", "HTTPS needs a proxy in front"),
	NOT_YET("api.tls_cert", NULL),
	NOT_YET("api.tls_key", NULL),
	NOT_YET("api.unix_listen",
	    "lulld.sock in the run directory takes the same requests"),

	SECTION("webrtc"),
	TAKEN("webrtc.listen", CONFIG_STRING, config_value_viewer_port),
	TAKEN("webrtc.ports", CONFIG_STRING, config_value_ports),
	TAKEN("webrtc.ice_servers", CONFIG_LIST, config_ice_servers),
	TAKEN("webrtc.candidates", CONFIG_LIST, config_webrtc_candidates),
	SECTION("webrtc.filters"),
	TAKEN("webrtc.filters.candidates", CONFIG_LIST, config_webrtc_ips),
	TAKEN("webrtc.filters.loopback", CONFIG_BOOL, config_webrtc_loopback),
	TAKEN("webrtc.filters.interfaces", CONFIG_LIST,
	    config_webrtc_interfaces),
	TAKEN("webrtc.filters.ips", CONFIG_LIST, config_webrtc_ips),
	TAKEN("webrtc.filters.networks", CONFIG_LIST, config_webrtc_networks),
	TAKEN("webrtc.filters.udp_ports", CONFIG_LIST,
	    config_webrtc_udp_ports),

	SECTION("rtsp"),
	TAKEN("rtsp.listen", CONFIG_STRING, config_rtsp_listen),
	TAKEN("rtsp.username", CONFIG_SCALAR, config_rtsp_secret),
	TAKEN("rtsp.password", CONFIG_SCALAR, config_rtsp_secret),
	NOT_YET("rtsp.default_query", "a URL without a query has all tracks"),
	NOT_YET("rtsp.pkt_size", NULL),

	SECTION("gop"),
	TAKEN("gop.max_bytes", CONFIG_NUMBER, config_value_gop),
	TAKEN("gop.max_ms", CONFIG_NUMBER, config_value_gop),
	TAKEN("gop.rate", CONFIG_NUMBER, config_value_gop),

	SECTION("log"),
	TAKEN("log.level", CONFIG_STRING, config_value_log_level),
	NOT_YET("log.*", NULL),

	TAKEN("env", CONFIG_MAP, NULL),
	TAKEN("env.*", CONFIG_SCALAR, NULL),

	NOT_YET("app", NULL),
	NOT_YET("debug", NULL),
	NOT_YET("echo", NULL),
	NOT_YET("exec", NULL),
	NOT_YET("ffmpeg", NULL),
	NOT_YET("hass", NULL),
	NOT_YET("homekit", NULL),
	NOT_YET("nest", NULL),
	NOT_YET("ngrok", NULL),
	NOT_YET("onvif", NULL),
	NOT_YET("pinggy", NULL),
	NOT_YET("publish", NULL),
	NOT_YET("ring", NULL),
	NOT_YET("roborock", NULL),
	NOT_YET("rtmp", NULL),
	NOT_YET("srtp", NULL),
	NOT_YET("tapo", NULL),
	NOT_YET("webtorrent", NULL),
	NOT_YET("wyoming", NULL),
	NOT_YET("wyze", NULL),
	NOT_YET("xiaomi", NULL),
	NOT_YET("yandex", NULL),
};
#define N_KEYS	(sizeof keys / sizeof keys[0])

/* Returns the last part of a pattern that is right below `parent`, or NULL. */
static const char *
child_part(const char *pattern, const char *parent)
{
	size_t len = strlen(parent);
	const char *part = pattern;

	if (len > 0) {
		if (strncmp(pattern, parent, len) != 0 || pattern[len] != '.')
			return NULL;
		part = pattern + len + 1;
	}
	return strchr(part, '.') == NULL ? part : NULL;
}

const struct config_key *
config_keys_find(const char *parent, const char *name)
{
	const struct config_key *any = NULL;
	const char *part;

	for (size_t i = 0; i < N_KEYS; i++) {
		part = child_part(keys[i].pattern, parent);
		if (part == NULL)
			continue;
		if (strcmp(part, name) == 0)
			return &keys[i];
		if (strcmp(part, "*") == 0)
			any = &keys[i];
	}
	return any;
}

const char *
config_keys_suggest(const char *parent, const char *name)
{
	size_t best = slip_limit(name), distance;
	const char *found = NULL, *part;

	for (size_t i = 0; i < N_KEYS; i++) {
		part = child_part(keys[i].pattern, parent);
		if (part == NULL || strcmp(part, "*") == 0)
			continue;
		distance = slip_distance(name, part);
		if (distance < best) {
			best = distance;
			found = keys[i].pattern;
		}
	}
	return found;
}

const char *
config_keys_taken(size_t i)
{
	for (size_t k = 0; k < N_KEYS; k++)
		if (keys[k].status == CONFIG_KEY_TAKEN && i-- == 0)
			return keys[k].pattern;
	return NULL;
}
