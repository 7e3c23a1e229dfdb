#include "reader.h"

#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>

#include "base64.h"
#include "camera_url.h"
#include "clock.h"
#include "file_clock.h"
#include "input.h"
#include "job.h"
#include "xalloc.h"

#define PCM_FRAME	160	/* bytes: 20 ms (RFC 3551, section 4.2) */
#define STILL_US	1000000	/* from one JPEG of a camera to the next */
#define MAX_EARLY_US	30000000	/* more is a leap, not a wait */

struct reader {
	struct job		*job;
	const struct camera_url	*url;
	struct input		*input;
	AVFormatContext		*av;		/* the input's, while open */
	AVBSFContext		*annexb;	/* NULL: it is Annex B */
	AVPacket		*packet;
	int			 video, audio;	/* streams; -1: none */
	bool			 cut;		/* sound, into frames */
	bool			 paced, untimed;
	bool			 begun;		/* the worker has heard */
	int64_t			 opened_us;
	struct file_clock	 clock;
};

/* Opening */

/* Is it of a kind that is asked for? */
static bool
is_wanted(const struct reader *r, const AVStream *st)
{
	enum AVMediaType type = st->codecpar->codec_type;

	return (st->disposition & AV_DISPOSITION_ATTACHED_PIC) == 0 &&
	    ((type == AVMEDIA_TYPE_VIDEO && r->url->video) ||
	    (type == AVMEDIA_TYPE_AUDIO && r->url->audio));
}

/* The first of each kind is taken; whether it can play is the worker's to
 * say. */
static void
choose_streams(struct reader *r)
{
	r->video = r->audio = -1;
	for (unsigned i = 0; i < r->av->nb_streams; i++) {
		AVStream *st = r->av->streams[i];
		int *place = st->codecpar->codec_type == AVMEDIA_TYPE_VIDEO ?
		    &r->video : &r->audio;

		st->discard = AVDISCARD_ALL;
		if (*place != -1 || !is_wanted(r, st))
			continue;
		*place = (int)i;
		st->discard = AVDISCARD_DEFAULT;
	}
}

/* mp4 and mkv keep H264 and H265 with lengths (ISO/IEC 14496-15), not Annex
 * B. */
static int
open_annexb(struct reader *r, const AVStream *st)
{
	const AVCodecParameters *p = st->codecpar;
	const char *filter = p->codec_id == AV_CODEC_ID_H264 ?
	    "h264_mp4toannexb" : p->codec_id == AV_CODEC_ID_HEVC ?
	    "hevc_mp4toannexb" : NULL;
	int ret;

	if (filter == NULL || p->extradata_size == 0 || p->extradata[0] != 1)
		return 0;
	ret = av_bsf_alloc(av_bsf_get_by_name(filter), &r->annexb);
	if (ret < 0)
		return ret;
	r->annexb->time_base_in = st->time_base;
	ret = avcodec_parameters_copy(r->annexb->par_in, p);
	return ret < 0 ? ret : av_bsf_init(r->annexb);
}

/* Frames of PCM have any size in a file; viewers want them small. */
static bool
is_pcm(const AVCodecParameters *p)
{
	return p->codec_id == AV_CODEC_ID_PCM_MULAW ||
	    p->codec_id == AV_CODEC_ID_PCM_ALAW ||
	    p->codec_id == AV_CODEC_ID_ADPCM_G722;
}

static json_t *
describe_config(const AVCodecParameters *p)
{
	char *text = base64_encode(p->extradata, (size_t)p->extradata_size);
	json_t *o = json_string(text);

	free(text);
	return o;
}

static json_t *
describe_sound(const struct reader *r)
{
	const AVCodecParameters *p;

	if (r->audio == -1)
		return json_null();
	p = r->av->streams[r->audio]->codecpar;
	return json_pack("{s:s,s:i,s:i,s:i,s:o}",
	    "coder", avcodec_get_name(p->codec_id), "rate", p->sample_rate,
	    "channels", p->ch_layout.nb_channels,
	    "bits", p->bits_per_coded_sample, "config", describe_config(p));
}

static int
describe(struct reader *r)
{
	const AVCodecParameters *p = r->annexb != NULL ? r->annexb->par_out :
	    r->av->streams[r->video]->codecpar;

	return job_tell(r->job, json_pack("{s:s,s:s,s:o,s:b,s:o}",
	    "event", "begin", "video", avcodec_get_name(p->codec_id),
	    "config", describe_config(p), "reordered", p->video_delay > 0,
	    "sound", describe_sound(r)));
}

/* What is read again and again is told of once: a file goes on with other times
 * in each pass, and one JPEG follows the other. */
static int
tell_begin(struct reader *r)
{
	if (!r->begun) {
		r->begun = true;
		return describe(r);
	}
	if (input_is_still(r->input))
		return 0;
	return job_tell(r->job, json_pack("{s:s}", "event", "restart"));
}

/* Returns 0, or -1 when it has reported why there is nothing to play. */
static int
open_streams(struct reader *r)
{
	int ret;

	choose_streams(r);
	if (r->video == -1) {
		job_fail(r->job, "unsupported", "there is no video");
		return -1;
	}
	r->cut = r->audio != -1 &&
	    is_pcm(r->av->streams[r->audio]->codecpar);
	r->paced = input_is_paced(r->input);
	r->untimed = input_is_untimed(r->input);
	r->clock.start_us = r->av->start_time == AV_NOPTS_VALUE ? 0 :
	    r->av->start_time;
	ret = open_annexb(r, r->av->streams[r->video]);
	if (ret < 0) {
		input_fail(r->input, ret);
		return -1;
	}
	return tell_begin(r);
}

static void
close_input(struct reader *r)
{
	av_bsf_free(&r->annexb);
	input_close(r->input);
	r->av = NULL;
}

/* Packets */

static int64_t
packet_time(const struct reader *r, const AVPacket *p, int64_t ts)
{
	const AVStream *st = r->av->streams[p->stream_index];

	if (ts == AV_NOPTS_VALUE)
		return MEDIA_WIRE_NO_TIME;
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

/* Returns true, at once, if the worker is gone. */
static bool
wait_until(struct reader *r, int64_t due)
{
	int64_t left;

	while ((left = due - clock_now_us()) > 0)
		if (job_sleep(r->job, left > 1000000 ? 1000 :
		    (int)(left + 999) / 1000) == -1)
			return true;
	return job_is_over(r->job);
}

/* The sound of a file comes in pieces of any size. */
static int
give_audio(struct reader *r, const AVPacket *p, int64_t time_us)
{
	struct media_wire m = { .kind = MEDIA_WIRE_AUDIO };
	size_t done, len = (size_t)p->size;
	int ret = 0;

	for (done = 0; done < len && ret == 0; done += m.len) {
		m.data = p->data + done;
		m.len = r->cut && len - done > PCM_FRAME ? PCM_FRAME :
		    len - done;
		m.time_us = time_us == MEDIA_WIRE_NO_TIME ? time_us :
		    time_us + (int64_t)done * 1000000 / 8000;
		ret = job_send(r->job, &m);
	}
	return ret;
}

static int
send_video(struct reader *r, const AVPacket *p, int64_t time_us)
{
	struct media_wire m = {
		.kind = MEDIA_WIRE_VIDEO, .time_us = time_us,
		.data = p->data, .len = (size_t)p->size,
	};

	if ((p->flags & AV_PKT_FLAG_KEY) != 0)
		m.flags |= MEDIA_WIRE_KEY;
	if ((p->flags & AV_PKT_FLAG_CORRUPT) != 0)
		m.flags |= MEDIA_WIRE_DAMAGED;
	return m.len <= MEDIA_WIRE_MAX ? job_send(r->job, &m) : 0;
}

static int
give_video(struct reader *r, AVPacket *p, int64_t time_us)
{
	int ret = 0;

	if (r->annexb == NULL)
		return send_video(r, p, time_us);
	if (av_bsf_send_packet(r->annexb, p) < 0)
		return 0;
	while (ret == 0 && av_bsf_receive_packet(r->annexb, p) == 0) {
		ret = send_video(r, p, time_us);
		av_packet_unref(p);
	}
	return ret;
}

/* What is live comes when it is due, at the container's time if that has
 * any. */
static int64_t
time_of(struct reader *r, const AVPacket *p, int64_t now_us, int64_t *due)
{
	struct file_packet of_file = file_packet_of(r, p);
	int64_t time_us;

	*due = now_us;
	if (r->untimed)
		return MEDIA_WIRE_NO_TIME;
	if (!r->paced)
		return of_file.pts_us != MEDIA_WIRE_NO_TIME ?
		    of_file.pts_us : of_file.dts_us;
	time_us = file_clock_time(&r->clock, &of_file, now_us, due);
	if (r->url->scheme != CAMERA_FILE && *due - now_us > MAX_EARLY_US) {
		r->clock.begin_us -= *due - now_us;
		*due = now_us;
	}
	return time_us;
}

static int
give_packet(struct reader *r, AVPacket *p)
{
	bool video = p->stream_index == r->video;
	int64_t due, time_us;

	if (!video && p->stream_index != r->audio)
		return 0;
	time_us = time_of(r, p, clock_now_us(), &due);
	if (wait_until(r, due))
		return -1;
	return video ? give_video(r, p, time_us) : give_audio(r, p, time_us);
}

/* Tells whether its end is where it is to be read once more. A file is from its
 * begin on; what is live has ended. */
static bool
goes_on(struct reader *r)
{
	return r->url->scheme == CAMERA_FILE || input_is_still(r->input);
}

/* Reads until the end of what is to be read once more: 0. */
static int
read_packets(struct reader *r)
{
	int ret;

	input_begin_wait(r->input);
	while ((ret = av_read_frame(r->av, r->packet)) >= 0 &&
	    !input_is_late(r->input)) {
		ret = give_packet(r, r->packet);
		av_packet_unref(r->packet);
		if (ret == -1)
			return -1;
		input_begin_wait(r->input);
	}
	av_packet_unref(r->packet);
	if (ret == AVERROR_EOF && goes_on(r))
		return 0;
	input_fail(r->input, ret);
	return -1;
}

/* Makes one pass through the file. */
static int
read_once(struct reader *r)
{
	int ret = input_open(r->input);

	r->opened_us = clock_now_us();
	r->av = input_av(r->input);
	if (ret < 0)
		input_fail(r->input, ret);
	else
		ret = open_streams(r);
	if (ret == 0)
		ret = read_packets(r);
	return ret;
}

/* Returns false when it has reported why there is no next pass. */
static bool
prepare_next_pass(struct reader *r)
{
	if (r->url->scheme != CAMERA_FILE)
		return !wait_until(r, r->opened_us + STILL_US);
	if (file_clock_next_pass(&r->clock))
		return true;
	job_fail(r->job, "lost", "%s: no pictures", r->url->path);
	return false;
}

void
reader_run(struct job *job, const struct camera_url *url, int pace)
{
	struct reader r = { .job = job, .url = url };
	bool again;

	r.packet = av_packet_alloc();
	r.input = input_new(job, url);
	file_clock_begin(&r.clock, pace, clock_now_us());
	do {
		again = read_once(&r) == 0;
		close_input(&r);
	} while (again && prepare_next_pass(&r) && !job_is_over(job));
	input_free(r.input);
	av_packet_free(&r.packet);
}
