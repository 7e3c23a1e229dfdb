#ifndef LULL_H264_DEPAY_H
#define LULL_H264_DEPAY_H

#include "depay.h"

/*
 * The RTP payloads of H264 (RFC 6184): single NAL units, STAP-A and FU-A, which
 * are all that packetization modes 0 and 1 have.
 */
extern const struct depay_codec	h264_depay;

#endif
