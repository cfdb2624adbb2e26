// SPDX-License-Identifier: GPL-2.0
/*
 * calls.c - every other call of the interface, once with success and errors where the
 * interface could get them wrong
 */
#include "driver.h"

#include <sys/ioctl.h>
#include <linux/sockios.h>

static void udp(void **state)
{
	enum driver_mode mode = (enum driver_mode)(uintptr_t)*state;
	struct sockaddr_storage ss, remote;
	socklen_t len, remote_len;
	struct segment s;
	struct driver d;
	char buf[100];
	int fd, n;

	driver_begin(&d, mode, NULL);
	fd = CALL(&d, socket, driver_domain(&d), SOCK_DGRAM, IPPROTO_UDP);
	len = driver_local(&d, &ss);
	assert_int_equal(CALL(&d, bind, fd, (struct sockaddr *)&ss, len), 0);
	assert_int_equal(CALL(&d, recv, fd, buf, sizeof(buf), MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	driver_at(&d, 10 * MS);
	driver_udp(&d, "question", 8);
	assert_int_equal(CALL(&d, ioctl, fd, SIOCINQ, &n), 0);
	assert_int_equal(n, 8);
	len = sizeof(ss);
	assert_int_equal(CALL(&d, recvfrom, fd, buf, sizeof(buf), 0, (struct sockaddr *)&ss,
			      &len), 8);
	assert_memory_equal(buf, "question", 8);
	remote_len = driver_remote(&d, &remote);
	assert_int_equal(len, remote_len);
	assert_memory_equal(&ss, &remote, len);
	assert_int_equal(CALL(&d, sendto, fd, "answer", 6, 0, (struct sockaddr *)&ss, len), 6);
	assert_true(driver_next(&d, &s));
	assert_int_equal(s.at, 10 * MS);
	assert_int_equal(s.protocol, IPPROTO_UDP);
	assert_int_equal(s.source_port, d.local_port);
	assert_int_equal(s.port, d.remote_port);
	assert_int_equal(s.len, 6);
	assert_memory_equal(s.data, "answer", 6);
	driver_end(&d);
}

/* Two descriptors of one connection would do; the script has only its own side. */
static int connection(struct driver *d)
{
	int listener, fd;

	driver_begin(d, DRIVER_V4, NULL);
	listener = driver_listen(d);
	fd = driver_accepted(d, listener);
	must(!CALL(d, close, listener));
	return fd;
}

static void vectors_and_messages(void **state)
{
	char a[3], b[100];
	struct iovec iov[] = { { a, 3 }, { b, sizeof(b) } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	struct iovec out[] = { { "abc", 3 }, { "defgh", 5 } };
	struct msghdr out_msg = { .msg_iov = out, .msg_iovlen = 2 };
	struct segment s;
	struct driver d;
	int fd = connection(&d);

	(void)state;
	driver_at(&d, 10 * MS);
	driver_tcp(&d, "P.", 1, 30, 1, 257, NULL, 0);
	driver_expect(&d, 10 * MS, ".", 1, 0, 31);
	assert_int_equal(CALL(&d, recvmsg, fd, &msg, MSG_PEEK), 30);
	iov[1].iov_len = 7;
	assert_int_equal(CALL(&d, readv, fd, iov, 2), 10);
	assert_int_equal(CALL(&d, recv, fd, b, sizeof(b), MSG_PEEK), 20);
	assert_int_equal(CALL(&d, read, fd, b, sizeof(b)), 20);

	driver_at(&d, 20 * MS);
	assert_int_equal(CALL(&d, writev, fd, out, 2), 8);
	driver_expect_segment(&d, &s, 20 * MS, "P.", 1, 8, 31);
	assert_memory_equal(s.data, "abcdefgh", 8);
	driver_at(&d, 30 * MS);
	driver_tcp(&d, ".", 31, 0, 9, 257, NULL, 0);
	assert_int_equal(CALL(&d, sendmsg, fd, &out_msg, 0), 8);
	driver_expect_segment(&d, &s, 30 * MS, "P.", 9, 8, 31);
	assert_memory_equal(s.data, "abcdefgh", 8);
	driver_tcp(&d, ".", 31, 0, 17, 257, NULL, 0);
	driver_at(&d, 40 * MS);
	assert_int_equal(CALL(&d, send, fd, "x", 1, MSG_MORE), 1);
	assert_int_equal(CALL(&d, write, fd, "y", 1), 1);
	driver_expect_segment(&d, &s, 40 * MS, "P.", 17, 2, 31);
	assert_memory_equal(s.data, "xy", 2);
	driver_end(&d);
}

static void shutdown_and_errors(void **state)
{
	struct driver d;
	int fd = connection(&d);
	char c;

	(void)state;
	driver_at(&d, 10 * MS);
	assert_int_equal(CALL(&d, shutdown, fd, SHUT_WR), 0);
	driver_expect(&d, 10 * MS, "F.", 1, 0, 1);
	assert_int_equal(CALL(&d, send, fd, "x", 1, MSG_NOSIGNAL), -1);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(CALL(&d, close, fd), 0);
	assert_int_equal(CALL(&d, close, fd), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(CALL(&d, read, fd, &c, 1), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(CALL(&d, setsockopt, fd, SOL_SOCKET, SO_SNDBUF, NULL, 0), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(CALL(&d, socket, AF_INET, SOCK_STREAM, IPPROTO_UDP), -1);
	assert_int_equal(errno, EPROTONOSUPPORT);
	driver_end(&d);
}

/* The argument is a number, a pointer, or missing. */
static void fcntl_and_ioctl(void **state)
{
	struct f_owner_ex owner = { F_OWNER_PID, 0 };
	struct driver d;
	int fd = connection(&d), on = 1, n;

	(void)state;
	assert_int_equal(CALL(&d, fcntl, fd, F_GETFL), O_RDWR);
	assert_int_equal(CALL(&d, fcntl, fd, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(CALL(&d, fcntl, fd, F_GETFL), O_RDWR | O_NONBLOCK);
	assert_int_equal(CALL(&d, fcntl, fd, F_SETOWN_EX, &owner), 0);
	owner.type = F_OWNER_TID;
	assert_int_equal(CALL(&d, fcntl, fd, F_GETOWN_EX, &owner), 0);
	/* Nobody was said. */
	assert_int_equal(owner.pid, 0);
	assert_int_equal(CALL(&d, fcntl, fd, 12345), -1);
	assert_int_equal(errno, EINVAL);
	on = 0;
	assert_int_equal(CALL(&d, ioctl, fd, FIONBIO, &on), 0);
	assert_int_equal(CALL(&d, fcntl, fd, F_GETFL), O_RDWR);
	driver_tcp(&d, "P.", 1, 5, 1, 257, NULL, 0);
	assert_int_equal(CALL(&d, ioctl, fd, SIOCINQ, &n), 0);
	assert_int_equal(n, 5);
	assert_int_equal(CALL(&d, send, fd, "12345678", 8, 0), 8);
	assert_int_equal(CALL(&d, ioctl, fd, SIOCOUTQ, &n), 0);
	assert_int_equal(n, 8);
	assert_int_equal(CALL(&d, ioctl, fd, SIOCOUTQNSD, &n), 0);
	assert_int_equal(n, 0);
	driver_end(&d);
}

static void poll_and_epoll(void **state)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u64 = 0x123456789a };
	struct pollfd p = { .events = POLLIN | POLLOUT };
	struct driver d;
	int fd = connection(&d), epfd;

	(void)state;
	p.fd = fd;
	assert_int_equal(CALL(&d, poll, &p, 1, 0), 1);
	assert_int_equal(p.revents, POLLOUT);
	assert_int_equal(CALL(&d, epoll_create, 0), -1);
	assert_int_equal(errno, EINVAL);
	epfd = CALL(&d, epoll_create, 1);
	assert_true(epfd >= 0);
	assert_int_equal(CALL(&d, epoll_ctl, epfd, EPOLL_CTL_ADD, fd, &event), 0);
	assert_int_equal(CALL(&d, epoll_wait, epfd, &event, 1, 0), 0);
	driver_tcp(&d, "P.", 1, 5, 1, 257, NULL, 0);
	assert_int_equal(CALL(&d, poll, &p, 1, -1), 1);
	assert_int_equal(p.revents, POLLIN | POLLOUT);
	memset(&event, 0, sizeof(event));
	assert_int_equal(CALL(&d, epoll_wait, epfd, &event, 1, -1), 1);
	assert_int_equal(event.events, EPOLLIN);
	assert_int_equal(event.data.u64, 0x123456789a);
	assert_int_equal(CALL(&d, epoll_wait, epfd, &event, 1, 0), 0);
	assert_int_equal(CALL(&d, epoll_ctl, epfd, EPOLL_CTL_DEL, fd, NULL), 0);
	assert_int_equal(CALL(&d, epoll_ctl, epfd, EPOLL_CTL_DEL, fd, NULL), -1);
	assert_int_equal(errno, ENOENT);
	driver_end(&d);
}

/* packetdrill hands addresses of zeros over where the script has NULL. */
static void pipe_and_splice(void **state)
{
	loff_t zero[2] = { 0, 0 }, one = 1;
	struct segment s;
	struct driver d;
	int fd = connection(&d), fds[2];
	char buf[10];

	(void)state;
	assert_int_equal(CALL(&d, pipe, fds), 0);
	driver_at(&d, 10 * MS);
	assert_int_equal(CALL(&d, write, fds[1], "through", 7), 7);
	assert_int_equal(CALL(&d, splice, fds[0], &zero[0], fd, &zero[1], 100, 0), 7);
	driver_expect_segment(&d, &s, 10 * MS, "P.", 1, 7, 1);
	assert_memory_equal(s.data, "through", 7);
	driver_at(&d, 20 * MS);
	driver_tcp(&d, "P.", 1, 4, 8, 257, NULL, 0);
	assert_int_equal(CALL(&d, splice, fd, NULL, fds[1], NULL, 100, 0), 4);
	assert_int_equal(CALL(&d, read, fds[0], buf, sizeof(buf)), 4);
	/* splice(2): one side cannot seek (a socket), the other has no place at all. */
	assert_int_equal(CALL(&d, splice, fd, &one, fds[1], NULL, 100, 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(CALL(&d, splice, fd, NULL, fds[1], &one, 100, 0), -1);
	assert_int_equal(errno, ESPIPE);
	driver_end(&d);
}

static void options(void **state)
{
	struct driver d;
	int fd = connection(&d), value = 1;
	socklen_t len = sizeof(value);
	char name[16] = "";

	(void)state;
	assert_int_equal(CALL(&d, setsockopt, fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4), 0);
	len = sizeof(name);
	assert_int_equal(CALL(&d, getsockopt, fd, IPPROTO_TCP, TCP_CONGESTION, name, &len), 0);
	assert_string_equal(name, "reno");
	len = sizeof(value);
	assert_int_equal(CALL(&d, getsockopt, fd, SOL_SOCKET, SO_TYPE, &value, &len), 0);
	assert_int_equal(value, SOCK_STREAM);
	assert_int_equal(CALL(&d, setsockopt, fd, SOL_SOCKET, SO_BINDTODEVICE, "tun0", 5), 0);
	driver_end(&d);
}

/* A packet that is none */
static void bad_packets(void **state)
{
	struct driver d;
	uint8_t packet[100] = { 0x10 };

	(void)state;
	driver_begin(&d, DRIVER_V4, NULL);
	assert_int_equal(CALL(&d, netdev_send, packet, sizeof(packet)), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(CALL(&d, netdev_send, packet, 0), -1);
	driver_end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "udp_v4", udp, NULL, NULL, (void *)DRIVER_V4 },
		{ "udp_v6", udp, NULL, NULL, (void *)DRIVER_V6 },
		{ "udp_mapped", udp, NULL, NULL, (void *)DRIVER_MAPPED },
		cmocka_unit_test(vectors_and_messages),
		cmocka_unit_test(shutdown_and_errors),
		cmocka_unit_test(fcntl_and_ioctl),
		cmocka_unit_test(poll_and_epoll),
		cmocka_unit_test(pipe_and_splice),
		cmocka_unit_test(options),
		cmocka_unit_test(bad_packets),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("calls", tests, NULL, NULL);
}
