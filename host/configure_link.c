// SPDX-License-Identifier: GPL-2.0
/*
 * configure_link.c - link add, set and del
 *
 * What a kind of link understands behind `type KIND` is a table; a kind without one
 * (dummy, ifb, wireguard, …) takes no options and needs no line here.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <stdio.h>
#include <string.h>

#include <libos.h>

#include "configure.h"
#include "configure_command.h"

static int put_name(struct command *c, struct netlink_request *req)
{
	const char *name;
	int error;

	error = command_take_name(c, &name);
	if (!error)
		netlink_put_string(req, IFLA_IFNAME, name);
	return error;
}

static int put_number(struct command *c, struct netlink_request *req, uint16_t attr,
		      const char *what)
{
	unsigned long value;
	int error;

	error = command_take_number(c, what, 0, INT32_MAX, &value);
	if (!error)
		netlink_put_u32(req, attr, value);
	return error;
}

static int put_mac(struct command *c, struct netlink_request *req, uint16_t attr)
{
	uint8_t mac[6];
	int error;

	error = command_take_mac(c, mac);
	if (!error)
		netlink_put(req, attr, mac, sizeof(mac));
	return error;
}

static int put_link(struct command *c, struct netlink_request *req, uint16_t attr)
{
	struct link link;
	int error;

	error = command_take_link(c, &link);
	if (!error)
		netlink_put_u32(req, attr, link.index);
	return error;
}

static void change_flag(struct ifinfomsg *info, unsigned int flag, bool on)
{
	info->ifi_change |= flag;
	info->ifi_flags = on ? info->ifi_flags | flag : info->ifi_flags & ~flag;
}

/* Reads on or off for IFF_… @flag; @inverse where the flag says no. */
static int put_flag(struct command *c, struct ifinfomsg *info, unsigned int flag,
		    bool inverse)
{
	bool on;
	int error;

	error = command_take_switch(c, &on);
	if (!error)
		change_flag(info, flag, on != inverse);
	return error;
}

#define LINK_WORDS \
	"up down mtu address name master nomaster netns txqueuelen arp promisc multicast"

/**
 * take_link_option() - read one option that every kind of link has
 * @info: the link's header in @req
 *
 * Return: 0, -errno, or 1 with nothing read where the word is another one.
 */
static int take_link_option(struct command *c, struct netlink_request *req,
			    struct ifinfomsg *info)
{
	if (command_accept(c, "up"))
		change_flag(info, IFF_UP, true);
	else if (command_accept(c, "down"))
		change_flag(info, IFF_UP, false);
	else if (command_accept(c, "nomaster"))
		netlink_put_u32(req, IFLA_MASTER, 0);
	else if (command_accept(c, "mtu"))
		return put_number(c, req, IFLA_MTU, "mtu");
	else if (command_accept(c, "address"))
		return put_mac(c, req, IFLA_ADDRESS);
	else if (command_accept(c, "name"))
		return put_name(c, req);
	else if (command_accept(c, "master"))
		return put_link(c, req, IFLA_MASTER);
	else if (command_accept(c, "netns"))
		return put_number(c, req, IFLA_NET_NS_FD, "netns");
	else if (command_accept(c, "txqueuelen"))
		return put_number(c, req, IFLA_TXQLEN, "txqueuelen");
	else if (command_accept(c, "arp"))
		return put_flag(c, info, IFF_NOARP, true);
	else if (command_accept(c, "promisc"))
		return put_flag(c, info, IFF_PROMISC, false);
	else if (command_accept(c, "multicast"))
		return put_flag(c, info, IFF_MULTICAST, false);
	else
		return 1;
	return 0;
}

static int take_link_options(struct command *c, struct netlink_request *req,
			     struct ifinfomsg *info)
{
	int error;

	while (command_peek(c)) {
		error = take_link_option(c, req, info);
		if (error)
			return error < 0 ? error : command_unknown(c, LINK_WORDS);
	}
	return 0;
}

enum option_type {
	OPTION_U8,
	OPTION_U16,
	OPTION_U32,
	OPTION_PORT,	/* 16 bit, network byte order */
	OPTION_CHOICE8,	/* one of @choices, or a number */
	OPTION_CHOICE16,
	OPTION_CHOICE32,
	OPTION_ADDRESS,	/* of @family; IPv6 in attribute @attr6 where that differs */
	OPTION_LINK,
	OPTION_KEY,	/* GRE's key for both ways */
	OPTION_PEER,	/* veth's other end: options of a link */
};

/* struct option - a word behind `type KIND`, and the attribute it makes */
struct option {
	const char *word;
	enum option_type type;
	uint16_t attr;
	uint16_t attr6;
	int family;
	const struct choice *choices;
};

/**
 * struct kind - a kind of link that has options of its own
 * @options: them, to an empty one
 * @bare: the option meant by a number without a word in front
 * @defaults: what ip(8) says where the user does not and the kernel's own
 *	default is another; to an empty one
 */
struct kind {
	const char *name;
	const struct option *options;
	const char *bare;
	const struct {
		uint16_t attr;
		uint8_t value;
	} *defaults;
};

static const struct choice macvlan_modes[] = {
	{ "private", MACVLAN_MODE_PRIVATE }, { "vepa", MACVLAN_MODE_VEPA },
	{ "bridge", MACVLAN_MODE_BRIDGE }, { "passthru", MACVLAN_MODE_PASSTHRU },
	{ "source", MACVLAN_MODE_SOURCE }, { NULL },
};

static const struct choice ipvlan_modes[] = {
	{ "l2", IPVLAN_MODE_L2 }, { "l3", IPVLAN_MODE_L3 }, { "l3s", IPVLAN_MODE_L3S },
	{ NULL },
};

/* By Documentation/networking/bonding.rst; the header has them for the kernel only. */
static const struct choice bond_modes[] = {
	{ "balance-rr", 0 }, { "active-backup", 1 }, { "balance-xor", 2 },
	{ "broadcast", 3 }, { "802.3ad", 4 }, { "balance-tlb", 5 },
	{ "balance-alb", 6 }, { NULL },
};

static const struct option veth_options[] = {
	{ "peer", OPTION_PEER, VETH_INFO_PEER },
	{ NULL },
};

static const struct option vrf_options[] = {
	{ "table", OPTION_U32, IFLA_VRF_TABLE },
	{ NULL },
};

static const struct option vlan_options[] = {
	{ "id", OPTION_U16, IFLA_VLAN_ID },
	{ NULL },
};

static const struct option bridge_options[] = {
	{ "stp_state", OPTION_U32, IFLA_BR_STP_STATE },
	{ "forward_delay", OPTION_U32, IFLA_BR_FORWARD_DELAY },
	{ "ageing_time", OPTION_U32, IFLA_BR_AGEING_TIME },
	{ "vlan_filtering", OPTION_U8, IFLA_BR_VLAN_FILTERING },
	{ "mcast_snooping", OPTION_U8, IFLA_BR_MCAST_SNOOPING },
	{ NULL },
};

static const struct option macvlan_options[] = {
	{ "mode", OPTION_CHOICE32, IFLA_MACVLAN_MODE, .choices = macvlan_modes },
	{ NULL },
};

static const struct option ipvlan_options[] = {
	{ "mode", OPTION_CHOICE16, IFLA_IPVLAN_MODE, .choices = ipvlan_modes },
	{ NULL },
};

static const struct option bond_options[] = {
	{ "mode", OPTION_CHOICE8, IFLA_BOND_MODE, .choices = bond_modes },
	{ "miimon", OPTION_U32, IFLA_BOND_MIIMON },
	{ NULL },
};

static const struct option vxlan_options[] = {
	{ "id", OPTION_U32, IFLA_VXLAN_ID },
	{ "remote", OPTION_ADDRESS, IFLA_VXLAN_GROUP, IFLA_VXLAN_GROUP6 },
	{ "group", OPTION_ADDRESS, IFLA_VXLAN_GROUP, IFLA_VXLAN_GROUP6 },
	{ "local", OPTION_ADDRESS, IFLA_VXLAN_LOCAL, IFLA_VXLAN_LOCAL6 },
	{ "dev", OPTION_LINK, IFLA_VXLAN_LINK },
	{ "dstport", OPTION_PORT, IFLA_VXLAN_PORT },
	{ "ttl", OPTION_U8, IFLA_VXLAN_TTL },
	{ NULL },
};

static const struct option geneve_options[] = {
	{ "id", OPTION_U32, IFLA_GENEVE_ID },
	{ "remote", OPTION_ADDRESS, IFLA_GENEVE_REMOTE, IFLA_GENEVE_REMOTE6 },
	{ "dstport", OPTION_PORT, IFLA_GENEVE_PORT },
	{ "ttl", OPTION_U8, IFLA_GENEVE_TTL },
	{ NULL },
};

#define TUNNEL_OPTIONS(attr, ip)						\
	{ "remote", OPTION_ADDRESS, attr##_REMOTE, .family = ip },	\
	{ "local", OPTION_ADDRESS, attr##_LOCAL, .family = ip },		\
	{ "dev", OPTION_LINK, attr##_LINK },				\
	{ "ttl", OPTION_U8, attr##_TTL }

static const struct option gre_options[] = {
	TUNNEL_OPTIONS(IFLA_GRE, AF_INET), { "key", OPTION_KEY }, { NULL },
};

static const struct option ip6gre_options[] = {
	TUNNEL_OPTIONS(IFLA_GRE, AF_INET6), { "key", OPTION_KEY }, { NULL },
};

static const struct option iptunnel_options[] = {
	TUNNEL_OPTIONS(IFLA_IPTUN, AF_INET), { NULL },
};

static const struct option ip6tunnel_options[] = {
	TUNNEL_OPTIONS(IFLA_IPTUN, AF_INET6), { NULL },
};

/* A hop limit of 64, and RFC 2473's default for the encapsulation limit. */
static const typeof(*((struct kind *)0)->defaults) ip6tunnel_defaults[] = {
	{ IFLA_IPTUN_TTL, 64 }, { IFLA_IPTUN_ENCAP_LIMIT, 4 }, { 0 },
};

static const typeof(*((struct kind *)0)->defaults) ip6gre_defaults[] = {
	{ IFLA_GRE_TTL, 64 }, { IFLA_GRE_ENCAP_LIMIT, 4 }, { 0 },
};

static const struct kind kinds[] = {
	{ "veth", veth_options },
	{ "vrf", vrf_options, .bare = "table" },
	{ "vlan", vlan_options, .bare = "id" },
	{ "bridge", bridge_options },
	{ "macvlan", macvlan_options },
	{ "ipvlan", ipvlan_options },
	{ "bond", bond_options },
	{ "vxlan", vxlan_options, .bare = "id" },
	{ "geneve", geneve_options, .bare = "id" },
	{ "gre", gre_options },
	{ "gretap", gre_options },
	{ "ip6gre", ip6gre_options, .defaults = ip6gre_defaults },
	{ "ip6gretap", ip6gre_options, .defaults = ip6gre_defaults },
	{ "ipip", iptunnel_options },
	{ "sit", iptunnel_options },
	{ "ip6tnl", ip6tunnel_options, .defaults = ip6tunnel_defaults },
};

static int put_choice(struct command *c, struct netlink_request *req,
		      const struct option *o, size_t len)
{
	const struct choice *choice;
	unsigned long value;
	char known[160] = "";
	const char *word;
	size_t used = 0;
	int error;

	error = command_take(c, "a word", &word);
	if (error)
		return error;
	for (choice = o->choices; choice->word; choice++) {
		if (!strcmp(choice->word, word)) {
			netlink_put(req, o->attr, &choice->value, len);
			return 0;
		}
		used += snprintf(known + used, sizeof(known) - used, " %s",
				 choice->word);
	}
	if (!number_parse(word, 0, UINT8_MAX, &value))
		return command_fail(c, EINVAL, "%s \"%s\" is not known; one of:%s",
				    o->word, word, known);
	netlink_put(req, o->attr, &value, len);
	return 0;
}

/* @len: of the attribute, whose value is the low end of a little-endian long */
static int put_integer(struct command *c, struct netlink_request *req,
		       const struct option *o, size_t len)
{
	unsigned long value, max = (1UL << (len * 8)) - 1;
	int error;

	error = command_take_number(c, o->word, 0, max, &value);
	if (error)
		return error;
	if (o->type == OPTION_PORT)
		value = htons(value);
	netlink_put(req, o->attr, &value, len);
	return 0;
}

static int put_option_address(struct command *c, struct netlink_request *req,
			      const struct option *o)
{
	struct address a;
	int error;

	error = command_take_address(c, o->family, &a);
	if (error)
		return error;
	address_put(req, a.family == AF_INET6 && o->attr6 ? o->attr6 : o->attr, &a);
	return 0;
}

static int put_key(struct command *c, struct netlink_request *req)
{
	uint16_t flags = GRE_KEY;
	unsigned long key;
	int error;

	error = command_take_number(c, "key", 0, UINT32_MAX, &key);
	if (error)
		return error;
	netlink_put_u32(req, IFLA_GRE_IKEY, htonl(key));
	netlink_put_u32(req, IFLA_GRE_OKEY, htonl(key));
	netlink_put(req, IFLA_GRE_IFLAGS, &flags, sizeof(flags));
	netlink_put(req, IFLA_GRE_OFLAGS, &flags, sizeof(flags));
	return 0;
}

/* Reads the rest of the command, which is the peer's: [name] NAME [option…]. */
static int put_peer(struct command *c, struct netlink_request *req, uint16_t attr)
{
	struct ifinfomsg info = { 0 };
	size_t peer;
	int error;

	peer = netlink_nest(req, attr, &info, sizeof(info));
	command_accept(c, "name");
	error = put_name(c, req);
	if (!error)
		error = take_link_options(c, req, &info);
	if (error)
		return error;
	if (!req->full)
		memcpy(req->space + peer + NLA_HDRLEN, &info, sizeof(info));
	netlink_nest_end(req, peer);
	return 0;
}

static int put_option(struct command *c, struct netlink_request *req,
		      const struct option *o)
{
	switch (o->type) {
	case OPTION_U8:
		return put_integer(c, req, o, 1);
	case OPTION_U16:
	case OPTION_PORT:
		return put_integer(c, req, o, 2);
	case OPTION_U32:
		return put_integer(c, req, o, 4);
	case OPTION_CHOICE8:
		return put_choice(c, req, o, 1);
	case OPTION_CHOICE16:
		return put_choice(c, req, o, 2);
	case OPTION_CHOICE32:
		return put_choice(c, req, o, 4);
	case OPTION_ADDRESS:
		return put_option_address(c, req, o);
	case OPTION_LINK:
		return put_link(c, req, o->attr);
	case OPTION_KEY:
		return put_key(c, req);
	case OPTION_PEER:
		return put_peer(c, req, o->attr);
	}
	return -EINVAL;
}

static const struct option *find_option(const struct kind *kind, const char *word)
{
	const struct option *o;

	if (kind->bare && *word >= '0' && *word <= '9')
		word = kind->bare;
	for (o = kind->options; o->word; o++)
		if (!strcmp(o->word, word))
			return o;
	return NULL;
}

static int unknown_option(const struct command *c, const struct kind *kind)
{
	char known[160] = "";
	size_t used = 0;

	for (const struct option *o = kind->options; o->word; o++)
		used += snprintf(known + used, sizeof(known) - used, " %s", o->word);
	return command_fail(c, EINVAL, "a %s has no option \"%s\"; it has:%s",
			    kind->name, command_peek(c), known);
}

/* Reads the options behind `type KIND` up to the end of the command. */
static int put_kind_options(struct command *c, struct netlink_request *req,
			    const struct kind *kind)
{
	const struct option *o;
	size_t data;
	int error;

	data = netlink_nest(req, IFLA_INFO_DATA, NULL, 0);
	for (int i = 0; kind->defaults && kind->defaults[i].attr; i++)
		netlink_put(req, kind->defaults[i].attr, &kind->defaults[i].value, 1);
	while (command_peek(c)) {
		o = find_option(kind, command_peek(c));
		if (!o)
			return unknown_option(c, kind);
		if (!strcmp(o->word, command_peek(c)))
			c->at++;
		error = put_option(c, req, o);
		if (error)
			return error;
	}
	netlink_nest_end(req, data);
	return 0;
}

static int put_kind(struct command *c, struct netlink_request *req)
{
	const char *name;
	size_t info;
	int error;

	error = command_take(c, "a kind", &name);
	if (error)
		return error;
	info = netlink_nest(req, IFLA_LINKINFO, NULL, 0);
	netlink_put_string(req, IFLA_INFO_KIND, name);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && !error; i++)
		if (!strcmp(kinds[i].name, name))
			error = put_kind_options(c, req, &kinds[i]);
	if (error)
		return error;
	if (command_peek(c))
		return command_fail(c, EINVAL,
				    "no option of a %s is known, so not \"%s\"", name,
				    command_peek(c));
	netlink_nest_end(req, info);
	return 0;
}

int configure_link_add(struct command *c)
{
	struct ifinfomsg *info, blank = { 0 };
	struct netlink_request req;
	bool named = false;
	int error = 0;

	netlink_request_init(&req, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &blank,
			     sizeof(blank));
	info = NLMSG_DATA(&req.header);
	while (command_peek(c) && !command_accept(c, "type")) {
		if (command_accept(c, "link")) {
			error = put_link(c, &req, IFLA_LINK);
		} else if (!strcmp(command_peek(c), "name") || !named) {
			if (!command_accept(c, "name"))
				command_accept(c, "dev");
			named = true;
			error = put_name(c, &req);
		} else {
			error = take_link_option(c, &req, info);
		}
		if (error)
			return error < 0 ? error
					 : command_unknown(c, "type link " LINK_WORDS);
	}
	if (!named)
		return command_fail(c, EINVAL, "has no name; link add NAME type KIND");
	if (!c->at || strcmp(c->word[c->at - 1], "type"))
		return command_fail(c, EINVAL, "has no kind; type KIND must follow");
	error = put_kind(c, &req);
	return error ? error : command_call(c, &req);
}

int configure_link_set(struct command *c)
{
	struct ifinfomsg *info, blank = { 0 };
	struct netlink_request req;
	struct link link;
	int error;

	command_accept(c, "dev");
	error = command_take_link(c, &link);
	if (error)
		return error;
	netlink_request_init(&req, RTM_NEWLINK, 0, &blank, sizeof(blank));
	info = NLMSG_DATA(&req.header);
	info->ifi_index = link.index;
	if (!command_peek(c))
		return command_fail(c, EINVAL, "changes nothing; one of: %s",
				    LINK_WORDS);
	error = take_link_options(c, &req, info);
	return error ? error : command_call(c, &req);
}

int configure_link_del(struct command *c)
{
	struct ifinfomsg info = { 0 };
	struct netlink_request req;
	struct link link;
	int error;

	command_accept(c, "dev");
	error = command_take_link(c, &link);
	if (error)
		return error;
	info.ifi_index = link.index;
	netlink_request_init(&req, RTM_DELLINK, 0, &info, sizeof(info));
	return command_call(c, &req);
}
