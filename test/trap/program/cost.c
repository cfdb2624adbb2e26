// SPDX-License-Identifier: GPL-2.0
/*
 * cost.c - what calls cost, natively and under a personality
 *
 * Prints ns a call, the best of some loops. A function call alone is the last line.
 */
#include <fcntl.h>
#include <stdio.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "probe.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static __attribute__((noinline)) void function(void)
{
	__asm__ volatile("");
}

/* A site of the form that glibc has, for a number of ours */
static __attribute__((noinline)) long constant(void)
{
	long r;

	__asm__ volatile("movl $1000, %%eax; syscall" : "=a"(r) : : "rcx", "r11", "memory");
	return r;
}
_Static_assert(PROBE_CONSTANT == 1000, "see constant()");

#define MEASURE(what, loops, call) do { \
	double best = 1e18, start, took; \
	for (int turn = 0; turn < 7; turn++) { \
		start = now(); \
		for (int i = 0; i < (loops); i++) \
			call; \
		took = (now() - start) / (loops); \
		best = took < best ? took : best; \
	} \
	printf("%-28s %8.1f\n", what, best); \
} while (0)

static void *thread(void *unused)
{
	return unused;
}

static void create_join(void)
{
	pthread_t t;

	pthread_create(&t, NULL, thread, NULL);
	pthread_join(t, NULL);
}

static void fork_wait(void)
{
	if (!fork())
		_exit(0);
	wait(NULL);
}

static void spawn_wait(void)
{
	static char *argv[] = { "true", NULL };
	pid_t pid;

	posix_spawn(&pid, "/bin/true", NULL, NULL, argv, argv + 1);
	waitpid(pid, NULL, 0);
}

static void handler(int sig)
{
	(void)sig;
}

int main(int argc, char **argv)
{
	int null = open("/dev/null", O_WRONLY), pipes[2];
	struct stat st;
	char c = 0;

	if (pipe(pipes))
		return 1;
	MEASURE("function call", 1000000, function());
	MEASURE("emulated, constant", 1000000, constant());
	MEASURE("getuid, not trapped", 1000000, getuid());
	MEASURE("getppid, passed on", 1000000, getppid());
	MEASURE("write /dev/null", 300000, if (write(null, "x", 1) != 1) return 1);
	MEASURE("pipe write+read", 100000,
		if (write(pipes[1], &c, 1) != 1 || read(pipes[0], &c, 1) != 1) return 1);
	MEASURE("stat /", 100000, stat("/", &st));
	MEASURE("open+close /dev/null", 100000, close(open("/dev/null", O_RDONLY)));
	(void)argv;
	if (argc > 1)		/* the cheap ones are enough */
		return 0;
	signal(SIGUSR1, handler);
	MEASURE("raise a handled signal", 20000, raise(SIGUSR1));
	MEASURE("thread create+join", 300, create_join());
	MEASURE("fork+wait", 100, fork_wait());
	MEASURE("posix_spawn true+wait", 50, spawn_wait());
	return 0;
}
