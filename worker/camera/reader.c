#include "reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>

#include "assembly.h"
#include "camera_url.h"
#include "clock.h"
#include "duplicate.h"
#include "feed.h"
#include "file_clock.h"
#include "intake.h"
#include "libav_log.h"
#include "reader_reason.h"
#include "worker/media/h264.h"
#include "xalloc.h"

#define GOODBYE_MS	300	/* for TEARDOWN, while the loop waits */
#define REORDER_US	"100000"	/* UDP: how long to wait for one late */
#define UDP_BUFFER	"1048576"	/* bytes: a key frame comes at once */
#define PCM_FRAME	160	/* bytes: 20 ms (RFC 3551, section 4.2) */
#define PCM_MAX_FRAME	960	/* bytes: what is larger is cut */
#define H265_PACKETS	50	/* so many in a row are no damage */

struct reader {
	struct feed		*feed;
	struct intake		*intake;
	const struct camera_url	*url;
	AVFormatContext		*av;
	AVBSFContext		*annexb;	/* NULL: it is Annex B */
	struct assembly		*assembly;	/* of RTP; NULL: a file */
	struct duplicate	 before[2];	/* over UDP: sound, pictures */
	AVPacket		*packet;
	int			 video, audio;	/* streams; -1: none */
	const struct video_codec *video_codec;
	enum media_codec	 audio_codec;

	int64_t			 deadline_us;	/* of the call that blocks */
	bool			 expired;	/* it was not met */
	bool			 playing;	/* all requests were answered */
	bool			 closing;	/* TEARDOWN is being sent */
	int			 h265;		/* packets that look like it */
	bool			 udp;		/* media come over it */
	bool			 lost;		/* packets of pictures were */
	struct libav_heard	 heard;
	struct file_clock	 clock;		/* of a file */
};

void
reader_init(void)
{
	libav_log_init();
	avformat_network_init();
}

/* Losses */

/* libavformat tells of a loss right before it hands on the track's next
 * packet. If it goes back to the network instead, it has thrown that packet
 * away, and nobody knows of which track: it may have been a picture's. */
static void
note_loss(struct reader *r, bool video)
{
	r->lost |= video && r->heard.lost;
	r->heard.lost = false;
}

/* Deadlines */

static int
is_interrupted(void *arg)
{
	struct reader *r = arg;

	note_loss(r, true);
	if (!r->closing && feed_stopping(r->feed))
		return 1;
	if (clock_now_us() < r->deadline_us)
		return 0;
	r->expired = true;
	return 1;
}

static void
set_deadline(struct reader *r, int ms)
{
	r->expired = false;
	r->deadline_us = clock_now_us() + ms * 1000LL;
}

/* Reports what ended the connection, unless the feed is to stop. */
static void
report_lost(struct reader *r, int error)
{
	char why[sizeof ((struct feed_status *)0)->error];
	struct reader_end end = {
		.url = r->url, .heard = &r->heard, .error = error,
		.expired = r->expired, .playing = r->playing, .udp = r->udp,
	};

	if (feed_stopping(r->feed))
		return;
	reader_reason(&end, why, sizeof why);
	intake_end(r->intake, IPC_SOURCE_LOST, "%s", why);
	if (!r->expired && error == AVERROR_HTTP_UNAUTHORIZED)
		intake_deny(r->intake);
}

/* Opening */

/* Nothing is probed or buffered, as that takes time: what the camera sends is
 * known from its SDP and, in time, from the first SPS. Nor is it parsed:
 * libavcodec's parser cuts a picture at parameter sets between its slices
 * and knows the end of each only when the next one comes. A camera that
 * does not do one transport (461) is asked for the other. */
static AVDictionary *
rtsp_options(const struct camera_url *url)
{
	AVDictionary *o = NULL;

	av_dict_set(&o, "rtsp_transport", "udp+tcp", 0);
	if (!url->udp)
		av_dict_set(&o, "rtsp_flags", "prefer_tcp", 0);
	av_dict_set(&o, "allowed_media_types", "video+audio", 0);
	av_dict_set(&o, "fflags", "nobuffer+noparse", 0);
	av_dict_set(&o, "user_agent", "lull", 0);
	av_dict_set(&o, "max_delay", REORDER_US, 0);
	av_dict_set(&o, "buffer_size", UDP_BUFFER, 0);
	return o;
}

/* Only files are allowed, since a playlist in disguise would fetch things. */
static AVDictionary *
file_options(void)
{
	AVDictionary *o = NULL;

	av_dict_set(&o, "protocol_whitelist", "file", 0);
	return o;
}

static int
open_input(struct reader *r)
{
	bool file = r->url->scheme == CAMERA_FILE;
	AVDictionary *options = file ? file_options() : rtsp_options(r->url);
	char *url = file ? xasprintf("file:%s", r->url->path) :
	    xstrdup(r->url->url);
	int ret;

	set_deadline(r, r->url->timeout_ms);
	r->av = avformat_alloc_context();
	r->av->interrupt_callback.callback = is_interrupted;
	r->av->interrupt_callback.opaque = r;
	ret = avformat_open_input(&r->av, url, NULL, &options);
	if (ret == 0 && file)
		ret = avformat_find_stream_info(r->av, NULL);
	r->clock.start_us = r->av == NULL ||
	    r->av->start_time == AV_NOPTS_VALUE ? 0 : r->av->start_time;
	r->udp = camera_url_does_udp(r->url) &&
	    r->url->udp != r->heard.transport;
	av_dict_free(&options);
	explicit_bzero(url, strlen(url));
	free(url);
	return ret < 0 ? ret : 0;
}

static const struct {
	enum AVCodecID id;
	enum media_codec codec;
	int rate;
	int channels;	/* at most */
} codecs[] = {
	{ AV_CODEC_ID_H264, MEDIA_H264, 0, 0 },
	{ AV_CODEC_ID_OPUS, MEDIA_OPUS, 48000, 2 },
	{ AV_CODEC_ID_PCM_MULAW, MEDIA_PCMU, 8000, 1 },
	{ AV_CODEC_ID_PCM_ALAW, MEDIA_PCMA, 8000, 1 },
	{ AV_CODEC_ID_ADPCM_G722, MEDIA_G722, 16000, 1 },
};

static enum media_codec
known_codec(const AVCodecParameters *p)
{
	for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++)
		if (codecs[i].id == p->codec_id &&
		    codecs[i].rate == p->sample_rate &&
		    codecs[i].channels >= p->ch_layout.nb_channels)
			return codecs[i].codec;
	return MEDIA_NONE;
}

static const char *
codec_name(const AVCodecParameters *p)
{
	return p->codec_id == AV_CODEC_ID_NONE ? "of an unknown kind" :
	    avcodec_get_name(p->codec_id);
}

static void
explain_audio(const AVCodecParameters *p, char *note, size_t size)
{
	char rate[32] = "";

	if (p->sample_rate > 0)
		snprintf(rate, sizeof rate, " at %d Hz", p->sample_rate);
	snprintf(note, size, "no sound: audio %s%s cannot play, set the camera "
	    "to Opus or to G.711 at 8000 Hz", codec_name(p), rate);
}

/* Chooses the first video stream that can be played and the first audio that
 * can be passed on. `note` tells of audio that cannot. `*other` becomes the
 * name of a video codec that cannot, or NULL. */
static void
choose_streams(struct reader *r, const char **other, char *note, size_t size)
{
	r->video = r->audio = -1;
	*other = NULL;
	for (unsigned i = 0; i < r->av->nb_streams; i++) {
		const AVCodecParameters *p = r->av->streams[i]->codecpar;
		enum media_codec codec = known_codec(p);

		r->av->streams[i]->discard = AVDISCARD_ALL;
		if (p->codec_type == AVMEDIA_TYPE_VIDEO && r->video == -1) {
			r->video_codec = video_codec(codec);
			if (r->video_codec != NULL)
				r->video = (int)i;
			else
				*other = codec_name(p);
		}
		if (p->codec_type != AVMEDIA_TYPE_AUDIO || r->audio != -1)
			continue;
		r->audio_codec = codec;
		if (codec != MEDIA_NONE)
			r->audio = (int)i;
		else
			explain_audio(p, note, size);
	}
	if (r->audio != -1)
		note[0] = '\0';
}

/* mp4 and mkv keep H264 with lengths (ISO/IEC 14496-15), not Annex B. */
static int
open_annexb(struct reader *r, const AVStream *st)
{
	int ret;

	if (st->codecpar->extradata_size == 0 ||
	    st->codecpar->extradata[0] != 1)
		return 0;
	ret = av_bsf_alloc(av_bsf_get_by_name("h264_mp4toannexb"),
	    &r->annexb);
	if (ret < 0)
		return ret;
	r->annexb->time_base_in = st->time_base;
	ret = avcodec_parameters_copy(r->annexb->par_in, st->codecpar);
	return ret < 0 ? ret : av_bsf_init(r->annexb);
}

static int
on_assembled(const struct assembly_unit *u, void *intake)
{
	return intake_video(intake, u->data, u->len, u->time_us, u->damaged);
}

/* libavformat describes the streams of MPEG-TS only once they come. */
static void
report_no_video(struct reader *r, const char *other)
{
	if (other != NULL)
		intake_end(r->intake, IPC_SOURCE_UNSUPPORTED, "video %s cannot "
		    "play: set the camera to H264", other);
	else if (r->av->ctx_flags & AVFMTCTX_NOHEADER)
		intake_end(r->intake, IPC_SOURCE_UNSUPPORTED, "MPEG-TS over RTP"
		    " cannot play: set the camera to send H264 in RTP itself");
	else
		intake_end(r->intake, IPC_SOURCE_UNSUPPORTED,
		    "there is no video");
}

/* Adds to the note that the media take a way that nobody asked for. */
static void
note_transport(const struct reader *r, char *note, size_t size)
{
	size_t len = strlen(note);

	if (r->heard.transport)
		snprintf(note + len, size - len, "%sover %s: the camera does "
		    "not do %s", len > 0 ? "; " : "", r->udp ? "UDP" : "TCP",
		    r->udp ? "TCP" : "UDP");
}

/* Returns 0, or -1 when it has reported why there is nothing to play. */
static int
open_streams(struct reader *r)
{
	char note[256] = "";
	const char *other;
	const AVCodecParameters *p;
	int ret;

	choose_streams(r, &other, note, sizeof note);
	note_transport(r, note, sizeof note);
	if (r->video == -1) {
		report_no_video(r, other);
		return -1;
	}
	r->av->streams[r->video]->discard = AVDISCARD_DEFAULT;
	if (r->audio != -1)
		r->av->streams[r->audio]->discard = AVDISCARD_DEFAULT;
	ret = open_annexb(r, r->av->streams[r->video]);
	if (ret < 0) {
		report_lost(r, ret);
		return -1;
	}
	if (r->clock.pass_us > 0) {
		intake_restart(r->intake);
		return 0;
	}
	if (r->url->scheme != CAMERA_FILE)
		r->assembly = assembly_new(r->video_codec, on_assembled,
		    r->intake);
	p = r->annexb != NULL ? r->annexb->par_out :
	    r->av->streams[r->video]->codecpar;
	intake_begin(r->intake, r->video_codec, r->audio_codec, note,
	    p->extradata, (size_t)p->extradata_size);
	if (p->video_delay > 0)
		intake_suspect(r->intake);
	return 0;
}

static void
close_input(struct reader *r)
{
	r->closing = true;
	r->playing = false;
	set_deadline(r, GOODBYE_MS);
	av_bsf_free(&r->annexb);
	assembly_free(r->assembly);
	r->assembly = NULL;
	duplicate_clear(&r->before[0]);
	duplicate_clear(&r->before[1]);
	avformat_close_input(&r->av);
	r->closing = false;
}

/* Packets */

static int64_t
packet_time(const struct reader *r, const AVPacket *p, int64_t ts)
{
	const AVStream *st = r->av->streams[p->stream_index];

	if (ts == AV_NOPTS_VALUE)
		return INTAKE_NO_TIME;
	return av_rescale_q(ts, st->time_base, AV_TIME_BASE_Q);
}

/* Returns how long a picture is shown; 0 if the file does not say. */
static int64_t
frame_us(const AVStream *st)
{
	AVRational rate = st->avg_frame_rate;

	if (rate.num <= 0 || rate.den <= 0)
		return 0;
	return av_rescale(AV_TIME_BASE, rate.den, rate.num);
}

static struct file_packet
file_packet_of(const struct reader *r, const AVPacket *p)
{
	const AVStream *st = r->av->streams[p->stream_index];
	struct file_packet f = {
		.video = p->stream_index == r->video,
		.pts_us = packet_time(r, p, p->pts),
		.dts_us = packet_time(r, p, p->dts),
		.length_us = av_rescale_q(p->duration, st->time_base,
		    AV_TIME_BASE_Q),
	};

	if (f.video && f.length_us <= 0)
		f.length_us = frame_us(st);
	return f;
}

/* Returns true, at once, if the feed is to stop. */
static bool
wait_until(struct reader *r, int64_t due)
{
	int64_t left;

	while ((left = due - clock_now_us()) > 0)
		if (feed_wait(r->feed, left > 1000000 ? 1000 :
		    (int)(left + 999) / 1000))
			return true;
	return feed_stopping(r->feed);
}

static void
give_audio(struct reader *r, const AVPacket *p, int64_t time_us)
{
	size_t n, done, len = (size_t)p->size;
	bool cut = r->audio_codec != MEDIA_OPUS &&
	    (len > PCM_MAX_FRAME || r->url->scheme == CAMERA_FILE);

	for (done = 0; done < len; done += n) {
		n = cut && len - done > PCM_FRAME ? PCM_FRAME : len - done;
		intake_audio(r->intake, p->data + done, n,
		    time_us == INTAKE_NO_TIME ? time_us :
		    time_us + (int64_t)done * 1000000 / 8000);
	}
}

/* Some cameras announce H264 and send H265, whose NAL units have no odd
 * type when they are read as H264's. Returns -1 if this camera does. */
static int
watch_kind(struct reader *r, const AVPacket *p)
{
	struct video_nal nal;
	size_t pos = 0;

	if (r->video_codec != &h264_codec ||
	    !h264_next_nal(p->data, (size_t)p->size, &pos, &nal))
		return 0;	/* the next fragment */
	if (nal.type % 2 != 0)
		r->h265 = 0;
	if (!h264_is_h265(nal.data, nal.len) || ++r->h265 < H265_PACKETS)
		return 0;
	intake_end(r->intake, IPC_SOURCE_UNSUPPORTED, "the camera announces "
	    "H264 and sends H265, which cannot play: set it to H264");
	return -1;
}

/* Returns -1 if this connection is to end, which has been reported. */
static int
give_video(struct reader *r, AVPacket *p, int64_t time_us)
{
	bool damaged = r->lost || (p->flags & AV_PKT_FLAG_CORRUPT) != 0;
	int ret = 0;

	r->lost = false;
	if (r->assembly != NULL)
		return watch_kind(r, p) == -1 ? -1 : assembly_add(r->assembly,
		    p->data, (size_t)p->size, time_us, damaged);
	if (r->annexb == NULL)
		return intake_video(r->intake, p->data, (size_t)p->size,
		    time_us, damaged);
	if (av_bsf_send_packet(r->annexb, p) < 0)
		return 0;
	while (ret == 0 && av_bsf_receive_packet(r->annexb, p) == 0) {
		ret = intake_video(r->intake, p->data, (size_t)p->size,
		    time_us, damaged);
		av_packet_unref(p);
	}
	return ret;
}

static bool
came_twice(struct reader *r, const AVPacket *p, int64_t time_us)
{
	bool video = p->stream_index == r->video;
	size_t len = (size_t)p->size;

	return duplicate_is(&r->before[video], p->data, len, time_us) &&
	    !(video && duplicate_is_flat(p->data, len));
}

static int
give_packet(struct reader *r, AVPacket *p)
{
	bool video = p->stream_index == r->video;
	struct file_packet of_file;
	int64_t due, time_us;

	note_loss(r, video);
	if (!video && p->stream_index != r->audio)
		return 0;
	if (r->url->scheme == CAMERA_FILE) {
		of_file = file_packet_of(r, p);
		time_us = file_clock_time(&r->clock, &of_file, clock_now_us(),
		    &due);
		if (wait_until(r, due))
			return -1;
	} else {
		time_us = packet_time(r, p, p->pts);
		if (r->udp && came_twice(r, p, time_us))
			return 0;
	}
	if (video)
		return give_video(r, p, time_us);
	give_audio(r, p, time_us);
	return 0;
}

/* Reads until the connection breaks. Returns 0 at the end of a file, which is
 * to be read once more. */
static int
read_packets(struct reader *r)
{
	int ret;

	r->playing = true;
	set_deadline(r, r->url->timeout_ms);
	while ((ret = av_read_frame(r->av, r->packet)) >= 0 && !r->expired) {
		bool video = r->packet->stream_index == r->video;

		ret = give_packet(r, r->packet);
		av_packet_unref(r->packet);
		if (ret == -1)
			return -1;
		if (video || r->url->scheme == CAMERA_FILE)
			set_deadline(r, r->url->timeout_ms);
	}
	av_packet_unref(r->packet);
	if (r->url->scheme == CAMERA_FILE && ret == AVERROR_EOF)
		return 0;
	report_lost(r, ret);
	return -1;
}

/* Runs one connection, or one pass through a file. */
static int
read_once(struct reader *r)
{
	int ret = open_input(r);

	if (ret < 0)
		report_lost(r, ret);
	else
		ret = open_streams(r);
	if (ret == 0)
		ret = read_packets(r);
	close_input(r);
	return ret;
}

void
reader_run(struct feed *feed, struct intake *in, const struct camera_url *url,
    int file_pace)
{
	struct reader r = { .feed = feed, .intake = in, .url = url };

	libav_log_hear(&r.heard);
	r.packet = av_packet_alloc();
	file_clock_begin(&r.clock, file_pace, clock_now_us());
	while (read_once(&r) == 0 && !feed_stopping(feed)) {
		if (!file_clock_next_pass(&r.clock)) {
			intake_end(in, IPC_SOURCE_LOST, "%s: no pictures",
			    url->path);
			break;
		}
	}
	av_packet_free(&r.packet);
	libav_log_hear(NULL);
}
