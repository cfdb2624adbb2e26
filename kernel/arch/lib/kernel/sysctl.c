// SPDX-License-Identifier: GPL-2.0
/*
 * sysctl.c - what a network namespace has in /proc/sys/net is registered when somebody looks
 *
 * Some 900 files a namespace, 35 more for each device: a fifth of what one takes, in memory
 * and in time. Most are never looked at. So a registration is only noted, and becomes one when
 * a task of that namespace first looks for something below /proc/sys/net; those that come later
 * are made at once. What the owner of a table holds meanwhile is a header of our own.
 *
 * Tables of neighbours, two a device, are not even made before. The large ones of others,
 * which their owners copied from one of the image's and find again by the header alone, are
 * packed meanwhile: not at once, since their owners may still fail and free them, but when
 * the next of their namespace comes.
 */
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/init.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/namei.h>
#include <linux/nsproxy.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysctl.h>
#include <linux/version.h>
#include <net/neighbour.h>
#include <net/net_namespace.h>
#include <asm/sections.h>
#include <../fs/proc/internal.h>

#include "lib.h"

/**
 * struct table - a registration
 * @header: what its owner holds; it is in no set, which tells it from the kernel's
 * @link: in @pending, until it is made
 * @real: the kernel's, then
 * @n: entries of the table
 * @from: what the table is a copy of, if it may be packed
 * @size: of both
 * @packed: instead of the table
 */
struct table {
	struct ctl_table_header header;
	struct hlist_node link;
	struct net *net;
	struct ctl_table_header *real;
	size_t n;
	const struct ctl_table *from;
	size_t size;
	u8 *packed;
	char path[];
};

/* A registration of neighbours' tables, until it is made */
struct neigh {
	struct hlist_node link;
	struct net_device *dev;
	struct neigh_parms *parms;
	proc_handler *handler;
};

#define NET_BITS 6
/* Under @lock, by namespace */
static struct hlist_head tables[1 << NET_BITS], neighs[1 << NET_BITS];
static DEFINE_MUTEX(lock);

int __real_neigh_sysctl_register(struct net_device *dev, struct neigh_parms *parms,
				 proc_handler *handler);
int __wrap_neigh_sysctl_register(struct net_device *dev, struct neigh_parms *parms,
				 proc_handler *handler);
void __real_neigh_sysctl_unregister(struct neigh_parms *parms);
void __wrap_neigh_sysctl_unregister(struct neigh_parms *parms);
void __real_unregister_net_sysctl_table(struct ctl_table_header *header);
void __wrap_unregister_net_sysctl_table(struct ctl_table_header *header);

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define __real_kmemdup __real_kmemdup_noprof
#define __wrap_kmemdup __wrap_kmemdup_noprof
#endif
void *__real_kmemdup(const void *from, size_t size, gfp_t flags);
void *__wrap_kmemdup(const void *from, size_t size, gfp_t flags);

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
struct ctl_table_header *__real_register_net_sysctl_sz(struct net *net, const char *path,
						       struct ctl_table *table, size_t n);
struct ctl_table_header *__wrap_register_net_sysctl_sz(struct net *net, const char *path,
						       struct ctl_table *table, size_t n);
#define make __real_register_net_sysctl_sz
#else
struct ctl_table_header *__real_register_net_sysctl(struct net *net, const char *path,
						    struct ctl_table *table);
struct ctl_table_header *__wrap_register_net_sysctl(struct net *net, const char *path,
						    struct ctl_table *table);
#define make(net, path, table, n) __real_register_net_sysctl(net, path, table)
#endif

/* In place of the kernel's own in the set of a namespace where somebody has looked */
static int is_seen(struct ctl_table_set *set)
{
	return &current->nsproxy->net_ns->sysctls == set;
}

static bool looked(const struct net *net)
{
	return net->sysctls.is_seen == is_seen;
}

static u32 hash(const struct net *net)
{
	return hash_ptr(net, NET_BITS);
}

/* ------------------------------------------------------------------ *
 * Packing
 */
#define PACKED_MIN 1024		/* bytes of a table */

/* The last copy of something of the image's that anybody made */
static struct copy {
	const void *copy, *from;
	size_t size;
} copy;

void *__wrap_kmemdup(const void *from, size_t size, gfp_t flags)
{
	void *p = __real_kmemdup(from, size, flags);

	if (size >= PACKED_MIN && (char *)from >= _text && (char *)from < _end)
		copy = (struct copy){ p, from, size };
	return p;
}

/* Tables of these have no other owner than the header; net/ipv4 has several. */
static bool packable(const char *path)
{
	return !strcmp(path, "net/ipv4") || strstarts(path, "net/ipv6/conf/") ||
	       !strcmp(path, "net/netfilter") || !strcmp(path, "net/sctp");
}

/* The last one of @net */
static void pack_last(const struct net *net)
{
	struct table *table;
	static u8 packed[512];
	size_t size;

	hlist_for_each_entry(table, &tables[hash(net)], link)
		if (table->net == net)
			break;
	if (!table || !table->from || table->packed)
		return;
	size = lib_pack(table->header.ctl_table, table->from, table->size / sizeof(*table->from),
			packed, sizeof(packed));
	if (!size)
		return;
	/* Who is about to unregister it may have looked where it is: no sleep before that changes. */
	table->packed = __real_kmemdup(packed, size, GFP_NOWAIT | __GFP_NOWARN);
	if (!table->packed)
		return;
	kfree(table->header.ctl_table);
	table->header.ctl_table = NULL;
	table->header.ctl_table_arg = NULL;
}

static bool unpack(struct table *table)
{
	struct ctl_table *entries;

	if (!table->packed)
		return true;
	entries = kmalloc(table->size, GFP_KERNEL_ACCOUNT);
	if (!entries)
		return false;
	lib_unpack(entries, table->from, table->size / sizeof(*entries), table->packed);
	kfree(table->packed);
	table->packed = NULL;
	table->header.ctl_table = entries;
	table->header.ctl_table_arg = entries;
	return true;
}

/* ------------------------------------------------------------------ *
 * Registering
 */

/* Somebody looks: makes what is pending. */
static void look(struct net *net)
{
	struct hlist_node *next;
	struct table *table;
	struct neigh *neigh;

	if (likely(looked(net)))
		return;
	mutex_lock(&lock);
	net->sysctls.is_seen = is_seen;
	hlist_for_each_entry_safe(table, next, &tables[hash(net)], link) {
		if (table->net != net)
			continue;
		hlist_del_init(&table->link);
		if (unpack(table))
			table->real = make(net, table->path, table->header.ctl_table, table->n);
	}
	hlist_for_each_entry_safe(neigh, next, &neighs[hash(net)], link) {
		if (neigh_parms_net(neigh->parms) != net)
			continue;
		hlist_del(&neigh->link);
		__real_neigh_sysctl_register(neigh->dev, neigh->parms, neigh->handler);
		kfree(neigh);
	}
	mutex_unlock(&lock);
}

static struct ctl_table_header *note(struct net *net, const char *path, struct ctl_table *entries,
				     size_t n)
{
	size_t len = strlen(path) + 1;
	struct table *table;

	lib_bridge_sysctl(path, entries, n);
	if (looked(net))
		return make(net, path, entries, n);
	table = kzalloc(struct_size(table, path, len), GFP_KERNEL_ACCOUNT);
	if (!table)
		return NULL;
	table->header.ctl_table = entries;
	table->header.ctl_table_arg = entries;
	table->net = net;
	table->n = n;
	memcpy(table->path, path, len);
	if (entries == copy.copy && packable(path)) {
		table->from = copy.from;
		table->size = copy.size;
	}
	copy.copy = NULL;
	mutex_lock(&lock);
	if (looked(net)) {
		table->real = make(net, path, entries, n);
	} else {
		pack_last(net);
		hlist_add_head(&table->link, &tables[hash(net)]);
	}
	mutex_unlock(&lock);
	return &table->header;
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
struct ctl_table_header *__wrap_register_net_sysctl_sz(struct net *net, const char *path,
						       struct ctl_table *table, size_t n)
{
	return note(net, path, table, n);
}
#else
/* The table ends with an empty entry. */
struct ctl_table_header *__wrap_register_net_sysctl(struct net *net, const char *path,
						    struct ctl_table *table)
{
	return note(net, path, table, SIZE_MAX);
}
#endif

/* A file that is read meanwhile is waited for, which may take @lock: not under it. */
void __wrap_unregister_net_sysctl_table(struct ctl_table_header *header)
{
	struct table *table = container_of(header, struct table, header);

	if (!header || header->set) {
		__real_unregister_net_sysctl_table(header);
		return;
	}
	mutex_lock(&lock);
	hlist_del_init(&table->link);
	mutex_unlock(&lock);
	__real_unregister_net_sysctl_table(table->real);
	kfree(table->packed);
	kfree(table);
}

int __wrap_neigh_sysctl_register(struct net_device *dev, struct neigh_parms *parms,
				 proc_handler *handler)
{
	struct net *net = neigh_parms_net(parms);
	struct neigh *neigh;
	int err = 0;

	if (looked(net))
		return __real_neigh_sysctl_register(dev, parms, handler);
	neigh = kmalloc(sizeof(*neigh), GFP_KERNEL_ACCOUNT);
	if (!neigh)
		return -ENOBUFS;
	neigh->dev = dev;
	neigh->parms = parms;
	neigh->handler = handler;
	mutex_lock(&lock);
	if (looked(net)) {
		err = __real_neigh_sysctl_register(dev, parms, handler);
		kfree(neigh);
	} else {
		hlist_add_head(&neigh->link, &neighs[hash(net)]);
	}
	mutex_unlock(&lock);
	return err;
}

void __wrap_neigh_sysctl_unregister(struct neigh_parms *parms)
{
	struct net *net = neigh_parms_net(parms);
	struct neigh *neigh;

	mutex_lock(&lock);
	hlist_for_each_entry(neigh, &neighs[hash(net)], link)
		if (neigh->parms == parms) {
			hlist_del(&neigh->link);
			kfree(neigh);
			break;
		}
	mutex_unlock(&lock);
	__real_neigh_sysctl_unregister(parms);
}

/* ------------------------------------------------------------------ *
 * Who looks: /proc/sys leads to the inode of "net", where the names below are looked up.
 */
static const struct inode_operations *proc_ops;
static struct inode_operations sys_ops, net_ops;
static struct file_operations net_fops;
static int (*iterate)(struct file *file, struct dir_context *ctx);

static struct dentry *net_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	look(current->nsproxy->net_ns);
	return proc_ops->lookup(dir, dentry, flags);
}

static int net_iterate(struct file *file, struct dir_context *ctx)
{
	look(current->nsproxy->net_ns);
	return iterate(file, ctx);
}

static struct dentry *sys_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct dentry *found = proc_ops->lookup(dir, dentry, flags);
	struct inode *inode;

	if (IS_ERR(found) || strcmp(dentry->d_name.name, "net"))
		return found;
	inode = d_inode(found ?: dentry);
	if (!net_fops.iterate_shared) {
		net_fops = *inode->i_fop;
		iterate = net_fops.iterate_shared;
		net_fops.iterate_shared = net_iterate;
	}
	inode->i_op = &net_ops;
	inode->i_fop = &net_fops;
	return found;
}

/* lib_sysctl_init() - /proc is mounted, and nobody has looked */
void __init lib_sysctl_init(void)
{
	struct inode *sys;
	struct path path;

	if (kern_path("/proc/sys", 0, &path))
		panic("There is no /proc/sys");
	sys = d_inode(path.dentry);
	path_put(&path);
	proc_ops = sys->i_op;
	sys_ops = *proc_ops;
	sys_ops.lookup = sys_lookup;
	net_ops = *proc_ops;
	net_ops.lookup = net_lookup;
	sys->i_op = &sys_ops;
	PDE(sys)->proc_iops = &sys_ops;
}
