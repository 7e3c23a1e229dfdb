#include "rtsp_camera.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "camera_url.h"
#include "clock.h"
#include "id.h"
#include "intake.h"
#include "key_request.h"
#include "worker/media/h264.h"
#include "worker/media/video.h"
#include "worker/rtsp/camera_clock.h"
#include "worker/rtsp/camera_media.h"
#include "worker/rtsp/camera_sdp.h"
#include "worker/rtsp/rtp_track.h"
#include "worker/rtsp/rtsp_client.h"
#include "worker/rtsp/rtsp_reason.h"
#include "worker/rtsp/sound_depay.h"
#include "worker/rtsp/video_depay.h"
#include "xalloc.h"

#define REPORT_MS	5000	/* between receiver reports: RFC 3550, 6.2 */
#define H265_PACKETS	50	/* so many in a row are no damage */

enum { VIDEO = MEDIA_VIDEO, AUDIO = MEDIA_AUDIO, KINDS = CAMERA_MEDIA_KINDS };

struct rtsp_camera {
	const struct camera_url	*url;
	struct rtsp_url		 parts;
	struct intake		*intake;
	rtsp_camera_cb		*ended_cb;
	void			*arg;
	struct rtsp_client	*client;
	uint32_t		 ssrc;		/* ours, in reports */

	/* What the SDP has and is played; the track of the client, or -1. */
	int			 track[KINDS];
	struct rtp_track_config	 config[KINDS];
	struct rtp_track	*rtp[KINDS];
	struct camera_media	 media;
	uint8_t			*sets;		/* parameter sets, or NULL */
	size_t			 sets_len;
	char			 note[256];

	struct camera_clock	 clock;
	struct video_depay	*video_depay;
	struct sound_depay	*sound_depay;	/* or NULL */
	int64_t			 sound_us;	/* time of the packet of sound
						   that is being taken, */
	int64_t			 sound_ticks;	/* also in its RTP ticks */
	int			 h265;		/* packets that look like it */
	bool			 udp;
	bool			 over;		/* nothing more is taken */
	int64_t			 heard_us;	/* the last picture's packet */
	struct key_request	 key_request;
	struct event		*silence, *report, *late, *done;
};

/* The end is told from the loop: a packet is at work. */
static void
be_over(struct rtsp_camera *c)
{
	if (c->over)
		return;
	c->over = true;
	event_active(c->done, EV_TIMEOUT, 0);
}

static void
on_done(evutil_socket_t fd, short what, void *arg)
{
	struct rtsp_camera *c = arg;

	(void)fd;
	(void)what;
	c->ended_cb(c->arg);
}

static void
report_end(struct rtsp_camera *c, const struct rtsp_client_why *why)
{
	char text[sizeof ((struct feed_status *)0)->error];
	struct rtsp_reason reason = {
		.why = why, .password = c->parts.user != NULL,
		.wants_udp = c->url->udp, .udp = c->udp,
		.timeout_ms = c->url->timeout_ms,
	};

	rtsp_reason(&reason, text, sizeof text);
	intake_end(c->intake, IPC_SOURCE_LOST, "%s", text);
	if (why->end == RTSP_END_PASSWORD)
		intake_deny(c->intake);
}

static void
on_ended(const struct rtsp_client_why *why, void *arg)
{
	struct rtsp_camera *c = arg;

	if (c->over)
		return;
	report_end(c, why);
	be_over(c);
}

static void
on_sound(const struct sound_frame *frame, void *arg)
{
	struct rtsp_camera *c = arg;

	intake_audio(c->intake, frame->data, frame->len, c->sound_us +
	    (frame->time - c->sound_ticks) * 1000000 /
	    c->config[AUDIO].clock);
}

static void
send_report(struct rtsp_camera *c, int kind, bool pli)
{
	uint8_t text[RTP_TRACK_RTCP_MAX];
	size_t len = c->rtp[kind] == NULL ? 0 : rtp_track_write_rtcp(
	    c->rtp[kind], c->ssrc, pli, clock_now_us(), text);

	if (len > 0)
		rtsp_client_send_rtcp(c->client, c->track[kind], text, len);
}

/* After a loss, and where PLAY begins within a group of pictures, viewers wait
 * for the next key frame. */
static void
ask_for_key(struct rtsp_camera *c, int64_t now_us)
{
	switch (key_request_next(&c->key_request,
	    intake_wants_key(c->intake), now_us)) {
	case KEY_REQUEST_NONE:
		break;
	case KEY_REQUEST_PLI:
		send_report(c, VIDEO, true);
		break;
	case KEY_REQUEST_PLAY:
		rtsp_client_play_again(c->client);
		break;
	}
}

static int
on_unit(const struct assembly_unit *u, void *arg)
{
	struct rtsp_camera *c = arg;
	int64_t now_us = clock_now_us();
	int64_t time_us = camera_clock_time(&c->clock, c->track[VIDEO],
	    u->time, now_us);

	intake_video(c->intake, u->data, u->len, time_us, u->damaged);
	ask_for_key(c, now_us);
	return 0;
}

static void
begin_video(struct rtsp_camera *c, const struct camera_track *t)
{
	c->video_depay = video_depay_new(t, &c->media, on_unit, c);
	c->sets = video_depay_config(t, &c->media, &c->sets_len);
}

static int
on_described(const struct camera_sdp *sdp, int wanted[RTSP_CLIENT_TRACKS],
    void *arg)
{
	struct rtsp_camera *c = arg;
	const struct camera_media *m = &c->media;
	int clocks[CAMERA_CLOCK_TRACKS] = { 0 }, n = 0;

	camera_media_choose(sdp, &c->media);
	if (!c->url->audio)
		camera_media_leave_sound(&c->media);
	if (m->place[VIDEO] == -1) {
		intake_end(c->intake, IPC_SOURCE_UNSUPPORTED, "%s", m->error);
		be_over(c);
		return 0;
	}
	for (int i = 0; i < KINDS; i++) {
		c->track[i] = m->place[i] == -1 ? -1 : n;
		if (m->place[i] == -1)
			continue;
		c->config[i].type = sdp->tracks[m->place[i]].type;
		c->config[i].clock = sdp->tracks[m->place[i]].clock;
		clocks[n] = c->config[i].clock;
		wanted[n++] = m->place[i];
	}
	if (m->place[AUDIO] != -1)
		c->sound_depay = sound_depay_new(&sdp->tracks[m->place[AUDIO]],
		    &m->sound, on_sound, c);
	snprintf(c->note, sizeof c->note, "%s", m->note);
	begin_video(c, &sdp->tracks[m->place[VIDEO]]);
	camera_clock_begin(&c->clock, n, clocks);
	return n;
}

/* What it plays */

/* Some cameras announce H264 and send H265, whose NAL units have no odd type
 * when they are read as H264's. False if this camera does. */
static bool
watch_kind(struct rtsp_camera *c, const struct rtp_in *in)
{
	if (in->len == 0 || c->media.video != MEDIA_H264)
		return true;
	if (in->data[0] % 2 != 0)
		c->h265 = 0;
	if (!h264_is_h265(in->data, in->len) || ++c->h265 < H265_PACKETS)
		return true;
	intake_end(c->intake, IPC_SOURCE_UNSUPPORTED, "the camera announces "
	    "H264 and sends H265, which cannot play: set it to H264");
	return false;
}

static void
note_restart(struct rtsp_camera *c, int kind, const struct rtp_in *in)
{
	if (!in->restart)
		return;
	camera_clock_restart(&c->clock, c->track[kind]);
	if (kind == VIDEO)
		intake_restart(c->intake);
}

static bool
on_rtp_video(const struct rtp_in *in, void *arg)
{
	struct rtsp_camera *c = arg;

	note_restart(c, VIDEO, in);
	if (watch_kind(c, in))
		video_depay_take(c->video_depay, in);
	else
		be_over(c);
	return !c->over;
}

static bool
on_rtp_audio(const struct rtp_in *in, void *arg)
{
	struct rtsp_camera *c = arg;

	note_restart(c, AUDIO, in);
	c->sound_us = camera_clock_time(&c->clock, c->track[AUDIO], in->time,
	    clock_now_us());
	c->sound_ticks = in->time;
	sound_depay_take(c->sound_depay, in);
	return true;
}

/* Packets of UDP that wait for those before them do so for a time. */
static void
watch_late(struct rtsp_camera *c)
{
	int64_t due_us = INT64_MAX;
	struct timeval tv;

	for (int i = 0; i < KINDS; i++)
		if (c->rtp[i] != NULL && rtp_track_due_us(c->rtp[i]) < due_us)
			due_us = rtp_track_due_us(c->rtp[i]);
	if (due_us == INT64_MAX)
		return;
	tv = clock_timeval(due_us - clock_now_us());
	event_add(c->late, &tv);
}

static void
on_late(evutil_socket_t fd, short what, void *arg)
{
	struct rtsp_camera *c = arg;

	(void)fd;
	(void)what;
	for (int i = 0; i < KINDS && !c->over; i++)
		if (c->rtp[i] != NULL)
			rtp_track_expire(c->rtp[i], clock_now_us());
	watch_late(c);
}

static void
take_rtcp(struct rtsp_camera *c, int kind, const uint8_t *data, size_t len,
    int64_t now_us)
{
	struct rtp_track_report r;

	rtp_track_take_rtcp(c->rtp[kind], data, len, now_us);
	if (rtp_track_report(c->rtp[kind], &r))
		camera_clock_report(&c->clock, c->track[kind], r.time,
		    r.ntp_us);
}

static void
on_packet(int track, bool rtcp, const uint8_t *data, size_t len, void *arg)
{
	struct rtsp_camera *c = arg;
	int kind = track == c->track[VIDEO] ? VIDEO : AUDIO;
	int64_t now_us = clock_now_us();

	if (c->over || c->rtp[kind] == NULL)
		return;
	if (rtcp) {
		take_rtcp(c, kind, data, len, now_us);
		return;
	}
	if (kind == VIDEO)
		c->heard_us = now_us;
	if (rtp_track_take(c->rtp[kind], data, len, now_us) && c->udp)
		watch_late(c);
}

static void
watch_silence(struct rtsp_camera *c, int64_t from_us)
{
	struct timeval tv = clock_timeval(from_us +
	    c->url->timeout_ms * 1000LL - clock_now_us());

	event_add(c->silence, &tv);
}

/* A camera without pictures is lost, though its sound may come. The answer to
 * PLAY is waited for elsewhere. */
static void
on_silence(evutil_socket_t fd, short what, void *arg)
{
	struct rtsp_camera *c = arg;
	struct rtsp_client_why why = { .end = RTSP_END_SILENT,
		.why = "", .method = "", .playing = true };
	int64_t now_us = clock_now_us();

	(void)fd;
	(void)what;
	if (!rtsp_client_is_playing(c->client)) {
		watch_silence(c, now_us);
	} else if (now_us - c->heard_us < c->url->timeout_ms * 1000LL) {
		watch_silence(c, c->heard_us);
	} else if (!c->over) {
		report_end(c, &why);
		be_over(c);
	}
}

static void
on_report(evutil_socket_t fd, short what, void *arg)
{
	struct rtsp_camera *c = arg;

	(void)fd;
	(void)what;
	for (int i = 0; i < KINDS; i++)
		send_report(c, i, false);
}

/* Adds to the note that the media take a way that nobody asked for. */
static void
note_transport(struct rtsp_camera *c)
{
	size_t len = strlen(c->note);

	if (c->udp != (c->url->udp && !c->parts.tls))
		snprintf(c->note + len, sizeof c->note - len, "%sover %s: the "
		    "camera does not do %s", len > 0 ? "; " : "",
		    c->udp ? "UDP" : "TCP", c->udp ? "TCP" : "UDP");
}

static void
begin_intake(struct rtsp_camera *c)
{
	const struct camera_media *m = &c->media;

	if (m->video == MEDIA_FOREIGN)
		intake_begin_foreign(c->intake, m->coder, &m->sound, c->note,
		    c->sets, c->sets_len);
	else
		intake_begin(c->intake, video_codec(m->video), &m->sound,
		    c->note, c->sets, c->sets_len);
}

static void
on_ready(bool udp, void *arg)
{
	static rtp_track_cb *const cbs[] = { on_rtp_video, on_rtp_audio };
	struct rtsp_camera *c = arg;
	struct timeval report = clock_timeval(REPORT_MS * 1000LL);

	c->udp = udp;
	for (int i = 0; i < KINDS; i++) {
		c->config[i].in_order = !udp;
		if (c->track[i] != -1)
			c->rtp[i] = rtp_track_new(&c->config[i], cbs[i], c);
	}
	note_transport(c);
	begin_intake(c);
	c->heard_us = clock_now_us();
	watch_silence(c, c->heard_us);
	event_add(c->report, &report);
}

struct rtsp_camera *
rtsp_camera_open(struct event_base *base, const struct camera_url *url,
    struct intake *intake, rtsp_camera_cb *ended, void *arg)
{
	static const struct rtsp_client_handler handler = {
		on_described, on_ready, on_packet, on_ended
	};
	struct rtsp_camera *c = xcalloc(1, sizeof *c);
	struct rtsp_client_config config = {
		.url = &c->parts, .udp = url->udp, .http = url->http,
		.timeout_ms = url->timeout_ms,
		.trust.anybody = !url->tls_verify,
	};

	if (url->tls_fingerprint[0] != '\0')
		config.trust.fingerprint = url->tls_fingerprint;
	c->url = url;
	c->intake = intake;
	c->ended_cb = ended;
	c->arg = arg;
	c->track[VIDEO] = c->track[AUDIO] = -1;
	id_random(&c->ssrc, sizeof c->ssrc);
	c->silence = evtimer_new(base, on_silence, c);
	c->report = event_new(base, -1, EV_PERSIST, on_report, c);
	c->late = evtimer_new(base, on_late, c);
	c->done = evtimer_new(base, on_done, c);
	if (rtsp_url_parse(url->url, &c->parts) == -1)
		intake_end(intake, IPC_SOURCE_LOST, "this is no address");
	else if ((c->client = rtsp_client_open(base, &config, &handler, c)) ==
	    NULL)
		intake_end(intake, IPC_SOURCE_LOST, "no descriptors");
	if (c->client == NULL)
		be_over(c);
	return c;
}

void
rtsp_camera_ask_key(struct rtsp_camera *c)
{
	if (!c->over)
		send_report(c, VIDEO, true);
}

void
rtsp_camera_close(struct rtsp_camera *c)
{
	if (c == NULL)
		return;
	rtsp_client_free(c->client);
	for (int i = 0; i < KINDS; i++)
		rtp_track_free(c->rtp[i]);
	video_depay_free(c->video_depay);
	sound_depay_free(c->sound_depay);
	event_free(c->silence);
	event_free(c->report);
	event_free(c->late);
	event_free(c->done);
	rtsp_url_clear(&c->parts);
	free(c->sets);
	free(c);
}
