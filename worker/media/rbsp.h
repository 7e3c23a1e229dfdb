#ifndef LULL_RBSP_H
#define LULL_RBSP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads the bits of a NAL unit, as H.264 and H.265 write them alike (7.4.1
 * and 9.1 there, 7.4.2 and 9.2 here). Emulation prevention bytes are left
 * out. It is pure, and never leaves its buffer: what is read beyond it is 0,
 * and `over` tells of that, as of a value that may not be.
 */
struct rbsp {
	const uint8_t	*next, *end;
	uint8_t		 byte;
	int		 left;		/* bits of `byte` not yet read */
	int		 zeros;		/* zero bytes just before `next` */
	bool		 over;
};

/* Begins behind the NAL unit's header of so many bytes. */
void	rbsp_open(struct rbsp *, const uint8_t *nal, size_t len,
	    size_t header);
unsigned	rbsp_flag(struct rbsp *);
unsigned	rbsp_get(struct rbsp *, int bits);	/* at most 32 */
void	rbsp_skip(struct rbsp *, int bits);

/* Reads an Exp-Golomb code. More than `max` is a fault, too. */
unsigned	rbsp_ue(struct rbsp *, unsigned max);
int	rbsp_se(struct rbsp *);

#endif
