#ifndef LULL_ICE_LINK_H
#define LULL_ICE_LINK_H

#include <jansson.h>

struct http_request;

/* Tells a WHEP client of the ICE servers, by a header each (RFC 9725, section
 * 4.6). `servers` is config.h's. */
void	ice_link_set(struct http_request *, const json_t *servers);

/* Returns the header's value for one server; the caller frees it. Pure. */
char	*ice_link_write(const json_t *server);

#endif
