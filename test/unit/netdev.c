// SPDX-License-Identifier: GPL-2.0
/*
 * netdev.c - a device whose other side is the caller's functions
 *
 * release: none
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_stack.h"
#include "netdev.h"
#include "patience.h"

/* The caller's side: what it is asked, and how many frames it takes */
struct side {
	struct libos_netdev *nd;
	struct lib_netdev *dev;
	int takes, kicks, closes;
	const struct libos_frame *frames;
	int n;
	bool kick_transmits, removed_first;
};

static struct libos os;

static int transmit(void *arg, const struct libos_frame *frames, int n)
{
	struct side *s = arg;

	s->frames = frames;
	s->n = n;
	return s->takes < n ? s->takes : n;
}

/* What the kernel does, for one frame */
static int send_one(struct side *s)
{
	struct lib_iovec iov = { "frame", 5 };
	struct lib_frame frame = { .len = 5, .niov = 1, .iov = &iov };
	int held = 0;

	return netdev_xmit(&os, s->dev->config.host, &frame, 1, &held);
}

static void kick(void *arg)
{
	struct side *s = arg;

	s->kicks++;
	if (s->kick_transmits) {
		s->kick_transmits = false;
		send_one(s);
		/* The kernel would call it when that call gives the token back. */
		netdev_kick(&os);
	}
}

static void closed(void *arg)
{
	struct side *s = arg;

	s->closes++;
	s->removed_first = s->dev->removed;
}

static const struct libos_netdev_ops with_kick = { transmit, kick, closed },
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

static void kicks_once_for_all_that_was_transmitted(void **state)
{
	struct side a, b;

	(void)state;
	create(&a, &with_kick);
	create(&b, &with_kick);
	netdev_kick(&os);
	assert_int_equal(a.kicks, 0);
	send_one(&a);
	send_one(&b);
	send_one(&a);
	assert_int_equal(a.kicks, 0);
	netdev_kick(&os);
	assert_int_equal(a.kicks, 1);
	assert_int_equal(b.kicks, 1);
	netdev_kick(&os);
	assert_int_equal(a.kicks, 1);
	send_one(&b);
	netdev_kick(&os);
	assert_int_equal(a.kicks, 1);
	assert_int_equal(b.kicks, 2);
	/* Also for what is transmitted meanwhile */
	a.kick_transmits = true;
	send_one(&a);
	netdev_kick(&os);
	assert_int_equal(a.kicks, 3);
	destroy(&a);
	destroy(&b);
}

static void closes_once_the_kernels_is_gone(void **state)
{
	struct side s[3];
	int i;

	(void)state;
	create(&s[0], &with_kick);
	assert_int_equal(libos_netdev_close(s[0].nd), 0);
	assert_int_equal(s[0].closes, 1);
	assert_true(s[0].removed_first);
	fake_netdev_free(s[0].dev);
	for (i = 0; i < 3; i++)
		create(&s[i], &with_kick);
	/* Also those that are up */
	netdev_updown(&os, s[1].nd, 1);
	netdev_close_all(&os);
	for (i = 0; i < 3; i++) {
		assert_int_equal(s[i].closes, 1);
		fake_netdev_free(s[i].dev);
	}
}

/* A thread that has transmitted kicks when it comes to it, as others may close the device. */
static void closes_ahead_of_its_kick(void **state)
{
	struct side a, b;

	(void)state;
	create(&a, &with_kick);
	create(&b, &with_kick);
	send_one(&a);
	send_one(&b);
	destroy(&a);
	assert_int_equal(a.closes, 1);
	assert_int_equal(a.kicks, 0);
	netdev_kick(&os);
	assert_int_equal(b.kicks, 1);
	destroy(&b);
}

static atomic_bool in_kick, leave_kick;

static void kick_slowly(void *arg)
{
	struct side *s = arg;

	in_kick = true;
	while (!leave_kick)
		moment();
	usleep(20000);
	assert_false(s->dev->removed);
	libos_netdev_wake(s->nd);
	s->kicks++;
}

static void *kick_all(void *arg)
{
	(void)arg;
	netdev_kick(&os);
	return NULL;
}

static void closes_behind_its_kick(void **state)
{
	const struct libos_netdev_ops slow = { transmit, kick_slowly, closed };
	pthread_t thread;
	struct side s;

	(void)state;
	create(&s, &slow);
	send_one(&s);
	assert_int_equal(pthread_create(&thread, NULL, kick_all, NULL), 0);
	assert_true(SOON(in_kick));
	leave_kick = true;
	/* And once more, when the other thread may still be there */
	send_one(&s);
	assert_int_equal(libos_netdev_close(s.nd), 0);
	assert_int_equal(s.kicks, 1);
	assert_int_equal(s.closes, 1);
	assert_int_equal(pthread_join(thread, NULL), 0);
	fake_netdev_free(s.dev);
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
	const struct libos_netdev_ops none = { .kick = kick };
	struct side s = { 0 };

	(void)state;
	fake_create_error = -EEXIST;
	assert_null(libos_netdev_create(&os, &config, &with_kick, &s));
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
		TEST(kicks_once_for_all_that_was_transmitted),
		TEST(closes_once_the_kernels_is_gone),
		TEST(closes_ahead_of_its_kick),
		TEST(closes_behind_its_kick),
		TEST(wakes_and_has_a_carrier),
		TEST(failures_have_a_sentence),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("netdev", tests, NULL, NULL);
}
