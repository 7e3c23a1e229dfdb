/*
 * The messages between broker and worker. One table per kind of message
 * names its fields; encoding and decoding both walk it, so that they
 * cannot drift apart.
 */
#include "ipc.h"

#include <stddef.h>
#include <string.h>

enum field_type { FIELD_U64, FIELD_INT, FIELD_BOOL, FIELD_STRING, FIELD_ARRAY };

struct field {
	const char	*key;
	enum field_type	 type;
	size_t		 offset;
	unsigned	 in;		/* bit per op or kind that has it */
	bool		 optional;	/* may be missing (NULL) */
};

#define BIT(n)		(1u << (n))
#define ALL		(~0u)
#define N(table)	(sizeof table / sizeof table[0])

static const char *const op_names[IPC_N_OPS] = {
	[IPC_HELLO] = "hello",
	[IPC_PING] = "ping",
	[IPC_OFFER] = "offer",
	[IPC_CANDIDATE] = "candidate",
	[IPC_PAUSE] = "pause",
	[IPC_RESUME] = "resume",
	[IPC_CLOSE] = "close",
	[IPC_STATS] = "stats",
};

static const char *const event_names[] = {
	[IPC_EVENT_SESSION] = "session",
	[IPC_EVENT_SOURCE] = "source",
	[IPC_EVENT_CANDIDATE] = "candidate",
};

static const char *const session_state_names[] = {
	[IPC_SESSION_CONNECTING] = "connecting",
	[IPC_SESSION_CONNECTED] = "connected",
	[IPC_SESSION_SLOW] = "slow",
	[IPC_SESSION_CLOSED] = "closed",
};

static const char *const source_state_names[] = {
	[IPC_SOURCE_IDLE] = "idle",
	[IPC_SOURCE_CONNECTING] = "connecting",
	[IPC_SOURCE_LIVE] = "live",
	[IPC_SOURCE_LOST] = "lost",
	[IPC_SOURCE_UNSUPPORTED] = "unsupported",
};

#define REQ(member)	offsetof(struct ipc_request, member)
static const struct field request_fields[] = {
	{ "id", FIELD_U64, REQ(id), ALL, false },
	{ "epoch", FIELD_U64, REQ(epoch), ALL, false },
	{ "protocol", FIELD_INT, REQ(protocol), BIT(IPC_HELLO), false },
	{ "stream", FIELD_STRING, REQ(stream), BIT(IPC_HELLO), false },
	{ "url", FIELD_STRING, REQ(url), BIT(IPC_HELLO), true },
	{ "log_level", FIELD_STRING, REQ(log_level), BIT(IPC_HELLO), true },
	{ "port_min", FIELD_INT, REQ(port_min), BIT(IPC_HELLO), false },
	{ "port_max", FIELD_INT, REQ(port_max), BIT(IPC_HELLO), false },
	{ "ice_servers", FIELD_ARRAY, REQ(ice_servers), BIT(IPC_HELLO), true },
	{ "gop_max_bytes", FIELD_U64, REQ(gop_max_bytes), BIT(IPC_HELLO),
	    false },
	{ "gop_max_ms", FIELD_INT, REQ(gop_max_ms), BIT(IPC_HELLO), false },
	{ "gop_rate", FIELD_U64, REQ(gop_rate), BIT(IPC_HELLO), false },
	{ "session", FIELD_STRING, REQ(session),
	    BIT(IPC_OFFER) | BIT(IPC_CANDIDATE), false },
	{ "sdp", FIELD_STRING, REQ(sdp), BIT(IPC_OFFER), false },
	{ "paused", FIELD_BOOL, REQ(paused), BIT(IPC_OFFER), false },
	{ "loopback", FIELD_BOOL, REQ(loopback), BIT(IPC_OFFER), false },
	{ "candidate", FIELD_STRING, REQ(candidate), BIT(IPC_CANDIDATE),
	    false },
	{ "sessions", FIELD_ARRAY, REQ(sessions),
	    BIT(IPC_PAUSE) | BIT(IPC_RESUME) | BIT(IPC_CLOSE) |
	    BIT(IPC_STATS), false },
};

#define REP(member)	offsetof(struct ipc_reply, member)
static const struct field reply_fields[] = {
	{ "id", FIELD_U64, REP(id), ALL, false },
	{ "status", FIELD_INT, REP(status), ALL, false },
	{ "error", FIELD_STRING, REP(error), ALL, true },
	{ "sdp", FIELD_STRING, REP(sdp), ALL, true },
	{ "sessions", FIELD_ARRAY, REP(sessions), ALL, true },
	{ "stats", FIELD_ARRAY, REP(stats), ALL, true },
	{ "pid", FIELD_INT, REP(pid), ALL, false },
};

#define EV(member)	offsetof(struct ipc_event, member)
static const struct field event_fields[] = {
	{ "session", FIELD_STRING, EV(session),
	    BIT(IPC_EVENT_SESSION) | BIT(IPC_EVENT_CANDIDATE), false },
	{ "reason", FIELD_STRING, EV(reason), BIT(IPC_EVENT_SESSION), true },
	{ "remote", FIELD_STRING, EV(remote), BIT(IPC_EVENT_SESSION), true },
	{ "candidate", FIELD_STRING, EV(candidate), BIT(IPC_EVENT_CANDIDATE),
	    false },
	{ "error", FIELD_STRING, EV(error), BIT(IPC_EVENT_SOURCE), true },
	{ "video", FIELD_STRING, EV(video), BIT(IPC_EVENT_SOURCE), true },
	{ "audio", FIELD_STRING, EV(audio), BIT(IPC_EVENT_SOURCE), true },
	{ "width", FIELD_INT, EV(width), BIT(IPC_EVENT_SOURCE), false },
	{ "height", FIELD_INT, EV(height), BIT(IPC_EVENT_SOURCE), false },
};

/* The value as JSON, NULL to leave the key out. */
static json_t *
field_get(const struct field *f, const void *base)
{
	const char *at = (const char *)base + f->offset;
	const char *s;

	switch (f->type) {
	case FIELD_U64:
		return json_integer((json_int_t)*(const uint64_t *)at);
	case FIELD_INT:
		return json_integer(*(const int *)at);
	case FIELD_BOOL:
		return json_boolean(*(const bool *)at);
	case FIELD_STRING:
		s = *(const char *const *)at;
		return s != NULL ? json_string(s) : NULL;
	case FIELD_ARRAY:
		return json_incref(*(json_t *const *)at);
	}
	return NULL;
}

static int
field_set(const struct field *f, void *base, json_t *v)
{
	char *at = (char *)base + f->offset;

	if (v == NULL)
		return f->optional ? 0 : -1;
	switch (f->type) {
	case FIELD_U64:
		*(uint64_t *)at = (uint64_t)json_integer_value(v);
		return json_is_integer(v) ? 0 : -1;
	case FIELD_INT:
		*(int *)at = (int)json_integer_value(v);
		return json_is_integer(v) ? 0 : -1;
	case FIELD_BOOL:
		*(bool *)at = json_is_true(v);
		return json_is_boolean(v) ? 0 : -1;
	case FIELD_STRING:
		*(const char **)at = json_string_value(v);
		return json_is_string(v) ? 0 : -1;
	case FIELD_ARRAY:
		*(json_t **)at = v;
		return json_is_array(v) ? 0 : -1;
	}
	return -1;
}

static void
encode(json_t *o, const struct field *f, size_t n, unsigned which,
    const void *base)
{
	for (; n > 0; n--, f++)
		if (f->in & BIT(which))
			json_object_set_new(o, f->key, field_get(f, base));
}

static int
decode(json_t *o, const struct field *f, size_t n, unsigned which, void *base)
{
	for (; n > 0; n--, f++)
		if ((f->in & BIT(which)) != 0 &&
		    field_set(f, base, json_object_get(o, f->key)) == -1)
			return -1;
	return 0;
}

/* The index of the name that stands at `key`, or -1. */
static int
decode_name(json_t *o, const char *key, const char *const *names, size_t n)
{
	const char *s = json_string_value(json_object_get(o, key));

	for (size_t i = 0; s != NULL && i < n; i++)
		if (strcmp(names[i], s) == 0)
			return (int)i;
	return -1;
}

const char *
ipc_op_name(enum ipc_op op)
{
	return op_names[op];
}

const char *
ipc_source_state_name(enum ipc_source_state state)
{
	return source_state_names[state];
}

json_t *
ipc_encode_request(const struct ipc_request *r)
{
	json_t *o = json_object();

	json_object_set_new(o, "op", json_string(op_names[r->op]));
	encode(o, request_fields, N(request_fields), r->op, r);
	return o;
}

int
ipc_decode_request(json_t *o, struct ipc_request *r)
{
	int op = decode_name(o, "op", op_names, N(op_names));

	memset(r, 0, sizeof *r);
	if (op == -1)
		return -1;
	r->op = (enum ipc_op)op;
	return decode(o, request_fields, N(request_fields), r->op, r);
}

json_t *
ipc_encode_reply(const struct ipc_reply *r)
{
	json_t *o = json_object();

	encode(o, reply_fields, N(reply_fields), 0, r);
	return o;
}

int
ipc_decode_reply(json_t *o, struct ipc_reply *r)
{
	memset(r, 0, sizeof *r);
	return decode(o, reply_fields, N(reply_fields), 0, r);
}

json_t *
ipc_encode_event(const struct ipc_event *e)
{
	json_t *o = json_object();

	json_object_set_new(o, "event", json_string(event_names[e->kind]));
	encode(o, event_fields, N(event_fields), e->kind, e);
	if (e->kind == IPC_EVENT_SESSION)
		json_object_set_new(o, "state",
		    json_string(session_state_names[e->session_state]));
	if (e->kind == IPC_EVENT_SOURCE)
		json_object_set_new(o, "state",
		    json_string(source_state_names[e->source_state]));
	return o;
}

int
ipc_decode_event(json_t *o, struct ipc_event *e)
{
	int kind = decode_name(o, "event", event_names, N(event_names));
	int state = 0;

	memset(e, 0, sizeof *e);
	if (kind == -1)
		return -1;
	e->kind = (enum ipc_event_kind)kind;
	if (e->kind == IPC_EVENT_SESSION)
		state = decode_name(o, "state", session_state_names,
		    N(session_state_names));
	if (e->kind == IPC_EVENT_SOURCE)
		state = decode_name(o, "state", source_state_names,
		    N(source_state_names));
	if (state == -1)
		return -1;
	e->session_state = (enum ipc_session_state)state;
	e->source_state = (enum ipc_source_state)state;
	return decode(o, event_fields, N(event_fields), e->kind, e);
}

bool
ipc_is_event(const json_t *o)
{
	return json_object_get(o, "event") != NULL;
}
