#ifndef LULL_SOURCE_H
#define LULL_SOURCE_H

#include <stddef.h>

#include "error.h"
#include "feed.h"

struct event_base;
struct intake_times;
struct source;

/*
 * A source is one camera, read and delivered on the loop. It reconnects by
 * itself, at the times that retry.h tells.
 *
 * It delivers access units in Annex B, of slices alone, behind the parameter
 * sets where a key frame begins and where these are new. The first is a key
 * frame, and so is the first after damage or loss. B-frames that no picture
 * refers to are left out. From the first picture on it delivers frames of
 * sound, too.
 *
 * Video that viewers cannot be sent is MEDIA_FOREIGN: another codec, as it
 * comes, or one with B-frames that others refer to; of the latter, pictures
 * may have come before. A camera without video is reported UNSUPPORTED.
 */

struct source_settings {
	const char	*helper;	/* the program, for what is no RTSP */
	int		 file_pace;	/* a file is read so many times as
					   fast */
	const struct intake_times *intake;
};

extern const struct source_settings source_settings;	/* the usual ones */

/* NULL with the reason in `err` if the address itself is wrong. The handler's
 * first call is a status. The settings must live as long. */
struct source	*source_open(struct event_base *, const char *url,
		    const struct source_settings *,
		    const struct feed_handler *, void *arg,
		    struct error *err);

/* Asks the camera for a key frame, if it can be asked. */
void	source_ask_key(struct source *);

/* No handler is called from then on. */
void	source_close(struct source *);

#endif
