// SPDX-License-Identifier: GPL-2.0
/*
 * load.c - what the order of the image's functions is measured by
 *
 * A stack boots; then two exchange TCP and UDP, on lo and over a cable. Each part is between
 * two SIGSTOPs, for trace.c.
 */
#define _GNU_SOURCE
#include <libos.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define ROUNDS 2
#define STREAM (64 << 10)	/* trace.c goes through a copy byte by byte */
#define PORT 7000
#define TICK_NS 1000000
#define PATIENCE 1000

/* Where a socket is, and how it is reached */
struct end {
	struct libos *os;
	const struct sockaddr *addr;
	socklen_t len;
};

static struct libos *stacks[2];
static char buf[16 << 10];

static void fail_if(int bad, const char *what)
{
	if (!bad)
		return;
	fprintf(stderr, "kernel/order: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Time stands still but here: in trace.c's hands a real clock's ticks would come without end. */
static int ready(struct libos *os, int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };
	int i, k;

	for (i = 0; i < PATIENCE; i++) {
		if (libos_poll(os, &p, 1, 0) == 1)
			return 1;
		for (k = 0; k < 2; k++)
			libos_clock_advance(stacks[k], libos_clock_now(stacks[k]) + TICK_NS);
	}
	return 0;
}

static void message(struct libos *from, int out, struct libos *to, int in, size_t len)
{
	struct iovec iov = { buf, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	fail_if(libos_send(from, out, buf, len, 0) != (ssize_t)len, "send");
	fail_if(!ready(to, in, POLLIN) || libos_recv(to, in, buf, len, 0) < 1, "recv");
	fail_if(libos_sendmsg(from, out, &msg, 0) != (ssize_t)len, "sendmsg");
	fail_if(!ready(to, in, POLLIN) || libos_recvmsg(to, in, &msg, 0) < 1, "recvmsg");
	fail_if(libos_write(from, out, buf, len) != (ssize_t)len, "write");
	fail_if(!ready(to, in, POLLIN) || libos_read(to, in, buf, len) < 1, "read");
}

static void udp(const struct end *server, struct libos *client)
{
	int in = libos_socket(server->os, server->addr->sa_family, SOCK_DGRAM, 0);
	int out = libos_socket(client, server->addr->sa_family, SOCK_DGRAM, 0);
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	ssize_t n;

	fail_if(libos_bind(server->os, in, server->addr, server->len), "bind");
	n = libos_sendto(client, out, buf, 64, 0, server->addr, server->len);
	fail_if(n != 64 || !ready(server->os, in, POLLIN), "sendto");
	n = libos_recvfrom(server->os, in, buf, 64, 0, (struct sockaddr *)&from, &len);
	fail_if(n != 64, "recvfrom");
	fail_if(libos_connect(client, out, server->addr, server->len), "connect");
	message(client, out, server->os, in, 1400);
	libos_close_fd(client, out);
	libos_close_fd(server->os, in);
}

static void stream(struct libos *from, int out, struct libos *to, int in)
{
	size_t sent = 0, got = 0;
	ssize_t n;

	while (got < STREAM) {
		n = libos_send(from, out, buf, STREAM - sent < sizeof(buf) ? STREAM - sent : sizeof(buf),
			       MSG_DONTWAIT);
		sent += n > 0 ? n : 0;
		fail_if(!ready(to, in, POLLIN), "stream");
		n = libos_recv(to, in, buf, sizeof(buf), 0);
		fail_if(n < 1, "recv");
		got += n;
	}
}

static void tcp(const struct end *server, struct libos *client)
{
	struct epoll_event event = { .events = EPOLLIN };
	int listener, in, out, epoll, one = 1;
	socklen_t len = sizeof(one);

	listener = libos_socket(server->os, server->addr->sa_family, SOCK_STREAM, 0);
	libos_setsockopt(server->os, listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	fail_if(libos_bind(server->os, listener, server->addr, server->len), "bind");
	fail_if(libos_listen(server->os, listener, 8), "listen");
	epoll = libos_syscall(server->os, SYS_epoll_create1, 0);
	libos_epoll_ctl(server->os, epoll, EPOLL_CTL_ADD, listener, &event);

	out = libos_socket(client, server->addr->sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	libos_connect(client, out, server->addr, server->len);
	fail_if(!ready(server->os, listener, POLLIN), "connect");
	fail_if(libos_epoll_wait(server->os, epoll, &event, 1, 0) != 1, "epoll_wait");
	in = libos_accept(server->os, listener, NULL, NULL);
	fail_if(in < 0 || !ready(client, out, POLLOUT), "accept");
	fail_if(libos_getsockopt(client, out, SOL_SOCKET, SO_ERROR, &one, &len), "SO_ERROR");
	libos_setsockopt(client, out, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	message(client, out, server->os, in, 1);
	message(server->os, in, client, out, 1);
	stream(client, out, server->os, in);
	stream(server->os, in, client, out);
	libos_shutdown(client, out, SHUT_WR);
	fail_if(!ready(server->os, in, POLLIN) || libos_recv(server->os, in, buf, 1, 0), "end");
	libos_close_fd(server->os, in);
	libos_close_fd(client, out);
	libos_close_fd(server->os, epoll);
	libos_close_fd(server->os, listener);
}

static void traffic(struct libos *a, struct libos *b)
{
	struct sockaddr_in lo4 = { .sin_family = AF_INET, .sin_port = htons(PORT),
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in b4 = { .sin_family = AF_INET, .sin_port = htons(PORT),
				  .sin_addr.s_addr = htonl(0x0a000002) };
	struct sockaddr_in6 lo6 = { .sin6_family = AF_INET6, .sin6_port = htons(PORT),
				    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in6 b6 = lo6;
	const struct end ends[] = {
		{ a, (struct sockaddr *)&lo4, sizeof(lo4) }, { b, (struct sockaddr *)&b4, sizeof(b4) },
		{ a, (struct sockaddr *)&lo6, sizeof(lo6) }, { b, (struct sockaddr *)&b6, sizeof(b6) },
	};
	int i, k;

	memset(&b6.sin6_addr, 0, sizeof(b6.sin6_addr));
	b6.sin6_addr.s6_addr[0] = 0xfd;
	b6.sin6_addr.s6_addr[15] = 2;
	for (k = 0; k < ROUNDS; k++)
		for (i = 0; i < 4; i++) {
			udp(&ends[i], a);
			tcp(&ends[i], a);
		}
}

int main(int argc, char **argv)
{
	struct libos_options options = {
		.size = sizeof(options), .release = argc > 1 ? argv[1] : NULL,
		.clock = LIBOS_CLOCK_VIRTUAL,
	};
	struct libos *a, *b;

	raise(SIGSTOP);
	a = libos_open(&options);
	if (!a) {
		fprintf(stderr, "kernel/order: %s\n", libos_error());
		return 1;
	}
	libos_close_fd(a, libos_socket(a, AF_INET, SOCK_STREAM, 0));
	raise(SIGSTOP);

	b = libos_open(&options);
	fail_if(!b || libos_netdev_pair(a, NULL, b, NULL, NULL), "cable");
	fail_if(libos_configure(a, "link set lo up; addr add 10.0.0.1/24 dev eth0;"
				   "addr add fd00::1/64 dev eth0 nodad; link set eth0 up") ||
		libos_configure(b, "link set lo up; addr add 10.0.0.2/24 dev eth0;"
				   "addr add fd00::2/64 dev eth0 nodad; link set eth0 up"),
		libos_error());
	stacks[0] = a;
	stacks[1] = b;
	raise(SIGSTOP);
	traffic(a, b);
	raise(SIGSTOP);
	return 0;
}
