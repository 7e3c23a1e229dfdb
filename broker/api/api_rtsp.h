#ifndef LULL_API_RTSP_H
#define LULL_API_RTSP_H

#include "broker/port/rtsp_port.h"

/* The door of who comes by RTSP, `rtsp://HOST:8554/NAME`: finds the stream, and
 * has the connection handed to its worker. The query may say paused=true and
 * viewer_id, as others' does. `arg` is the struct context. */
rtsp_port_cb	api_rtsp_come;

#endif
