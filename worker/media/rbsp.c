#include "rbsp.h"

#include <string.h>

void
rbsp_open(struct rbsp *b, const uint8_t *nal, size_t len, size_t header)
{
	memset(b, 0, sizeof *b);
	b->next = nal + (header < len ? header : len);
	b->end = nal + len;
}

static void
load(struct rbsp *b)
{
	if (b->zeros >= 2 && b->next < b->end && *b->next == 3) {
		b->next++;
		b->zeros = 0;
	}
	if (b->next == b->end) {
		b->over = true;
		return;
	}
	b->byte = *b->next++;
	b->left = 8;
	b->zeros = b->byte == 0 ? b->zeros + 1 : 0;
}

unsigned
rbsp_flag(struct rbsp *b)
{
	if (b->left == 0)
		load(b);
	if (b->over)
		return 0;
	return b->byte >> --b->left & 1;
}

unsigned
rbsp_get(struct rbsp *b, int n)
{
	unsigned v = 0;

	while (n-- > 0)
		v = v << 1 | rbsp_flag(b);
	return v;
}

void
rbsp_skip(struct rbsp *b, int n)
{
	while (n-- > 0)
		rbsp_flag(b);
}

unsigned
rbsp_ue(struct rbsp *b, unsigned max)
{
	unsigned v;
	int zeros = 0;

	while (!b->over && rbsp_flag(b) == 0)
		if (++zeros > 31)
			b->over = true;
	if (b->over)
		return 0;
	v = (1u << zeros) - 1 + rbsp_get(b, zeros);
	if (v > max)
		b->over = true;
	return b->over ? 0 : v;
}

int
rbsp_se(struct rbsp *b)
{
	unsigned k = rbsp_ue(b, UINT32_MAX - 1);

	return k & 1 ? (int)(k / 2 + 1) : -(int)(k / 2);
}
