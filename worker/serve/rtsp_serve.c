#include "rtsp_serve.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

#define MAX_URI		1024	/* bytes */
#define CONTROL		"trackID="
#define METHODS		"OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, " \
			"GET_PARAMETER, SET_PARAMETER, TEARDOWN"

enum serve_state { INIT, READY, PLAYING };	/* RFC 2326, appendix A.2 */

struct rtsp_serve {
	struct rtsp_serve_handler handler;
	void			*arg;
	struct rtsp_guard	 guard;
	enum serve_state	 state;
	char			 session[ID_HEX_LEN + 1];
	struct serve_tracks	 tracks;
	bool			 described;
	char			*sdp;		/* of these, once it is told */
	struct rtsp_way		 way[SERVE_TRACKS];
	bool			 set_up[SERVE_TRACKS];
	/* The request that is being answered. */
	int			 cseq;
	char			*uri;
	char			*query;		/* of what is described */
};

static const struct {
	int		 status;
	const char	*reason;
} reasons[] = {
	{ 200, "OK" }, { 400, "Bad Request" }, { 401, "Unauthorized" },
	{ 404, "Not Found" }, { 405, "Method Not Allowed" },
	{ 413, "Request Entity Too Large" }, { 414, "Request-URI Too Large" },
	{ 451, "Parameter Not Understood" }, { 454, "Session Not Found" },
	{ 455, "Method Not Valid in This State" },
	{ 459, "Aggregate Operation Not Allowed" },
	{ 461, "Unsupported Transport" }, { 500, "Internal Server Error" },
	{ 503, "Service Unavailable" }, { 551, "Option not supported" },
};

static const char *
reason_of(int status)
{
	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Error";
}

struct rtsp_serve *
rtsp_serve_new(const char *username, const char *password,
    const struct rtsp_serve_handler *h, void *arg)
{
	struct rtsp_serve *s = xcalloc(1, sizeof *s);

	s->handler = *h;
	s->arg = arg;
	rtsp_guard_init(&s->guard, username, password);
	id_session(s->session);
	s->cseq = -1;
	return s;
}

void
rtsp_serve_free(struct rtsp_serve *s)
{
	if (s == NULL)
		return;
	free(s->sdp);
	free(s->uri);
	free(s->query);
	free(s);
}

/* `headers` are whole lines. */
static char *
write_answer(const struct rtsp_serve *s, int status, const char *headers,
    const char *body)
{
	char cseq[32] = "", length[48] = "";

	if (s->cseq >= 0)
		snprintf(cseq, sizeof cseq, "CSeq: %d\r\n", s->cseq);
	if (body[0] != '\0')
		snprintf(length, sizeof length, "Content-Length: %zu\r\n",
		    strlen(body));
	return xasprintf("RTSP/1.0 %d %s\r\n%sServer: lull\r\n%s%s\r\n%s",
	    status, reason_of(status), cseq, headers, length, body);
}

char *
rtsp_serve_refuse(int status)
{
	const struct rtsp_serve nobody = { .cseq = -1 };

	return write_answer(&nobody, status, "", "");
}

static enum rtsp_serve_act
say(struct rtsp_serve *s, int status, char **answer)
{
	*answer = write_answer(s, status, "", "");
	return RTSP_SERVE_ANSWER;
}

/* The same, to who has a session. */
static char *
write_session_answer(const struct rtsp_serve *s, const char *headers)
{
	char *all = xasprintf("Session: %s;timeout=%d\r\n%s", s->session,
	    RTSP_SERVE_TIMEOUT_S, headers);
	char *answer = write_answer(s, 200, all, "");

	free(all);
	return answer;
}

static enum rtsp_serve_act
take_options(struct rtsp_serve *s, const struct rtsp_message *m, char **answer)
{
	(void)m;
	*answer = write_answer(s, 200, "Public: " METHODS "\r\n", "");
	return RTSP_SERVE_ANSWER;
}

/* Where the URLs of the tracks begin: "rtsp://h/a?b/" for "rtsp://h/a?b". */
static char *
write_description(const struct rtsp_serve *s)
{
	size_t len = strlen(s->uri);
	bool slash = len > 0 && s->uri[len - 1] == '/';
	char *headers = xasprintf("Content-Base: %s%s\r\n"
	    "Content-Type: application/sdp\r\n", s->uri, slash ? "" : "/");
	char *answer = write_answer(s, 200, headers, s->sdp);

	free(headers);
	return answer;
}

/* It may end in a slash, as the URL that tracks are below. */
static void
keep_query(struct rtsp_serve *s)
{
	const char *mark = strchr(s->uri, '?');
	size_t len;

	free(s->query);
	s->query = mark != NULL ? xstrdup(mark + 1) : NULL;
	len = s->query != NULL ? strlen(s->query) : 0;
	if (len > 0 && s->query[len - 1] == '/')
		s->query[len - 1] = '\0';
}

/* Who has set up tracks already is told what these are of. */
static enum rtsp_serve_act
take_describe(struct rtsp_serve *s, const struct rtsp_message *m,
    char **answer)
{
	(void)m;
	if (s->state == INIT) {
		keep_query(s);
		return RTSP_SERVE_DESCRIBE;
	}
	*answer = write_description(s);
	return RTSP_SERVE_ANSWER;
}

char *
rtsp_serve_described(struct rtsp_serve *s, const struct serve_tracks *tracks,
    const char *sdp, int status)
{
	if (sdp == NULL)
		return write_answer(s, status, "", "");
	s->tracks = *tracks;
	s->described = true;
	free(s->sdp);
	s->sdp = xstrdup(sdp);
	return write_description(s);
}

/* The track that a URL ends in; -1: none. A stream of one track may be set up
 * by its own URL. */
static int
track_of(const struct rtsp_serve *s)
{
	const char *slash = strrchr(s->uri, '/');
	size_t n = strlen(CONTROL);
	int track;

	if (slash == NULL || strncmp(slash + 1, CONTROL, n) != 0)
		return s->tracks.n == 1 ? 0 : -1;
	if (!isdigit((unsigned char)slash[1 + n]) || slash[2 + n] != '\0')
		return -1;
	track = slash[1 + n] - '0';
	return (size_t)track < s->tracks.n ? track : -1;
}

/* Reads "5000-5001"; of "5000" the next one belongs to it. */
static bool
read_pair(const struct rtsp_text *t, int most, int pair[2])
{
	char text[16] = "", end;
	int n;

	if (t->len == 0 || t->len >= sizeof text)
		return false;
	memcpy(text, t->data, t->len);
	if (!isdigit((unsigned char)text[0]))
		return false;
	n = sscanf(text, "%5d-%5d%c", &pair[0], &pair[1], &end);
	if (n == 1 && strchr(text, '-') == NULL)
		pair[1] = pair[0] + 1;
	else if (n != 2)
		return false;
	return pair[0] >= 0 && pair[1] >= 0 && pair[0] <= most &&
	    pair[1] <= most && pair[0] != pair[1];
}

static bool
has_channel(const struct rtsp_serve *s, int track, int channel)
{
	for (int i = 0; i < SERVE_TRACKS; i++)
		if (i != track && s->set_up[i] && s->way[i].tcp &&
		    (s->way[i].channel[0] == channel ||
		    s->way[i].channel[1] == channel))
			return true;
	return false;
}

/* Channels that the client leaves to us, or that are another track's. */
static void
choose_channels(const struct rtsp_serve *s, int track, struct rtsp_way *way)
{
	int c = 2 * track;

	while (has_channel(s, track, c) || has_channel(s, track, c + 1))
		c += 2;
	way->channel[0] = c;
	way->channel[1] = c + 1;
}

/* One of the alternatives of a Transport header (RFC 2326, section 12.39).
 * False if it is none that we have. */
static bool
read_way(const struct rtsp_serve *s, const struct rtsp_text *t, int track,
    struct rtsp_way *way)
{
	const char *semicolon = memchr(t->data, ';', t->len);
	struct rtsp_text profile = *t, v;

	if (semicolon != NULL)
		profile.len = (size_t)(semicolon - t->data);
	while (profile.len > 0 && isspace((unsigned char)profile.data[0])) {
		profile.data++;
		profile.len--;
	}
	if (rtsp_parameter(t, "multicast", &v) ||
	    (rtsp_parameter(t, "mode", &v) && !rtsp_text_is(&v, "play")))
		return false;
	way->tcp = rtsp_text_is(&profile, "RTP/AVP/TCP");
	if (way->tcp) {
		if (!rtsp_parameter(t, "interleaved", &v) ||
		    !read_pair(&v, 255, way->channel) ||
		    has_channel(s, track, way->channel[0]) ||
		    has_channel(s, track, way->channel[1]))
			choose_channels(s, track, way);
		return true;
	}
	return (rtsp_text_is(&profile, "RTP/AVP") ||
	    rtsp_text_is(&profile, "RTP/AVP/UDP")) &&
	    rtsp_parameter(t, "client_port", &v) &&
	    read_pair(&v, 65535, way->client_port) &&
	    way->client_port[0] != 0 && way->client_port[1] != 0;
}

/* All tracks go one way: what waits on a connection tells of all. */
static bool
is_mixed(const struct rtsp_serve *s, int track, const struct rtsp_way *way)
{
	for (int i = 0; i < SERVE_TRACKS; i++)
		if (i != track && s->set_up[i] && s->way[i].tcp != way->tcp)
			return true;
	return false;
}

/* The first that we have of a list of alternatives. */
static bool
choose_way(const struct rtsp_serve *s, const struct rtsp_message *m,
    int track, struct rtsp_way *way)
{
	const struct rtsp_text *header = rtsp_header(m, "Transport", 0);
	struct rtsp_text rest;

	if (header == NULL)
		return false;
	rest = *header;
	for (;;) {
		const char *comma = memchr(rest.data, ',', rest.len);
		struct rtsp_text one = rest;

		if (comma != NULL)
			one.len = (size_t)(comma - rest.data);
		*way = (struct rtsp_way){ 0 };
		if (read_way(s, &one, track, way) && !is_mixed(s, track, way))
			return true;
		if (comma == NULL)
			return false;
		rest.len -= one.len + 1;
		rest.data = comma + 1;
	}
}

static char *
write_way(const struct rtsp_way *w)
{
	if (w->tcp)
		return xasprintf("Transport: RTP/AVP/TCP;unicast;"
		    "interleaved=%d-%d;ssrc=%08X\r\n", w->channel[0],
		    w->channel[1], (unsigned)w->ssrc);
	return xasprintf("Transport: RTP/AVP;unicast;client_port=%d-%d;"
	    "server_port=%d-%d;ssrc=%08X\r\n", w->client_port[0],
	    w->client_port[1], w->server_port[0], w->server_port[1],
	    (unsigned)w->ssrc);
}

static enum rtsp_serve_act
take_setup(struct rtsp_serve *s, const struct rtsp_message *m, char **answer)
{
	struct rtsp_way way;
	int track, status;
	char *header;

	if (!s->described || s->state == PLAYING)
		return say(s, 455, answer);
	track = track_of(s);
	if (track == -1)
		return say(s, s->tracks.n > 1 ? 459 : 404, answer);
	if (!choose_way(s, m, track, &way))
		return say(s, 461, answer);
	status = s->handler.open(track, &way, s->arg);
	if (status != 200)
		return say(s, status, answer);
	s->way[track] = way;
	s->set_up[track] = true;
	s->state = READY;
	header = write_way(&way);
	*answer = write_session_answer(s, header);
	free(header);
	return RTSP_SERVE_ANSWER;
}

/* The URL of the whole, from which those of the tracks are made; a client may
 * name one of them. */
static int
base_len(const struct rtsp_serve *s)
{
	const char *slash = strrchr(s->uri, '/');

	if (slash != NULL && (slash[1] == '\0' ||
	    strncmp(slash + 1, CONTROL, strlen(CONTROL)) == 0))
		return (int)(slash - s->uri);
	return (int)strlen(s->uri);
}

static char *
write_rtp_info(const struct rtsp_serve *s)
{
	char *text = xstrdup("Range: npt=now-\r\nRTP-Info: ");
	const char *between = "";

	for (int i = 0; i < SERVE_TRACKS; i++) {
		struct rtsp_begin b = { 0 };
		char time[32] = "", *longer;

		if (!s->set_up[i])
			continue;
		s->handler.begin(i, &b, s->arg);
		if (b.has_time)
			snprintf(time, sizeof time, ";rtptime=%u",
			    (unsigned)b.timestamp);
		longer = xasprintf("%s%surl=%.*s/" CONTROL "%d;seq=%u%s",
		    text, between, base_len(s), s->uri, i,
		    (unsigned)b.sequence, time);
		free(text);
		text = longer;
		between = ",";
	}
	return text;
}

/* One who plays already goes on. */
static enum rtsp_serve_act
take_play(struct rtsp_serve *s, const struct rtsp_message *m, char **answer)
{
	bool plays = s->state == PLAYING;
	char *info, *headers;

	(void)m;
	if (s->state == INIT)
		return say(s, 455, answer);
	info = write_rtp_info(s);
	headers = xasprintf("%s\r\n", info);
	*answer = write_session_answer(s, headers);
	free(info);
	free(headers);
	s->state = PLAYING;
	return plays ? RTSP_SERVE_ANSWER : RTSP_SERVE_PLAY;
}

static enum rtsp_serve_act
take_pause(struct rtsp_serve *s, const struct rtsp_message *m, char **answer)
{
	bool plays = s->state == PLAYING;

	(void)m;
	if (s->state == INIT)
		return say(s, 455, answer);
	s->state = READY;
	*answer = write_session_answer(s, "");
	return plays ? RTSP_SERVE_PAUSE : RTSP_SERVE_ANSWER;
}

static enum rtsp_serve_act
take_teardown(struct rtsp_serve *s, const struct rtsp_message *m,
    char **answer)
{
	(void)m;
	*answer = write_answer(s, 200, "", "");
	s->state = INIT;
	memset(s->set_up, 0, sizeof s->set_up);
	return RTSP_SERVE_TEARDOWN;
}

/* Without a body it only says that the client is there (section 10.8). */
static enum rtsp_serve_act
take_parameter(struct rtsp_serve *s, const struct rtsp_message *m,
    char **answer)
{
	if (m->body_len > 0)
		return say(s, 451, answer);
	*answer = s->state == INIT ? write_answer(s, 200, "", "") :
	    write_session_answer(s, "");
	return RTSP_SERVE_ANSWER;
}

/* `free` is asked of everybody; `session` has to name its session. */
static const struct method {
	const char	*name;
	bool		 free, session;
	enum rtsp_serve_act (*take)(struct rtsp_serve *,
	    const struct rtsp_message *, char **answer);
} methods[] = {
	{ "OPTIONS", true, false, take_options },
	{ "DESCRIBE", false, false, take_describe },
	{ "SETUP", false, false, take_setup },
	{ "PLAY", false, true, take_play },
	{ "PAUSE", false, true, take_pause },
	{ "GET_PARAMETER", false, false, take_parameter },
	{ "SET_PARAMETER", false, false, take_parameter },
	{ "TEARDOWN", false, true, take_teardown },
};

static const struct method *
find_method(const struct rtsp_message *m)
{
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
		if (rtsp_text_is(&m->method, methods[i].name))
			return &methods[i];
	return NULL;
}

/* A session that is named has to be ours. */
static bool
is_session(const struct rtsp_serve *s, const struct rtsp_message *m,
    bool wanted)
{
	const struct rtsp_text *header = rtsp_header(m, "Session", 0);
	size_t len = strlen(s->session);

	if (header == NULL)
		return !wanted || s->state == INIT;
	return header->len >= len && memcmp(header->data, s->session, len) ==
	    0 && (header->len == len || header->data[len] == ';' ||
	    isspace((unsigned char)header->data[len]));
}

static enum rtsp_serve_act
ask_for_password(struct rtsp_serve *s, enum rtsp_guard_says says,
    char **answer)
{
	char *headers = rtsp_guard_challenge(&s->guard);

	*answer = write_answer(s, 401, headers, "");
	free(headers);
	return says == RTSP_GUARD_END ? RTSP_SERVE_END : RTSP_SERVE_ANSWER;
}

/* RFC 2326, section 1.1: we have none of the options that Require may name,
 * such as ONVIF's way back to the camera. */
static enum rtsp_serve_act
refuse_option(struct rtsp_serve *s, const struct rtsp_text *option,
    char **answer)
{
	char *name = rtsp_text_copy(option);
	char *headers = xasprintf("Unsupported: %s\r\n", name);

	*answer = write_answer(s, 551, headers, "");
	free(name);
	free(headers);
	return RTSP_SERVE_ANSWER;
}

static enum rtsp_serve_act
serve_method(struct rtsp_serve *s, const struct method *method,
    const struct rtsp_message *m, char **answer)
{
	const struct rtsp_text *option = rtsp_header(m, "Require", 0);
	enum rtsp_guard_says says = method->free ? RTSP_GUARD_PASS :
	    rtsp_guard_judge(&s->guard, m);

	if (says != RTSP_GUARD_PASS)
		return ask_for_password(s, says, answer);
	if (option != NULL && option->len > 0)
		return refuse_option(s, option, answer);
	if (!is_session(s, m, method->session))
		return say(s, 454, answer);
	return method->take(s, m, answer);
}

enum rtsp_serve_act
rtsp_serve_take(struct rtsp_serve *s, const struct rtsp_message *m,
    char **answer)
{
	const struct method *method = find_method(m);

	*answer = NULL;
	s->cseq = m->cseq;
	if (m->cseq < 0 || m->uri.len == 0)
		return say(s, 400, answer);
	if (m->uri.len > MAX_URI)
		return say(s, 414, answer);
	free(s->uri);
	s->uri = rtsp_text_copy(&m->uri);
	if (method != NULL)
		return serve_method(s, method, m, answer);
	*answer = write_answer(s, 405, "Allow: " METHODS "\r\n", "");
	return RTSP_SERVE_ANSWER;
}

const char *
rtsp_serve_query(const struct rtsp_serve *s)
{
	return s->query;
}

const struct serve_tracks *
rtsp_serve_tracks(const struct rtsp_serve *s)
{
	return &s->tracks;
}

const struct rtsp_way *
rtsp_serve_way(const struct rtsp_serve *s, int track)
{
	return s->set_up[track] ? &s->way[track] : NULL;
}

bool
rtsp_serve_is_open(const struct rtsp_serve *s)
{
	return s->guard.open;
}
