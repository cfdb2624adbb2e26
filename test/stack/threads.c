// SPDX-License-Identifier: GPL-2.0
/*
 * threads.c - many threads, many sockets: nothing is lost, nothing is changed
 *
 * 8 threads with 4 sockets each, each socket joined to another thread's: TCP over
 * IPv4 and IPv6, UDP, and unix sequenced packets (in the variant with two stacks:
 * TCP once more). Both ends of each send an endless pattern of their own and check
 * every byte of the other's; at the end both compare how many there were, and
 * their sum. A datagram carries its number; a few at most are on their way at
 * once, fewer than the buffers hold, so that none may be missing either.
 *
 * The threads wait in poll, epoll (level and edge triggered), select or a read that
 * blocks for a while. LIBOS_TEST_SECONDS: how long, default 60.
 *
 * timeout: 400
 */
#include "stack.h"

#include <pthread.h>
#include <sys/time.h>

enum {
	THREADS = 8,
	SOCKETS = 4,
	WINDOW = 8,			/* datagrams under way */
	DGRAM_MAX = 4096,
	STALL_S = 20,			/* without a byte: something is lost */
	WAIT_MS = 100,
};

enum kind { STREAM, DGRAM, PACKET };

/* A datagram: DATA number @number, or an acknowledgement that @number is next. */
struct header {
	uint32_t type;
	uint32_t number;
	uint64_t sum;
};

enum { DATA = 0x64617461, ACK = 0x61636b21, END = 0x656e6421 };

/**
 * struct end - one socket
 * @out_seed, @in_seed: patterns
 * @out, @in: bytes
 * @out_sum, @in_sum: of them
 * @sent, @acked, @received: datagrams
 * @finished: we said that nothing comes any more
 * @over: the other side did
 */
struct end {
	struct libos *os;
	enum kind kind;
	int fd;
	uint64_t out_seed, in_seed;
	uint64_t out, in;
	uint64_t out_sum, in_sum;
	uint32_t sent, acked, received;
	bool finished, over;
	struct end *other;
};

/**
 * struct worker - one thread
 * @mode: how it waits
 */
struct worker {
	pthread_t thread;
	struct libos *os;
	unsigned int mode;
	int epfd;
	uint64_t random;
	uint64_t progress;
	struct end ends[SOCKETS];
};

static struct worker workers[THREADS];
static uint64_t deadline;

static bool full(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* ------------------------------------------------------------------ *
 * streams and packets
 */

static bool stream_send(struct end *e, struct worker *w)
{
	uint8_t buf[16384];
	size_t len = 1 + stack_random(&w->random) % sizeof(buf);
	ssize_t n;

	if (e->finished)
		return false;
	if (stack_now() >= deadline) {
		must(!libos_shutdown(e->os, e->fd, SHUT_WR));
		return e->finished = true;
	}
	stack_fill(e->out_seed, e->out, buf, len);
	n = libos_send(e->os, e->fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (full(n))
		return false;
	must(n > 0);
	must(e->kind == STREAM || n == (ssize_t)len);
	e->out_sum = stack_sum(e->out_sum, buf, n);
	e->out += n;
	return true;
}

static bool stream_receive(struct end *e, int flags)
{
	uint8_t buf[32768];
	ssize_t n;

	if (e->over)
		return false;
	n = libos_recv(e->os, e->fd, buf, sizeof(buf), flags);
	if (full(n))
		return false;
	must(n >= 0);
	if (!n)
		return e->over = true;
	must(stack_same(e->in_seed, e->in, buf, n));
	e->in_sum = stack_sum(e->in_sum, buf, n);
	e->in += n;
	return true;
}

/* ------------------------------------------------------------------ *
 * datagrams
 */

static void dgram_say(struct end *e, uint32_t type, uint32_t number)
{
	struct header h = { .type = type, .number = number };
	int tries = 0;

	while (libos_send(e->os, e->fd, &h, sizeof(h), 0) != sizeof(h))
		must((errno == EINTR || errno == ECONNREFUSED) && tries++ < 1000);
}

static bool dgram_send(struct end *e, struct worker *w)
{
	uint8_t buf[DGRAM_MAX];
	size_t len = sizeof(struct header) +
		     stack_random(&w->random) % (sizeof(buf) - sizeof(struct header));
	size_t data = len - sizeof(struct header);
	struct header h = { .type = DATA, .number = e->sent };
	ssize_t n;

	if (e->finished || e->sent - e->acked >= WINDOW)
		return false;
	if (stack_now() >= deadline) {
		if (e->sent != e->acked)
			return false;
		dgram_say(e, END, e->sent);
		return e->finished = true;
	}
	stack_fill(e->out_seed, e->out, buf + sizeof(h), data);
	h.sum = stack_sum(0, buf + sizeof(h), data);
	memcpy(buf, &h, sizeof(h));
	n = libos_send(e->os, e->fd, buf, len, MSG_DONTWAIT);
	if (full(n))
		return false;
	must(n == (ssize_t)len);
	e->out_sum = stack_sum(e->out_sum, buf + sizeof(h), data);
	e->out += data;
	e->sent++;
	return true;
}

static void dgram_data(struct end *e, const struct header *h, const uint8_t *data, size_t len)
{
	must(h->number == e->received);
	must(stack_sum(0, data, len) == h->sum);
	must(stack_same(e->in_seed, e->in, data, len));
	e->in_sum = stack_sum(e->in_sum, data, len);
	e->in += len;
	e->received++;
	dgram_say(e, ACK, e->received);
}

static bool dgram_receive(struct end *e, int flags)
{
	uint8_t buf[DGRAM_MAX + 1];
	struct header h;
	ssize_t n;

	/* Also after the END: our own data may still want their ACK. */
	n = libos_recv(e->os, e->fd, buf, sizeof(buf), flags);
	if (full(n) || (n < 0 && errno == ECONNREFUSED))
		return false;
	must(n >= (ssize_t)sizeof(h));
	memcpy(&h, buf, sizeof(h));
	if (h.type == DATA) {
		dgram_data(e, &h, buf + sizeof(h), n - sizeof(h));
	} else if (h.type == ACK) {
		must(h.number - e->acked <= e->sent - e->acked);
		e->acked = h.number;
	} else {
		must(h.type == END && h.number == e->received);
		e->over = true;
	}
	return true;
}

/* ------------------------------------------------------------------ *
 * threads
 */

static bool end_send(struct end *e, struct worker *w)
{
	return e->kind == DGRAM ? dgram_send(e, w) : stream_send(e, w);
}

static bool end_receive(struct end *e, int flags)
{
	return e->kind == DGRAM ? dgram_receive(e, flags) : stream_receive(e, flags);
}

static bool wants_out(const struct end *e)
{
	if (e->finished)
		return false;
	return e->kind != DGRAM || e->sent - e->acked < WINDOW;
}

static bool worker_done(const struct worker *w)
{
	int i;

	for (i = 0; i < SOCKETS; i++)
		if (!w->ends[i].finished || !w->ends[i].over)
			return false;
	return true;
}

static void wait_poll(struct worker *w)
{
	struct pollfd p[SOCKETS];
	int i;

	for (i = 0; i < SOCKETS; i++) {
		p[i].fd = w->ends[i].over && w->ends[i].finished ? -1 : w->ends[i].fd;
		p[i].events = (w->ends[i].over ? 0 : POLLIN) |
			      (wants_out(&w->ends[i]) ? POLLOUT : 0);
	}
	must(libos_poll(w->os, p, SOCKETS, WAIT_MS) >= 0 || errno == EINTR);
}

static void wait_select(struct worker *w)
{
	struct timeval tv = { .tv_usec = WAIT_MS * 1000 };
	fd_set in, out;
	int i, n = 0;

	FD_ZERO(&in);
	FD_ZERO(&out);
	for (i = 0; i < SOCKETS; i++) {
		if (!w->ends[i].over)
			FD_SET(w->ends[i].fd, &in);
		if (wants_out(&w->ends[i]))
			FD_SET(w->ends[i].fd, &out);
		if (w->ends[i].fd >= n)
			n = w->ends[i].fd + 1;
	}
	must(libos_select(w->os, n, &in, &out, NULL, &tv) >= 0 || errno == EINTR);
}

static void wait_epoll(struct worker *w, bool edge)
{
	struct epoll_event event, got[SOCKETS];
	int i;

	for (i = 0; i < SOCKETS && !edge; i++) {
		event.events = (w->ends[i].over ? 0 : EPOLLIN) |
			       (wants_out(&w->ends[i]) ? EPOLLOUT : 0);
		event.data.u32 = i;
		must(!libos_epoll_ctl(w->os, w->epfd, EPOLL_CTL_MOD, w->ends[i].fd, &event));
	}
	must(libos_epoll_wait(w->os, w->epfd, got, SOCKETS, WAIT_MS) >= 0 || errno == EINTR);
}

/* SO_RCVTIMEO bounds it. */
static bool wait_read(struct worker *w)
{
	struct end *e = &w->ends[stack_random(&w->random) % SOCKETS];

	return !e->over && end_receive(e, 0);
}

static bool worker_wait(struct worker *w)
{
	switch (w->mode) {
	case 0:
		wait_poll(w);
		return false;
	case 1:
		wait_epoll(w, false);
		return false;
	case 2:
		wait_epoll(w, true);
		return false;
	case 3:
		wait_select(w);
		return false;
	default:
		return wait_read(w);
	}
}

static void worker_prepare(struct worker *w)
{
	struct timeval tv = { .tv_usec = 20000 };
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT };
	int i;

	w->epfd = libos_epoll_create1(w->os, 0);
	must(w->epfd >= 0);
	if (w->mode == 2)
		event.events |= EPOLLET;
	for (i = 0; i < SOCKETS; i++) {
		event.data.u32 = i;
		must(!libos_epoll_ctl(w->os, w->epfd, EPOLL_CTL_ADD, w->ends[i].fd, &event));
		must(!libos_setsockopt(w->os, w->ends[i].fd, SOL_SOCKET, SO_RCVTIMEO, &tv,
				       sizeof(tv)));
	}
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	int i;

	worker_prepare(w);
	w->progress = stack_now();
	while (!worker_done(w)) {
		bool any = false;

		for (i = 0; i < SOCKETS; i++) {
			any |= end_send(&w->ends[i], w);
			any |= end_receive(&w->ends[i], MSG_DONTWAIT);
		}
		if (!any)
			any = worker_wait(w);
		if (any)
			w->progress = stack_now();
		must(stack_now() - w->progress < STALL_S * STACK_NSEC);
	}
	must(!libos_close_fd(w->os, w->epfd));
	return NULL;
}

/* ------------------------------------------------------------------ *
 * connections
 */

static void join_ends(struct end *a, struct end *b, enum kind kind, int fd_a, int fd_b)
{
	static uint64_t seed = 1;

	*a = (struct end){ .kind = kind, .fd = fd_a, .other = b };
	*b = (struct end){ .kind = kind, .fd = fd_b, .other = a };
	a->out_seed = b->in_seed = stack_random(&seed);
	b->out_seed = a->in_seed = stack_random(&seed);
}

/* @a listens at @address, @b connects. */
static void join_tcp(struct worker *a, struct worker *b, int i, const char *address,
		     uint16_t port)
{
	int family = strchr(address, ':') ? AF_INET6 : AF_INET;
	int listener = stack_listen(a->os, address, port), accepted, fd;

	fd = libos_socket(b->os, family, SOCK_STREAM, 0);
	must(fd >= 0 && !stack_connect(b->os, fd, address, port));
	accepted = libos_accept(a->os, listener, NULL, NULL);
	must(accepted >= 0 && !libos_close_fd(a->os, listener));
	join_ends(&a->ends[i], &b->ends[i], STREAM, accepted, fd);
	a->ends[i].os = a->os;
	b->ends[i].os = b->os;
}

static void join_udp(struct worker *a, struct worker *b, int i, const char *address_a,
		     const char *address_b, uint16_t port)
{
	int fd_a = libos_socket(a->os, AF_INET, SOCK_DGRAM, 0);
	int fd_b = libos_socket(b->os, AF_INET, SOCK_DGRAM, 0);

	must(fd_a >= 0 && fd_b >= 0);
	must(!stack_bind(a->os, fd_a, address_a, port));
	must(!stack_bind(b->os, fd_b, address_b, port + 1));
	must(!stack_connect(a->os, fd_a, address_b, port + 1));
	must(!stack_connect(b->os, fd_b, address_a, port));
	join_ends(&a->ends[i], &b->ends[i], DGRAM, fd_a, fd_b);
	a->ends[i].os = a->os;
	b->ends[i].os = b->os;
}

static void join_unix(struct worker *a, struct worker *b, int i)
{
	int fd[2];

	must(!libos_socketpair(a->os, AF_UNIX, SOCK_SEQPACKET, 0, fd));
	join_ends(&a->ends[i], &b->ends[i], PACKET, fd[0], fd[1]);
	a->ends[i].os = b->ends[i].os = a->os;
}

static void run(uint64_t seconds)
{
	uint64_t bytes = 0;
	int i, k;

	deadline = stack_now() + seconds * STACK_NSEC;
	for (i = 0; i < THREADS; i++) {
		workers[i].mode = i % 5;
		workers[i].random = i;
		must(!pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]));
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
	for (i = 0; i < THREADS; i++) {
		for (k = 0; k < SOCKETS; k++) {
			struct end *e = &workers[i].ends[k];

			assert_true(e->in > 0);
			assert_int_equal(e->in, e->other->out);
			assert_int_equal(e->in_sum, e->other->out_sum);
			bytes += e->in;
			assert_int_equal(libos_close_fd(e->os, e->fd), 0);
		}
	}
	print_message("# %lu MB in %lu s\n", bytes / 1000000, seconds);
}

static void one_stack(void **state)
{
	struct libos *os = stack_open_lo(NULL);
	int i, k;

	(void)state;
	for (i = 0; i < THREADS; i++)
		workers[i].os = os;
	for (k = 0; k < SOCKETS; k++) {
		/* Each socket has another neighbour. */
		for (i = 0; i < THREADS; i++) {
			int other = i ^ (k == 3 ? 7 : 1 << k);

			if (other < i)
				continue;
			if (k == 0)
				join_tcp(&workers[i], &workers[other], k, "127.0.0.1", 7000);
			else if (k == 1)
				join_tcp(&workers[i], &workers[other], k, "::1", 7000);
			else if (k == 2)
				join_udp(&workers[i], &workers[other], k, "127.0.0.1",
					 "127.0.0.1", 8000 + 2 * i);
			else
				join_unix(&workers[i], &workers[other], k);
		}
	}
	run(stack_env("LIBOS_TEST_SECONDS", 60));
	assert_int_equal(libos_close(os), 0);
}

/* An address is tentative at first; a connection would not take it. */
static void wait_for_address(struct libos *os, const char *address)
{
	int i, err = -1;

	for (i = 0; i < 100 && err; i++) {
		int fd = libos_socket(os, AF_INET6, SOCK_DGRAM, 0);

		err = stack_bind(os, fd, address, 9);
		must(!libos_close_fd(os, fd));
		if (err)
			usleep(50000);
	}
	must(!err);
}

/* Threads 0 to 3 in one stack, their partners in the other. */
static void two_stacks(void **state)
{
	/*
	 * Enough for 24 sockets' buffers: without memory the kernel may stop a connection for
	 * good (doc/limits.md, known bugs), which is not what is looked for here.
	 */
	struct libos_options options = { .memory = 256 << 20 };
	struct libos *os[2] = { stack_open_lo(&options), stack_open_lo(&options) };
	struct libos_netdev_config config = { .name = "eth0" };
	uint64_t seconds = stack_env("LIBOS_TEST_SECONDS", 60) / 4;
	int i;

	(void)state;
	assert_int_equal(libos_netdev_pair(os[0], &config, os[1], &config, NULL), 0);
	assert_int_equal(libos_configure(os[0], "addr add 10.0.0.1/24 dev eth0; "
					 "addr add fd00::1/64 dev eth0; "
					 "sysctl net.ipv6.conf.eth0.dad_transmits=0; "
					 "link set eth0 up"), 0);
	assert_int_equal(libos_configure(os[1], "addr add 10.0.0.2/24 dev eth0; "
					 "sysctl net.ipv6.conf.eth0.dad_transmits=0; "
					 "link set eth0 up; "
					 "addr add fd00::2/64 dev eth0"), 0);
	wait_for_address(os[0], "fd00::1");
	wait_for_address(os[1], "fd00::2");
	for (i = 0; i < THREADS; i++)
		workers[i].os = os[i / 4];
	for (i = 0; i < 4; i++) {
		join_tcp(&workers[i], &workers[i + 4], 0, "10.0.0.1", 7000);
		join_tcp(&workers[i], &workers[i + 4], 1, "fd00::1", 7000);
		join_udp(&workers[i], &workers[4 + (i + 1) % 4], 2, "10.0.0.1", "10.0.0.2",
			 8000 + 2 * i);
		join_tcp(&workers[4 + (i + 2) % 4], &workers[i], 3, "10.0.0.2", 7001 + i);
	}
	run(seconds ? seconds : 1);
	assert_int_equal(libos_close(os[0]), 0);
	assert_int_equal(libos_close(os[1]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_stack),
		cmocka_unit_test(two_stacks),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
