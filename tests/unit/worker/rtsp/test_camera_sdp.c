/* The SDPs are what cameras and servers send, by reports of their users, with
 * addresses and names taken out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "worker/rtsp/camera_sdp.h"
#include "xalloc.h"

static struct camera_sdp
must_read(const char *text)
{
	struct camera_sdp sdp;
	char *exact = xmemdup(text, strlen(text));

	assert_int_equal(camera_sdp_read(exact, strlen(text), &sdp), 0);
	free(exact);
	return sdp;
}

/* As struct camera_track. */
struct wanted {
	enum camera_track_kind	 kind;
	int			 type;
	const char		*codec;
	int			 clock, channels;
	const char		*fmtp, *control;
	bool			 to_camera;
};

static void
assert_track(const struct camera_sdp *sdp, size_t i,
    const struct wanted *wanted)
{
	const struct camera_track *t = &sdp->tracks[i];

	assert_true(i < sdp->n_tracks);
	assert_int_equal(t->kind, wanted->kind);
	assert_int_equal(t->type, wanted->type);
	assert_string_equal(t->codec, wanted->codec);
	assert_int_equal(t->clock, wanted->clock);
	assert_int_equal(t->channels, wanted->channels);
	assert_string_equal(t->fmtp, wanted->fmtp);
	assert_string_equal(t->control, wanted->control);
	assert_int_equal(t->to_camera, wanted->to_camera);
}

#define TRACK(i, ...)	assert_track(&sdp, i, \
    &(struct wanted){ __VA_ARGS__ })

static void
test_hikvision(void **state)
{
	struct camera_sdp sdp = must_read("v=0\r\n"
	    "o=- 1109162014219182 1109162014219192 IN IP4 192.0.2.7\r\n"
	    "s=Media Presentation\r\ne=NONE\r\nb=AS:5100\r\nt=0 0\r\n"
	    "a=control:rtsp://192.0.2.7:554/Streaming/Channels/101/\r\n"
	    "m=video 0 RTP/AVP 96\r\nc=IN IP4 0.0.0.0\r\nb=AS:5000\r\n"
	    "a=recvonly\r\na=x-dimensions:2560,1440\r\n"
	    "a=control:rtsp://192.0.2.7:554/Streaming/Channels/101/"
	    "trackID=1\r\n"
	    "a=rtpmap:96 H264/90000\r\n"
	    "a=fmtp:96 profile-level-id=420029; packetization-mode=1; "
	    "sprop-parameter-sets=Z0IAKeKQCgDLYC3AQEBpB4kRUA==,aM48gA==\r\n"
	    "m=audio 0 RTP/AVP 8\r\nc=IN IP4 0.0.0.0\r\nb=AS:50\r\n"
	    "a=recvonly\r\n"
	    "a=control:rtsp://192.0.2.7:554/Streaming/Channels/101/"
	    "trackID=2\r\n"
	    "a=rtpmap:8 PCMA/8000\r\n"
	    "a=Media_header:MEDIAINFO=494D4B48010300000400000111710110;\r\n"
	    "a=appversion:1.0\r\n");

	(void)state;
	assert_string_equal(sdp.control,
	    "rtsp://192.0.2.7:554/Streaming/Channels/101/");
	assert_int_equal(sdp.n_tracks, 2);
	TRACK(0, TRACK_VIDEO, 96, "H264", 90000, 1,
	    "profile-level-id=420029; packetization-mode=1; "
	    "sprop-parameter-sets=Z0IAKeKQCgDLYC3AQEBpB4kRUA==,aM48gA==",
	    "rtsp://192.0.2.7:554/Streaming/Channels/101/trackID=1", false);
	TRACK(1, TRACK_AUDIO, 8, "PCMA", 8000, 1, "",
	    "rtsp://192.0.2.7:554/Streaming/Channels/101/trackID=2", false);
	camera_sdp_clear(&sdp);
}

/* A recorder of theirs: the fmtp of the sound names a type that is nowhere. */
static void
test_fmtp_of_no_type(void **state)
{
	struct camera_sdp sdp = must_read("v=0\n"
	    "s=HIK Media Server V5.03.010\na=control:*\n"
	    "m=video 0 RTP/AVP 96\na=control:trackID=video\n"
	    "a=rtpmap:96 H264/90000\n"
	    "a=fmtp:96 profile-level-id=4D0014;packetization-mode=0\n"
	    "m=audio 0 RTP/AVP 104\na=control:trackID=audio\n"
	    "a=rtpmap:104 MPEG4-GENERIC/16000\n"
	    "a=fmtp:97 streamtype=5;mode=AAC-hbr;config=1408\n");

	(void)state;
	TRACK(0, TRACK_VIDEO, 96, "H264", 90000, 1,
	    "profile-level-id=4D0014;packetization-mode=0", "trackID=video",
	    false);
	TRACK(1, TRACK_AUDIO, 104, "MPEG4-GENERIC", 16000, 1,
	    "streamtype=5;mode=AAC-hbr;config=1408", "trackID=audio", false);
	camera_sdp_clear(&sdp);
}

/* Dahua with ONVIF's back channel, whose m= has all that it takes. */
static void
test_dahua_with_a_back_channel(void **state)
{
	struct camera_sdp sdp = must_read("v=0\r\n"
	    "o=- 2273421142 2273421142 IN IP4 0.0.0.0\r\ns=Media Server\r\n"
	    "c=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\n"
	    "a=packetization-supported:DH\r\na=range:npt=now-\r\n"
	    "m=video 0 RTP/AVP 96\r\na=control:trackID=0\r\n"
	    "a=framerate:15.000000\r\na=rtpmap:96 H264/90000\r\n"
	    "a=fmtp:96 packetization-mode=1;profile-level-id=64002A\r\n"
	    "a=recvonly\r\n"
	    "m=audio 0 RTP/AVP 8\r\na=control:trackID=1\r\n"
	    "a=rtpmap:8 PCMA/8000\r\na=recvonly\r\n"
	    "m=application 0 RTP/AVP 107\r\na=control:trackID=4\r\n"
	    "a=rtpmap:107 vnd.onvif.metadata/90000\r\na=recvonly\r\n"
	    "m=audio 0 RTP/AVP 116 97 96 0 8\r\na=control:trackID=5\r\n"
	    "a=rtpmap:116 MPEG4-GENERIC/64000/2\r\n"
	    "a=rtpmap:97 G726-16/8000\r\na=rtpmap:96 G726-24/8000\r\n"
	    "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
	    "a=fmtp:97 x=1\r\na=fmtp:96 x=2\r\na=sendonly\r\n");

	(void)state;
	assert_string_equal(sdp.control, "*");
	assert_int_equal(sdp.n_tracks, 4);
	TRACK(0, TRACK_VIDEO, 96, "H264", 90000, 1,
	    "packetization-mode=1;profile-level-id=64002A", "trackID=0",
	    false);
	TRACK(1, TRACK_AUDIO, 8, "PCMA", 8000, 1, "", "trackID=1", false);
	TRACK(2, TRACK_OTHER, 107, "VND.ONVIF.METADATA", 90000, 1, "",
	    "trackID=4", false);
	TRACK(3, TRACK_AUDIO, 116, "MPEG4-GENERIC", 64000, 2, "",
	    "trackID=5", true);
	camera_sdp_clear(&sdp);
}

/* Reolink, by live555: H265, AAC, and what they call bandwidth is all. */
static void
test_reolink_h265(void **state)
{
	struct camera_sdp sdp = must_read("v=0\r\n"
	    "o=- 1700000000000000 1 IN IP4 192.0.2.7\r\n"
	    "s=Session streamed by \"preview\"\r\nt=0 0\r\n"
	    "a=tool:BC Streaming Media v202210012022.10.01\r\n"
	    "a=type:broadcast\r\na=control:*\r\na=range:npt=now-\r\n"
	    "m=video 0 RTP/AVP 96\r\nc=IN IP4 0.0.0.0\r\nb=AS:8192\r\n"
	    "a=rtpmap:96 H265/90000\r\n"
	    "a=fmtp:96 profile-space=0;profile-id=1;tier-flag=0;level-id=150;"
	    "sprop-vps=QAEMAf//AWAAAAMAAAMAAAMAAAMAlqwJ;sprop-sps=QgEB;"
	    "sprop-pps=RAHA8vA8kAA=\r\na=control:track1\r\n"
	    "m=audio 0 RTP/AVP 97\r\nc=IN IP4 0.0.0.0\r\nb=AS:256\r\n"
	    "a=rtpmap:97 MPEG4-GENERIC/16000\r\n"
	    "a=fmtp:97 streamtype=5;profile-level-id=1;mode=AAC-hbr;"
	    "sizelength=13;indexlength=3;indexdeltalength=3;config=1408;"
	    "profile=1;\r\na=control:track2\r\n");
	char *vps, *config;

	(void)state;
	assert_int_equal(sdp.n_tracks, 2);
	assert_string_equal(sdp.tracks[0].codec, "H265");
	assert_string_equal(sdp.tracks[1].codec, "MPEG4-GENERIC");
	assert_int_equal(sdp.tracks[1].clock, 16000);
	vps = camera_sdp_parameter(sdp.tracks[0].fmtp, "sprop-vps");
	config = camera_sdp_parameter(sdp.tracks[1].fmtp, "CONFIG");
	assert_string_equal(vps, "QAEMAf//AWAAAAMAAAMAAAMAAAMAlqwJ");
	assert_string_equal(config, "1408");
	free(vps);
	free(config);
	camera_sdp_clear(&sdp);
}

/* gst-rtsp-server; its Opus is said to be of two channels. */
static void
test_gstreamer(void **state)
{
	struct camera_sdp sdp = must_read("v=0\r\n"
	    "o=- 13580403441410126158 1 IN IP4 127.0.0.1\r\n"
	    "s=Session streamed with GStreamer\r\ni=rtsp-server\r\nt=0 0\r\n"
	    "a=tool:GStreamer\r\na=type:broadcast\r\na=control:*\r\n"
	    "a=range:npt=now-\r\n"
	    "m=video 0 RTP/AVP 96\r\nc=IN IP4 0.0.0.0\r\n"
	    "a=rtpmap:96 H264/90000\r\na=framerate:25\r\n"
	    "a=fmtp:96 packetization-mode=1;profile-level-id=42c01e;"
	    "sprop-parameter-sets=Z0LAHtsC0EmwEQAAAwABAAADADIPFi5I,aMqPIA==\r\n"
	    "a=ts-refclk:local\r\na=mediaclk:sender\r\na=control:stream=0\r\n"
	    "m=audio 0 RTP/AVP 97\r\nc=IN IP4 0.0.0.0\r\n"
	    "a=rtpmap:97 OPUS/48000/2\r\na=fmtp:97 sprop-stereo=0\r\n"
	    "a=control:stream=1\r\n");

	(void)state;
	assert_int_equal(sdp.n_tracks, 2);
	TRACK(0, TRACK_VIDEO, 96, "H264", 90000, 1,
	    "packetization-mode=1;profile-level-id=42c01e;"
	    "sprop-parameter-sets=Z0LAHtsC0EmwEQAAAwABAAADADIPFi5I,aMqPIA==",
	    "stream=0", false);
	TRACK(1, TRACK_AUDIO, 97, "OPUS", 48000, 2, "sprop-stereo=0",
	    "stream=1", false);
	camera_sdp_clear(&sdp);
}

/* live555 says nothing of types that are static, not even their names. */
static void
test_types_without_rtpmap(void **state)
{
	static const struct {
		const char *m, *codec;
		int clock, channels;
	} cases[] = {
		{ "video 0 RTP/AVP 26", "JPEG", 90000, 1 },
		{ "audio 0 RTP/AVP 0", "PCMU", 8000, 1 },
		{ "audio 0 RTP/AVP 3", "GSM", 8000, 1 },
		{ "audio 0 RTP/AVP 4", "G723", 8000, 1 },
		{ "audio 0 RTP/AVP 5", "DVI4", 8000, 1 },
		{ "audio 0 RTP/AVP 6", "DVI4", 16000, 1 },
		{ "audio 0 RTP/AVP 7", "LPC", 8000, 1 },
		{ "audio 0 RTP/AVP 8", "PCMA", 8000, 1 },
		{ "audio 0 RTP/AVP 9", "G722", 8000, 1 },
		{ "audio 0 RTP/AVP 10", "L16", 44100, 2 },
		{ "audio 0 RTP/AVP 11", "L16", 44100, 1 },
		{ "audio 0 RTP/AVP 12", "QCELP", 8000, 1 },
		{ "audio 0 RTP/AVP 13", "CN", 8000, 1 },
		{ "audio 0 RTP/AVP 14", "MPA", 90000, 1 },
		{ "audio 0 RTP/AVP 15", "G728", 8000, 1 },
		{ "audio 0 RTP/AVP 16", "DVI4", 11025, 1 },
		{ "audio 0 RTP/AVP 17", "DVI4", 22050, 1 },
		{ "audio 0 RTP/AVP 18", "G729", 8000, 1 },
		{ "video 0 RTP/AVP 25", "CELB", 90000, 1 },
		{ "video 0 RTP/AVP 28", "NV", 90000, 1 },
		{ "video 0 RTP/AVP 31", "H261", 90000, 1 },
		{ "video 0 RTP/AVP 32", "MPV", 90000, 1 },
		{ "video 0 RTP/AVP 33", "MP2T", 90000, 1 },
		{ "video 0 RTP/AVP 34", "H263", 90000, 1 },
		{ "audio 0 RTP/AVP 0 8 97", "PCMU", 8000, 1 },
		{ "video 0 RTP/AVP 1", "", 0, 1 },
		{ "video 0 RTP/AVP 96", "", 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *text = xasprintf("v=0\nm=%s\na=fmtp:26 \n"
		    "a=control:track1\n", cases[i].m);
		struct camera_sdp sdp = must_read(text);
		TRACK(0, cases[i].m[0] == 'v' ? TRACK_VIDEO : TRACK_AUDIO,
		    atoi(cases[i].m + 16), cases[i].codec, cases[i].clock,
		    cases[i].channels, "", "track1", false);
		free(text);
		camera_sdp_clear(&sdp);
	}
}

/* What cameras call what they send. */
static void
test_rtpmaps(void **state)
{
	static const struct {
		const char *line, *codec;
		int clock, channels;
	} cases[] = {
		{ "a=rtpmap:97 mpeg4-generic/48000/2", "MPEG4-GENERIC",
		    48000, 2 },
		{ "a=rtpmap:97 MP4A-LATM/16000", "MP4A-LATM", 16000, 1 },
		{ "a=rtpmap:97 G726-32/8000/1", "G726-32", 8000, 1 },
		{ "a=rtpmap:97 AAL2-G726-16/8000", "AAL2-G726-16", 8000, 1 },
		{ "a=rtpmap:97 pcmu/8000", "PCMU", 8000, 1 },
		{ "a=rtpmap:97 L16/44100/2", "L16", 44100, 2 },
		{ "a=rtpmap:97 opus/48000/255", "OPUS", 48000, 255 },
		{ "a=rtpmap:97 opus/48000/256", "OPUS", 48000, 1 },
		{ "a=rtpmap:97 opus/48000/0", "OPUS", 48000, 1 },
		{ "a=rtpmap:97 opus/48000/x", "OPUS", 48000, 1 },
		{ "a=rtpmap:97 opus/48000 2", "OPUS", 48000, 1 },
		{ "a=rtpmap:97   H264/90000  ", "H264", 90000, 1 },
		{ "a=rtpmap: 97\tH264/90000\t", "H264", 90000, 1 },
		{ "a=RTPMAP:97 H264/90000", "H264", 90000, 1 },
		{ " a=rtpmap:97 H264/90000", "H264", 90000, 1 },
		{ "a=rtpmap:97 H264/1000000", "H264", 1000000, 1 },
		{ "a=rtpmap:97 H264/1000001", "H264", 0, 1 },
		{ "a=rtpmap:97 H264/99999999999999999999", "H264", 0, 1 },
		{ "a=rtpmap:97 H264/0", "H264", 0, 1 },
		{ "a=rtpmap:97 H264/-1", "H264", 0, 1 },
		{ "a=rtpmap:97 H264/", "H264", 0, 1 },
		{ "a=rtpmap:97 H264", "H264", 0, 1 },
		{ "a=rtpmap:97 H264 90000", "H264", 0, 1 },
		{ "a=rtpmap:97 12345678901234567890abc/8",
		    "12345678901234567890ABC", 8, 1 },
		{ "a=rtpmap:97 12345678901234567890abcd/8", "", 0, 1 },
		{ "a=rtpmap:97 /90000", "", 0, 1 },
		{ "a=rtpmap:97", "", 0, 1 }, { "a=rtpmap", "", 0, 1 },
		{ "a=rtpmap:96 H264/90000", "", 0, 1 },
		{ "a=rtpmap:353 H264/90000", "", 0, 1 },
		{ "a=rtpmap:x H264/90000", "", 0, 1 },
		{ "a=rtpmaps:97 H264/90000", "", 0, 1 },
		{ "b=rtpmap:97 H264/90000", "", 0, 1 },
		{ "a-rtpmap:97 H264/90000", "", 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *text = xasprintf("m=audio 0 RTP/AVP 97\n%s\n",
		    cases[i].line);
		struct camera_sdp sdp = must_read(text);

		assert_string_equal(sdp.tracks[0].codec, cases[i].codec);
		assert_int_equal(sdp.tracks[0].clock, cases[i].clock);
		assert_int_equal(sdp.tracks[0].channels, cases[i].channels);
		free(text);
		camera_sdp_clear(&sdp);
	}
}

/* One of a static type counts before the table. */
static void
test_rtpmap_of_a_static_type(void **state)
{
	struct camera_sdp sdp = must_read("m=audio 0 RTP/AVP 8\n"
	    "a=rtpmap:8 PCMA/16000/2\nm=audio 0 RTP/AVP 10\n"
	    "a=rtpmap:10 L16/44100\nm=audio 0 RTP/AVP 0\n"
	    "a=rtpmap:0 PCMU\n");

	(void)state;
	assert_int_equal(sdp.tracks[0].clock, 16000);
	assert_int_equal(sdp.tracks[0].channels, 2);
	assert_int_equal(sdp.tracks[1].channels, 1);
	assert_int_equal(sdp.tracks[2].clock, 8000);
	camera_sdp_clear(&sdp);
}

/* A server that many cheap cameras have: no more than this. */
static void
test_an_sdp_without_a_version(void **state)
{
	struct camera_sdp sdp = must_read("m=video 0 RTP/AVP 96\r\n"
	    "a=rtpmap:96 H264/90000\r\na=control:trackID=0");

	(void)state;
	assert_string_equal(sdp.control, "");
	assert_int_equal(sdp.n_tracks, 1);
	TRACK(0, TRACK_VIDEO, 96, "H264", 90000, 1, "", "trackID=0", false);
	camera_sdp_clear(&sdp);
}

/* By a=sendonly a camera says that it listens; one that says it of a picture
 * has it the wrong way round. */
static void
test_what_goes_to_the_camera(void **state)
{
	struct camera_sdp sdp = must_read("v=0\na=sendonly\n"
	    "m=audio 0 RTP/AVP 0\nc=IN IP4 192.0.2.7\n"
	    "a=control:rtsp://192.0.2.7/mic/trackID=9?mtu=1440\na=recvonly\n"
	    "m=audio 0 RTP/AVP 0 97\nc=SM SM spk0_trackID2\na=sendonly\n"
	    "a=rtpmap:0 pcmu/8000\na=rtpmap:97 opus/48000/2\n"
	    "m=video 0 RTP/AVP 96\na=sendonly\n"
	    "m=audio 0 RTP/AVP 0\na=sendrecv\n");

	(void)state;
	TRACK(0, TRACK_AUDIO, 0, "PCMU", 8000, 1, "",
	    "rtsp://192.0.2.7/mic/trackID=9?mtu=1440", false);
	TRACK(1, TRACK_AUDIO, 0, "PCMU", 8000, 1, "", "", true);
	TRACK(2, TRACK_VIDEO, 96, "", 0, 1, "", "", false);
	TRACK(3, TRACK_AUDIO, 0, "PCMU", 8000, 1, "", "", false);
	camera_sdp_clear(&sdp);
}

static void
test_the_size_of_pictures(void **state)
{
	struct camera_sdp sdp = must_read("v=0\na=x-dimensions:1,1\n"
	    "m=video 0 RTP/AVP 26\na=x-dimensions: 2560, 1440\n"
	    "m=video 0 RTP/AVP 26\na=x-dimensions:65536,1\n"
	    "m=video 0 RTP/AVP 26\na=x-dimensions:1,65536\n"
	    "m=video 0 RTP/AVP 26\na=x-dimensions:0,1\n"
	    "m=video 0 RTP/AVP 26\na=x-dimensions:1\n"
	    "m=video 0 RTP/AVP 26\na=x-dimensions:1,\n"
	    "m=video 0 RTP/AVP 26\n");

	(void)state;
	for (size_t i = 0; i < sdp.n_tracks; i++) {
		assert_int_equal(sdp.tracks[i].width, i == 0 ? 2560 : 0);
		assert_int_equal(sdp.tracks[i].height, i == 0 ? 1440 : 0);
	}
	assert_int_equal(sdp.n_tracks, 7);
	camera_sdp_clear(&sdp);
}

static void
test_what_is_neither_picture_nor_sound(void **state)
{
	struct camera_sdp sdp = must_read("v=0\n"
	    "m=application/tp-link 0 RTP/AVP smart/0/25000\n"
	    "a=rtpmap:95 tp-link/25000\na=control:track3\n"
	    "m=video 0 RTP/SAVP 96\na=rtpmap:96 H264/90000\n"
	    "m=video 0 RAW/RAW/UDP 33\n"
	    "m=video 0 RTP/AVP\n"
	    "m=video 0 RTP/AVP 128\n"
	    "m=VIDEO 49170/2 rtp/avpf 127\n"
	    "m=audio 0 RTP/AVP/TCP\t 0\n"
	    "m=audio 0 RTP/AVP x\na=rtpmap:y PCMU/8000\n");

	(void)state;
	assert_int_equal(sdp.n_tracks, 8);
	TRACK(0, TRACK_OTHER, -1, "", 0, 1, "", "track3", false);
	TRACK(1, TRACK_OTHER, 96, "H264", 90000, 1, "", "", false);
	TRACK(2, TRACK_OTHER, 33, "MP2T", 90000, 1, "", "", false);
	TRACK(3, TRACK_OTHER, -1, "", 0, 1, "", "", false);
	TRACK(4, TRACK_OTHER, -1, "", 0, 1, "", "", false);
	TRACK(5, TRACK_VIDEO, 127, "", 0, 1, "", "", false);
	TRACK(6, TRACK_AUDIO, 0, "PCMU", 8000, 1, "", "", false);
	TRACK(7, TRACK_OTHER, -1, "", 0, 1, "", "", false);
	camera_sdp_clear(&sdp);
}

/* What follows an m= that is left out is not that of another. */
static void
test_a_track_that_is_left_out(void **state)
{
	char *text = xstrdup("v=0\na=control:session\nm=audio 0 RTP/AVP 0\n"
	    "a=control:one\nm=video\na=control:none\na=rtpmap:0 NONE/1\n"
	    "a=fmtp:0 none\na=sendonly\nm=\na=control:none\nm=video 0\n"
	    "a=control:none\n"), *longer;
	struct camera_sdp sdp = must_read(text);

	(void)state;
	assert_string_equal(sdp.control, "session");
	assert_int_equal(sdp.n_tracks, 1);
	TRACK(0, TRACK_AUDIO, 0, "PCMU", 8000, 1, "", "one", false);
	camera_sdp_clear(&sdp);
	for (int i = 2; i < 12; i++) {
		longer = xasprintf("%sm=audio %d RTP/AVP 8\na=control:%d\n",
		    text, i, i);
		free(text);
		text = longer;
	}
	sdp = must_read(text);
	assert_int_equal(sdp.n_tracks, CAMERA_SDP_TRACKS);
	assert_string_equal(sdp.tracks[0].control, "one");
	assert_string_equal(sdp.tracks[CAMERA_SDP_TRACKS - 1].control, "8");
	free(text);
	camera_sdp_clear(&sdp);
}

/* Behind the sound stands what is of the picture. */
static void
test_fmtp_of_another_track(void **state)
{
	struct camera_sdp sdp = must_read("v=0\nm=video 0 RTP/AVP 96\n"
	    "a=rtpmap:96 H264/90000\nm=audio 0 RTP/AVP 97 98\n"
	    "a=fmtp:96 sprop-parameter-sets=Z0I=\na=fmtp:98 other\n"
	    "a=fmtp:97 mine\na=fmtp:96 twice\na=fmtp:99 nobody's\n"
	    "m=application 0 RTP/AVP 100\na=fmtp:101 a\na=fmtp:100 b\n"
	    "a=fmtp:102 c\na=fmtp:x d\na=fmtp:100 e\na=fmtp:128 f\n");

	(void)state;
	assert_string_equal(sdp.tracks[0].fmtp, "sprop-parameter-sets=Z0I=");
	assert_string_equal(sdp.tracks[1].fmtp, "mine");
	/* Its own is first, and so is found. */
	assert_string_equal(sdp.tracks[2].fmtp, "e;b;a");
	camera_sdp_clear(&sdp);
}

static void
test_fmtp_is_of_a_type_and_says_something(void **state)
{
	struct camera_sdp sdp = must_read("v=0\nm=audio 0 RTP/AVP 0\n"
	    "a=fmtp:0 a\na=fmtp:0 \na=fmtp:0\nm=audio 0 RTP/AVP x\n"
	    "a=fmtp:x b\nm=video 0 RTP/AVP 96\na=fmtp:96\n");
	struct camera_sdp other = must_read("m=video 0 RTP/AVP 96\n"
	    "a=fmtp:0 a\n");

	(void)state;
	assert_string_equal(sdp.tracks[0].fmtp, "a");
	assert_string_equal(sdp.tracks[1].fmtp, "");
	assert_string_equal(sdp.tracks[2].fmtp, "");
	assert_string_equal(other.tracks[0].fmtp, "a");
	camera_sdp_clear(&sdp);
	camera_sdp_clear(&other);
}

static void
test_lines_end_in_any_way(void **state)
{
	static const char *const ends[] = {
		"\n", "\r\n", "\r", "\n\n", "\n\r"
	};

	(void)state;
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		char *text = xasprintf("v=0%sm=video 0 RTP/AVP 96 97%s"
		    "a=control:a%sm=audio 0 RTP/AVP 0%sa=control:b%s", ends[i],
		    ends[i], ends[i], ends[i], ends[i]);
		struct camera_sdp sdp = must_read(text);

		assert_int_equal(sdp.n_tracks, 2);
		assert_int_equal(sdp.tracks[0].type, 96);
		assert_string_equal(sdp.tracks[0].control, "a");
		assert_string_equal(sdp.tracks[1].control, "b");
		free(text);
		camera_sdp_clear(&sdp);
	}
}

/* So does a zero; and what is behind the length is not read. */
static void
test_zeros(void **state)
{
	static const char text[] = "\0v=0\0m=video 0 RTP/AVP 96\0a=control:a\0"
	    "\0a=fmtp:96 b";
	struct camera_sdp sdp;

	(void)state;
	assert_int_equal(camera_sdp_read(text, sizeof text - 3, &sdp), 0);
	assert_int_equal(sdp.n_tracks, 1);
	assert_string_equal(sdp.tracks[0].control, "a");
	assert_string_equal(sdp.tracks[0].fmtp, "");
	camera_sdp_clear(&sdp);
}

static void
test_what_is_no_sdp(void **state)
{
	static const char *const cases[] = {
		"", "\n", "v", "v:0", "<html><body>m=1</body></html>\r\n",
		"a=control:*\n", "o=- 1 1 IN IP4 0.0.0.0\n", " \t \n",
	};
	struct camera_sdp sdp;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(camera_sdp_read(cases[i], strlen(cases[i]),
		    &sdp), -1);
	/* One that says nothing is one. */
	assert_int_equal(camera_sdp_read("v=0", 3, &sdp), 0);
	assert_int_equal(sdp.n_tracks, 0);
	assert_string_equal(sdp.control, "");
	camera_sdp_clear(&sdp);
	camera_sdp_clear(&sdp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hikvision),
		cmocka_unit_test(test_fmtp_of_no_type),
		cmocka_unit_test(test_dahua_with_a_back_channel),
		cmocka_unit_test(test_reolink_h265),
		cmocka_unit_test(test_gstreamer),
		cmocka_unit_test(test_types_without_rtpmap),
		cmocka_unit_test(test_rtpmaps),
		cmocka_unit_test(test_rtpmap_of_a_static_type),
		cmocka_unit_test(test_an_sdp_without_a_version),
		cmocka_unit_test(test_what_goes_to_the_camera),
		cmocka_unit_test(test_the_size_of_pictures),
		cmocka_unit_test(test_what_is_neither_picture_nor_sound),
		cmocka_unit_test(test_a_track_that_is_left_out),
		cmocka_unit_test(test_fmtp_of_another_track),
		cmocka_unit_test(test_fmtp_is_of_a_type_and_says_something),
		cmocka_unit_test(test_lines_end_in_any_way),
		cmocka_unit_test(test_zeros),
		cmocka_unit_test(test_what_is_no_sdp),
	};

	return cmocka_run_group_tests_name("camera_sdp", tests, NULL, NULL);
}
