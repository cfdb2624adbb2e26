// SPDX-License-Identifier: GPL-2.0
/*
 * kills.c - SIGKILL at any moment: the tool of kills.sh
 *
 *	kills inside THREADS		under nuse: a server, and victims that come again
 *	kills hunt NUSE COUNT THREADS	starts that (NUSE_OPTIONS: more options of nuse), kills victims from outside
 *
 * Victims send a pattern and compare the echo. What is told on standard output is a line a
 * time: "victim PID", "bad REASON", "end PORT RESULT ERROR" of the server's last call on a
 * connection, "state ACCEPTED ENDED BYTES". After a SIGUSR1 no victim
 * comes again.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <glob.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shared.h"

enum { VICTIMS = 4, PORT = 7000, SIZE = 3000, SILENCE_S = 5 };

static void say(const char *format, ...)
{
	char line[200];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (write(STDOUT_FILENO, line, n) != n)
		_exit(1);
}

static void bad(const char *what)
{
	say("bad %s: %s\n", what, strerror(errno));
	_exit(1);
}

/* ------------------------------------------------------------------ *
 * inside
 */

static atomic_long accepted, ended, bytes;

static void *serve_one(void *arg)
{
	int fd = (int)(long)arg;
	struct sockaddr_in peer = { 0 };
	socklen_t size = sizeof(peer);
	char buf[SIZE];
	ssize_t n, put, done;

	getpeername(fd, (struct sockaddr *)&peer, &size);
	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0) {
		for (done = 0; done < n; done += put) {
			put = send(fd, buf + done, n - done, MSG_NOSIGNAL);
			if (put < 0) {
				n = put;
				goto end;
			}
		}
		bytes += n;
	}
end:
	/* The end of a killed process is the end of its connections: EOF or reset. */
	if (n < 0 && errno != ECONNRESET && errno != EPIPE)
		bad("server");
	say("end %d %zd %d\n", ntohs(peer.sin_port), n, n < 0 ? errno : 0);
	close(fd);
	ended++;
	return NULL;
}

static void *serve(void *arg)
{
	int listener = (int)(long)arg;

	for (;;) {
		int fd = accept(listener, NULL, NULL);
		pthread_t thread;

		if (fd < 0)
			bad("accept");
		accepted++;
		if (pthread_create(&thread, NULL, serve_one, (void *)(long)fd))
			bad("thread");
		pthread_detach(thread);
	}
	return NULL;
}

static _Noreturn void closed(int fd)
{
	struct sockaddr_in here = { 0 };
	socklen_t size = sizeof(here);

	getsockname(fd, (struct sockaddr *)&here, &size);
	say("bad recv: the server has closed, port %d\n", ntohs(here.sin_port));
	_exit(1);
}

static void *victim(void *arg)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char out[SIZE], in[SIZE];
	unsigned char count = 0;
	ssize_t n, done;

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		bad("connect");
	for (;; count++) {
		memset(out, count, sizeof(out));
		if (send(fd, out, sizeof(out), 0) != sizeof(out))
			bad("send");
		for (done = 0; done < SIZE; done += n) {
			n = recv(fd, in + done, SIZE - done, 0);
			if (!n)
				closed(fd);
			if (n < 0)
				bad("recv");
		}
		if (memcmp(in, out, SIZE))
			bad("data");
	}
	return arg;
}

static void victim_start(int threads)
{
	pid_t pid = fork();
	pthread_t thread;

	if (pid < 0)
		bad("fork");
	if (pid) {
		say("victim %d\n", pid);
		return;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (--threads > 0)
		pthread_create(&thread, NULL, victim, NULL);
	victim(NULL);
}

static volatile sig_atomic_t enough;

static void on_enough(int sig)
{
	(void)sig;
	enough = 1;
}

/* A process of its own, so that victims are forked from one with few threads. */
static void server_start(int listener)
{
	pthread_t thread;

	if (fork())
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (pthread_create(&thread, NULL, serve, (void *)(long)listener))
		bad("thread");
	for (;;) {
		usleep(200000);
		say("state %ld %ld %ld\n", accepted, ended, bytes);
	}
}

static _Noreturn void inside(int threads)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(PORT),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM, 0), i;

	if (listener < 0 || bind(listener, (struct sockaddr *)&at, sizeof(at)) ||
	    listen(listener, 64))
		bad("listen");
	server_start(listener);
	close(listener);
	signal(SIGUSR1, on_enough);
	say("parent %d\n", getpid());
	for (i = 0; i < VICTIMS; i++)
		victim_start(threads);
	for (;;) {
		pid_t pid = waitpid(-1, NULL, 0);

		if (pid > 0 && !enough)
			victim_start(threads);
	}
}

/* ------------------------------------------------------------------ *
 * outside
 */

static struct {
	pthread_mutex_t lock;
	int victim[64], nr;
	int parent;
	long accepted, ended, bytes;
	time_t heard;
	char bad[200];
	int reason[65536];
} hunt = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void *listen_to(void *arg)
{
	FILE *from = arg;
	char line[256];

	while (fgets(line, sizeof(line), from)) {
		int pid, port, n, error;

		pthread_mutex_lock(&hunt.lock);
		hunt.heard = time(NULL);
		if (sscanf(line, "victim %d", &pid) == 1 && hunt.nr < 64)
			hunt.victim[hunt.nr++] = pid;
		else if (!strncmp(line, "bad", 3))
			snprintf(hunt.bad, sizeof(hunt.bad), "%.*s",
				 (int)strcspn(line, "\n"), line);
		if (sscanf(line, "end %d %d %d", &port, &n, &error) == 3)
			hunt.reason[port & 0xffff] = n < 0 ? error : -1;
		sscanf(line, "parent %d", &hunt.parent);
		sscanf(line, "state %ld %ld %ld", &hunt.accepted, &hunt.ended, &hunt.bytes);
		pthread_mutex_unlock(&hunt.lock);
	}
	return NULL;
}

static int victim_take(void)
{
	int pid = 0;

	pthread_mutex_lock(&hunt.lock);
	/* The newest are still on their way to their first call. */
	if (hunt.nr >= VICTIMS - 1) {
		pid = hunt.victim[0];
		memmove(hunt.victim, hunt.victim + 1, --hunt.nr * sizeof(int));
	}
	pthread_mutex_unlock(&hunt.lock);
	return pid;
}

/* Calls that twins have finished, as the owner's memory tells */
static long finished(int owner)
{
	struct shared *sh;
	size_t tail = (sizeof(*sh) + 4095) & ~4095ul;
	char pattern[64], target[256];
	long count = -1;
	glob_t files;
	size_t i;

	snprintf(pattern, sizeof(pattern), "/proc/%d/fd/*", owner);
	if (glob(pattern, 0, NULL, &files))
		return -1;
	for (i = 0; i < files.gl_pathc; i++) {
		ssize_t n = readlink(files.gl_pathv[i], target, sizeof(target) - 1);
		FILE *memory;
		uint32_t value;

		if (n <= 0 || (target[n] = 0, !strstr(target, "memfd:libos")))
			continue;
		memory = fopen(files.gl_pathv[i], "r");
		if (memory && !fseek(memory, -(long)tail + (long)offsetof(struct shared, finished),
				     SEEK_END) &&
		    fread(&value, sizeof(value), 1, memory) == 1)
			count = value;
		if (memory)
			fclose(memory);
	}
	globfree(&files);
	return count;
}

static int owner_of(const char *nuse, const char *name)
{
	char command[300], line[300];
	int owner = 0;
	FILE *ls;

	snprintf(command, sizeof(command), "%s ls", nuse);
	ls = popen(command, "r");
	while (ls && fgets(line, sizeof(line), ls)) {
		const char *at = strstr(line, "owner ");

		if (!strncmp(line, name, strlen(name)) && at)
			owner = atoi(at + 6);
	}
	if (ls)
		pclose(ls);
	return owner;
}

static int silent(void)
{
	return time(NULL) - hunt.heard > SILENCE_S;
}

static int hunting(const char *self, const char *nuse, int count, const char *threads)
{
	char command[1000], name[40];
	int kills = 0, i, owner;
	pthread_t thread;
	long before, inside_kernel;
	FILE *from;

	snprintf(name, sizeof(name), "kills%d", getpid());
	snprintf(command, sizeof(command), "exec %s --kernel %s --net none --name %s %s -- %s "
		 "inside %s", nuse, getenv("LIBOS_RELEASE"), name,
		 getenv("NUSE_OPTIONS") ? getenv("NUSE_OPTIONS") : "", self, threads);
	from = popen(command, "r");
	if (!from)
		return 1;
	hunt.heard = time(NULL);
	pthread_create(&thread, NULL, listen_to, from);
	srand(getpid());
	while (kills < count && !hunt.bad[0] && !silent()) {
		int pid;

		usleep(rand() % 15000);
		pid = victim_take();
		if (pid && !kill(pid, SIGKILL))
			kills++;
	}
	/* Those who are left still work. */
	before = hunt.bytes;
	sleep(1);
	before = hunt.bytes - before;
	kill(hunt.parent, SIGUSR1);
	usleep(200000);
	for (i = 0; i < 50 && (i < 10 || hunt.ended < hunt.accepted); i++) {
		int k;

		/* Also those of whom is heard only now */
		for (k = 0; k < hunt.nr; k++)
			kill(hunt.victim[k], SIGKILL);
		usleep(100000);
	}
	owner = owner_of(nuse, name);
	inside_kernel = finished(owner);
	printf("# %d kills, %ld of them inside the kernel; %ld connections, %ld ended, "
	       "%ld MB\n", kills, inside_kernel, hunt.accepted, hunt.ended,
	       hunt.bytes / 1000000);
	if (hunt.bad[0] || silent())
		printf("# %s\n", hunt.bad[0] ? hunt.bad : "nothing is heard any more");
	if (sscanf(hunt.bad, "bad recv: the server has closed, port %d", &i) == 1)
		printf("# the server's error on it: %d (-1: end of file)\n", hunt.reason[i & 0xffff]);
	fflush(stdout);
	if (hunt.ended != hunt.accepted) {
		/* What is left of whom */
		snprintf(command, sizeof(command), "%s --join %s -- ss -tanp 2>&1 | "
			 "grep -v TIME-WAIT | sed 's/^/# /'", nuse, name);
		i = system(command);
	}
	snprintf(command, sizeof(command), "%s stop -f %s > /dev/null 2>&1", nuse, name);
	i = system(command);
	(void)i;
	return !(kills == count && !hunt.bad[0] && !silent() && before > 0 &&
		 hunt.accepted > kills / 2 && hunt.ended == hunt.accepted && inside_kernel >= 0);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "inside"))
		inside(atoi(argv[2]));
	if (argc == 5 && !strcmp(argv[1], "hunt"))
		return hunting(argv[0], argv[2], atoi(argv[3]), argv[4]);
	fprintf(stderr, "usage: kills inside THREADS | hunt NUSE COUNT THREADS\n");
	return 2;
}
