// SPDX-License-Identifier: GPL-2.0
/*
 * pair.c - a cable in memory
 *
 * Each direction is a ring of frames that stay where they are, in the sender's
 * memory (lib_host.netdev_xmit's @held). When the sender's call has put its token
 * back, its thread carries the frames over: it enters the other stack as a
 * received interrupt, which copies them once, and tells the sender that they are
 * sent. Small frames are copied twice instead, and their sender is told nothing. No
 * host system call is made, unless a thread over there must be woken.
 *
 * A direction is pumped by one thread at a time (`pumping`). Delivery makes the
 * other side transmit, so that side's pump runs inside ours; its own deliveries
 * end at our flag, and our loop takes what they queued. So the depth is two.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "netdev.h"

#define RING 256u
/* To copy that much is cheaper than to enter the sender's stack once more. */
#define SMALL 256

/**
 * struct slot - a frame under way
 * @frame, @iov: where it is; without a cookie it is in @copy
 */
struct slot {
	struct lib_frame frame;
	union {
		struct lib_iovec iov[LIB_FRAME_IOV_MAX];
		struct {
			struct lib_iovec iov_copy;
			uint8_t copy[SMALL];
		};
	};
};

/**
 * struct direction - frames from one end to the other
 * @head: next to be written; by the sender, under its stack's token
 * @tail: next to be delivered; by the pump
 * @full: the sender stopped, wake it
 */
struct direction {
	_Atomic unsigned int head;
	_Atomic unsigned int tail;
	atomic_bool pumping;
	atomic_bool full;
	struct libos_netdev *from, *to;
	struct slot slots[RING];
};

/**
 * struct pair - both directions
 * @open: ends that exist
 * @cut: an end is closed: frames are lost
 */
struct pair {
	struct direction dir[2];
	atomic_int open;
	atomic_bool cut;
};

static struct direction *sending(struct libos_netdev *nd)
{
	struct pair *pair = nd->priv;

	return &pair->dir[pair->dir[0].from != nd];
}

static bool all_small(const struct lib_frame *frames, int n)
{
	for (int i = 0; i < n; i++)
		if (frames[i].len > SMALL)
			return false;
	return true;
}

static void slot_copy(struct slot *s, const struct lib_frame *f)
{
	size_t len = 0;

	for (int i = 0; i < f->niov; i++) {
		memcpy(s->copy + len, f->iov[i].base, f->iov[i].len);
		len += f->iov[i].len;
	}
	s->iov_copy = (struct lib_iovec){ s->copy, len };
	s->frame.niov = 1;
	s->frame.cookie = NULL;
}

static int pair_xmit(struct libos_netdev *nd, struct lib_frame *frames, int n,
		     int *held)
{
	struct direction *d = sending(nd);
	unsigned int head = d->head, room = RING - (head - d->tail);
	bool small = all_small(frames, n);
	int i;

	if (((struct pair *)nd->priv)->cut)
		return n;
	*held = !small;
	if ((unsigned int)n > room) {
		d->full = true;
		n = room;
	}
	for (i = 0; i < n; i++) {
		struct slot *s = &d->slots[(head + i) % RING];

		s->frame = frames[i];
		s->frame.iov = s->iov;
		if (small)
			slot_copy(s, &frames[i]);
		else
			memcpy(s->iov, frames[i].iov,
			       frames[i].niov * sizeof(*s->iov));
	}
	atomic_store_explicit(&d->head, head + n, memory_order_release);
	return n;
}

/* By the pump: hands over what is there. Returns whether there was any. */
static bool deliver(struct direction *d, bool lose)
{
	struct lib_frame frames[LIB_FRAMES_MAX];
	void *cookies[LIB_FRAMES_MAX];
	unsigned int tail = d->tail, n, i, held = 0;

	n = atomic_load_explicit(&d->head, memory_order_acquire) - tail;
	if (!n)
		return false;
	if (n > LIB_FRAMES_MAX)
		n = LIB_FRAMES_MAX;
	for (i = 0; i < n; i++) {
		frames[i] = d->slots[(tail + i) % RING].frame;
		if (frames[i].cookie)
			cookies[held++] = frames[i].cookie;
	}
	if (!lose)
		d->to->os->ops.netdev_receive(d->to->kernel, frames, n);
	d->tail = tail + n;
	if (held)
		d->from->os->ops.netdev_sent(d->from->kernel, cookies, held);
	return true;
}

static void pump(struct direction *d, struct pair *pair)
{
	while (d->head != d->tail || d->full) {
		if (atomic_exchange(&d->pumping, true))
			return;
		while (deliver(d, pair->cut))
			;
		if (atomic_exchange(&d->full, false))
			d->from->os->ops.netdev_wake(d->from->kernel);
		atomic_store(&d->pumping, false);
	}
}

static void pair_kick(struct libos_netdev *nd)
{
	pump(sending(nd), nd->priv);
}

/* Stops the pump of a direction for ever. */
static void halt(struct direction *d)
{
	while (atomic_exchange(&d->pumping, true))
		sched_yield();
}

/*
 * The end that closes first cuts the cable while both stacks still stand: no pump
 * runs any more, and what is under way goes back to its sender.
 */
static void pair_close(struct libos_netdev *nd)
{
	struct pair *pair = nd->priv;
	int i;

	if (!atomic_exchange(&pair->cut, true)) {
		for (i = 0; i < 2; i++) {
			struct direction *d = &pair->dir[i];

			halt(d);
			while (deliver(d, true))
				;
			if (d->to != nd)
				libos_netdev_set_carrier(d->to, 0);
		}
	}
	netdev_remove(nd);
	if (atomic_fetch_sub(&pair->open, 1) == 1)
		free(pair);
}

static const struct netdev_ops pair_ops = {
	.xmit = pair_xmit,
	.kick = pair_kick,
	.close = pair_close,
};

#define PAIR_FEATURES (LIB_NETDEV_CSUM | LIB_NETDEV_TSO4 | LIB_NETDEV_TSO6 | \
		       LIB_NETDEV_USO)

int libos_netdev_pair(struct libos *a, const struct libos_netdev_config *config_a,
		      struct libos *b, const struct libos_netdev_config *config_b,
		      struct libos_netdev *dev[2])
{
	const struct libos_netdev_config *in[2] = { config_a, config_b };
	struct libos *os[2] = { a, b };
	struct libos_netdev *nd[2];
	struct pair *pair = calloc(1, sizeof(*pair));
	int i;

	if (!pair)
		return -1;
	/* Until both ends are there frames are lost. */
	pair->cut = true;
	for (i = 0; i < 2; i++) {
		struct libos_netdev_config c = { 0 };

		if (in[i])
			c = *in[i];
		c.features |= PAIR_FEATURES;
		nd[i] = netdev_new(os[i], &c, &pair_ops, pair);
		if (!nd[i])
			goto err;
		pair->open++;
		pair->dir[i].from = pair->dir[!i].to = nd[i];
	}
	pair->cut = false;
	if (dev) {
		dev[0] = nd[0];
		dev[1] = nd[1];
	}
	return 0;
err:
	i = errno;
	if (pair->open)
		libos_netdev_close(nd[0]);
	else
		free(pair);
	errno = i;
	return -1;
}
