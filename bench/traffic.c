// SPDX-License-Identifier: GPL-2.0
/*
 * traffic.c - calls, datagrams, transactions and streams
 *
 * One thread: CPU time of the process a round. Two and more: wall time, since waking
 * each other is what they do. The near side connects and says when it is over; the
 * far side's thread ends at the end of its connection.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"

/* Rounds between two looks at the clock */
#define BATCH 32

/* ------------------------------------------------------------------ *
 * one thread
 */

struct single {
	struct net net;
	int tx, rx;
};

static void single_getppid(const struct single *s)
{
	net_getppid(&s->net);
}

static void single_udp(const struct single *s)
{
	char buf[64] = { 0 };

	fail_if(NET(&s->net, send, s->tx, buf, sizeof(buf), 0) != sizeof(buf), "send");
	fail_if(NET(&s->net, recv, s->rx, buf, sizeof(buf), 0) != sizeof(buf), "recv");
}

static void single_echo(const struct single *s)
{
	char buf[64] = { 0 };

	single_udp(s);
	fail_if(NET(&s->net, send, s->rx, buf, sizeof(buf), 0) != sizeof(buf), "send");
	fail_if(NET(&s->net, recv, s->tx, buf, sizeof(buf), 0) != sizeof(buf), "recv");
}

/* Prints nanoseconds of CPU a round. */
#define SINGLE(job, s, round) do {						\
	uint64_t cpu, end, n = 0;						\
	int i;									\
										\
	for (i = 0; i < 1000; i++)						\
		round(s);							\
	cpu = cpu_ns();								\
	for (end = wall_ns() + (job)->ns; wall_ns() < end; n += 10 * BATCH)	\
		for (i = 0; i < 10 * BATCH; i++)				\
			round(s);						\
	printf("%.2f\n", (double)(cpu_ns() - cpu) / n);				\
} while (0)

void traffic_getppid(const struct job *job)
{
	struct single s;
	struct net far;

	net_link(job->link, job->lib, &s.net, &far);
	SINGLE(job, &s, single_getppid);
}

void traffic_udp(const struct job *job)
{
	struct sockaddr_in self = { .sin_family = AF_INET };
	socklen_t len = sizeof(self);
	struct single s;
	struct net far;

	net_link(job->link, job->lib, &s.net, &far);
	self.sin_addr.s_addr = s.net.addr;
	s.tx = s.rx = NET(&s.net, socket, AF_INET, SOCK_DGRAM, 0);
	fail_if(s.tx < 0 ||
		NET(&s.net, bind, s.tx, (struct sockaddr *)&self, len) ||
		NET(&s.net, getsockname, s.tx, (struct sockaddr *)&self, &len) ||
		NET(&s.net, connect, s.tx, (struct sockaddr *)&self, len), "UDP socket");
	SINGLE(job, &s, single_udp);
}

void traffic_echo(const struct job *job)
{
	struct sockaddr_in to;
	struct single s;
	struct net far;
	int listener;

	net_link(job->link, job->lib, &s.net, &far);
	listener = net_listen(&far, &to);
	s.tx = net_connect(&s.net, &to);
	s.rx = NET(&far, accept, listener, NULL, NULL);
	fail_if(s.rx < 0, "accept");
	SINGLE(job, &s, single_echo);
}

/* ------------------------------------------------------------------ *
 * two sides
 */

/**
 * struct sides - both sides, and what connects them
 * @serve: the far side's thread
 */
struct sides {
	struct net near, far;
	struct sockaddr_in to;
	int listener;
	uint64_t ns;
	void (*serve)(struct sides *s);
	pthread_t thread;
};

static void *far_thread(void *arg)
{
	struct sides *s = arg;

	net_enter(&s->far);
	s->serve(s);
	return NULL;
}

static void sides_start(struct sides *s, const struct job *job,
			void (*serve)(struct sides *))
{
	net_link(job->link, job->lib, &s->near, &s->far);
	s->listener = net_listen(&s->far, &s->to);
	net_enter(&s->near);
	s->ns = job->ns;
	s->serve = serve;
	fail_if(pthread_create(&s->thread, NULL, far_thread, s), "pthread_create");
}

static int far_accept(struct sides *s)
{
	int fd = NET(&s->far, accept, s->listener, NULL, NULL);

	fail_if(fd < 0, "accept");
	return fd;
}

/* A byte there and back. */
static void near_transaction(const struct net *net, int fd)
{
	char byte = 0;

	fail_if(NET(net, send, fd, &byte, 1, 0) != 1, "send");
	fail_if(NET(net, recv, fd, &byte, 1, 0) != 1, "recv");
}

/* Answers until the connection ends; returns how many. */
static unsigned long far_answer(const struct net *net, int fd)
{
	unsigned long n;
	char byte;

	for (n = 0; NET(net, recv, fd, &byte, 1, 0) == 1; n++)
		fail_if(NET(net, send, fd, &byte, 1, 0) != 1, "send");
	net_close(net, fd);
	return n;
}

static void serve_rr(struct sides *s)
{
	far_answer(&s->far, far_accept(s));
}

/* Prints microseconds a transaction, and transactions a second. */
static void print_transactions(uint64_t ns, unsigned long n)
{
	printf("%.3f %.0f\n", ns / 1e3 / n, n * 1e9 / ns);
}

void traffic_rr(const struct job *job)
{
	uint64_t start, now;
	unsigned long n = 0;
	struct sides s;
	int fd, i;

	sides_start(&s, job, serve_rr);
	fd = net_connect(&s.near, &s.to);
	for (i = 0; i < 100; i++)
		near_transaction(&s.near, fd);
	start = wall_ns();
	for (now = start; now - start < s.ns; now = wall_ns(), n += BATCH)
		for (i = 0; i < BATCH; i++)
			near_transaction(&s.near, fd);
	print_transactions(now - start, n);
	net_close(&s.near, fd);
	pthread_join(s.thread, NULL);
}

/* Ends with a connection that asks nothing. */
static void serve_crr(struct sides *s)
{
	while (far_answer(&s->far, far_accept(s)))
		;
}

void traffic_crr(const struct job *job)
{
	uint64_t start, now;
	unsigned long n = 0;
	struct sides s;
	int fd;

	sides_start(&s, job, serve_crr);
	start = wall_ns();
	for (now = start; now - start < s.ns; now = wall_ns(), n++) {
		fd = net_connect(&s.near, &s.to);
		near_transaction(&s.near, fd);
		net_close(&s.near, fd);
	}
	print_transactions(now - start, n);
	net_close(&s.near, net_connect(&s.near, &s.to));
	pthread_join(s.thread, NULL);
}

/* ------------------------------------------------------------------ *
 * many pairs
 */

#define PAIRS 16

struct pairs {
	struct sides sides;
	pthread_barrier_t start;
	bool stop;
	unsigned long n;
};

static void *pair_far(void *arg)
{
	struct pairs *p = arg;

	net_enter(&p->sides.far);
	serve_rr(&p->sides);
	return NULL;
}

static void *pair_near(void *arg)
{
	struct pairs *p = arg;
	unsigned long n;
	int fd, i;

	net_enter(&p->sides.near);
	fd = net_connect(&p->sides.near, &p->sides.to);
	for (i = 0; i < 10; i++)
		near_transaction(&p->sides.near, fd);
	pthread_barrier_wait(&p->start);
	for (n = 0; !__atomic_load_n(&p->stop, __ATOMIC_RELAXED); n++)
		near_transaction(&p->sides.near, fd);
	__atomic_fetch_add(&p->n, n, __ATOMIC_RELAXED);
	net_close(&p->sides.near, fd);
	return NULL;
}

void traffic_pairs(const struct job *job)
{
	struct timespec ts = { job->ns / 1000000000, job->ns % 1000000000 };
	pthread_t near[PAIRS], far[PAIRS];
	struct pairs p = { .n = 0 };
	uint64_t start, end;
	int i;

	net_link(job->link, job->lib, &p.sides.near, &p.sides.far);
	p.sides.listener = net_listen(&p.sides.far, &p.sides.to);
	pthread_barrier_init(&p.start, NULL, PAIRS + 1);
	for (i = 0; i < PAIRS; i++)
		fail_if(pthread_create(&far[i], NULL, pair_far, &p) ||
			pthread_create(&near[i], NULL, pair_near, &p), "pthread_create");
	pthread_barrier_wait(&p.start);
	start = wall_ns();
	clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
	__atomic_store_n(&p.stop, true, __ATOMIC_RELAXED);
	/* What is done until here counts: each stops after the one it is in. */
	end = wall_ns();
	for (i = 0; i < PAIRS; i++) {
		pthread_join(near[i], NULL);
		pthread_join(far[i], NULL);
	}
	print_transactions(end - start, p.n);
}

/* ------------------------------------------------------------------ *
 * streams
 */

#define BLOCK (64 << 10)
#define WARM_NS 50000000

/* Sends for the time of warming up and of the measurement. */
static void source(const struct net *net, int fd, uint64_t ns)
{
	static char block[BLOCK];
	uint64_t end = wall_ns() + WARM_NS + ns;

	while (wall_ns() < end)
		fail_if(NET(net, send, fd, block, BLOCK, 0) <= 0, "send");
	net_close(net, fd);
}

/* Prints Gbit/s of what arrives after warming up. */
static void sink(const struct net *net, int fd)
{
	static char block[BLOCK];
	uint64_t begin = wall_ns(), start = 0, now = begin, bytes = 0;
	ssize_t n;

	while ((n = NET(net, recv, fd, block, BLOCK, 0)) > 0) {
		now = wall_ns();
		if (start)
			bytes += n;
		else if (now - begin >= WARM_NS)
			start = now;
	}
	fail_if(n < 0, "recv");
	fail_if(!bytes, "nothing arrived");
	printf("%.4f\n", bytes * 8.0 / (now - start));
	net_close(net, fd);
}

static void serve_sink(struct sides *s)
{
	sink(&s->far, far_accept(s));
}

static void serve_source(struct sides *s)
{
	source(&s->far, far_accept(s), s->ns);
}

void traffic_send(const struct job *job)
{
	struct sides s;

	sides_start(&s, job, serve_sink);
	source(&s.near, net_connect(&s.near, &s.to), s.ns);
	pthread_join(s.thread, NULL);
}

void traffic_receive(const struct job *job)
{
	struct sides s;

	sides_start(&s, job, serve_source);
	sink(&s.near, net_connect(&s.near, &s.to));
	pthread_join(s.thread, NULL);
}
