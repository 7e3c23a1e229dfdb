/* GET /api and GET /api/streams: what streams there are, with their cameras
 * and their viewers. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "api_server.h"
#include "broker/port/viewer_port.h"

#define MANY	53	/* more than are written in one turn of the loop */

static char good[] = "good", other[] = "other";

static int
set_up(void **state)
{
	static char *names[] = { good, other, NULL };

	(void)state;
	return server_open(names);
}

static int
set_up_many(void **state)
{
	static char texts[MANY][12];
	char *names[MANY + 1] = { NULL };

	(void)state;
	for (int i = 0; i < MANY; i++) {
		snprintf(texts[i], sizeof texts[i], "cam%02d", i);
		names[i] = texts[i];
	}
	return server_open(names);
}

/* A stream that nobody has watched yet. */
static json_t *
idle(void)
{
	return json_pack("{s:[],s:[{s:s,s:s,s:s,s:s,s:s,s:i,s:i}]}",
	    "consumers", "producers", "url", "rtsp://camera/", "state",
	    "idle", "error", "", "video", "", "audio", "", "width", 0,
	    "height", 0);
}

static void
test_about(void **state)
{
	static char file[] = "/etc/lull/lull.yaml";

	(void)state;
	expect_json(get_json("/api"), json_pack("{s:s,s:s,s:s,s:{s:s}}", "name",
	    "lull", "version", PACKAGE_VERSION, "host", "cam", "rtsp",
	    "listen", ""));
	w->config.path = file;
	expect_json(get_json("/api"), json_pack("{s:s,s:s,s:s,s:s,s:{s:s}}",
	    "name", "lull", "version", PACKAGE_VERSION, "host", "cam",
	    "config_path", file, "rtsp", "listen", ""));
}

/* The port is one that nobody has. */
static void
test_the_port_of_all_viewers(void **state)
{
	struct config_viewer_port *c = &w->config.viewer_port;
	struct viewer_port *port = NULL;
	struct error err;
	json_t *about;

	(void)state;
	*c = (struct config_viewer_port){ .address = "::1", .tcp = true };
	for (c->port = 10000; port == NULL && c->port < 20000; c->port++)
		port = viewer_port_open(w->base, c, w->sockets, &err);
	assert_non_null(port);
	c->port = 8555;
	context.viewer_port = port;
	about = get_json("/api");
	context.viewer_port = NULL;
	expect_json(json_incref(json_object_get(about, "viewer_port")),
	    json_pack("{s:s,s:{s:i,s:i,s:i},s:{s:i,s:i}}",
	    "listen", "[::1]:8555/tcp",
	    "udp", "opened", 0, "more", 0, "dropped", 0,
	    "tcp", "opened", 0, "dropped", 0));
	json_decref(about);
	viewer_port_close(port);
}

static void
test_all_streams(void **state)
{
	(void)state;
	expect_json(get_json("/api/streams"), json_pack("{s:o,s:o}", "good",
	    idle(), "other", idle()));
	expect_json(get_json("/api/streams?src="), json_pack("{s:o,s:o}",
	    "good", idle(), "other", idle()));
}

static void
test_one_stream(void **state)
{
	(void)state;
	expect_json(get_json("/api/streams?src=other"), idle());
	expect_error(ask("GET", "/api/streams?src=third", NULL, "", 0), 404,
	    "stream not found");
}

/* The worker says which of them is open. */
static void
test_several_sources(void **state)
{
	struct session *s;
	json_t *o, *list;

	(void)state;
	s = workers_session(w, good, NULL);
	json_array_append_new(s->stream->sources,
	    json_string("ffmpeg:http://***@h/"));
	while (s->camera->state != IPC_SOURCE_LIVE)
		event_base_loop(w->base, EVLOOP_ONCE);
	o = get_json("/api/streams?src=good");
	list = json_object_get(o, "producers");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(text_of(json_array_get(list, 0), "url"),
	    "rtsp://camera/");
	assert_string_equal(text_of(json_array_get(list, 0), "state"), "live");
	expect_json(json_incref(json_array_get(list, 1)), json_pack(
	    "{s:s,s:s,s:s,s:s,s:s,s:i,s:i}", "url", "ffmpeg:http://***@h/",
	    "state", "idle", "error", "", "video", "", "audio", "", "width", 0,
	    "height", 0));
	json_decref(o);
	workers_order(w, s, "use second");
	while (s->camera->index != 1)
		event_base_loop(w->base, EVLOOP_ONCE);
	o = get_json("/api/streams?src=good");
	list = json_object_get(o, "producers");
	assert_string_equal(text_of(json_array_get(list, 0), "state"), "idle");
	assert_string_equal(text_of(json_array_get(list, 1), "state"), "live");
	json_decref(o);
}

static void
test_its_viewers(void **state)
{
	const struct session *first = workers_session(w, good, NULL);
	const struct session *second = workers_session(w, good, NULL);
	json_t *o = get_json("/api/streams?src=good");

	(void)state;
	workers_session(w, other, NULL);
	expect_json(json_incref(json_object_get(o, "consumers")), json_pack(
	    "[{s:i,s:s,s:s,s:s,s:s,s:s,s:b},{s:i,s:s,s:s,s:s,s:s,s:s,s:b}]",
	    "id", (int)first->connection_id, "format_name", "webrtc",
	    "remote_addr", "", "session_id", first->id, "viewer_id", "viewer",
	    "state", "connecting", "paused", 0,
	    "id", (int)second->connection_id, "format_name", "webrtc",
	    "remote_addr", "", "session_id", second->id, "viewer_id", "viewer",
	    "state", "connecting", "paused", 0));
	json_decref(o);
}

/* The camera of a stream, as GET tells it; the caller frees. */
static json_t *
get_camera(void)
{
	json_t *o = get_json("/api/streams?src=good");
	json_t *list = json_object_get(o, "producers");
	json_t *camera = json_incref(json_array_get(list, 0));

	assert_int_equal(json_array_size(list), 1);
	json_decref(o);
	return camera;
}

/* An error has its time, a note of a camera that is live has none. */
static void
test_its_camera(void **state)
{
	struct session *s = workers_session(w, good, NULL);
	time_t before = time(NULL), at;
	struct tm tm = { 0 };
	json_t *camera;

	(void)state;
	while (s->camera->state != IPC_SOURCE_LIVE)
		event_base_loop(w->base, EVLOOP_ONCE);
	expect_json(get_camera(), json_pack(
	    "{s:s,s:s,s:s,s:s,s:s,s:i,s:i}", "url", "rtsp://camera/", "state",
	    "live", "error", "no sound", "video", "h264", "audio", "", "width",
	    640, "height", 360));
	workers_order(w, s, "lose camera");
	while (s->camera->state != IPC_SOURCE_LOST)
		event_base_loop(w->base, EVLOOP_ONCE);
	camera = get_camera();
	assert_string_equal(text_of(camera, "state"), "lost");
	assert_string_equal(text_of(camera, "error"), "unplugged");
	assert_string_equal(strptime(text_of(camera, "error_time"),
	    "%Y-%m-%dT%H:%M:%S", &tm), "Z");
	at = timegm(&tm);
	assert_true(at >= before && at <= time(NULL));
	json_decref(camera);
}

/* They are written in several turns of the loop; each is there once. */
static void
test_many_viewers(void **state)
{
	json_t *o, *list;

	(void)state;
	for (int i = 0; i < MANY; i++)
		workers_session(w, good, NULL);
	workers_session(w, other, NULL);
	o = get_json("/api/streams");
	list = json_object_get(json_object_get(o, "good"), "consumers");
	assert_int_equal(json_array_size(list), MANY);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(json_integer_value(json_object_get(
		    json_array_get(list, (size_t)i), "id")), i + 1);
	list = json_object_get(json_object_get(o, "other"), "consumers");
	assert_int_equal(json_array_size(list), 1);
	json_decref(o);
}

/* It was there when the list was begun, and has ended when it is its turn. */
static void
test_a_viewer_that_ends_meanwhile(void **state)
{
	json_t *o;

	(void)state;
	for (int i = 0; i < MANY; i++)
		ends_meanwhile = workers_session(w, good, NULL);
	o = get_json("/api/streams?src=good");
	assert_int_equal(json_array_size(json_object_get(o, "consumers")),
	    MANY - 1);
	json_decref(o);
}

static void
test_many_streams(void **state)
{
	json_t *o = get_json("/api/streams");
	char name[12];

	(void)state;
	assert_int_equal(json_object_size(o), MANY);
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, "cam%02d", i);
		expect_json(json_incref(json_object_get(o, name)), idle());
	}
	json_decref(o);
}

/* A list of many streams leaves the loop to others in between, though none of
 * them has many viewers: here the last one's only viewer leaves. */
static void
test_others_come_in_between(void **state)
{
	json_t *o, *stream;

	(void)state;
	ends_meanwhile = workers_session(w, "cam52", NULL);
	o = get_json("/api/streams");
	stream = json_object_get(o, "cam52");
	assert_non_null(stream);
	assert_int_equal(json_array_size(json_object_get(stream,
	    "consumers")), 0);
	json_decref(o);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, server_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_about),
		TEST(test_the_port_of_all_viewers),
		TEST(test_all_streams),
		TEST(test_one_stream),
		TEST(test_several_sources),
		TEST(test_its_viewers),
		TEST(test_its_camera),
		TEST(test_many_viewers),
		TEST(test_a_viewer_that_ends_meanwhile),
		cmocka_unit_test_setup_teardown(test_many_streams, set_up_many,
		    server_close),
		cmocka_unit_test_setup_teardown(test_others_come_in_between,
		    set_up_many, server_close),
	};

	return cmocka_run_group_tests_name("api_streams", tests,
	    workers_begin, workers_end);
}
