#include "ipc_event.h"

#include <stddef.h>
#include <string.h>

#include "ipc_field.h"

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

/* Each member of the struct has its key's name. */
#define EV(member, type)	\
	#member, IPC_FIELD_##type, offsetof(struct ipc_event, member)
#define SESSION		IPC_BIT(IPC_EVENT_SESSION)
#define SOURCE		IPC_BIT(IPC_EVENT_SOURCE)
#define CANDIDATE	IPC_BIT(IPC_EVENT_CANDIDATE)
static const struct ipc_field fields[] = {
	{ EV(session, STRING), SESSION | CANDIDATE, false },
	{ EV(reason, PROSE), SESSION, true },
	{ EV(remote, STRING), SESSION, true },
	{ EV(candidate, STRING), CANDIDATE, false },
	{ EV(error, PROSE), SOURCE, true },
	{ EV(video, STRING), SOURCE, true },
	{ EV(audio, STRING), SOURCE, true },
	{ EV(width, INT), SOURCE, false },
	{ EV(height, INT), SOURCE, false },
	{ EV(index, INT), SOURCE, false },
};

const char *
ipc_source_state_name(enum ipc_source_state state)
{
	return source_state_names[state];
}

json_t *
ipc_encode_event(const struct ipc_event *e)
{
	json_t *o = json_object();

	json_object_set_new(o, "event", json_string(event_names[e->kind]));
	if (ipc_fields_encode(o, fields, IPC_N(fields), e->kind, e) == -1) {
		json_decref(o);
		return NULL;
	}
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
	const json_t *word = json_object_get(o, "state");
	int kind = ipc_name_index(json_object_get(o, "event"), event_names,
	    IPC_N(event_names));
	int state = 0;

	memset(e, 0, sizeof *e);
	if (kind == -1)
		return -1;
	e->kind = (enum ipc_event_kind)kind;
	if (e->kind == IPC_EVENT_SESSION)
		state = ipc_name_index(word, session_state_names,
		    IPC_N(session_state_names));
	if (e->kind == IPC_EVENT_SOURCE)
		state = ipc_name_index(word, source_state_names,
		    IPC_N(source_state_names));
	if (state == -1)
		return -1;
	e->session_state = (enum ipc_session_state)state;
	e->source_state = (enum ipc_source_state)state;
	return ipc_fields_decode(o, fields, IPC_N(fields), e->kind, e);
}

json_t *
ipc_encode_present(const struct ipc_present *h)
{
	return json_pack("[s,b,s]", session_state_names[h->state], h->paused,
	    h->remote);
}

int
ipc_decode_present(json_t *a, struct ipc_present *h)
{
	int state = ipc_name_index(json_array_get(a, 0), session_state_names,
	    IPC_SESSION_CLOSED);
	const json_t *paused = json_array_get(a, 1);

	memset(h, 0, sizeof *h);
	if (state == -1 || !json_is_boolean(paused))
		return -1;
	h->state = (enum ipc_session_state)state;
	h->paused = json_is_true(paused);
	h->remote = json_string_value(json_array_get(a, 2));
	return h->remote != NULL ? 0 : -1;
}

bool
ipc_is_event(const json_t *o)
{
	return json_object_get(o, "event") != NULL;
}
