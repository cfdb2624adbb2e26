// SPDX-License-Identifier: GPL-2.0
/*
 * beside_host.c - a stack and the host's, joined by a device: tests of stack_tap.c and
 * stack_packet.c
 */
#include "../stack/exchange.h"

#include "beside_host.h"
#include "netns.h"

enum { BYTES = 64 << 20, ANSWERS = 3000 };

static const struct beside_host *side;
static struct libos *os;

static int open_stack(void **state)
{
	struct libos_netdev_config config = { .name = "eth0", .queues = side->queues };

	(void)state;
	os = stack_open_lo(NULL);
	must(libos_netdev_open(os, &config, side->spec));
	netns_run("ip link set %s up && ip addr replace " NETNS_HOST "/24 dev %s",
		  side->interface, side->interface);
	must(!libos_configure(os, "addr add 10.9.0.2/24 dev eth0; link set eth0 up"));
	return 0;
}

static int close_stack(void **state)
{
	(void)state;
	return libos_close(os);
}

static void set_host_mtu(int mtu)
{
	netns_run("ip link set %s mtu %d", side->interface, mtu);
	if (side->other)
		netns_run("ip link set %s mtu %d", side->other, mtu);
}

static void answers_echo(void **state)
{
	(void)state;
	assert_true(exchange_ping(os, NETNS_HOST, 56));
	assert_true(exchange_ping(os, NETNS_HOST, 1472));
	assert_true(exchange_ping(os, NETNS_HOST, 20001));
}

static void carries_tcp_both_ways(void **state)
{
	(void)state;
	exchange_tcp(os, NULL, NETNS_HOST, 7000, BYTES);
	exchange_tcp(NULL, os, "10.9.0.2", 7000, BYTES);
}

/* A segment of 64 KiB is one frame: far fewer than bytes over 1500. */
static void in_large_segments(void **state)
{
	struct stack_stats s = stack_stats(os, "eth0");

	(void)state;
	assert_true(s.tx_packets < s.tx_bytes / 3000);
	assert_true(s.rx_packets < s.rx_bytes / 3000);
}

/* When what went before has come to its end: acknowledgements, the host's own reports */
static struct stack_stats quiet_stats(void)
{
	struct stack_stats s = stack_stats(os, "eth0"), before;
	int i;

	for (i = 0; i < 50; i++) {
		before = s;
		usleep(100000);
		s = stack_stats(os, "eth0");
		if (s.tx_packets == before.tx_packets && s.rx_packets == before.rx_packets)
			break;
	}
	return s;
}

/* 31 datagrams sent by one call are one frame, where the host has that, or 31. */
static void carries_udp_segments_both_ways(void **state)
{
	int frames = side->cuts_udp ? 1 : EXCHANGE_DATAGRAMS, i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct stack_stats a = quiet_stats(), b;

		assert_int_equal(exchange_large(os, NULL, NETNS_HOST, 7001, i),
				 i ? frames : EXCHANGE_DATAGRAMS);
		assert_int_equal(exchange_large(NULL, os, "10.9.0.2", 7001, i),
				 i ? frames : EXCHANGE_DATAGRAMS);
		b = stack_stats(os, "eth0");
		assert_in_range(b.tx_packets - a.tx_packets, frames, frames + 9);
		assert_in_range(b.rx_packets - a.rx_packets, frames, frames + 9);
	}
}

static void counts_what_it_carries(void **state)
{
	(void)state;
	exchange_counts_agree(os, "eth0", NULL, side->interface);
}

/* A thread of the stack's: answers, and now and then is busy with something else */
static void *answer(void *arg)
{
	int fd = *(int *)arg, i;
	uint64_t seed = 2;

	for (i = 0; i < ANSWERS; i++) {
		struct sockaddr_storage from;
		socklen_t len = sizeof(from);
		uint64_t what;

		must(libos_recvfrom(os, fd, &what, sizeof(what), 0, (struct sockaddr *)&from,
				    &len) == sizeof(what));
		must(libos_sendto(os, fd, &what, sizeof(what), 0, (struct sockaddr *)&from,
				  len) == sizeof(what));
		usleep(stack_random(&seed) % 4 ? 0 : stack_random(&seed) % 1000);
	}
	return NULL;
}

/*
 * Frames are read by a thread that waits in a call, or else by the library's own: none
 * stays behind where one leaves it to the other, however long the pauses are.
 */
static void answers_after_any_pause(void **state)
{
	static const unsigned int pauses[] = { 0, 0, 0, 20, 60, 250, 1000 };
	int fd = exchange_udp(os, "10.9.0.2", 7002), own = exchange_udp(NULL, NETNS_HOST, 7003);
	struct timeval patience = { .tv_sec = 5 };
	struct sockaddr_storage to;
	socklen_t len = stack_addr(&to, "10.9.0.2", 7002);
	pthread_t thread;
	uint64_t i, seed = 1, back;

	(void)state;
	must(!setsockopt(own, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)));
	must(!pthread_create(&thread, NULL, answer, &fd));
	for (i = 0; i < ANSWERS; i++) {
		usleep(pauses[stack_random(&seed) % STACK_COUNT(pauses)]);
		assert_int_equal(sendto(own, &i, sizeof(i), 0, (struct sockaddr *)&to, len),
				 sizeof(i));
		assert_int_equal(recv(own, &back, sizeof(back), 0), sizeof(back));
		assert_int_equal(back, i);
	}
	must(!pthread_join(thread, NULL));
	must(!libos_close_fd(os, fd) && !close(own));
}

static void carries_mtu_9000(void **state)
{
	(void)state;
	set_host_mtu(9000);
	assert_int_equal(libos_configure(os, "link set eth0 mtu 9000"), 0);
	assert_true(exchange_ping(os, NETNS_HOST, 8972));
	exchange_tcp(os, NULL, NETNS_HOST, 7000, BYTES / 8);
	set_host_mtu(1500);
	assert_int_equal(libos_configure(os, "link set eth0 mtu 1500"), 0);
}

static void goes_on_after_the_link_was_down(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 10; i++) {
		if (i % 2) {
			netns_run("ip link set %s down && ip link set %s up", side->interface,
				  side->interface);
		} else {
			assert_int_equal(libos_configure(os, "link set eth0 down"), 0);
			assert_int_equal(libos_configure(os, "link set eth0 up"), 0);
		}
		exchange_tcp(os, NULL, NETNS_HOST, 7000, 100000);
	}
}

/* The program's main(), in the namespace */
int beside_host_main(const char *name, const struct beside_host *beside)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_echo),
		cmocka_unit_test(carries_tcp_both_ways),
		cmocka_unit_test(in_large_segments),
		cmocka_unit_test(carries_udp_segments_both_ways),
		cmocka_unit_test(counts_what_it_carries),
		cmocka_unit_test(answers_after_any_pause),
		cmocka_unit_test(carries_mtu_9000),
		cmocka_unit_test(goes_on_after_the_link_was_down),
	};

	side = beside;
	return cmocka_run_group_tests_name(name, tests, open_stack, close_stack);
}
