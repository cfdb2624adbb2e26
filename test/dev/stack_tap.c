// SPDX-License-Identifier: GPL-2.0
/*
 * stack_tap.c - a stack and the host's, joined by a tap
 *
 * sanitize: no
 */
#include "../stack/exchange.h"

#include "netns.h"

enum { BYTES = 64 << 20 };

static struct libos *os;
static struct libos_netdev *dev;

static int open_stack(void **state)
{
	/* A tap has one queue, which serves all of the device's. */
	struct libos_netdev_config config = { .name = "eth0", .queues = 4 };

	(void)state;
	os = stack_open_lo(NULL);
	dev = libos_netdev_open(os, &config, "tap:t0");
	must(dev);
	netns_run("ip link set t0 up && ip addr add 10.9.0.1/24 dev t0");
	must(!libos_configure(os, "addr add 10.9.0.2/24 dev eth0; link set eth0 up"));
	return 0;
}

static int close_stack(void **state)
{
	(void)state;
	return libos_close(os);
}

static void answers_echo(void **state)
{
	(void)state;
	assert_true(exchange_ping(os, "10.9.0.1", 56));
	assert_true(exchange_ping(os, "10.9.0.1", 1472));
	assert_true(exchange_ping(os, "10.9.0.1", 20001));
}

static void carries_tcp_both_ways(void **state)
{
	(void)state;
	exchange_tcp(os, NULL, "10.9.0.1", 7000, BYTES);
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

static void counts_what_it_carries(void **state)
{
	(void)state;
	exchange_counts_agree(os, "eth0", NULL, "t0");
}

static void carries_mtu_9000(void **state)
{
	(void)state;
	netns_run("ip link set t0 mtu 9000");
	assert_int_equal(libos_configure(os, "link set eth0 mtu 9000"), 0);
	assert_true(exchange_ping(os, "10.9.0.1", 8972));
	exchange_tcp(os, NULL, "10.9.0.1", 7000, BYTES / 8);
	netns_run("ip link set t0 mtu 1500");
	assert_int_equal(libos_configure(os, "link set eth0 mtu 1500"), 0);
}

static void goes_on_after_the_link_was_down(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 10; i++) {
		if (i % 2) {
			netns_run("ip link set t0 down && ip link set t0 up");
		} else {
			assert_int_equal(libos_configure(os, "link set eth0 down"), 0);
			assert_int_equal(libos_configure(os, "link set eth0 up"), 0);
		}
		exchange_tcp(os, NULL, "10.9.0.1", 7000, 100000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_echo),
		cmocka_unit_test(carries_tcp_both_ways),
		cmocka_unit_test(in_large_segments),
		cmocka_unit_test(counts_what_it_carries),
		cmocka_unit_test(carries_mtu_9000),
		cmocka_unit_test(goes_on_after_the_link_was_down),
	};
	int fd;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	netns_enter();
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		skip_all("/dev/net/tun: %s", strerror(errno));
	close(fd);
	return cmocka_run_group_tests_name("stack_tap", tests, open_stack, close_stack);
}
