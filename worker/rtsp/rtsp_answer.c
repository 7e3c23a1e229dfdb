#include "rtsp_answer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SESSION_S	60	/* RFC 2326, section 12.37 */
#define MAX_SESSION_S	3600
#define MAX_CHANNEL	254	/* of RTP: RTCP has the next one */
#define MAX_PORT	65535

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Methods stand between commas and blanks: SET_PARAMETER is not PARAMETER. */
bool
rtsp_answer_knows(const struct rtsp_message *m, const char *method)
{
	const struct rtsp_text *list = rtsp_header(m, "Public", 0);
	size_t n;

	for (size_t i = 0; list != NULL && i < list->len; i += n + 1) {
		struct rtsp_text name = { list->data + i, 0 };

		for (n = 0; i + n < list->len && name.data[n] != ',' &&
		    !is_blank(name.data[n]); n++)
			;
		name.len = n;
		if (rtsp_text_is(&name, method))
			return true;
	}
	return false;
}

static bool
is_absolute(const struct rtsp_text *t)
{
	return (t->len > 7 && strncasecmp(t->data, "rtsp://", 7) == 0) ||
	    (t->len > 8 && strncasecmp(t->data, "rtsps://", 8) == 0);
}

char *
rtsp_answer_base(const struct rtsp_message *m)
{
	static const char *const names[] = {
		"Content-Base", "Content-Location",
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const struct rtsp_text *base = rtsp_header(m, names[i], 0);

		if (base != NULL && is_absolute(base))
			return rtsp_text_copy(base);
	}
	return NULL;
}

/* Reads the digits at the beginning of `t` and steps over them. Returns their
 * value, more than `max` if it is too large; -1 if there are none. */
static int
take_number(struct rtsp_text *t, int max)
{
	int n = -1;

	for (; t->len > 0 && *t->data >= '0' && *t->data <= '9';
	    t->data++, t->len--)
		if (n <= max)
			n = (n == -1 ? 0 : 10 * n) + *t->data - '0';
	return n;
}

char *
rtsp_answer_session(const struct rtsp_message *m, int *timeout_s)
{
	const struct rtsp_text *header = rtsp_header(m, "Session", 0);
	struct rtsp_text id, timeout;
	int n = 0;

	*timeout_s = SESSION_S;
	if (header == NULL)
		return NULL;
	id = (struct rtsp_text){ header->data, 0 };
	while (id.len < header->len && id.data[id.len] != ';')
		id.len++;
	while (id.len > 0 && is_blank(id.data[id.len - 1]))
		id.len--;
	if (rtsp_parameter(header, "timeout", &timeout))
		n = take_number(&timeout, MAX_SESSION_S);
	if (n > 0)
		*timeout_s = n < MAX_SESSION_S ? n : MAX_SESSION_S;
	return id.len > 0 ? rtsp_text_copy(&id) : NULL;
}

static bool
transport_parameter(const struct rtsp_message *m, const char *name,
    struct rtsp_text *value)
{
	const struct rtsp_text *header = rtsp_header(m, "Transport", 0);

	return header != NULL && rtsp_parameter(header, name, value);
}

int
rtsp_answer_channel(const struct rtsp_message *m)
{
	struct rtsp_text value;
	int n;

	if (!transport_parameter(m, "interleaved", &value))
		return -1;
	n = take_number(&value, MAX_CHANNEL);
	return n <= MAX_CHANNEL ? n : -1;
}

/* "8000-8001", or the first alone. */
void
rtsp_answer_ports(const struct rtsp_message *m, int *rtp, int *rtcp)
{
	struct rtsp_text value;
	int port[2] = { 0, 0 };

	if (transport_parameter(m, "server_port", &value)) {
		port[0] = take_number(&value, MAX_PORT);
		if (value.len > 0 && *value.data == '-') {
			value.data++;
			value.len--;
			port[1] = take_number(&value, MAX_PORT);
		}
	}
	*rtp = port[0] > 0 && port[0] <= MAX_PORT ? port[0] : 0;
	*rtcp = port[1] > 0 && port[1] <= MAX_PORT ? port[1] : 0;
}

int
rtsp_answer_location(const struct rtsp_message *m, struct rtsp_url *url)
{
	const struct rtsp_text *header = rtsp_header(m, "Location", 0);
	char *text;
	int rc;

	if (header == NULL)
		return -1;
	text = rtsp_text_copy(header);
	rc = rtsp_url_parse(text, url);
	free(text);
	return rc;
}
