/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOST_NETDEV_H
#define HOST_NETDEV_H

#include "stack.h"

/**
 * struct netdev_ops - what is on the other side of a device
 * @xmit: as lib_host.netdev_xmit
 * @updown: the interface was set up or down; with the token; may be NULL
 * @kick: after frames were transmitted, without the token; may be NULL
 * @close: netdev_remove(), then release the rest
 */
struct netdev_ops {
	int (*xmit)(struct libos_netdev *nd, struct lib_frame *frames, int n, int *held);
	void (*updown)(struct libos_netdev *nd, bool up);
	void (*kick)(struct libos_netdev *nd);
	void (*close)(struct libos_netdev *nd);
};

/**
 * struct libos_netdev - a device of a stack, the host's side
 * @os: the stack
 * @kernel: the kernel's side
 * @ifindex: its number
 * @ops, @priv: what is on the other side
 * @next: of the stack's devices
 * @kick_next: on libos.kicks
 * @kicking: NETDEV_KICKED when it is there, and NETDEV_KICKER for each thread in @ops->kick()
 * @closing: @ops->kick() is not called any more
 * @device: in a shared stack, its ring (keeper.c)
 * @up: there, whether @ops was told that it is up
 */
struct libos_netdev {
	struct libos *os;
	struct lib_netdev *kernel;
	int ifindex;
	const struct netdev_ops *ops;
	void *priv;
	struct libos_netdev *next;
	struct libos_netdev *kick_next;
	atomic_uint kicking;
	atomic_bool closing;
	void *device;
	bool up;
};

enum { NETDEV_KICKED = 1, NETDEV_KICKER = 2 };

/* The kernel's device is gone afterwards, and no thread is about to use @nd for it. */
void netdev_remove(struct libos_netdev *nd);

/* Makes the kernel's device. Returns NULL with errno, and libos_error() set. */
struct libos_netdev *netdev_new(struct libos *os,
				const struct libos_netdev_config *config,
				const struct netdev_ops *ops, void *priv);

#endif
