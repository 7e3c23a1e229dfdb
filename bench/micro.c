/*
 * What the worker does for a packet, in nanoseconds of CPU, without the
 * network: cutting a picture into payloads, alone and with the cleaning before
 * it, and the fan-out (each viewer's header, its history, sealing) by
 * worker/stream/fanout.c itself over null_transport.c. One line of JSON for
 * each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <event2/event.h>

#include "id.h"
#include "null_transport.h"
#include "worker/camera/feed.h"
#include "worker/camera/intake.h"
#include "worker/media/packetise.h"
#include "worker/media/video.h"
#include "worker/stream/fanout.h"
#include "worker/viewer/peer.h"
#include "xalloc.h"

#define ROUNDS		5	/* of which the median counts */
#define FRAMES		50	/* a GOP of 2 s */
#define FRAME_US	40000
#define KEY_BYTES	50000	/* as 2 Mbit/s has them */
#define DELTA_BYTES	9200
#define MAX_VIEWERS	5000
#define MIN_PACKETS	100000	/* in a round */
#define MIN_PACKETS_QUICK 20000

static double min_packets = MIN_PACKETS;

static double
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
print_median(const char *what, double *ns)
{
	qsort(ns, ROUNDS, sizeof *ns, compare);
	printf("{\"micro\":\"%s\",\"ns\":%.1f,\"ns_min\":%.1f,"
	    "\"ns_max\":%.1f}\n", what, ns[ROUNDS / 2], ns[0],
	    ns[ROUNDS - 1]);
	fflush(stdout);
}

/* Notes where the NAL units are, as the cleaner does. */
static void
find_nals(struct media_unit *u)
{
	struct video_nal nal;
	size_t pos = 0;

	while (video_codec(u->codec)->next_nal(u->data, u->len, &pos, &nal)) {
		u->nals = xrealloc(u->nals, (u->n_nals + 1) * sizeof nal);
		u->nals[u->n_nals++] = nal;
	}
}

/* A picture whose slice is noise; no emulation of start codes in it. */
static struct media_unit *
make_picture(bool key)
{
	static const uint8_t sets[] = {
		0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x0a, 0xda, 0x11, 0xe4,
		0, 0, 0, 1, 0x68, 0xce, 0x03, 0x9c, 0x80,
	};
	/* The slice's header: the first macroblock, type I or P, PPS 0. */
	const uint8_t start[] = { 0, 0, 0, 1, key ? 0x65 : 0x41,
		key ? 0x88 : 0x9a, 0x90 };
	size_t head = key ? sizeof sets : 0;
	size_t len = head + (key ? KEY_BYTES : DELTA_BYTES);
	uint8_t *data = xcalloc(1, len);
	struct media_unit *u;

	id_random(data, len);
	for (size_t i = 2; i < len; i++)
		if (data[i] <= 3 && data[i - 1] == 0 && data[i - 2] == 0)
			data[i] |= 0x10;
	data[len - 1] |= 0x10;
	memcpy(data, sets, head);
	memcpy(data + head, start, sizeof start);
	u = media_unit_new(MEDIA_VIDEO, MEDIA_H264, data, len);
	u->key = key;
	find_nals(u);
	free(data);
	return u;
}

static void
measure_packetise(void)
{
	struct media_unit *picture = make_picture(false);
	double ns[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		double begin = cpu_ns(), packets = 0;

		while (packets < min_packets) {
			struct rtp_unit *u = packetise(picture,
			    PACKETISE_MAX_PAYLOAD);

			packets += (double)u->count;
			rtp_unit_unref(u);
		}
		ns[i] = (cpu_ns() - begin) / packets;
	}
	media_unit_free(picture);
	print_median("packetise", ns);
}

/* From the camera's pictures on */

static void
on_unit(struct media_unit *u, void *packets)
{
	struct rtp_unit *r = packetise(u, PACKETISE_MAX_PAYLOAD);

	*(double *)packets += (double)r->count;
	rtp_unit_unref(r);
	media_unit_free(u);
}

static void
on_status(const struct feed_status *st, void *packets)
{
	(void)st;
	(void)packets;
}

/* A group of pictures. */
static void
take_gop(struct intake *in, const struct media_unit *key,
    const struct media_unit *delta)
{
	for (int i = 0; i < FRAMES; i++) {
		const struct media_unit *u = i == 0 ? key : delta;

		intake_video(in, u->data, u->len, i * FRAME_US, false);
	}
}

static void
measure_intake(void)
{
	static const struct feed_handler handler = { on_unit, on_status };
	struct media_unit *key = make_picture(true);
	struct media_unit *delta = make_picture(false);
	double ns[ROUNDS], packets;
	struct intake *in = intake_new(&handler, &packets, &intake_times);

	intake_begin(in, video_codec(MEDIA_H264), NULL, "", NULL, 0);
	for (int i = 0; i < ROUNDS; i++) {
		double begin = cpu_ns();

		packets = 0;
		while (packets < min_packets)
			take_gop(in, key, delta);
		ns[i] = (cpu_ns() - begin) / packets;
	}
	media_unit_free(key);
	media_unit_free(delta);
	intake_free(in);
	print_median("clean and packetise", ns);
}

/* The fan-out */

static char ids[MAX_VIEWERS][ID_HEX_LEN + 1];

static void
add_viewer(struct fanout *f, struct event_base *base, int i, bool paused)
{
	char *id = ids[i], *sdp = null_transport_offer();
	struct error err;
	struct peer_config config = {
		.offer = { .id = id, .sdp = sdp, .paused = paused,
		    .loopback = true },
		.media = { .video = MEDIA_H264, .audio = MEDIA_NONE }
	};
	struct peer *p;
	int status;

	id_session(id);
	p = peer_new(base, &config, &null_transport_handler, NULL, &status,
	    &err);
	free(sdp);
	if (p == NULL) {
		fprintf(stderr, "micro: %s\n", err.text);
		exit(1);
	}
	null_transport_connect();
	fanout_add(f, peer_viewer(p));
}

/* A group of pictures, later than the last. */
static void
make_gop(struct rtp_unit **units)
{
	static int64_t n;
	struct media_unit *key = make_picture(true);
	struct media_unit *delta = make_picture(false);

	for (int i = 0; i < FRAMES; i++) {
		units[i] = packetise(i == 0 ? key : delta,
		    PACKETISE_MAX_PAYLOAD);
		units[i]->time_us = ++n * FRAME_US;
	}
	media_unit_free(key);
	media_unit_free(delta);
}

/* The CPU that sending it takes. */
static double
send_gop(struct fanout *f)
{
	struct rtp_unit *units[FRAMES];
	double begin, ns;

	make_gop(units);
	begin = cpu_ns();
	for (int i = 0; i < FRAMES; i++)
		fanout_send(f, units[i]);
	ns = cpu_ns() - begin;
	for (int i = 0; i < FRAMES; i++)
		rtp_unit_unref(units[i]);
	return ns;
}

static double
time_fanout(struct fanout *f)
{
	uint64_t first = null_transport_datagrams;
	double ns = 0;

	while ((double)(null_transport_datagrams - first) < min_packets)
		ns += send_gop(f);
	return ns / (double)(null_transport_datagrams - first);
}

static void
measure_fanout(const char *what, int live, int paused)
{
	struct fanout_config config = { .gop = { 8 << 20, 20000 },
		.replay_bps = 50000000 };
	struct event_base *base = event_base_new();
	struct fanout *f = fanout_new(base, &config);
	double ns[ROUNDS];

	for (int i = 0; i < live + paused; i++)
		add_viewer(f, base, i, i >= live);
	send_gop(f);
	for (int i = 0; i < ROUNDS; i++)
		ns[i] = time_fanout(f);
	fanout_free(f);
	event_base_free(base);
	print_median(what, ns);
}

/* What a request for one of many costs besides its way here. */
static void
measure_pause(const char *what, int viewers)
{
	struct fanout_config config = { .gop = { 8 << 20, 20000 },
		.replay_bps = 50000000 };
	struct event_base *base = event_base_new();
	struct fanout *f = fanout_new(base, &config);
	double ns[ROUNDS];

	for (int i = 0; i < viewers; i++)
		add_viewer(f, base, i, false);
	for (int i = 0; i < ROUNDS; i++) {
		double begin = cpu_ns();

		for (int k = 0; k < viewers; k++) {
			fanout_pause(f, fanout_find(f, ids[k]));
			fanout_resume(f, fanout_find(f, ids[k]));
		}
		ns[i] = (cpu_ns() - begin) / viewers;
	}
	fanout_free(f);
	event_base_free(base);
	print_median(what, ns);
}

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--quick") == 0)
		min_packets = MIN_PACKETS_QUICK;
	measure_packetise();
	measure_intake();
	measure_fanout("fan-out: 1 live", 1, 0);
	measure_fanout("fan-out: 1 live of 1001", 1, 1000);
	measure_fanout("fan-out: 300 live", 300, 0);
	measure_fanout("fan-out: 1000 live", 1000, 0);
	measure_pause("pause and resume: each of 100", 100);
	measure_pause("pause and resume: each of 5000", MAX_VIEWERS);
	return 0;
}
