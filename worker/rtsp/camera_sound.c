#include "camera_sound.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aac_config.h"
#include "camera_sdp.h"
#include "latm_depay.h"
#include "worker/media/fmtp.h"

#define RATE_MIN	4000	/* samples a second, of PCM */
#define RATE_MAX	192000
#define CHANNELS_MAX	8
#define OPUS_RATE	48000	/* RFC 7587, section 4.1 */
#define G726_RATE	8000	/* RFC 3551, section 4.5.4 */
#define MPA_RATE	44100	/* where nobody says it */

struct row {
	const char	*name;		/* in a=rtpmap */
	const char	*shown;
	const char	*coder;		/* NULL: there is none */
	int		 channels;	/* at most */
	int		 bits;		/* of a sample, of G726 */
	bool		 (*read)(const struct camera_track *,
			    struct sound_format *);
};

static bool
read_pcm(const struct camera_track *t, struct sound_format *s)
{
	s->rate = t->clock;
	return t->clock >= RATE_MIN && t->clock <= RATE_MAX;
}

static bool
read_opus(const struct camera_track *t, struct sound_format *s)
{
	s->rate = OPUS_RATE;
	return t->clock == OPUS_RATE;
}

/* Its clock is half of its rate (RFC 3551, section 4.5.2). */
static bool
read_g722(const struct camera_track *t, struct sound_format *s)
{
	s->rate = 16000;
	return t->clock == 8000;
}

static bool
read_g726(const struct camera_track *t, struct sound_format *s)
{
	s->rate = G726_RATE;
	return t->clock == G726_RATE;
}

/* RFC 3640, section 4.1 */
static bool
read_aac(const struct camera_track *t, struct sound_format *s)
{
	size_t len;
	const char *config = fmtp_value(t->fmtp, "config", &len);
	struct aac_config c;

	if (aac_config_hex(config, len, s->config, &s->config_len) == -1 ||
	    aac_config_read(s->config, s->config_len, &c) == -1)
		return false;
	s->rate = c.rate;
	s->channels = c.channels != 0 ? c.channels : t->channels;
	return t->clock > 0;
}

/* In band, the clock is most likely the rate. */
static bool
read_latm(const struct camera_track *t, struct sound_format *s)
{
	struct aac_mux mux;
	bool in_band;

	if (latm_config(t->fmtp, &in_band, &mux) == -1)
		return false;
	s->rate = t->clock;
	if (mux.frames > 0) {
		s->rate = mux.config.rate;
		s->channels = mux.config.channels;
	}
	if (!in_band) {
		memcpy(s->config, mux.bytes, mux.n_bytes);
		s->config_len = mux.n_bytes;
	}
	return t->clock > 0;
}

/* RFC 4856, section 2.1.7. One decoder takes all layers. */
static bool
read_mpa(const struct camera_track *t, struct sound_format *s)
{
	size_t len;
	const char *rate = fmtp_value(t->fmtp, "samplerate", &len);

	s->rate = len > 0 ? atoi(rate) : MPA_RATE;
	if (s->rate < RATE_MIN || s->rate > RATE_MAX)
		s->rate = MPA_RATE;
	if (fmtp_is(t->fmtp, "layer", "2"))
		snprintf(s->coder, sizeof s->coder, "mp2");
	return t->clock > 0;
}

static const struct row rows[] = {
	{ "OPUS", "opus", "opus", 2, 0, read_opus },
	{ "PCMU", "pcmu", "pcm_mulaw", CHANNELS_MAX, 0, read_pcm },
	{ "PCMA", "pcma", "pcm_alaw", CHANNELS_MAX, 0, read_pcm },
	{ "G722", "g722", "adpcm_g722", 1, 0, read_g722 },
	{ "L16", "L16", "pcm_s16be", CHANNELS_MAX, 0, read_pcm },
	{ "L24", "L24", "pcm_s24be", CHANNELS_MAX, 0, read_pcm },
	{ "MPEG4-GENERIC", "aac", "aac", CHANNELS_MAX, 0, read_aac },
	{ "MP4A-LATM", "aac", "aac", CHANNELS_MAX, 0, read_latm },
	{ "MPA", "mp3", "mp3", 2, 0, read_mpa },
	/* The first bits of a byte are the low ones, but for those of AAL2. */
	{ "G726", "g726", "adpcm_g726le", 1, 4, read_g726 },
	{ "G726-16", "g726", "adpcm_g726le", 1, 2, read_g726 },
	{ "G726-24", "g726", "adpcm_g726le", 1, 3, read_g726 },
	{ "G726-32", "g726", "adpcm_g726le", 1, 4, read_g726 },
	{ "G726-40", "g726", "adpcm_g726le", 1, 5, read_g726 },
	{ "AAL2-G726-16", "g726", "adpcm_g726", 1, 2, read_g726 },
	{ "AAL2-G726-24", "g726", "adpcm_g726", 1, 3, read_g726 },
	{ "AAL2-G726-32", "g726", "adpcm_g726", 1, 4, read_g726 },
	{ "AAL2-G726-40", "g726", "adpcm_g726", 1, 5, read_g726 },
	{ "VORBIS", "vorbis", NULL, 0, 0, NULL },
};
#define N_ROWS	(sizeof rows / sizeof rows[0])

static const struct row *
find_row(const struct camera_track *t)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (strcmp(rows[i].name, t->codec) == 0)
			return &rows[i];
	return NULL;
}

bool
camera_sound(const struct camera_track *t, struct sound_format *s)
{
	const struct row *r = find_row(t);

	*s = (struct sound_format){ .channels = t->channels };
	if (r == NULL || r->coder == NULL || t->channels > r->channels)
		return false;
	s->bits = r->bits;
	snprintf(s->coder, sizeof s->coder, "%s", r->coder);
	if (r->read(t, s))
		return true;
	*s = (struct sound_format){ .rate = 0 };
	return false;
}

/* Does it lack its config= alone? */
static bool
lacks_config(const struct camera_track *t)
{
	size_t len;

	fmtp_value(t->fmtp, "config", &len);
	return len == 0 && (strcmp(t->codec, "MPEG4-GENERIC") == 0 ||
	    strcmp(t->codec, "MP4A-LATM") == 0);
}

void
camera_sound_explain(const struct camera_track *t, char *text, size_t size)
{
	const struct row *r = find_row(t);
	char rate[32] = "";

	if (lacks_config(t)) {
		snprintf(text, size, "no sound: the camera does not say how "
		    "its aac is coded (no config= in its SDP), set it to "
		    "Opus or to G.711");
		return;
	}
	if (t->clock > 0 && strcmp(t->codec, "MPA") != 0)
		snprintf(rate, sizeof rate, " at %d Hz", t->clock);
	snprintf(text, size, "no sound: audio %s%s cannot play, set the "
	    "camera to Opus or to G.711 at 8000 Hz", r != NULL ? r->shown :
	    t->codec[0] != '\0' ? t->codec : "of an unknown kind", rate);
}
