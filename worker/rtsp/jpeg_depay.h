#ifndef LULL_JPEG_DEPAY_H
#define LULL_JPEG_DEPAY_H

#include <stddef.h>
#include <stdint.h>

struct rtp_in;

/*
 * Puts the RTP payloads of JPEG together into pictures (RFC 2435), each a whole
 * file, with its tables: those that came, or those that Q stands for. It is
 * pure. Of a picture that lacks a packet nothing is given, nor of one whose
 * type is not of that RFC's section 4.1. Fields of an interlaced picture are
 * given as pictures.
 */
struct jpeg_depay;

struct jpeg_picture {
	const uint8_t	*data;		/* valid during the call */
	size_t		 len;		/* MEDIA_MAX_UNIT and two at most */
	int64_t		 time;		/* RTP ticks, as in struct rtp_in */
	unsigned	 width, height;	/* pixels */
};

typedef void jpeg_picture_cb(const struct jpeg_picture *, void *arg);

/* Pictures say their size in blocks of 8 pixels, and none beyond 2040 pixels.
 * What is told here, as by a=x-dimensions, is the size where it agrees with
 * that; with 0, pictures that say none are left out. */
struct jpeg_depay	*jpeg_depay_new(unsigned width, unsigned height,
			    jpeg_picture_cb *, void *arg);
void	jpeg_depay_free(struct jpeg_depay *);	/* NULL is fine */
void	jpeg_depay_take(struct jpeg_depay *, const struct rtp_in *);

#endif
