/* SPDX-License-Identifier: GPL-2.0 */
/*
 * exchange.h - two ends, each a stack or the host's kernel, talk to one another
 *
 * An end whose stack is NULL is the host's, in the calling thread's namespace (a
 * thread inherits it from its creator).
 */
#ifndef TEST_EXCHANGE_H
#define TEST_EXCHANGE_H

#include "stack.h"

#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <sys/time.h>

enum { EXCHANGE_TIMEOUT_S = 60 };

#define EXCHANGE(os, call, ...)						\
	((os) ? libos_##call((os), __VA_ARGS__) : call(__VA_ARGS__))

/**
 * struct exchange - one end of a connection, and what it shall do
 * @peer: its address; NULL: it is the one that listens
 * @address, @port: where that is
 * @bytes: to be sent, and to be received, one after the other
 * @out_seed, @in_seed: patterns
 * @sum: of what was received
 */
struct exchange {
	struct libos *os;
	const char *address;
	uint16_t port;
	int listener, fd;
	bool first;
	uint64_t bytes, out_seed, in_seed, out_sum, in_sum;
};

static inline void exchange_limits(struct exchange *e, int fd)
{
	struct timeval tv = { .tv_sec = EXCHANGE_TIMEOUT_S };

	must(!EXCHANGE(e->os, setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	must(!EXCHANGE(e->os, setsockopt, fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
}

static inline int exchange_socket(struct exchange *e)
{
	int fd, one = 1;

	fd = EXCHANGE(e->os, socket, strchr(e->address, ':') ? AF_INET6 : AF_INET,
		      SOCK_STREAM, 0);
	must(fd >= 0);
	exchange_limits(e, fd);
	must(!EXCHANGE(e->os, setsockopt, fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)));
	return fd;
}

static inline void exchange_listen(struct exchange *e)
{
	struct sockaddr_storage ss;
	socklen_t len = stack_addr(&ss, e->address, e->port);

	e->listener = exchange_socket(e);
	must(!EXCHANGE(e->os, bind, e->listener, (struct sockaddr *)&ss, len));
	must(!EXCHANGE(e->os, listen, e->listener, 4));
}

static inline int exchange_close(struct exchange *e, int fd)
{
	return e->os ? libos_close_fd(e->os, fd) : close(fd);
}

static inline void exchange_send(struct exchange *e)
{
	static __thread uint8_t buf[65536];
	uint64_t at = 0;

	while (at < e->bytes) {
		size_t len = e->bytes - at < sizeof(buf) ? e->bytes - at : sizeof(buf);
		ssize_t n;

		stack_fill(e->out_seed, at, buf, len);
		n = EXCHANGE(e->os, send, e->fd, buf, len, 0);
		must(n > 0);
		e->out_sum = stack_sum(e->out_sum, buf, n);
		at += n;
	}
}

static inline void exchange_receive(struct exchange *e)
{
	static __thread uint8_t buf[65536];
	uint64_t at = 0;

	while (at < e->bytes) {
		ssize_t n = EXCHANGE(e->os, recv, e->fd, buf, sizeof(buf), 0);

		must(n > 0);
		must(stack_same(e->in_seed, at, buf, n));
		e->in_sum = stack_sum(e->in_sum, buf, n);
		at += n;
	}
	must(at == e->bytes);
}

static inline void *exchange_main(void *arg)
{
	struct exchange *e = arg;

	if (e->first) {
		struct sockaddr_storage ss;
		socklen_t len = stack_addr(&ss, e->address, e->port);

		e->fd = exchange_socket(e);
		must(!EXCHANGE(e->os, connect, e->fd, (struct sockaddr *)&ss, len));
		exchange_send(e);
		exchange_receive(e);
	} else {
		e->fd = EXCHANGE(e->os, accept, e->listener, NULL, NULL);
		must(e->fd >= 0);
		exchange_limits(e, e->fd);
		exchange_receive(e);
		exchange_send(e);
	}
	must(!exchange_close(e, e->fd));
	return NULL;
}

/*
 * @from connects to @to, which listens at @bind and is reached as @address; @bytes
 * each way, checked.
 */
static inline void exchange_tcp_as(struct libos *from, struct libos *to, const char *address,
				   const char *bind, uint16_t port, uint64_t bytes)
{
	struct exchange a = {
		.os = from, .address = address, .port = port, .first = true,
		.bytes = bytes, .out_seed = 1, .in_seed = 2,
	}, b = {
		.os = to, .address = bind, .port = port,
		.bytes = bytes, .out_seed = 2, .in_seed = 1,
	};
	uint64_t start = stack_now();
	pthread_t thread;

	exchange_listen(&b);
	must(!pthread_create(&thread, NULL, exchange_main, &b));
	exchange_main(&a);
	must(!pthread_join(thread, NULL));
	must(!exchange_close(&b, b.listener));
	must(a.out_sum == b.in_sum && b.out_sum == a.in_sum);
	if (bytes >= 1 << 20)
		print_message("# %lu MB each way in %lu ms\n", bytes >> 20,
			      (stack_now() - start) / 1000000);
}

static inline void exchange_tcp(struct libos *from, struct libos *to, const char *address,
				uint16_t port, uint64_t bytes)
{
	exchange_tcp_as(from, to, address, address, port, bytes);
}

/* udp(7): so many bytes as datagrams of so many, in one call; the last is shorter */
enum { EXCHANGE_LARGE = 30500, EXCHANGE_SEGMENT = 1000, EXCHANGE_DATAGRAMS = 31 };

static inline int exchange_udp(struct libos *os, const char *address, uint16_t port)
{
	struct exchange e = { .os = os };
	struct sockaddr_storage ss;
	socklen_t len = stack_addr(&ss, address, port);
	int fd = EXCHANGE(os, socket, ss.ss_family, SOCK_DGRAM, 0);

	must(fd >= 0);
	exchange_limits(&e, fd);
	if (port)
		must(!EXCHANGE(os, bind, fd, (struct sockaddr *)&ss, len));
	return fd;
}

static inline void exchange_send_large(struct libos *os, const char *address, uint16_t port)
{
	struct exchange e = { .os = os };
	struct sockaddr_storage ss;
	socklen_t len = stack_addr(&ss, address, port);
	int size = EXCHANGE_SEGMENT, fd = exchange_udp(os, address, 0);
	uint8_t data[EXCHANGE_LARGE];

	stack_fill(port, 0, data, sizeof(data));
	must(!EXCHANGE(os, setsockopt, fd, SOL_UDP, UDP_SEGMENT, &size, sizeof(size)));
	must(EXCHANGE(os, sendto, fd, data, sizeof(data), 0, (struct sockaddr *)&ss, len) ==
	     sizeof(data));
	must(!exchange_close(&e, fd));
}

/*
 * Receives what exchange_send_large() sent. Return: in how many pieces. Each is one
 * datagram, or with UDP_GRO (@merge) many, whose size comes with them.
 */
static inline int exchange_receive_large(struct libos *os, int fd, uint16_t port, bool merge)
{
	int pieces = 0, at = 0;

	while (at < EXCHANGE_LARGE) {
		uint8_t data[65536];
		union { struct cmsghdr align; char buf[CMSG_SPACE(sizeof(int))]; } control;
		struct iovec iov = { data, sizeof(data) };
		struct msghdr msg = {
			.msg_iov = &iov, .msg_iovlen = 1,
			.msg_control = &control, .msg_controllen = sizeof(control),
		};
		ssize_t n = EXCHANGE(os, recvmsg, fd, &msg, 0);
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		int size = n;

		must(n > 0 && stack_same(port, at, data, n));
		if (c && c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO)
			memcpy(&size, CMSG_DATA(c), sizeof(size));
		must(merge || !c);
		at += n;
		pieces++;
		must(size == (at == EXCHANGE_LARGE && n <= EXCHANGE_SEGMENT ?
			      EXCHANGE_LARGE % EXCHANGE_SEGMENT : EXCHANGE_SEGMENT));
	}
	must(at == EXCHANGE_LARGE);
	return pieces;
}

/* @from sends @to that by one call. Return: in how many pieces it was received. */
static inline int exchange_large(struct libos *from, struct libos *to, const char *address,
				 uint16_t port, bool merge)
{
	int fd = exchange_udp(to, address, port), on = merge, pieces;
	struct exchange e = { .os = to };

	must(!EXCHANGE(to, setsockopt, fd, SOL_UDP, UDP_GRO, &on, sizeof(on)));
	exchange_send_large(from, address, port);
	pieces = exchange_receive_large(to, fd, port, merge);
	must(!exchange_close(&e, fd));
	return pieces;
}

/* RFC 792: an echo request of @size bytes comes back as it was. Three tries. */
static inline bool exchange_ping(struct libos *os, const char *address, size_t size)
{
	static uint8_t out[65536], in[65536];
	struct icmphdr *h = (void *)out, *got = (void *)in;
	struct timeval tv = { .tv_sec = 2 };
	struct sockaddr_storage ss;
	socklen_t len = stack_addr(&ss, address, 0);
	uint32_t sum = 0;
	ssize_t n = -1;
	size_t i;
	int fd, try;

	must(size + 8 <= 65507);
	memset(h, 0, sizeof(*h));
	stack_fill(size, 0, out + sizeof(*h), size);
	out[sizeof(*h) + size] = 0;
	h->type = ICMP_ECHO;
	h->un.echo.id = htons(77);
	for (i = 0; i < sizeof(*h) + size; i += 2)
		sum += out[i] | out[i + 1] << 8;
	sum = (sum & 0xffff) + (sum >> 16);
	h->checksum = ~((sum & 0xffff) + (sum >> 16));
	fd = libos_socket(os, AF_INET, SOCK_RAW, IPPROTO_ICMP);
	must(fd >= 0 && !libos_connect(os, fd, (struct sockaddr *)&ss, len));
	must(!libos_setsockopt(os, fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	for (try = 0; try < 3 && n < 0; try++) {
		must(libos_send(os, fd, out, sizeof(*h) + size, 0) > 0);
		for (i = 0; i < 100; i++) {
			n = libos_recv(os, fd, in, sizeof(in), 0);
			got = (void *)(in + sizeof(struct iphdr));
			if (n < 0 || (got->type == ICMP_ECHOREPLY && got->un.echo.id == htons(77)))
				break;
		}
	}
	must(!libos_close_fd(os, fd));
	return n == (ssize_t)(sizeof(struct iphdr) + sizeof(*h) + size) &&
	       !memcmp(got + 1, out + sizeof(*h), size);
}

/* Until all frames under way have arrived: @a has sent what @b has received. */
static inline bool exchange_counts_match(const struct stack_stats *a, const struct stack_stats *b)
{
	return a->tx_packets == b->rx_packets && a->tx_bytes == b->rx_bytes &&
	       b->tx_packets == a->rx_packets && b->tx_bytes == a->rx_bytes;
}

/* An end's counters; the host's interface is looked up in the thread's namespace. */
static inline struct stack_stats exchange_stats(struct libos *os, const char *name)
{
	struct stack_stats s;
	char text[4096];
	ssize_t n;
	int fd;

	if (os)
		return stack_stats(os, name);
	fd = open("/proc/thread-self/net/dev", O_RDONLY | O_CLOEXEC);
	must(fd >= 0);
	n = read(fd, text, sizeof(text) - 1);
	must(n > 0 && !close(fd));
	text[n] = 0;
	must(stack_stats_parse(text, name, &s));
	return s;
}

static inline void exchange_counts_agree(struct libos *a, const char *name_a, struct libos *b,
					 const char *name_b)
{
	struct stack_stats sa, sb;
	int i;

	for (i = 0; i < 50; i++) {
		sa = exchange_stats(a, name_a);
		sb = exchange_stats(b, name_b);
		if (exchange_counts_match(&sa, &sb))
			break;
		usleep(50000);
	}
	print_message("# sent %lu frames, %lu bytes; arrived %lu, %lu; dropped %lu\n",
		      sa.tx_packets, sa.tx_bytes, sb.rx_packets, sb.rx_bytes, sb.rx_dropped);
	print_message("# back %lu frames, %lu bytes; arrived %lu, %lu; dropped %lu\n",
		      sb.tx_packets, sb.tx_bytes, sa.rx_packets, sa.rx_bytes, sa.rx_dropped);
	assert_true(exchange_counts_match(&sa, &sb));
	assert_int_equal(sa.rx_errors + sa.tx_errors + sb.rx_errors + sb.tx_errors, 0);
}

#endif
