// SPDX-License-Identifier: GPL-2.0
/*
 * net.c - stacks to be measured, and links between them
 *
 * The host's side is always a network namespace of its own: nothing of the machine's
 * configuration is met or changed. Devices are set up with the same ioctls and netlink
 * messages on both sides. Without root a user namespace gives the privilege.
 */
#define _GNU_SOURCE
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"

/* net.core.wmem_max is this by default: no stack gives less, and none more. */
#define BUFFER 212992

/* ------------------------------------------------------------------ *
 * devices
 */

static struct ifreq ifreq(const char *dev)
{
	struct ifreq ifr = { 0 };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", dev);
	return ifr;
}

void net_up(const struct net *net, const char *dev)
{
	int fd = NET(net, socket, AF_INET, SOCK_DGRAM, 0);
	struct ifreq ifr = ifreq(dev);

	fail_if(fd < 0, "socket");
	fail_if(NET(net, ioctl, fd, SIOCGIFFLAGS, &ifr) < 0, "SIOCGIFFLAGS");
	ifr.ifr_flags |= IFF_UP;
	fail_if(NET(net, ioctl, fd, SIOCSIFFLAGS, &ifr) < 0, "SIOCSIFFLAGS");
	net_close(net, fd);
}

/* @addr is one of a /24. */
void net_address(const struct net *net, const char *dev, in_addr_t addr)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = addr };
	int fd = NET(net, socket, AF_INET, SOCK_DGRAM, 0);
	struct ifreq ifr = ifreq(dev);

	fail_if(fd < 0, "socket");
	memcpy(&ifr.ifr_addr, &in, sizeof(in));
	fail_if(NET(net, ioctl, fd, SIOCSIFADDR, &ifr) < 0, "SIOCSIFADDR");
	in.sin_addr.s_addr = htonl(0xffffff00);
	memcpy(&ifr.ifr_netmask, &in, sizeof(in));
	fail_if(NET(net, ioctl, fd, SIOCSIFNETMASK, &ifr) < 0, "SIOCSIFNETMASK");
	net_close(net, fd);
	net_up(net, dev);
}

struct message {
	struct nlmsghdr hdr;
	struct ifinfomsg info;
	char attrs[256];
};

/* Appends an attribute; one that nests others has its length set by nest_end(). */
static struct rtattr *put(struct message *m, int type, const void *data, int len)
{
	struct rtattr *rta = (void *)((char *)m + NLMSG_ALIGN(m->hdr.nlmsg_len));

	rta->rta_type = type;
	rta->rta_len = RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(rta), data, len);
	m->hdr.nlmsg_len = NLMSG_ALIGN(m->hdr.nlmsg_len) + RTA_ALIGN(rta->rta_len);
	return rta;
}

static void nest_end(struct message *m, struct rtattr *rta)
{
	rta->rta_len = (char *)m + m->hdr.nlmsg_len - (char *)rta;
}

void net_veth(const struct net *net, const char *name, const char *peer, int ns)
{
	struct message m = { .hdr = {
		.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
		.nlmsg_type = RTM_NEWLINK,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
	} };
	struct {
		struct nlmsghdr hdr;
		struct nlmsgerr err;
		char rest[512];
	} ack;
	struct rtattr *info, *data, *other;
	int fd = NET(net, socket, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	fail_if(fd < 0, "netlink socket");
	put(&m, IFLA_IFNAME, name, strlen(name) + 1);
	info = put(&m, IFLA_LINKINFO, NULL, 0);
	put(&m, IFLA_INFO_KIND, "veth", 4);
	data = put(&m, IFLA_INFO_DATA, NULL, 0);
	other = put(&m, VETH_INFO_PEER, &m.info, sizeof(m.info));
	put(&m, IFLA_IFNAME, peer, strlen(peer) + 1);
	if (ns >= 0)
		put(&m, IFLA_NET_NS_FD, &ns, sizeof(ns));
	nest_end(&m, other);
	nest_end(&m, data);
	nest_end(&m, info);
	fail_if(NET(net, send, fd, &m, m.hdr.nlmsg_len, 0) < 0, "RTM_NEWLINK");
	fail_if(NET(net, recv, fd, &ack, sizeof(ack), 0) < (int)sizeof(ack.hdr),
		"answer to RTM_NEWLINK");
	errno = ack.hdr.nlmsg_type == NLMSG_ERROR ? -ack.err.error : EPROTO;
	fail_if(errno, "new veth pair");
	net_close(net, fd);
}

/* ------------------------------------------------------------------ *
 * stacks
 */

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	fail_if(fd < 0 || write(fd, text, strlen(text)) < 0, path);
	close(fd);
}

/* Privilege over the namespaces that follow, once. */
static void become_root(void)
{
	unsigned int uid = geteuid(), gid = getegid();
	char map[32];

	if (!uid)
		return;
	fail_if(unshare(CLONE_NEWUSER), "neither root nor a user namespace: unshare");
	write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	write_file("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	write_file("/proc/self/gid_map", map);
}

void net_host(struct net *net)
{
	become_root();
	fail_if(unshare(CLONE_NEWNET), "unshare(CLONE_NEWNET)");
	net->os = NULL;
	net->ns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	fail_if(net->ns < 0, "/proc/thread-self/ns/net");
	net->addr = htonl(INADDR_LOOPBACK);
	net_up(net, "lo");
}

void net_lib(struct net *net, const struct libos_options *options)
{
	net->os = libos_open(options);
	fail_if(!net->os, "libos_open");
	net->ns = -1;
	net->addr = htonl(INADDR_LOOPBACK);
	net_up(net, "lo");
}

void net_enter(const struct net *net)
{
	if (!net->os)
		fail_if(setns(net->ns, CLONE_NEWNET), "setns");
}

/* ------------------------------------------------------------------ *
 * links
 */

#define DEV "bench0"
static const struct libos_netdev_config config = { .name = DEV };

static void addresses(struct net *near, struct net *far)
{
	near->addr = inet_addr("10.0.0.1");
	far->addr = inet_addr("10.0.0.2");
	net_enter(near);
	net_address(near, DEV, near->addr);
	net_enter(far);
	net_address(far, DEV, far->addr);
}

static void link_veth(struct net *near, struct net *far)
{
	net_host(near);
	net_host(far);
	net_veth(far, DEV, DEV, near->ns);
	addresses(near, far);
}

static void link_pair(struct net *near, struct net *far)
{
	net_lib(near, NULL);
	net_lib(far, NULL);
	fail_if(libos_netdev_pair(near->os, &config, far->os, &config, NULL),
		"libos_netdev_pair");
	addresses(near, far);
}

static void link_tap(struct net *near, struct net *far)
{
	net_host(far);
	net_lib(near, NULL);
	fail_if(!libos_netdev_open(near->os, &config, "tap:" DEV), "tap:" DEV);
	addresses(near, far);
}

void net_link(enum link link, bool lib, struct net *near, struct net *far)
{
	if (link == LINK_LO) {
		if (lib)
			net_lib(near, NULL);
		else
			net_host(near);
		*far = *near;
	} else if (!lib) {
		link_veth(near, far);
	} else if (link == LINK_CABLE) {
		link_pair(near, far);
	} else {
		link_tap(near, far);
	}
	net_enter(near);
}

/* ------------------------------------------------------------------ *
 * sockets
 */

static void buffer(const struct net *net, int fd, int name)
{
	int size = BUFFER;
	socklen_t len = sizeof(size);

	fail_if(NET(net, setsockopt, fd, SOL_SOCKET, name, &size, len) ||
		NET(net, getsockopt, fd, SOL_SOCKET, name, &size, &len), "buffer");
	errno = ENOBUFS;
	fail_if(size != 2 * BUFFER, "net.core.wmem_max or rmem_max is lower than 212992");
}

int net_tcp(const struct net *net)
{
	int fd = NET(net, socket, AF_INET, SOCK_STREAM, 0), one = 1;

	fail_if(fd < 0, "socket");
	fail_if(NET(net, setsockopt, fd, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5), "cubic");
	fail_if(NET(net, setsockopt, fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)),
		"TCP_NODELAY");
	buffer(net, fd, SO_SNDBUF);
	buffer(net, fd, SO_RCVBUF);
	return fd;
}

int net_listen(const struct net *far, struct sockaddr_in *to)
{
	socklen_t len = sizeof(*to);
	int fd;

	net_enter(far);
	fd = net_tcp(far);
	*to = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = far->addr };
	fail_if(NET(far, bind, fd, (struct sockaddr *)to, len) ||
		NET(far, getsockname, fd, (struct sockaddr *)to, &len) ||
		NET(far, listen, fd, 128), "listen");
	return fd;
}

int net_connect(const struct net *near, const struct sockaddr_in *to)
{
	int fd = net_tcp(near);

	fail_if(NET(near, connect, fd, (const struct sockaddr *)to, sizeof(*to)), "connect");
	return fd;
}
