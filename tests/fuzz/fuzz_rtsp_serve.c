/*
 * What a client sends to our RTSP port: cut into messages (rtsp_message.h),
 * answered by the session (rtsp_serve.h), whose answers are read again. The
 * first byte says whether a password is due, and what the stream has. 32 times
 * $ stands for the session's id, once that is told: nobody could guess it.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "worker/serve/parameter_sets.h"
#include "worker/serve/rtsp_serve.h"
#include "xalloc.h"

#define MOST	8192	/* bytes that are read */

unsigned long fuzz_answered;

static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_rtsp_serve: %s\n", what);
	abort();
}

static int
on_open(int track, struct rtsp_way *way, void *arg)
{
	(void)arg;
	must(track >= 0 && track < SERVE_TRACKS, "there is no such track");
	for (int i = 0; i < 2; i++) {
		must(way->tcp ? way->channel[i] >= 0 && way->channel[i] <= 255
		    : way->client_port[i] > 0 && way->client_port[i] <= 65535,
		    "a way leads nowhere");
		way->server_port[i] = 7000 + 2 * track + i;
	}
	way->ssrc = 0x12345678;
	return 200;
}

static void
on_begin(int track, struct rtsp_begin *b, void *arg)
{
	(void)arg;
	must(track >= 0 && track < SERVE_TRACKS, "there is no such track");
	*b = (struct rtsp_begin){ 1, true, 2 };
}

/* An answer is one message, whatever the client had in its URL. */
static void
judge_answer(const char *answer, int cseq)
{
	struct rtsp_reader r = { .channels = 4 };
	size_t skip, len = strlen(answer);
	struct rtsp_message m;
	long n = rtsp_read(&r, (const uint8_t *)answer, len, &m, &skip);

	must(skip == 0 && n == (long)len, "the answer is not one message");
	must(m.kind == RTSP_ANSWER && m.cseq == cseq,
	    "it answers another request");
	must(rtsp_header(&m, "Server", 0) != NULL, "it is not ours");
	fuzz_answered += m.status == 200;
}

static char *
describe(struct rtsp_serve *s, int media)
{
	static const enum media_codec sounds[] = {
		MEDIA_NONE, MEDIA_OPUS, MEDIA_PCMA, MEDIA_UNKNOWN,
	};
	const struct media_description d = {
		.video = MEDIA_H264, .audio = sounds[media],
	};
	static const struct parameter_sets none;
	struct serve_tracks tracks;
	struct serve_description description = {
		.tracks = &tracks, .sets = &none, .address = "192.0.2.1",
	};
	char *sdp, *answer;

	serve_tracks_choose(&d, rtsp_serve_query(s), &tracks);
	must(tracks.n <= SERVE_TRACKS, "there are too many tracks");
	sdp = tracks.n > 0 ? serve_sdp_write(&description) : NULL;
	answer = rtsp_serve_described(s, &tracks, sdp, 404);
	free(sdp);
	return answer;
}

static void
judge_ways(const struct rtsp_serve *s)
{
	const struct rtsp_way *a = rtsp_serve_way(s, 0);
	const struct rtsp_way *b = rtsp_serve_way(s, 1);

	if (a == NULL || b == NULL)
		return;
	must(a->tcp == b->tcp, "two tracks go two ways");
	must(!a->tcp || (a->channel[0] != b->channel[0] &&
	    a->channel[0] != b->channel[1] && a->channel[1] != b->channel[0] &&
	    a->channel[1] != b->channel[1]), "two tracks share a channel");
}

/* Puts the id that an answer tells into what is still to be read. */
static void
put_session(const char *answer, uint8_t *rest, size_t len)
{
	static const char name[] = "\r\nSession: ";
	const char *id = strstr(answer, name);

	if (id == NULL)
		return;
	id += strlen(name);
	for (size_t i = 0; i + ID_HEX_LEN <= len; i++) {
		size_t n = 0;

		while (n < ID_HEX_LEN && rest[i + n] == '$')
			n++;
		if (n == ID_HEX_LEN)
			memcpy(rest + i, id, ID_HEX_LEN);
	}
}

static bool
serve_one(struct rtsp_serve *s, const struct rtsp_message *m, int media,
    uint8_t *rest, size_t len)
{
	char *answer;
	enum rtsp_serve_act act = rtsp_serve_take(s, m, &answer);

	must((answer == NULL) == (act == RTSP_SERVE_DESCRIBE),
	    "nobody answers, or two do");
	must(act != RTSP_SERVE_DESCRIBE || rtsp_serve_is_open(s),
	    "a stranger is told of the stream");
	must(act != RTSP_SERVE_PLAY || rtsp_serve_way(s, 0) != NULL ||
	    rtsp_serve_way(s, 1) != NULL, "what is played goes nowhere");
	if (act == RTSP_SERVE_DESCRIBE)
		answer = describe(s, media);
	judge_answer(answer, m->cseq);
	put_session(answer, rest, len);
	free(answer);
	judge_ways(s);
	return act != RTSP_SERVE_END;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct rtsp_serve_handler handler = { on_open, on_begin };
	struct rtsp_reader r = { .channels = 4 };
	struct rtsp_message m;
	struct rtsp_serve *s;
	size_t at = 1, skip;
	uint8_t *copy;

	if (len == 0 || len > MOST)
		return 0;
	copy = xmemdup(data, len);
	s = rtsp_serve_new(data[0] & 4 ? "me" : NULL,
	    data[0] & 4 ? "secret" : NULL, &handler, NULL);
	while (at < len) {
		long n = rtsp_read(&r, copy + at, len - at, &m, &skip);

		if (n <= 0)
			break;
		at += (size_t)n;
		if (m.kind == RTSP_REQUEST && !serve_one(s, &m, data[0] & 3,
		    copy + at, len - at))
			break;
	}
	rtsp_serve_free(s);
	free(copy);
	return 0;
}
