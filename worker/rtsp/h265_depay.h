#ifndef LULL_H265_DEPAY_H
#define LULL_H265_DEPAY_H

#include "depay.h"

/*
 * The RTP payloads of H265 (RFC 7798): single NAL units, AP and FU without
 * decoding order numbers, in the order of decoding. A camera that announces
 * those numbers is refused. What little a PACI may carry of use to us no camera
 * sends: it is damage.
 */
extern const struct depay_codec	h265_depay;

#endif
