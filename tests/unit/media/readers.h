#ifndef LULL_TEST_READERS_H
#define LULL_TEST_READERS_H

/* A reader in a thread of its own, as it runs in the product. */
#include <pthread.h>
#include <sys/eventfd.h>

#include "tests/unit/worker/rtsp/fake_camera.h"

#include "camera_url.h"
#include "error.h"
#include "log.h"
#include "worker/camera/feed.h"
#include "worker/camera/intake.h"
#include "worker/camera/reader.h"
#include "worker/media/media.h"
#include "xalloc.h"

#define GIVE_UP_S	60	/* nothing here takes longer unless it hangs */
#define MAX_UNITS	256
struct fixture {
	struct event_base	*base;
	struct event		*give_up, *ended;
	struct feed		*feed;
	struct intake		*intake;
	struct camera_url	 url;
	int			 pace;
	pthread_t		 thread;
	int			 ended_fd;	/* readable: the reader ended */
	bool			 running, stopped;
	struct fake_camera	 camera;	/* which nobody asks */

	struct media_unit	*units[MAX_UNITS];
	int			 n_units, want_units;
	struct feed_status	 status;
};

static inline void
on_unit(struct media_unit *u, void *arg)
{
	struct fixture *f = arg;

	if (f->n_units == MAX_UNITS) {
		media_unit_free(u);
		return;
	}
	f->units[f->n_units++] = u;
	if (f->n_units == f->want_units)
		event_base_loopbreak(f->base);
}

static inline void
on_status(const struct feed_status *st, void *arg)
{
	struct fixture *f = arg;

	f->status = *st;
}

static inline void
on_give_up(evutil_socket_t fd, short what, void *arg)
{
	struct fixture *f = arg;

	(void)fd;
	(void)what;
	fail_msg("nothing more: %d units, state %d, %s", f->n_units,
	    f->status.state, f->status.error);
}

static inline void
on_ended(evutil_socket_t fd, short what, void *arg)
{
	struct fixture *f = arg;

	(void)what;
	eventfd_read(fd, &(eventfd_t){ 0 });
	f->running = false;
	pthread_join(f->thread, NULL);
	event_base_loopbreak(f->base);
}

static inline int
setup(void **state)
{
	static const struct feed_handler handler = { on_unit, on_status };
	static struct fixture f;
	struct timeval tv = { GIVE_UP_S, 0 };

	log_open(LOG_LEVEL_OFF, NULL);
	f = (struct fixture){ .base = event_base_new(), .pace = 8 };
	f.give_up = event_new(f.base, -1, 0, on_give_up, &f);
	event_add(f.give_up, &tv);
	f.ended_fd = eventfd(0, EFD_CLOEXEC);
	f.ended = event_new(f.base, f.ended_fd, EV_READ | EV_PERSIST,
	    on_ended, &f);
	event_add(f.ended, NULL);
	f.feed = feed_new(f.base, &handler, &f);
	f.intake = intake_new(&feed_entrance, f.feed,
	    &intake_times);
	fake_camera_open(&f.camera, f.base);
	*state = &f;
	return 0;
}

static inline void
until_ended(struct fixture *f)
{
	f->want_units = 0;
	while (f->running)
		event_base_loop(f->base, EVLOOP_ONCE);
	event_base_loop(f->base, EVLOOP_NONBLOCK);	/* what it said last */
}

static inline void
stop(struct fixture *f)
{
	feed_stop(f->feed);
	f->stopped = true;
	until_ended(f);
}

static inline int
teardown(void **state)
{
	struct fixture *f = *state;

	if (f->running)
		stop(f);
	fake_camera_close(&f->camera);
	intake_free(f->intake);
	feed_free(f->feed);
	for (int i = 0; i < f->n_units; i++)
		media_unit_free(f->units[i]);
	camera_url_clear(&f->url);
	event_free(f->ended);
	event_free(f->give_up);
	close(f->ended_fd);
	event_base_free(f->base);
	return 0;
}

static inline void *
run_reader(void *arg)
{
	struct fixture *f = arg;

	reader_run(f->feed, f->intake, &f->url, f->pace);
	eventfd_write(f->ended_fd, 1);
	return NULL;
}

static inline void
start(struct fixture *f, const char *url)
{
	struct error err;

	camera_url_clear(&f->url);
	assert_int_equal(camera_url_parse(url, &f->url, &err), 0);
	f->running = true;
	assert_int_equal(pthread_create(&f->thread, NULL, run_reader, f), 0);
}

static inline void
start_file(struct fixture *f, const char *name)
{
	const char *top = getenv("LULL_SRCDIR");
	char *url = xasprintf("file:%s/tests/fixtures/%s", top ? top : ".",
	    name);

	start(f, url);
	free(url);
}

static inline void
until_units(struct fixture *f, int n)
{
	f->want_units = n;
	while (f->n_units < n && f->running)
		event_base_loop(f->base, EVLOOP_ONCE);
	if (f->n_units < n)
		fail_msg("%d units, %s", f->n_units, f->status.error);
}

/* Units as letters: K P A, with r for a restart. */
static inline const char *
seen(const struct fixture *f)
{
	static char text[2 * MAX_UNITS + 1];
	size_t n = 0;

	for (int i = 0; i < f->n_units; i++) {
		const struct media_unit *u = f->units[i];

		text[n++] = u->kind == MEDIA_AUDIO ? 'A' : u->key ? 'K' : 'P';
		if (u->restart)
			text[n++] = 'r';
	}
	text[n] = '\0';
	return text;
}

static inline int
setup_group(void **state)
{
	(void)state;
	reader_init();
	return 0;
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
