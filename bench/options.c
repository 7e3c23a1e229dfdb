#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process.h"

#define MAX_VIEWERS	10000
#define MAX_SECONDS	600

static const char usage_text[] =
"usage: swarm --url URL [options]\n"
"\n"
"Connects a swarm of viewers to one stream of a server by WHEP, counts what\n"
"they receive and what it costs the server, and ends.\n"
"\n"
"  --url URL          where to POST the offers, as in\n"
"                     http://127.0.0.1:1984/api/webrtc?src=cam\n"
"  --viewers N        how many (1)\n"
"  --rate R           arrivals in a second (50)\n"
"  --settle S         seconds between the last arrival and measuring (2)\n"
"  --seconds S        how long to measure (10)\n"
"  --windows W        in so many parts, for the noise (5)\n"
"  --pid PID          the server's process, for CPU and memory\n"
"  --pid-of NAME      or the only one of that name\n"
"  --paused M         so many of the viewers are paused by lull's API\n"
"  --resume K         then, K times, one of them is resumed and paused\n"
"  --resume-rate R    in a second (10)\n"
"  --control PATH     of lull's API (/api/webrtc/session)\n"
"  --no-gro           without UDP_GRO on the sockets\n"
"  --no-rr            without receiver reports\n"
"  --name TEXT        of this run, for the report\n"
"  --json             one line of JSON instead of a list\n";

static void
die(const char *what, const char *value)
{
	fprintf(stderr, "swarm: %s: %s\n", what, value);
	exit(2);
}

static double
number(const char *name, const char *value, double min, double max)
{
	char *end;
	double n = strtod(value, &end);

	if (end == value || *end != '\0' || !(n >= min && n <= max))
		die(name, value);
	return n;
}

static void
set_url(struct options *o, const char *value)
{
	o->url = value;
}

static void
set_viewers(struct options *o, const char *value)
{
	o->viewers = (int)number("--viewers", value, 0, MAX_VIEWERS);
}

static void
set_rate(struct options *o, const char *value)
{
	o->rate = number("--rate", value, 0.1, 1000);
}

static void
set_settle(struct options *o, const char *value)
{
	o->settle = number("--settle", value, 0, MAX_SECONDS);
}

static void
set_seconds(struct options *o, const char *value)
{
	o->seconds = number("--seconds", value, 0, MAX_SECONDS);
}

static void
set_windows(struct options *o, const char *value)
{
	o->windows = (int)number("--windows", value, 1, 100);
}

static void
set_pid(struct options *o, const char *value)
{
	o->pid = (pid_t)number("--pid", value, 1, 1 << 22);
}

static void
set_pid_of(struct options *o, const char *value)
{
	o->pid = process_find(value);
	if (o->pid == -1)
		die("there is none, or several, of the name", value);
}

static void
set_paused(struct options *o, const char *value)
{
	o->paused = (int)number("--paused", value, 0, MAX_VIEWERS);
}

static void
set_resume(struct options *o, const char *value)
{
	o->resumes = (int)number("--resume", value, 0, 10000);
}

static void
set_resume_rate(struct options *o, const char *value)
{
	o->resume_rate = number("--resume-rate", value, 0.1, 1000);
}

static void
set_control(struct options *o, const char *value)
{
	o->control = value;
}

static void
set_no_gro(struct options *o, const char *value)
{
	(void)value;
	o->no_gro = true;
}

static void
set_no_rr(struct options *o, const char *value)
{
	(void)value;
	o->no_reports = true;
}

static void
set_name(struct options *o, const char *value)
{
	o->name = value;
}

static void
set_json(struct options *o, const char *value)
{
	(void)value;
	o->json = true;
}

static void
show_usage(struct options *o, const char *value)
{
	(void)o;
	(void)value;
	fputs(usage_text, stdout);
	exit(0);
}

static const struct {
	const char *name;
	int has_value;
	void (*set)(struct options *, const char *value);
} table[] = {
	{ "url", required_argument, set_url },
	{ "viewers", required_argument, set_viewers },
	{ "rate", required_argument, set_rate },
	{ "settle", required_argument, set_settle },
	{ "seconds", required_argument, set_seconds },
	{ "windows", required_argument, set_windows },
	{ "pid", required_argument, set_pid },
	{ "pid-of", required_argument, set_pid_of },
	{ "paused", required_argument, set_paused },
	{ "resume", required_argument, set_resume },
	{ "resume-rate", required_argument, set_resume_rate },
	{ "control", required_argument, set_control },
	{ "no-gro", no_argument, set_no_gro },
	{ "no-rr", no_argument, set_no_rr },
	{ "name", required_argument, set_name },
	{ "json", no_argument, set_json },
	{ "help", no_argument, show_usage },
};
#define N_OPTIONS	(sizeof table / sizeof table[0])

void
options_read(struct options *o, int argc, char **argv)
{
	struct option list[N_OPTIONS + 1];
	int i, c;

	*o = (struct options){ .name = "", .control = "/api/webrtc/session",
		.viewers = 1, .rate = 50, .resume_rate = 10, .settle = 2,
		.seconds = 10, .windows = 5 };
	memset(list, 0, sizeof list);
	for (size_t k = 0; k < N_OPTIONS; k++) {
		list[k].name = table[k].name;
		list[k].has_arg = table[k].has_value;
	}
	while ((c = getopt_long(argc, argv, "", list, &i)) == 0)
		table[i].set(o, optarg);
	if (c != -1 || optind != argc || o->url == NULL) {
		fputs(usage_text, stderr);
		exit(2);
	}
	if (o->paused > o->viewers)
		die("more are paused than there are", "--paused");
	if (o->resumes > 0 && o->paused == 0)
		die("wants viewers that are paused", "--resume");
}
