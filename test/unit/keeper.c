// SPDX-License-Identifier: GPL-2.0
/*
 * keeper.c - the owner of a shared stack: its devices' rings and its time
 *
 * A ring has 256 frames (shared.h). Processes and sleepers are keeper_process.c's and
 * keeper_sleeper.c's.
 *
 * release: none
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "error.h"
#include "netdev.h"
#include "owner.h"
#include "patience.h"
#include "threads.h"

/* ------------------------------------------------------------------ *
 * devices
 */

/* The other side of a device: takes @takes frames at once, @room in all */
struct side {
	struct libos_netdev *nd;
	struct lib_netdev *dev;
	struct shared_device *ring;
	uint32_t got[1024];
	int n, takes, room, kicks, ups, downs;
	bool holds;
};

static int side_xmit(struct libos_netdev *nd, struct lib_frame *frames, int n, int *held)
{
	struct side *s = nd->priv;
	int i;

	*held = s->holds;
	n = n > s->takes ? s->takes : n;
	n = n > s->room ? s->room : n;
	s->room -= n;
	for (i = 0; i < n; i++)
		memcpy(&s->got[s->n++], frames[i].iov[0].base, 4);
	return n;
}

static void side_kick(struct libos_netdev *nd)
{
	((struct side *)nd->priv)->kicks++;
}

static void side_updown(struct libos_netdev *nd, bool up)
{
	struct side *s = nd->priv;

	*(up ? &s->ups : &s->downs) += 1;
}

static const struct netdev_ops side_ops = {
	.xmit = side_xmit, .kick = side_kick, .updown = side_updown, .close = netdev_remove,
};

static void create(struct side *s)
{
	memset(s, 0, sizeof(*s));
	s->takes = LIB_FRAMES_MAX;
	s->room = 1024;
	s->nd = netdev_new(&owner, NULL, &side_ops, s);
	assert_non_null(s->nd);
	s->dev = s->nd->kernel;
	s->ring = s->dev->config.host;
}

static void destroy(struct side *s)
{
	assert_int_equal(libos_netdev_close(s->nd), 0);
	fake_netdev_free(s->dev);
}

/* As the kernel: from then on the frames are where @b is, until they are sent. */
static int transmit(struct side *s, struct fake_batch *b, uint32_t first, int n)
{
	int held = 0, taken;

	fake_batch_fill(b, first, n, 60);
	taken = owner_host.netdev_xmit(&owner, s->ring, b->frame, n, &held);
	assert_int_equal(held, 1);
	return taken;
}

static void numbered(const struct side *s, int n)
{
	int i;

	assert_int_equal(s->n, n);
	for (i = 0; i < n; i++)
		assert_int_equal(s->got[i], i + 1);
}

static void a_ring_keeps_order_and_stops_when_full(void **state)
{
	static struct fake_batch b[6];
	struct side s;
	int i;

	(void)state;
	create(&s);
	for (i = 0; i < 4; i++)
		assert_int_equal(transmit(&s, &b[i], 1 + i * 60, 60), 60);
	/* 240: there is room for 16 */
	assert_int_equal(transmit(&s, &b[4], 241, 60), 16);
	assert_int_equal(transmit(&s, &b[5], 257, 1), 0);
	assert_int_equal(s.n + s.dev->wakes + s.kicks, 0);
	owner_host.netdev_kick(&owner);
	numbered(&s, 256);
	assert_int_equal(s.kicks, 1);
	assert_int_equal(s.dev->wakes, 1);
	/* The device has copied them: their memory goes back. */
	assert_int_equal(s.dev->sents, 256);
	for (i = 0; i < 256; i++)
		assert_ptr_equal(s.dev->sent[i], (void *)(uintptr_t)(i + 1));
	assert_int_equal(transmit(&s, &b[5], 257, 10), 10);
	owner_host.netdev_kick(&owner);
	numbered(&s, 266);
	assert_int_equal(s.dev->wakes, 1);
	destroy(&s);
}

static void a_full_device_goes_on_later(void **state)
{
	static struct fake_batch b[5];
	struct side s;
	int i;

	(void)state;
	create(&s);
	s.takes = 7;
	s.room = 100;
	for (i = 0; i < 5; i++)
		transmit(&s, &b[i], 1 + i * 60, 60);
	owner_host.netdev_kick(&owner);
	numbered(&s, 100);
	assert_int_equal(s.dev->sents, 100);
	/* The kernel is told when all are gone, so that it does not come for each. */
	assert_int_equal(s.dev->wakes, 0);
	s.room = 1000;
	assert_int_equal(libos_netdev_wake(s.nd), 0);
	numbered(&s, 256);
	assert_int_equal(s.dev->wakes, 1);
	/* One that keeps them says so itself when it does not need them any more. */
	s.holds = true;
	assert_int_equal(transmit(&s, &b[0], 257, 5), 5);
	owner_host.netdev_kick(&owner);
	numbered(&s, 261);
	assert_int_equal(s.dev->sents, 256);
	destroy(&s);
}

static struct side *other;

/* What a thread of another process does while a device is being closed */
static void transmit_elsewhere(struct lib_netdev *dev)
{
	static struct fake_batch b;

	if (dev == other->dev)
		return;
	transmit(other, &b, 1, 5);
	owner_host.netdev_kick(&owner);
}

static void closing_loses_what_is_under_way(void **state)
{
	struct fake_batch b;
	struct side s, o;

	(void)state;
	create(&s);
	create(&o);
	other = &o;
	transmit(&s, &b, 1, 5);
	s.dev->on_sent = transmit_elsewhere;
	destroy(&s);
	assert_int_equal(s.n, 0);
	/* And nothing of others, who left it to who closes to look at their ring. */
	numbered(&o, 5);
	destroy(&o);
}

static void interfaces_come_up_once(void **state)
{
	struct side s;

	(void)state;
	create(&s);
	owner_host.netdev_kick(&owner);
	assert_int_equal(s.ups + s.downs, 0);
	owner_host.netdev_updown(&owner, s.ring, 1);
	owner_host.netdev_kick(&owner);
	owner_host.netdev_kick(&owner);
	assert_int_equal(s.ups, 1);
	owner_host.netdev_updown(&owner, s.ring, 0);
	owner_host.netdev_kick(&owner);
	assert_int_equal(s.ups, 1);
	assert_int_equal(s.downs, 1);
	destroy(&s);
}

/* ------------------------------------------------------------------ *
 * its threads
 */

static uint64_t ran_at;
static atomic_int events;

static uint64_t event(void)
{
	if (!events)
		ran_at = host_now();
	events++;
	owner_host.arm(&owner, LIB_NEVER);
	return LIB_NEVER;
}

static void runs_what_is_due(void **state)
{
	uint64_t when;

	(void)state;
	owner.ops.event = event;
	events = 0;
	owner_host.arm(&owner, host_now() + 1000 * SEC);
	usleep(20000);
	/* It sleeps until then by now. */
	when = host_now() + 30 * MSEC;
	owner_host.arm(&owner, when);
	assert_true(SOON(events));
	assert_true(ran_at >= when);
}

static void rings_are_looked_at_when_it_rings(void **state)
{
	static struct fake_batch b;
	struct side s;

	(void)state;
	create(&s);
	transmit(&s, &b, 1, 5);
	owner_host.netdev_updown(&owner, s.ring, 1);
	assert_true(SOON(*(volatile int *)&s.ups));
	numbered(&s, 5);
	destroy(&s);
}

static int creations_left = -1;

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *), void *arg)
{
	static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

	if (!real)
		real = (__typeof__(real))dlsym(RTLD_NEXT, "pthread_create");
	if (!creations_left) {
		/* What it is then is not said. */
		*thread = (pthread_t)0x18;
		return EAGAIN;
	}
	creations_left -= creations_left > 0;
	return real(thread, attr, fn, arg);
}

/* pthread_create(3): EAGAIN, at any of its three threads */
static void threads_are_all_there_or_none(void **state)
{
	int before = threads_named(""), i;

	(void)state;
	for (i = 0; i < 3; i++) {
		creations_left = i;
		assert_int_equal(keeper_run(&owner), -EAGAIN);
		creations_left = -1;
		assert_string_equal(libos_error(), "cannot start the keeper thread: "
				    "Resource temporarily unavailable");
		assert_int_equal(threads_named(""), before);
		keeper_free(&owner);
		assert_int_equal(keeper_start(&owner), 0);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, owner_open, owner_close)
#define RUNS(name) cmocka_unit_test_setup_teardown(name, owner_open_and_run, owner_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_ring_keeps_order_and_stops_when_full),
		TEST(a_full_device_goes_on_later),
		TEST(closing_loses_what_is_under_way),
		TEST(interfaces_come_up_once),
		RUNS(runs_what_is_due),
		RUNS(rings_are_looked_at_when_it_rings),
		TEST(threads_are_all_there_or_none),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("keeper", tests, NULL, NULL);
}
