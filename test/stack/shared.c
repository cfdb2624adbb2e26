// SPDX-License-Identifier: GPL-2.0
/*
 * shared.c - a stack that other processes may enter is one like any other to its owner
 *
 * That they do enter is what test/nuse is about.
 */
#include "exchange.h"

enum { DEVICES = 16 };

static struct libos *open_shared(void)
{
	struct libos_options o = { .shared = 1 };

	return stack_open_lo(&o);
}

static void opens_closes_and_carries(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 10; i++) {
		struct libos *os = open_shared();

		stack_tcp_echo(os, 7000);
		assert_int_equal(libos_close(os), 0);
	}
}

/* Its threads keep its time. */
static void timers_run(void **state)
{
	struct timespec ts = { .tv_nsec = 20000000 };
	struct libos *os = open_shared();
	uint64_t before = stack_now();
	int i;

	(void)state;
	for (i = 0; i < 10; i++)
		assert_int_equal(libos_nanosleep(os, &ts, NULL), 0);
	assert_true(stack_now() - before >= 200000000);
	assert_int_equal(libos_close(os), 0);
}

/* With another one, and with one that is not */
static void has_devices(void **state)
{
	struct libos_netdev_config config = { .name = "eth0" };
	struct libos *os = open_shared();
	int i, k;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct libos *other = i % 2 ? open_shared() : stack_open_lo(NULL);
		struct libos_netdev *dev[2];

		assert_int_equal(libos_netdev_pair(os, &config, other, &config, dev), 0);
		must(!libos_configure(os, "addr add 10.0.0.1/24 dev eth0; link set eth0 up"));
		must(!libos_configure(other, "addr add 10.0.0.2/24 dev eth0; link set eth0 up"));
		assert_true(exchange_ping(os, "10.0.0.2", 20001));
		for (k = 0; k < 2; k++) {
			exchange_tcp(os, other, "10.0.0.2", 7000, 4 << 20);
			exchange_tcp(other, os, "10.0.0.1", 7000, 4 << 20);
		}
		exchange_counts_agree(os, "eth0", other, "eth0");
		assert_int_equal(libos_netdev_close(dev[0]), 0);
		assert_int_equal(libos_close(other), 0);
	}
	assert_int_equal(libos_close(os), 0);
}

/* A device that is full now and then loses nothing. */
static int nr_taken, nr_offered;

static int take_some(void *arg, const struct libos_frame *frames, int n)
{
	(void)arg;
	(void)frames;
	nr_offered++;
	if (nr_offered % 2)
		return 0;
	nr_taken += n > 3 ? 3 : n;
	return n > 3 ? 3 : n;
}

static void a_full_device_goes_on(void **state)
{
	const struct libos_netdev_ops ops = { .transmit = take_some };
	struct libos_netdev_config config = { .name = "eth0" };
	struct libos *os = open_shared();
	struct libos_netdev *dev = libos_netdev_create(os, &config, &ops, NULL);
	int fd, i;

	(void)state;
	must(dev && !libos_configure(os, "sysctl net.ipv6.conf.eth0.disable_ipv6=1;"
				     "addr add 10.0.0.1/24 dev eth0; link set eth0 up;"
				     "neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev eth0"));
	nr_taken = nr_offered = 0;
	fd = libos_socket(os, AF_INET, SOCK_DGRAM, 0);
	must(!stack_connect(os, fd, "10.0.0.2", 7));
	for (i = 0; i < 100; i++)
		must(libos_send(os, fd, "x", 1, 0) == 1);
	for (i = 0; i < 1000 && (int)stack_stats(os, "eth0").tx_packets > nr_taken; i++) {
		assert_int_equal(libos_netdev_wake(dev), 0);
		usleep(1000);
	}
	assert_int_equal(nr_taken, 100);
	assert_int_equal(libos_close(os), 0);
}

static int take_all(void *arg, const struct libos_frame *frames, int n)
{
	(void)arg;
	(void)frames;
	return n;
}

static void has_so_many_devices(void **state)
{
	const struct libos_netdev_ops ops = { .transmit = take_all };
	struct libos_netdev *dev[DEVICES + 1];
	struct libos *os = open_shared();
	int i;

	(void)state;
	for (i = 0; i < DEVICES; i++) {
		dev[i] = libos_netdev_create(os, NULL, &ops, NULL);
		assert_non_null(dev[i]);
	}
	assert_null(libos_netdev_create(os, NULL, &ops, NULL));
	assert_int_equal(errno, ENOSPC);
	assert_non_null(strstr(libos_error(), "at most 16 devices"));
	assert_int_equal(libos_netdev_close(dev[3]), 0);
	dev[3] = libos_netdev_create(os, NULL, &ops, NULL);
	assert_non_null(dev[3]);
	assert_int_equal(libos_close(os), 0);
}

/* Each lies at an address of its own; there are 16. */
static void are_at_most_16(void **state)
{
	struct libos_options o = { .size = sizeof(o), .shared = 1,
				   .release = getenv("LIBOS_RELEASE"), .memory = 16 << 20 };
	struct libos *os[17];
	int i;

	(void)state;
	for (i = 0; i < 16; i++)
		os[i] = stack_open_lo(&o);
	os[16] = libos_open(&o);
	assert_null(os[16]);
	assert_non_null(strstr(libos_error(), "no address space"));
	assert_int_equal(libos_close(os[5]), 0);
	os[5] = stack_open_lo(&o);
	for (i = 0; i < 16; i++) {
		stack_tcp_echo(os[i], 7000);
		assert_int_equal(libos_close(os[i]), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_closes_and_carries),
		cmocka_unit_test(timers_run),
		cmocka_unit_test(has_devices),
		cmocka_unit_test(a_full_device_goes_on),
		cmocka_unit_test(has_so_many_devices),
		cmocka_unit_test(are_at_most_16),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("shared", tests, NULL, NULL);
}
