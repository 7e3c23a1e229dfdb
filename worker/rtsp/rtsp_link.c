#include "rtsp_link.h"

#include <stdlib.h>

#include "xalloc.h"

/* One of them is NULL. */
struct rtsp_link {
	struct rtsp_conn	*conn;
	struct rtsp_tunnel	*tunnel;
};

struct rtsp_link *
rtsp_link_open(struct event_base *base, bool http,
    const struct rtsp_tunnel_config *config,
    const struct rtsp_tunnel_handler *handler, void *arg)
{
	struct rtsp_link *l = xcalloc(1, sizeof *l);

	if (http)
		l->tunnel = rtsp_tunnel_open(base, config, handler, arg);
	else
		l->conn = rtsp_conn_open(base, &config->conn, &handler->conn,
		    arg);
	if (l->conn != NULL || l->tunnel != NULL)
		return l;
	free(l);
	return NULL;
}

void
rtsp_link_free(struct rtsp_link *l)
{
	if (l == NULL)
		return;
	rtsp_conn_free(l->conn);
	rtsp_tunnel_free(l->tunnel);
	free(l);
}

void
rtsp_link_send(struct rtsp_link *l, const void *data, size_t len)
{
	if (l->tunnel != NULL)
		rtsp_tunnel_send(l->tunnel, data, len);
	else
		rtsp_conn_send(l->conn, data, len);
}

const union socket_address *
rtsp_link_remote(const struct rtsp_link *l)
{
	return rtsp_conn_remote(l->conn);
}

void
rtsp_link_local(const struct rtsp_link *l, union socket_address *local)
{
	rtsp_conn_local(l->conn, local);
}
