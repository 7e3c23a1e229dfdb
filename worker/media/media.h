#ifndef LULL_MEDIA_H
#define LULL_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct video_nal;

/* A camera gives video and perhaps audio, each coded in one of these ways. */
enum media_kind { MEDIA_VIDEO, MEDIA_AUDIO };

enum media_codec {
	MEDIA_NONE,
	MEDIA_UNKNOWN,	/* the camera has not been described yet */
	MEDIA_FOREIGN,	/* viewers are sent it coded anew: sound.h */
	MEDIA_H264,
	MEDIA_H265,
	MEDIA_OPUS,
	MEDIA_PCMU, MEDIA_PCMA,	/* G.711 */
	MEDIA_G722,
	MEDIA_CODECS,
};

#define MEDIA_MAX_UNIT	(8 * 1024 * 1024)	/* bytes; larger is damage */
#define MEDIA_VIDEO_CLOCK	90000	/* every video's: RFC 3551, section 5 */

/* RTP and SDP know a codec by these. */
struct media_format {
	const char	*name;		/* "h264"; "" for what is none */
	const char	*encoding;	/* in a=rtpmap: "H264" */
	enum media_kind	 kind;
	int		 clock;		/* RTP ticks per second */
	int		 channels;	/* in a=rtpmap */
};

/* This much is known of a camera's media. */
struct media_description {
	enum media_codec video, audio;	/* or MEDIA_UNKNOWN */
	int		 profile, tier, level;	/* of video; 0: not known */
};

/* A viewer has a payload type for each codec that it takes, -1 for others. */
struct media_types {
	int	pt[MEDIA_CODECS];
};

/*
 * One access unit of video in Annex B, or one frame of audio. Whoever reads the
 * camera makes it and hands it over; whoever holds it frees it once, with its
 * array of NAL units.
 */
struct media_unit {
	enum media_kind	 kind;
	enum media_codec codec;
	bool		 key;		/* video: IDR with its parameter sets */
	bool		 restart;	/* a new run of timestamps begins */
	int64_t		 time_us;	/* the camera's own clock */
	struct video_nal *nals;		/* video: those in `data`, in order */
	size_t		 n_nals;
	size_t		 len;
	uint8_t		 data[];
};

/* The unit has a copy of `data`, or bytes to be set if that is NULL. */
struct media_unit	*media_unit_new(enum media_kind, enum media_codec,
			    const void *data, size_t len);
void	media_unit_free(struct media_unit *);

void	media_types_clear(struct media_types *);	/* all -1 */

const struct media_format	*media_format(enum media_codec);
bool	media_is_audio(enum media_codec);
const char	*media_codec_name(enum media_codec);	/* "h264", "" */
int	media_codec_clock(enum media_codec);	/* RTP ticks per second */
/* Returns how long an audio packet sounds, in RTP ticks, by the packet itself
 * (Opus: RFC 6716, section 3.1), or 0 if it does not say. */
uint32_t	media_audio_ticks(enum media_codec, const void *, size_t len);

#endif
