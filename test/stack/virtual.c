// SPDX-License-Identifier: GPL-2.0
/*
 * virtual.c - virtual time: as fast as the machine goes, and the same every time
 *
 * Two network namespaces of one stack, joined by veth with netem on both ends, in
 * one thread: sockets do not block, and when nothing can be done the clock is moved
 * on. A packet socket sees every frame, with its time. Runs with one seed must give
 * the same bytes, at other addresses and with other stacks around, too.
 *
 * timeout: 600
 */
#include "stack.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/timerfd.h>

#define MS 1000000ul
#define SECOND (1000 * MS)
#define TRANSFER 10000000u
#define PORT 5001
#define STEPS_MAX 3000000

/**
 * struct net - a stack with two namespaces
 * @ns: theirs; 0 is the initial one
 */
struct net {
	struct libos *os;
	int ns[2];
};

/**
 * struct capture - what the packet socket of namespace 0 saw
 * Each frame: its time, type and length, then its bytes.
 */
struct capture {
	int fd;
	uint8_t *data;
	size_t len, size;
	unsigned long frames;
};

/* ------------------------------------------------------------------ *
 * netem, by hand
 */

static void attr_add(void *msg, int type, const void *data, size_t len)
{
	struct nlmsghdr *h = msg;
	struct rtattr a = { .rta_type = type, .rta_len = RTA_LENGTH(len) };
	char *end = (char *)h + NLMSG_ALIGN(h->nlmsg_len);

	memcpy(end, &a, sizeof(a));
	memcpy(end + RTA_LENGTH(0), data, len);
	h->nlmsg_len = NLMSG_ALIGN(h->nlmsg_len) + RTA_ALIGN(a.rta_len);
}

static int ifindex(struct libos *os, const char *name)
{
	int fd = libos_socket(os, AF_INET, SOCK_DGRAM, 0);
	struct ifreq ifr = { 0 };

	must(fd >= 0);
	strcpy(ifr.ifr_name, name);
	must(!libos_ioctl(os, fd, SIOCGIFINDEX, &ifr));
	must(!libos_close_fd(os, fd));
	return ifr.ifr_ifindex;
}

/*
 * tc qdisc add dev @name root netem delay @delay_ns loss @loss rate @rate.
 * @loss: of 2^32; @rate: bytes a second, 0 for none. TCA_OPTIONS is a
 * struct tc_netem_qopt with attributes behind it (net/sched/sch_netem.c).
 */
static void netem_add(struct libos *os, const char *name, uint64_t delay_ns, uint32_t loss,
		      uint32_t rate)
{
	struct {
		struct nlmsghdr h;
		struct tcmsg t;
		char room[512];
	} msg = {
		.h.nlmsg_len = NLMSG_LENGTH(sizeof(struct tcmsg)),
		.h.nlmsg_type = RTM_NEWQDISC,
		.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
		.t.tcm_parent = TC_H_ROOT,
		.t.tcm_ifindex = ifindex(os, name),
	};
	struct tc_netem_qopt qopt = { .limit = 1000, .loss = loss };
	struct tc_netem_rate netem_rate = { .rate = rate };
	int64_t latency = delay_ns;
	struct rtattr *options;
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
		char room[512];
	} answer;
	int fd = libos_socket(os, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	must(fd >= 0);
	attr_add(&msg, TCA_KIND, "netem", 6);
	options = (void *)((char *)&msg.h + NLMSG_ALIGN(msg.h.nlmsg_len));
	attr_add(&msg, TCA_OPTIONS, &qopt, sizeof(qopt));
	attr_add(&msg, TCA_NETEM_LATENCY64, &latency, sizeof(latency));
	if (rate)
		attr_add(&msg, TCA_NETEM_RATE, &netem_rate, sizeof(netem_rate));
	options->rta_len = (char *)&msg.h + msg.h.nlmsg_len - (char *)options;
	must(libos_send(os, fd, &msg, msg.h.nlmsg_len, 0) == (ssize_t)msg.h.nlmsg_len);
	must(libos_recv(os, fd, &answer, sizeof(answer), 0) >=
	     (ssize_t)(sizeof(answer.h) + sizeof(answer.e)));
	errno = -answer.e.error;
	must(answer.h.nlmsg_type == NLMSG_ERROR && !answer.e.error);
	must(!libos_close_fd(os, fd));
}

/* ------------------------------------------------------------------ *
 * two namespaces
 */

static int open_ns(struct libos *os)
{
	int fd = libos_open_file(os, "/proc/thread-self/ns/net", O_RDONLY, 0);

	must(fd >= 0);
	return fd;
}

static void enter(struct net *net, int ns)
{
	must(!libos_setns(net->os, net->ns[ns], CLONE_NEWNET));
}

static void net_open(struct net *net, uint64_t seed, uint64_t delay_ns, uint32_t loss,
		     uint32_t rate)
{
	struct libos_options o = {
		.clock = LIBOS_CLOCK_VIRTUAL, .seed = &seed, .seed_len = sizeof(seed),
	};
	char command[64];

	net->os = stack_open(&o);
	net->ns[0] = open_ns(net->os);
	must(!libos_unshare(net->os, CLONE_NEWNET));
	net->ns[1] = open_ns(net->os);
	enter(net, 0);
	must(!libos_configure(net->os, "link add v0 type veth peer v1"));
	snprintf(command, sizeof(command), "link set v1 netns %d", net->ns[1]);
	must(!libos_configure(net->os, command));
	must(!libos_configure(net->os, "link set lo up; addr add 10.0.0.1/24 dev v0; "
			      "link set v0 address 02:00:00:00:00:01; link set v0 up; "
			      "neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev v0"));
	netem_add(net->os, "v0", delay_ns, loss, rate);
	enter(net, 1);
	must(!libos_configure(net->os, "link set lo up; addr add 10.0.0.2/24 dev v1; "
			      "link set v1 address 02:00:00:00:00:02; link set v1 up; "
			      "neigh add 10.0.0.1 lladdr 02:00:00:00:00:01 dev v1"));
	netem_add(net->os, "v1", delay_ns, loss, rate);
	enter(net, 0);
}

static void net_close(struct net *net)
{
	libos_close_fd(net->os, net->ns[0]);
	libos_close_fd(net->os, net->ns[1]);
	must(!libos_close(net->os));
}

/* To the next event. Return: false when there is none. */
static bool advance(struct net *net)
{
	static const uint64_t year = 365ull * 86400 * SECOND;
	uint64_t next = libos_clock_next(net->os);

	must(libos_clock_advance(net->os, libos_clock_now(net->os) + year) != UINT64_MAX);
	return next != UINT64_MAX;
}

/* ------------------------------------------------------------------ *
 * capture
 */

static void capture_open(struct net *net, struct capture *c)
{
	struct sockaddr_ll ll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
	};
	int one = 1, size = 8 << 20;

	memset(c, 0, sizeof(*c));
	c->size = 2 * TRANSFER;
	c->data = malloc(c->size);
	must(c->data);
	ll.sll_ifindex = ifindex(net->os, "v0");
	c->fd = libos_socket(net->os, AF_PACKET, SOCK_RAW, 0);
	must(c->fd >= 0);
	must(!libos_setsockopt(net->os, c->fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)));
	must(!libos_setsockopt(net->os, c->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)));
	must(!libos_bind(net->os, c->fd, (struct sockaddr *)&ll, sizeof(ll)));
}

static bool capture_read(struct net *net, struct capture *c)
{
	static uint8_t frame[65536 + 64];
	struct { struct cmsghdr c; struct timespec ts; } control;
	struct sockaddr_ll ll;
	struct iovec iov = { frame, sizeof(frame) };
	struct msghdr m = {
		.msg_name = &ll, .msg_namelen = sizeof(ll),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	uint64_t head[3];
	ssize_t n = libos_recvmsg(net->os, c->fd, &m, MSG_DONTWAIT);

	if (n < 0) {
		must(errno == EAGAIN);
		return false;
	}
	must(control.c.cmsg_type == SCM_TIMESTAMPNS);
	head[0] = control.ts.tv_sec * SECOND + control.ts.tv_nsec;
	head[1] = ll.sll_pkttype;
	head[2] = n;
	must(c->len + sizeof(head) + n <= c->size);
	memcpy(c->data + c->len, head, sizeof(head));
	memcpy(c->data + c->len + sizeof(head), frame, n);
	c->len += sizeof(head) + n;
	c->frames++;
	return true;
}

static void capture_close(struct net *net, struct capture *c)
{
	struct tpacket_stats stats;
	socklen_t len = sizeof(stats);

	while (capture_read(net, c))
		;
	must(!libos_getsockopt(net->os, c->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len));
	must(!stats.tp_drops);
	must(!libos_close_fd(net->os, c->fd));
}

/* ------------------------------------------------------------------ *
 * the tests
 */

/* SYN and its answer: 50 ms each, and not a nanosecond more. */
static void connect_takes_one_round_trip(void **state)
{
	struct pollfd p = { .events = POLLOUT };
	struct net net;
	uint64_t start;
	int listener, steps;

	(void)state;
	net_open(&net, 1, 50 * MS, 0, 0);
	enter(&net, 1);
	listener = stack_listen(net.os, "10.0.0.2", PORT);
	enter(&net, 0);
	p.fd = libos_socket(net.os, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	start = libos_clock_now(net.os);
	assert_int_equal(stack_connect(net.os, p.fd, "10.0.0.2", PORT), -1);
	assert_int_equal(errno, EINPROGRESS);
	for (steps = 0; steps < 1000 && !libos_poll(net.os, &p, 1, 0); steps++)
		advance(&net);
	assert_int_equal(p.revents, POLLOUT);
	assert_int_equal(libos_clock_now(net.os) - start, 100 * MS);
	libos_close_fd(net.os, p.fd);
	libos_close_fd(net.os, listener);
	net_close(&net);
}

/* What one run of the experiment gave. */
struct result {
	struct capture capture;
	uint64_t transfer_ns, sum;
	uint8_t random[16];
};

/* 10 MB from namespace 0 to namespace 1. */
static uint64_t transfer(struct net *net, struct capture *c)
{
	static uint8_t buf[65536];
	uint64_t start = libos_clock_now(net->os), out = 0, in = 0;
	int listener, from, to = -1;
	long steps;

	enter(net, 1);
	listener = stack_listen(net->os, "10.0.0.2", PORT);
	must(!libos_fcntl(net->os, listener, F_SETFL, O_NONBLOCK));
	enter(net, 0);
	from = libos_socket(net->os, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	must(stack_connect(net->os, from, "10.0.0.2", PORT) == -1 && errno == EINPROGRESS);
	for (steps = 0; in < TRANSFER && steps < STEPS_MAX; steps++) {
		bool any = false;
		ssize_t n;

		while (capture_read(net, c))
			any = true;
		if (to < 0)
			to = libos_accept4(net->os, listener, NULL, NULL, SOCK_NONBLOCK);
		if (out < TRANSFER) {
			size_t len = TRANSFER - out < 16384 ? TRANSFER - out : 16384;

			stack_fill(1, out, buf, len);
			n = libos_send(net->os, from, buf, len, 0);
			must(n > 0 || errno == EAGAIN);
			out += n > 0 ? n : 0;
			any |= n > 0;
		}
		n = to < 0 ? 0 : libos_recv(net->os, to, buf, sizeof(buf), 0);
		if (n > 0) {
			must(stack_same(1, in, buf, n));
			in += n;
			any = true;
		}
		if (!any)
			must(advance(net));
	}
	must(in == TRANSFER);
	libos_close_fd(net->os, from);
	libos_close_fd(net->os, to);
	libos_close_fd(net->os, listener);
	return libos_clock_now(net->os) - start;
}

static void sleep_an_hour(struct net *net, struct capture *c)
{
	struct itimerspec value = { .it_value.tv_sec = 3600 };
	int fd = libos_timerfd_create(net->os, CLOCK_MONOTONIC, TFD_NONBLOCK);
	uint64_t start = libos_clock_now(net->os), count;
	long steps;

	must(fd >= 0 && !libos_timerfd_settime(net->os, fd, 0, &value, NULL));
	for (steps = 0; steps < STEPS_MAX; steps++) {
		while (capture_read(net, c))
			;
		if (libos_read(net->os, fd, &count, sizeof(count)) == sizeof(count))
			break;
		must(errno == EAGAIN);
		must(advance(net));
	}
	must(steps < STEPS_MAX && count == 1);
	must(libos_clock_now(net->os) - start == 3600 * SECOND);
	libos_close_fd(net->os, fd);
}

/* 1 % of 2^32; 10 Mbit/s are 1,250,000 bytes a second. */
static void experiment(struct result *r, uint64_t seed)
{
	struct net net;

	net_open(&net, seed, 20 * MS, 42949673, 1250000);
	capture_open(&net, &r->capture);
	r->transfer_ns = transfer(&net, &r->capture);
	sleep_an_hour(&net, &r->capture);
	must(libos_getrandom(net.os, r->random, sizeof(r->random), 0) == sizeof(r->random));
	capture_close(&net, &r->capture);
	r->sum = stack_sum(0, r->capture.data, r->capture.len);
	net_close(&net);
	print_message("# seed %lu: 10 MB in %lu.%06lu s, %lu frames, %zu bytes, sum %016lx\n",
		      seed, r->transfer_ns / SECOND, r->transfer_ns % SECOND / 1000,
		      r->capture.frames, r->capture.len, r->sum);
}

static struct result first;

static void same_seed_same_bytes(struct result *r)
{
	size_t at = 0;

	assert_int_equal(r->transfer_ns, first.transfer_ns);
	while (at < r->capture.len && at < first.capture.len &&
	       r->capture.data[at] == first.capture.data[at])
		at++;
	if (at < r->capture.len)
		print_message("# the captures differ at byte %zu\n", at);
	assert_int_equal(r->capture.len, first.capture.len);
	assert_memory_equal(r->capture.data, first.capture.data, r->capture.len);
	assert_memory_equal(r->random, first.random, sizeof(r->random));
	free(r->capture.data);
}

/* At 10 Mbit/s 10 MB take 8 s at the least; with 1 % of loss not many times that. */
static void time_is_virtual(void **state)
{
	uint64_t start = stack_now();

	(void)state;
	experiment(&first, 1);
	assert_true(first.transfer_ns > 8 * SECOND);
	assert_true(first.transfer_ns < 80 * SECOND);
	assert_true(stack_now() - start < 60 * SECOND);
}

static void a_second_run_is_identical(void **state)
{
	struct result r;

	(void)state;
	experiment(&r, 1);
	same_seed_same_bytes(&r);
}

/* Another stack is there, the heap and the mappings are elsewhere, and signals come. */
static void so_it_is_at_other_addresses(void **state)
{
	struct libos *other = stack_open_lo(NULL);
	void *room = mmap(NULL, 123 << 12, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct result r;

	(void)state;
	experiment(&r, 1);
	same_seed_same_bytes(&r);
	munmap(room, 123 << 12);
	assert_int_equal(libos_close(other), 0);
}

static void another_seed_differs(void **state)
{
	struct result r;

	(void)state;
	experiment(&r, 2);
	assert_int_not_equal(r.sum, first.sum);
	assert_memory_not_equal(r.random, first.random, sizeof(r.random));
	free(r.capture.data);
}

static atomic_bool inside;

/* The stack is locked meanwhile: for longer than anybody spins for it. */
static int transmit_slowly(void *arg, const struct libos_frame *frames, int n)
{
	(void)arg;
	(void)frames;
	inside = true;
	usleep(50000);
	return n;
}

static void *call_meanwhile(void *arg)
{
	struct libos *os = arg;
	int fd;

	while (!inside)
		usleep(100);
	fd = libos_socket(os, AF_INET, SOCK_DGRAM, 0);
	must(fd >= 0 && !libos_close_fd(os, fd));
	return NULL;
}

/* However long a thread waits for another one's call. */
static void a_wait_for_the_stack_takes_no_time(void **state)
{
	const struct libos_netdev_ops ops = { .transmit = transmit_slowly };
	struct libos_netdev_config config = { .name = "eth0" };
	struct libos_options o = { .clock = LIBOS_CLOCK_VIRTUAL };
	struct libos *os = stack_open_lo(&o);
	uint64_t before;
	pthread_t thread;
	int fd, i;

	(void)state;
	must(libos_netdev_create(os, &config, &ops, NULL));
	must(!libos_configure(os, "addr add 10.0.0.1/24 dev eth0; link set eth0 up; "
			      "neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev eth0"));
	fd = libos_socket(os, AF_INET, SOCK_DGRAM, 0);
	must(fd >= 0 && !stack_connect(os, fd, "10.0.0.2", 7));
	before = libos_clock_now(os);
	for (i = 0; i < 5; i++) {
		inside = false;
		must(!pthread_create(&thread, NULL, call_meanwhile, os));
		must(libos_send(os, fd, "x", 1, 0) == 1);
		must(inside && !pthread_join(thread, NULL));
	}
	assert_int_equal(libos_clock_now(os), before);
	assert_int_equal(libos_close(os), 0);
}

/* A call between any two steps, and what it leaves to the kernel's threads: a second is a second. */
static void time_passes_beside_calls(void **state)
{
	struct libos *os = stack_open(&(struct libos_options){ .clock = LIBOS_CLOCK_VIRTUAL });
	uint64_t start = libos_clock_now(os);
	long steps;
	int fd;

	(void)state;
	for (steps = 0; libos_clock_now(os) - start < 5 * SECOND && steps < 100000; steps++) {
		fd = libos_socket(os, AF_INET, SOCK_STREAM, 0);
		must(fd >= 0 && !libos_close_fd(os, fd));
		must(libos_clock_advance(os, libos_clock_now(os) + SECOND) != UINT64_MAX);
	}
	assert_true(libos_clock_now(os) - start >= 5 * SECOND);
	assert_int_equal(libos_close(os), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connect_takes_one_round_trip),
		cmocka_unit_test(time_is_virtual),
		cmocka_unit_test(a_second_run_is_identical),
		cmocka_unit_test(so_it_is_at_other_addresses),
		cmocka_unit_test(another_seed_differs),
		cmocka_unit_test(a_wait_for_the_stack_takes_no_time),
		cmocka_unit_test(time_passes_beside_calls),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("virtual", tests, NULL, NULL);
}
