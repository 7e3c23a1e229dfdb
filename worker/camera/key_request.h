#ifndef LULL_KEY_REQUEST_H
#define LULL_KEY_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Judges when a camera is to be asked for a key frame, and how: by a PLI each
 * 250 ms; where that has not helped for a second, by a new PLAY each 2 s, at
 * which most cameras begin with one. One that has not sent one since it was let
 * play is asked by PLI alone: the PLAY was just sent. It is pure.
 */
enum key_request_how {
	KEY_REQUEST_NONE,
	KEY_REQUEST_PLI,	/* RFC 4585, section 6.3.1 */
	KEY_REQUEST_PLAY,	/* RFC 2326, section 10.5 */
};

/* Begins with zeros. */
struct key_request {
	bool	had;		/* one, since the camera plays */
	int64_t	since_us;	/* one is wanted; 0: none is */
	int64_t	pli_us, play_us;	/* the last one */
};

/* To be asked at each picture. What it returns is to be sent now. */
enum key_request_how	key_request_next(struct key_request *, bool wanted,
			    int64_t now_us);

#endif
