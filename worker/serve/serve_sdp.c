#include "serve_sdp.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base64.h"
#include "parameter_sets.h"
#include "worker/media/h264.h"
#include "worker/media/h265.h"
#include "xalloc.h"

#define DYNAMIC	96	/* the first dynamic payload type: RFC 3551, sec. 3 */

/* RFC 3551, table 4. */
static const struct {
	enum media_codec codec;
	int type;
} fixed_types[] = {
	{ MEDIA_PCMU, 0 }, { MEDIA_PCMA, 8 }, { MEDIA_G722, 9 },
};

static int
payload_type(enum media_codec codec, size_t track)
{
	for (size_t i = 0; i < sizeof fixed_types / sizeof fixed_types[0]; i++)
		if (fixed_types[i].codec == codec)
			return fixed_types[i].type;
	return DYNAMIC + (int)track;
}

/* What stands between `p` and the next of `ends`. */
static size_t
word_len(const char *p, const char *ends)
{
	return strcspn(p, ends);
}

static bool
is_word(const char *p, size_t len, const char *word)
{
	return strlen(word) == len && strncasecmp(p, word, len) == 0;
}

/* Whether a value such as "h264,h265" names the codec. */
static bool
names_codec(const char *value, size_t len, enum media_codec codec)
{
	const char *end = value + len;

	if (len == 0)
		return true;
	while (value < end) {
		size_t n = word_len(value, ",&");

		if (is_word(value, n, media_codec_name(codec)) ||
		    is_word(value, n, "all") || is_word(value, n, "any"))
			return true;
		value += n + 1;
	}
	return false;
}

/* What a query says of a kind. */
struct wish {
	bool	said;		/* it names the kind */
	bool	fits;		/* and the codec is one that it asks for */
};

static struct wish
read_wish(const char *query, const char *kind, enum media_codec codec)
{
	struct wish wish = { false, false };

	while (*query != '\0') {
		size_t n = word_len(query, "&");
		size_t key = word_len(query, "=&");
		bool has_value = key < n;

		if (is_word(query, key, kind)) {
			wish.said = true;
			wish.fits |= names_codec(query + key + has_value,
			    n - key - has_value, codec);
		}
		query += n + (query[n] == '&');
	}
	return wish;
}

static void
add_track(struct serve_tracks *out, enum media_codec codec)
{
	out->track[out->n] = (struct serve_track){
		codec, payload_type(codec, out->n)
	};
	out->n++;
}

void
serve_tracks_choose(const struct media_description *m, const char *query,
    struct serve_tracks *out)
{
	const char *q = query != NULL ? query : "";
	struct wish video = read_wish(q, "video", m->video);
	struct wish audio = read_wish(q, "audio", m->audio);
	bool all = !video.said && !audio.said;

	out->n = 0;
	if (media_codec_clock(m->video) != 0 && (all || video.fits))
		add_track(out, m->video);
	if (media_is_audio(m->audio) && (all || audio.fits))
		add_track(out, m->audio);
}

/* RFC 6184, section 8.1: profile-level-id is bytes 1 to 3 of the SPS. */
static void
write_h264_fmtp(FILE *f, int type, const struct parameter_sets *sets)
{
	const char *between = ";sprop-parameter-sets=";

	fprintf(f, "a=fmtp:%d packetization-mode=1", type);
	for (size_t i = 0; i < sets->n; i++)
		if (sets->set[i].type == H264_NAL_SPS &&
		    sets->set[i].len >= 4) {
			const uint8_t *sps = sets->set[i].data;

			fprintf(f, ";profile-level-id=%02x%02x%02x", sps[1],
			    sps[2], sps[3]);
			break;
		}
	for (size_t i = 0; i < sets->n; i++) {
		char *text = base64_encode(sets->set[i].data,
		    sets->set[i].len);

		fprintf(f, "%s%s", between, text);
		between = ",";
		free(text);
	}
	fputs("\r\n", f);
}

/* RFC 7798, section 7.1: each kind of set has a list of its own. Without any
 * there is nothing to say. */
static void
write_h265_fmtp(FILE *f, int type, const struct parameter_sets *sets)
{
	static const struct {
		uint8_t type;
		const char *name;
	} kinds[] = {
		{ H265_NAL_VPS, "sprop-vps=" }, { H265_NAL_SPS, "sprop-sps=" },
		{ H265_NAL_PPS, "sprop-pps=" },
	};

	if (sets->n == 0)
		return;
	fprintf(f, "a=fmtp:%d ", type);
	for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
		const char *between = kinds[k].name;

		fputs(k > 0 ? ";" : "", f);
		for (size_t i = 0; i < sets->n; i++) {
			char *text;

			if (sets->set[i].type != kinds[k].type)
				continue;
			text = base64_encode(sets->set[i].data,
			    sets->set[i].len);
			fprintf(f, "%s%s", between, text);
			between = ",";
			free(text);
		}
	}
	fputs("\r\n", f);
}

static const struct {
	enum media_codec codec;
	void	(*write)(FILE *, int type, const struct parameter_sets *);
} fmtps[] = {
	{ MEDIA_H264, write_h264_fmtp },
	{ MEDIA_H265, write_h265_fmtp },
};

static void
write_track(FILE *f, const struct serve_description *d, size_t i)
{
	const struct serve_track *t = &d->tracks->track[i];
	const struct media_format *format = media_format(t->codec);

	fprintf(f, "m=%s 0 RTP/AVP %d\r\n",
	    format->kind == MEDIA_VIDEO ? "video" : "audio", t->payload_type);
	fprintf(f, "a=rtpmap:%d %s/%d", t->payload_type, format->encoding,
	    format->clock);
	if (format->channels > 1)
		fprintf(f, "/%d", format->channels);
	fputs("\r\n", f);
	for (size_t k = 0; k < sizeof fmtps / sizeof fmtps[0]; k++)
		if (fmtps[k].codec == t->codec)
			fmtps[k].write(f, t->payload_type, d->sets);
	fprintf(f, "a=control:trackID=%zu\r\n", i);
}

char *
serve_sdp_write(const struct serve_description *d)
{
	bool v6 = strchr(d->address, ':') != NULL;
	size_t len;
	char *text;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		abort();
	fprintf(f, "v=0\r\n"
	    "o=- %" PRIu64 " 1 IN %s %s\r\n"
	    "s=lull\r\n"
	    "c=IN %s %s\r\n"
	    "t=0 0\r\n"
	    "a=control:*\r\n"
	    "a=range:npt=now-\r\n",
	    d->origin, v6 ? "IP6" : "IP4", d->address,
	    v6 ? "IP6" : "IP4", v6 ? "::" : "0.0.0.0");
	for (size_t i = 0; i < d->tracks->n; i++)
		write_track(f, d, i);
	fclose(f);
	return text;
}
