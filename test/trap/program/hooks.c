// SPDX-License-Identifier: GPL-2.0
/*
 * hooks.c - each hook of a personality is called as often as it should
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "probe.h"

extern char **environ;

static void show(const char *when)
{
	printf("%s: before %ld parent %ld child %ld thread exit %ld exec %ld\n", when,
	       syscall(PROBE_HOOKS, PROBE_BEFORE), syscall(PROBE_HOOKS, PROBE_PARENT),
	       syscall(PROBE_HOOKS, PROBE_CHILD), syscall(PROBE_HOOKS, PROBE_THREAD_EXIT),
	       syscall(PROBE_HOOKS, PROBE_EXEC));
	fflush(stdout);
}

static void *thread(void *unused)
{
	return unused;
}

int main(int argc, char **argv)
{
	char *args[] = { argv[0], "again", NULL };
	pthread_t t[10];
	long count;
	char *page;
	int i, pid;

	(void)argc;
	if (argc > 1) {
		show("after exec");
		return 0;
	}
	show("start");
	for (i = 0; i < 10; i++)
		pthread_create(&t[i], NULL, thread, NULL);
	for (i = 0; i < 10; i++)
		pthread_join(t[i], NULL);
	for (i = 0; i < 1000 && syscall(PROBE_HOOKS, PROBE_THREAD_EXIT) < 10; i++)
		usleep(1000);
	show("ten threads");
	pid = fork();
	if (!pid) {
		show("child");
		_exit(0);
	}
	wait(NULL);
	show("parent");
	count = syscall(PROBE_COUNT, PROBE_HOOKS);
	printf("counted %ld more\n", syscall(PROBE_COUNT, PROBE_HOOKS) - count);
	printf("constant %ld\n", syscall(PROBE_CONSTANT));
	page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	printf("fault %ld", syscall(PROBE_FAULT, page));
	mprotect(page, 4096, PROT_READ);
	printf(" %ld\n", syscall(PROBE_FAULT, page));
	fflush(stdout);
	execv("/proc/self/exe", args);
	return 1;
}
