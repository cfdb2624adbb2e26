// SPDX-License-Identifier: GPL-2.0
/*
 * netdev.c - a device whose other side is the caller's functions; netdev_kick.c: its kick()
 *
 * release: none
 */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_stack.h"
#include "netdev.h"

/* The caller's side: what it is asked, and how many frames it takes */
struct side {
	struct libos_netdev *nd;
	struct lib_netdev *dev;
	int takes, closes;
	const struct libos_frame *frames;
	int n;
	bool removed_first;
};

static struct libos os;

static int transmit(void *arg, const struct libos_frame *frames, int n)
{
	struct side *s = arg;

	s->frames = frames;
	s->n = n;
	return s->takes < n ? s->takes : n;
}

static void closed(void *arg)
{
	struct side *s = arg;

	s->closes++;
	s->removed_first = s->dev->removed;
}

static const struct libos_netdev_ops closing = { .transmit = transmit, .close = closed },
				     plain = { .transmit = transmit };

static int start(void **state)
{
	(void)state;
	fake_stack_init(&os, 1);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	return !!os.netdevs || fake_devices;
}

static void create(struct side *s, const struct libos_netdev_ops *ops)
{
	memset(s, 0, sizeof(*s));
	s->takes = 64;
	s->nd = libos_netdev_create(&os, NULL, ops, s);
	assert_non_null(s->nd);
	s->dev = s->nd->kernel;
}

static void destroy(struct side *s)
{
	assert_int_equal(libos_netdev_close(s->nd), 0);
	fake_netdev_free(s->dev);
}

/* ------------------------------------------------------------------ */

static void is_as_it_was_configured(void **state)
{
	const struct libos_netdev_config config = {
		.name = "wan%d", .mac = { 2, 3, 4, 5, 6, 7 }, .mtu = 9000,
		.features = LIBOS_NETDEV_GRO | LIBOS_NETDEV_POINTOPOINT, .queues = 3,
	};
	struct libos_netdev *nd = libos_netdev_create(&os, &config, &plain, NULL);
	struct lib_netdev *dev = nd->kernel;
	struct side s;

	(void)state;
	assert_string_equal(dev->name, "wan%d");
	assert_memory_equal(dev->config.mac, config.mac, 6);
	assert_int_equal(dev->config.mtu, 9000);
	/* 16 and 64, as lib_contract.h numbers them */
	assert_int_equal(dev->config.features, 80);
	assert_int_equal(dev->config.queues, 3);
	assert_int_equal(libos_netdev_ifindex(nd), 11);
	create(&s, &plain);
	assert_string_equal(s.dev->name, "eth%d");
	assert_int_equal(s.dev->config.mtu + s.dev->config.features + s.dev->config.queues, 0);
	assert_int_equal(libos_netdev_ifindex(s.nd), 12);
	assert_int_equal(libos_netdev_close(nd), 0);
	assert_ptr_equal(os.netdevs, s.nd);
	assert_true(dev->removed);
	fake_netdev_free(dev);
	destroy(&s);
}

static void receives_in_batches(void **state)
{
	struct libos_frame frames[150];
	struct iovec iov[150];
	uint32_t number[150];
	struct side s;
	int i;

	(void)state;
	for (i = 0; i < 150; i++) {
		number[i] = i;
		iov[i] = (struct iovec){ &number[i], 4 };
		frames[i] = (struct libos_frame){ .len = 4, .niov = 1, .iov = &iov[i] };
	}
	create(&s, &plain);
	assert_int_equal(libos_netdev_receive(s.nd, frames, 150), 0);
	assert_int_equal(s.dev->batches, 3);
	assert_int_equal(s.dev->batch[0], 64);
	assert_int_equal(s.dev->batch[1], 64);
	assert_int_equal(s.dev->batch[2], 22);
	for (i = 0; i < 150; i++)
		assert_int_equal(s.dev->frame[i], i);
	assert_int_equal(libos_netdev_receive(s.nd, frames, 0), 0);
	assert_int_equal(s.dev->batches, 3);
	s.dev->error = -EIO;
	errno = 0;
	assert_int_equal(libos_netdev_receive(s.nd, frames, 150), -1);
	assert_int_equal(errno, EIO);
	assert_int_equal(s.dev->batches, 4);
	destroy(&s);
}

static void transmits_what_the_caller_takes(void **state)
{
	struct fake_batch b;
	struct side s;
	int held = 0;

	(void)state;
	create(&s, &plain);
	fake_batch_fill(&b, 1, 10, 60);
	s.takes = 7;
	assert_int_equal(netdev_xmit(&os, s.nd, b.frame, 10, &held), 7);
	assert_int_equal(held, 0);
	assert_int_equal(s.n, 10);
	assert_int_equal(s.frames[9].len, 60);
	assert_int_equal(s.frames[9].iov[1].iov_len, 54);
	assert_ptr_equal(s.frames[9].iov[1].iov_base, &b.data[9][6]);
	/* Nothing to call afterwards */
	netdev_kick(&os);
	netdev_updown(&os, s.nd, 1);
	destroy(&s);
}

static void closes_once_the_kernels_is_gone(void **state)
{
	struct side s[3];
	int i;

	(void)state;
	create(&s[0], &closing);
	assert_int_equal(libos_netdev_close(s[0].nd), 0);
	assert_int_equal(s[0].closes, 1);
	assert_true(s[0].removed_first);
	fake_netdev_free(s[0].dev);
	for (i = 0; i < 3; i++)
		create(&s[i], &closing);
	/* Also those that are up */
	netdev_updown(&os, s[1].nd, 1);
	netdev_close_all(&os);
	for (i = 0; i < 3; i++) {
		assert_int_equal(s[i].closes, 1);
		fake_netdev_free(s[i].dev);
	}
}

static void wakes_and_has_a_carrier(void **state)
{
	struct side s;

	(void)state;
	create(&s, &plain);
	assert_int_equal(libos_netdev_wake(s.nd), 0);
	assert_int_equal(s.dev->wakes, 1);
	assert_int_equal(libos_netdev_set_carrier(s.nd, 0), 0);
	assert_int_equal(s.dev->carrier, 0);
	assert_int_equal(libos_netdev_set_carrier(s.nd, 1), 0);
	assert_int_equal(s.dev->carrier, 1);
	s.dev->error = -EIO;
	errno = 0;
	assert_int_equal(libos_netdev_wake(s.nd), -1);
	assert_int_equal(errno, EIO);
	errno = 0;
	assert_int_equal(libos_netdev_set_carrier(s.nd, 0), -1);
	assert_int_equal(errno, EIO);
	destroy(&s);
}

static void failures_have_a_sentence(void **state)
{
	const struct libos_netdev_config config = { .name = "lo" };
	const struct libos_netdev_ops none = { .close = closed };
	struct side s = { 0 };

	(void)state;
	fake_create_error = -EEXIST;
	assert_null(libos_netdev_create(&os, &config, &closing, &s));
	assert_int_equal(errno, EEXIST);
	assert_string_equal(libos_error(), "cannot create the interface lo: File exists; check "
			    "its name, MTU (68 to 65535) and queues (1 to 16)");
	assert_int_equal(s.closes, 0);
	assert_null(os.netdevs);
	assert_null(libos_netdev_create(&os, &config, NULL, &s));
	assert_int_equal(errno, EINVAL);
	errno = 0;
	assert_null(libos_netdev_create(&os, &config, &none, &s));
	assert_int_equal(errno, EINVAL);
	assert_string_equal(libos_error(), "a device needs a transmit function");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(is_as_it_was_configured),
		TEST(receives_in_batches),
		TEST(transmits_what_the_caller_takes),
		TEST(closes_once_the_kernels_is_gone),
		TEST(wakes_and_has_a_carrier),
		TEST(failures_have_a_sentence),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("netdev", tests, NULL, NULL);
}
