/*
 * An offer is read line by line into the sections of struct sdp_offer. ICE and
 * DTLS attributes are kept for each section, since they may stand at either
 * level, in any order, and differ where nothing is bundled yet; at the end
 * those of the section that will carry everything are taken.
 */
#include "sdp.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "xalloc.h"

enum direction { INHERIT, SENDRECV, SENDONLY, RECVONLY, INACTIVE };
enum flag { BUNDLE_ONLY = 1, ALLOW_MIXED = 2, ICE_LITE = 4, RSIZE = 8 };
enum credential { UFRAG, PWD, N_CREDENTIALS };

/* These attributes may stand at session level and in each section. */
struct level {
	char		 credentials[N_CREDENTIALS][257];
	char		 hash[16], fingerprint[200];
	int		 setup;			/* enum sdp_setup, or -1 */
	enum direction	 direction;
	unsigned	 flags;			/* enum flag */
	bool		 port_zero;
	int		 line;			/* of the m= */
};

struct parser {
	struct sdp_offer *offer;
	struct sdp_media *media;	/* NULL at session level */
	struct level	*level;		/* the one being read */
	struct level	 levels[1 + SDP_MAX_MEDIA];	/* 0: session */
	int		 candidate_level[SDP_MAX_CANDIDATES];
	const char	*bundle;	/* mids of the first BUNDLE group */
	int		 line;
	struct error	*err;
};

static int __attribute__((format(printf, 2, 3)))
sdp_fail(struct parser *p, const char *fmt, ...)
{
	char what[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	error_set(p->err, "line %d: %s", p->line, what);
	return -1;
}

/* Text */

static int
copy_text(struct parser *p, char *out, size_t size, const char *text,
    const char *what)
{
	if (strlen(text) >= size)
		return sdp_fail(p, "%s is longer than %zu bytes", what,
		    size - 1);
	strcpy(out, text);
	return 0;
}

/* Reads a decimal number of up to `max` at *s and moves that behind it. -1 if
 * there is none. */
static int
read_number(const char **s, int max)
{
	long long v = 0;

	if (!isdigit((unsigned char)**s))
		return -1;
	for (; isdigit((unsigned char)**s); ++*s) {
		v = v * 10 + (**s - '0');
		if (v > max)
			return -1;
	}
	return v;
}

/* Cuts the next word of *s off in place and moves *s behind it. NULL if there
 * is none. */
static char *
next_word(char **s)
{
	char *word = *s + strspn(*s, " \t");

	if (*word == '\0')
		return NULL;
	*s = word + strcspn(word, " \t");
	if (**s != '\0')
		*(*s)++ = '\0';
	return word;
}

static bool
has_word(const char *list, const char *word)
{
	size_t len = strlen(word), n;

	while (list != NULL && *(list += strspn(list, " ")) != '\0') {
		n = strcspn(list, " ");
		if (n == len && memcmp(list, word, n) == 0)
			return true;
		list += n;
	}
	return false;
}

/* Codecs */

static struct sdp_codec *
find_codec(struct sdp_media *m, int payload_type)
{
	for (int i = 0; m != NULL && i < m->n_codecs; i++)
		if (m->codecs[i].payload_type == payload_type)
			return &m->codecs[i];
	return NULL;
}

/* Some payload types need no a=rtpmap (RFC 3551, section 6). */
static void
name_static_codec(struct sdp_codec *c)
{
	static const char *const names[] = {
		[0] = "PCMU", [8] = "PCMA", [9] = "G722",
	};

	if (c->payload_type >= sizeof names / sizeof names[0] ||
	    names[c->payload_type] == NULL)
		return;
	strcpy(c->name, names[c->payload_type]);
	c->clock = 8000;
	c->channels = 1;
}

static void
add_format(struct sdp_media *m, const char *word)
{
	size_t used = strlen(m->formats), len = strlen(word);
	struct sdp_codec *c;
	const char *s = word;
	int pt = read_number(&s, 127);

	if (used + 1 + len < sizeof m->formats)
		sprintf(m->formats + used, "%s%s", used ? " " : "", word);
	if (pt == -1 || *s != '\0' || m->n_codecs == SDP_MAX_CODECS ||
	    find_codec(m, pt) != NULL)
		return;
	c = &m->codecs[m->n_codecs++];
	memset(c, 0, sizeof *c);
	c->payload_type = pt;
	name_static_codec(c);
}

/* Finds the codec whose payload type a value starts with, and moves *value to
 * what follows. NULL if the m= line does not list it. */
static struct sdp_codec *
read_payload_type(struct parser *p, const char **value)
{
	int pt = read_number(value, 127);

	if (pt == -1 || **value != ' ')
		return NULL;
	*value += strspn(*value, " ");
	return find_codec(p->media, pt);
}

/* The value is "PT name/clock" and perhaps "/channels". One of another form
 * leaves the codec without a name or a clock, and nothing matches that. */
static int
read_rtpmap(struct parser *p, const char *value, int arg)
{
	struct sdp_codec *c = read_payload_type(p, &value);
	size_t len = strcspn(value, "/");
	int clock, channels = 1;

	(void)arg;
	if (c == NULL || len == 0 || len >= sizeof c->name || value[len] == 0)
		return 0;
	for (size_t i = 0; i < len; i++)
		if (!isgraph((unsigned char)value[i]))
			return 0;
	memcpy(c->name, value, len);
	c->name[len] = '\0';
	value += len + 1;
	clock = read_number(&value, 1000000);
	if (clock > 0 && *value == '/') {
		value++;
		channels = read_number(&value, 255);
	}
	c->clock = clock > 0 ? clock : 0;
	c->channels = channels > 0 ? channels : 0;
	return 0;
}

static int
read_fmtp(struct parser *p, const char *value, int arg)
{
	struct sdp_codec *c = read_payload_type(p, &value);

	(void)arg;
	if (c != NULL && strlen(value) < sizeof c->fmtp)
		strcpy(c->fmtp, value);
	return 0;
}

static void
add_feedback(struct sdp_codec *c, const char *value)
{
	if (strcmp(value, "nack") == 0)
		c->nack = true;
	else if (strcmp(value, "goog-remb") == 0)
		c->remb = true;
	else if (strcmp(value, "transport-cc") == 0)
		c->transport_cc = true;
	else if (strcmp(value, "nack pli") == 0)
		c->nack_pli = true;
	else if (strcmp(value, "ccm fir") == 0)
		c->ccm_fir = true;
}

static int
read_rtcp_fb(struct parser *p, const char *value, int arg)
{
	struct sdp_codec *c;

	(void)arg;
	if (strncmp(value, "* ", 2) == 0) {
		for (int i = 0; p->media && i < p->media->n_codecs; i++)
			add_feedback(&p->media->codecs[i], value + 2);
	} else if ((c = read_payload_type(p, &value)) != NULL)
		add_feedback(c, value);
	return 0;
}

/*
 * The value is "id uri". Two extensions are known, with ids that fit a one-byte
 * header (RFC 8285, section 4.2). One for a single direction is passed over.
 */
static int
read_extmap(struct parser *p, const char *value, int arg)
{
	int id = read_number(&value, 14);

	(void)arg;
	if (p->media == NULL || id < 1)
		return 0;
	if (strncmp(value, "/sendrecv", 9) == 0)
		value += 9;
	if (strcmp(value, " " SDP_ABS_SEND_TIME) == 0)
		p->media->abs_send_time = id;
	else if (strcmp(value, " " SDP_TRANSPORT_CC) == 0)
		p->media->transport_cc = id;
	return 0;
}

/* Transport */

/* RFC 8839, section 5.4, has a least length too, but a shorter one harms only
 * the viewer. */
static int
read_ice_credential(struct parser *p, const char *value, int arg)
{
	struct level *l = p->level;

	for (const char *s = value; *s != '\0'; s++)
		if (!isgraph((unsigned char)*s))
			return sdp_fail(p, "ICE credentials are not one word");
	return copy_text(p, l->credentials[arg], sizeof l->credentials[arg],
	    value, "an ICE credential");
}

static int
hash_length(const char *hash)
{
	static const struct {
		const char *name;
		int bytes;
	} hashes[] = {		/* RFC 8122, section 5 */
		{ "sha-256", 32 }, { "sha-384", 48 }, { "sha-512", 64 },
	};

	for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++)
		if (strcasecmp(hash, hashes[i].name) == 0)
			return hashes[i].bytes;
	return -1;
}

/* Whether the text is "AB:CD:…", of exactly so many bytes. */
static bool
is_fingerprint(const char *s, int bytes)
{
	for (int i = 0; i < bytes; i++, s += 3) {
		if (!isxdigit((unsigned char)s[0]) ||
		    !isxdigit((unsigned char)s[1]))
			return false;
		if (s[2] != (i + 1 < bytes ? ':' : '\0'))
			return false;
	}
	return true;
}

/* Of several fingerprints the SHA-256 one is taken, which everyone has, or else
 * the first. */
static int
read_fingerprint(struct parser *p, const char *value, int arg)
{
	struct level *l = p->level;
	char hash[16];
	size_t len = strcspn(value, " ");

	(void)arg;
	if (len >= sizeof hash || value[len] == '\0')
		return sdp_fail(p, "a=fingerprint is not a hash and its value");
	for (size_t i = 0; i <= len; i++)
		hash[i] = i < len ? tolower((unsigned char)value[i]) : '\0';
	value += len + strspn(value + len, " ");
	if (hash_length(hash) == -1)
		return 0;
	if (!is_fingerprint(value, hash_length(hash)))
		return sdp_fail(p, "a=fingerprint is not one of %s", hash);
	if (l->hash[0] != '\0' && strcmp(hash, "sha-256") != 0)
		return 0;
	strcpy(l->hash, hash);
	for (len = 0; value[len] != '\0'; len++)
		l->fingerprint[len] = toupper((unsigned char)value[len]);
	l->fingerprint[len] = '\0';
	return 0;
}

static int
read_setup(struct parser *p, const char *value, int arg)
{
	static const char *const names[] = {
		[SDP_ACTPASS] = "actpass",
		[SDP_ACTIVE] = "active",
		[SDP_PASSIVE] = "passive",
	};

	(void)arg;
	for (int i = 0; i <= SDP_PASSIVE; i++)
		if (strcmp(value, names[i]) == 0)
			p->level->setup = i;
	return 0;
}

static bool
has_candidate(const struct sdp_offer *o, const char *text)
{
	for (int i = 0; i < o->n_candidates; i++)
		if (strcmp(o->candidates[i], text) == 0)
			return true;
	return false;
}

static int
read_candidate(struct parser *p, const char *value, int arg)
{
	struct sdp_offer *o = p->offer;
	char *text;

	(void)arg;
	if (o->n_candidates == SDP_MAX_CANDIDATES)
		return 0;
	text = xasprintf("candidate:%s", value);
	if (has_candidate(o, text)) {
		free(text);
		return 0;
	}
	p->candidate_level[o->n_candidates] = p->level - p->levels;
	o->candidates[o->n_candidates++] = text;
	return 0;
}

/* Sections */

static int
read_group(struct parser *p, const char *value, int arg)
{
	(void)arg;
	if (p->bundle == NULL && strncmp(value, "BUNDLE ", 7) == 0)
		p->bundle = value + 7;
	return 0;
}

static int
read_mid(struct parser *p, const char *value, int arg)
{
	(void)arg;
	if (p->media == NULL || *value == '\0' || strchr(value, ' ') != NULL)
		return sdp_fail(p, "a=mid is not one word in a section");
	return copy_text(p, p->media->mid, sizeof p->media->mid, value,
	    "a=mid");
}

static int
read_direction(struct parser *p, const char *value, int arg)
{
	(void)value;
	p->level->direction = arg;
	return 0;
}

static int
read_flag(struct parser *p, const char *value, int arg)
{
	(void)value;
	p->level->flags |= arg;
	return 0;
}

static const struct {
	const char	*name;
	int		(*read)(struct parser *, const char *value, int arg);
	int		 arg;
} attributes[] = {
	{ "bundle-only", read_flag, BUNDLE_ONLY },
	{ "candidate", read_candidate, 0 },
	{ "extmap", read_extmap, 0 },
	{ "extmap-allow-mixed", read_flag, ALLOW_MIXED },
	{ "fingerprint", read_fingerprint, 0 },
	{ "fmtp", read_fmtp, 0 },
	{ "group", read_group, 0 },
	{ "ice-lite", read_flag, ICE_LITE },
	{ "ice-pwd", read_ice_credential, PWD },
	{ "ice-ufrag", read_ice_credential, UFRAG },
	{ "inactive", read_direction, INACTIVE },
	{ "mid", read_mid, 0 },
	{ "recvonly", read_direction, RECVONLY },
	{ "rtcp-fb", read_rtcp_fb, 0 },
	{ "rtcp-rsize", read_flag, RSIZE },
	{ "rtpmap", read_rtpmap, 0 },
	{ "sendonly", read_direction, SENDONLY },
	{ "sendrecv", read_direction, SENDRECV },
	{ "setup", read_setup, 0 },
};

static int
read_attribute(struct parser *p, char *line)
{
	char *value = line + strcspn(line, ":");

	if (*value != '\0')
		*value++ = '\0';
	for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
		if (strcmp(line, attributes[i].name) == 0)
			return attributes[i].read(p, value,
			    attributes[i].arg);
	return 0;
}

static int
begin_media(struct parser *p)
{
	struct sdp_offer *o = p->offer;

	if (o->n_media == SDP_MAX_MEDIA)
		return sdp_fail(p, "more than %d m= sections", SDP_MAX_MEDIA);
	o->media = xrealloc(o->media, (o->n_media + 1) * sizeof *o->media);
	p->media = &o->media[o->n_media++];
	memset(p->media, 0, sizeof *p->media);
	p->level = &p->levels[o->n_media];
	p->level->line = p->line;
	p->level->setup = -1;
	return 0;
}

/* The line is "kind port protocol format …". */
static int
read_media(struct parser *p, char *line)
{
	const char *kind = next_word(&line), *port = next_word(&line);
	const char *protocol = next_word(&line), *format = next_word(&line);
	int number = port != NULL ? read_number(&port, 65535) : -1;

	if (format == NULL || number == -1)
		return sdp_fail(p,
		    "m= is not a kind, port, protocol and formats");
	if (begin_media(p) == -1 ||
	    copy_text(p, p->media->kind, sizeof p->media->kind, kind,
	    "the kind of media") == -1 ||
	    copy_text(p, p->media->protocol, sizeof p->media->protocol,
	    protocol, "the protocol") == -1)
		return -1;
	p->level->port_zero = number == 0;
	for (; format != NULL; format = next_word(&line))
		add_format(p->media, format);
	return 0;
}

/* These two stay the same in each offer of one session (RFC 3264, 8). */
static int
read_origin(struct parser *p, char *line)
{
	const char *user = next_word(&line), *id = next_word(&line);

	if (id != NULL)
		snprintf(p->offer->origin, sizeof p->offer->origin, "%s %s",
		    user, id);
	return 0;
}

static int
read_line(struct parser *p, char *line)
{
	for (const char *s = line; *s != '\0'; s++)
		if (iscntrl((unsigned char)*s) && *s != '\t')
			return sdp_fail(p, "control character");
	if (p->line == 1 && strcmp(line, "v=0") != 0)
		return sdp_fail(p, "not SDP: it does not start with v=0");
	if (line[0] == '\0')
		return 0;
	if (!isalpha((unsigned char)line[0]) || line[1] != '=')
		return sdp_fail(p, "not of the form x=value");
	if (line[0] == 'm')
		return read_media(p, line + 2);
	if (line[0] == 'o')
		return read_origin(p, line + 2);
	return line[0] == 'a' ? read_attribute(p, line + 2) : 0;
}

/* A line ends with CRLF (RFC 8866, section 5), or with LF alone. */
static int
read_lines(struct parser *p, char *text)
{
	char *end;

	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		p->line++;
		end = text + len;
		text = *end != '\0' ? end + 1 : end;
		*end = '\0';
		if (len > 0 && end[-1] == '\r')
			end[-1] = '\0';
		if (read_line(p, end - len) == -1)
			return -1;
	}
	return 0;
}

/* The end */

static void
settle_media(struct parser *p, int i)
{
	struct sdp_media *m = &p->offer->media[i];
	const struct level *l = &p->levels[i + 1];
	enum direction d = l->direction;

	if (d == INHERIT)
		d = p->levels[0].direction;
	m->bundled = m->mid[0] != '\0' && has_word(p->bundle, m->mid);
	/* Port 0 rejects nothing with bundle-only (RFC 9143, section 6). */
	m->rejected = strstr(m->protocol, "RTP/SAVP") == NULL ||
	    m->n_codecs == 0 ||
	    (l->port_zero && !(m->bundled && l->flags & BUNDLE_ONLY));
	m->wants = !m->rejected &&
	    (d == INHERIT || d == SENDRECV || d == RECVONLY);
	m->rsize = l->flags & RSIZE;
}

/*
 * Returns the section whose transport carries everything: the first of a bundle
 * (RFC 9143, section 7.3.1), or the video.
 */
static int
carrying_media(const struct sdp_offer *o)
{
	int first = -1;

	for (int i = 0; i < o->n_media; i++) {
		const struct sdp_media *m = &o->media[i];

		if (first == -1 && m->bundled && !m->rejected)
			first = i;
		if (m->wants && strcmp(m->kind, "video") == 0)
			return m->bundled ? first : i;
	}
	return first != -1 ? first : 0;
}

static const char *
either(const char *a, const char *b)
{
	return a[0] != '\0' ? a : b;
}

/* Candidates are kept if they stand under the credentials that are taken. */
static void
keep_candidates(struct parser *p)
{
	struct sdp_offer *o = p->offer;
	int n = 0;

	for (int i = 0; i < o->n_candidates; i++) {
		const struct level *l = &p->levels[p->candidate_level[i]];

		if (strcmp(either(l->credentials[UFRAG], o->ufrag),
		    o->ufrag) == 0)
			o->candidates[n++] = o->candidates[i];
		else
			free(o->candidates[i]);
	}
	o->n_candidates = n;
}

static int
settle_transport(struct parser *p)
{
	struct sdp_offer *o = p->offer;
	const struct level *s = &p->levels[0];
	const struct level *l = &p->levels[1 + carrying_media(o)];

	p->line = l->line;
	o->setup = l->setup != -1 ? l->setup : s->setup;
	strcpy(o->ufrag, either(l->credentials[UFRAG], s->credentials[UFRAG]));
	strcpy(o->pwd, either(l->credentials[PWD], s->credentials[PWD]));
	if (o->ufrag[0] == '\0' || o->pwd[0] == '\0')
		return sdp_fail(p, "no a=ice-ufrag and a=ice-pwd for this m=");
	l = l->hash[0] != '\0' ? l : s;
	if (l->hash[0] == '\0')
		return sdp_fail(p, "no a=fingerprint for this m=");
	strcpy(o->hash, l->hash);
	strcpy(o->fingerprint, l->fingerprint);
	return 0;
}

static int
settle_offer(struct parser *p)
{
	struct sdp_offer *o = p->offer;
	unsigned flags = 0;

	if (o->n_media == 0)
		return sdp_fail(p, "no m= section");
	for (int i = 0; i < o->n_media; i++)
		settle_media(p, i);
	for (int i = 0; i <= o->n_media; i++)
		flags |= p->levels[i].flags;
	o->allow_mixed = flags & ALLOW_MIXED;
	o->ice_lite = flags & ICE_LITE;
	if (settle_transport(p) == -1)
		return -1;
	keep_candidates(p);
	return 0;
}

struct sdp_offer *
sdp_parse_offer(const char *text, size_t len, struct error *err)
{
	struct parser *p = xcalloc(1, sizeof *p);
	struct sdp_offer *o = p->offer = xcalloc(1, sizeof *o);
	char *copy = NULL;
	int rc;

	p->err = err;
	p->level = &p->levels[0];
	p->level->setup = SDP_ACTPASS;	/* RFC 5763, section 5 */
	p->line = 1;
	o->candidates = xcalloc(SDP_MAX_CANDIDATES, sizeof *o->candidates);
	if (len > SDP_MAX_LEN || memchr(text, '\0', len) != NULL)
		rc = sdp_fail(p, "%s", len > SDP_MAX_LEN ?
		    "longer than 64 KiB" : "it has a NUL byte");
	else {
		p->line = 0;
		copy = xcalloc(1, len + 1);
		memcpy(copy, text, len);
		rc = read_lines(p, copy) == -1 ? -1 : settle_offer(p);
	}
	free(copy);
	free(p);
	if (rc == 0)
		return o;
	sdp_offer_free(o);
	return NULL;
}

void
sdp_offer_free(struct sdp_offer *o)
{
	if (o == NULL)
		return;
	for (int i = 0; i < o->n_candidates; i++)
		free(o->candidates[i]);
	free(o->candidates);
	free(o->media);
	free(o);
}
