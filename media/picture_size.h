#ifndef LULL_PICTURE_SIZE_H
#define LULL_PICTURE_SIZE_H

/* Which size a picture is to have. This module is pure. */
struct picture_size {
	int	width, height;	/* square pixels */
};

/* Returns the size that a picture is to be looked at in, whose pixels are
 * `num` wide and `den` high. What no camera has, such as 0:1, is 1:1. */
struct picture_size	picture_size_shown(int width, int height, int num,
			    int den);

/* Returns the size for a picture of `shown` when one of `wanted` is asked for.
 * Of that, 0 is "as it is", or to keep the aspect; both together are the size,
 * whatever the aspect. What does not fit into `most` is made smaller. */
struct picture_size	picture_size_fit(struct picture_size shown,
			    struct picture_size wanted,
			    struct picture_size most);

/* Returns the same with no odd number in it, as 4:2:0 video needs it. */
struct picture_size	picture_size_even(struct picture_size);

#endif
