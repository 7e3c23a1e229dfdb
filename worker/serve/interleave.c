#include "interleave.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "bytes.h"
#include "xalloc.h"

#define PREFIX		4
#define MAX_PACKETS	64	/* of one sendmsg(); two iovecs each */

void
interleave_clear(struct interleave *il)
{
	free(il->out);
	memset(il, 0, sizeof *il);
}

void
interleave_put(struct interleave *il, const void *data, size_t len)
{
	if (il->at > 0) {
		memmove(il->out, il->out + il->at, il->n - il->at);
		il->n -= il->at;
		il->at = 0;
	}
	if (il->n + len > il->room) {
		il->room = il->n + len;
		il->out = xrealloc(il->out, il->room);
	}
	memcpy(il->out + il->n, data, len);
	il->n += len;
}

/* How many of the packets are in the first `sent` bytes; a cut one waits. */
static size_t
count_sent(struct interleave *il, const struct iovec *iov, size_t n,
    size_t sent)
{
	for (size_t i = 0; i < 2 * n; i++) {
		const uint8_t *p = iov[i].iov_base;

		if (sent >= iov[i].iov_len) {
			sent -= iov[i].iov_len;
			continue;
		}
		if (i % 2 == 0 && sent == 0)
			return i / 2;
		interleave_put(il, p + sent, iov[i].iov_len - sent);
		if (i % 2 == 0)
			interleave_put(il, iov[i + 1].iov_base,
			    iov[i + 1].iov_len);
		return i / 2 + 1;
	}
	return n;
}

static size_t
send_some(struct interleave *il, int fd, int channel, const uint8_t *data,
    const uint16_t *len, size_t n)
{
	uint8_t prefix[MAX_PACKETS][PREFIX];
	struct iovec iov[2 * MAX_PACKETS];
	struct msghdr m = { .msg_iov = iov };
	ssize_t sent;
	size_t i;

	for (i = 0; i < n && i < MAX_PACKETS; i++) {
		prefix[i][0] = '$';
		prefix[i][1] = (uint8_t)channel;
		put16(prefix[i] + 2, len[i]);
		iov[2 * i] = (struct iovec){ prefix[i], PREFIX };
		iov[2 * i + 1] = (struct iovec){ (void *)(uintptr_t)data,
		    len[i] };
		data += len[i];
	}
	m.msg_iovlen = 2 * i;
	sent = i == 0 ? -1 : sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	return sent <= 0 ? 0 : count_sent(il, iov, i, (size_t)sent);
}

size_t
interleave_send(struct interleave *il, int fd, int channel,
    const uint8_t *data, const uint16_t *len, size_t n)
{
	size_t taken = 0, some;

	while (taken < n && interleave_flush(il, fd)) {
		some = send_some(il, fd, channel, data, len, n - taken);
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
interleave_flush(struct interleave *il, int fd)
{
	ssize_t n;

	if (il->at == il->n)
		return true;
	n = send(fd, il->out + il->at, il->n - il->at,
	    MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0)
		il->at += (size_t)n;
	return il->at == il->n;
}

size_t
interleave_waiting(const struct interleave *il)
{
	return il->n - il->at;
}
