#ifndef LULL_HTTP_H
#define LULL_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "error.h"

struct bufferevent;
struct event_base;
struct http;
struct http_request;
struct http_upgrade;

/* The HTTP server takes the same requests over TCP and, for lullctl, a Unix
 * socket. It is the only user of evhttp. A request is answered exactly once,
 * in the handler or later. */
#define HTTP_MAX_BODY	(256 * 1024)	/* bytes; 413 above */
typedef void http_handler_cb(struct http_request *, void *arg);

struct http	*http_new(struct event_base *, http_handler_cb *, void *arg);
void	http_free(struct http *);

/* The address is "HOST:PORT", ":PORT" or "[::]:PORT"; the file of a Unix socket
 * has the mode 0600, and replaces a stale one. Both return -1 with "cannot
 * listen on :1984: Address already in use (…what to do…)" in `err`. */
int	http_listen(struct http *, const char *address, struct error *err);
int	http_listen_unix(struct http *, const char *path, struct error *err);
/* Calls back with each socket that is listened on. */
void	http_each_listener(const struct http *, void (*)(int fd, void *arg),
	    void *arg);
/* No connection is taken any more, and a new request gets 503. */
void	http_stop_listening(struct http *);
/* Blocks at the end: runs the loop until what was answered since then is sent
 * and all upgrades have ended, for at most `ms`. */
void	http_drain(struct http *, int ms);

/* The strings are the request's own; where NULL is not named, "" is nothing.
 * Path, query and form are UTF-8; a header may be anything. The content type
 * is bare and in lower case. */
const char	*http_method(const struct http_request *);	/* or "" */
const char	*http_path(const struct http_request *);	/* decoded */
/* NULL if there is none. A proxy adds its own header as the last. */
const char	*http_query(const struct http_request *, const char *key);
const char	*http_header(const struct http_request *, const char *name);
const char	*http_last_header(const struct http_request *, const char *);
const char	*http_content_type(const struct http_request *);
const void	*http_body(struct http_request *, size_t *len);
/* Reads the body as application/x-www-form-urlencoded. It may return NULL. */
const char	*http_form(struct http_request *, const char *key);
bool	http_body_too_large(const struct http_request *);
bool	http_is_local(const struct http_request *);	/* Unix socket */
const char	*http_peer_ip(const struct http_request *);	/* "" if Unix */
long	http_peer_uid(const struct http_request *);	/* -1 if not Unix */

/* Headers come first, then one http_reply*(), which ends the request. */
void	http_set_header(struct http_request *, const char *name, const char *);
void	http_add_header(struct http_request *, const char *name, const char *);
void	http_reply(struct http_request *, int status, const char *type,
	    const void *body, size_t len);
/* Answers 200. The body is not copied: `sent` comes once it is sent, or is not
 * to be, which may be after http_free(). */
typedef void http_sent_cb(const void *body, size_t len, void *arg);
void	http_reply_shared(struct http_request *, const char *type,
	    const void *body, size_t len, http_sent_cb *, void *arg);
/* Takes the body. */
void	http_reply_json(struct http_request *, int status, json_t *body);
/* Sends {"error": …, "status": …}, and a 503 with Retry-After. */
void	http_reply_error(struct http_request *, int status, const char *fmt,
	    ...) __attribute__((format(printf, 3, 4)));

/* Takes the connection from HTTP (WebSocket). The request can be read until
 * http_upgrade_free(), which closes the connection; the request's handler must
 * not call that, the bufferevent's own callbacks may. */
struct http_upgrade	*http_upgrade(struct http_request *);
struct bufferevent	*http_upgrade_bev(struct http_upgrade *);
void	http_upgrade_free(struct http_upgrade *);

#endif
