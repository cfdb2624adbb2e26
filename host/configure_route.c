// SPDX-License-Identifier: GPL-2.0
/*
 * configure_route.c - route add, append, replace, del; rule add, del
 */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include <libos.h>

#include "configure.h"
#include "configure_command.h"

static const struct choice route_types[] = {
	{ "unicast", RTN_UNICAST }, { "local", RTN_LOCAL },
	{ "blackhole", RTN_BLACKHOLE }, { "unreachable", RTN_UNREACHABLE },
	{ "prohibit", RTN_PROHIBIT }, { "throw", RTN_THROW }, { NULL },
};

static const struct choice route_scopes[] = {
	{ "global", RT_SCOPE_UNIVERSE }, { "link", RT_SCOPE_LINK },
	{ "host", RT_SCOPE_HOST }, { NULL },
};

static const struct choice tables[] = {
	{ "main", RT_TABLE_MAIN }, { "local", RT_TABLE_LOCAL },
	{ "default", RT_TABLE_DEFAULT }, { NULL },
};

static int take_table(struct command *c, unsigned long *table)
{
	const struct choice *choice = command_accept_choice(c, tables);

	if (!choice)
		return command_take_number(c, "table", 1, UINT32_MAX, table);
	*table = choice->value;
	return 0;
}

/* What is read of a route command behind the prefix; 0, or len 0: not given */
struct route_options {
	struct address via;
	struct address src;
	struct link link;
	unsigned long metric;
	unsigned long table;
	unsigned long mtu;
	unsigned long proto;
	const struct choice *scope;
	bool onlink;
};

static int take_route_option(struct command *c, int family, struct route_options *o)
{
	if (command_accept(c, "via"))
		return command_take_address(c, family, &o->via);
	if (command_accept(c, "src"))
		return command_take_address(c, family, &o->src);
	if (command_accept(c, "dev"))
		return command_take_link(c, &o->link);
	if (command_accept(c, "metric"))
		return command_take_number(c, "metric", 0, UINT32_MAX, &o->metric);
	if (command_accept(c, "table"))
		return take_table(c, &o->table);
	if (command_accept(c, "mtu"))
		return command_take_number(c, "mtu", 1, UINT32_MAX, &o->mtu);
	if (command_accept(c, "proto"))
		return command_take_number(c, "proto", 1, UINT8_MAX, &o->proto);
	if (command_accept(c, "scope")) {
		o->scope = command_accept_choice(c, route_scopes);
		return o->scope ? 0
				: command_fail(c, EINVAL,
					       "scope is global, link or host");
	}
	if (!command_accept(c, "onlink"))
		return command_unknown(
			c, "via dev src metric table mtu proto scope onlink");
	o->onlink = true;
	return 0;
}

/*
 * IPv4 wants the scope said (IPv6 has none): host for local routes, link where the
 * destination is on the device's own network, nowhere to delete whatever there is.
 */
static int route_scope(int type, const struct rtmsg *body,
		       const struct route_options *o)
{
	if (o->scope)
		return o->scope->value;
	if (body->rtm_family != AF_INET)
		return RT_SCOPE_UNIVERSE;
	if (body->rtm_type == RTN_LOCAL)
		return RT_SCOPE_HOST;
	if (type == RTM_DELROUTE)
		return RT_SCOPE_NOWHERE;
	if (body->rtm_type == RTN_UNICAST && !o->via.len)
		return RT_SCOPE_LINK;
	return RT_SCOPE_UNIVERSE;
}

static void put_route(struct netlink_request *req, const struct address *to,
		      const struct route_options *o)
{
	size_t metrics;

	if (to->prefix)
		address_put(req, RTA_DST, to);
	if (o->via.len)
		address_put(req, RTA_GATEWAY, &o->via);
	if (o->src.len)
		address_put(req, RTA_PREFSRC, &o->src);
	if (o->link.index)
		netlink_put_u32(req, RTA_OIF, o->link.index);
	if (o->metric)
		netlink_put_u32(req, RTA_PRIORITY, o->metric);
	if (o->table)
		netlink_put_u32(req, RTA_TABLE, o->table);
	if (o->mtu) {
		metrics = netlink_nest(req, RTA_METRICS, NULL, 0);
		netlink_put_u32(req, RTAX_MTU, o->mtu);
		netlink_nest_end(req, metrics);
	}
}

/**
 * route_change() - route add, append, replace and del
 * @type: RTM_NEWROUTE or RTM_DELROUTE
 * @flags: NLM_F_… of the former
 *
 * The family is the prefix's; default is of its gateway's, or -6's, or IPv4.
 */
static int route_change(struct command *c, int type, int flags)
{
	struct route_options o = { .metric = 0 };
	struct rtmsg body = { .rtm_table = RT_TABLE_MAIN };
	const struct choice *kind;
	struct netlink_request req;
	struct address to;
	int error;

	kind = command_accept_choice(c, route_types);
	error = command_take_prefix(c, c->family, &to);
	while (!error && command_peek(c))
		error = take_route_option(c, to.family ? to.family : o.via.family, &o);
	if (error)
		return error;
	if (!to.family)
		to.family = o.via.family ? o.via.family : o.src.family ?: AF_INET;
	body.rtm_family = to.family;
	body.rtm_dst_len = to.prefix;
	if (o.table)
		body.rtm_table = o.table < 256 ? o.table : RT_TABLE_UNSPEC;
	else if (kind && kind->value == RTN_LOCAL)
		body.rtm_table = RT_TABLE_LOCAL;
	if (kind)
		body.rtm_type = kind->value;
	else if (type == RTM_NEWROUTE)
		body.rtm_type = RTN_UNICAST;
	body.rtm_protocol = o.proto ? o.proto : type == RTM_NEWROUTE ? RTPROT_BOOT : 0;
	body.rtm_scope = route_scope(type, &body, &o);
	body.rtm_flags = o.onlink ? RTNH_F_ONLINK : 0;
	netlink_request_init(&req, type, flags, &body, sizeof(body));
	put_route(&req, &to, &o);
	return command_call(c, &req);
}

int configure_route_add(struct command *c)
{
	return route_change(c, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
}

int configure_route_append(struct command *c)
{
	return route_change(c, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_APPEND);
}

int configure_route_replace(struct command *c)
{
	return route_change(c, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
}

int configure_route_del(struct command *c)
{
	return route_change(c, RTM_DELROUTE, 0);
}

struct rule_options {
	struct address from;
	struct address to;
	const char *iif;
	const char *oif;
	unsigned long mark;
	unsigned long pref;
	unsigned long table;
};

static int take_rule_prefix(struct command *c, const struct rule_options *o,
			    struct address *a)
{
	int family = o->from.family ? o->from.family : o->to.family;

	if (command_accept(c, "all"))
		return 0;
	return command_take_prefix(c, family ? family : c->family, a);
}

static int take_rule_option(struct command *c, struct rule_options *o)
{
	if (command_accept(c, "from"))
		return take_rule_prefix(c, o, &o->from);
	if (command_accept(c, "to"))
		return take_rule_prefix(c, o, &o->to);
	if (command_accept(c, "iif"))
		return command_take_name(c, &o->iif);
	if (command_accept(c, "oif"))
		return command_take_name(c, &o->oif);
	if (command_accept(c, "fwmark"))
		return command_take_number(c, "fwmark", 1, UINT32_MAX, &o->mark);
	if (command_accept(c, "pref") || command_accept(c, "priority"))
		return command_take_number(c, "pref", 1, UINT32_MAX, &o->pref);
	if (command_accept(c, "table") || command_accept(c, "lookup"))
		return take_table(c, &o->table);
	return command_unknown(c, "from to iif oif fwmark pref table");
}

static void put_rule(struct netlink_request *req, const struct rule_options *o)
{
	if (o->from.prefix)
		address_put(req, FRA_SRC, &o->from);
	if (o->to.prefix)
		address_put(req, FRA_DST, &o->to);
	if (o->iif)
		netlink_put_string(req, FRA_IIFNAME, o->iif);
	if (o->oif)
		netlink_put_string(req, FRA_OIFNAME, o->oif);
	if (o->mark)
		netlink_put_u32(req, FRA_FWMARK, o->mark);
	if (o->pref)
		netlink_put_u32(req, FRA_PRIORITY, o->pref);
	if (o->table)
		netlink_put_u32(req, FRA_TABLE, o->table);
}

static int rule_change(struct command *c, int type, int flags)
{
	struct fib_rule_hdr body = { .action = FR_ACT_TO_TBL };
	struct rule_options o = { .mark = 0 };
	struct netlink_request req;
	int error = 0;

	while (!error && command_peek(c))
		error = take_rule_option(c, &o);
	if (error)
		return error;
	if (type == RTM_NEWRULE && !o.table)
		return command_fail(c, EINVAL,
				    "says not which table; table N must follow");
	if (!o.table)
		body.action = FR_ACT_UNSPEC;
	body.family = o.from.family ? o.from.family : o.to.family ?: c->family ?: AF_INET;
	body.src_len = o.from.prefix;
	body.dst_len = o.to.prefix;
	body.table = o.table < 256 ? o.table : RT_TABLE_UNSPEC;
	netlink_request_init(&req, type, flags, &body, sizeof(body));
	put_rule(&req, &o);
	return command_call(c, &req);
}

int configure_rule_add(struct command *c)
{
	return rule_change(c, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL);
}

int configure_rule_del(struct command *c)
{
	return rule_change(c, RTM_DELRULE, 0);
}
