#include "process.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TEXT_MAX	4096

/* A file of /proc/PID; -1 if there is none. */
static int
read_proc(pid_t pid, const char *name, char *text)
{
	char path[64];
	size_t n;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
	f = fopen(path, "r");
	if (f == NULL)
		return -1;
	n = fread(text, 1, TEXT_MAX - 1, f);
	text[n] = '\0';
	fclose(f);
	return 0;
}

/* proc(5): the name in front may hold spaces and parentheses. */
static double
user_of(pid_t pid)
{
	char text[TEXT_MAX];
	unsigned long ticks = 0;
	const char *p;

	if (read_proc(pid, "stat", text) == -1 ||
	    (p = strrchr(text, ')')) == NULL ||
	    sscanf(p, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu",
	    &ticks) != 1)
		return 0;
	return (double)ticks * 1e6 / (double)sysconf(_SC_CLK_TCK);
}

int
process_read(pid_t pid, struct process_usage *u)
{
	char text[TEXT_MAX];
	struct timespec ts;
	const char *rss;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 ||
	    clock_gettime(clock, &ts) == -1 ||
	    read_proc(pid, "status", text) == -1)
		return -1;
	u->cpu_us = (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
	u->user_us = user_of(pid);
	rss = strstr(text, "VmRSS:");
	u->rss_kb = rss != NULL ? strtod(rss + strlen("VmRSS:"), NULL) : 0;
	return 0;
}

/* proc(5): user nice system idle iowait irq softirq steal */
double
process_busy_us(void)
{
	unsigned long t[8] = { 0 }, ticks;
	FILE *f = fopen("/proc/stat", "r");
	int n = 0;

	if (f == NULL)
		return 0;
	n = fscanf(f, "cpu %lu %lu %lu %lu %lu %lu %lu %lu", &t[0], &t[1],
	    &t[2], &t[3], &t[4], &t[5], &t[6], &t[7]);
	fclose(f);
	ticks = t[0] + t[1] + t[2] + t[5] + t[6] + t[7];
	return n == 8 ? (double)ticks * 1e6 / (double)sysconf(_SC_CLK_TCK) :
	    0;
}

pid_t
process_find(const char *name)
{
	char text[TEXT_MAX];
	struct dirent *e;
	pid_t found = -1;
	int n = 0;
	DIR *d = opendir("/proc");

	while (d != NULL && (e = readdir(d)) != NULL) {
		pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);

		if (!isdigit((unsigned char)e->d_name[0]) ||
		    read_proc(pid, "comm", text) == -1)
			continue;
		text[strcspn(text, "\n")] = '\0';
		if (strcmp(text, name) == 0) {
			found = pid;
			n++;
		}
	}
	if (d != NULL)
		closedir(d);
	return n == 1 ? found : -1;
}
