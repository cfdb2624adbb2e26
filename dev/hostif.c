// SPDX-License-Identifier: GPL-2.0
/*
 * hostif.c - a network interface of the host: index, MTU, promiscuous mode
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dev.h"
#include "hostif.h"

static int query(int fd, struct dev_hostif *hostif, int *type)
{
	struct ifreq ifr = { 0 };

	memcpy(ifr.ifr_name, hostif->name, IFNAMSIZ);
	if (ioctl(fd, SIOCGIFINDEX, &ifr))
		return -errno;
	hostif->index = ifr.ifr_ifindex;
	if (ioctl(fd, SIOCGIFMTU, &ifr))
		return -errno;
	hostif->mtu = ifr.ifr_mtu;
	if (ioctl(fd, SIOCGIFHWADDR, &ifr))
		return -errno;
	*type = ifr.ifr_hwaddr.sa_family;
	return 0;
}

/**
 * dev_hostif_find() - look up an Ethernet interface of the host
 * @backend: who asks, for the message
 * @name: interface name
 *
 * Return: 0; -ENODEV, -EMEDIUMTYPE (not Ethernet), -EINVAL (no such name can be)
 * with dev_error() called.
 */
int dev_hostif_find(struct dev_hostif *hostif, const char *backend, const char *name)
{
	int fd, err, type = 0;

	if (!*name || strlen(name) >= IFNAMSIZ) {
		dev_error("%s: \"%s\" is not an interface name: 1 to %d characters",
			  backend, name, IFNAMSIZ - 1);
		return -EINVAL;
	}
	*hostif = (struct dev_hostif){ 0 };
	strcpy(hostif->name, name);

	/* netdevice(7): any family will do, and this one is always there. */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		err = -errno;
		dev_error("%s: no socket: %s", backend, strerror(errno));
		return err;
	}
	err = query(fd, hostif, &type);
	close(fd);
	if (err) {
		dev_error("%s: host interface \"%s\": %s; \"ip link\" lists those there are",
			  backend, name, strerror(-err));
	} else if (type != ARPHRD_ETHER) {
		dev_error("%s: host interface \"%s\" is not Ethernet (ARP type %d); take one that is, or a tap",
			  backend, name, type);
		err = -EMEDIUMTYPE;
	}
	return err;
}

/* Is the interface still there? (Another may have its name by now.) */
bool dev_hostif_exists(const struct dev_hostif *hostif)
{
	char name[IFNAMSIZ];

	return if_indextoname(hostif->index, name);
}

/**
 * dev_hostif_promiscuous() - have the interface take frames for any address
 * @packet_fd: AF_PACKET socket; the mode lasts until it is closed (packet(7))
 *
 * The stack's interface has its own MAC address, which the host's does not know.
 * Return: 0 or -errno.
 */
int dev_hostif_promiscuous(const struct dev_hostif *hostif, int packet_fd)
{
	struct packet_mreq mreq = {
		.mr_ifindex = hostif->index,
		.mr_type = PACKET_MR_PROMISC,
	};

	if (setsockopt(packet_fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mreq, sizeof(mreq)))
		return -errno;
	return 0;
}
