// SPDX-License-Identifier: GPL-2.0
/*
 * configure_neigh.c - neigh add, replace and del
 */
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include <libos.h>

#include "configure.h"
#include "configure_command.h"

static const struct choice neigh_states[] = {
	{ "permanent", NUD_PERMANENT },
	{ "reachable", NUD_REACHABLE },
	{ "stale", NUD_STALE },
	{ "noarp", NUD_NOARP },
	{ NULL },
};

static int neigh_change(struct command *c, int type, int flags)
{
	struct ndmsg body = { .ndm_state = NUD_PERMANENT };
	const struct choice *state;
	struct netlink_request req;
	struct link link = { 0 };
	struct address a;
	uint8_t mac[6];
	bool has_mac = false;
	int error;

	if (command_accept(c, "proxy"))
		body.ndm_flags = NTF_PROXY;
	error = command_take_address(c, c->family, &a);
	while (!error && command_peek(c)) {
		if (command_accept(c, "dev")) {
			error = command_take_link(c, &link);
		} else if (command_accept(c, "lladdr")) {
			has_mac = true;
			error = command_take_mac(c, mac);
		} else if (command_accept(c, "nud")) {
			state = command_accept_choice(c, neigh_states);
			if (!state)
				return command_fail(
					c, EINVAL,
					"nud is permanent, reachable, stale or noarp");
			body.ndm_state = state->value;
		} else {
			return command_unknown(c, "lladdr dev nud");
		}
	}
	if (error)
		return error;
	if (!link.index)
		return command_fail(c, EINVAL, "has no device; dev DEV must follow");
	body.ndm_family = a.family;
	body.ndm_ifindex = link.index;
	netlink_request_init(&req, type, flags, &body, sizeof(body));
	address_put(&req, NDA_DST, &a);
	if (has_mac)
		netlink_put(&req, NDA_LLADDR, mac, sizeof(mac));
	return command_call(c, &req);
}

int configure_neigh_add(struct command *c)
{
	return neigh_change(c, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL);
}

int configure_neigh_replace(struct command *c)
{
	return neigh_change(c, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
}

int configure_neigh_del(struct command *c)
{
	return neigh_change(c, RTM_DELNEIGH, 0);
}
