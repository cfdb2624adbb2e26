// SPDX-License-Identifier: GPL-2.0
/*
 * stack_queues.c - a device with several queues: who uses which, and one that is full
 *
 * sanitize: no
 */
#include "../stack/stack.h"

#include <linux/ethtool.h>
#include <linux/filter.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>

#include "netlink.h"
#include "wire.h"

enum { QUEUES = 4, FLOWS = 64, PORT = 7000, MANY = 200, SIZE = 100 };

/**
 * struct caught - a datagram that the device transmitted
 * @port: from there
 * @number: its first bytes
 */
struct caught {
	uint16_t port;
	uint16_t queue;
	uint32_t number;
};

static struct libos *os;
static struct libos_netdev *dev;
static struct caught caught[4096];
static int nr_caught;
/* Frames that a queue takes; then it is full. */
static int room[QUEUES];

static int catch(void *arg, const struct libos_frame *frames, int n)
{
	int i;

	(void)arg;
	for (i = 0; i < n; i++) {
		const struct libos_frame *f = &frames[i];
		uint8_t head[14 + 20 + 8 + 4];
		size_t len = 0;
		int k;

		/* A call has frames of one queue, which stops if it takes fewer. */
		must(f->queue < QUEUES && f->queue == frames[0].queue);
		for (k = 0; k < f->niov && len < sizeof(head); k++) {
			size_t more = f->iov[k].iov_len;

			if (more > sizeof(head) - len)
				more = sizeof(head) - len;
			memcpy(head + len, f->iov[k].iov_base, more);
			len += more;
		}
		if (len < sizeof(head) || wire_get16(head + 12) != 0x0800 || head[23] != 17)
			continue;
		if (!room[f->queue])
			break;
		room[f->queue]--;
		must(nr_caught < (int)STACK_COUNT(caught));
		caught[nr_caught++] = (struct caught){
			.port = wire_get16(head + 34), .queue = f->queue,
			.number = wire_get32(head + 42),
		};
	}
	return i;
}

static const struct libos_netdev_ops ops = { .transmit = catch };

static int open_stack(void **state)
{
	struct libos_netdev_config config = {
		.name = "eth0", .mac = { 2, 0, 0, 0, 0, 1 }, .queues = QUEUES,
	};
	int i;

	(void)state;
	os = stack_open_lo(NULL);
	dev = libos_netdev_create(os, &config, &ops, NULL);
	must(dev);
	must(!libos_configure(os, "addr add 10.0.0.1/24 dev eth0; link set eth0 up;"
			      "neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev eth0"));
	nr_caught = 0;
	for (i = 0; i < QUEUES; i++)
		room[i] = STACK_COUNT(caught);
	return 0;
}

static int close_stack(void **state)
{
	(void)state;
	return libos_close(os);
}

/* (Of receive queues nothing is told without RPS.) */
static int read_link(const struct nlmsghdr *message, void *arg)
{
	const struct rtattr *attr = IFLA_RTA(NLMSG_DATA(message));
	int len = IFLA_PAYLOAD(message);

	for (; RTA_OK(attr, len); attr = RTA_NEXT(attr, len))
		if (attr->rta_type == IFLA_NUM_TX_QUEUES)
			memcpy(arg, RTA_DATA(attr), sizeof(uint32_t));
	return 0;
}

static void check_queues(uint32_t want)
{
	struct ifinfomsg link = { .ifi_index = libos_netdev_ifindex(dev) };
	struct netlink_request req;
	uint32_t queues = 0;
	struct netlink nl;

	must(!netlink_open(&nl, os, NETLINK_ROUTE));
	netlink_request_init(&req, RTM_GETLINK, NLM_F_ACK, &link, sizeof(link));
	must(!netlink_call(&nl, &req, read_link, &queues));
	netlink_close(&nl);
	assert_int_equal(queues, want);
}

/* ethtool -l */
static void check_channels(uint32_t want)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	struct ifreq ifr = { .ifr_name = "eth0", .ifr_data = (void *)&channels };
	int fd = libos_socket(os, AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(libos_ioctl(os, fd, SIOCETHTOOL, &ifr), 0);
	assert_int_equal(channels.combined_count, want);
	assert_int_equal(channels.max_combined, want);
	must(!libos_close_fd(os, fd));
}

static void are_as_many_as_asked_for(void **state)
{
	static const int asked[] = { 0, 1, 2, 16 };
	struct libos_netdev_config config = { .name = "eth0" };
	unsigned int i;

	(void)state;
	for (i = 0; i < STACK_COUNT(asked); i++) {
		must(!libos_netdev_close(dev));
		config.queues = asked[i];
		dev = libos_netdev_create(os, &config, &ops, NULL);
		assert_non_null(dev);
		check_queues(asked[i] ? asked[i] : 1);
		check_channels(asked[i] ? asked[i] : 1);
	}
	config.name = "eth1";
	config.queues = 17;
	assert_null(libos_netdev_create(os, &config, &ops, NULL));
	assert_int_equal(errno, EINVAL);
	assert_non_null(strstr(libos_error(), "queues (1 to 16)"));
}

/**
 * struct qdiscs - queueing disciplines of eth0
 * @root: the kind of the one on top
 * @leaves: those below it, by number: all of kind pfifo_fast
 */
struct qdiscs {
	char root[16];
	unsigned int leaves;
};

static int read_qdisc(const struct nlmsghdr *message, void *arg)
{
	const struct tcmsg *tc = NLMSG_DATA(message);
	const struct rtattr *attr = TCA_RTA(tc);
	int len = TCA_PAYLOAD(message);
	struct qdiscs *q = arg;

	if (tc->tcm_ifindex != libos_netdev_ifindex(dev))
		return 0;
	for (; RTA_OK(attr, len); attr = RTA_NEXT(attr, len)) {
		if (attr->rta_type != TCA_KIND)
			continue;
		if (tc->tcm_parent == TC_H_ROOT)
			snprintf(q->root, sizeof(q->root), "%s", (char *)RTA_DATA(attr));
		else if (!strcmp(RTA_DATA(attr), "pfifo_fast"))
			q->leaves |= 1 << (TC_H_MIN(tc->tcm_parent) - 1);
	}
	return 0;
}

static struct qdiscs qdiscs(void)
{
	struct tcmsg tc = { .tcm_family = AF_UNSPEC };
	struct netlink_request req;
	struct qdiscs q = { "" };
	struct netlink nl;

	must(!netlink_open(&nl, os, NETLINK_ROUTE));
	netlink_request_init(&req, RTM_GETQDISC, NLM_F_DUMP, &tc, sizeof(tc));
	must(!netlink_call(&nl, &req, read_qdisc, &q));
	netlink_close(&nl);
	return q;
}

/* tc-mq(8): a queue each of the default kind */
static void have_a_qdisc_each(void **state)
{
	struct qdiscs q = qdiscs();

	(void)state;
	assert_string_equal(q.root, "mq");
	assert_int_equal(q.leaves, 0xf);
}

static int sender(void)
{
	struct timeval tv = { .tv_sec = 10 };
	int fd = libos_socket(os, AF_INET, SOCK_DGRAM, 0);

	must(fd >= 0 && !stack_connect(os, fd, "10.0.0.2", PORT));
	must(!libos_setsockopt(os, fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	return fd;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_in in;
	socklen_t len = sizeof(in);

	must(!libos_getsockname(os, fd, (struct sockaddr *)&in, &len));
	return ntohs(in.sin_port);
}

static void send_number(int fd, uint32_t number)
{
	uint8_t data[SIZE] = { number >> 24, number >> 16, number >> 8, number };

	must(libos_send(os, fd, data, sizeof(data), 0) == sizeof(data));
}

/* The queue of all datagrams from @port, of which there are @n; or -1. */
static int queue_of(uint16_t port, int n)
{
	int i, found = 0, queue = -1;

	for (i = 0; i < nr_caught; i++) {
		if (caught[i].port != port)
			continue;
		if (found++ && caught[i].queue != queue)
			return -1;
		queue = caught[i].queue;
	}
	return found == n ? queue : -1;
}

/* By their hash. That 64 leave one out happens once in ten million times. */
static void flows_are_spread_over_them(void **state)
{
	int fd[FLOWS], i, k, used = 0;

	(void)state;
	for (i = 0; i < FLOWS; i++)
		fd[i] = sender();
	for (k = 0; k < 4; k++)
		for (i = 0; i < FLOWS; i++)
			send_number(fd[i], k);
	for (i = 0; i < FLOWS; i++) {
		int queue = queue_of(port_of(fd[i]), 4);

		assert_true(queue >= 0);
		used |= 1 << queue;
	}
	assert_int_equal(used, 0xf);
}

/* tc-mqprio(8): four classes, a queue each; priorities 0 to 3 are theirs, in turn. */
static void set_mqprio(void)
{
	struct tc_mqprio_qopt opt = { .num_tc = QUEUES };
	struct tcmsg tc = {
		.tcm_ifindex = libos_netdev_ifindex(dev), .tcm_parent = TC_H_ROOT,
		.tcm_handle = TC_H_MAKE(1 << 16, 0),
	};
	struct netlink_request req;
	struct netlink nl;
	int i;

	for (i = 0; i <= TC_QOPT_BITMASK; i++)
		opt.prio_tc_map[i] = i % QUEUES;
	for (i = 0; i < QUEUES; i++) {
		opt.count[i] = 1;
		opt.offset[i] = i;
	}
	must(!netlink_open(&nl, os, NETLINK_ROUTE));
	netlink_request_init(&req, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, &tc, sizeof(tc));
	netlink_put_string(&req, TCA_KIND, "mqprio");
	netlink_put(&req, TCA_OPTIONS, &opt, sizeof(opt));
	must(!netlink_call(&nl, &req, NULL, NULL));
	netlink_close(&nl);
}

static void priorities_have_their_own(void **state)
{
	int fd[8], i;

	(void)state;
	set_mqprio();
	for (i = 0; i < 7; i++) {
		fd[i] = sender();
		must(!libos_setsockopt(os, fd[i], SOL_SOCKET, SO_PRIORITY, &i, sizeof(i)));
		send_number(fd[i], 0);
		send_number(fd[i], 1);
		assert_int_equal(queue_of(port_of(fd[i]), 2), i % QUEUES);
	}
}

/*
 * A socket whose datagrams are cut to as many bytes as their receive queue's number, and
 * one more (linux/filter.h: SKF_AD_QUEUE has that; 8 are UDP's header).
 */
static int queue_reader(struct libos *stack)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_QUEUE),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 8),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	struct sock_fprog program = { STACK_COUNT(code), code };
	struct timeval tv = { .tv_sec = 10 };
	int fd = libos_socket(stack, AF_INET, SOCK_DGRAM, 0);

	must(fd >= 0 && !stack_bind(stack, fd, "0.0.0.0", PORT));
	must(!libos_setsockopt(stack, fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
			       sizeof(program)));
	must(!libos_setsockopt(stack, fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	return fd;
}

static void received_frames_keep_theirs(void **state)
{
	static const struct wire_end from = { { 2, 0, 0, 0, 0, 2 }, 0x0a000002, 4000 };
	static const struct wire_end to = { { 2, 0, 0, 0, 0, 1 }, 0x0a000001, PORT };
	static const struct { uint16_t said, is; } queues[] = {
		{ 0, 0 }, { 1, 1 }, { 3, 3 }, { 2, 2 }, { 4, 0 }, { 65535, 0 },
	};
	uint8_t frame[1500], got[1500];
	struct iovec iov = { frame, wire_udp(frame, &from, &to, SIZE) };
	/* The checksum is the pseudo header's and no more. */
	struct libos_frame f = {
		.hdr = { .flags = 1, .csum_start = 34, .csum_offset = 6 },
		.len = iov.iov_len, .niov = 1, .iov = &iov,
	};
	int fd = queue_reader(os);
	unsigned int i;

	(void)state;
	for (i = 0; i < STACK_COUNT(queues); i++) {
		f.queue = queues[i].said;
		assert_int_equal(libos_netdev_receive(dev, &f, 1), 0);
		assert_int_equal(libos_recv(os, fd, got, sizeof(got), 0), queues[i].is + 1);
	}
}

/* A flow that leaves by @queue. */
static int sender_by(int queue)
{
	int i;

	for (i = 0; i < 4 * FLOWS; i++) {
		int fd = sender();

		nr_caught = 0;
		send_number(fd, 0);
		if (queue_of(port_of(fd), 1) == queue)
			return fd;
		must(!libos_close_fd(os, fd));
	}
	return -1;
}

/* From @fd, 0 to @n - 1 in order, and nothing else. */
static void check_order(int fd, int n)
{
	int i;

	assert_int_equal(nr_caught, n);
	for (i = 0; i < n; i++) {
		assert_int_equal(caught[i].port, port_of(fd));
		assert_int_equal(caught[i].number, i);
	}
}

static void a_full_one_stops_alone(void **state)
{
	int full, i, fd[QUEUES];

	(void)state;
	for (i = 0; i < QUEUES; i++)
		fd[i] = sender_by(i);
	for (full = 0; full < QUEUES; full++) {
		nr_caught = 0;
		room[full] = 0;
		for (i = 0; i < MANY; i++)
			send_number(fd[full], i);
		assert_int_equal(nr_caught, 0);
		for (i = 0; i < QUEUES; i++)
			if (i != full)
				send_number(fd[i], 0);
		assert_int_equal(nr_caught, QUEUES - 1);
		/* Woken for nothing */
		assert_int_equal(libos_netdev_wake(dev), 0);
		assert_int_equal(nr_caught, QUEUES - 1);
		nr_caught = 0;
		room[full] = STACK_COUNT(caught);
		assert_int_equal(libos_netdev_wake(dev), 0);
		check_order(fd[full], MANY);
	}
}

static void goes_on_where_it_stopped(void **state)
{
	int fd = sender_by(2), i, woken = 0;

	(void)state;
	nr_caught = 0;
	room[2] = 3;
	for (i = 0; i < MANY; i++)
		send_number(fd, i);
	assert_int_equal(nr_caught, 3);
	while (nr_caught < MANY && woken++ < MANY) {
		int before = nr_caught;

		room[2] = 7;
		assert_int_equal(libos_netdev_wake(dev), 0);
		assert_int_equal(nr_caught, before + 7 < MANY ? before + 7 : MANY);
	}
	check_order(fd, MANY);
	assert_int_equal(stack_stats(os, "eth0").tx_dropped, 0);
}

/* What is stopped when the device is set down is dropped; it begins anew. */
static void a_full_one_can_be_set_down(void **state)
{
	int fd = sender_by(1), i;

	(void)state;
	room[1] = 0;
	for (i = 0; i < MANY; i++)
		send_number(fd, i);
	nr_caught = 0;
	assert_int_equal(libos_configure(os, "link set eth0 down"), 0);
	room[1] = STACK_COUNT(caught);
	assert_int_equal(libos_netdev_wake(dev), 0);
	assert_int_equal(nr_caught, 0);
	assert_int_equal(libos_configure(os, "link set eth0 up; neigh replace 10.0.0.2 "
					 "lladdr 02:00:00:00:00:02 dev eth0"), 0);
	for (i = 0; i < MANY; i++)
		send_number(fd, i);
	check_order(fd, MANY);
}

/* A frame arrives on the queue that it left by, or the first where there are fewer. */
static void a_pair_keeps_them(void **state)
{
	struct libos_netdev_config config = { .name = "pair0", .queues = QUEUES };
	struct libos_netdev_config one = { .name = "pair0" };
	int i, k, few;

	(void)state;
	for (few = 0; few < 2; few++) {
		struct libos *other = stack_open_lo(NULL);
		struct libos_netdev *end[2];
		int reader = queue_reader(other), used = 0;
		uint8_t got[1500];

		must(!libos_netdev_pair(os, &config, other, few ? &one : &config, end));
		must(!libos_configure(other, "addr add 10.0.1.2/24 dev pair0; link set pair0 up"));
		must(!libos_configure(os, "addr add 10.0.1.1/24 dev pair0; link set pair0 up"));
		for (i = 0; i < FLOWS; i++) {
			int fd = libos_socket(os, AF_INET, SOCK_DGRAM, 0);
			ssize_t first = 0, n;

			must(!stack_connect(os, fd, "10.0.1.2", PORT));
			for (k = 0; k < 3; k++) {
				send_number(fd, k);
				n = libos_recv(other, reader, got, sizeof(got), 0);
				assert_in_range(n, 1, few ? 1 : QUEUES);
				if (!k)
					first = n;
				assert_int_equal(n, first);
			}
			used |= 1 << (first - 1);
			must(!libos_close_fd(os, fd));
		}
		assert_int_equal(used, few ? 1 : 0xf);
		assert_int_equal(libos_close(other), 0);
		assert_int_equal(libos_netdev_close(end[0]), 0);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stack, close_stack)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(are_as_many_as_asked_for),
		TEST(have_a_qdisc_each),
		TEST(flows_are_spread_over_them),
		TEST(priorities_have_their_own),
		TEST(received_frames_keep_theirs),
		TEST(a_full_one_stops_alone),
		TEST(goes_on_where_it_stopped),
		TEST(a_full_one_can_be_set_down),
		TEST(a_pair_keeps_them),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("stack_queues", tests, NULL, NULL);
}
