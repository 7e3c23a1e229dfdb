#include "framing.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "bytes.h"

#define PREFIX		2
#define MAX_FRAMES	128	/* of one sendmsg(); two iovecs each */
#define MAX_READS	32	/* of one turn */

static bool
would_block(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* Gives away the whole frames at the front. False if one is too long. */
static bool
give_frames(struct framing *f, framing_cb *cb, void *arg, const bool *go_on)
{
	size_t at = 0;
	bool fits = true;

	while (f->n_in - at >= PREFIX && *go_on) {
		size_t len = get16(f->in + at);

		fits = len <= FRAMING_MAX;
		if (!fits || f->n_in - at - PREFIX < len)
			break;
		if (len > 0)
			cb(f->in + at + PREFIX, len, arg);
		at += PREFIX + len;
	}
	f->n_in -= at;
	memmove(f->in, f->in + at, f->n_in);
	return fits;
}

/* Less than there was room for was all that there is. */
bool
framing_read(struct framing *f, int fd, framing_cb *cb, void *arg,
    const bool *go_on)
{
	for (int i = 0; i < MAX_READS && *go_on; i++) {
		size_t room = sizeof f->in - f->n_in;
		ssize_t n = recv(fd, f->in + f->n_in, room, MSG_DONTWAIT);

		if (n == -1)
			return would_block();
		if (n == 0)
			return false;
		f->n_in += (size_t)n;
		if (!give_frames(f, cb, arg, go_on))
			return false;
		if ((size_t)n < room)
			return true;
	}
	return true;
}

/* How many of the frames are in the first `sent` bytes; a cut one is kept. */
static size_t
count_sent(struct framing *f, const struct iovec *iov, size_t n, size_t sent)
{
	for (size_t i = 0; i < n; i++) {
		const struct iovec *v = &iov[2 * i];
		size_t whole = v[0].iov_len + v[1].iov_len;

		if (sent == 0)
			return i;
		if (sent < whole) {
			memcpy(f->out, v[0].iov_base, v[0].iov_len);
			memcpy(f->out + v[0].iov_len, v[1].iov_base,
			    v[1].iov_len);
			f->out_at = sent;
			f->n_out = whole;
			return i + 1;
		}
		sent -= whole;
	}
	return n;
}

static size_t
send_some(struct framing *f, int fd, const uint8_t *data, const uint16_t *len,
    size_t n)
{
	uint8_t prefix[MAX_FRAMES][PREFIX];
	struct iovec iov[2 * MAX_FRAMES];
	struct msghdr m = { .msg_iov = iov };
	ssize_t sent;
	size_t i;

	for (i = 0; i < n && i < MAX_FRAMES && len[i] <= FRAMING_MAX; i++) {
		put16(prefix[i], len[i]);
		iov[2 * i] = (struct iovec){ prefix[i], PREFIX };
		iov[2 * i + 1] = (struct iovec){ (void *)(uintptr_t)data,
		    len[i] };
		data += len[i];
	}
	m.msg_iovlen = 2 * i;
	sent = i == 0 ? -1 : sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	return sent <= 0 ? 0 : count_sent(f, iov, i, (size_t)sent);
}

size_t
framing_send(struct framing *f, int fd, const uint8_t *data,
    const uint16_t *len, size_t n)
{
	size_t taken = 0, some;

	while (taken < n && framing_flush(f, fd)) {
		some = send_some(f, fd, data, len, n - taken);
		if (some == 0)
			break;
		for (size_t i = 0; i < some; i++)
			data += len[i];
		len += some;
		taken += some;
	}
	return taken;
}

bool
framing_flush(struct framing *f, int fd)
{
	ssize_t n;

	if (f->n_out == 0)
		return true;
	n = send(fd, f->out + f->out_at, f->n_out - f->out_at,
	    MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0)
		f->out_at += (size_t)n;
	if (f->out_at < f->n_out)
		return false;
	f->n_out = f->out_at = 0;
	return true;
}
