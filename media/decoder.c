#include "decoder.h"

#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>

#include "base64.h"
#include "xalloc.h"

#define MAX_PIXELS	(8192LL * 4608)	/* of a picture: 8K */
#define MAX_CONFIG	65536		/* bytes */

/* A decoder that gave no picture for so many key frames, and so many units in
 * all, which it may hold back, is of no use any more. */
#define STUCK_KEYS	3
#define STUCK_UNITS	20

struct decoder {
	char		*coder, *config;
	AVCodecContext	*av;
	AVPacket	*packet;
	AVFrame		*frame;
	bool		 judges;	/* libav knows when it has recovered */
	bool		 waits;		/* for a key frame */
	int		 keys, units;	/* given since a picture came */
};

/* What cameras and files have. A camera chooses the name, so that the many
 * decoders that nobody needs are out of its reach. */
static const char *const coders[] = {
	"h264", "hevc", "mjpeg", "mpeg4", "av1", "vp8", "vp9", "mpeg2video",
	"mpeg1video", "h263",
};

static const AVCodec *
find_codec(const char *name)
{
	for (size_t i = 0; i < sizeof coders / sizeof coders[0]; i++)
		if (strcmp(coders[i], name) == 0)
			return avcodec_find_decoder(
			    avcodec_descriptor_get_by_name(name)->id);
	return NULL;
}

static int
set_config(AVCodecContext *av, const char *config)
{
	size_t len;
	uint8_t *bytes = base64_decode_bytes(config, strlen(config), &len);
	int ret = -1;

	if (bytes != NULL && len <= MAX_CONFIG)
		av->extradata = av_mallocz(len + AV_INPUT_BUFFER_PADDING_SIZE);
	if (av->extradata != NULL) {
		memcpy(av->extradata, bytes, len);
		av->extradata_size = (int)len;
		ret = 0;
	}
	free(bytes);
	return ret;
}

/* Frame threads would hold pictures back. AV_CODEC_FLAG_OUTPUT_CORRUPT is not
 * set, so that H264 gives nothing before it has recovered. Of MPEG-4 and its
 * like, AV_CODEC_FLAG_LOW_DELAY would make pictures come in a wrong order. */
static AVCodecContext *
open_codec(const AVCodec *codec, const char *config)
{
	AVCodecContext *av = avcodec_alloc_context3(codec);

	if (av == NULL)
		return NULL;
	if (codec->id == AV_CODEC_ID_H264)
		av->flags |= AV_CODEC_FLAG_LOW_DELAY;
	av->flags &= ~AV_CODEC_FLAG_OUTPUT_CORRUPT;
	av->thread_count = 1;
	av->max_pixels = MAX_PIXELS;
	av->pkt_timebase = (AVRational){ 1, 1000000 };
	if ((config[0] == '\0' || set_config(av, config) == 0) &&
	    avcodec_open2(av, codec, NULL) == 0)
		return av;
	avcodec_free_context(&av);
	return NULL;
}

struct decoder *
decoder_new(const char *coder, const char *config)
{
	const AVCodec *codec = find_codec(coder);
	AVCodecContext *av = codec != NULL ? open_codec(codec, config) : NULL;
	struct decoder *d;

	if (av == NULL)
		return NULL;
	d = xcalloc(1, sizeof *d);
	d->coder = xstrdup(coder);
	d->config = xstrdup(config);
	d->av = av;
	d->packet = av_packet_alloc();
	d->frame = av_frame_alloc();
	d->judges = av->codec_id == AV_CODEC_ID_H264;
	d->waits = true;
	return d;
}

void
decoder_free(struct decoder *d)
{
	if (d == NULL)
		return;
	avcodec_free_context(&d->av);
	av_packet_free(&d->packet);
	av_frame_free(&d->frame);
	free(d->coder);
	free(d->config);
	free(d);
}

bool
decoder_is_for(const struct decoder *d, const char *coder, const char *config)
{
	return strcmp(d->coder, coder) == 0 && strcmp(d->config, config) == 0;
}

/* Nonsense may leave a decoder in a state in which it decodes nothing. */
static bool
is_stuck(const struct decoder *d)
{
	return d->keys > STUCK_KEYS && d->units > STUCK_UNITS;
}

static void
open_again(struct decoder *d)
{
	AVCodecContext *av = open_codec(d->av->codec, d->config);

	d->keys = d->units = 0;
	if (av == NULL)
		return;
	avcodec_free_context(&d->av);
	d->av = av;
	d->waits = true;
}

void
decoder_give(struct decoder *d, const struct media_wire *m)
{
	/* Nothing at all would be the end. */
	if (m->len == 0 || m->len > MEDIA_WIRE_MAX ||
	    av_new_packet(d->packet, (int)m->len) < 0)
		return;
	memcpy(d->packet->data, m->data, m->len);
	d->packet->pts = m->time_us;
	d->units++;
	if ((m->flags & MEDIA_WIRE_KEY) != 0)
		d->keys++;
	if (is_stuck(d))
		open_again(d);
	avcodec_send_packet(d->av, d->packet);
	av_packet_unref(d->packet);
}

/* Is it as its camera saw it? The next ones refer to one that is not. */
static bool
is_whole(struct decoder *d)
{
	const AVFrame *f = d->frame;

	if (f->decode_error_flags != 0 ||
	    (f->flags & AV_FRAME_FLAG_CORRUPT) != 0) {
		decoder_restart(d);
		return false;
	}
	if (f->key_frame || d->judges)
		d->waits = false;
	if (!d->waits)
		d->keys = d->units = 0;
	return !d->waits;
}

const struct AVFrame *
decoder_take(struct decoder *d)
{
	while (avcodec_receive_frame(d->av, d->frame) == 0) {
		if (d->frame->pts == AV_NOPTS_VALUE)
			d->frame->pts = d->frame->best_effort_timestamp;
		if (is_whole(d))
			return d->frame;
	}
	return NULL;
}

void
decoder_end(struct decoder *d)
{
	avcodec_send_packet(d->av, NULL);
}

void
decoder_restart(struct decoder *d)
{
	avcodec_flush_buffers(d->av);
	d->waits = true;
}

void
decoder_hurry(struct decoder *d, bool hurry)
{
	d->av->skip_frame = hurry ? AVDISCARD_NONREF : AVDISCARD_DEFAULT;
}
