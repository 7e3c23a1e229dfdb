#include "ice_flows.h"

#include <stddef.h>
#include <sys/socket.h>

#define SILENT_US	30000000

static bool
is_bound_to(int fd, const union socket_address *local)
{
	union socket_address a = { 0 };
	socklen_t len = sizeof a;

	return getsockname(fd, &a.any, &len) == 0 &&
	    socket_address_is(&a, &local->any);
}

/* A socket of the viewer's that checks two addresses of ours has two flows. */
static struct ice_flow *
find_udp(struct ice_flows *f, const struct handover *h)
{
	for (struct ice_flow *i = f->list; i < f->list + ICE_FLOWS_MAX; i++)
		if (i->flow != NULL && !flow_is_tcp(i->flow) &&
		    socket_address_is(flow_remote(i->flow), &h->remote.any) &&
		    is_bound_to(flow_fd(i->flow), &h->local))
			return i;
	return NULL;
}

static bool
is_path(const struct ice_flows *f, const struct ice_flow *i)
{
	return flow_fd(i->flow) == f->path->fd;
}

/* A place that is free, or that of the one that was silent for longest. */
static struct ice_flow *
find_place(struct ice_flows *f)
{
	struct ice_flow *oldest = f->list;

	for (struct ice_flow *i = f->list; i < f->list + ICE_FLOWS_MAX; i++) {
		if (i->flow == NULL)
			return i;
		if (!is_path(f, i) && (is_path(f, oldest) ||
		    i->heard_us < oldest->heard_us))
			oldest = i;
	}
	return oldest;
}

static void
close_flow(struct ice_flows *f, struct ice_flow *i)
{
	if (i->flow == NULL)
		return;
	ice_path_lose(f->path, flow_fd(i->flow));
	flow_free(i->flow);
	i->flow = NULL;
}

struct flow *
ice_flows_take(struct ice_flows *f, struct event_base *base,
    const struct handover *h, int64_t now_us,
    const struct flow_handler *handler, void *arg)
{
	struct ice_flow *i = NULL;

	if (h->kind != HANDOVER_TCP)
		i = find_udp(f, h);
	if (h->kind == HANDOVER_MORE)
		return i != NULL ? i->flow : NULL;
	if (i != NULL) {
		flow_renew(i->flow, h->fd);
	} else {
		i = find_place(f);
		close_flow(f, i);
		i->flow = flow_new(base, h, handler, arg);
	}
	i->heard_us = now_us;
	return i->flow;
}

void
ice_flows_heard(struct ice_flows *f, const struct flow *flow, int64_t now_us)
{
	for (struct ice_flow *i = f->list; i < f->list + ICE_FLOWS_MAX; i++)
		if (i->flow == flow)
			i->heard_us = now_us;
}

struct flow *
ice_flows_find(const struct ice_flows *f, int fd)
{
	for (int i = 0; i < ICE_FLOWS_MAX; i++)
		if (f->list[i].flow != NULL && flow_fd(f->list[i].flow) == fd)
			return f->list[i].flow;
	return NULL;
}

void
ice_flows_remove(struct ice_flows *f, struct flow *flow)
{
	for (struct ice_flow *i = f->list; i < f->list + ICE_FLOWS_MAX; i++)
		if (i->flow == flow)
			close_flow(f, i);
}

void
ice_flows_expire(struct ice_flows *f, int64_t now_us)
{
	for (struct ice_flow *i = f->list; i < f->list + ICE_FLOWS_MAX; i++)
		if (i->flow != NULL && flow_fd(i->flow) != f->path->fd &&
		    now_us - i->heard_us > SILENT_US)
			close_flow(f, i);
}

void
ice_flows_clear(struct ice_flows *f)
{
	for (struct ice_flow *i = f->list; i < f->list + ICE_FLOWS_MAX; i++)
		close_flow(f, i);
}
