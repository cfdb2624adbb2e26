// SPDX-License-Identifier: GPL-2.0
/*
 * fault.c - programs that live with their own SIGSEGV, and calls with bad pointers
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static char *page;
static sigjmp_buf back;
static volatile int count;
static char alternate[8192] __attribute__((aligned(16)));

static void repair(int sig, siginfo_t *info, void *context)
{
	(void)context;
	count++;
	if (info->si_addr != page + 100 || sig != SIGSEGV || info->si_code != SEGV_ACCERR)
		_exit(3);
	getppid();
	mprotect(page, 4096, PROT_READ | PROT_WRITE);
}

static void leave(int sig, siginfo_t *info, void *context)
{
	char here;

	(void)sig, (void)info, (void)context;
	count++;
	if (&here < alternate || &here > alternate + sizeof(alternate))
		_exit(4);
	getppid();
	siglongjmp(back, 1);
}

static void skip_insn(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig, (void)info;
	count++;
	uc->uc_mcontext.gregs[REG_RIP] += 2;
	uc->uc_mcontext.gregs[REG_RAX] = 77;
}

static int deep(int n)
{
	volatile char big[1000];

	big[0] = n;
	return deep(n + 1) + big[0];
}

static void again(int sig)
{
	(void)sig;
	count++;
	*(volatile int *)16 = 1;
}

int main(void)
{
	struct sigaction action = { .sa_sigaction = repair, .sa_flags = SA_SIGINFO };
	stack_t stack = { .ss_sp = alternate, .ss_size = sizeof(alternate) };
	struct rlimit limit = { 1 << 20, 1 << 20 };
	sigset_t all;
	int i, status, pair[2];
	long r;

	setrlimit(RLIMIT_STACK, &limit);
	page = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(page + 4096, 4096);
	sigaction(SIGSEGV, &action, NULL);
	for (i = 0; i < 1000; i++) {
		mprotect(page, 4096, PROT_READ);
		page[100] = i;
	}
	printf("repaired %d\n", count);

	/* Pointers that the host refuses with EFAULT, never with a signal */
	mprotect(page, 4096, PROT_NONE);
	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	if (write(pair[1], "abc", 3) != 3)
		return 1;
	r = read(pair[0], page, 3);
	printf("read %ld %s\n", r, strerror(errno));
	r = poll((void *)page, 1, 0);
	printf("poll %ld %s\n", r, strerror(errno));
	r = open(page, 0);
	printf("open %ld %s\n", r, strerror(errno));
	r = syscall(SYS_rt_sigaction, SIGUSR1, page, NULL, 8);
	printf("sigaction %ld %s\n", r, strerror(errno));
	r = syscall(SYS_rt_sigprocmask, SIG_BLOCK, page, NULL, 8);
	printf("sigprocmask %ld %s\n", r, strerror(errno));
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	r = syscall(SYS_ppoll, NULL, 0, NULL, page, 8);
	printf("ppoll, all blocked: %ld %s\n", r, strerror(errno));
	r = syscall(SYS_rt_sigaction, SIGUSR1, page, NULL, 8);
	printf("sigaction, all blocked: %ld %s\n", r, strerror(errno));
	r = execve(page, NULL, NULL);
	printf("execve %ld %s\n", r, strerror(errno));
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	printf("handler ran %d\n", count);

	/* Stack overflow on an alternate stack of 8 KB, with calls in the handler */
	sigaltstack(&stack, NULL);
	action.sa_sigaction = leave;
	action.sa_flags = SA_SIGINFO | SA_ONSTACK;
	sigaction(SIGSEGV, &action, NULL);
	count = 0;
	for (i = 0; i < 20; i++)
		if (!sigsetjmp(back, 1))
			deep(0);
	printf("overflows %d\n", count);
	if (syscall(SYS_sigaltstack, NULL, &stack) || stack.ss_sp != alternate || stack.ss_flags)
		printf("alternate stack differs\n");

	action.sa_sigaction = skip_insn;
	sigaction(SIGILL, &action, NULL);
	sigaction(SIGTRAP, &action, NULL);
	count = 0;
	__asm__ volatile("ud2" : "=a"(r));
	printf("ud2 %ld %d\n", r, count);

	fflush(stdout);
	if (!fork()) {
		action.sa_handler = again;
		action.sa_flags = SA_ONSTACK;
		sigaction(SIGSEGV, &action, NULL);
		*(volatile int *)8 = 1;
		_exit(0);
	}
	wait(&status);
	printf("fault in the handler: %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : -1);
	fflush(stdout);
	if (!fork()) {		/* no alternate stack: nothing can be delivered */
		stack.ss_flags = SS_DISABLE;
		sigaltstack(&stack, NULL);
		deep(0);
	}
	wait(&status);
	printf("overflow without: %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : -1);
	return 0;
}
