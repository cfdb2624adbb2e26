// SPDX-License-Identifier: GPL-2.0
/*
 * sysfs.c - /sys/module is filled when somebody looks there
 *
 * The parameters of all that is built in take a fifteenth of a stack's start. From 6.4 on an
 * initcall of their own makes the files, which the link sets aside (vmlinux.lds.S). It runs
 * when "module" is first looked up in /sys, or when /sys is mounted a second time, as
 * `ip netns exec` does.
 */
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/mutex.h>
#include <linux/namei.h>

#include "lib.h"

extern initcall_entry_t lib_late_begin[], lib_late_end[];

static struct inode_operations first_ops;
static const struct inode_operations *kernfs_ops;
static int (*mount)(struct fs_context *fc);
static struct inode *root;
static DEFINE_MUTEX(lock);

static void fill(void)
{
	initcall_entry_t *call;

	mutex_lock(&lock);
	if (root) {
		root->i_op = kernfs_ops;
		root = NULL;
		for (call = lib_late_begin; call < lib_late_end; call++)
			initcall_from_entry(call)();
	}
	mutex_unlock(&lock);
}

static struct dentry *first_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	if (!strcmp(dentry->d_name.name, "module"))
		fill();
	return kernfs_ops->lookup(dir, dentry, flags);
}

static int second_mount(struct fs_context *fc)
{
	fill();
	return mount(fc);
}

/* lib_sysfs_init() - /sys is mounted, and nobody has looked */
void __init lib_sysfs_init(void)
{
	struct file_system_type *type;
	struct path path;

	if (&lib_late_begin[0] == &lib_late_end[0] || kern_path("/sys", 0, &path))
		return;
	root = d_inode(path.dentry);
	path_put(&path);
	kernfs_ops = root->i_op;
	first_ops = *kernfs_ops;
	first_ops.lookup = first_lookup;
	root->i_op = &first_ops;

	type = get_fs_type("sysfs");
	mount = type->init_fs_context;
	type->init_fs_context = second_mount;
	put_filesystem(type);
}
