// SPDX-License-Identifier: GPL-2.0
/*
 * calls_tcp.c - TCP over IPv4 and IPv6, its options, how connections end; blocking
 */
#include "calls.h"

#include <linux/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <linux/sockios.h>

static const char *lo, *any;
static int family;

static void connections(void)
{
	int l, c, a, d, b;
	char buf[64] = { 0 };

	l = FD(socket, family, SOCK_STREAM, 0);
	CALL(getsockname, l, NAME);
	show_name();
	CALL(getpeername, l, NAME);
	CALL(accept, l, NULL, NULL);
	CALL(send, l, "x", 1, MSG_NOSIGNAL);
	CALL(recv, l, buf, 1, 0);
	CALL(shutdown, l, SHUT_RDWR);
	CALL(bind, l, address(lo, 7001), 4);
	CALL(bind, l, address(lo, 7001), 15);
	CALL(bind, l, U("@x"));
	CALL(bind, l, A(family == AF_INET ? "192.0.2.1" : "2001:db8::1", 7001));
	CALL(bind, l, A(lo, 7001));
	CALL(bind, l, A(lo, 7002));
	CALL(getsockname, l, NAME);
	show_name();
	b = QUIET(socket, family, SOCK_STREAM, 0);
	CALL(bind, b, A(lo, 7001));
	CALL(bind, b, A(any, 7001));
	SET(b, SOL_SOCKET, SO_REUSEADDR, 1);
	CALL(bind, b, A(lo, 7001));
	c = FD(socket, family, SOCK_STREAM, 0);
	CALL(connect, c, A(lo, 7001));
	GET(c, SOL_SOCKET, SO_ERROR);
	CALL(listen, l, 8);
	GET(l, SOL_SOCKET, SO_ACCEPTCONN);
	CALL(listen, l, -1);
	CALL(listen, l, 8);
	CALL(connect, l, A(lo, 7001));
	CALL(getpeername, l, NAME);
	CALL(listen, b, 4);
	CALL(getsockname, b, NAME);
	show_name();
	CALL(connect, c, A(lo, 7001));
	CALL(connect, c, A(lo, 7001));
	CALL(listen, c, 1);
	CALL(bind, c, A(lo, 7003));
	a = FD(accept, l, NAME);
	show_name();
	CALL(getsockname, a, NAME);
	show_name();
	CALL(getpeername, a, NAME);
	show_name();
	CALL(getsockname, c, NAME);
	show_name();
	CALL(getpeername, c, NAME);
	show_name();
	CALL(getpeername, c, (namelen = 5, (struct sockaddr *)&name), &namelen);
	show(" len %d", namelen);
	CALL(accept, c, NULL, NULL);

	CALL(send, c, "hello", 5, 0);
	settle(a, POLLIN);
	CALL(recv, a, buf, 64, MSG_PEEK);
	show_data(buf, 5);
	CALL(recv, a, buf, 3, 0);
	show_data(buf, 3);
	CALL(recv, a, buf, 64, MSG_TRUNC);
	CALL(recv, a, buf, 64, MSG_DONTWAIT);
	CALL(recv, a, buf, 0, 0);
	CALL(send, c, "", 0, 0);
	CALL(write, a, "back", 4);
	settle(c, POLLIN);
	CALL(recvfrom, c, buf, 64, 0, NAME);
	show(" len %d", namelen);
	CALL(sendto, c, "x", 1, 0, A(lo, 1));
	CALL(send, c, "12", 2, MSG_MORE);
	CALL(send, c, "34", 2, 0);
	settle(a, POLLIN);
	CALL(recv, a, buf, 5, MSG_WAITALL);
	show_data(buf, 5);
	CALL(recv, a, buf, 1, MSG_OOB);
	CALL(send, c, "abU", 3, MSG_OOB);
	settle(a, POLLPRI);
	CALL(recv, a, buf, 1, MSG_OOB | MSG_PEEK);
	show_data(buf, 1);
	CALL(recv, a, buf, 1, MSG_OOB);
	show_data(buf, 1);
	CALL(recv, a, buf, 64, 0);
	show_data(buf, 2);
	CALL(ioctl, a, SIOCATMARK, &d);
	show(" %d", d);
	SET(a, SOL_SOCKET, SO_OOBINLINE, 1);
	CALL(send, c, "V", 1, MSG_OOB);
	settle(a, POLLPRI);
	CALL(recv, a, buf, 1, MSG_OOB);
	CALL(recv, a, buf, 64, 0);
	show_data(buf, 1);
	CALL(recv, a, buf, 1, MSG_ERRQUEUE);
	CALL(recvmsg, a, message(buf, 1), 0x10000000 | MSG_DONTWAIT);

	CALL(shutdown, c, 7);
	CALL(shutdown, c, SHUT_WR);
	CALL(send, c, "x", 1, MSG_NOSIGNAL);
	settle(a, POLLIN);
	CALL(recv, a, buf, 64, 0);
	CALL(recv, a, buf, 64, 0);
	CALL(send, a, "still", 5, 0);
	settle(c, POLLIN);
	CALL(recv, c, buf, 64, 0);
	show_data(buf, 5);
	CALL(shutdown, a, SHUT_RD);
	CALL(shutdown, a, SHUT_WR);
	CALL(recv, c, buf, 64, 0);
	settle(c, POLLHUP);
	CALL(getpeername, c, NAME);
	CALL(shutdown, c, SHUT_RDWR);
	CALL(close_fd, c);
	CALL(close_fd, a);
	CALL(close_fd, l);
	CALL(close_fd, b);
}

static void nonblocking(void)
{
	int l, c, a, n = 0;
	static char big[65536];
	char buf[8] = { 0 };
	long sent, total = 0;

	l = FD(socket, family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	SET(l, SOL_SOCKET, SO_REUSEADDR, 1);
	CALL(bind, l, A(lo, 7010));
	CALL(listen, l, 2);
	CALL(accept, l, NULL, NULL);
	c = FD(socket, family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	CALL(connect, c, A(lo, 7010));
	settle(c, POLLOUT);
	GET(c, SOL_SOCKET, SO_ERROR);
	CALL(connect, c, A(lo, 7010));
	CALL(connect, c, A(lo, 7010));
	CALL(recv, c, buf, 8, 0);
	settle(l, POLLIN);
	a = FD(accept4, l, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	CALL(fcntl, a, F_GETFL, 0);
	CALL(fcntl, a, F_GETFD, 0);
	CALL(accept4, l, NULL, NULL, 1);
	/* Until the buffers are full; how many bytes that is, is the kernel's own */
	while ((sent = QUIET(send, c, big, sizeof(big), 0)) > 0)
		total += sent;
	CALL(send, c, big, sizeof(big), 0);
	while (total > 0) {
		settle(a, POLLIN);
		sent = QUIET(recv, a, big, sizeof(big), 0);
		if (sent <= 0)
			break;
		total -= sent;
	}
	CALL(recv, a, big, sizeof(big), 0);
	show(" %ld left", total);
	CALL(ioctl, a, FIONREAD, &n);
	show(" %d", n);
	CALL(close_fd, a);
	CALL(close_fd, c);
	/* Refused, seen later */
	c = FD(socket, family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	CALL(connect, c, A(lo, 7011));
	settle(c, POLLOUT);
	GET(c, SOL_SOCKET, SO_ERROR);
	GET(c, SOL_SOCKET, SO_ERROR);
	CALL(send, c, "x", 1, MSG_NOSIGNAL);
	CALL(connect, c, A(lo, 7010));
	settle(c, POLLOUT);
	CALL(getpeername, c, NAME);
	show_name();
	/* connect(2): a connection is dissolved by the unspecified family */
	CALL(connect, c, &(struct sockaddr){ 0 }, sizeof(struct sockaddr));
	CALL(getpeername, c, NAME);
	CALL(close_fd, c);
	CALL(close_fd, l);
}

static void addresses(void)
{
	int s, p, n = 0;

	s = FD(socket, family, SOCK_STREAM, 0);
	CALL(bind, s, A(any, 0));
	CALL(getsockname, s, NAME);
	show_name();
	CALL(listen, s, 1);
	CALL(close_fd, s);
	s = FD(socket, family, SOCK_STREAM, 0);
	CALL(listen, s, 1);
	CALL(getsockname, s, NAME);
	show_name();
	CALL(close_fd, s);
	s = FD(socket, family, SOCK_STREAM, 0);
	CALL(connect, s, address(lo, 7001), 3);
	CALL(connect, s, A(lo, 0));
	CALL(connect, s, A(family == AF_INET ? "198.51.100.1" : "2001:db8::1", 80));
	CALL(connect, s, A(family == AF_INET ? "255.255.255.255" : "ff02::1", 80));
	CALL(connect, s, A(family == AF_INET ? "::1" : "127.0.0.1", 80));
	CALL(connect, s, A(any, 7020));
	CALL(close_fd, s);
	s = FD(socket, family, SOCK_STREAM, 0);
	p = FD(socket, family, SOCK_STREAM, 0);
	SET(s, SOL_SOCKET, SO_REUSEPORT, 1);
	CALL(bind, s, A(lo, 7021));
	CALL(bind, p, A(lo, 7021));
	SET(p, SOL_SOCKET, SO_REUSEPORT, 1);
	CALL(bind, p, A(lo, 7021));
	CALL(listen, s, 1);
	CALL(listen, p, 1);
	CALL(close_fd, s);
	CALL(close_fd, p);
	/* A listener's port is free again at once */
	for (int i = 0; i < 100; i++) {
		s = QUIET(socket, family, SOCK_STREAM, 0);
		n += !QUIET(bind, s, A(lo, 7022)) && !QUIET(listen, s, 4);
		QUIET(close_fd, s);
	}
	s = FD(socket, family, SOCK_STREAM, 0);
	show(" after %d of 100 times", n);
	/* … also bound to itself: a simultaneous open of one socket */
	CALL(bind, s, A(lo, 7023));
	CALL(connect, s, A(lo, 7023));
	CALL(getpeername, s, NAME);
	show_name();
	CALL(send, s, "me", 2, 0);
	CALL(recv, s, &n, 2, 0);
	CALL(close_fd, s);
}

void subject_tcp4(void)
{
	family = AF_INET;
	lo = "127.0.0.1";
	any = "0.0.0.0";
	connections();
	nonblocking();
	addresses();
}

void subject_tcp6(void)
{
	int s, t;

	family = AF_INET6;
	lo = "::1";
	any = "::";
	connections();
	nonblocking();
	addresses();
	/* One port for both families, or for IPv6 alone */
	s = FD(socket, AF_INET6, SOCK_STREAM, 0);
	GET(s, IPPROTO_IPV6, IPV6_V6ONLY);
	CALL(bind, s, A("::", 7030));
	CALL(listen, s, 2);
	t = FD(socket, AF_INET, SOCK_STREAM, 0);
	CALL(bind, t, A("0.0.0.0", 7030));
	CALL(connect, t, A("127.0.0.1", 7030));
	t = FD(accept, s, NAME);
	show_name();
	SET(t, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	SET(s, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	s = FD(socket, AF_INET6, SOCK_STREAM, 0);
	SET(s, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	CALL(bind, s, A("::ffff:127.0.0.1", 7031));
	CALL(bind, s, A("::", 7031));
	CALL(listen, s, 2);
	t = FD(socket, AF_INET, SOCK_STREAM, 0);
	CALL(connect, t, A("127.0.0.1", 7031));
	CALL(bind, t, A("0.0.0.0", 7031));
	s = FD(socket, AF_INET6, SOCK_STREAM, 0);
	CALL(connect, s, A("::ffff:127.0.0.1", 7030));
	CALL(getsockname, s, NAME);
	show_name();
	CALL(connect, s, A("fe80::1", 7030));
}

/* An option set and read again; the values a kernel takes are in tcp(7). */
void subject_tcp_options(void)
{
	struct linger linger = { 1, 5 };
	struct tcp_info info;
	struct timeval tv = { 1, 500000 };
	socklen_t len;
	char text[32];
	int s, pair[2];

	s = QUIET(socket, AF_INET, SOCK_STREAM, 0);
	GET(s, IPPROTO_TCP, TCP_NODELAY);
	SET(s, IPPROTO_TCP, TCP_NODELAY, 1);
	GET(s, IPPROTO_TCP, TCP_NODELAY);
	SET(s, IPPROTO_TCP, TCP_CORK, 1);
	GET(s, IPPROTO_TCP, TCP_CORK);
	GET(s, IPPROTO_TCP, TCP_MAXSEG);
	SET(s, IPPROTO_TCP, TCP_MAXSEG, 1000);
	SET(s, IPPROTO_TCP, TCP_MAXSEG, 10);
	SET(s, IPPROTO_TCP, TCP_MAXSEG, 70000);
	GET(s, IPPROTO_TCP, TCP_KEEPIDLE);
	SET(s, IPPROTO_TCP, TCP_KEEPIDLE, 60);
	GET(s, IPPROTO_TCP, TCP_KEEPIDLE);
	SET(s, IPPROTO_TCP, TCP_KEEPIDLE, 0);
	SET(s, IPPROTO_TCP, TCP_KEEPIDLE, 32768);
	GET(s, IPPROTO_TCP, TCP_KEEPINTVL);
	SET(s, IPPROTO_TCP, TCP_KEEPINTVL, 7);
	GET(s, IPPROTO_TCP, TCP_KEEPINTVL);
	GET(s, IPPROTO_TCP, TCP_KEEPCNT);
	SET(s, IPPROTO_TCP, TCP_KEEPCNT, 128);
	SET(s, IPPROTO_TCP, TCP_KEEPCNT, 3);
	GET(s, IPPROTO_TCP, TCP_KEEPCNT);
	GET(s, IPPROTO_TCP, TCP_SYNCNT);
	SET(s, IPPROTO_TCP, TCP_SYNCNT, 0);
	SET(s, IPPROTO_TCP, TCP_SYNCNT, 3);
	GET(s, IPPROTO_TCP, TCP_SYNCNT);
	GET(s, IPPROTO_TCP, TCP_LINGER2);
	SET(s, IPPROTO_TCP, TCP_LINGER2, 10);
	GET(s, IPPROTO_TCP, TCP_LINGER2);
	SET(s, IPPROTO_TCP, TCP_DEFER_ACCEPT, 5);
	GET(s, IPPROTO_TCP, TCP_DEFER_ACCEPT);
	SET(s, IPPROTO_TCP, TCP_WINDOW_CLAMP, 20000);
	GET(s, IPPROTO_TCP, TCP_WINDOW_CLAMP);
	GET(s, IPPROTO_TCP, TCP_USER_TIMEOUT);
	SET(s, IPPROTO_TCP, TCP_USER_TIMEOUT, 3000);
	GET(s, IPPROTO_TCP, TCP_USER_TIMEOUT);
	SET(s, IPPROTO_TCP, TCP_USER_TIMEOUT, -1);
	GET(s, IPPROTO_TCP, TCP_QUICKACK);
	SET(s, IPPROTO_TCP, TCP_QUICKACK, 0);
	SET(s, IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, 1);
	GET(s, IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS);
	SET(s, IPPROTO_TCP, TCP_FASTOPEN, 5);
	GET(s, IPPROTO_TCP, TCP_FASTOPEN);
	SET(s, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1);
	GET(s, IPPROTO_TCP, TCP_FASTOPEN_CONNECT);
	SET(s, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 16384);
	GET(s, IPPROTO_TCP, TCP_NOTSENT_LOWAT);
	SET(s, IPPROTO_TCP, TCP_INQ, 1);
	GET(s, IPPROTO_TCP, TCP_INQ);
	SET(s, IPPROTO_TCP, TCP_INQ, 2);
	SET(s, IPPROTO_TCP, TCP_REPAIR_QUEUE, 1);
	SET(s, IPPROTO_TCP, TCP_TIMESTAMP, 5);
	SET(s, IPPROTO_TCP, 999, 1);
	GET(s, IPPROTO_TCP, 999);
	CALL(setsockopt, s, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
	len = sizeof(text);
	CALL(getsockopt, s, IPPROTO_TCP, TCP_CONGESTION, text, &len);
	show(" len %d '%s'", len, text);
	len = 3;
	CALL(getsockopt, s, IPPROTO_TCP, TCP_CONGESTION, text, &len);
	show(" len %d", len);
	CALL(setsockopt, s, IPPROTO_TCP, TCP_CONGESTION, "nonesuch", 8);
	CALL(setsockopt, s, IPPROTO_TCP, TCP_CONGESTION, "", 0);
	CALL(setsockopt, s, IPPROTO_TCP, TCP_ULP, "nonesuch", 8);
	CALL(setsockopt, s, IPPROTO_TCP, TCP_NODELAY, "", 1);
	len = 2;
	CALL(getsockopt, s, IPPROTO_TCP, TCP_NODELAY, text, &len);
	show(" len %d", len);
	len = sizeof(info);
	CALL(getsockopt, s, IPPROTO_TCP, TCP_INFO, &info, &len);
	show(" state %d", info.tcpi_state);

	SET(s, SOL_SOCKET, SO_SNDBUF, 1);
	GET(s, SOL_SOCKET, SO_SNDBUF);
	SET(s, SOL_SOCKET, SO_SNDBUF, 20000);
	GET(s, SOL_SOCKET, SO_SNDBUF);
	SET(s, SOL_SOCKET, SO_RCVBUF, 1);
	GET(s, SOL_SOCKET, SO_RCVBUF);
	SET(s, SOL_SOCKET, SO_RCVBUF, 20000);
	GET(s, SOL_SOCKET, SO_RCVBUF);
	SET(s, SOL_SOCKET, SO_PRIORITY, 6);
	GET(s, SOL_SOCKET, SO_PRIORITY);
	SET(s, SOL_SOCKET, SO_PRIORITY, -1);
	SET(s, SOL_SOCKET, SO_MARK, 99);
	GET(s, SOL_SOCKET, SO_MARK);
	GET(s, SOL_SOCKET, SO_RCVLOWAT);
	SET(s, SOL_SOCKET, SO_RCVLOWAT, 10);
	GET(s, SOL_SOCKET, SO_RCVLOWAT);
	GET(s, SOL_SOCKET, SO_SNDLOWAT);
	SET(s, SOL_SOCKET, SO_SNDLOWAT, 10);
	CALL(setsockopt, s, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	linger.l_linger = 0;
	len = sizeof(linger);
	CALL(getsockopt, s, SOL_SOCKET, SO_LINGER, &linger, &len);
	show(" %d %d", linger.l_onoff, linger.l_linger);
	CALL(setsockopt, s, SOL_SOCKET, SO_LINGER, &linger, 4);
	CALL(setsockopt, s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	tv.tv_usec = 0;
	len = sizeof(tv);
	CALL(getsockopt, s, SOL_SOCKET, SO_RCVTIMEO, &tv, &len);
	show(" %d.%06d", (int)tv.tv_sec, (int)tv.tv_usec);
	tv.tv_usec = 1000000;
	CALL(setsockopt, s, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	tv = (struct timeval){ -1, 0 };
	CALL(setsockopt, s, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	CALL(setsockopt, s, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2);
	len = sizeof(text);
	CALL(getsockopt, s, SOL_SOCKET, SO_BINDTODEVICE, text, &len);
	show(" len %d '%.2s'", len, text);
	CALL(setsockopt, s, SOL_SOCKET, SO_BINDTODEVICE, "none0", 5);
	SET(s, SOL_SOCKET, SO_BROADCAST, 1);
	GET(s, SOL_SOCKET, SO_BROADCAST);
	SET(s, SOL_SOCKET, SO_DONTROUTE, 1);
	GET(s, SOL_SOCKET, SO_DONTROUTE);
	SET(s, SOL_SOCKET, SO_TIMESTAMP, 1);
	GET(s, SOL_SOCKET, SO_TIMESTAMP);
	SET(s, SOL_SOCKET, SO_TYPE, 1);
	SET(s, SOL_SOCKET, SO_ERROR, 1);
	SET(s, SOL_SOCKET, SO_PROTOCOL, 1);
	SET(s, SOL_SOCKET, 999, 1);
	GET(s, SOL_SOCKET, 999);
	SET(s, 999, 1, 1);
	GET(s, 999, 1);
	SET(s, IPPROTO_UDP, 1, 1);
	SET(s, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	GET(s, SOL_SOCKET, SO_PEEK_OFF);
	SET(s, SOL_SOCKET, SO_INCOMING_CPU, 0);
	GET(s, SOL_SOCKET, SO_PEERCRED);
	SET(s, SOL_SOCKET, SO_MAX_PACING_RATE, 1000000);
	GET(s, SOL_SOCKET, SO_MAX_PACING_RATE);

	tcp_pair(AF_INET, pair);
	GET(pair[0], IPPROTO_TCP, TCP_FASTOPEN);
	len = sizeof(info);
	CALL(getsockopt, pair[0], IPPROTO_TCP, TCP_INFO, &info, &len);
	show(" state %d ca %d retransmits %d options %#x", info.tcpi_state,
	     info.tcpi_ca_state, info.tcpi_retransmits, info.tcpi_options);
	/* Of loopback: 65536 - 20 - 20, and 12 for the timestamp */
	GET(pair[0], IPPROTO_TCP, TCP_MAXSEG);
	SET(pair[0], IPPROTO_TCP, TCP_FASTOPEN, 1);
	SET(pair[0], IPPROTO_TCP, TCP_CORK, 1);
	CALL(send, pair[0], "corked", 6, 0);
	CALL(recv, pair[1], text, 6, MSG_DONTWAIT);
	SET(pair[0], IPPROTO_TCP, TCP_CORK, 0);
	settle(pair[1], POLLIN);
	CALL(recv, pair[1], text, 6, MSG_DONTWAIT);
	CALL(getpeername, pair[0], NAME);
	show_name();
}

/* A connection closed in each way, and what its other end then sees */
static void end_by_reset(void)
{
	struct linger now = { 1, 0 };
	int pair[2];
	char buf[8] = { 0 };

	tcp_pair(AF_INET, pair);
	CALL(setsockopt, pair[1], SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	CALL(close_fd, pair[1]);
	settle(pair[0], POLLIN);
	CALL(recv, pair[0], buf, 8, 0);
	CALL(recv, pair[0], buf, 8, 0);
	CALL(send, pair[0], "x", 1, MSG_NOSIGNAL);
	CALL(getpeername, pair[0], NAME);
	CALL(shutdown, pair[0], SHUT_RDWR);
	CALL(close_fd, pair[0]);
}

static void end_with_data_unread(void)
{
	struct pollfd pfd = { .events = POLLIN | POLLOUT | POLLRDHUP };
	int pair[2];
	char buf[8] = { 0 };

	tcp_pair(AF_INET, pair);
	CALL(send, pair[0], "unread", 6, 0);
	settle(pair[1], POLLIN);
	CALL(close_fd, pair[1]);
	settle(pair[0], POLLIN);
	pfd.fd = pair[0];
	CALL(poll, &pfd, 1, 0);
	show_events(pfd.revents);
	GET(pair[0], SOL_SOCKET, SO_ERROR);
	CALL(recv, pair[0], buf, 8, 0);
	CALL(close_fd, pair[0]);
}

static void end_in_order(void)
{
	struct pollfd pfd = { .events = POLLIN | POLLOUT | POLLRDHUP };
	struct tcp_info info;
	socklen_t len = sizeof(info);
	int pair[2];
	char buf[8] = { 0 };

	tcp_pair(AF_INET6, pair);
	CALL(send, pair[1], "last", 4, 0);
	CALL(close_fd, pair[1]);
	settle(pair[0], POLLRDHUP);
	pfd.fd = pair[0];
	CALL(poll, &pfd, 1, 0);
	show_events(pfd.revents);
	CALL(recv, pair[0], buf, 8, 0);
	show_data(buf, 4);
	CALL(recv, pair[0], buf, 8, 0);
	CALL(getsockopt, pair[0], IPPROTO_TCP, TCP_INFO, &info, &len);
	show(" state %d", info.tcpi_state);
	/* The other end is gone: the first write is answered by a reset */
	CALL(send, pair[0], "x", 1, MSG_NOSIGNAL);
	settle(pair[0], POLLERR);
	CALL(send, pair[0], "x", 1, MSG_NOSIGNAL);
	GET(pair[0], SOL_SOCKET, SO_ERROR);
	CALL(recv, pair[0], buf, 8, 0);
	CALL(close_fd, pair[0]);
}

static void end_of_listener(void)
{
	int l, c;
	char buf[8] = { 0 };

	l = FD(socket, AF_INET, SOCK_STREAM, 0);
	CALL(bind, l, A("127.0.0.1", 7001));
	CALL(listen, l, 4);
	c = FD(socket, AF_INET, SOCK_STREAM, 0);
	CALL(connect, c, A("127.0.0.1", 7001));
	/* A connection nobody accepted is reset with its listener */
	CALL(close_fd, l);
	settle(c, POLLIN);
	CALL(recv, c, buf, 8, 0);
	CALL(close_fd, c);
	l = FD(socket, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	SET(l, SOL_SOCKET, SO_REUSEADDR, 1);
	CALL(bind, l, A("127.0.0.1", 7001));
	CALL(listen, l, 4);
	CALL(shutdown, l, SHUT_RD);
	CALL(accept, l, NULL, NULL);
	GET(l, SOL_SOCKET, SO_ACCEPTCONN);
	CALL(listen, l, 4);
	CALL(accept, l, NULL, NULL);
	CALL(close_fd, l);
}

static void end_waits_in_time_wait(void)
{
	int pair[2], l;

	tcp_pair(AF_INET, pair);
	CALL(shutdown, pair[1], SHUT_WR);
	settle(pair[0], POLLIN);
	CALL(close_fd, pair[0]);
	CALL(close_fd, pair[1]);
	/* The accepting end closed first: its port is kept for a minute */
	l = FD(socket, AF_INET, SOCK_STREAM, 0);
	CALL(bind, l, A("127.0.0.1", 7999));
	SET(l, SOL_SOCKET, SO_REUSEADDR, 1);
	CALL(bind, l, A("127.0.0.1", 7999));
	CALL(listen, l, 1);
	CALL(close_fd, l);
}

void subject_tcp_end(void)
{
	end_by_reset();
	end_with_data_unread();
	end_in_order();
	end_of_listener();
	end_waits_in_time_wait();
}

/* ------------------------------------------------------------------ *
 * Calls that wait for what another thread does
 */

static pthread_t waiter;

static void send_two(int fd)
{
	QUIET(send, fd, "ab", 2, 0);
}

static void shut_down(int fd)
{
	QUIET(shutdown, fd, SHUT_RDWR);
}

static void connect_to(int port)
{
	int s = QUIET(socket, AF_INET, SOCK_STREAM, 0);

	QUIET(connect, s, A("127.0.0.1", port));
}

static void send_signal(int fd)
{
	(void)fd;
	pthread_kill(waiter, SIGUSR1);
}

static void read_all(int fd)
{
	static char buf[1 << 16];

	while (QUIET(recv, fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		settle(fd, POLLIN);
}

static void ignore(int signal)
{
	(void)signal;
}

void subject_block(void)
{
	struct sigaction handler = { .sa_handler = ignore };
	struct timeval tv = { 0, 50000 };
	struct timespec ts = { 0, 30000000 };
	static char big[1 << 20];
	struct pollfd pfd;
	int pair[2], l, u, a;
	char buf[8] = { 0 };

	waiter = pthread_self();
	sigaction(SIGUSR1, &handler, NULL);
	tcp_pair(AF_INET, pair);
	later(50, send_two, pair[0]);
	CALL(recv, pair[1], buf, 8, 0);
	show_waited(40);
	later_done();
	CALL(send, pair[0], "12", 2, 0);
	later(50, send_two, pair[0]);
	CALL(recv, pair[1], buf, 4, MSG_WAITALL);
	show_data(buf, 4);
	later_done();
	pfd = (struct pollfd){ pair[1], POLLIN, 0 };
	later(50, send_two, pair[0]);
	CALL(poll, &pfd, 1, 5000);
	show_waited(40);
	later_done();
	CALL(recv, pair[1], buf, 8, 0);
	/* No time limit of a socket is shorter than asked for */
	CALL(setsockopt, pair[1], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	CALL(recv, pair[1], buf, 8, 0);
	show_waited(50);
	CALL(poll, &pfd, 1, 50);
	show_waited(50);
	CALL(nanosleep, &ts, NULL);
	show_waited(30);
	ts.tv_nsec = 1000000000;
	CALL(nanosleep, &ts, NULL);
	ts.tv_nsec = -1;
	CALL(nanosleep, &ts, NULL);
	CALL(clock_nanosleep, 99, 0, &ts, NULL);
	CALL(setsockopt, pair[0], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	while (QUIET(send, pair[0], big, sizeof(big), MSG_DONTWAIT) > 0)
		;
	CALL(send, pair[0], big, sizeof(big), 0);
	show_waited(50);
	later(50, read_all, pair[1]);
	tv = (struct timeval){ 5, 0 };
	CALL(setsockopt, pair[0], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	CALL(send, pair[0], "last", 4, 0);
	later_done();
	read_all(pair[1]);
	/* signal(7): EINTR whatever SA_RESTART says where there is a time limit */
	later(50, send_signal, 0);
	CALL(setsockopt, pair[1], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	CALL(recv, pair[1], buf, 8, 0);
	later_done();
	later(50, send_signal, 0);
	CALL(poll, &pfd, 1, 5000);
	later_done();
	later(50, shut_down, pair[1]);
	CALL(recv, pair[1], buf, 8, 0);
	later_done();

	l = QUIET(socket, AF_INET, SOCK_STREAM, 0);
	CALL(bind, l, A("127.0.0.1", 7001));
	CALL(listen, l, 4);
	later(50, connect_to, 7001);
	a = FD(accept, l, NULL, NULL);
	show_waited(40);
	later_done();
	CALL(close_fd, a);
	later(50, send_signal, 0);
	CALL(accept, l, NULL, NULL);
	later_done();
	later(50, shut_down, l);
	CALL(accept, l, NULL, NULL);
	later_done();
	u = QUIET(socket, AF_INET, SOCK_DGRAM, 0);
	CALL(bind, u, A("127.0.0.1", 7001));
	later(50, shut_down, u);
	CALL(recv, u, buf, 8, 0);
	later_done();
}
