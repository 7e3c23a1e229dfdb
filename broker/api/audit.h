#ifndef LULL_AUDIT_H
#define LULL_AUDIT_H

#include <stdbool.h>
#include <stddef.h>

struct http_request;
struct session;

/*
 * An audit logs who had which viewers paused or resumed, and by which door. It
 * is one line for each request, however many sessions that is about:
 *	5f6a0dc3 on demo paused by 192.168.1.7 over HTTP
 *	12 sessions resumed by root over the control socket
 */
struct audit;

/* Tells who asks, and how: "192.168.1.7 over HTTP". The caller frees it. */
char	*audit_who(const struct http_request *);

/* `who` asked for it. It is about the session `one` or, if that is NULL, about
 * all sessions of `viewer`, which is everybody if it is "". */
struct audit	*audit_new(const char *who, bool pause,
		    const struct session *one, const char *viewer);

/* Logs what came of it and frees the audit, which is `arg`. It is a
 * registry_done_cb. */
void	audit_done(int status, const char *error, size_t done, void *arg);

#endif
