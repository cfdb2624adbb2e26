// SPDX-License-Identifier: GPL-2.0
/*
 * eintr.c - a signal handler interrupts a call that sleeps, as signal(7) says
 */
#include "stack.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>

static struct libos *os;
static volatile sig_atomic_t handled;
static pthread_t victim;

static void handler(int sig)
{
	(void)sig;
	handled++;
}

static void handle(int flags)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = flags };

	must(!sigaction(SIGUSR1, &sa, NULL));
	handled = 0;
}

/* After @arg milliseconds, one signal. */
static void *disturb(void *arg)
{
	usleep(*(int *)arg * 1000);
	must(!pthread_kill(victim, SIGUSR1));
	return NULL;
}

static int delay = 50;

static pthread_t disturb_soon(void)
{
	pthread_t thread;

	victim = pthread_self();
	must(!pthread_create(&thread, NULL, disturb, &delay));
	return thread;
}

static int open_stack(void **state)
{
	(void)state;
	os = stack_open_lo(NULL);
	return 0;
}

static int close_stack(void **state)
{
	(void)state;
	return libos_close(os);
}

static int udp_socket(uint16_t port)
{
	int fd = libos_socket(os, AF_INET, SOCK_DGRAM, 0);

	must(fd >= 0 && !stack_bind(os, fd, "127.0.0.1", port));
	must(!stack_connect(os, fd, "127.0.0.1", port));
	return fd;
}

static void recv_is_interrupted(void **state)
{
	struct timeval tv = { .tv_sec = 20 };
	int fd = udp_socket(7000);
	pthread_t thread;
	char c;

	(void)state;
	libos_setsockopt(os, fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	handle(0);
	thread = disturb_soon();
	assert_int_equal(libos_recv(os, fd, &c, 1, 0), -1);
	assert_int_equal(errno, EINTR);
	assert_int_equal(handled, 1);
	pthread_join(thread, NULL);
	libos_close_fd(os, fd);
}

static void waits_end(int flags)
{
	struct pollfd p = { .events = POLLIN };
	struct timeval tv = { .tv_sec = 2 };
	struct epoll_event event = { .events = EPOLLIN };
	int fd = libos_eventfd(os, 0, 0), epfd = libos_epoll_create1(os, 0);
	pthread_t thread;
	int ret[3], err[3];
	fd_set set;

	must(!libos_epoll_ctl(os, epfd, EPOLL_CTL_ADD, fd, &event));
	handle(flags);
	p.fd = fd;
	thread = disturb_soon();
	ret[0] = libos_poll(os, &p, 1, 2000);
	err[0] = errno;
	pthread_join(thread, NULL);
	thread = disturb_soon();
	ret[1] = libos_epoll_wait(os, epfd, &event, 1, 2000);
	err[1] = errno;
	pthread_join(thread, NULL);
	FD_ZERO(&set);
	FD_SET(fd, &set);
	thread = disturb_soon();
	ret[2] = libos_select(os, fd + 1, &set, NULL, NULL, &tv);
	err[2] = errno;
	pthread_join(thread, NULL);
	libos_close_fd(os, epfd);
	libos_close_fd(os, fd);
	assert_int_equal(handled, 3);
	for (fd = 0; fd < 3; fd++) {
		assert_int_equal(ret[fd], -1);
		assert_int_equal(err[fd], EINTR);
	}
}

static void poll_select_and_epoll_are_interrupted(void **state)
{
	(void)state;
	waits_end(0);
}

/* signal(7): these are never restarted. */
static void also_with_sa_restart(void **state)
{
	(void)state;
	waits_end(SA_RESTART);
}

/* Of 10 s not more than 9.95 are left, and not less than 5. */
static void nanosleep_tells_what_is_left(void **state)
{
	struct timespec ts = { .tv_sec = 10 }, rem = { 0 };
	pthread_t thread;
	uint64_t left;

	(void)state;
	handle(0);
	thread = disturb_soon();
	assert_int_equal(libos_nanosleep(os, &ts, &rem), -1);
	assert_int_equal(errno, EINTR);
	left = rem.tv_sec * STACK_NSEC + rem.tv_nsec;
	assert_true(left <= 9960 * (STACK_NSEC / 1000));
	assert_true(left >= 5 * STACK_NSEC);
	pthread_join(thread, NULL);
	thread = disturb_soon();
	assert_int_equal(libos_clock_nanosleep(os, CLOCK_MONOTONIC, 0, &ts, &rem), EINTR);
	pthread_join(thread, NULL);
}

/* The datagram comes after the signal. */
static void *send_later(void *arg)
{
	usleep(150000);
	must(libos_send(os, *(int *)arg, "x", 1, 0) == 1);
	return NULL;
}

static void recv_goes_on_with_sa_restart(void **state)
{
	int fd = udp_socket(7000);
	pthread_t thread, sender;
	char c = 0;

	(void)state;
	handle(SA_RESTART);
	thread = disturb_soon();
	must(!pthread_create(&sender, NULL, send_later, &fd));
	assert_int_equal(libos_recv(os, fd, &c, 1, 0), 1);
	assert_int_equal(c, 'x');
	assert_int_equal(handled, 1);
	pthread_join(thread, NULL);
	pthread_join(sender, NULL);
	libos_close_fd(os, fd);
}

/* ------------------------------------------------------------------ *
 * a stream, and a signal for each of its threads every 500 us
 */

struct stream {
	int fd;
	uint64_t at;
	uint64_t interrupted;
	pthread_t thread;
	atomic_bool *over;
};

static bool interrupted(struct stream *s, ssize_t n)
{
	if (n >= 0)
		return false;
	must(errno == EINTR);
	s->interrupted++;
	return true;
}

static void *receive(void *arg)
{
	static uint8_t buf[65536];
	struct stream *s = arg;
	ssize_t n;

	do {
		n = libos_recv(os, s->fd, buf, sizeof(buf), 0);
		if (interrupted(s, n))
			continue;
		must(stack_same(5, s->at, buf, n));
		s->at += n;
		/* Slower than the sender at times, faster at others. */
		if (s->at >> 22 & 1)
			usleep(50);
	} while (n);
	return NULL;
}

static void *transmit(void *arg)
{
	static uint8_t buf[65536];
	struct stream *s = arg;

	while (!*s->over) {
		size_t len = 1 + s->at % sizeof(buf);
		ssize_t n;

		stack_fill(5, s->at, buf, len);
		n = libos_send(os, s->fd, buf, len, 0);
		if (!interrupted(s, n))
			s->at += n;
		if (s->at >> 23 & 1)
			usleep(50);
	}
	must(!libos_shutdown(os, s->fd, SHUT_WR));
	return NULL;
}

/* To each in turn; they live until they are joined. */
static void *disturb_both(void *arg)
{
	struct stream *s = arg;

	while (!*s->over) {
		usleep(250);
		must(!pthread_kill(s[0].thread, SIGUSR1));
		usleep(250);
		must(!pthread_kill(s[1].thread, SIGUSR1));
	}
	return NULL;
}

static void nothing_is_lost_under_signals(void **state)
{
	atomic_bool over = false;
	struct stream s[2] = { { .over = &over }, { .over = &over } };
	pthread_t thread;
	int fd[2], i, size = 100000;

	(void)state;
	stack_tcp_pair(os, "127.0.0.1", 7001, fd);
	handle(0);
	for (i = 0; i < 2; i++) {
		s[i].fd = fd[i];
		/* Not too large: both shall sleep often. */
		libos_setsockopt(os, fd[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
		libos_setsockopt(os, fd[i], SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
		must(!pthread_create(&s[i].thread, NULL, i ? receive : transmit, &s[i]));
	}
	must(!pthread_create(&thread, NULL, disturb_both, s));
	sleep(3);
	over = true;
	pthread_join(thread, NULL);
	pthread_join(s[0].thread, NULL);
	pthread_join(s[1].thread, NULL);
	print_message("# %d signals, %lu sends and %lu receives interrupted\n", (int)handled,
		      s[0].interrupted, s[1].interrupted);
	assert_int_equal(s[0].at, s[1].at);
	assert_true(s[0].interrupted + s[1].interrupted > 0);
	libos_close_fd(os, fd[0]);
	libos_close_fd(os, fd[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recv_is_interrupted),
		cmocka_unit_test(poll_select_and_epoll_are_interrupted),
		cmocka_unit_test(also_with_sa_restart),
		cmocka_unit_test(nanosleep_tells_what_is_left),
		cmocka_unit_test(recv_goes_on_with_sa_restart),
		cmocka_unit_test(nothing_is_lost_under_signals),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("eintr", tests, open_stack, close_stack);
}
