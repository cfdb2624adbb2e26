// SPDX-License-Identifier: GPL-2.0
/*
 * module.c - subsystems that begin when somebody asks for them
 *
 * What a machine loads as a module is built in here, and most of it is there from the boot on.
 * Of some each namespace would pay for it: a timer, a listening socket, a table. The link
 * sets the initcalls of these aside (vmlinux.lds.S). They run where a distribution's kernel calls
 * modprobe: at the first socket() of the family, or when a generic netlink family or a
 * kind of link is asked for by its name; or at boot for what "modules=" on the command
 * line names.
 */
#include <linux/genetlink.h>
#include <linux/init.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/printk.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <linux/socket.h>
#include <linux/string.h>

#include <net/genetlink.h>
#include <net/netlink.h>

#include <uapi/linux/if_pppox.h>

#include "lib.h"

#define INITCALLS(name) extern initcall_entry_t lib_module_##name[], lib_module_##name##_end[]
INITCALLS(batman_adv);
INITCALLS(ieee802154);
INITCALLS(ip_vs);
INITCALLS(openvswitch);
INITCALLS(pptp);
INITCALLS(rds);
INITCALLS(rxrpc);

#define NAMES 6

static struct module_entry {
	const char *name;
	initcall_entry_t *begin, *end;
	int family, protocol;
	const char *genl[NAMES], *kind;
	bool loaded;
} modules[] = {
#define MODULE(n) .name = #n, .begin = lib_module_##n, .end = lib_module_##n##_end
	{ MODULE(batman_adv), .genl = { "batadv" }, .kind = "batadv" },
	{ MODULE(ieee802154), .family = PF_IEEE802154, .kind = "lowpan",
	  .genl = { "802.15.4 MAC", "nl802154", "MAC802154_HWSIM" } },
	{ MODULE(ip_vs), .genl = { "IPVS" } },
	{ MODULE(openvswitch), .genl = { "ovs_datapath", "ovs_vport", "ovs_flow", "ovs_packet",
					 "ovs_meter", "ovs_ct_limit" } },
	{ MODULE(pptp), .family = PF_PPPOX, .protocol = PX_PROTO_PPTP },
	{ MODULE(rds), .family = PF_RDS },
	{ MODULE(rxrpc), .family = PF_RXRPC },
};

#define for_each_module(m) for (m = modules; m < modules + ARRAY_SIZE(modules); m++)

static DEFINE_MUTEX(lock);
static char wanted[128] __initdata;

static void load(struct module_entry *module)
{
	initcall_entry_t *call;
	int err;

	mutex_lock(&lock);
	for (call = module->begin; !module->loaded && call < module->end; call++) {
		err = initcall_from_entry(call)();
		if (err)
			pr_err("lib: %s does not begin: error %d\n", module->name, -err);
	}
	module->loaded = true;
	mutex_unlock(&lock);
}

/* lib_module_socket() - there is no such family or protocol: is there now? */
bool lib_module_socket(int family, int protocol)
{
	struct module_entry *m;

	for_each_module(m) {
		if (m->family && m->family == family && (!m->protocol || m->protocol == protocol)) {
			load(m);
			return true;
		}
	}
	return false;
}

static void load_genl(const char *name)
{
	struct module_entry *m;
	int i;

	for_each_module(m)
		for (i = 0; !m->loaded && i < NAMES && m->genl[i]; i++)
			if (!strcmp(m->genl[i], name))
				load(m);
}

static void load_kind(const char *name)
{
	struct module_entry *m;

	for_each_module(m)
		if (!m->loaded && m->kind && !strcmp(m->kind, name))
			load(m);
}

/* ------------------------------------------------------------------ *
 * Requests by netlink, before any lock is taken for them
 */

static void (*genl_input)(struct sk_buff *skb), (*route_input)(struct sk_buff *skb);

static const struct nlmsghdr *request(const struct sk_buff *skb, int type, int head)
{
	const struct nlmsghdr *nlh = nlmsg_hdr(skb);

	return skb->len >= nlmsg_total_size(head) && nlh->nlmsg_len >= nlmsg_msg_size(head) &&
	       nlh->nlmsg_len <= skb->len && nlh->nlmsg_type == type ? nlh : NULL;
}

static bool attr_name(const struct nlattr *attr, char *name, size_t size)
{
	return attr && nla_strscpy(name, attr, size) > 0;
}

static void genl_asked(struct sk_buff *skb)
{
	const struct nlmsghdr *nlh = request(skb, GENL_ID_CTRL, GENL_HDRLEN);
	char name[GENL_NAMSIZ];

	if (nlh && ((struct genlmsghdr *)nlmsg_data(nlh))->cmd == CTRL_CMD_GETFAMILY &&
	    attr_name(nlmsg_find_attr(nlh, GENL_HDRLEN, CTRL_ATTR_FAMILY_NAME), name, sizeof(name)))
		load_genl(name);
	genl_input(skb);
}

static void route_asked(struct sk_buff *skb)
{
	const struct nlmsghdr *nlh = request(skb, RTM_NEWLINK, sizeof(struct ifinfomsg));
	const struct nlattr *info;
	char name[32];

	info = nlh ? nlmsg_find_attr(nlh, sizeof(struct ifinfomsg), IFLA_LINKINFO) : NULL;
	if (info && attr_name(nla_find_nested(info, IFLA_INFO_KIND), name, sizeof(name)))
		load_kind(name);
	route_input(skb);
}

struct sock *__real___netlink_kernel_create(struct net *net, int unit, struct module *module,
					    struct netlink_kernel_cfg *cfg);
struct sock *__wrap___netlink_kernel_create(struct net *net, int unit, struct module *module,
					    struct netlink_kernel_cfg *cfg);

struct sock *__wrap___netlink_kernel_create(struct net *net, int unit, struct module *module,
					    struct netlink_kernel_cfg *cfg)
{
	if (unit == NETLINK_GENERIC) {
		genl_input = cfg->input;
		cfg->input = genl_asked;
	} else if (unit == NETLINK_ROUTE) {
		route_input = cfg->input;
		cfg->input = route_asked;
	}
	return __real___netlink_kernel_create(net, unit, module, cfg);
}

/* ------------------------------------------------------------------ */

static int __init modules_setup(char *str)
{
	strscpy(wanted, str ? str : "", sizeof(wanted));
	return 0;
}
early_param("modules", modules_setup);

static int __init modules_init(void)
{
	char *rest = wanted, *name;
	struct module_entry *m;

	while ((name = strsep(&rest, ","))) {
		for_each_module(m)
			if (!strcmp(name, m->name))
				break;
		if (m < modules + ARRAY_SIZE(modules))
			load(m);
		else if (*name)
			pr_warn("lib: modules=%s: no such module waits to be asked for\n", name);
	}
	return 0;
}
late_initcall(modules_init);
