#ifndef LULL_TEST_ASSEMBLIES_H
#define LULL_TEST_ASSEMBLIES_H

/*
 * Feeds an assembly with NAL units such as an encoder makes. For tests with
 * cmocka, whose headers come first.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/worker/h264_writer.h"
#include "worker/media/h264.h"
#include "worker/media/media.h"
#include "worker/rtsp/assembly.h"

#define MTU	100
#define LONG	250	/* of a slice: three packets, the last not full */
#define OTHER	16	/* bytes of what is no slice */

enum { LOST = 1, MARKER = 2, BEGINS = 4 };

struct fixture {
	struct assembly	*a;
	char		 log[1024];
	uint8_t		 data[4096];	/* of the last unit */
	size_t		 len, unit_len;	/* of `data`, and of all */
	int		 answer;	/* of the callback */
	int64_t		 now;
};

static inline int
on_unit(const struct assembly_unit *u, void *arg)
{
	struct fixture *f = arg;
	struct video_nal nal;
	size_t pos = 0, n = strlen(f->log);

	while (u->len > 0 && h264_next_nal(u->data, u->len, &pos, &nal))
		n += snprintf(f->log + n, sizeof f->log - n, "%d ", nal.type);
	snprintf(f->log + n, sizeof f->log - n, "%s@%d, ",
	    u->damaged ? "!" : "", (int)u->time);
	f->unit_len = u->len;
	f->len = u->len < sizeof f->data ? u->len : sizeof f->data;
	if (u->len > 0)
		memcpy(f->data, u->data, f->len);
	return f->answer;
}

static inline int
setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof f);
	f.a = assembly_new(&h264_codec, on_unit, &f);
	*state = &f;
	return 0;
}

static inline int
teardown(void **state)
{
	struct fixture *f = *state;

	assembly_free(f->a);
	return 0;
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

/* What came out since the last time. */
static inline const char *
seen(struct fixture *f)
{
	static char copy[sizeof f->log];

	memcpy(copy, f->log, sizeof copy);
	f->log[0] = '\0';
	return copy;
}

static inline size_t
write_nal(uint8_t *out, int type, int first_mb, size_t len)
{
	struct writer w = { .bits = 0 };

	memset(out, 0x55, len);
	put(&w, 3 << 5 | type, 8);
	if (first_mb >= 0) {
		put_ue(&w, first_mb);
		put_ue(&w, 7);		/* slice_type */
		put_ue(&w, 0);		/* pic_parameter_set_id */
	}
	finish(&w, out);
	return len;
}

static inline int
add(struct fixture *f, const uint8_t *data, size_t len, int64_t t, int flags)
{
	struct assembly_piece p = {
		.data = data, .len = len, .time = t,
		.begins = flags & BEGINS, .lost = flags & LOST,
		.marker = flags & MARKER,
	};

	return assembly_add(f->a, &p);
}

/* A NAL unit in packets of `mtu`, after a loss, or with the marker in the last
 * one. */
static inline int
add_all(struct fixture *f, const uint8_t *nal, size_t len, size_t mtu,
    int64_t t, int flags)
{
	size_t n, done = 0;
	int ret = 0;

	for (; ret == 0 && done < len; done += n) {
		n = len - done < mtu ? len - done : mtu;
		ret = add(f, nal + done, n, t, (done == 0 ?
		    BEGINS | (flags & LOST) : 0) |
		    (done + n == len ? flags & MARKER : 0));
	}
	return ret;
}

static inline int
slice_flags(struct fixture *f, int type, int first_mb, size_t len, int64_t t,
    int flags)
{
	uint8_t nal[1024];

	write_nal(nal, type, first_mb, len);
	return add_all(f, nal, len, MTU, t, flags);
}

static inline int
slice(struct fixture *f, int type, int first_mb, size_t len, int64_t t)
{
	return slice_flags(f, type, first_mb, len, t, 0);
}

static inline int
last_slice(struct fixture *f, int type, int first_mb, size_t len, int64_t t)
{
	return slice_flags(f, type, first_mb, len, t, MARKER);
}

static inline void
lost_slice(struct fixture *f, int type, int first_mb, int64_t t)
{
	slice_flags(f, type, first_mb, 60, t, LOST);
}

static inline int
other(struct fixture *f, int type, int64_t t)
{
	return slice(f, type, -1, OTHER, t);
}

/* What goes on with a NAL unit. */
static inline int
rest(struct fixture *f, int64_t t, int flags)
{
	return add(f, (const uint8_t *)"rest", 4, t, flags);
}

/* A slice of which nobody can tell where it is. */
static inline int
unreadable(struct fixture *f, int64_t t, int flags)
{
	static const uint8_t nal[] = { 0x65, 0, 0, 0, 0x40 };

	return add(f, nal, sizeof nal, t, BEGINS | flags);
}

#endif
