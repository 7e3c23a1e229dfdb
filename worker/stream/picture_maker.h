#ifndef LULL_PICTURE_MAKER_H
#define LULL_PICTURE_MAKER_H

#include <stddef.h>

struct event_base;
struct media_unit;
struct picture_maker;

/*
 * Makes JPEGs of key frames, in a process of lull-media that ends when nobody
 * asked for PICTURE_MAKER_LINGER_MS. The last one is kept: who asks for that
 * frame in that size again is given it at once.
 */
#define PICTURE_MAKER_LINGER_MS	30000
#define PICTURE_MAKER_WAIT_MS	9000	/* for a key frame, and all else */
#define PICTURE_MAKER_WAITING	64	/* requests; more are refused (503) */

/* `data` is a JPEG if the status is 200, else NULL with an `error`. */
typedef void picture_cb(int status, const char *error, const void *data,
    size_t len, void *arg);

struct picture_maker	*picture_maker_new(struct event_base *,
			    const char *program);
void	picture_maker_free(struct picture_maker *);	/* answers all: 503 */

struct picture_frame {
	const char	*coder;	/* libavcodec's name of its codec */
	const struct media_unit *unit;	/* a key frame; NULL: there is none */
};

/* Asks for a picture of this size in pixels, where 0 is as it is, or in
 * proportion to the other. Without a frame it waits for picture_maker_show().
 * The callback comes exactly once, maybe before this returns. */
void	picture_maker_ask(struct picture_maker *, const struct picture_frame *,
	    int width, int height, picture_cb *, void *arg);

/* A frame is there, for all who wait for one. */
void	picture_maker_show(struct picture_maker *,
	    const struct picture_frame *);

#endif
