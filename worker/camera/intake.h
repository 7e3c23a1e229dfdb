#ifndef LULL_INTAKE_H
#define LULL_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feed.h"

/*
 * The intake takes the access units of every kind of camera on, to whoever
 * shows them. It cleans them, begins with a key frame and leaves out B-frames
 * that no other refers to, so that the rest is shown in the order of decoding;
 * and it reports the state. Video with other B-frames becomes
 * MEDIA_FOREIGN: it has to be coded anew.
 */
struct intake;
struct sound_format;
struct video_codec;

#define INTAKE_NO_TIME	INT64_MIN

struct intake_times {
	int	key_wait_ms;	/* pictures without a key frame, and */
	int	count_ms;	/* B-frames left out: then it is told */
};

extern const struct intake_times intake_times;	/* the usual ones */

/* The times must live as long. The first status comes at once. */
struct intake	*intake_new(const struct feed_handler *, void *arg,
		    const struct intake_times *);
void	intake_free(struct intake *);

/* A connection begins. `note` is as in struct feed_status; the sound, or NULL,
 * is that of intake_audio(); `params`, or NULL, are sets in Annex B. */
void	intake_begin(struct intake *, const struct video_codec *,
	    const struct sound_format *, const char *note, const void *params,
	    size_t len);

/* As well, with video that viewers cannot be sent, by libavcodec's name: its
 * units are MEDIA_FOREIGN, each with the `params` in front of it. */
void	intake_begin_foreign(struct intake *, const char *coder,
	    const struct sound_format *, const char *note, const void *params,
	    size_t len);

/* There may be B-frames: some pictures are looked at before one is
 * delivered. To be called after intake_begin(). */
void	intake_suspect(struct intake *);

/* The next picture starts a new run of timestamps, with a key frame. */
void	intake_restart(struct intake *);

/* `time_us` is on the camera's clock, or INTAKE_NO_TIME. `damaged` says that
 * bytes of this unit or of an earlier one are missing. */
void	intake_video(struct intake *, const void *data, size_t len,
	    int64_t time_us, bool damaged);
void	intake_audio(struct intake *, const void *data, size_t len,
	    int64_t time_us);

/* The connection is over, was never made, or gives nothing that can be
 * shown. This is reported if it is news. */
void	intake_end(struct intake *, enum ipc_source_state, const char *fmt,
	    ...) __attribute__((format(printf, 3, 4)));

/* Notes that the camera does not take the password. intake_end() forgets it, so
 * this comes after that. */
void	intake_deny(struct intake *);
bool	intake_is_denied(const struct intake *);

enum ipc_source_state	intake_state(const struct intake *);
/* Are pictures left out until a key frame comes? */
bool	intake_wants_key(const struct intake *);
/* Returns the time from the first to the last picture of the last connection;
 * 0 if there were not two. */
int64_t	intake_live_us(const struct intake *);
/* Returns when the last picture came, by clock_now_us(); 0 if none ever did. */
int64_t	intake_last_us(const struct intake *);

#endif
