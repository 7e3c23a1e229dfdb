#ifndef LULL_DECODER_H
#define LULL_DECODER_H

#include <stdbool.h>

#include "media_wire.h"

struct AVFrame;

/*
 * Takes access units and gives pictures, in the order in which they are to be
 * seen, and none that refers to something that did not come: after the
 * beginning, a restart or an error, the next one is a key frame, or where an
 * H264 stream that has no such says that it has recovered (H.264, D.2.8).
 * All in one thread.
 */
struct decoder;

/* Returns NULL if it cannot decode that coder, by libav's name for it. The
 * config is, in base64, what does not come with the units; it may be "". */
struct decoder	*decoder_new(const char *coder, const char *config);
void	decoder_free(struct decoder *);

/* Tells whether it was made with just these. */
bool	decoder_is_for(const struct decoder *, const char *coder,
	    const char *config);

/* Gives an access unit; what is wrong with it is no concern of the caller's.
 * decoder_take() is to be called until it returns NULL before the next. */
void	decoder_give(struct decoder *, const struct media_wire *);

/* Returns the next picture, whose `pts` is its time in us, or NULL. It is
 * valid until the next call. */
const struct AVFrame	*decoder_take(struct decoder *);

/* No unit comes any more: decoder_take() returns what has been held back. Then
 * decoder_restart() is to come. */
void	decoder_end(struct decoder *);

/* Forgets all pictures. */
void	decoder_restart(struct decoder *);

/* Tells whether pictures that no other one refers to are to be left out. */
void	decoder_hurry(struct decoder *, bool);

#endif
