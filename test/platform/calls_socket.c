// SPDX-License-Identifier: GPL-2.0
/*
 * calls_socket.c - making sockets; bad descriptors, bad pointers; dup, fcntl, ioctl
 */
#include "calls.h"

#include <linux/netlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/tcp.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static void close_quietly(int from, int to)
{
	for (int fd = from; fd <= to; fd++)
		QUIET(close_fd, fd);
}

void subject_socket(void)
{
	int s, p[2] = { -7, -7 };

	s = FD(socket, AF_INET, SOCK_STREAM, 0);
	GET(s, SOL_SOCKET, SO_DOMAIN);
	GET(s, SOL_SOCKET, SO_TYPE);
	GET(s, SOL_SOCKET, SO_PROTOCOL);
	GET(s, SOL_SOCKET, SO_ACCEPTCONN);
	GET(s, SOL_SOCKET, SO_ERROR);
	CALL(fcntl, s, F_GETFL, 0);
	CALL(fcntl, s, F_GETFD, 0);
	CALL(close_fd, s);
	CALL(close_fd, s);
	s = FD(socket, AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	CALL(fcntl, s, F_GETFL, 0);
	CALL(fcntl, s, F_GETFD, 0);
	CALL(close_fd, s);
	s = FD(socket, AF_INET6, SOCK_DGRAM, IPPROTO_UDP);
	GET(s, SOL_SOCKET, SO_DOMAIN);
	GET(s, SOL_SOCKET, SO_TYPE);
	GET(s, SOL_SOCKET, SO_PROTOCOL);
	CALL(close_fd, s);
	/* Lowest number first */
	s = FD(socket, AF_INET, SOCK_DGRAM, 0);
	FD(socket, AF_INET6, SOCK_STREAM, 0);
	FD(socket, AF_UNIX, SOCK_SEQPACKET, 0);
	CALL(close_fd, s + 1);
	FD(socket, AF_UNIX, SOCK_DGRAM, 0);
	close_quietly(s, s + 2);

	FD(socket, -1, SOCK_STREAM, 0);
	FD(socket, 0, SOCK_STREAM, 0);
	FD(socket, 99, SOCK_STREAM, 0);
	FD(socket, AF_INET, 0, 0);
	FD(socket, AF_INET, -1, 0);
	FD(socket, AF_INET, 11, 0);
	FD(socket, AF_INET, SOCK_STREAM | 0x40000000, 0);
	FD(socket, AF_INET, SOCK_STREAM, IPPROTO_UDP);
	FD(socket, AF_INET, SOCK_DGRAM, IPPROTO_TCP);
	FD(socket, AF_INET, SOCK_STREAM, 250);
	FD(socket, AF_INET, SOCK_STREAM, -1);
	FD(socket, AF_INET, SOCK_STREAM, 1 << 20);
	FD(socket, AF_INET, SOCK_RAW, 0);
	FD(socket, AF_INET, SOCK_RAW, 256);
	FD(socket, AF_INET, SOCK_RDM, IPPROTO_TCP);
	FD(socket, AF_INET, SOCK_PACKET, 0);
	FD(socket, AF_INET6, SOCK_STREAM, IPPROTO_UDP);
	FD(socket, AF_INET6, SOCK_RAW, 0);
	FD(socket, AF_UNIX, SOCK_STREAM, 2);
	FD(socket, AF_UNIX, SOCK_RDM, 0);
	s = FD(socket, AF_UNIX, SOCK_STREAM, AF_UNIX);
	CALL(close_fd, s);
	/* unix(7): a raw one is a datagram one */
	s = FD(socket, AF_UNIX, SOCK_RAW, 0);
	GET(s, SOL_SOCKET, SO_TYPE);
	CALL(close_fd, s);
	FD(socket, AF_NETLINK, SOCK_STREAM, 0);
	FD(socket, AF_NETLINK, SOCK_RAW, 40);
	FD(socket, AF_NETLINK, SOCK_RAW, -1);
	FD(socket, AF_INET, SOCK_DGRAM, IPPROTO_MPTCP);

	CALL(socketpair, AF_INET, SOCK_STREAM, 0, p);
	CALL(socketpair, AF_UNIX, SOCK_STREAM, 2, p);
	CALL(socketpair, AF_UNIX, 9, 0, p);
	show(" left f%d f%d", fd_symbol(p[0]), fd_symbol(p[1]));
	CALL(socketpair, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, p);
	show(" f%d f%d", fd_symbol(p[0]), fd_symbol(p[1]));
	CALL(fcntl, p[0], F_GETFL, 0);
	CALL(fcntl, p[1], F_GETFD, 0);
	close_quietly(p[0], p[1]);
}

static void every_call_on(int fd)
{
	struct epoll_event ev = { .events = EPOLLIN };
	struct mmsghdr mm = { .msg_len = 0 };
	struct timespec none = { 0, 0 };
	char c[4] = "";
	struct iovec iov = { c, 1 };
	int e, p[2];

	CALL(bind, fd, A("127.0.0.1", 7001));
	CALL(listen, fd, 1);
	CALL(accept, fd, NULL, NULL);
	CALL(accept4, fd, NULL, NULL, SOCK_NONBLOCK);
	CALL(accept4, fd, NULL, NULL, 1);
	CALL(connect, fd, A("127.0.0.1", 7001));
	CALL(getsockname, fd, NAME);
	CALL(getpeername, fd, NAME);
	GET(fd, SOL_SOCKET, SO_TYPE);
	SET(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	CALL(shutdown, fd, SHUT_RDWR);
	CALL(send, fd, c, 1, 0);
	CALL(recv, fd, c, 1, MSG_DONTWAIT);
	CALL(sendto, fd, c, 1, 0, A("127.0.0.1", 7001));
	CALL(recvfrom, fd, c, 1, MSG_DONTWAIT, NAME);
	CALL(sendmsg, fd, message(c, 1), 0);
	CALL(recvmsg, fd, message(c, 1), MSG_DONTWAIT);
	CALL(sendmmsg, fd, &mm, 1, 0);
	CALL(recvmmsg, fd, &mm, 1, MSG_DONTWAIT, &none);
	CALL(read, fd, c, 0);
	CALL(writev, fd, &iov, 0);
	CALL(ioctl, fd, SIOCGSTAMP_OLD, c);
	CALL(lseek, fd, 0, SEEK_SET);
	CALL(pread, fd, c, 1, 0);
	CALL(pwrite, fd, c, 1, 0);
	CALL(dup3, fd, fd, 0);
	CALL(setns, fd, 0);
	CALL(sendfile, fd, fd, NULL, 1);
	CALL(splice, fd, NULL, fd, NULL, 1, 0);
	CALL(tee, fd, fd, 1, 0);
	CALL(timerfd_gettime, fd, (struct itimerspec *)c);
	e = QUIET(epoll_create1, 0);
	CALL(epoll_ctl, e, EPOLL_CTL_MOD, fd, &ev);
	CALL(epoll_ctl, e, EPOLL_CTL_DEL, fd, &ev);
	CALL(epoll_ctl, fd, EPOLL_CTL_ADD, e, &ev);
	QUIET(close_fd, e);
	CALL(epoll_wait, fd, &ev, 1, 0);
	QUIET(pipe2, p, 0);
	CALL(splice, p[0], NULL, fd, NULL, 0, 0);
	close_quietly(p[0], p[1]);
}

void subject_badfd(void)
{
	int p[2];

	every_call_on(-1);
	CALL(close_fd, -1);
	CALL(dup, -1);
	CALL(fcntl, -1, F_GETFL, 0);
	every_call_on(1 << 30);
	QUIET(pipe2, p, O_NONBLOCK);
	every_call_on(p[0]);
}

void subject_fault(void)
{
	struct itimerspec *its = (void *)hole;
	char two[8] = "ab";
	struct iovec iov[2] = { { two, 2 }, { NULL, 0 } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	struct mmsghdr mm[2] = { 0 };
	socklen_t minus = -1, len = 4;
	struct pollfd pfd = { 0 };
	int u, t, l, pair[2], up[2], e, v, p[2];

	u = QUIET(socket, AF_INET, SOCK_DGRAM, 0);
	t = QUIET(socket, AF_INET, SOCK_STREAM, 0);
	CALL(bind, u, LOW, 16);
	CALL(bind, u, NULL, 16);
	CALL(bind, u, (void *)hole, 16);
	CALL(bind, u, (void *)(hole - 8), 16);
	CALL(bind, u, NOWHERE, 16);
	CALL(bind, u, KERNEL, 16);
	CALL(bind, u, NULL, 0);
	CALL(bind, u, LOW, -1);
	CALL(bind, u, LOW, 129);
	CALL(connect, t, LOW, 16);
	CALL(connect, t, NOWHERE, 16);
	CALL(connect, t, (void *)(hole - 1), 16);
	CALL(getsockname, u, LOW, &len);
	CALL(getsockname, u, (void *)&name, LOW);
	CALL(getsockname, u, (void *)&name, NULL);
	CALL(getsockname, u, (void *)&name, NOWHERE);
	CALL(getsockname, u, (void *)&name, &minus);
	CALL(getsockname, u, (void *)readonly, &len);
	CALL(getsockopt, u, SOL_SOCKET, SO_TYPE, LOW, &len);
	CALL(getsockopt, u, SOL_SOCKET, SO_TYPE, &v, LOW);
	CALL(getsockopt, u, SOL_SOCKET, SO_TYPE, NOWHERE, &len);
	CALL(getsockopt, u, SOL_SOCKET, SO_TYPE, readonly, &len);
	CALL(getsockopt, u, SOL_SOCKET, SO_TYPE, &v, &minus);
	CALL(setsockopt, u, SOL_SOCKET, SO_REUSEADDR, LOW, 4);
	CALL(setsockopt, u, SOL_SOCKET, SO_REUSEADDR, NULL, 4);
	CALL(setsockopt, u, SOL_SOCKET, SO_REUSEADDR, hole, 4);
	CALL(setsockopt, u, SOL_SOCKET, SO_REUSEADDR, hole - 2, 4);
	CALL(setsockopt, u, SOL_SOCKET, SO_REUSEADDR, NOWHERE, 4);
	CALL(setsockopt, u, SOL_SOCKET, SO_REUSEADDR, &v, -1);
	CALL(setsockopt, u, SOL_SOCKET, SO_REUSEADDR, &v, 3);
	CALL(setsockopt, t, IPPROTO_TCP, TCP_NODELAY, LOW, 4);
	CALL(setsockopt, t, IPPROTO_TCP, TCP_CONGESTION, hole, 4);
	CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, LOW);
	CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, (int *)readonly);
	CALL(pipe2, LOW, 0);
	CALL(pipe2, NOWHERE, 0);
	/* None of those kept a descriptor */
	FD(dup, u);

	CALL(sendto, u, LOW, 2, 0, A("127.0.0.1", 7001));
	CALL(sendto, u, hole - 1, 2, 0, A("127.0.0.1", 7001));
	CALL(sendto, u, NOWHERE, 2, 0, A("127.0.0.1", 7001));
	CALL(sendto, u, KERNEL, 2, 0, A("127.0.0.1", 7001));
	CALL(sendto, u, NULL, 0, 0, A("127.0.0.1", 7001));
	CALL(sendto, u, two, 2, 0, LOW, 16);
	CALL(sendmsg, u, LOW, 0);
	CALL(sendmsg, u, (struct msghdr *)hole, 0);
	CALL(sendmsg, u, NOWHERE, 0);
	CALL(sendmsg, u, &msg, 0);
	QUIET(connect, u, A("127.0.0.1", 7002));
	iov[0].iov_base = LOW;
	CALL(sendmsg, u, &msg, 0);
	CALL(writev, u, iov, 2);
	CALL(writev, u, LOW, 2);
	CALL(writev, u, iov, -1);
	CALL(writev, u, iov, 1025);
	iov[0].iov_base = two;
	iov[0].iov_len = -1;
	CALL(writev, u, iov, 2);
	iov[0].iov_len = 2;
	msg.msg_iov = LOW;
	CALL(sendmsg, u, &msg, 0);
	msg.msg_iovlen = 1025;
	CALL(sendmsg, u, &msg, 0);
	msg.msg_iov = iov;
	msg.msg_iovlen = 1;
	msg.msg_control = LOW;
	msg.msg_controllen = 24;
	CALL(sendmsg, u, &msg, 0);
	msg.msg_control = NULL;
	msg.msg_controllen = 0;
	msg.msg_name = LOW;
	msg.msg_namelen = 16;
	CALL(sendmsg, u, &msg, 0);
	CALL(sendmmsg, u, LOW, 1, 0);
	mm[0].msg_hdr = *message(two, 2);
	mm[1].msg_hdr = *message(LOW, 2);
	CALL(sendmmsg, u, mm, 2, 0);
	QUIET(close_fd, u);

	u = QUIET(socket, AF_INET, SOCK_DGRAM, 0);
	QUIET(bind, u, A("127.0.0.1", 7003));
	QUIET(sendto, u, "12345678", 8, 0, A("127.0.0.1", 7003));
	QUIET(sendto, u, "abcdefgh", 8, 0, A("127.0.0.1", 7003));
	settle(u, POLLIN);
	CALL(recvfrom, u, two, 8, MSG_PEEK, LOW, &len);
	CALL(recvfrom, u, two, 8, MSG_PEEK, (void *)&name, LOW);
	CALL(recv, u, NOWHERE, 8, MSG_DONTWAIT);
	/* Whether a datagram that met a fault is lost */
	CALL(recv, u, two, 8, MSG_DONTWAIT);
	show_data(two, 8);
	CALL(recv, u, readonly, 8, MSG_DONTWAIT);
	CALL(recvmsg, u, LOW, MSG_DONTWAIT);
	CALL(recvmmsg, u, LOW, 1, MSG_DONTWAIT, NULL);
	CALL(recvmmsg, u, mm, 1, MSG_DONTWAIT, LOW);

	tcp_pair(AF_INET, pair);
	CALL(send, pair[0], hole - 3, 8, 0);
	CALL(send, pair[0], LOW, 8, 0);
	QUIET(send, pair[0], "0123456789", 10, 0);
	settle(pair[1], POLLIN);
	CALL(recv, pair[1], LOW, 4, MSG_DONTWAIT);
	CALL(recv, pair[1], hole - 2, 8, MSG_DONTWAIT);
	CALL(recv, pair[1], two, 8, MSG_DONTWAIT);
	CALL(ioctl, pair[1], FIONREAD, LOW);
	CALL(ioctl, pair[1], SIOCGIFFLAGS, LOW);
	CALL(ioctl, pair[1], SIOCGIFCONF, NOWHERE);

	QUIET(socketpair, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, up);
	CALL(write, up[0], LOW, 4);
	CALL(write, up[0], hole - 2, 4);
	CALL(read, up[1], two, 8);
	CALL(write, up[0], KERNEL, 4);
	QUIET(write, up[0], "xyz", 3);
	CALL(read, up[1], readonly, 3);
	CALL(read, up[1], two, 3);
	QUIET(pipe2, p, O_NONBLOCK);
	CALL(write, p[1], LOW, 4);
	QUIET(write, p[1], "xyz", 3);
	CALL(read, p[0], LOW, 4);
	CALL(read, p[0], two, 4);

	CALL(poll, LOW, 1, 0);
	CALL(poll, NOWHERE, 1, 0);
	CALL(poll, (struct pollfd *)readonly, 1, 0);
	CALL(poll, NULL, 0, 0);
	CALL(poll, &pfd, 1 << 30, 0);
	e = QUIET(epoll_create1, 0);
	CALL(epoll_ctl, e, EPOLL_CTL_ADD, u, LOW);
	CALL(epoll_ctl, e, EPOLL_CTL_ADD, u, NULL);
	QUIET(epoll_ctl, e, EPOLL_CTL_ADD, u, &(struct epoll_event){ .events = EPOLLOUT });
	CALL(epoll_wait, e, LOW, 1, 0);
	CALL(epoll_wait, e, NOWHERE, 1, 0);
	CALL(timerfd_settime, e, 0, its, NULL);
	CALL(open_file, LOW, O_RDONLY, 0);
	CALL(open_file, NOWHERE, O_RDONLY, 0);
	CALL(nanosleep, LOW, NULL);
	CALL(clock_gettime, CLOCK_MONOTONIC, LOW);
	CALL(getrandom, LOW, 8, 0);

	/* A connection whose address has nowhere to go is accepted and lost */
	l = QUIET(socket, AF_INET, SOCK_STREAM, 0);
	QUIET(bind, l, A("127.0.0.1", 7004));
	QUIET(listen, l, 4);
	QUIET(connect, t, A("127.0.0.1", 7004));
	settle(l, POLLIN);
	QUIET(fcntl, l, F_SETFL, O_NONBLOCK);
	CALL(accept, l, LOW, &len);
	CALL(accept, l, (void *)&name, &len);
	settle(t, POLLIN);
	CALL(recv, t, two, 1, MSG_DONTWAIT);
}

void subject_descriptor(void)
{
	int s, d, high, p[2];

	s = QUIET(socket, AF_INET, SOCK_STREAM, 0);
	d = FD(dup, s);
	SET(s, SOL_SOCKET, SO_KEEPALIVE, 1);
	GET(d, SOL_SOCKET, SO_KEEPALIVE);
	CALL(fcntl, s, F_SETFL, O_NONBLOCK);
	CALL(fcntl, d, F_GETFL, 0);
	CALL(fcntl, s, F_SETFD, FD_CLOEXEC);
	CALL(fcntl, s, F_GETFD, 0);
	CALL(fcntl, d, F_GETFD, 0);
	CALL(close_fd, s);
	GET(d, SOL_SOCKET, SO_KEEPALIVE);
	s = FD(dup, d);
	FD(dup2, s, s);
	CALL(dup2, s, 40);
	FD(dup2, s, -1);
	FD(dup2, s, 1 << 30);
	CALL(dup3, s, 41, O_CLOEXEC);
	CALL(fcntl, 41, F_GETFD, 0);
	FD(dup3, s, s, 0);
	FD(dup3, s, 42, 1);
	FD(dup2, -1, 43);
	FD(dup2, 60, 40);
	high = CALL(fcntl, s, F_DUPFD, 50);
	CALL(fcntl, high, F_GETFD, 0);
	high = CALL(fcntl, s, F_DUPFD_CLOEXEC, 50);
	CALL(fcntl, high, F_GETFD, 0);
	CALL(fcntl, s, F_DUPFD, -1);
	CALL(fcntl, s, F_DUPFD, 1 << 30);
	CALL(fcntl, s, 9999, 0);
	CALL(fcntl, s, F_SETFL, O_APPEND);
	CALL(fcntl, s, F_GETFL, 0);
	CALL(fcntl, s, F_SETFL, 0);
	CALL(fcntl, s, F_GETPIPE_SZ, 0);
	CALL(fcntl, s, F_SETOWN, 0);
	CALL(fcntl, s, F_GETOWN, 0);
	/* A description lives as long as its last descriptor */
	QUIET(pipe2, p, O_NONBLOCK);
	d = FD(dup, p[1]);
	CALL(close_fd, p[1]);
	CALL(read, p[0], &s, 1);
	CALL(write, d, "x", 1);
	CALL(close_fd, d);
	CALL(read, p[0], &s, 1);
	CALL(read, p[0], &s, 1);
	/* What dup2 lands on is closed */
	QUIET(pipe2, p, O_NONBLOCK);
	FD(dup2, p[0], p[1]);
	CALL(read, p[0], &s, 1);
}

static void ask_interface(int s, const char *ifname)
{
	struct ifreq ifr = { .ifr_ifindex = 0 };

	memcpy(ifr.ifr_name, ifname, strlen(ifname));
	CALL(ioctl, s, SIOCGIFINDEX, &ifr);
	CALL(ioctl, s, SIOCGIFFLAGS, &ifr);
	if (!err)
		show(" %#x", ifr.ifr_flags);
	CALL(ioctl, s, SIOCGIFMTU, &ifr);
	if (!err)
		show(" %d", ifr.ifr_mtu);
	CALL(ioctl, s, SIOCGIFHWADDR, &ifr);
	if (!err)
		show(" type %d", ifr.ifr_hwaddr.sa_family);
	CALL(ioctl, s, SIOCGIFADDR, &ifr);
	if (!err)
		show_data(&ifr.ifr_addr.sa_data[2], 4);
	CALL(ioctl, s, SIOCGIFNETMASK, &ifr);
	if (!err)
		show_data(&ifr.ifr_addr.sa_data[2], 4);
	CALL(ioctl, s, SIOCGIFBRDADDR, &ifr);
	CALL(ioctl, s, SIOCGIFTXQLEN, &ifr);
	if (!err)
		show(" %d", ifr.ifr_qlen);
	CALL(ioctl, s, SIOCGIFMETRIC, &ifr);
}

void subject_ioctl(void)
{
	struct ifreq room[8], ifr = { .ifr_name = "lo" };
	struct ifconf conf = { .ifc_len = sizeof(room), .ifc_req = room };
	struct timeval tv;
	int s, n = -1, pair[2];

	s = QUIET(socket, AF_INET, SOCK_DGRAM, 0);
	ask_interface(s, "lo");
	ask_interface(s, "none0");
	ask_interface(s, "");
	CALL(ioctl, s, SIOCGIFCONF, &conf);
	show(" %d '%s'", conf.ifc_len / (int)sizeof(ifr), room[0].ifr_name);
	conf.ifc_req = NULL;
	CALL(ioctl, s, SIOCGIFCONF, &conf);
	show(" needs %d", conf.ifc_len / (int)sizeof(ifr));
	conf = (struct ifconf){ .ifc_len = 3, .ifc_req = room };
	CALL(ioctl, s, SIOCGIFCONF, &conf);
	show(" %d", conf.ifc_len);
	conf = (struct ifconf){ .ifc_len = -1, .ifc_req = room };
	CALL(ioctl, s, SIOCGIFCONF, &conf);
	ifr.ifr_ifindex = 1;
	CALL(ioctl, s, SIOCGIFNAME, &ifr);
	show(" '%s'", ifr.ifr_name);
	ifr.ifr_ifindex = 999;
	CALL(ioctl, s, SIOCGIFNAME, &ifr);
	ifr = (struct ifreq){ .ifr_name = "lo", .ifr_mtu = 9000 };
	CALL(ioctl, s, SIOCSIFMTU, &ifr);
	CALL(ioctl, s, SIOCGIFMTU, &ifr);
	show(" %d", ifr.ifr_mtu);
	ifr.ifr_mtu = -5;
	CALL(ioctl, s, SIOCSIFMTU, &ifr);
	ifr = (struct ifreq){ .ifr_name = "lo" };
	memcpy(&ifr.ifr_addr, address("127.0.0.5", 0), 16);
	CALL(ioctl, s, SIOCSIFADDR, &ifr);
	CALL(ioctl, s, SIOCGIFADDR, &ifr);
	show_data(&ifr.ifr_addr.sa_data[2], 4);
	ifr.ifr_flags = 0;
	CALL(ioctl, s, SIOCSIFFLAGS, &ifr);
	CALL(sendto, s, "x", 1, 0, A("127.0.0.1", 7001));
	ifr.ifr_flags = IFF_UP;
	CALL(ioctl, s, SIOCSIFFLAGS, &ifr);
	CALL(ioctl, s, 0xdeadbeef, &ifr);
	CALL(ioctl, s, SIOCGSTAMP_OLD, &tv);
	CALL(ioctl, s, FIONBIO, an_int(1));
	CALL(fcntl, s, F_GETFL, 0);
	CALL(ioctl, s, FIONBIO, an_int(0));
	CALL(ioctl, s, FIOCLEX, 0);
	CALL(fcntl, s, F_GETFD, 0);
	CALL(ioctl, s, FIONCLEX, 0);
	s = FD(socket, AF_INET, SOCK_DGRAM, 0);
	CALL(bind, s, A("127.0.0.1", 7001));
	CALL(ioctl, s, FIONREAD, &n);
	show(" %d", n);
	CALL(sendto, s, "four", 4, 0, A("127.0.0.1", 7001));
	CALL(sendto, s, "seventy", 7, 0, A("127.0.0.1", 7001));
	settle(s, POLLIN);
	/* udp(7): of the next datagram */
	CALL(ioctl, s, FIONREAD, &n);
	show(" %d", n);
	CALL(recv, s, room, 100, MSG_DONTWAIT);
	CALL(ioctl, s, SIOCGSTAMP_OLD, &tv);
	CALL(ioctl, s, SIOCATMARK, &n);
	CALL(ioctl, s, SIOCOUTQ, &n);
	show(" %d", n);

	tcp_pair(AF_INET, pair);
	CALL(send, pair[0], "abcdef", 6, 0);
	settle(pair[1], POLLIN);
	CALL(ioctl, pair[1], FIONREAD, &n);
	show(" %d", n);
	CALL(ioctl, pair[1], SIOCATMARK, &n);
	show(" %d", n);
	CALL(ioctl, pair[1], SIOCOUTQ, &n);
	show(" %d", n);
	CALL(ioctl, pair[1], SIOCOUTQNSD, &n);
	show(" %d", n);
	CALL(ioctl, pair[1], SIOCSPGRP, an_int(0));
	CALL(ioctl, pair[1], SIOCGPGRP, &n);
	CALL(ioctl, pair[1], TIOCOUTQ, &n);
}
