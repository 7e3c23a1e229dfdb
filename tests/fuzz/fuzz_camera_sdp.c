/*
 * The SDP of a camera (camera_sdp.h). Each input is read as it is, and then as
 * a track's a=fmtp and a=control.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "worker/rtsp/camera_sdp.h"
#include "xalloc.h"

static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_camera_sdp: %s\n", what);
	abort();
}

static void
judge_url(const char *base, const char *control)
{
	char *url = camera_sdp_url(base, control);

	must(strlen(url) <= strlen(base) + 1 + strlen(control),
	    "a URL is longer than what it is of");
	must(strncmp(url, base, strlen(base) - 1) == 0 ||
	    strstr(control, "://") != NULL, "a URL is neither below the base "
	    "nor absolute");
	free(url);
}

static bool
is_odd(const uint8_t *nal, size_t len)
{
	must(len > 0, "nothing may be a set");
	return nal[0] % 2 != 0;
}

static void
judge_fmtp(const char *fmtp)
{
	char *value = camera_sdp_parameter(fmtp, "config");
	size_t len;
	static const char *const names[] = {
		"sprop-parameter-sets", "sprop-vps", "sprop-sps", NULL,
	};
	uint8_t *sets = camera_sdp_sets(fmtp, names, is_odd, &len);

	must(value == NULL || (*value != '\0' && strchr(value, ';') == NULL),
	    "a parameter is empty, or two");
	must((sets == NULL) == (len == 0), "there are no sets, or there are");
	must(sets == NULL || (len > 4 && memcmp(sets, "\0\0\0\1", 4) == 0),
	    "the sets do not begin with one");
	free(value);
	free(sets);
}

static void
judge_track(const struct camera_track *t)
{
	must(memchr(t->codec, '\0', sizeof t->codec) != NULL,
	    "a codec's name has no end");
	for (const char *p = t->codec; *p != '\0'; p++)
		must(!islower((unsigned char)*p), "a codec is in lower case");
	must(t->type >= -1 && t->type <= 127, "there is no such type");
	must(t->type >= 0 || t->kind == TRACK_OTHER, "a track has no type");
	must(t->clock >= 0 && t->clock <= CAMERA_SDP_CLOCK_MAX,
	    "there is no such clock");
	must(t->channels >= 1 && t->channels <= 255,
	    "there are not so many channels");
	must(!t->to_camera || t->kind == TRACK_AUDIO,
	    "a picture goes to the camera");
	judge_url("rtsp://192.0.2.7/a", t->control);
	judge_fmtp(t->fmtp);
}

static bool
has_line_end(const char *s)
{
	return strpbrk(s, "\r\n") != NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct camera_sdp sdp;
	char *text = xcalloc(len + 1, 1);

	if (len > 0)
		memcpy(text, data, len);
	judge_fmtp(text);
	judge_url("rtsp://192.0.2.7/a?b=c", text);
	judge_url("rtsp://192.0.2.7/a/", text);
	free(text);
	if (camera_sdp_read((const char *)data, len, &sdp) != 0)
		return 0;
	must(sdp.n_tracks <= CAMERA_SDP_TRACKS, "there are too many tracks");
	must(!has_line_end(sdp.control), "a line has no end");
	for (size_t i = 0; i < sdp.n_tracks; i++) {
		must(!has_line_end(sdp.tracks[i].fmtp) &&
		    !has_line_end(sdp.tracks[i].control),
		    "a track's line has no end");
		judge_track(&sdp.tracks[i]);
	}
	camera_sdp_clear(&sdp);
	return 0;
}
