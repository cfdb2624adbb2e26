// SPDX-License-Identifier: GPL-2.0
/*
 * spawn.c - children in every way that there is, and what they leave behind
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/sched.h>

extern char **environ;
static char *true_argv[] = { "true", NULL };
static volatile int shared;

static int reap(int pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void *thread(void *n)
{
	static __thread int local = 5;

	local += (long)n;
	getppid();
	return (void *)(long)local;
}

static void spawns(void)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t set;
	int i, pid, good = 0, r;

	for (i = 0; i < 100; i++)
		good += !posix_spawn(&pid, "/bin/true", NULL, NULL, true_argv, environ) &&
			!reap(pid);
	printf("posix_spawn: %d good\n", good);
	printf("missing: %s\n", strerror(posix_spawn(&pid, "/no/such", NULL, NULL, true_argv, environ)));
	printf("directory: %s\n", strerror(posix_spawn(&pid, "/tmp", NULL, NULL, true_argv, environ)));
	printf("spawnp missing: %s\n", strerror(posix_spawnp(&pid, "no-such", NULL, NULL, true_argv, environ)));
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 5, "/no/file", O_RDONLY, 0);
	r = posix_spawn(&pid, "/bin/true", &actions, NULL, true_argv, environ);
	printf("bad action: %s\n", strerror(r));
	posix_spawnattr_init(&attributes);
	sigfillset(&set);
	posix_spawnattr_setsigmask(&attributes, &set);
	posix_spawnattr_setsigdefault(&attributes, &set);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	r = posix_spawn(&pid, "/bin/true", NULL, &attributes, true_argv, environ);
	printf("all blocked: %s, %d\n", strerror(r), reap(pid));
}

static void handler(int sig)
{
	(void)sig;
	shared++;
}

static void vforks(void)
{
	int i, pid, good = 0;

	for (i = 0; i < 300; i++) {
		pid = vfork();
		if (!pid) {
			if (i % 3 == 0)
				_exit(3);
			if (i % 3 == 1) {
				execv("/no/such", true_argv);
				execv("/bin/true", true_argv);
			}
			kill(getpid(), SIGKILL);
		}
		good += reap(pid) == (i % 3 == 0 ? 3 : i % 3 == 1 ? 0 : 1009);
	}
	printf("vfork: %d good\n", good);
	/* A child of a vfork child; a child's handlers are its own */
	signal(SIGUSR1, handler);
	pid = vfork();
	if (!pid) {
		signal(SIGUSR1, SIG_DFL);
		int inner = vfork();

		if (!inner)
			execv("/bin/true", true_argv);
		_exit(reap(inner) ? 1 : 4);
	}
	printf("nested: %d\n", reap(pid));
	shared = 0;
	raise(SIGUSR1);
	printf("handler is still mine: %d\n", shared);
}

static int child_function(void *unused)
{
	(void)unused;
	shared = 7;
	getppid();
	return 9;
}

static void clones(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	struct clone_args args = { .exit_signal = SIGCHLD };
	pthread_t threads[20];
	long i, sum = 0, round;
	void *result;
	int pid;

	for (round = 0; round < 20; round++) {
		for (i = 0; i < 20; i++)
			pthread_create(&threads[i], NULL, thread, (void *)i);
		for (i = 0; i < 20; i++) {
			pthread_join(threads[i], &result);
			sum += (long)result;
		}
	}
	printf("threads: %ld\n", sum);
	shared = 0;
	pid = clone(child_function, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
	printf("clone VM: %d, wrote %d\n", reap(pid), shared);
	shared = 0;
	pid = clone(child_function, stack + sizeof(stack), SIGCHLD, NULL);
	printf("clone with a stack: %d, wrote %d\n", reap(pid), shared);
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (!pid)
		_exit(11);
	printf("clone3: %d\n", reap(pid));
	args.flags = CLONE_CLEAR_SIGHAND;
	signal(SIGUSR1, handler);
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (!pid) {
		getppid();
		raise(SIGUSR1);
		_exit(11);
	}
	printf("clone3, handlers cleared: %d\n", reap(pid));
	printf("clone3 bad: %ld", syscall(SYS_clone3, &args, 8));
	printf(" %s\n", strerror(errno));
	printf("clone bad: %ld", syscall(SYS_clone, CLONE_SIGHAND, 0, 0, 0, 0));
	printf(" %s\n", strerror(errno));
	/* A child of fork() in a thread among others, which forks again */
	pid = fork();
	if (!pid) {
		int inner = fork();

		if (!inner) {
			pthread_create(&threads[0], NULL, thread, (void *)1);
			pthread_join(threads[0], &result);
			_exit((long)result);
		}
		_exit(reap(inner));
	}
	printf("fork in fork: %d\n", reap(pid));
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	spawns();
	vforks();
	clones();
	return 0;
}
