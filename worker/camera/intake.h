#ifndef LULL_INTAKE_H
#define LULL_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feed.h"

/*
 * What every kind of camera has in common, from its access units to the feed:
 * these are cleaned, begin with a key frame and hold no B slice, so that they
 * are shown in the order of decoding; the state is reported. It runs on the
 * source's thread.
 */
struct intake;
struct video_codec;

#define INTAKE_NO_TIME	INT64_MIN

struct intake_times {
	int	key_wait_ms;	/* pictures without a key frame: then it is
				   reported */
	int	count_ms;	/* B-frames that are left out are counted for
				   so long, then it is reported */
};

extern const struct intake_times intake_times;	/* the usual ones */

/* The times must live as long. */
struct intake	*intake_new(struct feed *, const struct intake_times *);
void	intake_free(struct intake *);		/* not the feed */

/* A connection begins. `audio` and `note` as in struct feed_status;
 * `params`, or NULL, are parameter sets in Annex B. */
void	intake_begin(struct intake *, const struct video_codec *,
	    enum media_codec audio, const char *note, const void *params,
	    size_t len);

/* There may be B-frames: look well before anything is delivered. */
void	intake_suspect(struct intake *);

/* The next picture starts a new run of timestamps, with a key frame. */
void	intake_restart(struct intake *);

/*
 * `time_us` on the camera's clock, or INTAKE_NO_TIME. `damaged`: bytes of
 * this unit or of an earlier one are missing. -1: it cannot go on, which
 * has been reported; end the connection.
 */
int	intake_video(struct intake *, const void *data, size_t len,
	    int64_t time_us, bool damaged);
void	intake_audio(struct intake *, const void *data, size_t len,
	    int64_t time_us);

/* The connection is over, was never made, or gives nothing that can be
 * shown. Reported if it is news. */
void	intake_end(struct intake *, enum ipc_source_state, const char *fmt,
	    ...) __attribute__((format(printf, 3, 4)));

/* Notes that the camera does not take the password. intake_end() forgets it, so
 * this comes after that. */
void	intake_deny(struct intake *);
bool	intake_is_denied(const struct intake *);

enum ipc_source_state	intake_state(const struct intake *);
/* For how long the last connection has given pictures; 0: not at all. */
int64_t	intake_live_us(const struct intake *);
/* When the last picture came, by clock_now_us(); 0: none ever did. */
int64_t	intake_last_us(const struct intake *);

#endif
