/*
 * What a reader takes from what is live: over HTTP, of a server in this
 * process, and from commands. The files of fixtures/media are those that
 * test_reader has, in other containers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "jobs.h"

#include "camera_url.h"
#include "clock.h"
#include "http_server.h"
#include "media/reader.h"

#define OK		"HTTP/1.1 200 OK"
#define TYPE		OK "\r\nContent-Type: "
#define MULTIPART	TYPE "multipart/x-mixed-replace; " \
			"boundary=ffmpeg"
#define DENIED		"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: "
#define BASIC		"Authorization: Basic dTpwQHc="	/* u:p@w */

static struct camera_url url;
static struct http_server server;

static const char *
fixture_path(const char *name)
{
	static char path[512];
	const char *top = getenv("LULL_SRCDIR");

	snprintf(path, sizeof path, "%s/tests/fixtures/media/%s",
	    top != NULL ? top : ".", name);
	return path;
}

static bool
asks_for(const char *request, const char *path)
{
	return strncmp(request + strlen("GET "), path, strlen(path)) == 0 &&
	    request[strlen("GET ") + strlen(path)] == ' ';
}

static char *
redirect(const struct http_server *s, const char *host, const char *path,
    size_t *len)
{
	char head[128];

	snprintf(head, sizeof head, "HTTP/1.1 302 Found\r\n"
	    "Location: http://%s:%d%s", host, s->port, path);
	return http_answer(head, NULL, 0, len);
}

static const struct {
	const char *path, *head, *file, *body;
} pages[] = {
	{ "/a.flv", TYPE "video/x-flv", "aac.flv", NULL },
	{ "/a.ts", TYPE "video/mp2t", "aac.ts", NULL },
	{ "/mjpeg", MULTIPART, "mjpeg.multipart", NULL },
	{ "/still", TYPE "image/jpeg", "still.jpg", NULL },
	{ "/login", TYPE "text/html", NULL,
	    "<html><body>Log in</body></html>" },
	{ "/empty", TYPE "video/x-flv", NULL, "" },
	{ "/many.m3u8", TYPE "application/vnd.apple.mpegurl",
	    NULL, "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:0.5,\na.ts\n"
	    "#EXTINF:0.5,\na.ts?2\n#EXT-X-ENDLIST\n" },
	{ "/old.flv", "HTTP/1.0 200 OK", "aac.flv", NULL },
	{ "/live.m3u8", TYPE "application/vnd.apple.mpegurl",
	    NULL, "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:0.5,\na.ts\n"
	    "#EXTINF:0.5,\na.ts?2\n" },
	{ "/busy", "HTTP/1.1 503 Service Unavailable", NULL, "" },
	{ "/forbidden", "HTTP/1.1 403 Forbidden", NULL, "" },
};
#define N_PAGES	(sizeof pages / sizeof pages[0])

/* Answers what is in the table. */
static char *
answer_page(const char *request, size_t *len)
{
	for (size_t i = 0; i < N_PAGES; i++) {
		if (!asks_for(request, pages[i].path))
			continue;
		return pages[i].file != NULL ? http_answer_file(pages[i].head,
		    fixture_path(pages[i].file), len) :
		    http_answer(pages[i].head, pages[i].body,
		    strlen(pages[i].body), len);
	}
	return NULL;
}

static char *
answer_basic(const char *request, size_t *len)
{
	return strstr(request, BASIC) != NULL ?
	    http_answer_file(OK, fixture_path("aac.flv"), len) :
	    http_answer(DENIED "Basic realm=\"cam\"", NULL,
	    0, len);
}

static char *
answer_digest(const char *request, size_t *len)
{
	return strstr(request, "Digest username=\"u\"") != NULL ?
	    http_answer_file(OK, fixture_path("aac.flv"), len) :
	    http_answer(DENIED "Digest realm=\"cam\", "
	    "nonce=\"1\", qop=\"auth\"", NULL, 0, len);
}

/* The first path of a stolen playlist is a real one. */
static char *
answer_thief(size_t *len)
{
	char body[1024];
	int n = snprintf(body, sizeof body, "#EXTM3U\n"
	    "#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://%s\n"
	    "#EXTINF:1,\nconcat:%s\n#EXT-X-ENDLIST\n",
	    fixture_path("aac.ts"), fixture_path("aac.ts"));

	return http_answer(TYPE "application/x-mpegurl", body,
	    (size_t)n, len);
}

static char *
answer(const struct http_server *s, const char *request, size_t *len)
{
	char *text = answer_page(request, len);

	if (text != NULL)
		return text;
	if (asks_for(request, "/a.ts?2"))
		return http_answer_file(OK, fixture_path("aac.ts"), len);
	if (asks_for(request, "/basic"))
		return answer_basic(request, len);
	if (asks_for(request, "/digest"))
		return answer_digest(request, len);
	if (asks_for(request, "/elsewhere"))
		return strstr(request, "Authorization") == NULL ?
		    answer_basic(request, len) :
		    redirect(s, "localhost", "/basic", len);
	if (asks_for(request, "/thief.m3u8"))
		return answer_thief(len);
	if (asks_for(request, "/silent"))
		return NULL;
	return http_answer("HTTP/1.1 404 Not Found", NULL, 0, len);
}

static void
run(struct job *job, void *arg)
{
	(void)arg;
	reader_run(job, &url, 1);
}

static void
start(struct fixture *f, const char *text)
{
	struct error err;

	hang_up(f);
	forget(f);
	camera_url_clear(&url);
	assert_int_equal(camera_url_parse(text, &url, &err), 0);
	begin_job(f, run, NULL);
}

/* `user` is as in u:p@ */
static void
ask(struct fixture *f, const char *user, const char *path)
{
	char *text = xasprintf("http://%s127.0.0.1:%d%s", user, server.port,
	    path);

	start(f, text);
	free(text);
}

static int
begin(void **state)
{
	server.answer = answer;
	http_start(&server);
	return setup(state);
}

static int
finish(void **state)
{
	int ret = teardown(state);

	http_stop(&server);
	camera_url_clear(&url);
	return ret;
}

static int
count(const struct fixture *f, enum media_wire_kind kind)
{
	int n = 0;

	for (int i = 0; i < f->n_heard; i++)
		n += f->heard[i].control == NULL && f->heard[i].kind == kind;
	return n;
}

/* All ten pictures of the file, 50 ms apart, in Annex B. */
static void
check_pictures(const struct fixture *f)
{
	static const uint8_t start_code[] = { 0, 0, 0, 1 };
	int64_t last = -1;

	for (int i = 0; i < f->n_heard; i++) {
		const struct heard *h = &f->heard[i];

		if (h->control != NULL || h->kind != MEDIA_WIRE_VIDEO)
			continue;
		assert_memory_equal(h->data, start_code, 4);
		assert_true(last != -1 || h->flags == MEDIA_WIRE_KEY);
		if (last != -1)
			assert_in_range(h->time_us - last, 48000, 52000);
		last = h->time_us;
	}
	assert_int_equal(count(f, MEDIA_WIRE_VIDEO), 10);
}

static void
test_containers(void **state)
{
	static const char *const paths[] = {
		"/a.flv", "/a.ts", "/old.flv"
	};
	struct fixture *f = *state;
	const json_t *o;

	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		ask(f, "", paths[i]);
		assert_string_equal(why_it_ended(f, "lost"),
		    "the stream ended");
		o = f->heard[0].control;
		assert_string_equal(event_of(&f->heard[0]), "begin");
		assert_string_equal(json_get_string(o, "video", ""), "h264");
		o = json_object_get(o, "sound");
		assert_string_equal(json_get_string(o, "coder", ""), "aac");
		check_pictures(f);
		assert_true(count(f, MEDIA_WIRE_AUDIO) > 10);
	}
}

static void
test_jpegs_have_no_times(void **state)
{
	struct fixture *f = *state;

	ask(f, "", "/mjpeg");
	why_it_ended(f, "lost");
	assert_string_equal(json_get_string(f->heard[0].control, "video", ""),
	    "mjpeg");
	assert_true(count(f, MEDIA_WIRE_VIDEO) >= 2);
	for (int i = 1; i < f->n_heard - 1; i++)
		assert_true(f->heard[i].time_us == MEDIA_WIRE_NO_TIME);
}

static void
test_one_jpeg_is_asked_for_each_second(void **state)
{
	struct fixture *f = *state;
	int64_t begin_us = clock_now_us();

	ask(f, "", "/still");
	hear(f, 4);
	assert_string_equal(event_of(&f->heard[0]), "begin");
	for (int i = 1; i < 4; i++) {
		assert_int_equal(f->heard[i].kind, MEDIA_WIRE_VIDEO);
		assert_int_equal(f->heard[i].len, 918);
		assert_true(f->heard[i].time_us == MEDIA_WIRE_NO_TIME);
	}
	assert_true(clock_now_us() - begin_us >= 2000000);
	assert_int_equal(server.n_requests, 3);
	hang_up(f);
}

/* Segments come at once, each; pictures do not. */
static void
test_a_playlist_is_played_at_its_pace(void **state)
{
	struct fixture *f = *state;
	int64_t begin_us = clock_now_us();

	ask(f, "u:p%40w@", "/many.m3u8");
	assert_string_equal(why_it_ended(f, "lost"), "the stream ended");
	assert_string_equal(event_of(&f->heard[0]), "begin");
	assert_int_equal(count(f, MEDIA_WIRE_VIDEO), 20);
	assert_true(clock_now_us() - begin_us >= 400000);
	assert_true(server.n_requests >= 3);
}

/* One that has no end says no length. */
static void
test_a_live_playlist_is_played_at_its_pace(void **state)
{
	struct fixture *f = *state;
	int64_t begin_us = clock_now_us();

	ask(f, "", "/live.m3u8");
	do
		hear(f, f->n_heard + 1);
	while (!f->ended && count(f, MEDIA_WIRE_VIDEO) < 10);
	assert_int_equal(count(f, MEDIA_WIRE_VIDEO), 10);
	assert_true(clock_now_us() - begin_us >= 400000);
	hang_up(f);
}

static void
test_a_playlist_reads_no_file(void **state)
{
	struct fixture *f = *state;

	ask(f, "", "/thief.m3u8");
	why_it_ended(f, "lost");
	assert_int_equal(count(f, MEDIA_WIRE_VIDEO), 0);
	assert_int_equal(count(f, MEDIA_WIRE_AUDIO), 0);
}

static void
test_passwords(void **state)
{
	static const char *const paths[] = { "/basic", "/digest" };
	struct fixture *f = *state;

	for (size_t i = 0; i < 2; i++) {
		ask(f, "u:p%40w@", paths[i]);
		assert_string_equal(why_it_ended(f, "lost"),
		    "the stream ended");
		check_pictures(f);
		ask(f, "", paths[i]);
		assert_non_null(strstr(why_it_ended(f, "denied"),
		    "wants a user and a password"));
		ask(f, "x:secret@", paths[i]);
		assert_string_equal(why_it_ended(f, "denied"),
		    "401 Unauthorized: check user and password");
	}
}

/* Whom the camera names is another, who may be anybody. */
static void
test_another_host_gets_no_password(void **state)
{
	struct fixture *f = *state;
	int asked = 0, others = 0;

	ask(f, "u:p%40w@", "/elsewhere");
	why_it_ended(f, "denied");
	for (int i = 0; i < server.n_requests; i++) {
		const char *text = server.requests[i].text;

		asked += asks_for(text, "/elsewhere") &&
		    strstr(text, BASIC) != NULL;
		if (strstr(text, "Host: localhost") == NULL)
			continue;
		assert_true(asks_for(text, "/basic"));
		assert_null(strstr(text, "Authorization"));
		others++;
	}
	assert_int_equal(asked, 1);
	assert_in_range(others, 1, 2);
}

static void
test_what_is_no_stream(void **state)
{
	static const struct {
		const char *path, *why;
	} cases[] = {
		{ "/missing", "404 Not Found: check the path" },
		{ "/forbidden", "403 Forbidden: check what the user may see" },
		{ "/busy", "the server fails (5xx): too many viewers of it, "
		    "or restart it" },
		{ "/login", "what comes is no media stream that lull knows: "
		    "FLV, MPEG-TS, MP4, JPEGs or HLS" },
		{ "/empty", "what comes is no media stream that lull knows: "
		    "FLV, MPEG-TS, MP4, JPEGs or HLS" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		ask(f, "u:secret@", cases[i].path);
		assert_string_equal(why_it_ended(f, "lost"), cases[i].why);
	}
}

static void
test_hosts_that_are_not_there(void **state)
{
	struct fixture *f = *state;

	start(f, "http://u:secret@127.0.0.1:1/");
	assert_string_equal(why_it_ended(f, "lost"),
	    "connection refused: check the port");
	start(f, "http://u:secret@no-such-host.invalid/");
	assert_string_equal(why_it_ended(f, "lost"),
	    "the host has no address: check its name");
}

static void
test_silence(void **state)
{
	struct fixture *f = *state;

	ask(f, "", "/silent#timeout=1");
	assert_string_equal(why_it_ended(f, "lost"), "no data for 1 s");
	ask(f, "", "/silent#timeout=300");
	hang_up(f);	/* waits for the job's end */
	start(f, "exec:sleep 1000#timeout=1");
	assert_string_equal(why_it_ended(f, "lost"), "no data for 1 s");
	start(f, "exec:sleep 1000#timeout=300");
	hang_up(f);
}

static void
test_one_kind_alone(void **state)
{
	struct fixture *f = *state;

	ask(f, "", "/a.ts#media=video");
	why_it_ended(f, "lost");
	assert_true(json_is_null(json_object_get(f->heard[0].control,
	    "sound")));
	assert_int_equal(count(f, MEDIA_WIRE_AUDIO), 0);
	check_pictures(f);
	ask(f, "", "/a.ts#media=audio");
	assert_string_equal(why_it_ended(f, "unsupported"),
	    "there is no video");
}

static void
execute(struct fixture *f, const char *command, const char *name)
{
	char *text = xasprintf(command, fixture_path(name));

	start(f, text);
	free(text);
}

static void
test_a_commands_output(void **state)
{
	static const char *const names[] = { "aac.flv", "aac.ts" };
	struct fixture *f = *state;

	for (size_t i = 0; i < 2; i++) {
		execute(f, "exec:cat '%s'", names[i]);
		assert_string_equal(why_it_ended(f, "lost"),
		    "the command ended: exit status 0");
		check_pictures(f);
		assert_true(count(f, MEDIA_WIRE_AUDIO) > 10);
	}
	execute(f, "exec:cat '%s'", "../h264/baseline.h264");
	why_it_ended(f, "lost");
	assert_string_equal(json_get_string(f->heard[0].control, "video", ""),
	    "h264");
	assert_true(f->heard[1].flags == MEDIA_WIRE_KEY);
	for (int i = 1; i < f->n_heard - 1; i++)
		assert_true(f->heard[i].time_us == MEDIA_WIRE_NO_TIME);
}

/* More than a pipe holds, with a line that has no end in it. */
static void
test_a_command_that_talks(void **state)
{
	struct fixture *f = *state;

	execute(f, "exec:sh -c 'head -c 300000 /dev/zero | tr \"\\\\0\" x >&2; "
	    "seq 1 30000 >&2; exec cat \"%s\"'", "aac.ts");
	why_it_ended(f, "lost");
	check_pictures(f);
}

static void
test_commands_that_fail(void **state)
{
	struct fixture *f = *state;

	start(f, "exec:lull-no-such-program -p secret");
	assert_string_equal(why_it_ended(f, "lost"), "cannot run "
	    "lull-no-such-program: No such file or directory");
	assert_int_equal(f->n_heard, 1);
	start(f, "exec:sh -c 'echo secret >&2; exit 3'");
	assert_string_equal(why_it_ended(f, "lost"),
	    "the command ended: exit status 3");
	start(f, "exec:echo no media, just words");
	assert_non_null(strstr(why_it_ended(f, "lost"), "no media stream"));
}

#undef TEST
#define TEST(f)	cmocka_unit_test_setup_teardown(f, begin, finish)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_containers),
		TEST(test_jpegs_have_no_times),
		TEST(test_one_jpeg_is_asked_for_each_second),
		TEST(test_a_playlist_is_played_at_its_pace),
		TEST(test_a_live_playlist_is_played_at_its_pace),
		TEST(test_a_playlist_reads_no_file),
		TEST(test_passwords),
		TEST(test_another_host_gets_no_password),
		TEST(test_what_is_no_stream),
		TEST(test_hosts_that_are_not_there),
		TEST(test_silence),
		TEST(test_one_kind_alone),
		TEST(test_a_commands_output),
		TEST(test_a_command_that_talks),
		TEST(test_commands_that_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
