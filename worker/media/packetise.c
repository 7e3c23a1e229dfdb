#include "packetise.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "video.h"
#include "xalloc.h"

#define MIN_PAYLOAD	8	/* less leaves no room for a fragment */

struct builder {
	const struct video_codec *video;
	struct rtp_unit	*unit;
	size_t		 max;		/* bytes of a payload */
	size_t		 room;		/* entries of offset[] */
	/* Here leading parameter sets wait to be aggregated. */
	struct video_nal	 held[16];
	size_t		 n_held, held_len;
	bool		 in_picture;	/* leading ones are over */
};

static void
begin_unit(struct builder *b, const struct media_unit *u, size_t max,
    size_t bytes)
{
	memset(b, 0, sizeof *b);
	b->max = max;
	b->room = bytes / max + 8;
	b->unit = xcalloc(1, sizeof *b->unit);
	b->unit->refs = 1;
	b->unit->kind = u->kind;
	b->unit->codec = u->codec;
	b->unit->key = u->key;
	b->unit->offset = xcalloc(b->room, sizeof *b->unit->offset);
	b->unit->bytes = xrealloc(NULL, bytes);
}

/* Appends bytes to the payload that is being written. */
static void
put_bytes(struct builder *b, const void *data, size_t len)
{
	uint32_t *end = &b->unit->offset[b->unit->count + 1];

	memcpy(b->unit->bytes + *end, data, len);
	*end += len;
}

static void
end_payload(struct builder *b)
{
	struct rtp_unit *u = b->unit;

	if (++u->count + 1 == b->room) {
		b->room *= 2;
		u->offset = xrealloc(u->offset, b->room * sizeof *u->offset);
	}
	u->offset[u->count + 1] = u->offset[u->count];
}

static void
put_single(struct builder *b, const struct video_nal *nal)
{
	put_bytes(b, nal->data, nal->len);
	end_payload(b);
}

/* All fragments but the last are of one size, so that one send carries them. */
static void
put_fragments(struct builder *b, const struct video_nal *nal)
{
	const size_t own = b->video->nal_header, header_len = own + 1;
	const uint8_t *p = nal->data + own;
	size_t left = nal->len - own, room = b->max - header_len, n, size;
	uint8_t header[VIDEO_HEADER_MAX];
	bool first = true;

	n = (left + room - 1) / room;
	size = (left + n - 1) / n;
	while (left > 0) {
		if (size > left)
			size = left;
		b->video->fragment(nal, first, size == left, header);
		put_bytes(b, header, header_len);
		put_bytes(b, p, size);
		end_payload(b);
		p += size;
		left -= size;
		first = false;
	}
}

static void
put_aggregate(struct builder *b)
{
	uint8_t header[VIDEO_HEADER_MAX], size[2];

	b->video->aggregate(b->held, b->n_held, header);
	put_bytes(b, header, b->video->nal_header);
	for (size_t i = 0; i < b->n_held; i++) {
		put16(size, b->held[i].len);
		put_bytes(b, size, sizeof size);
		put_bytes(b, b->held[i].data, b->held[i].len);
	}
	end_payload(b);
}

static void
flush_held(struct builder *b)
{
	if (b->n_held == 1)
		put_single(b, &b->held[0]);
	else if (b->n_held > 1)
		put_aggregate(b);
	b->n_held = 0;
	b->held_len = 0;
}

static void
hold(struct builder *b, const struct video_nal *nal)
{
	if (b->n_held == sizeof b->held / sizeof b->held[0] ||
	    b->video->nal_header + b->held_len + 2 + nal->len > b->max)
		flush_held(b);
	b->held[b->n_held++] = *nal;
	b->held_len += 2 + nal->len;
}

static void
put_nal(struct builder *b, const struct video_nal *nal)
{
	if (!b->video->is_set(nal))
		b->in_picture = true;
	if (!b->in_picture && nal->len <= b->max) {
		hold(b, nal);
		return;
	}
	flush_held(b);
	if (nal->len <= b->max)
		put_single(b, nal);
	else
		put_fragments(b, nal);
}

static struct rtp_unit *
finish_unit(struct builder *b)
{
	if (b->unit->count > 0 && b->unit->count <= PACKETISE_MAX_COUNT)
		return b->unit;
	rtp_unit_unref(b->unit);
	return NULL;
}

/* Each fragment needs a header; the start code of a NAL unit, which has three
 * bytes or more, makes room for all else. */
static struct rtp_unit *
packetise_video(const struct media_unit *u, size_t max)
{
	const struct video_codec *video = video_codec(u->codec);
	size_t header = video->nal_header + 1;
	struct builder b;

	begin_unit(&b, u, max, u->len + header * (u->len / (max - header)) +
	    8);
	b.video = video;
	for (size_t i = 0; i < u->n_nals; i++)
		put_nal(&b, &u->nals[i]);
	flush_held(&b);
	return finish_unit(&b);
}

static struct rtp_unit *
packetise_audio(const struct media_unit *u, size_t max)
{
	struct builder b;

	if (u->len == 0 || u->len > max)
		return NULL;
	begin_unit(&b, u, max, u->len);
	put_bytes(&b, u->data, u->len);
	end_payload(&b);
	return finish_unit(&b);
}

struct rtp_unit *
packetise(const struct media_unit *u, size_t max_payload)
{
	if (max_payload < MIN_PAYLOAD || u->len > MEDIA_MAX_UNIT)
		return NULL;
	if (u->kind == MEDIA_AUDIO)
		return packetise_audio(u, max_payload);
	return packetise_video(u, max_payload);
}

struct rtp_unit *
rtp_unit_ref(struct rtp_unit *u)
{
	u->refs++;
	return u;
}

void
rtp_unit_unref(struct rtp_unit *u)
{
	if (u == NULL || --u->refs > 0)
		return;
	free(u->offset);
	free(u->bytes);
	free(u);
}
