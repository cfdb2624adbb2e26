// SPDX-License-Identifier: GPL-2.0
/*
 * altstack.c - alternate stacks, one of which all threads have
 *
 * It does them no harm, as no two handlers run at once. Nor may what a call does on its way.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 4
#define CALLS 20000
#define SIZE 65536
#define ARCH_GET_FS 0x1003

static char shared[SIZE], own[2 * SIZE];
static _Atomic int wrong;
static volatile int on;
static pthread_barrier_t all;

/* mov $158, %eax; syscall; ret. Not a file's text: each call is trapped. */
static const unsigned char code[] = { 0xb8, 158, 0, 0, 0, 0x0f, 0x05, 0xc3 };
static long (*arch_prctl)(long what, unsigned long *value);

static int within(const void *p, const char *stack, size_t size)
{
	return (const char *)p >= stack && (const char *)p < stack + size;
}

/* The result, and what there was before */
static void set(const char *what, char *sp, size_t size, int flags)
{
	stack_t new = { .ss_sp = sp, .ss_size = size, .ss_flags = flags }, old;
	long ret = syscall(SYS_sigaltstack, &new, &old), err = ret ? errno : 0;

	printf("%s: %ld %ld", what, ret, err);
	if (!ret)
		printf(" was %s size %zu flags %x", old.ss_sp == shared ? "shared" :
		       old.ss_sp == own ? "own" : old.ss_sp ? "another" : "none",
		       old.ss_size, (unsigned int)old.ss_flags);
	printf("\n");
}

static void pointers(const char *what, void *new, void *old)
{
	long ret = syscall(SYS_sigaltstack, new, old), err = ret ? errno : 0;

	printf("%s: %ld %ld\n", what, ret, err);
}

/* Is it as was said? */
static int is(char *sp)
{
	stack_t old;

	return !syscall(SYS_sigaltstack, NULL, &old) && old.ss_sp == sp &&
	       old.ss_size == SIZE && !old.ss_flags;
}

static void *run(void *unused)
{
	stack_t stack = { .ss_sp = shared, .ss_size = SIZE };
	unsigned long fs, me = (unsigned long)pthread_self();
	int i;

	sigaltstack(&stack, NULL);
	pthread_barrier_wait(&all);
	for (i = 0; i < CALLS; i++) {
		fs = 0;
		if (arch_prctl(ARCH_GET_FS, &fs) || fs != me)
			wrong++;
	}
	wrong += !is(shared);
	/* Nobody goes before all have looked */
	pthread_barrier_wait(&all);
	return unused;
}

static void handler(int sig)
{
	stack_t old;

	(void)sig;
	on = within(&old, own, SIZE) ? 1 : within(&old, shared, SIZE) ? 2 : 0;
	set("in the handler", own + SIZE, SIZE, 0);
	syscall(SYS_sigaltstack, NULL, &old);
	printf("flags %x\n", (unsigned int)old.ss_flags);
}

static void *change(void *unused)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_ONSTACK };
	stack_t stack = { .ss_sp = shared, .ss_size = SIZE };
	int pid, status;

	set("first", shared, SIZE, 0);
	set("small", own, 100, 0);
	set("flags", own, SIZE, 77);
	set("own", own, SIZE, 0);
	pointers("from 1", (void *)1, NULL);
	pointers("to 1", NULL, (void *)1);
	pointers("both", &stack, (void *)1);
	set("again", own, SIZE, 0);
	sigaction(SIGUSR1, &action, NULL);
	pthread_kill(pthread_self(), SIGUSR1);
	printf("on it: %d\n", on);
	set("disarming", own, SIZE, (int)(1u << 31));
	pthread_kill(pthread_self(), SIGUSR1);
	printf("on it: %d\n", on);
	set("shared", shared, SIZE, 0);
	pthread_kill(pthread_self(), SIGUSR1);
	pid = vfork();
	if (!pid)
		_exit(is(shared));
	waitpid(pid, &status, 0);
	printf("vfork child's: %d\n", WEXITSTATUS(status));
	fflush(stdout);
	if (!fork()) {
		set("child", shared, SIZE, 0);
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	set("none", NULL, 0, SS_DISABLE);
	set("still none", NULL, 0, SS_DISABLE);
	return unused;
}

/* The only one that has it: Go stops where a handler runs elsewhere */
static void *alone(void *unused)
{
	set("alone", shared, SIZE, 0);
	pthread_kill(pthread_self(), SIGUSR1);
	printf("on it: %d\n", on);
	return unused;
}

int main(void)
{
	stack_t stack = { .ss_sp = shared, .ss_size = SIZE };
	pthread_t thread[THREADS];
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int i;

	memcpy(page, code, sizeof(code));
	arch_prctl = (long (*)(long, unsigned long *))page;
	sigaltstack(&stack, NULL);
	pthread_barrier_init(&all, NULL, THREADS);
	for (i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, run, NULL);
	for (i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	printf("%d wrong\n", wrong);
	pthread_create(&thread[0], NULL, change, NULL);
	pthread_join(thread[0], NULL);
	printf("main's: %d\n", is(shared));
	set("main's", NULL, 0, SS_DISABLE);
	pthread_create(&thread[0], NULL, alone, NULL);
	pthread_join(thread[0], NULL);
	return 0;
}
