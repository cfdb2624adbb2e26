/* SPDX-License-Identifier: GPL-2.0 */
/*
 * flow.h - stopping, going on and ending of a back end's traffic
 *
 * transmit() runs beside receive() and writable(). They share two flags.
 *
 * @stopped is a baton. Whoever holds it may touch what is left over from
 * transmit(), and only the holder calls dev_want_write():
 *
 *	transmit() holds (stopped is false)	service thread holds (true)
 *	  the other side is full
 *	  dev_want_write(true)
 *	  stopped = true		----->	  writable(): sends the rest
 *						  dev_want_write(false)
 *					<-----	  stopped = false, dev_wake()
 *
 * So true and false alternate, and a late false cannot undo a newer true. transmit()
 * without the baton takes nothing and asks for nothing: the wake is under way, and
 * dev_wake() acts after that call since it needs the stack's lock.
 * A spurious writable() finds false and returns. This relies on writable() being
 * called again for as long as the descriptor is writable (level-triggered).
 *
 * A mutex was refused: transmit() would wait for a service thread that the host's
 * scheduler has put aside, with the stack locked.
 *
 * @gone says that the other side will never come back. Its descriptor would be
 * readable for ever, so an empty epoll instance, never ready, takes its number.
 */
#ifndef DEV_FLOW_H
#define DEV_FLOW_H

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "dev.h"

struct dev_flow {
	atomic_bool stopped;
	atomic_bool gone;
};

/* transmit(): may it touch what it shares with writable()? */
static inline bool dev_flow_is_stopped(struct dev_flow *flow)
{
	return atomic_load_explicit(&flow->stopped, memory_order_acquire);
}

static inline bool dev_flow_is_gone(struct dev_flow *flow)
{
	return atomic_load_explicit(&flow->gone, memory_order_relaxed);
}

/* transmit(): the other side is full. */
static inline void dev_flow_stop(struct dev *dev, struct dev_flow *flow)
{
	if (dev_flow_is_stopped(flow))
		return;
	dev_want_write(dev, true);
	atomic_store_explicit(&flow->stopped, true, memory_order_release);
}

/* writable(): nothing is left over, the stack may send again. */
static inline void dev_flow_go(struct dev *dev, struct dev_flow *flow)
{
	if (!dev_flow_is_stopped(flow))
		return;
	dev_want_write(dev, false);
	atomic_store_explicit(&flow->stopped, false, memory_order_release);
	dev_wake(dev);
}

/**
 * dev_flow_end() - the other side is gone for good
 * @dev: device; its descriptor's number stays taken, the file behind it is closed
 * @flow: its flags
 *
 * From receive() and writable(). From here on transmit() must take frames and
 * forget them. Without a free descriptor nothing happens; as the old one is still
 * readable, there is a next time.
 */
static inline void dev_flow_end(struct dev *dev, struct dev_flow *flow)
{
	int never_ready = epoll_create1(EPOLL_CLOEXEC);

	if (never_ready < 0)
		return;
	atomic_store_explicit(&flow->gone, true, memory_order_relaxed);
	dev_carrier(dev, false);
	dev_flow_go(dev, flow);
	dup2(never_ready, dev->fd);
	fcntl(dev->fd, F_SETFD, FD_CLOEXEC);
	close(never_ready);
}

#endif
