#include "sdp_answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "worker/media/fmtp.h"
#include "worker/media/video.h"
#include "xalloc.h"

/* The choice */

static bool
codec_is(const struct sdp_codec *c, const char *name, int clock, int channels)
{
	return strcasecmp(c->name, name) == 0 && c->clock == clock &&
	    c->channels == channels;
}

static bool
has_format(const struct sdp_codec *c, const struct media_format *f)
{
	return codec_is(c, f->encoding, f->clock, f->channels);
}

/* Returns the best payload type of a video codec; -1 if there is none. */
static int
choose_type(const struct sdp_media *m, const struct video_codec *video,
    const struct media_description *camera)
{
	int best = -1, best_score = -1, score;

	for (int i = 0; i < m->n_codecs; i++) {
		const struct sdp_codec *c = &m->codecs[i];

		if (!has_format(c, media_format(video->codec)))
			continue;
		score = video->fmtp_score(c->fmtp, camera);
		if (score > best_score) {
			best = c->payload_type;
			best_score = score;
		}
	}
	return best;
}

/* NULL if the codec is no video, or not the camera's. */
static const struct video_codec *
camera_codec(const struct media_description *camera, enum media_codec codec)
{
	if (camera->video != MEDIA_UNKNOWN && camera->video != codec)
		return NULL;
	return video_codec(codec);
}

/* The camera's codec is chosen, or, while that is not known, the first that is
 * in the offer. */
static bool
choose_codec(const struct sdp_media *m,
    const struct media_description *camera, struct sdp_choice *out)
{
	for (int i = 0; i < MEDIA_CODECS; i++) {
		const struct video_codec *video = camera_codec(camera, i);
		int type = video == NULL ? -1 : choose_type(m, video,
		    camera);

		if (type == -1)
			continue;
		out->video = i;
		out->types.pt[i] = type;
		return true;
	}
	return false;
}

/* Returns the first payload type of a format; -1 if there is none. */
static int
find_format(const struct sdp_media *m, const struct media_format *f)
{
	for (int i = 0; i < m->n_codecs; i++)
		if (has_format(&m->codecs[i], f))
			return m->codecs[i].payload_type;
	return -1;
}

static bool
wants(const struct sdp_media *m, const char *kind)
{
	return m->wants && strcmp(m->kind, kind) == 0;
}

static int
find_rtx(const struct sdp_media *m, int payload_type)
{
	char apt[12];

	snprintf(apt, sizeof apt, "%d", payload_type);
	for (int i = 0; i < m->n_codecs; i++)
		if (codec_is(&m->codecs[i], "rtx", MEDIA_VIDEO_CLOCK, 1) &&
		    fmtp_is(m->codecs[i].fmtp, "apt", apt))
			return m->codecs[i].payload_type;
	return -1;
}

static const struct sdp_codec *
codec_of_type(const struct sdp_media *m, int payload_type)
{
	for (int i = 0; i < m->n_codecs; i++)
		if (m->codecs[i].payload_type == payload_type)
			return &m->codecs[i];
	return NULL;
}

static int
video_type(const struct sdp_choice *c)
{
	return c->types.pt[c->video];
}

/*
 * REMB is chosen where both it and transport-cc are offered: browsers send no
 * REMB once transport-cc is agreed on, and REMB is an estimate ready made. Each
 * of the two has the one header extension that it needs.
 */
static void
choose_feedback(const struct sdp_media *m, struct sdp_choice *out)
{
	const struct sdp_codec *c = codec_of_type(m, video_type(out));

	out->nack = c->nack;
	out->remb = c->remb;
	out->rtx = find_rtx(m, video_type(out));
	if (c->transport_cc && !c->remb)
		out->transport_cc = m->transport_cc;
	if (out->transport_cc == 0)
		out->abs_send_time = m->abs_send_time;
}

/* Sound is numbered too if the viewer reports on all of it: a packet that is
 * numbered and not reported would pass for lost. */
static int
choose_audio_transport_cc(const struct sdp_media *m,
    const struct sdp_choice *c)
{
	if (c->transport_cc == 0)
		return 0;
	for (int i = 0; i < MEDIA_CODECS; i++)
		if (media_is_audio(i) &&
		    c->types.pt[i] != -1 &&
		    !codec_of_type(m, c->types.pt[i])->transport_cc)
			return 0;
	return m->transport_cc;
}

static void
choose_video(const struct sdp_offer *o,
    const struct media_description *camera, struct sdp_choice *out)
{
	for (int i = 0; i < o->n_media; i++) {
		if (!wants(&o->media[i], "video"))
			continue;
		if (!choose_codec(&o->media[i], camera, out))
			continue;
		out->video_media = i;
		choose_feedback(&o->media[i], out);
		return;
	}
}

/* True if the section has any sound that we know. */
static bool
choose_audio(const struct sdp_media *m, struct media_types *out)
{
	bool any = false;

	for (int i = 0; i < MEDIA_CODECS; i++) {
		if (!media_is_audio(i))
			continue;
		out->pt[i] = find_format(m, media_format(i));
		any |= out->pt[i] != -1;
	}
	return any;
}

/* There is one transport, so sound is chosen only if it and the video are in
 * the bundle. */
static void
choose_sound(const struct sdp_offer *o, struct sdp_choice *out)
{
	for (int i = 0; i < o->n_media; i++) {
		const struct sdp_media *m = &o->media[i];

		if (!wants(m, "audio") || !m->bundled ||
		    !o->media[out->video_media].bundled)
			continue;
		if (!choose_audio(m, &out->types))
			continue;
		out->audio_media = i;
		out->audio_transport_cc = choose_audio_transport_cc(m, out);
		return;
	}
}

/* Whether it is no codec, but retransmission or redundancy (RFC 4588, 2198,
 * 5109, 8627). */
static bool
is_repair(const char *name)
{
	static const char *const repairs[] = { "rtx", "red", "ulpfec",
		"flexfec-03", "flexfec" };

	for (size_t i = 0; i < sizeof repairs / sizeof *repairs; i++)
		if (strcasecmp(name, repairs[i]) == 0)
			return true;
	return false;
}

/* Adds a section's codecs to "VP8, VP9", each once. */
static void
list_codecs(const struct sdp_media *m, char *out, size_t size)
{
	size_t used = strlen(out);

	for (int i = 0; i < m->n_codecs; i++) {
		const char *name = m->codecs[i].name;

		if (name[0] == '\0' || is_repair(name) ||
		    strcasestr(out, name) != NULL ||
		    used + 2 + strlen(name) >= size)
			continue;
		used += sprintf(out + used, "%s%s", used ? ", " : "", name);
	}
}

/* Names the camera's codec, or all that it may have: "H264 or …". */
static void
name_wanted(const struct media_description *camera, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (int i = 0; i < MEDIA_CODECS && used < size; i++)
		if (camera_codec(camera, i) != NULL)
			used += (size_t)snprintf(out + used, size - used,
			    "%s%s", used > 0 ? " or " : "",
			    media_format(i)->encoding);
}

/* Whether the camera's codec is in the offer after all, for other profiles. */
static bool
offers_codec(const struct sdp_offer *o, const struct media_description *camera)
{
	for (int i = 0; i < o->n_media; i++)
		if (wants(&o->media[i], "video") &&
		    video_codec(camera->video) != NULL &&
		    find_format(&o->media[i], media_format(camera->video)) !=
		    -1)
			return true;
	return false;
}

int
sdp_choose(const struct sdp_offer *o, const struct media_description *camera,
    struct sdp_choice *out, struct error *err)
{
	char names[128] = "", wanted[32];
	bool asked = false;

	*out = (struct sdp_choice) {
		.video_media = -1, .audio_media = -1, .rtx = -1,
	};
	media_types_clear(&out->types);
	choose_video(o, camera, out);
	if (out->video_media != -1) {
		choose_sound(o, out);
		return 0;
	}
	for (int i = 0; i < o->n_media; i++) {
		if (!wants(&o->media[i], "video"))
			continue;
		asked = true;
		list_codecs(&o->media[i], names, sizeof names);
	}
	name_wanted(camera, wanted, sizeof wanted);
	if (!asked)
		error_set(err, "the offer does not ask for video");
	else if (offers_codec(o, camera))
		error_set(err, "the offer has no %s video of the camera's "
		    "profile (%d, tier %d)", wanted, camera->profile,
		    camera->tier);
	else
		error_set(err, "the offer has no %s video (it has "
		    "%s)", wanted,
		    names[0] != '\0' ? names : "no codec we know");
	return -1;
}

/* The answer */

/* A section is accepted in the one BUNDLE; the video also by itself. */
static bool
is_accepted(const struct sdp_answer *a, int i)
{
	const struct sdp_media *m = &a->offer->media[i];
	int video = a->choice->video_media;

	return i == video || (!m->rejected && m->bundled &&
	    a->offer->media[video].bundled);
}

/* Whether audio that the camera has, or may yet have, goes by this type. */
static bool
is_our_audio(const struct sdp_answer *a, int payload_type)
{
	const int *pt = a->choice->types.pt;

	if (a->audio != MEDIA_UNKNOWN)
		return pt[a->audio] == payload_type;
	for (int i = 0; i < MEDIA_CODECS; i++)
		if (media_is_audio(i) &&
		    pt[i] == payload_type)
			return true;
	return false;
}

static bool
has_rtx(const struct sdp_answer *a)
{
	return a->rtx_ssrc != 0 && a->choice->rtx != -1;
}

/* Whether we send with this codec in section `i`. */
static bool
is_served(const struct sdp_answer *a, int i, const struct sdp_codec *c)
{
	if (i == a->choice->video_media)
		return c->payload_type == video_type(a->choice) ||
		    (has_rtx(a) && c->payload_type == a->choice->rtx);
	return i == a->choice->audio_media && is_our_audio(a, c->payload_type);
}

static bool
is_sending(const struct sdp_answer *a, int i)
{
	const struct sdp_media *m = &a->offer->media[i];

	for (int k = 0; k < m->n_codecs; k++)
		if (is_served(a, i, &m->codecs[k]))
			return true;
	return false;
}

static void
write_session_level(FILE *f, const struct sdp_answer *a)
{
	const struct sdp_offer *o = a->offer;

	fprintf(f, "v=0\r\no=- %" PRIu64 " %u IN IP4 0.0.0.0\r\ns=-\r\n"
	    "t=0 0\r\n", a->origin, a->restarts + 1);
	if (o->media[a->choice->video_media].bundled) {
		fprintf(f, "a=group:BUNDLE");
		for (int i = 0; i < o->n_media; i++)
			if (is_accepted(a, i))
				fprintf(f, " %s", o->media[i].mid);
		fprintf(f, "\r\n");
	}
	if (o->allow_mixed)
		fprintf(f, "a=extmap-allow-mixed\r\n");
	fprintf(f, "a=msid-semantic:WMS *\r\na=ice-options:trickle\r\n");
	if (a->lite)
		fputs("a=ice-lite\r\n", f);
}

/* Some clients want this in every section, even in one that carries nothing. */
static void
write_transport(FILE *f, const struct sdp_answer *a)
{
	fprintf(f, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n"
	    "a=fingerprint:sha-256 %s\r\na=setup:%s\r\n", a->ufrag, a->pwd,
	    a->fingerprint, a->active ? "active" : "passive");
}

static void
write_codec(FILE *f, const struct sdp_codec *c)
{
	if (c->name[0] == '\0')
		return;
	fprintf(f, "a=rtpmap:%d %s/%d", c->payload_type, c->name, c->clock);
	if (c->channels > 1)
		fprintf(f, "/%d", c->channels);
	fprintf(f, "\r\n");
	if (c->fmtp[0] != '\0')
		fprintf(f, "a=fmtp:%d %s\r\n", c->payload_type, c->fmtp);
}

/* Returns the id of the header extension that numbers the packets of section
 * `i`, or 0. */
static int
transport_cc(const struct sdp_answer *a, int i)
{
	if (i == a->choice->video_media)
		return a->choice->transport_cc;
	return i == a->choice->audio_media ? a->choice->audio_transport_cc : 0;
}

static void
write_transport_cc(FILE *f, const struct sdp_answer *a, int i,
    const struct sdp_codec *c)
{
	if (transport_cc(a, i) != 0 && c->transport_cc)
		fprintf(f, "a=rtcp-fb:%d transport-cc\r\n", c->payload_type);
}

/* The answer has no feedback that was not offered (RFC 4585, section 4.2). */
static void
write_feedback(FILE *f, const struct sdp_answer *a, const struct sdp_codec *c)
{
	const struct {
		const char *name;
		bool ours;
	} kinds[] = {
		{ "ccm fir", c->ccm_fir },
		{ "nack pli", c->nack_pli },
		{ "nack", a->choice->nack },
		{ "goog-remb", a->choice->remb },
	};

	if (c->payload_type != video_type(a->choice))
		return;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i].ours)
			fprintf(f, "a=rtcp-fb:%d %s\r\n", c->payload_type,
			    kinds[i].name);
}

static void
write_ssrc(FILE *f, const struct sdp_answer *a, uint32_t ssrc)
{
	fprintf(f, "a=ssrc:%" PRIu32 " cname:%s\r\n", ssrc, a->cname);
}

static void
write_track(FILE *f, const struct sdp_answer *a, int i)
{
	bool video = i == a->choice->video_media;
	bool rtx = video && has_rtx(a);

	if (video && a->choice->abs_send_time != 0)
		fprintf(f, "a=extmap:%d " SDP_ABS_SEND_TIME "\r\n",
		    a->choice->abs_send_time);
	if (transport_cc(a, i) != 0)
		fprintf(f, "a=extmap:%d " SDP_TRANSPORT_CC "\r\n",
		    transport_cc(a, i));
	fprintf(f, "a=msid:lull lull-%s\r\n", video ? "video" : "audio");
	if (rtx)
		fprintf(f, "a=ssrc-group:FID %" PRIu32 " %" PRIu32 "\r\n",
		    a->video_ssrc, a->rtx_ssrc);	/* RFC 5576, 4.2 */
	write_ssrc(f, a, video ? a->video_ssrc : a->audio_ssrc);
	if (rtx)
		write_ssrc(f, a, a->rtx_ssrc);
}

static void
write_candidates(FILE *f, const struct sdp_answer *a)
{
	for (size_t i = 0; a->candidates && a->candidates[i] != NULL; i++)
		fprintf(f, "a=%s\r\n", a->candidates[i]);
}

/* The section has the codecs that are served; if there are none it is inactive
 * and has the first that was offered. */
static void
write_accepted(FILE *f, const struct sdp_answer *a, int i)
{
	const struct sdp_media *m = &a->offer->media[i];
	bool sending = is_sending(a, i);

	fprintf(f, "m=%s 9 %s", m->kind, m->protocol);
	for (int k = 0; k < m->n_codecs; k++)
		if (sending ? is_served(a, i, &m->codecs[k]) : k == 0)
			fprintf(f, " %d", m->codecs[k].payload_type);
	fprintf(f, "\r\nc=IN IP4 0.0.0.0\r\n");
	if (m->mid[0] != '\0')
		fprintf(f, "a=mid:%s\r\n", m->mid);
	write_transport(f, a);
	fprintf(f, "a=%s\r\na=rtcp-mux\r\n", sending ? "sendonly" : "inactive");
	if (m->rsize)
		fprintf(f, "a=rtcp-rsize\r\n");
	for (int k = 0; k < m->n_codecs; k++) {
		if (sending ? !is_served(a, i, &m->codecs[k]) : k > 0)
			continue;
		write_codec(f, &m->codecs[k]);
		if (i == a->choice->video_media)
			write_feedback(f, a, &m->codecs[k]);
		write_transport_cc(f, a, i, &m->codecs[k]);
	}
	if (sending)
		write_track(f, a, i);
}

static void
write_rejected(FILE *f, const struct sdp_answer *a, int i)
{
	const struct sdp_media *m = &a->offer->media[i];

	fprintf(f, "m=%s 0 %s %s\r\nc=IN IP4 0.0.0.0\r\n", m->kind,
	    m->protocol, m->formats[0] != '\0' ? m->formats : "0");
	if (m->mid[0] != '\0')
		fprintf(f, "a=mid:%s\r\n", m->mid);
	write_transport(f, a);
	fprintf(f, "a=inactive\r\n");
	/* It means nothing here, but werift takes no answer without it. */
	if (strstr(m->protocol, "SCTP") != NULL)
		fprintf(f, "a=sctp-port:5000\r\n");
}

char *
sdp_write_answer(const struct sdp_answer *a)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	bool first = true;

	if (f == NULL)
		return xstrdup("");
	write_session_level(f, a);
	for (int i = 0; i < a->offer->n_media; i++) {
		if (!is_accepted(a, i)) {
			write_rejected(f, a, i);
			continue;
		}
		write_accepted(f, a, i);
		if (first)
			write_candidates(f, a);
		first = false;
	}
	fclose(f);
	return text;
}
