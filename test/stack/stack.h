/* SPDX-License-Identifier: GPL-2.0 */
/*
 * stack.h - what the tests of a whole stack share
 *
 * must() is an assertion for any thread: cmocka's jump out of the test, which only
 * the thread that runs it may do. All of it is inline, so that tests of other
 * folders can include it as well.
 */
#ifndef TEST_STACK_H
#define TEST_STACK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <libos.h>

#define STACK_NSEC 1000000000ul
#define STACK_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Ends the program: the test has failed. */
static inline void __attribute__((noreturn))
stack_fail(const char *file, int line, const char *what)
{
	int err = errno;

	printf("not ok - %s:%d: %s (errno %d, %s; libos: %s)\n", file, line, what, err,
	       strerror(err), libos_error());
	fflush(stdout);
	_exit(1);
}

#define must(condition)							\
	do {								\
		if (!(condition))					\
			stack_fail(__FILE__, __LINE__, #condition);	\
	} while (0)

/* A stack of the release under test; @options may be NULL. */
static inline struct libos *stack_open(const struct libos_options *options)
{
	struct libos_options o = { 0 };
	struct libos *os;

	if (options)
		o = *options;
	o.size = sizeof(o);
	if (!o.release)
		o.release = getenv("LIBOS_RELEASE");
	os = libos_open(&o);
	if (!os) {
		printf("Bail out! no stack: %s (%s)\n", libos_error(), strerror(errno));
		fflush(stdout);
		exit(1);
	}
	return os;
}

/* One whose loopback is up. */
static inline struct libos *stack_open_lo(const struct libos_options *options)
{
	struct libos *os = stack_open(options);

	must(!libos_configure(os, "link set lo up"));
	return os;
}

static inline uint64_t stack_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * STACK_NSEC + ts.tv_nsec;
}

/* A number from the environment, for shorter or longer runs. */
static inline uint64_t stack_env(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value && *value ? strtoull(value, NULL, 0) : otherwise;
}

/* splitmix64 (Steele, Lea, Flood 2014): the test's random numbers and patterns */
static inline uint64_t stack_mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

static inline uint64_t stack_random(uint64_t *state)
{
	return stack_mix(*state += 0x9e3779b97f4a7c15ull);
}

/*
 * Byte @at of the endless pattern @seed: so any stretch of a stream can be written,
 * and checked, without knowing what came before.
 */
static inline uint8_t stack_pattern(uint64_t seed, uint64_t at)
{
	return stack_mix(seed + at / 8 * 0x9e3779b97f4a7c15ull) >> at % 8 * 8;
}

static inline void stack_fill(uint64_t seed, uint64_t at, uint8_t *buf, size_t len)
{
	size_t i = 0;

	for (; i < len && (at + i) % 8; i++)
		buf[i] = stack_pattern(seed, at + i);
	for (; i + 8 <= len; i += 8) {
		uint64_t word = stack_mix(seed + (at + i) / 8 * 0x9e3779b97f4a7c15ull);

		memcpy(buf + i, &word, 8);
	}
	for (; i < len; i++)
		buf[i] = stack_pattern(seed, at + i);
}

/* Whether @buf is the pattern from @at on. At most 64 KiB. */
static inline bool stack_same(uint64_t seed, uint64_t at, const uint8_t *buf, size_t len)
{
	static __thread uint8_t want[65536];

	must(len <= sizeof(want));
	stack_fill(seed, at, want, len);
	return !memcmp(want, buf, len);
}

/* FNV-1a: @sum begins as 0 */
static inline uint64_t stack_sum(uint64_t sum, const void *data, size_t len)
{
	const uint8_t *p = data;

	sum ^= 0xcbf29ce484222325ull;
	while (len--)
		sum = (sum ^ *p++) * 0x100000001b3ull;
	return sum ^ 0xcbf29ce484222325ull;
}

/* An address of either family. Return: its length. */
static inline socklen_t stack_addr(struct sockaddr_storage *ss, const char *text,
				   uint16_t port)
{
	struct sockaddr_in *in = (void *)ss;
	struct sockaddr_in6 *in6 = (void *)ss;

	memset(ss, 0, sizeof(*ss));
	if (strchr(text, ':')) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		must(inet_pton(AF_INET6, text, &in6->sin6_addr) == 1);
		return sizeof(*in6);
	}
	in->sin_family = AF_INET;
	in->sin_port = htons(port);
	must(inet_pton(AF_INET, text, &in->sin_addr) == 1);
	return sizeof(*in);
}

static inline int stack_bind(struct libos *os, int fd, const char *text, uint16_t port)
{
	struct sockaddr_storage ss;
	socklen_t len = stack_addr(&ss, text, port);

	return libos_bind(os, fd, (struct sockaddr *)&ss, len);
}

static inline int stack_connect(struct libos *os, int fd, const char *text, uint16_t port)
{
	struct sockaddr_storage ss;
	socklen_t len = stack_addr(&ss, text, port);

	return libos_connect(os, fd, (struct sockaddr *)&ss, len);
}

/* A TCP socket that listens at @text:@port. */
static inline int stack_listen(struct libos *os, const char *text, uint16_t port)
{
	int fd, one = 1;

	fd = libos_socket(os, strchr(text, ':') ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
	must(fd >= 0);
	must(!libos_setsockopt(os, fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)));
	must(!stack_bind(os, fd, text, port));
	must(!libos_listen(os, fd, 16));
	return fd;
}

/* Two ends of a TCP connection over the stack's loopback. */
static inline void stack_tcp_pair(struct libos *os, const char *text, uint16_t port, int fd[2])
{
	int listener = stack_listen(os, text, port);

	fd[0] = libos_socket(os, strchr(text, ':') ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
	must(fd[0] >= 0);
	must(!stack_connect(os, fd[0], text, port));
	fd[1] = libos_accept(os, listener, NULL, NULL);
	must(fd[1] >= 0);
	must(!libos_close_fd(os, listener));
}

/* Proof of life: a TCP connection over the loopback carries 64 KiB there and back. */
static inline void stack_tcp_echo(struct libos *os, uint16_t port)
{
	static __thread uint8_t out[65536], in[65536];
	size_t done, got, rounds;
	int fd[2], dir;

	stack_tcp_pair(os, "127.0.0.1", port, fd);
	for (dir = 0; dir < 2; dir++) {
		stack_fill(port + dir, 0, out, sizeof(out));
		for (done = got = rounds = 0; got < sizeof(in) && rounds < 10000; rounds++) {
			ssize_t n = libos_send(os, fd[dir], out + done, sizeof(out) - done,
					       MSG_DONTWAIT);

			must(n >= 0 || errno == EAGAIN);
			done += n > 0 ? n : 0;
			if (done == got)
				continue;
			n = libos_recv(os, fd[!dir], in + got, sizeof(in) - got, 0);
			must(n > 0);
			got += n;
		}
		must(got == sizeof(in) && !memcmp(in, out, sizeof(in)));
	}
	must(!libos_close_fd(os, fd[0]));
	must(!libos_close_fd(os, fd[1]));
}

/* A whole file of the stack's, as a string. Return: its length, or -1. */
static inline ssize_t stack_read_file(struct libos *os, const char *path, char *buf, size_t size)
{
	ssize_t n, len = 0;
	int fd = libos_open_file(os, path, O_RDONLY, 0);

	if (fd < 0)
		return -1;
	while (len < (ssize_t)size - 1 &&
	       (n = libos_read(os, fd, buf + len, size - 1 - len)) > 0)
		len += n;
	buf[len] = 0;
	libos_close_fd(os, fd);
	return len;
}

/**
 * struct stack_stats - a line of /proc/net/dev
 */
struct stack_stats {
	uint64_t rx_bytes, rx_packets, rx_errors, rx_dropped;
	uint64_t tx_bytes, tx_packets, tx_errors, tx_dropped;
};

/* Finds interface @name in the text of a /proc/net/dev. */
static inline bool stack_stats_parse(const char *text, const char *name, struct stack_stats *s)
{
	char want[32];
	const char *line;

	snprintf(want, sizeof(want), "%s:", name);
	line = strstr(text, want);
	return line && sscanf(line + strlen(want),
			      "%lu %lu %lu %lu %*u %*u %*u %*u %lu %lu %lu %lu",
			      &s->rx_bytes, &s->rx_packets, &s->rx_errors, &s->rx_dropped,
			      &s->tx_bytes, &s->tx_packets, &s->tx_errors,
			      &s->tx_dropped) == 8;
}

static inline struct stack_stats stack_stats(struct libos *os, const char *name)
{
	char text[8192];
	struct stack_stats s;

	must(stack_read_file(os, "/proc/thread-self/net/dev", text, sizeof(text)) > 0);
	must(stack_stats_parse(text, name, &s));
	return s;
}

/* Four threads do @fn on a fresh stack, at once. */
static inline void stack_at_once(void *(*fn)(void *os))
{
	struct libos *os = stack_open(NULL);
	pthread_t threads[4];
	int i;

	for (i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, fn, os), 0);
	for (i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(libos_close(os), 0);
}

#endif
