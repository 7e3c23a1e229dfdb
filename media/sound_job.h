#ifndef LULL_SOUND_JOB_H
#define LULL_SOUND_JOB_H

#include <jansson.h>

struct job;

/*
 * The job "sound": a camera's sound becomes sound that viewers take. `what` is
 *
 *	{"job": "sound", "coder": "aac", "rate": 16000, "channels": 1,
 *	 "bits": 0, "config": "FAg=", "to": "opus"}
 *
 * `coder` is the camera's codec as libavcodec calls it, with the `rate` and
 * `channels` that the camera says: where the frames say others, those hold.
 * `bits` are those of a sample of "adpcm_g726" and "adpcm_g726le". `config`,
 * in base64, may be missing. `to` is one of
 *
 *	"opus"		48 kHz, 20 ms a frame, mono if the camera's is, or
 *			stereo (RFC 6716)
 *	"pcm_alaw"	8 kHz, mono, 20 ms a frame, which are 160 bytes (RFC
 *	"pcm_mulaw"	3551, section 4.5.14)
 *
 * The worker sends MEDIA_WIRE_AUDIO, each one frame of the camera, of 64 KiB
 * at most, with the time of its first sample. The job sends MEDIA_WIRE_AUDIO,
 * with the time of the first sample that a decoder makes of it, in steps of
 * 20 ms exactly. The camera's time is looked at again when it and the count
 * part by more than 100 ms, as after a gap, which stays one, or a jump back.
 * A frame without a time goes on where the one before ended.
 *
 * What cannot be decoded is left out. The job fails as "unsupported" if the
 * codec or the target is not known, or if nothing can be decoded of 50 frames
 * in a row. Else it ends with the worker.
 */
void	job_sound(struct job *, const json_t *what);

#endif
