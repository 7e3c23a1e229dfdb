#include "nal.h"

#include <string.h>

#include "xalloc.h"

static const uint8_t start_code[NAL_START_LEN] = { 0, 0, 1 };

/* Returns the offset of the next 00 00 01 at or after `pos`, or `len`. */
static size_t
find_start_code(const uint8_t *buf, size_t len, size_t pos)
{
	const uint8_t *one;

	while (pos + NAL_START_LEN <= len) {
		one = memchr(buf + pos + 2, 1, len - pos - 2);
		if (one == NULL)
			break;
		if (one[-1] == 0 && one[-2] == 0)
			return (size_t)(one - buf) - 2;
		pos = (size_t)(one - buf) - 1;
	}
	return len;
}

bool
nal_next(const uint8_t *buf, size_t len, size_t *pos, struct video_nal *out)
{
	size_t begin, end;

	while ((begin = find_start_code(buf, len, *pos)) < len) {
		begin += NAL_START_LEN;
		*pos = end = find_start_code(buf, len, begin);
		while (end > begin && buf[end - 1] == 0)
			end--;
		if (end == begin)
			continue;
		out->data = buf + begin;
		out->len = end - begin;
		return true;
	}
	*pos = len;
	return false;
}

/* Two zero bytes or more, and then a one. */
bool
nal_is_annex_b(const uint8_t *buf, size_t len)
{
	size_t i = 0;

	while (i < len && buf[i] == 0)
		i++;
	return i >= 2 && i < len && buf[i] == 1;
}

void
nal_list_add(struct nal_list *l, const struct video_nal *nal)
{
	if (l->n == l->room) {
		l->room = l->room * 2 + 16;
		l->nals = xrealloc(l->nals, l->room * sizeof *l->nals);
	}
	l->nals[l->n++] = *nal;
}

size_t
nal_list_write(struct nal_list *l, const struct video_nal *nal, uint8_t *out)
{
	struct video_nal copy = { out + NAL_START_LEN, nal->len, nal->type };

	memcpy(out, start_code, NAL_START_LEN);
	memcpy(out + NAL_START_LEN, nal->data, nal->len);
	nal_list_add(l, &copy);
	return NAL_START_LEN + nal->len;
}

size_t
nal_list_write_all(struct nal_list *l, const struct nal_list *from,
    uint8_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < from->n; i++)
		n += nal_list_write(l, &from->nals[i], out + n);
	return n;
}
