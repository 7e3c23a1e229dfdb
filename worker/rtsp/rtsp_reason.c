#include "rtsp_reason.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camera_url.h"
#include "rtsp_auth.h"
#include "rtsp_client.h"

static const struct {
	int status;
	const char *words;
} refusals[] = {
	{ 400, "400 Bad Request: the camera does not take this path" },
	{ 403, "403 Forbidden: the camera does not let this user in" },
	{ 404, "404 Not Found: no such path on the camera" },
	{ 453, "453 Not Enough Bandwidth: the camera has as many viewers as it "
	    "can serve, close others (apps, recorders) or use its sub-stream" },
	{ 454, "454 Session Not Found: the camera has ended the session" },
	{ 461, "461 Unsupported Transport: the camera does neither TCP nor "
	    "UDP" },
	{ 503, "503 Service Unavailable: the camera has too many viewers, or "
	    "is starting" },
};

static const struct {
	int error;
	const char *words;
} failures[] = {
	{ ECONNREFUSED,
	    "connection refused: check the port, and that RTSP is on" },
	{ EHOSTUNREACH, "no route to the camera: check address" },
	{ ENETUNREACH, "no route to the camera: check address" },
	{ ETIMEDOUT, "the camera cannot be reached: check address and port" },
};

static void
explain_refusal(const struct rtsp_client_why *w, char *buf, size_t size)
{
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
		if (refusals[i].status == w->status) {
			snprintf(buf, size, "%s", refusals[i].words);
			return;
		}
	}
	if (w->status >= 500)
		snprintf(buf, size, "the camera fails (%d at %s): too many "
		    "viewers of it, or restart it", w->status, w->method);
	else
		snprintf(buf, size, "the camera refuses the request (%d at %s)",
		    w->status, w->method);
}

static void
explain_password(const struct rtsp_reason *r, char *buf, size_t size)
{
	const struct rtsp_client_why *w = r->why;
	bool late = w->playing || strcmp(w->method, "SETUP") == 0 ||
	    strcmp(w->method, "PLAY") == 0;

	if (!r->password)
		snprintf(buf, size, "401 Unauthorized: the camera wants a user "
		    "and a password: rtsp://user:password@...");
	else if (w->auth == RTSP_AUTH_UNKNOWN && w->why[0] == '\0')
		snprintf(buf, size, "401 Unauthorized: the camera does not say "
		    "how it wants user and password: restart it, or update its "
		    "firmware");
	else if (w->auth == RTSP_AUTH_UNKNOWN)
		snprintf(buf, size, "401 Unauthorized: the camera asks for %s, "
		    "which is not known here: allow Digest (MD5 or SHA-256) in "
		    "the camera", w->why);
	else if (late)
		snprintf(buf, size, "401 Unauthorized: %s%s, though user and "
		    "password were right before: restart the camera if that "
		    "stays", w->playing ? "while it played" : "at ", w->method);
	else
		snprintf(buf, size, "401 Unauthorized: check user and "
		    "password");
}

/* The last request tells what is wrong, since a server that is no camera does
 * not even know OPTIONS. */
static void
explain_nonsense(const struct rtsp_client_why *w, char *buf, size_t size)
{
	if (w->playing)
		snprintf(buf, size, "the camera sends what is no RTSP");
	else if (w->method[0] == '\0' || strcmp(w->method, "OPTIONS") == 0)
		snprintf(buf, size, "what answers there does not speak RTSP: "
		    "check the port");
	else
		snprintf(buf, size, "what the camera answers to %s is no RTSP: "
		    "restart it, or update its firmware", w->method);
}

static void
explain_silence(const struct rtsp_reason *r, char *buf, size_t size)
{
	int s = r->timeout_ms / 1000;

	if (!r->why->playing && r->why->answering)
		explain_nonsense(r->why, buf, size);
	else if (!r->why->playing)
		snprintf(buf, size, "no answer for %d s", s);
	else if (!r->udp)
		snprintf(buf, size, "no data for %d s", s);
	else
		snprintf(buf, size, "no data for %d s: is UDP blocked? %s", s,
		    r->wants_udp ? "try without #transport=udp" :
		    "the camera does not do TCP");
}

static void
explain_closed(const struct rtsp_client_why *w, char *buf, size_t size)
{
	if (w->playing || w->method[0] == '\0' || w->answering)
		snprintf(buf, size, "the camera closed the connection");
	else
		snprintf(buf, size, "the camera closed the connection in place "
		    "of an answer to %s", w->method);
}

static void
explain_conn(const struct rtsp_client_why *w, char *buf, size_t size)
{
	switch (w->conn) {
	case RTSP_CONN_LOOKUP:
		snprintf(buf, size, "the camera's name is not known (%s): "
		    "check the host name", w->why);
		return;
	case RTSP_CONN_TLS:
		snprintf(buf, size, "TLS with the camera failed: %s", w->why);
		return;
	case RTSP_CONN_CLOSED:
		explain_closed(w, buf, size);
		return;
	case RTSP_CONN_FAILED:
		break;
	}
	for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
		if (failures[i].error == w->error) {
			snprintf(buf, size, "%s", failures[i].words);
			return;
		}
	}
	snprintf(buf, size, "connection failed: %s", strerror(w->error));
}

/* What HTTP itself has answered to GET or POST. */
static void
explain_tunnel(const struct rtsp_client_why *w, char *buf, size_t size)
{
	if (w->status == 404)
		snprintf(buf, size, "404 Not Found: no such path on the "
		    "camera, or it does not do RTSP over HTTP");
	else if (w->status == 403 || w->status == 503)
		explain_refusal(w, buf, size);
	else
		snprintf(buf, size, "the camera does not do RTSP over HTTP: "
		    "check the port, or try without #transport=http");
}

/* Some cameras put the user and the password of the request there. */
static void
explain_redirect(const struct rtsp_client_why *w, char *buf, size_t size)
{
	char *to = camera_url_mask(w->why);

	snprintf(buf, size, "the camera sends us to %s: set the stream to that "
	    "address if it is the camera's", to);
	free(to);
}

void
rtsp_reason(const struct rtsp_reason *r, char *buf, size_t size)
{
	switch (r->why->end) {
	case RTSP_END_CONN:
		explain_conn(r->why, buf, size);
		break;
	case RTSP_END_SILENT:
		explain_silence(r, buf, size);
		break;
	case RTSP_END_NONSENSE:
		explain_nonsense(r->why, buf, size);
		break;
	case RTSP_END_REFUSED:
		explain_refusal(r->why, buf, size);
		break;
	case RTSP_END_PASSWORD:
		explain_password(r, buf, size);
		break;
	case RTSP_END_NO_TUNNEL:
		explain_tunnel(r->why, buf, size);
		break;
	case RTSP_END_REDIRECT:
		explain_redirect(r->why, buf, size);
		break;
	case RTSP_END_NO_PORTS:
		snprintf(buf, size, "no ports for UDP: %s",
		    strerror(r->why->error));
		break;
	}
}
