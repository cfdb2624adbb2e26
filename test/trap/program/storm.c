// SPDX-License-Identifier: GPL-2.0
/*
 * storm.c - a signal every 20 us over sockets, threads, vfork, fork and exec
 *
 * Two threads exchange a byte stream over a socket pair, two over a pipe, one starts children
 * in three ways; all are interrupted all the time, with SA_RESTART for one signal and
 * without for the other. Nothing may be lost or come twice.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BYTES 60000
#define CHILDREN 60

static volatile int handled, over, errors, finished;
extern char **environ;

static void handler(int sig)
{
	(void)sig;
	__atomic_add_fetch(&handled, 1, __ATOMIC_RELAXED);
	getppid();
}

static void finish(void)
{
	__atomic_add_fetch(&finished, 1, __ATOMIC_RELAXED);
	while (!over)
		usleep(1000);
}

static long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec;
}

static void fail(const char *what)
{
	perror(what);
	errors++;
}

static void *writer(void *fd)
{
	unsigned char buffer[7];
	int sent = 0, i, n;

	while (sent < BYTES) {
		for (i = 0; i < 7; i++)
			buffer[i] = sent + i;
		n = write((long)fd, buffer, BYTES - sent < 7 ? BYTES - sent : 7);
		if (n < 0 && errno != EINTR) {
			fail("write");
			break;
		}
		sent += n > 0 ? n : 0;
	}
	finish();
	return NULL;
}

static void *reader(void *fd)
{
	struct pollfd in = { (long)fd, POLLIN, 0 };
	unsigned char buffer[100];
	int got = 0, i, n;

	while (got < BYTES) {
		if (got % 3 == 0 && poll(&in, 1, -1) < 0) {
			if (errno != EINTR)
				fail("poll");
			continue;
		}
		n = read((long)fd, buffer, sizeof(buffer));
		if (n < 0 && errno != EINTR) {
			fail("read");
			break;
		}
		for (i = 0; i < n; i++)
			if (buffer[i] != (unsigned char)(got + i)) {
				fprintf(stderr, "byte %d is wrong\n", got + i);
				errors++;
				finish();
				return NULL;
			}
		got += n > 0 ? n : 0;
	}
	finish();
	return NULL;
}

static void reap(int pid)
{
	int status, r;

	do
		r = waitpid(pid, &status, 0);
	while (r < 0 && errno == EINTR);
	if (r != pid || !WIFEXITED(status) || WEXITSTATUS(status))
		fail("wait");
}

static void *children(void *unused)
{
	char *argv[] = { "true", NULL };
	int i, pid, r;

	for (i = 0; i < CHILDREN; i++) {
		switch (i % 3) {
		case 0:
			pid = fork();
			if (!pid) {
				for (r = 0; r < 50; r++)
					getppid();
				_exit(0);
			}
			break;
		case 1:
			pid = vfork();
			if (!pid) {
				execv("/bin/true", argv);
				_exit(1);
			}
			break;
		default:
			if (posix_spawn(&pid, "/bin/true", NULL, NULL, argv, environ))
				fail("spawn");
		}
		if (pid < 0)
			fail("fork");
		else
			reap(pid);
	}
	finish();
	return unused;
}

static void *thunder(void *victims)
{
	pthread_t *of = victims;
	struct timespec t = { 0, 20000 };
	int i = 0;

	while (!over) {
		pthread_kill(of[i % 5], i % 2 ? SIGUSR1 : SIGUSR2);
		nanosleep(&t, NULL);
		i++;
	}
	return NULL;
}

int main(void)
{
	struct sigaction action = { .sa_handler = handler };
	pthread_t threads[5], storm;
	int pair[2], pipes[2], i;
	struct timespec limit;

	sigaction(SIGUSR1, &action, NULL);
	action.sa_flags = SA_RESTART;
	sigaction(SIGUSR2, &action, NULL);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || pipe(pipes))
		return 1;
	pthread_create(&threads[0], NULL, writer, (void *)(long)pair[0]);
	pthread_create(&threads[1], NULL, reader, (void *)(long)pair[1]);
	pthread_create(&threads[2], NULL, writer, (void *)(long)pipes[1]);
	pthread_create(&threads[3], NULL, reader, (void *)(long)pipes[0]);
	pthread_create(&threads[4], NULL, children, NULL);
	pthread_create(&storm, NULL, thunder, threads);
	/* A thread that is joined may not be signalled any more: wait for the others first */
	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += 25;
	while (finished < 5 && now() < limit.tv_sec)
		usleep(10000);
	over = 1;
	pthread_join(storm, NULL);
	for (i = 0; i < 5; i++)
		if (pthread_timedjoin_np(threads[i], NULL, &limit)) {
			fprintf(stderr, "thread %d hangs\n", i);
			return 1;
		}
	printf("%d errors, %s\n", errors, handled > 100 ? "many handled" : "few handled");
	return 0;
}
