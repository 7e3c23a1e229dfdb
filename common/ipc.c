#include "ipc.h"

#include <stddef.h>
#include <string.h>

#include "ipc_field.h"

static const char *const op_names[IPC_N_OPS] = {
	[IPC_HELLO] = "hello",
	[IPC_PING] = "ping",
	[IPC_OFFER] = "offer",
	[IPC_SERVE] = "serve",
	[IPC_CANDIDATE] = "candidate",
	[IPC_RESTART] = "restart",
	[IPC_PAUSE] = "pause",
	[IPC_RESUME] = "resume",
	[IPC_CLOSE] = "close",
	[IPC_ANNOUNCE] = "announce",
	[IPC_STATS] = "stats",
	[IPC_PICTURE] = "picture",
};

/* Each member of the struct has its key's name. */
#define REQ(member, type)	\
	#member, IPC_FIELD_##type, offsetof(struct ipc_request, member)
#define SAYS(member, type)	\
	#member, IPC_FIELD_##type, offsetof(struct ipc_request, hello.member)
#define HELLO		IPC_BIT(IPC_HELLO)
#define ANNOUNCE	IPC_BIT(IPC_ANNOUNCE)
#define OFFER		IPC_BIT(IPC_OFFER)
#define SERVE		IPC_BIT(IPC_SERVE)
#define CANDIDATE	IPC_BIT(IPC_CANDIDATE)
#define RESTART		IPC_BIT(IPC_RESTART)
#define PICTURE		IPC_BIT(IPC_PICTURE)
#define MANY		(IPC_BIT(IPC_PAUSE) | IPC_BIT(IPC_RESUME) | \
			IPC_BIT(IPC_CLOSE) | IPC_BIT(IPC_STATS))
static const struct ipc_field request_fields[] = {
	{ REQ(id, U64), IPC_ALL, false },
	{ REQ(epoch, U64), IPC_ALL, false },
	{ SAYS(protocol, INT), HELLO, false },
	{ SAYS(stream, STRING), HELLO, false },
	{ SAYS(sources, ARRAY), HELLO, true },
	{ SAYS(log_level, STRING), HELLO, true },
	{ SAYS(ice_servers, ARRAY), HELLO, true },
	{ SAYS(gop_max_bytes, U64), HELLO, false },
	{ SAYS(gop_max_ms, INT), HELLO, false },
	{ SAYS(gop_rate, U64), HELLO, false },
	{ SAYS(media_port, INT), HELLO, false },
	{ SAYS(media_address, STRING), HELLO, true },
	{ SAYS(media_udp, BOOL), HELLO, false },
	{ SAYS(media_tcp, BOOL), HELLO, false },
	{ SAYS(filters, OBJECT), HELLO, true },
	{ SAYS(rtsp, BOOL), HELLO, false },
	{ SAYS(rtsp_username, STRING), HELLO, true },
	{ SAYS(rtsp_password, STRING), HELLO, true },
	{ SAYS(announced, ARRAY), HELLO | ANNOUNCE, true },
	{ REQ(session, STRING), OFFER | SERVE | CANDIDATE | RESTART, false },
	{ REQ(sdp, STRING), OFFER, false },
	{ REQ(sdp, STRING), RESTART, true },
	{ REQ(ufrag, STRING), RESTART, true },
	{ REQ(pwd, STRING), RESTART, true },
	{ REQ(port, INT), OFFER, false },
	{ REQ(paused, BOOL), OFFER | SERVE, false },
	{ REQ(loopback, BOOL), OFFER, false },
	{ REQ(candidate, STRING), CANDIDATE, false },
	{ REQ(sessions, ARRAY), MANY, false },
	{ REQ(width, INT), PICTURE, false },
	{ REQ(height, INT), PICTURE, false },
};

#define REP(member, type)	\
	#member, IPC_FIELD_##type, offsetof(struct ipc_reply, member)
static const struct ipc_field reply_fields[] = {
	{ REP(id, U64), IPC_ALL, false },
	{ REP(status, INT), IPC_ALL, false },
	{ REP(error, PROSE), IPC_ALL, true },
	{ REP(sdp, STRING), IPC_ALL, true },
	{ REP(door, STRING), IPC_ALL, true },
	{ REP(sessions, ARRAY), IPC_ALL, true },
	{ REP(stats, ARRAY), IPC_ALL, true },
	{ REP(present, OBJECT), IPC_ALL, true },
	{ REP(source, OBJECT), IPC_ALL, true },
	{ REP(picture, STRING), IPC_ALL, true },
};

/* Takes `o`. Returns NULL if one of the fields cannot be encoded. */
static json_t *
encode(json_t *o, const struct ipc_field *fields, size_t n, unsigned which,
    const void *from)
{
	if (ipc_fields_encode(o, fields, n, which, from) == 0)
		return o;
	json_decref(o);
	return NULL;
}

const char *
ipc_op_name(enum ipc_op op)
{
	return op_names[op];
}

json_t *
ipc_encode_request(const struct ipc_request *r)
{
	return encode(json_pack("{s:s}", "op", op_names[r->op]),
	    request_fields, IPC_N(request_fields), r->op, r);
}

int
ipc_decode_request(json_t *o, struct ipc_request *r)
{
	int op = ipc_name_index(json_object_get(o, "op"), op_names,
	    IPC_N(op_names));

	memset(r, 0, sizeof *r);
	if (op == -1)
		return -1;
	r->op = (enum ipc_op)op;
	return ipc_fields_decode(o, request_fields, IPC_N(request_fields),
	    r->op, r);
}

json_t *
ipc_encode_reply(const struct ipc_reply *r)
{
	return encode(json_object(), reply_fields, IPC_N(reply_fields), 0, r);
}

int
ipc_decode_reply(json_t *o, struct ipc_reply *r)
{
	memset(r, 0, sizeof *r);
	return ipc_fields_decode(o, reply_fields, IPC_N(reply_fields), 0, r);
}
