#include "media_wire.h"

#include "bytes.h"

void
media_wire_write(const struct media_wire *m, uint8_t out[MEDIA_WIRE_HEADER])
{
	put32(out, (uint32_t)m->len);
	out[4] = (uint8_t)m->kind;
	out[5] = (uint8_t)m->flags;
	put16(out + 6, 0);
	put32(out + 8, (uint32_t)((uint64_t)m->time_us >> 32));
	put32(out + 12, (uint32_t)m->time_us);
}

ptrdiff_t
media_wire_read(const uint8_t *data, size_t len, struct media_wire *m,
    size_t *wanted)
{
	size_t body;

	*wanted = MEDIA_WIRE_HEADER;
	if (len < MEDIA_WIRE_HEADER)
		return 0;
	body = get32(data);
	if (body > MEDIA_WIRE_MAX || data[4] < MEDIA_WIRE_CONTROL ||
	    data[4] > MEDIA_WIRE_PICTURE)
		return -1;
	*wanted = MEDIA_WIRE_HEADER + body;
	if (len < *wanted)
		return 0;
	*m = (struct media_wire){
		.kind = data[4], .flags = data[5],
		.time_us = (int64_t)((uint64_t)get32(data + 8) << 32 |
		    get32(data + 12)),
		.data = data + MEDIA_WIRE_HEADER, .len = body,
	};
	return (ptrdiff_t)*wanted;
}
