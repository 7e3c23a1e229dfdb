#include "pages.h"

#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http.h"
#include "xalloc.h"

#define PAGES_MAX_FILE	(8 * 1024 * 1024)	/* bytes, read at once */
#define PAGES_ETAG_SIZE	64

static const struct {
	const char *suffix, *type;
} types[] = {
	{ ".html", "text/html; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".mjs", "text/javascript; charset=utf-8" },
	{ ".css", "text/css; charset=utf-8" },
	{ ".json", "application/json" },
	{ ".webmanifest", "application/manifest+json" },
	{ ".svg", "image/svg+xml" },
	{ ".png", "image/png" },
	{ ".ico", "image/x-icon" },
};

/* Scripts come from files of ours only. WebSockets may go anywhere, since older
 * browsers do not count ws: of the same host as 'self'. */
static const char content_security_policy[] =
    "default-src 'self'; connect-src 'self' ws: wss:; "
    "img-src 'self' data: blob:; media-src 'self' blob: mediastream:; "
    "style-src 'self' 'unsafe-inline'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'";

static const char *
page_type(const char *path)
{
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot != NULL && i < sizeof types / sizeof types[0];
	    i++)
		if (strcasecmp(dot, types[i].suffix) == 0)
			return types[i].type;
	return "application/octet-stream";
}

/* No segment begins with a dot: neither the way up nor what an editor or a
 * version control left there. */
static bool
page_path_is_plain(const char *path)
{
	return path[0] == '/' && strstr(path, "/.") == NULL;
}

/* Returns the file behind all symbolic links if that is still in the folder,
 * else NULL. The caller frees it. */
static char *
page_resolve(const char *dir, const char *path)
{
	char *root = realpath(dir, NULL);
	char *name = xasprintf("%s%s", dir, path);
	char *file = realpath(name, NULL);
	size_t n = root != NULL ? strlen(root) : 0;

	if (file != NULL && (n == 0 || strncmp(file, root, n) != 0 ||
	    (file[n] != '/' && n > 1))) {
		free(file);
		file = NULL;
	}
	free(name);
	free(root);
	return file;
}

/* Returns a descriptor of a regular file, or -1. */
static int
page_open(const char *dir, const char *path, struct stat *st)
{
	char *file = page_path_is_plain(path) ? page_resolve(dir, path) : NULL;
	int fd = -1;

	/* With O_NONBLOCK, open() does not wait for a FIFO's other end. */
	if (file != NULL)
		fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
		    O_NONBLOCK);
	free(file);
	if (fd != -1 && (fstat(fd, st) == -1 || !S_ISREG(st->st_mode))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Returns the file's first `size` bytes, or NULL. The caller frees them. A
 * regular file gives all it has at once. */
static char *
page_read(int fd, size_t size)
{
	char *text = xcalloc(1, size + 1);

	if (read(fd, text, size) == (ssize_t)size)
		return text;
	free(text);
	return NULL;
}

static void
page_headers(struct http_request *req, const struct stat *st,
    char etag[PAGES_ETAG_SIZE])
{
	snprintf(etag, PAGES_ETAG_SIZE, "\"%jx-%jx-%jx\"",
	    (uintmax_t)st->st_mtim.tv_sec, (uintmax_t)st->st_mtim.tv_nsec,
	    (uintmax_t)st->st_size);
	http_set_header(req, "ETag", etag);
	/* A browser keeps a page but asks each time, so that an upgrade shows
	 * at once. */
	http_set_header(req, "Cache-Control", "no-cache");
	http_set_header(req, "X-Content-Type-Options", "nosniff");
	http_set_header(req, "Content-Security-Policy",
	    content_security_policy);
}

/* RFC 9110, section 13.1.2, asks for the weak comparison, in a list or `*`. */
static bool
page_is_known(const struct http_request *req, const char *etag)
{
	const char *known = http_header(req, "If-None-Match");

	return known != NULL &&
	    (strcmp(known, "*") == 0 || strstr(known, etag) != NULL);
}

static void
page_send(struct http_request *req, const char *path, int fd,
    const struct stat *st)
{
	char *text;

	if (st->st_size > PAGES_MAX_FILE) {
		http_reply_error(req, 500, "the page is larger than %d bytes",
		    PAGES_MAX_FILE);
		return;
	}
	text = page_read(fd, (size_t)st->st_size);
	if (text == NULL)
		http_reply_error(req, 500, "cannot read the page");
	else
		http_reply(req, 200, page_type(path), text,
		    (size_t)st->st_size);
	free(text);
}

void
pages_serve(struct http_request *req, const char *dir)
{
	const char *path = http_path(req);
	char etag[PAGES_ETAG_SIZE];
	struct stat st;
	int fd;

	if (strcmp(path, "/") == 0)
		path = "/index.html";
	fd = page_open(dir, path, &st);
	if (fd == -1) {
		http_reply_error(req, 404, "no such page");
		return;
	}
	page_headers(req, &st, etag);
	if (page_is_known(req, etag))
		http_reply(req, 304, NULL, NULL, 0);
	else
		page_send(req, path, fd, &st);
	close(fd);
}
