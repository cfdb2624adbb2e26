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
#include <linux/version.h>
#include <net/net_namespace.h>

static void set_off(const char *path, struct ctl_table *table, size_t n)
{
	size_t i;

	if (strcmp(path, "net/bridge"))
		return;
	for (i = 0; i < n && table[i].procname; i++)
		if (strstarts(table[i].procname, "bridge-nf-call-"))
			*(int *)table[i].data = 0;
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
struct ctl_table_header *__real_register_net_sysctl_sz(struct net *net, const char *path,
						       struct ctl_table *table, size_t n);
struct ctl_table_header *__wrap_register_net_sysctl_sz(struct net *net, const char *path,
						       struct ctl_table *table, size_t n);

struct ctl_table_header *__wrap_register_net_sysctl_sz(struct net *net, const char *path,
						       struct ctl_table *table, size_t n)
{
	set_off(path, table, n);
	return __real_register_net_sysctl_sz(net, path, table, n);
}
#else
struct ctl_table_header *__real_register_net_sysctl(struct net *net, const char *path,
						    struct ctl_table *table);
struct ctl_table_header *__wrap_register_net_sysctl(struct net *net, const char *path,
						    struct ctl_table *table);

/* The table ends with an empty entry. */
struct ctl_table_header *__wrap_register_net_sysctl(struct net *net, const char *path,
						    struct ctl_table *table)
{
	set_off(path, table, SIZE_MAX);
	return __real_register_net_sysctl(net, path, table);
}
#endif
