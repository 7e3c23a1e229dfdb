#ifndef LULL_TEST_PORT_DOOR_H
#define LULL_TEST_PORT_DOOR_H

/* A worker's door as the broker sees it, and what viewers send. Included by one
 * file of a test program, after cmocka. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "bytes.h"
#include "handover.h"
#include "log.h"
#include "rundir.h"
#include "xalloc.h"

#define DOOR_TAG	"TAGa"
#define DOOR_UFRAG	"TAGa23456789"

static struct event_base *base;
static char door_folder[32];
static char *door_path;
static int door_fd = -1, door_conn = -1;
static int door_fds_before;

/* How many descriptors this process has. */
static inline int
count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static inline void
door_listen(void)
{
	struct error err;

	door_fd = handover_listen(door_path, &err);
	assert_int_not_equal(door_fd, -1);
}

static inline void
door_hang_up(void)
{
	if (door_conn != -1)
		close(door_conn);
	door_conn = -1;
}

/* The worker is killed: its door stays. */
static inline void
door_kill(void)
{
	door_hang_up();
	if (door_fd != -1)
		close(door_fd);
	door_fd = -1;
}

/* Set-up and tear-down of a test. */
static inline int
door_begin(void **state)
{
	(void)state;
	strcpy(door_folder, "/tmp/lull-port-XXXXXX");
	if (mkdtemp(door_folder) == NULL)
		return -1;
	base = event_base_new();
	door_path = rundir_door(door_folder, DOOR_TAG);
	door_fds_before = count_fds();
	door_listen();
	return 0;
}

/* All that the test had open is closed by now. */
static inline int
door_end(void **state)
{
	(void)state;
	door_kill();
	unlink(door_path);
	free(door_path);
	assert_int_equal(count_fds(), door_fds_before);
	event_base_free(base);
	return rmdir(door_folder);
}

/* Takes what was handed over, by the connection or the next one; false if
 * nothing was. */
static inline bool
door_take(struct handover *h)
{
	int rc;

	if (door_conn == -1)
		door_conn = accept4(door_fd, NULL, NULL,
		    SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (door_conn == -1)
		return false;
	rc = handover_receive(door_conn, h);
	if (rc != 0)
		return rc == 1;
	door_hang_up();
	return door_take(h);
}

/* A Binding request with that USERNAME, and padded to `len` bytes by an
 * attribute that nobody knows unless that is 0. */
static inline size_t
check_write(uint8_t *out, const char *username, size_t len)
{
	size_t n = strlen(username), at = 24 + ((n + 3) & ~(size_t)3);

	memset(out, 0, at);
	put16(out, 0x0001);
	put32(out + 4, 0x2112a442);
	put16(out + 20, 0x0006);
	put16(out + 22, (uint16_t)n);
	memcpy(out + 24, username, n);
	if (len > 0) {
		memset(out + at, 0, len - at);
		put16(out + at, 0xfffe);
		put16(out + at + 2, (uint16_t)(len - at - 4));
		at = len;
	}
	put16(out + 2, (uint16_t)(at - 20));
	return at;
}

static inline void
run_loop(void)
{
	event_base_loop(base, EVLOOP_NONBLOCK);
}

#endif
