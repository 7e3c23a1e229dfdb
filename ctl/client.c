#include "client.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <curl/curl.h>

#include "json.h"
#include "xalloc.h"

struct client {
	char	*socket;
	long	 timeout_ms;
	char	*error;
	CURL	*curl;
};

struct text {
	char	*data;
	size_t	 len, size;
};

static const struct {
	long		 error;
	const char	*hint;
} hints[] = {
	{ ENOENT, "is lulld running? One that was given another folder "
	    "is found with --rundir or -s" },
	{ ECONNREFUSED, "is lulld running? This socket may be left over "
	    "from one that has ended" },
	{ EACCES, "only the user that lulld runs as, and root, may use it" },
};

struct client *
client_new(const char *socket, long timeout_ms)
{
	struct client *c = xcalloc(1, sizeof *c);

	c->socket = xstrdup(socket);
	c->timeout_ms = timeout_ms;
	if (curl_global_init(CURL_GLOBAL_NOTHING) == CURLE_OK)
		c->curl = curl_easy_init();
	return c;
}

void
client_free(struct client *c)
{
	if (c == NULL)
		return;
	curl_easy_cleanup(c->curl);
	curl_global_cleanup();
	free(c->socket);
	free(c->error);
	free(c);
}

const char *
client_error(const struct client *c)
{
	return c->error != NULL ? c->error : "no request was made";
}

static void
client_fail(struct client *c, const char *what, const char *hint)
{
	free(c->error);
	c->error = xasprintf("no answer from lulld on %s: %s%s%s%s", c->socket,
	    what, hint != NULL ? " (" : "", hint != NULL ? hint : "",
	    hint != NULL ? ")" : "");
}

static void
client_fail_connect(struct client *c)
{
	const char *hint = NULL;
	long error = 0;

	curl_easy_getinfo(c->curl, CURLINFO_OS_ERRNO, &error);
	for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++)
		if (hints[i].error == error)
			hint = hints[i].hint;
	client_fail(c, error != 0 ? strerror((int)error) : "cannot connect",
	    hint);
}

static size_t
client_receive(char *data, size_t size, size_t n, void *arg)
{
	struct text *t = arg;

	n *= size;
	if (n > CLIENT_MAX_REPLY - t->len)
		return 0;
	if (n > t->size - t->len) {
		t->size = 2 * (t->len + n);
		t->data = xrealloc(t->data, t->size);
	}
	memcpy(t->data + t->len, data, n);
	t->len += n;
	return n;
}

static CURLcode
client_perform(struct client *c, const char *method, const char *path,
    const char *body, struct text *answer)
{
	struct curl_slist *headers = NULL;
	char *url = xasprintf("http://localhost%s", path);
	CURLcode rc;

	curl_easy_reset(c->curl);
	curl_easy_setopt(c->curl, CURLOPT_UNIX_SOCKET_PATH, c->socket);
	curl_easy_setopt(c->curl, CURLOPT_PROXY, "");
	curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c->curl, CURLOPT_TIMEOUT_MS, c->timeout_ms);
	curl_easy_setopt(c->curl, CURLOPT_URL, url);
	curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, client_receive);
	curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, answer);
	if (body != NULL) {
		headers = curl_slist_append(NULL,
		    "Content-Type: application/json");
		curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, headers);
		curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, body);
	}
	curl_easy_setopt(c->curl, CURLOPT_CUSTOMREQUEST, method);
	rc = curl_easy_perform(c->curl);
	curl_slist_free_all(headers);
	free(url);
	return rc;
}

/* A refusal may be plain text; a success is JSON or has no body. */
static json_t *
client_parse(struct client *c, int status, const struct text *answer)
{
	struct error why;
	json_t *o;

	if (answer->len == 0)
		return json_object();
	o = json_parse(answer->data, answer->len, &why);
	if (json_is_object(o))
		return o;
	json_decref(o);
	if (status >= 400)
		return json_object();
	client_fail(c, "what answers there does not speak its API", NULL);
	return NULL;
}

static int
client_status(struct client *c, CURLcode rc)
{
	long status = 0;

	if (rc == CURLE_OK) {
		curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
		return (int)status;
	}
	if (rc == CURLE_COULDNT_CONNECT)
		client_fail_connect(c);
	else if (rc == CURLE_OPERATION_TIMEDOUT)
		client_fail(c, "it takes too long", "is it stopped?");
	else
		client_fail(c, curl_easy_strerror(rc), NULL);
	return -1;
}

int
client_request(struct client *c, const char *method, const char *path,
    const json_t *body, json_t **reply)
{
	struct text answer = { NULL, 0, 0 };
	char *text = NULL;
	int status;

	*reply = NULL;
	if (strlen(c->socket) >= sizeof ((struct sockaddr_un *)0)->sun_path) {
		client_fail(c, "the path is too long for a socket", NULL);
		return -1;
	}
	if (c->curl == NULL) {
		client_fail(c, "libcurl does not start", NULL);
		return -1;
	}
	if (body != NULL)
		text = json_text(body, NULL);
	status = client_status(c, client_perform(c, method, path, text,
	    &answer));
	if (status != -1)
		*reply = client_parse(c, status, &answer);
	free(answer.data);
	free(text);
	return *reply != NULL ? status : -1;
}
