#ifndef LULL_RTSP_CAMERA_H
#define LULL_RTSP_CAMERA_H

struct camera_url;
struct event_base;
struct intake;
struct rtsp_camera;

/*
 * One connection to a camera by RTSP: what it plays goes to the intake, and how
 * it ended is told to intake_end(), in words and without the password.
 */

/* The last call, from the loop; rtsp_camera_close() is due. */
typedef void rtsp_camera_cb(void *arg);

/* The address and the intake must live as long. */
struct rtsp_camera	*rtsp_camera_open(struct event_base *,
			    const struct camera_url *, struct intake *,
			    rtsp_camera_cb *ended, void *arg);
/* Says goodbye to the camera, and waits for no answer. NULL is fine. */
/* By a PLI (RFC 4585, section 6.3.1). */
void	rtsp_camera_ask_key(struct rtsp_camera *);
void	rtsp_camera_close(struct rtsp_camera *);

#endif
