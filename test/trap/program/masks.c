// SPDX-License-Identifier: GPL-2.0
/*
 * masks.c - signal masks and dispositions of the signals that the trap needs itself
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int handled;

static void handler(int sig)
{
	(void)sig;
	handled++;
	getppid();
}

static void handler3(int sig, siginfo_t *info, void *context)
{
	(void)context;
	handled++;
	printf("signal %d, sent by me: %d\n", sig, info->si_pid == getpid());
}

static void show(const char *when)
{
	sigset_t set;

	sigprocmask(SIG_BLOCK, NULL, &set);
	printf("%s: blocked SYS %d SEGV %d BUS %d USR1 %d\n", when,
	       sigismember(&set, SIGSYS), sigismember(&set, SIGSEGV),
	       sigismember(&set, SIGBUS), sigismember(&set, SIGUSR1));
}

static void *thread(void *unused)
{
	show("thread");
	getppid();
	return unused;
}

static void status(const char *what, int pid)
{
	int s;

	waitpid(pid, &s, 0);
	if (WIFSIGNALED(s))
		printf("%s: killed by %d\n", what, WTERMSIG(s));
	else
		printf("%s: exit %d\n", what, WEXITSTATUS(s));
}

#define CHILD(what, body) do { \
	int pid; \
	fflush(stdout); \
	pid = fork(); \
	if (!pid) { \
		body; \
		_exit(7); \
	} \
	status(what, pid); \
} while (0)

int main(void)
{
	struct sigaction action = { .sa_handler = handler }, old;
	struct timespec moment = { 0, 1000000 };
	struct epoll_event event;
	sigset_t all, none, sys;
	pthread_t t;
	int i;

	sigfillset(&all);
	sigemptyset(&none);
	sigemptyset(&sys);
	sigaddset(&sys, SIGSYS);
	sigaddset(&sys, SIGSEGV);
	show("start");
	sigprocmask(SIG_SETMASK, &all, NULL);
	for (i = 0; i < 10; i++)
		getppid();
	show("all");
	pthread_create(&t, NULL, thread, NULL);
	pthread_join(t, NULL);
	if (!fork()) {
		show("child");
		for (i = 0; i < 10; i++)
			getppid();
		fflush(stdout);
		execl("/bin/sh", "sh", "-c", "ls / > /dev/null; kill -SYS $$; kill -USR1 $$;"
		      "grep SigBlk /proc/self/status > /dev/null; echo survived", NULL);
	}
	wait(&i);
	printf("exit %d\n", i);
	sigprocmask(SIG_UNBLOCK, &sys, NULL);
	show("unblocked two");
	sigprocmask(SIG_SETMASK, &none, NULL);
	show("none");

	ppoll(NULL, 0, &moment, &all);
	getppid();
	pselect(0, NULL, NULL, NULL, &moment, &all);
	i = epoll_create1(0);
	epoll_pwait(i, &event, 1, 1, &all);
	action.sa_mask = all;
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	printf("handled %d\n", handled);
	sigaction(SIGUSR1, NULL, &old);
	printf("mine %d, mask has SYS %d, flags %x\n", old.sa_handler == handler,
	       sigismember(&old.sa_mask, SIGSYS), old.sa_flags & ~0x04000000);

	action.sa_sigaction = handler3;
	action.sa_flags = SA_SIGINFO;
	sigaction(SIGSYS, &action, NULL);
	sigaction(SIGSEGV, &action, &old);
	printf("SEGV was default: %d\n", old.sa_handler == SIG_DFL);
	raise(SIGSYS);
	raise(SIGSEGV);
	getppid();
	printf("handled %d\n", handled);
	/* Blocked: arrive when they are let in */
	sigprocmask(SIG_BLOCK, &sys, NULL);
	kill(getpid(), SIGSYS);
	kill(getpid(), SIGSEGV);
	getppid();
	printf("blocked: handled %d\n", handled);
	sigdelset(&sys, SIGSEGV);
	sigprocmask(SIG_UNBLOCK, &sys, NULL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	printf("unblocked: handled %d\n", handled);

	signal(SIGSYS, SIG_IGN);
	signal(SIGSEGV, SIG_IGN);
	raise(SIGSYS);
	raise(SIGSEGV);
	getppid();
	printf("ignored: %d\n", signal(SIGSYS, SIG_DFL) == SIG_IGN);
	signal(SIGSEGV, SIG_IGN);
	CHILD("ignored stays through exec", execl("/bin/sh", "sh", "-c",
	      "kill -SEGV $$; echo fine", NULL));
	CHILD("ignored, real fault", *(volatile int *)8 = 1);
	signal(SIGSEGV, SIG_DFL);
	CHILD("default SYS", raise(SIGSYS));
	CHILD("default SEGV", raise(SIGSEGV));
	CHILD("default BUS", kill(getpid(), SIGBUS));
	CHILD("default fault", *(volatile int *)8 = 1);
	CHILD("blocked fault", sigprocmask(SIG_SETMASK, &all, NULL); *(volatile int *)8 = 1);
	CHILD("abort", abort());
	CHILD("ud2", __builtin_trap());
	CHILD("term", raise(SIGTERM));
	action.sa_flags = SA_RESETHAND | SA_SIGINFO;
	sigaction(SIGUSR2, &action, NULL);
	CHILD("reset", raise(SIGUSR2); printf("once\n"); fflush(stdout); raise(SIGUSR2));
	sigaction(SIGSEGV, &action, NULL);
	CHILD("reset SEGV", raise(SIGSEGV); printf("once\n"); fflush(stdout); raise(SIGSEGV));
	printf("bad: %d %d %d\n", sigaction(SIGKILL, &action, NULL), sigaction(65, &action, NULL),
	       sigprocmask(77, &all, NULL));
	return 0;
}
