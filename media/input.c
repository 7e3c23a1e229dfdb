#include "input.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libavformat/avformat.h>

#include "camera_url.h"
#include "clock.h"
#include "command.h"
#include "job.h"
#include "libav_log.h"
#include "log.h"
#include "xalloc.h"

#define ROOM		32768	/* bytes that are read of a command at once */
#define LINE		512
#define TURN_MS		100	/* how often a wait looks for its end */

/* What is live is looked at no longer than this before it is shown. */
#define ANALYSED_US	"1000000"
/* No format that reads another thing by itself but HLS, and none of which
 * nobody has heard in cameras. */
#define FORMATS		"flv,live_flv,mpegts,mp4,matroska,mpjpeg,mjpeg," \
			"jpeg_pipe,hls,h264,hevc,m4v,mpeg,ogg,wav,aac,mp3"

typedef int open_fn(AVFormatContext *, AVIOContext **, const char *, int,
	    AVDictionary **);

struct input {
	struct job		*job;
	const struct camera_url	*url;
	AVFormatContext		*av;
	open_fn			*open_default;
	struct command		*command;
	AVIOContext		*pipe;		/* what it writes */
	bool			 wrote;		/* anything */
	char			 line[LINE];	/* of its stderr, so far */
	size_t			 line_len;
	int64_t			 deadline_us;	/* of the call that blocks */
	bool			 late;		/* it was not met */
	bool			 opened;	/* once, at least */
	bool			 failed;	/* the job knows why */
};

struct input *
input_new(struct job *job, const struct camera_url *url)
{
	struct input *in = xcalloc(1, sizeof *in);

	in->job = job;
	in->url = url;
	return in;
}

void
input_free(struct input *in)
{
	input_close(in);
	free(in);
}

AVFormatContext *
input_av(const struct input *in)
{
	return in->av;
}

/* Waiting */

static int
is_interrupted(void *arg)
{
	struct input *in = arg;

	if (job_is_over(in->job))
		return 1;
	if (clock_now_us() < in->deadline_us)
		return 0;
	in->late = true;
	return 1;
}

void
input_begin_wait(struct input *in)
{
	in->late = false;
	in->deadline_us = clock_now_us() + in->url->timeout_ms * 1000LL;
}

bool
input_is_late(const struct input *in)
{
	return in->late;
}

/* Commands */

static void
log_line(struct input *in)
{
	char *masked;

	in->line[in->line_len] = '\0';
	masked = camera_url_mask(in->line);
	if (in->line_len > 0)
		log_debug("exec", "%s", masked);
	free(masked);
	in->line_len = 0;
}

/* Returns false at the end. */
static bool
take_stderr(struct input *in)
{
	char text[LINE];
	ssize_t n = read(command_stderr(in->command), text, sizeof text);

	for (ssize_t i = 0; i < n; i++) {
		if (text[i] == '\n' || text[i] == '\r' ||
		    in->line_len == LINE - 1)
			log_line(in);
		if ((unsigned char)text[i] >= ' ')
			in->line[in->line_len++] = text[i];
	}
	return n > 0 || (n == -1 && errno == EAGAIN);
}

static int
take_stdout(struct input *in, uint8_t *buf, int size)
{
	ssize_t n = read(command_stdout(in->command), buf, (size_t)size);

	if (n == -1)
		return AVERROR(errno);
	in->wrote |= n > 0;
	return n == 0 ? AVERROR_EOF : (int)n;
}

/* What it says beside is read meanwhile: it must not wait for us. */
static int
read_command(void *arg, uint8_t *buf, int size)
{
	struct input *in = arg;
	struct pollfd p[] = {
		{ .fd = command_stdout(in->command), .events = POLLIN },
		{ .fd = command_stderr(in->command), .events = POLLIN },
	};
	int n = AVERROR(EAGAIN);

	while (n == AVERROR(EAGAIN) || n == AVERROR(EINTR)) {
		if (is_interrupted(in))
			return AVERROR_EXIT;
		poll(p, 2, TURN_MS);
		if (p[1].revents != 0 && !take_stderr(in))
			p[1].fd = -1;
		n = p[0].revents != 0 ? take_stdout(in, buf, size) :
		    AVERROR(EAGAIN);
	}
	return n;
}

static int
start_command(struct input *in)
{
	struct error err;

	in->command = command_start(in->url->command, &err);
	if (in->command == NULL) {
		job_fail(in->job, "lost", "%s", err.text);
		in->failed = true;
		return AVERROR_EXIT;
	}
	in->wrote = false;
	in->pipe = avio_alloc_context(av_malloc(ROOM), ROOM, 0, in,
	    read_command, NULL, NULL);
	in->av->pb = in->pipe;
	return 0;
}

/* Opening */

/* A playlist's parts are opened by this as well, without the options that the
 * playlist was opened with. */
static int
open_part(AVFormatContext *av, AVIOContext **pb, const char *url, int flags,
    AVDictionary **options)
{
	struct input *in = av->opaque;
	AVDictionary *own = NULL;
	int ret;

	av_dict_set(options != NULL ? options : &own, "tls_verify",
	    in->url->tls_verify ? "1" : "0", 0);
	ret = in->open_default(av, pb, url, flags,
	    options != NULL ? options : &own);
	av_dict_free(&own);
	return ret;
}

static void
begin_open(struct input *in)
{
	libav_log_forget();
	input_begin_wait(in);
	in->av = avformat_alloc_context();
	in->av->interrupt_callback.callback = is_interrupted;
	in->av->interrupt_callback.opaque = in;
	in->av->opaque = in;
	in->open_default = in->av->io_open;
	in->av->io_open = open_part;
}

/* Only files are allowed, since a playlist in disguise would fetch things. */
static AVDictionary *
file_options(void)
{
	AVDictionary *o = NULL;

	av_dict_set(&o, "protocol_whitelist", "file", 0);
	return o;
}

/* Without `seekable` no range is asked for, which servers of what is live may
 * refuse. */
static AVDictionary *
live_options(const char *protocols)
{
	AVDictionary *o = NULL;

	av_dict_set(&o, "protocol_whitelist", protocols, 0);
	av_dict_set(&o, "format_whitelist", FORMATS, 0);
	av_dict_set(&o, "analyzeduration", ANALYSED_US, 0);
	av_dict_set(&o, "fpsprobesize", "0", 0);
	av_dict_set(&o, "seekable", "0", 0);
	av_dict_set(&o, "user_agent", "lull", 0);
	return o;
}

/* httpx: is a word of our own. */
static char *
libav_url(const struct camera_url *url)
{
	static const char insecure[] = "httpx:";

	if (url->scheme == CAMERA_FILE)
		return xasprintf("file:%s", url->path);
	if (url->scheme == CAMERA_EXEC)
		return xstrdup("");
	if (strncmp(url->url, insecure, strlen(insecure)) == 0)
		return xasprintf("https:%s", url->url + strlen(insecure));
	return xstrdup(url->url);
}

int
input_open(struct input *in)
{
	AVDictionary *options = in->url->scheme == CAMERA_FILE ?
	    file_options() : live_options(in->url->scheme == CAMERA_HTTP ?
	    "http,https,tcp,tls,crypto,data" : "none");
	char *url = libav_url(in->url);
	int ret = 0;

	begin_open(in);
	if (in->url->scheme == CAMERA_EXEC)
		ret = start_command(in);
	if (ret == 0)
		ret = avformat_open_input(&in->av, url, NULL, &options);
	if (ret == 0) {
		input_begin_wait(in);
		ret = avformat_find_stream_info(in->av, NULL);
	}
	in->opened |= ret >= 0;
	av_dict_free(&options);
	explicit_bzero(url, strlen(url));
	free(url);
	return ret < 0 ? ret : 0;
}

void
input_close(struct input *in)
{
	avformat_close_input(&in->av);
	if (in->pipe != NULL)
		av_freep(&in->pipe->buffer);
	avio_context_free(&in->pipe);
	command_stop(in->command);
	in->command = NULL;
	in->line_len = 0;
}

/* What it is */

static bool
is_format(const struct input *in, const char *name)
{
	return strcmp(in->av->iformat->name, name) == 0;
}

bool
input_is_still(const struct input *in)
{
	return in->url->scheme == CAMERA_HTTP && is_format(in, "jpeg_pipe");
}

/* Segments come at once, each, and a film has a length. */
bool
input_is_paced(const struct input *in)
{
	return in->url->scheme == CAMERA_FILE || is_format(in, "hls") ||
	    (in->url->scheme == CAMERA_HTTP && in->av->duration > 0);
}

/* What is raw has a time by counting alone. */
bool
input_is_untimed(const struct input *in)
{
	return in->url->scheme != CAMERA_FILE &&
	    ((in->av->iformat->flags & AVFMT_NOTIMESTAMPS) != 0 ||
	    is_format(in, "jpeg_pipe"));
}

/* How it ends */

struct reason {
	int		 error;
	const char	*state, *words;
};

static const struct reason file_reasons[] = {
	{ AVERROR(ENOENT), "lost", "no such file" },
	{ AVERROR(EACCES), "lost", "no permission to read the file" },
	{ AVERROR_INVALIDDATA, "lost", "not a media file" },
	{ AVERROR(EPERM), "lost", "not a media file" },
	{ 0, NULL, NULL },
};

#define NO_MEDIA	"what comes is no media stream that lull knows: FLV, " \
			"MPEG-TS, MP4, JPEGs or HLS"

static const struct reason live_reasons[] = {
	{ AVERROR_HTTP_BAD_REQUEST, "lost", "400 Bad Request: check the path" },
	{ AVERROR_HTTP_FORBIDDEN, "lost", "403 Forbidden: check what the "
	    "user may see" },
	{ AVERROR_HTTP_NOT_FOUND, "lost", "404 Not Found: check the path" },
	{ AVERROR_HTTP_OTHER_4XX, "lost", "the server refuses the request "
	    "(4xx): check the path" },
	{ AVERROR_HTTP_SERVER_ERROR, "lost", "the server fails (5xx): too "
	    "many viewers of it, or restart it" },
	{ AVERROR(ECONNREFUSED), "lost", "connection refused: check the port" },
	{ AVERROR(EHOSTUNREACH), "lost", "no route to the host: check the "
	    "address" },
	{ AVERROR(ENETUNREACH), "lost", "the network is unreachable" },
	{ AVERROR(ECONNRESET), "lost", "the connection was reset" },
	{ AVERROR(EPIPE), "lost", "the connection was reset" },
	{ AVERROR(EINVAL), "lost", NO_MEDIA },
	{ AVERROR_INVALIDDATA, "lost", NO_MEDIA },
	{ 0, NULL, NULL },
};

/* For these there is but one error, EIO, and a line of libav's log. */
static const struct {
	const char *line, *words;
} failures[] = {
	{ "Stream ends prematurely", "the stream ended" },
	{ "Failed to resolve", "the host has no address: check its name" },
	{ "Peer certificate failed", "no authority that this host trusts "
	    "vouches for its certificate: #tls_verify=0 takes any" },
	{ "The certificate's owner", "its certificate is of another name: "
	    "#tls_verify=0 takes any" },
};

static const char *
failure_words(void)
{
	const char *last = libav_log_last();

	for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++)
		if (strncmp(last, failures[i].line,
		    strlen(failures[i].line)) == 0)
			return failures[i].words;
	return NULL;
}

static void
fail_by_table(struct input *in, int error)
{
	const struct reason *r = in->url->scheme == CAMERA_FILE ?
	    file_reasons : live_reasons;
	char words[AV_ERROR_MAX_STRING_SIZE];

	while (r->words != NULL && r->error != error)
		r++;
	av_strerror(error, words, sizeof words);
	if (in->url->scheme == CAMERA_FILE)
		job_fail(in->job, "lost", "%s: %s", in->url->path,
		    r->words != NULL ? r->words : words);
	else
		job_fail(in->job, "lost", "%s",
		    r->words != NULL ? r->words : words);
}

static void
fail_unauthorised(struct input *in)
{
	const char *authority = strstr(in->url->url, "://") + 3;
	size_t len = strcspn(authority, "/?");

	job_fail(in->job, "denied", memchr(authority, '@', len) != NULL ?
	    "401 Unauthorized: check user and password" :
	    "401 Unauthorized: the camera wants a user and a password: "
	    "http://user:password@...");
}

static void
fail_ended(struct input *in)
{
	char how[64];

	if (in->command == NULL) {
		job_fail(in->job, "lost", in->opened ? "the stream ended" :
		    "the stream ended before it began");
		return;
	}
	command_describe_end(in->command, how, sizeof how);
	job_fail(in->job, "lost", "the command ended: %s", how);
}

void
input_fail(struct input *in, int error)
{
	bool file = in->url->scheme == CAMERA_FILE;

	if (in->failed)
		return;
	if (in->late && file)
		job_fail(in->job, "lost", "%s: no data for %d s",
		    in->url->path, in->url->timeout_ms / 1000);
	else if (in->late)
		job_fail(in->job, "lost", "no data for %d s",
		    in->url->timeout_ms / 1000);
	else if (error == AVERROR_HTTP_UNAUTHORIZED)
		fail_unauthorised(in);
	else if ((error == AVERROR_EOF && !file) ||
	    (in->command != NULL && !in->wrote))
		fail_ended(in);
	else if (!file && failure_words() != NULL)
		job_fail(in->job, "lost", "%s", failure_words());
	else
		fail_by_table(in, error);
}
