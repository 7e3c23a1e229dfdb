#ifndef LULL_AUDIT_H
#define LULL_AUDIT_H

#include <stdbool.h>
#include <stddef.h>

struct http_request;
struct session;

/*
 * Who had which viewers paused and resumed, and by which door he came: one
 * line of the log per request, however many sessions it is about.
 *	5f6a0dc3 on demo paused by 192.168.1.7 over HTTP
 *	12 sessions resumed by root over the control socket
 */
struct audit;

/* Who asks, and how: "192.168.1.7 over HTTP". Caller frees. */
char	*audit_who(const struct http_request *);

/* What `who` asked for: of the session `one`; or, if that is NULL, of all
 * sessions of `viewer`, of everybody if it is "". */
struct audit	*audit_new(const char *who, bool pause,
		    const struct session *one, const char *viewer);

/* What came of it; frees the audit, which is `arg`. A registry_done_cb. */
void	audit_done(int status, const char *error, size_t done, void *arg);

#endif
