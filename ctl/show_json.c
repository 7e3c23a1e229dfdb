#include "show.h"

#include <stdlib.h>

#include "json.h"

static void
show_json_reply(FILE *out, const json_t *reply)
{
	char *s = json_text(reply, NULL);

	fputs(s, out);
	free(s);
}

static void
show_json_done(FILE *out, const json_t *reply, const char *summary)
{
	(void)summary;
	show_json_reply(out, reply);
}

const struct show show_json = {
	.sessions = show_json_reply,
	.streams = show_json_reply,
	.version = show_json_reply,
	.done = show_json_done,
	.failed = show_json_reply,
};
