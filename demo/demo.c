// SPDX-License-Identifier: GPL-2.0
/*
 * demo.c - two stacks, a cable, a server and a client
 *
 * usage: demo [FILE]
 *
 * Opens two Linux network stacks in this process, joins them by a cable in memory,
 * configures addresses, and has a server on one send FILE to a client on the other.
 * No privilege is needed, and the host's network is not touched.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libos.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PORT 8080

struct server {
	struct libos *os;
	int listener;
	const char *data;
	size_t len;
};

static void check(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "demo: %s: %s\n", what,
		*libos_error() ? libos_error() : strerror(errno));
	exit(1);
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* FNV-1a, 64 bits: enough to see that both ends have the same bytes. */
static uint64_t hash(uint64_t h, const void *data, size_t len)
{
	const unsigned char *p = data;

	while (len--)
		h = (h ^ *p++) * 1099511628211ull;
	return h;
}
#define HASH_INIT 14695981039346656037ull

static void *serve(void *arg)
{
	struct server *s = arg;
	size_t sent = 0;
	int fd = libos_accept(s->os, s->listener, NULL, NULL);

	check(fd >= 0, "accept");
	while (sent < s->len) {
		ssize_t n = libos_send(s->os, fd, s->data + sent, s->len - sent, 0);

		check(n > 0, "send");
		sent += n;
	}
	libos_close_fd(s->os, fd);
	return NULL;
}

static struct libos *stack(const char *name)
{
	double start = seconds();
	struct libos *os = libos_open(NULL);

	check(os != NULL, "libos_open");
	printf("%s: Linux %s booted in %.1f ms\n", name, libos_release(os),
	       (seconds() - start) * 1e3);
	return os;
}

static void print_tcp_info(struct libos *os, int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);
	char cc[16] = "";
	socklen_t cc_len = sizeof(cc);

	check(!libos_getsockopt(os, fd, IPPROTO_TCP, TCP_INFO, &info, &len), "TCP_INFO");
	check(!libos_getsockopt(os, fd, IPPROTO_TCP, TCP_CONGESTION, cc, &cc_len),
	      "TCP_CONGESTION");
	printf("tcp_info: %s, rtt %u us, mss %u, received %llu bytes in %u segments, "
	       "%u retransmitted\n", cc, info.tcpi_rtt, info.tcpi_rcv_mss,
	       (unsigned long long)info.tcpi_bytes_received, info.tcpi_segs_in,
	       info.tcpi_total_retrans);
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "/proc/self/exe";
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	struct server server;
	struct libos *a, *b;
	static char buf[256 << 10];
	uint64_t got = HASH_INIT;
	size_t received = 0;
	pthread_t thread;
	double start;
	ssize_t n;
	int file, fd;

	file = open(path, O_RDONLY);
	check(file >= 0, path);
	server.len = lseek(file, 0, SEEK_END);
	server.data = mmap(NULL, server.len, PROT_READ, MAP_PRIVATE, file, 0);
	check(server.data != MAP_FAILED, path);

	a = stack("client");
	b = stack("server");
	check(!libos_netdev_pair(a, NULL, b, NULL, NULL), "pair");
	check(!libos_configure(a, "link set lo up; link set eth0 up; "
				  "addr add 10.0.0.1/24 dev eth0"), "configure");
	check(!libos_configure(b, "link set lo up; link set eth0 up; "
				  "addr add 10.0.0.2/24 dev eth0"), "configure");
	printf("a cable joins client eth0 10.0.0.1/24 and server eth0 10.0.0.2/24\n");

	inet_pton(AF_INET, "10.0.0.2", &addr.sin_addr);
	server.os = b;
	server.listener = libos_socket(b, AF_INET, SOCK_STREAM, 0);
	check(server.listener >= 0, "socket");
	check(!libos_bind(b, server.listener, (void *)&addr, sizeof(addr)), "bind");
	check(!libos_listen(b, server.listener, 1), "listen");
	check(!pthread_create(&thread, NULL, serve, &server), "thread");

	fd = libos_socket(a, AF_INET, SOCK_STREAM, 0);
	check(fd >= 0, "socket");
	start = seconds();
	check(!libos_connect(a, fd, (void *)&addr, sizeof(addr)), "connect");
	printf("connected to 10.0.0.2:%d in %.0f us\n", PORT, (seconds() - start) * 1e6);
	start = seconds();
	while ((n = libos_recv(a, fd, buf, sizeof(buf), 0)) > 0) {
		got = hash(got, buf, n);
		received += n;
	}
	check(n == 0, "recv");
	start = seconds() - start;
	pthread_join(thread, NULL);
	printf("%s: %zu bytes in %.1f ms, %.2f Gbit/s\n", path, received, start * 1e3,
	       received * 8 / start / 1e9);
	print_tcp_info(a, fd);
	if (received != server.len || got != hash(HASH_INIT, server.data, server.len)) {
		fprintf(stderr, "demo: what arrived is not what was sent\n");
		return 1;
	}
	printf("checksums agree: %016llx\n", (unsigned long long)got);
	libos_close(a);
	libos_close(b);
	return 0;
}
