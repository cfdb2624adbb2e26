// SPDX-License-Identifier: GPL-2.0
/*
 * tap.c - "tap:NAME", a tap of the host (linux/if_tun.h)
 *
 * The tap is created when there is none of that name, which needs CAP_NET_ADMIN,
 * and then lasts as long as the device. One made beforehand for a user ("ip tuntap
 * add NAME mode tap user USER") needs no privilege. The host's end is another
 * interface with a MAC address of its own; bringing it up, giving it addresses and
 * routes is the host administrator's. While it is down, frames are lost.
 *
 * Every frame has a virtio-net header in front, both ways, so large segments and
 * unfinished checksums pass. A tap takes one frame a system call. Received frames
 * are packed one behind the other, not a slot each, to stay in the cache.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "batch.h"
#include "dev.h"
#include "flow.h"
#include "hostif.h"

#define TUN_PATH "/dev/net/tun"

/* Linux 6.2 has them; the headers to build with may be older. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

#define READ_MAX (sizeof(struct libos_vnet_hdr) + DEV_FRAME_MAX)

struct tap {
	struct dev_flow flow;
	struct dev_batch batch;
	uint8_t buf[DEV_BATCH_BYTES];
};

_Static_assert(sizeof(struct libos_vnet_hdr) == 12, "struct virtio_net_hdr_v1");

static int open_tun(void)
{
	int fd = open(TUN_PATH, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int err = -errno;

	if (fd >= 0)
		return fd;
	if (err == -ENOENT || err == -ENODEV || err == -ENXIO)
		dev_error("tap: %s: %s; load the module (\"modprobe tun\"), in a container pass the device in",
			  TUN_PATH, strerror(-err));
	else if (err == -EACCES || err == -EPERM)
		dev_error("tap: %s: %s; run as root, or have the administrator allow it (\"chmod 666 %s\")",
			  TUN_PATH, strerror(-err), TUN_PATH);
	else
		dev_error("tap: %s: %s", TUN_PATH, strerror(-err));
	return err;
}

static int attach(int fd, const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int err;

	if (!*name || strlen(name) >= IFNAMSIZ) {
		dev_error("tap: \"%s\" is not an interface name: 1 to %d characters",
			  name, IFNAMSIZ - 1);
		return -EINVAL;
	}
	strcpy(ifr.ifr_name, name);
	if (!ioctl(fd, TUNSETIFF, &ifr))
		return 0;

	err = -errno;
	if (err == -EPERM)
		dev_error("tap: %s: not permitted; run as root, or as root make it for yourself: \"ip tuntap add %s mode tap user USER\"",
			  name, name);
	else if (err == -EBUSY)
		dev_error("tap: %s: another program has it open; end that, or take another name",
			  name);
	else if (err == -EINVAL)
		dev_error("tap: %s: the host has an interface of that name that is not a plain tap; take another name",
			  name);
	else
		dev_error("tap: %s: %s", name, strerror(-err));
	return err;
}

/*
 * What the host may send us unfinished is also what it finishes for us: a host
 * that refuses one of these flags does not know it in a frame's header either.
 */
static uint32_t set_offloads(int fd)
{
	static const struct {
		unsigned long tun;
		uint32_t features;
	} choice[] = {
		{ TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_USO4 | TUN_F_USO6,
		  LIBOS_NETDEV_CSUM | LIBOS_NETDEV_TSO4 | LIBOS_NETDEV_TSO6 |
		  LIBOS_NETDEV_USO },
		{ TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6,
		  LIBOS_NETDEV_CSUM | LIBOS_NETDEV_TSO4 | LIBOS_NETDEV_TSO6 },
		{ TUN_F_CSUM, LIBOS_NETDEV_CSUM },
	};

	for (size_t i = 0; i < sizeof(choice) / sizeof(choice[0]); i++)
		if (!ioctl(fd, TUNSETOFFLOAD, choice[i].tun))
			return choice[i].features;
	return 0;
}

static void tap_close(struct dev *dev)
{
	if (dev->fd >= 0)
		close(dev->fd);
	free(dev->priv);
}

static int tap_open(struct dev *dev, const char *args)
{
	int hdr_len = sizeof(struct libos_vnet_hdr);
	struct dev_hostif hostif;
	struct tap *tap;
	int err;

	dev->priv = NULL;
	dev->fd = open_tun();
	if (dev->fd < 0)
		return dev->fd;
	err = attach(dev->fd, args);
	if (err)
		goto err_close;
	if (ioctl(dev->fd, TUNSETVNETHDRSZ, &hdr_len)) {
		err = -errno;
		dev_error("tap: %s: the host takes no virtio-net header of %d bytes: %s",
			  args, hdr_len, strerror(errno));
		goto err_close;
	}
	err = dev_hostif_find(&hostif, "tap", args);
	if (err)
		goto err_close;
	tap = malloc(sizeof(*tap));
	if (!tap) {
		err = -ENOMEM;
		dev_error("tap: no memory");
		goto err_close;
	}
	tap->flow = (struct dev_flow){ 0 };
	tap->batch.n = 0;
	dev->priv = tap;
	dev->config.features = set_offloads(dev->fd);
	if (!dev->config.mtu)
		dev->config.mtu = hostif.mtu;
	return 0;

err_close:
	tap_close(dev);
	dev->fd = -1;
	return err;
}

/* EAGAIN: full. Any other error is the frame's own or a host interface that is down. */
static int tap_transmit(struct dev *dev, const struct libos_frame *frames, int n)
{
	struct tap *tap = dev->priv;
	struct iovec iov[1 + DEV_PIECES];

	if (dev_flow_is_gone(&tap->flow))
		return n;
	if (dev_flow_is_stopped(&tap->flow))
		return 0;
	for (int i = 0; i < n; i++) {
		int pieces = dev_pieces_put(iov + 1, &frames[i]);

		iov[0].iov_base = (void *)&frames[i].hdr;
		iov[0].iov_len = sizeof(frames[i].hdr);
		if (writev(dev->fd, iov, 1 + pieces) < 0 && errno == EAGAIN) {
			dev_flow_stop(dev, &tap->flow);
			return i;
		}
	}
	return n;
}

/* Return: 0 if there may be more, or -errno of the read that found none. */
static int read_batch(struct dev *dev, struct tap *tap)
{
	struct libos_vnet_hdr hdr;
	size_t used = 0;
	int err = 0;

	while (dev_batch_room(&tap->batch, used, READ_MAX)) {
		uint8_t *at = tap->buf + used;
		ssize_t len = read(dev->fd, at, READ_MAX);

		if (len < 0) {
			err = -errno;
			break;
		}
		if (len <= (ssize_t)sizeof(hdr))
			continue;
		memcpy(&hdr, at, sizeof(hdr));
		dev_batch_add(&tap->batch, &hdr, at + sizeof(hdr), len - sizeof(hdr));
		used = dev_batch_next(used, len);
	}
	dev_batch_flush(dev, &tap->batch);
	return err;
}

static void tap_receive(struct dev *dev)
{
	struct tap *tap = dev->priv;
	int err = 0;

	if (dev_flow_is_gone(&tap->flow))
		return;
	for (int round = 0; round < DEV_BATCH_ROUNDS && !err; round++)
		err = read_batch(dev, tap);
	/* EBADFD or EFAULT: somebody has removed the tap. */
	if (err && err != -EAGAIN && err != -EINTR)
		dev_flow_end(dev, &tap->flow);
}

static void tap_writable(struct dev *dev)
{
	struct tap *tap = dev->priv;

	dev_flow_go(dev, &tap->flow);
}

const struct dev_backend dev_tap = {
	.name = "tap",
	.usage = "tap:NAME           a tap of the host, created if missing",
	.open = tap_open,
	.transmit = tap_transmit,
	.receive = tap_receive,
	.writable = tap_writable,
	.close = tap_close,
};
