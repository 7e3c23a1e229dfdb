#ifndef LULL_TEST_SDP_OFFERS_H
#define LULL_TEST_SDP_OFFERS_H

/*
 * These offers are in fixtures/sdp:
 *	chromium*	captured from Chromium 156: video and audio to receive
 *			(candidates gathered), with a data channel, and with
 *			a microphone as a third section under max-bundle
 *	aiortc		captured from aiortc 1.4.0: credentials per section
 *	webrtcbin	captured from GStreamer 1.22 under max-bundle: the
 *			second section has port 0 and bundle-only
 *	werift		captured from werift 0.24: candidates before ufrag
 *	firefox		written by hand after what Firefox sends: attributes
 *			at session level, no candidates
 *	safari		written by hand after what Safari sends: High and
 *			baseline in both packetization modes, H265
 *	no-h264, truncated, no-ufrag, no-fingerprint
 *			made from chromium by leaving that out
 */
#include <string.h>

#include "tests/unit/fixture.h"
#include "worker/viewer/sdp_answer.h"

#define PRINT	"11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:" \
		"11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00"
#define HEAD	"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
#define KEYS	"a=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdef012345\r\n" \
		"a=fingerprint:sha-256 " PRINT "\r\n"
#define VIDEO	"m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:v\r\na=recvonly\r\n" \
		"a=rtpmap:96 H264/90000\r\n"

static inline struct sdp_offer *
parse(const char *text)
{
	struct error err = { "" };
	struct sdp_offer *o = sdp_parse_offer(text, strlen(text), &err);

	if (o == NULL)
		print_error("%s\n", err.text);
	assert_non_null(o);
	return o;
}

static inline struct sdp_offer *
parse_fixture(const char *name)
{
	size_t len;
	char *path = xasprintf("sdp/%s.sdp", name);
	char *text = (char *)fixture_read(path, &len);
	struct sdp_offer *o = parse(text);

	free(text);
	free(path);
	return o;
}

static const struct known {
	const char *name, *ufrag, *pwd, *print;
	int n_media, n_candidates;
	struct sdp_choice choice;
} known[] = {
	{ "chromium", "ba6q", "ieg15dJbWsVhSuRoeGw9pOjr", NULL, 2, 4,
	    { 1, 0, 109, MEDIA_H264,
	    { { -1, -1, -1, 108, -1, 111, 0, 8, 9 } }, 2, 0, 0, true, true } },
	{ "chromium-datachannel", "p0J3", "ZM1sEbkTJDt/+0UtjeyPkZB7", NULL,
	    3, 0, { 1, 0, 109, MEDIA_H264,
	    { { -1, -1, -1, 108, -1, 111, 0, 8, 9 } }, 2, 0, 0, true, true } },
	{ "chromium-mic", "i3b5", "2IHOXGF/IVhCW1+pxMb+5toc",
	    "BC:26:3F:5C:80:F1:B4:51", 3, 0,
	    { 1, 0, 109, MEDIA_H264,
	    { { -1, -1, -1, 108, -1, 111, 0, 8, 9 } }, 2, 0, 0, true, true } },
	{ "aiortc", "mH2q", "FLqsRs933AHaV7zCI7vsYN",
	    "A7:C5:20:CB:E8:D9:C9:65", 2, 2,
	    { 1, 0, 102, MEDIA_H264,
	    { { -1, -1, -1, 101, -1, 96, 0, 8, -1 } }, 2, 0, 0, true, true } },
	{ "webrtcbin", "ESvpePqWe788LZs+e1YSI/nhCSD7YKs0",
	    "fAwKpKaaFLkL+BFLHEtJnpaHwRGcBsL9", "54:31:11:41:8A:FA:81:0A", 2,
	    9, { 0, 1, -1, MEDIA_H264,
	    { { -1, -1, -1, 96, -1, 97, -1, -1, -1 } }, 0, 0, 0, false,
	    false } },
	{ "werift", "1eec", "67ad14f860d0abd93f7005",
	    "0C:E7:B4:B7:1E:1B:2A:26", 2, 4,
	    { 0, 1, -1, MEDIA_H264,
	    { { -1, -1, -1, 98, -1, 96, 97, -1, -1 } }, 0, 0, 0, true, true } },
	{ "firefox", "7be1a04c", "0d6f3c1be8254a97b3107fe2c94d5a68",
	    "6E:2B:09:F3:51:C8:7D:A4", 2, 0,
	    { 0, 1, 127, MEDIA_H264,
	    { { -1, -1, -1, 126, -1, 109, 0, 8, 9 } }, 4, 0, 0, true, true } },
	{ "safari", "Zk9T", "u2Rb0Q/nY7wLxPc+3sEdVf6J",
	    "B1:40:7F:E5:22:9A:C3:68", 2, 0,
	    { 0, 1, 99, MEDIA_H264,
	    { { -1, -1, -1, 98, -1, 111, 0, 8, 9 } }, 2, 0, 0, true, true } },
};
#define N_KNOWN	(sizeof known / sizeof known[0])

#endif
