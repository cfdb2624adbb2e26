// SPDX-License-Identifier: GPL-2.0
/*
 * second.c - a path manager for mptcpd, where the kernel leaves it to user space: second paths
 *
 * At a server it announces the address SECOND_4 or SECOND_6 (in the environment) of each
 * new connection's family; at a client, that is told of one, it connects from there.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include <mptcpd/path_manager.h>
#include <mptcpd/plugin.h>

#define SECOND_ID 7

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static int find(union address *a, int family)
{
	const char *text = getenv(family == AF_INET ? "SECOND_4" : "SECOND_6");

	*a = (union address){ .any.sa_family = family };
	return text && inet_pton(family, text, family == AF_INET ? (void *)&a->in.sin_addr :
								   (void *)&a->in6.sin6_addr) == 1;
}

static void established(mptcpd_token_t token, const struct sockaddr *near,
			const struct sockaddr *far, bool server, struct mptcpd_pm *pm)
{
	union address a;

	(void)far;
	if (server && find(&a, near->sa_family))
		mptcpd_pm_add_addr(pm, &a.any, SECOND_ID, token);
}

static void told(mptcpd_token_t token, mptcpd_aid_t id, const struct sockaddr *far,
		 struct mptcpd_pm *pm)
{
	union address a;

	if (find(&a, far->sa_family))
		mptcpd_pm_add_subflow(pm, token, SECOND_ID, id, &a.any, far, false);
}

static const struct mptcpd_plugin_ops ops = {
	.connection_established = established,
	.new_address = told,
};

static int start(struct mptcpd_pm *pm)
{
	(void)pm;
	return mptcpd_plugin_register_ops("second", &ops) ? 0 : EINVAL;
}

static void end(struct mptcpd_pm *pm)
{
	(void)pm;
}

MPTCPD_PLUGIN_DEFINE(second, "second paths", MPTCPD_PLUGIN_PRIORITY_DEFAULT, start, end)
