// SPDX-License-Identifier: GPL-2.0
/*
 * stack_pair.c - two stacks joined by the cable in memory
 *
 * sanitize: no
 */
#include "../stack/exchange.h"

enum { BYTES = 64 << 20 };

static struct libos *os[2];
static struct libos_netdev *dev[2];

static int open_stacks(void **state)
{
	struct libos_netdev_config config = { .name = "eth0" };
	int i;

	(void)state;
	for (i = 0; i < 2; i++)
		os[i] = stack_open_lo(NULL);
	must(!libos_netdev_pair(os[0], &config, os[1], &config, dev));
	for (i = 0; i < 2; i++) {
		must(libos_netdev_ifindex(dev[i]) > 1);
		must(!libos_configure(os[i], i ? "addr add 10.0.0.2/24 dev eth0" :
				      "addr add 10.0.0.1/24 dev eth0"));
		must(!libos_configure(os[i], "sysctl net.ipv6.conf.eth0.dad_transmits=0"));
	}
	/* Both, before one sends: what arrives at an interface that is down is lost. */
	must(!libos_configure(os[0], "link set eth0 up"));
	must(!libos_configure(os[1], "link set eth0 up"));
	return 0;
}

static int close_stacks(void **state)
{
	(void)state;
	return libos_close(os[0]) | libos_close(os[1]);
}

static void answers_echo(void **state)
{
	(void)state;
	assert_true(exchange_ping(os[0], "10.0.0.2", 56));
	assert_true(exchange_ping(os[1], "10.0.0.1", 1472));
	assert_true(exchange_ping(os[0], "10.0.0.2", 60001));
}

static void carries_tcp_both_ways(void **state)
{
	(void)state;
	exchange_tcp(os[0], os[1], "10.0.0.2", 7000, BYTES);
	exchange_tcp(os[1], os[0], "10.0.0.1", 7000, BYTES);
}

static void counts_what_it_carries(void **state)
{
	(void)state;
	exchange_counts_agree(os[0], "eth0", os[1], "eth0");
}

static void carries_mtu_9000_and_65535(void **state)
{
	static const char *const mtu[] = { "link set eth0 mtu 9000", "link set eth0 mtu 65535" };
	struct stack_stats before, after;
	unsigned int i;

	(void)state;
	for (i = 0; i < STACK_COUNT(mtu); i++) {
		assert_int_equal(libos_configure(os[0], mtu[i]), 0);
		assert_int_equal(libos_configure(os[1], mtu[i]), 0);
		exchange_tcp(os[0], os[1], "10.0.0.2", 7000, BYTES / 4);
	}
	/* In one piece: 14 bytes of header, 20 of IP, 8 of ICMP. */
	before = stack_stats(os[1], "eth0");
	assert_true(exchange_ping(os[0], "10.0.0.2", 65000));
	after = stack_stats(os[1], "eth0");
	assert_true(after.rx_packets - before.rx_packets <= 4);
	assert_true(after.rx_bytes - before.rx_bytes >= 65042);
	assert_int_equal(libos_configure(os[0], "link set eth0 mtu 1500"), 0);
	assert_int_equal(libos_configure(os[1], "link set eth0 mtu 1500"), 0);
	exchange_counts_agree(os[0], "eth0", os[1], "eth0");
}

static int running(struct libos *stack)
{
	char text[8];

	must(stack_read_file(stack, "/sys/class/net/eth0/carrier", text, sizeof(text)) > 0);
	return atoi(text);
}

static void goes_on_after_the_link_was_down(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 10; i++) {
		assert_int_equal(libos_configure(os[i % 2], "link set eth0 down"), 0);
		assert_int_equal(libos_configure(os[i % 2], "link set eth0 up"), 0);
		exchange_tcp(os[0], os[1], "10.0.0.2", 7000, 100000);
	}
	for (i = 0; i < 10; i++) {
		assert_int_equal(libos_netdev_set_carrier(dev[i % 2], 0), 0);
		assert_int_equal(running(os[i % 2]), 0);
		assert_int_equal(libos_netdev_set_carrier(dev[i % 2], 1), 0);
		assert_int_equal(running(os[i % 2]), 1);
		exchange_tcp(os[0], os[1], "10.0.0.2", 7000, 100000);
	}
}

/* Its other end sees it; both stacks go on, and so does the one cable after another. */
static void can_be_cut_and_laid_anew(void **state)
{
	struct libos_netdev_config config = { .name = "eth0" };
	int i;

	(void)state;
	for (i = 0; i < 10; i++) {
		assert_int_equal(libos_netdev_close(dev[i % 2]), 0);
		assert_int_equal(running(os[!(i % 2)]), 0);
		assert_int_equal(libos_netdev_close(dev[!(i % 2)]), 0);
		assert_int_equal(libos_netdev_pair(os[0], &config, os[1], &config, dev), 0);
		assert_int_equal(libos_configure(os[0], "addr add 10.0.0.1/24 dev eth0; "
						 "link set eth0 up"), 0);
		assert_int_equal(libos_configure(os[1], "addr add 10.0.0.2/24 dev eth0; "
						 "link set eth0 up"), 0);
		exchange_tcp(os[0], os[1], "10.0.0.2", 7000, 100000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_echo),
		cmocka_unit_test(carries_tcp_both_ways),
		cmocka_unit_test(counts_what_it_carries),
		cmocka_unit_test(carries_mtu_9000_and_65535),
		cmocka_unit_test(goes_on_after_the_link_was_down),
		cmocka_unit_test(can_be_cut_and_laid_anew),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("stack_pair", tests, open_stacks, close_stacks);
}
