#include "camera_option.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

#define TIMEOUT_MAX_S	300

/* What the options of one address have said so far. */
struct reading {
	struct camera_url *url;
	bool	 ffmpeg;
	bool	 asks_video, asks_audio;
};

typedef int set_fn(struct reading *, const char *value);

static set_fn	set_transport, set_timeout, set_tls_verify,
		set_tls_fingerprint, set_media, set_backchannel, set_input,
		set_video, set_audio, set_width, set_height, set_rotate,
		set_hardware, pass_over;

enum {
	OPTION_FFMPEG = 1,	/* means nothing without ffmpeg: */
	OPTION_BARE = 2,	/* may come without a value */
};

/* A value that cannot be read refuses the address if `want` says what could;
 * otherwise the option is ignored. Those that are passed over are of other
 * programs, and the picture is the same without. */
static const struct option {
	const char *name;
	set_fn *set;
	int kind;
	const char *want;
} options[] = {
	{ "transport", set_transport, 0, "tcp, udp or http" },
	{ "timeout", set_timeout, 0, "seconds, 1 to 300" },
	{ "tls_verify", set_tls_verify, 0, "0 or 1" },
	{ "tls_fingerprint", set_tls_fingerprint, 0, "the SHA-256 of the "
	    "camera's certificate, 64 hexadecimal digits" },
	{ "media", set_media, 0, NULL },
	{ "backchannel", set_backchannel, 0, NULL },
	{ "input", set_input, OPTION_FFMPEG, NULL },
	{ "video", set_video, OPTION_FFMPEG, NULL },
	{ "audio", set_audio, OPTION_FFMPEG, NULL },
	{ "width", set_width, OPTION_FFMPEG, NULL },
	{ "height", set_height, OPTION_FFMPEG, NULL },
	{ "rotate", set_rotate, OPTION_FFMPEG, NULL },
	{ "hardware", set_hardware, OPTION_FFMPEG | OPTION_BARE, NULL },
	{ "async", pass_over, OPTION_FFMPEG | OPTION_BARE, NULL },
	{ "query", pass_over, OPTION_FFMPEG, NULL },
	{ "gop", pass_over, 0, NULL },
	{ "pkt_size", pass_over, 0, NULL },
	{ "killsignal", pass_over, 0, NULL },
	{ "killtimeout", pass_over, 0, NULL },
};
#define N_OPTIONS	(sizeof options / sizeof options[0])

/* A word is what is asked for, or "": then it is left to lull. */
struct word {
	const char	*name, *want;
};

/* The last ones no viewer of lull's can play. */
static const struct word video_words[] = {
	{ "copy", "" }, { "h264", "h264" }, { "h265", "h265" },
	{ "mjpeg", "" }, { NULL, NULL },
};

static const struct word audio_words[] = {
	{ "copy", "" }, { "opus", "opus" }, { "pcmu", "pcmu" },
	{ "pcma", "pcma" }, { "aac", "" }, { "mp3", "" }, { "pcm", "" },
	{ "pcml", "" }, { NULL, NULL },
};

static int
pass_over(struct reading *r, const char *value)
{
	(void)r;
	(void)value;
	return 0;
}

static int
set_transport(struct reading *r, const char *value)
{
	r->url->udp = strcmp(value, "udp") == 0;
	r->url->http = strcmp(value, "http") == 0;
	return r->url->udp || r->url->http || strcmp(value, "tcp") == 0 ?
	    0 : -1;
}

/* Reads a whole number between `min` and `max`, or returns -1. */
static int
read_number(const char *value, long min, long max, int *out)
{
	char *end;
	long n = strtol(value, &end, 10);

	if (end == value || *end != '\0' || n < min || n > max)
		return -1;
	*out = (int)n;
	return 0;
}

static int
set_timeout(struct reading *r, const char *value)
{
	int s;

	if (read_number(value, 1, TIMEOUT_MAX_S, &s) == -1)
		return -1;
	r->url->timeout_ms = s * 1000;
	return 0;
}

/* Returns -1 if it is neither 0 nor 1. */
static int
read_flag(const char *value, bool *out)
{
	if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
		return -1;
	*out = value[0] == '1';
	return 0;
}

static int
set_tls_verify(struct reading *r, const char *value)
{
	return read_flag(value, &r->url->tls_verify);
}

/* With or without a colon after each two digits. */
static int
set_tls_fingerprint(struct reading *r, const char *value)
{
	char digits[CAMERA_URL_FINGERPRINT + 1];
	size_t n = 0;

	for (; *value != '\0'; value++) {
		if (*value == ':' && n % 2 == 0)
			continue;
		if (!isxdigit((unsigned char)*value) ||
		    n == CAMERA_URL_FINGERPRINT)
			return -1;
		digits[n++] = *value;
	}
	digits[n] = '\0';
	if (n < CAMERA_URL_FINGERPRINT)
		return -1;
	memcpy(r->url->tls_fingerprint, digits, sizeof digits);
	return 0;
}

static int
set_media(struct reading *r, const char *value)
{
	bool video = strstr(value, "video") != NULL;
	bool audio = strstr(value, "audio") != NULL;

	if (!video && !audio)
		return -1;
	r->url->video = video;
	r->url->audio = audio;
	return 0;
}

static int
set_backchannel(struct reading *r, const char *value)
{
	return read_flag(value, &r->url->backchannel);
}

/* Of go2rtc's templates for FFmpeg's input, these say what RTSP comes over. */
static int
set_input(struct reading *r, const char *value)
{
	if (strcmp(value, "rtsp") != 0 && strcmp(value, "rtsp/udp") != 0)
		return -1;
	r->url->udp = value[4] != '\0';
	return 0;
}

/* Reads a codec, behind which may come its rate: pcmu/16000. Where two are
 * asked for, each viewer is to have the one that he can play, and that is what
 * he has anyway. */
static int
set_word(const struct word *w, bool again, const char *value, char *want,
    size_t size)
{
	size_t n = strcspn(value, "/");

	for (; w->name != NULL; w++) {
		if (strlen(w->name) != n || strncmp(w->name, value, n) != 0)
			continue;
		snprintf(want, size, "%s", again ? "" : w->want);
		return 0;
	}
	return -1;
}

static int
set_video(struct reading *r, const char *value)
{
	bool again = r->asks_video;

	r->asks_video = true;
	return set_word(video_words, again, value, r->url->want_video,
	    sizeof r->url->want_video);
}

static int
set_audio(struct reading *r, const char *value)
{
	bool again = r->asks_audio;

	r->asks_audio = true;
	return set_word(audio_words, again, value, r->url->want_audio,
	    sizeof r->url->want_audio);
}

/* FFmpeg has -1 for "in proportion". */
static int
read_size(const char *value, int *out)
{
	int n;

	if (read_number(value, -1, CAMERA_URL_MAX_SIZE, &n) == -1)
		return -1;
	*out = n > 0 ? n : 0;
	return 0;
}

static int
set_width(struct reading *r, const char *value)
{
	return read_size(value, &r->url->width);
}

static int
set_height(struct reading *r, const char *value)
{
	return read_size(value, &r->url->height);
}

static int
set_rotate(struct reading *r, const char *value)
{
	int degrees;

	if (read_number(value, -270, 270, &degrees) == -1 || degrees % 90 != 0)
		return -1;
	r->url->rotate = (degrees + 360) % 360;
	return 0;
}

static int
set_hardware(struct reading *r, const char *value)
{
	if (strlen(value) >= sizeof r->url->hardware_name)
		return -1;
	r->url->hardware = true;
	strcpy(r->url->hardware_name, value);
	return 0;
}

size_t
camera_option_name(const char *text)
{
	size_t n = 0;

	while (isalnum((unsigned char)text[n]) || text[n] == '_' ||
	    text[n] == '-')
		n++;
	return n;
}

static const struct option *
find_option(const char *name, size_t len)
{
	for (size_t i = 0; i < N_OPTIONS; i++)
		if (strlen(options[i].name) == len &&
		    strncmp(options[i].name, name, len) == 0)
			return &options[i];
	return NULL;
}

static void
ignore(struct camera_url *u, const char *name, size_t len)
{
	char *all = xasprintf("%s%s%.*s", u->ignored != NULL ? u->ignored : "",
	    u->ignored != NULL ? ", " : "", (int)len, name);

	free(u->ignored);
	u->ignored = all;
}

/* Reads one option, without its #. */
static int
take_one(struct reading *r, const char *text, struct error *err)
{
	size_t n = camera_option_name(text);
	const struct option *o = find_option(text, n);
	bool ours = o != NULL && (r->ffmpeg || !(o->kind & OPTION_FFMPEG));
	bool bare = text[n] == '\0' && ours && (o->kind & OPTION_BARE);

	if (n == 0 || (text[n] != '=' && !bare) ||
	    strchr(text, '@') != NULL) {
		error_set(err, "behind a # goes name=value, like "
		    "#transport=udp (in a password, write # as %%23)");
		return -1;
	}
	if (ours && o->set(r, text + n + (bare ? 0 : 1)) == 0)
		return 0;
	if (ours && o->want != NULL) {
		error_set(err, "#%s= wants %s", o->name, o->want);
		return -1;
	}
	ignore(r->url, text, n);
	return 0;
}

int
camera_option_take(struct camera_url *u, bool ffmpeg, const char *text,
    struct error *err)
{
	struct reading r = { .url = u, .ffmpeg = ffmpeg };
	char *copy = xstrdup(text), *rest = copy, *option;
	int ret = 0;

	while (ret == 0 && (option = strsep(&rest, "#")) != NULL)
		if (*option != '\0')
			ret = take_one(&r, option, err);
	explicit_bzero(copy, strlen(text));
	free(copy);
	if (r.asks_video != r.asks_audio) {
		u->video = u->video && r.asks_video;
		u->audio = u->audio && r.asks_audio;
	}
	return ret;
}

char *
camera_option_of_camera(const char *text)
{
	char *copy = xstrdup(text), *rest = copy, *option;
	char *out = xcalloc(1, strlen(text) + 2), *end = out;

	while ((option = strsep(&rest, "#")) != NULL) {
		const struct option *o = find_option(option,
		    camera_option_name(option));

		if (*option == '\0' ||
		    (o != NULL && (o->kind & OPTION_FFMPEG)))
			continue;
		*end++ = '#';
		end = stpcpy(end, option);
	}
	free(copy);
	return out;
}
