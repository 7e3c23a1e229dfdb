/*
 * lulld is the broker: it reads the configuration, opens what it listens on,
 * and runs the loop until it is told to end.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "broker/api/api_rtsp.h"
#include "broker/api/api_ws.h"
#include "broker/api/context.h"
#include "broker/api/listing.h"
#include "broker/api/route.h"
#include "broker/config/config.h"
#include "broker/config/config_source.h"
#include "broker/http/http.h"
#include "broker/http/http_listener.h"
#include "broker/http/listen.h"
#include "broker/http/reach.h"
#include "broker/port/announced.h"
#include "broker/port/first_frame.h"
#include "broker/port/rtsp_port.h"
#include "broker/port/viewer_port.h"
#include "broker/registry/registry.h"
#include "broker/registry/snapshots.h"
#include "broker/workers/supervise.h"
#include "camera_url.h"
#include "chan.h"
#include "detach.h"
#include "lock.h"
#include "log.h"
#include "process.h"
#include "rundir.h"
#include "xalloc.h"

#define MAX_SOURCES	32	/* -c options */
/* For lullctl, what is open for long, and connections of unknown viewers. */
#define KEPT_FILES	(64 + FIRST_FRAME_MAX + RTSP_PORT_MAX)
#define FILES_PER_WORKER 9	/* a channel, its start, and its door */
#define GOODBYE_MS	200	/* for the last words to be sent */

struct options {
	const char	*sources[MAX_SOURCES];
	size_t		 n_sources;
	char		*rundir;
	bool		 check, daemonise;
	int		 detach;	/* of detach_begin(), or -1 */
};

/* Warnings of a configuration wait until the log level is known. */
struct warnings {
	char	**list;
	size_t	 n;
};

struct broker {
	struct event_base	*base;
	struct http		*http;
	struct supervisor	*supervisor;
	struct viewer_port	*viewer_port;
	struct rtsp_port	*rtsp_port;
	struct announced	*announced;
	struct registry		*registry;
	struct context		 context;
	struct event		*signals[2];
};

static void
usage(FILE *f)
{
	const char *file;

	fputs("usage: lulld [-dhV] [-c source] [--check] [--rundir dir]\n"
	    "  -c, --config SOURCE  a YAML file, inline {...}, or a.b=value;\n"
	    "                       repeatable, later ones win\n"
	    "      --rundir DIR     where the sockets live\n"
	    "      --check          validate the configuration and exit\n"
	    "  -d, --daemon         go to the background\n"
	    "  -V, --version        print the version and exit\n"
	    "  -h, --help           print this and exit\n"
	    "Without -c the first of these files is read:\n", f);
	for (size_t i = 0; (file = config_source_default(i)) != NULL; i++)
		fprintf(f, "  %s\n", file);
	fputs("With none of them the built-in camera `demo` is served on\n"
	    "http://localhost:1984/. See lulld(8) and lull.yaml(5).\n", f);
}

static void
add_source(struct options *o, const char *source)
{
	if (o->n_sources == MAX_SOURCES) {
		fprintf(stderr, "lulld: more than %d -c options\n",
		    MAX_SOURCES);
		exit(2);
	}
	o->sources[o->n_sources++] = source;
}

/* Long names may follow one dash, too: -config=FILE is what go2rtc takes. */
static void
parse_options(struct options *o, int argc, char **argv)
{
	enum { OPT_RUNDIR = 256, OPT_CHECK };
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "rundir", required_argument, NULL, OPT_RUNDIR },
		{ "check", no_argument, NULL, OPT_CHECK },
		{ "daemon", no_argument, NULL, 'd' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long_only(argc, argv, "c:dVh", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			add_source(o, optarg);
			break;
		case OPT_RUNDIR:
			free(o->rundir);
			o->rundir = xstrdup(optarg);
			break;
		case OPT_CHECK:
			o->check = true;
			break;
		case 'd':
			o->daemonise = true;
			break;
		case 'V':
			puts("lulld " PACKAGE_VERSION);
			exit(0);
		case 'h':
			usage(stdout);
			exit(0);
		default:
			usage(stderr);
			exit(2);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "lulld: unexpected argument: %s (a "
		    "configuration is given by -c)\n", argv[optind]);
		exit(2);
	}
	if (o->rundir == NULL)
		o->rundir = rundir_default();
}

static void
take_warning(const char *message, void *arg)
{
	struct warnings *w = arg;

	w->list = xrealloc(w->list, (w->n + 1) * sizeof *w->list);
	w->list[w->n++] = xstrdup(message);
}

static void
say_warnings(struct warnings *w)
{
	for (size_t i = 0; i < w->n; i++) {
		log_warn("config", "%s", w->list[i]);
		free(w->list[i]);
	}
	free(w->list);
}

static void
check_viewer_port(const struct config *c)
{
	char text[CONFIG_VIEWER_PORT_TEXT];

	config_viewer_port_text(&c->viewer_port, text);
	if (c->viewer_port.port != 0)
		printf("viewers %s\n", text);
	else
		printf("viewers UDP ports %d-%d\n", c->port_min,
		    c->port_max);
}

/* Each source has a line. */
static void
check_stream(const struct config_stream *st)
{
	const json_t *source;
	size_t i;

	json_array_foreach(st->sources, i, source) {
		char *url = camera_url_mask(json_string_value(source));

		printf("stream %s %s\n", st->name, url);
		free(url);
	}
}

static int
check_only(const struct config *c, size_t n_warnings)
{
	printf("config %s\n", c->sources != NULL ? c->sources : "(none)");
	printf("listen %s\n", c->listen[0] != '\0' ? c->listen : "(off)");
	printf("rtsp %s\n", c->rtsp.listen[0] != '\0' ? c->rtsp.listen :
	    "(off)");
	check_viewer_port(c);
	for (size_t i = 0; i < c->n_streams; i++)
		check_stream(&c->streams[i]);
	if (n_warnings == 0)
		puts("configuration ok");
	else
		printf("configuration ok, %zu warning%s\n", n_warnings,
		    n_warnings == 1 ? "" : "s");
	return 0;
}

static int
listen_all(struct broker *b, const struct config *c, const char *rundir)
{
	char *path = rundir_control_socket(rundir);
	struct error err;
	int rv = 0;

	if (http_listen_unix(b->http, path, &err) == -1 ||
	    (c->listen[0] != '\0' &&
	    http_listen(b->http, c->listen, &err) == -1)) {
		log_error("api", "%s", err.text);
		rv = -1;
	} else {
		log_info("api", "control socket %s", path);
		/* Home Assistant waits for this line, as it is. */
		if (c->listen[0] != '\0')
			log_info("api", "listen addr=%s", c->listen);
	}
	free(path);
	return rv;
}

/* The addresses that viewers reach, in words: "A, B". */
static void
add_address(const char *address, bool local, void *arg)
{
	char **list = arg, *longer;

	if (local)
		return;
	longer = *list == NULL ? xstrdup(address) :
	    xasprintf("%s, %s", *list, address);
	free(*list);
	*list = longer;
}

static void
add_addresses(int fd, void *arg)
{
	reach_each(fd, add_address, arg);
}

static void
say_who_reaches(const struct viewer_port *p,
    const struct config_viewer_port *c)
{
	const char *by = !c->tcp ? "UDP" : !c->udp ? "TCP" : "UDP and TCP";
	char *list = NULL;

	viewer_port_each(p, add_addresses, &list);
	if (list == NULL)
		log_info("webrtc", "viewers of this host alone come to port "
		    "%d by %s", c->port, by);
	else
		log_info("webrtc", "viewers come to %s by %s; from outside "
		    "if the port is forwarded and webrtc.candidates names "
		    "the address", list, by);
	free(list);
}

static int
listen_for_viewers(struct broker *b, const struct config_viewer_port *c,
    const char *rundir)
{
	char *folder, text[CONFIG_VIEWER_PORT_TEXT];
	struct error err;

	if (c->port == 0) {
		log_info("webrtc", "viewers come by UDP, each to a port of "
		    "its own of webrtc.ports");
		return 0;
	}
	folder = rundir_workers(rundir);
	b->viewer_port = viewer_port_open(b->base, c, folder, &err);
	free(folder);
	if (b->viewer_port == NULL) {
		log_error("webrtc", "%s", err.text);
		return -1;
	}
	config_viewer_port_text(c, text);
	log_info("webrtc", "listen addr=%s", text);
	say_who_reaches(b->viewer_port, c);
	return 0;
}

static void
note_open(const char *address, bool local, void *arg)
{
	(void)address;
	*(bool *)arg |= !local;
}

/* A port that nobody asked for may be another program's, as that of a go2rtc
 * beside us. */
static int
listen_for_rtsp(struct broker *b, const struct config_rtsp *c,
    const char *rundir)
{
	bool open_to_all = false;
	int fds[LISTEN_MAX], n;
	char *folder;
	struct error err;

	if (c->listen[0] == '\0')
		return 0;
	n = listen_tcp("rtsp.listen", c->listen, fds, &err);
	if (n == -1 && c->chosen) {
		log_error("rtsp", "%s", err.text);
		return -1;
	}
	if (n == -1) {
		log_warn("rtsp", "nobody can play by RTSP: %s", err.text);
		return 0;
	}
	for (int i = 0; i < n; i++)
		reach_each(fds[i], note_open, &open_to_all);
	folder = rundir_workers(rundir);
	b->rtsp_port = rtsp_port_new(b->base, fds, (size_t)n, folder,
	    &rtsp_port_times, api_rtsp_come, &b->context);
	free(folder);
	log_info("rtsp", "listen addr=%s%s", c->listen, c->password != NULL ||
	    c->username != NULL || !open_to_all ? "" : "; no password is "
	    "asked: whoever reaches it may watch (rtsp.password)");
	return 0;
}

static int
send_from_port(const union socket_address *to, const void *data, size_t len,
    void *arg)
{
	struct broker *b = arg;

	return viewer_port_send(b->viewer_port, to, data, len);
}

static void
on_announced(void *arg)
{
	struct broker *b = arg;

	supervisor_announce(b->supervisor, announced_list(b->announced));
}

static void
on_port_answer(const uint8_t *data, size_t len, void *arg)
{
	announced_take(arg, data, len);
}

/* Without the one port there is nothing that could be reached elsewhere. */
static void
announce(struct broker *b, const struct config *c)
{
	static const struct announced_handler handler = {
		send_from_port, on_announced
	};

	if (b->viewer_port == NULL || c->n_candidates == 0)
		return;
	b->announced = announced_new(b->base, c, &announced_times, &handler,
	    b);
	viewer_port_on_answer(b->viewer_port, on_port_answer, b->announced);
	on_announced(b);
}

static void
say_page_address(const char *address, bool local, void *arg)
{
	bool *open_to_all = arg;

	log_info("api", "open http://%s/", address);
	*open_to_all |= !local;
}

static void
say_listener(int fd, void *arg)
{
	reach_each(fd, say_page_address, arg);
}

/* People reach the pages at other addresses than are listened on: the log tells
 * them. */
static void
say_addresses(const struct http *http)
{
	bool open_to_all = false;

	http_each_listener(http, say_listener, &open_to_all);
	if (open_to_all)
		log_info("api", "no password is asked: whoever reaches these "
		    "addresses may watch and pause (api.listen: \"127.0.0.1:"
		    "1984\" keeps it to this host)");
}

static void
broker_on_signal(evutil_socket_t sig, short what, void *arg)
{
	(void)what;
	log_info("main", "exit with signal: %s", strsignal((int)sig));
	event_base_loopexit(arg, NULL);
}

/* The registry's end answers all that waits and tells the viewers, so it
 * comes before the last run of the loop; the WebSockets outlive it. Names that
 * are being looked up are let go of in one more turn. */
static void
broker_free(struct broker *b)
{
	http_stop_listening(b->http);
	supervisor_stop(b->supervisor);
	registry_free(b->registry);
	b->context.registry = NULL;
	snapshots_free(b->context.snapshots);
	rtsp_port_free(b->rtsp_port);
	listings_free(b->context.listings);
	api_ws_end();
	if (b->viewer_port != NULL)
		viewer_port_on_answer(b->viewer_port, NULL, NULL);
	announced_free(b->announced);
	http_drain(b->http, GOODBYE_MS);
	event_base_loop(b->base, EVLOOP_NONBLOCK);
	http_free(b->http);
	viewer_port_close(b->viewer_port);
	json_decref(b->context.told);
	supervisor_free(b->supervisor);
	for (int i = 0; i < 2; i++)
		event_free(b->signals[i]);
	event_base_free(b->base);
}

/* The broker goes to the background once it serves, so that one that cannot
 * serve is seen to fail. */
static void
go_to_background(int detach)
{
	if (detach == -1)
		return;
	if (!detach_keeps_log())
		log_warn("main", "the log ends here: start lulld with "
		    "2>>FILE to have it in a file");
	detach_end(detach);
}

static int
serve(const struct config *config, const char *rundir, int detach)
{
	struct broker b = { .base = event_base_new() };
	static const int signals[] = { SIGTERM, SIGINT };
	int rv = -1;

	b.supervisor = supervisor_new(b.base, config, rundir,
	    LULL_LIBEXECDIR "/lull-worker", &supervisor_times);
	supervisor_sweep(b.supervisor);
	http_listener_keep(KEPT_FILES + FILES_PER_WORKER *
	    (int)config->n_streams);
	b.http = http_new(b.base, route_request, &b.context);
	for (int i = 0; i < 2; i++) {
		b.signals[i] = evsignal_new(b.base, signals[i],
		    broker_on_signal, b.base);
		event_add(b.signals[i], NULL);
	}
	if (listen_all(&b, config, rundir) == 0 &&
	    listen_for_viewers(&b, &config->viewer_port, rundir) == 0 &&
	    listen_for_rtsp(&b, &config->rtsp, rundir) == 0) {
		say_addresses(b.http);
		announce(&b, config);
		go_to_background(detach);
		b.registry = registry_new(b.base, config, b.supervisor);
		b.context.config = config;
		b.context.registry = b.registry;
		b.context.listings = listings_new(b.base);
		b.context.snapshots = snapshots_new(b.base);
		b.context.viewer_port = b.viewer_port;
		rv = event_base_dispatch(b.base);
	}
	broker_free(&b);
	return rv == -1 ? -1 : 0;
}

static void
say_what_is_served(const struct config *c)
{
	log_info("config", "%s, %zu stream%s", c->sources != NULL ?
	    c->sources : "no configuration file: the built-in camera",
	    c->n_streams, c->n_streams == 1 ? "" : "s");
	if (geteuid() == 0)
		log_warn("main", "running as root: whoever finds a fault in "
		    "what reads cameras and viewers has this host; start "
		    "lulld as a user of its own");
}

static int
serve_locked(const struct config *config, const struct options *o)
{
	int lock = lock_take(o->rundir), rv;

	if (lock == -1)
		return -1;
	rv = serve(config, o->rundir, o->detach);
	close(lock);
	return rv;
}

static int
broker_run(const struct options *o)
{
	struct warnings warnings = { 0 };
	struct config *config;
	struct error err;
	int rv;

	config = config_load(o->sources, o->n_sources, take_warning,
	    &warnings, &err);
	if (config != NULL && !o->check) {
		log_open(config->log_level, NULL);
		log_info("main", "lulld %s", PACKAGE_VERSION);
	}
	say_warnings(&warnings);
	if (config == NULL) {
		log_error("config", "%s", err.text);
		return 1;
	}
	if (o->check) {
		rv = check_only(config, warnings.n);
	} else {
		say_what_is_served(config);
		rv = serve_locked(config, o);
	}
	config_free(config);
	return rv == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	struct options o = { .detach = -1 };
	int rv;

	process_begin();
	parse_options(&o, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	log_open(LOG_LEVEL_INFO, NULL);
	if (o.daemonise && !o.check && (o.detach = detach_begin()) == -1) {
		log_error("main", "cannot go to the background: %s",
		    strerror(errno));
		log_close();
		return 1;
	}
	rv = broker_run(&o);
	free(o.rundir);
	chan_exit();
	libevent_global_shutdown();
	log_close();
	return rv;
}
