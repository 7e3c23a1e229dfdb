#include "ice_link.h"

#include <stdlib.h>
#include <string.h>

#include "broker/http/http.h"
#include "json.h"
#include "xalloc.h"

/* Returns the text as a quoted-string (RFC 9110, section 5.6.4). The caller
 * frees it. */
static char *
quote(const char *text)
{
	char *quoted = xcalloc(2 * strlen(text) + 3, 1), *to = quoted;

	*to++ = '"';
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			*to++ = '\\';
		*to++ = *text;
	}
	*to = '"';
	return quoted;
}

char *
ice_link_write(const json_t *server)
{
	const char *url = json_get_string(server, "urls", "");
	const char *name = json_get_string(server, "username", NULL);
	char *username, *credential, *link;

	if (name == NULL)
		return xasprintf("<%s>; rel=\"ice-server\"", url);
	username = quote(name);
	credential = quote(json_get_string(server, "credential", ""));
	link = xasprintf("<%s>; rel=\"ice-server\"; username=%s; "
	    "credential=%s; credential-type=\"password\"", url, username,
	    credential);
	free(username);
	free(credential);
	return link;
}

void
ice_link_set(struct http_request *req, const json_t *servers)
{
	const json_t *server;
	char *link;
	size_t i;

	json_array_foreach(servers, i, server) {
		link = ice_link_write(server);
		http_add_header(req, "Link", link);
		free(link);
	}
}
