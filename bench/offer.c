#include "offer.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "xalloc.h"

#define LINE_MAX_LEN	512	/* longer ones are cut */

/* RFC 8839, section 5.1.2.1: host, highest local preference, RTP. */
#define HOST_PRIORITY	2130706431u

static void
write_transport(FILE *f, const struct offer *o)
{
	char ip[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &o->local.sin_addr, ip, sizeof ip);
	fprintf(f, "a=recvonly\r\na=rtcp-mux\r\na=rtcp-rsize\r\n"
	    "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n"
	    "a=fingerprint:sha-256 %s\r\na=setup:actpass\r\n"
	    "a=candidate:1 1 udp %u %s %u typ host\r\n"
	    "a=end-of-candidates\r\n", o->ufrag, o->pwd, o->fingerprint,
	    HOST_PRIORITY, ip, ntohs(o->local.sin_port));
}

char *
offer_write(const struct offer *o)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		return xstrdup("");
	fprintf(f, "v=0\r\no=- %u 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
	    "a=group:BUNDLE 0 1\r\na=msid-semantic:WMS *\r\n"
	    "m=video 9 UDP/TLS/RTP/SAVPF %d %d\r\nc=IN IP4 0.0.0.0\r\n"
	    "a=mid:0\r\n", 1000 + o->number, OFFER_H264, OFFER_RTX);
	write_transport(f, o);
	fprintf(f, "a=rtpmap:%d H264/90000\r\n"
	    "a=fmtp:%d level-asymmetry-allowed=1;packetization-mode=1;"
	    "profile-level-id=42e01f\r\n"
	    "a=rtcp-fb:%d nack\r\na=rtcp-fb:%d nack pli\r\n"
	    "a=rtcp-fb:%d ccm fir\r\n"
	    "a=rtpmap:%d rtx/90000\r\na=fmtp:%d apt=%d\r\n",
	    OFFER_H264, OFFER_H264, OFFER_H264, OFFER_H264, OFFER_H264,
	    OFFER_RTX, OFFER_RTX, OFFER_H264);
	fprintf(f, "m=audio 9 UDP/TLS/RTP/SAVPF %d\r\nc=IN IP4 0.0.0.0\r\n"
	    "a=mid:1\r\n", OFFER_OPUS);
	write_transport(f, o);
	fprintf(f, "a=rtpmap:%d opus/48000/2\r\n"
	    "a=fmtp:%d minptime=10;useinbandfec=1\r\n", OFFER_OPUS,
	    OFFER_OPUS);
	fclose(f);
	return text;
}

/* The first of each counts: everything is in one bundle. */
static void
copy_first(char *to, size_t size, const char *value)
{
	if (to[0] == '\0')
		snprintf(to, size, "%s", value);
}

static void
read_ufrag(struct answer *a, const char *value)
{
	copy_first(a->ufrag, sizeof a->ufrag, value);
}

static void
read_pwd(struct answer *a, const char *value)
{
	copy_first(a->pwd, sizeof a->pwd, value);
}

static void
read_fingerprint(struct answer *a, const char *value)
{
	if (a->hash[0] == '\0')
		sscanf(value, "%15s %199s", a->hash, a->fingerprint);
}

static void
read_setup(struct answer *a, const char *value)
{
	a->active = strcmp(value, "active") == 0;
}

static void
read_video(struct answer *a, const char *value)
{
	int port;

	if (a->payload_type == -1 && (sscanf(value, "%d %*s %d", &port,
	    &a->payload_type) != 2 || port == 0))
		a->payload_type = -1;
}

static bool
is_loopback(const struct sockaddr_in *a)
{
	return ntohl(a->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

static void
read_candidate(struct answer *a, const char *value)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	char ip[64], protocol[8];
	unsigned component, port;
	int n = a->n_candidates;

	if (sscanf(value, "%*s %u %7s %*u %63s %u", &component, protocol, ip,
	    &port) != 4 || component != 1 || port == 0 || port > 65535 ||
	    strcasecmp(protocol, "udp") != 0 ||
	    inet_pton(AF_INET, ip, &to.sin_addr) != 1)
		return;
	to.sin_port = htons((uint16_t)port);
	if (n == ANSWER_MAX_CANDIDATES)
		return;
	for (int i = 0; i < n; i++)
		if (memcmp(&a->candidates[i], &to, sizeof to) == 0)
			return;
	a->candidates[n] = to;
	if (is_loopback(&to)) {
		a->candidates[n] = a->candidates[0];
		a->candidates[0] = to;
	}
	a->n_candidates++;
}

static const struct {
	const char *prefix;
	void (*read)(struct answer *, const char *value);
} lines[] = {
	{ "a=ice-ufrag:", read_ufrag },
	{ "a=ice-pwd:", read_pwd },
	{ "a=fingerprint:", read_fingerprint },
	{ "a=setup:", read_setup },
	{ "a=candidate:", read_candidate },
	{ "m=video ", read_video },
};

static void
read_line(struct answer *a, const char *line)
{
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		size_t n = strlen(lines[i].prefix);

		if (strncmp(line, lines[i].prefix, n) == 0)
			lines[i].read(a, line + n);
	}
}

const char *
answer_read(const char *sdp, struct answer *a)
{
	char line[LINE_MAX_LEN];

	memset(a, 0, sizeof *a);
	a->payload_type = -1;
	while (*sdp != '\0') {
		size_t n = strcspn(sdp, "\r\n");

		snprintf(line, sizeof line, "%.*s", (int)n, sdp);
		read_line(a, line);
		sdp += n;
		sdp += strspn(sdp, "\r\n");
	}
	if (a->ufrag[0] == '\0' || a->pwd[0] == '\0')
		return "the answer has no ICE credentials";
	if (a->fingerprint[0] == '\0')
		return "the answer has no fingerprint";
	if (a->payload_type == -1)
		return "the answer has no video";
	if (a->n_candidates == 0)
		return "the answer has no candidate of UDP over IPv4";
	return NULL;
}
