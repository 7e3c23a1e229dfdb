#include "read_job.h"

#include "camera_url.h"
#include "demo.h"
#include "job.h"
#include "json.h"
#include "reader.h"
#include "sandbox.h"

static void
show_demo(struct job *job, const struct camera_url *url)
{
	struct demo *d = demo_new(job, url);

	if (d != NULL) {
		sandbox_enter(SANDBOX_CODEC, NULL);
		demo_run(d);
	}
	demo_free(d);
}

/* A command is the administrator's own, and has to be run. */
static void
read_input(struct job *job, const struct camera_url *url, int pace)
{
	if (url->scheme == CAMERA_FILE)
		sandbox_enter(SANDBOX_FILE, url->path);
	else if (url->scheme == CAMERA_HTTP)
		sandbox_enter(SANDBOX_NETWORK, NULL);
	reader_run(job, url, pace);
}

void
job_read(struct job *job, const json_t *what)
{
	int pace = (int)json_get_int(what, "pace", 1);
	struct camera_url url;
	struct error err;

	if (camera_url_parse(json_get_string(what, "url", ""), &url, &err) ==
	    -1) {
		job_fail(job, "unsupported", "%s", err.text);
		return;
	}
	if (url.scheme == CAMERA_DEMO)
		show_demo(job, &url);
	else if (url.scheme == CAMERA_RTSP || url.scheme == CAMERA_REFERENCE)
		job_fail(job, "unsupported", "lull-media does not read this");
	else if (url.tls_fingerprint[0] != '\0')
		job_fail(job, "unsupported",
		    "#tls_fingerprint= is for rtsps:// alone");
	else
		read_input(job, &url, pace);
	camera_url_clear(&url);
}
