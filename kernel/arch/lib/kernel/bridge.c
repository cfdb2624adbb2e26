// SPDX-License-Identifier: GPL-2.0
/*
 * bridge.c - bridged packets pass iptables when somebody asks for it
 *
 * br_netfilter is a module elsewhere, which few load; once it is there, all that a bridge
 * forwards passes iptables, and what is not a valid IP packet is dropped. Here it is built in,
 * so its sysctls (net.bridge.bridge-nf-call-*) begin with 0 instead of 1: a bridge begins as
 * one without the module. They have no symbol; they are met where they are registered, after
 * their defaults were set, by each namespace.
 */
#include <linux/string.h>
#include <linux/sysctl.h>

#include "lib.h"

/* @table of @n entries, or with an empty one at its end, is registered as @path. */
void lib_bridge_sysctl(const char *path, struct ctl_table *table, size_t n)
{
	size_t i;

	if (strcmp(path, "net/bridge"))
		return;
	for (i = 0; i < n && table[i].procname; i++)
		if (strstarts(table[i].procname, "bridge-nf-call-"))
			*(int *)table[i].data = 0;
}
