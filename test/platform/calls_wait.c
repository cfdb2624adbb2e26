// SPDX-License-Identifier: GPL-2.0
/*
 * calls_wait.c - poll, select, epoll; eventfd, timerfd, pipe
 */
#include "calls.h"

#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/timerfd.h>

#define ALL (POLLIN | POLLPRI | POLLOUT | POLLRDHUP | POLLRDNORM | POLLWRNORM)

static void poll_one(int fd)
{
	struct pollfd pfd = { fd, ALL, 0 };

	CALL(poll, &pfd, 1, 0);
	show_events(pfd.revents);
}

void subject_poll(void)
{
	struct pollfd pfds[3];
	struct timespec ts = { 0, 0 };
	int s, l, u, pair[2], up[2], p[2];
	char buf[8] = { 0 };

	s = QUIET(socket, AF_INET, SOCK_STREAM, 0);
	poll_one(s);
	l = QUIET(socket, AF_INET, SOCK_STREAM, 0);
	QUIET(bind, l, A("127.0.0.1", 7001));
	QUIET(listen, l, 4);
	poll_one(l);
	QUIET(connect, s, A("127.0.0.1", 7001));
	settle(l, POLLIN);
	poll_one(l);
	poll_one(s);
	tcp_pair(AF_INET, pair);
	poll_one(pair[0]);
	QUIET(send, pair[1], "x", 1, 0);
	settle(pair[0], POLLIN);
	poll_one(pair[0]);
	QUIET(send, pair[1], "o", 1, MSG_OOB);
	settle(pair[0], POLLPRI);
	poll_one(pair[0]);
	QUIET(recv, pair[0], buf, 8, 0);
	QUIET(recv, pair[0], buf, 8, MSG_OOB);
	poll_one(pair[0]);
	QUIET(shutdown, pair[1], SHUT_WR);
	settle(pair[0], POLLRDHUP);
	poll_one(pair[0]);
	poll_one(pair[1]);
	QUIET(shutdown, pair[0], SHUT_WR);
	settle(pair[0], POLLHUP);
	poll_one(pair[0]);
	u = QUIET(socket, AF_INET, SOCK_DGRAM, 0);
	poll_one(u);
	QUIET(bind, u, A("127.0.0.1", 7001));
	QUIET(sendto, u, "x", 1, 0, A("127.0.0.1", 7001));
	settle(u, POLLIN);
	poll_one(u);
	QUIET(recv, u, buf, 8, 0);
	QUIET(connect, u, A("127.0.0.1", 7009));
	QUIET(send, u, "x", 1, 0);
	settle(u, POLLERR);
	poll_one(u);
	QUIET(socketpair, AF_UNIX, SOCK_STREAM, 0, up);
	poll_one(up[0]);
	QUIET(shutdown, up[1], SHUT_WR);
	poll_one(up[0]);
	QUIET(close_fd, up[1]);
	poll_one(up[0]);
	QUIET(pipe2, p, 0);
	poll_one(p[0]);
	poll_one(p[1]);
	QUIET(write, p[1], "x", 1);
	poll_one(p[0]);
	QUIET(close_fd, p[1]);
	poll_one(p[0]);
	QUIET(pipe2, p, 0);
	QUIET(close_fd, p[0]);
	poll_one(p[1]);
	poll_one(-1);
	poll_one(1 << 20);
	pfds[0] = (struct pollfd){ u, 0, 0 };
	pfds[1] = (struct pollfd){ -5, POLLIN, 7 };
	pfds[2] = (struct pollfd){ p[1], POLLOUT, 0 };
	CALL(poll, pfds, 3, 0);
	show_events(pfds[0].revents);
	show_events(pfds[1].revents);
	show_events(pfds[2].revents);
	CALL(poll, NULL, 0, 20);
	show_waited(20);
	CALL(ppoll, pfds, 2, &ts, NULL);
	ts.tv_nsec = 1000000000;
	CALL(ppoll, pfds, 1, &ts, NULL);
	ts.tv_nsec = 20000000;
	CALL(ppoll, NULL, 0, &ts, NULL);
	show_waited(20);
}

void subject_select(void)
{
	struct timeval tv = { 0, 20000 };
	fd_set in, out, except;
	int pair[2];

	tcp_pair(AF_INET, pair);
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_ZERO(&except);
	FD_SET(pair[0], &in);
	CALL(select, pair[0] + 1, &in, NULL, NULL, &tv);
	show(" in %d", !!FD_ISSET(pair[0], &in));
	show_waited(20);
	show(" left %d.%06d", (int)tv.tv_sec, (int)tv.tv_usec);
	FD_SET(pair[0], &in);
	FD_SET(pair[0], &out);
	CALL(select, pair[0] + 1, &in, &out, NULL, NULL);
	show(" in %d out %d", !!FD_ISSET(pair[0], &in), !!FD_ISSET(pair[0], &out));
	QUIET(send, pair[1], "oo", 2, MSG_OOB);
	settle(pair[0], POLLPRI);
	FD_SET(pair[0], &in);
	FD_SET(pair[0], &out);
	FD_SET(pair[0], &except);
	CALL(select, pair[0] + 1, &in, &out, &except, NULL);
	show(" in %d out %d except %d", !!FD_ISSET(pair[0], &in),
	     !!FD_ISSET(pair[0], &out), !!FD_ISSET(pair[0], &except));
	FD_ZERO(&in);
	FD_SET(pair[1] + 1, &in);
	tv = (struct timeval){ 0, 0 };
	CALL(select, pair[1] + 2, &in, NULL, NULL, &tv);
	CALL(select, -1, NULL, NULL, NULL, &tv);
	CALL(select, 0, NULL, NULL, NULL, &tv);
	tv = (struct timeval){ -1, 0 };
	CALL(select, 0, NULL, NULL, NULL, &tv);
}

static void wait_epoll(int e, int timeout)
{
	struct epoll_event ev[4];
	int n;

	n = CALL(epoll_wait, e, ev, 4, timeout);
	for (int i = 0; i < n; i++) {
		show(" %d:", (int)ev[i].data.u32);
		show_events(ev[i].events & 0xffff);
	}
}

void subject_epoll(void)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u32 = 1 };
	int e, f, g, s, up[2];
	char buf[8] = { 0 };

	e = FD(epoll_create1, EPOLL_CLOEXEC);
	CALL(fcntl, e, F_GETFD, 0);
	FD(epoll_create1, 1);
	QUIET(socketpair, AF_UNIX, SOCK_STREAM, 0, up);
	CALL(epoll_ctl, e, EPOLL_CTL_ADD, up[0], &ev);
	CALL(epoll_ctl, e, EPOLL_CTL_ADD, up[0], &ev);
	CALL(epoll_ctl, e, EPOLL_CTL_MOD, up[1], &ev);
	CALL(epoll_ctl, e, EPOLL_CTL_DEL, up[1], &ev);
	CALL(epoll_ctl, e, 9, up[1], &ev);
	CALL(epoll_ctl, e, EPOLL_CTL_ADD, e, &ev);
	CALL(epoll_ctl, up[0], EPOLL_CTL_ADD, e, &ev);
	CALL(epoll_wait, e, &ev, 0, 0);
	CALL(epoll_wait, e, &ev, -1, 0);
	wait_epoll(e, 0);
	QUIET(write, up[1], "ab", 2);
	/* Level triggered: as long as there is something */
	wait_epoll(e, -1);
	wait_epoll(e, 0);
	QUIET(read, up[0], buf, 8);
	wait_epoll(e, 0);
	/* Edge triggered: once for each arrival */
	ev = (struct epoll_event){ .events = EPOLLIN | EPOLLET, .data.u32 = 2 };
	CALL(epoll_ctl, e, EPOLL_CTL_MOD, up[0], &ev);
	QUIET(write, up[1], "ab", 2);
	wait_epoll(e, -1);
	wait_epoll(e, 0);
	QUIET(write, up[1], "cd", 2);
	wait_epoll(e, 0);
	wait_epoll(e, 0);
	/* One shot: then disabled until it is set anew */
	ev = (struct epoll_event){ .events = EPOLLIN | EPOLLONESHOT, .data.u32 = 3 };
	CALL(epoll_ctl, e, EPOLL_CTL_MOD, up[0], &ev);
	wait_epoll(e, 0);
	wait_epoll(e, 0);
	CALL(epoll_ctl, e, EPOLL_CTL_MOD, up[0], &ev);
	wait_epoll(e, 0);
	ev = (struct epoll_event){ .events = EPOLLIN | EPOLLOUT, .data.u32 = 4 };
	CALL(epoll_ctl, e, EPOLL_CTL_MOD, up[0], &ev);
	ev = (struct epoll_event){ .events = EPOLLOUT | EPOLLEXCLUSIVE, .data.u32 = 5 };
	CALL(epoll_ctl, e, EPOLL_CTL_ADD, up[1], &ev);
	CALL(epoll_ctl, e, EPOLL_CTL_MOD, up[1], &ev);
	wait_epoll(e, 0);
	/* An epoll in an epoll */
	f = FD(epoll_create1, 0);
	ev = (struct epoll_event){ .events = EPOLLIN, .data.u32 = 6 };
	CALL(epoll_ctl, f, EPOLL_CTL_ADD, e, &ev);
	wait_epoll(f, 0);
	CALL(epoll_ctl, e, EPOLL_CTL_ADD, f, &ev);
	/* A duplicate keeps what is watched alive */
	g = FD(dup, up[0]);
	CALL(close_fd, up[1]);
	CALL(close_fd, up[0]);
	wait_epoll(e, 0);
	CALL(close_fd, g);
	wait_epoll(e, 0);
	s = QUIET(socket, AF_INET, SOCK_STREAM, 0);
	ev = (struct epoll_event){ .events = EPOLLIN | EPOLLOUT, .data.u32 = 7 };
	CALL(epoll_ctl, e, EPOLL_CTL_ADD, s, &ev);
	wait_epoll(e, 0);
	CALL(epoll_ctl, e, EPOLL_CTL_DEL, s, NULL);
	wait_epoll(e, 20);
	show_waited(20);
	CALL(epoll_pwait, e, &ev, 1, 0, NULL);
	s = QUIET(open_file, "/proc/self/ns/net", O_RDONLY, 0);
	CALL(epoll_ctl, e, EPOLL_CTL_ADD, s, &ev);
}

void subject_event(void)
{
	struct itimerspec its = { .it_value = { 0, 20000000 } }, old;
	uint64_t value = 3;
	int e, t, p[2];
	char buf[16] = { 0 };

	e = FD(eventfd, 5, EFD_NONBLOCK);
	CALL(read, e, &value, 8);
	show(" %d", (int)value);
	CALL(read, e, &value, 8);
	CALL(read, e, &value, 4);
	value = 7;
	CALL(write, e, &value, 8);
	CALL(write, e, &value, 8);
	CALL(read, e, &value, 8);
	show(" %d", (int)value);
	value = -1;
	CALL(write, e, &value, 8);
	value = -2;
	CALL(write, e, &value, 8);
	value = 1;
	CALL(write, e, &value, 8);
	poll_one(e);
	e = FD(eventfd, 2, EFD_SEMAPHORE | EFD_CLOEXEC);
	CALL(read, e, &value, 8);
	show(" %d", (int)value);
	CALL(fcntl, e, F_GETFD, 0);
	FD(eventfd, 0, 0x1000000);
	CALL(lseek, e, 0, SEEK_SET);

	t = FD(timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK);
	FD(timerfd_create, 99, 0);
	FD(timerfd_create, CLOCK_MONOTONIC, 1);
	CALL(read, t, &value, 8);
	CALL(timerfd_settime, t, 0, &its, NULL);
	CALL(timerfd_settime, t, 8, &its, NULL);
	settle(t, POLLIN);
	CALL(read, t, &value, 8);
	show(" %d", (int)value);
	CALL(timerfd_gettime, t, &old);
	show(" %d", (int)old.it_value.tv_nsec);
	its.it_value.tv_sec = 1000;
	its.it_interval.tv_sec = 3;
	CALL(timerfd_settime, t, 0, &its, &old);
	CALL(timerfd_gettime, t, &old);
	show(" every %d", (int)old.it_interval.tv_sec);
	its.it_value.tv_nsec = 1000000000;
	CALL(timerfd_settime, t, 0, &its, NULL);
	/* In the past, absolute: due at once */
	its = (struct itimerspec){ .it_value = { 0, 1 } };
	CALL(timerfd_settime, t, TFD_TIMER_ABSTIME, &its, NULL);
	settle(t, POLLIN);
	poll_one(t);
	CALL(write, t, &value, 8);
	CALL(timerfd_gettime, e, &old);

	CALL(pipe2, p, O_NONBLOCK | O_CLOEXEC);
	show(" f%d f%d", fd_symbol(p[0]), fd_symbol(p[1]));
	CALL(fcntl, p[0], F_GETFL, 0);
	CALL(fcntl, p[1], F_GETFL, 0);
	CALL(read, p[0], buf, 8);
	CALL(write, p[1], "abc", 3);
	CALL(read, p[0], buf, 2);
	CALL(read, p[0], buf, 8);
	CALL(read, p[1], buf, 8);
	CALL(write, p[0], "abc", 3);
	CALL(close_fd, p[0]);
	CALL(write, p[1], "abc", 3);
	CALL(pipe2, p, 0x40000000);
}
