// SPDX-License-Identifier: GPL-2.0
/*
 * fallback.c - the devices that tunnels are made by, when they are asked for
 *
 * An ioctl() on tunl0, as `ip tunnel add` makes it, loads the tunnel's module in a
 * distribution's kernel, and with that come the fallback devices of every namespace.
 * Here nothing is a module. Namespaces begin without these devices (setup.c), as they
 * do there, and an ioctl() on one that is missing makes it where it was missed: a tunnel
 * whose ends are any, which gets what no other takes.
 */
#include <linux/file.h>
#include <linux/if.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <net/netlink.h>

#include "lib.h"

static const struct {
	const char *name, *kind;
} fallbacks[] = {
	{ "tunl0", "ipip" },
	{ "gre0", "gre" },
	{ "sit0", "sit" },
	{ "ip_vti0", "vti" },
	{ "ip6tnl0", "ip6tnl" },
	{ "ip6gre0", "ip6gre" },
	{ "ip6_vti0", "vti6" },
};

/* RTM_NEWLINK, as the calling program would send it */
static int send_newlink(struct socket *sock, const char *name, const char *kind)
{
	struct {
		struct nlmsghdr hdr;
		struct ifinfomsg info;
		char attrs[64];
	} request = {
		.hdr.nlmsg_type = RTM_NEWLINK,
		.hdr.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL,
	};
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	struct msghdr msg = { .msg_name = &to, .msg_namelen = sizeof(to) };
	struct nlattr *attr = (struct nlattr *)request.attrs, *info;
	struct kvec vec = { .iov_base = &request };

	attr->nla_type = IFLA_IFNAME;
	attr->nla_len = nla_attr_size(strlen(name) + 1);
	strcpy(nla_data(attr), name);
	info = (struct nlattr *)((char *)attr + NLA_ALIGN(attr->nla_len));
	info->nla_type = IFLA_LINKINFO | NLA_F_NESTED;
	attr = nla_data(info);
	attr->nla_type = IFLA_INFO_KIND;
	attr->nla_len = nla_attr_size(strlen(kind) + 1);
	strcpy(nla_data(attr), kind);
	info->nla_len = nla_attr_size(NLA_ALIGN(attr->nla_len));
	vec.iov_len = (char *)info + NLA_ALIGN(info->nla_len) - (char *)&request;
	request.hdr.nlmsg_len = vec.iov_len;
	return kernel_sendmsg(sock, &msg, &vec, 1, vec.iov_len);
}

static bool make(const char *name, const char *kind)
{
	struct socket *sock;
	struct file *file;
	int err;

	if (sock_create(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &sock))
		return false;
	/* The caller's right to do this is looked up there. */
	file = sock_alloc_file(sock, 0, NULL);
	if (IS_ERR(file))
		return false;
	err = send_newlink(sock, name, kind);
	fput(file);
	return err >= 0;
}

/* lib_fallback_ioctl() - ioctl() @cmd met a device that is not there: is it now? */
bool lib_fallback_ioctl(unsigned int cmd, const void __user *arg)
{
	char name[IFNAMSIZ];
	int i;

	if (cmd >> 8 != SIOCGIFINDEX >> 8 || copy_from_user(name, arg, sizeof(name)))
		return false;
	for (i = 0; i < ARRAY_SIZE(fallbacks); i++)
		if (!strncmp(name, fallbacks[i].name, sizeof(name)))
			return make(name, fallbacks[i].kind);
	return false;
}
