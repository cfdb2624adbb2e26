// SPDX-License-Identifier: GPL-2.0
/*
 * configure_addr.c - addr add, replace, del and flush
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include <libos.h>

#include "configure.h"
#include "configure_command.h"

/* The broadcast address of @a's network; only for IPv4 (RFC 919, RFC 3021). */
static void put_broadcast(struct netlink_request *req, const struct address *a)
{
	uint32_t address;

	memcpy(&address, a->bytes, sizeof(address));
	netlink_put_u32(req, IFA_BROADCAST, address | htonl(UINT32_MAX >> a->prefix));
}

static bool has_broadcast(const struct address *a, const struct link *link)
{
	return a->family == AF_INET && a->prefix < 31 && link->flags & IFF_BROADCAST;
}

/* What is read of an addr command behind the address. */
struct addr_options {
	struct link link;
	struct address peer;
	struct address broadcast;
	const char *label;
	uint32_t flags;
};

static int take_addr_option(struct command *c, int family, struct addr_options *o)
{
	if (command_accept(c, "dev"))
		return command_take_link(c, &o->link);
	if (command_accept(c, "peer"))
		return command_take_prefix(c, family, &o->peer);
	if (command_accept(c, "broadcast") || command_accept(c, "brd"))
		return command_take_address(c, family, &o->broadcast);
	if (command_accept(c, "label"))
		return command_take_name(c, &o->label);
	if (command_accept(c, "nodad"))
		o->flags |= IFA_F_NODAD;
	else if (command_accept(c, "noprefixroute"))
		o->flags |= IFA_F_NOPREFIXROUTE;
	else
		return command_unknown(c,
				       "dev peer broadcast label nodad noprefixroute");
	return 0;
}

/**
 * addr_change() - addr add, addr replace and addr del
 * @type: RTM_NEWADDR or RTM_DELADDR
 * @flags: NLM_F_… of the former
 *
 * The scope is the kernel's for IPv6, host for IPv4's loopback network, and global
 * for the rest.
 */
static int addr_change(struct command *c, int type, int flags)
{
	struct addr_options o = { .flags = 0 };
	struct ifaddrmsg body = { 0 };
	struct netlink_request req;
	struct address a;
	int error;

	error = command_take_prefix(c, c->family, &a);
	while (!error && command_peek(c))
		error = take_addr_option(c, a.family, &o);
	if (error)
		return error;
	if (!a.len)
		return command_fail(c, EINVAL, "default is not an address");
	if (!o.link.index)
		return command_fail(c, EINVAL, "has no device; dev DEV must follow");
	body.ifa_family = a.family;
	body.ifa_prefixlen = o.peer.len ? o.peer.prefix : a.prefix;
	body.ifa_index = o.link.index;
	if (type == RTM_NEWADDR && a.family == AF_INET && a.bytes[0] == 127)
		body.ifa_scope = RT_SCOPE_HOST;
	netlink_request_init(&req, type, flags, &body, sizeof(body));
	address_put(&req, IFA_LOCAL, &a);
	address_put(&req, IFA_ADDRESS, o.peer.len ? &o.peer : &a);
	if (o.flags)
		netlink_put_u32(&req, IFA_FLAGS, o.flags);
	if (o.label)
		netlink_put_string(&req, IFA_LABEL, o.label);
	if (o.broadcast.len)
		address_put(&req, IFA_BROADCAST, &o.broadcast);
	else if (type == RTM_NEWADDR && !o.peer.len && has_broadcast(&a, &o.link))
		put_broadcast(&req, &a);
	return command_call(c, &req);
}

int configure_addr_add(struct command *c)
{
	return addr_change(c, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
}

int configure_addr_replace(struct command *c)
{
	return addr_change(c, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
}

int configure_addr_del(struct command *c)
{
	return addr_change(c, RTM_DELADDR, 0);
}

/* struct addr_found - the first address of device @index, as its own removal */
struct addr_found {
	unsigned int index;
	bool found;
	struct netlink_request removal;
};

static int addr_reply(const struct nlmsghdr *message, void *arg)
{
	const struct ifaddrmsg *body = NLMSG_DATA(message);
	size_t len = message->nlmsg_len - NLMSG_HDRLEN;
	struct addr_found *found = arg;

	if (found->found || body->ifa_index != found->index)
		return 0;
	found->found = true;
	netlink_request_init(&found->removal, RTM_DELADDR, 0, body, len);
	return 0;
}

/*
 * Asks anew after each removal: removing an address can remove others with it (the
 * secondary ones of an IPv4 network).
 */
int configure_addr_flush(struct command *c)
{
	struct rtgenmsg body = { .rtgen_family = c->family };
	struct addr_found found = { 0 };
	struct netlink_request req;
	struct link link;
	int error;

	command_accept(c, "dev");
	error = command_take_link(c, &link);
	if (error)
		return error;
	if (command_peek(c))
		return command_unknown(c, "nothing, the command ends here");
	found.index = link.index;
	for (;;) {
		netlink_request_init(&req, RTM_GETADDR, NLM_F_DUMP, &body,
				     sizeof(body));
		found.found = false;
		error = netlink_call(c->nl, &req, addr_reply, &found);
		if (error)
			return command_refused(c, error);
		if (!found.found)
			return 0;
		error = command_call(c, &found.removal);
		if (error)
			return error;
	}
}
