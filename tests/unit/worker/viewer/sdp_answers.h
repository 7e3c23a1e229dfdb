#ifndef LULL_TEST_SDP_ANSWERS_H
#define LULL_TEST_SDP_ANSWERS_H

/* What an answer is made of besides the offer. The headers of cmocka come
 * before this one. */
#include <string.h>

#include "sdp_offers.h"

static const struct media_description unknown = {
	.video = MEDIA_UNKNOWN, .audio = MEDIA_UNKNOWN,
};

static struct sdp_answer
answer_to(const struct sdp_offer *o, const struct sdp_choice *c)
{
	static const char *const candidates[] = {
		"candidate:1 1 UDP 2130706431 192.0.2.1 50000 typ host",
		"candidate:2 1 UDP 2130706175 2001:db8::1 50000 typ host", NULL
	};

	return (struct sdp_answer) {
		.offer = o, .choice = c, .audio = MEDIA_UNKNOWN, .origin = 77,
		.ufrag = "ourU", .pwd = "ourpwdourpwdourpwdourpwd",
		.fingerprint = PRINT, .active = true, .video_ssrc = 1001,
		.audio_ssrc = 4294967295, .cname = "cn",
		.candidates = candidates,
	};
}

static int
count(const char *text, const char *what)
{
	int n = 0;

	while ((text = strstr(text, what)) != NULL) {
		text += strlen(what);
		n++;
	}
	return n;
}

#endif
