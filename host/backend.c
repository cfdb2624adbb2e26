// SPDX-License-Identifier: GPL-2.0
/*
 * backend.c - network devices whose other side is a back end of dev/
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "dev.h"
#include "error.h"
#include "netdev.h"

/**
 * struct backend - a back end's device
 * @dev: what it sees
 * @sfd: its file descriptor with the service thread
 * @up: the interface is up. Before, nothing is read: it would be dropped.
 * @want_write: the back end waits for room
 */
struct backend {
	struct dev dev;
	struct service_fd *sfd;
	struct libos_netdev *nd;
	atomic_bool up;
	atomic_bool want_write;
};

static void backend_watch(struct backend *b)
{
	if (b->sfd)
		service_fd_events(b->sfd, (b->up ? EPOLLIN : 0) |
					  (b->want_write ? EPOLLOUT : 0));
}

static void backend_updown(struct libos_netdev *nd, bool up)
{
	struct backend *b = nd->priv;

	b->up = up;
	backend_watch(b);
}

static int backend_xmit(struct libos_netdev *nd, struct lib_frame *frames, int n,
			int *held)
{
	struct backend *b = nd->priv;

	(void)held;
	return b->dev.backend->transmit(&b->dev, (const struct libos_frame *)frames, n);
}

static void backend_events(void *arg, uint32_t events)
{
	struct backend *b = arg;

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		b->dev.backend->receive(&b->dev);
	if (events & EPOLLOUT && b->dev.backend->writable)
		b->dev.backend->writable(&b->dev);
}

static void backend_close(struct libos_netdev *nd)
{
	struct backend *b = nd->priv;

	if (b->sfd)
		service_fd_remove(b->sfd);
	netdev_remove(nd);
	b->dev.backend->close(&b->dev);
	free(b);
}

static const struct netdev_ops backend_ops = {
	.xmit = backend_xmit,
	.updown = backend_updown,
	.close = backend_close,
};

void dev_receive(struct dev *dev, const struct libos_frame *frames, int n)
{
	libos_netdev_receive(((struct backend *)dev->host)->nd, frames, n);
}

void dev_wake(struct dev *dev)
{
	libos_netdev_wake(((struct backend *)dev->host)->nd);
}

void dev_carrier(struct dev *dev, bool up)
{
	libos_netdev_set_carrier(((struct backend *)dev->host)->nd, up);
}

void dev_want_write(struct dev *dev, bool want)
{
	struct backend *b = dev->host;

	b->want_write = want;
	backend_watch(b);
}

void dev_error(const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	libos_error_set("%s", text);
}

static const struct dev_backend *backend_find(const char *spec, const char **args)
{
	const char *colon = strchr(spec, ':');
	const struct dev_backend *be = NULL;
	char names[200] = "";
	int i;

	if (colon)
		be = dev_backend_find(spec, colon - spec);
	if (be) {
		*args = colon + 1;
		return be;
	}
	for (i = 0; dev_backends[i]; i++) {
		strncat(names, i ? ", " : "", sizeof(names) - strlen(names) - 1);
		strncat(names, dev_backends[i]->name, sizeof(names) - strlen(names) - 1);
	}
	libos_error_set("no network back end in \"%s\"; write NAME:ARGUMENTS, with one "
			"of %s", spec, names);
	return NULL;
}

struct libos_netdev *libos_netdev_open(struct libos *os,
				       const struct libos_netdev_config *config,
				       const char *spec)
{
	const struct dev_backend *be;
	struct backend *b;
	const char *args;
	int err;

	be = backend_find(spec, &args);
	if (!be) {
		errno = EINVAL;
		return NULL;
	}
	b = calloc(1, sizeof(*b));
	if (!b)
		return NULL;
	b->dev.backend = be;
	b->dev.fd = -1;
	b->dev.host = b;
	b->dev.os = os;
	if (config)
		b->dev.config = *config;
	err = be->open(&b->dev, args);
	if (err)
		goto err_free;
	b->nd = netdev_new(os, &b->dev.config, &backend_ops, b);
	if (!b->nd) {
		err = -errno;
		goto err_close;
	}
	if (b->dev.fd >= 0) {
		b->sfd = service_fd_add(b->dev.fd, 0, backend_events, b);
		if (!b->sfd) {
			err = -errno;
			libos_error_set("cannot watch %s: %s", spec, strerror(errno));
			libos_netdev_close(b->nd);
			errno = -err;
			return NULL;
		}
		backend_watch(b);	/* it may have come up meanwhile */
	}
	return b->nd;

err_close:
	be->close(&b->dev);
err_free:
	free(b);
	errno = -err;
	return NULL;
}
