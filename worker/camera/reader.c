#include "reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>

#include "camera_url.h"
#include "clock.h"
#include "feed.h"
#include "file_clock.h"
#include "intake.h"
#include "libav_log.h"
#include "worker/media/video.h"
#include "xalloc.h"

#define PCM_FRAME	160	/* bytes: 20 ms (RFC 3551, section 4.2) */

struct reader {
	struct feed		*feed;
	struct intake		*intake;
	const struct camera_url	*url;
	AVFormatContext		*av;
	AVBSFContext		*annexb;	/* NULL: it is Annex B */
	AVPacket		*packet;
	int			 video, audio;	/* streams; -1: none */
	const struct video_codec *video_codec;
	struct sound_format	 sound;

	int64_t			 deadline_us;	/* of the call that blocks */
	bool			 expired;	/* it was not met */
	struct file_clock	 clock;
};

void
reader_init(void)
{
	libav_log_init();
}

/* Deadlines */

static int
is_interrupted(void *arg)
{
	struct reader *r = arg;

	if (feed_stopping(r->feed))
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

static const struct {
	int error;
	const char *words;
} reasons[] = {
	{ AVERROR(ENOENT), "no such file" },
	{ AVERROR(EACCES), "no permission to read the file" },
	{ AVERROR_INVALIDDATA, "not a media file" },
	{ AVERROR(EPERM), "not a media file" },
};

/* Reports what is wrong with the file, unless the feed is to stop. */
static void
report_lost(struct reader *r, int error)
{
	char why[128] = "";

	if (feed_stopping(r->feed))
		return;
	if (r->expired)
		snprintf(why, sizeof why, "no data for %d s",
		    r->url->timeout_ms / 1000);
	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
		if (reasons[i].error == error && why[0] == '\0')
			snprintf(why, sizeof why, "%s", reasons[i].words);
	if (why[0] == '\0')
		av_strerror(error, why, sizeof why);
	intake_end(r->intake, IPC_SOURCE_LOST, "%s: %s", r->url->path, why);
}

/* Opening */

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
	AVDictionary *options = file_options();
	char *url = xasprintf("file:%s", r->url->path);
	int ret;

	set_deadline(r, r->url->timeout_ms);
	r->av = avformat_alloc_context();
	r->av->interrupt_callback.callback = is_interrupted;
	r->av->interrupt_callback.opaque = r;
	ret = avformat_open_input(&r->av, url, NULL, &options);
	if (ret == 0)
		ret = avformat_find_stream_info(r->av, NULL);
	r->clock.start_us = r->av == NULL ||
	    r->av->start_time == AV_NOPTS_VALUE ? 0 : r->av->start_time;
	av_dict_free(&options);
	free(url);
	return ret < 0 ? ret : 0;
}

static enum media_codec
known_video(const AVCodecParameters *p)
{
	return p->codec_id == AV_CODEC_ID_H264 ? MEDIA_H264 : MEDIA_NONE;
}

static struct sound_format
sound_of(const AVCodecParameters *p)
{
	struct sound_format s = {
		.rate = p->sample_rate,
		.channels = p->ch_layout.nb_channels,
	};

	snprintf(s.coder, sizeof s.coder, "%s", avcodec_get_name(p->codec_id));
	return s;
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
		struct sound_format sound;

		r->av->streams[i]->discard = AVDISCARD_ALL;
		if (p->codec_type == AVMEDIA_TYPE_VIDEO && r->video == -1) {
			r->video_codec = video_codec(known_video(p));
			if (r->video_codec != NULL)
				r->video = (int)i;
			else
				*other = codec_name(p);
		}
		if (p->codec_type != AVMEDIA_TYPE_AUDIO || r->audio != -1)
			continue;
		sound = sound_of(p);
		if (sound_codec(&sound) != MEDIA_FOREIGN) {
			r->audio = (int)i;
			r->sound = sound;
		} else {
			explain_audio(p, note, size);
		}
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

static void
report_no_video(struct reader *r, const char *other)
{
	if (other != NULL)
		intake_end(r->intake, IPC_SOURCE_UNSUPPORTED, "video %s cannot "
		    "play: set the camera to H264", other);
	else
		intake_end(r->intake, IPC_SOURCE_UNSUPPORTED,
		    "there is no video");
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
	p = r->annexb != NULL ? r->annexb->par_out :
	    r->av->streams[r->video]->codecpar;
	intake_begin(r->intake, r->video_codec, &r->sound, note,
	    p->extradata, (size_t)p->extradata_size);
	if (p->video_delay > 0)
		intake_suspect(r->intake);
	return 0;
}

static void
close_input(struct reader *r)
{
	av_bsf_free(&r->annexb);
	avformat_close_input(&r->av);
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

/* The sound of a file comes in pieces of any size. */
static void
give_audio(struct reader *r, const AVPacket *p, int64_t time_us)
{
	size_t n, done, len = (size_t)p->size;
	bool cut = sound_codec(&r->sound) != MEDIA_OPUS;

	for (done = 0; done < len; done += n) {
		n = cut && len - done > PCM_FRAME ? PCM_FRAME : len - done;
		intake_audio(r->intake, p->data + done, n,
		    time_us == INTAKE_NO_TIME ? time_us :
		    time_us + (int64_t)done * 1000000 / 8000);
	}
}

/* Returns -1 if the file is to be left, which has been reported. */
static int
give_video(struct reader *r, AVPacket *p, int64_t time_us)
{
	bool damaged = (p->flags & AV_PKT_FLAG_CORRUPT) != 0;
	int ret = 0;

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

static int
give_packet(struct reader *r, AVPacket *p)
{
	bool video = p->stream_index == r->video;
	struct file_packet of_file;
	int64_t due, time_us;

	if (!video && p->stream_index != r->audio)
		return 0;
	of_file = file_packet_of(r, p);
	time_us = file_clock_time(&r->clock, &of_file, clock_now_us(), &due);
	if (wait_until(r, due))
		return -1;
	if (video)
		return give_video(r, p, time_us);
	give_audio(r, p, time_us);
	return 0;
}

/* Reads until the end of the file, which is to be read once more: 0. */
static int
read_packets(struct reader *r)
{
	int ret;

	set_deadline(r, r->url->timeout_ms);
	while ((ret = av_read_frame(r->av, r->packet)) >= 0 && !r->expired) {
		ret = give_packet(r, r->packet);
		av_packet_unref(r->packet);
		if (ret == -1)
			return -1;
		set_deadline(r, r->url->timeout_ms);
	}
	av_packet_unref(r->packet);
	if (ret == AVERROR_EOF)
		return 0;
	report_lost(r, ret);
	return -1;
}

/* Makes one pass through the file. */
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
}
