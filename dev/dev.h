/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dev.h - packet back ends: what is on the other side of a network device
 *
 * One file, one back end, one table of operations (struct dev_backend); the
 * table of all is in backends.c. A back end knows frames and file descriptors,
 * nothing of the kernel image; host/backend.c is what drives it.
 *
 * Threads: open() and close() are called by the thread that opens or closes the
 * device, and never while another operation runs. transmit() is called on any
 * thread with the stack locked, never twice at once for a device; it must not
 * block nor call the stack. receive() and writable() are called by the process's
 * service thread without the lock.
 */
#ifndef DEV_H
#define DEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include <libos.h>

struct dev;

/**
 * struct dev_backend - operations
 * @name: what stands before the colon of a specification ("tap:tap0")
 * @usage: one line, "tap:NAME  …", for messages
 * @open: parse @args (behind the colon), open the other side, set @dev->fd,
 *	@dev->priv and fill in what @dev->config leaves open (MAC, MTU, features).
 *	0 or -errno, with dev_error() called to say what, why and the mend.
 * @transmit: take frames; returns how many, in order, 0 if none can be taken. If
 *	fewer than @n, the queue stops until dev_wake(). Frames are valid during
 *	the call. A frame that can never be sent (too large) counts as taken.
 * @receive: @dev->fd is readable: read up to some batches of frames and hand them
 *	to dev_receive(); return when nothing is left or after a fair share.
 * @writable: @dev->fd is writable, after dev_want_write(): go on, dev_wake().
 * @close: release everything; may be NULL members of a half-opened device.
 */
struct dev_backend {
	const char *name;
	const char *usage;
	int (*open)(struct dev *dev, const char *args);
	int (*transmit)(struct dev *dev, const struct libos_frame *frames, int n);
	void (*receive)(struct dev *dev);
	void (*writable)(struct dev *dev);
	void (*close)(struct dev *dev);
};

/**
 * struct dev - an open device, the back end's view
 * @backend: its operations
 * @priv: the back end's own
 * @fd: what to wait for; -1: nothing
 * @config: name, MAC, MTU, features of the stack's interface
 * @os: the stack, for libos_clock_now()
 * @host: host/netdev.c's
 */
struct dev {
	const struct dev_backend *backend;
	void *priv;
	int fd;
	struct libos_netdev_config config;
	struct libos *os;
	void *host;
};

/* backends.c */
const struct dev_backend *dev_backend_find(const char *name, size_t len);
extern const struct dev_backend *const dev_backends[]; /* ends with NULL */

/* host/netdev.c: what a back end may call */

/* Frames arrived; copied. From receive() and writable() only. */
void dev_receive(struct dev *dev, const struct libos_frame *frames, int n);
/* A stopped transmit queue may go on. From receive() and writable() only. */
void dev_wake(struct dev *dev);
/* The link went up or down. From receive() and writable() only. */
void dev_carrier(struct dev *dev, bool up);
/* Have writable() called when @dev->fd is writable. Any operation. */
void dev_want_write(struct dev *dev, bool want);
/* The sentence libos_error() returns; printf(3)'s format. From open() only. */
void dev_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
