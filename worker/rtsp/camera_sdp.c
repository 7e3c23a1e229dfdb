#include "camera_sdp.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base64.h"
#include "worker/media/fmtp.h"
#include "xalloc.h"

#define TYPE_MAX	127	/* RFC 3550, section 5.1 */
#define CHANNELS_MAX	255
#define DIMENSION_MAX	65535	/* of JPEG */
#define SPACE		" \t"

/* Where reading an SDP stands. */
struct reading {
	struct camera_sdp	*sdp;
	bool			 is_sdp;
	bool			 in_media;	/* behind the first m= */
	struct camera_track	*track;		/* NULL: one that is left out */
	const char		*types;		/* of its m=, all of them */
};

/* RFC 3551, tables 4 and 5. */
static const struct {
	int		 type;
	const char	*codec;
	int		 clock, channels;
} static_types[] = {
	{ 0, "PCMU", 8000, 1 }, { 2, "G726-32", 8000, 1 },	/* was G721 */
	{ 3, "GSM", 8000, 1 }, { 4, "G723", 8000, 1 },
	{ 5, "DVI4", 8000, 1 }, { 6, "DVI4", 16000, 1 }, { 7, "LPC", 8000, 1 },
	{ 8, "PCMA", 8000, 1 }, { 9, "G722", 8000, 1 },
	{ 10, "L16", 44100, 2 }, { 11, "L16", 44100, 1 },
	{ 12, "QCELP", 8000, 1 }, { 13, "CN", 8000, 1 },
	{ 14, "MPA", 90000, 1 }, { 15, "G728", 8000, 1 },
	{ 16, "DVI4", 11025, 1 }, { 17, "DVI4", 22050, 1 },
	{ 18, "G729", 8000, 1 }, { 25, "CELB", 90000, 1 },
	{ 26, "JPEG", 90000, 1 }, { 28, "NV", 90000, 1 },
	{ 31, "H261", 90000, 1 }, { 32, "MPV", 90000, 1 },
	{ 33, "MP2T", 90000, 1 }, { 34, "H263", 90000, 1 },
};

static void
replace(char **p, char *with)
{
	free(*p);
	*p = with;
}

/* Steps over a number. Returns -1 if there is none, or one above `max`. */
static int
read_number(const char **p, int max)
{
	int n = -1;

	for (; isdigit((unsigned char)**p); ++*p) {
		if (n <= max)
			n = 10 * (n < 0 ? 0 : n) + (**p - '0');
	}
	return n <= max ? n : -1;
}

/* Steps over the payload type that a=rtpmap and a=fmtp begin with. */
static int
read_type(const char **p)
{
	int type;

	*p += strspn(*p, SPACE);
	type = read_number(p, TYPE_MAX);
	*p += strspn(*p, SPACE);
	return type;
}

static bool
has_type(const char *types, int type)
{
	const char *p;

	for (; *types != '\0'; types += strcspn(types, SPACE)) {
		types += strspn(types, SPACE);
		p = types;
		if (read_type(&p) == type)
			return true;
	}
	return false;
}

static void
set_static_type(struct camera_track *track)
{
	size_t n = sizeof static_types / sizeof static_types[0];

	for (size_t i = 0; i < n; i++) {
		if (static_types[i].type != track->type)
			continue;
		strcpy(track->codec, static_types[i].codec);
		track->clock = static_types[i].clock;
		track->channels = static_types[i].channels;
	}
}

static enum camera_track_kind
kind_of(const char *media, const char *protocol, int type)
{
	if (strncasecmp(protocol, "RTP/AVP", 7) != 0 || type < 0)
		return TRACK_OTHER;
	if (strcasecmp(media, "video") == 0)
		return TRACK_VIDEO;
	return strcasecmp(media, "audio") == 0 ? TRACK_AUDIO : TRACK_OTHER;
}

/* m=video 0 RTP/AVP 96 97 (RFC 8866, section 5.14). */
static void
read_media(struct reading *r, char *line)
{
	char *rest, *media = strtok_r(line, SPACE, &rest);
	char *port = strtok_r(NULL, SPACE, &rest);
	char *protocol = strtok_r(NULL, SPACE, &rest);
	const char *types = strtok_r(NULL, "", &rest);
	struct camera_sdp *sdp = r->sdp;

	r->is_sdp = r->in_media = true;
	r->track = NULL;
	if (port == NULL || protocol == NULL ||
	    sdp->n_tracks == CAMERA_SDP_TRACKS)
		return;
	r->types = types = types != NULL ? types : "";
	r->track = &sdp->tracks[sdp->n_tracks++];
	*r->track = (struct camera_track){
		.type = read_type(&types), .channels = 1,
		.fmtp = xstrdup(""), .control = xstrdup(""),
	};
	r->track->kind = kind_of(media, protocol, r->track->type);
	set_static_type(r->track);
}

/* a=rtpmap:96 MPEG4-GENERIC/16000/2 (RFC 8866, section 6.6). */
static void
read_rtpmap(struct reading *r, const char *value)
{
	struct camera_track *track = r->track;
	int type = read_type(&value), clock, channels = 0;
	size_t n = strcspn(value, "/" SPACE);

	if (type < 0 || type != track->type || n == 0 ||
	    n >= sizeof track->codec)
		return;
	for (size_t i = 0; i < n; i++)
		track->codec[i] = (char)toupper((unsigned char)value[i]);
	track->codec[n] = '\0';
	value += n;
	if (*value++ != '/')
		return;
	clock = read_number(&value, CAMERA_SDP_CLOCK_MAX);
	if (clock > 0)
		track->clock = clock;
	if (*value++ == '/')
		channels = read_number(&value, CHANNELS_MAX);
	track->channels = channels > 0 ? channels : 1;
}

/* Cameras put the a=fmtp of one track behind the m= of another. */
static struct camera_track *
whose(struct reading *r, int type)
{
	for (size_t i = 0; i < r->sdp->n_tracks; i++) {
		if (r->sdp->tracks[i].type == type)
			return &r->sdp->tracks[i];
	}
	return r->track;
}

/* a=fmtp:96 packetization-mode=1;... (RFC 8866, section 6.15). */
static void
read_fmtp(struct reading *r, const char *value)
{
	struct camera_track *track = r->track;
	int type = read_type(&value);

	if (type < 0 || *value == '\0')
		return;
	/* What is there is of another type, or the same once more. */
	if (type == track->type)
		replace(&track->fmtp, *track->fmtp == '\0' ? xstrdup(value) :
		    xasprintf("%s;%s", value, track->fmtp));
	else if (!has_type(r->types, type)) {
		track = whose(r, type);
		if (*track->fmtp == '\0')
			replace(&track->fmtp, xstrdup(value));
	}
}

static void
read_control(struct reading *r, const char *value)
{
	replace(r->in_media ? &r->track->control : &r->sdp->control,
	    xstrdup(value));
}

/* a=x-dimensions:2560,1440: of pictures whose RTP cannot say it. */
static void
read_dimensions(struct reading *r, const char *value)
{
	int width = read_number(&value, DIMENSION_MAX), height;

	if (*value++ != ',')
		return;
	value += strspn(value, SPACE);
	height = read_number(&value, DIMENSION_MAX);
	if (width <= 0 || height <= 0)
		return;
	r->track->width = (unsigned)width;
	r->track->height = (unsigned)height;
}

static void
read_sendonly(struct reading *r, const char *value)
{
	(void)value;
	r->track->to_camera = r->track->kind == TRACK_AUDIO;
}

static const struct {
	const char	*name;
	bool		 of_session;	/* it may stand before the first m= */
	void		(*read)(struct reading *, const char *value);
} attributes[] = {
	{ "control", true, read_control },
	{ "rtpmap", false, read_rtpmap },
	{ "fmtp", false, read_fmtp },
	{ "x-dimensions", false, read_dimensions },
	{ "sendonly", false, read_sendonly },
};

static void
read_attribute(struct reading *r, const char *line)
{
	size_t len = strcspn(line, ":");
	const char *value = line + len + (line[len] == ':');

	value += strspn(value, SPACE);
	for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
		if (strlen(attributes[i].name) == len &&
		    strncasecmp(line, attributes[i].name, len) == 0 &&
		    (r->track != NULL ||
		    (attributes[i].of_session && !r->in_media)))
			attributes[i].read(r, value);
	}
}

static void
read_line(struct reading *r, char *line)
{
	size_t len;

	line += strspn(line, SPACE);
	len = strlen(line);
	while (len > 0 && strchr(SPACE, line[len - 1]) != NULL)
		line[--len] = '\0';
	if (len < 2 || line[1] != '=')
		return;
	if (line[0] == 'v')
		r->is_sdp = true;
	else if (line[0] == 'm')
		read_media(r, line + 2);
	else if (line[0] == 'a')
		read_attribute(r, line + 2);
}

int
camera_sdp_read(const char *text, size_t len, struct camera_sdp *sdp)
{
	struct reading r = { .sdp = sdp };
	char *copy = xcalloc(len + 1, 1);
	size_t n;

	memcpy(copy, text, len);
	*sdp = (struct camera_sdp){ .control = xstrdup("") };
	for (char *p = copy; p < copy + len; p += n + 1) {
		n = strcspn(p, "\r\n");
		p[n] = '\0';
		read_line(&r, p);
	}
	free(copy);
	if (r.is_sdp)
		return 0;
	camera_sdp_clear(sdp);
	return -1;
}

void
camera_sdp_clear(struct camera_sdp *sdp)
{
	for (size_t i = 0; i < sdp->n_tracks; i++) {
		free(sdp->tracks[i].fmtp);
		free(sdp->tracks[i].control);
	}
	free(sdp->control);
	*sdp = (struct camera_sdp){ 0 };
}

/* How long "rtsp://" is at the beginning; 0: there is no such. */
static size_t
scheme_len(const char *url)
{
	size_t n = 0;

	while (isalnum((unsigned char)url[n]))
		n++;
	return n > 0 && strncmp(url + n, "://", 3) == 0 ? n + 3 : 0;
}

char *
camera_sdp_url(const char *base, const char *control)
{
	size_t len = strlen(base), n = scheme_len(control);

	if (*control == '\0' || strcmp(control, "*") == 0)
		return xstrdup(base);
	if (n > 0) {
		while (scheme_len(control + n) > 0) {	/* "rtsp://rtsp://" */
			control += n;
			n = scheme_len(control);
		}
		return xstrdup(control);
	}
	if (*control == '?')
		return xasprintf("%s%s", base, control);
	if (len > 0 && base[len - 1] == '/')
		len--;
	return xasprintf("%.*s/%s", (int)len, base,
	    control + (*control == '/'));
}

char *
camera_sdp_parameter(const char *fmtp, const char *name)
{
	size_t len;
	const char *value = fmtp_value(fmtp, name, &len);

	return len > 0 ? xasprintf("%.*s", (int)len, value) : NULL;
}

/* Some cameras send a start code with it. */
static size_t
start_code_len(const uint8_t *nal, size_t len)
{
	size_t zeros = 0;

	while (zeros < len && nal[zeros] == 0)
		zeros++;
	return zeros >= 2 && zeros < len && nal[zeros] == 1 ? zeros + 1 : 0;
}

static void
add_set(uint8_t **sets, size_t *len, const char *text, size_t text_len,
    camera_sdp_is_set *is_set)
{
	static const uint8_t start_code[] = { 0, 0, 0, 1 };
	size_t n, skip;
	uint8_t *nal = base64_decode_bytes(text, text_len, &n);

	if (nal == NULL)
		return;
	skip = start_code_len(nal, n);
	n -= skip;
	if (n > 0 && is_set(nal + skip, n)) {
		*sets = xrealloc(*sets, *len + sizeof start_code + n);
		memcpy(*sets + *len, start_code, sizeof start_code);
		*len += sizeof start_code;
		memcpy(*sets + *len, nal + skip, n);
		*len += n;
	}
	free(nal);
}

static void
add_sets(uint8_t **sets, size_t *len, const char *text, size_t left,
    camera_sdp_is_set *is_set)
{
	size_t n;

	while (left > 0) {
		const char *comma = memchr(text, ',', left);

		n = comma != NULL ? (size_t)(comma - text) : left;
		add_set(sets, len, text, n, is_set);
		n += comma != NULL;
		text += n;
		left -= n;
	}
}

uint8_t *
camera_sdp_sets(const char *fmtp, const char *const *names,
    camera_sdp_is_set *is_set, size_t *len)
{
	uint8_t *sets = NULL;
	size_t left;

	*len = 0;
	for (; *names != NULL; names++) {
		const char *text = fmtp_value(fmtp, *names, &left);

		add_sets(&sets, len, text, left, is_set);
	}
	return sets;
}
