#ifndef LULL_FUZZ_H
#define LULL_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* A fuzzer's target: what it is given is read as if anybody had sent it. What
 * is found wrong ends the process. Returns 0. The name is libFuzzer's. */
int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* How many checks were answered, of fuzz_stun.c, or challenges, of
 * fuzz_rtsp.c, or requests, of fuzz_rtsp_first.c and fuzz_rtsp_serve.c. */
extern unsigned long	fuzz_answered;

#endif
