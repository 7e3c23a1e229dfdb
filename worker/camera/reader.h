#ifndef LULL_READER_H
#define LULL_READER_H

struct camera_url;
struct feed;
struct intake;

/*
 * The reader reads cameras and files through libavformat, which no other module
 * uses. It runs on the source's thread.
 */

/* To be called once per process, before the first thread. */
void	reader_init(void);

/* Reads one connection until it breaks, or until feed_stopping(). A file is
 * read again and again, at `file_pace` times its own pace. How it ended is told
 * to intake_end(), in words and without the password. */
void	reader_run(struct feed *, struct intake *, const struct camera_url *,
	    int file_pace);

#endif
