/*
 * How long a pause takes while others read lists: pauses of one session
 * each, paced, over one connection; and pollers that ask for a list again
 * and again, each over one of its own. The sessions are there already (see
 * bench/run). One line of JSON. The only user of libcurl here.
 */
#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>
#include <jansson.h>

#include "clock.h"
#include "tally.h"
#include "xalloc.h"

#define MAX_POLLERS	64
#define WAIT_S		120	/* until all sessions are there and paused */

static const char usage_text[] =
"usage: control --url http://HOST:PORT [options]\n"
"\n"
"  --sessions N    wait until so many are there, all paused but `--live`\n"
"  --live N        of them (0)\n"
"  --pauses K      how many, of one session each (200)\n"
"  --rate R        in a second (20)\n"
"  --pollers P     that read a list meanwhile (0)\n"
"  --poll PATH     which: /api/webrtc/sessions\n"
"  --name TEXT     of this run, for the report\n";

struct options {
	const char	*url, *poll, *name;
	int		 sessions, live, pauses, pollers;
	double		 rate;
};

struct text {
	char	*bytes;
	size_t	 len;
};

/* One connection, and what it has read last. */
struct client {
	CURL		*curl;
	struct text	 answer;
};

struct poller {
	const struct options	*options;
	pthread_t		 thread;
	struct tally		 ms;
	size_t			 bytes;
};

static atomic_bool over;

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "control: %s: %s\n", what, why);
	exit(1);
}

static size_t
on_bytes(char *data, size_t size, size_t n, void *arg)
{
	struct text *t = arg;

	t->bytes = xrealloc(t->bytes, t->len + size * n);
	memcpy(t->bytes + t->len, data, size * n);
	t->len += size * n;
	return size * n;
}

static void
client_open(struct client *c)
{
	*c = (struct client){ .curl = curl_easy_init() };
	curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, &c->answer);
	curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
}

static void
client_close(struct client *c)
{
	curl_easy_cleanup(c->curl);
	free(c->answer.bytes);
}

/* Milliseconds until the whole answer is there, a 200. */
static double
ask(struct client *c, const struct options *o, const char *path,
    const char *body)
{
	char *url = xasprintf("%s%s", o->url, path);
	int64_t begin_us;
	CURLcode rc;
	long status = 0;

	c->answer.len = 0;
	curl_easy_setopt(c->curl, CURLOPT_URL, url);
	if (body != NULL)
		curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, body);
	begin_us = clock_now_us();
	rc = curl_easy_perform(c->curl);
	curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
	if (rc != CURLE_OK)
		die(url, curl_easy_strerror(rc));
	if (status != 200)
		die(url, "not a 200");
	free(url);
	return (double)(clock_now_us() - begin_us) / 1000;
}

static void *
poll_lists(void *arg)
{
	struct poller *p = arg;
	struct client c;

	client_open(&c);
	while (!over) {
		tally_add(&p->ms, ask(&c, p->options, p->options->poll, NULL));
		p->bytes = c.answer.len;
	}
	client_close(&c);
	return NULL;
}

static void
sleep_until(int64_t when_us)
{
	int64_t us = when_us - clock_now_us();
	struct timespec ts = { us / 1000000, us % 1000000 * 1000 };

	if (us > 0)
		nanosleep(&ts, NULL);
}

/* The list once it has them all, in order. */
static json_t *
wait_for_sessions(struct client *c, const struct options *o)
{
	int64_t end_us = clock_now_us() + WAIT_S * 1000000LL;
	json_t *list, *s;
	size_t i;
	int paused;

	while (clock_now_us() < end_us) {
		ask(c, o, "/api/webrtc/sessions", NULL);
		list = json_loadb(c->answer.bytes, c->answer.len, 0, NULL);
		paused = 0;
		json_array_foreach(json_object_get(list, "sessions"), i, s)
			paused += strcmp(json_string_value(
			    json_object_get(s, "state")), "paused") == 0;
		if ((int)i >= o->sessions && paused >= (int)i - o->live)
			return list;
		json_decref(list);
		sleep_until(clock_now_us() + 1000000);
	}
	die("the sessions", "not all are there");
	return NULL;
}

/* Pauses those that are paused: all of the way is gone, and no media. */
static void
pause_all(const struct options *o, const json_t *sessions, struct tally *ms)
{
	int64_t begin_us = clock_now_us();
	size_t n = json_array_size(sessions) - (size_t)o->live;
	struct client c;

	client_open(&c);
	for (int i = 0; i < o->pauses; i++) {
		const json_t *s = json_array_get(sessions,
		    (size_t)i * n / (size_t)o->pauses);
		char *body = xasprintf("{\"session_id\":\"%s\"}",
		    json_string_value(json_object_get(s, "session_id")));

		sleep_until(begin_us + (int64_t)(i * 1e6 / o->rate));
		tally_add(ms, ask(&c, o, "/api/webrtc/session/pause", body));
		free(body);
	}
	client_close(&c);
}

static void
report(const struct options *o, struct tally *pause, struct tally *list,
    size_t bytes, double seconds)
{
	json_t *r = json_pack("{s:s,s:i,s:i}", "control", o->name,
	    "pauses", (int)pause->n, "pollers", o->pollers);

	tally_write(pause, r, "pause_ms");
	tally_write_number(r, "pause_ms_p99", tally_percentile(pause, 99));
	if (list->n > 0) {
		tally_write(list, r, "list_ms");
		tally_write_number(r, "lists_s", (double)list->n / seconds);
		json_object_set_new(r, "list_bytes",
		    json_integer((json_int_t)bytes));
	}
	json_dumpf(r, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
	putchar('\n');
	json_decref(r);
}

static void
measure(const struct options *o)
{
	static struct poller pollers[MAX_POLLERS];
	struct tally pause = { 0 }, list = { 0 };
	struct client c;
	int64_t begin_us;
	json_t *all;

	client_open(&c);
	all = wait_for_sessions(&c, o);
	begin_us = clock_now_us();
	for (int i = 0; i < o->pollers; i++) {
		pollers[i].options = o;
		pthread_create(&pollers[i].thread, NULL, poll_lists,
		    &pollers[i]);
	}
	pause_all(o, json_object_get(all, "sessions"), &pause);
	over = true;
	for (int i = 0; i < o->pollers; i++) {
		pthread_join(pollers[i].thread, NULL);
		for (size_t k = 0; k < pollers[i].ms.n; k++)
			tally_add(&list, pollers[i].ms.value[k]);
		tally_clear(&pollers[i].ms);
	}
	report(o, &pause, &list, pollers[0].bytes,
	    (double)(clock_now_us() - begin_us) / 1e6);
	tally_clear(&pause);
	tally_clear(&list);
	json_decref(all);
	client_close(&c);
}

static void
usage(void)
{
	fputs(usage_text, stderr);
	exit(2);
}

static int
number(const char *text, int max)
{
	int n = atoi(text);

	if (n < 0 || n > max)
		usage();
	return n;
}

int
main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "url", required_argument, NULL, 'u' },
		{ "sessions", required_argument, NULL, 's' },
		{ "live", required_argument, NULL, 'l' },
		{ "pauses", required_argument, NULL, 'k' },
		{ "rate", required_argument, NULL, 'r' },
		{ "pollers", required_argument, NULL, 'p' },
		{ "poll", required_argument, NULL, 'P' },
		{ "name", required_argument, NULL, 'n' },
		{ NULL, 0, NULL, 0 },
	};
	struct options o = { .poll = "/api/webrtc/sessions", .name = "",
		.sessions = 1, .pauses = 200, .rate = 20 };
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 'u': o.url = optarg; break;
		case 's': o.sessions = number(optarg, 100000); break;
		case 'l': o.live = number(optarg, 100000); break;
		case 'k': o.pauses = number(optarg, 100000); break;
		case 'r': o.rate = number(optarg, 1000); break;
		case 'p': o.pollers = number(optarg, MAX_POLLERS); break;
		case 'P': o.poll = optarg; break;
		case 'n': o.name = optarg; break;
		default: usage();
		}
	}
	if (o.url == NULL || optind != argc || o.rate <= 0)
		usage();
	curl_global_init(CURL_GLOBAL_DEFAULT);
	measure(&o);
	curl_global_cleanup();
	return 0;
}
