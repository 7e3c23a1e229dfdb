#include "api_frame.h"

#include <stdlib.h>
#include <string.h>

#include "broker/http/http.h"
#include "broker/registry/jpeg.h"
#include "broker/registry/registry.h"
#include "broker/registry/snapshots.h"

#define MAX_SIZE	8192		/* pixels */
#define MAX_AGE_MS	3600000

/* Returns a parameter by its name, or by the short one that go2rtc has, too;
 * NULL if it is not there. */
static const char *
either(const struct http_request *req, const char *name, const char *letter)
{
	const char *value = http_query(req, name);

	return value != NULL ? value : http_query(req, letter);
}

/* Reads a size in pixels, which is 0 if it is not there. */
static int
read_size(const char *text, int *size)
{
	char *end;
	long n;

	*size = 0;
	if (text == NULL)
		return 0;
	n = strtol(text, &end, 10);
	if (end == text || *end != '\0' || n < 1 || n > MAX_SIZE)
		return -1;
	*size = (int)n;
	return 0;
}

/* Reads a time as go2rtc takes it, "5s" or "500ms", or a number of seconds. */
static int
read_age(const char *text, int64_t *ms)
{
	static const struct {
		const char *name;
		int ms;
	} units[] = {
		{ "", 1000 }, { "s", 1000 }, { "ms", 1 }, { "m", 60000 },
		{ "h", 3600000 },
	};
	char *end;
	long n;

	*ms = 0;
	if (text == NULL)
		return 0;
	n = strtol(text, &end, 10);
	if (end == text || n < 0 || n > MAX_AGE_MS)
		return -1;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (strcmp(units[i].name, end) == 0) {
			*ms = (int64_t)n * units[i].ms;
			return *ms <= MAX_AGE_MS ? 0 : -1;
		}
	return -1;
}

static void
on_sent(const void *body, size_t len, void *arg)
{
	(void)body;
	(void)len;
	jpeg_unref(arg);
}

static void
on_snapshot(int status, const char *error, struct jpeg *jpeg, void *arg)
{
	struct http_request *req = arg;

	if (status != 200) {
		http_reply_error(req, status, "%s", error);
		return;
	}
	http_set_header(req, "Cache-Control", "no-store");
	http_set_header(req, "X-Content-Type-Options", "nosniff");
	http_reply_shared(req, "image/jpeg", jpeg->data, jpeg->len, on_sent,
	    jpeg_ref(jpeg));
}

void
api_frame_get(struct http_request *req, struct context *ctx,
    const struct context_match *match)
{
	const char *src = http_query(req, "src");
	struct snapshot_wish wish = {
		.stream = registry_stream(ctx->registry,
		    src != NULL ? src : ""),
	};

	(void)match;
	if (wish.stream == NULL)
		http_reply_error(req, 404, "stream not found");
	else if (read_size(either(req, "width", "w"), &wish.width) == -1 ||
	    read_size(either(req, "height", "h"), &wish.height) == -1)
		http_reply_error(req, 400, "width and height are 1 to %d "
		    "pixels", MAX_SIZE);
	else if (read_age(http_query(req, "cache"), &wish.max_age_ms) == -1)
		http_reply_error(req, 400, "cache is a time up to an hour, "
		    "as 5 or 5s, 500ms, 1m");
	else
		snapshots_ask(ctx->snapshots, &wish, on_snapshot, req);
}
