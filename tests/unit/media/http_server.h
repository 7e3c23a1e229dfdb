#ifndef LULL_TEST_HTTP_SERVER_H
#define LULL_TEST_HTTP_SERVER_H

/* A server of a few answers, in a thread of the test's own process. Each
 * connection has one request. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HTTP_REQUESTS	32

struct http_request {
	char	text[2048];
};

struct http_server {
	int			 listener, port;
	pthread_t		 thread;
	/* Returns the answer, which the server frees, or NULL to say nothing
	 * until the client is gone. */
	char			*(*answer)(const struct http_server *,
				    const char *request, size_t *len);
	struct http_request	 requests[HTTP_REQUESTS];
	int			 n_requests;
};

/* Returns false if the client says nothing. */
static inline bool
http_read_request(int fd, struct http_request *r)
{
	size_t len = 0;
	ssize_t n;

	do {
		n = read(fd, r->text + len, sizeof r->text - 1 - len);
		len += n > 0 ? (size_t)n : 0;
		r->text[len] = '\0';
	} while (n > 0 && strstr(r->text, "\r\n\r\n") == NULL);
	return n > 0;
}

static inline void
http_serve_one(struct http_server *s, int fd)
{
	struct http_request *r = &s->requests[s->n_requests];
	char *text, c;
	size_t len, done = 0;
	ssize_t n = 1;

	if (s->n_requests == HTTP_REQUESTS || !http_read_request(fd, r))
		return;
	s->n_requests++;
	text = s->answer(s, r->text, &len);
	if (text == NULL)
		while (read(fd, &c, 1) > 0)
			;
	while (text != NULL && done < len && n > 0) {
		n = send(fd, text + done, len - done, MSG_NOSIGNAL);
		done += n > 0 ? (size_t)n : 0;
	}
	free(text);
}

static inline void *
http_serve(void *arg)
{
	struct http_server *s = arg;
	int fd;

	while ((fd = accept(s->listener, NULL, NULL)) != -1) {
		http_serve_one(s, fd);
		close(fd);
	}
	return NULL;
}

static inline void
http_start(struct http_server *s)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof sin;

	s->n_requests = 0;
	s->listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(s->listener, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(listen(s->listener, 8), 0);
	getsockname(s->listener, (struct sockaddr *)&sin, &len);
	s->port = ntohs(sin.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, http_serve, s), 0);
}

/* Its clients are gone. */
static inline void
http_stop(struct http_server *s)
{
	shutdown(s->listener, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->listener);
}

/* An answer with its length, unless it is of HTTP/1.0: that has none. */
static inline char *
http_answer(const char *head, const void *body, size_t body_len, size_t *len)
{
	char *text = malloc(strlen(head) + 64 + body_len);

	*len = (size_t)sprintf(text, "%s\r\n", head);
	if (strncmp(head, "HTTP/1.0", 8) != 0)
		*len += (size_t)sprintf(text + *len,
		    "Content-Length: %zu\r\n", body_len);
	*len += (size_t)sprintf(text + *len, "Connection: close\r\n\r\n");
	if (body_len > 0)
		memcpy(text + *len, body, body_len);
	*len += body_len;
	return text;
}

static inline char *
http_answer_file(const char *head, const char *path, size_t *len)
{
	static char body[65536];
	FILE *f = fopen(path, "rb");
	size_t n = f != NULL ? fread(body, 1, sizeof body, f) : 0;

	if (f != NULL)
		fclose(f);
	return http_answer(head, body, n, len);
}

#endif
