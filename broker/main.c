/*
 * lulld: the broker. Reads the configuration, opens what it listens on,
 * and runs the loop until it is told to end.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "camera_url.h"
#include "chan.h"
#include "config.h"
#include "http.h"
#include "log.h"
#include "registry.h"
#include "route.h"
#include "rundir.h"
#include "signalling.h"
#include "supervise.h"
#include "xalloc.h"

#define MAX_SOURCES	32	/* -c options */
#define GOODBYE_MS	200	/* for the last words to be sent */

struct options {
	const char	*sources[MAX_SOURCES];
	size_t		 n_sources;
	char		*rundir;
	bool		 check, daemonise;
};

struct broker {
	struct event_base	*base;
	struct http		*http;
	struct supervisor	*supervisor;
	struct registry		*registry;
	struct route_context	 context;
	struct event		*signals[2];
};

static void
usage(FILE *f)
{
	fputs("usage: lulld [-dhV] [-c source] [--check] [--rundir dir]\n"
	    "  -c, --config SOURCE  a YAML file, inline {...}, or a.b=value;\n"
	    "                       repeatable, later ones win\n"
	    "      --rundir DIR     where the sockets live\n"
	    "      --check          validate the configuration and exit\n"
	    "  -d, --daemon         go to the background\n"
	    "  -V, --version        print the version and exit\n"
	    "  -h, --help           print this and exit\n"
	    "Without a configuration the built-in camera `demo` is served on\n"
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

/* Long names after one dash too: -config=FILE is what go2rtc takes. */
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
warn_config(const char *message, void *arg)
{
	(void)arg;
	log_warn("config", "%s", message);
}

static int
check_only(const struct config *c)
{
	printf("listen %s\n", c->listen[0] != '\0' ? c->listen : "(off)");
	for (size_t i = 0; i < c->n_streams; i++) {
		char *url = camera_url_mask(c->streams[i].url);

		printf("stream %s %s\n", c->streams[i].name, url);
		free(url);
	}
	puts("configuration ok");
	return 0;
}

static int
make_dir(const char *path)
{
	const char *fault = NULL;
	struct stat st;

	if ((mkdir(path, 0700) == -1 && errno != EEXIST) ||
	    lstat(path, &st) == -1)
		fault = strerror(errno);
	/* Whoever may write there could put sockets of his own there. */
	else if (!S_ISDIR(st.st_mode))
		fault = "it is no folder";
	else if (st.st_uid != geteuid())
		fault = "it belongs to another user";
	else if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		fault = "others may write there (chmod go-w)";
	if (fault != NULL)
		log_error("main", "cannot use %s: %s; or choose another folder "
		    "with --rundir", path, fault);
	return fault == NULL ? 0 : -1;
}

static int
take_lock(const char *path, const char *rundir)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd == -1) {
		log_error("main", "cannot open %s: %s", path,
		    strerror(errno));
	} else if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		log_error("main", "another lulld uses %s: stop it, or choose "
		    "another folder with --rundir", rundir);
		close(fd);
		fd = -1;
	}
	return fd;
}

/* The folders and the lock, which is held while the process lives. */
static int
take_rundir(const char *rundir)
{
	char *workers = xasprintf("%s/workers", rundir);
	char *lock = xasprintf("%s/lulld.lock", rundir);
	int fd = -1;

	if (make_dir(rundir) == 0 && make_dir(workers) == 0)
		fd = take_lock(lock, rundir);
	free(workers);
	free(lock);
	return fd;
}

static int
listen_all(struct broker *b, const struct config *c, const char *rundir)
{
	char *path = rundir_control_socket(rundir);
	char err[256];
	int rv = 0;

	if (http_listen_unix(b->http, path, err, sizeof err) == -1 ||
	    (c->listen[0] != '\0' &&
	    http_listen(b->http, c->listen, err, sizeof err) == -1)) {
		log_error("api", "%s", err);
		rv = -1;
	} else {
		log_info("api", "control socket %s", path);
		if (c->listen[0] != '\0')
			log_info("api", "listen addr=%s", c->listen);
	}
	free(path);
	return rv;
}

static void
on_signal(evutil_socket_t sig, short what, void *arg)
{
	(void)what;
	log_info("main", "exit with signal: %s", strsignal((int)sig));
	event_base_loopexit(arg, NULL);
}

/* The registry's end answers all that waits and tells the viewers, so it
 * comes before the last run of the loop; the WebSockets outlive it. */
static void
broker_free(struct broker *b)
{
	http_stop_listening(b->http);
	supervisor_stop(b->supervisor);
	registry_free(b->registry);
	b->context.registry = NULL;
	signalling_end(&b->context);
	http_drain(b->http, GOODBYE_MS);
	http_free(b->http);
	json_decref(b->context.told);
	supervisor_free(b->supervisor);
	for (int i = 0; i < 2; i++)
		event_free(b->signals[i]);
	event_base_free(b->base);
}

static int
serve(const struct config *config, const char *rundir)
{
	struct broker b = { .base = event_base_new() };
	static const int signals[] = { SIGTERM, SIGINT };
	int rv = -1;

	b.supervisor = supervisor_new(b.base, config, rundir);
	supervisor_sweep(b.supervisor);
	b.http = http_new(b.base, route_request, &b.context);
	for (int i = 0; i < 2; i++) {
		b.signals[i] = evsignal_new(b.base, signals[i], on_signal,
		    b.base);
		event_add(b.signals[i], NULL);
	}
	if (listen_all(&b, config, rundir) == 0) {
		b.registry = registry_new(b.base, config, b.supervisor);
		b.context.config = config;
		b.context.registry = b.registry;
		rv = event_base_dispatch(b.base);
	}
	broker_free(&b);
	return rv == -1 ? -1 : 0;
}

static int
run(const struct options *o)
{
	struct config *config;
	char err[512];
	int lock, rv;

	config = config_load(o->sources, o->n_sources, warn_config, NULL, err,
	    sizeof err);
	if (config == NULL) {
		log_error("config", "%s", err);
		return 1;
	}
	if (o->check) {
		rv = check_only(config);
		config_free(config);
		return rv;
	}
	log_open(config->log_level, NULL);
	lock = take_rundir(o->rundir);
	rv = lock == -1 ? -1 : 0;
	if (rv == 0 && o->daemonise)
		rv = daemon(1, 1);	/* relative paths go on */
	if (rv == 0)
		rv = serve(config, o->rundir);
	if (lock != -1)
		close(lock);
	config_free(config);
	return rv == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	struct options o = { 0 };
	int rv;

	parse_options(&o, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	log_open(LOG_LEVEL_INFO, NULL);
	rv = run(&o);
	free(o.rundir);
	chan_exit();
	libevent_global_shutdown();
	return rv;
}
