// SPDX-License-Identifier: GPL-2.0
/*
 * pair.c - a cable in memory carries frames in order, copies small ones, and can be cut
 *
 * A direction holds 256 frames; frames of up to 256 bytes are copied (host/pair.c).
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
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_stack.h"
#include "netdev.h"

enum { RING = 256, SMALL = 256, LARGE = 257, ROUNDS = 10000 };

static struct libos os[2];
static struct libos_netdev *end[2];
static struct lib_netdev *dev[2];

static int plug(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 2; i++)
		fake_stack_init(&os[i], 1);
	if (libos_netdev_pair(&os[0], NULL, &os[1], NULL, end))
		return -1;
	for (i = 0; i < 2; i++)
		dev[i] = end[i]->kernel;
	return 0;
}

static void close_end(int i)
{
	assert_int_equal(libos_netdev_close(end[i]), 0);
	assert_true(dev[i]->removed);
	end[i] = NULL;
}

static int unplug(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		if (end[i])
			close_end(i);
		fake_netdev_free(dev[i]);
	}
	return fake_devices;
}

/* As the kernel transmits: what the device says of its side is the one of the create. */
static int transmit(int i, struct fake_batch *b, uint32_t first, int n, uint32_t len, int *held)
{
	*held = 0;
	fake_batch_fill(b, first, n, len);
	return netdev_xmit(&os[i], dev[i]->config.host, b->frame, n, held);
}

static void numbered(const uint32_t *frame, uint32_t first, int n)
{
	int i;

	for (i = 0; i < n; i++)
		assert_int_equal(frame[i], first + i);
}

static void handed_back(const struct lib_netdev *d, uint32_t first, int n)
{
	int i;

	assert_int_equal(d->sents, n);
	for (i = 0; i < n; i++)
		assert_ptr_equal(d->sent[i], (void *)(uintptr_t)(first + i));
}

/* ------------------------------------------------------------------ */

static void small_frames_are_copied(void **state)
{
	struct fake_batch b;
	int held;

	(void)state;
	assert_int_equal(transmit(0, &b, 1, 64, SMALL, &held), 64);
	assert_int_equal(held, 0);
	/* So their memory may be used for something else at once. */
	memset(&b, 0xee, sizeof(b));
	assert_int_equal(dev[1]->frames, 0);
	netdev_kick(&os[0]);
	assert_int_equal(dev[1]->frames, 64);
	numbered(dev[1]->frame, 1, 64);
	assert_int_equal(dev[1]->last.len, SMALL);
	assert_int_equal(dev[1]->last.niov, 1);
	assert_int_equal(dev[0]->sents, 0);
}

/* The pieces that arrive are the sender's own: here their second one, as it was made. */
static void *second_piece;
static int sents_then;

static void look_at_pieces(struct lib_netdev *d)
{
	assert_int_equal(d->last.niov, 2);
	assert_int_equal(d->last.iov[1].len, LARGE - 6);
	second_piece = d->last.iov[1].base;
	sents_then = dev[0]->sents;
}

static void large_frames_are_held_until_sent(void **state)
{
	struct fake_batch b;
	int held;

	(void)state;
	dev[1]->on_receive = look_at_pieces;
	assert_int_equal(transmit(0, &b, 1, 3, LARGE, &held), 3);
	assert_int_equal(held, 1);
	assert_int_equal(dev[0]->sents, 0);
	netdev_kick(&os[0]);
	numbered(dev[1]->frame, 1, 3);
	assert_ptr_equal(second_piece, &b.data[2][6]);
	assert_int_equal(sents_then, 0);
	handed_back(dev[0], 1, 3);
	/* Where one of a batch is large all are held. */
	dev[1]->on_receive = NULL;
	fake_batch_fill(&b, 4, 2, 60);
	b.frame[1].len = LARGE;
	b.iov[1][1].len = LARGE - 6;
	assert_int_equal(netdev_xmit(&os[0], end[0], b.frame, 2, &held), 2);
	assert_int_equal(held, 1);
	netdev_kick(&os[0]);
	handed_back(dev[0], 1, 5);
}

static void offloads_and_order_are_kept(void **state)
{
	struct fake_batch b;
	int i, held;

	(void)state;
	for (i = 0; i < 20; i++) {
		fake_batch_fill(&b, 1 + i * 50, 50, i % 2 ? 60 : 1000);
		b.frame[49].hdr.gso_size = 1000 + i;
		assert_int_equal(netdev_xmit(&os[1], end[1], b.frame, 50, &held), 50);
		netdev_kick(&os[1]);
		assert_int_equal(dev[0]->frames, 50 * (i + 1));
		assert_int_equal(dev[0]->last.hdr.gso_size, 1000 + i);
	}
	numbered(dev[0]->frame, 1, 1000);
	assert_int_equal(dev[1]->frames, 0);
}

static void a_full_ring_stops_and_wakes(void **state)
{
	struct fake_batch b;
	int i, held;

	(void)state;
	for (i = 0; i < 4; i++)
		assert_int_equal(transmit(0, &b, 1 + i * 60, 60, 60, &held), 60);
	/* 240: there is room for 16 */
	assert_int_equal(transmit(0, &b, 241, 60, 60, &held), RING - 240);
	assert_int_equal(transmit(0, &b, 257, 1, 60, &held), 0);
	assert_int_equal(dev[0]->wakes, 0);
	netdev_kick(&os[0]);
	assert_int_equal(dev[0]->wakes, 1);
	assert_int_equal(dev[1]->frames, RING);
	assert_int_equal(transmit(0, &b, 257, 60, 60, &held), 60);
	netdev_kick(&os[0]);
	numbered(dev[1]->frame, 1, RING + 60);
	assert_int_equal(dev[0]->wakes, 1);
	assert_int_equal(dev[1]->wakes, 0);
}

/* A frame is answered as it comes, as a kernel answers, till 1000 went each way. */
static int depth, deepest;

static void answer(struct lib_netdev *d)
{
	int i = d == dev[1], held;
	struct fake_batch b;

	if (++depth > deepest)
		deepest = depth;
	if (d->frames < 1000) {
		assert_int_equal(transmit(i, &b, d->frames + 1, 1, 60, &held), 1);
		netdev_kick(&os[i]);
	}
	depth--;
}

static void answers_do_not_nest(void **state)
{
	struct fake_batch b;
	int held;

	(void)state;
	dev[0]->on_receive = dev[1]->on_receive = answer;
	transmit(0, &b, 1, 1, 60, &held);
	netdev_kick(&os[0]);
	assert_int_equal(dev[0]->frames, 999);
	assert_int_equal(dev[1]->frames, 1000);
	numbered(dev[0]->frame, 2, 999);
	assert_int_equal(deepest, 2);
}

static void *send_many(void *arg)
{
	static struct fake_batch b[2];
	int i = end[1] == arg, k = 0, held;

	while (k < ROUNDS) {
		k += transmit(i, &b[i], k + 1, 1 + k % 7, 60, &held);
		netdev_kick(&os[i]);
	}
	return NULL;
}

static void both_directions_at_once(void **state)
{
	pthread_t thread[2];
	int i;

	(void)state;
	for (i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, send_many, end[i]), 0);
	for (i = 0; i < 2; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	for (i = 0; i < 2; i++) {
		netdev_kick(&os[i]);
		assert_in_range(dev[i]->frames, ROUNDS, ROUNDS + 6);
		numbered(dev[i]->frame, 1, dev[i]->frames);
	}
}

/* ------------------------------------------------------------------ */

static void is_cut_where_an_end_closes(void **state)
{
	struct fake_batch b;
	int held;

	(void)state;
	assert_int_equal(transmit(0, &b, 1, 5, LARGE, &held), 5);
	close_end(1);
	/* What was under way is lost and its memory goes back. */
	assert_int_equal(dev[1]->frames, 0);
	handed_back(dev[0], 1, 5);
	assert_int_equal(dev[0]->carrier, 0);
	netdev_kick(&os[0]);
	/* Taken, lost and over. */
	assert_int_equal(transmit(0, &b, 6, 64, LARGE, &held), 64);
	assert_int_equal(held, 0);
	netdev_kick(&os[0]);
	handed_back(dev[0], 1, 5);
}

static void closes_from_the_sending_end(void **state)
{
	struct fake_batch b;
	int held;

	(void)state;
	assert_int_equal(transmit(0, &b, 1, 5, LARGE, &held), 5);
	close_end(0);
	handed_back(dev[0], 1, 5);
	assert_int_equal(dev[0]->carrier, -1);
	assert_int_equal(dev[1]->carrier, 0);
	assert_int_equal(dev[1]->frames, 0);
}

static void has_its_features(void **state)
{
	const struct libos_netdev_config config = { .name = "a", .mtu = 9000,
						    .features = LIBOS_NETDEV_GRO };
	struct lib_netdev *a, *b;

	(void)state;
	assert_int_equal(libos_netdev_pair(&os[0], &config, &os[0], NULL, NULL), 0);
	b = os[0].netdevs->kernel;
	a = os[0].netdevs->next->kernel;
	assert_string_equal(a->name, "a");
	assert_int_equal(a->config.mtu, 9000);
	assert_int_equal(a->config.features, LIB_NETDEV_GRO | LIB_NETDEV_CSUM | LIB_NETDEV_TSO4 |
			 LIB_NETDEV_TSO6 | LIB_NETDEV_USO);
	assert_int_equal(b->config.features, a->config.features & ~LIB_NETDEV_GRO);
	libos_netdev_close(os[0].netdevs);
	libos_netdev_close(os[0].netdevs);
	fake_netdev_free(a);
	fake_netdev_free(b);
}

static void both_ends_or_none(void **state)
{
	struct libos_netdev *other[2] = { NULL, NULL };
	int before = fake_devices;

	(void)state;
	fake_create_error = -ENOMEM;
	assert_int_equal(libos_netdev_pair(&os[0], NULL, &os[1], NULL, other), -1);
	assert_int_equal(errno, ENOMEM);
	fake_create_skip = 1;
	fake_create_error = -EEXIST;
	assert_int_equal(libos_netdev_pair(&os[0], NULL, &os[1], NULL, other), -1);
	assert_int_equal(errno, EEXIST);
	assert_null(other[0]);
	assert_int_equal(fake_devices, before);
	assert_ptr_equal(os[0].netdevs, end[0]);
	fake_netdev_free(fake_last);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, plug, unplug)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(small_frames_are_copied),
		TEST(large_frames_are_held_until_sent),
		TEST(offloads_and_order_are_kept),
		TEST(a_full_ring_stops_and_wakes),
		TEST(answers_do_not_nest),
		TEST(both_directions_at_once),
		TEST(is_cut_where_an_end_closes),
		TEST(closes_from_the_sending_end),
		TEST(has_its_features),
		TEST(both_ends_or_none),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("pair", tests, NULL, NULL);
}
