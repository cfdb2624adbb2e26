// SPDX-License-Identifier: GPL-2.0
/*
 * netdev.c - network devices: the kernel's side, and who is on the other
 *
 * Three kinds of other side: the caller's functions, a back end of dev/ (backend.c),
 * another stack (pair.c). A device's transmit function runs with the stack locked; its
 * kick() afterwards, when it may enter stacks again.
 */
#define _GNU_SOURCE
#include "netdev.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "keeper.h"

/* The public structures are the contract's, under the host's type names. */
_Static_assert(sizeof(struct libos_frame) == sizeof(struct lib_frame), "frame");
_Static_assert(offsetof(struct libos_frame, iov) == offsetof(struct lib_frame, iov), "iov");
_Static_assert(sizeof(struct libos_vnet_hdr) == sizeof(struct lib_vnet_hdr), "header");
_Static_assert(LIBOS_NETDEV_CSUM == (int)LIB_NETDEV_CSUM, "feature");
_Static_assert(LIBOS_NETDEV_TSO4 == (int)LIB_NETDEV_TSO4, "feature");
_Static_assert(LIBOS_NETDEV_TSO6 == (int)LIB_NETDEV_TSO6, "feature");
_Static_assert(LIBOS_NETDEV_USO == (int)LIB_NETDEV_USO, "feature");
_Static_assert(LIBOS_NETDEV_GRO == (int)LIB_NETDEV_GRO, "feature");
_Static_assert(LIBOS_NETDEV_POINTOPOINT == (int)LIB_NETDEV_POINTOPOINT, "feature");

/* ------------------------------------------------------------------ *
 * called by the kernel
 */

int netdev_xmit(void *host, void *dev_host, struct lib_frame *frames, int n,
		int *held)
{
	struct libos_netdev *nd = dev_host;
	struct libos *os = host;
	int taken = nd->ops->xmit(nd, frames, n, held);

	/*
	 * After the frames are where kick() finds them: whoever takes it off the list
	 * calls kick() after that.
	 */
	if (nd->ops->kick && !(atomic_fetch_or(&nd->kicking, NETDEV_KICKED) & NETDEV_KICKED)) {
		nd->kick_next = os->kicks;
		while (!atomic_compare_exchange_weak(&os->kicks, &nd->kick_next, nd))
			;
	}
	return taken;
}

void netdev_updown(void *host, void *dev_host, int up)
{
	struct libos_netdev *nd = dev_host;

	(void)host;
	if (nd->ops->updown)
		nd->ops->updown(nd, up);
}

void netdev_kick(void *host)
{
	struct libos *os = host;
	struct libos_netdev *nd = atomic_exchange(&os->kicks, NULL), *next;

	for (; nd; nd = next) {
		next = nd->kick_next;
		/* From now on whoever closes it waits. */
		atomic_fetch_add(&nd->kicking, NETDEV_KICKER - NETDEV_KICKED);
		if (!nd->closing)
			nd->ops->kick(nd);
		atomic_fetch_sub(&nd->kicking, NETDEV_KICKER);
	}
}

void netdev_remove(struct libos_netdev *nd)
{
	nd->os->ops.netdev_remove(nd->kernel);
	/* Who has transmitted last may not have come to its kick: that is ours, or he has it. */
	netdev_kick(nd->os);
	while (nd->kicking)
		sched_yield();
}

/* ------------------------------------------------------------------ */

struct libos_netdev *netdev_new(struct libos *os,
				const struct libos_netdev_config *config,
				const struct netdev_ops *ops, void *priv)
{
	struct libos_netdev *nd = calloc(1, sizeof(*nd));
	struct lib_netdev_config c = { .name = "eth%d", .host = nd };
	int ret;

	if (!nd) {
		errno = ENOMEM;
		return NULL;
	}
	if (config) {
		if (config->name)
			c.name = config->name;
		memcpy(c.mac, config->mac, sizeof(c.mac));
		c.mtu = config->mtu;
		c.features = config->features;
		c.queues = config->queues;
	}
	nd->os = os;
	nd->ops = ops;
	nd->priv = priv;
	if (os->keeper) {
		c.host = nd->device = keeper_device_new(os, nd);
		if (!nd->device) {
			free(nd);
			return NULL;
		}
	}
	ret = os->ops.netdev_create(&c, &nd->kernel);
	if (ret < 0) {
		if (nd->device)
			keeper_device_free(nd->device);
		libos_error_set("cannot create the interface %s: %s; check its name, MTU "
				"(68 to 65535) and queues (1 to 16)", c.name, strerror(-ret));
		free(nd);
		errno = -ret;
		return NULL;
	}
	nd->ifindex = ret;
	if (nd->device)
		keeper_device_start(nd->device);
	pthread_mutex_lock(&os->netdevs_lock);
	nd->next = os->netdevs;
	os->netdevs = nd;
	pthread_mutex_unlock(&os->netdevs_lock);
	return nd;
}

int libos_netdev_close(struct libos_netdev *nd)
{
	struct libos *os = nd->os;
	struct libos_netdev **p;

	pthread_mutex_lock(&os->netdevs_lock);
	for (p = &os->netdevs; *p && *p != nd; p = &(*p)->next)
		;
	if (*p)
		*p = nd->next;
	pthread_mutex_unlock(&os->netdevs_lock);
	if (nd->device)
		keeper_device_stop(os, nd->device);
	nd->closing = true;
	/* A kick() may use the kernel's device, so that comes first. */
	while (nd->kicking & ~NETDEV_KICKED)
		sched_yield();
	nd->ops->close(nd);
	if (nd->device)
		keeper_device_free(nd->device);
	free(nd);
	return 0;
}

void netdev_close_all(struct libos *os)
{
	while (os->netdevs)
		libos_netdev_close(os->netdevs);
}

int libos_netdev_receive(struct libos_netdev *nd, const struct libos_frame *frames,
			 int n)
{
	const struct lib_frame *f = (const struct lib_frame *)frames;
	int ret = 0;

	while (n > 0 && !ret) {
		int batch = n < LIB_FRAMES_MAX ? n : LIB_FRAMES_MAX;

		ret = nd->os->ops.netdev_receive(nd->kernel, f, batch);
		f += batch;
		n -= batch;
	}
	return libos_ret(ret);
}

int libos_netdev_wake(struct libos_netdev *nd)
{
	if (nd->device) {
		keeper_device_wake(nd->os);
		return 0;
	}
	return libos_ret(nd->os->ops.netdev_wake(nd->kernel));
}

int libos_netdev_set_carrier(struct libos_netdev *nd, int up)
{
	return libos_ret(nd->os->ops.netdev_carrier(nd->kernel, up));
}

int libos_netdev_ifindex(const struct libos_netdev *nd)
{
	return nd->ifindex;
}

/* ------------------------------------------------------------------ *
 * the caller's functions
 */

struct callback {
	struct libos_netdev_ops ops;
	void *arg;
};

static int callback_xmit(struct libos_netdev *nd, struct lib_frame *frames, int n,
			 int *held)
{
	struct callback *cb = nd->priv;

	(void)held;
	return cb->ops.transmit(cb->arg, (const struct libos_frame *)frames, n);
}

static void callback_kick(struct libos_netdev *nd)
{
	struct callback *cb = nd->priv;

	cb->ops.kick(cb->arg);
}

static void callback_close(struct libos_netdev *nd)
{
	struct callback *cb = nd->priv;

	netdev_remove(nd);
	if (cb->ops.close)
		cb->ops.close(cb->arg);
	free(cb);
}

struct libos_netdev *libos_netdev_create(struct libos *os,
					 const struct libos_netdev_config *config,
					 const struct libos_netdev_ops *ops, void *arg)
{
	static const struct netdev_ops plain = {
		.xmit = callback_xmit,
		.close = callback_close,
	}, with_kick = {
		.xmit = callback_xmit,
		.kick = callback_kick,
		.close = callback_close,
	};
	struct libos_netdev *nd;
	struct callback *cb;

	if (!ops || !ops->transmit) {
		libos_error_set("a device needs a transmit function");
		errno = EINVAL;
		return NULL;
	}
	cb = malloc(sizeof(*cb));
	if (!cb)
		return NULL;
	*cb = (struct callback){ *ops, arg };
	nd = netdev_new(os, config, ops->kick ? &with_kick : &plain, cb);
	if (!nd)
		free(cb);
	return nd;
}
