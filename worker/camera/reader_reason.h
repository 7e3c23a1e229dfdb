#ifndef LULL_READER_REASON_H
#define LULL_READER_REASON_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Says why a connection to a camera, or the reading of a file, has ended, and
 * what people can do about it. The password is never in it. It is pure.
 */
struct camera_url;
struct libav_heard;

struct reader_end {
	const struct camera_url		*url;
	const struct libav_heard	*heard;	/* on this connection */
	int	 error;		/* as libavformat returned it */
	bool	 expired;	/* no data came in time, whatever `error` is */
	bool	 playing;	/* the camera had answered all requests */
	bool	 udp;		/* its media came over UDP */
};

/* A file's reason begins with its path. */
void	reader_reason(const struct reader_end *, char *buf, size_t size);

#endif
