#ifndef LULL_HELPER_CAMERA_H
#define LULL_HELPER_CAMERA_H

struct camera_url;
struct event_base;
struct helper_camera;
struct intake;

/*
 * One connection to a camera that does not speak RTSP: lull-media reads it
 * (media/reader.h says what it tells), and this gives to the intake what comes.
 */

/* The connection is over, and its end was told to the intake. Called once, on
 * the loop, not from helper_camera_open(). */
typedef void helper_camera_cb(void *arg);

struct helper_camera_config {
	const char	*program;	/* lull-media */
	const char	*url;		/* with its options */
	int		 pace;		/* a file's, in times of its own */
};

struct helper_camera	*helper_camera_open(struct event_base *,
			    const struct helper_camera_config *,
			    struct intake *, helper_camera_cb *, void *arg);
void	helper_camera_close(struct helper_camera *);	/* NULL is fine */

#endif
