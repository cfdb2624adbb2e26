// SPDX-License-Identifier: GPL-2.0
/*
 * restart.c - what a handler does to each call that sleeps, with SA_RESTART and without
 *
 * A thread sends SIGUSR1 while the call sleeps and, later, makes it ready. Printed is
 * the result and how often the handler ran by then.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <fcntl.h>

static int pair[2], pipes[2], full[2], listener, epoll;
static volatile int handled;
static unsigned int word;
static pthread_t main_thread;
static sigset_t open_mask;
static struct sockaddr_un address = { AF_UNIX };

static void handler(int sig)
{
	(void)sig;
	handled++;
}

static void pause_ms(int ms)
{
	struct timespec t = { 0, ms * 1000000 };

	while (nanosleep(&t, &t))
		;
}

static void make_ready(void)
{
	char buffer[65536];
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	if (write(pipes[1], "r", 1) != 1 || write(pair[1], "r", 1) != 1)
		return;
	connect(s, (struct sockaddr *)&address, sizeof(address));
	if (read(full[0], buffer, sizeof(buffer)) < 0)
		perror("full");
	__atomic_store_n(&word, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &word, FUTEX_WAKE, 1);
	close(s);
}

static void *disturb(void *unused)
{
	pause_ms(30);
	pthread_kill(main_thread, SIGUSR1);
	pause_ms(30);
	make_ready();
	return unused;
}

static void drain(void)
{
	char buffer[65536];

	while (recv(pair[0], buffer, sizeof(buffer), MSG_DONTWAIT) > 0)
		;
	fcntl(pipes[0], F_SETFL, O_NONBLOCK);
	while (read(pipes[0], buffer, sizeof(buffer)) > 0)
		;
	fcntl(pipes[0], F_SETFL, 0);
	fcntl(listener, F_SETFL, O_NONBLOCK);
	for (int fd; (fd = accept(listener, NULL, NULL)) >= 0;)
		close(fd);
	fcntl(listener, F_SETFL, 0);
	fcntl(full[1], F_SETFL, O_NONBLOCK);
	memset(buffer, 0, sizeof(buffer));
	while (write(full[1], buffer, sizeof(buffer)) > 0)
		;
	while (write(full[1], buffer, 1) > 0)
		;
	fcntl(full[1], F_SETFL, 0);
	word = 0;
	handled = 0;
}

#define TRY(call) do { \
	pthread_t thread; \
	long result; \
	drain(); \
	pthread_create(&thread, NULL, disturb, NULL); \
	errno = 0; \
	result = call; \
	printf("%-44.44s %s%s", #call, result < 0 ? "error " : "fine", \
	       result < 0 ? strerror(errno) : ""); \
	printf(", handled %d\n", handled); \
	pthread_join(thread, NULL); \
} while (0)

static void tries(void)
{
	struct pollfd in = { pipes[0], POLLIN };
	struct timespec half = { 0, 100000000 }, left;
	struct epoll_event event = { .events = EPOLLIN };
	struct timeval second = { 1, 0 };
	char c[8];
	fd_set set;
	struct iovec io = { c, 1 };
	struct msghdr message = { .msg_iov = &io, .msg_iovlen = 1 };

	FD_ZERO(&set);
	FD_SET(pipes[0], &set);
	TRY(read(pipes[0], c, 1));
	TRY(readv(pipes[0], &io, 1));
	TRY(read(pair[0], c, 1));
	TRY(recv(pair[0], c, 1, 0));
	TRY(recvmsg(pair[0], &message, 0));
	TRY(accept(listener, NULL, NULL));
	TRY(write(full[1], c, 1));
	TRY(poll(&in, 1, 1000));
	TRY(poll(&in, 1, -1));
	TRY(ppoll(&in, 1, NULL, NULL));
	TRY(ppoll(&in, 1, NULL, &open_mask));
	TRY(select(pipes[0] + 1, &set, NULL, NULL, &second));
	FD_SET(pipes[0], &set);
	TRY(pselect(pipes[0] + 1, &set, NULL, NULL, NULL, &open_mask));
	TRY(epoll_wait(epoll, &event, 1, 1000));
	TRY(epoll_pwait(epoll, &event, 1, 1000, &open_mask));
	TRY(nanosleep(&half, &left));
	TRY(clock_nanosleep(CLOCK_MONOTONIC, 0, &half, &left));
	TRY(syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL));
	TRY(syscall(SYS_futex, &word, FUTEX_WAIT, 0, &half));
	TRY(sigsuspend(&open_mask));
	TRY(pause());
}

/* A handler that only the call's own mask lets through */
static void masked_tries(void)
{
	struct pollfd in = { pipes[0], POLLIN };
	struct epoll_event event = { .events = EPOLLIN };
	sigset_t usr1, now;
	fd_set set;

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	FD_ZERO(&set);
	FD_SET(pipes[0], &set);
	TRY(poll(&in, 1, 1000));
	sigprocmask(SIG_UNBLOCK, &usr1, NULL);
	printf("afterwards %d\n", handled);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	TRY(ppoll(&in, 1, NULL, &open_mask));
	TRY(pselect(pipes[0] + 1, &set, NULL, NULL, NULL, &open_mask));
	TRY(epoll_pwait(epoll, &event, 1, 1000, &open_mask));
	TRY(sigsuspend(&open_mask));
	sigprocmask(SIG_BLOCK, NULL, &now);
	printf("blocked still: %d\n", sigismember(&now, SIGUSR1));
	/* Pending already when the call begins */
	drain();
	raise(SIGUSR1);
	errno = 0;
	printf("ppoll %d %s\n", ppoll(&in, 1, NULL, &open_mask), strerror(errno));
	printf("handled %d\n", handled);
	/* The mask lets nothing through: the result, and the mask, stay */
	drain();
	raise(SIGUSR1);
	printf("ppoll %d\n", ppoll(&in, 1, &(struct timespec){ 0, 1000000 }, &usr1));
	printf("handled %d\n", handled);
	sigprocmask(SIG_BLOCK, NULL, &now);
	printf("blocked still: %d\n", sigismember(&now, SIGUSR1));
	sigprocmask(SIG_UNBLOCK, &usr1, NULL);
	printf("handled %d\n", handled);
	/* Two at once: the second interrupts the handler of the first */
	sigaddset(&usr1, SIGUSR2);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	drain();
	raise(SIGUSR1);
	raise(SIGUSR2);
	sigsuspend(&open_mask);
	printf("sigsuspend: handled %d\n", handled);
	raise(SIGUSR1);
	raise(SIGUSR2);
	ppoll(&in, 1, NULL, &open_mask);
	printf("ppoll: handled %d\n", handled);
	sigprocmask(SIG_UNBLOCK, &usr1, NULL);
	printf("handled %d\n", handled);
}

int main(void)
{
	struct sigaction action = { .sa_handler = handler };
	struct epoll_event event = { .events = EPOLLIN };

	setvbuf(stdout, NULL, _IOLBF, 0);
	main_thread = pthread_self();
	sigemptyset(&open_mask);
	snprintf(address.sun_path + 1, 90, "restart-%d", getpid());
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	epoll = epoll_create1(0);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || pipe(pipes) || pipe(full) ||
	    bind(listener, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(listener, 5) || epoll_ctl(epoll, EPOLL_CTL_ADD, pipes[0], &event))
		return 1;
	for (int i = 0; i < 2; i++) {
		action.sa_flags = i ? SA_RESTART : 0;
		sigaction(SIGUSR1, &action, NULL);
		sigaction(SIGUSR2, &action, NULL);
		printf("%s SA_RESTART\n", i ? "with" : "without");
		tries();
	}
	masked_tries();
	return 0;
}
