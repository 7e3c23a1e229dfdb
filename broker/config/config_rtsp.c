#include "config_rtsp.h"

#include <stdlib.h>
#include <string.h>

#include "config_read.h"
#include "config_value.h"
#include "xalloc.h"

#define DEFAULT_LISTEN	":8554"

void
config_rtsp_init(struct config_rtsp *c)
{
	*c = (struct config_rtsp){ .listen = xstrdup(DEFAULT_LISTEN) };
}

void
config_rtsp_clear(struct config_rtsp *c)
{
	free(c->listen);
	free(c->username);
	if (c->password != NULL)
		explicit_bzero(c->password, strlen(c->password));
	free(c->password);
}

void
config_rtsp_keep_here(struct config_rtsp *c)
{
	if (c->chosen || c->username != NULL || c->password != NULL)
		return;
	free(c->listen);
	c->listen = xstrdup("localhost" DEFAULT_LISTEN);
}

int
config_rtsp_listen(struct config_read *r, const char *path, const json_t *v)
{
	struct config_rtsp *c = &r->config->rtsp;

	if (!config_value_is_listen(json_string_value(v)))
		return config_read_fail(r, path, "rtsp.listen: `%s` is no "
		    "address, expected HOST:PORT, :PORT or \"\"",
		    json_string_value(v));
	free(c->listen);
	c->listen = xstrdup(json_string_value(v));
	c->chosen = true;
	return 0;
}

/* A password of digits is a number to YAML. */
int
config_rtsp_secret(struct config_read *r, const char *path, const json_t *v)
{
	struct config_rtsp *c = &r->config->rtsp;
	char **to = strcmp(path, "rtsp/username") == 0 ? &c->username :
	    &c->password;
	char *text = NULL;

	if (json_is_string(v) && json_string_length(v) > 0)
		text = xstrdup(json_string_value(v));
	else if (json_is_integer(v))
		text = xasprintf("%" JSON_INTEGER_FORMAT,
		    json_integer_value(v));
	else if (!json_is_string(v) && !json_is_null(v))
		return config_read_fail(r, path, "%s: expected a text in "
		    "quotes", to == &c->username ? "rtsp.username" :
		    "rtsp.password");
	free(*to);
	*to = text;
	return 0;
}
