// SPDX-License-Identifier: GPL-2.0
/*
 * size.c - what a stack, and a network namespace, cost in time, memory and threads
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"

#define MB 1e6

/* The sum of the fields "NAME: n kB" of a file, in MB */
static double kb_fields(const char *path, const char *name, const char *name2)
{
	FILE *f = fopen(path, "r");
	unsigned long kb, sum = 0;
	char line[128], word[64];

	fail_if(!f, path);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%63[^:]: %lu kB", word, &kb) == 2 &&
		    (!strcmp(word, name) || !strcmp(word, name2)))
			sum += kb;
	fclose(f);
	return sum * 1024 / MB;
}

static double private_mb(void)
{
	return kb_fields("/proc/self/smaps_rollup", "Private_Clean", "Private_Dirty");
}

static int threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	int n = -2;	/* "." and ".." */

	fail_if(!dir, "/proc/self/task");
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* A stack that has come as far as a first socket. */
static struct libos *stack(const struct libos_options *options)
{
	struct libos *os = libos_open(options);

	fail_if(!os, "libos_open");
	fail_if(libos_socket(os, AF_INET, SOCK_STREAM, 0) < 0, "first socket");
	return os;
}

/* Prints CPU and wall time to the first socket, milliseconds. */
void size_open(const struct job *job)
{
	uint64_t cpu = cpu_ns(), wall = wall_ns();

	(void)job;
	stack(NULL);
	cpu = cpu_ns() - cpu;
	wall = wall_ns() - wall;
	printf("%.3f %.3f\n", cpu / 1e6, wall / 1e6);
}

/* Prints private memory, MB, and threads of a further stack: averages of ten. */
void size_further(const struct job *job)
{
	double mb;
	int i, n;

	(void)job;
	/* Text that only one stack maps counts as private. */
	stack(NULL);
	stack(NULL);
	mb = private_mb();
	n = threads();
	for (i = 0; i < 10; i++)
		stack(NULL);
	printf("%.3f %g\n", (private_mb() - mb) / 10, (threads() - n) / 10.0);
}

#define MANY 1000

/*
 * Prints seconds and private memory, MB, of 1,000 network namespaces, each with lo up
 * and a veth pair. What the host's kernel takes for one is not this process's: "-".
 */
void size_namespaces(const struct job *job)
{
	const struct libos_options options = {
		.size = sizeof(options),
		.memory = 512 << 20,
	};
	static const char self[] = "/proc/thread-self/ns/net";
	uint64_t start;
	struct net net;
	double mb;
	int i, fd;

	if (job->lib)
		net_lib(&net, &options);
	else
		net_host(&net);
	mb = private_mb();
	start = wall_ns();
	for (i = 0; i < MANY; i++) {
		fail_if(NET(&net, unshare, CLONE_NEWNET), "unshare(CLONE_NEWNET)");
		net_up(&net, "lo");
		net_veth(&net, "veth0", "veth1", -1);
		fd = net.os ? libos_open_file(net.os, self, O_RDONLY, 0)
			    : open(self, O_RDONLY);
		fail_if(fd < 0, self);
	}
	printf("%.3f ", (wall_ns() - start) / 1e9);
	if (job->lib)
		printf("%.1f\n", private_mb() - mb);
	else
		printf("-\n");
}

/*
 * Prints how many stacks there are at last, milliseconds each took to its first
 * socket, and what the process has resident (text that stacks share counts in each)
 * and private, MB. Ends before 1,000 when one does not open, or after 45 seconds.
 */
void size_stacks(const struct job *job)
{
	const struct libos_options options = {
		.size = sizeof(options),
		.memory = 16 << 20,
	};
	uint64_t start = wall_ns(), ns;
	struct libos *os;
	int n;

	(void)job;
	for (n = 0; n < MANY && wall_ns() - start < 45000000000ull; n++) {
		os = libos_open(&options);
		if (!os || libos_socket(os, AF_INET, SOCK_STREAM, 0) < 0) {
			fprintf(stderr, "stack %d does not open: %s\n", n + 1, libos_error());
			break;
		}
	}
	fail_if(!n, "libos_open");
	ns = wall_ns() - start;
	printf("%d %.3f %.0f %.0f\n", n, ns / 1e6 / n,
	       kb_fields("/proc/self/status", "VmRSS", ""), private_mb());
}
