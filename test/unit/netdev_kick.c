// SPDX-License-Identifier: GPL-2.0
/*
 * netdev_kick.c - a device's kick() is called once its frames are with it, till it closes
 *
 * release: none
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_stack.h"
#include "netdev.h"
#include "patience.h"

struct side {
	struct libos_netdev *nd;
	struct lib_netdev *dev;
	int kicks, closes;
	bool kick_transmits, removed_then;
};

static struct libos os;

static int transmit(void *arg, const struct libos_frame *frames, int n)
{
	(void)arg, (void)frames;
	return n;
}

static void closed(void *arg)
{
	((struct side *)arg)->closes++;
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

static void create(struct side *s, void (*fn)(void *))
{
	const struct libos_netdev_ops ops = { transmit, fn, closed };

	memset(s, 0, sizeof(*s));
	s->nd = libos_netdev_create(&os, NULL, &ops, s);
	assert_non_null(s->nd);
	s->dev = s->nd->kernel;
}

static void destroy(struct side *s)
{
	assert_int_equal(libos_netdev_close(s->nd), 0);
	fake_netdev_free(s->dev);
}

/* ------------------------------------------------------------------ */

static void kicks_once_for_all_that_was_transmitted(void **state)
{
	struct side a, b;

	(void)state;
	create(&a, kick);
	create(&b, kick);
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

/* A thread that has transmitted kicks when it comes to it, as others may close the device. */
static void closes_ahead_of_its_kick(void **state)
{
	struct side a, b;

	(void)state;
	create(&a, kick);
	create(&b, kick);
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
	s->removed_then = s->dev->removed;
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
	pthread_t thread;
	struct side s;

	(void)state;
	create(&s, kick_slowly);
	send_one(&s);
	assert_int_equal(pthread_create(&thread, NULL, kick_all, NULL), 0);
	assert_true(SOON(in_kick));
	leave_kick = true;
	/* And once more, when the other thread may still be there */
	send_one(&s);
	assert_int_equal(libos_netdev_close(s.nd), 0);
	assert_int_equal(s.kicks, 1);
	assert_false(s.removed_then);
	assert_int_equal(s.closes, 1);
	assert_int_equal(pthread_join(thread, NULL), 0);
	fake_netdev_free(s.dev);
}

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(kicks_once_for_all_that_was_transmitted),
		TEST(closes_ahead_of_its_kick),
		TEST(closes_behind_its_kick),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("netdev_kick", tests, NULL, NULL);
}
