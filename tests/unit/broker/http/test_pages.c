/* A folder of pages, and what lies around it. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include "broker/http/pages.h"
#include "tests/unit/broker/fake_http.h"
#include "tests/unit/lowest_free.h"

/* top/secret.html, top/pages-too/x.html and top/pages/… */
static char top[] = "/tmp/lull-pages-XXXXXX";
static char *dir;

static bool shrunk;	/* the files are shorter than they were */

/* Stands in for the C library's. */
ssize_t
read(int fd, void *buf, size_t size)
{
	return syscall(SYS_read, fd, buf, shrunk ? size / 2 : size);
}

static void
put(const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", top, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	free(path);
}

static void
put_link(const char *name, const char *target)
{
	char *path = xasprintf("%s/%s", top, name);

	assert_int_equal(symlink(target, path), 0);
	free(path);
}

static void
put_dir(const char *name)
{
	char *path = xasprintf("%s/%s", top, name);

	assert_int_equal(mkdir(path, 0700), 0);
	free(path);
}

static int
set_up(void **state)
{
	char *fifo;

	(void)state;
	assert_non_null(mkdtemp(top));
	dir = xasprintf("%s/pages", top);
	put_dir("pages");
	put_dir("pages/sub");
	put_dir("pages-too");
	put("secret.html", "secret");
	put("pages-too/x.html", "secret");
	put("pages/index.html", "<p>hello");
	put("pages/app.mjs", "1");
	put("pages/sub/empty.css", "");
	put("pages/.hidden", "secret");
	put("pages/a..b.js", "fine");
	put("pages/README", "text");
	put("pages/Logo.SVG", "<svg/>");
	put("pages/clip.unknown", "bytes");
	put_link("pages/inside.html", "index.html");
	put_link("pages/outside.html", "../secret.html");
	put_link("pages/beside.html", "../pages-too/x.html");
	put_link("pages/out", "..");
	put_link("pages/loop", "loop");
	fifo = xasprintf("%s/fifo", dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	free(fifo);
	return 0;
}

static int
tear_down(void **state)
{
	char *cmd = xasprintf("rm -rf %s", top);
	int rc = system(cmd);

	(void)state;
	free(cmd);
	free(dir);
	return rc;
}

static void
get(struct http_request *req, const char *path)
{
	int fd = lowest_free();

	fake_clear(req);
	req->method = "GET";
	req->path = path;
	pages_serve(req, dir);
	assert_int_equal(req->answers, 1);
	assert_int_equal(lowest_free(), fd);
}

static void
test_served(void **state)
{
	static const struct {
		const char *path, *type, *body;
	} cases[] = {
		{ "/", "text/html; charset=utf-8", "<p>hello" },
		{ "/index.html", "text/html; charset=utf-8", "<p>hello" },
		{ "/inside.html", "text/html; charset=utf-8", "<p>hello" },
		{ "/app.mjs", "text/javascript; charset=utf-8", "1" },
		{ "/a..b.js", "text/javascript; charset=utf-8", "fine" },
		{ "/sub/empty.css", "text/css; charset=utf-8", "" },
		{ "/README", "application/octet-stream", "text" },
		{ "/Logo.SVG", "image/svg+xml", "<svg/>" },
		{ "/clip.unknown", "application/octet-stream", "bytes" },
	};
	struct http_request req = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		get(&req, cases[i].path);
		assert_int_equal(req.status, 200);
		assert_string_equal(req.type, cases[i].type);
		assert_string_equal(req.body, cases[i].body);
		assert_string_equal(fake_header(&req, "Cache-Control"),
		    "no-cache");
		assert_string_equal(fake_header(&req,
		    "X-Content-Type-Options"), "nosniff");
		assert_non_null(strstr(fake_header(&req,
		    "Content-Security-Policy"), "default-src 'self'"));
	}
	fake_clear(&req);
}

static void
test_kept_out(void **state)
{
	static const char *const paths[] = {
		"/../secret.html", "/sub/../../secret.html", "/..", "/.",
		"/./index.html", "/.hidden", "/outside.html", "/beside.html",
		"/out/secret.html", "/out/pages/index.html/..", "/loop",
		"/fifo", "/sub", "/sub/", "/index.html/", "/none.html",
		"//../secret.html", "/%2e%2e/secret.html", "",
		"../secret.html", "index.html", "/out/pages-too/x.html",
	};
	struct http_request req = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		get(&req, paths[i]);
		if (req.status != 404)
			fail_msg("%s: %d", paths[i], req.status);
	}
	fake_clear(&req);
}

static void
test_no_folder(void **state)
{
	char *path = xasprintf("%s/secret.html", top);
	struct http_request req = { .method = "GET", .path = path };

	(void)state;
	pages_serve(&req, "/nonexistent/pages");
	assert_int_equal(req.status, 404);
	fake_clear(&req);
	pages_serve(&req, "");
	assert_int_equal(req.status, 404);
	fake_clear(&req);
	free(path);
}

static void
test_a_page_that_shrinks_meanwhile(void **state)
{
	struct http_request req = { 0 };

	(void)state;
	shrunk = true;
	get(&req, "/");
	shrunk = false;
	assert_int_equal(req.status, 500);
	assert_string_equal(req.body, "cannot read the page");
	fake_clear(&req);
}

static void
resize(const char *name, off_t size)
{
	char *path = xasprintf("%s/%s", top, name);

	assert_int_equal(truncate(path, size), 0);
	free(path);
}

static void
test_a_page_has_a_bound(void **state)
{
	static const off_t most = 8 * 1024 * 1024;
	struct http_request req = { 0 };

	(void)state;
	put("pages/large.js", "");
	resize("pages/large.js", most);
	get(&req, "/large.js");
	assert_int_equal(req.status, 200);
	assert_int_equal(req.len, most);
	resize("pages/large.js", most + 1);
	get(&req, "/large.js");
	assert_int_equal(req.status, 500);
	assert_string_equal(req.body, "the page is larger than 8388608 bytes");
	fake_clear(&req);
}

/* The folder may be the top of all, as in a container. */
static void
test_the_folder_is_the_root(void **state)
{
	char *path = xasprintf("%s/secret.html", top);
	struct http_request req = { .method = "GET", .path = path };

	(void)state;
	pages_serve(&req, "/");
	assert_int_equal(req.status, 200);
	assert_string_equal(req.body, "secret");
	fake_clear(&req);
	free(path);
}

static void
test_not_modified(void **state)
{
	struct http_request req = { 0 };
	char *etag;

	(void)state;
	get(&req, "/");
	etag = xstrdup(fake_header(&req, "ETag"));
	assert_int_equal(etag[0], '"');

	req.if_none_match = etag;
	get(&req, "/");
	assert_int_equal(req.status, 304);
	assert_int_equal(req.len, 0);
	assert_string_equal(fake_header(&req, "ETag"), etag);

	put("pages/index.html", "<p>hello, longer");
	get(&req, "/");
	assert_int_equal(req.status, 200);
	assert_string_equal(req.body, "<p>hello, longer");
	assert_string_not_equal(fake_header(&req, "ETag"), etag);

	req.if_none_match = "\"other\", *";
	get(&req, "/");
	assert_int_equal(req.status, 200);
	fake_clear(&req);
	free(etag);
}

/* Its tag is one of a list, or weak, since a proxy compressed the page; or
 * any page will do. */
static void
test_a_page_that_is_known_by_other_words(void **state)
{
	struct http_request req = { 0 };
	char *etag, *in_list, *weak;

	(void)state;
	get(&req, "/app.mjs");
	etag = xstrdup(fake_header(&req, "ETag"));
	in_list = xasprintf("\"other\", %s", etag);
	weak = xasprintf("W/%s", etag);
	req.if_none_match = in_list;
	get(&req, "/app.mjs");
	assert_int_equal(req.status, 304);
	req.if_none_match = weak;
	get(&req, "/app.mjs");
	assert_int_equal(req.status, 304);
	req.if_none_match = "*";
	get(&req, "/app.mjs");
	assert_int_equal(req.status, 304);
	fake_clear(&req);
	free(etag);
	free(in_list);
	free(weak);
}

static void
set_time(const char *name, time_t s, long ns)
{
	struct timespec times[2] = { { .tv_sec = s, .tv_nsec = ns },
		{ .tv_sec = s, .tv_nsec = ns } };
	char *path = xasprintf("%s/%s", top, name);

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	free(path);
}

/* An upgrade shows, though a page may be as long as it was, or as old. */
static void
test_each_change_changes_the_tag(void **state)
{
	static const struct {
		const char *text;
		time_t s;
		long ns;
	} cases[] = {
		{ "one", 1000, 5 }, { "two", 1001, 5 }, { "two", 1001, 6 },
		{ "three", 1001, 6 },
	};
	struct http_request req = { 0 };
	char *before = xstrdup("");

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		put("pages/aged.js", cases[i].text);
		set_time("pages/aged.js", cases[i].s, cases[i].ns);
		req.if_none_match = before;
		get(&req, "/aged.js");
		assert_int_equal(req.status, 200);
		assert_string_equal(req.body, cases[i].text);
		free(before);
		before = xstrdup(fake_header(&req, "ETag"));
	}
	req.if_none_match = before;
	get(&req, "/aged.js");
	assert_int_equal(req.status, 304);
	fake_clear(&req);
	free(before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_served),
		cmocka_unit_test(test_kept_out),
		cmocka_unit_test(test_no_folder),
		cmocka_unit_test(test_a_page_that_shrinks_meanwhile),
		cmocka_unit_test(test_a_page_has_a_bound),
		cmocka_unit_test(test_the_folder_is_the_root),
		cmocka_unit_test(test_not_modified),
		cmocka_unit_test(test_a_page_that_is_known_by_other_words),
		cmocka_unit_test(test_each_change_changes_the_tag),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
