#ifndef LULL_READER_H
#define LULL_READER_H

struct camera_url;
struct feed;
struct intake;

/*
 * The reader reads files through libavformat, which no other module uses. It
 * runs on the source's thread.
 */

/* To be called once per process, before the first thread. */
void	reader_init(void);

/* Reads a file again and again, at `file_pace` times its own pace, until it
 * breaks or feed_stopping(). How it ended is told to intake_end(), in words. */
void	reader_run(struct feed *, struct intake *, const struct camera_url *,
	    int file_pace);

#endif
