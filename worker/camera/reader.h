#ifndef LULL_READER_H
#define LULL_READER_H

struct camera_url;
struct feed;
struct intake;

/*
 * Cameras and files through libavformat, of which this is the only user.
 * Runs on the source's thread.
 */

/* Once per process, before the first thread: what libav says goes to the
 * log, without credentials. */
void	reader_init(void);

/* One connection, until it breaks or feed_stopping(); a file goes round
 * and round at `file_pace` times its own. How it ended is told to
 * intake_end(), in words and without the password. */
void	reader_run(struct feed *, struct intake *, const struct camera_url *,
	    int file_pace);

#endif
