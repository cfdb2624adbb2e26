// SPDX-License-Identifier: GPL-2.0
/*
 * bench.c - measure one figure once, on the host's kernel or on the library
 *
 * usage: bench [-p] [-s SECONDS] host|lib WORKLOAD
 *
 * -p pins all threads to one CPU, the last that is allowed. Prints the numbers in one
 * line. When it fails, or takes too long, the last line on stderr says why; each
 * measurement is a process of its own, so what goes wrong in one touches no other.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/**
 * struct workload - something to measure
 * @link: between its two sides, if it has two
 * @timeout: seconds after which it hangs; 0: TIMEOUT
 */
#define TIMEOUT 20
static const struct workload {
	const char *name;
	void (*run)(const struct job *job);
	enum link link;
	unsigned int timeout;
} workloads[] = {
	{ "open",	size_open },
	{ "further",	size_further },
	{ "getppid",	traffic_getppid },
	{ "trace",	trace_getppid },
	{ "udp",	traffic_udp },
	{ "echo",	traffic_echo },
	{ "rr",		traffic_rr },
	{ "crr",	traffic_crr },
	{ "pairs",	traffic_pairs },
	{ "stream",	traffic_send },
	{ "tap-send",	traffic_send,	LINK_TAP },
	{ "tap-receive", traffic_receive, LINK_TAP },
	{ "cable-stream", traffic_send,	LINK_CABLE },
	{ "cable-rr",	traffic_rr,	LINK_CABLE },
	{ "namespaces",	size_namespaces },
	{ "stacks",	size_stacks,	.timeout = 60 },
};

void fail(const char *what)
{
	const char *why = libos_error();

	if (!why || !*why)
		why = errno ? strerror(errno) : "";
	fprintf(stderr, "%s%s%s\n", what, *why ? ": " : "", why);
	_exit(1);
}

void fail_if(bool failed, const char *what)
{
	if (failed)
		fail(what);
}

static void on_signal(int sig)
{
	const char *text = sig == SIGALRM ? "hangs: ended by its alarm\n" : "ended by a signal\n";
	ssize_t done = write(STDERR_FILENO, text, strlen(text));

	(void)done;
	_exit(1);
}

static void pin(void)
{
	cpu_set_t set;
	int cpu = CPU_SETSIZE - 1;

	fail_if(sched_getaffinity(0, sizeof(set), &set), "sched_getaffinity");
	while (!CPU_ISSET(cpu, &set))
		cpu--;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	fail_if(sched_setaffinity(0, sizeof(set), &set), "sched_setaffinity");
}

static void set_limits(void)
{
	struct rlimit files;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGALRM, on_signal);
}

int main(int argc, char **argv)
{
	struct job job = { .ns = 300000000 };
	size_t i;
	int opt;

	while ((opt = getopt(argc, argv, "ps:")) != -1) {
		if (opt == 'p')
			pin();
		else if (opt == 's')
			job.ns = atof(optarg) * 1e9;
		else
			return 2;
	}
	if (argc - optind != 2)
		goto usage;
	job.lib = !strcmp(argv[optind], "lib");
	if (!job.lib && strcmp(argv[optind], "host"))
		goto usage;
	for (i = 0; i < sizeof(workloads) / sizeof(*workloads); i++) {
		if (strcmp(argv[optind + 1], workloads[i].name))
			continue;
		set_limits();
		alarm(workloads[i].timeout ? workloads[i].timeout : TIMEOUT);
		job.link = workloads[i].link;
		workloads[i].run(&job);
		fflush(stdout);
		_exit(0);
	}
usage:
	fprintf(stderr, "usage: bench [-p] [-s SECONDS] host|lib WORKLOAD\n");
	return 2;
}
