#ifndef LULL_TEST_H264_SAMPLES_H
#define LULL_TEST_H264_SAMPLES_H

#include <stdint.h>

/*
 * The streams in fixtures/h264 were made with x264 (test picture, 15 fps,
 * access unit delimiters, no SEI):
 *	baseline	160x90, a key frame every 6
 *	bframes		160x90, Main, two B-frames between references
 *	slices		320x180, High, four slices a picture, IDR every 3
 *	interlaced	320x180, High, frame_mbs_only 0, IDR every 2
 *	large		1280x720, big enough to be cut into fragments
 */

#define BYTES(...)	((const uint8_t[]) { __VA_ARGS__ })
#define SIZE(...)	sizeof (const uint8_t[]) { __VA_ARGS__ }
#define SC		0, 0, 0, 1
/* x264's for 160x90 */
#define SPS		0x67, 0x42, 0xc0, 0x0a, 0xda, 0x0a, 0x37, 0xe4, 0xc0, \
			0x44, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00, 0x00, 0x03, \
			0x00, 0x78, 0x3c, 0x48, 0x9a, 0x80
#define PPS		0x68, 0xce, 0x03, 0x9c, 0x80
#define PPS_OTHER	0x68, 0xce, 0x3c, 0x80
/* first_mb 0, slice_type 7 (I) or 5 (P), pps 0 */
#define IDR		0x65, 0x88, 0x84, 0x11
#define IDR_PART	0x65, 0x42, 0x22, 0x22	/* first_mb 1 */
#define P		0x41, 0x9a, 0x12, 0x34

#endif
